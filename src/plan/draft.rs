//! A workload before it is whole.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use super::Workload;

/// A kind, before its details are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
}

/// A workload before it is known which of its variables others share.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The service by its name in compose.
    pub(super) key: String,
    pub(super) app: String,
    /// The name of the service's own workload.
    pub(super) object: String,
    pub(super) workload: Workload,
    pub(super) variables: BTreeMap<String, String>,
    /// Variables that are nothing but a secret that several apps share.
    pub(super) referred: BTreeMap<String, EnvVar>,
    /// Variables that are composed of others.
    pub(super) composed: BTreeMap<String, EnvVar>,
}

impl Draft {
    /// A draft without variables.
    pub(super) fn new(key: &str, app: String, workload: Workload) -> Self {
        let (variables, referred, composed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let object = workload.name.clone();
        Self { key: key.to_owned(), app, object, workload, variables, referred, composed }
    }
}
