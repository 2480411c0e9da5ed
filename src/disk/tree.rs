//! Writing a generated tree: who owns which file, and what a run may do to it.
//!
//! Generated files are wholly ours: a lock in the output directory knows their digests, so an edited
//! one is noticed and never overwritten unasked. Files of the user are written once, secrets too. All
//! is decided before anything is written, and then written as a whole or not at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{Disk, Inputs, Lock, lock, path, read_file, swap};
use crate::{
    diag::{Diagnostic, Report, codes},
    kustomize::{Owner, TreeFile},
    text::{FileError, Files, digest},
};

/// All that an output directory is to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The files, in any order, each path once.
    pub files: Vec<TreeFile>,
    /// For the lock: what was read for it.
    pub inputs: Inputs,
    /// Directories, relative to the output directory, whose files stay exactly as they are: those of an
    /// environment that cannot be read on this machine.
    pub untouched: Vec<Utf8PathBuf>,
    /// Files of secrets that are to change, each with what was seen in it.
    pub changed: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was not there.
    Created,
    /// Its bytes change.
    Updated,
    /// It is ours, and already holds these bytes.
    Unchanged,
    /// It is not ours to change.
    Kept,
    /// It is ours, and no longer needed.
    Removed,
    /// It would have to change, and must not: nothing is written.
    Refused,
}

impl Action {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Created => "created",
            Action::Updated => "updated",
            Action::Unchanged => "unchanged",
            Action::Kept => "kept",
            Action::Removed => "removed",
            Action::Refused => "refused",
        }
    }
}

/// A file and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the output directory.
    pub path: Utf8PathBuf,
    /// What becomes of it.
    pub action: Action,
    /// Whether somebody else has changed it, or made it.
    pub is_edited: bool,
    /// What is there, for a difference; never of a secret.
    pub before: Option<Vec<u8>>,
    /// What is to be there, for a difference; never of a secret.
    pub after: Option<Vec<u8>>,
}

/// What a run does to an output directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Every file of the tree and every file that leaves it, by path.
    pub changes: Vec<Change>,
    /// Whether the disk has this tree now.
    pub written: bool,
}

impl Outcome {
    /// Whether a run would change anything.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| !matches!(change.action, Action::Unchanged | Action::Kept))
    }
}

impl Disk {
    /// What [`Disk::write_tree`] would do. Writes nothing.
    pub fn plan_tree(&self, directory: &Utf8Path, tree: &Tree, force: bool, report: &mut Report) -> Outcome {
        let changes = self.decide(directory, tree, force, report).map(|plan| plan.changes);
        Outcome { changes: changes.unwrap_or_default(), written: false }
    }

    /// Makes the output directory hold the tree, all of it or nothing: what is refused or fails is
    /// reported, and then the old tree is there as it was. With `force`, edited and foreign files are
    /// overwritten; files of the user and secrets never are.
    pub fn write_tree(&self, directory: &Utf8Path, tree: &Tree, force: bool, report: &mut Report) -> Outcome {
        // What is looked at must still be so when it is written, and remains of a run that died go in any case.
        let guard = match self.guard(directory) {
            Ok(guard) => guard,
            Err(why) => {
                report.push(not_written(&from(&self.directory, directory), &why));
                return Outcome::default();
            }
        };
        let Some(plan) = self.decide(directory, tree, force, report) else { return Outcome::default() };
        let mut outcome = Outcome { changes: plan.changes, written: false };
        if outcome.changes.iter().any(|change| change.action == Action::Refused) {
            return outcome;
        }
        if plan.edits.is_empty() {
            outcome.written = true;
            return outcome;
        }
        match swap::replace(&plan.root, &plan.edits, guard) {
            Ok(()) => outcome.written = true,
            Err(why) => report.push(not_written(directory, &why)),
        }
        outcome
    }

    /// Holds other runs off an output directory, and clears away what they have left.
    fn guard(&self, directory: &Utf8Path) -> Result<Option<swap::Guard>, String> {
        let Ok(root) = self.output_root(directory) else { return Ok(None) };
        let Some(parent) = root.parent() else { return Ok(None) };
        let guard = swap::Guard::take_if_there(parent)?;
        if guard.is_some() {
            swap::recover(&root)?;
        }
        Ok(guard)
    }

    /// The files that the last run generated.
    pub fn generated(&self, directory: &Utf8Path) -> Vec<Utf8PathBuf> {
        let lock = self.read_or_merge_lock(directory, &mut Report::default());
        lock.map(|lock| lock.files).unwrap_or_default().into_keys().collect()
    }

    /// The outcome of a run that leaves a tree exactly as an earlier one wrote it.
    pub fn keep_tree(&self, directory: &Utf8Path) -> Outcome {
        let generated = self.generated(directory).into_iter();
        let kept = |path| Change { path, action: Action::Kept, is_edited: false, before: None, after: None };
        let mut changes: Vec<Change> = generated.chain([lock::FILE_NAME.into()]).map(kept).collect();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        Outcome { changes, written: false }
    }

    /// The same, where generated files that were edited or that are gone are reported.
    pub fn check_kept_tree(&self, directory: &Utf8Path, report: &mut Report) -> Outcome {
        let lock = self.read_or_merge_lock(directory, &mut Report::default());
        let digests = lock.map(|lock| lock.files).unwrap_or_default();
        let mut outcome = self.keep_tree(directory);
        for change in &mut outcome.changes {
            let Some(known) = digests.get(&change.path) else { continue };
            let path = directory.join(&change.path);
            match self.read(&path) {
                Ok(bytes) if *known == digest(&bytes) => {}
                Ok(_) => {
                    report.push(edited(&from(&self.directory, &path)));
                    (change.action, change.is_edited) = (Action::Refused, true);
                }
                Err(_) => change.action = Action::Created,
            }
        }
        outcome
    }

    /// Looks at the disk and decides about every file; nothing if the directory cannot be used at all.
    fn decide(&self, directory: &Utf8Path, tree: &Tree, force: bool, report: &mut Report) -> Option<Plan> {
        let root = match self.output_root(directory) {
            Ok(root) => root,
            Err(why) => {
                let shown = from(&self.directory, directory);
                report.push(
                    Diagnostic::error(codes::UNUSABLE_OUTPUT, format!("`{shown}` {why}"))
                        .help("name another directory with `-o`"),
                );
                return None;
            }
        };
        let mut lock_report = Report::default();
        let old = self.read_or_merge_lock(directory, &mut lock_report);
        let is_unreadable = lock_report.has_errors();
        if !is_unreadable || !force {
            lock_report.diagnostics().iter().cloned().for_each(|each| report.push(each));
        }
        if is_unreadable && !force {
            return None;
        }
        let known = old.map(|lock| lock.files).unwrap_or_default();
        let mut planner = Planner {
            working: &self.directory,
            directory,
            force,
            known: &known,
            report,
            locked: BTreeMap::new(),
            plan: Plan {
                root,
                named: lexically_normal(&self.absolute(directory)),
                changes: Vec::new(),
                edits: Vec::new(),
            },
        };
        planner.plan_files(tree);
        planner.plan_stale(tree);
        planner.plan_lock(tree);
        planner.plan.changes.sort_by(|a, b| a.path.cmp(&b.path));
        Some(planner.plan)
    }

    /// The directory itself, its own links resolved: an absolute path, whether it is there or not.
    fn output_root(&self, directory: &Utf8Path) -> Result<Utf8PathBuf, &'static str> {
        let named = lexically_normal(&self.absolute(directory));
        let project = self.directory.canonicalize_utf8().unwrap_or_else(|_| self.directory.clone());
        let root = match fs::metadata(&named) {
            Ok(found) if !found.is_dir() => return Err("is not a directory"),
            Ok(_) => named.canonicalize_utf8().map_err(|_| "has a path that is not UTF-8")?,
            Err(_) if fs::symlink_metadata(&named).is_ok() => return Err("is a link to nothing"),
            Err(_) => named,
        };
        if project.starts_with(&root) || root.parent().is_none() {
            return Err("holds the project itself");
        }
        Ok(root)
    }
}

/// What a run is going to do.
struct Plan {
    /// The output directory, links resolved.
    root: Utf8PathBuf,
    /// The output directory by its absolute name, beside which companions lie.
    named: Utf8PathBuf,
    changes: Vec<Change>,
    edits: Vec<swap::Edit>,
}

impl Plan {
    /// Where an edit finds a file: a companion by its absolute path.
    fn place(&self, path: &Utf8Path) -> Utf8PathBuf {
        if path::is_companion(path) { lexically_normal(&self.named.join(path)) } else { path.to_owned() }
    }
}

/// What stands at the path of a file.
enum OnDisk {
    Nothing,
    File(Vec<u8>),
    /// Something that is no regular file of this directory: why, and whether it is visible from here.
    Blocked {
        why: String,
        exists: bool,
    },
}

struct Planner<'a> {
    /// The directory that people are in.
    working: &'a Utf8Path,
    directory: &'a Utf8Path,
    force: bool,
    /// Digests of the generated files, from the old lock.
    known: &'a BTreeMap<Utf8PathBuf, String>,
    report: &'a mut Report,
    /// Digests of the generated files, for the new lock.
    locked: BTreeMap<Utf8PathBuf, String>,
    plan: Plan,
}

impl Planner<'_> {
    fn plan_files(&mut self, tree: &Tree) {
        let mut seen = BTreeSet::new();
        for file in tree.files.iter().filter(|file| !is_untouched(tree, &file.path)) {
            let allowed = match file.owner {
                Owner::Companion => path::is_companion(&file.path),
                _ => path::is_plain(&file.path) && file.path != lock::FILE_NAME,
            };
            if !allowed || !seen.insert(&file.path) {
                let message = if allowed {
                    format!("`{}` would be written twice", file.path)
                } else {
                    format!("`{}` is no path within the output directory", file.path)
                };
                self.refuse(&file.path, Diagnostic::error(codes::PATH_OUTSIDE, message));
                continue;
            }
            match file.owner {
                Owner::Companion => self.plan_companion(file),
                Owner::Generated => self.plan_generated(file),
                Owner::Yours | Owner::Secret => self.plan_once(file, tree.changed.get(&file.path)),
                Owner::Record => self.plan_record(file),
            }
        }
    }

    /// A file beside the tree that we did not write is the user's, and the tree can do without ours.
    fn plan_companion(&mut self, file: &TreeFile) {
        let is_foreign = match self.look(&file.path) {
            OnDisk::Nothing => false,
            OnDisk::File(bytes) => bytes != file.bytes && !self.known.contains_key(&file.path),
            OnDisk::Blocked { .. } => true,
        };
        if is_foreign {
            self.report.push(foreign_companion(&self.shown(&file.path)));
            self.change(&file.path, Action::Kept, None, None);
        } else {
            self.plan_generated(file);
        }
    }

    fn plan_generated(&mut self, file: &TreeFile) {
        self.locked.insert(file.path.clone(), digest(&file.bytes));
        let before = match self.look(&file.path) {
            OnDisk::Nothing => None,
            OnDisk::File(bytes) => Some(bytes),
            OnDisk::Blocked { why, .. } => return self.blocked(&file.path, &why),
        };
        let action = match &before {
            None => Action::Created,
            Some(bytes) if *bytes == file.bytes => Action::Unchanged,
            Some(bytes) => match self.known.get(&file.path) {
                Some(known) if *known == digest(bytes) => Action::Updated,
                _ if self.force => {
                    self.report.push(overwritten(&self.shown(&file.path)));
                    self.push(file, Action::Updated, before);
                    return self.mark_edited();
                }
                Some(_) => {
                    self.report.push(edited(&self.shown(&file.path)));
                    Action::Refused
                }
                None => {
                    self.report.push(foreign(&self.shown(&file.path)));
                    Action::Refused
                }
            },
        };
        self.push(file, action, before);
        if action == Action::Refused {
            self.mark_edited();
        }
    }

    /// The last change is one of what somebody else has written.
    fn mark_edited(&mut self) {
        self.plan.changes.iter_mut().next_back().into_iter().for_each(|change| change.is_edited = true);
    }

    /// A file of the user changes only if it still holds what was `seen` when its change was decided.
    fn plan_once(&mut self, file: &TreeFile, seen: Option<&Vec<u8>>) {
        match self.look(&file.path) {
            OnDisk::Nothing => self.push(file, Action::Created, None),
            OnDisk::File(bytes) if seen == Some(&bytes) && bytes != file.bytes => {
                self.push(file, Action::Updated, Some(bytes));
            }
            OnDisk::File(_) | OnDisk::Blocked { exists: true, .. } => self.push(file, Action::Kept, None),
            OnDisk::Blocked { why, .. } => self.blocked(&file.path, &why),
        }
    }

    /// A record is written with the files that it is of, and no change by itself.
    fn plan_record(&mut self, file: &TreeFile) {
        let seen = match self.look(&file.path) {
            OnDisk::File(bytes) if bytes == file.bytes => return,
            OnDisk::File(bytes) => Some(bytes),
            OnDisk::Nothing => None,
            OnDisk::Blocked { why, .. } => return self.blocked(&file.path, &why),
        };
        let (path, content) = (self.plan.place(&file.path), Some(file.bytes.clone()));
        self.plan.edits.push(swap::Edit { path, content, seen, secret: true });
    }

    /// Generated files of earlier runs that are no longer part of the tree.
    fn plan_stale(&mut self, tree: &Tree) {
        let known = self.known;
        let present: BTreeSet<&Utf8Path> = tree.files.iter().map(|file| file.path.as_path()).collect();
        for (path, known) in known {
            if is_untouched(tree, path) {
                self.locked.insert(path.clone(), known.clone());
                self.change(path, Action::Kept, None, None);
                continue;
            }
            if present.contains(path.as_path()) {
                continue;
            }
            match self.look(path) {
                OnDisk::Nothing => {}
                // A lock is a file of the repository: that it names a path is no reason to delete what is there.
                OnDisk::File(bytes) if *known == digest(&bytes) => {
                    self.plan.edits.push(swap::Edit {
                        path: self.plan.place(path),
                        content: None,
                        seen: Some(bytes.clone()),
                        secret: false,
                    });
                    self.change(path, Action::Removed, Some(bytes), None);
                }
                OnDisk::File(_) | OnDisk::Blocked { .. } => {
                    self.report.push(stale(&self.shown(path)));
                    self.change(path, Action::Kept, None, None);
                }
            }
        }
    }

    fn plan_lock(&mut self, tree: &Tree) {
        let path = Utf8PathBuf::from(lock::FILE_NAME);
        let bytes = Lock::new(tree.inputs.clone(), std::mem::take(&mut self.locked)).to_bytes();
        let before = match self.look(&path) {
            OnDisk::Nothing => None,
            OnDisk::File(bytes) => Some(bytes),
            OnDisk::Blocked { why, .. } => return self.blocked(&path, &why),
        };
        let action = match &before {
            None => Action::Created,
            Some(before) if *before == bytes => Action::Unchanged,
            Some(_) => Action::Updated,
        };
        self.push(&TreeFile { path, bytes, owner: Owner::Generated }, action, before);
    }

    /// What stands at a path; links are not followed.
    fn look(&self, path: &Utf8Path) -> OnDisk {
        let whole = self.plan.place(path);
        let whole = if whole.is_absolute() { whole } else { self.plan.root.join(whole) };
        let blocked = |at: &Utf8Path, what: &str| OnDisk::Blocked {
            why: format!("`{}` {what}", self.shown(at)),
            exists: fs::metadata(&whole).is_ok() || fs::symlink_metadata(&whole).is_ok(),
        };
        let folders = path.ancestors().skip(1).filter(|folder| path::is_plain(folder));
        for folder in folders.collect::<Vec<_>>().into_iter().rev() {
            match fs::symlink_metadata(self.plan.root.join(folder)) {
                Err(_) => return OnDisk::Nothing,
                Ok(found) if found.is_symlink() => return blocked(folder, "is a symbolic link"),
                Ok(found) if !found.is_dir() => return blocked(folder, "is not a directory"),
                Ok(_) => {}
            }
        }
        match fs::symlink_metadata(&whole) {
            Err(_) => OnDisk::Nothing,
            Ok(found) if found.is_symlink() => blocked(path, "is a symbolic link"),
            Ok(_) => match read_file(&whole) {
                Ok(bytes) => OnDisk::File(bytes),
                Err(FileError::NotFound) => OnDisk::Nothing,
                Err(error) => blocked(path, &error.to_string()),
            },
        }
    }

    fn push(&mut self, file: &TreeFile, action: Action, before: Option<Vec<u8>>) {
        let secret = file.owner == Owner::Secret;
        if matches!(action, Action::Created | Action::Updated) {
            self.plan.edits.push(swap::Edit {
                path: self.plan.place(&file.path),
                content: Some(file.bytes.clone()),
                seen: before.clone(),
                secret,
            });
        }
        let after = (!secret && action != Action::Kept).then(|| file.bytes.clone());
        self.change(&file.path, action, before.filter(|_| !secret), after);
    }

    fn change(&mut self, path: &Utf8Path, action: Action, before: Option<Vec<u8>>, after: Option<Vec<u8>>) {
        self.plan.changes.push(Change { path: path.to_owned(), action, is_edited: false, before, after });
    }

    fn blocked(&mut self, path: &Utf8Path, why: &str) {
        let message = format!("`{}` cannot be written: {why}", self.shown(path));
        self.refuse(path, Diagnostic::error(codes::BLOCKED_PATH, message).help("move it away and run again"));
    }

    fn refuse(&mut self, path: &Utf8Path, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
        self.change(path, Action::Refused, None, None);
    }

    /// A path as the user names it.
    fn shown(&self, path: &Utf8Path) -> Utf8PathBuf {
        from(self.working, &self.directory.join(path))
    }
}

/// A path as people name it who are in a directory.
fn from(working: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let path = lexically_normal(path);
    match path.strip_prefix(working) {
        Ok(below) if !below.as_str().is_empty() => below.to_owned(),
        _ => path,
    }
}

/// `a/../b` without the detour. Leading `..` stay.
fn lexically_normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

fn is_untouched(tree: &Tree, path: &Utf8Path) -> bool {
    tree.untouched.iter().any(|folder| path.starts_with(folder))
}

fn not_written(directory: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(codes::NOT_WRITTEN, format!("`{directory}` could not be written: {why}"))
        .help("nothing was changed; fix the cause and run again")
}

fn edited(path: &Utf8Path) -> Diagnostic {
    Diagnostic::error(codes::EDITED_FILE, format!("generated file `{path}` was edited by hand")).help(
        "say it in the compose files or in kustompose.yaml, or as a patch in the overlay's own \
         kustomization.yaml, which is yours; then restore the file, or overwrite it with `--force`",
    )
}

fn overwritten(path: &Utf8Path) -> Diagnostic {
    let message = format!("`--force` overwrites `{path}`, which was not as kustompose wrote it");
    Diagnostic::warning(codes::OVERWRITTEN, message)
        .help("what is still needed of its lines belongs in the compose files or in your overlay")
}

fn foreign(path: &Utf8Path) -> Diagnostic {
    Diagnostic::error(
        codes::FOREIGN_FILE,
        format!("`{path}` exists already, and kustompose did not write it"),
    )
    .help("move it away, choose another directory with `-o`, or overwrite it with `--force`")
}

fn foreign_companion(path: &Utf8Path) -> Diagnostic {
    let message = format!("`{path}` was not written by kustompose: it stays as it is");
    Diagnostic::warning(codes::FOREIGN_COMPANION, message)
        .help("rename it to have one made of the compose files")
}

fn stale(path: &Utf8Path) -> Diagnostic {
    Diagnostic::warning(
        codes::STALE_EDITED_FILE,
        format!("`{path}` is no longer generated, but was edited by hand: it stays and is yours now"),
    )
    .help("delete it unless its changes are needed elsewhere")
}
