//! The report of a run: in JSON for programs, in lines for people.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::{Value, json};

use super::{Arguments, Conversion, difference, key_report::KeyReport, summary};
use crate::{
    cli::{self, Io, say},
    diag::{Report, findings, json},
    disk::{
        lock,
        tree::{Action, Change, Outcome},
    },
    page::{self, Page},
    plan::{FateKind, KeyFate, KeyPath, reasons::Reason},
    text::{Sources, clean, shown::one_line},
};

/// Version of the JSON report.
const VERSION: u32 = 1;

/// How many changed files are listed.
const MOST_FILES: usize = 20;

/// The report in JSON.
pub(super) fn in_json(conversion: Option<&Conversion>, sources: &Sources, report: &Report) -> Value {
    let diagnostics = json::list(&findings(report.by_place(), sources, report.hidden()));
    let Some(Conversion {
        environments,
        output,
        keys,
        outcome,
        totals: _,
        page: _,
        accepted: _,
        rendered: _,
    }) = conversion
    else {
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
        (path.to_string(), fate.to.iter().map(|file| clean(&output.join(&**file))).collect());
    let values: Vec<_> = values.iter().map(|value| report.hidden().redact_values(value)).collect();
    let entry = |reason: Option<&Reason>, environments: Value| {
        json!({
            "key": path, "file": place.file, "line": place.line, "column": place.column,
            "environments": environments, "fate": fate.kind.name(), "to": to,
            "reason": reason.map(|reason| report.hidden().redact_values(&reason.to_string())),
            "reason_id": reason.map(|reason| reason.id),
            "values": values,
        })
    };
    let reasons = key.reasons();
    if reasons.is_empty() {
        let environments: Vec<&str> = environments.iter().map(AsRef::as_ref).collect();
        return vec![entry(None, json!(environments))];
    }
    reasons.into_iter().map(|(reason, environments)| entry(Some(reason), json!(environments))).collect()
}

/// The report for people, in brief.
pub(super) fn tell(
    arguments: &Arguments,
    conversion: &Conversion,
    (sources, report): (&Sources, &Report),
    io: &mut Io<'_>,
) {
    match &conversion.rendered {
        Some(difference) => say(io.stdout, difference),
        None if arguments.dry.diff.is_some() => {
            say(io.stdout, &difference::of_all(&conversion.output, &conversion.outcome));
        }
        None => {}
    }
    if arguments.quiet {
        return;
    }
    say(io.stderr, &difference::of_edits(&conversion.output, &conversion.outcome));
    let keys = if arguments.verbose {
        all_keys(conversion, sources)
    } else {
        summary::differences(&conversion.keys, sources)
    };
    // Reasons name paths, names and words, of which a secret may be a part.
    say(io.stderr, &report.hidden().redact_values(&keys));
    for totals in &conversion.totals {
        say(io.stderr, &format!("{totals}\n"));
    }
    if !conversion.keys.is_empty() {
        say(io.stderr, &format!("{}\n", counted_keys(&conversion.keys)));
    }
    if conversion.accepted > 0 {
        say(io.stderr, &format!("accepted by the settings: {} findings\n", conversion.accepted));
    }
    say(io.stderr, &format!("{}\n", counted_files(&conversion.output, &conversion.outcome)));
    say(io.stderr, &changed_files(&conversion.output, &conversion.outcome));
}

/// A line for each file that changes, for the first of them. Where there was nothing before, all that there is was
/// made: that is no news unless the run only says what it would do.
fn changed_files(output: &Utf8Path, outcome: &Outcome) -> String {
    let is_first = outcome.changes.iter().all(|change| change.action == Action::Created);
    if is_first && outcome.written {
        return String::new();
    }
    let changed = outcome.changes.iter().filter(|change| {
        let changes = matches!(change.action, Action::Created | Action::Updated | Action::Removed);
        changes && change.path != lock::FILE_NAME
    });
    let mut lines: Vec<String> = changed
        .map(|change| {
            let word = match change.action {
                Action::Created => "create",
                Action::Updated => "update",
                _ => "remove",
            };
            let ending = if outcome.written { "d" } else { "" };
            format!("  {word}{ending} {}\n", clean(&output.join(&change.path)))
        })
        .collect();
    let more = lines.len().saturating_sub(MOST_FILES);
    lines.truncate(MOST_FILES);
    if more > 0 {
        lines.push(format!("  and {more} more\n"));
    }
    lines.concat()
}

/// Writes the report as a page.
pub(super) fn write_page(
    conversion: Option<&mut Conversion>,
    path: &Utf8Path,
    sources: &Sources,
    report: &mut Report,
    io: &Io<'_>,
) {
    let hidden = report.hidden().clone();
    let findings = findings(report.by_place(), sources, &hidden);
    let mut whole = Page { project: "project".to_owned(), command: "convert", ..Page::default() };
    whole.result = "Nothing was converted: see the findings.".to_owned();
    if let Some(conversion) = conversion {
        let key = |key: &KeyReport| page::Key {
            element: element(&key.key.path),
            path: key.path(),
            place: sources.location(key.span()).to_string(),
            result: key.kind().name(),
            environments: key.environments.join(", "),
            reason: match key.reason.as_str() {
                "" => key.key.fate.to.join(", "),
                reason => hidden.redact_values(reason),
            },
        };
        whole = conversion.page.take().unwrap_or(whole);
        whole.result = counted_files(&conversion.output, &conversion.outcome);
        if !conversion.keys.is_empty() {
            whole.result = format!("{}; {}", counted_keys(&conversion.keys), whole.result);
        }
        whole.environments = conversion.totals.clone();
        whole.blocks = summary::blocks(&conversion.keys, sources);
        for line in whole.blocks.iter_mut().flat_map(|block| &mut block.lines) {
            *line = hidden.redact_values(line);
        }
        whole.keys = conversion.keys.iter().map(key).collect();
    }
    whole.findings = findings;
    cli::page::write(&whole, path, io, report);
}

/// The service, the volume or the like that a key is of; `top level` for what stands beside them.
fn element(path: &KeyPath) -> String {
    match path.segments().as_slice() {
        [_] | [] => "top level".to_owned(),
        [extension, ..] if extension.starts_with("x-") => (*extension).to_owned(),
        [kind, name, ..] => format!("{kind}.{name}"),
    }
}

/// A line for each key.
fn all_keys(conversion: &Conversion, sources: &Sources) -> String {
    let line = |KeyReport { key, reason, .. }: &KeyReport| {
        let KeyFate { path, span, fate, refusals: _, differences: _, values: _, drawn: _ } = key;
        let place = sources.location(*span);
        if reason.is_empty() {
            format!("{place}: {path} {} to {}", fate.kind.name(), fate.to.join(", "))
        } else {
            format!("{place}: {path} {}: {reason}", fate.kind.name())
        }
    };
    conversion.keys.iter().map(|key| format!("{}\n", one_line(&line(key)))).collect()
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
    format!("{}: {} ({how})", one_line(output.as_str()), counts.join(", "))
}
