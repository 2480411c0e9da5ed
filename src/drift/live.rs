//! What a cluster has, against the manifests that it should have been given.
//!
//! What agrees with the manifests counts as theirs, with the file and line there. The rest has no place in any file:
//! somebody changed it in the cluster, or the manifests were not applied.

use std::collections::BTreeMap;

use super::{
    difference::difference,
    fact::{Fact, Facts, Path, WorkloadFacts},
};
use crate::text::Span;

/// Kinds of workloads that may be gone once they are done.
const ENDING: &str = "Job";

/// The facts of a cluster, each with the place in the manifests if these say the same.
pub fn settled(live: Facts, manifests: &Facts) -> Facts {
    let mut settled = live;
    for (name, ours) in &manifests.services {
        let theirs = settled.services.entry(name.clone()).or_default();
        for workload in &ours.workloads {
            match theirs.workloads.iter_mut().find(|it| it.name == workload.name && it.kind == workload.kind)
            {
                Some(found) => settle(found, workload),
                // A Job that is done may have been removed.
                None if workload.kind == ENDING => theirs.workloads.push(workload.clone()),
                None => {}
            }
        }
    }
    settled.services.retain(|_, service| !service.workloads.is_empty());
    settled
}

fn settle(live: &mut WorkloadFacts, manifests: &WorkloadFacts) {
    live.span = manifests.span;
    live.is_job = manifests.is_job;
    live.references.clone_from(&manifests.references);
    take_places(&mut live.facts, &manifests.facts);
    for container in &mut live.containers {
        let ours = manifests.containers.iter().find(|ours| ours.name == container.name);
        if let Some(ours) = ours {
            take_places(&mut container.facts, &ours.facts);
            container.removed.clone_from(&ours.removed);
        }
    }
}

fn take_places(live: &mut BTreeMap<Path, Fact>, manifests: &BTreeMap<Path, Fact>) {
    for (path, fact) in live {
        match manifests.get(path) {
            Some(ours) if is_same(path, ours, fact) => fact.clone_from(ours),
            _ => fact.span = Span::NOWHERE,
        }
    }
}

fn is_same(path: &Path, ours: &Fact, theirs: &Fact) -> bool {
    difference(path, Some(ours), Some(theirs), false).is_none()
        && difference(path, Some(theirs), Some(ours), false).is_none()
}
