//! KE015: names that are no variables.

use crate::{
    compose::template,
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Document, EnvFile, Object},
    },
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KE015",
    name: "invalid-env-name",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "the name of a variable has characters that shells, and partly Kubernetes, do not take",
    explain: "\
A shell cannot read a variable whose name has other characters than letters, digits and `_`, or
begins with a digit. Kubernetes accepts `.` and `-` as well. It refuses other names in `env`, and
silently leaves them out of `envFrom`.

The rule finds names that Kubernetes does not take, in env files, `environment` and containers.
Names with `.` or `-` are an info, and found in env files alone. Env files that containers mount are
for their programs: they are left out.",
    bad: &[("app.env", "spring.profile=dev\n")],
    good: &[("app.env", "SPRING_PROFILE=dev\n")],
    checks: &[Check::EnvFile(env_file), Check::Document(compose), Check::Object(manifest)],
};

fn env_file(file: &EnvFile<'_>, findings: &mut Findings<'_>) {
    let text = file.text();
    for statement in file.statements().iter().filter(|statement| statement.separator.is_some()) {
        check(&text[statement.name.clone()], file.span(statement.name.clone()), findings);
    }
}

fn compose(document: &Document<'_>, findings: &mut Findings<'_>) {
    // Programs that ask for a name with dots get it, here and in a manifest.
    for variable in document.variables().iter().filter(|variable| !is_taken(&variable.name)) {
        check(&variable.name, variable.name_span, findings);
    }
}

fn manifest(object: &Object<'_>, findings: &mut Findings<'_>) {
    for variable in object.variables().iter().filter(|variable| !is_taken(&variable.name)) {
        check(&variable.name, variable.name_span, findings);
    }
}

/// Whether Kubernetes takes it.
fn is_taken(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

fn check(name: &str, span: Span, findings: &mut Findings<'_>) {
    if name.is_empty() || template::is_name(name) || name.contains('$') {
        return;
    }
    let (message, severity) = if is_taken(name) {
        (format!("no shell can read a variable `{name}`"), Severity::Info)
    } else {
        (format!("Kubernetes does not take `{name}` for the name of a variable"), Severity::Warning)
    };
    findings
        .at(span, message, "no name of a variable")
        .subject(format!("environment.{name}"))
        .severity(severity)
        .help("use letters, digits and `_`, and begin with a letter, if the program lets you");
}
