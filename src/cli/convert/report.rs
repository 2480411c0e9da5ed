//! The report of a run: in JSON for programs, in lines for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
    rc::Rc,
};

use camino::Utf8Path;
use indexmap::{IndexMap, map::Entry};
use serde_json::{Value, json};

use super::{Arguments, Conversion, difference};
use crate::{
    cli::{Io, put},
    diag::{Report, findings, json},
    disk::tree::{Action, Change, Outcome},
    plan::{self, FateKind, KeyFate, KeyPath, reasons::Reason},
    text::{Sources, Span, clean},
};

/// Version of the JSON report.
const VERSION: u32 = 1;

/// What becomes of a key, in all environments that have it.
pub(super) struct KeyReport {
    key: KeyFate,
    environments: Vec<Rc<str>>,
    /// The result in each environment.
    each: Vec<InEnvironment>,
    /// All reasons, for people.
    reason: String,
}

/// What becomes of a key in one environment.
struct InEnvironment {
    environment: Rc<str>,
    kind: FateKind,
    is_superseded: bool,
    reasons: Vec<Reason>,
}

/// Where a key is: an alias of a mapping gives keys of several paths to one place of a file.
#[derive(PartialEq, Eq)]
struct Place {
    span: Span,
    path: KeyPath,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Few places have several paths, and a path is long.
        self.span.hash(state);
    }
}

/// One entry for each key at each place.
pub(super) fn of_keys<'a>(environments: impl Iterator<Item = (&'a str, Vec<KeyFate>)>) -> Vec<KeyReport> {
    let mut known: IndexMap<Place, KeyReport> = IndexMap::new();
    for (environment, keys) in environments {
        let environment: Rc<str> = environment.into();
        for key in keys {
            match known.entry(Place { span: key.span, path: key.path.clone() }) {
                Entry::Occupied(mut entry) => entry.get_mut().add(&environment, key),
                Entry::Vacant(entry) => drop(entry.insert(KeyReport::new(&environment, key))),
            }
        }
    }
    known.into_values().map(KeyReport::with_reason).collect()
}

impl KeyReport {
    fn new(environment: &Rc<str>, key: KeyFate) -> Self {
        let each = vec![InEnvironment::new(environment, &key)];
        Self { key, environments: vec![Rc::clone(environment)], each, reason: String::new() }
    }

    /// Takes in one more environment. The worst result stands; that a later file says otherwise counts only if it
    /// does so everywhere.
    fn add(&mut self, environment: &Rc<str>, key: KeyFate) {
        if !self.environments.contains(environment) {
            self.environments.push(Rc::clone(environment));
        }
        self.each.push(InEnvironment::new(environment, &key));
        let known = &mut self.key;
        for file in &key.fate.to {
            if !known.fate.to.contains(file) {
                known.fate.to.push(file.clone());
            }
        }
        let is_worse = key.fate.kind > known.fate.kind && !key.fate.is_superseded();
        if is_worse || known.fate.is_superseded() {
            known.fate.kind = key.fate.kind;
            known.fate.reasons = key.fate.reasons;
            known.values = key.values;
        }
    }

    /// The environments that have the result of the key.
    fn with_its_result(&self) -> impl Iterator<Item = &InEnvironment> {
        self.each.iter().filter(|it| it.kind == self.key.fate.kind && !it.is_superseded)
    }

    /// The reasons of the result, each with the environments that it holds for.
    fn reasons(&self) -> Vec<(&Reason, Vec<&str>)> {
        let mut by_reason: IndexMap<&Reason, Vec<&str>> = IndexMap::new();
        for it in self.with_its_result() {
            for reason in &it.reasons {
                by_reason.entry(reason).or_default().push(&it.environment);
            }
        }
        let count = self.with_its_result().count();
        if by_reason.values().any(|environments| environments.len() != count) {
            return by_reason.into_iter().collect();
        }
        let all: Vec<&str> = self.environments.iter().map(Rc::as_ref).collect();
        self.key.fate.reasons.iter().map(|reason| (reason, all.clone())).collect()
    }

    /// What a container runs may be a schedule here and another one, or none, there: the environments are named.
    fn with_reason(mut self) -> Self {
        self.reason = self.key.fate.reason();
        if !matches!(self.key.path.last(), Some("command" | "entrypoint")) {
            return self;
        }
        let mut each: IndexMap<String, Vec<String>> = IndexMap::new();
        for it in self.with_its_result().filter(|it| !it.reasons.is_empty()) {
            each.entry(plan::in_words(&it.reasons)).or_default().push(format!("`{}`", it.environment));
        }
        if each.len() > 1 {
            let each = each.iter().map(|(reason, names)| format!("in {}: {reason}", names.join(" and ")));
            self.reason = each.collect::<Vec<_>>().join("; ");
        }
        self
    }
}

impl InEnvironment {
    fn new(environment: &Rc<str>, key: &KeyFate) -> Self {
        Self {
            environment: Rc::clone(environment),
            kind: key.fate.kind,
            is_superseded: key.fate.is_superseded(),
            reasons: key.fate.reasons.clone(),
        }
    }
}

/// The report in JSON.
pub(super) fn in_json(conversion: Option<&Conversion>, sources: &Sources, report: &Report) -> Value {
    let diagnostics = json::list(&findings(report.by_place(), sources, report.hidden()));
    let Some(Conversion { environments, output, keys, outcome }) = conversion else {
        return json!({
            "version": VERSION, "environments": [], "files": [], "keys": [], "diagnostics": diagnostics,
        });
    };
    let environments =
        environments.iter().map(|name| json!({"name": name, "overlay": output.join("overlays").join(name)}));
    let file = |change: &Change| json!({"path": clean(&output.join(&change.path)), "action": change.action.as_str()});
    json!({
        "version": VERSION,
        "environments": environments.collect::<Vec<_>>(),
        "files": outcome.changes.iter().map(file).collect::<Vec<_>>(),
        "keys": keys.iter().flat_map(|key| entries(key, output, sources, report)).collect::<Vec<_>>(),
        "diagnostics": diagnostics,
    })
}

/// The entries of a key: one for each reason, or one alone.
fn entries(key: &KeyReport, output: &Utf8Path, sources: &Sources, report: &Report) -> Vec<Value> {
    let KeyReport { key: KeyFate { path, span, fate, values, .. }, environments, .. } = key;
    let place = sources.location(*span);
    let (path, to): (String, Vec<_>) =
        (path.to_string(), fate.to.iter().map(|file| clean(&output.join(file))).collect());
    let values: Vec<_> = values.iter().map(|value| report.hidden().redact_values(value)).collect();
    let entry = |reason: Option<&Reason>, environments: Value| {
        json!({
            "key": path, "file": place.file, "line": place.line, "column": place.column,
            "environments": environments, "fate": fate.kind.name(), "to": to,
            "reason": reason.map(Reason::to_string), "reason_id": reason.map(|reason| reason.id),
            "values": values,
        })
    };
    let reasons = key.reasons();
    if reasons.is_empty() {
        let environments: Vec<&str> = environments.iter().map(Rc::as_ref).collect();
        return vec![entry(None, json!(environments))];
    }
    reasons.into_iter().map(|(reason, environments)| entry(Some(reason), json!(environments))).collect()
}

/// The report for people, in brief.
pub(super) fn tell(arguments: &Arguments, conversion: &Conversion, sources: &Sources, io: &mut Io<'_>) {
    if arguments.dry.diff {
        put(io.stdout, &difference::of_all(&conversion.output, &conversion.outcome));
    }
    if arguments.quiet {
        return;
    }
    put(io.stderr, &difference::of_edits(&conversion.output, &conversion.outcome));
    put(
        io.stderr,
        &if arguments.verbose { all_keys(conversion, sources) } else { approximations(conversion, sources) },
    );
    if !conversion.keys.is_empty() {
        put(io.stderr, &format!("{}\n", counted_keys(&conversion.keys)));
    }
    put(io.stderr, &format!("{}\n", counted_files(&conversion.output, &conversion.outcome)));
}

/// A line for each key.
fn all_keys(conversion: &Conversion, sources: &Sources) -> String {
    let line = |KeyReport { key, reason, .. }: &KeyReport| {
        let KeyFate { path, span, fate, refusals: _, differences: _, values: _ } = key;
        let place = sources.location(*span);
        if reason.is_empty() {
            format!("{place}: {path} {} to {}\n", fate.kind.name(), fate.to.join(", "))
        } else {
            format!("{place}: {path} {}: {reason}\n", fate.kind.name())
        }
    };
    conversion.keys.iter().map(line).collect()
}

/// A line for each way in which the tree differs from what compose does, at the first key that it concerns.
fn approximations(conversion: &Conversion, sources: &Sources) -> String {
    let mut by_reason: IndexMap<String, (&KeyFate, BTreeSet<Span>)> = IndexMap::new();
    for KeyReport { key, reason, .. } in &conversion.keys {
        if key.fate.kind == FateKind::Approximated {
            by_reason.entry(reason.clone()).or_insert_with(|| (key, BTreeSet::new())).1.insert(key.span);
        }
    }
    // What an item of a list has of its own is said there.
    let known: Vec<String> = by_reason.keys().cloned().collect();
    for KeyReport { key, .. } in &conversion.keys {
        for reason in key.differences.iter().map(Reason::to_string) {
            if !known.iter().any(|known| known.contains(&reason)) {
                by_reason.entry(reason).or_insert_with(|| (key, BTreeSet::new())).1.insert(key.span);
            }
        }
    }
    by_reason.sort_by(|_, (first, _), _, (other, _)| first.span.cmp(&other.span));
    let line = |(reason, (first, places)): (String, (&KeyFate, BTreeSet<Span>))| {
        let more = if places.len() > 1 { format!(" (and {} more)", places.len() - 1) } else { String::new() };
        format!("{}: {}{more}: {reason}\n", sources.location(first.span), first.path)
    };
    by_reason.into_iter().map(line).collect()
}

fn counted_keys(keys: &[KeyReport]) -> String {
    let kinds = [FateKind::Mapped, FateKind::Approximated, FateKind::Ignored, FateKind::Unsupported];
    let count = |kind: &FateKind| {
        let number = keys.iter().filter(|it| it.key.fate.kind == *kind).count();
        format!("{number} {}", kind.name())
    };
    format!("keys: {}", kinds.iter().map(count).collect::<Vec<_>>().join(", "))
}

fn counted_files(output: &Utf8Path, outcome: &Outcome) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &outcome.changes {
        let action = match change.action {
            Action::Created if !outcome.written => "to be created",
            Action::Updated if !outcome.written => "to be updated",
            Action::Removed if !outcome.written => "to be removed",
            action => action.as_str(),
        };
        *counts.entry(action).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(action, number)| format!("{number} {action}")).collect();
    let is_kept = outcome.changes.iter().all(|change| change.action == Action::Kept);
    let how = match (outcome.written, outcome.has_changes()) {
        (_, false) if is_kept => "nothing written",
        (_, false) => "up to date",
        (true, true) => "written",
        (false, true) => "nothing written",
    };
    format!("{output}: {} ({how})", counts.join(", "))
}
