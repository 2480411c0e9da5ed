//! What leads to Services, and autoscalers to what they scale.

use super::selectors;
use crate::{
    diag::Severity,
    lint::{
        Findings,
        views::{Object, Rendering, items, text_of},
    },
    text::{Span, nearest},
    yaml::{Node, Value},
};

/// Kinds that an autoscaler scales and a cluster knows by itself.
const SCALED: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

pub(super) fn check(
    rendering: &Rendering<'_>,
    object: Object<'_>,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    match object.kind() {
        "HorizontalPodAutoscaler" => scaler(rendering, object, severity, findings),
        "StatefulSet" => stateful_set(rendering, object, severity, findings),
        "Ingress" if matches!(object.group(), "extensions" | "networking.k8s.io") => {
            ingress(rendering, object, severity, findings);
        }
        _ => {}
    }
}

fn scaler(rendering: &Rendering<'_>, object: Object<'_>, severity: Severity, findings: &mut Findings<'_>) {
    let way = ["spec", "scaleTargetRef"];
    let Some(target) = object.at(&way) else { return };
    let text = |key: &str| target.get(key).and_then(Node::as_str).unwrap_or_default();
    let (kind, name) = (text("kind"), text("name"));
    if !SCALED.contains(&kind) || rendering.named(kind, object.namespace(), name).is_some() {
        return;
    }
    let place = target.get("name").map_or(target.span, |name| name.span);
    let finding = findings.at(
        place,
        format!("{} scales {kind}/{name}, which is not there", object.shown()),
        "not there",
    );
    finding.subject(object.subject("spec.scaleTargetRef")).severity(severity);
    help(finding, rendering, kind, object.namespace(), name);
}

fn stateful_set(
    rendering: &Rendering<'_>,
    object: Object<'_>,
    severity: Severity,
    findings: &mut Findings<'_>,
) {
    let Some(node) = object.at(&["spec", "serviceName"]) else { return };
    let Some(name) = node.as_str().filter(|name| !name.is_empty()) else { return };
    let problem = match rendering.named("Service", object.namespace(), name) {
        // Where there are no Services at all, they are elsewhere.
        None if rendering.of_kind("Service", "").next().is_none() => return,
        None => "is not there",
        // A single pod is what its Service leads to. Several need names of their own.
        Some(service)
            if service.text(&["spec", "clusterIP"]) != Some("None")
                && object
                    .at(&["spec", "replicas"])
                    .is_some_and(|node| matches!(node.value, Value::Int(number) if number > 1)) =>
        {
            "is not headless"
        }
        Some(service) => {
            let pods = selectors::selected(rendering, service);
            let has_own = pods.iter().any(|pod| pod.kind() == "StatefulSet" && pod.name() == object.name());
            let selects = service.at(&["spec", "selector"]).is_some();
            if has_own || !selects {
                return;
            }
            "does not select its pods"
        }
    };
    let finding =
        findings.at(node.span, format!("the Service `{name}` of {} {problem}", object.shown()), problem);
    finding.subject(object.subject("spec.serviceName")).severity(severity);
    finding.help("add a Service with `clusterIP: None` that selects these pods");
}

fn ingress(rendering: &Rendering<'_>, object: Object<'_>, severity: Severity, findings: &mut Findings<'_>) {
    let Some(spec) = object.at(&["spec"]) else { return };
    let rules = items(spec, "rules").iter().filter_map(|rule| rule.get("http"));
    let paths = rules.flat_map(|http| items(http, "paths")).filter_map(|path| path.get("backend"));
    let all = paths.chain(spec.get("defaultBackend")).chain(spec.get("backend"));
    for backend in all {
        if let Some((place, message)) = wrong_backend(rendering, object, backend) {
            let finding = findings.at(place, message, "leads nowhere");
            finding.subject(object.subject("spec.rules")).severity(severity);
            let name = rendering.sources.slice(place);
            help(finding, rendering, "Service", object.namespace(), name);
        }
    }
}

/// What is wrong with a backend, and where.
fn wrong_backend(rendering: &Rendering<'_>, object: Object<'_>, backend: &Node) -> Option<(Span, String)> {
    let old = backend.get("serviceName");
    if let Some(old) = old.filter(|_| object.api_version() == "networking.k8s.io/v1") {
        return Some((
            old.span,
            "`networking.k8s.io/v1` has no `serviceName`: write `service: {name: …}`".to_owned(),
        ));
    }
    let name = old.or_else(|| backend.get("service")?.get("name"))?;
    let text = name.as_str()?;
    let Some(service) = rendering.named("Service", object.namespace(), text) else {
        return Some((name.span, format!("{} leads to Service/{text}, which is not there", object.shown())));
    };
    let own = backend.get("servicePort").or_else(|| {
        let port = backend.get("service")?.get("port")?;
        port.get("number").or(port.get("name"))
    })?;
    let wanted = text_of(own)?;
    let ports = service.at(&["spec"]).map_or(&[][..], |spec| items(spec, "ports"));
    let is_there = ports.iter().any(|port| {
        let has = |key: &str| port.get(key).and_then(text_of).as_deref() == Some(wanted.as_str());
        has("port") || has("name")
    });
    let is_external = service.text(&["spec", "type"]) == Some("ExternalName");
    (!is_there && !is_external).then(|| (own.span, format!("Service/{text} has no port `{wanted}`")))
}

fn help(
    finding: &mut crate::lint::Finding,
    rendering: &Rendering<'_>,
    kind: &str,
    namespace: &str,
    name: &str,
) {
    let names: Vec<&str> = rendering
        .objects()
        .filter(|it| it.kind() == kind && it.is_near(namespace))
        .map(|it| it.name())
        .collect();
    match nearest(name, names) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help(format!("add the {kind}, or name one that is there")),
    };
}
