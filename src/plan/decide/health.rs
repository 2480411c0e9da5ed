//! Health checks become probes.
//!
//! Readiness, and liveness only where a setting asks for it: compose never restarts an unhealthy container, it
//! only tells others. Docker's defaults are written out, since Kubernetes has others (its timeout is one second). A check that
//! plainly asks for a page is asked by the kubelet, if others reach the port too: a program that listens
//! on its loopback address alone would not answer.

mod http;

use k8s_openapi::{
    api::core::v1::{Container, ExecAction, HTTPGetAction, HTTPHeader, Probe},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{draft::Decided, ports::Ports};
use crate::{
    compose::model::{Duration, Healthcheck, Service},
    plan::{
        facts::Facts,
        fate::KeyPath,
        ledger::{Entries, Ledger},
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

/// What is said of a check that stands in the Dockerfile alone.
const OF_DOCKERFILE: &str = "the `HEALTHCHECK` of its Dockerfile becomes its probe";
const OF_ANOTHER_COMMAND: &str = "the `HEALTHCHECK` of its Dockerfile is no probe, for it runs another command: give it a \
    `healthcheck` if it has one";

/// Gives the container of the service `key` its probes. Where the settings say so, what tells that a container is
/// ready also tells that it lives; not of what runs to its end, which would be started anew in the middle.
pub(super) fn plan(
    facts: &Facts<'_>,
    (key, decided): (&str, Decided),
    service: &Service,
    ports: &Ports,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    if decided == Decided::Job {
        drop(service.healthcheck.as_ref(), container, entries);
        return;
    }
    let ends = decided == Decided::CronJob;
    match (&service.healthcheck, facts.health(key, service)) {
        (None, Some(_)) if ends => {}
        (None, Some(check)) => {
            // The compose file has no key that it could be told of but `build`.
            let mut aside = Ledger::default();
            let mut unsaid = Entries::new(&mut aside, KeyPath::new(["healthcheck"]), entries.file());
            readiness((facts, key), Some(check), ports, container, &mut unsaid);
            match service.build {
                Some(_) => entries.approximated(&["build"], OF_DOCKERFILE),
                None => entries.mapped_as(&["image"], OF_DOCKERFILE),
            }
        }
        (_, check) => {
            readiness((facts, key), check, ports, container, entries);
            if let Some(check) = check.filter(|_| decided != Decided::CronJob)
                && container.readiness_probe.is_some()
            {
                whole_seconds(&check.value, entries);
            }
        }
    }
    if !ends && facts.has_check_of_another_command(key) {
        match service.build {
            Some(_) => entries.approximated(&["build"], OF_ANOTHER_COMMAND),
            None => entries.mapped_as(&["image"], OF_ANOTHER_COMMAND),
        }
    }
    if facts.context.cluster.liveness.is_some() && !ends {
        container.liveness_probe = container.readiness_probe.clone();
    }
}

/// Readiness, and startup where the health check has patience with it.
fn readiness(
    (facts, key): (&Facts<'_>, &str),
    healthcheck: Option<&Spanned<Healthcheck>>,
    ports: &Ports,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let Some(healthcheck) = healthcheck else { return };
    let Healthcheck {
        test,
        timeout,
        interval,
        retries,
        start_period,
        start_interval,
        disable,
        extensions: _,
    } = &healthcheck.value;
    let words: Vec<&str> = test.iter().flat_map(|test| &test.value).map(|word| word.value.as_str()).collect();
    if disable.as_ref().is_some_and(|disable| disable.value) || words.first() == Some(&"NONE") {
        entries.mapped(&["healthcheck"]);
        return;
    }
    let nanoseconds = |field: &Option<Spanned<Duration>>, default| {
        field.as_ref().map(|field| field.value.0).filter(|time| *time > 0).unwrap_or(default)
    };
    let Some(asking) = asking((facts, key), &words, ports, seconds(nanoseconds(timeout, INTERVAL))) else {
        let reason = "the image's own health check is not known here: give `healthcheck.test`";
        entries.unsupported(&["healthcheck"], reason);
        return;
    };
    let interval = nanoseconds(interval, INTERVAL);
    let retries =
        retries.as_ref().map(|retries| retries.value).filter(|retries| *retries > 0).unwrap_or(RETRIES);
    let readiness = Probe {
        period_seconds: Some(seconds(interval)),
        failure_threshold: i32::try_from(retries).ok(),
        ..asking
    };
    let start_period = start_period.as_ref().map_or(0, |period| period.value.0);
    if start_period > 0 {
        let period = seconds(nanoseconds(start_interval, START_INTERVAL));
        let failing = interval.saturating_mul(retries);
        container.startup_probe = Some(Probe {
            period_seconds: Some(period),
            failure_threshold: Some(attempts((start_period, failing), period)),
            ..readiness.clone()
        });
        if start_period % (i64::from(period) * SECOND) != 0 {
            let reason = format!("up to the next check: one comes every {period} s");
            entries.approximated(&["healthcheck", "start_period"], reason);
        }
    }
    if readiness.http_get.is_some() {
        let asked = words.get(1..).unwrap_or_default().join(" ");
        entries.mapped_as(
            &["healthcheck", "test"],
            format!("the kubelet asks in place of `{}`", secret::redact(&asked)),
        );
    }
    container.readiness_probe = Some(readiness);
    entries.mapped(&["healthcheck"]);
}

/// How many checks a start may take that has its time and may fail for some more, a check in each period.
fn attempts((start, failing): (i64, i64), period: i32) -> i32 {
    let patience = seconds(start.saturating_add(failing.max(START_PATIENCE)));
    (patience.saturating_add(period - 1) / period).max(START_ATTEMPTS)
}

/// Says which times are not kept to the fraction.
fn whole_seconds(check: &Healthcheck, entries: &mut Entries<'_>) {
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
        let reason = format!("{} s: probes know whole seconds only", seconds(time));
        entries.approximated(&["healthcheck", key], reason);
    }
}

/// A probe that asks what the test asks, without its times; none for an empty test.
fn asking((facts, key): (&Facts<'_>, &str), test: &[&str], ports: &Ports, timeout: i32) -> Option<Probe> {
    let is_itself = |host: &str| facts.hosts.is_name_of(key, host);
    if let Some((request, port)) = http::request(test, &is_itself).and_then(|request| {
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
    let test = facts.hosts.follow_words(test.iter().copied());
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

/// A job that runs to its end has no health to ask for.
pub(super) fn drop(
    check: Option<&Spanned<Healthcheck>>,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    container.startup_probe = None;
    container.readiness_probe = None;
    container.liveness_probe = None;
    if check.is_some() {
        entries
            .ignored(&["healthcheck"], "a job runs to its end: whether it ended well is all there is to ask");
    }
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
