//! What git has of a file: its index and its patterns are read, no program is run.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::text::{Files, clean, gitignore};

/// What git has of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InGit {
    /// It is in the index.
    Tracked,
    /// It is not, and patterns leave it out.
    Ignored,
    /// It is in a repository and not in its index.
    Untracked,
    /// There is no repository, and no pattern leaves it out.
    NoRepository,
}

/// The repositories that files are in.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    /// The paths in the index by the root; nothing if it cannot be read.
    known: BTreeMap<Utf8PathBuf, Option<BTreeSet<Utf8PathBuf>>>,
}

impl Repositories {
    /// What git has of a file.
    pub(super) fn state(&mut self, path: &Utf8Path, files: &dyn Files) -> InGit {
        let root = root(path, files);
        if let Some(root) = &root {
            let known = self.known.entry(root.clone()).or_insert_with(|| tracked(root, files));
            if known.as_ref().is_some_and(|tracked| tracked.contains(path)) {
                return InGit::Tracked;
            }
        }
        match root {
            _ if is_left_out(path, root.as_deref(), files) => InGit::Ignored,
            Some(root) if self.known.get(&root).is_some_and(Option::is_some) => InGit::Untracked,
            _ => InGit::NoRepository,
        }
    }
}

/// The root of the repository that a path is in.
pub(super) fn root(path: &Utf8Path, files: &dyn Files) -> Option<Utf8PathBuf> {
    let mut directories = path.ancestors().skip(1);
    directories.find(|directory| files.kind(&directory.join(".git")).is_some()).map(Utf8Path::to_owned)
}

/// Whether patterns of `.gitignore` leave a file out, in the repository that it would be in.
pub fn is_ignored(path: &Utf8Path, files: &dyn Files) -> bool {
    is_left_out(path, root(path, files).as_deref(), files)
}

/// The same below a root.
fn is_left_out(path: &Utf8Path, root: Option<&Utf8Path>, files: &dyn Files) -> bool {
    const HIGHEST: usize = 12;
    for directory in path.ancestors().skip(1).take(HIGHEST) {
        if let Ok(bytes) = files.read(&directory.join(".gitignore")) {
            let patterns = gitignore(directory, &String::from_utf8_lossy(&bytes));
            if patterns.matched_path_or_any_parents(path, false).is_ignore() {
                return true;
            }
        }
        if root == Some(directory) {
            break;
        }
    }
    false
}

/// The paths in the index of a repository.
fn tracked(root: &Utf8Path, files: &dyn Files) -> Option<BTreeSet<Utf8PathBuf>> {
    let own = root.join(".git");
    let directory = match files.read(&own) {
        // The directory of a worktree is elsewhere.
        Ok(text) => {
            let text = String::from_utf8(text).ok()?;
            clean(&root.join(text.strip_prefix("gitdir:")?.trim()))
        }
        Err(_) => own,
    };
    let index = files.read(&directory.join("index")).ok()?;
    let names = names(&index)?;
    Some(names.into_iter().map(|name| root.join(name)).collect())
}

/// The names in an index of version 2, 3 or 4.
/// See <https://git-scm.com/docs/index-format>.
fn names(index: &[u8]) -> Option<Vec<String>> {
    const HEAD: usize = 12;
    const FIXED: usize = 62;
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    if index.get(..4)? != b"DIRC" {
        return None;
    }
    let (version, count) = (number(4)?, number(8)?);
    let (mut names, mut at, mut last) = (Vec::new(), HEAD, Vec::<u8>::new());
    for _ in 0..count {
        let flags = u16::from_be_bytes(index.get(at + FIXED - 2..at + FIXED)?.try_into().ok()?);
        let mut start = at + FIXED + if flags & 0x4000 == 0 { 0 } else { 2 };
        if version == 4 {
            let (cut, length) = offset(index.get(start..)?)?;
            last.truncate(last.len().checked_sub(cut)?);
            start += length;
        } else {
            last.clear();
        }
        let length = index.get(start..)?.iter().position(|byte| *byte == 0)?;
        last.extend(&index[start..start + length]);
        names.extend(String::from_utf8(last.clone()));
        let end = start + length;
        // Entries are padded to eight bytes, but for version 4.
        at = if version == 4 { end + 1 } else { at + (end - at + 8) / 8 * 8 };
    }
    Some(names)
}

/// A number of variable length, and its bytes.
fn offset(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = usize::from(*bytes.first()? & 0x7f);
    let mut length = 1;
    while bytes.get(length - 1)? & 0x80 != 0 {
        value = value.checked_add(1)?.checked_mul(128)? + usize::from(*bytes.get(length)? & 0x7f);
        length += 1;
    }
    Some((value, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    fn index(version: u32, entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend((entries.len() as u32).to_be_bytes());
        for (name, prefix) in entries {
            let start = bytes.len();
            bytes.extend([0; 62]);
            bytes.extend(*prefix);
            bytes.extend(name.as_bytes());
            bytes.push(0);
            while version < 4 && !(bytes.len() - start).is_multiple_of(8) {
                bytes.push(0);
            }
        }
        bytes
    }

    #[test]
    fn the_index_is_read_in_its_versions() {
        assert_eq!(names(&index(2, &[("a", b""), ("dir/b.env", b"")])).unwrap(), ["a", "dir/b.env"]);
        assert_eq!(names(&index(4, &[("dir/a", &[0]), ("b.env", &[1])])).unwrap(), ["dir/a", "dir/b.env"]);
        assert_eq!(names(b"DIRC"), None);
        assert_eq!(names(b"nothing of the kind"), None);
    }

    #[test]
    fn files_are_tracked_ignored_or_neither() {
        let files = MemoryFiles::new([
            ("/r/.git/index", index(2, &[(".env", b"")])),
            ("/r/.gitignore", b"*.local\n/secrets/\n".to_vec()),
            ("/n/.gitignore", b".env.prod\n".to_vec()),
        ]);
        let mut repositories = Repositories::default();
        for (path, expected) in [
            ("/r/.env", InGit::Tracked),
            ("/r/x/.env.local", InGit::Ignored),
            ("/r/secrets/db.env", InGit::Ignored),
            ("/r/.env.prod", InGit::Untracked),
            ("/n/.env.prod", InGit::Ignored),
            ("/n/.env", InGit::NoRepository),
        ] {
            assert_eq!(repositories.state(path.into(), &files), expected, "{path}");
        }
    }
}
