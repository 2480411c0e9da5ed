//! KE012: quotes that reach the process.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Document},
};

pub(super) static RULE: Rule = Rule {
    code: "KE012",
    name: "list-env-quotes",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "the value of an entry `NAME=\"value\"` is quoted within the entry: the process sees the quotes",
    explain: "\
In the list form of `environment` the whole entry is one YAML text. Quotes behind the `=` are a part
of it, and reach the process.

The rule finds entries whose whole value is in quotes. Quotes around the whole entry are YAML's
own.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      - TITLE=\"My shop\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      - \"TITLE=My shop\"\n",
    )],
    checks: &[Check::Document(check)],
};

fn check(document: &Document<'_>, findings: &mut Findings<'_>) {
    for variable in document.variables().into_iter().filter(|variable| variable.is_list) {
        let Some(inner) = variable.value.as_deref().and_then(unquoted) else { continue };
        let message = format!("the quotes around the value of `{}` reach the process", variable.name);
        let finding = findings.at(variable.span, message, "quotes within the entry");
        finding.subject(variable.subject()).help("put the whole entry in quotes");
        let entry = format!("{}={inner}", variable.name);
        // Escapes would have to be understood first.
        if !entry.contains(['"', '\\', '\n']) {
            finding.fix(
                FixKind::Safe,
                "put the whole entry in quotes",
                variable.span,
                format!("\"{entry}\""),
            );
        }
    }
}

/// What is within the quotes around a whole value.
fn unquoted(value: &str) -> Option<&str> {
    ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}
