//! Numbers that compose may have and no object in Kubernetes: too large for its fields, below zero, no number at all.

use std::ops::RangeInclusive;

use crate::{
    compose::model::{Duration, Service},
    diag::{Diagnostic, Report, codes},
    plan::facts::Context,
    text::{Span, Spanned},
};

/// More CPUs than any node has, and fewer than a quantity in thousandths can say.
const MOST_CPUS: f64 = 1e9;

/// What a field of 32 bits can say.
const FIELD: RangeInclusive<i64> = 0..=i32::MAX as i64;

/// Microseconds in which a quota holds.
const PERIODS: RangeInclusive<i64> = 1_000..=1_000_000;

/// Microseconds of all CPUs in such a period.
const QUOTAS: RangeInclusive<i64> = 1_000..=1_000_000_000_000;

/// The ports of a host.
const PORTS: RangeInclusive<i64> = 1..=65_535;

/// The permission bits that API servers take, of files in ConfigMaps and Secrets.
const MODES: RangeInclusive<i64> = 0..=0o777;

/// Weights of groups of processes.
const SHARES: RangeInclusive<i64> = 0..=262_144;

/// Reports every number of a service that cannot be kept, and would be lost without a word.
pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    for (_, service) in context.services() {
        let mut check = Check { report };
        check.counts(service);
        check.cpus(service);
        check.memory(service);
        check.times(service);
        check.ports_and_modes(service);
    }
}

struct Check<'a> {
    report: &'a mut Report,
}

impl Check<'_> {
    fn counts(&mut self, service: &Service) {
        self.whole("the number of containers", service.scale.as_ref(), FIELD);
        let retries = service.healthcheck.as_ref().and_then(|check| check.value.retries.as_ref());
        self.whole("the number of failures", retries, FIELD);
        self.whole("the weight of CPUs", service.cpu_shares.as_ref(), SHARES);
        let Some(deploy) = service.deploy.as_ref().map(|deploy| &deploy.value) else { return };
        self.whole("the number of containers", deploy.replicas.as_ref(), FIELD);
        let update = deploy.update_config.as_ref().and_then(|update| update.value.parallelism.as_ref());
        self.whole("the number of containers", update, FIELD);
        let policy = deploy.restart_policy.as_ref().and_then(|policy| policy.value.max_attempts.as_ref());
        self.whole("the number of attempts", policy, FIELD);
        let placement = deploy.placement.as_ref();
        let most = placement.and_then(|placement| placement.value.max_replicas_per_node.as_ref());
        self.whole("the number of containers", most, FIELD);
    }

    fn cpus(&mut self, service: &Service) {
        // docker refuses other periods; no period and a quota below zero mean nothing.
        let period = service.cpu_period.as_ref().filter(|period| period.value != 0);
        self.whole("the period", period, PERIODS);
        let quota = service.cpu_quota.as_ref().filter(|quota| quota.value > 0);
        self.whole("the quota", quota, QUOTAS);
        let resources = service.deploy.as_ref().and_then(|deploy| deploy.value.resources.as_ref());
        let limits = resources.and_then(|resources| resources.value.limits.as_ref());
        let reservations = resources.and_then(|resources| resources.value.reservations.as_ref());
        let all = [
            service.cpus.as_ref(),
            limits.and_then(|limits| limits.value.cpus.as_ref()),
            reservations.and_then(|reservations| reservations.value.cpus.as_ref()),
        ];
        for cpus in all.into_iter().flatten() {
            if !(0.0..=MOST_CPUS).contains(&cpus.value) {
                self.refuse(cpus.span, "the number of CPUs", &format!("0 to {MOST_CPUS}"));
            }
        }
    }

    /// `-1` is no limit.
    fn memory(&mut self, service: &Service) {
        let resources = service.deploy.as_ref().and_then(|deploy| deploy.value.resources.as_ref());
        let limits = resources.and_then(|resources| resources.value.limits.as_ref());
        let reservations = resources.and_then(|resources| resources.value.reservations.as_ref());
        let all = [
            service.mem_limit.as_ref(),
            service.mem_reservation.as_ref(),
            service.shm_size.as_ref(),
            limits.and_then(|limits| limits.value.memory.as_ref()),
            reservations.and_then(|reservations| reservations.value.memory.as_ref()),
        ];
        for size in all.into_iter().flatten().filter(|size| size.value.0 < -1) {
            self.refuse(size.span, "the size", &format!("0 to {}", i64::MAX));
        }
    }

    fn times(&mut self, service: &Service) {
        self.time("the time to stop", service.stop_grace_period.as_ref());
        let Some(check) = service.healthcheck.as_ref().map(|check| &check.value) else { return };
        for time in [&check.interval, &check.timeout, &check.start_period, &check.start_interval] {
            self.time("the time", time.as_ref());
        }
    }

    fn ports_and_modes(&mut self, service: &Service) {
        for port in service.ports.iter().flat_map(|ports| &ports.value) {
            self.whole("the port", port.value.target.as_ref(), PORTS);
        }
        for exposed in service.expose.iter().flat_map(|ports| &ports.value) {
            let range = exposed.value.split('/').next().unwrap_or_default();
            let numbers = range.split('-').filter_map(|number| number.parse::<u128>().ok());
            if numbers.into_iter().any(|number| !(1..=65_535).contains(&number)) {
                self.refuse(exposed.span, "the port", "1 to 65535");
            }
        }
        for reference in [&service.configs, &service.secrets].into_iter().flatten().flat_map(|all| &all.value)
        {
            let Some(mode) = reference.value.mode.as_ref() else { continue };
            if !MODES.contains(&i64::from(mode.value.0)) {
                self.refuse(mode.span, "the file mode", "0 to 0777, written in octal");
            }
        }
    }

    fn whole(&mut self, what: &str, number: Option<&Spanned<i64>>, range: RangeInclusive<i64>) {
        let Some(number) = number.filter(|number| !range.contains(&number.value)) else { return };
        self.refuse(number.span, what, &format!("{} to {}", range.start(), range.end()));
    }

    fn time(&mut self, what: &str, time: Option<&Spanned<Duration>>) {
        let Some(time) = time.filter(|time| !FIELD.contains(&time.value.seconds())) else { return };
        self.refuse(time.span, what, &format!("0 to {} seconds", FIELD.end()));
    }

    fn refuse(&mut self, span: Span, what: &str, range: &str) {
        let message = format!("{what} is out of range");
        let help = format!("Kubernetes takes {range}");
        self.report.push(Diagnostic::error(codes::INVALID_VALUE, message).at(span, "here").help(help));
    }
}
