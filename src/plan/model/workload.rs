//! One workload: its pods, what only its kind of object has, and the names by which it is reached.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, ServicePort};

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
    /// Why it is no Deployment.
    pub why: &'static str,
    /// Whether it is a job of a service whose own workload is another one.
    pub is_further: bool,
    /// What it is for others.
    pub component: Component,
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

/// What a workload is for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Component {
    /// Others reach it, or people do.
    Web,
    /// Nobody reaches it.
    Worker,
    /// Keeps records, objects or indexes.
    Database,
    /// Keeps what others can make again.
    Cache,
    /// Passes messages on.
    Queue,
    /// Runs to its end, again and again.
    Cron,
    /// Runs to its end.
    Job,
}

impl Component {
    /// As the label `app.kubernetes.io/component` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Worker => "worker",
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Queue => "queue",
            Self::Cron => "cron",
            Self::Job => "job",
        }
    }

    /// Whether it is a backing service: others cannot do without it, and two of it do not know of each other.
    pub fn is_backing(self) -> bool {
        matches!(self, Self::Database | Self::Cache | Self::Queue)
    }
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
        /// What becomes of it while the run before it goes on.
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
    /// Whether it leads to pods that are not ready too.
    pub publish_not_ready: bool,
    /// How it is reached from outside the cluster, if it is: `NodePort` or `LoadBalancer`.
    pub type_: Option<String>,
    /// Where what comes from outside may go: `Cluster` or `Local`.
    pub external_traffic_policy: Option<String>,
}
