//! Who waits for whom: `depends_on`.
//!
//! Kubernetes starts everything at once. Stores bring an initContainer that waits for them (see `waits`); what
//! waits for another service tries again until it answers; what waits for a task is applied after it.

use std::collections::BTreeSet;

use super::{App, Context, Kind, kinds, ledger::Entries};
use crate::{compose::model::Service, k8s::name, text::Spanned};

/// Says of every dependency what stands in its place.
pub(super) fn plan(context: &Context<'_>, service: &Service, entries: &mut Entries<'_>) {
    for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
        let path = ["depends_on", dependency.as_str()];
        if !context.project.services.contains_key(dependency) {
            entries.ignored(&path, "it is not required, and this environment does not run it");
            continue;
        }
        let condition = settings.value.condition.as_ref().map_or("", |text| text.value.as_str());
        let reason = match condition {
            "service_healthy" => {
                "an initContainer waits for a store; any other service is reached once its readiness probe \
                succeeds, and clients try again until then"
            }
            "service_completed_successfully" => {
                "it is a Job: apply it first and wait for it, see the tree's README"
            }
            _ => "everything starts at once: clients try again until it answers",
        };
        entries.approximated(&path, reason);
        if settings.value.restart.as_ref().is_some_and(|restart| restart.value) {
            let reason = "pods do not restart with others: clients have to connect again";
            entries.unsupported(&["depends_on", dependency, "restart"], reason);
        }
    }
}

/// Does a service depend on another one that runs, for what it may ask of it? It is not asked for its namespaces or
/// its volumes, which compose takes for dependencies too.
pub(super) fn asks(service: &Service, name: &str) -> bool {
    let settings = service.depends_on.as_ref().and_then(|field| field.value.get(name));
    let ended = |condition: &Spanned<String>| condition.value == "service_completed_successfully";
    let runs = settings.is_some_and(|settings| !settings.value.condition.as_ref().is_some_and(ended));
    let modes = [&service.network_mode, &service.ipc, &service.pid].into_iter().flatten();
    let shares = modes.into_iter().any(|mode| mode.value.strip_prefix("service:") == Some(name))
        || kinds::takes_volumes_of(service, name);
    runs && !shares
}

/// The workloads that Jobs depend on, at any remove, but for those that come with the Jobs anyway: by the value
/// of their label.
pub(super) fn before_jobs(context: &Context<'_>, apps: &[App]) -> BTreeSet<String> {
    let workloads = || apps.iter().flat_map(|app| &app.workloads);
    let mut left: Vec<&str> = context
        .services()
        .map(|(key, _)| key)
        .filter(|key| {
            let label = name::dns_label(key);
            workloads().any(|workload| workload.service == label && matches!(workload.kind, Kind::Job { .. }))
        })
        .collect();
    let mut needed = BTreeSet::new();
    while let Some(key) = left.pop() {
        let Some(service) = context.project.services.get(key) else { continue };
        for dependency in service.depends_on.iter().flat_map(|field| field.value.keys()) {
            if needed.insert(dependency.as_str()) {
                left.push(dependency);
            }
        }
    }
    let needed: BTreeSet<String> = needed.into_iter().map(name::dns_label).collect();
    let later = workloads().filter(|workload| matches!(workload.component, "web" | "worker"));
    later.map(|workload| workload.service.clone()).filter(|service| needed.contains(service)).collect()
}
