//! From an interval to a schedule that a CronJob can have.
//!
//! Five fields say only what divides an hour, a day or a month. Where none is exact, one that runs a
//! little more often is near enough; then there is `@every`, which clusters from 1.25 time rightly.

use sha2::{Digest, Sha256};

use super::{Fit, clock::Clock};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// How much more often than the loop a near schedule may run.
const NEAR: f64 = 1.1;

/// Days of a month, as they are on average.
const MONTH: f64 = 30.436_875;

/// A schedule for an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) fit: Fit,
    pub(super) expression: Option<String>,
    /// In what it differs from the interval.
    pub(super) difference: Option<String>,
}

/// The schedule of something that runs every so many seconds. `name` spreads the jobs of a project over
/// the minutes; without it they start at the full ones.
pub(super) fn every(seconds: u64, name: Option<&str>) -> Schedule {
    let fit =
        |fit, expression: String, difference| Schedule { fit, expression: Some(expression), difference };
    let offset = offset_of(name);
    if seconds < MINUTE {
        return Schedule { fit: Fit::SubMinute, expression: None, difference: None };
    }
    if let Some(expression) = exact(seconds, offset) {
        return fit(Fit::Exact, expression, None);
    }
    if let Some((expression, difference)) = near(seconds, offset) {
        return fit(Fit::Near, expression, Some(difference));
    }
    let difference = "no five fields come near it; `@every` is right on clusters from 1.25 on".to_owned();
    fit(Fit::Every, format!("@every {}", duration(seconds)), Some(difference))
}

/// The schedule of something that runs every so many seconds, so many seconds behind the beginning of 1970.
pub(super) fn beginning(seconds: u64, begins: u64) -> Schedule {
    let minute = begins / MINUTE;
    let expression = match seconds {
        DAY => Some(format!("{} {} * * *", minute % 60, minute / 60 % 24)),
        // 1970 began with a Thursday.
        WEEK => Some(format!("{} {} * * {}", minute % 60, minute / 60 % 24, (minute / (24 * 60) + 4) % 7)),
        _ => exact(seconds, minute),
    };
    match expression {
        Some(expression) => Schedule { fit: Fit::Exact, expression: Some(expression), difference: None },
        None => every(seconds, None),
    }
}

/// The schedule of something that runs once a day.
pub(super) fn daily(clock: Clock) -> Schedule {
    let expression = format!("{} {} * * *", clock.minute, clock.hour);
    Schedule { fit: Fit::Near, expression: Some(expression), difference: None }
}

/// A number that says where within its period a job of this name starts.
fn offset_of(name: Option<&str>) -> u64 {
    name.map_or(0, |name| {
        let digest = Sha256::digest(name.as_bytes());
        digest.iter().take(7).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    })
}

/// A quiet hour.
fn hour(offset: u64) -> u64 {
    if offset == 0 { 0 } else { 1 + offset / 60 % 5 }
}

/// `*/5`, or `3-59/5`: every `step` of a field that ends at `last`.
fn stepped(step: u64, start: u64, last: u64) -> String {
    match (step, start) {
        (1, _) => "*".to_owned(),
        (_, 0) => format!("*/{step}"),
        _ if step > last => start.to_string(),
        _ => format!("{start}-{last}/{step}"),
    }
}

/// The intervals that five fields say exactly and that are next to this one, the shorter and the longer.
pub(super) fn nearest(seconds: u64) -> Option<(Option<u64>, Option<u64>)> {
    let minutes = (1..60).map(|minutes| minutes * MINUTE);
    let hours = (1..24).map(|hours| hours * HOUR);
    let all: Vec<u64> =
        minutes.chain(hours).chain([DAY, WEEK]).filter(|one| exact(*one, 0).is_some()).collect();
    let shorter = all.iter().rfind(|one| **one < seconds).copied();
    let longer = all.iter().find(|one| **one > seconds).copied();
    (!all.contains(&seconds)).then_some((shorter, longer))
}

pub(super) fn exact(seconds: u64, offset: u64) -> Option<String> {
    let minute = offset % 60;
    match seconds {
        DAY => Some(format!("{minute} {} * * *", hour(offset))),
        WEEK => Some(format!("{minute} {} * * {}", hour(offset), offset % 7)),
        HOUR => Some(format!("{minute} * * * *")),
        _ if seconds < HOUR && seconds.is_multiple_of(MINUTE) && HOUR.is_multiple_of(seconds) => {
            let step = seconds / MINUTE;
            Some(format!("{} * * * *", stepped(step, offset % step, 59)))
        }
        _ if seconds < DAY && seconds.is_multiple_of(HOUR) && DAY.is_multiple_of(seconds) => {
            let step = seconds / HOUR;
            Some(format!("{minute} {} * * *", stepped(step, offset / 60 % step, 23)))
        }
        _ => None,
    }
}

/// The five fields that never leave a longer gap than the interval and run at most a tenth more often.
fn near(seconds: u64, offset: u64) -> Option<(String, String)> {
    let minute = offset % 60;
    let is_near = |per_period: u64, period: f64| {
        let wanted = period / seconds as f64;
        (per_period as f64) >= wanted && (per_period as f64) <= wanted * NEAR
    };
    if seconds < DAY {
        let is_within_hour = seconds < HOUR;
        let (unit, period, name, whole, an, hash) = match is_within_hour {
            true => (MINUTE, HOUR, "min", "hour", "an", offset),
            false => (HOUR, DAY, "h", "day", "a", offset / 60),
        };
        let (step, count) = (seconds / unit, period / unit);
        let times = count.div_ceil(step);
        // Only these starts keep the number of runs.
        let field = stepped(step, hash % ((count - 1) % step + 1), count - 1);
        let difference = if seconds.is_multiple_of(unit) {
            let gap = count - (times - 1) * step;
            format!("{step} {name} does not divide the {whole}, so one gap {an} {whole} is {gap} {name}")
        } else {
            format!("runs every {step} {name}, {} s more often", seconds - step * unit)
        };
        let expression =
            if is_within_hour { format!("{field} * * * *") } else { format!("{minute} {field} * * *") };
        return is_near(times, period as f64).then_some((expression, difference));
    }
    let step = seconds / DAY;
    let times = 31_u64.div_ceil(step);
    // The last days of a month are not in every one: the count is of an average month.
    let wanted = MONTH * DAY as f64 / seconds as f64;
    let runs = (times as f64) - if (times - 1) * step + 1 > 28 { 0.5 } else { 0.0 };
    let fits = (2..=10).contains(&step) && runs >= wanted && runs <= wanted * NEAR;
    fits.then(|| {
        let days = stepped(step, 0, 31);
        let difference = format!("every {step} days of a month, beginning anew on its first day");
        (format!("{minute} {} {days} * *", hour(offset)), difference)
    })
}

/// `90m`, `192h`, `12345s`.
fn duration(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(HOUR) => format!("{}h", seconds / HOUR),
        _ if seconds.is_multiple_of(MINUTE) => format!("{}m", seconds / MINUTE),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn intervals_become_schedules() {
        let cases = [
            (15, Fit::SubMinute, None),
            (60, Fit::Exact, Some("* * * * *")),
            (300, Fit::Exact, Some("*/5 * * * *")),
            (420, Fit::Near, Some("*/7 * * * *")),
            (310, Fit::Near, Some("*/5 * * * *")),
            (90, Fit::Every, Some("@every 90s")),
            (2_700, Fit::Every, Some("@every 45m")),
            (3_600, Fit::Exact, Some("0 * * * *")),
            (5_400, Fit::Every, Some("@every 90m")),
            (12_345, Fit::Every, Some("@every 12345s")),
            (18_000, Fit::Near, Some("0 */5 * * *")),
            (21_600, Fit::Exact, Some("0 */6 * * *")),
            (86_400, Fit::Exact, Some("0 0 * * *")),
            (604_800, Fit::Exact, Some("0 0 * * 0")),
            (2_592_000, Fit::Every, Some("@every 720h")),
        ];
        for (seconds, fit, expression) in cases {
            let schedule = every(seconds, None);
            assert_eq!((schedule.fit, schedule.expression.as_deref()), (fit, expression), "{seconds}");
            assert_eq!(schedule.difference.is_some(), matches!(fit, Fit::Near | Fit::Every), "{seconds}");
        }
    }

    proptest! {
        #[test]
        fn any_interval_and_name_give_fields_in_their_ranges(seconds in 60_u64..3_000_000, name in ".{0,12}") {
            let expression = every(seconds, Some(&name)).expression.unwrap_or_default();
            if !expression.starts_with('@') {
                let times = crate::shell::next::Times::parse(&expression);
                prop_assert!(times.is_some(), "{expression}");
            }
        }

        #[test]
        fn a_near_schedule_leaves_no_longer_gap_than_the_loop(minutes in 1_u64..60, name in ".{0,12}") {
            let schedule = every(minutes * 60, Some(&name));
            if schedule.fit == Fit::Near {
                let times = crate::shell::next::Times::parse(&schedule.expression.unwrap_or_default());
                let runs: Vec<u64> = times.map(|times| times.after(0, 200)).unwrap_or_default();
                for pair in runs.windows(2) {
                    prop_assert!(pair[1] - pair[0] <= minutes * 60);
                }
            }
        }
    }
}
