//! KK005: CronJobs that are copies.

use serde_json::Value;
use std::collections::BTreeMap;

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Everything},
    text::Span,
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK005",
    name: "cronjob-boilerplate",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "several CronJobs are the same but for their schedule and command",
    explain: "\
A change of one of them must be made in all of them.

The rule finds four or more CronJobs that are written out, and equal without their metadata, their
schedule, and the command of their containers.",
    bad: &[(
        "jobs.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:a\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:b\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:c\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: d}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:d\"]\n",
    )],
    good: &[(
        "jobs.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:a\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:b\"]\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:c\"]\n",
    )],
    checks: &[Check::Inputs(check)],
};

fn check(everything: &Everything<'_>, findings: &mut Findings<'_>) {
    const FEWEST: usize = 4;
    let mut alike: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for manifest in &everything.inputs.manifests {
        for document in
            manifest.objects().filter(|it| it.get("kind").and_then(Node::as_str) == Some("CronJob"))
        {
            alike.entry(rest(document)).or_default().push(document.span);
        }
    }
    for places in alike.into_values().filter(|places| places.len() >= FEWEST) {
        let head = |span: Span| Span::new(span.source, span.start as usize, span.start as usize);
        let [first, rest @ ..] = &places[..] else { continue };
        let message = format!("{} CronJobs are the same but for schedule and command", places.len());
        let finding = findings.at(head(*first), message, "this one");
        finding.subject("CronJob");
        finding.help(
            "give what they share in one patch with `target: {kind: CronJob}`, or let `convert` write them",
        );
        for place in rest {
            finding.also(head(*place), "and this one");
        }
    }
}

/// What is left of a CronJob without what is its own.
fn rest(document: &Node) -> String {
    let mut json = document.to_json();
    strip(&mut json, &["metadata"]);
    if let Some(spec) = json.get_mut("spec") {
        strip(spec, &["schedule"]);
        if let Some(job) = spec.get_mut("jobTemplate") {
            strip(job, &["metadata"]);
        }
    }
    let template = json.pointer_mut("/spec/jobTemplate/spec/template");
    if let Some(template) = template {
        strip(template, &["metadata"]);
        for container in
            template.pointer_mut("/spec/containers").and_then(Value::as_array_mut).into_iter().flatten()
        {
            strip(container, &["args", "command", "name"]);
        }
    }
    json.to_string()
}

fn strip(value: &mut Value, keys: &[&str]) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
}
