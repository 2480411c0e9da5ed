//! KS004: loops that are killed, not stopped.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::habits::Class,
};

pub(super) static RULE: Rule = Rule {
    code: "KS004",
    name: "loop-ignores-sigterm",
    severity: Severity::Info,
    category: Category::Pedantic,
    fix: FixKind::None,
    summary: "the shell does not see the signal to stop while it sleeps",
    explain: "\
A shell that waits for `sleep` handles signals when that has ended. As the first process of a
container it also ignores SIGTERM unless it traps it. Compose kills it after 10 s, Kubernetes after
30 s: every stop and every rollout takes that long.

The rule finds endless loops that sleep longer than 10 s in the foreground, without a `trap`,
without `init: true`, and without an init program such as `tini` before them.",
    bad: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync; sleep 300; done\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    init: true\n    command: sh -c \"while :; do bin/console app:sync; sleep 300; done\"\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start().filter(|start| start.is_first_process()) else { return };
    let all = [Class::Periodic, Class::Idle, Class::Restart];
    let Some(endless) = all.into_iter().find_map(|class| start.endless(class)) else { return };
    let Some(first) = endless.deaf.first() else { return };
    let finding = findings.at(start.part(first), "the shell does not see SIGTERM while it sleeps", "in here");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("write `init: true`, or `trap exit TERM` and `sleep … & wait $!`");
}
