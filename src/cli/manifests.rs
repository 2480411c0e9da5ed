//! The files of manifests, as a build is to see them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    secret_files,
    text::{FileError, FileKind, Files},
};

/// When the example of a file of secret values stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Examples {
    /// Always: nothing secret is read.
    Always,
    /// For all files but patches. A field that has a secret now may have had none before: what Compose says in it is
    /// compared with what stands in clear there.
    NotForPatches,
    /// Where the file is missing.
    WhereMissing,
}

/// Files of manifests: some have another content, and examples stand in the place of secret values.
pub(super) struct Manifests<'a> {
    pub(super) files: &'a dyn Files,
    /// The directory of the tree.
    pub(super) output: &'a Utf8Path,
    pub(super) examples: Examples,
    /// Files with what they hold here.
    pub(super) replaced: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl Manifests<'_> {
    /// The example that stands in the place of a file.
    fn example(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let below = path.strip_prefix(self.output).ok()?;
        if !secret_files::is_value(below) {
            return None;
        }
        let example = Utf8PathBuf::from(format!("{path}{}", secret_files::EXAMPLE));
        let is_there =
            self.replaced.contains_key(&example) || self.files.kind(&example) == Some(FileKind::File);
        let is_wanted = match self.examples {
            Examples::Always => true,
            Examples::NotForPatches => !path.as_str().ends_with(secret_files::PATCH),
            Examples::WhereMissing => false,
        } || self.files.kind(path).is_none();
        (is_wanted && is_there).then_some(example)
    }
}

impl Files for Manifests<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        if let Some(bytes) = self.replaced.get(path) {
            return Ok(bytes.clone());
        }
        let example = self.example(path);
        let path = example.as_deref().unwrap_or(path);
        self.replaced.get(path).map_or_else(|| self.files.read(path), |bytes| Ok(bytes.clone()))
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        let behind = || self.replaced.range::<Utf8Path, _>((Bound::Excluded(path), Bound::Unbounded));
        let is_below = || behind().next().is_some_and(|(file, _)| file.starts_with(path));
        match self.example(path) {
            _ if self.replaced.contains_key(path) => Some(FileKind::File),
            Some(_) => Some(FileKind::File),
            None => self.files.kind(path).or_else(|| is_below().then_some(FileKind::Directory)),
        }
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        let mut names: BTreeSet<String> = match self.files.list(path) {
            Err(error) if self.kind(path) != Some(FileKind::Directory) => return Err(error),
            listed => listed.unwrap_or_default().into_iter().collect(),
        };
        let here = self.replaced.keys().filter(|file| file.parent() == Some(path));
        names.extend(here.filter_map(|file| file.file_name()).map(str::to_owned));
        Ok(names.into_iter().collect())
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if self.files.kind(path).is_some() {
            return self.files.resolve_links(path);
        }
        // What is not there lies in the directory that it would lie in.
        let directory = self.resolve_links(path.parent()?)?;
        Some(directory.join(path.file_name()?))
    }
}
