//! What all stages of one load share: the files, the texts read so far, the report.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    string::FromUtf8Error,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    model::{Document, InputFile, InputRole, Role},
    paths, secret_sources,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    secret::Hidden,
    text::{
        FileError, Files, SourceId, Sources, Span,
        budget::{BYTES, VALUES},
    },
    yaml::{
        Node, Resets, Value,
        parse::{self, Tagged},
        without_tags,
    },
};

/// The surroundings of one load.
pub(super) struct Context<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) sources: &'a mut Sources,
    pub(super) report: &'a mut Report,
    /// The working directory of the run: files below it are named relative to it.
    pub(super) directory: Utf8PathBuf,
    /// What `~` stands for.
    pub(super) home: Option<String>,
    /// Everything read so far, by path: no file is read twice.
    texts: BTreeMap<Utf8PathBuf, SourceId>,
    /// Which of the documents are those of a file; none if it could not be read.
    parsed: BTreeMap<Utf8PathBuf, Option<Range<usize>>>,
    /// Every YAML document as written.
    pub(super) documents: Vec<Document>,
    /// What the tags of each of them drop.
    resets: Vec<Resets>,
    /// Every file that the project was read from.
    pub(super) inputs: Vec<InputFile>,
    /// Whether there is a file that may define more, and could not be taken in.
    pub(super) lacks_files: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        report: &'a mut Report,
        directory: Utf8PathBuf,
        home: Option<String>,
    ) -> Self {
        Self {
            files,
            sources,
            report,
            directory,
            home,
            texts: BTreeMap::new(),
            parsed: BTreeMap::new(),
            documents: Vec::new(),
            resets: Vec::new(),
            inputs: Vec::new(),
            lacks_files: false,
        }
    }

    /// Reads a text file, once.
    pub(super) fn text(&mut self, path: &Utf8Path, role: InputRole) -> Result<SourceId, FileError> {
        let known = match self.texts.get(path) {
            Some(id) => *id,
            None => {
                let bytes = self.files.read(path)?;
                let text = String::from_utf8(bytes).map_err(|error| not_text(&error))?;
                let id = self.sources.add(paths::shown(path, &self.directory), text);
                self.texts.insert(path.to_owned(), id);
                id
            }
        };
        let input = InputFile { path: path.to_owned(), source: known, role };
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
        Ok(known)
    }

    /// The documents of a compose file, without the marks of tags; nothing if it cannot be read, which is reported.
    pub(super) fn documents(
        &mut self,
        path: &Utf8Path,
        role: Role,
        named_at: Option<Span>,
    ) -> Option<Vec<Tagged>> {
        let range = self.parsed(path, role, named_at)?;
        let documents = self.documents.get(range.clone())?.iter();
        let resets = self.resets.get(range)?.iter();
        let tagged = documents.zip(resets);
        let tagged = tagged
            .map(|(document, resets)| Tagged { tree: without_tags(&document.tree), resets: resets.clone() });
        Some(tagged.collect())
    }

    /// The same documents as they are written.
    pub(super) fn written(&mut self, path: &Utf8Path, role: Role, named_at: Option<Span>) -> &[Document] {
        let range = self.parsed(path, role, named_at).unwrap_or_default();
        self.documents.get(range).unwrap_or_default()
    }

    fn parsed(&mut self, path: &Utf8Path, role: Role, named_at: Option<Span>) -> Option<Range<usize>> {
        if let Some(known) = self.parsed.get(path) {
            return known.clone();
        }
        let range = self.parse(path, role, named_at);
        self.lacks_files |= range.is_none() && role != Role::Extends;
        self.parsed.insert(path.to_owned(), range.clone());
        range
    }

    fn parse(&mut self, path: &Utf8Path, role: Role, named_at: Option<Span>) -> Option<Range<usize>> {
        let id = match self.text(path, InputRole::Compose(role)) {
            Ok(id) => id,
            Err(error) => {
                self.unreadable("compose file", path, &error, named_at);
                return None;
            }
        };
        let first = self.documents.len();
        let Some(tagged) = parse::tagged_documents(self.sources, id, self.report) else {
            self.hide(secret_sources::in_text(self.sources.get(id).text()));
            return None;
        };
        for Tagged { mut tree, resets } in tagged {
            self.hide(secret_sources::secret_sources(&tree));
            self.timestamps_to_text(&mut tree);
            self.documents.push(Document { role, tree });
            self.resets.push(resets);
        }
        Some(first..self.documents.len())
    }

    /// Lets no report show the values of these variables: those of env files that cannot be read, say.
    pub(super) fn hide(&mut self, names: BTreeSet<String>) {
        if !names.is_empty() {
            self.report.hide(Hidden::new(names, BTreeSet::new()));
        }
    }

    /// Docker compose refuses timestamps, newer versions re-write them; what is meant is the text.
    fn timestamps_to_text(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Timestamp(text) => {
                let message = "a timestamp to YAML is taken as text here";
                self.report.push(
                    Diagnostic::warning(codes::TIMESTAMP, message)
                        .at(node.span, "a timestamp")
                        .help("put it in quotes; docker compose refuses it or re-writes it"),
                );
                node.value = Value::String(std::mem::take(text));
            }
            Value::Seq(items) => items.iter_mut().for_each(|item| self.timestamps_to_text(item)),
            Value::Map(map) => map.values_mut().for_each(|value| self.timestamps_to_text(value)),
            _ => {}
        }
    }

    /// Spends values that are copied and the bytes of text in them; that there are none left is reported.
    pub(super) fn spend(&mut self, (values, bytes): (usize, usize), span: Span) -> bool {
        let budget = self.sources.budget();
        let (has_values, has_bytes) = (budget.spend_values(values), budget.spend_bytes(bytes));
        if !has_values {
            self.exhausted(format!("more than {VALUES} values would be copied"), span);
        } else if !has_bytes {
            self.exhausted(format!("more than {} MiB of text would be copied", BYTES >> 20), span);
        }
        has_values && has_bytes
    }

    /// Reports that a limit is reached, once.
    pub(super) fn exhausted(&mut self, message: String, span: Span) {
        if self.sources.budget().is_to_tell() {
            let help =
                "`extends`, `include`, `env_file` and variables multiply what files say: use fewer of them";
            let diagnostic = Diagnostic::error(codes::LIMIT, message);
            self.report.push(diagnostic.at(span, "with this one").help(help));
        }
    }

    /// Reports a file that could not be read.
    pub(super) fn unreadable(
        &mut self,
        what: &str,
        path: &Utf8Path,
        error: &FileError,
        named_at: Option<Span>,
    ) {
        let shown = paths::shown(path, &self.directory);
        let message = format!("the {what} `{shown}` cannot be read: {error}");
        let mut diagnostic = Diagnostic::error(codes::UNREADABLE_FILE, message);
        if let Some(span) = named_at {
            diagnostic = diagnostic.at(span, "named here");
        }
        if let Some(help) = error.help() {
            diagnostic = diagnostic.help(help);
        }
        self.report.push(diagnostic);
    }

    /// Reports an `env_file` that could not be read.
    pub(super) fn unreadable_env_file(&mut self, path: &Utf8Path, error: &FileError, named_at: Span) {
        let shown = paths::shown(path, &self.directory);
        let message = format!("the environment file `{shown}` cannot be read: {error}");
        let mut diagnostic = Diagnostic::error(codes::UNREADABLE_FILE, message).at(named_at, "named here");
        let of_missing = "run this where the file is, or make one; of a file that may be missing, say `{path: …, \
                          required: false}`";
        if let Some(help) = error.help().or((*error == FileError::NotFound).then_some(of_missing)) {
            diagnostic = diagnostic.help(help);
        }
        self.report.push(diagnostic);
    }
}

/// The place of `text[start..start + len]`, where `text` is what the scalar at `span` says. Escapes and
/// folded lines shift it: the part is then looked for by its own text, and is the whole scalar if it
/// is not there exactly as often.
pub(super) fn place_within(sources: &Sources, span: Span, text: &str, start: usize, len: usize) -> Span {
    let written = sources.slice(span);
    let Some(part) = text.get(start..start + len).filter(|part| !part.is_empty()) else { return span };
    let before = text.get(..start).map_or(0, |before| before.matches(part).count());
    let found: Vec<usize> = written.match_indices(part).map(|(offset, _)| offset).collect();
    match found.get(before) {
        Some(offset) if found.len() == text.matches(part).count() => {
            let start = span.start as usize + offset;
            Span::new(span.source, start, start + len)
        }
        _ => span,
    }
}

/// Where a file stops being UTF-8 text.
fn not_text(error: &FromUtf8Error) -> FileError {
    let (before, after) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    let byte = after.first().copied().unwrap_or_default();
    FileError::Other(format!("is not UTF-8 text: line {line} has the byte 0x{byte:02X}"))
}
