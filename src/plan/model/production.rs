//! What production asks for beside the workloads: what scales them, keeps them up, leads to them, shuts them off.

use crate::settings::cluster::Gateway;

/// What scales a Deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autoscaler {
    /// The Deployment.
    pub workload: String,
    /// The fewest pods.
    pub min: i32,
    /// The most pods.
    pub max: i32,
    /// Use of processors that is aimed at, in percent of what is requested.
    pub cpu: i32,
}

/// One pod at a time may be missing while nodes are drained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The workload.
    pub workload: String,
    /// The label that its pods have.
    pub service: String,
}

/// How services are reached from outside.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Routes {
    /// The gateway; none for an Ingress.
    pub gateway: Option<Gateway>,
    /// The hosts.
    pub hosts: Vec<Route>,
}

/// A host that leads to a port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The host.
    pub host: String,
    /// The Service.
    pub service: String,
    /// The name of its port.
    pub port: String,
    /// The number of its port.
    pub number: i32,
}

/// Who reaches some pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Its name.
    pub name: String,
    /// The label of the pods, and its value.
    pub pods: (String, String),
    /// Who reaches them.
    pub allowed: Allowed,
}

impl NetworkPolicy {
    /// The label of pods that are on the network of this name.
    pub fn label(network: &str) -> String {
        format!("{}{network}", Self::LABEL_PREFIX)
    }

    /// What the labels of networks begin with.
    pub const LABEL_PREFIX: &str = "network.kustompose.dev/";
}

/// Who reaches the pods of a [`NetworkPolicy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Pods with the same label, of this namespace.
    Members,
    /// Pods with the same label, of any namespace: projects share the network.
    MembersAnywhere,
    /// Everybody, at ports with these numbers and protocols.
    Ports(Vec<(i32, Option<String>)>),
    /// Nobody, and they reach nobody.
    Nobody,
}
