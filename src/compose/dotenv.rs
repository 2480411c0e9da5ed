//! Environment files: the dialect of `.env`, `--env-file`, `env_file` and `label_file`, and the
//! plain one of `format: raw`.
//!
//! Compose specification, "Services top-level element", `env_file` and its "Env_file format"; where
//! that is silent, what docker compose does. Knows no files: the caller reads them and decides which
//! variable wins.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc};

use indexmap::IndexMap;

use self::escape::Unescaped;
use super::template;
use crate::text::{Resolved, Template, budget::BYTES};

mod escape;

/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Every statement that names a variable, in the order of the file; of several with one name the
    /// last one counts.
    pub variables: Vec<Variable>,
    /// References to variables that are not set, replaced by nothing. Compose warns of them.
    pub unset: Vec<Unset>,
}

impl Parsed {
    /// The variables that have a value, each with its last one, where they first stand.
    pub fn values(&self) -> IndexMap<&str, &str> {
        self.variables
            .iter()
            .filter_map(|variable| Some((variable.name.as_str(), variable.value.as_deref()?)))
            .collect()
    }
}

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The name, which docker compose allows to be empty.
    pub name: String,
    /// The value, references replaced; `None` for a bare name that is not set elsewhere, which
    /// declares nothing.
    pub value: Option<String>,
    /// How the value was put together, if it refers to variables.
    pub template: Option<Arc<Template>>,
    /// The bytes of the name.
    pub name_range: Range<usize>,
    /// The bytes of the value with its quotes; empty for a bare name.
    pub value_range: Range<usize>,
    /// How the statement was written.
    pub form: Form,
    /// The statement stands on one line with the closing quote of the one before, where people
    /// rarely mean it: `A="b"c` sets `A` and names `c`.
    pub after_quote: bool,
}

/// How a statement of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `NAME=value`
    Equals,
    /// `NAME: value`
    Colon,
    /// `NAME`, to be taken from elsewhere.
    Bare,
    /// A last line without separator and line break: docker compose takes the text for the value of
    /// a variable without a name.
    Nameless,
}

/// A reference to a variable that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unset {
    /// The name of the variable.
    pub name: String,
    /// The bytes of the reference in the file.
    pub range: Range<usize>,
}

/// Why a file could not be read. Docker compose takes nothing from such a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvError {
    /// Where the fault begins, in bytes.
    pub offset: usize,
    /// How many bytes are at fault.
    pub len: usize,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
}

impl fmt::Display for DotenvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DotenvError {}

/// Reads a file in the default dialect.
///
/// `lookup` gives the variables known outside the file: it answers for bare names, and for references
/// it is asked before the names that the file itself has set so far.
pub fn parse(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Parsed, DotenvError> {
    parse_after(text, lookup, BTreeMap::new())
}

/// The same for a file that goes on where others end: `set` is what they have set so far, as if they
/// stood in the same file.
pub fn parse_after(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
    set: BTreeMap<String, String>,
) -> Result<Parsed, DotenvError> {
    let at = skip_byte_order_mark(text);
    let mut parser = Parser { text, lookup, at, set, left: BYTES, parsed: Parsed::default() };
    let mut quote_end = None;
    while parser.next_statement() {
        let after_quote = quote_end.is_some_and(|end| !text[end..parser.at].contains('\n'));
        let variable = Variable { after_quote, ..parser.statement()? };
        let quoted = text[variable.value_range.clone()].starts_with(['"', '\'']);
        quote_end = quoted.then_some(parser.at);
        if let Some(value) = &variable.value {
            parser.set.insert(variable.name.clone(), value.clone());
        }
        parser.parsed.variables.push(variable);
    }
    Ok(parser.parsed)
}

/// Reads a file of `format: raw`, as `docker run --env-file` does: every line is `NAME=value` to the
/// letter, or a bare name for `lookup`. Quotes, `$` and `#` within a line mean themselves.
pub fn parse_raw(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Parsed, DotenvError> {
    let mut parsed = Parsed::default();
    let mut next = skip_byte_order_mark(text);
    while next < text.len() {
        let end = text[next..].find('\n').map_or(text.len(), |len| next + len);
        let line = text[next..end].strip_suffix('\r').unwrap_or(&text[next..end]);
        let trimmed = line.trim_start();
        let start = next + line.len() - trimmed.len();
        next = end + 1;
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let (name, value) =
            trimmed.split_once('=').map_or((trimmed, None), |(name, value)| (name, Some(value)));
        let name_range = start..start + name.len();
        if name.is_empty() {
            let message = "no variable name before `=`".to_owned();
            return Err(DotenvError { offset: start, len: 1, message });
        }
        if name.contains([' ', '\t']) {
            let message = "a variable name cannot contain a blank".to_owned();
            return Err(DotenvError { offset: start, len: name.len(), message });
        }
        parsed.variables.push(Variable {
            name: name.to_owned(),
            value: value.map(str::to_owned).or_else(|| lookup(name)),
            template: None,
            value_range: name_range.end + usize::from(value.is_some())..start + trimmed.len(),
            name_range,
            form: if value.is_some() { Form::Equals } else { Form::Bare },
            after_quote: false,
        });
    }
    Ok(parsed)
}

fn skip_byte_order_mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// The value of a statement, and the bytes of it with its quotes.
struct Value {
    text: String,
    template: Option<Arc<Template>>,
    range: Range<usize>,
}

struct Parser<'a> {
    text: &'a str,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    /// Everything before this offset has been read.
    at: usize,
    set: BTreeMap<String, String>,
    /// Bytes that variables may come to yet, in all of the file.
    left: usize,
    parsed: Parsed,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn line_end(&self, from: usize) -> usize {
        self.text[from..].find('\n').map_or(self.text.len(), |len| from + len)
    }

    fn error(&self, range: Range<usize>, message: impl Into<String>) -> DotenvError {
        DotenvError { offset: range.start, len: range.len(), message: message.into() }
    }

    /// Goes to the next text that is neither blank nor a comment, if there is one.
    fn next_statement(&mut self) -> bool {
        loop {
            self.at = self.text.len() - self.rest().trim_start().len();
            if !self.rest().starts_with('#') {
                return self.at < self.text.len();
            }
            self.at = self.line_end(self.at);
        }
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_blank).len();
    }

    /// Reads one statement, from its name to the end of its value.
    fn statement(&mut self) -> Result<Variable, DotenvError> {
        if let Some(rest) = self.rest().strip_prefix("export")
            && rest.starts_with(['\t', '\n', '\u{c}', '\r', ' '])
        {
            self.at += "export".len();
            self.skip_blanks();
            if self.rest().is_empty() {
                return Err(self.error(self.at..self.at, "no variable name after `export`"));
            }
        }
        let start = self.at;
        let form = self.name_end()?;
        let written = match form {
            Form::Nameless => "",
            _ => self.text[start..self.at].trim_end(),
        };
        let name_range = start..start + written.len();
        if written.contains(' ') {
            return Err(self.error(name_range, "a variable name cannot contain a space"));
        }
        let name = written.to_owned();
        if form == Form::Bare {
            let (value, value_range) = ((self.lookup)(&name), name_range.end..name_range.end);
            let template = value.as_ref().map(|value| Arc::new(Template::of_variable(&name, value)));
            return Ok(Variable { name, value, template, name_range, value_range, form, after_quote: false });
        }
        self.at += usize::from(form != Form::Nameless);
        self.skip_blanks();
        let Value { text, template, range } = self.value()?;
        let (value, value_range) = (Some(text), range);
        Ok(Variable { name, value, template, name_range, value_range, form, after_quote: false })
    }

    /// Goes to the character that ends a name; back to its start if there is none.
    fn name_end(&mut self) -> Result<Form, DotenvError> {
        for (index, character) in self.rest().char_indices() {
            let form = match character {
                '=' => Form::Equals,
                ':' => Form::Colon,
                '\n' => Form::Bare,
                '_' | '.' | '-' | '[' | ']' => continue,
                _ if is_blank(character) || character.is_alphanumeric() => continue,
                _ => {
                    let at = self.at + index;
                    let message =
                        format!("unexpected character `{}` in a variable name", printable(character));
                    return Err(self.error(at..at + character.len_utf8(), message));
                }
            };
            self.at += index;
            return Ok(form);
        }
        Ok(Form::Nameless)
    }

    /// Reads a value, quoted or up to the end of its line.
    fn value(&mut self) -> Result<Value, DotenvError> {
        if let Some(quote @ (b'"' | b'\'')) = self.rest().bytes().next() {
            return self.quoted(quote);
        }
        let start = self.at;
        let end = self.line_end(start);
        self.at = (end + 1).min(self.text.len());
        let line = &self.text[start..end];
        let value = line.split_once(" #").map_or(line, |(value, _comment)| value).trim_end();
        self.expand(Unescaped::plain(value, start), start..start + value.len())
    }

    /// Reads a value in quotes, which may run over several lines.
    fn quoted(&mut self, quote: u8) -> Result<Value, DotenvError> {
        let start = self.at;
        let bytes = self.rest().as_bytes();
        let mut index = 1;
        while bytes.get(index).is_some_and(|byte| *byte != quote) {
            index += if bytes.get(index) == Some(&b'\\') { 2 } else { 1 };
        }
        if index >= bytes.len() {
            return Err(self.error(start..self.line_end(start), "this quoted value has no end"));
        }
        let inner = &self.text[start + 1..start + index];
        let range = start..start + index + 1;
        self.at = range.end;
        if quote == b'"' {
            return self.expand(escape::undo(inner, start + 1), range);
        }
        Ok(Value { text: inner.replace("\\'", "'"), template: None, range })
    }

    /// Replaces the references in a value, and remembers those to nothing.
    fn expand(&mut self, value: Unescaped, range: Range<usize>) -> Result<Value, DotenvError> {
        if !value.text.contains('$') {
            return Ok(Value { text: value.text, template: None, range });
        }
        let lookup = |name: &str| (self.lookup)(name).or_else(|| self.set.get(name).cloned());
        let origin = |part: Range<usize>| value.origin(part.start)..value.origin(part.end).min(range.end);
        let template = template::expand_within(&value.text, &lookup, self.left)
            .map_err(|error| self.error(origin(error.range()), error.to_string()))?;
        self.left = self.left.saturating_sub(template.value().len());
        let evaluated = template.evaluated().into_iter();
        let unset = evaluated.filter(|reference| reference.resolved == Resolved::Empty);
        self.parsed
            .unset
            .extend(unset.map(|it| Unset { name: it.name.clone(), range: origin(it.range.clone()) }));
        Ok(Value { text: template.value(), template: Some(Arc::new(template)), range })
    }
}

/// A character for a message, control characters escaped.
fn printable(character: char) -> String {
    if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
}

/// Blank characters that docker compose allows around names and values; not all that Unicode has.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "SH" => Some("sh".to_owned()),
            "E" => Some(String::new()),
            _ => None,
        }
    }

    fn pairs(parsed: &Parsed) -> Vec<(&str, Option<&str>)> {
        parsed.variables.iter().map(|variable| (variable.name.as_str(), variable.value.as_deref())).collect()
    }

    #[test]
    fn reads_names() {
        let cases = [
            ("\u{feff}K=v\r\n\r\n  # c\n J = w\n", vec![("K", "v"), ("J", "w")]),
            ("export K=v\nexport\t J: w\nexported=x\nexport=y", {
                vec![("K", "v"), ("J", "w"), ("exported", "x"), ("export", "y")]
            }),
            ("1K-x.y_[0]=v\nÉ=\n²:x", vec![("1K-x.y_[0]", "v"), ("É", ""), ("²", "x")]),
            ("=v\n:w\nA\tB=1", vec![("", "w"), ("A\tB", "1")]),
            ("A==b\nB=:c\nC: =d", vec![("A", "=b"), ("B", ":c"), ("C", "=d")]),
            ("K=\n\nJ=1\nK=2", vec![("K", "2"), ("J", "1")]),
            ("SH\nexport E\n", vec![("SH", "sh"), ("E", "")]),
            ("K=1\nSH", vec![("K", "1"), ("", "SH")]),
            ("K=1\nexport SH", vec![("K", "1"), ("", "SH")]),
            ("export\nK=1", vec![("K", "1")]),
        ];
        for (text, expected) in cases {
            let parsed = parse(text, &lookup).unwrap();
            assert_eq!(Vec::from_iter(parsed.values()), expected, "{text:?}");
        }
    }

    #[test]
    fn reads_values() {
        let cases = [
            // Without quotes: comments need a space, backslashes stay, references are replaced.
            (" a b \t", "a b"),
            ("a # c", "a"),
            ("a#c #d", "a#c"),
            ("# c", "# c"),
            ("a\t# c", "a\t# c"),
            (r"a\nb\", r"a\nb\"),
            ("a \"b\" c'd'", "a \"b\" c'd'"),
            ("$SH ${SH}x ${U:-d} $$X \\$SH", "sh shx d $X \\sh"),
            ("\u{a0}x\u{2003}", "x"),
            ("$(cmd) `cmd` ~/x", "$(cmd) `cmd` ~/x"),
            // Single quotes: to the letter, but for `\'`.
            (r"'it\'s \\ \n $SH # x' # c", r"it's \\ \n $SH # x"),
            ("'a\nb\"'", "a\nb\""),
            // Double quotes: escapes, then references.
            (r#""a\tb\\c\"d\$e""#, "a\tb\\c\"d$e"),
            (r#""\a\b\f\n\r\v|\c\x41\u0041\é""#, "\u{7}\u{8}\u{c}\n\r\u{b}|\\c\\x41\\u0041\\é"),
            (r#""\0101 \0377 \01234""#, "A ÿ S4"),
            (r#""\0 \01 \0189 \0777""#, r"\ \1 \189 \777"),
            ("\"a\nb # $SH'\"", "a\nb # sh'"),
            ("\"a\\\nb\r\n\"", "a\\\nb\r\n"),
            (r#""\\$SH \$$SH""#, r"\sh $sh"),
            (r#""${U:-\"}\"}""#, "\"\"}"),
        ];
        for (value, expected) in cases {
            let text = format!("K={value}\n");
            let parsed = parse(&text, &lookup).unwrap();
            assert_eq!(pairs(&parsed), [("K", Some(expected))], "{text:?}");
        }
    }

    #[test]
    fn asks_outside_before_it_asks_the_file() {
        let parsed =
            parse("A=1\nB=$A$LATER\nSH=own\nC=$SH\nLATER=2\nD=\"é\\t${LATER}$NO\"\n", &lookup).unwrap();
        let expected = [("A", "1"), ("B", "1"), ("SH", "own"), ("C", "sh"), ("LATER", "2"), ("D", "é\t2")];
        assert_eq!(pairs(&parsed), expected.map(|(name, value)| (name, Some(value))));
        let unset = [("LATER", 8..14), ("NO", 51..54)];
        let unset = unset.map(|(name, range)| Unset { name: name.to_owned(), range });
        assert_eq!(parsed.unset, unset);
    }

    #[test]
    fn says_where_and_how_things_are_written() {
        let text = "A = 'x' B\nC: \"y\"\nexport D = z # c\nE";
        let parsed = parse(text, &|_| None).unwrap();
        let found = parsed.variables.iter().map(|variable| {
            let name = &text[variable.name_range.clone()];
            (name, &text[variable.value_range.clone()], variable.form, variable.after_quote)
        });
        let expected = [
            ("A", "'x'", Form::Equals, false),
            ("B", "", Form::Bare, true),
            ("C", "\"y\"", Form::Colon, false),
            ("D", "z", Form::Equals, false),
            ("", "E", Form::Nameless, false),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert_eq!(parsed.variables[1].value, None);
    }

    #[test]
    fn refuses_what_docker_compose_refuses() {
        let cases = [
            ("A=1\nK!=v\n", 5..6, "unexpected character `!`"),
            ("K #c\n", 2..3, "unexpected character `#`"),
            ("K\u{2003}=1", 1..4, "unexpected character"),
            ("K='a''b'\n", 5..6, "unexpected character `'`"),
            ("K x=v", 0..3, "cannot contain a space"),
            ("export ", 7..7, "after `export`"),
            ("A=1\nK=\"a\nb\n", 6..8, "has no end"),
            ("K='a\\'", 2..6, "has no end"),
            ("K=a ${SH\n", 4..8, "no valid variable reference"),
            ("K=\"\\t${U:-x\ny}\"", 5..11, "no valid variable reference"),
            ("K=${U:?need $SH}", 2..16, "required variable `U` is missing a value: need sh"),
        ];
        for (text, range, message) in cases {
            let error = parse(text, &lookup).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text:?}");
            assert!(error.message.contains(message), "{text:?}: {error}");
        }
    }

    #[test]
    fn reads_raw_lines_to_the_letter() {
        let text = "\u{feff}K= v \r\n\n # c\n \u{2003}J=\"a\" # $SH\nSH\nK:v\nA\u{a0}B=a=b\nE=\r\r\nNO\n";
        let parsed = parse_raw(text, &lookup).unwrap();
        let expected = [
            ("K", Some(" v ")),
            ("J", Some("\"a\" # $SH")),
            ("SH", Some("sh")),
            ("K:v", None),
            ("A\u{a0}B", Some("a=b")),
            ("E", Some("\r")),
            ("NO", None),
        ];
        assert_eq!(pairs(&parsed), expected);
        for variable in &parsed.variables {
            assert_eq!(text[variable.name_range.clone()], variable.name);
            if variable.form == Form::Equals {
                assert_eq!(Some(&text[variable.value_range.clone()]), variable.value.as_deref());
            }
        }
        for (text, offset) in [("A=1\n =v", 5), ("K =v", 0), ("export K", 0), ("A\tB", 0)] {
            assert_eq!(parse_raw(text, &lookup).unwrap_err().offset, offset, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r#"([KJ=: \n\r"'\\#${}U0n]|export |\PC){0,40}"#) {
            for read in [parse, parse_raw] {
                match read(&text, &lookup) {
                    Ok(parsed) => for variable in parsed.variables {
                        prop_assert!(text.get(variable.name_range).is_some());
                        prop_assert!(text.get(variable.value_range).is_some());
                    },
                    Err(error) => prop_assert!(text.get(error.offset..error.offset + error.len).is_some()),
                }
            }
        }

        #[test]
        fn single_quotes_keep_everything(value in r"([^'\\]|\\[^'])*") {
            let text = format!("KEY='{value}'");
            let parsed = parse(&text, &lookup).unwrap();
            prop_assert_eq!(pairs(&parsed), [("KEY", Some(value.as_str()))]);
        }

        #[test]
        fn double_quotes_can_say_everything(value in r#"([\\"$\nn0]|\PC)*"#) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
            let text = format!("KEY=\"{escaped}\"\n");
            let parsed = parse(&text, &lookup).unwrap();
            prop_assert_eq!(pairs(&parsed), [("KEY", Some(value.as_str()))]);
        }
    }
}
