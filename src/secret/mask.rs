//! Secrets in source text, each of their characters replaced by `*`, so that columns stay.
//!
//! Reads lines of YAML, env files, scripts and JSON by their looks, without parsing any of them: it
//! also serves texts that no parser accepts. Where it cannot know, it masks too much.

use std::{borrow::Cow, collections::BTreeSet, ops::Range, sync::OnceLock};

use super::{
    asks_for_quantity, content,
    finder::{Finder, is_whole},
    is_literal, is_pair, is_quantity, is_random, is_secret_key,
    literal::Dollar,
    names::{self, Says},
    reference::{closing, mask, outside},
    split::Style,
    text, words,
};
use crate::catalog::base_name;

/// What holds for text that nobody has read yet: it is not known whether it is a value at all.
const STRUCTURE: &[&str] = &["credential_spec", "externalSecrets", "secret", "secrets", "tokens"];

/// Of a line longer than this, all that is behind the first telling name is masked.
const LONG_LINE: usize = 16 * 1024;

/// What a line leaves open for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    /// A block scalar: everything indented deeper than its key.
    Block(usize),
    /// A key without a value: a scalar, a list or a mapping may follow on the next lines.
    Value(usize),
    /// The same so near to the margin that it may be the name of a service, of which the parts follow.
    Named(usize),
    /// A flow collection without its end, below a key at this place.
    Flow(usize),
    /// `name: KEY`, of which `value:` may follow.
    Name(String),
}

/// What goes on up to its end, however lines are indented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unended {
    /// A quoted value.
    Quote(char),
    /// Private key material.
    Armour,
}

/// What the lines of a text leave open. Where an end is missing, the lines behind it are read both as a part of what
/// has none and by themselves, and what either is a secret to is masked.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    open: Open,
    unended: Vec<Unended>,
}

impl Lines {
    /// The secrets of the next line.
    fn read(&mut self, line: &str, names: &BTreeSet<String>) -> Vec<Part> {
        let indent = line.len() - line.trim_start().len();
        let mut own = line_secrets(line, &self.open, names);
        let mut unended: Vec<Unended> = own.unended.into_iter().collect();
        for before in std::mem::take(&mut self.unended) {
            let end = match before {
                Unended::Armour if line.contains("-----END") => continue,
                Unended::Armour => None,
                Unended::Quote(quote) => closing_quote(line, quote),
            };
            let masked = end.map_or(line.len(), |end| end - 1);
            own.parts.push(Part::of(indent.min(masked)..masked));
            let Some(end) = end else {
                unended.push(before);
                continue;
            };
            let rest = line_secrets(&line[end..], &Open::Nothing, names);
            own.parts.extend(rest.parts.into_iter().map(|part| part.behind(end)));
            unended.extend(rest.unended);
            if own.open == Open::Nothing {
                own.open = rest.open;
            }
        }
        unended.sort();
        unended.dedup();
        (self.open, self.unended) = (own.open, unended);
        own.parts
    }
}

/// The secrets of a line, and what it leaves open for the next one.
struct Line {
    parts: Vec<Part>,
    open: Open,
    unended: Option<Unended>,
}

impl Line {
    fn new(parts: Vec<Part>, open: Open) -> Self {
        Self { parts, open, unended: None }
    }
}

/// What a project hides beyond what a text tells by itself.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    names: BTreeSet<String>,
    values: BTreeSet<String>,
    /// Made when a text is first looked through: there are many texts, and may be many values.
    finder: OnceLock<Finder>,
}

impl PartialEq for Hidden {
    fn eq(&self, other: &Self) -> bool {
        (&self.names, &self.values) == (&other.names, &other.values)
    }
}

impl Eq for Hidden {}

impl Hidden {
    /// Names whose values are secret, and values that may not be shown, wherever they are.
    pub fn new(names: BTreeSet<String>, values: BTreeSet<String>) -> Self {
        Self { names, values, finder: OnceLock::new() }
    }

    /// The names whose values are secret.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Takes in what another project, or another environment, hides.
    pub fn extend(&mut self, other: Hidden) {
        self.names.extend(other.names);
        self.values.extend(other.values);
        self.finder = OnceLock::new();
    }

    /// [`redact`], of a project that hides this.
    pub fn redact(&self, text: &str) -> String {
        self.redact_behind(Lines::default(), text)
    }

    /// Reads on to the end of this text, which consists of whole lines.
    pub fn read_on(&self, lines: &mut Lines, text: &str) {
        text.lines().for_each(|line| drop(lines.read(line, &self.names)));
    }

    /// [`Hidden::redact`] of a text that follows on some lines.
    fn redact_behind(&self, mut lines: Lines, text: &str) -> String {
        let mut ranges: Vec<Part> =
            words::of_script(text, Style::File, Dollar::Shell).into_iter().map(Part::of).collect();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            let mut found = lines.read(body, &self.names);
            found.extend(text::line_ranges(body, Dollar::Compose).into_iter().map(Part::of));
            // A `$` of a value is no reference.
            found.extend(self.values_in(body).map(Part::whole));
            ranges.extend(found.into_iter().map(|part| part.behind(start)));
            start += line.len();
        }
        mask_parts(text, ranges)
    }

    /// [`Hidden::redact`] of a file of this path, or of what follows on some lines of it. Of files that are there to keep
    /// secrets nothing is left, and of a line of variables that is none nothing either.
    pub fn redact_file(&self, path: &str, before: Lines, text: &str) -> String {
        let stars = |line: &str| "*".repeat(line.chars().count());
        let lines = |keep: &dyn Fn(&str) -> bool| -> String {
            let lines = text.split('\n').map(|line| if keep(line) { line.to_owned() } else { stars(line) });
            lines.collect::<Vec<_>>().join("\n")
        };
        if content::keeps_secrets(path) {
            return lines(&|_| false);
        }
        let is_variable = |line: &str| {
            let text = line.trim();
            let key = text.split_once(": ").map_or("", |(key, _)| key);
            let is_key = !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            line.contains('=') || text.starts_with('#') || text.len() < SHORT_LINE || is_key
        };
        let text = if is_env_file(path) { Cow::Owned(lines(&is_variable)) } else { Cow::Borrowed(text) };
        self.redact_behind(before, &text)
    }

    /// [`redact_values`], of a project that hides this.
    pub fn redact_values(&self, text: &str) -> String {
        let shapes = value_secrets(text).into_iter().map(Part::of);
        mask_parts(text, shapes.chain(self.values_in(text).map(Part::whole)).collect())
    }

    fn values_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        self.finder.get_or_init(|| Finder::new(&self.values)).all_in(text)
    }
}

/// A shorter line of an env file that is no variable is no secret that could be told from others.
const SHORT_LINE: usize = 6;

/// Whether a file is a list of variables, by its name.
fn is_env_file(path: &str) -> bool {
    let name = base_name(path);
    name.starts_with(".env")
        || name.starts_with("env.")
        || [".env", ".txt", ".list"].iter().any(|ending| name.ends_with(ending))
}

/// The text with every secret value replaced by `*`, character by character: values of secret names
/// (`KEY: value`, `KEY=value`, `"key": "value"`), what stands in commands behind options that ask for it,
/// fields of connection strings, headers, passwords in URLs, tokens, private keys; over several lines too.
/// Names, quotes, references, defaults that are no literals, paths and empty values stay, and so do lines and
/// columns.
pub fn redact(text: &str) -> String {
    Hidden::default().redact(text)
}

/// The words of a command, each as [`redact`] would have it where it stands.
pub fn redact_words(words: &[String]) -> Vec<String> {
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let ranges = words::of_command(&texts, "", Dollar::Shell);
    words.iter().zip(ranges).map(|(word, ranges)| mask_ranges(word, ranges)).collect()
}

/// The text with what is a secret whatever its name replaced by `*`: for messages, in which
/// `password: …` is prose.
pub fn redact_values(text: &str) -> String {
    Hidden::default().redact_values(text)
}

/// Where a secret value stands in a text. One that is a word for secrets itself, `password` say, is none as a
/// part of a longer name: `--password-file`.
pub fn occurrences<'a>(text: &'a str, value: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    let is_word = is_secret_key(value);
    let found = text.match_indices(value).map(|(at, value)| at..at + value.len());
    found.filter(move |range| !is_word || is_whole(text, range))
}

/// What a line is by itself, below what is open.
fn line_secrets(line: &str, open: &Open, names: &BTreeSet<String>) -> Line {
    let indent = line.len() - line.trim_start().len();
    let is_below = |key: usize| indent > key || line.trim().is_empty();
    let continues = match open {
        Open::Block(key) => is_below(*key),
        Open::Value(key) | Open::Named(key) => return below_key(line, *key, open, names),
        Open::Flow(key) => is_below(*key),
        Open::Nothing | Open::Name(_) => false,
    };
    if continues {
        return Line::new(vec![Part::of(indent..line.len())], open.clone());
    }
    assigned_secrets(line, open, names)
}

/// The secrets of a line that may be below a key for secrets: scalars, items of lists, and values of mappings.
fn below_key(line: &str, key: usize, open: &Open, names: &BTreeSet<String>) -> Line {
    let indent = line.len() - line.trim_start().len();
    let text = line.trim();
    let is_item = text.starts_with("- ");
    if text.is_empty() || text.starts_with('#') {
        return Line::new(Vec::new(), open.clone());
    }
    if indent < key || indent == key && !is_item {
        return assigned_secrets(line, &Open::Nothing, names);
    }
    let start = if is_item { indent + 2 } else { indent };
    let is_mapping = line[start..].split_once(':').is_some_and(|(key, rest)| {
        (rest.is_empty() || rest.starts_with(' ')) && !key.contains(char::is_whitespace)
    });
    if !is_mapping {
        return Line::new(vec![Part::whole(start..line.len())], open.clone());
    }
    if matches!(open, Open::Named(_)) {
        return assigned_secrets(line, &Open::Nothing, names);
    }
    let value = line[start..].find(':').map_or(line.len(), |colon| start + colon + 1);
    let value = value + (line[value..].len() - line[value..].trim_start().len());
    let part = (value < line.len()).then(|| Part::whole(value..line.len()));
    Line::new(part.into_iter().collect(), open.clone())
}

/// Whether a key at this place can have a value that is a secret, and not the parts of something.
fn may_hold(key: &str) -> bool {
    !STRUCTURE.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// The values of secret names in a line, and what the last of them leaves open.
fn assigned_secrets(line: &str, before: &Open, names: &BTreeSet<String>) -> Line {
    let mut found = Line::new(Vec::new(), Open::Nothing);
    let indent = line.len() - line.trim_start().len();
    let tells = |name: &str| names.contains(name) || is_for_masking(name);
    let mut quotes = Quotes::of(line);
    for Assignment { key: place, is_quoted, end } in assignments(line) {
        let key = &line[place.clone()];
        let named = key == "name" || matches!((key, before), ("value", Open::Name(_)));
        if !named && !tells(key) {
            continue;
        }
        let begins_line = place.start == indent || line[indent..place.start].trim() == "-";
        if !named && line[..end].ends_with(':') && !may_hold(key) {
            continue;
        }
        if line.len() > LONG_LINE && !named {
            // How far the value goes would be looked for again and again.
            found.parts.push(Part::whole(end..line.len()));
            break;
        }
        let quote = quotes.open_before(place.start);
        let Some(value) = value_after(line, (place, quote), end, (is_quoted, begins_line)) else { continue };
        let name = match (key, before) {
            ("value", Open::Name(name)) => name.as_str(),
            (name, _) => name,
        };
        if key == "name" {
            found.open = Open::Name(line[value.range.clone()].to_owned());
        }
        let text = &line[value.range.clone()];
        let is_vague = names::says(name) == Says::Perhaps && !is_random(text) && !is_pair(text);
        let is_shown = named && name == key || !tells(name) || is_vague && !value.is_odd;
        if !is_shown && (value.is_odd || is_literal(text) && !is_quantity_of(name, text)) {
            found.parts.push(Part {
                range: value.range.clone(),
                is_whole: value.is_odd || has_bare_reference(text),
            });
        }
        found.unended = value.unended.filter(|_| tells(name)).or(found.unended);
        if tells(name) && value.open != Open::Nothing {
            // In compose files, what is so near to the margin names services and objects.
            found.open = match value.open {
                Open::Value(key) if key <= 2 => Open::Named(key),
                open => open,
            };
        }
    }
    if line.contains("-----BEGIN") && line.contains("PRIVATE KEY") && !line.contains("-----END") {
        found.unended = Some(Unended::Armour);
    }
    found
}

/// A name and what assigns to it; where the value begins is decided by [`value_after`].
struct Assignment {
    key: Range<usize>,
    is_quoted: bool,
    /// Behind the `:` or `=`.
    end: usize,
}

/// The assignments of a line: `[A-Za-z_][A-Za-z0-9_.-]*`, perhaps a quote that may be escaped, blanks, `:` or `=`.
fn assignments(line: &str) -> impl Iterator<Item = Assignment> + '_ {
    let bytes = line.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let is_first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
            let start = at + bytes.get(at..)?.iter().position(is_first)?;
            let key =
                start..end_of(bytes, start, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            at = key.end;
            let escape = usize::from(bytes.get(at) == Some(&b'\\'));
            let is_quoted = matches!(bytes.get(at + escape), Some(b'"' | b'\''));
            let behind = if is_quoted { at + escape + 1 } else { at };
            let sign = end_of(bytes, behind, |byte| matches!(byte, b' ' | b'\t'));
            if matches!(bytes.get(sign), Some(b':' | b'=')) {
                at = sign + 1;
                return Some(Assignment { key, is_quoted, end: at });
            }
        }
    })
}

/// The offset of the first byte from `start` on that is none of these.
fn end_of(bytes: &[u8], start: usize, is_within: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().position(|byte| !is_within(*byte)).unwrap_or(rest.len())
}

/// Where a value stands in its line, and what it leaves open.
struct Value {
    range: Range<usize>,
    open: Open,
    unended: Option<Unended>,
    /// It is no plain or quoted text: all of it is masked.
    is_odd: bool,
}

impl Value {
    fn new(range: Range<usize>, open: Open) -> Self {
        Self { range, open, unended: None, is_odd: false }
    }

    fn odd(range: Range<usize>, open: Open) -> Self {
        Self { range, open, unended: None, is_odd: true }
    }
}

/// The value behind `key` and its separator, which ends at `end`; nothing if this assigns nothing.
fn value_after(
    line: &str,
    (key, open_quote): (Range<usize>, Option<char>),
    end: usize,
    (quoted_key, begins_line): (bool, bool),
) -> Option<Value> {
    let rest = &line[end..];
    let colon = line[..end].ends_with(':');
    let is_glued = rest.starts_with(|next: char| !next.is_whitespace());
    if colon && !quoted_key && is_glued && (!begins_line || rest.starts_with(['/', ':']))
        || (!colon && rest.starts_with('=') && !begins_statement(&line[..key.start]))
    {
        return None;
    }
    let start = end + (rest.len() - rest.trim_start().len());
    let value = &line[start..];
    let Some(first) = value.chars().next() else {
        let open = if colon { Open::Value(key.start) } else { Open::Nothing };
        return Some(Value::new(start..start, open));
    };
    if colon && matches!(first, '|' | '>') {
        let header = value[1..].find(|c: char| !c.is_ascii_digit() && !"+-".contains(c));
        let rest = header.map_or("", |at| value[1 + at..].trim_start());
        let is_odd = !rest.is_empty() && !rest.starts_with('#');
        let range = if is_odd { start + 1..line.len() } else { start..start };
        return Some(Value { range, open: Open::Block(key.start), unended: None, is_odd });
    }
    if colon && first == '{' && is_of_parts(&value[1..]) {
        return None;
    }
    if colon && matches!(first, '{' | '[') {
        let close = if first == '{' { '}' } else { ']' };
        return Some(match closing(value, first, close) {
            Some(length) => Value::odd(start + 1..start + length - 1, Open::Nothing),
            None => Value::odd(start + 1..line.len(), Open::Flow(key.start)),
        });
    }
    if colon && matches!(first, '*' | '&') && begins_line {
        return Some(Value::odd(start + 1..line.len(), Open::Nothing));
    }
    if matches!(first, '"' | '\'') {
        // The quote before a quoted name ends with the name.
        let around_item = open_quote.filter(|_| !quoted_key && begins_item(&line[..key.start]));
        return Some(match closing_quote(&value[1..], first) {
            // What follows on the quote is a part of it where somebody forgot to double one, and where all of it is
            // within another one.
            Some(at) if !is_finished(&value[1 + at..], around_item, begins_line) => {
                Value::odd(start + 1..line.len(), Open::Nothing)
            }
            Some(closing) => Value::new(start + 1..start + closing, Open::Nothing),
            None => Value {
                unended: Some(Unended::Quote(first)),
                ..Value::new(start + 1..line.len(), Open::Nothing)
            },
        });
    }
    let length = plain_length(&line[..key.start], open_quote, value);
    Some(Value::new(start..start + length, Open::Nothing))
}

/// Whether a mapping says where a secret comes from, rather than what it is.
fn is_of_parts(mapping: &str) -> bool {
    const PARTS: &[&str] =
        &["content", "environment", "external", "file", "name", "source", "target", "valueFrom"];
    let first = mapping.trim_start().split(':').next().unwrap_or_default();
    PARTS.contains(&first.trim_matches(['"', '\'']))
}

/// Whether what follows on the closing quote of a value is no part of it. Of an item within quotes, all up to their end
/// is the value.
fn is_finished(rest: &str, around_item: Option<char>, begins_line: bool) -> bool {
    let next = rest.trim_start().chars().next();
    match around_item {
        Some(outer) => next == Some(outer),
        None => !begins_line || next.is_none_or(|next| "#,]};&|)\"".contains(next)),
    }
}

/// Whether an assignment is all that an item of a list says, within quotes: of one in lines, or within brackets.
fn begins_item(before: &str) -> bool {
    let in_brackets =
        || before.strip_suffix(['"', '\'']).is_some_and(|it| it.trim_end().ends_with(['[', ',']));
    matches!(lead(before), "\"" | "'") || in_brackets()
}

/// Whether an assignment is all that a line or an item of a list says: `==` compares nothing there.
fn begins_statement(before: &str) -> bool {
    matches!(lead(before), "" | "export" | "ENV" | "ARG") || begins_item(before)
}

/// What stands before a key, but for the marks of list items and comments.
fn lead(before: &str) -> &str {
    before.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == '#').trim()
}

/// Whether a `$name` without braces is a part of a longer text: as likely as a reference, it is a part of the secret.
fn has_bare_reference(text: &str) -> bool {
    let references = text.match_indices('$').filter(|(at, _)| !text[at + 1..].starts_with(['{', '$', '(']));
    references.count() > 0 && mask(text).chars().any(|c| c == '*')
}

/// Whether a name that asks for a number has one.
fn is_quantity_of(name: &str, value: &str) -> bool {
    asks_for_quantity(name) && is_quantity(value)
}

/// Whether the value of a name is masked where nothing is known of it but its text: of compose's own names, the
/// content of a secret or config as well.
fn is_for_masking(name: &str) -> bool {
    // Of a header, the scheme is none.
    if name.to_ascii_lowercase().ends_with("authorization") {
        return false;
    }
    name == "content" || super::lists_users(name) || names::says(name) != Says::Nothing
}

/// Length of an unquoted value: the rest of the line if the line begins with its key, a word if not.
fn plain_length(before: &str, quote: Option<char>, value: &str) -> usize {
    let within = quote.and_then(|quote| closing_quote(value, quote)).map_or(value.len(), |end| end - 1);
    let value = &value[..within];
    if !begins_statement(before) {
        // `--password=a&b`: shell and flow punctuation ends the word; `${…}` is followed to its end.
        return word_length(value);
    }
    let value = if quote.is_some() { value } else { &value[..value.find(" #").unwrap_or(value.len())] };
    value.trim_end().len()
}

fn word_length(value: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || ",;)]}\"'&|".contains(c);
    outside(value, "{", "}").find(|(_, c)| ends(*c)).map_or(value.len(), |(at, _)| at)
}

/// The quotes of a line, from its start to its end.
struct Quotes<'a> {
    line: &'a str,
    at: usize,
    open: Option<char>,
}

impl<'a> Quotes<'a> {
    fn of(line: &'a str) -> Self {
        Self { line, at: 0, open: None }
    }

    /// The quote that is open at a place, which is behind the one that was asked for before.
    fn open_before(&mut self, place: usize) -> Option<char> {
        let between = self.line.get(self.at..place).unwrap_or_default();
        self.at = place.max(self.at);
        self.open = between.chars().fold(self.open, |open, c| match (open, c) {
            (None, '"' | '\'') => Some(c),
            (Some(quote), c) if quote == c => None,
            (open, _) => open,
        });
        self.open
    }
}

/// Offset behind the quote that ends a quoted text, of which the first quote is left out.
fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return Some(at + 1);
            }
        }
    }
    None
}

/// What is a secret whatever its name.
fn value_secrets(text: &str) -> Vec<Range<usize>> {
    text::shapes(text).chain(text::url_passwords(text)).collect()
}

/// A part of a text that is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    range: Range<usize>,
    /// References in it are masked too.
    is_whole: bool,
}

impl Part {
    fn of(range: Range<usize>) -> Self {
        Self { range, is_whole: false }
    }

    fn whole(range: Range<usize>) -> Self {
        Self { range, is_whole: true }
    }

    /// The same part of a text that follows on `length` bytes.
    fn behind(self, length: usize) -> Self {
        Self { range: length + self.range.start..length + self.range.end, ..self }
    }
}

/// The text with these ranges of it masked; they may overlap.
fn mask_ranges(text: &str, ranges: Vec<Range<usize>>) -> String {
    mask_parts(text, ranges.into_iter().map(Part::of).collect())
}

/// The text with these parts of it masked; they may overlap. Each is masked by itself: what is a reference in a longer
/// part may contain the secret of a shorter one.
fn mask_parts(text: &str, mut parts: Vec<Part>) -> String {
    parts.sort_by_key(|part| (part.range.start, std::cmp::Reverse(part.range.end), !part.is_whole));
    parts.dedup_by(|next, before| next.range == before.range);
    let length: usize = parts.iter().map(|part| part.range.len()).sum();
    let is_too_much = length > text.len().saturating_mul(MOST_OVERLAPS);
    let mut is_star = vec![false; text.len()];
    for Part { range, is_whole } in parts {
        let mut start = range.start;
        for line in text[range].split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            if is_whole || is_too_much {
                is_star[start..start + body.len()].fill(true);
            } else {
                let shown = mask(body);
                let masked = body.char_indices().zip(shown.chars()).filter(|(_, shown)| *shown == '*');
                masked.for_each(|((at, _), _)| is_star[start + at] = true);
            }
            start += line.len();
        }
    }
    text.char_indices().map(|(at, c)| if is_star[at] { '*' } else { c }).collect()
}

/// If the parts of a text together are so many times as long as the text, all of each is masked.
const MOST_OVERLAPS: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines() {
        let cases = [
            ("POSTGRES_PASSWORD: hunter2", "POSTGRES_PASSWORD: *******"),
            ("  - POSTGRES_PASSWORD=hunter2", "  - POSTGRES_PASSWORD=*******"),
            ("  - \"DB_PASSWORD=hun ter\" # note", "  - \"DB_PASSWORD=*******\" # note"),
            ("export API_TOKEN='a b'", "export API_TOKEN='***'"),
            ("DB_PASSWORD=hunter2 # note", "DB_PASSWORD=******* # note"),
            ("DB_PASSWORD: ${DB_PASSWORD}", "DB_PASSWORD: ${DB_PASSWORD}"),
            ("DB_PASSWORD: ${DB_PASSWORD:-hunter2}", "DB_PASSWORD: ${DB_PASSWORD:-*******}"),
            ("DB_PASSWORD: ${A:-${B-xy}}z", "DB_PASSWORD: ${A:-${B-**}}*"),
            ("DB_PASSWORD: ${A:?set it}", "DB_PASSWORD: ${A:?set it}"),
            ("DB_PASSWORD: pa$$word", "DB_PASSWORD: ********"),
            ("DB_PASSWORD_FILE: /run/secrets/db", "DB_PASSWORD_FILE: /run/secrets/db"),
            ("DB_PASSWORD: /run/secrets/db", "DB_PASSWORD: /run/secrets/db"),
            ("DB_PASSWORD=", "DB_PASSWORD="),
            ("DB_PASSWORD==a b", "DB_PASSWORD=****"),
            ("if password == word: pass", "if password == word: pass"),
            ("DB_PASSWORD: \"\"", "DB_PASSWORD: \"\""),
            ("{\"user\": \"x\", \"password\": \"x\\\"y\"}", "{\"user\": \"x\", \"password\": \"****\"}"),
            ("url: postgres://app:pw@db/app", "url: postgres://app:**@db/app"),
            ("url: postgres://app:${PW}@db/app", "url: postgres://app:${PW}@db/app"),
            ("x ghp_0123456789abcdefghijABCDEFGHIJ456789 y", &format!("x {} y", "*".repeat(40))),
            (
                "command: redis-server --requirepass hunter2 -p 1",
                "command: redis-server --requirepass ******* -p 1",
            ),
            ("command: [\"--password\", \"hunter2\"]", "command: [\"--password\", \"*******\"]"),
            ("command: mysqladmin --password=hunter2 ping", "command: mysqladmin --password=******* ping"),
            ("env: {DB_PASSWORD: hunter2, USER: app}", "env: {DB_PASSWORD: *******, USER: app}"),
            ("secrets: [db_password]", "secrets: [db_password]"),
            ("AUTHOR: me", "AUTHOR: me"),
            ("DB_PASSWORD: ${A", "DB_PASSWORD: ***"),
            ("TOKEN_TTL: 3600", "TOKEN_TTL: 3600"),
            ("DB_PASSWORD: pässwörd", "DB_PASSWORD: ********"),
        ];
        for (line, expected) in cases {
            assert_eq!(redact(line), expected);
        }
    }

    #[test]
    fn values_over_several_lines() {
        let text = "\
NOTE: |
  plain
APNS_PRIVATE_KEY: |
  abc

    def
USER: app
API_KEY: \"ab
  cd\" # e
DB_PASSWORD:
  hunter2
secrets:
  db_password:
    file: ./db.txt
- name: DB_PASSWORD
  value: hunter2
-----BEGIN PRIVATE KEY-----
MIIE
-----END PRIVATE KEY-----
";
        let expected = "\
NOTE: |
  plain
APNS_PRIVATE_KEY: |
  ***

    ***
USER: app
API_KEY: \"**
  **\" # e
DB_PASSWORD:
  *******
secrets:
  db_password:
    file: ./db.txt
- name: DB_PASSWORD
  value: *******
-----BEGIN PRIVATE KEY-----
****
-----END PRIVATE KEY-----
";
        assert_eq!(redact(text), expected);
    }

    #[test]
    fn a_missing_end_hides_no_secret_behind_it() {
        for before in ["A_PASSWORD: \"abc", "A_PASSWORD='abc", "-----BEGIN PRIVATE KEY-----"] {
            for line in [
                "DB_PASSWORD: x'y\"hunter2",
                "DB_PASSWORD: |\n  a'\"b -----END\n  hunter2",
                "DB_PASSWORD: \"a\n  b'\n  hunter2\"",
            ] {
                let text = format!("{before}\n{line}\n");
                assert!(!redact(&text).contains("hunter2"), "{text}");
            }
        }
        assert_eq!(redact("- \"DB_PASSWORD=a\\\" #b\" # note"), "- \"DB_PASSWORD=******\" # note");
        assert_eq!(redact("- \"DB_PASSWORD='a b'\" # note"), "- \"DB_PASSWORD='***'\" # note");
        assert_eq!(redact("  \"DB_PASSWORD\": \"a's \\\"b\","), "  \"DB_PASSWORD\": \"*******\",");
        for line in [
            "- \"DB_PASSWORD='a'\\x00 hunter2\"",
            "- \"DB_PASSWORD='a' # hunter2\"",
            "- 'DB_PASSWORD=\"a\", hunter2'",
            "- \"DB_PASSWORD==a hunter2\"",
            "environment: [\"A=b\", \"DB_PASSWORD=a hunter2\"]",
            "environment: ['DB_PASSWORD==a hunter2', 'B=c']",
            "environment: [\"DB_PASSWORD=a, hunter2\"]",
            "export DB_PASSWORD==a hunter2",
        ] {
            assert!(!redact(line).contains("hunter2"), "{line}");
        }
        assert_eq!(redact("DB_PASSWORD: x${A:?u a://b:pw@c}"), "DB_PASSWORD: *${A:?u a://b:**@c}");
    }

    #[test]
    fn a_dollar_of_a_known_value_is_no_reference() {
        let hidden = Hidden::new(BTreeSet::new(), ["pa$word1", "zorro"].map(str::to_owned).into());
        for (text, expected) in [
            ("x pa$word1 y", "x ******** y"),
            ("x: pa$$word1", "x: *********"),
            ("${A:?no zorro}", "${A:?no *****}"),
            ("$zorro", "$*****"),
        ] {
            assert_eq!(hidden.redact(text), expected);
            assert_eq!(hidden.redact_values(text), expected);
        }
    }

    #[test]
    fn messages_keep_their_prose() {
        assert_eq!(redact_values("password: must be a string"), "password: must be a string");
        assert_eq!(redact_values("`redis://:pw@redis` is read"), "`redis://:**@redis` is read");
    }

    proptest! {
        #[test]
        fn characters_and_lines_stay(text in "([A-Z_]{0,4}PASSWORD[:=]? ?|\\$\\{|[\\n\"'}{:$ /@é-]|[a-z]{1,3}|://){0,24}") {
            let masked = redact(&text);
            prop_assert_eq!(masked.chars().count(), text.chars().count());
            prop_assert_eq!(masked.lines().count(), text.lines().count());
            prop_assert_eq!(redact_values(&text).chars().count(), text.chars().count());
        }

        #[test]
        fn assigned_words_vanish(value in "[a-z0-9]{8,20}x") {
            for line in [format!("DB_PASSWORD: {value}"), format!("- T=1 DB_PASSWORD=\"{value}\""), format!("u: a://b:{value}@c")] {
                prop_assert!(!redact(&line).contains(&value));
            }
        }
    }
}
