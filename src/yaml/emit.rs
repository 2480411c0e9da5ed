//! The one emitter: everything the tool writes as YAML goes through it.
//!
//! Block style as kubectl writes it: two spaces, lists at the column of their key, no line folding.
//! The same tree gives the same bytes, and every reader of YAML 1.1 or 1.2 gets back the very
//! strings that were put in (the module `scalar` says how). It does not know what it writes.

mod convert;
mod scalar;

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::text::shown::steers;

/// The entries of a mapping, in their order.
pub type Entries = IndexMap<String, Entry, foldhash::fast::RandomState>;

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// Another number.
    Float(f64),
    /// A string; it reads back as this very string.
    String(String),
    /// A list, an item a line.
    Seq(Vec<Entry>),
    /// A list in one line, `["a", "b"]`, and all within it.
    FlowSeq(Vec<Yaml>),
    /// A mapping, in this order.
    Map(Entries),
    /// A mapping in one line, `{a: b}`, and all within it.
    FlowMap(Entries),
}

/// A list item or the value of a mapping key, with comments.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The value.
    pub value: Yaml,
    /// Lines of comment above it, without `#`.
    pub above: Vec<String>,
    /// A comment at the end of its first line, without `#`.
    pub beside: Option<String>,
}

impl Entry {
    /// A value without comments.
    pub fn new(value: impl Into<Yaml>) -> Self {
        Self { value: value.into(), above: Vec::new(), beside: None }
    }

    /// Adds lines of comment above.
    #[must_use]
    pub fn above(mut self, text: impl AsRef<str>) -> Self {
        self.above.extend(text.as_ref().lines().map(str::to_owned));
        self
    }

    /// Sets the comment at the end of the first line.
    #[must_use]
    pub fn beside(mut self, text: impl Into<String>) -> Self {
        self.beside = Some(text.into());
        self
    }
}

/// One document, without `---`.
pub fn document(yaml: &Yaml) -> String {
    let mut out = String::new();
    write_document(&mut out, yaml);
    out
}

/// Documents with `---` between them. The header is a comment at the top, without `#`.
pub fn documents(header: Option<&str>, documents: &[Yaml]) -> String {
    let mut out = String::new();
    if let Some(header) = header {
        write_comment(&mut out, header, 0);
    }
    for (index, yaml) in documents.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        write_document(&mut out, yaml);
    }
    out
}

fn write_document(out: &mut String, yaml: &Yaml) {
    match block(yaml) {
        Block::Map(entries) => write_map(out, entries, 0, false),
        Block::Seq(items) => write_seq(out, items, 0, false),
        Block::None => {
            write_in_line(out, yaml, 0, None);
        }
    }
}

/// How a value is laid out.
enum Block<'a> {
    Map(&'a Entries),
    Seq(&'a [Entry]),
    /// It begins in the line of its key or dash.
    None,
}

fn block(yaml: &Yaml) -> Block<'_> {
    match yaml {
        Yaml::Map(entries) if !entries.is_empty() => Block::Map(entries),
        Yaml::Seq(items) if !items.is_empty() => Block::Seq(items),
        _ => Block::None,
    }
}

/// `in_line` says that the first entry goes behind a dash; the comments above it are written already.
fn write_map(out: &mut String, entries: &Entries, indent: usize, in_line: bool) {
    for (index, entry) in entries.iter().enumerate() {
        write_entry(out, entry, indent, in_line && index == 0);
    }
}

fn write_entry(out: &mut String, (key, entry): (&String, &Entry), indent: usize, in_line: bool) {
    if !in_line {
        write_comments_above(out, entry, indent);
        pad(out, indent);
    }
    let key = scalar::string(key);
    if key.len() <= scalar::MAX_IMPLICIT_KEY {
        out.push_str(&key);
    } else {
        out.push_str("? ");
        out.push_str(&key);
        out.push('\n');
        pad(out, indent);
    }
    out.push(':');
    match block(&entry.value) {
        Block::Map(entries) => {
            end_line(out, entry.beside.as_deref());
            write_map(out, entries, indent + 2, false);
        }
        Block::Seq(items) => {
            end_line(out, entry.beside.as_deref());
            write_seq(out, items, indent, false);
        }
        Block::None => {
            out.push(' ');
            write_in_line(out, &entry.value, indent, entry.beside.as_deref());
        }
    }
}

fn write_seq(out: &mut String, items: &[Entry], indent: usize, mut in_line: bool) {
    for item in items {
        if !in_line {
            write_comments_above(out, item, indent);
            write_first_comments(out, item, indent);
            pad(out, indent);
        }
        in_line = false;
        out.push_str("- ");
        match block(&item.value) {
            Block::Map(entries) => write_map(out, entries, indent + 2, true),
            Block::Seq(items) => write_seq(out, items, indent + 2, true),
            Block::None => write_in_line(out, &item.value, indent, item.beside.as_deref()),
        }
    }
}

/// Comments that would stand between a dash and what begins behind it stand above the dash.
fn write_first_comments(out: &mut String, item: &Entry, indent: usize) {
    let first = match block(&item.value) {
        Block::Map(entries) => entries.values().next(),
        Block::Seq(items) => items.first(),
        Block::None => return,
    };
    if let Some(comment) = &item.beside {
        write_comment(out, comment, indent);
    }
    let Some(first) = first else { return };
    write_comments_above(out, first, indent);
    if matches!(block(&item.value), Block::Seq(_)) {
        write_first_comments(out, first, indent);
    }
}

/// A value that begins in this line, to its end. `indent` is that of the key or dash before it.
fn write_in_line(out: &mut String, yaml: &Yaml, indent: usize, beside: Option<&str>) {
    if let Yaml::String(text) = yaml
        && let Some(header) = scalar::literal_header(text)
    {
        out.push_str(header);
        end_line(out, beside);
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                pad(out, indent + 2);
                out.push_str(line);
            }
            out.push('\n');
        }
        return;
    }
    match yaml {
        Yaml::String(text) => out.push_str(&scalar::string(text)),
        other => write_flow(out, other),
    }
    end_line(out, beside);
}

/// A value in one line, as it may stand within brackets.
fn write_flow(out: &mut String, yaml: &Yaml) {
    let mut list = |items: &mut dyn Iterator<Item = &Yaml>| {
        out.push('[');
        for (index, item) in items.enumerate() {
            out.push_str(if index > 0 { ", " } else { "" });
            write_flow(out, item);
        }
        out.push(']');
    };
    match yaml {
        Yaml::Seq(items) => list(&mut items.iter().map(|item| &item.value)),
        Yaml::FlowSeq(items) => list(&mut items.iter()),
        Yaml::Map(entries) | Yaml::FlowMap(entries) => {
            out.push('{');
            for (index, (key, entry)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                let key = scalar::in_flow(key);
                out.push_str(if key.len() <= scalar::MAX_IMPLICIT_KEY { "" } else { "? " });
                out.push_str(&key);
                out.push_str(": ");
                match &entry.value {
                    Yaml::String(text) => out.push_str(&scalar::in_flow(text)),
                    other => write_flow(out, other),
                }
            }
            out.push('}');
        }
        Yaml::Null => out.push_str("null"),
        Yaml::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Yaml::Int(int) => out.push_str(&int.to_string()),
        Yaml::Float(float) => out.push_str(&scalar::float(*float)),
        Yaml::String(text) => out.push_str(&scalar::quoted(text)),
    }
}

fn write_comments_above(out: &mut String, entry: &Entry, indent: usize) {
    for line in &entry.above {
        write_comment(out, line, indent);
    }
}

fn write_comment(out: &mut String, text: &str, indent: usize) {
    let text = comment_text(text);
    for line in text.split('\n') {
        pad(out, indent);
        out.push('#');
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn end_line(out: &mut String, comment: Option<&str>) {
    if let Some(comment) = comment {
        out.push_str(" # ");
        out.push_str(&comment_text(comment).replace('\n', " "));
    }
    out.push('\n');
}

/// Comments cannot escape anything: what YAML does not have is shown as such.
fn comment_text(text: &str) -> Cow<'_, str> {
    let text = text.trim_end();
    let is_shown = |character| scalar::is_printable(character) && (character == '\t' || !steers(character));
    if text.chars().all(|character| character == '\n' || is_shown(character)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    let replaced = text.chars().map(|character| match character {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        other if is_shown(other) => other,
        _ => '\u{fffd}',
    });
    Cow::Owned(replaced.collect())
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests;
