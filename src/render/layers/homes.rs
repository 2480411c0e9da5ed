//! The directory of every object and ConfigMap: `base/` for what all environments apply, a component for the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    k8s::name,
    render::{elements::Elements, layer::Environments},
};

const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// The directories of what environments apply. No two of them share a path.
pub(super) struct Homes {
    everywhere: Environments,
    /// The environments that apply anything of a usual directory.
    usual: BTreeMap<String, Environments>,
    /// The paths of what just some of these apply, by the usual directory.
    parts: BTreeMap<(String, Environments), String>,
}

impl Homes {
    pub(super) fn of(environments: &[Elements]) -> Self {
        let mut homes = Self {
            everywhere: (0..environments.len()).collect(),
            usual: usual(environments),
            parts: BTreeMap::new(),
        };
        let mut parts: BTreeMap<(String, Environments), Vec<(String, String)>> = BTreeMap::new();
        for ((kind, name), (home, present)) in present(environments) {
            if homes.whole(&home) != Some(&present) {
                parts.entry((home, present)).or_default().push((kind, name));
            }
        }
        let mut taken: BTreeSet<String> = homes.usual.keys().cloned().collect();
        for (part, ids) in parts {
            let path = free(&ids, &taken);
            taken.insert(path.clone());
            homes.parts.insert(part, path);
        }
        homes
    }

    /// The directory of an object of a usual one that just these environments have.
    pub(super) fn path(&self, home: &str, present: &Environments) -> String {
        let part = self.parts.get(&(home.to_owned(), present.clone()));
        part.map_or(home, String::as_str).to_owned()
    }

    /// The directory, if it has what just these environments have.
    pub(super) fn path_of_all(&self, home: &str, present: &Environments) -> Option<String> {
        let is_part = self.parts.contains_key(&(home.to_owned(), present.clone()));
        (is_part || self.whole(home) == Some(present)).then(|| self.path(home, present))
    }

    /// The environments that apply the whole of a usual directory.
    fn whole(&self, home: &str) -> Option<&Environments> {
        if is_base(home) { Some(&self.everywhere) } else { self.usual.get(home) }
    }
}

/// Whether a directory belongs to what all environments apply.
pub(super) fn is_base(home: &str) -> bool {
    home == "base" || home.starts_with("base/")
}

fn usual(environments: &[Elements]) -> BTreeMap<String, Environments> {
    let mut usual: BTreeMap<String, Environments> = BTreeMap::new();
    for (index, elements) in environments.iter().enumerate() {
        for object in &elements.objects {
            usual.entry(object.home.clone()).or_default().insert(index);
        }
    }
    usual
}

/// All objects, each with its usual directory and the environments that have it.
fn present(environments: &[Elements]) -> BTreeMap<(String, String), (String, Environments)> {
    let mut present: BTreeMap<(String, String), (String, Environments)> = BTreeMap::new();
    for (index, elements) in environments.iter().enumerate() {
        for object in &elements.objects {
            let new = || (object.home.clone(), Environments::new());
            present.entry(object.id.clone()).or_insert_with(new).1.insert(index);
        }
    }
    present
}

/// A component that is named for what it is: its first workload, else its first object.
fn free(ids: &[(String, String)], taken: &BTreeSet<String>) -> String {
    let first = ids.iter().find(|(kind, _)| WORKLOADS.contains(&kind.as_str()));
    let (kind, name) = first.or(ids.first()).map_or(("", "part"), |(kind, name)| (kind, name));
    let with_kind = match kind {
        "PersistentVolumeClaim" => format!("{name}-claim"),
        kind => format!("{name}-{}", kind.to_ascii_lowercase()),
    };
    let is_workload = WORKLOADS.contains(&kind);
    let path = |name: &str| format!("components/{}", name::shortened(name, name::LABEL_LENGTH));
    if is_workload && !taken.contains(&path(name)) {
        return path(name);
    }
    path(&name::free(&with_kind, |name| taken.contains(&path(name))))
}
