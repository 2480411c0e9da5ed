//! The files that planning may read: those of the project without what git and the output directory hold.

use std::{cell::RefCell, collections::BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::Project,
    diag::{Diagnostic, Report, codes},
    text::{FileError, FileKind, Files, Rights, clean},
};

/// Remembers what was refused, so that nothing is left out in silence.
pub(super) struct Confined<'f> {
    files: &'f dyn Files,
    /// The output directory, links resolved.
    output: Utf8PathBuf,
    refused: RefCell<BTreeSet<Utf8PathBuf>>,
}

impl<'f> Confined<'f> {
    pub(super) fn new(files: &'f dyn Files, output: &Utf8Path) -> Self {
        let output = files.resolve_links(output).unwrap_or_else(|| output.to_owned());
        Self { files, output, refused: RefCell::default() }
    }

    /// Warns of each path that was refused, unless a project names it: then what became of it is said there.
    pub(super) fn tell<'p>(
        self,
        directory: &Utf8Path,
        projects: impl Iterator<Item = &'p Project>,
        report: &mut Report,
    ) {
        let named: BTreeSet<Utf8PathBuf> = projects.flat_map(named).collect();
        for path in self.refused.take().difference(&named) {
            let shown = path.strip_prefix(directory).unwrap_or(path);
            let message = format!("`{shown}` leads out of the project and is not read");
            let help = "put the file itself into the project, or list its directory in `allowOutside` of \
                        kustompose.yaml";
            report.push(Diagnostic::warning(codes::OUTSIDE_PROJECT, message).help(help));
        }
    }

    /// Whether the path belongs to git or to the manifests: neither ever becomes a part of the manifests.
    fn is_withheld(&self, path: &Utf8Path) -> bool {
        let real = self.files.resolve_links(path);
        real.is_some_and(|real| {
            real.starts_with(&self.output) || real.components().any(|part| part.as_str() == ".git")
        })
    }

    fn checked<T>(
        &self,
        path: &Utf8Path,
        read: impl FnOnce() -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        if self.is_withheld(path) {
            return Err(FileError::Withheld);
        }
        read().inspect_err(|error| {
            if *error == FileError::Outside {
                self.refused.borrow_mut().insert(clean(path));
            }
        })
    }
}

/// The files and directories that a project names: those of its secrets, configs and mounts.
pub(in crate::cli) fn named(project: &Project) -> impl Iterator<Item = Utf8PathBuf> {
    let objects = project.secrets.values().chain(project.configs.values());
    let files = objects.filter_map(|object| object.file.as_ref());
    let mounts = project.services.values().flat_map(|service| service.volumes.iter());
    let sources = mounts.flat_map(|volumes| &volumes.value).filter_map(|mount| mount.source.as_ref());
    files.chain(sources).map(|path| clean(Utf8Path::new(&path.value)))
}

impl Files for Confined<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        self.checked(path, || self.files.read(path))
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.files.kind(path)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.checked(path, || self.files.list(path))
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.files.resolve_links(path)
    }

    fn rights(&self, path: &Utf8Path) -> Option<Rights> {
        self.files.rights(path)
    }
}
