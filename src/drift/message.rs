//! The sentences about a drift: the fact, and what to do.

use camino::Utf8Path;

use super::{
    Kind,
    record::{Direction, Drift},
};

/// Characters of a value that a sentence can take.
const LONGEST: usize = 60;

/// The fact, in one sentence.
pub(super) fn fact(drift: &Drift) -> String {
    let service = drift.service.as_deref().unwrap_or_default();
    let (part, name) = drift.path.split_once('.').unwrap_or((drift.path.as_str(), ""));
    let asked = quoted(drift.compose.value.as_deref());
    let got = quoted(drift.kubernetes.value.as_deref());
    let (is_missing, is_extra) = (drift.kubernetes.value.is_none(), drift.compose.value.is_none());
    let of = match &drift.workload {
        Some(workload) if workload != service => format!("`{service}` (workload `{workload}`)"),
        _ => format!("`{service}`"),
    };
    if drift.direction == Direction::Converged {
        let what = if drift.path.is_empty() { String::new() } else { format!("{} ", drift.path) };
        return format!("{of}: your overlay has already what Compose asks for now: {what}{asked}");
    }
    match drift.kind {
        Kind::ServiceMissing => format!("{of} has no workload"),
        Kind::ServiceExtra => format!("{of} has a workload, {got}, but Compose does not run it here"),
        Kind::WorkloadKind => format!("{of} is a {}, not a {}", bare(&got), bare(&asked)),
        Kind::EnvMissing => format!("{of} lacks {name}"),
        Kind::EnvExtra => format!("{of} has {name}, which Compose does not set"),
        Kind::EnvPlain => format!("{of} gets {name} in clear, but it is a secret"),
        Kind::EnvValue => format!("{of}: {name} is {got}, not {asked}"),
        Kind::Image => format!("{of} runs {got}, not {asked}"),
        Kind::Command => command(drift, &of, part, &got, &asked),
        Kind::Port => port(drift, &of, name),
        Kind::Mount if is_missing => format!("{of} lacks {name}: Compose mounts it"),
        Kind::Mount if is_extra => format!("{of} has {name}, which Compose does not mount"),
        Kind::Mount if is_file(&got) || is_file(&asked) => format!("{of}: {name} has other content"),
        Kind::Mount => format!("{of}: {name} is {got}, not {asked}"),
        Kind::Probe if is_missing => format!("{of} has no {name} probe"),
        Kind::Probe if is_extra => format!("{of} has a {name} probe, but Compose has no health check for it"),
        Kind::Probe => format!("{of}: the {name} probe asks {got}, not {asked}"),
        Kind::Schedule if is_missing => format!("{of}: {part} is not set, Compose asks for {asked}"),
        Kind::Schedule if is_extra => format!("{of}: {part} is {got}, Compose does not ask for it"),
        Kind::Schedule => format!("{of}: {part} is {got}, not {asked}"),
        Kind::ReferenceMissing => {
            let object = name.replacen('/', " `", 1);
            format!("{of}: its pods need {object}`, which the manifests do not contain")
        }
        Kind::TreeFile => format!("`{}` is not as it was generated", drift.path),
    }
}

fn command(drift: &Drift, of: &str, part: &str, got: &str, asked: &str) -> String {
    let what = match part {
        "argv" => "the command",
        "workingDir" => "the working directory",
        _ => "the user",
    };
    match (&drift.kubernetes.value, &drift.compose.value) {
        (None, _) => format!("{of}: {what} is not set, Compose asks for {asked}"),
        (_, None) => format!("{of}: {what} is {got}, Compose leaves it to the image"),
        _ => format!("{of}: {what} is {got}, not {asked}"),
    }
}

fn port(drift: &Drift, of: &str, name: &str) -> String {
    match name.strip_suffix(".service") {
        Some(port) => {
            let asked = drift.compose.value.as_deref().unwrap_or_default();
            format!("{of}: no Service leads to port {port} as {asked}")
        }
        None if drift.kubernetes.value.is_none() => format!("{of} lacks port {name}"),
        None => format!("{of} has port {name}, which Compose does not have"),
    }
}

/// What to do. `changed` is the file in which somebody changed the manifests, if it is known.
pub(super) fn help(drift: &Drift, changed: Option<&Utf8Path>, overlay: &str) -> String {
    match (drift.direction, changed) {
        (Direction::Behind, _) => "run `kustompose convert`".to_owned(),
        (Direction::Diverged, Some(file)) => format!(
            "undo the change in `{file}`, change the Compose files instead, or allow it with `{}`",
            waive(drift)
        ),
        (Direction::Diverged, None) => {
            format!(
                "undo the change in your overlay (`{overlay}`), change the Compose files instead, or allow it with `{}`",
                waive(drift)
            )
        }
        (Direction::Conflict, _) => {
            "run `kustompose convert`, then set in your overlay what is right, or remove it there".to_owned()
        }
        (Direction::Unknown, _) => {
            format!("change the side that is wrong, or allow it with `{}`", waive(drift))
        }
        (Direction::Override, _) => "nothing: your overlay decides".to_owned(),
        (Direction::Converged, _) => {
            "run `kustompose convert`, and remove from your overlay what Compose has now".to_owned()
        }
    }
}

/// What to do about a cluster that has not what the manifests say.
pub(super) fn help_of_cluster(drift: &Drift) -> String {
    format!("apply the manifests, or undo the change in the cluster; or allow it with `{}`", waive(drift))
}

/// The command that allows a drift.
fn waive(drift: &Drift) -> String {
    let flag = |name: &str, value: &Option<String>| match value {
        Some(value) => format!(" --{name} {value}"),
        None => String::new(),
    };
    let (service, environment) = (flag("service", &drift.service), flag("env", &drift.environment));
    format!("kustompose waive {}{service}{environment} --reason …", drift.code().id)
}

fn quoted(value: Option<&str>) -> String {
    let value = value.unwrap_or_default();
    let short: String = value.chars().take(LONGEST).collect();
    let dots = if short.len() < value.len() { "…" } else { "" };
    format!("`{}{dots}`", short.replace('\n', "⏎"))
}

/// Whether a value is the content of a file, of which reports have a digest.
fn is_file(quoted: &str) -> bool {
    quoted.starts_with("`file ")
}

fn bare(quoted: &str) -> &str {
    quoted.trim_matches('`')
}
