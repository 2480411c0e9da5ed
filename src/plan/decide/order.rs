//! Who waits for whom: `depends_on`.
//!
//! Kubernetes starts everything at once. Stores bring an initContainer that waits for them (see `waits`); what
//! waits for another service tries again until it answers; what waits for a task is applied after it.

use std::collections::{BTreeMap, BTreeSet};

use super::{kind::WorkloadKind, kinds::Kinds};
use crate::{
    compose::model::Service,
    k8s::name,
    plan::{
        facts::{Facts, volumes},
        ledger::Entries,
        model::{App, Component, Kind, Step, Workload},
        reasons,
    },
    text::Spanned,
};

/// Says of every dependency what stands in its place.
pub(super) fn record_dependencies(
    facts: &Facts<'_>,
    kinds: &Kinds,
    service: &Service,
    entries: &mut Entries<'_>,
) {
    for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
        let path = ["depends_on", dependency.as_str()];
        if !facts.context.project.services.contains_key(dependency) {
            entries.ignored(&path, reasons::NOT_REQUIRED);
            continue;
        }
        if facts.context.project.services.get(dependency).is_some_and(|service| !service.is_container()) {
            entries.ignored(&path, reasons::PROVIDED);
            continue;
        }
        let condition = settings.value.condition.as_ref().map_or("", |text| text.value.as_str());
        let reason = match condition {
            "service_completed_successfully" => reasons::APPLIED_FIRST,
            _ if kinds.of(dependency) == WorkloadKind::Job && kinds.waiting().contains(dependency) => {
                reasons::TRIED_UNTIL_DONE
            }
            _ if kinds.of(dependency) == WorkloadKind::Job => reasons::APPLIED_FIRST,
            "service_healthy" if has_check(facts, dependency) => reasons::WAITED_FOR,
            "service_healthy" => reasons::WAITED_FOR_WITHOUT_CHECK,
            _ => reasons::TRIED_UNTIL_ANSWERED,
        };
        entries.approximated(&path, reason);
        if settings.value.restart.as_ref().is_some_and(|restart| restart.value) {
            entries.unsupported(&["depends_on", dependency, "restart"], reasons::NO_COMMON_RESTART);
        }
    }
}

/// Whether a service has a health check that is known.
fn has_check(facts: &Facts<'_>, name: &str) -> bool {
    let service = facts.context.project.services.get(name);
    let check = service.and_then(|service| facts.health(name, service));
    check.is_some_and(|check| {
        let is_disabled = check.value.disable.as_ref().is_some_and(|disable| disable.value);
        let words = check.value.test.iter().flat_map(|test| &test.value);
        !is_disabled && words.into_iter().next().is_some_and(|form| form.value != "NONE")
    })
}

/// The services that a service depends on while they run, for what it may ask of them. They are not asked for their
/// namespaces or their volumes, which compose takes for dependencies too.
pub(super) fn asked(service: &Service) -> impl Iterator<Item = &str> {
    let ended = |condition: &Spanned<String>| condition.value == "service_completed_successfully";
    let shares = |name: &str| {
        let mut modes = [&service.network_mode, &service.ipc, &service.pid].into_iter().flatten();
        modes.any(|mode| mode.value.strip_prefix("service:") == Some(name))
            || volumes::taken_over(service).any(|other| other == name)
    };
    let dependencies = service.depends_on.iter().flat_map(|field| field.value.iter());
    let running =
        dependencies.filter(move |(_, settings)| !settings.value.condition.as_ref().is_some_and(ended));
    running.map(|(name, _)| name.as_str()).filter(move |name| !shares(name))
}

/// The Jobs of an environment in the order in which they have to run, each with what it depends on, at any remove,
/// beside the stores. Jobs that wait by themselves, `waiting`, may do so for what starts after them in compose: it
/// starts with them.
pub(in crate::plan) fn steps(facts: &Facts<'_>, apps: &[App], waiting: &BTreeSet<&str>) -> Vec<Step> {
    let workloads: BTreeMap<&str, &Workload> = apps
        .iter()
        .flat_map(|app| &app.workloads)
        .filter(|workload| !workload.is_further)
        .map(|workload| (workload.service.as_str(), workload))
        .collect();
    let is_job = |label: &String| {
        workloads.get(label.as_str()).is_some_and(|workload| matches!(workload.kind, Kind::Job { .. }))
    };
    let is_later = |label: &String| {
        workloads
            .get(label.as_str())
            .is_some_and(|workload| matches!(workload.component, Component::Web | Component::Worker))
    };
    let asking = asking(facts, waiting);
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, service) in facts.context.services() {
        let label = name::dns_label(key);
        if !is_job(&label) {
            continue;
        }
        let mut needed = BTreeSet::new();
        needed_by(facts, service, &mut needed);
        let after = asking.get(key).into_iter().flatten().copied();
        needed.extend(after.filter(|other| !is_job(&name::dns_label(other))));
        left.insert(label, needed.into_iter().map(name::dns_label).collect());
    }
    let (mut steps, mut started) = (Vec::new(), BTreeSet::new());
    loop {
        let ready = |needed: &BTreeSet<String>| needed.iter().all(|needed| !left.contains_key(needed));
        let jobs: BTreeSet<String> =
            left.iter().filter(|(_, needed)| ready(needed)).map(|(label, _)| label.clone()).collect();
        if jobs.is_empty() {
            return steps;
        }
        let needed = left.iter().filter(|(label, _)| jobs.contains(*label)).flat_map(|(_, needed)| needed);
        let services: BTreeSet<String> =
            needed.filter(|label| is_later(label) && !started.contains(*label)).cloned().collect();
        left.retain(|label, _| !jobs.contains(label));
        started.extend(services.iter().cloned());
        steps.push(Step { services, jobs });
    }
}

/// The services that ask each of those that wait by themselves.
fn asking<'a>(facts: &'a Facts<'_>, waiting: &BTreeSet<&str>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut asking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, service) in facts.context.services() {
        for other in asked(service).filter(|other| waiting.contains(other)) {
            asking.entry(other).or_default().push(key);
        }
    }
    asking
}

/// Everything that a service depends on, at any remove.
fn needed_by<'a>(facts: &Facts<'a>, service: &'a Service, needed: &mut BTreeSet<&'a str>) {
    for dependency in service.depends_on.iter().flat_map(|field| field.value.keys()) {
        if needed.insert(dependency.as_str())
            && let Some(service) = facts.context.project.services.get(dependency)
        {
            needed_by(facts, service, needed);
        }
    }
}
