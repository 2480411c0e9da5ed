//! Secrets in places that Kubernetes reads from a manifest in clear.

use super::key::KeyFate;
use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    plan::{facts::KnownSecrets, fate::KeyPath},
};

/// Keys of a service whose secrets stay out of the files that git tracks: they are in a Secret, in a patch that git
/// ignores, or nowhere.
const KEPT_OUT: &[&[&str]] = &[
    &["annotations"],
    &["build", "args"],
    &["command"],
    &["deploy", "labels"],
    &["entrypoint"],
    &["env_file"],
    &["environment"],
    &["healthcheck", "test"],
    &["label_file"],
    &["labels"],
    &["post_start"],
    &["pre_stop"],
];

/// Refuses what would bring the value of a secret variable into a file that git tracks. The compose file has only
/// the variable's name: nobody expects its value in the manifests.
pub(in crate::plan) fn refuse_exposed(
    project: &Project,
    keys: &[KeyFate],
    found: &KnownSecrets,
    report: &mut Report,
) {
    for key in keys.iter().filter(|key| !is_kept_out(&key.path)) {
        let is_secret = |name: &str| {
            project.variables.get(name).is_some_and(|value| found.is_secret_variable(name, value))
        };
        for drawn in key.drawn.iter().filter(|drawn| is_secret(&drawn.variable)) {
            let message = format!(
                "the manifests would show the secret `{}` in `{}`, a field that no Secret can fill",
                drawn.variable, key.path
            );
            report.push(
                Diagnostic::error(codes::SECRET_IN_MANIFEST, message)
                    .at(drawn.span, "git tracks the manifest with this value")
                    .help(
                        "take the variable out of the value; if it is no secret, name it under \
                         `secrets: {never: …}` in `kustompose.yaml`",
                    ),
            );
        }
    }
}

fn is_kept_out(path: &KeyPath) -> bool {
    match path.segments().as_slice() {
        ["services", _, within @ ..] => KEPT_OUT.iter().any(|key| within.starts_with(key)),
        // What is secret of a volume's options and labels is left out of its claim.
        ["volumes", _, "driver_opts" | "labels", ..] => true,
        ["configs", _, "content"] | ["secrets", ..] => true,
        _ => false,
    }
}
