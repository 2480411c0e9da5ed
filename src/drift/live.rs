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

/// Gives facts that another renderer printed the places of the same facts of objects that have them. What differs
/// keeps its place.
pub fn placed(printed: Facts, known: &Facts) -> Facts {
    let mut placed = printed;
    for (name, service) in &mut placed.services {
        let theirs = known.services.get(name).into_iter().flat_map(|service| &service.workloads);
        for workload in &mut service.workloads {
            let same = theirs.clone().find(|it| it.name == workload.name && it.kind == workload.kind);
            let Some(same) = same else { continue };
            workload.span = same.span;
            take_places(&mut workload.facts, &same.facts, |_| {});
            for (reference, referred) in &mut workload.references {
                referred.span = same.references.get(reference).map_or(referred.span, |same| same.span);
            }
            for container in &mut workload.containers {
                let same = same.containers.iter().find(|it| it.name == container.name);
                if let Some(same) = same {
                    take_places(&mut container.facts, &same.facts, |_| {});
                    container.removed.clone_from(&same.removed);
                }
            }
        }
    }
    placed
}

fn settle(live: &mut WorkloadFacts, manifests: &WorkloadFacts) {
    live.span = manifests.span;
    live.is_job = manifests.is_job;
    live.references.clone_from(&manifests.references);
    take_places(&mut live.facts, &manifests.facts, in_no_file);
    for container in &mut live.containers {
        let ours = manifests.containers.iter().find(|ours| ours.name == container.name);
        if let Some(ours) = ours {
            take_places(&mut container.facts, &ours.facts, in_no_file);
            container.removed.clone_from(&ours.removed);
        }
    }
}

fn in_no_file(fact: &mut Fact) {
    fact.span = Span::NOWHERE;
}

fn take_places(live: &mut BTreeMap<Path, Fact>, manifests: &BTreeMap<Path, Fact>, otherwise: fn(&mut Fact)) {
    for (path, fact) in live {
        match manifests.get(path) {
            Some(ours) if is_same(path, ours, fact) => fact.clone_from(ours),
            _ => otherwise(fact),
        }
    }
}

fn is_same(path: &Path, ours: &Fact, theirs: &Fact) -> bool {
    difference(path, Some(ours), Some(theirs), false).is_none()
        && difference(path, Some(theirs), Some(ours), false).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drift::{
            Owners,
            testing::{read, workload},
        },
        text::Sources,
    };

    #[test]
    fn what_is_the_same_has_the_place_where_it_is_known() {
        let mut sources = Sources::default();
        let of = |image: &str| workload("Deployment", "web", &format!("image: {image}, args: [run]"), "");
        let known = read("base.yaml", &of("a:1"), Owners::Own, &mut sources);
        let printed = read("printed.yaml", &of("b:1"), Owners::Own, &mut sources);
        let placed = placed(printed, &known);
        let facts = &placed.services["web"].workloads[0].containers[0].facts;
        let file = |path: &Path| sources.get(facts[path].span.source).path().as_str();
        assert_eq!([file(&Path::Argv), file(&Path::Image)], ["base.yaml", "printed.yaml"]);
    }
}
