//! Characters that kustomize cannot carry: it writes every object as JSON, which has them as they are, and reads that
//! as YAML, which does not allow them. U+0085 comes out of it as a blank.

use crate::{
    diag::Report,
    kustomize::{Owner, TreeFile},
    text::Sources,
    yaml::{Node, Value, parse},
};

/// Whether kustomize fails at a character, or changes it.
pub fn is_lost(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

/// The first such character in what kustomize makes of a file of a tree.
pub fn lost(file: &TreeFile) -> Option<char> {
    let is_list = file.path.extension() == Some("env");
    match file.owner {
        Owner::Generated | Owner::Yours if file.path.extension() == Some("yaml") => in_yaml(&file.bytes),
        // The values of Secrets are in base64.
        Owner::Secret if file.path.as_str().ends_with(".patch.yaml") => in_yaml(&file.bytes),
        Owner::Generated if is_list || file.path.components().any(|part| part.as_str() == "files") => {
            std::str::from_utf8(&file.bytes).ok()?.chars().find(|character| is_lost(*character))
        }
        _ => None,
    }
}

fn in_yaml(bytes: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(bytes).ok()?;
    // Only within quotes, as `\x7f`, `\x80` or `\uffff`.
    if !["\\x7", "\\x8", "\\x9", "\\ufff"].iter().any(|start| text.contains(start)) {
        return None;
    }
    let mut sources = Sources::default();
    let id = sources.add("", text);
    let documents = parse::documents(&sources, id, &mut Report::default())?;
    documents.iter().find_map(in_node)
}

fn in_node(node: &Node) -> Option<char> {
    let in_text = |text: &str| text.chars().find(|character| is_lost(*character));
    match &node.value {
        Value::String(text) => in_text(text),
        Value::Seq(items) => items.iter().find_map(in_node),
        Value::Map(map) => map.iter().find_map(|(key, value)| in_text(&key.text).or_else(|| in_node(value))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost() {
        let of = |path: &str, owner, text: &str| lost(&TreeFile::new(path, owner, text));
        assert_eq!(of("base/a.yaml", Owner::Generated, "a: [\"x\\x7f\"]\n"), Some('\u{7f}'));
        assert_eq!(of("base/a.yaml", Owner::Generated, "\"\\uffff\": 1\n"), Some('\u{ffff}'));
        assert_eq!(
            of("base/a.yaml", Owner::Generated, "a: |-\n  printf '\\x7f'\n  x\nb: \"\\\\x7f\"\n"),
            None
        );
        assert_eq!(of("base/a.yaml", Owner::Generated, "a: \"\\x1b\"\n"), None);
        assert_eq!(of("base/web.env", Owner::Generated, "A=\u{85}\n"), Some('\u{85}'));
        assert_eq!(of("base/web/files/c/x", Owner::Generated, "\u{80}"), Some('\u{80}'));
        assert_eq!(of("overlays/local/secrets/web.env", Owner::Secret, "A=\u{7f}\n"), None);
        assert_eq!(of("README.md", Owner::Generated, "\u{7f}"), None);
    }
}
