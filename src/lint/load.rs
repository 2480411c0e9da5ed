//! Reads everything that checks look at: projects in all their environments, env files, manifests.
//!
//! What cannot be read or parsed is one finding a file, and the rest goes on.

mod find;
mod git;
mod manifests;
mod project;
mod rendered;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

pub use git::{InGit, is_ignored};
pub use manifests::Manifest;
pub use project::{Environment, HOME, LOCAL, Project, Start, is_template};
pub use rendered::{Rendered, Rendering, Tree};

use super::findings::Finding;
use crate::{
    compose::{
        dotenv::{self, DotenvError, Parsed},
        model::InputRole,
    },
    diag::codes,
    kustomize,
    secret::Hidden,
    text::{Files, SourceId, Sources, Span, clean},
    yaml::parse::decode,
};

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Files and directories, absolute; [`crate::text::STANDARD_INPUT`] for a compose file that comes that way.
    pub paths: Vec<Utf8PathBuf>,
    /// Compose files that are one project together, in their order.
    pub project: Vec<Utf8PathBuf>,
    /// The working directory, absolute: files below it are named relative to it.
    pub directory: Utf8PathBuf,
    /// The environments to look at; none means all.
    pub environments: Vec<String>,
    /// The variables of the process, of which `fromShell` names those that count.
    pub process: BTreeMap<String, String>,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The projects, by directory.
    pub projects: Vec<Project>,
    /// The env files, by path.
    pub env_files: BTreeMap<Utf8PathBuf, EnvFile>,
    /// Files with Kubernetes objects, and kustomizations.
    pub manifests: Vec<Manifest>,
    /// What those render to.
    pub rendered: Rendered,
    /// What git has of env files, scripts and manifests, by their texts.
    pub in_git: BTreeMap<SourceId, InGit>,
    /// What could not be read.
    pub problems: Vec<Finding>,
    /// What the projects hide, those that cannot be read included.
    pub hidden: Hidden,
    /// The working directory: files are named relative to it.
    pub directory: Utf8PathBuf,
    /// How many files were looked at.
    pub files: usize,
}

/// One env file.
#[derive(Debug)]
pub struct EnvFile {
    /// Its text.
    pub source: SourceId,
    /// What reads it.
    pub readers: Readers,
    /// Whether `convert` wrote it: what kustomize reads in it is meant.
    pub is_generated: bool,
    /// What Compose reads in it.
    pub parsed: Result<Parsed, DotenvError>,
}

impl Inputs {
    /// The variables that projects use as secrets and that may be those of this env file: it is in the directory of the
    /// project, or the project reads it.
    pub fn secret_sources(&self, path: &Utf8Path) -> BTreeSet<&str> {
        let reads = |project: &Project| {
            let mut inputs = project.environments.iter().flat_map(|environment| &environment.model.inputs);
            path.starts_with(&project.directory) || inputs.any(|input| input.path == path)
        };
        let projects = self.projects.iter().filter(|project| reads(project));
        projects.flat_map(|project| project.secret_sources.iter().map(String::as_str)).collect()
    }
}

/// Which programs read an env file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Readers {
    /// A service's `env_file`, or the project's `.env`.
    pub compose: bool,
    /// The `envs` of a generator in a kustomization.
    pub kustomize: bool,
    /// Containers, in which it is a file: by a mount, or by the `files` of a generator.
    pub containers: bool,
}

impl Readers {
    /// Whether nothing takes its lines for variables but the programs in containers, in a way of their own.
    pub fn are_containers_alone(self) -> bool {
        self.containers && !self.compose && !self.kustomize
    }
}

/// Reads it all.
pub fn load(request: &Request, files: &dyn Files, sources: &mut Sources) -> Inputs {
    let mut loader = Loader {
        request,
        files,
        sources,
        inputs: Inputs { directory: request.directory.clone(), ..Inputs::default() },
    };
    let found = loader.find();
    for directory in &found.projects {
        loader.project(directory);
    }
    for file in &found.compose_files {
        loader.compose_files(std::slice::from_ref(file));
    }
    if !request.project.is_empty() {
        loader.compose_files(&request.project);
    }
    for path in &found.manifests {
        loader.manifest(path);
    }
    loader.env_files(&found.env_files);
    loader.rendered();
    loader.in_git();
    loader.inputs.files = loader.sources.iter().count();
    loader.inputs
}

/// Whether Compose reads an input as an env file.
pub fn is_env(role: InputRole) -> bool {
    matches!(role, InputRole::Dotenv | InputRole::EnvironmentFile | InputRole::ServiceEnvFile)
}

struct Loader<'a> {
    request: &'a Request,
    files: &'a dyn Files,
    sources: &'a mut Sources,
    inputs: Inputs,
}

impl Loader<'_> {
    /// Reads a text; one that cannot be read is reported.
    fn text(&mut self, path: &Utf8Path) -> Option<SourceId> {
        let text = self.files.read(path).map_err(|error| error.to_string());
        let text = text.and_then(|bytes| decode(bytes).map_err(|problem| problem.to_string()));
        match text {
            Ok(text) => Some(self.sources.add(self.shown(path), text)),
            Err(problem) => {
                let message = format!("`{}` cannot be read: {problem}", self.shown(path));
                self.inputs.problems.push(Finding::of_run(codes::UNREADABLE_INPUT, message));
                None
            }
        }
    }

    /// A path as people know it: relative to the working directory if it is below it.
    fn shown(&self, path: &Utf8Path) -> Utf8PathBuf {
        path.strip_prefix(&self.request.directory).map_or_else(|_| path.to_owned(), Utf8Path::to_owned)
    }

    /// Reports that a file cannot be parsed; once a file.
    fn cannot_parse(&mut self, span: Span, message: &str, help: Option<&str>) {
        let known =
            |finding: &Finding| finding.code == codes::PARSE_ERROR && finding.span().source == span.source;
        if !self.inputs.problems.iter().any(known) {
            let mut finding = Finding::of_place(codes::PARSE_ERROR, message, span);
            finding.help = help.map(str::to_owned);
            self.inputs.problems.push(finding);
        }
    }

    /// Looks up what git has of files that may hold secrets.
    fn in_git(&mut self) {
        let scripts = self.inputs.projects.iter().flat_map(|project| &project.environments);
        let starts = scripts.flat_map(|environment| environment.starts.values());
        let scripts = starts.filter_map(|start| Some((start.script?, start.known.file.clone()?)));
        let env_files = self.inputs.env_files.iter().map(|(path, file)| (file.source, path.clone()));
        let manifests = self.inputs.manifests.iter().map(|manifest| (manifest.source, manifest.path.clone()));
        let all: BTreeMap<SourceId, Utf8PathBuf> = scripts.chain(env_files).chain(manifests).collect();
        let mut repositories = git::Repositories::default();
        self.inputs.in_git =
            all.into_iter().map(|(id, path)| (id, repositories.state(&path, self.files))).collect();
    }

    /// The env files that were found, and those that projects and kustomizations name.
    fn env_files(&mut self, found: &BTreeSet<Utf8PathBuf>) {
        let by_compose = self.inputs.projects.iter().flat_map(|project| &project.environments);
        let by_compose = by_compose.flat_map(|environment| &environment.model.inputs);
        let by_compose: BTreeSet<Utf8PathBuf> =
            by_compose.filter(|input| is_env(input.role)).map(|input| input.path.clone()).collect();
        let mut generated = BTreeSet::new();
        let (mut by_kustomize, mut as_files) = (BTreeSet::new(), self.mounted());
        for manifest in &self.inputs.manifests {
            let named = manifest.generator_files();
            if kustomize::is_generated(self.sources.get(manifest.source).text()) {
                generated.extend(named.envs.iter().cloned());
            }
            by_kustomize.extend(named.envs);
            as_files.extend(named.files);
        }
        let all: BTreeSet<&Utf8PathBuf> = found.iter().chain(&by_compose).chain(&by_kustomize).collect();
        for path in all {
            // A file that a kustomization names and that is not there is for rules to tell.
            if !found.contains(path) && self.files.kind(path).is_none() {
                continue;
            }
            let Some(source) = self.text(path) else { continue };
            let parsed = dotenv::parse(self.sources.get(source).text(), &|_| None);
            let readers = Readers {
                compose: by_compose.contains(path),
                kustomize: by_kustomize.contains(path),
                containers: path.ancestors().any(|above| as_files.contains(above)),
            };
            let text = self.sources.get(source).text();
            let is_generated = generated.contains(path) || kustomize::is_generated(text);
            self.inputs.env_files.insert(path.clone(), EnvFile { source, readers, is_generated, parsed });
        }
    }

    /// The files and directories that containers mount. What they mount a whole project by is its code.
    fn mounted(&self) -> BTreeSet<Utf8PathBuf> {
        let mut all = BTreeSet::new();
        for project in &self.inputs.projects {
            for environment in &project.environments {
                let model = &environment.model;
                let services = model.services.values().filter_map(|service| service.value.volumes.as_ref());
                let mounts = services.flat_map(|volumes| &volumes.value);
                let mounts = mounts.filter_map(|mount| mount.value.source.as_ref());
                let objects = model.configs.values().chain(model.secrets.values());
                let objects = objects.filter_map(|object| object.file.as_ref());
                let paths = mounts.chain(objects).map(|path| clean(Utf8Path::new(&path.value)));
                all.extend(paths.filter(|path| path.is_absolute() && !project.directory.starts_with(path)));
            }
        }
        all
    }
}
