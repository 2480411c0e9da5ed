//! Source texts, places in them, and the door through which the pure core sees files.
//!
//! Knows nothing of YAML, compose or Kubernetes. Everything a user may have to be shown keeps a
//! [`Span`]; a [`Sources`] turns it into file, line and column only when it is printed.

pub mod budget;
mod digest;
mod gitignore;
pub mod json;
mod nearest;
mod remembered;
pub mod shown;
mod template;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    ops::Bound,
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};

use budget::Budget;
pub use digest::digest;
pub(crate) use gitignore::gitignore;
pub use nearest::nearest;
pub use remembered::Remembered;
pub use template::{Operator, OperatorKind, Part, Reference, Resolved, Template};

/// A text in a [`Sources`], by the order in which it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in one source; `start == end` is a place between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text it lies in.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The place of what no file says: values that are made, not read.
    pub const NOWHERE: Span = Span { source: SourceId(u32::MAX), start: 0, end: 0 };

    /// The range from `start` up to, and without, `end`.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The range from the start of `self` to the end of `other`, if both lie in one source.
    pub fn to(self, other: Span) -> Span {
        if self.source == other.source { Span { end: other.end.max(self.end), ..self } } else { self }
    }

    /// Whether `other` is within this span.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A value, the place that says it, and how it was put together there.
///
/// Values from one place are equal, whichever variables they come from: the template is no part of the value.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// What was said.
    pub value: T,
    /// Where.
    pub span: Span,
    /// How the file says it, where that is not the value itself.
    pub template: Option<Arc<Template>>,
}

impl<T> Spanned<T> {
    /// `value`, as said at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span, template: None }
    }

    /// The same place with another view of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span, template: self.template }
    }

    /// Whether the value cannot be known on this machine, and a guess stands in its place.
    pub fn is_unknown(&self) -> bool {
        self.template.as_ref().is_some_and(|template| template.is_unknown())
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.span == other.span && self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A place as people count: lines and columns begin at 1, columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file, as it was named to the loader.
    pub file: Utf8PathBuf,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line behind the last character.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One text with an index of its lines.
#[derive(Debug)]
pub struct SourceText {
    path: Utf8PathBuf,
    text: String,
    lines: Vec<u32>,
}

impl SourceText {
    fn new(path: Utf8PathBuf, text: String) -> Self {
        let starts = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { path, text, lines }
    }

    /// The file, as it was named to the loader.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of lines; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Offset of the first byte of a line, counted from 0.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.get(line).map_or(self.text.len(), |start| *start as usize)
    }

    /// The text of a line, counted from 0, without its line break.
    pub fn line(&self, line: usize) -> &str {
        self.text[self.line_start(line)..self.line_start(line + 1)].trim_end_matches(['\n', '\r'])
    }

    /// Line and column, both from 0, columns in characters. An offset within a character counts as
    /// its first byte, one behind the text as its end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.lines.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let before = &self.text[self.line_start(line)..offset];
        (line, before.trim_start_matches('\u{feff}').chars().count())
    }
}

/// Every text read so far.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<SourceText>,
    /// The texts of each name. As texts: paths are compared part by part, and these are looked up often.
    names: HashMap<String, Vec<SourceId>, foldhash::fast::RandomState>,
    /// What may be made of them.
    budget: Budget,
}

impl Sources {
    /// Takes a text in; `path` is how diagnostics name it. A text that is there already under this name
    /// keeps its id, so that what several environments read has one place.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<String>) -> SourceId {
        let (path, text) = (path.into(), text.into());
        let known = self.names.get(path.as_str()).into_iter().flatten();
        if let Some(id) = known.copied().find(|id| self.get(*id).text == text) {
            return id;
        }
        let id = SourceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.names.entry(path.to_string()).or_default().push(id);
        self.list.push(SourceText::new(path, text));
        id
    }

    /// The bytes of all texts.
    pub fn size(&self) -> usize {
        self.list.iter().map(|source| source.text.len()).sum()
    }

    /// What may be made of the texts yet.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The text behind an id; an empty one without a name for [`Span::NOWHERE`].
    pub fn get(&self, id: SourceId) -> &SourceText {
        static NOTHING: SourceText =
            SourceText { path: Utf8PathBuf::new(), text: String::new(), lines: Vec::new() };
        self.list.get(id.0 as usize).unwrap_or(&NOTHING)
    }

    /// The very characters of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// A span as people count.
    pub fn location(&self, span: Span) -> Location {
        let source = self.get(span.source);
        let (line, column) = source.line_column(span.start as usize);
        let (end_line, end_column) = source.line_column(span.end as usize);
        Location {
            file: source.path.clone(),
            line: line + 1,
            column: column + 1,
            end_line: end_line + 1,
            end_column: end_column + 1,
        }
    }

    /// All texts with their ids, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceText)> {
        (0u32..).map(SourceId).zip(&self.list)
    }
}

/// The path by which standard input is named and read: relative, as that of no file of a project is.
pub const STANDARD_INPUT: &str = "<stdin>";

/// What stands at a path, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A socket, a device, a pipe.
    Special,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    /// Nothing stands at the path.
    NotFound,
    /// A directory stands where a file should.
    IsDirectory,
    /// It lies outside of the project, links resolved, and nothing allows to read it.
    Outside,
    /// It belongs to git or to the manifests.
    Withheld,
    /// Anything else, in the system's words.
    Other(String),
}

impl FileError {
    /// What to do about a file of the project that cannot be read for this reason.
    pub fn help(&self) -> Option<&'static str> {
        (*self == Self::Outside)
            .then_some("put it into the project, or list its directory in `allowOutside` of kustompose.yaml")
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::NotFound => f.write_str("no such file or directory"),
            FileError::IsDirectory => f.write_str("is a directory"),
            FileError::Withheld => f.write_str("belongs to git or to the manifests"),
            FileError::Outside => f.write_str("lies outside of the project"),
            FileError::Other(reason) => f.write_str(reason),
        }
    }
}

/// The files of the project, read only. `disk::Disk` is the real one; [`MemoryFiles`] serves tests.
///
/// Paths are absolute or relative to the working directory of the run.
pub trait Files {
    /// The bytes of a file.
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError>;
    /// What stands at the path, if anything.
    fn kind(&self, path: &Utf8Path) -> Option<FileKind>;
    /// The names in a directory, sorted.
    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError>;
    /// The path with its links resolved, if it exists.
    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf>;
    /// Who may read a file, if that is known here.
    fn rights(&self, _path: &Utf8Path) -> Option<Rights> {
        None
    }
}

/// Who a file is for, where the system says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// The permission bits.
    pub mode: u32,
    /// The number of the user that it belongs to.
    pub owner: u32,
}

impl Rights {
    /// Whether nobody but the owner may do anything with it.
    pub fn are_of_owner_alone(self) -> bool {
        self.mode & 0o077 == 0
    }
}

/// The path without `.`, `..` and double slashes.
pub fn clean(path: &Utf8Path) -> Utf8PathBuf {
    if is_clean(path) {
        return path.to_owned();
    }
    let mut cleaned = Utf8PathBuf::new();
    for component in path.components() {
        match component.as_str() {
            "." => {}
            ".." => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}

/// Whether [`clean`] would change nothing: most paths are clean already, and are asked for often.
fn is_clean(path: &Utf8Path) -> bool {
    let mut segments = path.as_str().split('/');
    let first = segments.next().unwrap_or_default();
    !path.as_str().contains('\\')
        && ![".", ".."].contains(&first)
        && segments.all(|segment| !["", ".", ".."].contains(&segment))
}

/// Files that exist only in memory, by absolute path; directories are implied.
#[derive(Debug, Default, Clone)]
pub struct MemoryFiles {
    files: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// These files and no others.
    pub fn new<P: Into<Utf8PathBuf>, T: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }

    /// The paths in a directory and below it: paths are sorted part by part, so that they stand together.
    fn below(&self, directory: &Utf8Path) -> impl Iterator<Item = &Utf8PathBuf> {
        let from = (Bound::Included(directory), Bound::Unbounded);
        let paths = self.files.range::<Utf8Path, _>(from).map(|(path, _)| path);
        paths.take_while(move |path| path.starts_with(directory))
    }

    /// All files with what they hold, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&Utf8PathBuf, &Vec<u8>)> {
        self.files.iter()
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None if self.kind(path) == Some(FileKind::Directory) => Err(FileError::IsDirectory),
            None => Err(FileError::NotFound),
        }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        if self.files.contains_key(path) {
            return Some(FileKind::File);
        }
        self.below(path).next().map(|_| FileKind::Directory)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        let mut names: Vec<String> = self
            .below(path)
            .filter_map(|file| file.strip_prefix(path).ok())
            .filter_map(|rest| rest.components().next())
            .map(|name| name.as_str().to_owned())
            .collect();
        names.dedup();
        if names.is_empty() { Err(FileError::NotFound) } else { Ok(names) }
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.kind(path).map(|_| path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_a_byte_order_mark() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "\u{feff}é: x\nb: ü\n");
        assert_eq!(sources.location(Span::new(id, 7, 8)).to_string(), "a.yaml:1:4");
        let second = sources.location(Span::new(id, 9, 14));
        assert_eq!((second.line, second.column, second.end_line, second.end_column), (2, 1, 2, 5));
        assert_eq!(sources.get(id).line(1), "b: ü");
        assert_eq!(sources.get(id).line_column(999), (2, 0));
    }
}
