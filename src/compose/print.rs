//! Step 22: the model as `docker compose config` prints it: every `$` doubled, so that what is printed
//! can be loaded again.

use super::{
    key_path::{self, Pattern},
    model::Project,
};
use crate::yaml::{Key, Map, Node, Value};

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
    escaped(&tree)
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

/// A tree in which every `$` of keys and strings is doubled.
fn escaped(node: &Node) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(text.replace('$', "$$")),
        Value::Seq(items) => Value::Seq(items.iter().map(escaped).collect()),
        Value::Map(map) => {
            let entry = |(key, value): (&Key, &Node)| {
                (Key::new(key.text.replace('$', "$$"), key.span), escaped(value))
            };
            Value::Map(map.iter().map(entry).collect::<Map>())
        }
        other => other.clone(),
    };
    Node::new(value, node.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn dollar_signs_are_doubled_in_keys_and_values() {
        let entry = (Key::new("a$", Span::NOWHERE), Node::string("$b", Span::NOWHERE));
        let node = Node::new(Value::Map([entry].into_iter().collect()), Span::NOWHERE);
        assert_eq!(escaped(&node).to_json().to_string(), r#"{"a$$":"$$b"}"#);
    }
}
