//! Health checks become probes.
//!
//! Readiness, and liveness only where a setting asks for it: compose never restarts an unhealthy container, it
//! only tells others. Docker's defaults are written out, since Kubernetes has others (its timeout is one second). A check that
//! plainly asks for a page is asked by the kubelet, if others reach the port too: a program that listens
//! on its loopback address alone would not answer, nor one whose configuration lets only itself ask.

mod http;

use k8s_openapi::{
    api::core::v1::{ExecAction, HTTPGetAction, HTTPHeader, Probe},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{ports::Ports, probes::Probes};
use crate::{
    compose::model::{Duration, Healthcheck, Service},
    plan::{
        facts::{Facts, service::ServiceFacts},
        ledger::Entries,
        reasons::{self, KnownReason, Reason},
    },
    secret,
    text::Spanned,
};

const SECOND: i64 = 1_000_000_000;
/// Docker's pause between checks, and its patience with one.
const INTERVAL: i64 = 30 * SECOND;
/// Docker's number of failures that make a container unhealthy.
const RETRIES: i64 = 3;
/// Docker's pause between checks while a container starts.
const START_INTERVAL: i64 = 5 * SECOND;
/// The least patience once the time for a start is over, and the least number of checks. Docker leaves alone what
/// does not become healthy; a startup probe that fails has the container killed, and on a busy node everything
/// starts slowly.
const START_PATIENCE: i64 = 150 * SECOND;
const START_ATTEMPTS: i32 = 3;

/// What became of a key below `healthcheck`.
enum Remark {
    Mapped,
    MappedAs(Reason),
    Approximated(Reason),
    Ignored(KnownReason),
    Unsupported(KnownReason),
}

type Remarks = Vec<(&'static [&'static str], Remark)>;

/// Decides the probes of the service `key`. Where the settings ask for it, what tells that a container is ready also
/// tells that it lives. What runs to its end has none: it would be started anew in the middle.
pub(super) fn decide_probes(
    facts: &Facts<'_>,
    (key, runs_to_its_end): (&str, bool),
    service: &Service,
    ports: &Ports,
    entries: &mut Entries<'_>,
) -> Probes {
    if runs_to_its_end {
        if service.healthcheck.is_some() {
            entries.ignored(&["healthcheck"], reasons::JOB_IS_NOT_PROBED);
        }
        return Probes::default();
    }
    let mut probes = Probes::default();
    if let Some(check) = facts.health(key, service) {
        let (asked, remarks) = ask((facts, key), &check.value, ports);
        probes = asked;
        if service.healthcheck.is_some() {
            record_remarks(remarks, entries);
            if probes.readiness.is_some() {
                record_rounded_times(&check.value, entries);
            }
        } else {
            // The Compose file has no key for it but the one of the image.
            record_of_image(service, reasons::PROBE_OF_DOCKERFILE, entries);
        }
    }
    if facts.has_check_of_another_command(key) {
        record_of_image(service, reasons::PROBE_OF_ANOTHER_COMMAND, entries);
    }
    if facts.context.cluster.liveness.is_some() {
        probes.liveness.clone_from(&probes.readiness);
    }
    probes
}

fn record_of_image(service: &Service, what: KnownReason, entries: &mut Entries<'_>) {
    match service.build {
        Some(_) => entries.approximated(&["build"], what),
        None => entries.mapped_as(&["image"], what),
    }
}

fn record_remarks(remarks: Remarks, entries: &mut Entries<'_>) {
    for (path, remark) in remarks {
        match remark {
            Remark::Mapped => entries.mapped(path),
            Remark::MappedAs(how) => entries.mapped_as(path, how),
            Remark::Approximated(reason) => entries.approximated(path, reason),
            Remark::Ignored(reason) => entries.ignored(path, reason),
            Remark::Unsupported(reason) => entries.unsupported(path, reason),
        }
    }
}

/// Readiness, and startup where the health check has patience with it.
fn ask((facts, key): (&Facts<'_>, &str), healthcheck: &Healthcheck, ports: &Ports) -> (Probes, Remarks) {
    let Healthcheck {
        test,
        timeout,
        interval,
        retries,
        start_period,
        start_interval,
        disable,
        extensions: _,
    } = healthcheck;
    let words: Vec<&str> = test.iter().flat_map(|test| &test.value).map(|word| word.value.as_str()).collect();
    if disable.as_ref().is_some_and(|disable| disable.value) || words.first() == Some(&"NONE") {
        return (Probes::default(), vec![(&["healthcheck"], Remark::Mapped)]);
    }
    let Some(asking) = asking((facts, key), &words, ports, seconds(nanoseconds(timeout, INTERVAL))) else {
        let reason = reasons::UNKNOWN_CHECK;
        return (Probes::default(), vec![(&["healthcheck"], Remark::Unsupported(reason))]);
    };
    let mut remarks: Remarks = Vec::new();
    let interval = nanoseconds(interval, INTERVAL);
    let retries =
        retries.as_ref().map(|retries| retries.value).filter(|retries| *retries > 0).unwrap_or(RETRIES);
    let readiness = Probe {
        period_seconds: Some(seconds(interval)),
        failure_threshold: i32::try_from(retries).ok(),
        ..asking
    };
    let start_period = start_period.as_ref().map_or(0, |period| period.value.0);
    // Compose never kills what is slow to start.
    let limits_start = start_period > 0 && facts.context.cluster.liveness.is_some();
    if start_period > 0 && !limits_start {
        let unlimited = || Remark::Ignored(reasons::START_IS_NOT_LIMITED);
        remarks.push((&["healthcheck", "start_period"], unlimited()));
        remarks
            .extend(start_interval.as_ref().map(|_| (&["healthcheck", "start_interval"][..], unlimited())));
    }
    let startup = limits_start.then(|| {
        let period = seconds(nanoseconds(start_interval, START_INTERVAL));
        if start_period % (i64::from(period) * SECOND) != 0 {
            let reason = reasons::checked_next_time(period);
            remarks.push((&["healthcheck", "start_period"], Remark::Approximated(reason)));
        }
        let failing = interval.saturating_mul(retries);
        Probe {
            period_seconds: Some(period),
            failure_threshold: Some(attempts((start_period, failing), period)),
            ..readiness.clone()
        }
    });
    if readiness.http_get.is_some() {
        let asked = secret::redact(&words.get(1..).unwrap_or_default().join(" "));
        let how = reasons::kubelet_asks(asked);
        remarks.push((&["healthcheck", "test"], Remark::MappedAs(how)));
    }
    remarks.push((&["healthcheck"], Remark::Mapped));
    (Probes { startup, readiness: Some(readiness), liveness: None }, remarks)
}

fn nanoseconds(field: &Option<Spanned<Duration>>, usual: i64) -> i64 {
    field.as_ref().map(|field| field.value.0).filter(|time| *time > 0).unwrap_or(usual)
}

/// How many checks a start may take that has its time and may fail for some more, a check in each period.
fn attempts((start, failing): (i64, i64), period: i32) -> i32 {
    let patience = seconds(start.saturating_add(failing.max(START_PATIENCE)));
    (patience.saturating_add(period - 1) / period).max(START_ATTEMPTS)
}

/// Records which times are not kept to the fraction.
fn record_rounded_times(check: &Healthcheck, entries: &mut Entries<'_>) {
    let start_interval = check.start_interval.as_ref().filter(|_| check.start_period.is_some());
    let times = [
        ("interval", check.interval.as_ref()),
        ("timeout", check.timeout.as_ref()),
        ("start_interval", start_interval),
    ];
    for (key, time) in times {
        let Some(time) = time.map(|time| time.value.0).filter(|time| *time > 0 && time % SECOND != 0) else {
            continue;
        };
        entries.approximated(&["healthcheck", key], reasons::whole_seconds(seconds(time)));
    }
}

/// A probe that asks what the test asks, without its times; none for an empty test.
fn asking((facts, key): (&Facts<'_>, &str), test: &[&str], ports: &Ports, timeout: i32) -> Option<Probe> {
    let is_itself = |host: &str| facts.hosts.is_name_of(key, host);
    let is_refused = facts.services.get(key).is_some_and(ServiceFacts::answers_only_itself);
    let request = http::request(test, &is_itself).filter(|_| !is_refused);
    if let Some((request, port)) = request.and_then(|request| {
        let port = ports.reachable(key, request.port)?;
        Some((request, port))
    }) {
        let header = HTTPHeader { name: "Host".to_owned(), value: request.host };
        let get = HTTPGetAction {
            path: Some(request.path),
            port: IntOrString::String(port.to_owned()),
            scheme: request.secure.then(|| "HTTPS".to_owned()),
            http_headers: Some(vec![header]),
            host: None,
        };
        let patience = request.patience.and_then(|patience| i32::try_from(patience).ok());
        let timeout_seconds = Some(patience.map_or(timeout, |patience| patience.min(timeout)));
        return Some(Probe { http_get: Some(get), timeout_seconds, ..Probe::default() });
    }
    let service = facts.context.project.services.get(key)?;
    let test = facts.hosts.seen_by(service).follow_words(test.iter().copied());
    let exec = ExecAction { command: Some(command(&test)?) };
    Some(Probe { exec: Some(exec), timeout_seconds: Some(timeout), ..Probe::default() })
}

/// The words that a probe runs: `CMD` as they are, `CMD-SHELL` by a shell, as Docker does.
fn command(test: &[String]) -> Option<Vec<String>> {
    let (form, rest) = test.split_first()?;
    let words: Vec<String> = match form.as_str() {
        "CMD" => rest.to_vec(),
        "CMD-SHELL" => vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.join(" ")],
        _ => test.to_vec(),
    };
    (!words.is_empty()).then_some(words)
}

/// Whole seconds, rounded up, at least one: Kubernetes knows no fractions.
fn seconds(nanoseconds: i64) -> i32 {
    i32::try_from(Duration(nanoseconds).seconds().max(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_has_time_enough() {
        for (start, failing, period, expected) in [
            (1, 3, 5, 31),
            (1, 3, 1, 151),
            (60, 90, 5, 42),
            (60, 600, 5, 132),
            (61, 600, 5, 133),
            (4, 3, 300, 3),
        ] {
            let found = attempts((start * SECOND, failing * SECOND), period);
            assert_eq!(found, expected, "{start} s and {failing} s, each {period} s");
        }
        assert!(attempts((i64::MAX, i64::MAX), 1) > 0);
    }
}
