//! `kustompose.lock`: what the last run read and wrote.
//!
//! Holds no secret and no digest of one; it is committed with the tree.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::{Disk, conflict, path};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Files, clean, digest, json},
};

/// The lock's name in the output directory.
pub const FILE_NAME: &str = "kustompose.lock";

/// The version of the format that is written, and the newest one that is read.
const VERSION: u32 = 1;

/// The levels of mappings that have a line for each entry: those of single files, too.
const LEVELS: usize = 3;

/// What a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// By environment, the files it was read from, each with a digest of what it says, secrets left out.
    #[serde(rename = "inputs")]
    pub environments: BTreeMap<String, BTreeMap<String, String>>,
    /// Settings, Dockerfiles, scripts and mounted files that hold no secret, each with a digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, String>,
    /// By file that services take variables from, the names of these variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, BTreeSet<String>>,
}

/// What a run left behind for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of this format.
    pub version: u32,
    /// Version of the kustompose that wrote it.
    pub kustompose: String,
    /// What it read.
    #[serde(flatten)]
    pub inputs: Inputs,
    /// Every generated file, relative to the output directory, with the SHA-256 of its bytes in hex.
    pub files: BTreeMap<Utf8PathBuf, String>,
}

impl Lock {
    /// A lock of this version of kustompose.
    pub(super) fn new(inputs: Inputs, files: BTreeMap<Utf8PathBuf, String>) -> Self {
        Self { version: VERSION, kustompose: env!("CARGO_PKG_VERSION").to_owned(), inputs, files }
    }

    /// The lock as its file holds it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        json::lines(self, LEVELS)
    }
}

impl Disk {
    /// The lock in an output directory, if there is one. One that cannot be read is reported, also for a merge conflict.
    pub fn read_lock(&self, directory: &Utf8Path, report: &mut Report) -> Option<Lock> {
        let found = self.find_lock(directory, report)?;
        if found.theirs.is_none() {
            return Some(found.lock);
        }
        let message = format!("`{}` has a merge conflict", self.shown_lock(directory));
        report.push(
            Diagnostic::error(codes::UNREADABLE_LOCK, message)
                .help("run `kustompose convert`, which solves it"),
        );
        None
    }

    /// The lock in an output directory, for who is going to write it. The sides of a merge conflict become one, and that
    /// is reported.
    pub fn read_or_merge_lock(&self, directory: &Utf8Path, report: &mut Report) -> Option<Lock> {
        let Found { lock, theirs } = self.find_lock(directory, report)?;
        let Some(theirs) = theirs else { return Some(lock) };
        let path = self.shown_lock(directory);
        let message = format!("`{path}` has a merge conflict: files are known as either side generated them");
        let help = "if a file that git merged is refused as edited, take one side of it: \
                    `git checkout --ours FILE`, and run `kustompose convert` again";
        report.push(Diagnostic::info(codes::MERGED_LOCK, message).help(help));
        Some(lock.merged_with(theirs, |path| self.read(&directory.join(path)).ok()))
    }

    /// The lock as people name it.
    fn shown_lock(&self, directory: &Utf8Path) -> Utf8PathBuf {
        let path = directory.join(FILE_NAME);
        path.strip_prefix(&self.directory).map(Utf8Path::to_owned).unwrap_or(path)
    }

    fn find_lock(&self, directory: &Utf8Path, report: &mut Report) -> Option<Found> {
        let path = directory.join(FILE_NAME);
        self.kind(&path)?;
        let output = clean(&self.absolute(directory));
        let companion = path::companion_of(&output, &clean(&self.absolute(".".into())));
        let found = self.read(&path).map_err(|error| error.to_string());
        let found = found.and_then(|bytes| find(&bytes, companion.as_deref()));
        found.map_err(|why| report.push(unreadable_lock(&self.shown_lock(directory), &why))).ok()
    }
}

/// What the file of a lock holds.
struct Found {
    lock: Lock,
    /// The other side of a merge conflict.
    theirs: Option<Lock>,
}

fn find(bytes: &[u8], companion: Option<&Utf8Path>) -> Result<Found, String> {
    let Some([ours, theirs]) = conflict::sides(bytes) else {
        return Ok(Found { lock: parse(bytes, companion)?, theirs: None });
    };
    let side = |bytes: &[u8]| parse(bytes, companion).map_err(|why| format!("in a merge conflict, {why}"));
    Ok(Found { lock: side(&ours)?, theirs: Some(side(&theirs)?) })
}

impl Lock {
    /// One lock of both sides of a merge conflict. A file that is on the disk as one of them generated it is known as
    /// that; any other is one that somebody edited.
    fn merged_with(mut self, theirs: Lock, written: impl Fn(&Utf8Path) -> Option<Vec<u8>>) -> Lock {
        for (path, their) in theirs.files {
            let Some(our) = self.files.get(&path).filter(|our| **our != their) else {
                self.files.entry(path).or_insert(their);
                continue;
            };
            let either = |bytes: &[u8]| [our, &their].contains(&&digest(bytes));
            let bytes = written(&path).unwrap_or_default();
            let is_generated = either(&bytes)
                || conflict::sides(&bytes).is_some_and(|sides| sides.iter().all(|side| either(side)));
            if is_generated {
                self.files.insert(path, digest(&bytes));
            }
        }
        self.inputs.add(theirs.inputs);
        self
    }
}

impl Inputs {
    /// Adds what another run read. What both read stays as it is.
    fn add(&mut self, other: Inputs) {
        for (environment, files) in other.environments {
            let own = self.environments.entry(environment).or_default();
            for (path, digest) in files {
                own.entry(path).or_insert(digest);
            }
        }
        for (path, digest) in other.others {
            self.others.entry(path).or_insert(digest);
        }
        for (path, names) in other.variables {
            self.variables.entry(path).or_default().extend(names);
        }
    }
}

fn parse(bytes: &[u8], companion: Option<&Utf8Path>) -> Result<Lock, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version > u64::from(VERSION) => {
            return Err(format!("it is of version {version}, which a newer kustompose wrote"));
        }
        _ => {}
    }
    let lock: Lock = serde_json::from_value(value).map_err(|error| error.to_string())?;
    match lock.files.keys().find(|path| !path::may_be_generated(path, companion)) {
        Some(path) => Err(format!("it names `{path}`, which no run would write")),
        None => Ok(lock),
    }
}

pub(super) fn unreadable_lock(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(codes::UNREADABLE_LOCK, format!("`{path}` cannot be read: {why}"))
        .help("restore it from version control; `--force` goes without it and overwrites generated files")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digests of the texts.
    fn lock(files: &[(&str, &str)]) -> Lock {
        let files = files.iter().map(|(path, text)| (Utf8PathBuf::from(*path), digest(text.as_bytes())));
        Lock::new(Inputs::default(), files.collect())
    }

    #[test]
    fn merged_locks_know_what_either_side_generated() {
        let conflicting = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n";
        let ours = lock(&[("same", "same\n"), ("a", "ours\n"), ("ours", "own\n")]);
        let theirs = lock(&[("same", "same\n"), ("a", "theirs\n"), ("theirs", "own\n")]);
        for (on_disk, is_known) in [
            ("ours\n", true),
            ("theirs\n", true),
            (conflicting, true),
            ("<<<<<<< HEAD\nours\n=======\nedited\n>>>>>>> other\n", false),
            ("ours\ntheirs\n", false),
        ] {
            let merged = ours.clone().merged_with(theirs.clone(), |_| Some(on_disk.into()));
            assert_eq!(
                merged.files[Utf8Path::new("a")] == digest(on_disk.as_bytes()),
                is_known,
                "{on_disk:?}"
            );
            for (path, text) in [("same", "same\n"), ("ours", "own\n"), ("theirs", "own\n")] {
                assert_eq!(merged.files[Utf8Path::new(path)], digest(text.as_bytes()), "{path}");
            }
        }
    }
}
