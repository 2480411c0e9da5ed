//! The files of a build: each is read and parsed once, and none outside of the root is read.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use camino::{Utf8Path, Utf8PathBuf};

use super::refusal::{Refusal, RefusalKind};
use crate::{
    diag::{Report, Severity},
    text::{FileError, FileKind, Files, MemoryFiles, SourceId, Sources, Span, clean},
    yaml::{Node, Value, parse},
};

/// Bytes that one build may read: a cluster takes objects of one or two MiB, and a tree has thousands at most.
const BYTES_LIMIT: usize = 256 << 20;

/// Plain words that YAML 1.1 reads as booleans and YAML 1.2 as text.
const WORDS_FOR_BOOLEANS: [&str; 16] =
    ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];

/// What is known of files, by their paths.
type Texts<T> = HashMap<String, T, foldhash::fast::RandomState>;

/// The documents of texts: builds of the same files with the same [`Sources`] parse each of them once.
#[derive(Debug, Default)]
pub struct Parsed(RefCell<HashMap<SourceId, Arc<Vec<Node>>, foldhash::fast::RandomState>>);

/// Reads the files of a build.
pub(super) struct Reader<'a> {
    root: Utf8PathBuf,
    /// What files are named relative to.
    pub(super) named_from: Utf8PathBuf,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    /// By path, as texts: paths are compared part by part, and these are looked up often.
    read: Texts<(SourceId, Arc<Vec<u8>>)>,
    parsed: Texts<Arc<Vec<Node>>>,
    /// What other builds have parsed.
    shared: Option<&'a Parsed>,
    bytes_left: usize,
    /// What was looked at since somebody last asked.
    looked_at: RefCell<Vec<Utf8PathBuf>>,
}

impl<'a> Reader<'a> {
    /// Reads below `root`, and names files relative to it.
    pub(super) fn new(root: &Utf8Path, files: &'a dyn Files, sources: &'a mut Sources) -> Self {
        let (read, parsed) = (Texts::default(), Texts::default());
        let root = clean(root);
        Self {
            named_from: root.clone(),
            root,
            files,
            sources,
            read,
            parsed,
            shared: None,
            bytes_left: BYTES_LIMIT,
            looked_at: RefCell::default(),
        }
    }

    /// Takes what other builds have parsed, and gives what this one parses.
    pub(super) fn share(&mut self, parsed: &'a Parsed) {
        self.shared = Some(parsed);
    }

    /// A reason for not rendering, with its place.
    pub(super) fn refuse(&self, kind: RefusalKind, message: impl Into<String>, span: Span) -> Refusal {
        let place = (span != Span::NOWHERE).then(|| self.sources.location(span));
        Refusal { kind, message: message.into(), place }
    }

    /// What stands at a path, if it is below the root.
    pub(super) fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.looked_at.borrow_mut().push(path.to_owned());
        self.is_below(path, &self.root).then(|| self.files.kind(path)).flatten()
    }

    /// Takes down what is looked at from now on, in place of what was before, which it gives.
    pub(super) fn look_anew(&self, looked_at: Vec<Utf8PathBuf>) -> Vec<Utf8PathBuf> {
        self.looked_at.replace(looked_at)
    }

    /// Whether there is the same at a path among other files.
    pub(super) fn is_same_in(&self, files: &dyn Files, path: &Utf8Path) -> bool {
        let kind = self.files.kind(path);
        let is_file = kind == Some(FileKind::File);
        kind == files.kind(path) && (!is_file || self.files.read(path) == files.read(path))
    }

    /// The names in a directory below the root, sorted.
    pub(super) fn list(&self, path: &Utf8Path) -> Vec<String> {
        if self.is_below(path, &self.root) { self.files.list(path).unwrap_or_default() } else { Vec::new() }
    }

    /// The bytes of a file that a kustomization in `directory` names at `named`. As kustomize does, it reads files
    /// in and below that directory alone.
    pub(super) fn bytes(
        &mut self,
        path: &Utf8Path,
        directory: &Utf8Path,
        named: Span,
    ) -> Result<(SourceId, Arc<Vec<u8>>), Refusal> {
        self.looked_at.borrow_mut().push(path.to_owned());
        if let Some((id, bytes)) = self.read.get(path.as_str())
            && self.is_below(path, directory)
        {
            return Ok((*id, Arc::clone(bytes)));
        }
        let name = self.name(path);
        if self.files.kind(path).is_none() {
            let kind = RefusalKind::Missing { path: name.clone() };
            return Err(self.refuse(kind, format!("`{name}` does not exist"), named));
        }
        if !self.is_below(path, directory) || !self.is_below(path, &self.root) {
            let message = format!("`{name}` is outside of the directory that names it");
            return Err(self.refuse(RefusalKind::Wrong, message, named));
        }
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(FileError::NotFound) => {
                let kind = RefusalKind::Missing { path: name.clone() };
                return Err(self.refuse(kind, format!("`{name}` does not exist"), named));
            }
            Err(error) => {
                return Err(self.refuse(RefusalKind::Wrong, format!("`{name}`: {error}"), named));
            }
        };
        self.bytes_left = self.bytes_left.checked_sub(bytes.len()).ok_or_else(|| {
            self.refuse(RefusalKind::Wrong, "the files are larger than 256 MiB together", named)
        })?;
        // Of a file that is no text, only its name is of use in a message.
        let id = self.sources.add(name, std::str::from_utf8(&bytes).unwrap_or_default());
        let bytes = Arc::new(bytes);
        self.read.insert(path.to_string(), (id, Arc::clone(&bytes)));
        Ok((id, bytes))
    }

    /// The documents of a YAML file, without those that say nothing.
    pub(super) fn documents(
        &mut self,
        path: &Utf8Path,
        directory: &Utf8Path,
        named: Span,
    ) -> Result<Arc<Vec<Node>>, Refusal> {
        let (id, bytes) = self.bytes(path, directory, named)?;
        if let Some(documents) = self.parsed.get(path.as_str()) {
            return Ok(Arc::clone(documents));
        }
        if std::str::from_utf8(&bytes).is_err() {
            let message = format!("`{}` is no text in UTF-8", self.name(path));
            return Err(self.refuse(RefusalKind::Wrong, message, named));
        }
        let known = self.shared.and_then(|shared| shared.0.borrow().get(&id).cloned());
        let documents = match known {
            Some(known) => known,
            None => Arc::new(self.parse(id)?),
        };
        if let Some(shared) = self.shared {
            shared.0.borrow_mut().insert(id, Arc::clone(&documents));
        }
        self.parsed.insert(path.to_string(), Arc::clone(&documents));
        Ok(documents)
    }

    /// The documents of a text that stands within a file. Its nodes have the place of that text as a whole: a block
    /// scalar is indented, so that offsets within it are others.
    pub(super) fn embedded(&mut self, text: &str, span: Span) -> Result<Vec<Node>, Refusal> {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let id = sources.add("", text);
        let documents = parse::documents(&sources, id, &mut report);
        let error = report.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        if let Some(error) = error {
            return Err(self.refuse(RefusalKind::Wrong, error.message.clone(), span));
        }
        let mut documents = documents.unwrap_or_default();
        for document in documents.iter().filter(|document| document.as_seq().is_some()) {
            self.check_words(document, &sources, Some(span))?;
        }
        let lines = Lines::of(self.sources, span);
        documents.iter_mut().for_each(|document| lines.place(document, &sources));
        documents.retain(|document| !says_nothing(document));
        Ok(documents)
    }

    /// Refuses plain words such as `on` and `y`: kustomize reads its own files and JSON patches as YAML 1.1, in which
    /// they are booleans.
    pub(super) fn check(&self, document: &Node) -> Result<(), Refusal> {
        self.check_words(document, self.sources, None)
    }

    /// All files that were read.
    pub(super) fn files_read(&self) -> MemoryFiles {
        MemoryFiles::new(self.read.iter().map(|(path, (_, bytes))| (path.clone(), bytes.to_vec())))
    }

    /// The file of a span.
    pub(super) fn file_of(&self, span: Span) -> &Utf8Path {
        self.sources.get(span.source).path()
    }

    /// The characters of a span.
    pub(super) fn slice(&self, span: Span) -> &str {
        self.sources.slice(span)
    }

    /// How messages name a file.
    pub(super) fn name(&self, path: &Utf8Path) -> Utf8PathBuf {
        let relative =
            path.strip_prefix(&self.named_from).ok().filter(|relative| !relative.as_str().is_empty());
        relative.unwrap_or(path).to_owned()
    }

    fn parse(&mut self, id: SourceId) -> Result<Vec<Node>, Refusal> {
        let mut report = Report::default();
        let documents = parse::documents(self.sources, id, &mut report);
        let error = report.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error);
        if let Some(error) = error {
            let span = error.span().unwrap_or(Span::new(id, 0, 0));
            return Err(self.refuse(RefusalKind::Wrong, error.message.clone(), span));
        }
        let mut documents = documents.unwrap_or_default();
        documents.retain(|document| !says_nothing(document));
        Ok(documents)
    }

    /// `place` is where to report, for sources that are not those of the build.
    fn check_words(&self, node: &Node, sources: &Sources, place: Option<Span>) -> Result<(), Refusal> {
        let check = |text: &str, span: Span| {
            if !WORDS_FOR_BOOLEANS.contains(&text) || sources.slice(span) != text {
                return Ok(());
            }
            let message = format!("kustomize reads `{text}` as a boolean here, unless it is quoted");
            let kind = RefusalKind::Unknown { field: text.to_owned() };
            Err(self.refuse(kind, message, place.unwrap_or(span)))
        };
        match &node.value {
            Value::String(text) => check(text, node.span),
            Value::Seq(items) => items.iter().try_for_each(|item| self.check_words(item, sources, place)),
            Value::Map(map) => map.iter().try_for_each(|(key, value)| {
                check(&key.text, key.span)?;
                self.check_words(value, sources, place)
            }),
            _ => Ok(()),
        }
    }

    /// Whether a path lies in a directory, links followed.
    fn is_below(&self, path: &Utf8Path, directory: &Utf8Path) -> bool {
        let real = |path: &Utf8Path| self.files.resolve_links(path).unwrap_or_else(|| clean(path));
        real(path).starts_with(real(directory))
    }
}

fn says_nothing(document: &Node) -> bool {
    document.is_null() || document.as_map().is_some_and(|map| map.is_empty())
}

/// Where the lines of a text within a file begin.
struct Lines {
    whole: Span,
    starts: Vec<usize>,
}

impl Lines {
    /// The lines of a block scalar, each from its first character that is no blank.
    fn of(sources: &Sources, whole: Span) -> Self {
        let source = sources.get(whole.source);
        let (first, _) = source.line_column(whole.start as usize);
        let (last, _) = source.line_column(whole.end as usize);
        let start = |line: usize| {
            let text = source.line(line);
            source.line_start(line) + text.len() - text.trim_start().len()
        };
        Self { whole, starts: (first..=last).map(start).collect() }
    }

    /// Gives nodes of the text their lines in the file.
    fn place(&self, node: &mut Node, sources: &Sources) {
        node.span = self.moved(node.span, sources);
        match &mut node.value {
            Value::Seq(items) => items.iter_mut().for_each(|item| self.place(item, sources)),
            Value::Map(map) => {
                let entries = std::mem::take(map);
                for (mut key, mut value) in entries {
                    key.span = self.moved(key.span, sources);
                    self.place(&mut value, sources);
                    map.insert(key, value);
                }
            }
            _ => {}
        }
    }

    fn moved(&self, span: Span, sources: &Sources) -> Span {
        let (line, _) = sources.get(span.source).line_column(span.start as usize);
        let start = self.starts.get(line).copied().unwrap_or(self.whole.start as usize);
        Span::new(self.whole.source, start, start)
    }
}
