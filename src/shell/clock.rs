//! Times of day in scripts, and lengths of time.

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

/// `90`, `1.5h`, `10m`: an operand of `sleep` in seconds.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let text = text.trim();
    if text == "infinity" || text == "inf" {
        return Some(f64::INFINITY);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    Some(number * unit)
}

/// What `date +FORMAT` says at a moment, in UTC.
pub(super) fn said_by_date(command: &str, now: u64) -> Option<String> {
    let mut words = command.split_whitespace();
    let mut format = words.next().filter(|word| *word == "date").and(words.next())?;
    if matches!(format, "-u" | "--utc") {
        format = words.next()?;
    }
    let format = format.trim_matches(['"', '\'']).strip_prefix('+')?;
    if words.next().is_some() {
        return None;
    }
    let day = now % 86_400;
    let mut said = String::new();
    let mut parts = format.split('%');
    said.push_str(parts.next()?);
    for part in parts {
        let (is_plain, part) = part.strip_prefix('-').map_or((false, part), |part| (true, part));
        let mut letters = part.chars();
        let (value, width) = match letters.next()? {
            's' => (now, 1),
            'H' => (day / 3_600, 2),
            'M' => (day % 3_600 / 60, 2),
            'S' => (day % 60, 2),
            _ => return None,
        };
        let width = if is_plain { 1 } else { width };
        said.push_str(&format!("{value:0width$}"));
        said.push_str(letters.as_str());
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_says_what_it_is_asked_for() {
        let cases = [
            ("date +%s", Some("93784")),
            ("date -u '+%H:%M:%S'", Some("02:03:04")),
            ("date \"+%-H\"", Some("2")),
            ("date +%F", None),
            ("date", None),
            ("date +%s -d tomorrow", None),
        ];
        for (command, expected) in cases {
            assert_eq!(said_by_date(command, 93_784).as_deref(), expected, "{command}");
        }
    }

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

    #[test]
    fn operands_of_sleep_have_units() {
        let cases = [
            ("300", Some(300.0)),
            ("5m", Some(300.0)),
            ("1.5h", Some(5_400.0)),
            (".5", Some(0.5)),
            ("2d", Some(172_800.0)),
            ("infinity", Some(f64::INFINITY)),
            ("5x", None),
            ("-5", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds_of(text), expected, "{text}");
        }
    }
}
