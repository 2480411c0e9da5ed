//! A secret in a place that tells of it is never printed, whatever stands around it.
//!
//! An input is what stands before it, how the value begins and how it ends, and what stands behind it, with a line `%%`
//! between them. A text that no input has is the middle of the value.

#![no_main]

use std::collections::BTreeSet;

use kustompose::{
    diag::{self, Code, Diagnostic, Severity, findings, terminal},
    secret::{self, Hidden, Lines},
    text::{Sources, Span},
    yaml::emit::{self, Yaml},
};
use libfuzzer_sys::fuzz_target;

const CODE: Code =
    Code { id: "KL999", name: "a-case", severity: Severity::Error, summary: "a case of a target" };

/// Nobody would choose it as a word.
const MARKER: &str = "q7Zk29XwVb41mTpe";

fuzz_target!(|input: &str| {
    if input.contains(MARKER) {
        return;
    }
    let mut parts = input.splitn(4, "\n%%\n").chain(std::iter::repeat(""));
    let mut part = || parts.next().unwrap_or_default();
    let (before, head, tail, behind) = (part(), part(), part(), part());
    shapes(before, behind);
    let value = format!("{head}{MARKER}{tail}");
    known(before, &value, behind);
    // Of a path, only a token that is a part of it is secret.
    if secret::is_secret("DB_PASSWORD", &value) && !value.trim().starts_with('/') {
        for written in written(&value) {
            let text = format!("{before}\n{written}\n{behind}");
            hides(&text, &secret::redact(&text));
            said(&text, None);
            // What is open in front of it may hide more than the value, and no message names that.
            said(&written, Some(&value));
        }
    }
});

/// What shows no marker, and has as many lines and characters as before.
fn hides(text: &str, masked: &str) {
    assert!(!masked.contains(MARKER), "{text}\n---\n{masked}");
    assert_eq!(masked.chars().count(), text.chars().count());
    assert_eq!(masked.lines().count(), text.lines().count());
}

/// What tells by itself.
fn shapes(before: &str, behind: &str) {
    let url = format!("postgres://app:{MARKER}@db/app");
    let token = format!("ghp_{MARKER}{MARKER}abcd");
    let header = format!("Authorization: Bearer {MARKER}");
    for shape in [&url, &token, &header] {
        for text in [format!("{before} {shape} {behind}"), format!("{before}\n{shape}\n{behind}")] {
            hides(&text, &secret::redact(&text));
        }
    }
    for shape in [url, token] {
        let text = format!("{before} {shape} {behind}");
        hides(&text, &secret::redact_values(&text));
    }
    let key = format!("{before}\n-----BEGIN PRIVATE KEY-----\n{MARKER}\n-----END PRIVATE KEY-----\n{behind}");
    hides(&key, &secret::redact(&key));
    let words: Vec<String> =
        ["redis-server", "--requirepass", MARKER, "--save", behind].map(str::to_owned).into();
    assert!(!secret::redact_words(&words).concat().contains(MARKER), "{words:?}");
}

/// What a project hides, wherever it stands.
fn known(before: &str, value: &str, behind: &str) {
    let glued = (MARKER, format!("{before}{MARKER}{behind}"));
    let apart = (value, format!("{before} {value} {behind}"));
    for (value, text) in [glued, apart].into_iter().filter(|(value, _)| !value.contains('\n')) {
        let hidden = Hidden::new(BTreeSet::new(), BTreeSet::from([value.to_owned()]));
        hides(&text, &hidden.redact(&text));
        hides(&text, &hidden.redact_values(&text));
        hides(&text, &hidden.redact_file("app.env", Lines::default(), &text));
    }
    let named = Hidden::new(BTreeSet::from(["OPENING".to_owned()]), BTreeSet::new());
    let text = format!("{before}\nOPENING={MARKER}\n{behind}");
    hides(&text, &named.redact(&text));
}

/// Files that give a secret this value.
fn written(value: &str) -> Vec<String> {
    let escaped = value.replace('$', "$$");
    let json = serde_json::json!({"web": {"DB_PASSWORD": escaped, "A": "b"}});
    let mapping = Yaml::map([("environment", Yaml::map([("DB_PASSWORD", escaped.as_str()), ("A", "b")]))]);
    let mut all = vec![
        emit::document(&Yaml::map([("services", Yaml::map([("web", mapping)]))])),
        emit::document(&Yaml::map([("environment", Yaml::flow_map([("DB_PASSWORD", escaped.as_str())]))])),
        json.to_string(),
        serde_json::to_string_pretty(&json).unwrap_or_default(),
        format!("environment: {}", serde_json::json!(["A=b", format!("DB_PASSWORD={escaped}")])),
    ];
    if !value.contains(['\n', '\r']) {
        let item = Yaml::from(format!("DB_PASSWORD={escaped}"));
        all.push(emit::document(&Yaml::map([("environment", Yaml::seq([item]))])));
        // A `$` within single quotes may be one of Compose's.
        if !value.contains(['\'', '\\', '$']) {
            all.push(format!("DB_PASSWORD='{value}'"));
            all.push(format!("export DB_PASSWORD='{value}'; ./run.sh"));
        }
    }
    all
}

/// What is said of the line that the marker stands in, in all formats.
fn said(text: &str, value: Option<&str>) {
    let Some(at) = text.find(MARKER) else { return };
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let mut sources = Sources::default();
    let id = sources.add("compose.yaml", text);
    let line = &text[start..end];
    // What is escaped by its number is no part of a message.
    let is_read = |value: &&str| !value.contains(|c: char| c.is_control() || c == '`' || !c.is_ascii());
    let named = value.filter(is_read).unwrap_or(line);
    let told = Diagnostic::error(CODE, format!("`{named}` is wrong"))
        .at(Span::new(id, start, end), format!("in `{line}`"))
        .help(format!("write `{line}` in another way"));
    let hidden = Hidden::default();
    for unicode in [false, true] {
        let theme = terminal::Theme { color: false, unicode, width: 80 };
        let shown = terminal::Renderer::new(&sources, theme, &hidden).render(&told);
        assert!(!shown.contains(MARKER), "{text}\n---\n{shown}");
    }
    let shown = diag::json::list(&findings([&told], &sources, &hidden));
    let shown = serde_json::Value::from(shown).to_string();
    assert!(!shown.contains(MARKER), "{text}\n---\n{shown}");
}
