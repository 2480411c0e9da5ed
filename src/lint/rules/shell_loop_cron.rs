//! KS001: loops that are schedules.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Service, in_words},
    },
    shell::{self, habits::Class},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KS001",
    name: "shell-loop-cron",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a loop runs a command at intervals, where a CronJob would",
    explain: "\
The interval drifts, because it begins when the command has ended. Nobody sees which runs failed,
none is tried again, and a container is there all the time. `convert` makes a CronJob of it.

The rule finds services whose `command`, `entrypoint` or script is an endless loop that waits more
than 5 s between its rounds, and `watch`. Loops in health checks, loops that end, and loops that
wait for events are not found.",
    bad: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    command: sh -c \"while :; do bin/console app:sync; sleep 300; done\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  sync:\n    image: app:1.2\n    restart: on-failure\n    command: bin/console app:sync\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    let Some(endless) = start.endless(Class::Periodic) else { return };
    let what = start.command().map_or("a command".to_owned(), |command| format!("`{command}`"));
    let every =
        endless.interval.map_or("at intervals".to_owned(), |seconds| format!("every {}", in_words(seconds)));
    let message = format!("`{}` runs {what} {every} in a loop", service.name);
    let schedule = start.as_cron_job().and_then(|found| found.schedule.clone());
    let schedule = schedule.or_else(|| shell::exact_schedule(endless.interval?));
    let finding = findings.at(start.place(), message, "a loop instead of a schedule");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help(match schedule {
        Some(schedule) => {
            format!("make it a CronJob with `schedule: \"{schedule}\"` and `concurrencyPolicy: Forbid`")
        }
        None => "make it a CronJob, if a schedule is often enough".to_owned(),
    });
    if let Some(script) = endless.range.as_ref().and_then(|range| start.within(range)) {
        finding.also(Span::new(script.source, script.start as usize, script.start as usize), "the loop");
    }
}
