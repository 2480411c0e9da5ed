//! KS003: loops in which failures go unnoticed.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::habits::Class,
};

pub(super) static RULE: Rule = Rule {
    code: "KS003",
    name: "loop-swallows-failure",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "the loop goes on if its command fails, and nobody sees it",
    explain: "\
The loop starts its next round, whatever the command ended with. As a CronJob a failed run is seen
and tried again (`backoffLimit`): decide whether it may run twice.

The rule finds the commands of the loops of KS001 whose status nothing looks at, and those followed
by `|| true`. With `set -e`, `|| exit` or a condition around it, a command is not found.",
    bad: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync; sleep 300; done\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync || exit 1; sleep 300; done\"\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    let Some(endless) = start.endless(Class::Periodic) else { return };
    let [first, rest @ ..] = &endless.unheeded[..] else { return };
    let place = start.part(first);
    let finding = findings.at(place, "the loop goes on if this command fails", "its status is ignored");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("write `set -e` before the loop, or `|| exit 1` behind the command");
    for range in rest {
        if let Some(span) = start.within(range) {
            finding.also(span, "so is this one");
        }
    }
}
