//! Whether a value says something itself, or only says where something comes from.

use super::{SWITCHES, as_written, is_absolute_path, reference};

/// What a `$` in a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dollar {
    /// A dollar: the value of a variable, as a container gets it.
    Sign,
    /// The beginning of one of compose's references; `$$` is a dollar.
    Compose,
    /// The beginning of a reference for a shell or for the kubelet, maybe with a second dollar for compose.
    Shell,
}

/// Words in the place of a value that are none.
const NO_VALUES: &[&str] =
    &["none", "nil", "undefined", "optional", "required", "enabled", "disabled", "auto"];

/// What code says when it asks for the value.
const ASKED_FOR: &[&str] = &["environ", "getenv", "process.env"];

/// How the names of files end that keep a secret.
const FILES: &[&str] = &[
    "pem", "key", "crt", "cer", "cert", "pub", "p12", "pfx", "jks", "asc", "gpg", "jwk", "jwt", "keystore",
    "json", "yml", "yaml", "toml", "conf", "cfg", "ini", "txt", "env", "sh",
];

/// Whether there is a literal in the text.
pub(super) fn has_literal(text: &str, dollar: Dollar) -> bool {
    match dollar {
        Dollar::Sign => reference::has_literal(&as_written(text)),
        Dollar::Compose => reference::has_literal(text),
        Dollar::Shell => reference::has_shell_literal(text),
    }
}

/// Whether the text may be a secret that somebody wrote down: no switch, path, address, name of a file, place for a
/// value, or nothing but references.
pub(super) fn may_be_secret(text: &str, dollar: Dollar) -> bool {
    let text = text.trim();
    let is_any = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_place = text.starts_with(['<', '{', '[', '(', '%', '@', '#'])
        || text.chars().all(|c| matches!(c, '*' | '.' | '-' | '\\' | '…' | '"' | '\''))
        || ASKED_FOR.iter().any(|word| text.contains(word));
    !text.is_empty()
        && !is_any(SWITCHES)
        && !is_any(NO_VALUES)
        && !is_place
        && !is_absolute_path(text)
        && !is_file(text)
        && !text.contains("://")
        && has_literal(text, dollar)
}

/// Whether the value is a word that stands in the place of one.
pub(super) fn is_said_to_be_none(text: &str) -> bool {
    NO_VALUES.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// A file by a relative path, or said to be one.
fn is_file(text: &str) -> bool {
    let is_path = text.starts_with("./") || text.starts_with("../") || text.starts_with("~/");
    let lower = text.to_ascii_lowercase();
    is_path
        || ["file:", "env:", "stdin"].iter().any(|scheme| lower.starts_with(scheme))
        || lower.rsplit_once('.').is_some_and(|(_, ending)| FILES.contains(&ending))
}

/// Long, of letters and digits mixed, without blanks: nobody would choose it as a word.
pub(super) fn looks_random(text: &str) -> bool {
    text.len() >= 16
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-+/=.~%".contains(c))
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret() {
        for text in ["hunter2", "changeme", "pa$$word", "a b", "${A:-hunter2}", "x$A", "/9j4AAQSkZJRgABAQ1"] {
            assert!(may_be_secret(text, Dollar::Compose) && may_be_secret(text, Dollar::Shell), "{text}");
        }
        for text in [
            "",
            "true",
            "None",
            "***",
            "<password>",
            "{{ .Password }}",
            "%s",
            "/run/secrets/db",
            "./db.txt",
            "certs/db.key",
            "file:/run/db",
            "@/run/db",
            "https://login.example.com",
            "os.environ['X']",
            "$A",
            "${A:?unset}",
        ] {
            assert!(!may_be_secret(text, Dollar::Compose) && !may_be_secret(text, Dollar::Shell), "{text}");
        }
        assert!(may_be_secret("$A", Dollar::Sign) && may_be_secret("$$A", Dollar::Compose));
        assert!(!may_be_secret("$$A", Dollar::Shell) && !may_be_secret("$(cat /run/x)", Dollar::Shell));
    }

    #[test]
    fn what_looks_random() {
        assert!(looks_random("3f2a9c1b7d4e8f60") && looks_random("abcDEF-123_456=ghi"));
        assert!(
            !looks_random("short1")
                && !looks_random("only-letters-in-here")
                && !looks_random("12345678901234567")
        );
    }
}
