//! Step 22: the model as `docker compose config` prints it: every `$` doubled, so that what is printed
//! can be loaded again.

use std::cmp::Ordering;

use super::{
    key_path::{self, Pattern},
    model::{Deploy, Network, Project, Service},
};
use crate::{
    parallel,
    text::Span,
    yaml::{
        Key, Map, Node, Value,
        emit::{self, Yaml},
    },
};

/// What compose holds but never prints.
const HIDDEN: &[(Pattern, &str)] =
    &[(&["services", "*"], "pull_refresh_after"), (&["networks", "*", "ipam"], "options")];

/// The mappings whose keys are names. They are printed sorted; all others are in the order of the model.
const SORTED: &[Pattern] = &[
    &["services"],
    &["services", "*", "annotations"],
    &["services", "*", "build", "additional_contexts"],
    &["services", "*", "build", "args"],
    &["services", "*", "build", "labels"],
    &["services", "*", "build", "ulimits"],
    &["services", "*", "depends_on"],
    &["services", "*", "deploy", "labels"],
    &["services", "*", "deploy", "resources", "reservations", "devices", "[]", "options"],
    &["services", "*", "environment"],
    &["services", "*", "gpus", "[]", "options"],
    &["services", "*", "labels"],
    &["services", "*", "logging", "options"],
    &["services", "*", "models"],
    &["services", "*", "networks"],
    &["services", "*", "networks", "*", "driver_opts"],
    &["services", "*", "post_start", "[]", "environment"],
    &["services", "*", "pre_stop", "[]", "environment"],
    &["services", "*", "provider", "options"],
    &["services", "*", "storage_opt"],
    &["services", "*", "sysctls"],
    &["services", "*", "ulimits"],
    &["services", "*", "volumes", "[]", "volume", "labels"],
    &["networks"],
    &["networks", "*", "driver_opts"],
    &["networks", "*", "ipam", "config", "[]", "aux_addresses"],
    &["networks", "*", "labels"],
    &["volumes"],
    &["volumes", "*", "driver_opts"],
    &["volumes", "*", "labels"],
    &["secrets"],
    &["secrets", "*", "driver_opts"],
    &["secrets", "*", "labels"],
    &["configs"],
    &["configs", "*", "driver_opts"],
    &["configs", "*", "labels"],
    &["models"],
];

/// A project as `docker compose config` prints it.
pub fn printed(project: &Project) -> Node {
    finished(project.write())
}

/// The same as YAML. One service after the other: the trees of all of them would take more memory than the project.
pub fn yaml(project: &Project) -> String {
    let text = |map: Map| emit::document(&Yaml::from(finished(Node::new(Value::Map(map), Span::NOWHERE))));
    let mut services: Vec<_> = project.services.iter().collect();
    if services.is_empty() {
        return emit::document(&Yaml::from(printed(project)));
    }
    services.sort_by(|(one, _), (other, _)| as_yaml(one, other));
    let written = parallel::map(&services, |(name, service)| text(Project::write_service(name, service)));
    let mut whole = text(project.write_name());
    for (index, service) in written.iter().enumerate() {
        // The first one brings the key that all of them are below.
        let below = service.find('\n').map_or(0, |end| if index == 0 { 0 } else { end + 1 });
        whole.push_str(&service[below..]);
    }
    let resources = project.write_resources();
    if !resources.is_empty() {
        whole.push_str(&text(resources));
    }
    whole
}

/// What a project says, without what is never printed, and in the order in which it is.
fn finished(mut tree: Node) -> Node {
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
    sort(&mut tree, as_yaml);
    escape(&mut tree);
    tree
}

/// A printed project as `docker compose config --format json` prints it, which has other rules than its YAML: limits of 0
/// are left out, what a service does not say of its command is `null`, a network has its addresses, some attributes stand
/// elsewhere, and names are sorted by their bytes.
pub fn for_json(mut tree: Node) -> Node {
    sort(&mut tree, str::cmp);
    sort_extensions(&mut tree);
    for key in ["command", "entrypoint"] {
        put(&mut tree, &["services", "*"], (key, Value::Null), Service::ATTRIBUTES);
    }
    let nothing = || Value::Map(Map::default());
    for key in ["resources", "placement"] {
        put(&mut tree, &["services", "*", "deploy"], (key, nothing()), Deploy::ATTRIBUTES);
    }
    put(&mut tree, &["networks", "*"], ("ipam", nothing()), Network::ATTRIBUTES);
    key_path::visit_mut(&mut tree, &["services", "*"], &mut |_, node| {
        let Some(map) = node.as_map_mut() else { return };
        if let Some(profiles) = map.get_index_of("profiles") {
            map.move_index(profiles, 0);
        }
        if let (Some(host), Some(check)) = (map.get_index_of("hostname"), map.get_index_of("healthcheck")) {
            map.move_index(host, check.min(host));
        }
    });
    if let Some(map) = tree.as_map_mut() {
        map.sort_by(|one, _, other, _| one.text.cmp(&other.text));
    }
    for pattern in [&["services", "*", "ulimits", "*"][..], &["services", "*", "build", "ulimits", "*"]] {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            if let Some(map) = node.as_map_mut() {
                map.retain(|_, limit| limit.value != Value::Int(0));
            }
        });
    }
    tree
}

/// JSON with the characters escaped that Go escapes beyond what JSON asks for.
pub fn escaped_as_in_go(mut json: String) -> String {
    for character in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
        if json.contains(character) {
            json = json.replace(character, &format!("\\u{:04x}", u32::from(character)));
        }
    }
    json
}

/// Puts an attribute, where it is missing, to its place among those of its record.
fn put(tree: &mut Node, pattern: Pattern, (key, value): (&str, Value), attributes: &[&str]) {
    let place = |key: &str| attributes.iter().position(|name| *name == key).unwrap_or(attributes.len());
    key_path::visit_mut(tree, pattern, &mut |_, node| {
        if let Some(map) = node.as_map_mut().filter(|map| !map.contains_key(key)) {
            let at = map.keys().position(|other| place(&other.text) > place(key)).unwrap_or(map.len());
            map.shift_insert(at, Key::new(key, Span::NOWHERE), Node::new(value.clone(), Span::NOWHERE));
        }
    });
}

/// Sorts all mappings in extensions, which nobody knows the order of.
fn sort_extensions(node: &mut Node) {
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(sort_extensions),
        Value::Map(map) => {
            for (key, value) in map.iter_mut() {
                if key.text.starts_with("x-") { sort_all(value) } else { sort_extensions(value) }
            }
        }
        _ => {}
    }
}

fn sort_all(node: &mut Node) {
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(sort_all),
        Value::Map(map) => {
            map.sort_by(|one, _, other, _| one.text.cmp(&other.text));
            map.values_mut().for_each(sort_all);
        }
        _ => {}
    }
}

/// Sorts the mappings whose keys are names.
fn sort(tree: &mut Node, order: fn(&str, &str) -> Ordering) {
    for pattern in SORTED {
        key_path::visit_mut(tree, pattern, &mut |_, node| {
            if let Some(map) = node.as_map_mut() {
                map.sort_by(|one, _, other, _| order(&one.text, &other.text));
            }
        });
    }
}

/// The order of keys in the YAML that docker compose prints: digits are compared as numbers, and letters come after
/// everything else, but before it behind a digit.
fn as_yaml(one: &str, other: &str) -> Ordering {
    // Most names differ in a letter, and begin alike without digits.
    let alike = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    if let (Some(first), Some(second)) = (one.as_bytes().get(alike), other.as_bytes().get(alike))
        && first.is_ascii_alphabetic()
        && second.is_ascii_alphabetic()
    {
        return first.cmp(second);
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let Some(at) = one.iter().zip(&other).position(|(one, other)| one != other) else {
        return one.len().cmp(&other.len());
    };
    let (Some(first), Some(second)) = (one.get(at), other.get(at)) else { return Ordering::Equal };
    let is_behind_digit = at > 0 && one[at - 1].is_numeric();
    match (first.is_alphabetic(), second.is_alphabetic()) {
        (true, true) => return first.cmp(second),
        (true, false) => return if is_behind_digit { Ordering::Less } else { Ordering::Greater },
        (false, true) => return if is_behind_digit { Ordering::Greater } else { Ordering::Less },
        (false, false) => {}
    }
    let digits = |text: &[char]| text.iter().skip(at).take_while(|it| it.is_ascii_digit()).count();
    let number = |text: &[char]| {
        // Zeros in front count once there is another digit before them.
        let before = text[..at].iter().rev().take_while(|it| it.is_ascii_digit());
        let leads = before.filter(|it| **it != '0').count() > 0 && [first, second].contains(&&'0');
        let all = text.iter().skip(at).take_while(|it| it.is_ascii_digit());
        all.fold(u128::from(leads), |sum, it| {
            sum.saturating_mul(10).saturating_add(u128::from(it.to_digit(10).unwrap_or(0)))
        })
    };
    let by_number = number(&one).cmp(&number(&other));
    by_number.then(digits(&one).cmp(&digits(&other))).then(first.cmp(second))
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

    #[test]
    fn names_are_sorted_as_in_the_yaml_of_docker_compose() {
        let mut names = ["b", "a10", "a2", "a", "A", "_", "a-1", "a_b", "ab", "a02", "x1y", "x1_"];
        names.sort_by(|one, other| as_yaml(one, other));
        assert_eq!(names, ["_", "A", "a", "a-1", "a_b", "a2", "a02", "a10", "ab", "b", "x1y", "x1_"]);
    }

    #[test]
    fn dollar_signs_are_doubled_in_keys_and_values() {
        let entry = (Key::new("a$", Span::NOWHERE), Node::string("$b", Span::NOWHERE));
        let mut node = Node::new(Value::Map([entry].into_iter().collect()), Span::NOWHERE);
        escape(&mut node);
        assert_eq!(node.to_json().to_string(), r#"{"a$$":"$$b"}"#);
    }
}
