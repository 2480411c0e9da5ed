//! How a value was put together: of what a file says, and of variables.
//!
//! Whoever reads a file fills it in; knows no grammar of references. A value without a template is exactly
//! what its place in the file says.

use std::ops::Range;

/// What a scalar said before its variables were replaced, and what each part of it became.
///
/// The parts joined are the value as it was read. Later stages may have brought that into another form: they
/// make paths absolute, and divide short forms and commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// The text of the whole scalar, without its quotes and escapes.
    pub written: String,
    /// What makes the value, in order. Two texts are never side by side.
    pub parts: Vec<Part>,
    /// References that were evaluated within the words of others.
    pub nested: Vec<Reference>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that the file says itself.
    Text(String),
    /// A reference to a variable.
    Variable {
        /// The reference as it is written.
        reference: Reference,
        /// What it was replaced by.
        value: String,
        /// What it would be replaced by if no variable were set; nothing if it asks for one.
        unset: Option<String>,
    },
}

/// A reference to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name of the variable.
    pub name: String,
    /// What is between the name and the word.
    pub operator: Option<Operator>,
    /// The bytes of the word behind the operator; empty without one.
    pub word: Range<usize>,
    /// The bytes of the whole reference in what is written.
    pub range: Range<usize>,
    /// Where the replacement came from.
    pub resolved: Resolved,
}

/// What a reference asks for where its variable is missing, or is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// What is asked for.
    pub kind: OperatorKind,
    /// A colon before it: an empty value counts as none.
    pub empty_is_unset: bool,
}

/// The three operators of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorKind {
    /// `-`: the word if the variable is missing.
    Default,
    /// `+`: the word if the variable is there, else nothing.
    Alternative,
    /// `?`: an error if the variable is missing.
    Required,
}

/// Where the replacement of a reference came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// The value of the variable, which may be empty.
    Value,
    /// The word behind `-` or `:-`.
    Default,
    /// `+` or `:+`: the word if the variable is there, nothing otherwise; never its own value.
    Alternative,
    /// Nothing: the variable is not set and the reference has no word. Compose warns.
    Empty,
    /// Files that may set the variable are not on this machine. The replacement is a guess that is good for
    /// nothing but its form.
    Unknown,
}

impl Template {
    /// The template of a text that refers to nothing.
    pub fn of_text(text: &str) -> Self {
        let part = Part::Text(text.to_owned());
        Self { written: text.to_owned(), parts: vec![part], nested: Vec::new() }
    }

    /// The template of a value that is one variable's, and nothing else.
    pub fn of_variable(name: &str, value: &str) -> Self {
        let reference = Reference {
            name: name.to_owned(),
            operator: None,
            word: name.len()..name.len(),
            range: 0..name.len(),
            resolved: Resolved::Value,
        };
        let part = Part::Variable { reference, value: value.to_owned(), unset: None };
        Self { written: name.to_owned(), parts: vec![part], nested: Vec::new() }
    }

    /// The value as it was read.
    pub fn value(&self) -> String {
        self.parts.iter().map(Part::value).collect()
    }

    /// The references that make the value, those within the words of others left out.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable { reference, .. } => Some(reference),
        })
    }

    /// All references that were evaluated, in the order in which they begin.
    pub fn evaluated(&self) -> Vec<&Reference> {
        let mut all: Vec<&Reference> = self.references().chain(&self.nested).collect();
        all.sort_by_key(|reference| reference.range.start);
        all
    }

    /// The references that a piece of the value is drawn from, each with the piece: one that is replaced by its
    /// variable or its default, and those of variables within its words. `${OTHER:-${DB_PASSWORD}}` is drawn from both.
    pub fn drawn(&self) -> impl Iterator<Item = (&Reference, &str)> {
        self.parts.iter().flat_map(|part| {
            let (reference, value) = match part {
                Part::Variable { reference, value, .. } if !value.is_empty() => {
                    (Some(reference), value.as_str())
                }
                _ => (None, ""),
            };
            let own = reference.filter(|reference| reference.resolved != Resolved::Alternative);
            let is_within = move |nested: &&Reference| {
                nested.resolved == Resolved::Value
                    && reference.is_some_and(|reference| {
                        reference.range.start < nested.range.start && nested.range.end < reference.range.end
                    })
            };
            let within = self.nested.iter().filter(is_within);
            own.into_iter().chain(within).map(move |reference| (reference, value))
        })
    }

    /// Whether the value cannot be known here: it hangs on a variable that no file of this machine sets, while
    /// files that may set it are elsewhere.
    pub fn is_unknown(&self) -> bool {
        self.references().any(|reference| reference.resolved == Resolved::Unknown)
    }

    /// The value if no variable were set; nothing if it needs one.
    pub fn without_variables(&self) -> Option<String> {
        self.parts.iter().map(Part::without_variables).collect()
    }

    /// The template of a part of the value. A reference of which only a piece is left counts with that piece.
    pub fn cut(&self, range: Range<usize>) -> Self {
        let mut parts = Vec::new();
        let mut start = 0;
        for part in &self.parts {
            let end = start + part.value().len();
            let piece = range.start.clamp(start, end) - start..range.end.clamp(start, end) - start;
            let is_whole = range.start <= start && end <= range.end;
            parts.extend(if is_whole { Some(part.clone()) } else { part.cut(piece) });
            start = end;
        }
        Self { written: self.written.clone(), parts, nested: self.nested.clone() }
    }

    /// The template of the value with a text before it.
    pub fn behind(&self, prefix: &str) -> Self {
        let mut parts = self.parts.clone();
        match parts.first_mut() {
            Some(Part::Text(text)) => text.insert_str(0, prefix),
            _ => parts.insert(0, Part::Text(prefix.to_owned())),
        }
        Self { parts, ..self.clone() }
    }
}

impl Part {
    /// What it contributes to the value.
    pub fn value(&self) -> &str {
        match self {
            Part::Text(value) | Part::Variable { value, .. } => value,
        }
    }

    /// What it would contribute if no variable were set; nothing if it needs one.
    pub fn without_variables(&self) -> Option<&str> {
        match self {
            Part::Text(text) => Some(text),
            Part::Variable { unset, .. } => unset.as_deref(),
        }
    }

    /// A piece of the part; nothing if that is empty or begins within a character.
    fn cut(&self, piece: Range<usize>) -> Option<Self> {
        let value = self.value().get(piece).filter(|piece| !piece.is_empty())?.to_owned();
        Some(match self {
            Part::Text(_) => Part::Text(value),
            Part::Variable { reference, .. } => {
                Part::Variable { reference: reference.clone(), value, unset: None }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str, value: &str, unset: Option<&str>) -> Part {
        let (operator, resolved) = (None, Resolved::Value);
        let reference = Reference { name: name.to_owned(), operator, word: 0..0, range: 0..0, resolved };
        Part::Variable { reference, value: value.to_owned(), unset: unset.map(str::to_owned) }
    }

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    fn template(parts: Vec<Part>) -> Template {
        Template { written: "as written".to_owned(), parts, nested: Vec::new() }
    }

    #[test]
    fn a_part_of_a_value_has_a_part_of_the_template() {
        let whole = template(vec![text("K="), variable("H", "host", None), text(":80")]);
        assert_eq!(whole.cut(2..9).parts, [variable("H", "host", None), text(":80")]);
        assert_eq!(whole.cut(4..7).parts, [variable("H", "st", None), text(":")]);
        assert_eq!(whole.cut(2..6).value(), "host");
        assert_eq!(whole.cut(9..12).parts, []);
        assert_eq!(whole.cut(2..9).behind("X=").value(), "X=host:80");
        assert_eq!(whole.behind("A.").parts[0], text("A.K="));
    }

    #[test]
    fn a_value_is_drawn_from_variables_and_from_those_within_their_words() {
        let reference = |name: &str, range, resolved| Reference {
            name: name.to_owned(),
            operator: None,
            word: 0..0,
            range,
            resolved,
        };
        let part =
            |reference, value: &str| Part::Variable { reference, value: value.to_owned(), unset: None };
        let value = Template {
            written: "${A:-${B}}${C:+${D}}$E${F:-g}".to_owned(),
            parts: vec![
                part(reference("A", 0..10, Resolved::Default), "b"),
                part(reference("C", 10..20, Resolved::Alternative), "d"),
                part(reference("E", 20..22, Resolved::Value), ""),
                part(reference("F", 22..29, Resolved::Default), "g"),
            ],
            nested: vec![reference("B", 5..9, Resolved::Value), reference("D", 15..19, Resolved::Value)],
        };
        let drawn: Vec<(&str, &str)> =
            value.drawn().map(|(reference, piece)| (reference.name.as_str(), piece)).collect();
        assert_eq!(drawn, [("A", "b"), ("B", "b"), ("D", "d"), ("F", "g")]);
    }

    #[test]
    fn a_value_may_do_without_variables() {
        let defaulted = template(vec![text("a-"), variable("B", "bb", Some("default"))]);
        assert_eq!(defaulted.without_variables().as_deref(), Some("a-default"));
        assert_eq!(template(vec![variable("B", "b", None)]).without_variables(), None);
        assert_eq!(defaulted.cut(3..4).without_variables(), None);
    }
}
