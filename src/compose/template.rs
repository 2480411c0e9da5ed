//! The interpolation grammar: `$NAME`, `${NAME}`, `${NAME:-word}` and their kin.
//!
//! Compose specification, "Interpolation". A pure function over one scalar: where the text stands,
//! which variables exist and what to say about a missing one is the caller's to know.
//!
//! Two habits of docker compose are kept on purpose. The word of an operator may reach to the last
//! `}` of its line and is cut at the first brace that closes it, where the character behind an
//! opening brace is never looked at: `${X:-{}}` has the word `{}`. And a word is looked at only when
//! it is used, so an error in an unused default stays silent.

use std::{collections::BTreeSet, fmt, ops::Range};

/// References nested deeper than this in the words of others are refused, to bound the recursion.
const MAX_DEPTH: usize = 100;

/// A text with its variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// The result.
    pub text: String,
    /// The references that were evaluated, in the order in which they begin; those within an unused
    /// word are not among them.
    pub references: Vec<Reference>,
}

/// One reference to a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name of the variable.
    pub name: String,
    /// Offset of the `$` in the text, in bytes.
    pub offset: usize,
    /// Length of the whole reference, in bytes.
    pub len: usize,
    /// What stands in its place.
    pub resolved: Resolved,
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
    /// Nothing: the variable is not set and the reference says no word. Compose warns.
    Empty,
}

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
            Self::Invalid { offset, len } | Self::Required { offset, len, .. } => *offset..offset + len,
        }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { .. } => f.write_str("`${` begins no valid variable reference"),
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

/// [`expand`], with `unknown` in the place of what would be nothing or an error for want of a value.
pub fn expand_in_part(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    unknown: Option<&str>,
) -> Result<Expansion, TemplateError> {
    let mut missing: BTreeSet<String> = BTreeSet::new();
    loop {
        let stand_in = |name: &str| unknown.filter(|_| missing.contains(name)).map(str::to_owned);
        let expanded = expand(text, &|name| lookup(name).or_else(|| stand_in(name)));
        let empty = |reference: &&Reference| reference.resolved == Resolved::Empty;
        let names: Vec<String> = match &expanded {
            _ if unknown.is_none() => Vec::new(),
            Ok(expansion) => expansion.references.iter().filter(empty).map(|it| it.name.clone()).collect(),
            Err(TemplateError::Required { name, .. }) => vec![name.clone()],
            Err(TemplateError::Invalid { .. }) => Vec::new(),
        };
        let before = missing.len();
        missing.extend(names);
        if missing.len() == before {
            return expanded;
        }
    }
}

/// Replaces the variables of `text` by what `lookup` says of them; `None` means not set.
///
/// Values are inserted as they are and not expanded again.
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Expansion, TemplateError> {
    let expansion = Expansion { text: String::with_capacity(text.len()), references: Vec::new() };
    let mut expander = Expander { text, lookup, expansion };
    expander.range(0..text.len(), 0)?;
    Ok(expander.expansion)
}

/// Is this the name of a variable as a reference can say it?
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(is_name_byte)
}

struct Expander<'a> {
    text: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    expansion: Expansion,
}

/// What stands between `${` and `}`.
struct Braced<'a> {
    name: &'a str,
    /// `-`, `+` or `?`, and whether a colon stood before it, which makes an empty value count as none.
    operator: Option<(u8, bool)>,
    word: Range<usize>,
    /// Offset behind the closing brace.
    end: usize,
}

impl<'a> Expander<'a> {
    /// Appends the expansion of a part of the text.
    fn range(&mut self, part: Range<usize>, depth: usize) -> Result<(), TemplateError> {
        let mut lines = Lines { text: self.text, end: part.end, line: None };
        let mut at = part.start;
        while let Some(before) = self.text[at..part.end].find('$') {
            let dollar = at + before;
            self.expansion.text.push_str(&self.text[at..dollar]);
            at = match self.text[dollar + 1..part.end].bytes().next() {
                Some(b'$') => {
                    self.expansion.text.push('$');
                    dollar + 2
                }
                Some(b'{') => {
                    let braced = self.braced(dollar, &mut lines).filter(|_| depth < MAX_DEPTH);
                    let braced = braced.ok_or_else(|| self.invalid(dollar, part.end))?;
                    self.replace(dollar, &braced, depth)?;
                    braced.end
                }
                Some(first) if is_name_byte(first) && !first.is_ascii_digit() => {
                    let name = leading_name(&self.text[dollar + 1..part.end]);
                    let end = dollar + 1 + name.len();
                    let word = end..end;
                    self.replace(dollar, &Braced { name, operator: None, word, end }, depth)?;
                    end
                }
                _ => {
                    self.expansion.text.push('$');
                    dollar + 1
                }
            };
        }
        self.expansion.text.push_str(&self.text[at..part.end]);
        Ok(())
    }

    /// Reads the reference whose `${` begins at `dollar`.
    fn braced(&self, dollar: usize, lines: &mut Lines<'_>) -> Option<Braced<'a>> {
        let name = leading_name(&self.text[dollar + 2..lines.end]);
        if !is_name(name) {
            return None;
        }
        let behind_name = dollar + 2 + name.len();
        let rest = &self.text.as_bytes()[behind_name..lines.end];
        let (operator, word_start) = match rest {
            [b'}', ..] => {
                let word = behind_name..behind_name;
                return Some(Braced { name, operator: None, word, end: behind_name + 1 });
            }
            [b':', operator @ (b'-' | b'+' | b'?'), ..] => ((*operator, true), behind_name + 2),
            [operator @ (b'-' | b'+' | b'?'), ..] => ((*operator, false), behind_name + 1),
            _ => return None,
        };
        let last = lines.last_brace(word_start)?;
        let close = closing_brace(self.text, dollar..last + 1).unwrap_or(last);
        Some(Braced { name, operator: Some(operator), word: word_start..close, end: close + 1 })
    }

    /// Appends what the reference at `dollar` stands for, and notes it.
    fn replace(&mut self, dollar: usize, braced: &Braced<'a>, depth: usize) -> Result<(), TemplateError> {
        let Braced { name, operator, word, end } = braced;
        let (offset, len) = (dollar, end - dollar);
        let value = (self.lookup)(name);
        let present = match (operator, &value) {
            (Some((_, true)), Some(value)) => !value.is_empty(),
            (_, value) => value.is_some(),
        };
        let resolved = match (operator, present) {
            (None, false) => Resolved::Empty,
            (Some((b'-', _)), false) => Resolved::Default,
            (Some((b'+', _)), _) => Resolved::Alternative,
            (Some((b'?', _)), false) => {
                let message = self.word_alone(word.clone(), depth)?;
                return Err(TemplateError::Required { name: (*name).to_owned(), message, offset, len });
            }
            _ => Resolved::Value,
        };
        self.expansion.references.push(Reference { name: (*name).to_owned(), offset, len, resolved });
        match resolved {
            Resolved::Value => self.expansion.text.push_str(&value.unwrap_or_default()),
            Resolved::Alternative if !present => {}
            Resolved::Default | Resolved::Alternative => self.range(word.clone(), depth + 1)?,
            Resolved::Empty => {}
        }
        Ok(())
    }

    /// The expansion of a word that is no part of the result.
    fn word_alone(&mut self, word: Range<usize>, depth: usize) -> Result<String, TemplateError> {
        let start = self.expansion.text.len();
        self.range(word, depth + 1)?;
        Ok(self.expansion.text.split_off(start))
    }

    /// Blames the text from `dollar` through the next brace of the line, or to the line's end.
    fn invalid(&self, dollar: usize, end: usize) -> TemplateError {
        let rest = &self.text[dollar..end];
        let line = rest.split('\n').next().unwrap_or(rest);
        let len = line.find('}').map_or(line.len(), |brace| brace + 1);
        TemplateError::Invalid { offset: dollar, len }
    }
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
        expand(text, &lookup).unwrap().text
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
        let references = expand("é$A ${U:-${V}} ${E:+$A}${A+$_x1}", &lookup).unwrap().references;
        let found: Vec<_> =
            references.iter().map(|r| (r.name.as_str(), r.offset, r.len, r.resolved)).collect();
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
                Ok(expansion) => for reference in expansion.references {
                    let whole = &text[reference.offset..reference.offset + reference.len];
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
