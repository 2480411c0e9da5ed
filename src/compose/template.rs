//! The interpolation grammar: `$NAME`, `${NAME}`, `${NAME:-word}` and their kin.
//!
//! Compose specification, "Interpolation". A pure function over one scalar: where the text stands,
//! which variables exist and what to say about a missing one is the caller's to know. What was found out on the
//! way stays with the value, as its [`Template`].
//!
//! Two habits of docker compose are kept on purpose. The word of an operator may reach to the last
//! `}` of its line and is cut at the first brace that closes it, where the character behind an
//! opening brace is never looked at: `${X:-{}}` has the word `{}`. And a word is looked at only when
//! it is used, so an error in an unused default stays silent.

use std::{fmt, ops::Range};

use crate::text::{Operator, OperatorKind, Part, Reference, Resolved, Template, budget::BYTES};

/// References nested deeper than this in the words of others are refused, to bound the recursion.
const MAX_DEPTH: usize = 100;

/// Why a text could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateError {
    /// A `${` that begins no reference.
    Invalid {
        /// Offset of the `$`, in bytes.
        offset: usize,
        /// Length of what was meant as a reference, as far as can be guessed.
        len: usize,
    },
    /// The text would be larger than it may be.
    TooLarge {
        /// Offset of the reference that is too much, in bytes.
        offset: usize,
        /// Length of it, in bytes.
        len: usize,
    },
    /// `?` or `:?` on a variable without a value.
    Required {
        /// The name of the variable.
        name: String,
        /// The word behind the operator, expanded; often empty.
        message: String,
        /// Offset of the `$`, in bytes.
        offset: usize,
        /// Length of the whole reference, in bytes.
        len: usize,
    },
}

impl TemplateError {
    /// The bytes of the text that the error speaks of.
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Invalid { offset, len }
            | Self::TooLarge { offset, len }
            | Self::Required { offset, len, .. } => *offset..offset + len,
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { .. } => f.write_str("`${` begins no valid variable reference"),
            Self::TooLarge { .. } => write!(f, "variables come to more than {} MiB of text", BYTES >> 20),
            Self::Required { name, message, .. } if message.is_empty() => {
                write!(f, "required variable `{name}` is missing a value")
            }
            Self::Required { name, message, .. } => {
                write!(f, "required variable `{name}` is missing a value: {message}")
            }
        }
    }
}

impl std::error::Error for TemplateError {}

/// Replaces the variables of `text` by what `lookup` says of them; `None` means not set.
///
/// Values are inserted as they are and not expanded again.
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Template, TemplateError> {
    expand_within(text, lookup, BYTES)
}

/// The same for what may come to no more than this many bytes.
pub(super) fn expand_within(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    left: usize,
) -> Result<Template, TemplateError> {
    expander(text, lookup, None, left).template()
}

/// The same where files are missing that may set more variables: everything but the plain value of a variable
/// is [`Resolved::Unknown`], and `stand_in` is in the place of what would be nothing or an error.
pub(super) fn expand_in_part(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    (stand_in, defaults): (&str, Defaults),
    left: usize,
) -> Result<Template, TemplateError> {
    expander(text, lookup, Some((stand_in, defaults)), left).template()
}

/// What the default of a reference is, where a variable is not known to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Defaults {
    /// The variable may well have a value.
    AreGuesses,
    /// It has none.
    Hold,
}

/// That variables come to more text than they may.
pub(super) fn too_large() -> String {
    TemplateError::TooLarge { offset: 0, len: 0 }.to_string()
}

/// Whether this is the name of a variable as a reference can say it.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(is_name_byte)
}

fn expander<'a>(
    text: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    stand_in: Option<(&'a str, Defaults)>,
    left: usize,
) -> Expander<'a> {
    Expander { text, lookup, stand_in, left, nested: Vec::new() }
}

struct Expander<'a> {
    text: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// What replaces a missing variable, if there are files that may set it.
    stand_in: Option<(&'a str, Defaults)>,
    /// Bytes that variables may come to yet.
    left: usize,
    nested: Vec<Reference>,
}

/// What stands between `${` and `}`.
struct Braced<'a> {
    name: &'a str,
    operator: Option<Operator>,
    word: Range<usize>,
    /// Offset behind the closing brace.
    end: usize,
}

/// What a reference is replaced by, with and without variables.
struct Replacement {
    value: String,
    unset: Option<String>,
    resolved: Resolved,
}

impl<'a> Expander<'a> {
    fn template(mut self) -> Result<Template, TemplateError> {
        let parts = self.parts(0..self.text.len(), 0)?;
        Ok(Template { written: self.text.to_owned(), parts, nested: self.nested })
    }

    /// The parts of a part of the text.
    fn parts(&mut self, part: Range<usize>, depth: usize) -> Result<Vec<Part>, TemplateError> {
        let mut lines = Lines { text: self.text, end: part.end, line: None };
        let mut at = part.start;
        let mut parts = Parts::default();
        while let Some(before) = self.text[at..part.end].find('$') {
            let dollar = at + before;
            parts.text.push_str(&self.text[at..dollar]);
            at = match self.text[dollar + 1..part.end].bytes().next() {
                Some(b'$') => {
                    parts.text.push('$');
                    dollar + 2
                }
                Some(b'{') => {
                    let braced = self.braced(dollar, &mut lines).filter(|_| depth < MAX_DEPTH);
                    let braced = braced.ok_or_else(|| self.invalid(dollar, part.end))?;
                    parts.push(self.replace(dollar, &braced, depth)?);
                    braced.end
                }
                Some(first) if is_name_byte(first) && !first.is_ascii_digit() => {
                    let name = leading_name(&self.text[dollar + 1..part.end]);
                    let end = dollar + 1 + name.len();
                    let braced = Braced { name, operator: None, word: end..end, end };
                    parts.push(self.replace(dollar, &braced, depth)?);
                    end
                }
                _ => {
                    parts.text.push('$');
                    dollar + 1
                }
            };
        }
        parts.text.push_str(&self.text[at..part.end]);
        Ok(parts.done())
    }

    /// Reads the reference whose `${` begins at `dollar`.
    fn braced(&self, dollar: usize, lines: &mut Lines<'_>) -> Option<Braced<'a>> {
        let name = leading_name(&self.text[dollar + 2..lines.end]);
        if !is_name(name) {
            return None;
        }
        let behind_name = dollar + 2 + name.len();
        let rest = &self.text.as_bytes()[behind_name..lines.end];
        let (operator, empty_is_unset) = match rest {
            [b'}', ..] => {
                let word = behind_name..behind_name;
                return Some(Braced { name, operator: None, word, end: behind_name + 1 });
            }
            [b':', operator, ..] => (*operator, true),
            [operator, ..] => (*operator, false),
            [] => return None,
        };
        let kind = match operator {
            b'-' => OperatorKind::Default,
            b'+' => OperatorKind::Alternative,
            b'?' => OperatorKind::Required,
            _ => return None,
        };
        let word_start = behind_name + 1 + usize::from(empty_is_unset);
        let last = lines.last_brace(word_start)?;
        let close = closing_brace(self.text, dollar..last + 1).unwrap_or(last);
        let operator = Some(Operator { kind, empty_is_unset });
        Some(Braced { name, operator, word: word_start..close, end: close + 1 })
    }

    /// The reference at `dollar` with what it stands for.
    fn replace(&mut self, dollar: usize, braced: &Braced<'a>, depth: usize) -> Result<Part, TemplateError> {
        let Braced { name, operator, ref word, end } = *braced;
        let value = (self.lookup)(name);
        let empty_is_unset = operator.is_some_and(|operator| operator.empty_is_unset);
        let value = value.filter(|value| !empty_is_unset || !value.is_empty());
        let replacement = match (operator.map(|operator| operator.kind), value) {
            (Some(OperatorKind::Alternative), value) => {
                self.alternative(value.is_some(), word.clone(), depth)?
            }
            (Some(OperatorKind::Default), None) => self.default(word.clone(), depth)?,
            (Some(OperatorKind::Default), Some(value)) => {
                Replacement { value, unset: self.unset_word(word.clone(), depth), resolved: Resolved::Value }
            }
            (_, Some(value)) => Replacement { value, unset: None, resolved: Resolved::Value },
            (_, None) if self.stand_in.is_some() => Replacement {
                value: self.stand_in.map_or("", |(text, _)| text).to_owned(),
                unset: None,
                resolved: Resolved::Unknown,
            },
            (None, None) => Replacement { value: String::new(), unset: None, resolved: Resolved::Empty },
            (Some(OperatorKind::Required), None) => {
                let message = joined(&self.parts(word.clone(), depth + 1)?);
                let (name, offset, len) = (name.to_owned(), dollar, end - dollar);
                return Err(TemplateError::Required { name, message, offset, len });
            }
        };
        let Replacement { value, unset, resolved } = replacement;
        let made = value.len() + unset.as_ref().map_or(0, String::len);
        self.left = self
            .left
            .checked_sub(made)
            .ok_or(TemplateError::TooLarge { offset: dollar, len: end - dollar })?;
        let guesses = self.stand_in.is_some_and(|(_, defaults)| defaults == Defaults::AreGuesses);
        let is_guess = guesses && resolved != Resolved::Value;
        let resolved = if is_guess { Resolved::Unknown } else { resolved };
        let (name, word) = (name.to_owned(), word.clone());
        let reference = Reference { name, operator, word, range: dollar..end, resolved };
        if depth > 0 {
            self.nested.push(reference.clone());
        }
        Ok(Part::Variable { reference, value, unset })
    }

    fn default(&mut self, word: Range<usize>, depth: usize) -> Result<Replacement, TemplateError> {
        let parts = self.parts(word, depth + 1)?;
        let unset = unset(&parts);
        Ok(Replacement { value: joined(&parts), unset, resolved: Resolved::Default })
    }

    fn alternative(
        &mut self,
        is_set: bool,
        word: Range<usize>,
        depth: usize,
    ) -> Result<Replacement, TemplateError> {
        let value = if is_set { joined(&self.parts(word, depth + 1)?) } else { String::new() };
        Ok(Replacement { value, unset: Some(String::new()), resolved: Resolved::Alternative })
    }

    /// What a word that is not used would be without variables.
    fn unset_word(&self, word: Range<usize>, depth: usize) -> Option<String> {
        let mut alone = expander(self.text, &|_| None, None, self.left);
        unset(&alone.parts(word, depth + 1).ok()?)
    }

    /// Blames the text from `dollar` through the next brace of the line, or to the line's end.
    fn invalid(&self, dollar: usize, end: usize) -> TemplateError {
        let rest = &self.text[dollar..end];
        let line = rest.split('\n').next().unwrap_or(rest);
        let len = line.find('}').map_or(line.len(), |brace| brace + 1);
        TemplateError::Invalid { offset: dollar, len }
    }
}

/// Parts while they are read: the text that goes on, and what is before it.
#[derive(Default)]
struct Parts {
    text: String,
    parts: Vec<Part>,
}

impl Parts {
    fn push(&mut self, part: Part) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
        self.parts.push(part);
    }

    fn done(mut self) -> Vec<Part> {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(self.text));
        }
        self.parts
    }
}

fn joined(parts: &[Part]) -> String {
    parts.iter().map(Part::value).collect()
}

fn unset(parts: &[Part]) -> Option<String> {
    parts.iter().map(Part::without_variables).collect()
}

/// Finds the last closing brace of a line, each line searched once.
struct Lines<'a> {
    text: &'a str,
    /// Nothing behind this offset counts.
    end: usize,
    /// The end of the line searched last, and its last brace.
    line: Option<(usize, Option<usize>)>,
}

impl Lines<'_> {
    /// Offset of the last `}` between `from` and the end of the line it lies on.
    fn last_brace(&mut self, from: usize) -> Option<usize> {
        let (_, brace) = match self.line {
            Some(line @ (end, _)) if from <= end => line,
            _ => {
                let rest = &self.text[from..self.end];
                let line = rest.split('\n').next().unwrap_or(rest);
                *self.line.insert((from + line.len(), line.rfind('}').map(|brace| from + brace)))
            }
        };
        brace.filter(|brace| *brace >= from)
    }
}

/// The brace that closes the first one of the reference, counting as docker compose does: whatever
/// follows an opening brace is skipped, be it a brace itself.
fn closing_brace(text: &str, reference: Range<usize>) -> Option<usize> {
    let mut open = 0usize;
    let mut bytes = text.as_bytes()[reference.clone()].iter().zip(reference);
    while let Some((byte, at)) = bytes.next() {
        match byte {
            b'{' => {
                open += 1;
                bytes.next();
            }
            b'}' if open <= 1 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

fn leading_name(text: &str) -> &str {
    let len = text.bytes().take_while(|byte| is_name_byte(*byte)).count();
    &text[..len]
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            "A" => "a",
            "E" => "",
            "N" => "$A",
            "_x1" => "low",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn expanded(text: &str) -> String {
        expand(text, &lookup).unwrap().value()
    }

    #[test]
    fn replaces_as_docker_compose_does() {
        let cases = [
            // Plain references, escapes and dollars that mean themselves.
            ("$A-b ${A}b $_x1", "a-b ab low"),
            ("$$A $$$A $$$$A", "$A $a $$A"),
            ("$ $1 $( $- $é a$", "$ $1 $( $- $é a$"),
            ("[$N] values are not read again", "[$A] values are not read again"),
            // Operators: not set, empty, set.
            ("${U:-d} ${E:-d} ${A:-d}", "d d a"),
            ("${U-d} [${E-d}] ${A-d}", "d [] a"),
            ("[${U:+r}] [${E:+r}] ${A:+r}", "[] [] r"),
            ("[${U+r}] ${E+r} ${A+r}", "[] r r"),
            ("[${E?m}] ${A:?m} ${A?m}", "[] a a"),
            // The first operator counts, and words are templates.
            ("${U-a:-b} ${U:-a?b}", "a:-b a?b"),
            ("${U:-${V:-$A}-${E:-e}} ${A:+${A}x}", "a-e ax"),
            ("${U:-a$$b} ${U:-$} ${U:- s }", "a$b $  s "),
            ("${U:-a}:${U:-b}?c", "a:b?c"),
            // Braces.
            ("${U:-{}}", "{}"),
            ("${U:-{}} x}", "{}} x"),
            ("${U:-a}b}", "ab}"),
            ("${U:-{a}", "{a"),
            ("${U:-{{x}}} ${A:-{{x}}}", "{{x}} a}"),
            ("${A:-{a}b}c}", "ac}"),
            ("${A:-{}x", "ax"),
            ("${U:-a}\n${A}}", "a\na}"),
            // Unused words are not evaluated.
            ("${A:-${U:?no}} ${A:-${}}", "a a"),
        ];
        for (text, expected) in cases {
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_reference() {
        let bodies = [
            "}", "1}", " A }", "A", "A-", "-x}", "A b}", "A.b}", "A!}", "A:}", "A:x}", "A:=d}", "A=d}",
            "A/x/y}", "#A}", "A:0:1}", "é}", "U:-x\n}",
        ];
        for body in bodies {
            let error = expand(&format!("$$ é${{{body}"), &lookup).unwrap_err();
            assert_eq!(error.range().start, 5, "{body}: {error:?}");
        }
        assert_eq!(expand("a ${A b} }", &lookup), Err(TemplateError::Invalid { offset: 2, len: 6 }));
        assert_eq!(expand("${U:-${A}", &lookup), Err(TemplateError::Invalid { offset: 5, len: 3 }));
    }

    #[test]
    fn asks_for_required_variables() {
        let cases = [
            ("${U:?}", "U", "", 0..6),
            ("x${E:?need $A}y", "E", "need a", 1..14),
            ("${A}${U?a}b:-c", "U", "a", 4..10),
            ("${U:-${V?v}}", "V", "v", 5..11),
        ];
        for (text, name, message, range) in cases {
            let error = expand(text, &lookup).unwrap_err();
            assert_eq!(error.range(), range, "{text}");
            let (offset, len) = (range.start, range.len());
            let (name, message) = (name.to_owned(), message.to_owned());
            assert_eq!(error, TemplateError::Required { name, message, offset, len });
        }
    }

    #[test]
    fn notes_the_references_in_order() {
        let template = expand("é$A ${U:-${V}} ${E:+$A}${A+$_x1}", &lookup).unwrap();
        let found: Vec<_> = template
            .evaluated()
            .into_iter()
            .map(|it| (it.name.as_str(), it.range.start, it.range.len(), it.resolved))
            .collect();
        let expected = [
            ("A", 2, 2, Resolved::Value),
            ("U", 5, 10, Resolved::Default),
            ("V", 10, 4, Resolved::Empty),
            ("E", 16, 8, Resolved::Alternative),
            ("A", 24, 9, Resolved::Alternative),
            ("_x1", 28, 4, Resolved::Value),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn bounds_its_recursion_and_its_work() {
        let nested = |depth| "${U:-".repeat(depth) + &"}".repeat(depth);
        assert_eq!(expanded(&nested(MAX_DEPTH)), "");
        assert!(matches!(expand(&nested(MAX_DEPTH + 1), &lookup), Err(TemplateError::Invalid { .. })));
        assert!(expand(&nested(100_000), &lookup).is_err());
        assert_eq!(expanded(&"${U:-x}".repeat(100_000)).len(), 100_000);
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([${}:?+\-AUE \n]|\PC){0,40}") {
            match expand(&text, &lookup) {
                Ok(template) => for reference in template.evaluated() {
                    let whole = &text[reference.range.clone()];
                    prop_assert!(whole.starts_with('$') && whole.contains(&reference.name));
                },
                Err(error) => {
                    let opens = text[error.range()].starts_with("${");
                    prop_assert!(opens);
                }
            }
        }

        #[test]
        fn text_without_a_dollar_stays(text in "[^$]*") {
            prop_assert_eq!(expanded(&text), text);
        }

        #[test]
        fn doubled_dollars_are_undone(text in "[$a{}]*") {
            prop_assert_eq!(expanded(&text.replace('$', "$$")), text);
        }
    }
}
