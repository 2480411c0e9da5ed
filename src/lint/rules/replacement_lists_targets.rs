//! KK003: replacements with a list of targets.

use std::collections::BTreeSet;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Object, Tree, pairs},
    },
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK003",
    name: "replacement-lists-targets",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a replacement names its targets one by one, where a label selects them",
    explain: "\
Each new object needs a new entry. The one that is forgotten keeps the old value, without an
error.

The rule finds replacements with three or more targets that differ in their names only, if the kind,
or a label, selects these objects and no other.",
    bad: &[
        (
            "kustomization.yaml",
            "resources:\n  - jobs.yaml\n  - config.yaml\nreplacements:\n  - source: {kind: ConfigMap, name: config, fieldPath: data.IMAGE}\n    targets:\n      - select: {kind: CronJob, name: a}\n        fieldPaths: [spec.jobTemplate.spec.template.spec.containers.0.image]\n      - select: {kind: CronJob, name: b}\n        fieldPaths: [spec.jobTemplate.spec.template.spec.containers.0.image]\n      - select: {kind: CronJob, name: c}\n        fieldPaths: [spec.jobTemplate.spec.template.spec.containers.0.image]\n",
        ),
        (
            "jobs.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
        (
            "config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {IMAGE: app:1.2}\n",
        ),
    ],
    good: &[
        (
            "kustomization.yaml",
            "resources:\n  - jobs.yaml\n  - config.yaml\nreplacements:\n  - source: {kind: ConfigMap, name: config, fieldPath: data.IMAGE}\n    targets:\n      - select: {kind: CronJob}\n        fieldPaths: [spec.jobTemplate.spec.template.spec.containers.0.image]\n",
        ),
        (
            "jobs.yaml",
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
        ),
        (
            "config.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {IMAGE: app:1.2}\n",
        ),
    ],
    checks: &[Check::Tree(check)],
};

fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let Some((_, replacements)) = tree.list("replacements") else { return };
    for replacement in replacements {
        let Some((key, targets)) = replacement.as_map().and_then(|map| map.get_key_value("targets")) else {
            continue;
        };
        let targets = targets.as_seq().unwrap_or_default();
        let Some(names) = names(targets) else { continue };
        let Some(kind) = targets.first().and_then(|it| it.get("select")?.get("kind")?.as_str()) else {
            continue;
        };
        let Some(selector) = selector(tree, kind, &names) else { continue };
        let message = format!("{} targets differ in their names only", names.len());
        let finding = findings.at(key.span, message, "one entry each");
        finding.subject("replacements").help(format!("write one target with `select: {{{selector}}}`"));
    }
}

/// The names that the targets select, if they differ in nothing else.
fn names(targets: &[Node]) -> Option<BTreeSet<&str>> {
    const FEWEST: usize = 3;
    let rest = |target: &Node| {
        let mut json = target.to_json();
        json.get_mut("select").and_then(serde_json::Value::as_object_mut)?.remove("name")?;
        Some(json)
    };
    let first = rest(targets.first()?)?;
    let are_alike = targets.iter().all(|target| rest(target).as_ref() == Some(&first));
    let names: BTreeSet<&str> =
        targets.iter().filter_map(|target| target.get("select")?.get("name")?.as_str()).collect();
    (are_alike && names.len() >= FEWEST).then_some(names)
}

/// What selects the objects of these names and no other.
fn selector(tree: &Tree<'_>, kind: &str, names: &BTreeSet<&str>) -> Option<String> {
    let objects = tree.renderings().flat_map(|rendering| &rendering.accumulated);
    let of_kind: Vec<Object<'_>> = objects
        .map(|object| Object { sources: tree.sources, tree: &object.node })
        .filter(|object| object.kind() == kind && object.at(&["metadata", "annotations", LOCAL]).is_none())
        .collect();
    let is_meant = |object: &&Object<'_>| names.contains(object.name());
    if !of_kind.iter().any(|object| is_meant(&object)) {
        return None;
    }
    if of_kind.iter().all(|object| is_meant(&object)) {
        return Some(format!("kind: {kind}"));
    }
    let first = of_kind.iter().find(is_meant)?;
    let selects = |(key, value): &(&str, String)| {
        of_kind.iter().all(|object| labels(*object).contains(&(*key, value.clone())) == is_meant(&object))
    };
    let (key, value) = labels(*first).into_iter().find(selects)?;
    Some(format!("kind: {kind}, labelSelector: {key}={value}"))
}

fn labels<'a>(object: Object<'a>) -> Vec<(&'a str, String)> {
    pairs(object.at(&["metadata", "labels"]))
}

const LOCAL: &str = "config.kubernetes.io/local-config";
