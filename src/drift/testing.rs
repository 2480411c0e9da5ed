//! Objects from small texts.

use super::{Facts, Owners, Reading, facts};
use crate::{
    diag::Report,
    kustomize::build::Object,
    text::{Sources, Span},
    yaml::{Node, parse},
};

/// The objects of a text, which the sources get as a file of this name.
pub(super) fn objects(path: &str, text: &str, sources: &mut Sources) -> Vec<Object> {
    let mut report = Report::default();
    let id = sources.add(path, text);
    let documents = parse::documents(sources, id, &mut report).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(report.diagnostics(), [], "{text}");
    let name = |node: &Node| {
        node.get("metadata").and_then(|it| it.get("name")?.as_str()).unwrap_or_default().to_owned()
    };
    let object =
        |node: Node| Object { origin: node.span, first_name: name(&node), removed: Vec::new(), node };
    documents.into_iter().filter(|document| !document.is_null()).map(object).collect()
}

/// What the objects of a text say. Places in files whose name has `secrets/` in it are secret.
pub(super) fn read(path: &str, text: &str, owners: Owners<'_>, sources: &mut Sources) -> Facts {
    let objects = objects(path, text, sources);
    let is_secret = |span: Span| sources.get(span.source).path().as_str().contains("secrets/");
    facts(&objects, &Reading { owners, is_secret: &is_secret })
}

/// A workload with a label for its service; `container` is the rest of its container, `pod` that of its pod, both
/// in flow style.
pub(super) fn workload(kind: &str, name: &str, container: &str, pod: &str) -> String {
    let comma = |more: &str| if more.is_empty() { String::new() } else { format!(", {more}") };
    let (container, pod) = (comma(container), comma(pod));
    let labels = format!("labels: {{kustompose.dev/service: {name}}}");
    let template = format!(
        "template: {{metadata: {{{labels}}}, spec: {{containers: [{{name: {name}{container}}}]{pod}}}}}"
    );
    let spec = match kind {
        "CronJob" => format!("schedule: '0 * * * *', jobTemplate: {{spec: {{{template}}}}}"),
        _ => template,
    };
    format!("---\nkind: {kind}\nmetadata: {{name: {name}, {labels}}}\nspec: {{{spec}}}\n")
}

/// A ConfigMap or a Secret.
pub(super) fn data(kind: &str, name: &str, data: &str) -> String {
    format!("---\nkind: {kind}\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n")
}
