//! Steps 6 and 11: in lists where an item has a name, the last item of a name stands, in the first's
//! place. Acts within one file as well as between files.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    entry,
    key_path::{self, KeyPath, Pattern},
    values,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    yaml::{Node, Value, scalar},
};

/// What an item is known by; an error is why it is known by nothing.
type Name = fn(&Node) -> Result<String, &'static str>;

/// The lists whose items have names.
const NAMES: &[(Pattern, Name)] = &[
    (&["networks", "*", "labels"], key),
    (&["services", "*", "annotations"], key),
    (&["services", "*", "build", "args"], key),
    (&["services", "*", "build", "additional_contexts"], key),
    (&["services", "*", "build", "labels"], key),
    (&["services", "*", "build", "tags"], key),
    (&["services", "*", "cap_add"], key),
    (&["services", "*", "cap_drop"], key),
    (&["services", "*", "configs"], config),
    (&["services", "*", "deploy", "labels"], key),
    (&["services", "*", "devices"], device),
    (&["services", "*", "dns"], key),
    (&["services", "*", "dns_opt"], key),
    (&["services", "*", "dns_search"], key),
    (&["services", "*", "env_file"], env_file),
    (&["services", "*", "environment"], key),
    (&["services", "*", "expose"], text),
    (&["services", "*", "labels"], key),
    (&["services", "*", "links"], key),
    (&["services", "*", "networks", "*", "aliases"], key),
    (&["services", "*", "networks", "*", "link_local_ips"], key),
    (&["services", "*", "ports"], port),
    (&["services", "*", "profiles"], key),
    (&["services", "*", "secrets"], secret),
    (&["services", "*", "sysctls"], key),
    (&["services", "*", "tmpfs"], key),
    (&["services", "*", "volumes"], volume),
];

/// Lets the last item of each name stand in place of the first.
pub(crate) fn unique(root: &mut Node, report: &mut Report) {
    for (pattern, name) in NAMES {
        key_path::visit_mut(root, pattern, &mut |place, node| {
            if let Some(items) = node.as_seq_mut() {
                *items = last_of_each(std::mem::take(items), *name, place, report);
            }
        });
    }
}

fn last_of_each(items: Vec<Node>, name: Name, place: &KeyPath, report: &mut Report) -> Vec<Node> {
    let mut kept = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (index, item) in items.into_iter().enumerate() {
        match name(&item) {
            Ok(name) => match known.entry(name) {
                Entry::Occupied(earlier) => kept[*earlier.get()] = item,
                Entry::Vacant(first) => {
                    first.insert(kept.len());
                    kept.push(item);
                }
            },
            Err(reason) => {
                let message = format!("{} {reason}", place.index(index));
                report.push(Diagnostic::error(codes::NO_UNIQUE_KEY, message).at(item.span, "here"));
                kept.push(item);
            }
        }
    }
    kept
}

/// The text before the first `=`.
fn key(node: &Node) -> Result<String, &'static str> {
    node.as_str().map(|text| entry::name(text).to_owned()).ok_or("must be a string")
}

fn text(node: &Node) -> Result<String, &'static str> {
    match node.value {
        Value::String(_) | Value::Int(_) => scalar::go_string(&node.value).ok_or("must be a string"),
        _ => Err("must be a string or an integer"),
    }
}

fn env_file(node: &Node) -> Result<String, &'static str> {
    let path = if node.as_map().is_some() { node.get("path") } else { Some(node) };
    path.and_then(Node::as_str).map(str::to_owned).ok_or("names no file")
}

fn config(node: &Node) -> Result<String, &'static str> {
    mounted(node, "")
}

fn secret(node: &Node) -> Result<String, &'static str> {
    mounted(node, "/run/secrets")
}

fn mounted(node: &Node, directory: &str) -> Result<String, &'static str> {
    if let Some(target) = node.get("target") {
        return target.as_str().map(str::to_owned).ok_or("has a target that is no string");
    }
    let source = if node.as_map().is_some() { node.get("source") } else { Some(node) };
    let source = source.and_then(|source| scalar::go_string(&source.value)).unwrap_or_default();
    Ok(format!("{directory}/{source}"))
}

fn device(node: &Node) -> Result<String, &'static str> {
    match node.as_str() {
        Some(text) => Ok(text.split(':').nth(1).unwrap_or(text).to_owned()),
        None => target(node),
    }
}

fn target(node: &Node) -> Result<String, &'static str> {
    node.get("target").and_then(Node::as_str).map(str::to_owned).ok_or("is missing a mount target")
}

/// The target as it is written, before it is cleaned. A text that is no volume is refused when it is
/// to become one; until then it is known by itself.
fn volume(node: &Node) -> Result<String, &'static str> {
    let Some(text) = node.as_str() else { return target(node) };
    Ok(values::volumes::parse(text).map_or_else(|_| text.to_owned(), |volume| volume.target))
}

/// Host address, published port, target and protocol. A published integer is not the same as a
/// published string, and a short form is its text until it is expanded.
fn port(node: &Node) -> Result<String, &'static str> {
    if node.as_map().is_none() {
        return scalar::go_string(&node.value).ok_or("must be a port");
    }
    let part = |key: &str, otherwise: &str| match node.get(key) {
        Some(Node { value: Value::String(text), .. }) => text.clone(),
        Some(other) => format!("{}!", scalar::go_string(&other.value).unwrap_or_default()),
        None => otherwise.to_owned(),
    };
    let target = node.get("target").ok_or("is missing a target port")?;
    let target = scalar::go_string(&target.value).unwrap_or_default();
    Ok(format!(
        "{}:{}:{target}/{}",
        part("host_ip", "0.0.0.0"),
        part("published", ""),
        part("protocol", "tcp")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::testing::{json, tree};

    #[test]
    fn the_last_of_a_name_stands_in_place_of_the_first() {
        let cases = [
            ("environment", "[A=1, B, A=2]", r#"["A=2","B"]"#),
            ("ports", "[80, '80', '81:80']", r#"["80","81:80"]"#),
            (
                "ports",
                "[{target: 80, published: 8080}, {target: 80, published: '8080'}]",
                r#"[{"target":80,"published":8080},{"target":80,"published":"8080"}]"#,
            ),
            (
                "volumes",
                "['data:/x', './b:/x:ro', {type: tmpfs, target: /y}]",
                r#"["./b:/x:ro",{"type":"tmpfs","target":"/y"}]"#,
            ),
            (
                "secrets",
                "[s, {source: t, target: /run/secrets/s}]",
                r#"[{"source":"t","target":"/run/secrets/s"}]"#,
            ),
            ("devices", "['/a:/x', {source: /b, target: /x}]", r#"[{"source":"/b","target":"/x"}]"#),
            ("env_file", "[a, {path: a, required: false}]", r#"[{"path":"a","required":false}]"#),
            ("tmpfs", "['/a:size=1', '/a:size=2']", r#"["/a:size=2"]"#),
            ("security_opt", "[a, a]", r#"["a","a"]"#),
        ];
        for (attribute, items, expected) in cases {
            let mut root = tree(&format!("services: {{a: {{{attribute}: {items}}}}}"));
            let mut report = Report::default();
            unique(&mut root, &mut report);
            let place = ["services", "a", attribute];
            let found = place.iter().try_fold(&root, |node, key| node.get(key)).map(json);
            assert_eq!(found.as_deref(), Some(expected), "{attribute}: {items}");
            assert!(report.diagnostics().is_empty());
        }
    }

    #[test]
    fn what_has_no_name_is_refused() {
        let mut root = tree("services: {a: {volumes: [{type: bind, source: /x}], cap_add: [{}]}}");
        let mut report = Report::default();
        unique(&mut root, &mut report);
        let messages: Vec<&str> = report.diagnostics().iter().map(|found| found.message.as_str()).collect();
        assert_eq!(
            messages,
            ["services.a.cap_add[0] must be a string", "services.a.volumes[0] is missing a mount target"]
        );
    }
}
