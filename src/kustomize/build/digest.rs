//! The digest of its content that the name of a generated ConfigMap or Secret gets.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::resource::Resource;

/// Characters of the digest.
const LENGTH: usize = 10;

/// The digest of a ConfigMap or a Secret.
///
/// kustomize looks for the name where it never is, so that it counts as empty.
pub(super) fn of(resource: &Resource) -> String {
    let data = |key: &str| resource.node.get(key).map(|data| sorted(data.to_json()));
    let is_secret = resource.kind() == "Secret";
    let mut content = Map::new();
    let more = if is_secret { "stringData" } else { "binaryData" };
    if !is_secret && let Some(binary) = data(more) {
        content.insert(more.to_owned(), binary);
    }
    content.insert("data".to_owned(), data("data").unwrap_or_else(|| json!("")));
    content.insert("kind".to_owned(), json!(resource.kind()));
    content.insert("name".to_owned(), json!(""));
    if is_secret {
        content.extend(data(more).map(|texts| (more.to_owned(), texts)));
        content.insert("type".to_owned(), data("type").unwrap_or_else(|| json!("")));
    }
    let digest = Sha256::digest(as_go_writes(&Value::Object(content).to_string()));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.chars().take(LENGTH).map(readable).collect()
}

/// A name without the digest at its end, if it has one.
pub(super) fn without(name: &str) -> Option<&str> {
    let (rest, digest) = name.rsplit_once('-')?;
    let is_digest = digest.len() == LENGTH && digest.chars().all(|c| "2456789bcdfghkmt".contains(c));
    (is_digest && !rest.is_empty()).then_some(rest)
}

/// No vowels, and nothing that looks like one, so that no word comes about.
fn readable(digit: char) -> char {
    match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        other => other,
    }
}

/// JSON as Go's encoder writes it: some characters are escaped that need not be.
fn as_go_writes(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                written.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => written.push(other),
        }
    }
    written
}
