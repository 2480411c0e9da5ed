//! Truth values written as strings, in the places where compose wants a boolean.

use super::ValueError;

/// A truth value and the age of the word that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boolean {
    /// What the word means.
    pub value: bool,
    /// It is a word of YAML 1.1, such as `yes` or `off`, which YAML 1.2 takes for a string. Compose
    /// warns of it.
    pub yaml_1_1: bool,
}

/// Reads `true`, `false` and the words of YAML 1.1, upper and lower case alike.
///
/// # Errors
/// On anything else, `1`, `t` and the empty text included.
pub fn parse(text: &str) -> Result<Boolean, ValueError> {
    let (value, yaml_1_1) = match text.to_ascii_lowercase().as_str() {
        "true" => (true, false),
        "false" => (false, false),
        "y" | "yes" | "on" => (true, true),
        "n" | "no" | "off" => (false, true),
        _ => return Err(ValueError::whole(text, "expected `true` or `false`")),
    };
    Ok(Boolean { value, yaml_1_1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_words_of_two_ages() {
        let cases = [
            ("true True TRUE", true, false),
            ("false False fAlse", false, false),
            ("y Yes YES oN", true, true),
            ("n N no Off", false, true),
        ];
        for (words, value, yaml_1_1) in cases {
            for word in words.split(' ') {
                assert_eq!(parse(word), Ok(Boolean { value, yaml_1_1 }), "{word}");
            }
        }
        for word in ["", "1", "0", "t", " true", "enabled"] {
            assert!(parse(word).is_err(), "{word}");
        }
    }
}
