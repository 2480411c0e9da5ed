//! YAML: a spanned tree with go-yaml's reading of scalars, and the one emitter.
//!
//! Knows nothing of compose or Kubernetes. Anchors, aliases and merge keys are resolved while
//! parsing; every key, scalar and collection keeps the place that wrote it, also through them.

pub mod boolean;
pub mod emit;
mod map;
pub mod notes;
pub mod parse;
mod resets;
pub mod scalar;

use std::{borrow::Borrow, hash, sync::Arc};

pub use map::Map;
pub use resets::Resets;
pub(crate) use resets::without_tags;

use crate::text::{Span, Spanned, Template};

/// A YAML value and the place that says it.
///
/// Values from one place are equal, whichever variables they come from: the template is no part of the value.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it says.
    pub value: Value,
    /// The scalar with its quotes, or the collection from its first to its last character.
    pub span: Span,
    /// `!reset` or `!override`, of which compose's merge makes use.
    pub directive: Option<Directive>,
    /// How the file says it, where that is not the value itself. Nothing is known of it while parsing.
    pub template: Option<Arc<Template>>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.span == other.span && self.directive == other.directive && self.value == other.value
    }
}

/// What a node says, resolved as go-yaml v3 does.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing at all.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// Any integer of 64 bits, signed or unsigned.
    Int(i128),
    /// Other numbers.
    Float(f64),
    /// A plain scalar that YAML 1.1 takes for a date or a time; the text as written.
    Timestamp(String),
    /// Everything else.
    String(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, in the order of the source.
    Map(Map),
}

/// The two tags that tell compose how to merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// `!reset`: what earlier files say here is dropped, and so is this value.
    Reset,
    /// `!override`: what earlier files say here is dropped, this value stays.
    Override,
}

/// A mapping key and the place that wrote it. Equal keys have equal text, wherever they stand.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

impl Key {
    /// A key and its place.
    pub fn new(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl hash::Hash for Key {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl Node {
    /// A value without a directive.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, directive: None, template: None }
    }

    /// How many values it is, and how many bytes of text are in them.
    pub fn measure(&self) -> (usize, usize) {
        let add =
            |(values, bytes): (usize, usize), (more, text): (usize, usize)| (values + more, bytes + text);
        match &self.value {
            Value::String(text) => (1, text.len()),
            Value::Seq(items) => items.iter().map(Node::measure).fold((1, 0), add),
            Value::Map(map) => map.values().map(Node::measure).fold((1, 0), add),
            _ => (1, 0),
        }
    }

    /// The same node with a template.
    pub fn with_template(self, template: Option<Arc<Template>>) -> Self {
        Self { template, ..self }
    }

    /// What was made of the node, with its place and its template.
    pub fn spanned<T>(&self, value: T) -> Spanned<T> {
        Spanned { value, span: self.span, template: self.template.clone() }
    }

    /// A string at a place.
    pub fn string(text: impl Into<String>, span: Span) -> Self {
        Self::new(Value::String(text.into()), span)
    }

    /// An empty mapping at a place.
    pub fn map(span: Span) -> Self {
        Self::new(Value::Map(Map::default()), span)
    }

    /// The value as JSON; whole numbers without a fraction, as Go prints them.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                _ => (*value as f64).into(),
            },
            Value::Float(value) => json_number(*value),
            Value::Timestamp(text) | Value::String(text) => text.clone().into(),
            Value::Seq(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(map) => map.iter().map(|(key, value)| (key.text.clone(), value.to_json())).collect(),
        }
    }

    /// The entry of a mapping; nothing if this is no mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// The entry of a mapping, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.as_map_mut()?.get_mut(key)
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Value::Map(map) = &self.value { Some(map) } else { None }
    }

    /// The mapping, if it is one, to change it.
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        if let Value::Map(map) = &mut self.value { Some(map) } else { None }
    }

    /// The items, if it is a sequence.
    pub fn as_seq(&self) -> Option<&[Node]> {
        if let Value::Seq(items) = &self.value { Some(items) } else { None }
    }

    /// The items, if it is a sequence, to change them.
    pub fn as_seq_mut(&mut self) -> Option<&mut Vec<Node>> {
        if let Value::Seq(items) = &mut self.value { Some(items) } else { None }
    }

    /// The text, if it is a string.
    pub fn as_str(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// What kind of value it is, in YAML's words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) => "integer",
            Value::Float(_) => "number",
            Value::Timestamp(_) => "timestamp",
            Value::String(_) => "string",
            Value::Seq(_) => "list",
            Value::Map(_) => "mapping",
        }
    }
}

/// Whole numbers without a fraction, as Go prints them.
fn json_number(value: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { (value as i64).into() } else { value.into() }
}
