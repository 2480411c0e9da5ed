//! **compose**: loading a project as `docker compose` does. Knows nothing of Kubernetes.
//!
//! [`load`] is the documentation of the order of the stages; each is a module below.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::{
    diag::{Diagnostic, Report, Severity, codes},
    text::{Files, Sources, Spanned},
    yaml::{Key, Map, Node},
};
use context::Context;
use discover::Found;
use layers::{Purpose, Scope};
pub use model::Project;
pub use secret_sources::secret_sources;
pub(crate) use variables::STAND_IN;
use variables::Variables;

mod bounds;
mod canonical;
mod causes;
mod consistency;
mod context;
mod defaults;
pub(crate) mod discover;
pub mod dotenv;
mod entry;
mod env_files;
mod extends;
pub mod hash;
mod include;
#[cfg(feature = "docker-compose-types")]
mod interchange;
mod interpolate;
mod key_path;
mod layers;
mod merge;
pub mod model;
mod normalise;
mod paths;
pub mod print;
mod profiles;
mod reset;
mod resolve;
mod rules;
pub(crate) mod schema;
mod secret_sources;
mod select;
mod surprises;
pub mod template;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod unique;
mod validate;
pub mod values;
mod variables;

/// What to load, in the words of docker compose's own flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `-f`, in order; none means to look for the usual names.
    pub files: Vec<Utf8PathBuf>,
    /// `--project-directory`
    pub project_directory: Option<Utf8PathBuf>,
    /// `-p`
    pub project_name: Option<String>,
    /// `--profile`; none means `COMPOSE_PROFILES`.
    pub profiles: Vec<String>,
    /// `--env-file`, in order; none means `.env`.
    pub env_files: Vec<Utf8PathBuf>,
    /// The variables of the process that the files may read.
    pub environment: BTreeMap<String, String>,
    /// What relative paths of the request are relative to, absolute.
    pub working_directory: Utf8PathBuf,
    /// Services to keep, with their dependencies; none means all.
    pub services: Vec<String>,
    /// Which stages take part.
    pub options: Options,
}

/// Which stages of loading take part; by default all do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Replace variables.
    pub interpolate: bool,
    /// Write out what is implied.
    pub normalise: bool,
    /// Make paths absolute; without this, they are relative to the project's directory.
    pub resolve_paths: bool,
    /// Check that the parts of the project fit together.
    pub check_consistency: bool,
    /// With this check, refuse container names that several services have.
    pub check_container_names: bool,
    /// Read the env files of services into their `environment`; without this, `env_file` stays.
    pub resolve_environment: bool,
    /// Keep networks, volumes, secrets, configs and models that no service uses.
    pub all_resources: bool,
    /// What becomes of variables that nothing sets.
    pub unset: Unset,
}

/// What becomes of variables that nothing sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unset {
    /// As in compose: nothing, or the default that a reference gives.
    #[default]
    AsInCompose,
    /// Some files that set variables are not here: what no other file sets is unknown, required or not, and so is
    /// what has a default.
    Unknown,
    /// The files are read without those that set variables: what has no default is unknown, required or not.
    UnknownWithoutDefault,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            interpolate: true,
            normalise: true,
            resolve_paths: true,
            check_consistency: true,
            check_container_names: true,
            resolve_environment: true,
            all_resources: false,
            unset: Unset::AsInCompose,
        }
    }
}

/// Loads a project. Everything wrong with it is reported in one run; there is a project if, and only
/// if, nothing of that is an error.
pub fn load(
    request: &Request,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Project> {
    let mut own = Report::default();
    let project = load_in_part(request, files, sources, &mut own).filter(|_| !own.has_errors());
    report.append_new(own);
    project
}

/// The same, but what can be read of a project that is refused is given all the same. Nothing at all if
/// there is no compose file.
pub fn load_in_part(
    request: &Request,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Project> {
    let mut own = Report::default();
    let read = read(request, files, sources, &mut own);
    causes::drop_consequences(&mut own);
    let project = read.map(|read| checked(read, request, &mut own));
    // Files are read several times where services of several files extend them.
    report.append_new(own);
    project
}

/// A project as its files say it.
struct Read {
    project: Project,
    /// Some files are not here, of which errors follow everywhere.
    lacks_files: bool,
    /// Nothing was refused but what env files say.
    is_sound: bool,
}

fn read(request: &Request, files: &dyn Files, sources: &mut Sources, report: &mut Report) -> Option<Read> {
    let (mut tree, found, mut context) = tree(request, files, sources, report)?;
    let profiles = active_profiles(&tree, &found, request);
    let refused = context.report.count(Severity::Error);
    resolve_env_files(&mut tree, &profiles, &found, request.options, &mut context);
    let of_env_files = context.report.count(Severity::Error) - refused;
    canonical::for_model(&mut tree, context.sources, context.report);
    let mut project = Project::read(&tree, context.report);
    project.secret_values = secret_values(&project, &found.variables);
    project.variables = found.variables.values();
    project.variable_places = found.variables.places();
    project.directory = found.directory;
    project.documents = std::mem::take(&mut context.documents);
    project.inputs = std::mem::take(&mut context.inputs);
    disable(&mut project, &tree, &profiles);
    let lacks_files = context.lacks_files;
    Some(Read { project, lacks_files, is_sound: report.count(Severity::Error) == of_env_files })
}

/// The project with what is asked for of it, its parts checked against each other.
fn checked(read: Read, request: &Request, report: &mut Report) -> Project {
    let mut project = read.project;
    bounds::check(&mut project, report);
    if request.options.check_consistency {
        // What env files cannot give changes nothing of what refers to what.
        if read.is_sound {
            consistency::check(&mut project, request.options.check_container_names, report);
        } else if !read.lacks_files {
            consistency::check_references(&project, report);
        }
    }
    select::services(&mut project, &request.services, report);
    if !request.options.all_resources {
        select::used_resources(&mut project);
    }
    project
}

/// What secrets that are made from a variable hold.
fn secret_values(project: &Project, variables: &Variables) -> BTreeMap<String, String> {
    let value = |(key, secret): (&String, &Spanned<model::FileObject>)| {
        let name = secret.environment.as_ref()?;
        Some((key.clone(), variables.value(&name.value)?))
    };
    project.secrets.iter().filter_map(value).collect()
}

/// The merged tree of a project before it is read into the model: what `config --no-interpolate`
/// prints.
pub fn load_tree(
    request: &Request,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Node> {
    let mut own = Report::default();
    let tree = tree(request, files, sources, &mut own).map(|(tree, _, _)| tree);
    causes::drop_consequences(&mut own);
    let tree = tree.filter(|_| !own.has_errors());
    report.append_new(own);
    tree
}

/// Everything up to the canonical tree of the whole project, in which all is written out.
fn tree<'a>(
    request: &Request,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    report: &'a mut Report,
) -> Option<(Node, Found, Context<'a>)> {
    sources.budget().begin_load();
    let home = request.environment.get("HOME").cloned();
    let mut context = Context::new(files, sources, report, request.working_directory.clone(), home);
    let mut found = discover::discover(request, &mut context)?;
    let name = discover::name(request, &found, &mut context);
    found.variables.set("COMPOSE_PROJECT_NAME", name.as_deref().unwrap_or_default(), None);
    let scope = Scope {
        purpose: Purpose::Project,
        variables: &found.variables,
        directory: &found.directory,
        chain: &[],
        interpolate: request.options.interpolate,
    };
    let base = request.options.resolve_paths.then_some(found.directory.as_path());
    let mut tree = layers::load(&found.files, &scope, base, &mut context);
    surprises::warn(&tree, &mut context);
    set_name(&mut tree, name.as_deref(), &mut context);
    if request.options.normalise {
        let none = Variables::default();
        let variables = if request.options.interpolate { &found.variables } else { &none };
        normalise::normalise(&mut tree, variables);
    }
    Some((tree, found, context))
}

/// A project has at least something in it, and the name that was found for it.
fn set_name(tree: &mut Node, name: Option<&str>, context: &mut Context<'_>) {
    let span = tree.span;
    let Some(map) = tree.as_map_mut() else { return };
    if map.is_empty() && !context.report.has_errors() {
        context.report.push(Diagnostic::error(codes::EMPTY_COMPOSE_FILE, "the compose files say nothing"));
    }
    let place = map.get("name").map_or(span, |name| name.span);
    map.insert(Key::new("name", place), Node::string(name.unwrap_or_default(), place));
}

fn services(tree: &Node) -> Option<&Map> {
    tree.get("services").and_then(Node::as_map)
}

fn active_profiles(tree: &Node, found: &Found, request: &Request) -> Vec<String> {
    match services(tree) {
        Some(services) => profiles::with_named(services, &found.profiles, &request.services),
        None => found.profiles.clone(),
    }
}

fn resolve_env_files(
    tree: &mut Node,
    profiles: &[String],
    found: &Found,
    options: Options,
    context: &mut Context<'_>,
) {
    let services = tree.get_mut("services").and_then(Node::as_map_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        if !profiles::is_active(service, profiles) {
            env_files::drop(service);
            continue;
        }
        if options.resolve_environment {
            if let Some(environment) = service.get_mut("environment") {
                normalise::resolve_names(environment, &found.variables, true);
            }
            env_files::resolve_environment(service, &found.variables, &found.directory, context);
        }
        env_files::resolve_labels(service, &found.directory, context);
    }
}

/// Sets services aside whose profiles are not active.
fn disable(project: &mut Project, tree: &Node, profiles: &[String]) {
    let is_active = |name: &str| {
        services(tree)
            .and_then(|services| services.get(name))
            .is_none_or(|node| profiles::is_active(node, profiles))
    };
    if project.services.keys().all(|name| is_active(name)) {
        return;
    }
    let (active, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut project.services).into_iter().partition(|(name, _)| is_active(name));
    project.services = active.into_iter().collect();
    project.disabled_services = rest.into_iter().collect();
}
