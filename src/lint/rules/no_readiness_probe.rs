//! KK020: pods without readiness probes.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Object, Rendering, items, pairs},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KK020",
    name: "no-readiness-probe",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a Service sends requests to pods that do not say when they are ready",
    explain: "\
A new pod gets requests before it can answer them, and the old one is stopped: each rollout loses
requests.

The rule finds pods that a Service selects and none of whose containers has a `readinessProbe`,
outside of overlays of developers.",
    bad: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n",
    )],
    good: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n          readinessProbe: {httpGet: {path: /, port: 80}}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n",
    )],
    checks: &[Check::Rendering(check)],
};

/// Kinds whose pods serve.
const KINDS: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"];

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    if rendering.read.is_local {
        return;
    }
    let services: Vec<Object<'_>> = rendering.objects().filter(|object| object.kind() == "Service").collect();
    for object in rendering.objects().filter(|object| KINDS.contains(&object.kind())) {
        let labels = object.pod_labels();
        let selects = |service: &&Object<'_>| {
            let selector = pairs(service.at(&["spec", "selector"]));
            service.is_near(object.namespace())
                && !selector.is_empty()
                && selector.iter().all(|pair| labels.contains(pair))
        };
        let Some(service) = services.iter().find(selects) else { continue };
        let containers = object.pod().map_or(&[][..], |pod| items(pod, "containers"));
        if containers.is_empty()
            || containers.iter().any(|container| container.get("readinessProbe").is_some())
        {
            continue;
        }
        let message =
            format!("{} gets requests of Service/{} before it is ready", object.shown(), service.name());
        let finding = findings.at(object.place_of_name(), message, "no `readinessProbe`");
        finding
            .subject(object.subject("readinessProbe"))
            .help("add a `readinessProbe` to the container that answers");
    }
}
