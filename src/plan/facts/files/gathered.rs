//! The files below a directory, as far as they may be configuration.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::code;
use crate::{
    plan::facts::context::Context,
    text::{FileError, FileKind},
};

/// The most that a ConfigMap holds, less room for its names.
pub(super) const CONFIG_LIMIT: usize = 1_000_000;
/// As many directories may be in one that is mounted.
const DIRECTORIES: usize = 1000;
/// More files than this are no configuration.
pub(super) const CONFIG_FILES: usize = 100;

/// How much of a directory was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gathered {
    All,
    /// The files are too many or too large.
    TooMuch,
    /// Something in it cannot be read, or is no regular file.
    Unread,
}

/// What is below a directory, by the paths there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::plan) struct Contents {
    pub(in crate::plan) files: BTreeMap<String, Vec<u8>>,
    /// Links that lead nowhere, as seen from here.
    pub(in crate::plan) broken_links: BTreeSet<String>,
}

/// Gathers what is below a directory.
pub(super) fn collect(context: &Context<'_>, directory: &Utf8Path) -> (Gathered, Contents) {
    let mut collected = Collected { context, found: Contents::default(), size: 0, directories: 0 };
    (collected.add(directory, ""), collected.found)
}

/// Files that are gathered, and how much that is.
struct Collected<'a> {
    context: &'a Context<'a>,
    found: Contents,
    size: usize,
    directories: usize,
}

impl Collected<'_> {
    /// What leads out of the project, to git or to the manifests is left out: no other machine has it.
    fn add(&mut self, directory: &Utf8Path, prefix: &str) -> Gathered {
        let files = self.context.files;
        self.directories += 1;
        let names = match files.list(directory) {
            Ok(names) => names,
            Err(error) => return left_out(&error),
        };
        for name in names {
            let (path, key) = (directory.join(&name), format!("{prefix}{name}"));
            if code::is_of_the_project(self.context, directory, &name) {
                continue;
            }
            let gathered = match files.kind(&path) {
                Some(FileKind::Directory) if leads_around(self.context, &path) => Gathered::All,
                Some(FileKind::Directory) => self.add(&path, &format!("{key}/")),
                Some(FileKind::File) => match files.read(&path) {
                    Ok(bytes) => {
                        self.size += bytes.len();
                        self.found.files.insert(key, bytes);
                        Gathered::All
                    }
                    Err(error) => left_out(&error),
                },
                // A link that leads nowhere, or to a place in the container: it has no content here.
                None => {
                    self.found.broken_links.insert(key);
                    Gathered::All
                }
                Some(FileKind::Special) => Gathered::Unread,
            };
            if gathered != Gathered::All {
                return gathered;
            }
            let too_many = self.found.files.len() > CONFIG_FILES || self.directories > DIRECTORIES;
            if too_many || self.size > CONFIG_LIMIT {
                return Gathered::TooMuch;
            }
        }
        Gathered::All
    }
}

/// Whether a link leads back to a directory that it is in.
fn leads_around(context: &Context<'_>, path: &Utf8Path) -> bool {
    let real = |path: &Utf8Path| context.files.resolve_links(path);
    let around = path.parent().and_then(real);
    real(path).zip(around).is_some_and(|(real, around)| around.starts_with(&real))
}

fn left_out(error: &FileError) -> Gathered {
    if matches!(error, FileError::Outside | FileError::Withheld) { Gathered::All } else { Gathered::Unread }
}
