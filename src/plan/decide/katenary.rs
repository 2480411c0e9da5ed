//! Labels that users of Katenary have. Nothing is made of them but CronJobs; what is to be said in their place is told.

use crate::plan::ledger::Entries;

/// What labels of Katenary begin with, of any version of it.
const PREFIX: &str = "katenary.";

/// Labels that change what comes of a project, by what stands behind the version, with what does so here.
const INSTEAD: &[(&str, &str)] = &[
    ("configmap-files", "files that `volumes` or `configs` mount are ConfigMaps"),
    ("dependencies", "a chart is no part of a tree: apply it beside it"),
    ("env-from", "name the variables under `environment`, or an `env_file` that several services have"),
    ("exchange-volumes", "give both services a named volume"),
    ("health-check", "give a `healthcheck`"),
    ("ignore", "a service whose `profiles` an environment does not have is left out of it"),
    ("ingress", "name hosts under `ingress` in kustompose.yaml"),
    ("ports", "name them under `expose`"),
    ("same-pod", "services that share a pod have to be joined by hand"),
    ("secrets", "name the variables under `secrets.also` in kustompose.yaml"),
];

/// Enters what became of a label that is an annotation now.
pub(super) fn record_label(key: &str, path: &[&str], entries: &mut Entries<'_>) {
    if !key.starts_with(PREFIX) {
        return entries.mapped(path);
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    match INSTEAD.iter().find(|(known, _)| *known == name) {
        Some((_, instead)) => entries.unsupported(path, *instead),
        None => entries.approximated(path, "an annotation, as it stands: only Katenary reads it"),
    }
}
