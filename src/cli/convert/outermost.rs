//! The outermost layers: written once, then the user's. What is asked for later does not reach them by itself.

use crate::{
    diag::{Code, Diagnostic, Report},
    plan::{Known, Plan},
    render::earlier::Earlier,
};

/// A file of the user says otherwise than what is asked for.
const OTHERWISE_IN_OVERLAY: Code = Code { id: "KP051", name: "otherwise-in-overlay" };

/// Warns where an outermost layer and the settings, or the project, no longer agree. Tags are set by
/// pipelines: they may differ.
pub(super) fn warn_of_differences(plan: &Plan, earlier: &Earlier, report: &mut Report) {
    for environment in plan.environments.iter().filter(|environment| environment.known == Known::All) {
        let Some(outermost) = earlier.outermost(&environment.name) else { continue };
        let file = format!("`overlays/{}/kustomization.yaml`", environment.name);
        let mut warn = |message: String, help: &str| {
            let help = format!("the file is yours: {help}");
            report.push(Diagnostic::warning(OTHERWISE_IN_OVERLAY, message).help(help));
        };
        if let Some(namespace) = outermost.namespace.as_ref().filter(|name| **name != environment.namespace) {
            let message = format!(
                "{file} has the namespace `{namespace}`, and `{}` is asked for",
                environment.namespace
            );
            warn(message, "write it there and in `namespace.yaml`, or say `namespace` in `kustompose.yaml`");
        }
        for (name, target) in &environment.images {
            if let Some(other) = outermost.images.get(name).filter(|other| **other != target.name) {
                let message =
                    format!("{file} takes `{name}` from `{other}`, and `{}` is asked for", target.name);
                warn(message, "write it there as `newName`");
            }
        }
        if !environment.external_claims.is_empty() && !outermost.resources.contains("external.yaml") {
            let message = format!("{file} does not take in `external.yaml`, which has claims for volumes");
            warn(message, "add `external.yaml` to its resources, unless the claims exist");
        }
    }
}
