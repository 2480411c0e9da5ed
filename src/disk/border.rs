//! Which files may be read: those of the project, and what the user names.
//!
//! A project may come from strangers. What it refers to is read only where it lies within the project once links are
//! resolved, so that no file of this machine gets into the manifests or into a message.

use std::{collections::BTreeSet, fs};

use camino::{Utf8Path, Utf8PathBuf};

/// Directories whose files are made by the kernel: none of them belongs to a project.
const KERNEL: &[&str] = &["/dev", "/proc", "/sys"];

/// The directories below which everything may be read, and single files beside them. All paths have no links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Border {
    directories: BTreeSet<Utf8PathBuf>,
    files: BTreeSet<Utf8PathBuf>,
}

impl Border {
    /// The border around a project: the git work tree that it lies in, else the higher of project and working directory
    /// where one contains the other, else the project.
    pub(super) fn around(project: &Utf8Path, working: &Utf8Path) -> Self {
        let (project, working) = (resolved(project), resolved(working));
        let is_work_tree = |directory: &&Utf8Path| fs::symlink_metadata(directory.join(".git")).is_ok();
        let root = project.ancestors().find(is_work_tree);
        let root = root.or_else(|| project.starts_with(&working).then_some(working.as_path()));
        let root = root.unwrap_or(&project).to_owned();
        Self { directories: BTreeSet::from([root]), files: BTreeSet::new() }
    }

    /// Lets everything below a directory be read, or a file.
    pub(super) fn allow(&mut self, path: &Utf8Path) {
        self.directories.insert(resolved(path));
    }

    /// Lets a file be read that the command line names.
    pub(super) fn allow_file(&mut self, path: &Utf8Path) {
        self.files.insert(resolved(path));
    }

    /// Whether a path without links is within the border.
    pub(super) fn holds(&self, path: &Utf8Path) -> bool {
        self.files.contains(path) || self.directories.iter().any(|directory| path.starts_with(directory))
    }
}

/// Whether a path without links leads to what the kernel makes.
pub(super) fn is_of_the_kernel(path: &Utf8Path) -> bool {
    KERNEL.iter().any(|directory| path.starts_with(directory))
}

/// The path without links, as far as it exists.
pub(super) fn resolved(path: &Utf8Path) -> Utf8PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize_utf8() {
            return path.strip_prefix(ancestor).map_or_else(|_| real.clone(), |rest| join(&real, rest));
        }
    }
    path.to_owned()
}

/// The path itself where nothing follows: a trailing slash would make another name of it.
fn join(path: &Utf8Path, rest: &Utf8Path) -> Utf8PathBuf {
    if rest.as_str().is_empty() { path.to_owned() } else { path.join(rest) }
}
