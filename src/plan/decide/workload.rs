//! One service becomes one workload: the place where every attribute of a service is decided.

mod attributes;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, ContainerPort, PodSpec};

use super::{
    health, image,
    jobs::{self, Jobs},
    katenary,
    kind::WorkloadKind,
    kinds::{self, Kinds},
    kompose,
    mounts::{self, Delivered, Mounting},
    network, order, placement, places,
    ports::{self, Ports},
    probes::Probes,
    process, resources, rollout,
    schedule::Scheduled,
    security, start,
    storage::Storage,
    variables,
};
use crate::{
    catalog::Role,
    compose::model::{Labels, Service},
    k8s::name,
    plan::{
        facts::{Facts, Secrets, kompose::PREFIX, secrets::drawn_words},
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{ClusterService, Component, Kind, Run, Unit, Update, Workload},
        reasons,
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

/// Decides one service, every attribute of it: its own workload, and those of its jobs if it has any.
pub(super) fn decide_unit(key: &str, service: &Spanned<Box<Service>>, parts: &mut Parts<'_, '_, '_>) -> Unit {
    let (facts, kinds) = (parts.facts, parts.kinds);
    let layout = facts.context.layout;
    let (jobs, scheduled) = (kinds.jobs(key), kinds.scheduled(key));
    let app = facts.context.apps.of(key);
    let file = layout.service_file(key, &file_name(facts, key, app, kinds.of(key)));
    {
        let entries = &mut Entries::new(parts.ledger, KeyPath::new(["services", key]), file.clone());
        attributes::record_attributes(service, entries);
        facts.context.names.record_renames(key, entries);
    }
    let workload = decide_workload((key, app, file.clone()), service, parts);
    let entries = &mut Entries::new(parts.ledger, KeyPath::new(["services", key]), file);
    let hosts = facts.hosts.seen_by(service);
    let start = start::decide_start(&hosts, service, scheduled, entries);
    Unit {
        app: app.to_owned(),
        object: workload.name.clone(),
        variables: variables::decide_variables(facts, service, parts.secrets.found()),
        drawn: drawn_words(service),
        runs: jobs::runs_of(
            &hosts,
            jobs,
            &layout.service_file(key, "cronjobs.yaml"),
            Run { start, workload },
        ),
        places: places::places_of(service, scheduled, jobs),
        waits_by_itself: kinds.waiting().contains(key),
        is_named: facts.hosts.is_named(key),
        asked_ports: ports::asked(facts, key, service),
    }
}

/// The workload of a service but for the variables and the words of its container.
fn decide_workload(
    (key, app, file): (&str, &str, String),
    service: &Spanned<Box<Service>>,
    parts: &mut Parts<'_, '_, '_>,
) -> Workload {
    let (facts, context) = (parts.facts, &parts.facts.context);
    let (decided, jobs, scheduled) = (parts.kinds.of(key), parts.kinds.jobs(key), parts.kinds.scheduled(key));
    let replaced = scheduled.filter(|scheduled| scheduled.stays.is_none());
    let object = context.names.workload(key);
    let entries = &mut Entries::new(parts.ledger, KeyPath::new(["services", key]), file.clone());
    let ports = if replaced.is_some() { Vec::new() } else { parts.ports.of_container(key) };
    let (mut pod, mut container) = decide_pod((facts, parts.kinds), (key, app), service, ports, entries);
    let is_cron_job = decided == WorkloadKind::CronJob || replaced.is_some();
    let probes = probes((facts, key), service, (decided, is_cron_job), parts.ports, entries);
    probes.clone().give_to(&mut container);
    let trimmed = jobs.map(|jobs| jobs.trimmed(service));
    let mounting = &mut Mounting {
        context,
        facts,
        app,
        key,
        service: trimmed.as_ref().unwrap_or(service),
        storage: parts.storage,
        secrets: parts.secrets,
        delivered: parts.delivered,
    };
    let mounted = mounts::mount_all(mounting, &mut pod, &mut container, entries);
    life(service, decided, scheduled, &mut pod, entries);
    if parts.kinds.runs_again(key) && service.restart.is_some() {
        entries.approximated(&["restart"], reasons::ENDS_AGAIN);
    }
    let (mut kind, comments) = kind(service, decided, replaced, (&pod, &container), entries);
    let (annotations, pod_annotations) = labels(service, jobs, entries);
    placement::apply_placement(service, &name::dns_label(key), &mut pod, entries);
    network::name_itself(facts, (key, service, decided), &probes, &mut pod, entries);
    let mut services = services(facts, parts.ports, (key, decided), (&probes, pod.hostname.as_deref()));
    let further = kompose::further(facts, key, (service, app, object), (&mut services, &mut kind), entries);
    let component = component(decided, facts.services.role(key), &services);
    if !matches!(decided, WorkloadKind::Job | WorkloadKind::CronJob) {
        let dockerfile = facts.services.get(key).and_then(|facts| facts.dockerfile.as_deref());
        mounts::tell_of_lost_data((service, dockerfile), component.is_backing(), &container, entries);
    }
    pod.containers = vec![container];
    Workload {
        key: key.to_owned(),
        service: name::dns_label(key),
        name: object.to_owned(),
        component,
        kind,
        why: parts.kinds.why(key),
        is_further: false,
        file,
        waits: BTreeSet::new(),
        comments,
        annotations,
        pod_annotations,
        pod_labels: BTreeMap::new(),
        concealed: None,
        claim_templates: mounted.claim_templates,
        services,
        further,
        pod,
    }
}

/// The pod of a service and its container, but for probes and mounts.
fn decide_pod(
    (facts, kinds): (&Facts<'_>, &Kinds),
    (key, app): (&str, &str),
    service: &Service,
    ports: Vec<ContainerPort>,
    entries: &mut Entries<'_>,
) -> (PodSpec, Container) {
    let mut pod = PodSpec::default();
    let mut container = Container { name: app.to_owned(), ..Container::default() };
    image::apply_image(&facts.context, key, service, &mut pod, &mut container, entries);
    process::apply_process(&facts.hosts.seen_by(service), service, &mut pod, &mut container, entries);
    container.ports = (!ports.is_empty()).then_some(ports);
    resources::apply_resources(&facts.context, service, &mut container, entries);
    security::apply_security((facts, key), service, &mut pod, &mut container, entries);
    security::open_low_ports((facts, key), service, &container, &mut pod);
    network::apply_network(facts, service, &mut pod, entries);
    order::record_dependencies(facts, kinds, service, entries);
    kompose::apply_labels(service, &mut pod, &mut container, entries);
    (pod, container)
}

/// The probes of a service: what its labels of kompose ask for overrules its health check.
fn probes(
    (facts, key): (&Facts<'_>, &str),
    service: &Service,
    (decided, is_cron_job): (WorkloadKind, bool),
    ports: &Ports,
    entries: &mut Entries<'_>,
) -> Probes {
    let runs_to_its_end = is_cron_job || decided == WorkloadKind::Job;
    let mut probes = health::decide_probes(facts, (key, runs_to_its_end), service, ports, entries);
    kompose::probes::overrule(service, &mut probes, entries);
    if is_cron_job { Probes::default() } else { probes }
}

/// The Services of a workload. Nobody reaches a job that comes and goes.
fn services(
    facts: &Facts<'_>,
    ports: &Ports,
    (key, decided): (&str, WorkloadKind),
    (probes, hostname): (&Probes, Option<&str>),
) -> Vec<ClusterService> {
    if decided == WorkloadKind::CronJob {
        return Vec::new();
    }
    // Nor one that nothing names but `depends_on`.
    if decided == WorkloadKind::Job && !facts.hosts.is_addressed(key) && ports.of_service(key).is_empty() {
        return Vec::new();
    }
    let asked =
        facts.context.project.services.get(key).is_some_and(|service| kompose::reach::is_headless(service));
    let needed = asked || decided == WorkloadKind::StatefulSet;
    network::services(facts, ports, (key, needed), (probes, hostname))
}

fn file_name(facts: &Facts<'_>, key: &str, app: &str, decided: WorkloadKind) -> String {
    let object = facts.context.names.workload(key);
    let first = facts.context.apps.members(app).first().is_some_and(|first| first == key);
    match decided {
        WorkloadKind::Job => format!("{object}.job.yaml"),
        WorkloadKind::CronJob => "cronjobs.yaml".to_owned(),
        _ if !first => "workers.yaml".to_owned(),
        WorkloadKind::Deployment => "deployment.yaml".to_owned(),
        WorkloadKind::StatefulSet => "statefulset.yaml".to_owned(),
        WorkloadKind::DaemonSet => "daemonset.yaml".to_owned(),
    }
}

/// What a workload is for others. What only runs the tools of a database has no port.
fn component(decided: WorkloadKind, role: Role, services: &[ClusterService]) -> Component {
    let serves = services.iter().any(|service| !service.ports.is_empty());
    match (decided, role) {
        (WorkloadKind::Job, _) => Component::Job,
        (WorkloadKind::CronJob, _) => Component::Cron,
        (_, Role::Cache) if serves => Component::Cache,
        (_, Role::Queue) if serves => Component::Queue,
        (_, Role::Database | Role::Store) if serves => Component::Database,
        // By where it keeps its data.
        (WorkloadKind::StatefulSet, _) => Component::Database,
        _ if serves => Component::Web,
        _ => Component::Worker,
    }
}

/// Docker's patience with what it stops, in seconds.
const GRACE: i64 = 10;

/// How often a Job tries again for which compose names no number: it would try without end.
const ATTEMPTS: i32 = 6;

/// How long it runs and how it stops.
fn life(
    service: &Service,
    decided: WorkloadKind,
    scheduled: Option<&Scheduled>,
    pod: &mut PodSpec,
    entries: &mut Entries<'_>,
) {
    stopping(service, decided == WorkloadKind::Deployment && scheduled.is_some(), pod, entries);
    let condition = service.restart_condition().unwrap_or_default();
    if decided == WorkloadKind::Job {
        let again = condition.starts_with("on-failure");
        pod.restart_policy = Some(if again { "OnFailure" } else { "Never" }.to_owned());
    }
    if decided == WorkloadKind::CronJob {
        pod.restart_policy = Some("Never".to_owned());
    }
    if decided == WorkloadKind::Job && condition.starts_with("on-failure") && attempts(service).is_none() {
        let policy = service.deploy.as_ref().and_then(|deploy| deploy.value.restart_policy.as_ref());
        let said = policy.is_some_and(|policy| policy.value.condition.is_some());
        let path = if said { &["deploy", "restart_policy", "condition"][..] } else { &["restart"] };
        entries.approximated(path, reasons::tries_some_times(ATTEMPTS));
    }
    if service.restart.is_some() {
        match (decided, condition) {
            (WorkloadKind::Job, "always" | "unless-stopped" | "any") => {
                entries.approximated(&["restart"], reasons::JOB_ENDS);
            }
            (WorkloadKind::CronJob, "always" | "unless-stopped" | "any" | "") => entries.mapped(&["restart"]),
            (WorkloadKind::CronJob, _) => {
                entries.approximated(&["restart"], reasons::CRON_JOB_ENDS);
            }
            (WorkloadKind::Job, _) | (_, "always" | "unless-stopped" | "any" | "") => {
                entries.mapped(&["restart"])
            }
            _ => entries.approximated(&["restart"], reasons::SERVES_AGAIN),
        }
    }
}

/// How long it has for stopping. A shell that loops as the first process does not hear TERM: it gets no longer than
/// docker gives it, since waiting is in vain.
fn stopping(service: &Service, loops: bool, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let own = pod.termination_grace_period_seconds;
    if let Some(period) = &service.stop_grace_period {
        match own {
            Some(_) => entries.ignored(&["stop_grace_period"], reasons::NO_TIME_TO_STOP),
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
    decided: WorkloadKind,
    replaced: Option<&Scheduled>,
    (pod, container): (&PodSpec, &Container),
    entries: &mut Entries<'_>,
) -> (Kind, Vec<String>) {
    kompose::cron::record_labels(service, decided, entries);
    if let Some(labelled) = kompose::cron::kind(service).filter(|_| replaced.is_none()) {
        return labelled;
    }
    let kind = replaced.and_then(Scheduled::kind);
    let kind = kind.unwrap_or_else(|| kind_of(service, decided, (pod, container), entries));
    (kind, replaced.map(Scheduled::comments).unwrap_or_default())
}

fn kind_of(
    service: &Service,
    decided: WorkloadKind,
    (pod, container): (&PodSpec, &Container),
    entries: &mut Entries<'_>,
) -> Kind {
    let replicas = service.replicas().and_then(|replicas| i32::try_from(replicas).ok());
    if service.scale.is_some() {
        entries.mapped(&["scale"]);
    }
    let update = rollout::decide_update(service, decided, entries);
    match decided {
        // A CronJob without a schedule does not come to be.
        WorkloadKind::Deployment | WorkloadKind::CronJob => {
            let node_ports = network::has_ports_of_node(pod, container);
            let (alone, silent) = (kinds::most_pods(service) <= 1, update == Update::default());
            let update = if update.recreate || (silent && alone && node_ports) {
                Update { recreate: true, ..Update::default() }
            } else if silent && node_ports {
                // Where each node has a pod, there is no room for one more.
                Update { max_surge: Some(0), max_unavailable: Some(1), ..update }
            } else {
                update
            };
            Kind::Deployment { replicas, update }
        }
        WorkloadKind::StatefulSet => Kind::StatefulSet { replicas },
        WorkloadKind::DaemonSet => Kind::DaemonSet,
        WorkloadKind::Job => {
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
                katenary::record_label(key, &path, entries);
            } else {
                entries.unsupported(&path, reasons::NO_ANNOTATION_KEY);
            }
        }
    };
    take(service.labels.as_ref(), &["labels"], &mut pod);
    take(service.annotations.as_ref(), &["annotations"], &mut pod);
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    take(deployed, &["deploy", "labels"], &mut object);
    if let Some(jobs) = jobs {
        jobs.record_keys(entries);
    }
    (object, pod)
}
