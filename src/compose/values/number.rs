//! Numbers written as strings, in the places where compose wants a number.

use super::ValueError;

/// Reads a whole number, to base ten, with an optional sign.
///
/// # Errors
/// On blanks, underscores, prefixes such as `0x`, fractions, and numbers beyond 64 bits.
pub fn signed(text: &str) -> Result<i64, ValueError> {
    whole_number(text, text.strip_prefix(['+', '-']).unwrap_or(text))
}

/// Reads a whole number, to base ten, without a sign.
///
/// # Errors
/// As [`signed`], and on a sign.
pub fn unsigned(text: &str) -> Result<u64, ValueError> {
    whole_number(text, text)
}

fn whole_number<N: std::str::FromStr>(text: &str, digits: &str) -> Result<N, ValueError> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ValueError::whole(text, "expected a whole number"));
    }
    text.parse().map_err(|_| ValueError::whole(text, "the number is too large"))
}

/// Reads a number that may have a fraction and an exponent, or be infinite or not a number.
/// Underscores may stand between two digits.
///
/// # Errors
/// On anything else, blanks and hexadecimal numbers included, and on numbers beyond a double.
pub fn float(text: &str) -> Result<f64, ValueError> {
    let wrong = || ValueError::whole(text, "expected a number");
    match text.to_ascii_lowercase().as_str() {
        "nan" => return Ok(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => return Ok(f64::INFINITY),
        "-inf" | "-infinity" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let bytes = text.as_bytes();
    let digit_at = |index: Option<usize>| {
        index.and_then(|index| bytes.get(index)).is_some_and(|byte| byte.is_ascii_digit())
    };
    let well_formed = bytes.iter().enumerate().all(|(index, byte)| match byte {
        b'_' => digit_at(index.checked_sub(1)) && digit_at(Some(index + 1)),
        byte => byte.is_ascii_digit() || b"+-.eE".contains(byte),
    });
    if !well_formed {
        return Err(wrong());
    }
    let number: f64 = text.replace('_', "").parse().map_err(|_| wrong())?;
    if number.is_finite() { Ok(number) } else { Err(ValueError::whole(text, "the number is too large")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whole_numbers_have_base_ten() {
        for (text, expected) in
            [("5", 5), ("+5", 5), ("-5", -5), ("05", 5), ("-9223372036854775808", i64::MIN)]
        {
            assert_eq!(signed(text), Ok(expected), "{text}");
        }
        for text in ["", "+", "--1", "0x5", "1_0", "5.0", " 5", "1e3", "9223372036854775808", "５"] {
            assert!(signed(text).is_err(), "{text}");
        }
        assert_eq!(unsigned("18446744073709551615"), Ok(u64::MAX));
        assert!(unsigned("+1").is_err() && unsigned("-0").is_err());
    }

    #[test]
    fn floats_are_those_of_docker_compose() {
        let cases = [
            ("5", 5.0),
            ("-.5", -0.5),
            ("5.", 5.0),
            ("1e3", 1000.0),
            ("1_0", 10.0),
            ("1e1_0", 1e10),
            ("0_1", 1.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
        ];
        for (text, expected) in cases {
            assert_eq!(float(text), Ok(expected), "{text}");
        }
        assert!(float("NaN").unwrap().is_nan());
        for text in [
            "", " 5", "1__0", "_1", "1_", "1_.5", "infinit", "+nan", "1.5f", "0x1", "1e400", ".", "e3",
            "1.2.3",
        ] {
            assert!(float(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([0-9+\-._eE]|\PC){0,12}") {
            let _ = (signed(&text), unsigned(&text), float(&text));
        }

        #[test]
        fn reads_back_what_is_printed(whole: i64, number in -1e300f64..1e300) {
            prop_assert_eq!(signed(&whole.to_string()), Ok(whole));
            prop_assert_eq!(float(&number.to_string()), Ok(number));
        }
    }
}
