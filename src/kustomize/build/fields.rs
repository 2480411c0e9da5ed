//! Fields by their paths: which objects have them, and changing what they lead to.

use std::borrow::Cow;

use crate::{
    text::Span,
    yaml::{Key, Map, Node, Value},
};

/// A field of certain objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// Which objects.
    pub scope: Scope,
    /// The names on the way, with slashes between them; `\/` is a slash within a name. Lists are not named: the way
    /// leads through all their items.
    pub path: String,
    /// Whether it is made where it is missing.
    pub creates: bool,
}

/// Objects of an API group, version and kind; what is empty fits everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The kind.
    pub kind: String,
}

/// What the value of a field has to be, if it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Mapping,
    Scalar,
    /// It is not made.
    Nothing,
}

impl FieldPath {
    /// A field of objects of a group and a kind; empty texts fit everything.
    pub(super) fn new(group: &str, kind: &str, path: &str, creates: bool) -> Self {
        let scope = Scope { group: group.to_owned(), version: String::new(), kind: kind.to_owned() };
        Self { scope, path: path.to_owned(), creates }
    }

    /// Changes what the path leads to in an object, at all places. The error says what is in the way.
    pub(super) fn change(
        &self,
        object: &mut Node,
        made: Made,
        span: Span,
        set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
    ) -> Result<(), String> {
        let made = if self.creates { made } else { Made::Nothing };
        walk(object, &segments(&self.path), made, span, set)
    }
}

impl Scope {
    /// Whether an object with this `apiVersion` and kind belongs to it.
    pub(super) fn holds(&self, api_version: &str, kind: &str) -> bool {
        let fits = |own: &str, other: &str| own.is_empty() || own == other;
        // Most have another kind.
        fits(&self.kind, kind) && {
            let (group, version) = split_version(api_version);
            fits(&self.group, group) && fits(&self.version, version)
        }
    }
}

/// Group and version of an `apiVersion`.
pub(super) fn split_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// Sets an entry of a mapping.
pub(super) fn set_entry(node: &mut Node, key: &str, value: Node) {
    if let Value::Map(map) = &mut node.value {
        let span = value.span;
        match map.get_mut(key) {
            Some(own) => *own = value,
            None => drop(map.insert(Key::new(key, span), value)),
        }
    }
}

/// Names on the way to a field.
fn segments(path: &str) -> Vec<Cow<'_, str>> {
    if !path.contains('\\') {
        return path.split('/').map(Cow::Borrowed).collect();
    }
    let mut segments = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'/') => {
                characters.next();
                segments.last_mut().expect("there is one from the start").push('/');
            }
            '/' => segments.push(String::new()),
            _ => segments.last_mut().expect("there is one from the start").push(character),
        }
    }
    segments.into_iter().map(Cow::Owned).collect()
}

fn walk(
    node: &mut Node,
    path: &[Cow<'_, str>],
    made: Made,
    span: Span,
    set: &mut dyn FnMut(&mut Node) -> Result<(), String>,
) -> Result<(), String> {
    let Some((name, rest)) = path.split_first() else { return set(node) };
    let (name, is_list) = match name.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (name.as_ref(), false),
    };
    match &mut node.value {
        Value::Null => Ok(()),
        Value::Seq(items) => items.iter_mut().try_for_each(|item| walk(item, path, made, span, set)),
        Value::Map(map) => {
            let fresh = match made {
                Made::Nothing => None,
                _ if is_list => None,
                Made::Scalar if rest.is_empty() => Some(Value::String(String::new())),
                _ => Some(Value::Map(Map::default())),
            };
            // An object shares its mappings with others until they are changed.
            if fresh.is_none() && !map.contains_key(name) {
                return Ok(());
            }
            match (map.get_mut(name), fresh) {
                (Some(field), Some(fresh)) if field.is_null() => field.value = fresh,
                (None, Some(fresh)) => drop(map.insert(Key::new(name, span), Node::new(fresh, span))),
                _ => {}
            }
            map.get_mut(name).map_or(Ok(()), |field| walk(field, rest, made, span, set))
        }
        _ => Err(format!("a {} is used where `{name}` should be", node.kind())),
    }
}
