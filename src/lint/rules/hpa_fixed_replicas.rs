//! KK019: fixed replicas of what is scaled.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
};

pub(super) static RULE: Rule = Rule {
    code: "KK019",
    name: "hpa-fixed-replicas",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "each deployment resets the number of pods that an autoscaler chose",
    explain: "\
`kubectl apply` sets `replicas`, and the autoscaler sets it back: pods are stopped in between.

The rule finds workloads with `replicas` that are the target of a HorizontalPodAutoscaler.",
    bad: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 5\n",
    )],
    good: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 2\n  maxReplicas: 5\n",
    )],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    for scaler in rendering.objects().filter(|object| object.kind() == "HorizontalPodAutoscaler") {
        let target = |key: &str| scaler.text(&["spec", "scaleTargetRef", key]).unwrap_or_default();
        let Some(object) = rendering.named(target("kind"), scaler.namespace(), target("name")) else {
            continue;
        };
        let Some(replicas) = object.at(&["spec", "replicas"]) else { continue };
        let message = format!("{} has fixed `replicas`, and an autoscaler", object.shown());
        let finding = findings.at(replicas.span, message, "reset at each deployment");
        finding.subject(object.subject("spec.replicas")).help("remove `replicas`");
        finding.also(scaler.place_of_name(), "scaled by this");
    }
}
