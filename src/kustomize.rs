//! **kustomize**: its files, and the dialect of its env files. Knows nothing of compose, and of our
//! decisions only what a tree of files is.
//!
//! What each version of kustomize does was tried; only what all of them from 4.4 (kubectl 1.23) on do
//! the same way is used here.

pub mod build;
#[doc(hidden)]
pub mod characters;
#[doc(hidden)]
pub mod env_file;
mod kustomization;
#[doc(hidden)]
pub mod outermost;
#[doc(hidden)]
pub mod patch;
pub mod places;

use camino::Utf8PathBuf;

pub use self::kustomization::{Generator, Image, Kustomization, Patch, Target};

/// Whose a file is, once it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Ours: every run rewrites it, and the lock knows its digest.
    Generated,
    /// Ours as well, but beside the output directory: `../skaffold.yaml` and no other name.
    Companion,
    /// The user's: written where nothing is yet.
    Yours,
    /// The user's, ignored by git, readable for its owner only, and unknown to the lock.
    Secret,
    /// Ours, and like a secret in everything else: what was written into files of secrets.
    Record,
}

/// A file to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// Relative to the output directory.
    pub path: Utf8PathBuf,
    /// What it holds, if it is written.
    pub bytes: Vec<u8>,
    /// Whose it is.
    pub owner: Owner,
}

impl TreeFile {
    /// A file of text.
    pub fn new(path: impl Into<Utf8PathBuf>, owner: Owner, text: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: text.into(), owner }
    }
}
