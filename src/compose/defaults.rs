//! Step 12: what an attribute means when parts of it are left out.

use super::key_path::{self, Pattern};
use crate::yaml::{Key, Map, Node};

/// How one attribute is filled in.
type Rule = fn(&mut Map, &Node);

const RULES: &[(Pattern, Rule)] = &[
    (&["services", "*", "build"], build),
    (&["services", "*", "secrets", "[]"], secret),
    (&["services", "*", "ports", "[]"], port),
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]"], device_request),
    (&["services", "*", "gpus", "[]"], device_request),
];

/// Writes out what is left to a default.
pub(super) fn defaults(root: &mut Node) {
    for (pattern, rule) in RULES {
        key_path::visit_mut(root, pattern, &mut |_, node| {
            let whole = node.clone();
            if let Some(map) = node.as_map_mut() {
                rule(map, &whole);
            }
        });
    }
}

fn fill(map: &mut Map, whole: &Node, key: &str, value: &str) {
    map.entry(Key::new(key, whole.span)).or_insert_with(|| Node::string(value, whole.span));
}

fn build(map: &mut Map, whole: &Node) {
    fill(map, whole, "context", ".");
}

fn secret(map: &mut Map, whole: &Node) {
    if let Some(source) = whole.get("source").and_then(Node::as_str) {
        fill(map, whole, "target", &format!("/run/secrets/{source}"));
    }
}

fn port(map: &mut Map, whole: &Node) {
    fill(map, whole, "protocol", "tcp");
    fill(map, whole, "mode", "ingress");
}

fn device_request(map: &mut Map, whole: &Node) {
    if !map.contains_key("count") && !map.contains_key("device_ids") {
        fill(map, whole, "count", "all");
    }
}
