//! How a project is developed on a cluster of one's own: what is built, which ports are forwarded, which
//! files are copied into running containers. Knows nothing of the files that say so.

mod code;
mod paths;
mod sync;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use indexmap::{IndexMap, IndexSet};

pub(super) use self::code::mount as mount_code;
pub use self::code::workspace;
pub(super) use self::paths::relative;
use self::paths::root;
use crate::{
    catalog::reference::Reference,
    compose::model::{Build, Port, Project, Service},
    diag::{Diagnostic, Report, codes},
    plan::{
        facts::{Context, Facts, KnownSecrets, reader::name_of_dockerfile},
        fate::{Fate, FateKind, KeyPath},
        input::{Input, Options},
        model::{Artifact, BuildSecret, ClusterService, Development, Environment, Forward},
        reasons,
    },
    text::{Span, Spanned},
};

/// The file that says all this.
const FILE: &str = "skaffold.yaml";

/// Decides how a project is developed: in the first environment that runs on a developer's machine and builds
/// something, else in the first that builds. A project that builds nothing is not developed.
pub(super) fn develop(
    facts: &[Facts<'_>],
    environments: &mut [Environment],
    (inputs, options, found): (&[Input<'_>], &Options, &KnownSecrets),
    report: &mut Report,
) -> Option<Development> {
    let builds = |facts: &Facts<'_>| facts.context.services().any(|(_, service)| service.build.is_some());
    let building: Vec<usize> =
        (0..facts.len()).filter(|index| facts.get(*index).is_some_and(builds)).collect();
    let is_local = |index: &&usize| environments.get(**index).is_some_and(|environment| environment.is_local);
    let index = *building.iter().find(is_local).or(building.first())?;
    let (facts, environment) = (facts.get(index)?, environments.get_mut(index)?);
    let context = &facts.context;
    let root = root(context.directory(), &options.output)?;
    let builder = Builder { facts, context, environment, found, root: &root };
    let artifacts = builder.artifacts(report);
    if artifacts.is_empty() {
        return None;
    }
    let development = Development {
        environment: index,
        root: relative(&root, &options.output),
        tree: relative(&options.output, &root),
        artifacts,
        forwards: forwards(environment, context.project),
        always_syncs: inputs.get(index).is_some_and(|input| input.cluster.syncs_code()),
    };
    record_builds(&development, context, environment);
    Some(development)
}

/// Enters what became of `develop`: what is watched is copied.
fn record_builds(development: &Development, context: &Context<'_>, environment: &mut Environment) {
    let syncs = development.artifacts.iter().any(|artifact| !artifact.sync.is_empty());
    for (key, service) in context.services().filter(|(_, service)| service.develop.is_some()) {
        if syncs && service.build.is_some() && environment.code.is_empty() {
            let to = vec![development.root.join(FILE).into_string().into()];
            let reasons = vec![reasons::DEVELOPED.into()];
            let fate = Fate { kind: FateKind::Approximated, to, reasons };
            environment.ledger.replace(&KeyPath::new(["services", key, "develop"]), fate);
        }
    }
}

struct Builder<'a> {
    facts: &'a Facts<'a>,
    context: &'a Context<'a>,
    environment: &'a Environment,
    found: &'a KnownSecrets,
    root: &'a Utf8Path,
}

/// One cause is one warning, whatever the number of services.
fn warn_of_further_builds(twice: BTreeMap<String, Vec<(&str, Span)>>, report: &mut Report) {
    for (image, builds) in twice {
        let names: Vec<String> = builds.iter().map(|(key, _)| format!("`{key}`")).collect();
        let message = format!("`{image}` is built in several ways; Skaffold builds one");
        let help = format!("give images of names of their own to {}", names.join(", "));
        let mut diagnostic = Diagnostic::warning(codes::NOT_BUILT, message).help(help);
        for (_, place) in builds.iter().take(3) {
            diagnostic = diagnostic.at(*place, "a further one");
        }
        report.push(diagnostic);
    }
}

impl Builder<'_> {
    fn artifacts(&self, report: &mut Report) -> Vec<Artifact> {
        let mut artifacts: IndexMap<String, Artifact> = IndexMap::new();
        let mut twice: BTreeMap<String, Vec<(&str, Span)>> = BTreeMap::new();
        for (key, service) in self.context.services() {
            let Some(build) = &service.build else { continue };
            let Some(artifact) = self.artifact(key, service, build, report) else { continue };
            let Some(known) = artifacts.get_mut(&artifact.image) else {
                artifacts.insert(artifact.image.clone(), artifact);
                continue;
            };
            let sync = std::mem::take(&mut known.sync);
            if *known != (Artifact { sync: Vec::new(), ..artifact.clone() }) {
                twice.entry(artifact.image).or_default().push((key, build.span));
                known.sync = sync;
                continue;
            }
            known.sync = sync;
            for rule in artifact.sync {
                if !known.sync.contains(&rule) {
                    known.sync.push(rule);
                }
            }
        }
        warn_of_further_builds(twice, report);
        artifacts.into_values().collect()
    }

    fn artifact(
        &self,
        key: &str,
        service: &Service,
        build: &Spanned<Box<Build>>,
        report: &mut Report,
    ) -> Option<Artifact> {
        let text = |field: &Option<Spanned<String>>| {
            field.as_ref().map(|text| text.value.clone()).filter(|text| !text.is_empty())
        };
        let texts = |field: &Option<Spanned<Vec<Spanned<String>>>>| -> Vec<String> {
            field.iter().flat_map(|field| &field.value).map(|text| text.value.clone()).collect()
        };
        let place = build.span;
        let build = &build.value;
        let context = Utf8PathBuf::from(text(&build.context).unwrap_or_default());
        if !context.is_absolute() {
            let message = format!("`{key}` is built from elsewhere, which Skaffold cannot");
            warn(message, place, "a remote context", "build from a directory".to_owned(), report);
            return None;
        }
        if build.dockerfile_inline.is_some() {
            let message =
                format!("`{key}` has its Dockerfile in the compose file, where Skaffold finds none");
            warn(
                message,
                place,
                "here",
                "put it into a file, and name that under `dockerfile`".to_owned(),
                report,
            );
            return None;
        }
        if build.additional_contexts.is_some() {
            let message = format!("`{key}` is built without its additional contexts: Skaffold has none");
            warn(message, place, "here", "copy what is needed into the context".to_owned(), report);
        }
        let hosts = build.extra_hosts.iter().flat_map(|hosts| hosts.value.iter());
        Some(Artifact {
            image: self.image(key, service),
            context: relative(&context, self.root).into_string(),
            dockerfile: Some(name_of_dockerfile(build, self.context.files).into_string())
                .filter(|path| path != "Dockerfile"),
            target: text(&build.target),
            arguments: self.arguments(key, build, report),
            network: text(&build.network).filter(|network| network != "default"),
            hosts: hosts
                .flat_map(|(host, addresses)| addresses.value.iter().map(move |ip| format!("{host}:{ip}")))
                .collect(),
            cache_from: texts(&build.cache_from).into_iter().filter(|image| !image.contains('=')).collect(),
            no_cache: build.no_cache.as_ref().is_some_and(|no_cache| no_cache.value),
            platforms: texts(&build.platforms),
            secrets: self.secrets(build),
            sync: sync::rules(self.facts, (key, service), &context),
        })
    }

    /// The image as it stands in the rendered environment.
    fn image(&self, key: &str, service: &Service) -> String {
        let own = self.context.images.name(key).and_then(|name| self.environment.images.get(name));
        let whole = || Reference::parse(&service.image_or_built(&self.context.project.name, key)).name();
        own.map_or_else(whole, |image| image.name.clone())
    }

    /// Arguments without those values that are secret: these come from the process that builds.
    fn arguments(&self, key: &str, build: &Build, report: &mut Report) -> IndexMap<String, Option<String>> {
        let mut arguments = IndexMap::new();
        for (argument, value) in build.args.iter().flat_map(|args| args.value.iter()) {
            let secret = value.value.as_ref().is_some_and(|value| self.found.is_secret_text(argument, value));
            if secret {
                let message = format!("`{argument}` is secret, and an argument of the build of `{key}`");
                let help = format!(
                    "Skaffold takes it from its own environment: export {argument}; better is one of `build.secrets`, \
                     which does not stay in the image"
                );
                report.push(
                    Diagnostic::warning(codes::SECRET_BUILD_ARGUMENT, message)
                        .at(value.span, "its value")
                        .help(help),
                );
            }
            arguments.insert(argument.clone(), value.value.clone().filter(|_| !secret));
        }
        arguments
    }

    fn secrets(&self, build: &Build) -> IndexMap<String, BuildSecret> {
        let mut secrets = IndexMap::new();
        for reference in build.secrets.iter().flat_map(|field| &field.value) {
            let Some(source) = &reference.value.source else { continue };
            let Some(object) = self.context.project.secrets.get(&source.value) else { continue };
            let file = object
                .file
                .as_ref()
                .map(|file| BuildSecret::File(relative(Utf8Path::new(&file.value), self.root).into_string()));
            let variable =
                || object.environment.as_ref().map(|name| BuildSecret::Variable(name.value.clone()));
            let id = reference.value.target.as_ref().map_or(&source.value, |target| &target.value);
            if let Some(secret) = file.or_else(variable) {
                secrets.insert(id.clone(), secret);
            }
        }
        secrets
    }
}

fn warn(message: String, place: Span, label: &str, help: String, report: &mut Report) {
    report.push(Diagnostic::warning(codes::NOT_BUILT, message).at(place, label).help(help));
}

/// The published TCP ports of services that have a Service.
fn forwards(environment: &Environment, project: &Project) -> Vec<Forward> {
    let mut first: BTreeMap<&str, &ClusterService> = BTreeMap::new();
    for workload in environment.apps.iter().flat_map(|app| &app.workloads) {
        if let Some(service) = workload.services.first() {
            first.entry(&workload.key).or_insert(service);
        }
    }
    let mut forwards: IndexSet<Forward> = IndexSet::new();
    for (key, service) in &project.services {
        let Some(own) = first.get(key.as_str()) else { continue };
        let ports = service.ports.iter().flat_map(|ports| &ports.value);
        forwards.extend(ports.filter_map(|port| forward(&own.name, &port.value)));
    }
    forwards.into_iter().collect()
}

fn forward(service: &str, port: &Port) -> Option<Forward> {
    let text = |field: &Option<Spanned<String>>| field.as_ref().map(|text| text.value.clone());
    let is_tcp = text(&port.protocol).is_none_or(|protocol| protocol.is_empty() || protocol == "tcp");
    let number = port.target.as_ref().and_then(|target| u16::try_from(target.value).ok());
    number.filter(|_| is_tcp).map(|number| Forward {
        service: service.to_owned(),
        port: number,
        // A range leaves the choice to compose, and here to Skaffold.
        local_port: text(&port.published).and_then(|published| published.parse().ok()),
        address: text(&port.host_ip).filter(|address| !address.is_empty()),
    })
}
