//! Durations such as `1m30s`: compose specification, "Specifying durations".

use std::fmt::Write as _;

use super::ValueError;

/// The units, longest name first where one begins another, and their length in nanoseconds.
const UNITS: [(&str, u64); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", MINUTE),
    ("h", HOUR),
    ("d", 24 * HOUR),
    ("w", 7 * 24 * HOUR),
];
const MINUTE: u64 = 60 * 1_000_000_000;
const HOUR: u64 = 60 * MINUTE;

/// Reads a duration into nanoseconds: numbers with a unit each, in any order, after an optional sign
/// for the whole; or a bare `0`. A fraction of a nanosecond is cut off.
///
/// # Errors
/// On a number without a unit, unknown units (they are lower case), blanks, and more than 63 bits.
pub fn parse(text: &str) -> Result<i64, ValueError> {
    let too_long = || ValueError::whole(text, "the duration is too long");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "0" {
        return Ok(0);
    }
    if unsigned.is_empty() {
        return Err(ValueError::whole(text, "expected a duration such as `1m30s`"));
    }
    let mut nanoseconds = 0u64;
    let mut rest = unsigned;
    while !rest.is_empty() {
        let (number, behind) = split_number(rest);
        if !number.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(ValueError::part(text, rest, "expected a number and a unit, such as `30s`"));
        }
        let end = behind.find(|character: char| character == '.' || character.is_ascii_digit());
        let (unit, next) = behind.split_at(end.unwrap_or(behind.len()));
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let (part, message) = match unit {
                "" => (number, "this number has no unit, expected one such as `s`, `m` or `h`".to_owned()),
                _ => (unit, "unknown unit of time, expected `ms`, `s`, `m`, `h`, `d` or `w`".to_owned()),
            };
            return Err(ValueError::part(text, part, message));
        };
        let part = scaled(number, *scale).ok_or_else(too_long)?;
        nanoseconds = nanoseconds.checked_add(part).ok_or_else(too_long)?;
        rest = next;
    }
    let signed = if text.starts_with('-') {
        0i64.checked_sub_unsigned(nanoseconds)
    } else {
        0i64.checked_add_unsigned(nanoseconds)
    };
    signed.ok_or_else(too_long)
}

/// Splits digits with at most one point among them off the front.
fn split_number(text: &str) -> (&str, &str) {
    let mut points = 0;
    let end = text.find(|character: char| {
        points += usize::from(character == '.');
        points > 1 || (character != '.' && !character.is_ascii_digit())
    });
    text.split_at(end.unwrap_or(text.len()))
}

/// The number times the unit; the fraction is computed in floating point, as docker compose does.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let whole = whole.checked_mul(scale)?;
    let (mut numerator, mut denominator) = (0i64, 1.0);
    for digit in fraction.bytes().map(|byte| i64::from(byte - b'0')) {
        // Digits that do not fit into 63 bits are too small to matter.
        let Some(longer) = numerator.checked_mul(10).and_then(|shifted| shifted.checked_add(digit)) else {
            break;
        };
        (numerator, denominator) = (longer, denominator * 10.0);
    }
    whole.checked_add((numerator as f64 * (scale as f64 / denominator)) as u64)
}

/// Writes nanoseconds as Go does: `1h0m0s`, `1m30s`, `1.5s`, `100µs`, `0s`.
pub fn format(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let rest = nanoseconds.unsigned_abs();
    let mut text = sign.to_owned();
    match rest {
        0 => text.push_str("0s"),
        1..1_000 => push_decimal(&mut text, rest, 1, "ns"),
        1_000..1_000_000 => push_decimal(&mut text, rest, 1_000, "µs"),
        1_000_000..1_000_000_000 => push_decimal(&mut text, rest, 1_000_000, "ms"),
        _ => {
            let (hours, minutes) = (rest / HOUR, rest % HOUR / MINUTE);
            if hours > 0 {
                text.push_str(&format!("{hours}h"));
            }
            if rest >= MINUTE {
                text.push_str(&format!("{minutes}m"));
            }
            push_decimal(&mut text, rest % MINUTE, 1_000_000_000, "s");
        }
    }
    text
}

/// Appends a number of `scale`ths with as many decimals as it needs, and the unit.
fn push_decimal(text: &mut String, number: u64, scale: u64, unit: &str) {
    let width = scale.ilog10() as usize;
    // Writing into a `String` cannot fail.
    let _ = write!(text, "{}", number / scale);
    if !number.is_multiple_of(scale) {
        let decimals = format!("{:0width$}", number % scale);
        let _ = write!(text, ".{}", decimals.trim_end_matches('0'));
    }
    text.push_str(unit);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_and_writes_like_docker_compose() {
        let cases = [
            ("0 0s +0 -0 0d .0s 0.5ns 0.0000000001s", "0s"),
            ("1s +1s 1.s 1.0000000000000000000000001s 0.9999999999999999999999s", "1s"),
            ("90s 1m30s 30s1m 1.5m", "1m30s"),
            ("60s 1m", "1m0s"),
            ("1m1m", "2m0s"),
            ("1.5s 1s500ms", "1.5s"),
            ("100ms .1s", "100ms"),
            ("-.5s", "-500ms"),
            ("1us 1µs 1μs 1000ns", "1µs"),
            ("0.1ms", "100µs"),
            ("0.1µs", "100ns"),
            ("1ns 1.5ns", "1ns"),
            ("1ms1us1ns", "1.001001ms"),
            ("1h", "1h0m0s"),
            ("1d 24h", "24h0m0s"),
            ("1d12h 1.5d", "36h0m0s"),
            ("1w", "168h0m0s"),
            ("1.1w", "184h48m0s"),
            ("0.3333333333333333333h", "20m0s"),
            ("1.000000001s", "1.000000001s"),
            ("2562047h47m16.854775807s 9223372036854775807ns", "2562047h47m16.854775807s"),
            ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
        ];
        for (texts, expected) in cases {
            for text in texts.split(' ') {
                assert_eq!(parse(text).map(format).as_deref(), Ok(expected), "{text}");
            }
        }
    }

    #[test]
    fn says_what_is_wrong_where() {
        let cases = [
            ("", 0..0),
            ("+", 0..1),
            ("1", 0..1),
            ("00", 0..2),
            ("1m30", 2..4),
            ("1.1.1s", 0..3),
            ("s", 0..1),
            (".s", 0..2),
            ("1S", 1..2),
            ("1M", 1..2),
            ("1y", 1..2),
            ("1µ", 1..3),
            ("1 s", 1..3),
            (" 1s", 0..3),
            ("1h 30m", 1..3),
            ("1h-1m", 1..3),
            ("+-1s", 1..4),
            ("1e3s", 1..2),
            ("9223372036854775808ns", 0..21),
            ("15251w", 0..6),
            ("99999999999999999999s", 0..21),
        ];
        for (text, range) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([0-9.+\-nuµmshdw]|\PC){0,12}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.offset..error.offset + error.len).is_some());
            }
        }

        #[test]
        fn reads_back_what_it_writes(nanoseconds: i64) {
            prop_assert_eq!(parse(&format(nanoseconds)), Ok(nanoseconds));
        }
    }
}
