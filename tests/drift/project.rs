//! A project on the disk, edited and put back.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    rc::Rc,
};

use camino::Utf8PathBuf;
use kustompose::cli::{self, Io};

/// Texts by path.
pub(crate) type Files = BTreeMap<String, String>;

/// One edit of a file.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    /// A text that is in the file once becomes another one.
    Replace(String, String, String),
    /// A line comes to the end of the file; the file may be new.
    Append(String, String),
    /// The file has another content.
    Write(String, String),
    /// The file goes.
    Remove(String),
}

impl Edit {
    pub(crate) fn replace(file: &str, old: &str, new: &str) -> Self {
        Edit::Replace(file.to_owned(), old.to_owned(), new.to_owned())
    }

    fn file(&self) -> &str {
        match self {
            Edit::Replace(file, ..) | Edit::Append(file, _) | Edit::Write(file, _) | Edit::Remove(file) => {
                file
            }
        }
    }
}

/// What a run said.
pub(crate) struct Said {
    pub(crate) exit: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A project in a directory of its own.
pub(crate) struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    /// Writes a project and converts it.
    pub(crate) fn converted(files: &Files) -> Self {
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        let project = Self { directory };
        for (path, text) in files {
            project.write(path, text);
        }
        let said = project.run(&["convert", "--quiet"]);
        assert_eq!(said.exit, 0, "{}", said.stderr);
        project
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("demo")
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a directory can be made");
        fs::write(path, text).expect("a file can be written");
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
    }

    /// Every file that is a text.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        read(&self.root(), "", &mut files).expect("the project can be read");
        files
    }

    /// Edits files, and gives what they were.
    pub(crate) fn apply(&self, edits: &[Edit]) -> Result<Vec<(String, Option<String>)>, String> {
        let mut before: Vec<(String, Option<String>)> = Vec::new();
        for edit in edits {
            let (name, path) = (edit.file(), self.root().join(edit.file()));
            let text = fs::read_to_string(&path).ok();
            if before.iter().all(|(known, _)| known != name) {
                before.push((name.to_owned(), text.clone()));
            }
            let old = text.unwrap_or_default();
            let new = match edit {
                Edit::Replace(_, from, to) if old.matches(from.as_str()).count() == 1 => {
                    old.replacen(from, to, 1)
                }
                Edit::Replace(_, from, _) => {
                    self.restore(before);
                    return Err(format!("`{name}` does not have {from:?} once:\n{old}"));
                }
                Edit::Append(_, line) => format!("{old}{line}\n"),
                Edit::Write(_, text) => text.clone(),
                Edit::Remove(_) => {
                    fs::remove_file(path).map_err(|error| error.to_string())?;
                    continue;
                }
            };
            self.write(name, &new);
        }
        Ok(before)
    }

    pub(crate) fn restore(&self, before: Vec<(String, Option<String>)>) {
        for (name, text) in before {
            match text {
                Some(text) => self.write(&name, &text),
                None => drop(fs::remove_file(self.root().join(name))),
            }
        }
    }

    /// What `check` prints as JSON.
    pub(crate) fn check(&self) -> Said {
        self.run(&["check", "--format", "json"])
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        let directory =
            self.root().canonicalize().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
        let (stdout, stderr) = (Output::default(), Output::default());
        let io = Io {
            stdin: &|| Ok(Vec::new()),
            answer: &|| None,
            progress: &|_| {},
            environment: BTreeMap::new(),
            directory: directory.expect("the path is UTF-8"),
            stdout: &mut stdout.clone(),
            stderr: &mut stderr.clone(),
            color: false,
            unicode: false,
            width: 100,
        };
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let exit = cli::run(&words, io);
        Said { exit, stdout: stdout.text(), stderr: stderr.text() }
    }
}

fn read(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), files)?;
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(name, text);
        }
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Output(Rc<RefCell<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
