//! Which objects a patch changes.

use regex::Regex;

use super::{declared::Selector, fields::split_version, resource::Resource};
use crate::text::{Span, Spanned};

/// What kustomize takes for the namespace of objects that belong to none.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// A selector whose patterns are ready.
pub(super) struct Selection {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Vec<Requirement>,
    annotations: Vec<Requirement>,
}

/// A pattern for a whole text.
enum Pattern {
    Anything,
    /// One of these texts.
    Names(Vec<String>),
    Expression(Regex),
}

/// What a label has to be.
enum Requirement {
    In(String, Vec<String>),
    /// Also where there is no such label.
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

impl Selection {
    /// Prepares a selector. The error says what cannot be read, and where.
    pub(super) fn new(selector: &Selector) -> Result<Self, (String, Span)> {
        Ok(Self {
            group: Pattern::new(selector.group.as_ref())?,
            version: Pattern::new(selector.version.as_ref())?,
            kind: Pattern::new(selector.kind.as_ref())?,
            name: Pattern::new(selector.name.as_ref())?,
            namespace: Pattern::new(selector.namespace.as_ref())?,
            labels: requirements(selector.labels.as_ref())?,
            annotations: requirements(selector.annotations.as_ref())?,
        })
    }

    /// The names that objects must have to be meant, if they are listed.
    pub(super) fn names(&self) -> Option<&[String]> {
        match &self.name {
            Pattern::Names(names) => Some(names),
            Pattern::Anything | Pattern::Expression(_) => None,
        }
    }

    /// Whether it is an object that is meant, by its first name or its present one.
    pub(super) fn holds(&self, resource: &Resource) -> bool {
        if !self.kind.holds(resource.kind()) {
            return false;
        }
        let (group, version) = split_version(resource.api_version());
        let all = |requirements: &[Requirement], key: &str| {
            requirements.iter().all(|requirement| {
                requirement.holds(|name| {
                    resource.metadata_map(key).find(|(own, _)| *own == name).map(|(_, value)| value)
                })
            })
        };
        // Most objects are none of those that a selector means, and labels tell soonest.
        if !all(&self.labels, "labels") || !all(&self.annotations, "annotations") {
            return false;
        }
        let (first, now) = (resource.first_id(), resource.id());
        (self.name.holds(first.name) || self.name.holds(now.name))
            && self.group.holds(group)
            && self.version.holds(version)
            && [first, now].iter().any(|id| self.namespace.holds(id.namespace.unwrap_or(NO_NAMESPACE)))
    }
}

impl Pattern {
    fn new(text: Option<&Spanned<String>>) -> Result<Self, (String, Span)> {
        let Some(text) = text else { return Ok(Pattern::Anything) };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_/|".contains(c);
        if text.value.chars().all(is_plain) {
            return Ok(Pattern::Names(text.value.split('|').map(str::to_owned).collect()));
        }
        let pattern = Regex::new(&format!("^(?:{})$", text.value));
        pattern.map(Pattern::Expression).map_err(|_| (format!("`{}` is no pattern", text.value), text.span))
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Pattern::Anything => true,
            Pattern::Names(names) => names.iter().any(|name| name == text),
            Pattern::Expression(pattern) => pattern.is_match(text),
        }
    }
}

impl Requirement {
    fn holds<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        match self {
            Requirement::In(key, values) => value(key).is_some_and(|own| values.iter().any(|it| it == own)),
            Requirement::NotIn(key, values) => value(key).is_none_or(|own| values.iter().all(|it| it != own)),
            Requirement::Exists(key) => value(key).is_some(),
            Requirement::Missing(key) => value(key).is_none(),
        }
    }

    /// One requirement: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`.
    fn read(text: &str) -> Option<Self> {
        let name = |text: &str| {
            let text = text.trim();
            let is_name = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
            (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_owned())
        };
        let value = |text: &str| if text.trim().is_empty() { Some(String::new()) } else { name(text) };
        if let Some(key) = text.strip_prefix('!') {
            return Some(Requirement::Missing(name(key)?));
        }
        if let Some((key, other)) = text.split_once("!=") {
            return Some(Requirement::NotIn(name(key)?, vec![value(other)?]));
        }
        if let Some((key, other)) = text.split_once("==").or_else(|| text.split_once('=')) {
            return Some(Requirement::In(name(key)?, vec![value(other)?]));
        }
        if let Some((head, list)) = text.split_once('(') {
            let (key, operator) = head.trim().rsplit_once(char::is_whitespace)?;
            let values = list.trim_end().strip_suffix(')')?.split(',').map(value).collect::<Option<_>>()?;
            return match operator {
                "in" => Some(Requirement::In(name(key)?, values)),
                "notin" => Some(Requirement::NotIn(name(key)?, values)),
                _ => None,
            };
        }
        name(text).map(Requirement::Exists)
    }
}

fn requirements(text: Option<&Spanned<String>>) -> Result<Vec<Requirement>, (String, Span)> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for character in text.value.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if character != ',' || depth > 0 => last.push(character),
            _ => parts.push(String::new()),
        }
    }
    let read = parts.iter().map(|part| Requirement::read(part.trim())).collect::<Option<Vec<_>>>();
    read.ok_or_else(|| {
        (format!("`{}` is no selector that the built-in kustomize knows", text.value), text.span)
    })
}
