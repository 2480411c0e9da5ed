//! What the files that all environments share say by themselves: the base of the manifests.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::LoadedEnvironment;
use crate::{
    compose::{
        self, Request, Unset,
        model::{InputRole, Project, Role},
    },
    diag::Report,
    text::{Files, Sources},
};

/// Loads the files that all of several environments are read from, and no others; none if there are no such compose
/// files. Variables that these files do not set are unknown, unless they have a default. `request` says what the
/// environments have in common beside their files.
pub(super) fn load(
    environments: &[LoadedEnvironment],
    request: &Request,
    files: &dyn Files,
    sources: &mut Sources,
) -> Option<Project> {
    let (first, rest) = environments.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let is_alike = |other: &LoadedEnvironment| other.project.directory == first.project.directory;
    let compose = of_all(environments, |role| role == InputRole::Compose(Role::Project));
    if compose.is_empty() || !rest.iter().all(is_alike) {
        return None;
    }
    let mut request = Request {
        files: compose,
        env_files: of_all(environments, |role| {
            matches!(role, InputRole::Dotenv | InputRole::EnvironmentFile)
        }),
        project_directory: Some(first.project.directory.clone()),
        project_name: Some(first.project.name.clone()),
        profiles: vec!["*".to_owned()],
        ..request.clone()
    };
    request.options.unset = Unset::UnknownWithoutDefault;
    request.options.check_consistency = false;
    if request.env_files.is_empty() {
        // Else `.env` would be read.
        request.environment.insert("COMPOSE_DISABLE_ENV_FILE".to_owned(), "1".to_owned());
    }
    // What is wrong with the files is said of the environments.
    let mut project = compose::load_in_part(&request, files, sources, &mut Report::default())?;
    let runs = |name: &String| environments.iter().any(|it| it.project.services.contains_key(name));
    project.services.retain(|name, _| runs(name));
    project.disabled_services.clear();
    Some(project)
}

/// The files of a role that every environment was read from, in the order of the first one.
fn of_all(environments: &[LoadedEnvironment], is_meant: impl Fn(InputRole) -> bool) -> Vec<Utf8PathBuf> {
    let paths = |environment: &LoadedEnvironment| -> Vec<Utf8PathBuf> {
        let inputs = environment.project.inputs.iter().filter(|input| is_meant(input.role));
        inputs.map(|input| input.path.clone()).collect()
    };
    let Some((first, rest)) = environments.split_first() else { return Vec::new() };
    let others: Vec<Vec<Utf8PathBuf>> = rest.iter().map(paths).collect();
    let mut seen = BTreeSet::new();
    let is_shared = |path: &Utf8Path| others.iter().all(|paths| paths.iter().any(|other| other == path));
    paths(first).into_iter().filter(|path| is_shared(path) && seen.insert(path.clone())).collect()
}
