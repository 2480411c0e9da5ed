//! **Decisions**: which objects a project becomes, and what becomes of every key that was read.
//!
//! A [`Plan`] is complete: rendering only writes it down. It holds Kubernetes' own types where
//! Kubernetes has one (a pod, a probe), and types of its own where several objects or files come of
//! one decision (an app, a workload, a bundle of variables).

mod apps;
mod command;
mod composed;
mod configuration;
mod development;
mod external;
mod files;
mod health;
mod hosts;
mod image;
mod images;
mod jobs;
mod keys;
mod kinds;
mod kompose;
mod layout;
mod ledger;
pub mod mapping;
mod mounts;
mod names;
mod network;
mod order;
mod placement;
mod ports;
mod production;
mod resources;
mod rollout;
mod schedule;
mod secrets;
mod security;
mod storage;
mod texts;
mod top;
mod versions;
mod waits;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, PodSpec, ServicePort};

use self::{
    apps::Apps,
    configuration::Bundles,
    images::Images,
    layout::Layout,
    mounts::Delivered,
    names::Names,
    ports::Ports,
    secrets::{Found, Secrets},
    storage::Storage,
    workload::{Draft, Parts},
};
pub use self::{
    development::{Artifact, BuildSecret, CodeMount, Development, Forward, Sync, workspace},
    external::{ExternalSecrets, Store},
    keys::{KeyFate, SUPERSEDED, keys},
    ledger::{Fate, FateKind, KeyPath, Ledger},
    production::{Allowed, Autoscaler, Budget, NetworkPolicy, Route, Routes},
    workload::{JOBS_LABEL, SERVICE_LABEL},
};
use crate::{
    compose::model::{Project, Service},
    diag::{Code, Diagnostic, Report},
    k8s::{name, versions::Version},
    settings::cluster::Cluster,
    text::{Files, Spanned},
};

/// Two services, or two objects made of them, that would have one name in the cluster.
pub(crate) const NAME_COLLISION: Code = Code { id: "KP001", name: "name-collision" };
/// A name of which nothing is left in Kubernetes' alphabet.
pub(crate) const UNNAMEABLE: Code = Code { id: "KP002", name: "unnameable" };
/// A service that others name, of which no port can be learned.
pub(crate) const UNKNOWN_PORTS: Code = Code { id: "KP004", name: "unknown-ports" };
/// A variable that no container of Kubernetes can have.
pub(crate) const ILLEGAL_VARIABLE: Code = Code { id: "KP005", name: "illegal-variable" };

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
    pub const UNKNOWN: &str = crate::compose::UNKNOWN;
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
    /// The compose service, as a label value.
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
        /// May a run start while the one before it goes on?
        may_overlap: bool,
    },
}

/// How a Deployment replaces its pods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Old pods stop before new ones start, because both cannot have the volume.
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
    /// Why it is there, if it is not the service's own.
    pub comment: Option<String>,
    /// Its ports, the container's own numbers.
    pub ports: Vec<ServicePort>,
    /// Without an address of its own: DNS gives the pods.
    pub headless: bool,
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

/// Configuration files in one ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileBundle {
    /// The ConfigMap's name.
    pub name: String,
    /// Contents by key; the key is also the file's name in the tree.
    pub files: BTreeMap<String, Vec<u8>>,
}

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

/// What the user decides, beside the compose files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The directory that the tree is written to, absolute: it is never part of what is converted.
    pub output: Utf8PathBuf,
    /// Variables that are secret whatever they look like.
    pub secret: BTreeSet<String>,
    /// Variables that are not.
    pub not_secret: BTreeSet<String>,
    /// Do jobs of other names start at other minutes?
    pub stagger: bool,
}

/// What every decision may look at.
struct Context<'a> {
    project: &'a Project,
    files: &'a dyn Files,
    output: &'a Utf8Path,
    environment: &'a str,
    cluster: &'a Cluster,
    kubernetes: Option<Version>,
    /// Do workloads run the source code of this machine?
    mounts_code: bool,
    layout: &'a Layout,
    names: &'a Names,
    apps: &'a Apps,
    images: &'a Images,
    hosts: hosts::Hosts,
    texts: texts::Texts,
    /// Do CronJobs start at minutes that their names choose?
    stagger: bool,
}

impl Context<'_> {
    fn services(&self) -> impl Iterator<Item = (&str, &Spanned<Service>)> {
        self.project.services.iter().map(|(name, service)| (name.as_str(), service))
    }

    fn directory(&self) -> &Utf8Path {
        &self.project.directory
    }
}

/// Decides what a project becomes in all its environments. What cannot be decided is reported; the plan is
/// then incomplete.
pub fn plan(inputs: &[Input<'_>], options: &Options, files: &dyn Files, report: &mut Report) -> Plan {
    let projects: Vec<&Project> = inputs.iter().map(|input| input.project).collect();
    let names = names::choose(&projects, report);
    let apps = apps::group(&projects, &names);
    let images = images::find(&projects);
    let layout = Layout::of(&projects, &names, &apps);
    let found = secrets::find(&projects, options);
    let shared = texts::files(&projects);
    let mut ledgers: Vec<Ledger> = inputs.iter().map(|_| Ledger::default()).collect();
    let contexts: Vec<Context<'_>> = inputs
        .iter()
        .map(|input| Context {
            project: input.project,
            files,
            output: &options.output,
            environment: &input.name,
            cluster: &input.cluster,
            kubernetes: input.cluster.version(),
            mounts_code: input.cluster.mounts_code(),
            layout: &layout,
            names: &names,
            apps: &apps,
            images: &images,
            hosts: hosts::find(input.project, &names),
            texts: texts::Texts::of(input.project, &shared, files),
            stagger: options.stagger,
        })
        .collect();
    let mut drafted: Vec<Drafted<'_>> = contexts
        .iter()
        .zip(&mut ledgers)
        .zip(inputs)
        .map(|((context, ledger), input)| match input.known {
            Known::All => draft(context, &found, ledger, report),
            // Whoever has the missing files will be told.
            _ => draft(context, &found, ledger, &mut Report::default()),
        })
        .collect();
    let waits = waits::plan(&contexts, &mut drafted, &mut ledgers);
    let bundles = configuration::share(&contexts, &mut drafted, &found, &mut ledgers, report);
    let parts = inputs.iter().zip(&contexts).zip(drafted.into_iter().zip(bundles)).zip(ledgers);
    let environments = parts.map(|(((input, context), (drafted, bundles)), ledger)| {
        if input.known == Known::All {
            keys::warn_of_unsupported(input.project, &ledger, report);
        }
        environment(input, context, drafted, bundles, ledger)
    });
    let mut environments: Vec<Environment> = environments.collect();
    production::warn_of_unknown_volumes(&environments, inputs, report);
    for (environment, input) in environments.iter_mut().zip(inputs) {
        production::apply(environment, input, report);
        versions::adapt(environment, input, report);
    }
    development::mount_code(&contexts, &mut environments, options, report);
    let development = development::plan(&contexts, &mut environments, (inputs, options, &found), report);
    external::warn_of_concealed(&environments, inputs, report);
    Plan {
        project: projects.first().map(|project| project.name.clone()).unwrap_or_default(),
        environments,
        waits,
        development,
    }
}

/// The workloads of one environment, before it is known which variables others share.
struct Drafted<'a> {
    drafts: Vec<Draft>,
    secrets: Secrets<'a>,
    storage: Storage,
    delivered: Delivered,
}

fn draft<'a>(
    context: &'a Context<'a>,
    found: &'a Found,
    ledger: &mut Ledger,
    report: &mut Report,
) -> Drafted<'a> {
    let kinds = kinds::decide(context);
    let ports = ports::learn(context, &kinds);
    let mut drafted = Drafted {
        drafts: Vec::new(),
        secrets: Secrets::new(found),
        storage: Storage::of(context, &kinds),
        delivered: Delivered::default(),
    };
    let mut parts = Parts {
        context,
        ports: &ports,
        kinds: &kinds,
        storage: &mut drafted.storage,
        secrets: &mut drafted.secrets,
        delivered: &mut drafted.delivered,
        ledger,
    };
    drafted.drafts =
        context.services().flat_map(|(name, service)| workload::plan(name, service, &mut parts)).collect();
    drafted.storage.enter(context, ledger);
    top::enter(context, ledger);
    top::warn_of_missing(context, report);
    warn_of_unknown_ports(context, &ports, report);
    drafted
}

fn environment(
    input: &Input<'_>,
    context: &Context<'_>,
    drafted: Drafted<'_>,
    bundles: Bundles,
    ledger: Ledger,
) -> Environment {
    let Drafted { drafts, secrets, storage, delivered } = drafted;
    let usual = || name::dns_label(&format!("{}-{}", input.project.name, input.name));
    Environment {
        name: input.name.clone(),
        known: input.known,
        namespace: input.namespace.clone().unwrap_or_else(usual),
        origin: input.origin.clone(),
        kubernetes: input.cluster.version(),
        context: input.cluster.context(),
        autoscalers: Vec::new(),
        budgets: Vec::new(),
        routes: Routes::default(),
        policies: Vec::new(),
        is_local: is_local(&input.name) || input.cluster.local.is_some(),
        local_cluster: input.cluster.local_cluster().map(str::to_owned),
        code: Vec::new(),
        apps: assemble(context, drafts, bundles.apps, &delivered, &storage),
        shared: bundles.shared,
        secrets: secrets.into_bundles(),
        external_secrets: external::secrets(input),
        claims: storage.shared_claims(),
        external_claims: storage.external_claims(),
        images: context.images.targets(input.project),
        ledger,
    }
}

/// Does an environment of this name run on a developer's machine?
fn is_local(environment: &str) -> bool {
    ["local", "dev", "development", "minikube", "kind", "skaffold"].contains(&environment)
}

/// Puts workloads into their apps, the one that an app is named for first.
fn assemble(
    context: &Context<'_>,
    drafts: Vec<Draft>,
    mut config: BTreeMap<String, Bundle>,
    delivered: &Delivered,
    storage: &Storage,
) -> Vec<App> {
    let mut by_key: BTreeMap<String, Vec<Draft>> = BTreeMap::new();
    for draft in drafts {
        by_key.entry(draft.key.clone()).or_default().push(draft);
    }
    let app = |name: &str| {
        let mut app = App {
            name: name.to_owned(),
            home: context.layout.home(name).to_owned(),
            workloads: Vec::new(),
            config: config.remove(name).unwrap_or_default(),
            files: delivered.of_app(name),
            claims: storage.claims_of(name),
        };
        let members = context.apps.members(name).iter().filter_map(|member| by_key.remove(member));
        app.workloads.extend(members.flatten().map(|draft| draft.workload));
        app
    };
    context.apps.names().map(app).filter(|app| !app.workloads.is_empty()).collect()
}

/// A service that others name has to resolve; without ports its name gives the pods, at any port.
fn warn_of_unknown_ports(context: &Context<'_>, ports: &Ports, report: &mut Report) {
    for (name, _) in context.services() {
        if context.hosts.is_addressed(name) && ports.of_service(name).is_empty() {
            report.push(
                Diagnostic::warning(
                    UNKNOWN_PORTS,
                    format!("no port of `{name}` is known, and others address it"),
                )
                .at(
                    context.project.place_of_service(name),
                    "its Service is headless: the name gives the pods, at any port",
                )
                .help("name its ports under `expose`"),
            );
        }
    }
}
