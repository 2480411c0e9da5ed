//! KS009: containers that do nothing.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::habits::Class,
};

pub(super) static RULE: Rule = Rule {
    code: "KS009",
    name: "idle-container",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a container does nothing but stay up",
    explain: "\
It is a shell for developers, who work in it with `docker compose exec`. In a cluster it runs for
nothing, in production too.

The rule finds services whose whole command is `sleep infinity`, `tail -f /dev/null` or an endless
loop that only sleeps, unless they are in an override file, or in environments of developers alone.",
    bad: &[("compose.yaml", "services:\n  shell:\n    image: app:1.2\n    command: sleep infinity\n")],
    good: &[
        ("compose.yaml", "services:\n  shell:\n    image: app:1.2\n    command: app\n"),
        ("compose.override.yaml", "services:\n  shell:\n    command: sleep infinity\n"),
    ],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start() else { return };
    if start.endless(Class::Idle).is_none() {
        return;
    }
    let place = start.place();
    let file = service.sources().get(place.source).path().file_name().unwrap_or_default();
    let others = &service.environment.project.environments;
    let is_of_developers = service.environment.is_local && others.iter().any(|other| !other.is_local);
    if file.contains(".override.") || is_of_developers {
        return;
    }
    let message = format!("`{}` does nothing but stay up", service.name);
    let finding = findings.at(place, message, "does nothing");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help("move the command to `compose.override.yaml`, or give the service a profile for developers");
}
