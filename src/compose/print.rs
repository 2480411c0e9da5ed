//! Step 22: the model as `docker compose config` prints it: every `$` doubled, so that what is printed
//! can be loaded again.

use super::{
    key_path::{self, Pattern},
    model::Project,
};
use crate::yaml::{Key, Node, Value};

/// What compose holds but never prints.
const HIDDEN: &[(Pattern, &str)] =
    &[(&["services", "*"], "pull_refresh_after"), (&["networks", "*", "ipam"], "options")];

/// A project as `docker compose config` prints it.
pub fn printed(project: &Project) -> Node {
    let mut tree = project.write();
    for (pattern, key) in HIDDEN {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            if let Some(map) = node.as_map_mut() {
                map.shift_remove(*key);
            }
        });
    }
    // The content that came from a variable is the environment's, not the file's.
    key_path::visit_mut(&mut tree, &["configs", "*"], &mut |_, node| {
        if let Some(map) = node.as_map_mut().filter(|map| map.contains_key("environment")) {
            map.shift_remove("content");
        }
    });
    escape(&mut tree);
    tree
}

/// A printed project as `docker compose config --format json` prints it: limits of 0 are left out there.
pub fn for_json(mut tree: Node) -> Node {
    for pattern in [&["services", "*", "ulimits", "*"][..], &["services", "*", "build", "ulimits", "*"]] {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            if let Some(map) = node.as_map_mut() {
                map.retain(|_, limit| limit.value != Value::Int(0));
            }
        });
    }
    tree
}

/// Doubles every `$` of keys and strings.
fn escape(node: &mut Node) {
    match &mut node.value {
        Value::String(text) if text.contains('$') => *text = text.replace('$', "$$"),
        Value::Seq(items) => items.iter_mut().for_each(escape),
        Value::Map(map) => {
            map.values_mut().for_each(escape);
            if map.keys().any(|key| key.text.contains('$')) {
                let doubled = |key: Key| Key::new(key.text.replace('$', "$$"), key.span);
                *map = std::mem::take(map).into_iter().map(|(key, value)| (doubled(key), value)).collect();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn dollar_signs_are_doubled_in_keys_and_values() {
        let entry = (Key::new("a$", Span::NOWHERE), Node::string("$b", Span::NOWHERE));
        let mut node = Node::new(Value::Map([entry].into_iter().collect()), Span::NOWHERE);
        escape(&mut node);
        assert_eq!(node.to_json().to_string(), r#"{"a$$":"$$b"}"#);
    }
}
