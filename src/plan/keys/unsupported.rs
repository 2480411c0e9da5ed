//! Warnings about what Kubernetes has nothing for.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};

use super::{Entry, KeyFate, keys};
use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    plan::{
        fate::{FateKind, KeyPath},
        ledger::{Ledger, Statement},
    },
    text::Span,
};

/// How many places of one cause are shown.
const PLACES: usize = 3;

/// Why something of a key is unsupported. Lists answer for what is below them, too: their items have no keys.
pub(super) fn refusals(entry: &Entry, answers_for_below: bool) -> Vec<String> {
    let mut refusals = reasons(entry, FateKind::Unsupported);
    if answers_for_below {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut results = 0;
        for (name, below) in entry.keys() {
            below.results(&mut |fate| {
                results += 1;
                if fate.kind == FateKind::Unsupported {
                    names.entry(fate.reason).or_default().push(format!("`{name}`"));
                }
            });
        }
        refusals.extend(names.into_iter().map(|(reason, names)| {
            // What all of them share needs no names.
            if names.len() == results { reason } else { format!("{}: {reason}", names.join(", ")) }
        }));
    }
    refusals
}

/// Why something of a key is approximated or unsupported, each reason once.
pub(super) fn reasons(entry: &Entry, kind: FateKind) -> Vec<String> {
    let mut reasons = Vec::new();
    for Statement { fate, .. } in entry.statements() {
        if fate.kind == kind && !reasons.contains(&fate.reason) {
            reasons.push(fate.reason.clone());
        }
    }
    reasons
}

/// A cause: the path within the service or element, and the reason.
type Cause = (Vec<String>, String);
/// The keys that have a cause, by the place to show.
type Places<'a> = IndexMap<Span, &'a KeyFate>;

/// Warns of what Kubernetes has nothing for, with the way out: one warning for each cause, with the places that have it.
pub(in crate::plan) fn warn_of_unsupported(project: &Project, ledger: &Ledger, report: &mut Report) {
    let mut causes: IndexMap<Cause, Places<'_>> = IndexMap::new();
    let keys = keys(project, ledger);
    // The keys above the present one that a warning is about.
    let mut above: Vec<&KeyFate> = Vec::new();
    for key in keys.iter().filter(|key| !key.refusals.is_empty()) {
        above.retain(|above| key.path.is_below(&above.path));
        if !above.iter().any(|above| above.refusals == key.refusals) {
            let causes = causes.entry((within(&key.path), key.refusals.join("; "))).or_default();
            causes.entry(key.span).or_insert(key);
        }
        above.push(key);
    }
    for ((path, reason), places) in causes {
        report.push(warning(path, reason, &places));
    }
}

fn warning(path: Vec<String>, reason: String, places: &Places<'_>) -> Diagnostic {
    let paths: IndexSet<&KeyPath> = places.values().map(|key| &key.path).collect();
    let subject = match paths.iter().collect::<Vec<_>>().as_slice() {
        [only] => format!("`{only}`"),
        _ => format!("`{}` of {}", KeyPath::new(path), owners(&paths)),
    };
    let partly = if places.values().any(|key| !key.fate.to.is_empty()) { "something of " } else { "" };
    let message = format!("{partly}{subject} has no counterpart in the tree");
    let warning = Diagnostic::warning(codes::UNSUPPORTED_KEY, message).help(reason);
    places.keys().take(PLACES).fold(warning, |warning, place| warning.at(*place, ""))
}

/// The path within a service or another named element.
fn within(path: &KeyPath) -> Vec<String> {
    let segments = path.segments();
    let within = match segments.as_slice() {
        ["services", _, rest @ ..] if !rest.is_empty() => rest,
        segments => segments,
    };
    within.iter().map(|segment| (*segment).to_owned()).collect()
}

/// The names that several keys are below, the first few of them.
fn owners(paths: &IndexSet<&KeyPath>) -> String {
    let names: IndexSet<&str> = paths.iter().filter_map(|path| path.segments().get(1).copied()).collect();
    let shown: Vec<String> = names.iter().take(PLACES).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(PLACES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
