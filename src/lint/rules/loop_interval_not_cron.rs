//! KS002: intervals that no schedule has.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Service, in_words},
    },
    shell::{self, habits::Class},
};

pub(super) static RULE: Rule = Rule {
    code: "KS002",
    name: "loop-interval-not-cron",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "the interval of a loop is one that no schedule of five fields has",
    explain: "\
A schedule of five fields runs at intervals that divide an hour, a day or a week, and at most once a
minute. With any other interval it runs too often or leaves gaps. Kubernetes also takes `@every`,
which counts from the start of the controller.

The rule finds the loops of KS001 whose interval is none of these.",
    bad: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync; sleep 2700; done\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync; sleep 1800; done\"\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    let Some(seconds) = start.endless(Class::Periodic).and_then(|endless| endless.interval) else { return };
    let Some(nearest) = shell::nearest_intervals(seconds) else { return };
    let help = match nearest {
        (Some(shorter), Some(longer)) => {
            format!("wait {} or {}, or write `@every {seconds}s`", in_words(shorter), in_words(longer))
        }
        (None, Some(longer)) => format!("wait {}, or keep it a Deployment", in_words(longer)),
        (Some(shorter), None) => format!("wait {}, or write `@every {seconds}s`", in_words(shorter)),
        (None, None) => return,
    };
    let message = format!("no schedule of five fields runs every {}", in_words(seconds));
    let finding = findings.at(start.place(), message, "the interval of this loop");
    finding.subject(format!("services.{}.{}", service.name, start.attribute())).help(help);
}
