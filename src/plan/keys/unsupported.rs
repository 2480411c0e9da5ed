//! Warnings about what Kubernetes has nothing for.

use std::collections::BTreeMap;

use indexmap::{IndexMap, IndexSet};

use super::key::{KeyFate, Refusal};
use crate::{
    diag::{Diagnostic, Report, codes},
    plan::{
        fate::{FateKind, KeyPath},
        ledger::{Entry, Statement},
        reasons::Reason,
    },
    text::Span,
};

/// How many keys of one cause are shown.
const KEYS: usize = 3;

/// Each thing of a key that is unsupported. A list answers for what is below it, too: its items have no keys.
pub(super) fn refusals(entry: &Entry, answers_for_below: bool) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for Statement { fate, place, .. } in entry.statements() {
        for reason in fate.reasons.iter().filter(|_| fate.kind == FateKind::Unsupported) {
            let refusal = Refusal { reason: reason.clone(), place: *place };
            if !refusals.contains(&refusal) {
                refusals.push(refusal);
            }
        }
    }
    if answers_for_below {
        refusals.extend(refusals_below(entry));
    }
    refusals
}

fn refusals_below(entry: &Entry) -> impl Iterator<Item = Refusal> {
    let mut names: BTreeMap<Reason, Vec<String>> = BTreeMap::new();
    let mut results = 0;
    for (name, below) in entry.keys() {
        below.results(&mut |fate| {
            results += 1;
            if fate.kind == FateKind::Unsupported {
                for reason in fate.reasons {
                    names.entry(reason).or_default().push(format!("`{name}`"));
                }
            }
        });
    }
    names.into_iter().map(move |(reason, names)| {
        // What all of them share needs no names.
        let reason = if names.len() == results { reason } else { reason.of(&names.join(", ")) };
        Refusal { reason, place: None }
    })
}

/// Why something of a key is approximated, each reason once.
pub(super) fn differences(entry: &Entry) -> Vec<Reason> {
    let approximated = entry.statements().iter().filter(|it| it.fate.kind == FateKind::Approximated);
    let reasons: IndexSet<&Reason> = approximated.flat_map(|statement| &statement.fate.reasons).collect();
    reasons.into_iter().cloned().collect()
}

/// The path within the service or element, and what the reason says.
type Cause<'a> = (Vec<String>, &'a str);
/// What has a cause: keys with their reasons, by the place to show.
type Places<'a> = IndexMap<Span, (&'a KeyFate, &'a Reason)>;

/// Warns of what Kubernetes has nothing for, with the way out: one warning for each cause, with the places that have it.
pub(in crate::plan) fn warn_of_unsupported(keys: &[KeyFate], report: &mut Report) {
    let mut causes: IndexMap<Cause<'_>, Places<'_>> = IndexMap::new();
    // The keys above the present one that a warning is about.
    let mut above: Vec<&KeyFate> = Vec::new();
    for key in keys.iter().filter(|key| !key.refusals.is_empty()) {
        above.retain(|above| key.path.is_below(&above.path));
        for Refusal { reason, place } in &key.refusals {
            if above.iter().flat_map(|above| &above.refusals).any(|known| known.reason == *reason) {
                continue;
            }
            let places = causes.entry((within(&key.path), &reason.text)).or_default();
            places.entry(place.unwrap_or(key.span)).or_insert((key, reason));
        }
        above.push(key);
    }
    for ((path, text), places) in causes {
        report.push(warning(path, text, &places));
    }
}

fn warning(path: Vec<String>, text: &str, places: &Places<'_>) -> Diagnostic {
    let paths: IndexSet<&KeyPath> = places.values().map(|(key, _)| &key.path).collect();
    let subject = match paths.first() {
        Some(only) if paths.len() == 1 => format!("`{only}`"),
        _ => format!("`{}` of {}", KeyPath::new(path), owners(&paths)),
    };
    let partly = if places.values().any(|(key, _)| !key.fate.to.is_empty()) { "something of " } else { "" };
    let message = format!("Kubernetes has no equivalent of {partly}{subject}");
    let help = match places.values().next() {
        // The places say what it is about.
        Some((_, reason)) if places.len() == 1 => reason.to_string(),
        _ => text.to_owned(),
    };
    let shown =
        places.iter().filter(|(_, (key, _))| paths.get_index_of(&key.path).is_some_and(|at| at < KEYS));
    let is_note = places.values().all(|(_, reason)| reason.is_harmless);
    let severity = if is_note { Diagnostic::info } else { Diagnostic::warning };
    shown.fold(severity(codes::UNSUPPORTED_KEY, message).help(help), |told, (place, _)| told.at(*place, ""))
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
    let shown: Vec<String> = names.iter().take(KEYS).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(KEYS) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
