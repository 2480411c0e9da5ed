//! Services that are loops: which of them a CronJob replaces.
//!
//! The words of a service's command lead to a script, in line or in a file: one that is mounted, or one
//! that the Dockerfile copies into the image. What the script is, `shell` says; here it is decided
//! whether the service as a whole can be a CronJob.

use std::collections::BTreeMap;

use crate::{
    compose::model::Service,
    k8s::versions::{Feature, Version},
    plan::{
        facts::{Facts, Hosts, source::Source},
        model::{Kind, Overlap},
        reasons::{self, Reason},
    },
    shell::{self, Behaviour, Fit, Loop, Verdict, crontab},
};

/// Seconds below which a controller never starts a job that is late.
const LEAST_DEADLINE: u64 = 10;

/// Why a cluster cannot time a schedule.
pub(super) fn untimed(
    kubernetes: Option<Version>,
    schedule: &str,
    time_zone: Option<&String>,
) -> Option<String> {
    if schedule.starts_with("@every") && !Feature::EverySchedule.is_on(kubernetes) {
        let since = Feature::EverySchedule.since();
        return Some(format!("clusters before {since} do not time `@every` right"));
    }
    let follows = time_zone.is_some() && crontab::follows_time_zone(schedule);
    (follows && !Feature::TimeZone.is_on(kubernetes))
        .then(|| format!("CronJobs have no time zone before {}", Feature::TimeZone.since()))
}

/// What a time zone takes.
pub(super) const TIME_ZONE: &str = "a time zone takes a cluster of 1.27 or newer";

/// A service whose command is a loop.
#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    /// What the script is.
    pub(super) found: Loop,
    /// The attribute that leads to it.
    pub(super) attribute: &'static str,
    /// Whether the command stands behind the image's entrypoint, which nobody knows.
    pub(super) behind_entrypoint: bool,
    /// The time zone of its container.
    zone: Option<String>,
    /// Why it stays what it is; nothing if it becomes a CronJob.
    pub(super) stays: Option<Reason>,
}

impl Scheduled {
    /// The kind of its workload.
    pub(super) fn kind(&self) -> Option<Kind> {
        let interval = self.found.interval?;
        Some(Kind::CronJob {
            schedule: self.found.schedule.clone()?,
            time_zone: self.time_zone(),
            starting_deadline: starting_deadline(interval),
            overlap: Overlap::of(self.found.background),
            backoff_limit: 0,
        })
    }

    /// Of a loop that looked at the clock.
    fn time_zone(&self) -> Option<String> {
        let Loop { interval, fit, difference, .. } = &self.found;
        let at_time = *interval == Some(86_400) && *fit == shell::Fit::Near && difference.is_none();
        crontab::time_zone(self.zone.as_deref().filter(|_| at_time)?).ok().flatten()
    }

    /// What to say above the object: the interval, and in what the schedule differs from it.
    pub(super) fn comments(&self) -> Vec<String> {
        let interval = self.found.interval.unwrap_or_default();
        let mut lines = vec![match &self.found.difference {
            Some(difference) => format!("every {interval} s: {difference}"),
            None => format!("every {interval} s"),
        }];
        let told = self.found.difference.as_ref();
        lines.extend(self.found.reasons.iter().filter(|reason| Some(*reason) != told).cloned());
        lines.extend(self.time_zone().map(|_| TIME_ZONE.to_owned()));
        lines
    }

    /// The words that the script says itself, and those that it was given.
    pub(super) fn words(&self) -> (&[String], &[String]) {
        let words = self.found.commands.first().map_or(&[][..], Vec::as_slice);
        if self.behind_entrypoint {
            (&[], words)
        } else {
            words.split_at(self.found.own_words.min(words.len()))
        }
    }
}

/// Seconds after which a run that could not start is left out: by then the next one is due.
pub(super) fn starting_deadline(interval: u64) -> i64 {
    i64::try_from(interval.max(LEAST_DEADLINE)).unwrap_or(i64::MAX)
}

/// The services that are loops, by name.
pub(super) fn find(facts: &Facts<'_>) -> BTreeMap<String, Scheduled> {
    let services = facts.context.services();
    services
        .filter_map(|(name, service)| Some((name.to_owned(), of_service(facts, name, service)?)))
        .collect()
}

fn of_service(facts: &Facts<'_>, name: &str, service: &Service) -> Option<Scheduled> {
    let known = facts.services.get(name)?;
    let Behaviour::Loop { found, is_given } = known.behaviour.after_waiting() else { return None };
    let stays = stays(facts, name, service, found);
    let zone = Source::of(&facts.context, name, service).variable("TZ");
    let (found, attribute) = (found.clone(), known.started_by);
    let mut scheduled = Scheduled { found, attribute, behind_entrypoint: *is_given, zone, stays };
    if let (None, Some(schedule)) = (&scheduled.stays, &scheduled.found.schedule) {
        let reason = untimed(facts.context.kubernetes, schedule, scheduled.time_zone().as_ref());
        scheduled.stays = reason.map(reasons::stays_a_loop);
    }
    Some(scheduled)
}

/// Why a loop stays a loop.
fn stays(facts: &Facts<'_>, name: &str, service: &Service, found: &Loop) -> Option<Reason> {
    let reason = if found.convert == Verdict::No {
        found.reasons.first().cloned().unwrap_or_else(|| "it has no schedule".to_owned())
    } else if found.fit == Fit::Every && !Feature::EverySchedule.is_on(facts.context.kubernetes) {
        let since = Feature::EverySchedule.since();
        format!(
            "clusters before {since} run `@every` at wrong times, and no five-field schedule has this interval"
        )
    } else {
        obstacle(&facts.hosts, name, service)?
    };
    Some(reasons::stays_a_loop(reason))
}

/// Why a service cannot be a CronJob, whatever it runs.
pub(super) fn obstacle(hosts: &Hosts, name: &str, service: &Service) -> Option<String> {
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.value.mode.as_ref());
    let reason = if service.ports.is_some() || service.expose.is_some() || hosts.is_addressed(name) {
        "others reach it over the network, and a job has no address"
    } else if mode.is_some_and(|mode| mode.value == "global") {
        "it runs on every node"
    } else if service.replicas().is_some_and(|replicas| replicas > 1) {
        "it runs more than once at a time"
    } else {
        return None;
    };
    Some(reason.to_owned())
}
