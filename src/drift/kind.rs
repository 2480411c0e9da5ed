//! The kinds of facts, which are the kinds of drift.

use std::fmt;

use crate::diag::{Code, codes};

/// In which way the manifests differ from the Compose files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A service has no workload.
    ServiceMissing,
    /// A workload belongs to a service that the Compose files do not have.
    ServiceExtra,
    /// A service runs as another kind of workload.
    WorkloadKind,
    /// A container lacks a variable.
    EnvMissing,
    /// A container has a variable that the Compose files do not set.
    EnvExtra,
    /// A variable has another value.
    EnvValue,
    /// The manifests contain a secret in clear.
    EnvPlain,
    /// A container runs another image.
    Image,
    /// A container has another command, working directory or user.
    Command,
    /// A port cannot be reached, or is not one of the Compose files.
    Port,
    /// Other files or volumes are mounted.
    Mount,
    /// A probe is missing, or asks something else.
    Probe,
    /// A CronJob runs at other times, or in another way.
    Schedule,
    /// A pod refers to a ConfigMap or a Secret that nothing makes.
    ReferenceMissing,
    /// A generated file is missing, stale, or was edited in a way that changes no fact.
    TreeFile,
}

impl Kind {
    /// The code; its name is the word for the kind.
    pub fn code(self) -> Code {
        match self {
            Kind::ServiceMissing => codes::SERVICE_MISSING,
            Kind::ServiceExtra => codes::SERVICE_EXTRA,
            Kind::WorkloadKind => codes::WORKLOAD_KIND,
            Kind::EnvMissing => codes::ENV_MISSING,
            Kind::EnvExtra => codes::ENV_EXTRA,
            Kind::EnvValue => codes::ENV_VALUE,
            Kind::EnvPlain => codes::ENV_PLAIN,
            Kind::Image => codes::IMAGE,
            Kind::Command => codes::COMMAND,
            Kind::Port => codes::PORT,
            Kind::Mount => codes::MOUNT,
            Kind::Probe => codes::PROBE,
            Kind::Schedule => codes::SCHEDULE,
            Kind::ReferenceMissing => codes::REFERENCE_MISSING,
            Kind::TreeFile => codes::TREE_FILE,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().name)
    }
}
