//! When a line of a crontab runs: its columns, as a CronJob can say them.

use super::Format;
use crate::{
    compose::values::duration as go_duration,
    shell::{
        Fit,
        next::{MONTHS, Times, WEEKDAYS},
        schedule,
    },
};

/// The times of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// The schedule of a CronJob.
    pub schedule: String,
    /// In what it differs.
    pub note: Option<String>,
}

/// Names of schedules that CronJobs know as well.
const NAMED: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// The columns of a line, and what stands behind them. Nothing if it does not begin with a schedule.
pub(super) fn split(line: &str, format: Format) -> Option<(Vec<&str>, &str)> {
    if line.starts_with('@') {
        let (first, rest) = line.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        if first == "@every" {
            let (length, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            return Some((vec![first, length], rest.trim_start()));
        }
        return (NAMED.contains(&first) || first == "@reboot").then_some((vec![first], rest));
    }
    // Only some daemons have columns for seconds and years.
    let most = match format {
        Format::User | Format::System | Format::Busybox => 5,
        Format::Supercronic | Format::Any => 7,
    };
    let mut columns = Vec::new();
    let mut rest = line;
    while columns.len() < most {
        let Some((column, after)) = rest.split_once(char::is_whitespace) else { break };
        if !is_column(column) {
            break;
        }
        columns.push(column);
        rest = after.trim_start();
    }
    (columns.len() >= 5).then_some((columns, rest))
}

/// The schedule of a text that is nothing else, such as that of a label: six columns begin with seconds.
///
/// # Errors
/// Why no CronJob runs at these times.
pub fn of_text(text: &str, stagger: Option<&str>) -> Result<When, String> {
    let columns: Vec<&str> = text.split_whitespace().collect();
    of(&columns, Format::Any, stagger)
}

/// The schedule of columns, as Kubernetes takes it.
pub(super) fn of(columns: &[&str], format: Format, stagger: Option<&str>) -> Result<When, String> {
    let (columns, note) = match columns {
        ["@reboot"] => return Err("`@reboot` runs when the container starts, not at a time".to_owned()),
        ["@every", length] => return every(length, stagger),
        [name] if NAMED.contains(name) => return Ok(When { schedule: (*name).to_owned(), note: None }),
        [first @ .., years] if first.len() == 5 && format == Format::Supercronic => {
            (without_years(first, years)?, None)
        }
        [seconds, first @ .., years] if first.len() == 5 => {
            (without_years(first, years)?, at_full_minute(seconds)?)
        }
        [seconds, rest @ ..] if rest.len() == 5 => (rest, at_full_minute(seconds)?),
        columns => (columns, None),
    };
    let text = columns.join(" ");
    if columns.len() != 5 || Times::parse(&text).is_none() {
        return Err(format!("`{text}` is no schedule of a CronJob"));
    }
    let [first @ .., weekdays] = columns else { return Err("has no schedule".to_owned()) };
    let schedule = format!("{} {}", first.join(" "), sundays(weekdays));
    Ok(When { schedule, note })
}

fn every(length: &str, stagger: Option<&str>) -> Result<When, String> {
    let seconds = duration(length).filter(|seconds| (60..1_000_000_000).contains(seconds));
    let seconds = seconds.ok_or_else(|| format!("`@every {length}` is no schedule of a CronJob"))?;
    let found = schedule::every(seconds, stagger);
    let schedule = found.expression.filter(|_| found.fit != Fit::SubMinute);
    let schedule = schedule.ok_or_else(|| format!("`@every {length}` has no schedule"))?;
    Ok(When { schedule, note: found.difference })
}

/// `1h30m`, `90s` in whole seconds, as Go writes durations.
pub(in crate::shell) fn duration(text: &str) -> Option<u64> {
    const SECOND: u64 = 1_000_000_000;
    let nanoseconds = u64::try_from(go_duration::parse(text).ok()?).ok()?;
    (nanoseconds % SECOND == 0).then_some(nanoseconds / SECOND)
}

fn without_years<'a>(columns: &'a [&'a str], years: &str) -> Result<&'a [&'a str], String> {
    if years == "*" {
        Ok(columns)
    } else {
        Err(format!("a column of years, which a CronJob has not: `{years}`"))
    }
}

fn at_full_minute(seconds: &str) -> Result<Option<String>, String> {
    match seconds.parse::<u64>() {
        Ok(0) => Ok(None),
        Ok(second) if second < 60 => {
            Ok(Some(format!("it started at second {second} of the minute, a CronJob starts at the first")))
        }
        _ => Err(format!("a column of seconds, which a CronJob has not: `{seconds}`")),
    }
}

/// Whether it could be a column of a schedule. A program's name could not.
fn is_column(word: &str) -> bool {
    let named = |word: &str| MONTHS.iter().chain(&WEEKDAYS).any(|name| name.eq_ignore_ascii_case(word));
    word.split([',', '-', '/']).all(|part| {
        part == "*"
            || part == "?"
            || named(part)
            || !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || matches!(c, 'L' | 'W' | '#'))
    })
}

/// In a crontab Sunday is 0 and 7, in a CronJob only 0.
fn sundays(weekdays: &str) -> String {
    let part = |part: &str| -> String {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let days = match (range.split_once('-'), step) {
            (None, None) if range == "7" => return "0".to_owned(),
            (Some((start, "7")), None) => {
                return if matches!(start, "0" | "1") { "*".to_owned() } else { format!("{start}-6,0") };
            }
            (Some((start, "7")), Some(step)) => start.parse::<u64>().ok().zip(step.parse::<usize>().ok()),
            _ => None,
        };
        let Some((start, step)) = days else { return part.to_owned() };
        let days = (start..=7).step_by(step.max(1)).map(|day| (day % 7).to_string());
        days.collect::<Vec<_>>().join(",")
    };
    let parts: Vec<String> = weekdays.split(',').map(part).collect();
    if parts.iter().any(|part| part == "*") { "*".to_owned() } else { parts.join(",") }
}

/// The time zone of a name, as `timeZone` takes it; nothing for UTC, which is what clusters have.
///
/// # Errors
/// If it is no name of the time zone database.
pub fn time_zone(name: &str) -> Result<Option<String>, String> {
    const WITHOUT_PLACE: [&str; 14] = [
        "CET", "CST6CDT", "EET", "EST", "EST5EDT", "HST", "MET", "MST", "MST7MDT", "PRC", "PST8PDT", "ROK",
        "WET", "Japan",
    ];
    let name = name.trim().trim_start_matches(':');
    if ["", "UTC", "GMT", "Z", "UCT", "Zulu", "Universal", "Etc/UTC", "Etc/GMT", "Etc/UCT"].contains(&name) {
        return Ok(None);
    }
    let is_part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    let parts: Vec<&str> = name.split('/').collect();
    let known = (2..=3).contains(&parts.len()) && parts.iter().all(|part| is_part(part));
    if known || WITHOUT_PLACE.contains(&name) {
        return Ok(Some(name.to_owned()));
    }
    Err(format!("`{name}` is no name of the time zone database"))
}

/// Whether it depends on the time zone when a schedule runs.
pub fn follows_time_zone(schedule: &str) -> bool {
    if schedule.starts_with("@every") || schedule == "@hourly" {
        return false;
    }
    schedule.starts_with('@') || !schedule.split_whitespace().skip(1).all(|column| column == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_schedules() {
        let cases = [
            ("0 3 * * 7", "0 3 * * 0"),
            ("0 3 * * 5-7", "0 3 * * 5-6,0"),
            ("0 3 * * 1-7", "0 3 * * *"),
            ("0 3 * * 1-7/2", "0 3 * * 1,3,5,0"),
            ("0 */5 * * * *", "*/5 * * * *"),
            ("0 0 4 ? * MON *", "0 4 ? * MON"),
            ("@daily", "@daily"),
            ("@every 1h", "0 * * * *"),
            ("@every 90m", "@every 90m"),
        ];
        for (text, expected) in cases {
            assert_eq!(of_text(text, None).map(|when| when.schedule), Ok(expected.to_owned()), "{text}");
        }
        for wrong in
            ["", "* * * *", "*/5 * * * * *", "0 0 0 1 1 * 2030", "@reboot", "@every 5s", "61 * * * *", "x"]
        {
            assert!(of_text(wrong, None).is_err(), "{wrong}");
        }
        assert!(of_text("30 0 4 * * *", None).is_ok_and(|when| when.note.is_some()));
        assert_eq!(
            of(&["0", "4", "*", "*", "*", "*"], Format::Supercronic, None).map(|when| when.schedule),
            Ok("0 4 * * *".to_owned())
        );
    }

    #[test]
    fn durations_are_of_go() {
        let cases = [
            ("1h30m", Some(5_400)),
            ("90s", Some(90)),
            ("5", None),
            ("5ms", None),
            ("1.5h", Some(5_400)),
            ("-5m", None),
            ("", None),
            ("é", None),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn time_zones_have_names() {
        let named = |name: &str| Ok(Some(name.to_owned()));
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "CET"] {
            assert_eq!(time_zone(name), named(name));
        }
        assert_eq!(time_zone("UTC"), Ok(None));
        for wrong in ["CET-1CEST", "local", "Europe/", "/etc/localtime", "Europe/ber lin"] {
            assert!(time_zone(wrong).is_err(), "{wrong}");
        }
        for (schedule, expected) in [
            ("*/5 * * * *", false),
            ("0 3 * * *", true),
            ("@daily", true),
            ("@hourly", false),
            ("* * * * 1", true),
        ] {
            assert_eq!(follows_time_zone(schedule), expected, "{schedule}");
        }
    }
}
