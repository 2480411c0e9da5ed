//! KC013: compose files that Compose passes over.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Project},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KC013",
    name: "shadowed-compose-file",
    severity: Severity::Warning,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "Compose passes over a file, because another name has precedence in the same directory",
    explain: "\
Of `compose.yaml`, `compose.yml`, `docker-compose.yml` and `docker-compose.yaml` Compose reads the
first that is there, and only warns of the others. So it does with the four names with `.override`,
such as `compose.override.yaml`. What is edited in the other file has no effect.

The rule finds each file that is passed over, unless `COMPOSE_FILE` or `compose` of each environment
in `kustompose.yaml` says which files belong to the project.",
    bad: &[
        ("compose.yaml", "services:\n  web:\n    image: web:1.2\n"),
        ("docker-compose.yml", "services:\n  web:\n    image: web:1.1\n"),
    ],
    good: &[
        ("compose.yaml", "services:\n  web:\n    image: web:1.2\n"),
        ("compose.override.yaml", "services:\n  web:\n    environment: {DEBUG: '1'}\n"),
    ],
    checks: &[Check::Project(check)],
};

fn check(project: &Project<'_>, findings: &mut Findings<'_>) {
    for (source, first) in &project.read.shadowed {
        let line = project.sources.get(*source).line(0).len();
        findings
            .at(Span::new(*source, 0, line), format!("Compose reads `{first}` and not this file"), "not read")
            .help(if first.contains(".override.") {
                format!("move what it sets to `{first}`, and remove it")
            } else {
                "remove one of the two; what is for this machine alone goes to `compose.override.yaml`"
                    .to_owned()
            });
    }
}
