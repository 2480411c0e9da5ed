//! What serves goes on serving: while it is updated, while nodes are drained, and when there is more to do.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::core::v1::{
        Container, ExecAction, LifecycleHandler, PodSpec, Probe, SleepAction, TCPSocketAction,
        TopologySpreadConstraint,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::versions::{Feature, Version},
    plan::{
        decide::network,
        input::Input,
        model::{Autoscaler, Budget, Environment, Kind, SERVICE_LABEL, Update, Workload},
        place::versions,
    },
    settings::cluster::{Autoscale, Most},
    text::Spanned,
};

/// Seconds in which load balancers learn that a pod is on its way out, before it is told to stop.
const FAREWELL: i64 = 10;
/// Seconds that a pod has for stopping if nobody says otherwise.
const GRACE: i64 = 30;
/// Places that pods are spread over.
const SPREAD: &[&str] = &["topology.kubernetes.io/zone", "kubernetes.io/hostname"];

/// Gives the Deployments that others reach what the settings ask for.
pub(super) fn add_serving(environment: &mut Environment, input: &Input<'_>, report: &mut Report) {
    let shared = shared_claims(environment);
    let Environment { apps, autoscalers, budgets, name, .. } = environment;
    let (lasting, autoscale) = (input.cluster.zero_downtime, &input.cluster.autoscale);
    if lasting.is_none() && autoscale.is_none() {
        return;
    }
    for workload in apps.iter_mut().flat_map(|app| &mut app.workloads) {
        let Workload { service, name: own, component, kind, pod, services, .. } = workload;
        let Kind::Deployment { replicas, update } = kind else { continue };
        // Two stores of one image do not know of each other.
        if services.iter().all(|service| service.ports.is_empty()) || component.is_backing() {
            continue;
        }
        let node_ports = pod.containers.iter().any(|container| network::has_ports_of_node(pod, container));
        // Without a word of compose, pods take turns at their volume; at one that many mount, they need not.
        if !node_ports && update.max_surge.is_none() && claims(pod).all(|claim| shared.contains(claim)) {
            update.recreate = false;
        }
        if update.recreate || (node_ports && update.max_surge == Some(0)) {
            let once = if update.recreate { ", and runs once" } else { "" };
            let message = format!("`{own}` of {name} stops before it starts anew{once}");
            let place = versions::place(input, workload);
            let help = if node_ports {
                "two pods cannot have one port of a node: leave it to a Service, or to an Ingress"
            } else {
                "its pods cannot share their volume: keep the data elsewhere, or in a volume that several pods mount"
            };
            report.push(
                Diagnostic::warning(codes::INTERRUPTED, message).at(place, "in this service").help(help),
            );
            continue;
        }
        let mut pods = replicas.unwrap_or(1);
        if let Some(autoscale) = autoscale {
            let Some(scaler) = autoscaler(own, pods, autoscale, report) else { continue };
            pods = scaler.max;
            budgets.extend((lasting.is_some() && scaler.min > 1).then(|| budget(own, service)));
            autoscalers.push(scaler);
            // The autoscaler's number would be overwritten with every apply.
            *replicas = None;
        } else if lasting.is_some() && pods > 1 {
            budgets.push(budget(own, service));
        }
        if lasting.is_some() {
            last(update, pod, input.cluster.version());
            if pods > 1 {
                spread(pod, service);
            }
        }
    }
}

/// Claims that pods on several nodes mount.
fn shared_claims(environment: &Environment) -> BTreeSet<String> {
    let own = environment.apps.iter().flat_map(|app| &app.claims);
    let all = environment.claims.iter().chain(&environment.external_claims).chain(own);
    let shared = all.filter(|claim| {
        let modes = claim.spec.iter().flat_map(|spec| spec.access_modes.iter().flatten());
        modes.into_iter().any(|mode| mode == "ReadWriteMany")
    });
    shared.filter_map(|claim| claim.metadata.name.clone()).collect()
}

fn claims(pod: &PodSpec) -> impl Iterator<Item = &String> {
    let volumes = pod.volumes.iter().flatten();
    volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref()).map(|source| &source.claim_name)
}

fn budget(workload: &str, service: &str) -> Budget {
    Budget { workload: workload.to_owned(), service: service.to_owned() }
}

fn autoscaler(
    workload: &str,
    replicas: i32,
    autoscale: &Spanned<Autoscale>,
    report: &mut Report,
) -> Option<Autoscaler> {
    let Autoscale { cpu, max } = autoscale.value;
    let min = replicas.max(1);
    let max = match max {
        Most::Pods(pods) => pods,
        Most::Times(times) => min.saturating_mul(times),
    };
    if max < min {
        let message =
            format!("`{workload}` has {min} replicas, more than the {max} that it may be scaled to");
        let help = "write a larger `max`, or a multiple such as `2x`";
        report.push(
            Diagnostic::error(codes::IMPOSSIBLE_SETTING, message).at(autoscale.span, "here").help(help),
        );
        return None;
    }
    Some(Autoscaler { workload: workload.to_owned(), min, max, cpu })
}

/// A new pod is ready before an old one goes, and an old one goes once nobody asks it any more.
fn last(update: &mut Update, pod: &mut PodSpec, kubernetes: Option<Version>) {
    update.max_surge = Some(update.max_surge.unwrap_or(1).max(1));
    update.max_unavailable = Some(0);
    let Some(container) = pod.containers.first_mut() else { return };
    if container.readiness_probe.is_none() {
        container.readiness_probe = listens(container);
    }
    let lifecycle = container.lifecycle.get_or_insert_default();
    if lifecycle.pre_stop.is_none() {
        lifecycle.pre_stop = Some(farewell(kubernetes));
        let grace = pod.termination_grace_period_seconds.unwrap_or(GRACE);
        pod.termination_grace_period_seconds = Some(grace.saturating_add(FAREWELL));
    }
}

/// Without a health check, a pod is ready once its first port answers.
fn listens(container: &Container) -> Option<Probe> {
    let is_tcp = |protocol: Option<&String>| protocol.is_none_or(|protocol| protocol == "TCP");
    let port = container.ports.iter().flatten().find(|port| is_tcp(port.protocol.as_ref()))?;
    let port = port.name.clone().map_or(IntOrString::Int(port.container_port), IntOrString::String);
    Some(Probe {
        tcp_socket: Some(TCPSocketAction { port, host: None }),
        period_seconds: Some(5),
        ..Probe::default()
    })
}

fn farewell(kubernetes: Option<Version>) -> LifecycleHandler {
    if Feature::SleepAction.is_on(kubernetes) {
        return LifecycleHandler {
            sleep: Some(SleepAction { seconds: FAREWELL }),
            ..LifecycleHandler::default()
        };
    }
    let command = Some(vec!["sleep".to_owned(), FAREWELL.to_string()]);
    LifecycleHandler { exec: Some(ExecAction { command }), ..LifecycleHandler::default() }
}

/// Pods stand in different zones and on different nodes as far as there are any.
fn spread(pod: &mut PodSpec, service: &str) {
    let known = pod.topology_spread_constraints.get_or_insert_default();
    for topology in SPREAD {
        if known.iter().any(|constraint| constraint.topology_key == *topology) {
            continue;
        }
        let labels = BTreeMap::from([(SERVICE_LABEL.to_owned(), service.to_owned())]);
        known.push(TopologySpreadConstraint {
            max_skew: 1,
            topology_key: (*topology).to_owned(),
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(LabelSelector { match_labels: Some(labels), ..LabelSelector::default() }),
            ..TopologySpreadConstraint::default()
        });
    }
}
