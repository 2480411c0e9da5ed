//! **Intent**: what Compose asks for in one environment, in Kubernetes' terms, with the places that say so.
//!
//! Secrets are in clear here, and no variable is in a ConfigMap or a Secret yet: placement decides which object holds
//! what.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use super::workload::Workload;
use crate::text::{Span, Template};

/// What one environment asks for.
#[derive(Debug, Clone, Default)]
pub struct Intent {
    /// Its services, by their names in Compose.
    pub units: BTreeMap<String, Unit>,
}

/// What one service of Compose asks for.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The app that it belongs to: services that run one image.
    pub app: String,
    /// The name of the service's own workload.
    pub object: String,
    /// The variables of its containers.
    pub variables: BTreeMap<String, Variable>,
    /// What variables of the files gave to words of its commands.
    pub(in crate::plan) drawn: DrawnWords,
    /// Its own workload, unless jobs replace it, and the workloads of its jobs.
    pub runs: Vec<Run>,
    /// Whether its script waits until something is there, which may be what is started after it.
    pub waits_by_itself: bool,
    /// Whether services reach it by its name or another name of it.
    pub is_named: bool,
    /// The ports that the Compose files declare, and those that services and proxies ask.
    pub asked_ports: BTreeSet<u16>,
    /// Where the Compose files ask for it.
    pub places: Places,
}

/// By word: the parts of it that have the value of a variable of the files, with the variable's name.
pub(in crate::plan) type DrawnWords = BTreeMap<String, Vec<(Range<usize>, String)>>;

/// One workload of a service.
#[derive(Debug, Clone)]
pub struct Run {
    /// What its container runs.
    pub start: Start,
    /// The workload. Its container has neither variables nor words yet.
    pub workload: Workload,
}

/// The words that a container starts with, as its program reads them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// In place of the image's entrypoint, unless empty.
    pub command: Vec<String>,
    /// In place of the image's arguments, unless empty.
    pub arguments: Vec<String>,
}

/// A variable of a container.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its value in the cluster.
    pub value: Value,
    /// Whether a Secret holds it.
    pub is_secret: bool,
    /// The place that sets it.
    pub span: Span,
    /// How that place says it, where it names variables of the files.
    pub template: Option<Arc<Template>>,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// The value.
    Known(String),
    /// The file that sets it is not on this machine.
    Unknown,
}

impl Value {
    /// The value, if it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Value::Known(text) => Some(text),
            Value::Unknown => None,
        }
    }
}

/// The places in the Compose files that ask for what a service is.
#[derive(Debug, Clone)]
pub struct Places {
    /// The service itself.
    pub service: Span,
    /// `image`, else `build`.
    pub image: Option<Span>,
    /// `entrypoint`.
    pub entrypoint: Option<Span>,
    /// `command`.
    pub command: Option<Span>,
    /// `healthcheck`.
    pub healthcheck: Option<Span>,
    /// What makes it the kind of workload that it is: the script or label of a schedule, `deploy.mode`, `restart`.
    pub kind: Option<Span>,
    /// Each port of the container.
    pub ports: BTreeMap<u16, Span>,
    /// Each path at which something is mounted.
    pub mounts: BTreeMap<String, Span>,
}
