//! What pods take: ConfigMaps, Secrets, claims of volumes.

use crate::{
    diag::Severity,
    lint::{
        Findings,
        views::{Object, Rendering, items},
    },
    text::nearest,
    yaml::{Node, Value},
};

/// Kinds whose objects make Secrets of the same name, or of a name that they say.
const MAKERS: &[&str] = &[
    "ExternalSecret",
    "SealedSecret",
    "Certificate",
    "VaultStaticSecret",
    "OnePasswordItem",
    "SopsSecret",
    "PushSecret",
];

pub(super) fn check(
    rendering: &Rendering<'_>,
    object: Object<'_>,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    let Some(pod) = object.pod() else { return };
    for container in object.containers() {
        for source in items(container, "envFrom") {
            for (key, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                let reference = source.get(key).and_then(|it| Some((it, it.get("name")?)));
                resolve(rendering, (object, kind, severity), reference, None, findings);
            }
        }
        for variable in items(container, "env").iter().filter_map(|it| it.get("valueFrom")) {
            for (key, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                let reference = variable.get(key).and_then(|it| Some((it, it.get("name")?)));
                let entry = variable.get(key).and_then(|it| it.get("key"));
                resolve(rendering, (object, kind, severity), reference, entry, findings);
            }
        }
    }
    for volume in items(pod, "volumes") {
        let projected = volume.get("projected").map_or(&[][..], |it| items(it, "sources"));
        for source in std::iter::once(volume).chain(projected) {
            for (key, name, kind) in [
                ("configMap", "name", "ConfigMap"),
                ("secret", "secretName", "Secret"),
                ("secret", "name", "Secret"),
                ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
            ] {
                let reference = source.get(key).and_then(|it| Some((it, it.get(name)?)));
                resolve(rendering, (object, kind, severity), reference, None, findings);
            }
        }
    }
}

/// Looks for what a reference names.
fn resolve(
    rendering: &Rendering<'_>,
    (object, kind, severity): (Object<'_>, &'static str, Severity),
    reference: Option<(&Node, &Node)>,
    entry: Option<&Node>,
    findings: &mut Findings<'_>,
) {
    let Some((whole, name)) = reference else { return };
    let is_optional = whole.get("optional").is_some_and(|it| it.value == Value::Bool(true));
    let Some(text) = name.as_str().filter(|_| !is_optional) else { return };
    if let Some(found) = rendering.named(kind, object.namespace(), text) {
        if let Some(entry) = entry {
            missing_key(object, found, entry, severity, findings);
        }
        return;
    }
    if kind == "Secret" && is_made(rendering, text) || kind == "ConfigMap" && text == "kube-root-ca.crt" {
        return;
    }
    // Who makes Secrets and claims by hand keeps them out of the repository.
    let severity = if kind == "ConfigMap" { severity } else { severity.min(Severity::Warning) };
    let message = format!("{} takes {kind}/{text}, which is not there", object.shown());
    let finding = findings.at(name.span, message, "not there");
    finding.subject(object.subject(&format!("{kind}.{text}"))).severity(severity);
    let names: Vec<&str> = rendering.of_kind(kind, object.namespace()).map(|it| it.name()).collect();
    finding.help(match nearest(text, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add the {kind}, or write `optional: true`"),
    });
}

/// Whether another object makes the Secret.
fn is_made(rendering: &Rendering<'_>, name: &str) -> bool {
    rendering.objects().any(|object| {
        let said = [
            object.text(&["spec", "target", "name"]),
            object.text(&["spec", "secretName"]),
            object.text(&["spec", "destination", "name"]),
            object.text(&["spec", "template", "metadata", "name"]),
        ];
        let is_certificate = object.kind() == "Ingress"
            && object.at(&["spec"]).is_some_and(|spec| {
                items(spec, "tls")
                    .iter()
                    .any(|tls| tls.get("secretName").and_then(Node::as_str) == Some(name))
            });
        is_certificate
            || MAKERS.contains(&object.kind()) && (object.name() == name || said.contains(&Some(name)))
    })
}

fn missing_key(
    object: Object<'_>,
    found: Object<'_>,
    entry: &Node,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    let Some(key) = entry.as_str() else { return };
    let maps = ["data", "stringData", "binaryData"];
    let keys: Vec<&str> = maps
        .iter()
        .filter_map(|map| found.at(&[map])?.as_map())
        .flat_map(|map| map.keys().map(|key| key.text.as_str()))
        .collect();
    // An empty one is filled by somebody else.
    if keys.is_empty() || keys.contains(&key) {
        return;
    }
    let finding = findings.at(entry.span, format!("{} has no entry `{key}`", found.shown()), "no such entry");
    finding.subject(object.subject(&format!("{}.{key}", found.shown()))).severity(severity);
    if let Some(near) = nearest(key, keys) {
        finding.help(format!("did you mean `{near}`?"));
    }
}
