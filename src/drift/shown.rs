//! Names and values of facts, as reports may show them.

use super::{
    fact::{Fact, Path, Value},
    text::SECRET,
};
use crate::{kustomize::env_file, secret::Hidden};

/// The name of a fact as it may be shown. A secret that only the manifests have may be a line of a value of several
/// lines, which kustomize takes for a variable.
pub(super) fn told(path: &Path, compose: Option<&Fact>, manifests: Option<&Fact>) -> String {
    let is_line = |name: &str| {
        compose.is_none()
            && manifests.is_some_and(|fact| fact.value == Value::Secret)
            && !env_file::is_name(name)
    };
    match path {
        Path::Env(name) if is_line(name) => format!("env.{}", "*".repeat(name.chars().count())),
        _ => path.to_string(),
    }
}

/// A value as it may be shown.
pub(super) fn shown(path: &Path, value: &Value, hidden: &Hidden) -> String {
    let text = value.to_string();
    let Path::Env(name) = path else { return hidden.redact_values(&text) };
    // What a value is, its name tells too.
    let redacted = hidden.redact(&format!("{name}={text}"));
    let redacted = redacted.get(name.len() + 1..).unwrap_or_default();
    let is_secret = text != redacted && redacted.chars().all(|character| character == '*');
    if is_secret { SECRET.to_owned() } else { redacted.to_owned() }
}
