//! What decisions are made from: an environment as it was read, what the user wants, and what is decided for all
//! environments at once.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Known, Store,
    apps::{self, Apps},
    dockerfiles::{self, Brought},
    hosts::{self, Hosts},
    images::{self, Images},
    layout::Layout,
    names::{self, Names},
    texts::{self, Texts},
};
use crate::{
    compose::model::{Healthcheck, Project, Service},
    diag::Report,
    k8s::versions::Version,
    settings::cluster::Cluster,
    text::{Files, Span, Spanned},
};

/// One environment: a project as some files, variables and profiles make it.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The environment's name, a DNS label.
    pub name: String,
    /// The project as it is there.
    pub project: &'a Project,
    /// The compose files as they are shown to people.
    pub origin: Vec<String>,
    /// The namespace, unless it is the usual one.
    pub namespace: Option<String>,
    /// The store that the values of its Secrets come from, unless they are files.
    pub store: Option<Store>,
    /// How much of the project could be read.
    pub known: Known,
    /// The cluster, and how things run on it.
    pub cluster: Cluster,
}

/// What the user decides, beside the compose files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The directory that the tree is written to, absolute: it is never part of what is converted.
    pub output: Utf8PathBuf,
    /// Variables that are secret whatever they look like, and where that is said.
    pub secret: BTreeMap<String, Span>,
    /// Variables that are not.
    pub not_secret: BTreeMap<String, Span>,
    /// Do jobs of other names start at other minutes?
    pub stagger: bool,
}

/// What is decided for all environments at once.
pub(super) struct Whole {
    pub(super) names: Names,
    pub(super) apps: Apps,
    pub(super) images: Images,
    pub(super) layout: Layout,
    /// The files that every environment was read from.
    pub(super) shared: BTreeSet<Utf8PathBuf>,
}

impl Whole {
    pub(super) fn of(projects: &[&Project], report: &mut Report) -> Self {
        let names = names::choose(projects, report);
        let apps = apps::group(projects, &names);
        let layout = Layout::of(projects, &names, &apps);
        let images = images::find(projects, &apps);
        Self { shared: texts::files(projects), names, apps, images, layout }
    }
}

/// What every decision may look at.
pub(super) struct Context<'a> {
    pub(super) project: &'a Project,
    pub(super) files: &'a dyn Files,
    pub(super) output: &'a Utf8Path,
    pub(super) environment: &'a str,
    pub(super) cluster: &'a Cluster,
    pub(super) kubernetes: Option<Version>,
    /// Do workloads run the source code of this machine?
    pub(super) mounts_code: bool,
    pub(super) layout: &'a Layout,
    pub(super) names: &'a Names,
    pub(super) apps: &'a Apps,
    pub(super) images: &'a Images,
    pub(super) hosts: Hosts,
    pub(super) texts: Texts,
    /// Health checks that Dockerfiles bring, by service.
    brought: BTreeMap<String, Brought>,
    /// How much of the project could be read.
    pub(super) known: Known,
    /// Do CronJobs start at minutes that their names choose?
    pub(super) stagger: bool,
}

impl<'a> Context<'a> {
    pub(super) fn of(
        input: &'a Input<'_>,
        whole: &'a Whole,
        options: &'a Options,
        files: &'a dyn Files,
    ) -> Self {
        let mut context = Context {
            project: input.project,
            files,
            output: &options.output,
            environment: &input.name,
            cluster: &input.cluster,
            kubernetes: input.cluster.version(),
            mounts_code: input.cluster.mounts_code(),
            layout: &whole.layout,
            names: &whole.names,
            apps: &whole.apps,
            images: &whole.images,
            hosts: Hosts::default(),
            texts: Texts::of(input.project, &whole.shared, files),
            brought: dockerfiles::checks(input.project, files),
            known: input.known,
            stagger: options.stagger,
        };
        context.hosts = hosts::find(&context);
        context
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (&str, &Spanned<Service>)> {
        self.project.services.iter().map(|(name, service)| (name.as_str(), service))
    }

    /// The health check of a service, with what its Dockerfile says of it.
    pub(super) fn health<'b>(&'b self, name: &str, service: &'b Service) -> Option<&'b Spanned<Healthcheck>> {
        match self.brought.get(name) {
            Some(Brought::Check(check)) => Some(check),
            _ => service.healthcheck.as_ref(),
        }
    }

    /// Does the Dockerfile of a service bring a check that is not made for what the service runs?
    pub(super) fn has_check_of_another_command(&self, name: &str) -> bool {
        self.brought.get(name) == Some(&Brought::OfAnotherCommand)
    }

    pub(super) fn directory(&self) -> &Utf8Path {
        &self.project.directory
    }
}
