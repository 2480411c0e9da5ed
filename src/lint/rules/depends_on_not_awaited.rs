//! KC008: dependencies that are started, not awaited.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Environment, Service},
    },
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KC008",
    name: "depends-on-not-awaited",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a service is started after another one, and does not wait until that one is healthy",
    explain: "\
The other service has a health check, and nobody waits for it. The condition `service_healthy` is
what `convert` makes an initContainer of; without it the pod starts at once, and fails until the
dependency answers.

The rule finds entries of `depends_on` without a condition or with `service_started`, if the service
that they name has a health check; one finding for each such service.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    depends_on: [db]\n  db:\n    image: mysql:8.4\n    healthcheck:\n      test: [CMD, mysqladmin, ping]\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    depends_on:\n      db: {condition: service_healthy}\n  db:\n    image: mysql:8.4\n    healthcheck:\n      test: [CMD, mysqladmin, ping]\n",
    )],
    checks: &[Check::Environment(check)],
};

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    for target in environment.services() {
        let check = target.model.healthcheck.as_ref().filter(|check| check.value.is_enabled());
        let Some(check) = check else { continue };
        let waits_for_it = |service: &Service<'_>| {
            let dependency = service.model.depends_on.as_ref()?.value.get(target.name)?;
            let condition = dependency.value.condition.as_ref();
            let is_awaited = condition.is_some_and(|condition| condition.value != "service_started");
            (!is_awaited).then_some(dependency.span)
        };
        let mut places: Vec<(Span, &str)> =
            environment.services().filter_map(|it| Some((waits_for_it(&it)?, it.name))).collect();
        places.sort();
        let [(first, name), rest @ ..] = places.as_slice() else { continue };
        let message = format!("the health check of `{}` is not waited for", target.name);
        let finding = findings.of_service(name, *first, message, format!("`{name}` does not wait"));
        finding
            .subject(format!("services.{}.healthcheck", target.name))
            .help(format!("write `{}: {{condition: service_healthy}}`", target.name));
        for (span, name) in rest {
            finding.also(*span, format!("`{name}` does not wait"));
        }
        finding.also(check.span, "the health check");
    }
}
