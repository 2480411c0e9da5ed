//! Workloads and Services as objects.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        apps::v1::{
            DaemonSet, DaemonSetSpec, Deployment, DeploymentSpec, DeploymentStrategy,
            RollingUpdateDeployment, StatefulSet, StatefulSetSpec,
        },
        batch::v1::{CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec},
        core::v1::{Container, HTTPGetAction, PodSpec, PodTemplateSpec, Probe, Service, ServiceSpec},
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde_json::{Value, json};

use super::text;
use crate::{
    catalog::HELPER_IMAGE,
    k8s::{
        fields, name,
        versions::{self, Version},
    },
    plan::{App, ClusterService, Concealed, JOBS_LABEL, Kind, SERVICE_LABEL, Update, Wait, Workload},
    yaml::emit::Yaml,
};

/// Runs that are kept to look at.
const SUCCESSFUL_RUNS: i32 = 1;
const FAILED_RUNS: i32 = 3;

pub(super) const NAME_LABEL: &str = "app.kubernetes.io/name";
/// How long a Job that has ended stays, in seconds: long enough for `kubectl wait`.
const ENDED_JOB_STAYS: i32 = 300;
pub(super) const COMPONENT_LABEL: &str = "app.kubernetes.io/component";
const PART_OF_LABEL: &str = "app.kubernetes.io/part-of";
const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// What makes the objects.
const MANAGER: &str = "kustompose";

type Labels = BTreeMap<String, String>;

/// The labels that all objects of a project have alike.
pub(super) fn common_labels(project: &str) -> Vec<(String, String)> {
    let part_of = name::dns_label(project);
    vec![(MANAGED_BY_LABEL.to_owned(), MANAGER.to_owned()), (PART_OF_LABEL.to_owned(), part_of)]
}

/// The label that names the app of an object, where it is that of one, or what it is itself.
pub(super) fn name_label(app: &str) -> (String, String) {
    (NAME_LABEL.to_owned(), name::dns_label(app))
}

/// The object with the label that names its app, unless it has one.
pub(super) fn named_for(mut object: Value, app: &str) -> Value {
    let (key, value) = name_label(app);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let labels = metadata.entry("labels").or_insert_with(|| json!({}));
        if let Some(labels) = labels.as_object_mut() {
            labels.entry(key).or_insert_with(|| json!(value));
        }
    }
    object
}

/// The object of a workload.
pub(super) fn workload(app: &App, workload: &Workload) -> Value {
    let labels = labels(app, workload);
    let waits = workload.waits.iter().map(|host| (Wait::label(host), "true".to_owned()));
    let metadata = ObjectMeta {
        name: Some(workload.name.clone()),
        labels: Some(labels.clone().into_iter().chain(waits).collect()),
        annotations: some(&workload.annotations),
        ..ObjectMeta::default()
    };
    let selector = LabelSelector { match_labels: Some(selector(workload)), ..LabelSelector::default() };
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels.into_iter().chain(workload.pod_labels.clone()).collect()),
            annotations: some(&workload.pod_annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(workload.pod.clone()),
    };
    match &workload.kind {
        Kind::Deployment { replicas, update } => {
            let spec = deployment(*replicas, update, selector, template);
            fields::ordered(&Deployment { metadata, spec: Some(spec), ..Deployment::default() })
        }
        Kind::StatefulSet { replicas } => {
            let spec = StatefulSetSpec {
                service_name: workload.services.first().map(|service| service.name.clone()),
                replicas: *replicas,
                selector,
                template,
                volume_claim_templates: Some(workload.claim_templates.clone()),
                ..StatefulSetSpec::default()
            };
            fields::ordered(&StatefulSet { metadata, spec: Some(spec), ..StatefulSet::default() })
        }
        Kind::DaemonSet => {
            let spec = DaemonSetSpec { selector, template, ..DaemonSetSpec::default() };
            fields::ordered(&DaemonSet { metadata, spec: Some(spec), ..DaemonSet::default() })
        }
        Kind::Job { backoff_limit, completions } => {
            let spec = JobSpec {
                backoff_limit: Some(*backoff_limit),
                // A second `kubectl apply` finds no ended Job in its way, whose pods nobody can change.
                ttl_seconds_after_finished: Some(ENDED_JOB_STAYS),
                completions: *completions,
                parallelism: *completions,
                template,
                ..JobSpec::default()
            };
            fields::ordered(&Job { metadata, spec: Some(spec), ..Job::default() })
        }
        Kind::CronJob { .. } => cron_job(app, workload),
    }
}

/// Gives an object the API version by which a cluster serves it. Without a version, a cluster is one of those
/// that are still supported.
pub(super) fn serve(object: &mut Value, kubernetes: Option<Version>) {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    if let Some(version) = kubernetes.and_then(|cluster| versions::api_version(kind, cluster)) {
        object["apiVersion"] = json!(version);
    }
}

/// A Service of a workload.
pub(super) fn service(app: &App, workload: &Workload, service: &ClusterService) -> Value {
    fields::ordered(&Service {
        metadata: ObjectMeta {
            name: Some(service.name.clone()),
            labels: Some(Labels::from([(NAME_LABEL.to_owned(), app.name.clone())])),
            ..ObjectMeta::default()
        },
        spec: Some(ServiceSpec {
            type_: service.type_.clone(),
            cluster_ip: service.headless.then(|| "None".to_owned()),
            external_traffic_policy: service.external_traffic_policy.clone(),
            selector: Some(selector(workload)),
            ports: Some(service.ports.clone()),
            publish_not_ready_addresses: service.publish_not_ready.then_some(true),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    })
}

/// The initContainer by which workloads wait for a store.
pub(super) fn waiting(wait: &Wait) -> Value {
    let Wait { host, port, .. } = wait;
    let script = format!("until nc -z -w 2 {host} {port}; do echo waiting for {host}; sleep 2; done");
    fields::ordered(&json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": format!("wait-for-{host}")},
        "spec": {"template": {"spec": {"initContainers": [{
            "name": format!("wait-for-{host}"),
            "image": HELPER_IMAGE,
            "command": ["sh", "-c", script],
            "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
            "securityContext": {"allowPrivilegeEscalation": false},
        }]}}},
    }))
}

/// An object that no patch of the base reaches, with the waits that its labels ask for.
pub(super) fn with_waits<'a>(mut object: Value, waits: impl Iterator<Item = &'a Wait>) -> Value {
    const INIT: &str = "initContainers";
    let labels = object.pointer("/metadata/labels").cloned().unwrap_or_default();
    for wait in waits.filter(|wait| labels.get(Wait::label(&wait.host)).is_some()) {
        let first = waiting(wait).pointer(&format!("/spec/template/spec/{INIT}/0")).cloned();
        let Some(pod) = object.pointer_mut("/spec/template/spec").and_then(Value::as_object_mut) else {
            continue;
        };
        let others = pod.shift_remove(INIT).and_then(|list| list.as_array().cloned()).unwrap_or_default();
        let list: Vec<Value> = first.into_iter().chain(others).collect();
        // Nothing else may change: patches were made for the rest as it is.
        let rest = std::mem::take(pod);
        pod.insert(INIT.to_owned(), Value::Array(list));
        pod.extend(rest);
    }
    object
}

/// The patch that puts a workload's concealed fields back.
pub(super) fn concealed(workload: &Workload, kubernetes: Option<Version>) -> Option<Value> {
    let Concealed { container, init_containers, annotations, pod_annotations } =
        workload.concealed.as_ref()?;
    let mut patch = patch(workload, (container, init_containers), (annotations, pod_annotations));
    serve(&mut patch, kubernetes);
    Some(patch)
}

/// The same patch with nothing secret in it: what the fields hold in the tree.
pub(super) fn concealed_example(workload: &Workload, kubernetes: Option<Version>) -> String {
    let Some(concealed) = &workload.concealed else { return String::new() };
    let Concealed { container: part, init_containers, annotations, pod_annotations } = concealed;
    let Some(whole) = workload.pod.containers.first() else { return String::new() };
    let example = fields_of(part, whole);
    let all = || workload.pod.init_containers.iter().flatten();
    let init_containers = init_containers
        .iter()
        .filter_map(|part| Some(fields_of(part, all().find(|whole| whole.name == part.name)?)));
    let init_containers: Vec<Container> = init_containers.collect();
    let of_tree = |all: &Labels, part: &Labels| -> Labels {
        let kept = all.iter().filter(|(key, _)| part.contains_key(*key));
        kept.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let annotations = of_tree(&workload.annotations, annotations);
    let pod_annotations = of_tree(&workload.pod_annotations, pod_annotations);
    let mut patch = patch(workload, (&example, &init_containers), (&annotations, &pod_annotations));
    serve(&mut patch, kubernetes);
    text::patch(text::CONCEALED, Yaml::from(patch))
}

/// A container of the tree with the fields that `part` has, and no others.
fn fields_of(part: &Container, whole: &Container) -> Container {
    Container {
        name: whole.name.clone(),
        command: part.command.as_ref().and(whole.command.clone()),
        args: part.args.as_ref().and(whole.args.clone()),
        startup_probe: part.startup_probe.as_ref().and(asked(whole.startup_probe.as_ref())),
        readiness_probe: part.readiness_probe.as_ref().and(asked(whole.readiness_probe.as_ref())),
        liveness_probe: part.liveness_probe.as_ref().and(asked(whole.liveness_probe.as_ref())),
        lifecycle: part.lifecycle.as_ref().and(whole.lifecycle.clone()),
        ..Container::default()
    }
}

/// What a probe asks, without when.
fn asked(probe: Option<&Probe>) -> Option<Probe> {
    probe.map(|probe| {
        let get = probe.http_get.as_ref().map(|get| HTTPGetAction {
            path: get.path.clone(),
            port: get.port.clone(),
            ..HTTPGetAction::default()
        });
        Probe { exec: probe.exec.clone(), http_get: get, ..Probe::default() }
    })
}

fn patch(
    workload: &Workload,
    (container, init_containers): (&Container, &[Container]),
    (annotations, pod_annotations): (&Labels, &Labels),
) -> Value {
    let (version, kind) = match workload.kind {
        Kind::Deployment { .. } => ("apps/v1", "Deployment"),
        Kind::StatefulSet { .. } => ("apps/v1", "StatefulSet"),
        Kind::DaemonSet => ("apps/v1", "DaemonSet"),
        Kind::Job { .. } => ("batch/v1", "Job"),
        Kind::CronJob { .. } => ("batch/v1", "CronJob"),
    };
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta { annotations: some(pod_annotations), ..ObjectMeta::default() }),
        spec: Some(PodSpec {
            init_containers: (!init_containers.is_empty()).then(|| init_containers.to_vec()),
            containers: vec![container.clone()],
            ..PodSpec::default()
        }),
    };
    let spec = match workload.kind {
        Kind::CronJob { .. } => json!({"jobTemplate": {"spec": {"template": template}}}),
        _ => json!({"template": template}),
    };
    fields::ordered(&json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": ObjectMeta {
            name: Some(workload.name.clone()),
            annotations: some(annotations),
            ..ObjectMeta::default()
        },
        "spec": spec,
    }))
}

fn cron_job(app: &App, workload: &Workload) -> Value {
    let Kind::CronJob { schedule, time_zone, starting_deadline, overlap, backoff_limit } = &workload.kind
    else {
        return Value::Null;
    };
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels(app, workload).into_iter().chain(workload.pod_labels.clone()).collect()),
            annotations: some(&workload.pod_annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(workload.pod.clone()),
    };
    let job = JobSpec { backoff_limit: Some(*backoff_limit), template, ..JobSpec::default() };
    fields::ordered(&CronJob {
        metadata: ObjectMeta {
            name: Some(workload.name.clone()),
            labels: Some(labels(app, workload)),
            annotations: some(&workload.annotations),
            ..ObjectMeta::default()
        },
        spec: Some(CronJobSpec {
            schedule: schedule.clone(),
            time_zone: time_zone.clone(),
            starting_deadline_seconds: Some(*starting_deadline),
            concurrency_policy: Some(overlap.policy().to_owned()),
            successful_jobs_history_limit: Some(SUCCESSFUL_RUNS),
            failed_jobs_history_limit: Some(FAILED_RUNS),
            job_template: JobTemplateSpec { spec: Some(job), ..JobTemplateSpec::default() },
            ..CronJobSpec::default()
        }),
        ..CronJob::default()
    })
}

fn deployment(
    replicas: Option<i32>,
    update: &Update,
    selector: LabelSelector,
    template: PodTemplateSpec,
) -> DeploymentSpec {
    DeploymentSpec {
        replicas,
        strategy: strategy(update),
        min_ready_seconds: update.min_ready_seconds,
        progress_deadline_seconds: update.progress_deadline_seconds,
        selector,
        template,
        ..DeploymentSpec::default()
    }
}

fn strategy(update: &Update) -> Option<DeploymentStrategy> {
    if update.recreate {
        return Some(DeploymentStrategy { type_: Some("Recreate".to_owned()), rolling_update: None });
    }
    let rolling = RollingUpdateDeployment {
        max_surge: update.max_surge.map(IntOrString::Int),
        max_unavailable: update.max_unavailable.map(IntOrString::Int),
    };
    (update.max_surge.is_some() || update.max_unavailable.is_some()).then(|| DeploymentStrategy {
        type_: Some("RollingUpdate".to_owned()),
        rolling_update: Some(rolling),
    })
}

pub(super) fn labels(app: &App, workload: &Workload) -> Labels {
    Labels::from([
        (NAME_LABEL.to_owned(), app.name.clone()),
        (COMPONENT_LABEL.to_owned(), workload.component.name().to_owned()),
        (service_label(workload).to_owned(), workload.service.clone()),
    ])
}

/// One workload is the service; what else comes of it says so otherwise.
fn service_label(workload: &Workload) -> &'static str {
    if workload.is_further { JOBS_LABEL } else { SERVICE_LABEL }
}

/// Immutable once applied: it holds nothing that could change.
fn selector(workload: &Workload) -> Labels {
    Labels::from([(SERVICE_LABEL.to_owned(), workload.service.clone())])
}

pub(super) fn some(map: &Labels) -> Option<Labels> {
    (!map.is_empty()).then(|| map.clone())
}
