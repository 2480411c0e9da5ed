//! Names with wildcards.

use std::fmt;

/// A name in which `*` stands for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// The name as it was written.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether this is one of the names that are meant.
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut in_pattern, mut in_text) = (0, 0);
        // Behind the last star, and where the text went on when it was met: there is no need to go back further.
        let mut star: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match pattern.get(in_pattern) {
                Some('*') => {
                    in_pattern += 1;
                    star = Some((in_pattern, in_text));
                }
                Some(wanted) if *wanted == '?' || *wanted == text[in_text] => {
                    in_pattern += 1;
                    in_text += 1;
                }
                _ => {
                    let Some((behind, at)) = star else { return false };
                    in_pattern = behind;
                    in_text = at + 1;
                    star = Some((behind, in_text));
                }
            }
        }
        pattern[in_pattern..].iter().all(|rest| *rest == '*')
    }

    /// The characters before the first wildcard.
    pub fn literal(&self) -> &str {
        self.0.split(['*', '?']).next().unwrap_or_default()
    }

    /// Whether it stands for one name only.
    pub fn is_literal(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text, expected) in [
            ("api", "api", true),
            ("api", "api2", false),
            ("api*", "api", true),
            ("env.FEATURE_*", "env.FEATURE_X", true),
            ("env.FEATURE_*", "env.FEATUREX", false),
            ("*-worker", "mail-worker", true),
            ("*a*b", "xaxxab", true),
            ("*a*b", "xaxxabc", false),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
        // Takes no time that grows with a power of the stars.
        assert!(!Glob::new("a*".repeat(30) + "b").matches(&"a".repeat(2000)));
    }
}
