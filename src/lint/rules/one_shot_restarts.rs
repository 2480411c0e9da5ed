//! KC010: services that are to end, and are started again.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
};

pub(super) static RULE: Rule = Rule {
    code: "KC010",
    name: "one-shot-restarts",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "others wait until a service has ended, and Compose always starts it again",
    explain: "\
With `restart: always` or `unless-stopped`, or with `any` as the condition of
`deploy.restart_policy`, the container is started again each time it ends, so that it runs over and
over. In Kubernetes it is either a Job, which ends, or a Deployment, which does not.

The rule finds services that others await with `service_completed_successfully`.",
    bad: &[(
        "compose.yaml",
        "services:\n  migrate:\n    image: app:1.2\n    restart: always\n  web:\n    image: app:1.2\n    depends_on:\n      migrate: {condition: service_completed_successfully}\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  migrate:\n    image: app:1.2\n    restart: on-failure\n  web:\n    image: app:1.2\n    depends_on:\n      migrate: {condition: service_completed_successfully}\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let of_policy = service.model.condition_of_policy();
    let Some(restart) = service.model.written_restart() else { return };
    let is_again = matches!(restart.value.as_str(), "always" | "unless-stopped" | "any");
    if !is_again || !service.environment.awaits_completion_of(service.name) {
        return;
    }
    let message = format!("others wait until `{}` has ended, and it is always started again", service.name);
    let (key, way) = if of_policy.is_some() {
        ("condition", "deploy.restart_policy.condition")
    } else {
        ("restart", "restart")
    };
    let title = format!("write `{key}: on-failure`");
    let finding = findings.at(restart.span, message, "started again");
    finding.subject(format!("services.{}.{way}", service.name)).help(title.clone());
    if service.written(restart.span) == restart.value {
        finding.fix(FixKind::Safe, title, restart.span, "on-failure");
    }
}
