//! KS008: loops that wait for other services.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KS008",
    name: "wait-loop",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a command waits in a loop until another service answers",
    explain: "\
The wait is hidden from Kubernetes: the pod counts as running while it does nothing. `convert` makes
an initContainer of the same condition in `depends_on`.

The rule finds loops around `nc`, `curl`, `pg_isready` and other programs that ask whether something
answers, if they do nothing but ask and sleep.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    image: app:1.2\n    command: sh -c \"until nc -z db 3306; do sleep 1; done; exec app\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    image: app:1.2\n    command: app\n    depends_on:\n      db: {condition: service_healthy}\n  db:\n    image: mysql:8.4\n    healthcheck: {test: [CMD, mysqladmin, ping]}\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    let Some(first) = start.waits().first() else { return };
    let message = format!("`{}` waits in a loop until something answers", service.name);
    let finding = findings.at(start.place(), message, "waits first");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("write `depends_on` with `condition: service_healthy`");
    if let Some(script) = start.within(first) {
        finding.also(Span::new(script.source, script.start as usize, script.start as usize), "the loop");
    }
}
