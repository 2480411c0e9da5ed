//! Diagnostics for programs: version 1 of the JSON contract.
//!
//! Lines and columns begin at 1, columns count characters, an end lies behind the last character.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Diagnostic, Label, Severity};
use crate::{secret::Hidden, text::Sources};

/// One diagnostic: `{code, name, severity, message, help, url, fingerprint, labels}`.
///
/// `fingerprint` names the finding across runs: it stays when lines are added above it.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &Sources, hidden: &Hidden) -> Value {
    json!({
        "code": diagnostic.code.id,
        "name": diagnostic.code.name,
        "severity": severity(diagnostic.severity),
        "message": hidden.redact_values(&diagnostic.message),
        "help": diagnostic.help.as_deref().map(|help| hidden.redact_values(help)),
        "url": null,
        "fingerprint": fingerprint(diagnostic, sources, hidden),
        "labels": diagnostic.labels.iter().map(|each| label(each, sources, hidden)).collect::<Vec<_>>(),
    })
}

/// The word of the contract for a severity.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn label(label: &Label, sources: &Sources, hidden: &Hidden) -> Value {
    let location = sources.location(label.span);
    json!({
        "file": location.file.as_str(),
        "line": location.line,
        "column": location.column,
        "end_line": location.end_line,
        "end_column": location.end_column,
        "text": hidden.redact_values(&label.text),
        "primary": label.primary,
    })
}

/// 16 hex digits over what is said and in which file, but not on which line.
fn fingerprint(diagnostic: &Diagnostic, sources: &Sources, hidden: &Hidden) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(text);
        hash.update([0]);
    };
    part(diagnostic.code.id);
    part(&hidden.redact_values(&diagnostic.message));
    for label in &diagnostic.labels {
        part(sources.get(label.span.source).path().as_str());
        part(&hidden.redact_values(&label.text));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Code, text::Span};

    const CODE: Code =
        Code { id: "KL999", name: "a-case", severity: Severity::Error, summary: "a case of a test" };

    fn example(before: &str) -> Value {
        let mut sources = Sources::default();
        let id = sources.add("compose.yaml", format!("{before}é: x\n"));
        let at = Span::new(id, before.len() + 4, before.len() + 5);
        let finding = Diagnostic::error(CODE, "x at redis://:pw@redis").at(at, "here").help("say y");
        diagnostic(&finding, &sources, &Hidden::default())
    }

    #[test]
    fn follows_the_contract() {
        let value = example("a: b\n");
        let fingerprint = value["fingerprint"].clone();
        assert_eq!(
            value,
            json!({
                "code": "KL999", "name": "a-case", "severity": "error",
                "message": "x at redis://:**@redis", "help": "say y", "url": null,
                "fingerprint": fingerprint,
                "labels": [{
                    "file": "compose.yaml", "line": 2, "column": 4, "end_line": 2, "end_column": 5,
                    "text": "here", "primary": true,
                }],
            })
        );
    }

    #[test]
    fn fingerprints_do_not_move_with_lines() {
        assert_eq!(example("")["fingerprint"], example("a: b\n\n")["fingerprint"]);
        assert_eq!(example("")["fingerprint"].as_str().map(str::len), Some(16));
    }
}
