//! Words for truth values, of YAML 1.2 and of YAML 1.1.

/// A truth value and the age of the word that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boolean {
    /// What the word means.
    pub value: bool,
    /// It is a word of YAML 1.1, such as `yes` or `off`, which YAML 1.2 takes for a string.
    pub yaml_1_1: bool,
}

/// Reads `true`, `false` and the words of YAML 1.1, upper and lower case alike.
pub fn parse(text: &str) -> Option<Boolean> {
    let (value, yaml_1_1) = match text.to_ascii_lowercase().as_str() {
        "true" => (true, false),
        "false" => (false, false),
        "y" | "yes" | "on" => (true, true),
        "n" | "no" | "off" => (false, true),
        _ => return None,
    };
    Some(Boolean { value, yaml_1_1 })
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
                assert_eq!(parse(word), Some(Boolean { value, yaml_1_1 }), "{word}");
            }
        }
        for word in ["", "1", "0", "t", " true", "enabled"] {
            assert_eq!(parse(word), None, "{word}");
        }
    }
}
