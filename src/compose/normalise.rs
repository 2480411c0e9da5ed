//! Step 16: what a project implies is written out: the default network, dependencies that follow
//! from other attributes, the names of networks, volumes, configs and secrets.

use std::sync::Arc;

use super::{entry, merge, paths, variables::Variables};
use crate::{
    text::{Span, Template},
    yaml::{Key, Map, Node, Value, scalar},
};

/// Attributes by which a service lives in a namespace of another.
const NAMESPACES: &[&str] = &["network_mode", "ipc", "pid", "uts", "cgroup"];

/// Writes out what is implied; the root has its `name` already.
pub(super) fn normalise(root: &mut Node, variables: &Variables) {
    default_network(root);
    if let Some(services) = root.get_mut("services").and_then(Node::as_map_mut) {
        for node in services.values_mut() {
            service(node, variables);
        }
    }
    names(root);
}

fn default_network(root: &mut Node) {
    let mut used = None;
    let services = root.get_mut("services").and_then(Node::as_map_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        let span = service.span;
        let Some(map) = service.as_map_mut() else { continue };
        if map.contains_key("provider") || map.contains_key("network_mode") {
            continue;
        }
        let none = map.get("networks").is_none_or(|node| match &node.value {
            Value::Map(networks) => networks.is_empty(),
            Value::Null => true,
            _ => false,
        });
        if none {
            let default = (Key::new("default", span), Node::new(Value::Null, span));
            map.insert(Key::new("networks", span), Node::new(Value::Map(Map::from_iter([default])), span));
        }
        if map.get("networks").is_some_and(|node| node.get("default").is_some()) {
            used = used.or(Some(span));
        }
    }
    let (Some(span), Some(map)) = (used, root.as_map_mut()) else { return };
    let networks = map.entry(Key::new("networks", span)).or_insert_with(|| Node::map(span));
    if networks.is_null() {
        *networks = Node::map(span);
    }
    if let Some(networks) = networks.as_map_mut() {
        networks.entry(Key::new("default", span)).or_insert_with(|| Node::new(Value::Null, span));
    }
}

fn service(node: &mut Node, variables: &Variables) {
    if let Some(policy) = node.get_mut("pull_policy")
        && policy.as_str() == Some("if_not_present")
    {
        policy.value = Value::String("missing".to_owned());
    }
    if let Some(build) = node.get_mut("build") {
        normalise_build(build, variables);
    }
    if let Some(environment) = node.get_mut("environment") {
        resolve_names(environment, variables, true);
    }
    if let Some(volumes) = node.get_mut("volumes").and_then(Node::as_seq_mut) {
        for target in volumes.iter_mut().filter_map(|volume| volume.get_mut("target")) {
            if let Value::String(text) = &mut target.value {
                *text = paths::clean(text);
            }
        }
    }
    hook_images(node);
    dependencies(node);
}

/// What runs before the service runs in its image, unless it names another.
fn hook_images(service: &mut Node) {
    let Some(image) = service.get("image").cloned() else { return };
    let hooks = service.get_mut("pre_start").and_then(Node::as_seq_mut);
    for hook in hooks.into_iter().flatten().filter_map(Node::as_map_mut) {
        hook.entry(Key::new("image", image.span)).or_insert_with(|| image.clone());
    }
}

fn normalise_build(build: &mut Node, variables: &Variables) {
    let span = build.span;
    if let Some(arguments) = build.get_mut("args") {
        resolve_names(arguments, variables, false);
    }
    let Some(map) = build.as_map_mut() else { return };
    let missing = |map: &Map, key: &str| map.get(key).is_none_or(Node::is_null);
    if missing(map, "context") {
        map.insert(Key::new("context", span), Node::string(".", span));
    }
    if missing(map, "dockerfile") && missing(map, "dockerfile_inline") {
        map.insert(Key::new("dockerfile", span), Node::string("Dockerfile", span));
    }
}

/// Bare names take their value from the environment. One that is not set stays without a value, or
/// goes away.
pub(super) fn resolve_names(node: &mut Node, variables: &Variables, keep_unset: bool) {
    match &mut node.value {
        Value::Map(map) => {
            for (key, value) in map.iter_mut().filter(|(_, value)| value.is_null()) {
                if let Some(variable) = variables.get(&key.text) {
                    let template = Arc::new(Template::of_variable(&key.text, &variable.value));
                    *value = Node::string(variable.value.clone(), variable.span.unwrap_or(value.span))
                        .with_template(Some(template));
                }
            }
            map.retain(|_, value| keep_unset || !value.is_null());
        }
        Value::Seq(items) => {
            for item in items.iter_mut() {
                if let Some(name) = item.as_str()
                    && !name.contains('=')
                    && let Some(variable) = variables.get(name)
                {
                    let (text, template) = entry::of_variable(name, &variable.value);
                    item.value = Value::String(text);
                    item.template = Some(template);
                }
            }
            items.retain(|item| keep_unset || item.as_str().is_none_or(|text| text.contains('=')));
        }
        _ => {}
    }
}

/// Dependencies that other attributes imply never change one that is written out.
fn dependencies(service: &mut Node) {
    let mut implied: Vec<(String, Span, bool)> = Vec::new();
    for link in texts(service, "links") {
        let name = match link.0.split_once(':') {
            Some((name, alias)) if !alias.contains(':') => name.to_owned(),
            _ => link.0,
        };
        implied.push((name, link.1, true));
    }
    for namespace in NAMESPACES {
        if let Some(node) = service.get(namespace)
            && let Some(name) = node.as_str().and_then(|text| text.strip_prefix("service:"))
        {
            implied.push((name.to_owned(), node.span, true));
        }
    }
    for (text, span) in texts(service, "volumes_from") {
        if !text.starts_with("container:") {
            let name = text.split(':').next().unwrap_or_default().to_owned();
            implied.push((name, span, false));
        }
    }
    let span = service.span;
    let Some(map) = service.as_map_mut().filter(|_| !implied.is_empty()) else { return };
    let known = map.entry(Key::new("depends_on", span)).or_insert_with(|| Node::map(span));
    let Some(known) = known.as_map_mut() else { return };
    for (name, span, restart) in implied {
        known.entry(Key::new(name, span)).or_insert_with(|| {
            let mut dependency = merge::dependency(span);
            if let Some(map) = dependency.as_map_mut() {
                map.insert(Key::new("restart", span), Node::new(Value::Bool(restart), span));
            }
            dependency
        });
    }
}

fn texts(service: &Node, key: &str) -> Vec<(String, Span)> {
    let items = service.get(key).and_then(Node::as_seq).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(|text| (text.to_owned(), item.span))).collect()
}

fn names(root: &mut Node) {
    let project = root.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(resources) = root.get_mut(section).and_then(Node::as_map_mut) else { continue };
        for (key, resource) in resources.iter_mut() {
            if resource.is_null() {
                resource.value = Value::Map(Map::default());
            }
            let span = resource.span;
            let Some(map) = resource.as_map_mut() else { continue };
            if map.get("name").is_some_and(|name| !name.is_null()) {
                continue;
            }
            let external = map.get("external").is_some_and(|external| {
                scalar::go_string(&external.value).is_some_and(|text| text == "true")
            });
            let name = if external { key.text.clone() } else { format!("{project}_{}", key.text) };
            map.insert(Key::new("name", span), Node::string(name, span));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::loaded_text;

    #[test]
    fn what_is_implied_is_written_out() {
        let cases = [
            ("a: {image: x}", "/services/a/networks", r#"{"default":null}"#),
            ("a: {image: x, network_mode: host}", "/services/a/networks", ""),
            ("a: {image: x, network_mode: host}", "/networks", ""),
            ("a: {image: x, pre_start: [{command: c}]}", "/services/a/pre_start/0/image", r#""x""#),
            ("a: {image: x, networks: {}}", "/networks/default/name", r#""demo_default""#),
            ("a: {build: .}", "/services/a/build", r#"{"context":"/demo","dockerfile":"Dockerfile"}"#),
            ("a: {build: {args: [X, Y=1]}}", "/services/a/build/args", r#"{"Y":"1"}"#),
            ("a: {image: x, pull_policy: if_not_present}", "/services/a/pull_policy", r#""missing""#),
            (
                "a: {image: x, links: ['b:alias']}, b: {image: x}",
                "/services/a/depends_on/b",
                r#"{"condition":"service_started","restart":true,"required":true}"#,
            ),
            (
                "a: {image: x, volumes_from: ['b:ro']}, b: {image: x}",
                "/services/a/depends_on/b",
                r#"{"condition":"service_started","required":true}"#,
            ),
            (
                "a: {image: x, ipc: 'service:b', depends_on: [b]}, b: {image: x}",
                "/services/a/depends_on/b",
                r#"{"condition":"service_started","required":true}"#,
            ),
            (
                "a: {image: x, volumes: [{type: tmpfs, target: /a/../b/}]}",
                "/services/a/volumes/0/target",
                r#""/b""#,
            ),
        ];
        for (services, pointer, expected) in cases {
            let found = loaded_text(&format!("services: {{{services}}}"));
            assert!(found.model.is_some(), "{services}: {:?}", found.messages());
            assert_eq!(found.text(pointer), expected, "{services}");
        }
    }
}
