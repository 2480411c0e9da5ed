//! KE013: numbers that YAML writes in another way.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Document},
    yaml::{Node, Value, scalar},
};

pub(super) static RULE: Rule = Rule {
    code: "KE013",
    name: "env-scalar-coerced",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "a value without quotes is a number to YAML, and the container gets another text",
    explain: "\
YAML reads `1.10` as a number, and Compose writes that number: the container gets `1.1`. In the same
way `010` becomes `8`, `0x1F` becomes `31` and `1e3` becomes `1000`. Compose refuses dates.

The rule finds values of `environment` and `build.args` in the form `NAME: value`. It finds those
that YAML reads as a number or a date, and that do not come out as they are written.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      VERSION: 1.10\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      VERSION: \"1.10\"\n",
    )],
    checks: &[Check::Document(check)],
};

fn check(document: &Document<'_>, findings: &mut Findings<'_>) {
    for variable in document.variables().into_iter().filter(|variable| !variable.is_list) {
        let written = document.sources.slice(variable.span);
        let Some(becomes) = becomes(variable.node, written) else { continue };
        let message = format!("the container does not get `{written}` as the value of `{}`", variable.name);
        findings
            .at(variable.span, message, becomes)
            .subject(variable.subject())
            .help(format!("write `\"{written}\"`"))
            .fix(FixKind::Safe, "put the value in quotes", variable.span, format!("\"{written}\""));
    }
}

/// What Compose makes of it, if that is something else.
fn becomes(node: &Node, written: &str) -> Option<String> {
    match &node.value {
        Value::Int(_) | Value::Float(_) => scalar::go_string(&node.value)
            .filter(|text| text != written)
            .map(|text| format!("becomes `{text}`")),
        // Loading takes dates for texts.
        Value::String(text) if text == written => matches!(scalar::resolve(written), Value::Timestamp(_))
            .then(|| "a date, which Compose refuses".to_owned()),
        _ => None,
    }
}
