//! Replacing a directory by a new version of itself, in one step.
//!
//! The new version is built in a hidden directory beside the old one: the files that change are
//! written, all others linked over, so that they keep content, mode, times and even their identity.
//! Then the two trade places. Whatever ends the process before that leaves the old directory as it
//! was, whatever ends it afterwards leaves the new one; the next run clears the remains away.
//!
//! Renaming the changed files one by one would touch less, but a run that dies between two renames
//! leaves a mixture that no reader can recognise as one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::FlockOperation;
use tempfile::{NamedTempFile, TempDir};

use super::reason;

/// The new version, in the staging directory. After an exchange it holds the old one.
const NEW: &str = "new";

/// The old version, where directories cannot be exchanged.
const OLD: &str = "old";

/// An empty directory in a [`Workplace`], by which it is known.
const MARK: &str = "of-a-run";

/// How often and how fast a run asks whether another one is done: ten seconds in all.
const ATTEMPTS: u32 = 200;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);

/// A file to write, or to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// Relative to the directory; absolute for a file beside it.
    pub(super) path: Utf8PathBuf,
    /// What it is to hold; nothing to remove it.
    pub(super) content: Option<Vec<u8>>,
    /// What it held when this was decided, if it was there.
    pub(super) seen: Option<Vec<u8>>,
    /// For its owner's eyes only.
    pub(super) secret: bool,
}

/// Applies all edits to the directory `root`, or none. The error says what failed.
pub(super) fn replace(root: &Utf8Path, edits: &[Edit], guard: Option<Guard>) -> Result<(), String> {
    let parent = root.parent().ok_or("it has no parent directory")?;
    fs::create_dir_all(parent).map_err(|error| failure("cannot create", parent.as_std_path(), &error))?;
    let _guard = match guard {
        Some(guard) => guard,
        None => Guard::take(parent)?,
    };
    recover(root)?;
    let (inside, beside): (Vec<_>, Vec<_>) = edits.iter().partition(|edit| edit.path.is_relative());
    // What can fail does so here, before anything is seen to change.
    let mut staging = Staging::build(root, &inside)?;
    let companions = beside.into_iter().map(|edit| Companion::stage(edit, &staging.workplace));
    let companions = companions.collect::<Result<Vec<_>, _>>()?;
    staging.commit(root)?;
    companions.into_iter().try_for_each(Companion::commit)
}

/// Holds other runs off while this one writes.
pub(super) struct Guard {
    _directory: fs::File,
}

impl Guard {
    /// Waits for another run, but not for ever.
    pub(super) fn take(parent: &Utf8Path) -> Result<Self, String> {
        let directory =
            fs::File::open(parent).map_err(|error| failure("cannot open", parent.as_std_path(), &error))?;
        for _ in 0..ATTEMPTS {
            match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(BETWEEN_ATTEMPTS),
                // Some network file systems lock no directories; then two runs at once are the user's care.
                _ => return Ok(Self { _directory: directory }),
            }
        }
        Err("another run is writing there".to_owned())
    }

    /// The same for a directory that may not be there: then nobody writes in it.
    pub(super) fn take_if_there(parent: &Utf8Path) -> Result<Option<Self>, String> {
        if parent.as_std_path().is_dir() { Self::take(parent).map(Some) } else { Ok(None) }
    }
}

/// Clears away what a run that died has left beside `root`, and puts the old tree back if that run
/// died while there was none. Only what [`Workplace`] makes is touched.
pub(super) fn recover(root: &Utf8Path) -> Result<(), String> {
    let (Some(parent), Some(name)) = (root.parent(), root.file_name()) else { return Ok(()) };
    let prefix = staging_prefix(name);
    let Ok(entries) = fs::read_dir(parent) else { return Ok(()) };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    for path in named.map(|entry| entry.path()).filter(|path| Workplace::is_one(path)) {
        let old = path.join(OLD);
        if is_true_directory(&old) && fs::symlink_metadata(root).is_err() {
            fs::rename(&old, root).map_err(|error| failure("cannot restore", root.as_std_path(), &error))?;
        }
        Workplace::remove(&path).map_err(|error| failure("cannot remove", &path, &error))?;
    }
    Ok(())
}

fn staging_prefix(name: &str) -> String {
    format!(".{name}.kustompose-")
}

fn is_true_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// A directory beside a place to write to, in which new files are made ready. git ignores what is in it, secrets are
/// safe there, and dropping it leaves no trace.
pub(super) struct Workplace {
    directory: TempDir,
    is_kept: bool,
}

impl Workplace {
    /// A new one for what is to be at `place`. It must not be there already for longer than a run.
    pub(super) fn beside(place: &Utf8Path) -> Result<Self, String> {
        let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
            return Err("it has no name".to_owned());
        };
        let make = || -> io::Result<TempDir> {
            let (prefix, for_owner) = (staging_prefix(name), Permissions::from_mode(0o700));
            let directory =
                tempfile::Builder::new().prefix(&prefix).permissions(for_owner).tempdir_in(parent)?;
            fs::create_dir(directory.path().join(MARK))?;
            fs::write(directory.path().join(".gitignore"), "*\n")?;
            Ok(directory)
        };
        let directory =
            make().map_err(|error| failure("cannot create a directory in", parent.as_std_path(), &error))?;
        Ok(Self { directory, is_kept: false })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether a run has made this directory, and nobody else: a repository can carry neither an empty directory nor
    /// who owns one.
    fn is_one(path: &Path) -> bool {
        let Ok(found) = fs::symlink_metadata(path) else { return false };
        let is_ours = found.is_dir()
            && found.permissions().mode() & 0o777 == 0o700
            && found.uid() == rustix::process::geteuid().as_raw();
        let is_empty = |path: &Path| fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        let mark = path.join(MARK);
        is_ours && (is_empty(path) || is_true_directory(&mark) && is_empty(&mark))
    }

    /// Removes one, so that what is left of it is known for one at any moment.
    fn remove(path: &Path) -> io::Result<()> {
        for content in [NEW, OLD].map(|name| path.join(name)) {
            if is_true_directory(&content) {
                fs::remove_dir_all(content)?;
            }
        }
        for entry in fs::read_dir(path)?.flatten().filter(|entry| entry.file_name() != MARK) {
            fs::remove_file(entry.path())?;
        }
        fs::remove_dir_all(path)
    }

    /// Leaves the directory where it is, for the next run to put back what is in it.
    fn keep(&mut self) {
        self.directory.disable_cleanup(true);
        self.is_kept = true;
    }

    /// Leaves the directory to the user. Gives its name.
    fn hand_over(&mut self) -> String {
        self.keep();
        let _ = fs::remove_dir(self.path().join(MARK));
        self.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// A new version of a directory, not yet in its place. Dropping it leaves no trace.
pub(super) struct Staging {
    workplace: Workplace,
    /// Entries that were linked or copied over, relative to the root.
    carried: BTreeSet<PathBuf>,
    /// Entries that the edits replace or remove, with what they held when that was decided.
    edited: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

impl Staging {
    /// Builds the version of `root` that has these edits applied.
    pub(super) fn build(root: &Utf8Path, edits: &[&Edit]) -> Result<Self, String> {
        let workplace = Workplace::beside(root)?;
        let edited = edits.iter().map(|edit| (edit.path.clone().into_std_path_buf(), edit.seen.clone()));
        let mut staging = Self { workplace, carried: BTreeSet::new(), edited: edited.collect() };
        let new = staging.new_root();
        fs::create_dir(&new).map_err(|error| failure("cannot create", &new, &error))?;
        let existed = root.as_std_path().is_dir();
        if existed {
            staging.refuse_changed(root.as_std_path())?;
            staging.carry_over(root.as_std_path(), Path::new(""))?;
        }
        for edit in edits {
            let Some(content) = &edit.content else { continue };
            let path = new.join(&edit.path);
            write_new(&path, content, edit.secret, existed)
                .map_err(|error| failure("cannot write", &path, &error))?;
        }
        if existed {
            copy_directory_modes(root.as_std_path(), &new)
                .map_err(|error| failure("cannot prepare", &new, &error))?;
        }
        Ok(staging)
    }

    /// What was saved since the edits were decided must not be written over.
    fn refuse_changed(&self, root: &Path) -> Result<(), String> {
        match self.edited.iter().find(|(path, seen)| read(&root.join(path)) != **seen) {
            Some((path, _)) => Err(format!("`{}` changed meanwhile", path.display())),
            None => Ok(()),
        }
    }

    fn new_root(&self) -> PathBuf {
        self.workplace.path().join(NEW)
    }

    /// Takes over what the edits leave alone below `folder`, a path relative to `root`.
    fn carry_over(&mut self, root: &Path, folder: &Path) -> Result<(), String> {
        let listing = fs::read_dir(root.join(folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = listing.map_err(|error| failure("cannot list", &root.join(folder), &error))?;
        if entries.is_empty() {
            // It was empty before, so someone wants it; folders that only lose files are not made.
            let path = self.new_root().join(folder);
            fs::create_dir_all(&path).map_err(|error| failure("cannot create", &path, &error))?;
        }
        for entry in entries {
            let path = folder.join(entry.file_name());
            let kind =
                entry.file_type().map_err(|error| failure("cannot read", &root.join(&path), &error))?;
            if kind.is_dir() {
                self.carry_over(root, &path)?;
            } else if !self.edited.contains_key(&path) {
                let target = self.new_root().join(&path);
                take_over(&root.join(&path), &target)
                    .map_err(|error| failure("cannot keep", &target, &error))?;
                self.carried.insert(path);
            }
        }
        Ok(())
    }

    /// Puts the new version into place and the old one away.
    pub(super) fn commit(&mut self, root: &Utf8Path) -> Result<(), String> {
        let new = self.new_root();
        let error = |error: io::Error| failure("cannot replace", root.as_std_path(), &error);
        if fs::symlink_metadata(root).is_err() {
            return fs::rename(&new, root).map_err(error);
        }
        let mut old = new.clone();
        if exchange(&new, root.as_std_path()).is_err() {
            old = self.workplace.path().join(OLD);
            if let Err(failed) = replace_by_renames(&new, root.as_std_path(), &old) {
                if old.exists() {
                    // It could not be put back either: it must outlive this run, for `recover`.
                    self.workplace.keep();
                }
                return Err(error(failed));
            }
        }
        let late = self.late_changes(&old, root.as_std_path(), Path::new(""));
        if let Err(failed) = late {
            // The tree is complete, but something that was saved meanwhile is only in the old one.
            let name = self.workplace.hand_over();
            let why = super::reason(&failed);
            return Err(format!("a file changed meanwhile and remains in `{name}`: {why}"));
        }
        Ok(())
    }

    /// Moves into the new tree what someone saved into the old one while the new one was built.
    fn late_changes(&self, old: &Path, new: &Path, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(old.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.late_changes(old, new, &path)?;
                continue;
            }
            if let Some(seen) = self.edited.get(&path) {
                if read(&old.join(&path)) != *seen {
                    return Err(io::Error::other(format!("`{}` was edited", path.display())));
                }
                continue;
            }
            let carried = self.carried.contains(&path) && is_same(&old.join(&path), &new.join(&path));
            if !carried {
                if let Some(folder) = new.join(&path).parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::rename(old.join(&path), new.join(&path))?;
            }
        }
        Ok(())
    }
}

/// What a file holds, links not followed; nothing if there is none.
fn read(path: &Path) -> Option<Vec<u8>> {
    fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file)?;
    fs::read(path).ok()
}

/// A file beside the directory, written and ready to be put into place.
struct Companion {
    target: Utf8PathBuf,
    staged: Option<NamedTempFile>,
}

impl Companion {
    /// Made ready in the workplace, from where it can be moved within one file system.
    fn stage(edit: &Edit, workplace: &Workplace) -> Result<Self, String> {
        let target = edit.path.clone();
        let error = |error: io::Error| failure("cannot write", target.as_std_path(), &error);
        let Some(content) = &edit.content else { return Ok(Self { target, staged: None }) };
        let folder = target.parent().ok_or("it has no parent directory")?;
        let mut builder = tempfile::Builder::new();
        let mut staged = builder
            .prefix(".kustompose-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(if is_one_device(folder.as_std_path(), workplace.path()) {
                workplace.path()
            } else {
                folder.as_std_path()
            })
            .map_err(error)?;
        staged.write_all(content).and_then(|()| staged.as_file().sync_all()).map_err(error)?;
        Ok(Self { target, staged: Some(staged) })
    }

    fn commit(self) -> Result<(), String> {
        let error = |error: io::Error| failure("cannot write", self.target.as_std_path(), &error);
        match self.staged {
            Some(staged) => staged.persist(&self.target).map(drop).map_err(|failed| error(failed.error)),
            None => fs::remove_file(&self.target).map_err(error),
        }
    }
}

fn is_one_device(one: &Path, other: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    device(one).is_some() && device(one) == device(other)
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = Self::remove(self.path());
        }
    }
}

/// Lets two directories trade places, which no reader sees half done.
fn exchange(new: &Path, root: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, new, CWD, root, RenameFlags::EXCHANGE)?)
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    {
        let _ = (new, root);
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The same where a file system cannot exchange: for an instant there is no directory, and if the run
/// dies then, [`recover`] puts the old one back.
pub(super) fn replace_by_renames(new: &Path, root: &Path, old: &Path) -> io::Result<()> {
    fs::rename(root, old)?;
    fs::rename(new, root).inspect_err(|_| {
        // The first error is the one to tell; the old tree also stays where `recover` looks for it.
        let _ = fs::rename(old, root);
    })
}

/// The same file, under another name; a copy where the file system has no links.
fn take_over(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let found = fs::symlink_metadata(from)?;
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    match fs::hard_link(from, to) {
        Err(_) if found.is_file() => copy(from, to, &found),
        result => result,
    }
}

/// A copy with mode and time of modification.
fn copy(from: &Path, to: &Path, found: &fs::Metadata) -> io::Result<()> {
    fs::copy(from, to)?;
    OpenOptions::new().write(true).open(to)?.set_modified(found.modified()?)
}

fn write_new(path: &Path, content: &[u8], secret: bool, sync: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mode = if secret { 0o600 } else { 0o644 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.write_all(content)?;
    // A tree that replaces another must be on the disk before the other leaves it.
    if sync { file.sync_all() } else { Ok(()) }
}

/// Gives every directory of the new tree the mode that it has in the old one.
fn copy_directory_modes(old: &Path, new: &Path) -> io::Result<()> {
    for entry in fs::read_dir(new)? {
        let entry = entry?;
        let before = old.join(entry.file_name());
        if entry.file_type()?.is_dir() && before.is_dir() {
            copy_directory_modes(&before, &entry.path())?;
        }
    }
    let mode = fs::metadata(old)?.permissions();
    if fs::metadata(new)?.permissions() != mode { fs::set_permissions(new, mode) } else { Ok(()) }
}

/// Whether both are one file, or one is a copy that nobody changed since.
fn is_same(old: &Path, new: &Path) -> bool {
    let (Ok(old), Ok(new)) = (fs::symlink_metadata(old), fs::symlink_metadata(new)) else { return false };
    (old.dev(), old.ino()) == (new.dev(), new.ino())
        || old.is_symlink() && new.is_symlink()
        || (old.mtime(), old.mtime_nsec(), old.len()) == (new.mtime(), new.mtime_nsec(), new.len())
}

/// The system's words for what failed at a path.
pub(super) fn failure(what: &str, path: &std::path::Path, error: &std::io::Error) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{what} `{name}`: {}", reason(error))
}
