//! Days of the calendar, `2027-03-31`.

use std::fmt;

const SECONDS_OF_A_DAY: u64 = 86_400;
/// Days in 400 years, after which the calendar begins anew.
const DAYS_OF_AN_ERA: u64 = 146_097;
/// From the first of March of the year 0 to the first day of 1970.
const DAYS_BEFORE_1970: u64 = 719_468;

/// A day of the Gregorian calendar; a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    /// The day that `YYYY-MM-DD` names, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return None };
        let number = |digits: &str, length: usize| {
            let fits = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| digits.parse().ok()).flatten()
        };
        let date = Self { year: number(year, 4)?, month: number(month, 2)?, day: number(day, 2)? };
        (1..=date.days_of_month()).contains(&date.day).then_some(date)
    }

    /// The day, in UTC, of a number of seconds after the first of January 1970.
    pub fn of_seconds(seconds: u64) -> Self {
        // Years begin in March here, so that the day that comes only every fourth year is the last one.
        let days = seconds / SECONDS_OF_A_DAY + DAYS_BEFORE_1970;
        let (era, of_era) = (days / DAYS_OF_AN_ERA, days % DAYS_OF_AN_ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let from_march = (5 * of_year + 2) / 153;
        let day = of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = era * 400 + year + u64::from(month <= 2);
        let fit = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Self { year: fit(year), month: fit(month), day: fit(day) }
    }

    fn days_of_month(&self) -> u32 {
        let is_leap =
            self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_exist_are_read() {
        for text in ["2027-03-31", "2024-02-29", "2000-02-29", "1970-01-01"] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), Some(text));
        }
        for text in
            ["2027-02-29", "1900-02-29", "2027-13-01", "2027-3-1", "31.3.2027", "soon", "2027-00-10", ""]
        {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert!(Date::parse("2027-03-31") > Date::parse("2026-12-31"));
    }

    #[test]
    fn seconds_fall_on_days() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_700_000_000, "2023-11-14"),
            (1_893_456_000, "2030-01-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(Date::of_seconds(seconds).to_string(), day);
        }
    }
}
