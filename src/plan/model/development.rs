//! How a project is developed on a cluster of one's own.

use camino::Utf8PathBuf;
use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{Container, Volume};

/// How a project is developed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Development {
    /// The environment that is developed in, by its position in the plan.
    pub environment: usize,
    /// The directory that paths start from, relative to the tree's.
    pub root: Utf8PathBuf,
    /// The directory of the tree, relative to the root.
    pub tree: Utf8PathBuf,
    /// What is built.
    pub artifacts: Vec<Artifact>,
    /// Ports that are published on the machine.
    pub forwards: Vec<Forward>,
    /// Whether changed files are always copied, or only if asked for.
    pub always_syncs: bool,
}

/// An image that the project builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifact {
    /// Its name in the environment, without a tag.
    pub image: String,
    /// The directory of the build, relative to the root; `.` is the root itself.
    pub context: String,
    /// The path of its Dockerfile, relative to the context, if it is not the usual one.
    pub dockerfile: Option<String>,
    /// The stage that is built.
    pub target: Option<String>,
    /// Arguments; those without a value come from the environment of the process that builds.
    pub arguments: IndexMap<String, Option<String>>,
    /// The network of `RUN` steps.
    pub network: Option<String>,
    /// Further lines of `/etc/hosts`, `name:address`.
    pub hosts: Vec<String>,
    /// Images whose layers are taken over.
    pub cache_from: Vec<String>,
    /// Whether it is built without the cache.
    pub no_cache: bool,
    /// Platforms to build for.
    pub platforms: Vec<String>,
    /// Secrets of the build, by name.
    pub secrets: IndexMap<String, BuildSecret>,
    /// Files that are copied into running containers when they change.
    pub sync: Vec<Sync>,
}

/// Where a secret of a build comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildSecret {
    /// A file, relative to the root.
    File(String),
    /// A variable of the process that builds.
    Variable(String),
}

/// Files that are copied into running containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sync {
    /// A pattern of paths below the context.
    pub source: String,
    /// A directory of the container.
    pub target: String,
    /// What is left out of the paths, at their beginning.
    pub strip: Option<String>,
}

/// A port of a Service that is reached from the machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Forward {
    /// The Service.
    pub service: String,
    /// Its port.
    pub port: u16,
    /// The port of the machine; none for any that is free.
    pub local_port: Option<u16>,
    /// The address of the machine.
    pub address: Option<String>,
}

/// What is mounted into the containers of a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeMount {
    /// The workload's name.
    pub workload: String,
    /// Whether it is a CronJob.
    pub is_cron_job: bool,
    /// The volumes.
    pub volumes: Vec<Volume>,
    /// The container that they are mounted into, with nothing but its name and the mounts.
    pub container: Container,
    /// What fills directories before it starts.
    pub init_containers: Vec<Container>,
}
