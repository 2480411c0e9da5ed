//! Labels that users of Katenary have. Nothing is made of them but CronJobs; what is to be said in their place is told.

use crate::plan::{
    ledger::Entries,
    reasons::{self, KnownReason},
};

/// What labels of Katenary begin with, of any version of it.
const PREFIX: &str = "katenary.";

/// Labels that change what comes of a project, by what stands behind the version, with what does so here.
const INSTEAD: &[(&str, KnownReason)] = &[
    ("configmap-files", reasons::INSTEAD_FILES),
    ("dependencies", reasons::INSTEAD_CHARTS),
    ("env-from", reasons::INSTEAD_VARIABLES),
    ("exchange-volumes", reasons::INSTEAD_VOLUMES),
    ("health-check", reasons::INSTEAD_CHECK),
    ("ignore", reasons::INSTEAD_PROFILES),
    ("ingress", reasons::INSTEAD_INGRESS),
    ("ports", reasons::INSTEAD_PORTS),
    ("same-pod", reasons::SHARED_POD),
    ("secrets", reasons::INSTEAD_SECRETS),
];

/// Enters what became of a label that is an annotation now.
pub(super) fn record_label(key: &str, path: &[&str], entries: &mut Entries<'_>) {
    if !key.starts_with(PREFIX) {
        return entries.mapped(path);
    }
    let name = key.rsplit('/').next().unwrap_or_default();
    match INSTEAD.iter().find(|(known, _)| *known == name) {
        Some((_, instead)) => entries.unsupported(path, *instead),
        None => entries.approximated(path, reasons::ANNOTATION_OF_KATENARY),
    }
}
