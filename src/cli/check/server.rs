//! Whether an API server would take the manifests: `kubectl apply --dry-run=server`.

use super::live::Cluster;
use crate::{
    diag::{Diagnostic, Report, codes},
    kustomize::build::Object,
    text::Span,
    yaml::Node,
};

/// The namespace in which objects are tried whose own is not there yet.
const OTHER_NAMESPACE: &str = "default";

/// Reports what the API server refuses, each object at the place that is wrong. The error says why it could not be
/// asked.
pub(super) fn ask(
    cluster: &Cluster<'_>,
    environment: &str,
    objects: &[Object],
    report: &mut Report,
) -> Result<(), String> {
    let absent = absent_namespaces(cluster, objects)?;
    let texts: Vec<String> = objects.iter().map(|object| text(object, &absent)).collect();
    let apply = |text: &str| {
        let arguments = ["apply", "--dry-run=server", "--validate=strict", "--filename", "-"];
        cluster.kubectl(&arguments, text.as_bytes())
    };
    if apply(&texts.join("---\n")).is_ok() {
        return Ok(());
    }
    for (object, text) in objects.iter().zip(&texts) {
        let Err(why) = apply(text) else { continue };
        let why = reason(&why);
        if why.contains("connection") && why.contains("refused") {
            return Err(why);
        }
        let (kind, name) = super::live::id(object);
        let message = format!("{environment}: the API server refuses {kind} `{name}`: {why}");
        let place = place(&object.node, &why).unwrap_or(object.origin);
        report.push(Diagnostic::error(codes::SERVER_REFUSED, message).at(place, "here").help(
            "correct it in the Compose files or in your overlay, and run `kustompose check --server` again",
        ));
    }
    Ok(())
}

/// Namespaces of the manifests that the cluster does not have. Nothing can be tried in them.
fn absent_namespaces(cluster: &Cluster<'_>, objects: &[Object]) -> Result<Vec<String>, String> {
    let mut absent = Vec::new();
    for namespace in super::live::namespaces(objects).into_iter().flatten() {
        let arguments = ["get", "namespace", namespace, "--ignore-not-found", "--output", "name"];
        if cluster.kubectl(&arguments, b"")?.trim().is_empty() {
            absent.push(namespace.to_owned());
        }
    }
    Ok(absent)
}

/// An object as it is sent.
fn text(object: &Object, absent: &[String]) -> String {
    let mut json = object.node.to_json();
    let is_absent =
        json["metadata"]["namespace"].as_str().is_some_and(|own| absent.iter().any(|it| it == own));
    if is_absent {
        json["metadata"]["namespace"] = OTHER_NAMESPACE.into();
    }
    format!("{json}\n")
}

/// What kubectl says, without what is always there.
fn reason(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("Warning:")).collect();
    let text = lines.join(" ");
    let text = text.split("error when creating \"STDIN\": ").last().unwrap_or(&text);
    text.split("is invalid: ").last().unwrap_or(text).trim().to_owned()
}

/// The place of the first field that a message names, as deep as it is there.
fn place(object: &Node, why: &str) -> Option<Span> {
    let words = why.split(|c: char| c.is_whitespace() || ['"', ',', '\''].contains(&c));
    let field = words.map(|word| word.trim_end_matches(':')).find(|word| {
        let first = word.split(['.', '[']).next().unwrap_or_default();
        word.contains(['.', '[']) && object.get(first).is_some()
    })?;
    let mut node = object;
    for part in field.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let next = match part.parse::<usize>() {
            Ok(index) => node.as_seq().and_then(|items| items.get(index)),
            Err(_) => node.get(part),
        };
        let Some(next) = next else { break };
        node = next;
    }
    Some(node.span)
}
