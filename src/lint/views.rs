//! What checks look at. Everything is read before they run: a check sees texts and places, never the disk.

mod env_text;
mod mounts;
mod rendered;
mod starts;
mod variables;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::{
    env_text::{Place, Statement},
    mounts::{Mount, MountKind},
    rendered::{Everything, Rendering, Tree, items, pairs, text_of},
    starts::{Start, in_words},
    variables::Variable,
};
use super::load::{self, Readers};
use crate::{
    compose::{
        self,
        dotenv::{self, DotenvError, Parsed},
        model::{self, InputRole},
    },
    text::{FileKind, Files, SourceId, Sources, Span},
    yaml::Node,
};

/// One document of a compose file as it is written.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// The project that it belongs to.
    pub project: &'a load::Project,
    /// The tree: anchors and merge keys resolved, variables not.
    pub tree: &'a Node,
}

/// One service of one environment.
#[derive(Clone, Copy)]
pub struct Service<'a> {
    /// The environment.
    pub environment: &'a Environment<'a>,
    /// Its name.
    pub name: &'a str,
    /// As Compose loads it.
    pub model: &'a model::Service,
}

/// One environment of a project.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// The project that it is an environment of.
    pub project: &'a load::Project,
    /// What was read of it.
    pub read: &'a load::Environment,
    /// Its name.
    pub name: &'a str,
    /// Whether it runs on a developer's machine.
    pub is_local: bool,
    /// As Compose loads it, services of all profiles included.
    pub model: &'a compose::Project,
    pub(super) files: &'a dyn Files,
}

/// A project with all its environments.
#[derive(Clone, Copy)]
pub struct Project<'a> {
    /// Everything that was read.
    pub inputs: &'a load::Inputs,
    /// All texts.
    pub sources: &'a Sources,
    /// What was read.
    pub read: &'a load::Project,
    /// The environments.
    pub environments: &'a [Environment<'a>],
}

/// One env file.
#[derive(Clone, Copy)]
pub struct EnvFile<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// Its path, absolute.
    pub path: &'a Utf8Path,
    /// Its text.
    pub source: SourceId,
    /// What reads it.
    pub readers: Readers,
    /// Whether `convert` wrote it.
    pub is_generated: bool,
    /// What Compose reads in it.
    pub parsed: &'a Result<Parsed, DotenvError>,
}

/// All env files of a run.
pub struct EnvFiles<'a> {
    /// The files, by path.
    pub all: Vec<EnvFile<'a>>,
    /// The files that each environment reads, in their order.
    pub by_environment: Vec<Vec<&'a Utf8Path>>,
}

/// One Kubernetes object in a manifest as it is written.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    /// All texts.
    pub sources: &'a Sources,
    /// The object.
    pub tree: &'a Node,
}

impl<'a> Environment<'a> {
    /// What is at a path of this machine, if anything.
    pub fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.files.kind(path)
    }

    /// Whether patterns of git leave a file out.
    pub fn is_ignored(&self, path: &Utf8Path) -> bool {
        load::is_ignored(path, self.files)
    }

    /// Its services.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        let services = self.model.services.iter();
        services.map(|(name, service)| Service { environment: self, name, model: &service.value })
    }

    /// Whether an env file of the project sets this variable.
    pub fn is_set_by_file(&self, name: &str) -> bool {
        self.read.set_by_files.contains(name)
    }

    /// Whether a service waits until this one has ended.
    pub fn awaits_completion_of(&self, name: &str) -> bool {
        let dependencies =
            self.model.services.values().filter_map(|service| service.value.depends_on.as_ref());
        let conditions = dependencies.filter_map(|list| list.value.get(name)?.value.condition.as_ref());
        conditions.into_iter().any(|condition| condition.value == "service_completed_successfully")
    }

    /// A path as people know it: relative to the project if it is below it.
    pub fn shown(&self, path: &'a Utf8Path) -> &'a Utf8Path {
        path.strip_prefix(&self.project.directory).unwrap_or(path)
    }

    /// Whether a service publishes a port under this number.
    pub fn publishes(&self, port: u16) -> bool {
        let ports = self.model.services.values().filter_map(|service| service.value.ports.as_ref());
        let published = ports.flat_map(|ports| &ports.value).filter_map(|port| port.value.published.as_ref());
        published.into_iter().any(|published| {
            let (first, last) =
                published.value.split_once('-').unwrap_or((&published.value, &published.value));
            let range = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
            range.is_some_and(|(first, last)| (first..=last).contains(&port))
        })
    }

    /// Whether programs in containers may read a file of this path: as an `env_file`, through a mount, or in the image.
    pub fn is_seen_by_programs(&self, path: &Utf8Path) -> bool {
        let as_env_file = self
            .model
            .inputs
            .iter()
            .any(|input| input.role == InputRole::ServiceEnvFile && input.path == path);
        as_env_file
            || self.services().any(|service| {
                let mounts = service.model.volumes.iter().flat_map(|volumes| &volumes.value);
                let mut sources = mounts.filter_map(|mount| mount.value.source.as_ref());
                service.build_context().is_some_and(|context| path.starts_with(context))
                    || sources.any(|source| source.value.starts_with('/') && path.starts_with(&source.value))
            })
    }
}

impl<'a> Service<'a> {
    /// All texts.
    pub fn sources(&self) -> &'a Sources {
        self.environment.sources
    }

    /// A value as its file writes it, variables and quotes included.
    pub fn written(&self, span: Span) -> &'a str {
        self.environment.sources.slice(span)
    }

    /// Whether what stands there is meant for developers' machines: in an override file, or not in all environments.
    pub fn is_for_development(&self, span: Span) -> bool {
        let file = self.sources().get(span.source).path().file_name().unwrap_or_default();
        let lacks = |environment: &load::Environment| {
            let services = environment.model.services.values();
            let mut mounts =
                services.filter_map(|service| service.value.volumes.as_ref()).flat_map(|it| &it.value);
            !mounts.any(|mount| mount.span == span)
        };
        file.contains(".override.")
            || self.environment.is_local && self.environment.project.environments.iter().any(lacks)
    }

    /// Whether the container gets a variable of this name that is not the host's variable of the same name.
    pub fn has_own_variable(&self, name: &str) -> bool {
        let environment = self.model.environment.as_ref();
        let variable = environment.and_then(|environment| environment.value.get(name));
        variable.is_some_and(|variable| {
            let template = variable.template.as_deref();
            let is_passed_on =
                template.is_some_and(|it| it.references().any(|reference| reference.name == name));
            variable.value.is_some() && !is_passed_on
        })
    }

    /// Whether the place is within one of its commands.
    pub fn is_in_command(&self, span: Span) -> bool {
        let test = self.model.healthcheck.as_ref().and_then(|check| check.value.test.as_ref());
        let spans = [
            self.model.command.as_ref().map(|command| command.span),
            self.model.entrypoint.as_ref().map(|command| command.span),
            test.map(|test| test.span),
        ];
        spans.into_iter().flatten().any(|command| command.contains(span))
    }

    /// Whether its network is that of the host or of another container, or others share its own.
    pub fn shares_network(&self) -> bool {
        let mode = |service: &model::Service| service.network_mode.as_ref().map(|mode| mode.value.clone());
        let own = mode(self.model).is_some_and(|mode| {
            mode == "host" || mode.starts_with("service:") || mode.starts_with("container:")
        });
        let shared = format!("service:{}", self.name);
        own || self
            .environment
            .model
            .services
            .values()
            .any(|other| mode(&other.value).as_ref() == Some(&shared))
    }
}

impl model::Healthcheck {
    /// Is there a check? One may be said that is none.
    pub(super) fn is_enabled(&self) -> bool {
        let is_none = |test: &model::Strings| test.first().is_some_and(|first| first.value == "NONE");
        !self.disable.as_ref().is_some_and(|disable| disable.value)
            && !self.test.as_ref().is_some_and(|test| is_none(&test.value))
    }
}

/// The project's `.env`.
pub struct Dotenv {
    /// Its path, absolute.
    pub path: Utf8PathBuf,
    /// The names that it sets, with their places.
    pub names: Vec<(String, Span)>,
}

impl<'a> Project<'a> {
    /// The documents of its compose files.
    pub fn documents(&self) -> impl Iterator<Item = Document<'a>> + use<'a> {
        let Project { sources, read, .. } = *self;
        read.documents.iter().map(move |(_, tree)| Document { sources, project: read, tree })
    }

    /// The texts of all compose files that were read, those of other projects included: they may be one project.
    pub fn compose_texts(&self) -> Vec<&'a str> {
        let environments = self.inputs.projects.iter().flat_map(|project| &project.environments);
        let inputs = environments.flat_map(|environment| &environment.model.inputs);
        let compose = inputs.filter(|input| matches!(input.role, InputRole::Compose(_)));
        compose.map(|input| self.sources.get(input.source).text()).collect()
    }

    /// The `.env` of its directory.
    pub fn dotenv(&self) -> Option<Dotenv> {
        let path = self.read.directory.join(".env");
        let mut inputs = self.read.environments.iter().flat_map(|environment| &environment.model.inputs);
        let source = inputs.find(|input| input.role == InputRole::Dotenv && input.path == path)?.source;
        let parsed = dotenv::parse(self.sources.get(source).text(), &|_| None).ok()?;
        let names = parsed.variables.into_iter().map(|variable| {
            (variable.name, Span::new(source, variable.name_range.start, variable.name_range.end))
        });
        Some(Dotenv { path, names: names.collect() })
    }
}

impl EnvFile<'_> {
    /// The text of the file.
    pub fn text(&self) -> &str {
        self.sources.get(self.source).text()
    }

    /// A part of the file as a place.
    pub fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    /// Whether it is a template that people copy.
    pub fn is_template(&self) -> bool {
        load::is_template(self.path.file_name().unwrap_or_default())
    }
}

impl<'a> Object<'a> {
    /// The kind of the object.
    pub fn kind(&self) -> &'a str {
        self.tree.get("kind").and_then(Node::as_str).unwrap_or_default()
    }

    /// Its name.
    pub fn name(&self) -> &'a str {
        let metadata = self.tree.get("metadata");
        metadata.and_then(|metadata| metadata.get("name")).and_then(Node::as_str).unwrap_or_default()
    }

    /// The pod that it is or makes: the node that has `containers`.
    pub fn pod(&self) -> Option<&'a Node> {
        let path: &[&str] = match self.kind() {
            "Pod" => &["spec"],
            "CronJob" => &["spec", "jobTemplate", "spec", "template", "spec"],
            _ => &["spec", "template", "spec"],
        };
        path.iter().try_fold(self.tree, |node, key| node.get(key))
    }

    /// Its containers of all kinds.
    pub fn containers(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
        let pod = self.pod();
        LISTS.into_iter().filter_map(move |list| pod?.get(list)?.as_seq()).flatten()
    }
}

/// The environments of a project as checks see them.
pub(super) fn environments<'a>(
    project: &'a load::Project,
    sources: &'a Sources,
    files: &'a dyn Files,
) -> Vec<Environment<'a>> {
    let view = |environment: &'a load::Environment| Environment {
        sources,
        project,
        read: environment,
        name: &environment.name,
        is_local: environment.is_local,
        model: &environment.model,
        files,
    };
    project.environments.iter().map(view).collect()
}

/// The env files of a run as checks see them.
pub(super) fn env_files<'a>(inputs: &'a load::Inputs, sources: &'a Sources) -> EnvFiles<'a> {
    let view = |(path, file): (&'a Utf8PathBuf, &'a load::EnvFile)| EnvFile {
        sources,
        path,
        source: file.source,
        readers: file.readers,
        is_generated: file.is_generated,
        parsed: &file.parsed,
    };
    let environments = inputs.projects.iter().flat_map(|project| &project.environments);
    let paths = |environment: &'a load::Environment| {
        let inputs = environment.model.inputs.iter().filter(|input| load::is_env(input.role));
        inputs.map(|input| input.path.as_path()).collect()
    };
    EnvFiles {
        all: inputs.env_files.iter().map(view).collect(),
        by_environment: environments.map(paths).collect(),
    }
}
