//! KK016: references to nothing.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
};

pub(super) static RULE: Rule = Rule {
    code: "KK016",
    name: "unresolved-reference",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "an object refers to another one that is not there",
    explain: "\
The API server takes both objects, and the pod does not start, or nobody reaches it.

The rule finds references to missing ConfigMaps, Secrets and their keys, claims, Services of
Ingresses and StatefulSets, and targets of autoscalers. It also finds Services that select no pod,
or name a port that the pod does not have, and selectors that do not match their own pods. Optional
references are not found. A finding is less than an error for Secrets, which are often created by
hand, and if a part of the manifests could not be rendered.",
    bad: &[
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
        (
            "service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: wbe}\n  ports: [{port: 80}]\n",
        ),
    ],
    good: &[
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
        (
            "service.yaml",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n  ports: [{port: 80}]\n",
        ),
    ],
    checks: &[Check::Rendering(check)],
};

mod claims;
mod routes;
mod selectors;

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    let severity = if rendering.read.is_whole { Severity::Error } else { Severity::Info };
    for object in rendering.objects() {
        selectors::check(rendering, object, severity, findings);
        routes::check(rendering, object, severity, findings);
        claims::check(rendering, object, severity, findings);
    }
}
