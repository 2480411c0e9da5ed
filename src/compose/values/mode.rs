//! File modes of mounted configs and secrets: compose specification, `configs` and `secrets`, `mode`.

use super::ValueError;

/// Reads a mode written as a string, to base eight.
///
/// # Errors
/// On anything but octal digits behind an optional sign.
pub fn parse(text: &str) -> Result<i64, ValueError> {
    i64::from_str_radix(text, 8)
        .map_err(|_| ValueError::whole(text, "expected an octal number such as `0440`"))
}

/// Writes a mode as docker compose does: octal, behind one zero.
pub fn format(mode: i64) -> String {
    let sign = if mode < 0 { "-" } else { "" };
    format!("0{sign}{:o}", mode.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn modes_are_octal() {
        let cases =
            [("0440", 0o440, "0440"), ("440", 0o440, "0440"), ("1777", 0o1777, "01777"), ("0", 0, "00")];
        for (text, mode, written) in cases {
            assert_eq!(parse(text), Ok(mode), "{text}");
            assert_eq!(format(mode), written);
        }
        assert_eq!((format(440), format(-1)), ("0670".to_owned(), "0-1".to_owned()));
        assert_eq!(parse("-1"), Ok(-1));
        for text in ["", "8", "0o440", "4_4", " 440", "u+r"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(mode in 0..i64::MAX) {
            prop_assert_eq!(parse(&format(mode)), Ok(mode));
        }
    }
}
