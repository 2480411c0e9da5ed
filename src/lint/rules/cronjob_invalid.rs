//! KK018: CronJobs that do not run.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Object, Rendering},
    },
    shell,
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK018",
    name: "cronjob-invalid",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a CronJob that the API server refuses, or that never runs",
    explain: "\
The API server refuses the object, or takes it and never runs it.

The rule finds a `restartPolicy` that is missing or `Always`, and names longer than 52 characters.
It finds schedules that are neither five fields, a known word nor `@every` with a duration. In the
fields, it finds numbers out of their range: Sunday is 0 alone. It finds `TZ=` in a schedule, and
dates that no month has.",
    bad: &[(
        "job.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    good: &[(
        "job.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    checks: &[Check::Rendering(check)],
};

/// The name of a Job is that of the CronJob and eleven characters more.
const LONGEST: usize = 52;

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    for object in rendering.objects().filter(|object| object.kind() == "CronJob") {
        restart(object, findings);
        schedule(object, findings);
        if object.name().len() > LONGEST {
            let message = format!("the name of a CronJob has at most {LONGEST} characters");
            findings
                .at(object.place_of_name(), message, "too long")
                .subject(object.subject("name"))
                .help("shorten it");
        }
    }
}

fn restart(object: Object<'_>, findings: &mut Findings<'_>) {
    let way = ["spec", "jobTemplate", "spec", "template", "spec"];
    let Some(pod) = object.at(&way) else { return };
    let policy = pod.get("restartPolicy");
    if policy.and_then(Node::as_str).is_some_and(|policy| policy != "Always") {
        return;
    }
    let place = policy.map(|policy| policy.span).or(object.key(&way)).unwrap_or(object.place());
    let message = format!("{} needs `restartPolicy: OnFailure` or `Never`", object.shown());
    let label = if policy.is_some() { "refused" } else { "not set here" };
    findings
        .at(place, message, label)
        .subject(object.subject("restartPolicy"))
        .help("write `restartPolicy: OnFailure`");
}

fn schedule(object: Object<'_>, findings: &mut Findings<'_>) {
    let node = object.at(&["spec", "schedule"]);
    let text = node.and_then(Node::as_str).unwrap_or_default();
    let Some(problem) = shell::schedule_fault(text) else { return };
    let place = node.map(|node| node.span).or(object.key(&["spec"])).unwrap_or(object.place());
    let message = format!("{} has no valid schedule: {problem}", object.shown());
    let finding = findings.at(place, message, problem);
    finding.subject(object.subject("schedule"));
    finding.help(if text.contains("TZ") {
        "write `timeZone` beside `schedule`"
    } else {
        "write minute, hour, day, month and weekday"
    });
}
