//! `lint:` of `kustompose.yaml`: how bad findings are, and which are allowed.
//!
//! Which rules there are is not known here: who lints resolves their names.

use super::{each, keys, mapping, text};
use crate::{
    diag::{Diagnostic, Report, Severity, codes},
    text::Spanned,
    yaml::Node,
};

/// What `lint` is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lint {
    /// How bad the findings of some rules are; nothing if they do not run.
    pub severity: Vec<(Spanned<String>, Option<Severity>)>,
    /// The list of what is allowed, as it is written.
    pub allow: Option<Node>,
}

pub(super) fn read(node: &Node, report: &mut Report) -> Lint {
    let mut lint = Lint::default();
    each(node, keys::LINT, report, |key, value, report| match key {
        "severity" => {
            for (rule, value) in mapping(value, report).into_iter().flatten() {
                let Some(word) = text(value, report) else { continue };
                let level = match word.as_str() {
                    "error" => Some(Severity::Error),
                    "warning" => Some(Severity::Warning),
                    "info" => Some(Severity::Info),
                    "off" => None,
                    _ => {
                        let message = format!("`{}` is no severity", word.value);
                        let diagnostic = Diagnostic::error(codes::INVALID_SETTING, message);
                        let help = format!("write one of {}", keys::LEVELS.join(", "));
                        report.push(diagnostic.at(word.span, "here").help(help));
                        continue;
                    }
                };
                lint.severity.push((Spanned::new(rule.text.clone(), rule.span), level));
            }
        }
        _ => lint.allow = Some(value.clone()),
    });
    lint
}
