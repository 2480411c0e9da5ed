//! Waiting for stores: what `depends_on` with `service_healthy` becomes.
//!
//! A store brings a waiting initContainer of its own, for all workloads that carry its label: where an
//! environment does not run the store, nothing waits for it. Services that are no stores are not waited
//! for: their clients have to bear that they come and go.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Drafted, Kind, Wait};

/// Labels the workloads that wait, in all environments alike, and gives the stores that are waited for.
pub(super) fn plan(contexts: &[Context<'_>], environments: &mut [Drafted<'_>]) -> Vec<Wait> {
    let stores = stores(contexts, environments);
    let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for context in contexts {
        for (name, service) in context.services() {
            for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
                let healthy =
                    settings.value.condition.as_ref().is_some_and(|text| text.value == "service_healthy");
                if healthy && stores.contains_key(dependency) {
                    waiting.entry(name.to_owned()).or_default().push(dependency.clone());
                }
            }
        }
    }
    let mut awaited = BTreeSet::new();
    let drafts = environments.iter_mut().flat_map(|drafted| &mut drafted.drafts);
    // A CronJob that comes too early tries again at its next time.
    for draft in drafts.filter(|draft| !matches!(draft.workload.kind, Kind::CronJob { .. })) {
        let waits = waiting.get(&draft.key).into_iter().flatten();
        draft
            .workload
            .waits
            .extend(waits.filter_map(|store| stores.get(store)).map(|wait| wait.host.clone()));
        awaited.extend(draft.workload.waits.iter().cloned());
    }
    stores.into_values().filter(|wait| awaited.contains(&wait.host)).collect()
}

/// Stores with a port, by service.
fn stores(contexts: &[Context<'_>], environments: &[Drafted<'_>]) -> BTreeMap<String, Wait> {
    let mut stores = BTreeMap::new();
    for (context, drafted) in contexts.iter().zip(environments) {
        for draft in &drafted.drafts {
            let service = draft.workload.services.first();
            let port = service.and_then(|service| {
                service
                    .ports
                    .iter()
                    .find(|port| port.protocol.is_none())
                    .and_then(|port| u16::try_from(port.port).ok())
            });
            if let (Kind::StatefulSet { .. }, Some(service), Some(port)) =
                (&draft.workload.kind, service, port)
            {
                let home = context.layout.home(&draft.app).to_owned();
                let wait = Wait { host: service.name.clone(), port, home };
                stores.entry(draft.key.clone()).or_insert(wait);
            }
        }
    }
    stores
}
