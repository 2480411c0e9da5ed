//! Probes by label: readiness in place of what the health check gives, liveness beside it.

use k8s_openapi::{
    api::core::v1::{ExecAction, HTTPGetAction, Probe, TCPSocketAction},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    compose::{
        model::{Duration, Service},
        values::{duration, words},
    },
    plan::{
        decide::probes::Probes,
        facts::kompose::{Label, label, words_of},
        ledger::Entries,
        reasons,
    },
};

const READINESS: &str = "kompose.service.healthcheck.readiness";
const LIVENESS: &str = "kompose.service.healthcheck.liveness";

/// Puts what labels ask for in the place of what the health check asks.
pub(in crate::plan) fn overrule(service: &Service, probes: &mut Probes, entries: &mut Entries<'_>) {
    readiness(service, probes, entries);
    if let Some(asking) = asking(service, LIVENESS, entries) {
        // It asks as often as the health check does.
        let times = probes.readiness.clone().unwrap_or_default();
        probes.liveness = Some(Probe {
            period_seconds: times.period_seconds,
            timeout_seconds: times.timeout_seconds,
            failure_threshold: times.failure_threshold,
            ..asking
        });
    }
}

fn readiness(service: &Service, probes: &mut Probes, entries: &mut Entries<'_>) {
    let of = |key: &str| label(service, &format!("{READINESS}.{key}"));
    if let Some(disable) = of("disable") {
        match disable.is_true() {
            Some(true) => {
                probes.readiness = None;
                overruled(service, probes, entries);
            }
            Some(false) => {}
            None => return disable.refused(reasons::IS_TRUE_OR_FALSE, entries),
        }
        disable.mapped(entries);
    }
    let asked = asking(service, READINESS, entries);
    if asked.is_some() {
        probes.startup = None;
        overruled(service, probes, entries);
    }
    if let Some(asked) = asked {
        let times = probes.readiness.take().unwrap_or_default();
        probes.readiness = Some(Probe {
            period_seconds: times.period_seconds,
            timeout_seconds: times.timeout_seconds,
            failure_threshold: times.failure_threshold,
            ..asked
        });
    }
    for key in ["interval", "timeout", "retries", "start_period"] {
        let Some(label) = of(key) else { continue };
        let Some(probe) = &mut probes.readiness else {
            label.refused(reasons::NO_READINESS, entries);
            continue;
        };
        let number = if key == "retries" { label.value.parse::<i32>().ok() } else { seconds(label.value) };
        let Some(number) = number.filter(|number| *number > 0) else {
            label.refused(
                if key == "retries" { reasons::IS_A_NUMBER } else { reasons::IS_A_DURATION },
                entries,
            );
            continue;
        };
        let field = match key {
            "interval" => &mut probe.period_seconds,
            "timeout" => &mut probe.timeout_seconds,
            "retries" => &mut probe.failure_threshold,
            _ => &mut probe.initial_delay_seconds,
        };
        *field = Some(number);
        label.mapped(entries);
    }
}

/// The health check that labels take the place of: it does not say whether the container lives, either.
fn overruled(service: &Service, probes: &mut Probes, entries: &mut Entries<'_>) {
    probes.liveness = None;
    if service.healthcheck.is_some() {
        entries.approximated(&["healthcheck"], reasons::OVERRULED_BY_LABELS);
    }
}

/// What labels ask the container: a command, a page or a port.
fn asking(service: &Service, prefix: &str, entries: &mut Entries<'_>) -> Option<Probe> {
    let of = |key: &str| label(service, &format!("{prefix}.{key}"));
    let (path, port, tcp) = (of("http_get_path"), of("http_get_port"), of("tcp_port"));
    // Of liveness, kompose knows no test.
    let test = of("test").filter(|_| prefix == READINESS);
    let mut asked = None;
    if let Some(tcp) = tcp {
        let port = number(&tcp, entries);
        let socket = |port| TCPSocketAction { port: IntOrString::Int(port), host: None };
        asked = port.map(|port| Probe { tcp_socket: Some(socket(port)), ..Probe::default() });
    }
    match (path, port) {
        (Some(path), Some(port)) => {
            path.mapped(entries);
            if let Some(port) = number(&port, entries) {
                let get = HTTPGetAction {
                    path: Some(path.value.to_owned()),
                    port: IntOrString::Int(port),
                    ..HTTPGetAction::default()
                };
                asked = Some(Probe { http_get: Some(get), ..Probe::default() });
            }
        }
        (Some(alone), None) | (None, Some(alone)) => {
            alone.refused(reasons::PATH_AND_PORT, entries);
        }
        (None, None) => {}
    }
    if let Some(test) = test.filter(|test| !test.value.is_empty()) {
        test.mapped(entries);
        let exec = ExecAction { command: Some(command(test.value)) };
        asked = Some(Probe { exec: Some(exec), ..Probe::default() });
    }
    asked
}

/// What a test runs: `["CMD", …]` and `CMD …` as they are, `["CMD-SHELL", …]`, `CMD-SHELL …` and any other text by
/// a shell.
fn command(text: &str) -> Vec<String> {
    let shell = |line: String| vec!["/bin/sh".to_owned(), "-c".to_owned(), line];
    if !text.starts_with('[') {
        return match text.split_once(char::is_whitespace) {
            Some(("CMD", line)) => plain_words(line).unwrap_or_else(|| shell(line.trim().to_owned())),
            Some(("CMD-SHELL", line)) => shell(line.trim().to_owned()),
            _ => shell(text.to_owned()),
        };
    }
    let Some(words) = words_of(text) else { return shell(text.to_owned()) };
    match words.split_first() {
        Some((first, rest)) if first == "CMD" => rest.to_vec(),
        Some((first, rest)) if first == "CMD-SHELL" => shell(rest.join(" ")),
        _ => words,
    }
}

/// The words of a line, unless there is something in it that only a shell does.
fn plain_words(line: &str) -> Option<Vec<String>> {
    let split = words::split(line).ok()?;
    (split.dropped.is_none() && !split.words.is_empty()).then_some(split.words)
}

fn number(label: &Label<'_>, entries: &mut Entries<'_>) -> Option<i32> {
    let number = label.value.parse::<u16>().ok().filter(|number| *number > 0);
    label.record(number.map(|_| ()).ok_or(reasons::IS_A_PORT), entries);
    number.map(i32::from)
}

fn seconds(text: &str) -> Option<i32> {
    let nanoseconds = duration::parse(text).ok()?;
    i32::try_from(Duration(nanoseconds).seconds().max(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_words_or_lines_of_a_shell() {
        let shell = |line| vec!["/bin/sh", "-c", line];
        for (text, expected) in [
            ("curl -f http://localhost || exit 1", shell("curl -f http://localhost || exit 1")),
            (
                r#"CMD curl -f "http://localhost:8080/health""#,
                vec!["curl", "-f", "http://localhost:8080/health"],
            ),
            ("CMD curl -f http://localhost || exit 1", shell("curl -f http://localhost || exit 1")),
            ("CMD-SHELL test -f /ready", shell("test -f /ready")),
            (r#"["CMD", "true"]"#, vec!["true"]),
            (r#"["CMD-SHELL", "a && b"]"#, shell("a && b")),
            ("CMDER run", shell("CMDER run")),
        ] {
            assert_eq!(command(text), expected, "{text}");
        }
    }
}
