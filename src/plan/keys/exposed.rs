//! Secrets in places that Kubernetes reads from a manifest in clear.

use super::key::{Drawn, KeyFate};
use crate::{
    compose::{model::Project, template},
    diag::{Diagnostic, Report, codes},
    plan::facts::KnownSecrets,
    text::Resolved,
    yaml::{Node, Value},
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
    for key in keys.iter().filter(|key| !is_kept_out(&key.path.segments())) {
        for drawn in key.drawn.iter().filter(|drawn| is_secret(&drawn.variable, project, found)) {
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

/// Whether anything outside of the keys that are kept out has the value of a secret variable: without that, there is
/// nothing to refuse.
pub(in crate::plan) fn draws_secrets(project: &Project, found: &KnownSecrets) -> bool {
    let mut trees = project.documents.iter().map(|document| &document.tree);
    trees.any(|tree| any_drawn(tree, &mut Vec::new(), &|name| is_secret(name, project, found), project))
}

fn any_drawn<'a>(
    node: &'a Node,
    path: &mut Vec<&'a str>,
    is_secret: &dyn Fn(&str) -> bool,
    project: &Project,
) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|(key, value)| {
            path.push(&key.text);
            let is_drawn = !is_kept_out(path) && any_drawn(value, path, is_secret, project);
            path.pop();
            is_drawn
        }),
        Value::Seq(items) => items.iter().any(|item| any_drawn(item, path, is_secret, project)),
        _ => drawn(project, node).iter().any(|drawn| is_secret(&drawn.variable)),
    }
}

fn is_secret(name: &str, project: &Project, found: &KnownSecrets) -> bool {
    project.variables.get(name).is_some_and(|value| found.is_secret_variable(name, value))
}

fn is_kept_out(path: &[&str]) -> bool {
    match path {
        // Extensions are nowhere.
        [key, ..] | ["services", _, key, ..] if key.starts_with("x-") => true,
        ["services", _, within @ ..] => KEPT_OUT.iter().any(|key| within.starts_with(key)),
        // What is secret of a volume's options and labels is left out of its claim.
        ["volumes", _, "driver_opts" | "labels", ..] => true,
        ["configs", _, "content"] | ["secrets", ..] => true,
        _ => false,
    }
}

/// The variables with a value that a scalar is put together from, or the scalars of a list; mappings have keys
/// of their own.
pub(super) fn drawn(project: &Project, node: &Node) -> Vec<Drawn> {
    let text = match &node.value {
        Value::Seq(items) => return items.iter().flat_map(|item| drawn(project, item)).collect(),
        Value::String(text) if text.contains('$') => text,
        _ => return Vec::new(),
    };
    // What has a mistake was refused when it was loaded.
    let Ok(template) = template::expand(text, &|name| project.variables.get(name).cloned()) else {
        return Vec::new();
    };
    let has_value = |name: &str| project.variables.get(name).is_some_and(|value| !value.is_empty());
    let drawn = template.drawn().map(|(reference, _)| reference);
    let drawn = drawn.filter(|it| it.resolved == Resolved::Value && has_value(&it.name));
    drawn.map(|reference| Drawn { variable: reference.name.clone(), span: node.span }).collect()
}
