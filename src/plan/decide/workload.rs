//! One service becomes one workload: the place where every attribute of a service is decided.

mod attributes;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec, Probe};

use super::{
    clear, command,
    draft::{Decided, Draft},
    health,
    jobs::{self, Jobs},
    katenary,
    kinds::{self, Kinds},
    kompose,
    mounts::{self, Delivered, Mounting},
    network, order, placement,
    ports::Ports,
    resources, rollout,
    schedule::Scheduled,
    security,
    storage::Storage,
};
use crate::{
    catalog,
    compose::model::{Labels, Service},
    k8s::name,
    plan::{
        facts::{
            Facts, image,
            kompose::PREFIX,
            secrets::{self, Secrets},
        },
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{ClusterService, Kind, Update, Workload},
    },
    text::Spanned,
};

/// What deciding one service needs to look at and to add to.
pub(super) struct Parts<'a, 'b, 'c> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) ports: &'a Ports,
    pub(super) kinds: &'a Kinds,
    pub(super) storage: &'b mut Storage,
    pub(super) secrets: &'b mut Secrets<'c>,
    pub(super) delivered: &'b mut Delivered,
    pub(super) ledger: &'b mut Ledger,
}

/// Decides one service, every attribute of it: a workload, and those of its jobs if it has any.
pub(super) fn plan(key: &str, service: &Spanned<Service>, parts: &mut Parts<'_, '_, '_>) -> Vec<Draft> {
    let (facts, context) = (parts.facts, &parts.facts.context);
    let (decided, jobs, scheduled) = (parts.kinds.of(key), parts.kinds.jobs(key), parts.kinds.scheduled(key));
    let (app, object) = (context.apps.of(key).to_owned(), context.names.workload(key).to_owned());
    let file = facts.context.layout.service_file(key, &file_name(facts, key, &app, &object, decided));
    let entries = &mut Entries::new(parts.ledger, KeyPath::new(["services", key]), file.clone());
    attributes::enter(service, entries);
    facts.context.names.enter(key, entries);

    let (mut pod, mut container) =
        (PodSpec::default(), Container { name: app.clone(), ..Container::default() });
    image::plan(context, key, service, &mut pod, &mut container, entries);
    command::plan(facts, service, parts.secrets, &mut pod, &mut container, entries);
    container.ports = Some(parts.ports.of_container(key)).filter(|ports| !ports.is_empty());
    health::plan(facts, (key, decided), service, parts.ports, &mut container, entries);
    let planned = plan_loop(facts, service, parts.secrets, scheduled, &mut container, entries);
    resources::plan(context, service, &mut container, entries);
    security::plan(service, facts.context.kubernetes, &mut pod, &mut container, entries);
    network::plan(facts, service, &mut pod, entries);
    order::plan(facts, parts.kinds, service, entries);
    kompose::plan(service, &mut pod, &mut container, entries);
    let trimmed = jobs.map(|jobs| jobs.trimmed(service));
    let mounting = &mut Mounting {
        context,
        facts,
        app: &app,
        key,
        service: trimmed.as_ref().unwrap_or(service),
        storage: parts.storage,
        secrets: parts.secrets,
        delivered: parts.delivered,
    };
    let mut mounted = mounts::plan(mounting, &mut pod, &mut container, entries);
    life(service, decided, scheduled, &mut pod, entries);
    let (mut kind, comments) = kind(service, decided, planned, &pod, &mut container, entries);
    let (mut annotations, mut pod_annotations) = labels(service, jobs, entries);
    placement::plan(service, &name::dns_label(key), &mut pod, entries);
    let mut services = services(facts, parts.ports, (key, decided), container.readiness_probe.as_ref());
    let further = kompose::further(facts, key, (service, &app, &object), (&mut services, &mut kind), entries);
    pod.containers = vec![container.clone()];
    let concealed = clear::conceal(parts.secrets, &mut pod, &mut annotations, &mut pod_annotations);
    let workload = Workload {
        key: key.to_owned(),
        service: name::dns_label(key),
        name: object,
        component: component(decided, service, &services),
        kind,
        is_further: false,
        file,
        waits: BTreeSet::new(),
        comments,
        annotations,
        pod_annotations,
        pod_labels: BTreeMap::new(),
        concealed,
        claim_templates: std::mem::take(&mut mounted.claim_templates),
        services,
        further,
        pod,
    };
    let draft = Draft { variables: variables(facts, service), ..Draft::new(key, app, workload) };
    jobs::drafts(facts, service, parts.secrets, jobs, draft, &container)
}

/// The variables of a service, their hosts by the names that resolve in the cluster.
fn variables(facts: &Facts<'_>, service: &Service) -> BTreeMap<String, String> {
    let variables = secrets::variables(service);
    variables.map(|(name, value)| (name.to_owned(), facts.hosts.follow(name, value))).collect()
}

/// Gives a loop its command, and the loop if a CronJob replaces it.
fn plan_loop<'a>(
    facts: &Facts<'_>,
    service: &Service,
    secrets: &Secrets<'_>,
    scheduled: Option<&'a Scheduled>,
    container: &mut Container,
    entries: &mut Entries<'_>,
) -> Option<&'a Scheduled> {
    let scheduled = scheduled?;
    command::plan_loop(facts, service, secrets, scheduled, container, entries);
    if scheduled.stays.is_some() {
        return None;
    }
    container.ports = None;
    health::drop(service.healthcheck.as_ref(), container, entries);
    Some(scheduled)
}

/// The Services of a workload. Nobody reaches a job that comes and goes.
fn services(
    facts: &Facts<'_>,
    ports: &Ports,
    (key, decided): (&str, Decided),
    readiness: Option<&Probe>,
) -> Vec<ClusterService> {
    if decided == Decided::CronJob {
        return Vec::new();
    }
    // Nor one that nothing names but `depends_on`.
    if decided == Decided::Job && !facts.hosts.is_addressed(key) && ports.of_service(key).is_empty() {
        return Vec::new();
    }
    let asked =
        facts.context.project.services.get(key).is_some_and(|service| kompose::reach::is_headless(service));
    network::services(facts, ports, key, asked || decided == Decided::StatefulSet, readiness)
}

fn file_name(facts: &Facts<'_>, key: &str, app: &str, object: &str, decided: Decided) -> String {
    let first = facts.context.apps.members(app).first().is_some_and(|first| first == key);
    match decided {
        Decided::Job => format!("{object}.job.yaml"),
        Decided::CronJob => "cronjobs.yaml".to_owned(),
        _ if !first => "workers.yaml".to_owned(),
        Decided::Deployment => "deployment.yaml".to_owned(),
        Decided::StatefulSet => "statefulset.yaml".to_owned(),
        Decided::DaemonSet => "daemonset.yaml".to_owned(),
    }
}

fn component(decided: Decided, service: &Service, services: &[ClusterService]) -> &'static str {
    // What only runs a store's tools has no port.
    let is_store = || service.image.as_ref().is_some_and(|image| catalog::is_backing_service(&image.value));
    let is_store = || services.iter().any(|service| !service.ports.is_empty()) && is_store();
    match decided {
        Decided::Job => "job",
        Decided::CronJob => "cron",
        Decided::StatefulSet | Decided::Deployment if is_store() => "store",
        // What others prepare first is no store, whatever it keeps.
        Decided::StatefulSet if !waits_for_tasks(service) => "store",
        _ if service.ports.is_some() || service.expose.is_some() => "web",
        _ => "worker",
    }
}

/// Does it wait for others to end well?
fn waits_for_tasks(service: &Service) -> bool {
    let dependencies = service.depends_on.iter().flat_map(|field| field.value.values());
    let mut conditions = dependencies.filter_map(|dependency| dependency.value.condition.as_ref());
    conditions.any(|condition| condition.value == "service_completed_successfully")
}

/// Docker's patience with what it stops, in seconds.
const GRACE: i64 = 10;

/// How often a Job tries again for which compose names no number: it would try without end.
const ATTEMPTS: i32 = 6;

/// How long it runs and how it stops.
fn life(
    service: &Service,
    decided: Decided,
    scheduled: Option<&Scheduled>,
    pod: &mut PodSpec,
    entries: &mut Entries<'_>,
) {
    stopping(service, decided == Decided::Deployment && scheduled.is_some(), pod, entries);
    let condition = service.restart_condition().unwrap_or_default();
    if decided == Decided::Job {
        let again = condition.starts_with("on-failure");
        pod.restart_policy = Some(if again { "OnFailure" } else { "Never" }.to_owned());
    }
    if decided == Decided::CronJob {
        pod.restart_policy = Some("Never".to_owned());
    }
    if decided == Decided::Job && condition.starts_with("on-failure") && attempts(service).is_none() {
        let reason = format!("a Job tries again {ATTEMPTS} times, where compose does so without end");
        let policy = service.deploy.as_ref().and_then(|deploy| deploy.value.restart_policy.as_ref());
        let said = policy.is_some_and(|policy| policy.value.condition.is_some());
        let path = if said { &["deploy", "restart_policy", "condition"][..] } else { &["restart"] };
        entries.approximated(path, reason);
    }
    if service.restart.is_some() {
        match (decided, condition) {
            (Decided::Job, "always" | "unless-stopped" | "any") => {
                entries.approximated(&["restart"], "a Job does not start again once it has ended well");
            }
            (Decided::CronJob, "always" | "unless-stopped" | "any" | "") => entries.mapped(&["restart"]),
            (Decided::CronJob, _) => {
                entries.approximated(
                    &["restart"],
                    "a CronJob runs again at its next time, whatever became of a run",
                );
            }
            (Decided::Job, _) | (_, "always" | "unless-stopped" | "any" | "") => entries.mapped(&["restart"]),
            _ => entries.approximated(&["restart"], "a service that serves is always started again"),
        }
    }
}

/// How long it has for stopping. A shell that loops as the first process does not hear TERM: it gets no longer than
/// docker gives it, since waiting is in vain.
fn stopping(service: &Service, loops: bool, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let own = pod.termination_grace_period_seconds;
    if let Some(period) = &service.stop_grace_period {
        match own {
            Some(_) => entries.ignored(&["stop_grace_period"], "its stop signal leaves it no time"),
            None => {
                pod.termination_grace_period_seconds = Some(period.value.seconds());
                entries.mapped(&["stop_grace_period"]);
            }
        }
    } else if loops {
        pod.termination_grace_period_seconds = own.or(Some(GRACE));
    }
}

/// The kind of a workload with its details, and what is said above it.
fn kind(
    service: &Service,
    decided: Decided,
    planned: Option<&Scheduled>,
    pod: &PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) -> (Kind, Vec<String>) {
    kompose::cron::enter(service, decided, entries);
    if let Some((kind, comments)) = kompose::cron::kind(service).filter(|_| planned.is_none()) {
        health::drop(service.healthcheck.as_ref(), container, entries);
        return (kind, comments);
    }
    let kind = planned.and_then(Scheduled::kind);
    let kind = kind.unwrap_or_else(|| kind_of(service, decided, (pod, container), entries));
    (kind, planned.map(Scheduled::comments).unwrap_or_default())
}

fn kind_of(
    service: &Service,
    decided: Decided,
    (pod, container): (&PodSpec, &Container),
    entries: &mut Entries<'_>,
) -> Kind {
    let replicas = service.replicas().and_then(|replicas| i32::try_from(replicas).ok());
    if service.scale.is_some() {
        entries.mapped(&["scale"]);
    }
    let update = rollout::plan(service, decided, entries);
    match decided {
        // A CronJob without a schedule does not come to be.
        Decided::Deployment | Decided::CronJob => {
            let claims = pod.volumes.iter().flatten().any(|volume| volume.persistent_volume_claim.is_some());
            let node_ports = network::has_ports_of_node(pod, container);
            let (alone, silent) = (kinds::most_pods(service) <= 1, update == Update::default());
            let update = if update.recreate || (silent && alone && (claims || node_ports)) {
                Update { recreate: true, ..Update::default() }
            } else if silent && node_ports {
                // Where each node has a pod, there is no room for one more.
                Update { max_surge: Some(0), max_unavailable: Some(1), ..update }
            } else {
                update
            };
            Kind::Deployment { replicas, update }
        }
        Decided::StatefulSet => Kind::StatefulSet { replicas },
        Decided::DaemonSet => Kind::DaemonSet,
        Decided::Job => {
            let again = pod.restart_policy.as_deref() == Some("OnFailure");
            let backoff_limit = attempts(service).unwrap_or(if again { ATTEMPTS } else { 0 });
            Kind::Job { backoff_limit, completions: replicas }
        }
    }
}

/// How often compose tries again what failed, if it does not do so without end.
fn attempts(service: &Service) -> Option<i32> {
    let condition = service.restart_condition().and_then(|text| text.strip_prefix("on-failure:"));
    let policy = service.deploy.as_ref().and_then(|deploy| deploy.value.restart_policy.as_ref());
    let most = policy.and_then(|policy| policy.value.max_attempts.as_ref());
    let most = || most.and_then(|most| i32::try_from(most.value).ok());
    condition.and_then(|attempts| attempts.parse().ok()).or_else(most).filter(|attempts| *attempts > 0)
}

/// Compose's labels and annotations are for people and programs: annotations here, whose values are free.
/// Those of the object, and those of its pods.
fn labels(
    service: &Service,
    jobs: Option<&Jobs>,
    entries: &mut Entries<'_>,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let (mut object, mut pod) = (BTreeMap::new(), BTreeMap::new());
    let mut take = |labels: Option<&Spanned<Labels>>, path: &[&str], to: &mut BTreeMap<String, String>| {
        if labels.is_some() {
            entries.mapped(path);
        }
        let labels = labels.iter().flat_map(|labels| labels.value.iter());
        let is_own = |key: &String| !key.starts_with(PREFIX) && !jobs.is_some_and(|jobs| jobs.has_label(key));
        for (key, value) in labels.filter(|(key, _)| is_own(key)) {
            let path = [path, &[key.as_str()]].concat();
            if name::is_label_key(key) {
                to.insert(key.clone(), value.value.clone());
                katenary::enter(key, &path, entries);
            } else {
                entries.unsupported(
                    &path,
                    "no key of an annotation: letters, digits, `-`, `_`, `.` and one `/`",
                );
            }
        }
    };
    take(service.labels.as_ref(), &["labels"], &mut pod);
    take(service.annotations.as_ref(), &["annotations"], &mut pod);
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    take(deployed, &["deploy", "labels"], &mut object);
    if let Some(jobs) = jobs {
        jobs.enter(entries);
    }
    (object, pod)
}
