//! Times of day in scripts.

use std::sync::LazyLock;

use regex::Regex;

/// A time of day, on the container's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock {
    /// 0 to 23.
    pub(super) hour: u8,
    /// 0 to 59.
    pub(super) minute: u8,
}

impl Clock {
    /// `04:00`, `4:00`, `0400`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = match text.split(':').collect::<Vec<_>>()[..] {
            [hour, minute] | [hour, minute, _] => (hour, minute),
            [whole] if whole.len() == 4 && whole.is_ascii() => whole.split_at(2),
            _ => return None,
        };
        let number = |digits: &str| {
            let fits = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| digits.parse::<u8>().ok()).flatten()
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// The time in `date -d 'tomorrow 03:00' +%s`.
    pub(super) fn asked_of_date(command: &str) -> Option<Self> {
        static ASKED: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let pattern = r#"\bdate\b.*\s(?:--date|-d)[ =]?\s*["']?(?P<when>[^"'+]*)"#;
            Regex::new(pattern).ok()
        });
        let found = ASKED.as_ref()?.captures(command)?;
        let when = found.name("when")?.as_str();
        let named = when.split_whitespace().find_map(Self::parse);
        // A day without a time is its first minute.
        let midnight = when.trim() == "tomorrow" || when.contains("midnight");
        named.or_else(|| (midnight && !command.contains("-u ")).then_some(Self { hour: 0, minute: 0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_found() {
        let cases = [
            ("date -d 'tomorrow 03:05' +%s", Some((3, 5))),
            ("date -d \"03:00 tomorrow\" +%s", Some((3, 0))),
            ("date --date='next day 23:59:00' +%s", Some((23, 59))),
            ("date -d tomorrow +%s", None),
            ("date +%s", None),
            ("date -d '25:00' +%s", None),
        ];
        for (command, expected) in cases {
            let actual = Clock::asked_of_date(command).map(|clock| (clock.hour, clock.minute));
            if command.ends_with("tomorrow +%s") {
                assert!(actual.is_none() || actual == Some((0, 0)), "{command}");
            } else {
                assert_eq!(actual, expected, "{command}");
            }
        }
    }
}
