//! One service becomes one workload: the place where every attribute of a service is decided.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::{
    ClusterService, Context, Kind, Update, Workload, command, health, image,
    jobs::{self, Jobs},
    kinds::{self, Decided, Kinds},
    kompose,
    ledger::{Entries, KeyPath, Ledger},
    mounts::{self, Delivered, Mounting},
    network, order, placement,
    ports::Ports,
    resources, rollout,
    schedule::Scheduled,
    secrets::{self, Secrets},
    security,
    storage::Storage,
};
use crate::{
    compose::model::{Labels, Port, Service},
    k8s::name,
    text::Spanned,
};

/// The label by which a workload's pods are told from all others, with the compose service's name.
pub const SERVICE_LABEL: &str = "kustompose.dev/service";

/// The label of further jobs of a service, beside the workload that has [`SERVICE_LABEL`].
pub const JOBS_LABEL: &str = "kustompose.dev/jobs-of";

/// What deciding one service needs to look at and to add to.
pub(super) struct Parts<'a, 'b, 'c> {
    pub(super) context: &'a Context<'a>,
    pub(super) ports: &'a Ports,
    pub(super) kinds: &'a Kinds,
    pub(super) storage: &'b mut Storage,
    pub(super) secrets: &'b mut Secrets<'c>,
    pub(super) delivered: &'b mut Delivered,
    pub(super) ledger: &'b mut Ledger,
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
    /// Values that refer to variables, as the kubelet reads them.
    pub(super) composed: BTreeMap<String, String>,
}

impl Draft {
    /// A draft without variables.
    fn new(key: &str, app: String, workload: Workload) -> Self {
        let (variables, composed) = (BTreeMap::new(), BTreeMap::new());
        let object = workload.name.clone();
        Self { key: key.to_owned(), app, object, workload, variables, composed }
    }
}

/// Decides one service, every attribute of it: a workload, and those of its jobs if it has any.
pub(super) fn plan(key: &str, service: &Spanned<Service>, parts: &mut Parts<'_, '_, '_>) -> Vec<Draft> {
    let context = parts.context;
    let app = context.apps.of(key).to_owned();
    let (decided, jobs, scheduled) = (parts.kinds.of(key), parts.kinds.jobs(key), parts.kinds.scheduled(key));
    let object = context.names.workload(key).to_owned();
    let file = context.layout.service_file(key, &file_name(context, key, &app, &object, decided));
    let entries = &mut Entries::new(parts.ledger, KeyPath::new(["services", key]), file.clone());
    every_attribute(service, entries);

    let mut pod = PodSpec::default();
    let mut container = Container { name: app.clone(), ..Container::default() };
    image::plan(context, key, service, &mut pod, &mut container, entries);
    command::plan(context, service, parts.secrets, &mut pod, &mut container, entries);
    container.ports = Some(parts.ports.of_container(key)).filter(|ports| !ports.is_empty());
    health::plan(context, (key, decided), service, parts.ports, &mut container, entries);
    let planned = plan_loop(context, service, parts.secrets, scheduled, &mut container, entries);
    resources::plan(context, service, &mut container, entries);
    security::plan(service, &mut pod, &mut container, entries);
    network::plan(context, service, &mut pod, entries);
    order::plan(context, service, entries);
    kompose::plan(service, &mut pod, &mut container, entries);
    let trimmed = jobs.map(|jobs| jobs.trimmed(service));
    let mounting = &mut Mounting {
        context,
        app: &app,
        key,
        service: trimmed.as_ref().unwrap_or(service),
        image: container.image.clone().unwrap_or_default(),
        storage: parts.storage,
        secrets: parts.secrets,
        delivered: parts.delivered,
    };
    let mut mounted = mounts::plan(mounting, &mut pod, &mut container, entries);
    life(service, decided, &mut pod, entries);
    let (mut kind, comments) = kind(service, decided, planned, &pod, &mut container, entries);
    let (annotations, mut pod_annotations) = labels(service, jobs, entries);
    placement::plan(service, &name::dns_label(key), &mut pod, entries);
    let mut services = services(context, parts.ports, key, decided);
    let further = kompose::further(service, (&app, &object), &mut services, &mut kind, entries);
    let plain = container.clone();
    let concealed = parts.secrets.conceal(&mut container, &mut pod_annotations);
    pod.containers = vec![container];
    let workload = Workload {
        service: name::dns_label(key),
        name: object,
        component: component(decided, service, &image_name(&pod)),
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
    let draft = Draft { variables: variables(context, service), ..Draft::new(key, app, workload) };
    jobs::drafts(context, service, parts.secrets, jobs, draft, &plain)
}

/// The variables of a service, their hosts by the names that resolve in the cluster.
fn variables(context: &Context<'_>, service: &Service) -> BTreeMap<String, String> {
    let variables = secrets::variables(service);
    variables.map(|(name, value)| (name.to_owned(), context.hosts.follow(name, value))).collect()
}

/// Gives a loop its command, and the loop if a CronJob replaces it.
fn plan_loop<'a>(
    context: &Context<'_>,
    service: &Service,
    secrets: &Secrets<'_>,
    scheduled: Option<&'a Scheduled>,
    container: &mut Container,
    entries: &mut Entries<'_>,
) -> Option<&'a Scheduled> {
    let scheduled = scheduled?;
    command::plan_loop(context, service, secrets, scheduled, container, entries);
    if scheduled.stays.is_some() {
        return None;
    }
    container.ports = None;
    health::drop(service.healthcheck.as_ref(), container, entries);
    Some(scheduled)
}

/// The Services of a workload. Nobody reaches a job that comes and goes.
fn services(context: &Context<'_>, ports: &Ports, key: &str, decided: Decided) -> Vec<ClusterService> {
    if decided == Decided::CronJob {
        return Vec::new();
    }
    network::services(context, ports, key, decided == Decided::StatefulSet)
}

/// Decides what needs no look at the rest of the service. There is no `..`: an attribute that is added
/// to the model has to be decided here or be named as decided elsewhere.
#[expect(clippy::too_many_lines, reason = "one line an attribute")]
fn every_attribute(service: &Service, entries: &mut Entries<'_>) {
    entries.mapped(&[]);
    let Service {
        annotations: _,
        attach,
        build: _,
        blkio_config,
        cap_add: _,
        cap_drop: _,
        cgroup,
        cgroup_parent,
        command: _,
        configs: _,
        container_name,
        cpu_count,
        cpu_percent,
        cpu_period: _,
        cpu_quota: _,
        cpu_rt_period,
        cpu_rt_runtime,
        cpu_shares: _,
        cpus: _,
        cpuset,
        credential_spec,
        depends_on: _,
        deploy: _,
        develop,
        device_cgroup_rules,
        devices,
        dns: _,
        dns_opt: _,
        dns_search: _,
        domainname,
        entrypoint: _,
        environment: _,
        expose,
        external_links,
        extra_hosts: _,
        gpus: _,
        group_add: _,
        healthcheck: _,
        hostname: _,
        image: _,
        init: _,
        ipc: _,
        isolation,
        labels: _,
        links,
        logging,
        mac_address,
        mem_limit: _,
        mem_reservation: _,
        mem_swappiness,
        memswap_limit,
        models,
        network_mode: _,
        networks: _,
        oom_kill_disable,
        oom_score_adj,
        pid: _,
        pids_limit,
        platform: _,
        ports,
        pre_start,
        post_start: _,
        pre_stop: _,
        privileged: _,
        profiles,
        provider,
        pull_policy: _,
        pull_refresh_after: _,
        read_only: _,
        restart: _,
        runtime: _,
        scale: _,
        security_opt: _,
        secrets: _,
        shm_size: _,
        stdin_open: _,
        stop_grace_period: _,
        stop_signal: _,
        storage_opt,
        sysctls: _,
        tmpfs: _,
        tty: _,
        ulimits,
        use_api_socket,
        user: _,
        userns_mode: _,
        uts,
        volumes: _,
        volumes_from: _,
        working_dir: _,
        extensions,
    } = service;
    let as_ever = [
        ("attach", attach.is_some()),
        ("develop", develop.is_some()),
        ("container_name", container_name.is_some()),
        ("blkio_config", blkio_config.is_some()),
        ("cgroup", cgroup.is_some()),
        ("cgroup_parent", cgroup_parent.is_some()),
        ("cpu_count", cpu_count.is_some()),
        ("cpu_percent", cpu_percent.is_some()),
        ("cpu_rt_period", cpu_rt_period.is_some()),
        ("cpu_rt_runtime", cpu_rt_runtime.is_some()),
        ("cpuset", cpuset.is_some()),
        ("credential_spec", credential_spec.is_some()),
        ("device_cgroup_rules", device_cgroup_rules.is_some()),
        ("devices", devices.is_some()),
        ("domainname", domainname.is_some()),
        ("external_links", external_links.is_some()),
        ("isolation", isolation.is_some()),
        ("logging", logging.is_some()),
        ("mac_address", mac_address.is_some()),
        ("mem_swappiness", mem_swappiness.is_some()),
        ("memswap_limit", memswap_limit.is_some()),
        ("models", models.is_some()),
        ("oom_kill_disable", oom_kill_disable.is_some()),
        ("oom_score_adj", oom_score_adj.is_some()),
        ("pids_limit", pids_limit.is_some()),
        ("provider", provider.is_some()),
        ("storage_opt", storage_opt.is_some()),
        ("ulimits", ulimits.is_some()),
        ("use_api_socket", use_api_socket.is_some()),
        ("uts", uts.is_some()),
        ("pre_start", pre_start.is_some()),
    ];
    for (key, present) in as_ever {
        if present {
            entries.as_ever(&[key]);
        }
    }
    if profiles.is_some() {
        entries.mapped(&["profiles"]);
    }
    for (key, present) in
        [("ports", ports.is_some()), ("expose", expose.is_some()), ("links", links.is_some())]
    {
        if present {
            let file = entries
                .file()
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| format!("{folder}/service.yaml"));
            entries.mapped_to(&[key], file);
        }
    }
    if let Some(ports) = ports {
        port_names(ports, entries);
    }
    if let Some(ports) = ports.as_ref().filter(|_| !kompose::reach::is_published(service)) {
        published(ports, entries);
    }
    if let Some(links) = links.as_ref().filter(|links| !links.value.is_empty()) {
        let names: Vec<String> = links.value.iter().map(|link| format!("`{}`", link.value)).collect();
        entries.mapped_as(&["links"], format!("{}: each has a Service by its name", names.join(", ")));
    }
    for extension in extensions.keys() {
        entries.as_ever(&[extension]);
    }
}

/// A name that Kubernetes does not take gives way to another one.
fn port_names(ports: &Spanned<Vec<Spanned<Port>>>, entries: &mut Entries<'_>) {
    for wanted in ports.value.iter().filter_map(|port| port.name.as_ref()) {
        if name::port_name(&wanted.value).as_deref() != Some(wanted.as_str()) {
            let reason = format!(
                "`{}`: the name of a port is 15 small letters, digits and `-` at most, one a letter",
                wanted.value
            );
            entries.at(wanted.span).approximated(&["ports"], reason);
        }
    }
}

fn published(ports: &Spanned<Vec<Spanned<Port>>>, entries: &mut Entries<'_>) {
    for port in &ports.value {
        let host_ip = port.host_ip.as_ref().filter(|ip| !ip.value.is_empty());
        let number = port.target.as_ref().map_or_else(String::new, |target| target.value.to_string());
        let moved = port.published.as_ref().filter(|published| published.value != number);
        let host = port.mode.as_ref().is_some_and(|mode| mode.value == "host");
        let places = [moved.map(|it| it.span), host_ip.map(|it| it.span)];
        for place in places.into_iter().flatten().filter(|_| !host) {
            let reason = "the Service has the container's own port; what is published on the host is a matter of \
                Ingress, LoadBalancer or `kubectl port-forward`";
            entries.at(place).approximated(&["ports"], reason);
        }
        if let Some(host_ip) = host_ip.filter(|_| host) {
            let reason = "the port is open on every address of the node";
            entries.at(host_ip.span).approximated(&["ports"], reason);
        }
    }
}

fn file_name(context: &Context<'_>, key: &str, app: &str, object: &str, decided: Decided) -> String {
    let first = context.apps.members(app).first().is_some_and(|first| first == key);
    match decided {
        Decided::Job => format!("{object}.job.yaml"),
        Decided::CronJob => "cronjobs.yaml".to_owned(),
        _ if !first => "workers.yaml".to_owned(),
        Decided::Deployment => "deployment.yaml".to_owned(),
        Decided::StatefulSet => "statefulset.yaml".to_owned(),
        Decided::DaemonSet => "daemonset.yaml".to_owned(),
    }
}

fn image_name(pod: &PodSpec) -> String {
    pod.containers.first().and_then(|container| container.image.clone()).unwrap_or_default()
}

fn component(decided: Decided, service: &Service, _image: &str) -> &'static str {
    match decided {
        Decided::Job => "job",
        Decided::CronJob => "cron",
        Decided::StatefulSet => "store",
        _ if service.ports.is_some() || service.expose.is_some() => "web",
        _ => "worker",
    }
}

/// How long it runs and how it stops.
fn life(service: &Service, decided: Decided, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    if let Some(period) = &service.stop_grace_period {
        pod.termination_grace_period_seconds = Some(period.value.seconds());
        entries.mapped(&["stop_grace_period"]);
    }
    let condition = kinds::restart_condition(service).unwrap_or_default();
    if decided == Decided::Job {
        let again = condition.starts_with("on-failure");
        pod.restart_policy = Some(if again { "OnFailure" } else { "Never" }.to_owned());
    }
    if decided == Decided::CronJob {
        pod.restart_policy = Some("Never".to_owned());
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
    if let Some((kind, comment)) = kompose::cron::kind(service).filter(|_| planned.is_none()) {
        health::drop(service.healthcheck.as_ref(), container, entries);
        return (kind, vec![comment]);
    }
    let kind = planned.and_then(Scheduled::kind);
    let kind = kind.unwrap_or_else(|| kind_of(service, decided, pod, entries));
    (kind, planned.map(Scheduled::comments).unwrap_or_default())
}

fn kind_of(service: &Service, decided: Decided, pod: &PodSpec, entries: &mut Entries<'_>) -> Kind {
    let replicas = kinds::replicas(service).and_then(|replicas| i32::try_from(replicas).ok());
    if service.scale.is_some() {
        entries.mapped(&["scale"]);
    }
    let update = rollout::plan(service, decided, entries);
    match decided {
        // A CronJob without a schedule does not come to be.
        Decided::Deployment | Decided::CronJob => {
            let claims = pod.volumes.iter().flatten().any(|volume| volume.persistent_volume_claim.is_some());
            let recreate =
                update.recreate || (claims && replicas.unwrap_or(1) <= 1 && update == Update::default());
            let update = if recreate { Update { recreate, ..Update::default() } } else { update };
            Kind::Deployment { replicas, update }
        }
        Decided::StatefulSet => Kind::StatefulSet { replicas },
        Decided::DaemonSet => Kind::DaemonSet,
        Decided::Job => {
            let attempts = kinds::restart_condition(service)
                .and_then(|condition| condition.strip_prefix("on-failure:"))
                .and_then(|attempts| attempts.parse().ok())
                .or_else(|| max_attempts(service));
            let again = pod.restart_policy.as_deref() == Some("OnFailure");
            Kind::Job { backoff_limit: attempts.unwrap_or(if again { 6 } else { 0 }), completions: replicas }
        }
    }
}

fn max_attempts(service: &Service) -> Option<i32> {
    let policy = service.deploy.as_ref()?.value.restart_policy.as_ref()?;
    i32::try_from(policy.value.max_attempts.as_ref()?.value).ok()
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
        let labels = labels.iter().flat_map(|labels| labels.value.iter());
        let is_own =
            |key: &String| !key.starts_with(kompose::PREFIX) && !jobs.is_some_and(|jobs| jobs.has_label(key));
        for (key, value) in labels.filter(|(key, _)| is_own(key)) {
            let path = [path, &[key.as_str()]].concat();
            if name::is_label_key(key) {
                to.insert(key.clone(), value.value.clone());
                entries.mapped(&path);
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
