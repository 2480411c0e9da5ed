//! What services are called in the cluster.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    k8s::name,
    plan::{ledger::Entries, reasons},
    text::Span,
};

/// The names of services in the cluster.
#[derive(Debug, Default)]
pub(in crate::plan) struct Names {
    objects: BTreeMap<String, String>,
    workloads: BTreeMap<String, String>,
    /// Every name that an object or a workload has.
    all: BTreeSet<String>,
}

impl Names {
    /// The name of the objects, and the host name, of a service.
    pub(in crate::plan) fn object<'a>(&'a self, service: &'a str) -> &'a str {
        self.objects.get(service).map_or(service, String::as_str)
    }

    /// The name of the workload of a service: shorter, since Kubernetes adds to the names of pods.
    pub(in crate::plan) fn workload<'a>(&'a self, service: &'a str) -> &'a str {
        self.workloads.get(service).map_or(service, String::as_str)
    }

    /// Says of a service that it has another name in the cluster than in compose.
    pub(in crate::plan) fn record_renames(&self, service: &str, entries: &mut Entries<'_>) {
        let (object, workload) = (self.object(service), self.workload(service));
        let reason = if object != service {
            reasons::has_another_name(object)
        } else if workload != service {
            reasons::workload_has_another_name(workload)
        } else {
            return;
        };
        entries.approximated(&[], reason);
    }

    /// Whether some service, or its workload, is called so.
    pub(in crate::plan) fn has(&self, name: &str) -> bool {
        self.all.contains(name)
    }
}

/// Gives each service a legal name. Two services that would get one are refused: one of them would
/// vanish.
pub(in crate::plan) fn choose(projects: &[&Project], report: &mut Report) -> Names {
    let mut names = Names::default();
    let mut owners: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    let services =
        projects.iter().flat_map(|project| project.services.keys().map(move |name| (*project, name)));
    for (project, service) in services {
        let object = name::service_name(service);
        if name::dns_label(service).is_empty() {
            report.push(
                Diagnostic::error(
                    codes::UNNAMEABLE,
                    format!("`{service}` has no character that a Kubernetes name can contain"),
                )
                .at(project.place_of_service(service), "this service")
                .help("give it a name with a letter or a digit"),
            );
        } else if let Some((owner, first)) = owners.get(&object).filter(|(owner, _)| owner != service) {
            let message = format!("`{owner}` and `{service}` would both be called `{object}`");
            report.push(
                Diagnostic::error(codes::NAME_COLLISION, message)
                    .at(project.place_of_service(service), "this service")
                    .at(*first, "and this one")
                    .help("rename one of them: Kubernetes names have neither capitals, underscores nor dots"),
            );
        }
        owners.entry(object.clone()).or_insert((service, project.place_of_service(service)));
        names.objects.insert(service.clone(), object);
    }
    let mut services_of: BTreeMap<&str, usize> = BTreeMap::new();
    for object in names.objects.values() {
        *services_of.entry(object).or_default() += 1;
    }
    let mut workloads = BTreeSet::new();
    for (service, object) in &names.objects {
        let of_others =
            |name: &str| services_of.get(name).copied().unwrap_or(0) > usize::from(object == name);
        let taken = |name: &String| workloads.contains(name) || of_others(name);
        let workload = within(object, name::STATEFUL_SET_LENGTH, taken);
        workloads.insert(workload.clone());
        names.workloads.insert(service.clone(), workload);
    }
    workloads.extend(names.objects.values().cloned());
    names.all = workloads;
    names
}

/// A name of a length that is not taken, with a number if it has to.
pub(in crate::plan) fn within(name: &str, length: usize, taken: impl Fn(&String) -> bool) -> String {
    let whole = name::shortened(name, length);
    if !taken(&whole) {
        return whole;
    }
    let free = name::free(&name::shortened(name, length - 3), &taken);
    // A number of more digits needs more room.
    if free.len() <= length { free } else { name::free(&name::shortened(name, length - 11), taken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_names_stay_apart() {
        let long = "a".repeat(60);
        let first = within(&long, 52, |_| false);
        let second = within(&long, 52, |name| *name == first);
        assert!(first.len() == 52 && second.len() <= 52 && first != second, "{second}");
        assert_eq!(within("short", 52, |_| false), "short");
    }
}
