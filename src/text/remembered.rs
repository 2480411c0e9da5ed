//! Files that are read once, however often they are asked for.

use std::{borrow::Cow, cell::RefCell, collections::HashMap, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileError, FileKind, Files, Rights, clean, is_clean};

/// The longest content that is kept, in bytes. What is longer is no configuration, and is asked for rarely.
const LONGEST: usize = 4 * 1024 * 1024;

/// What is known, by clean paths. As texts: paths are compared part by part, and these are looked up often.
type Known<T> = RefCell<HashMap<String, T, foldhash::fast::RandomState>>;

/// Other files, of which everything is remembered that was once asked for. They must not change meanwhile.
pub struct Remembered<'f> {
    files: &'f dyn Files,
    contents: Known<Result<Rc<[u8]>, FileError>>,
    kinds: Known<Option<FileKind>>,
    names: Known<Result<Vec<String>, FileError>>,
    resolved: Known<Option<Utf8PathBuf>>,
}

impl<'f> Remembered<'f> {
    /// Remembers nothing yet.
    pub fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            contents: Known::default(),
            kinds: Known::default(),
            names: Known::default(),
            resolved: Known::default(),
        }
    }
}

impl Remembered<'_> {
    /// Knows a file with this content from now on, and the directories around it, though they are not there.
    pub fn add(&self, path: &Utf8Path, content: Vec<u8>) {
        let path = clean(path);
        self.contents.borrow_mut().insert(path.to_string(), Ok(Rc::from(content)));
        let mut kind = FileKind::File;
        for path in path.ancestors() {
            let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { break };
            if self.kind(path).is_some() {
                break;
            }
            self.kinds.borrow_mut().insert(path.to_string(), Some(kind));
            self.resolved.borrow_mut().insert(path.to_string(), Some(path.to_owned()));
            let mut names = self.list(parent).unwrap_or_default();
            if let Err(at) = names.binary_search_by(|known| known.as_str().cmp(name)) {
                names.insert(at, name.to_owned());
            }
            self.names.borrow_mut().insert(parent.to_string(), Ok(names));
            kind = FileKind::Directory;
        }
    }

    /// Every file that was read, with its content, in the order of paths. What is very long is not among them.
    pub fn contents(&self) -> Vec<(Utf8PathBuf, Rc<[u8]>)> {
        let contents = self.contents.borrow();
        let read = contents.iter().filter_map(|(path, read)| Some((path.into(), read.clone().ok()?)));
        let mut read: Vec<(Utf8PathBuf, Rc<[u8]>)> = read.collect();
        read.sort_by(|(one, _), (other, _)| one.cmp(other));
        read
    }
}

/// What is known of a path, or else what is found out about it.
fn once<T: Clone>(known: &Known<T>, path: &Utf8Path, find: impl FnOnce() -> T) -> T {
    let key = key(path);
    if let Some(known) = known.borrow().get(key.as_ref()) {
        return known.clone();
    }
    let found = find();
    known.borrow_mut().insert(key.into_owned(), found.clone());
    found
}

fn key(path: &Utf8Path) -> Cow<'_, str> {
    if is_clean(path) { path.as_str().into() } else { clean(path).into_string().into() }
}

impl Files for Remembered<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        if let Some(known) = self.contents.borrow().get(key(path).as_ref()) {
            return known.clone().map(|content| content.to_vec());
        }
        let read = self.files.read(path);
        if read.as_ref().is_ok_and(|content| content.len() > LONGEST) {
            return read;
        }
        once(&self.contents, path, || read.map(Rc::from)).map(|content| content.to_vec())
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        once(&self.kinds, path, || self.files.kind(path))
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        once(&self.names, path, || self.files.list(path))
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        once(&self.resolved, path, || self.files.resolve_links(path))
    }

    fn rights(&self, path: &Utf8Path) -> Option<Rights> {
        self.files.rights(path)
    }
}
