//! A workload before it is whole.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use crate::plan::model::Workload;

/// A kind, before its details are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Decided {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
}

/// A workload before it is known which of its variables others share.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Draft {
    /// The service by its name in compose.
    pub(in crate::plan) key: String,
    pub(in crate::plan) app: String,
    /// The name of the service's own workload.
    pub(in crate::plan) object: String,
    pub(in crate::plan) workload: Workload,
    pub(in crate::plan) variables: BTreeMap<String, String>,
    /// Variables that are nothing but a secret that several apps share.
    pub(in crate::plan) referred: BTreeMap<String, EnvVar>,
    /// Variables that are composed of others.
    pub(in crate::plan) composed: BTreeMap<String, EnvVar>,
}

impl Draft {
    /// A draft without variables.
    pub(in crate::plan) fn new(key: &str, app: String, workload: Workload) -> Self {
        let (variables, referred, composed) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let object = workload.name.clone();
        Self { key: key.to_owned(), app, object, workload, variables, referred, composed }
    }
}
