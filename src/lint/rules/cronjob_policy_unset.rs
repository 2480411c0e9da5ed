//! KK017: CronJobs without a policy.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
};

pub(super) static RULE: Rule = Rule {
    code: "KK017",
    name: "cronjob-policy-unset",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a CronJob does not say what happens if a run is late or still there",
    explain: "\
Without `concurrencyPolicy`, a run starts while the one before is still going on: a loop never did
that. Without `startingDeadlineSeconds`, a controller that was down for a hundred runs gives up.

The rule finds CronJobs without `startingDeadlineSeconds`, and with it those without
`concurrencyPolicy` whose schedule is not given a deadline.",
    bad: &[(
        "job.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    good: &[(
        "job.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: sync}\nspec:\n  schedule: \"*/5 * * * *\"\n  concurrencyPolicy: Forbid\n  startingDeadlineSeconds: 120\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: job\n              image: app:1.2\n              args: [\"app:sync\"]\n",
    )],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    for object in rendering.objects().filter(|object| object.kind() == "CronJob") {
        if object.at(&["spec", "startingDeadlineSeconds"]).is_some() {
            continue;
        }
        let policy = object.at(&["spec", "concurrencyPolicy"]).is_some();
        let what = if policy {
            "`startingDeadlineSeconds`"
        } else {
            "`concurrencyPolicy` and `startingDeadlineSeconds`"
        };
        let place = object.key(&["spec", "schedule"]).unwrap_or(object.place());
        let finding = findings.at(
            place,
            format!("{} does not set {what}", object.shown()),
            "runs may overlap or get lost",
        );
        finding
            .subject(object.subject("spec"))
            .help("write `concurrencyPolicy: Forbid` and `startingDeadlineSeconds: 120`");
    }
}
