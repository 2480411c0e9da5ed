//! The plan itself: what each environment runs, in Kubernetes' own types where it has one.

mod development;
mod production;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, ServicePort};

pub use self::{
    development::{Artifact, BuildSecret, CodeMount, Development, Forward, Sync},
    production::{Allowed, Autoscaler, Budget, NetworkPolicy, Route, Routes},
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
    /// Stores that others wait for before they start.
    pub waits: Vec<Wait>,
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
    /// Does it run on a developer's machine?
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
    /// What the project's own images are here, by their names in the tree.
    pub images: BTreeMap<String, Image>,
    /// What became of every decided key.
    pub ledger: Ledger,
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

/// One compose service as one workload object.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The name of its service in the compose files.
    pub key: String,
    /// The same as a label value.
    pub service: String,
    /// The object's name.
    pub name: String,
    /// What object it is.
    pub kind: Kind,
    /// Is it a job of a service whose own workload is another one?
    pub is_further: bool,
    /// Its part in the app: `web`, `worker`, `store`, `job` or `cron`.
    pub component: &'static str,
    /// The file that holds it, below the tree.
    pub file: String,
    /// The stores that it waits for.
    pub waits: BTreeSet<String>,
    /// What people should know who read the object.
    pub comments: Vec<String>,
    /// Annotations of the object.
    pub annotations: BTreeMap<String, String>,
    /// Annotations of its pods.
    pub pod_annotations: BTreeMap<String, String>,
    /// Labels of its pods beside those that all have.
    pub pod_labels: BTreeMap<String, String>,
    /// Its pods.
    pub pod: PodSpec,
    /// What of it git must not see.
    pub concealed: Option<Concealed>,
    /// What a StatefulSet claims for each of its pods.
    pub claim_templates: Vec<PersistentVolumeClaim>,
    /// Names and ports by which it is reached; the first one is its own.
    pub services: Vec<ClusterService>,
    /// Objects that only some services ask for.
    pub further: Vec<Further>,
}

/// An object that stands with a workload: an Ingress, a HorizontalPodAutoscaler.
#[derive(Debug, Clone, PartialEq)]
pub struct Further {
    /// The file that holds it, in the workload's directory.
    pub file: String,
    /// The object, its fields in order.
    pub object: serde_json::Value,
}

/// What kind of object a workload is, with what only that kind has.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Runs for ever, replaceable pods.
    Deployment {
        /// How many.
        replicas: Option<i32>,
        /// How pods are replaced.
        update: Update,
    },
    /// Runs for ever, each pod with storage of its own.
    StatefulSet {
        /// How many.
        replicas: Option<i32>,
    },
    /// Runs on every node.
    DaemonSet,
    /// Runs to its end.
    Job {
        /// How often a failed pod is tried again.
        backoff_limit: i32,
        /// How many pods have to succeed, all at once.
        completions: Option<i32>,
    },
    /// Runs to its end, again and again.
    CronJob {
        /// When.
        schedule: String,
        /// The time zone of the schedule, if it is not the cluster's.
        time_zone: Option<String>,
        /// Seconds after which a run that could not start is left out.
        starting_deadline: i64,
        /// What if the run before it goes on?
        overlap: Overlap,
        /// How often a failed run is tried again before its next time.
        backoff_limit: i32,
    },
}

/// What becomes of a run of a CronJob when the one before it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Both run.
    Allow,
    /// It waits.
    Forbid,
    /// The one before it is stopped.
    Replace,
}

impl Overlap {
    /// Runs overlap, or one waits for the other.
    pub fn of(may_overlap: bool) -> Self {
        if may_overlap { Self::Allow } else { Self::Forbid }
    }

    /// As `concurrencyPolicy` says it.
    pub fn policy(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}

/// How a Deployment replaces its pods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Old pods stop before new ones start, because both cannot have the volume, or the port of the node.
    pub recreate: bool,
    /// How many pods may be more than wanted.
    pub max_surge: Option<i32>,
    /// How many pods may be fewer than wanted.
    pub max_unavailable: Option<i32>,
    /// Seconds that a pod must be ready before it counts.
    pub min_ready_seconds: Option<i32>,
    /// Seconds after which an update has failed.
    pub progress_deadline_seconds: Option<i32>,
}

/// Fields of a workload that hold a secret in clear, because compose has it so. In the tree they hold
/// [`CONCEALED`] instead; a patch that git ignores puts the true ones in their place.
#[derive(Debug, Clone, PartialEq)]
pub struct Concealed {
    /// The container with just these fields.
    pub container: Container,
    /// Those of its initContainers that have such fields, by their names, with just these.
    pub init_containers: Vec<Container>,
    /// Annotations of the workload.
    pub annotations: BTreeMap<String, String>,
    /// Annotations of the pods.
    pub pod_annotations: BTreeMap<String, String>,
}

/// Stands where a secret is taken out.
pub const CONCEALED: &str = "see-secrets";

/// A Service object.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterService {
    /// Its name: the host name that others use.
    pub name: String,
    /// What there is to say of it: why it is there, if it is not the service's own.
    pub comment: Option<String>,
    /// Its ports, the container's own numbers.
    pub ports: Vec<ServicePort>,
    /// Without an address of its own: DNS gives the pods.
    pub headless: bool,
    /// Does it lead to pods that are not ready too?
    pub publish_not_ready: bool,
    /// How it is reached from outside the cluster, if it is: `NodePort` or `LoadBalancer`.
    pub type_: Option<String>,
    /// Where what comes from outside may go: `Cluster` or `Local`.
    pub external_traffic_policy: Option<String>,
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
    /// What the files that all environments share say of them by themselves.
    pub shared: BTreeMap<String, String>,
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
