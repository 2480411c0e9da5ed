//! The plan itself: what each environment runs, in Kubernetes' own types where it has one.

mod development;
mod intent;
mod moving;
mod production;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;

pub(in crate::plan) use self::intent::DrawnWords;
pub use self::{
    development::{Artifact, BuildSecret, CodeMount, Development, Forward, Sync},
    intent::{Intent, Places, Run, Start, Unit, Value, Variable},
    moving::{DataOrigin, Moved},
    production::{Allowed, Autoscaler, Budget, NetworkPolicy, Route, Routes},
    workload::{CONCEALED, ClusterService, Component, Concealed, Further, Kind, Overlap, Update, Workload},
};
use super::ledger::Ledger;
use crate::k8s::versions::Version;

/// The label by which a workload's pods are told from all others, with the compose service's name.
pub const SERVICE_LABEL: &str = "kustompose.dev/service";
/// The label of further jobs of a service, beside the workload that has [`SERVICE_LABEL`].
pub const JOBS_LABEL: &str = "kustompose.dev/jobs-of";

/// Everything that a project becomes.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The project's name.
    pub project: String,
    /// Its environments, in the order in which they were given.
    pub environments: Vec<Environment>,
    /// What the files that all environments share say by themselves, as far as that is known; none if there are no
    /// such files.
    pub shared: Option<Environment>,
    /// Stores that others wait for before they start.
    pub waits: Vec<Wait>,
    /// The directory of the tree, seen from that of the project.
    pub tree: Utf8PathBuf,
    /// How it is developed on a cluster, if it builds anything.
    pub development: Option<Development>,
}

/// A store that workloads with its label wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The host name of the store.
    pub host: String,
    /// The port that answers once it is ready: only ready pods stand behind a Service.
    pub port: u16,
    /// The directory of the store.
    pub home: String,
}

impl Wait {
    /// The label of the workloads that wait for a store of this name.
    pub fn label(host: &str) -> String {
        format!("wait.kustompose.dev/{host}")
    }
}

/// How much of an environment could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    All,
    /// Not the values of some variables: [`Known::UNKNOWN`] stands in their place.
    SomeValues,
    /// Nor which variables some containers have.
    SomeVariables,
}

impl Known {
    /// What stands for a value that could not be read.
    pub const UNKNOWN: &str = crate::compose::STAND_IN;
}

/// Everything that one environment of a project runs.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its name, a DNS label.
    pub name: String,
    /// How much of it could be read. What is not known whole is kept as earlier runs wrote it.
    pub known: Known,
    /// The namespace that its objects live in.
    pub namespace: String,
    /// The compose files that it was read from, as they are shown to people.
    pub origin: Vec<String>,
    /// The version of its cluster, if it is known.
    pub kubernetes: Option<Version>,
    /// The context of `kubectl` that reaches its cluster, if it is known.
    pub context: Option<String>,
    /// What scales its workloads.
    pub autoscalers: Vec<Autoscaler>,
    /// How many pods of a workload may be missing while nodes are drained.
    pub budgets: Vec<Budget>,
    /// How its services are reached from outside.
    pub routes: Routes,
    /// Who reaches its pods, if networks are to be kept apart.
    pub policies: Vec<NetworkPolicy>,
    /// Whether it runs on a developer's machine.
    pub is_local: bool,
    /// What runs its cluster on a developer's machine, if that is known: `minikube`, `k3d` or `kind`.
    pub local_cluster: Option<String>,
    /// Source code of this machine that its workloads run, in place of the one in their images.
    pub code: Vec<CodeMount>,
    /// Apps, by name.
    pub apps: Vec<App>,
    /// Its Jobs in the order in which they have to run.
    pub steps: Vec<Step>,
    /// Variables that several apps share, in the order in which containers take them.
    pub shared: Vec<Bundle>,
    /// Secrets, by name.
    pub secrets: Vec<SecretBundle>,
    /// Where the values of Secrets come from; none for files.
    pub external_secrets: Option<ExternalSecrets>,
    /// Claims that more than one app uses.
    pub claims: Vec<PersistentVolumeClaim>,
    /// Claims that compose calls external: somebody else made them, or will.
    pub external_claims: Vec<PersistentVolumeClaim>,
    /// Whether an object is too large for what `kubectl apply` writes into an annotation.
    pub is_large: bool,
    /// What Compose has for its claims.
    pub moved: Vec<Moved>,
    /// What the project's own images are here, by their names in the tree.
    pub images: BTreeMap<String, Image>,
    /// What compose asks for, by service, before it was placed: what a comparison with a cluster goes by.
    pub intent: Intent,
    /// What became of every decided key.
    pub ledger: Ledger,
}

impl Environment {
    /// The command that applies its objects.
    pub fn apply(&self) -> &'static str {
        if self.is_large { "kubectl apply --server-side" } else { "kubectl apply" }
    }
}

/// Jobs that may run at once, all by the value of their label.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// What they depend on, beside the stores, and earlier Jobs do not.
    pub services: BTreeSet<String>,
    /// The Jobs.
    pub jobs: BTreeSet<String>,
}

/// What an image of the project is in one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Registry and repository.
    pub name: String,
    /// Its tag.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Option<String>,
}

/// Services that run one image: a directory of the tree.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name, a DNS label; also the name of its containers.
    pub name: String,
    /// The directory of the tree that it stands in.
    pub home: String,
    /// What it runs, the most important first.
    pub workloads: Vec<Workload>,
    /// Variables that all its workloads have.
    pub config: Bundle,
    /// Configuration files.
    pub files: Vec<FileBundle>,
    /// Claims that only its workloads use.
    pub claims: Vec<PersistentVolumeClaim>,
}

/// Variables in one ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The ConfigMap's name.
    pub name: String,
    /// Who has it, for a comment.
    pub comment: Option<String>,
    /// The variables.
    pub variables: BTreeMap<String, String>,
}

/// One Secret: variables, files or both.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecretBundle {
    /// The Secret's name.
    pub name: String,
    /// Values of one line.
    pub variables: BTreeMap<String, String>,
    /// Everything else, by key.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A store of the External Secrets Operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// The name of its object in the cluster.
    pub name: String,
    /// The kind of its object.
    pub kind: String,
}

/// Where an environment's Secrets come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSecrets {
    /// The store that holds the values.
    pub store: Store,
    /// What the names of the store's secrets begin with; a `-` and the Secret's name follow.
    pub prefix: String,
}

/// Configuration files in one ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileBundle {
    /// The ConfigMap's name.
    pub name: String,
    /// Contents by key; the key is also the file's name in the tree.
    pub files: BTreeMap<String, Vec<u8>>,
}
