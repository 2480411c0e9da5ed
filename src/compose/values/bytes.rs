//! Sizes such as `512m`: compose specification, "Specifying byte values".

use super::{ValueError, number};

const SUFFIXES: &str = "kmgtp";

/// Reads a size into bytes: a number, then at most one space and a unit.
///
/// Units are `b` and `k`, `m`, `g`, `t`, `p`, each with `b` or `ib` behind it if one likes, upper and
/// lower case alike; all are powers of 1024. A fraction of a byte is cut off. A whole number without
/// a unit may be negative, as `-1` means "no limit" for some attributes.
///
/// # Errors
/// On other units, on blanks elsewhere, and on sizes beyond 63 bits.
pub fn parse(text: &str) -> Result<i64, ValueError> {
    if text.starts_with('-') {
        return number::signed(text).map_err(|_| ValueError::whole(text, "a size cannot be negative"));
    }
    let Some(last) =
        text.rfind(|character: char| character.is_ascii_digit() || matches!(character, '.' | ' '))
    else {
        return Err(ValueError::whole(text, "expected a size such as `512m`"));
    };
    let (number, unit) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let value = number::float(number)
        .map_err(|_| ValueError::part(text, number, "expected a number and a unit, such as `512m`"))?;
    let power = power_of_1024(unit).ok_or_else(|| {
        ValueError::part(text, unit, "unknown unit of size, expected `b`, `k`, `m`, `g`, `t` or `p`")
    })?;
    let bytes = value * 1024f64.powi(power);
    // 2^63 is a double, `i64::MAX` is not: the comparison must be made with the former.
    if bytes < 2f64.powi(63) {
        Ok(bytes as i64)
    } else {
        Err(ValueError::whole(text, "the size is too large"))
    }
}

fn power_of_1024(unit: &str) -> Option<i32> {
    let unit = unit.to_ascii_lowercase();
    let prefix = match unit.as_str() {
        "" | "b" => return Some(0),
        unit => unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit),
    };
    let position = SUFFIXES.find(prefix).filter(|_| prefix.len() == 1)?;
    i32::try_from(position + 1).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_powers_of_1024() {
        let cases = [
            ("1", 1),
            ("1b 1B", 1),
            ("1k 1K 1kb 1KB 1kib 1KiB 1kIB", 1 << 10),
            ("1m 1mB", 1 << 20),
            ("1g 1073741824", 1 << 30),
            ("1t", 1 << 40),
            ("1p 1024t", 1 << 50),
            ("1.5g", 3 << 29),
            (".5m", 1 << 19),
            ("1. 1.5b 1024e-3b 1.9", 1),
            ("0 0.5 0b -0 0.0009k", 0),
            ("1e3 1E3b 1_000", 1000),
            ("1e3k", 1_024_000),
            ("-1", -1),
            ("8191p", 8191 << 50),
        ];
        for (texts, expected) in cases {
            for text in texts.split(' ') {
                assert_eq!(parse(text), Ok(expected), "{text}");
            }
        }
        for text in ["1 k", "1 kib", "1k"] {
            assert_eq!(parse(text), Ok(1024), "{text}");
        }
        assert_eq!(parse("1 "), Ok(1));
    }

    #[test]
    fn says_what_is_wrong_where() {
        let cases = [
            ("", 0..0),
            ("b", 0..1),
            ("inf", 0..3),
            ("1e", 1..2),
            ("1ib", 1..3),
            ("1kk", 1..3),
            ("1kbb", 1..4),
            ("1_", 1..2),
            ("1  k", 0..2),
            ("1k b", 0..2),
            (" 1m", 0..2),
            ("1,5g", 0..3),
            ("1.0.0m", 0..5),
            ("0x10", 0..4),
            ("-1k", 0..3),
            ("8192p", 0..5),
            ("1e19", 0..4),
            ("9223372036854775808", 0..19),
        ];
        for (text, range) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([0-9.+\- ekmgtpibKB_]|\PC){0,10}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.offset..error.offset + error.len).is_some());
            }
        }

        #[test]
        fn whole_numbers_are_bytes(number in 0..1i64 << 53) {
            prop_assert_eq!(parse(&number.to_string()), Ok(number));
        }
    }
}
