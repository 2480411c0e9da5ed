//! KE004: passwords in URLs.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Document, Object, Variable},
    },
    secret,
};

pub(super) static RULE: Rule = Rule {
    code: "KE004",
    name: "secret-in-url",
    severity: Severity::Error,
    category: Category::Secrets,
    fix: FixKind::None,
    summary: "a URL in a variable has a password that is written in the file",
    explain: "\
The file is in git, and so is the password. It is easily overlooked there: the variable is not
called a secret, and the rest of the URL is configuration.

The rule finds values of variables with `scheme://user:password@host` in which any part of the
password is written out. `postgres://app:${DB_PASSWORD}@db/app` is not found.",
    bad: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      DATABASE_URL: postgres://app:hunter2@db/app\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      DATABASE_URL: postgres://app:${DB_PASSWORD:?}@db/app\n",
    )],
    checks: &[Check::Document(compose), Check::Object(manifest)],
};

/// A scheme with what stands before the `@` of its URL; references may have any character within their braces.
static USER_INFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9+.-]*://(?:\$\{[^}]*\}|\$\([^)]*\)|[^\s/@?#])*@").ok());

/// Whether a URL in the value has a password of its own.
pub(super) fn has_one(value: &str) -> bool {
    let Some(pattern) = USER_INFO.as_ref().filter(|_| value.contains("://")) else { return false };
    pattern.find_iter(value).any(|found| secret::is_written_secret("", &format!("{}host", found.as_str())))
}

fn compose(document: &Document<'_>, findings: &mut Findings<'_>) {
    for variable in document.variables() {
        if variable.value.as_deref().is_some_and(has_one) {
            report(&variable, "write `${…:?}` in the place of the password", findings);
        }
    }
}

fn manifest(object: &Object<'_>, findings: &mut Findings<'_>) {
    for variable in object.variables() {
        if variable.value.as_deref().is_some_and(has_one) {
            report(&variable, "take the password from a Secret and write `$(NAME)` in its place", findings);
        }
    }
}

fn report(variable: &Variable<'_>, help: &str, findings: &mut Findings<'_>) {
    let message = format!("the URL in `{}` has a password", variable.name);
    findings.at(variable.span, message, "a password in a URL").subject(variable.subject()).help(help);
}
