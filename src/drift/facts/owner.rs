//! Which workload belongs to which service.

use std::collections::BTreeSet;

use super::labels;
use crate::{
    k8s::name,
    kustomize::build::Object,
    plan::{JOBS_LABEL, SERVICE_LABEL},
};

/// The label of workloads that kompose wrote.
const KOMPOSE_LABEL: &str = "io.kompose.service";

/// Labels that many tools set: the first one that names a service counts.
const COMMON_LABELS: &[&str] = &["app.kubernetes.io/name", "app.kubernetes.io/component"];

/// How workloads are matched to services.
#[derive(Debug, Clone, Copy)]
pub enum Owners<'a> {
    /// By the labels that kustompose writes.
    Own,
    /// By the labels of any tool, and by name: the tree was not written by kustompose. These are the services.
    Any(&'a BTreeSet<String>),
}

/// The service of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) service: String,
    /// Whether it is a job of a service whose own workload is another one.
    pub(super) is_job: bool,
}

impl Owners<'_> {
    /// The services of some workloads, in their order; none for those that are none of our business.
    pub(super) fn of(self, workloads: &[&Object]) -> Vec<Option<Owner>> {
        let Owners::Any(services) = self else {
            return workloads.iter().map(|object| labelled(object)).collect();
        };
        let mut owners: Vec<Option<Owner>> =
            workloads.iter().map(|object| marked(object, services)).collect();
        // A name that only ends in that of a service is the last resort: `shop-api` runs `api`.
        let is_free = |name: &str, owners: &[Option<Owner>]| {
            !owners.iter().flatten().any(|owner| owner.service == name)
        };
        let mut free: Vec<&String> = services.iter().filter(|name| is_free(name, &owners)).collect();
        free.sort_by_key(|name| std::cmp::Reverse(name.len()));
        for service in free {
            let ending = format!("-{}", name::dns_label(service));
            let mut ends = (0..workloads.len())
                .filter(|at| owners[*at].is_none() && workloads[*at].first_name.ends_with(&ending));
            if let (Some(at), None) = (ends.next(), ends.next()) {
                owners[at] = Some(Owner { service: service.clone(), is_job: false });
            }
        }
        owners
    }
}

fn labelled(object: &Object) -> Option<Owner> {
    let label = |wanted: &str| {
        labels(&object.node).find(|(key, _)| *key == wanted).map(|(_, value)| value.to_owned())
    };
    let job = label(JOBS_LABEL).map(|service| Owner { service, is_job: true });
    job.or_else(|| label(SERVICE_LABEL).map(|service| Owner { service, is_job: false }))
}

/// By the first label that tells, else by the name.
fn marked(object: &Object, services: &BTreeSet<String>) -> Option<Owner> {
    if let Some(owner) = labelled(object) {
        return Some(owner);
    }
    let known = |text: &str| {
        services.iter().find(|service| name::dns_label(service) == name::dns_label(text)).cloned()
    };
    let label = |wanted: &str| labels(&object.node).find(|(key, _)| *key == wanted).map(|(_, value)| value);
    // kompose has a label for this and nothing else, so that it tells of services that are gone too.
    let kompose = label(KOMPOSE_LABEL).map(|value| known(value).unwrap_or_else(|| value.to_owned()));
    let common = || COMMON_LABELS.iter().find_map(|wanted| known(label(wanted)?));
    let service = kompose.or_else(common).or_else(|| known(&object.first_name))?;
    Some(Owner { service, is_job: false })
}
