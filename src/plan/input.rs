//! What a plan is made from: the environments as they were read, and what the user wants of all of them.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use super::model::{Known, Store};
use crate::{compose::model::Project, settings::cluster::Cluster, text::Span};

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

impl<'a> Input<'a> {
    /// An environment that was read whole, on a cluster of which nothing is known.
    pub fn new(name: impl Into<String>, project: &'a Project) -> Self {
        Self {
            name: name.into(),
            project,
            origin: Vec::new(),
            namespace: None,
            store: None,
            known: Known::All,
            cluster: Cluster::default(),
        }
    }
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
    /// Whether jobs of other names start at other minutes.
    pub stagger: bool,
    /// What things are called in the manifests that are there.
    pub earlier: Earlier,
}

/// What things were called by an earlier run: they keep these names, though another one would be chosen today.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Apps, by the names that their services have in the cluster.
    pub apps: BTreeMap<String, String>,
    /// Claims, by the workload that mounts one and the path where it does.
    pub claims: BTreeMap<(String, String), String>,
    /// ConfigMaps of several apps, without `-config` at their end, each with its keys.
    pub groups: BTreeMap<String, BTreeSet<String>>,
    /// ConfigMaps of one app, without `-config` at their end.
    pub config_maps: BTreeSet<String>,
    /// Secrets of variables, without `-secrets` at their end, each with its keys.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
}
