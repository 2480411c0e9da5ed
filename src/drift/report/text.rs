//! The report for people.

use std::collections::BTreeMap;

use super::{
    Checked, Context, Environment,
    diagnostics::heading,
    group::{Group, groups},
};
use crate::{
    drift::{
        Kind,
        record::{Direction, Drift, Side},
        text::SECRET,
    },
    text::shown::one_line,
};

/// The column of the lines behind their places, at least.
const PLACES: usize = 30;

/// The column of the direction behind a heading, at least.
const HEADINGS: usize = 70;

/// Characters of a line of a file that are shown.
const LINE: usize = 80;

/// The findings, what is allowed, and in the last line how each environment stands. `is_verbose` lists what your
/// overlay decides, too.
pub fn text(checked: &Checked, context: &Context<'_>, is_verbose: bool) -> String {
    let is_shown = |drift: &&Drift| drift.is_drift || is_verbose;
    let groups = groups(checked.drifts.iter().filter(is_shown));
    let mut text: String = groups.iter().map(|group| finding(group, context)).collect();
    text.push_str(&totals(checked, is_verbose));
    text
}

fn finding(group: &Group<'_>, context: &Context<'_>) -> String {
    let drift = group.first;
    let word = match (drift.is_drift, &drift.waiver) {
        (true, None) => "error",
        (true, Some(_)) => "allowed",
        (false, _) => "info",
    };
    let heading = format!("{word}[{}]: {}", drift.code().id, heading(group));
    let direction = format!("{}: {}", drift.direction, drift.direction.summary());
    let mut text = format!("{:<HEADINGS$} {direction}\n", one_line(&heading));
    let lines = [
        side(drift, &drift.compose, context),
        missing(drift, context),
        side(drift, &drift.kubernetes, context),
    ];
    let lines: Vec<(String, String)> = lines.into_iter().flatten().collect();
    let column =
        lines.iter().map(|(place, _)| place.chars().count() + 1).max().unwrap_or_default().max(PLACES);
    for (place, line) in lines {
        text.push_str(one_line(&format!("   {place:<column$} {line}")).trim_end());
        text.push('\n');
    }
    for other in &group.others {
        text.push_str(&format!("   and {}: {}\n", other.code().id, one_line(&other.message)));
    }
    match &drift.waiver {
        Some(waiver) => {
            let until = waiver.until.map(|until| format!(" (until {until})")).unwrap_or_default();
            text.push_str(&format!("   reason: {}{until}\n", one_line(&waiver.reason)));
        }
        None => text.push_str(&format!("   help: {}\n", one_line(&drift.help))),
    }
    text
}

/// A place and the line that is there. A line with a secret in it is not shown.
fn side(drift: &Drift, side: &Side, context: &Context<'_>) -> Option<(String, String)> {
    let place = context.sources.location(side.span?);
    if place.file.as_str().is_empty() {
        return None;
    }
    let source = context.sources.get(side.span?.source);
    let line = match side.value.as_deref() {
        None => "removes it".to_owned(),
        Some(value) if value.contains(SECRET) || drift.kind == Kind::EnvPlain => SECRET.to_owned(),
        Some(_) => context.report.hidden().redact(source.line(place.line - 1).trim()),
    };
    Some((place.to_string(), shortened(&line)))
}

/// The file that lacks what Compose asks for.
fn missing(drift: &Drift, context: &Context<'_>) -> Option<(String, String)> {
    let file = drift.expected_in.as_ref()?;
    let is_said = drift.kubernetes.value.is_some() || drift.kubernetes.span.is_some();
    if is_said || drift.direction == Direction::Override || drift.kind == Kind::TreeFile {
        return None;
    }
    let is_there = context.sources.iter().any(|(_, source)| source.path() == file);
    let what = match (is_there, file.extension()) {
        (true, Some("env")) => "has no such line",
        (true, _) => "does not have it",
        (false, _) => "does not exist",
    };
    Some((file.to_string(), what.to_owned()))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// How each environment stands, in one line.
fn totals(checked: &Checked, is_verbose: bool) -> String {
    let mut all: Vec<String> = Vec::new();
    let of_files = checked.drifts.iter().filter(|drift| drift.environment.is_none()).count();
    if of_files > 0 {
        let is_named = is_verbose || checked.drifts.iter().any(|it| it.environment.is_none() && it.is_drift);
        let hint = if is_named { "" } else { " (`-v` names what differs)" };
        all.push(counted(of_files, "generated file differs", "generated files differ") + hint);
    }
    all.extend(checked.environments.iter().map(|it| format!("{}: {}", it.name, standing(checked, it))));
    format!("{}\n", one_line(&all.join(" · ")))
}

fn standing(checked: &Checked, environment: &Environment) -> String {
    if let Some(reason) = &environment.not_compared {
        return format!("not compared: {reason}");
    }
    let of =
        |matches: &dyn Fn(&Drift) -> bool| checked.of(environment).filter(|drift| matches(drift)).count();
    let mut directions: BTreeMap<Direction, usize> = BTreeMap::new();
    for drift in checked.of(environment).filter(|drift| drift.fails()) {
        *directions.entry(drift.direction).or_default() += 1;
    }
    let mut parts = Vec::new();
    if !directions.is_empty() {
        let count = directions.values().sum();
        let of_each = |(direction, count): (&Direction, &usize)| match directions.len() {
            1 => direction.to_string(),
            _ => format!("{count} {direction}"),
        };
        let of_each: Vec<String> = directions.iter().map(of_each).collect();
        parts.push(format!("{} ({})", counted(count, "drift", "drifts"), of_each.join(", ")));
    } else {
        parts.push("in sync".to_owned());
    }
    for (count, one, many) in [
        (of(&|drift| drift.waiver.is_some()), "allowed", "allowed"),
        (of(&|drift| drift.direction == Direction::Override), "override of yours", "overrides of yours"),
        (of(&|drift| drift.direction == Direction::Converged), "converged", "converged"),
        (environment.from_tree, "value taken from the manifests", "values taken from the manifests"),
    ] {
        if count > 0 {
            parts.push(counted(count, one, many));
        }
    }
    if !environment.missing_files.is_empty() {
        let names: Vec<String> = environment.missing_files.iter().map(|path| format!("`{path}`")).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} missing", names.join(", ")));
    }
    parts.join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
