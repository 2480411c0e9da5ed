//! What is known of each service of an environment, found out once and before anything is decided.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    context::Context,
    dockerfiles::{self, Brought},
    files::{
        self, Binds, JudgedMount,
        copied::{self, Copied},
    },
    source::Source,
    volumes,
};
use crate::{
    catalog::{Image, Role},
    compose::model::Service,
    shell::{Behaviour, dockerfile::Dockerfile},
};

/// What is known of one service.
#[derive(Debug)]
pub(in crate::plan) struct ServiceFacts {
    /// What is known of its image.
    pub(in crate::plan) image: Option<&'static Image>,
    /// The image that it is built on, if it starts what that starts.
    built_on: Option<&'static Image>,
    /// What it is built from.
    pub(in crate::plan) dockerfile: Option<Rc<Dockerfile>>,
    /// The attribute that says what it starts with.
    pub(in crate::plan) started_by: &'static str,
    /// What it does.
    pub(in crate::plan) behaviour: Behaviour,
    /// Its bind mounts.
    pub(in crate::plan) mounts: Vec<JudgedMount>,
    /// The files that it is given as its configuration.
    configuration: Vec<Copied>,
    /// The configuration of proxies that its image is built with.
    pub(in crate::plan) copied: Vec<Copied>,
    /// The health check that its Dockerfile brings.
    pub(super) brought: Option<Brought>,
}

impl ServiceFacts {
    /// The configuration that its container has: what it is given, and what its image is built with.
    pub(in crate::plan) fn files(&self) -> impl Iterator<Item = &Copied> {
        self.configuration.iter().chain(&self.copied)
    }

    /// Whether its configuration lets nobody but the container itself ask for some pages: the kubelet would be refused.
    pub(in crate::plan) fn answers_only_itself(&self) -> bool {
        let allows = |line: &str| {
            let line = line.trim_start().to_ascii_lowercase();
            ALLOWED_ITSELF.iter().any(|rule| line.starts_with(rule))
        };
        self.files().any(|file| file.text.lines().any(allows))
    }
}

/// How the configuration of nginx, Apache and Caddy begins a line that lets the container itself ask. Others are refused
/// then, unless further lines let them in.
const ALLOWED_ITSELF: &[&str] = &[
    "allow 127.",
    "allow ::1",
    "allow from 127.",
    "allow from localhost",
    "allow localhost",
    "remote_ip 127.",
    "require ip 127.",
    "require local",
];

/// What is known of the services of an environment, by their names.
#[derive(Debug)]
pub(in crate::plan) struct Services(BTreeMap<String, ServiceFacts>);

impl Services {
    pub(super) fn find(context: &Context<'_>) -> Self {
        let binds = Binds::of(context);
        let facts = context.services().map(|(name, service)| {
            let source = Source::of(context, name, service);
            let mounts = binds.judged(context, service);
            let dockerfile = source.dockerfile.as_deref();
            let facts = ServiceFacts {
                built_on: dockerfile.and_then(|dockerfile| built_on(service, dockerfile)),
                image: Image::written(&service.image_or_built(&context.project.name, name)),
                started_by: source.start.attribute,
                behaviour: source.behaviour(),
                configuration: files::configuration(context, service, &mounts),
                copied: copied::configuration(context, service, source.dockerfile.as_deref()),
                brought: dockerfiles::check(context, name, service),
                dockerfile: source.dockerfile,
                mounts,
            };
            (name.to_owned(), facts)
        });
        Self(facts.collect())
    }

    /// What is known of a service; none if the environment has none of this name.
    pub(in crate::plan) fn get(&self, name: &str) -> Option<&ServiceFacts> {
        self.0.get(name)
    }

    /// What is known of the image of a service.
    pub(in crate::plan) fn image(&self, name: &str) -> Option<&'static Image> {
        self.get(name)?.image
    }

    /// The image whose program a service runs: its own, or the one that it is built on.
    pub(in crate::plan) fn program(&self, name: &str) -> Option<&'static Image> {
        let facts = self.get(name)?;
        facts.image.or(facts.built_on)
    }

    /// What the program of a service does for others.
    pub(in crate::plan) fn role(&self, name: &str) -> Role {
        self.program(name).map_or(Role::Server, |image| image.role)
    }

    /// Whether a service runs a database, a cache, a queue or another backing service.
    pub(in crate::plan) fn is_backing(&self, name: &str) -> bool {
        self.role(name).is_backing()
    }

    /// The bind mounts of a service.
    pub(in crate::plan) fn mounts(&self, name: &str) -> &[JudgedMount] {
        self.get(name).map_or(&[], |facts| &facts.mounts)
    }
}

/// The image that a service is built on, if it starts what that starts. An entrypoint of its own usually prepares
/// something before, and where the data of a database is mounted, that is what runs in the end.
fn built_on(service: &Service, dockerfile: &Dockerfile) -> Option<&'static Image> {
    let stage = dockerfile.built();
    let starts_its_program = stage.entrypoint.is_none() && stage.command.is_none();
    let image = Image::written(&stage.base)?;
    let is_database = || image.role.is_backing() && volumes::keeps_a_database(service);
    (starts_its_program || is_database()).then_some(image)
}
