//! Health checks become probes.
//!
//! Readiness, not liveness: compose never restarts an unhealthy container, it only tells others. Docker's
//! defaults are written out, since Kubernetes has others (its timeout is one second).

use k8s_openapi::api::core::v1::{Container, ExecAction, Probe};

use super::ledger::Entries;
use crate::{
    compose::model::{Duration, Healthcheck},
    text::Spanned,
};

const SECOND: i64 = 1_000_000_000;
/// Docker's pause between checks, and its patience with one.
const INTERVAL: i64 = 30 * SECOND;
/// Docker's number of failures that make a container unhealthy.
const RETRIES: i64 = 3;
/// Docker's pause between checks while a container starts.
const START_INTERVAL: i64 = 5 * SECOND;

/// Gives the container its probes.
pub(super) fn plan(
    healthcheck: Option<&Spanned<Healthcheck>>,
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
        entries.approximated(&["healthcheck"], "no probe: the check is switched off");
        return;
    }
    let Some(command) = command(&words) else {
        let reason = "the image's own health check is not known here: give `healthcheck.test`";
        entries.unsupported(&["healthcheck"], reason);
        return;
    };
    let nanoseconds = |field: &Option<Spanned<Duration>>, default| {
        field.as_ref().map(|field| field.value.0).filter(|time| *time > 0).unwrap_or(default)
    };
    let interval = nanoseconds(interval, INTERVAL);
    let retries =
        retries.as_ref().map(|retries| retries.value).filter(|retries| *retries > 0).unwrap_or(RETRIES);
    let readiness = Probe {
        exec: Some(ExecAction { command: Some(command) }),
        period_seconds: Some(seconds(interval)),
        timeout_seconds: Some(seconds(nanoseconds(timeout, INTERVAL))),
        failure_threshold: i32::try_from(retries).ok(),
        ..Probe::default()
    };
    let start_period = start_period.as_ref().map_or(0, |period| period.value.0);
    if start_period > 0 {
        let period = seconds(nanoseconds(start_interval, START_INTERVAL));
        let patience = start_period.saturating_add(interval.saturating_mul(retries));
        let attempts = seconds(patience).saturating_add(period - 1) / period;
        container.startup_probe = Some(Probe {
            period_seconds: Some(period),
            failure_threshold: Some(attempts.max(1)),
            ..readiness.clone()
        });
    }
    container.readiness_probe = Some(readiness);
    entries.mapped(&["healthcheck"]);
}

/// The words that a probe runs: `CMD` as they are, `CMD-SHELL` by a shell, as Docker does.
fn command(test: &[&str]) -> Option<Vec<String>> {
    let (form, rest) = test.split_first()?;
    let words: Vec<String> = match *form {
        "CMD" => rest.iter().map(|word| (*word).to_owned()).collect(),
        "CMD-SHELL" => vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.join(" ")],
        _ => test.iter().map(|word| (*word).to_owned()).collect(),
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
