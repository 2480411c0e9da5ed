//! Drifts as diagnostics, from which SARIF, GitHub's annotations, GitLab's code quality, JUnit and Markdown are made.

use super::{
    Checked, Context,
    group::{Group, groups},
};
use crate::{
    diag::{Diagnostic, Severity},
    drift::record::Side,
    text::Span,
};

/// A diagnostic for each finding that is drift, and whatever there is to say of the run. What is allowed is there
/// too, with the reason.
pub fn diagnostics(checked: &Checked, context: &Context<'_>) -> Vec<Diagnostic> {
    let drift = checked.drifts.iter().filter(|drift| drift.is_drift);
    let found = groups(drift).into_iter().map(|group| one(&group));
    found.chain(context.report.diagnostics().iter().cloned()).collect()
}

fn one(group: &Group<'_>) -> Diagnostic {
    let drift = group.first;
    let severity = if drift.waiver.is_some() { Severity::Info } else { Severity::Error };
    let mut diagnostic = Diagnostic { severity, ..Diagnostic::error(drift.code(), message(group)) };
    for (side, name) in [(&drift.compose, "compose"), (&drift.kubernetes, "the manifests")] {
        if let Some(span) = side.span.filter(|span| *span != Span::NOWHERE) {
            diagnostic = diagnostic.at(span, label(side, name));
        }
    }
    diagnostic.allowed = drift.waiver.as_ref().map(|waiver| waiver.reason.clone());
    diagnostic.help(drift.help.as_str())
}

/// The environments, the fact, and what comes of the same cause.
fn message(group: &Group<'_>) -> String {
    let mut message = heading(group);
    message.push_str(&format!(" ({}: {})", group.first.direction, group.first.direction.summary()));
    for other in &group.others {
        message.push_str(&format!("; {}", other.message));
    }
    message
}

/// The environments and the fact, and further services that it holds for.
pub(super) fn heading(group: &Group<'_>) -> String {
    let environments = match &group.environments[..] {
        [] => String::new(),
        names => format!("{}: ", names.join(", ")),
    };
    let services: Vec<String> = group.services.iter().map(|name| format!("`{name}`")).collect();
    let services =
        if services.is_empty() { String::new() } else { format!("; also {}", services.join(", ")) };
    format!("{environments}{}{services}", group.first.message)
}

fn label(side: &Side, name: &str) -> String {
    match &side.value {
        Some(value) => format!("{name}: {}", value.lines().next().unwrap_or_default()),
        None => format!("{name}: nothing"),
    }
}
