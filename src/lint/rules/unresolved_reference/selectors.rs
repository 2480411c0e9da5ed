//! Selectors: of workloads for their own pods, of Services for the pods of others.

use crate::{
    diag::Severity,
    lint::{
        Findings,
        views::{Object, Rendering, items, pairs, text_of},
    },
    yaml::Node,
};

/// Labels that controllers add to pods.
const ADDED: &[&str] = &[
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "controller-revision-hash",
    "pod-template-hash",
    "batch.kubernetes.io/job-name",
    "job-name",
];

pub(super) fn check(
    rendering: &Rendering<'_>,
    object: Object<'_>,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    match object.kind() {
        "Service" => service(rendering, object, severity, findings),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => own_pods(object, findings),
        "ReplicationController" => {
            let selector = pairs(object.at(&["spec", "selector"]));
            if !selector.is_empty() && !fits(&selector, &object.pod_labels()) {
                mismatch(object, &["spec", "selector"], findings);
            }
        }
        _ => {}
    }
}

/// A selector has to fit the pods that the object makes.
fn own_pods(object: Object<'_>, findings: &mut Findings<'_>) {
    let labels = object.pod_labels();
    let selector = pairs(object.at(&["spec", "selector", "matchLabels"]));
    let expressions =
        object.at(&["spec", "selector"]).map_or(&[][..], |selector| items(selector, "matchExpressions"));
    if !selector.is_empty() && !fits(&selector, &labels) {
        mismatch(object, &["spec", "selector", "matchLabels"], findings);
    } else if !expressions.iter().all(|expression| holds(expression, &labels)) {
        mismatch(object, &["spec", "selector", "matchExpressions"], findings);
    }
}

fn mismatch(object: Object<'_>, way: &[&str], findings: &mut Findings<'_>) {
    let place = object.key(way).unwrap_or(object.place());
    let message = format!("the selector of {} does not fit its own pods", object.shown());
    let finding = findings.at(place, message, "does not fit `template.metadata.labels`");
    finding.subject(object.subject("spec.selector")).help("write the labels of the template");
}

fn fits(selector: &[(&str, String)], labels: &[(&str, String)]) -> bool {
    selector.iter().all(|pair| labels.contains(pair) || ADDED.contains(&pair.0))
}

/// Whether an entry of `matchExpressions` holds.
fn holds(expression: &Node, labels: &[(&str, String)]) -> bool {
    let text = |key: &str| expression.get(key).and_then(Node::as_str).unwrap_or_default();
    let own = labels.iter().find(|(key, _)| *key == text("key")).map(|(_, value)| value);
    let values: Vec<String> = items(expression, "values").iter().filter_map(text_of).collect();
    match text("operator") {
        "In" => own.is_some_and(|own| values.contains(own)),
        "NotIn" => own.is_none_or(|own| !values.contains(own)),
        "Exists" => own.is_some(),
        "DoesNotExist" => own.is_none(),
        _ => true,
    }
}

/// The objects that have or make pods which a Service selects.
pub(super) fn selected<'a>(rendering: &Rendering<'a>, service: Object<'a>) -> Vec<Object<'a>> {
    let selector = pairs(service.at(&["spec", "selector"]));
    let is_selected = |object: &Object<'a>| {
        let has_pods =
            object.kind() == "Pod" || object.template().is_some_and(|it| it.get("metadata").is_some());
        has_pods && object.is_near(service.namespace()) && fits(&selector, &object.pod_labels())
    };
    rendering.objects().filter(is_selected).collect()
}

fn service(rendering: &Rendering<'_>, service: Object<'_>, severity: Severity, findings: &mut Findings<'_>) {
    let selector = pairs(service.at(&["spec", "selector"]));
    let is_external = service.text(&["spec", "type"]) == Some("ExternalName");
    if selector.is_empty() || is_external || service.group() != "" {
        return;
    }
    let pods = selected(rendering, service);
    // Where there are no pods at all, they are elsewhere.
    if pods.is_empty() && !rendering.objects().any(|object| !object.pod_labels().is_empty()) {
        return;
    }
    if pods.is_empty() {
        let place = service.key(&["spec", "selector"]).unwrap_or(service.place());
        let message = format!("Service/{} selects no pod", service.name());
        let finding = findings.at(place, message, "no pod has these labels");
        finding.subject(service.subject("spec.selector")).severity(severity);
        finding.help("write the labels of the pods that it is for");
        return;
    }
    for port in service.at(&["spec"]).map_or(&[][..], |spec| items(spec, "ports")) {
        let target = port.get("targetPort").or(port.get("port"));
        let Some(text) = target.and_then(text_of) else { continue };
        if pods.iter().any(|pod| may_listen(*pod, &text)) {
            continue;
        }
        let is_named = text.parse::<u16>().is_err();
        let place = target.map_or(port.span, |target| target.span);
        let message = format!("no pod of Service/{} has the port `{text}`", service.name());
        let finding = findings.at(place, message, "this port");
        finding.subject(service.subject("spec.ports"));
        finding.severity(if is_named { severity } else { severity.min(Severity::Warning) });
        finding.help("write the name or the number of a port in `containers.ports`");
        if let Some(own) = port.get("port") {
            finding.also(own.span, "for this one");
        }
    }
}

/// Can a pod listen at a port? One that names no port may listen at any.
fn may_listen(object: Object<'_>, port: &str) -> bool {
    let ports: Vec<&Node> = object.containers().flat_map(|container| items(container, "ports")).collect();
    let is_number = port.parse::<u16>().is_ok();
    ports.is_empty() && is_number
        || ports.iter().any(|own| {
            let text = |key: &str| own.get(key).and_then(text_of);
            text("name").as_deref() == Some(port) || text("containerPort").as_deref() == Some(port)
        })
}
