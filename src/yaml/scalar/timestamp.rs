//! Dates and times, by the four layouts of go-yaml v3 as Go's `time.Parse` reads them.

/// Whether this is `2001-1-1`, `2001-1-1 1:2:3` or `2001-1-1T1:2:3Z`, each with a fraction of a second if
/// wanted, and a day that exists.
pub(super) fn is_timestamp(text: &str) -> bool {
    let Some((date, rest)) = date(text) else { return false };
    if !date.exists() {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    if let Some(rest) = rest.strip_prefix(['T', 't']) {
        return clock(rest).is_some_and(is_zone);
    }
    rest.starts_with(' ') && clock(rest.trim_start_matches(' ')).is_some_and(str::is_empty)
}

struct Date {
    year: u32,
    month: u32,
    day: u32,
}

impl Date {
    fn exists(&self) -> bool {
        let leap =
            self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        (1..=days).contains(&self.day)
    }
}

fn date(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = text.split_once('-')?;
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, rest) = short_number(rest)?;
    let (day, rest) = short_number(rest.strip_prefix('-')?)?;
    Some((Date { year: year.parse().ok()?, month, day }, rest))
}

/// `15:4:5` and a fraction; what is behind them.
fn clock(text: &str) -> Option<&str> {
    let (hour, rest) = short_number(text)?;
    let (minute, rest) = short_number(rest.strip_prefix(':')?)?;
    let (second, rest) = short_number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let behind = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    match rest.strip_prefix(['.', ',']) {
        Some(fraction) if behind(fraction) < fraction.len() => rest.get(rest.len() - behind(fraction)..),
        _ => Some(rest),
    }
}

fn is_zone(text: &str) -> bool {
    let offset = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        Some(two_digits(hours)? <= 24 && two_digits(minutes)? <= 60)
    };
    text == "Z" || text.strip_prefix(['+', '-']).and_then(offset).unwrap_or(false)
}

fn two_digits(text: &str) -> Option<u32> {
    short_number(text).filter(|(_, rest)| text.len() == 2 && rest.is_empty()).map(|(number, _)| number)
}

/// One or two digits, and what is behind them.
fn short_number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}
