//! When a schedule of five fields runs next.

use std::collections::BTreeSet;

use crate::compose::values::duration;

/// The times that five fields stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Times {
    minutes: BTreeSet<u64>,
    hours: BTreeSet<u64>,
    days: BTreeSet<u64>,
    months: BTreeSet<u64>,
    weekdays: BTreeSet<u64>,
    /// With both a day and a weekday named, one of them is enough.
    either_day: bool,
}

pub(super) const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
pub(super) const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Years within which every legal schedule runs: a 29th of February comes by then.
const YEARS: u64 = 9;

/// Words that stand for five fields.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Why a cluster refuses a schedule, or never runs it. The API server reads it with the standard parser of
/// `robfig/cron`: Sunday is 0 alone, empty parts of a list are passed over, and what is behind `*-` does not count.
pub(super) fn fault(schedule: &str) -> Option<String> {
    if schedule.contains("TZ") {
        return Some("a time zone does not belong in `schedule`".to_owned());
    }
    if let Some(length) = schedule.strip_prefix("@every ") {
        // Compose has days and weeks, Go has not.
        let is_length = !length.contains(['d', 'w']) && duration::parse(length).is_ok();
        return (!is_length).then(|| format!("`{length}` is no duration such as `90m`"));
    }
    if schedule.starts_with('@') && !WORDS.iter().any(|(word, _)| *word == schedule) {
        return Some(format!("`{schedule}` is no known word"));
    }
    match Times::read(schedule, 6) {
        Ok(times) => times.after(0, 1).is_empty().then(|| "there is no such day".to_owned()),
        Err(fault) => Some(fault),
    }
}

impl Times {
    /// Five fields as Kubernetes takes them, Sunday also as 7, or `@daily` and the like; `@every` and `@reboot` are
    /// no times.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::read(text.trim(), 7).ok()
    }

    /// The times, or what is wrong with the text.
    fn read(text: &str, last_weekday: u64) -> Result<Self, String> {
        let text = WORDS.iter().find(|(word, _)| *word == text).map_or(text, |(_, fields)| fields);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields[..] else {
            return Err("a schedule has five fields".to_owned());
        };
        let is_named = |field: &str| !field.starts_with(['*', '?']);
        let weekday = field(weekdays, "weekdays", (0, last_weekday), &WEEKDAYS);
        Ok(Self {
            minutes: field(minutes, "minutes", (0, 59), &[])?,
            hours: field(hours, "hours", (0, 23), &[])?,
            days: field(days, "days", (1, 31), &[])?,
            months: field(months, "months", (1, 12), &MONTHS)?,
            weekdays: weekday?.into_iter().map(|day| day % 7).collect(),
            either_day: is_named(days) && is_named(weekdays),
        })
    }

    /// The first so many times behind a moment, in seconds since 1970, all in UTC.
    pub(super) fn after(&self, moment: u64, count: usize) -> Vec<u64> {
        let first_day = moment / 86_400;
        let days = (first_day..first_day + YEARS * 366).filter(|day| self.has_day(*day));
        let hours = days.flat_map(|day| self.hours.iter().map(move |hour| day * 86_400 + hour * 3_600));
        let times = hours.flat_map(|hour| self.minutes.iter().map(move |minute| hour + minute * 60));
        times.filter(|time| *time > moment).take(count).collect()
    }

    fn has_day(&self, day: u64) -> bool {
        let (_, month, date) = civil(day);
        let (date, weekday) = (self.days.contains(&date), self.weekdays.contains(&((day + 4) % 7)));
        self.months.contains(&month) && if self.either_day { date || weekday } else { date && weekday }
    }
}

/// One field: lists of ranges with steps, numbers or names.
fn field(text: &str, what: &str, (first, last): (u64, u64), names: &[&str]) -> Result<BTreeSet<u64>, String> {
    let wrong = |part: &str| format!("`{part}` is none of the {what} {first}-{last}");
    let number = |word: &str| {
        let lower = word.to_ascii_lowercase();
        let named = names.iter().position(|name| *name == lower);
        let named = named.and_then(|index| u64::try_from(index).ok()).map(|index| index + first);
        let plain = word.strip_prefix('+').unwrap_or(word).bytes().all(|byte| byte.is_ascii_digit());
        named
            .or_else(|| word.parse().ok().filter(|_| plain))
            .filter(|number| (first..=last).contains(number))
            .ok_or_else(|| wrong(word))
    };
    let mut all = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => {
                let steps = step.parse::<usize>().ok().filter(|step| *step > 0);
                (range, Some(steps.ok_or_else(|| format!("`{part}` has no steps of 1 or more"))?))
            }
            None => (part, None),
        };
        let (start, end) = match range.split_once('-') {
            _ if range == "*" || range == "?" => (first, last),
            Some(("*" | "?", rest)) if !rest.contains('-') => (first, last),
            Some((start, end)) => (number(start)?, number(end)?),
            None => {
                let start = number(range)?;
                (start, if step.is_some() { last } else { start })
            }
        };
        if start > end {
            return Err(format!("`{range}` ends before it begins"));
        }
        all.extend((start..=end).step_by(step.unwrap_or(1)));
    }
    Ok(all)
}

/// Year, month and day of a count of days since 1970 (Hinnant's algorithm).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// `2026-03-01 04:05` in UTC.
pub(super) fn show(moment: u64) -> String {
    let (year, month, day) = civil(moment / 86_400);
    let (hour, minute) = (moment % 86_400 / 3_600, moment % 3_600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_follow_the_fields() {
        // 2026-01-01 was a Thursday.
        let start = 1_767_225_600;
        let cases = [
            ("*/20 * * * *", ["2026-01-01 00:20", "2026-01-01 00:40"]),
            ("3-59/30 * * * *", ["2026-01-01 00:03", "2026-01-01 00:33"]),
            ("0 4 * * mon", ["2026-01-05 04:00", "2026-01-12 04:00"]),
            ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
            ("0 0 13 * 5", ["2026-01-02 00:00", "2026-01-09 00:00"]),
            ("@daily", ["2026-01-02 00:00", "2026-01-03 00:00"]),
        ];
        for (text, expected) in cases {
            let times = Times::parse(text).map(|times| times.after(start, 2)).unwrap_or_default();
            let shown: Vec<String> = times.into_iter().map(show).collect();
            assert_eq!(shown, expected, "{text}");
        }
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "a b c d e",
            "5-1 * * * *",
            "*/0 * * * *",
            "@every 5m",
        ] {
            assert_eq!(Times::parse(wrong), None, "{wrong}");
        }
    }
    #[test]
    fn clusters_refuse_what_their_parser_does() {
        let taken = [
            "*/5 * * * *",
            "0 0 * * SUN",
            "0 0 ? * ?",
            "1,2,5-9/2 */3 1-5 jan-Mar mon-FRI",
            "05 +4 * * *",
            "1,,2 * * * *",
            "*-5 * * * *",
            "3/15 * * * *",
            "@hourly",
            "@midnight",
            "@every 1h30m",
            "@every 90s",
            "0 0 29 2 *",
            "0 0 31 2 1",
        ];
        for schedule in taken {
            assert_eq!(fault(schedule), None, "{schedule}");
        }
        let refused = [
            "",
            "foo bar * * *",
            "* * * *",
            "0 0 0 1 1 *",
            "0 24 * * *",
            "60 * * * *",
            "5-1 * * * *",
            "*/0 * * * *",
            "*/x * * * *",
            "1/2/3 * * * *",
            "1-2-3 * * * *",
            "-1 * * * *",
            "0 0 0 * *",
            "0 0 32 * *",
            "0 0 * 13 *",
            "0 0 * 0 *",
            "0 0 * * 7",
            "0 0 * * 1-7",
            "0 0 * mon *",
            "0 0 L * *",
            "jan * * * *",
            "@reboot",
            "@Daily",
            "@every",
            "@every 5",
            "@every 1d",
            "@every x",
            "TZ=UTC 0 0 * * *",
            "CRON_TZ=UTC 0 0 * * *",
            "0 0 30 2 *",
            "0 0 31 feb,apr *",
            ", * * * *",
        ];
        for schedule in refused {
            assert!(fault(schedule).is_some(), "{schedule}");
        }
    }
}
