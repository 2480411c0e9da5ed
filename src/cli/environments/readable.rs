//! Environments that cannot be read whole on this machine: git ignores many an env file. They are loaded as far as
//! that goes.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::project,
    compose::{
        self, Request, Unset,
        model::{InputRole, Project},
    },
    diag::{Diagnostic, Report, codes},
    plan::Known,
    text::{FileError, FileKind, Files, Rights, STANDARD_INPUT, Sources, clean},
};

/// Files of which some are taken to be there and empty.
pub(super) struct WithEmpty<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) empty: &'a BTreeSet<Utf8PathBuf>,
}

impl Files for WithEmpty<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        if self.empty.contains(path) { Ok(Vec::new()) } else { self.files.read(path) }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        if self.empty.contains(path) { Some(FileKind::File) } else { self.files.kind(path) }
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        let mut names: BTreeSet<String> = self.files.list(path)?.into_iter().collect();
        let here = self.empty.iter().filter(|file| file.parent() == Some(path));
        names.extend(here.filter_map(|file| file.file_name()).map(str::to_owned));
        Ok(names.into_iter().collect())
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.files.resolve_links(path)
    }

    fn rights(&self, path: &Utf8Path) -> Option<Rights> {
        self.files.rights(path)
    }
}

/// A project as far as it could be read.
pub(super) struct Readable {
    pub(super) project: Project,
    pub(super) known: Known,
    /// The files of variables that are missing, if it is not known whole.
    pub(super) missing: BTreeSet<Utf8PathBuf>,
}

/// Loads an environment. Where files with its variables are gone that an earlier run read, as the lock
/// says in `recorded`, it is loaded as far as that goes.
pub(super) fn load(
    environment: &str,
    request: &Request,
    recorded: Option<&BTreeMap<String, String>>,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Readable> {
    let missing = missing(recorded, &request.working_directory, files);
    if !missing.is_empty() {
        let mut incomplete = request.clone();
        incomplete.options.unset = Unset::Unknown;
        let with_empty = WithEmpty { files, empty: &missing };
        let project = compose::load(&incomplete, &with_empty, sources, &mut Report::default());
        let known = project.as_ref().map_or(Known::All, |project| known(project, &missing));
        if let Some(project) = project.filter(|_| known != Known::All) {
            let missing = lacking(&project, &missing).map(|(path, _)| path.clone()).collect();
            return Some(Readable { project, known, missing });
        }
        // Without them, does it come to be another project?
        let guess = compose::load(request, &with_empty, sources, &mut Report::default());
        if let Some(guess) = guess.filter(|guess| lacking(guess, &missing).next().is_some()) {
            report.push(unreadable(environment, &guess, &missing, &request.working_directory));
            return None;
        }
    }
    let project = compose::load(request, files, sources, report)?;
    Some(Readable { project, known: Known::All, missing: BTreeSet::new() })
}

/// Files of variables that were read before and are not there.
pub(super) fn missing(
    recorded: Option<&BTreeMap<String, String>>,
    directory: &Utf8Path,
    files: &dyn Files,
) -> BTreeSet<Utf8PathBuf> {
    let is_compose_file = |path: &Utf8Path| matches!(path.extension(), Some("yaml" | "yml" | "json"));
    let paths = recorded.into_iter().flat_map(BTreeMap::keys).filter(|path| *path != STANDARD_INPUT);
    let paths = paths.map(|path| clean(&directory.join(path)));
    paths.filter(|path| !is_compose_file(path) && files.kind(path).is_none()).collect()
}

fn lacking<'a>(
    project: &'a Project,
    missing: &'a BTreeSet<Utf8PathBuf>,
) -> impl Iterator<Item = (&'a Utf8PathBuf, InputRole)> {
    let inputs = project.inputs.iter().filter(|input| missing.contains(&input.path));
    inputs.map(|input| (&input.path, input.role))
}

fn known(project: &Project, missing: &BTreeSet<Utf8PathBuf>) -> Known {
    let is_of_a_service =
        |(_, role): (_, InputRole)| matches!(role, InputRole::ServiceEnvFile | InputRole::LabelFile);
    if lacking(project, missing).next().is_none() {
        Known::All
    } else if lacking(project, missing).any(is_of_a_service) {
        Known::SomeVariables
    } else {
        Known::SomeValues
    }
}

/// The missing files of a project, for people.
fn names(project: &Project, missing: &BTreeSet<Utf8PathBuf>, directory: &Utf8Path) -> BTreeSet<String> {
    let shown = |path: &Utf8Path| format!("`{}`", project::relative(path, directory));
    lacking(project, missing).map(|(path, _)| shown(path)).collect()
}

fn unreadable(
    environment: &str,
    project: &Project,
    missing: &BTreeSet<Utf8PathBuf>,
    directory: &Utf8Path,
) -> Diagnostic {
    let names: Vec<String> = names(project, missing, directory).into_iter().collect();
    let message =
        format!("`{environment}` cannot be kept as it is: it cannot be read without {}", names.join(", "));
    Diagnostic::error(codes::UNKEEPABLE_ENVIRONMENT, message)
        .help("run `kustompose convert` where all files of this environment are")
}
