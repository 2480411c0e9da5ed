//! KS007: loops that restart what ended.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::habits::Class,
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KS007",
    name: "restart-loop",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a loop starts a program again whenever it ends, which Kubernetes does by itself",
    explain: "\
The loop hides crashes: the container never ends, so Kubernetes counts no restart, waits no longer
before each further one, and no alert is raised.

The rule finds endless loops that wait at most 5 s between their rounds, or whose command is a
server.",
    bad: &[(
        "compose.yaml",
        "services:\n  worker:\n    image: app:1.2\n    command: sh -c \"while :; do php worker.php; sleep 1; done\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  worker:\n    image: app:1.2\n    restart: unless-stopped\n    command: php worker.php\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    let Some(endless) = start.endless(Class::Restart) else { return };
    let message = format!("the loop of `{}` hides that its command ended", service.name);
    let finding = findings.at(start.place(), message, "starts it again");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("run the command itself with `exec`, and set `restart: unless-stopped`");
    if let Some(script) = endless.range.as_ref().and_then(|range| start.within(range)) {
        finding.also(Span::new(script.source, script.start as usize, script.start as usize), "the loop");
    }
}
