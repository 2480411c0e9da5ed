//! Findings in JSON: version 1 of the contract that `docs/` describes.

use serde_json::Value;

use super::Finding;

/// The version of the contract.
pub const VERSION: u32 = 1;

/// A list of `{code, name, severity, message, help, url, fingerprint, labels}`, with `edits` where
/// something is known to mend the finding.
pub fn list(findings: &[Finding]) -> Vec<Value> {
    // Texts, numbers and lists of them can always be written.
    findings.iter().map(|finding| serde_json::to_value(finding).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        diag::{Diagnostic, codes, findings},
        secret::Hidden,
        text::{Sources, Span},
    };

    fn example(before: &str) -> Value {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", format!("{before}é: x\n"));
        let at = Span::new(id, before.len() + 4, before.len() + 5);
        let diagnostic = Diagnostic::error(codes::WRONG_TYPE, "x at redis://:pw@redis")
            .at(at, "here")
            .help("say y")
            .edit(at, "y", true);
        list(&findings([&diagnostic], &sources, &Hidden::default())).remove(0)
    }

    #[test]
    fn follows_the_contract() {
        let value = example("a: b\n");
        let fingerprint = value["fingerprint"].clone();
        assert_eq!(
            value,
            json!({
                "code": "KL141", "name": "wrong-type", "severity": "error",
                "message": "x at redis://:**@redis", "help": "say y", "url": codes::WRONG_TYPE.url(),
                "fingerprint": fingerprint,
                "labels": [{
                    "file": "compose.yaml", "line": 2, "column": 4, "end_line": 2, "end_column": 5,
                    "text": "here", "primary": true,
                }],
                "edits": [{
                    "file": "compose.yaml", "line": 2, "column": 4, "end_line": 2, "end_column": 5,
                    "text": "y", "safe": true,
                }],
            })
        );
    }

    #[test]
    fn fingerprints_do_not_move_with_lines() {
        assert_eq!(example("")["fingerprint"], example("a: b\n\n")["fingerprint"]);
        assert_eq!(example("")["fingerprint"].as_str().map(str::len), Some(16));
    }

    #[test]
    fn findings_of_the_same_words_have_fingerprints_of_their_own() {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", "a: $X\nb: $X\n");
        let at = |start| {
            Diagnostic::warning(codes::UNSET_VARIABLE, "`X` is not set")
                .at(Span::new(id, start, start + 2), "")
        };
        let both = findings(&[at(3), at(9)], &sources, &Hidden::default());
        assert_ne!(both[0].fingerprint, both[1].fingerprint);
        let one = findings(&[at(9)], &sources, &Hidden::default());
        assert_eq!(both[0].fingerprint, one[0].fingerprint);
    }

    #[test]
    fn a_fix_with_a_secret_in_it_is_left_out() {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", "a: b\n");
        let diagnostic = Diagnostic::warning(codes::OBSOLETE, "x").edit(Span::new(id, 0, 1), "c", true).edit(
            Span::new(id, 3, 4),
            "redis://:hunter2@redis",
            true,
        );
        assert_eq!(findings([&diagnostic], &sources, &Hidden::default())[0].edits, []);
    }
}
