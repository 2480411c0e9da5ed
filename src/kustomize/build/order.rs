//! The order in which objects are written.

use super::{fields::split_version, resource::Resource};

/// Kinds that come first: what others need.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last: what may refuse others.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts objects as `kubectl kustomize` does.
pub(super) fn sort(resources: &mut [Resource]) {
    resources.sort_by_cached_key(|resource| {
        let (group, version) = split_version(resource.api_version());
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let kind = format!("{}_{}_{}", or(group, "~G"), or(version, "~V"), or(resource.kind(), "~K"));
        let name = format!("{}|{}", or(resource.namespace(), "~X"), or(resource.name(), "~N"));
        (rank(resource.kind()), kind, name)
    });
}

fn rank(kind: &str) -> usize {
    let in_list = |list: &[&str]| list.iter().position(|other| *other == kind);
    let middle = FIRST.len();
    in_list(&FIRST).or_else(|| in_list(&LAST).map(|at| middle + 1 + at)).unwrap_or(middle)
}
