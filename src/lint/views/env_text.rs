//! The statements of an env file as they are written, blanks, quotes and comments included.
//!
//! What Compose reads in a file is `compose::dotenv`'s to know; here is what other readers of the same text do not
//! take in the same way. A file that Compose refuses has statements too.

use std::ops::Range;

use super::EnvFile;
use crate::{
    diag::Severity,
    lint::findings::{Edit, Findings, Fix, FixKind, Written},
};

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// From the first character of its line to the end of its last line, without the line break.
    pub whole: Range<usize>,
    /// `export` and the blanks behind it.
    pub export: Option<Range<usize>>,
    /// The name.
    pub name: Range<usize>,
    /// The blanks between name and separator.
    pub before: Range<usize>,
    /// `=` or `:`; none in a statement that is only a name.
    pub separator: Option<(char, usize)>,
    /// The blanks between separator and value.
    pub after: Range<usize>,
    /// The value with its quotes.
    pub value: Range<usize>,
    /// What it is quoted with.
    pub quote: Option<char>,
    /// Everything behind the value.
    pub rest: Range<usize>,
}

/// A place that a reader other than Compose takes otherwise.
#[derive(Debug)]
pub struct Place {
    /// The bytes.
    pub range: Range<usize>,
    /// A few words for it.
    pub label: String,
    /// What mends it, if anything does.
    pub edits: Vec<Edit>,
    /// The variable as those write it.
    pub written: Option<Written>,
}

impl EnvFile<'_> {
    /// The statements of the file.
    pub fn statements(&self) -> Vec<Statement> {
        statements(self.text())
    }

    /// Reports places that kustomize reads otherwise than Compose: each alone if a kustomization reads the file,
    /// else all as one info. `one` and `many` are the messages, `help` what to do and the title of the fix.
    /// What `convert` writes is for kustomize alone: Compose reads another file.
    pub fn report(
        &self,
        places: Vec<Place>,
        one: &str,
        many: &str,
        (help, title): (&str, &str),
        findings: &mut Findings<'_>,
    ) {
        if self.is_generated {
            return;
        }
        let groups: Vec<Vec<Place>> = if self.readers.kustomize {
            places.into_iter().map(|place| vec![place]).collect()
        } else {
            vec![places]
        };
        for group in groups {
            let [first, rest @ ..] = group.as_slice() else { continue };
            let message = if self.readers.kustomize { one } else { many };
            let finding = findings.at(self.span(first.range.clone()), message, &*first.label);
            finding.help(help);
            for place in rest {
                finding.also(self.span(place.range.clone()), &*place.label);
            }
            if !self.readers.kustomize {
                finding.severity(Severity::Info);
            }
            let mut edits = Vec::new();
            for place in group {
                edits.extend(place.edits);
                finding.written.extend(place.written);
            }
            if !edits.is_empty() {
                finding.fix = Some(Fix { kind: FixKind::Safe, title: title.to_owned(), edits });
            }
        }
    }

    /// The variable of a statement with another value.
    pub fn written(&self, statement: &Statement, value: &str) -> Option<Written> {
        let name = self.text().get(statement.name.clone())?.to_owned();
        Some(Written { span: self.span(statement.whole.clone()), name, value: value.to_owned() })
    }
}

fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let end = line_end(text, at);
        let content = text[at..end].trim_start();
        if content.is_empty() || content.starts_with('#') {
            at = next_line(text, end);
            continue;
        }
        let statement = statement(text, at, end);
        at = next_line(text, statement.whole.end);
        found.push(statement);
    }
    found
}

/// The end of a line, in front of `\r\n` or `\n`.
fn line_end(text: &str, from: usize) -> usize {
    let end = text[from..].find('\n').map_or(text.len(), |len| from + len);
    if text[from..end].ends_with('\r') { end - 1 } else { end }
}

fn next_line(text: &str, end: usize) -> usize {
    text[end..].find('\n').map_or(text.len(), |at| end + at + 1)
}

fn statement(text: &str, line: usize, end: usize) -> Statement {
    let start = line + (text[line..end].len() - text[line..end].trim_start().len());
    let behind_export = text[start..end].strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let name_start = behind_export.map_or(start, |rest| end - rest.trim_start().len());
    let export = behind_export.map(|_| start..name_start);
    let Some(separator) = text[name_start..end].find(['=', ':']).map(|at| name_start + at) else {
        let name = name_start..name_start + text[name_start..end].trim_end().len();
        let nothing = name.end..name.end;
        return Statement {
            whole: line..end,
            export,
            rest: name.end..end,
            name,
            before: nothing.clone(),
            separator: None,
            after: nothing.clone(),
            value: nothing,
            quote: None,
        };
    };
    let name = name_start..name_start + text[name_start..separator].trim_end().len();
    let rest = &text[separator + 1..end];
    let value_start = end - rest.trim_start_matches([' ', '\t']).len();
    let quote = text[value_start..end].chars().next().filter(|first| matches!(first, '"' | '\''));
    let value = match quote {
        Some(quote) => value_start..quoted_end(text, value_start, quote).unwrap_or(end),
        None => value_start..value_start + plain_length(&text[value_start..end]),
    };
    let end = line_end(text, value.end);
    Statement {
        whole: line..end,
        export,
        before: name.end..separator,
        name,
        separator: text[separator..].chars().next().map(|character| (character, separator)),
        after: separator + 1..value_start,
        rest: value.end..end,
        value,
        quote,
    }
}

/// Behind the quote that closes the value.
fn quoted_end(text: &str, start: usize, quote: char) -> Option<usize> {
    let mut characters = text[start + 1..].char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return Some(start + 1 + at + 1);
        }
    }
    None
}

/// The length of a value without quotes: up to a comment, and without blanks at its end.
fn plain_length(text: &str) -> usize {
    text.split_once(" #").map_or(text, |(value, _)| value).trim_end().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn statements_are_taken_apart() {
        let text = "\u{feff}# c\n export A = 'x y' # d\r\nB: z\nC=\"1\n2\"\nNAME\nD=a#b  # c\nE='open\n";
        let parts: Vec<_> = statements(text)
            .into_iter()
            .map(|it| {
                let part = |range: Range<usize>| text[range].to_owned();
                (
                    part(it.name),
                    it.separator.map(|it| it.0),
                    part(it.value),
                    part(it.rest),
                    it.export.is_some(),
                )
            })
            .collect();
        let expect = |name: &str, separator, value: &str, rest: &str, export| {
            (name.to_owned(), separator, value.to_owned(), rest.to_owned(), export)
        };
        assert_eq!(
            parts,
            [
                expect("A", Some('='), "'x y'", " # d", true),
                expect("B", Some(':'), "z", "", false),
                expect("C", Some('='), "\"1\n2\"", "", false),
                expect("NAME", None, "", "", false),
                expect("D", Some('='), "a#b", "  # c", false),
                expect("E", Some('='), "'open", "", false),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_has_statements_in_order(text in "([A-Z =:#'\"\\\\\r\n$é]|export ){0,60}") {
            let mut end = 0;
            for statement in statements(&text) {
                prop_assert!(statement.whole.start >= end && statement.whole.end >= statement.rest.start);
                prop_assert!(text.get(statement.value.clone()).is_some());
                end = statement.whole.end;
            }
        }
    }
}
