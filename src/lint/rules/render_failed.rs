//! KK002: kustomizations that kustomize refuses.

use crate::{
    diag::Severity,
    kustomize::build::RefusalKind,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KK002",
    name: "render-failed",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a kustomization cannot be rendered",
    explain: "\
`kustomize build` stops here, and so does every deployment. The message is what the built-in
kustomize says, at the line that it is about.

The rule finds missing files, patterns such as `*.yaml` (kustomize has none), objects that two files
define, patches without their object, and what else kustomize refuses. Fields that the built-in
kustomize does not know are not found.",
    bad: &[
        ("kustomization.yaml", "resources:\n  - \"*.yaml\"\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
    ],
    good: &[
        ("kustomization.yaml", "resources:\n  - web.yaml\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
    ],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    let Some((refusal, span)) = rendering.read.failure() else { return };
    let directory = rendering.read.directory.as_deref();
    let tree =
        rendering.inputs.rendered.trees.iter().find(|tree| Some(tree.directory.as_path()) == directory);
    let span = if span == Span::NOWHERE { tree.map_or(span, |tree| tree.document.span) } else { span };
    let written = rendering.sources.slice(span);
    let is_pattern = matches!(refusal.kind, RefusalKind::Missing { .. }) && written.contains(['*', '?']);
    let message =
        if is_pattern { "kustomize has no patterns for files".to_owned() } else { refusal.message.clone() };
    let finding = findings.at(span, message, "kustomize stops here");
    finding.subject(refusal.message.clone());
    finding.help(match refusal.kind {
        _ if is_pattern => "list the files one by one",
        RefusalKind::Missing { .. } => "add the file, or remove the line",
        _ => "fix it: `kustomize build` fails",
    });
}
