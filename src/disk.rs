//! The disk: the only input and output of the library.
//!
//! [`Disk`] reads the files of a project for the pure core, [`tree`] writes what came out of it. The
//! process's variables and working directory are read here too. Knows nothing of what files say.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "files and the process environment are read and written here, so that they are nowhere else"
)]

mod border;
mod conflict;
pub mod lock;
mod path;
pub mod place;
mod program;
mod swap;
pub mod tree;

#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    env,
    fs::{self, OpenOptions},
    io::{self, IsTerminal, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use border::Border;
pub use lock::{Inputs, Lock};

use crate::text::{FileError, FileKind, Files, Rights, STANDARD_INPUT, clean};

/// The largest file that is read: beyond, it is no configuration.
const MAX_FILE_SIZE: u64 = 64 * 1024 * 1024;

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The file system, seen from a working directory.
#[derive(Debug, Clone)]
pub struct Disk {
    directory: Utf8PathBuf,
    standard_input: Option<Result<Vec<u8>, FileError>>,
    /// What may be read; everything without it.
    border: Option<RefCell<Border>>,
}

impl Disk {
    /// Relative paths are taken from `directory`, which is absolute.
    pub fn new(directory: impl Into<Utf8PathBuf>) -> Self {
        Self { directory: directory.into(), standard_input: None, border: None }
    }

    /// With a file [`STANDARD_INPUT`], of which this is what there was to read.
    #[must_use]
    pub fn with_standard_input(self, read: Result<Vec<u8>, FileError>) -> Self {
        Self { standard_input: Some(read), ..self }
    }

    /// Reads nothing outside of a project: of the git work tree around it, or of the higher of project and working
    /// directory. What `named` has is read wherever it is.
    #[must_use]
    pub fn within(self, project: &Utf8Path, working: &Utf8Path, named: &[Utf8PathBuf]) -> Self {
        let mut border = Border::around(project, working);
        named.iter().for_each(|path| border.allow_file(&working.join(path)));
        Self { border: Some(RefCell::new(border)), ..self }
    }

    /// Lets a file or everything below a directory be read, wherever it is.
    pub fn allow(&self, path: &Utf8Path) {
        if let Some(border) = &self.border {
            border.borrow_mut().allow(&self.absolute(path));
        }
    }

    /// Whether a path, once its links are resolved, is where this disk may read. It need not be there.
    pub fn is_within(&self, path: &Utf8Path) -> bool {
        let path = border::resolved(&clean(&self.absolute(path)));
        self.border.as_ref().is_none_or(|border| border.borrow().holds(&path))
    }

    /// Why what is at an absolute path is not read, if it must not be.
    fn refusal(&self, path: &Utf8Path) -> Option<FileError> {
        let real = match path.canonicalize_utf8() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Some(FileError::Outside),
            Err(error) => return Some(file_error(&error)),
        };
        let is_inside = self.border.as_ref().is_none_or(|border| border.borrow().holds(&real));
        (!is_inside || border::is_of_the_kernel(&real)).then_some(FileError::Outside)
    }

    fn absolute(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.directory.join(path)
    }
}

impl Files for Disk {
    /// Never blocks: only regular files are opened, and none that is larger than 64 MiB is read.
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match &self.standard_input {
            Some(read) if path == STANDARD_INPUT => read.clone(),
            _ => {
                let path = self.absolute(path);
                self.refusal(&path).map_or_else(|| read_file(&path), Err)
            }
        }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        let kind = fs::metadata(self.absolute(path)).ok()?.file_type();
        Some(match kind {
            kind if kind.is_file() => FileKind::File,
            kind if kind.is_dir() => FileKind::Directory,
            _ => FileKind::Special,
        })
    }

    /// Names that are not UTF-8 are left out: no path of ours can name them.
    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        let path = self.absolute(path);
        if let Some(refusal) = self.refusal(&path) {
            return Err(refusal);
        }
        let entries = fs::read_dir(path).map_err(|error| file_error(&error))?;
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(|error| file_error(&error))?.file_name().into_string().ok());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.absolute(path).canonicalize_utf8().ok()
    }

    #[cfg(unix)]
    fn rights(&self, path: &Utf8Path) -> Option<Rights> {
        use std::os::unix::fs::MetadataExt;
        let path = self.absolute(path);
        if self.refusal(&path).is_some() {
            return None;
        }
        let found = fs::metadata(path).ok()?;
        Some(Rights { mode: found.mode() & 0o777, owner: found.uid() })
    }
}

/// The variables of this process; those that are not UTF-8 are left out.
pub fn read_environment() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    env::vars_os().filter_map(text).collect()
}

/// All that comes by standard input, as long as it is no longer than a file may be.
pub fn read_standard_input() -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(file_error(&error)),
        Ok(length) if length as u64 > MAX_FILE_SIZE => Err(too_large()),
        Ok(_) => Ok(bytes),
    }
}

/// A line from the terminal that the command runs in; none if its input comes from elsewhere.
pub fn read_answer() -> Option<String> {
    let mut line = String::new();
    let _ = io::stdout().flush();
    let read = io::stdin().is_terminal().then(|| io::stdin().read_line(&mut line));
    read.and_then(Result::ok).map(|_| line)
}

/// The working directory, through the links by which the user came to it: `$PWD` if that names it.
pub fn working_directory() -> Result<Utf8PathBuf, FileError> {
    let directory = env::current_dir().map_err(|error| file_error(&error))?;
    if let Some(named) = env::var_os("PWD").and_then(|named| named.into_string().ok()).map(Utf8PathBuf::from)
        && names_directory(&named, &directory)
    {
        return Ok(named);
    }
    Utf8PathBuf::from_path_buf(directory)
        .map_err(|path| FileError::Other(format!("the path `{}` is not UTF-8", path.display())))
}

/// Whether `named` is an absolute path to this directory, without symbolic links and `..`.
fn names_directory(named: &Utf8Path, directory: &std::path::Path) -> bool {
    let plain = named.is_absolute()
        && named.components().all(|part| matches!(part, Utf8Component::RootDir | Utf8Component::Normal(_)));
    let identity = |path: &std::path::Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    plain && matches!((identity(named.as_std_path()), identity(directory)), (Ok(a), Ok(b)) if a == b)
}

fn read_file(path: &Utf8Path) -> Result<Vec<u8>, FileError> {
    let refusal = |found: &fs::Metadata| {
        if found.is_dir() {
            Some(FileError::IsDirectory)
        } else if !found.is_file() {
            Some(FileError::Other("is not a regular file".to_owned()))
        } else if found.len() > MAX_FILE_SIZE {
            Some(too_large())
        } else {
            None
        }
    };
    let read = || -> io::Result<Result<Vec<u8>, FileError>> {
        if let Some(refusal) = refusal(&fs::metadata(path)?) {
            return Ok(Err(refusal));
        }
        // Should a pipe have taken the file's place, opening it must not wait for a writer.
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
        let file = OpenOptions::new().read(true).custom_flags(nonblocking).open(path)?;
        if let Some(refusal) = refusal(&file.metadata()?) {
            return Ok(Err(refusal));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE_SIZE).read_to_end(&mut bytes)?;
        Ok(Ok(bytes))
    };
    read().unwrap_or_else(|error| Err(file_error(&error)))
}

fn too_large() -> FileError {
    FileError::Other(format!("is larger than {} MiB", MAX_FILE_SIZE / 1024 / 1024))
}

fn file_error(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
        io::ErrorKind::IsADirectory => FileError::IsDirectory,
        _ => FileError::Other(reason(error)),
    }
}

/// The system's words without its numbers.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
