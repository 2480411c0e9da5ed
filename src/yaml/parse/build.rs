//! From events to trees.
//!
//! It keeps its own stack of open collections, so that no text can exhaust the program's.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::{
    MAX_DEPTH, Tagged,
    anchors::{Anchors, Tree, Unresolved},
    findings,
    mapping::{OpenKey, OpenMapping},
    repair::Repaired,
};
use crate::{
    diag::Diagnostic,
    text::{SourceId, Span},
    yaml::{Directive, Key, Node, Resets, Value, scalar},
};

type Events<'a> = Parser<'a, StrInput<'a>>;

/// How reading ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Every document was read. Its aliases stand for so many bytes of text.
    Read(Vec<Tagged>, usize),
    /// Some document is no YAML.
    Refused,
    /// These lines of the text need blanks, and then all is to be read anew.
    Repair(Repair),
}

/// Lines that need more indentation.
#[derive(Debug)]
pub(super) struct Repair {
    /// Every line that has something of this range of the text.
    pub(super) lines: Range<usize>,
    /// How many blanks.
    pub(super) blanks: usize,
}

/// What to do after an event.
enum Step {
    Next,
    /// Nothing more can be made of this document.
    Abandon,
    Repair(Repair),
}

/// A complete node on its way into its parent. Ranges here and below are of the repaired text.
struct Built {
    tree: Tree,
    /// What stands in the text: the node itself, or an alias of it.
    written: Range<usize>,
    is_alias: bool,
    is_merge_key: bool,
}

/// What docker compose does with the tags, aliases and mistakes of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    /// Tags count.
    Ordinary,
    /// Below `!override` a tag `!reset` or `!override` is like any other, and aliases are not followed.
    Overriding,
    /// What is below `!reset` is never looked at.
    Dropped,
}

/// A collection that is not complete.
struct Frame {
    open: Open,
    start: usize,
    /// Where the last thing within it ends.
    end: usize,
    directive: Option<Directive>,
    anchor: Option<(String, Span)>,
    /// Its own tag, also where that does not count.
    tag: Option<Directive>,
    /// Where its content is.
    region: Region,
    resets: Resets,
    size: usize,
    bytes: usize,
    /// The height of the highest tree within it.
    height: usize,
}

enum Open {
    Seq(Vec<Node>),
    Map(OpenMapping),
}

impl Frame {
    /// Notes what is dropped below the child that is complete. What is merged is at the place of the mapping, but
    /// docker compose loses sight of it at the top.
    fn note(&mut self, resets: Resets, is_top: bool) {
        if resets.is_empty() {
            return;
        }
        match &self.open {
            Open::Seq(items) => self.resets.insert(&items.len().to_string(), resets),
            Open::Map(mapping) => match mapping.key() {
                Some(OpenKey::Key(key)) => self.resets.insert(&key.text, resets),
                Some(OpenKey::Merge(_)) if !is_top => self.resets.add(resets),
                Some(OpenKey::Merge(_) | OpenKey::Refused) | None => {}
            },
        }
    }
}

/// Reads one text.
pub(super) struct Builder<'a> {
    source: &'a Repaired<'a>,
    id: SourceId,
    may_repair: bool,
    found: Vec<Diagnostic>,
    anchors: Anchors,
    frames: Vec<Frame>,
    documents: Vec<Tagged>,
    refused: bool,
    /// Where the last token ends.
    cursor: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a Repaired<'a>, id: SourceId, may_repair: bool, most_bytes: usize) -> Self {
        Self {
            source,
            id,
            may_repair,
            found: Vec::new(),
            anchors: Anchors::new(most_bytes),
            frames: Vec::new(),
            documents: Vec::new(),
            refused: false,
            cursor: 0,
        }
    }

    /// Reads the text; how that ended, and what there is to report.
    pub(super) fn run(mut self) -> (Outcome, Vec<Diagnostic>) {
        let mut events = Parser::new_from_str_with_options(self.source.text(), options());
        while let Some(next) = events.next_event() {
            let step = match next {
                Ok((event, span)) => self.event(&mut events, event, span),
                Err(error) => self.syntax_error(&error),
            };
            match step {
                Step::Next => {}
                Step::Repair(repair) => return (Outcome::Repair(repair), self.found),
                Step::Abandon => {
                    self.refused = true;
                    self.frames.clear();
                    self.anchors.abandon();
                    if !events.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        let outcome =
            if self.refused { Outcome::Refused } else { Outcome::Read(self.documents, self.anchors.bytes()) };
        (outcome, self.found)
    }

    fn event(&mut self, events: &mut Events<'a>, event: Event<'a>, span: granit_parser::Span) -> Step {
        let range = span.byte_range().unwrap_or(self.cursor..self.cursor);
        let step = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let anchor = self.anchor(events, anchor);
                self.scalar(&text, style, tag.as_deref(), anchor, range.clone())
            }
            Event::SequenceStart(_, anchor, tag) => {
                let anchor = self.anchor(events, anchor);
                let start = if range.is_empty() { self.sequence_start(range.start) } else { range.start };
                self.open(Open::Seq(Vec::new()), start, tag.as_deref(), anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let anchor = self.anchor(events, anchor);
                self.open(Open::Map(OpenMapping::default()), range.start, tag.as_deref(), anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.clone()),
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.alias(range.clone()),
            // Said to cover the first token of the document, which is still to come.
            Event::DocumentStart(false, _) => return Step::Next,
            _ => Step::Next,
        };
        self.cursor = self.cursor.max(range.end);
        step
    }

    /// The name and the place of a node's anchor, which the scanner says right behind the node.
    fn anchor(&self, events: &mut Events<'a>, id: usize) -> Option<(String, Span)> {
        if id == 0 || !matches!(events.peek(), Some(Ok((Event::Anchor(..), _)))) {
            return None;
        }
        let Some(Ok((Event::Anchor(_, name), span))) = events.next_event() else { return None };
        Some((name.into_owned(), self.span(&span.byte_range()?)))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        anchor: Option<(String, Span)>,
        range: Range<usize>,
    ) -> Step {
        let is_plain = style == ScalarStyle::Plain;
        let (text, range) = match style {
            ScalarStyle::Plain if range.is_empty() => ("", self.place_of_nothing(range.start)),
            ScalarStyle::Literal | ScalarStyle::Folded => (text, self.without_trailing_blanks(range)),
            _ => (text, range),
        };
        let span = self.span(&range);
        if self.source.touches(&range) {
            self.found.push(findings::quoted_indentation(span));
        }
        let tag = tag_name(tag);
        let value = match tag.as_deref() {
            None if is_plain => scalar::resolve(text),
            None => Value::String(text.to_owned()),
            Some(tag) => scalar::resolve_tagged(tag, text).unwrap_or_else(|reason| {
                self.complain(findings::tag_mismatch(reason, span));
                Value::Null
            }),
        };
        let is_merge_key = match tag.as_deref() {
            None => is_plain && text == "<<",
            Some(tag) => tag.strip_prefix(scalar::CORE_PREFIX) == Some("merge"),
        };
        let tag = directive(tag.as_deref());
        let directive = tag.filter(|_| self.is_counted());
        let node = Node { directive, ..Node::new(value, span) };
        let resets = directive.map(Resets::here).unwrap_or_default();
        let tree = Tree { tag, resets, ..Tree::of_scalar(node) };
        if let Some((name, place)) = anchor {
            self.anchors.open(&name, place);
            self.anchors.close(&name, place, &tree, false);
        }
        self.complete(Built { tree, written: range, is_alias: false, is_merge_key })
    }

    fn alias(&mut self, range: Range<usize>) -> Step {
        let span = self.span(&range);
        let name =
            self.source.text().get(range.clone()).unwrap_or_default().trim_start_matches('*').to_owned();
        let tree = match self.anchors.resolve(&name) {
            Ok(tree) if self.frames.len() + tree.height > MAX_DEPTH => return self.too_deep(&range),
            Ok(tree) => self.tagged_as_here(tree),
            Err(Unresolved::Exhausted) => {
                self.found.push(findings::alias_expansion(span));
                return Step::Abandon;
            }
            Err(Unresolved::Undefined) => {
                // What an abandoned document would have said is not known.
                if !self.refused {
                    self.found.push(findings::undefined_alias(&name, span));
                }
                Tree::of_scalar(Node::new(Value::Null, span))
            }
            Err(Unresolved::Recursive(anchor)) => {
                self.complain(findings::recursive_anchor(&name, anchor, span));
                Tree::of_scalar(Node::new(Value::Null, span))
            }
        };
        if self.is_counted() && self.closes_circle(&name, range.start) {
            self.found.push(findings::merged_again(&name, span));
        }
        self.complete(Built { tree, written: range, is_alias: true, is_merge_key: false })
    }

    fn open(&mut self, open: Open, start: usize, tag: Option<&Tag>, anchor: Option<(String, Span)>) -> Step {
        if self.frames.len() >= MAX_DEPTH {
            return self.too_deep(&(start..start));
        }
        if let Some((name, span)) = &anchor {
            self.anchors.open(name, *span);
        }
        let tag = directive(tag_name(tag).as_deref());
        let directive = tag.filter(|_| self.is_counted());
        let region = match directive {
            None => self.region(),
            Some(Directive::Override) => Region::Overriding,
            Some(Directive::Reset) => Region::Dropped,
        };
        let resets = directive.map(Resets::here).unwrap_or_default();
        let (end, size, bytes, height) = (start, 1, 0, 0);
        self.frames.push(Frame {
            open,
            start,
            end,
            directive,
            anchor,
            tag,
            region,
            resets,
            size,
            bytes,
            height,
        });
        Step::Next
    }

    fn region(&self) -> Region {
        self.frames.last().map_or(Region::Ordinary, |frame| frame.region)
    }

    /// Whether tags and aliases of the node that comes next count: not below tags, and not in a key.
    fn is_counted(&self) -> bool {
        let is_key = matches!(
            self.frames.last(), Some(Frame { open: Open::Map(mapping), .. }) if !mapping.awaits_value()
        );
        self.region() == Region::Ordinary && !is_key
    }

    /// A tag on what an alias stands for is one on the alias, too.
    fn tagged_as_here(&self, mut tree: Tree) -> Tree {
        let is_counted = self.is_counted();
        tree.node.directive = tree.tag.filter(|_| is_counted);
        if !is_counted {
            tree.resets = Resets::default();
        } else if let Some(directive) = tree.tag {
            tree.resets = Resets::here(directive);
        }
        tree
    }

    /// Whether docker compose takes an alias for one within itself: an anchor is merged into a mapping, and there
    /// is another alias of it within that mapping.
    fn closes_circle(&mut self, name: &str, at: usize) -> bool {
        let within = |frame: &Frame| matches!(&frame.open, Open::Map(mapping) if mapping.has_merged(name));
        let outer = self.frames.iter().skip(1).any(within);
        let is_root = self.frames.len() == 1;
        let mut from = usize::MAX;
        if let Some(Frame { open: Open::Map(mapping), start, .. }) = self.frames.last_mut()
            && mapping.awaits_merge()
            && !is_root
        {
            mapping.note_merged(name);
            from = *start;
        }
        self.anchors.note_alias(name, at, from) || outer
    }

    /// Reports a mistake, unless nobody looks at its place.
    fn complain(&mut self, mistake: Diagnostic) {
        if self.region() != Region::Dropped {
            self.found.push(mistake);
        }
    }

    fn close(&mut self, range: Range<usize>) -> Step {
        let Some(frame) = self.frames.pop() else { return Step::Next };
        // Only flow collections have an end of their own.
        let end = if range.is_empty() { frame.end } else { range.end };
        let value = match frame.open {
            Open::Seq(items) => Value::Seq(items),
            Open::Map(mapping) => Value::Map(mapping.close()),
        };
        let written = frame.start..end;
        let node = Node { directive: frame.directive, ..Node::new(value, self.span(&written)) };
        let (tag, resets) = (frame.tag, frame.resets);
        let (size, bytes, height) = (frame.size, frame.bytes, frame.height + 1);
        let tree = Tree { node, size, bytes, height, tag, resets };
        if let Some((name, span)) = frame.anchor {
            let nested = self.frames.iter().any(|outer| outer.anchor.is_some());
            self.anchors.close(&name, span, &tree, nested);
        }
        self.complete(Built { tree, written, is_alias: false, is_merge_key: false })
    }

    /// Hands a complete node to the collection it stands in.
    fn complete(&mut self, mut built: Built) -> Step {
        let is_top = self.frames.len() == 1;
        let Some(frame) = self.frames.last_mut() else {
            self.documents.push(Tagged { tree: built.tree.node, resets: built.tree.resets });
            return Step::Next;
        };
        // Docker compose reads the top a second time, for the name, without following aliases.
        let only_mappings = built.is_alias && (is_top || frame.region == Region::Overriding);
        frame.note(std::mem::take(&mut built.tree.resets), is_top);
        frame.end = frame.end.max(built.written.end);
        frame.size += built.tree.size;
        frame.bytes += built.tree.bytes;
        frame.height = frame.height.max(built.tree.height);
        match &mut frame.open {
            Open::Seq(items) => items.push(built.tree.node),
            Open::Map(mapping) if mapping.awaits_value() => {
                if let Err(mistake) = mapping.push_value(built.tree.node, only_mappings) {
                    self.complain(findings::refused_entry(mistake));
                }
            }
            Open::Map(_) => {
                let key = self.key(built);
                if let Some(Frame { open: Open::Map(mapping), .. }) = self.frames.last_mut() {
                    mapping.push_key(key);
                }
            }
        }
        Step::Next
    }

    fn key(&mut self, built: Built) -> OpenKey {
        let span = self.span(&built.written);
        match built.tree.node.value {
            _ if built.is_merge_key => OpenKey::Merge(span),
            Value::String(text) => OpenKey::Key(Key { text, span }),
            value => {
                let text = self.source.text().get(built.written).unwrap_or_default();
                self.complain(findings::non_string_key(&self.path(), text, &value, span));
                OpenKey::Refused
            }
        }
    }

    /// Where in the document the innermost collection stands, as compose writes it.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.frames {
            match &frame.open {
                Open::Seq(items) => path.push_str(&format!("[{}]", items.len())),
                Open::Map(mapping) => {
                    if let Some(OpenKey::Key(key)) = mapping.key() {
                        let point = if path.is_empty() { "" } else { "." };
                        path.push_str(&format!("{point}{}", key.text));
                    }
                }
            }
        }
        path
    }

    fn syntax_error(&mut self, error: &ScanError) -> Step {
        let at = error.marker().byte_offset().unwrap_or(self.source.text().len());
        match error.kind() {
            ErrorKind::RecursionLimitExceeded => return self.too_deep(&(at..at)),
            ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation => {
                if let Some(repair) = self.repair(at) {
                    return Step::Repair(repair);
                }
            }
            _ => {}
        }
        let end = self.source.text().get(at..).and_then(|rest| rest.chars().next());
        let end = end.filter(|character| !matches!(character, '\n' | '\r')).map_or(0, char::len_utf8);
        self.found.push(findings::syntax(error.kind(), self.span(&(at..at + end))));
        Step::Abandon
    }

    fn too_deep(&mut self, range: &Range<usize>) -> Step {
        self.found.push(findings::nesting(self.span(range)));
        Step::Abandon
    }

    fn span(&self, range: &Range<usize>) -> Span {
        Span::new(self.id, self.source.original(range.start), self.source.original(range.end))
    }

    /// Column, in bytes, of the innermost open collection.
    fn column(&self) -> usize {
        let start = self.frames.last().map_or(0, |frame| frame.start);
        let before = self.source.text().get(..start).unwrap_or_default();
        start - before.rfind(['\n', '\r']).map_or(0, |index| index + 1)
    }

    /// A block sequence is said to start behind its dash if that is not indented. Its first dash
    /// is what follows the key, but for properties and comments.
    fn sequence_start(&self, said: usize) -> usize {
        if !self.awaits_value() {
            return said;
        }
        let at = self.behind_properties(self.cursor, said);
        let is_dash = at < said && self.source.text().as_bytes().get(at) == Some(&b'-');
        if is_dash { at } else { said }
    }

    /// What may help where the scanner does not like the indentation, if that is in a quoted text
    /// and has not been tried.
    fn repair(&self, at: usize) -> Option<Repair> {
        let end = self.quoted_end(at)?;
        let is_marker = begins_document(self.source.text().get(at..)?);
        let may_repair = self.may_repair && !is_marker && self.source.can_indent(at);
        may_repair.then(|| Repair { lines: at..end.max(at), blanks: self.column() + 1 })
    }

    /// Where the quoted text ends that holds `at`, if one does.
    fn quoted_end(&self, at: usize) -> Option<usize> {
        let text = self.source.text();
        let mut start = self.behind_properties(self.cursor, at);
        while text.get(start..at).is_some_and(|rest| rest.starts_with(['-', '?'])) {
            start = self.behind_properties(start + 1, at);
        }
        if start >= at {
            return None;
        }
        let rest = text.get(start..)?;
        // Within a text a document ends all the same, and is to be refused.
        let rest =
            ["\n---", "\n..."].iter().fold(rest, |rest, marker| rest.split(marker).next().unwrap_or(rest));
        let mut characters = rest.char_indices().peekable();
        let (_, quote @ ('"' | '\'')) = characters.next()? else { return None };
        while let Some((offset, character)) = characters.next() {
            let is_doubled = quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == quote);
            if character == quote && !is_doubled {
                return Some(start + offset);
            }
            if character == quote || (character == '\\' && quote == '"') {
                characters.next();
            }
        }
        Some(start + rest.len())
    }

    /// The first thing from `from` on that is no blank, colon, comment, anchor or tag, or `until`.
    fn behind_properties(&self, from: usize, until: usize) -> usize {
        let blank = [' ', '\t', '\n', '\r'];
        let mut at = from;
        loop {
            let rest = self.source.text().get(at..until).unwrap_or_default();
            let word = rest.trim_start_matches(blank).trim_start_matches(':').trim_start_matches(blank);
            at += rest.len() - word.len();
            at += match word.as_bytes().first() {
                Some(b'#') => word.find(['\n', '\r']).unwrap_or(word.len()),
                Some(b'&' | b'!') => word.find(blank).unwrap_or(word.len()),
                _ => return at,
            };
        }
    }

    /// Where a value that is not written would stand: behind the colon or the dash.
    fn place_of_nothing(&self, said: usize) -> Range<usize> {
        let text = self.source.text();
        let behind = text.get(said..).unwrap_or_default();
        let word = behind.trim_start_matches([' ', '\t']);
        let at = if self.awaits_value() && word.starts_with(':') {
            said + behind.len() - word.len() + 1
        } else {
            let before = text.get(self.cursor..said).unwrap_or_default();
            said - (before.len() - before.trim_end_matches([' ', '\t', '\n', '\r']).len())
        };
        at..at
    }

    fn awaits_value(&self) -> bool {
        matches!(self.frames.last(), Some(Frame { open: Open::Map(mapping), .. }) if mapping.awaits_value())
    }

    /// A block scalar is said to run to the next token.
    fn without_trailing_blanks(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.text().get(range.clone()).unwrap_or_default();
        range.start..range.start + text.trim_end_matches([' ', '\t', '\n', '\r']).len()
    }
}

/// At the start of a line these end a document even within quotes; such a text stays refused.
fn begins_document(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...")
}

fn options() -> Options {
    let mut options = Options::default();
    options.emit_comments = false;
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options
}

/// The full name of a tag; the tag `!` says nothing.
fn tag_name(tag: Option<&Tag>) -> Option<String> {
    let (handle, suffix) = tag?.parts();
    Some(format!("{handle}{suffix}")).filter(|name| name != "!")
}

fn directive(tag: Option<&str>) -> Option<Directive> {
    match tag {
        Some("!reset") => Some(Directive::Reset),
        Some("!override") => Some(Directive::Override),
        _ => None,
    }
}
