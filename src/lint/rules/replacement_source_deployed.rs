//! KK011: sources of replacements that are deployed.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Object, Tree},
    },
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK011",
    name: "replacement-source-deployed",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "an object that is there to be copied from is deployed",
    explain: "\
An object that only lends its fields to others runs in the cluster as well: a template of a
CronJob runs at its schedule.

The rule finds workloads that a replacement takes from and does not change, without the annotation
`config.kubernetes.io/local-config`.",
    bad: &[
        (
            "kustomization.yaml",
            "resources: [template.yaml, jobs.yaml]\nreplacements:\n  - source: {kind: CronJob, name: template, fieldPath: spec.jobTemplate}\n    targets:\n      - select: {kind: CronJob, name: sync}\n        fieldPaths: [spec.jobTemplate]\n",
        ),
        (
            "template.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: template}\nspec:\n  schedule: \"0 0 1 1 *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
        (
            "jobs.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
    ],
    good: &[
        (
            "kustomization.yaml",
            "resources: [template.yaml, jobs.yaml]\nreplacements:\n  - source: {kind: CronJob, name: template, fieldPath: spec.jobTemplate}\n    targets:\n      - select: {kind: CronJob, name: sync}\n        fieldPaths: [spec.jobTemplate]\n",
        ),
        (
            "template.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: template, annotations: {config.kubernetes.io/local-config: \"true\"}}\nspec:\n  schedule: \"0 0 1 1 *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
        (
            "jobs.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
    ],
    checks: &[Check::Tree(check)],
};

/// Kinds that run something.
const RUNNABLE: &[&str] = &["CronJob", "Job", "Deployment", "StatefulSet", "DaemonSet", "Pod"];

fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let Some((_, replacements)) = tree.list("replacements") else { return };
    for replacement in replacements {
        let Some(source) = replacement.get("source") else { continue };
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        let (Some(kind), Some(name)) = (text(source, "kind"), text(source, "name")) else { continue };
        let targets = replacement.get("targets").and_then(Node::as_seq).unwrap_or_default();
        let mut selects = targets.iter().filter_map(|target| target.get("select"));
        let is_changed = selects.any(|select| {
            text(select, "kind") == Some(kind.clone()) && text(select, "name") == Some(name.clone())
        });
        // One that lends its name or another value of its own does its work, too.
        let path = text(source, "fieldPath").unwrap_or_default();
        let lends_a_part = path.starts_with("metadata") || path.starts_with("status") || path.is_empty();
        if is_changed
            || lends_a_part
            || !RUNNABLE.contains(&kind.as_str())
            || is_scalar(tree, &kind, &name, &path)
        {
            continue;
        }
        let objects = tree.renderings().flat_map(|rendering| &rendering.objects);
        let mut objects = objects.map(|object| Object { sources: tree.sources, tree: &object.node });
        let Some(object) = objects.find(|object| object.kind() == kind && object.name() == name) else {
            continue;
        };
        let message = format!("{} is a source of replacements, and is deployed", object.shown());
        let finding = findings.at(object.place_of_name(), message, "runs in the cluster");
        finding
            .subject(object.shown())
            .help("annotate it with `config.kubernetes.io/local-config: \"true\"`");
    }
}

/// Whether what is taken is a single value, such as an image.
fn is_scalar(tree: &Tree<'_>, kind: &str, name: &str, path: &str) -> bool {
    let objects = tree.renderings().flat_map(|rendering| &rendering.accumulated);
    let mut objects = objects.map(|object| Object { sources: tree.sources, tree: &object.node });
    let Some(object) = objects.find(|object| object.kind() == kind && object.name() == name) else {
        return true;
    };
    let value = path.split('.').try_fold(object.tree, |node, part| match part.parse::<usize>() {
        Ok(index) => node.as_seq()?.get(index),
        Err(_) => node.get(part),
    });
    value.is_some_and(|value| value.as_map().is_none() && value.as_seq().is_none())
}
