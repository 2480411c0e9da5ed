//! Step 9: every short form becomes its long form (specification: "short syntax", "long syntax").
//!
//! Attributes that are a list or a mapping, as `environment` is, stay either: reading them into the
//! model makes them one.

use super::{
    context::place_within,
    entry,
    key_path::{self, KeyPath, Pattern},
    merge,
    values::{self, ValueError},
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Sources, Span},
    yaml::{Key, Map, Node, Value, scalar},
};

mod pieces;
mod short;

use pieces::Pieces;

/// Where rules report to, and the texts that tell the exact places.
pub(super) struct Reporter<'a> {
    pub(super) sources: &'a Sources,
    pub(super) report: &'a mut Report,
}

/// How one attribute becomes its long form. Nodes of a type that validation refuses stay as they are.
type Rule = fn(&mut Node, &KeyPath, &mut Reporter<'_>);

/// In the order of depth: what stands above is long already when its parts are looked at.
const RULES: &[(Pattern, Rule)] = &[
    (&["services", "*", "build"], build),
    (&["services", "*", "build", "additional_contexts"], key_values),
    (&["services", "*", "build", "provenance"], text),
    (&["services", "*", "build", "sbom"], text),
    (&["services", "*", "build", "secrets", "[]"], file_reference),
    (&["services", "*", "build", "ssh"], agents),
    (&["services", "*", "configs", "[]"], file_reference),
    (&["services", "*", "depends_on"], dependencies),
    (&["services", "*", "develop", "watch", "[]", "ignore"], list),
    (&["services", "*", "develop", "watch", "[]", "include"], list),
    (&["services", "*", "devices", "[]"], device),
    (&["services", "*", "dns"], list),
    (&["services", "*", "env_file"], env_files),
    (&["services", "*", "extends"], extends),
    (&["services", "*", "gpus"], gpus),
    (&["services", "*", "label_file"], list),
    (&["services", "*", "models"], names),
    (&["services", "*", "networks"], names),
    (&["services", "*", "ports"], short::ports),
    (&["services", "*", "secrets", "[]"], file_reference),
    (&["services", "*", "volumes", "[]"], short::volume),
    (&["volumes", "*"], external),
    (&["networks", "*"], external),
    (&["secrets", "*"], external),
    (&["configs", "*"], external),
];

/// Forms that stay as they are until the tree is read into the model.
const MODEL_RULES: &[(Pattern, Rule)] = &[
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]", "count"], count),
    (&["services", "*", "gpus", "[]", "count"], count),
    (&["services", "*", "healthcheck", "test"], shell_test),
];

/// The number of devices that stands for all of them.
const ALL: i128 = -1;

/// Brings a tree into its long form. A tree that is in it already stays as it is.
pub(super) fn canonical(root: &mut Node, sources: &Sources, report: &mut Report) {
    apply(RULES, root, &mut Reporter { sources, report });
}

/// Step 17, as far as it is about forms: what the model holds in one form only.
pub(super) fn for_model(root: &mut Node, sources: &Sources, report: &mut Report) {
    apply(MODEL_RULES, root, &mut Reporter { sources, report });
}

fn apply(rules: &[(Pattern, Rule)], root: &mut Node, reporter: &mut Reporter<'_>) {
    for (pattern, rule) in rules {
        key_path::visit_mut(root, pattern, &mut |place, node| rule(node, place, reporter));
    }
}

/// Step 10: entries of `dns` that say nothing go away.
pub(super) fn drop_empty(root: &mut Node) {
    key_path::visit_mut(root, &["services", "*", "dns"], &mut |_, node| {
        if let Some(items) = node.as_seq_mut() {
            items.retain(|item| !item.is_null() && item.as_str() != Some(""));
        }
    });
}

/// A mapping whose keys all have one place.
pub(super) fn mapping(entries: Vec<(&str, Node)>, span: Span) -> Value {
    let entry = |(name, value): (&str, Node)| (Key::new(name, span), value);
    Value::Map(entries.into_iter().map(entry).collect::<Map>())
}

/// Replaces a string by a mapping in which it is one entry.
fn wrap(node: &mut Node, key: &str) {
    if let Some(inner) = take_string(node) {
        node.value = mapping(vec![(key, inner)], node.span);
    }
}

/// Takes a string out of a node, with its template.
fn take_string(node: &mut Node) -> Option<Node> {
    node.as_str()?;
    let value = std::mem::replace(&mut node.value, Value::Null);
    Some(Node::new(value, node.span).with_template(node.template.take()))
}

fn build(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    wrap(node, "context");
}

fn extends(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    wrap(node, "service");
}

fn file_reference(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    wrap(node, "source");
}

fn list(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    if let Some(item) = take_string(node) {
        node.value = Value::Seq(vec![item]);
    }
}

fn text(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    if let Some(text) = scalar::go_string(&node.value) {
        node.value = Value::String(text);
    }
}

fn names(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    if let Value::Seq(items) = &node.value {
        node.value = Value::Map(merge::named(items, |span| Node::new(Value::Null, span)));
    }
}

fn dependencies(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    match &mut node.value {
        Value::Seq(items) => node.value = Value::Map(merge::named(items, merge::dependency)),
        Value::Map(map) => {
            for dependency in map.values_mut() {
                let span = dependency.span;
                let Some(given) = dependency.as_map_mut() else { continue };
                let meaning = merge::dependency(span);
                for (key, value) in meaning.as_map().into_iter().flatten() {
                    given.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        _ => {}
    }
}

fn env_files(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    list(node, place, reporter);
    for item in node.as_seq_mut().into_iter().flatten() {
        wrap(item, "path");
        let span = item.span;
        if let Some(map) = item.as_map_mut() {
            let required = || Node::new(Value::Bool(true), span);
            map.entry(Key::new("required", span)).or_insert_with(required);
        }
    }
}

fn gpus(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    if let Some(count) = take_string(node) {
        let all = mapping(vec![("count", count)], node.span);
        node.value = Value::Seq(vec![Node::new(all, node.span)]);
    }
}

/// How many devices: a number, or `all`.
fn count(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Some(text) = node.as_str() else { return };
    match values::number::signed(text) {
        _ if text == "all" => node.value = Value::Int(ALL),
        Ok(number) => node.value = Value::Int(i128::from(number)),
        Err(_) => refuse(node, place, "the number of devices must be an integer or `all`", reporter),
    }
}

/// A test that is a string is a line for the shell.
fn shell_test(node: &mut Node, _: &KeyPath, _: &mut Reporter<'_>) {
    if let Some(line) = take_string(node) {
        node.value = Value::Seq(vec![Node::string("CMD-SHELL", node.span), line]);
    }
}

/// `path[:path in the container[:permissions]]`.
fn device(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Some(text) = node.as_str() else { return };
    match values::devices::parse(text) {
        Ok(device) => {
            let mut pieces = Pieces::of(node, text);
            let entries = vec![
                ("source", pieces.string(device.source)),
                ("target", pieces.string(device.target)),
                ("permissions", pieces.string(device.permissions)),
            ];
            node.value = mapping(entries, node.span);
        }
        Err(error) => refuse_text(node, place, &error, reporter),
    }
}

/// A list of `KEY=value`, where the value cannot be left out.
fn key_values(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    for (key, value) in node.as_map().into_iter().flatten().filter(|(_, value)| value.as_str().is_none()) {
        refuse(value, &place.key(&key.text), "must be a string", reporter);
    }
    let Value::Seq(items) = &node.value else { return };
    let mut map = Map::default();
    for (index, item) in items.iter().enumerate() {
        match entry::read(item).filter(|_| item.as_str().is_some()) {
            Some((key, Some(value))) => {
                map.insert(key, value);
            }
            Some(_) => refuse(item, &place.index(index), "is not of the form `name=context`", reporter),
            None => {}
        }
    }
    node.value = Value::Map(map);
}

/// A list of `ID=socket` and `default`.
fn agents(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Value::Seq(items) = &node.value else { return };
    for (index, item) in items.iter().enumerate() {
        if item.as_str().is_some_and(|text| !text.contains('=') && text != "default") {
            refuse(item, &place.index(index), "is neither `default` nor of the form `id=path`", reporter);
        }
    }
    let entries = items.iter().filter(|item| item.as_str().is_some()).filter_map(|item| {
        let (key, value) = entry::read(item)?;
        Some((key, value.unwrap_or_else(|| Node::new(Value::Null, item.span))))
    });
    node.value = Value::Map(entries.collect());
}

/// The deprecated `external: {name: …}`.
fn external(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Some(external) = node.get("external").filter(|external| external.as_map().is_some()) else { return };
    let span = external.span;
    let name = external.get("name").cloned();
    reporter.report.push(
        Diagnostic::warning(codes::OBSOLETE, format!("{place}.external.name is deprecated"))
            .at(span, "deprecated")
            .help("write `external: true`, and the name as `name`"),
    );
    if let (Some(given), Some(name)) = (node.get("name"), &name)
        && !super::validate::same(given, name)
    {
        reporter.report.push(
            Diagnostic::error(codes::INVALID_COMBINATION, format!("{place} has two names"))
                .at(name.span, "a name here")
                .at(given.span, "another name here"),
        );
    }
    let Some(map) = node.as_map_mut() else { return };
    map.insert(Key::new("external", span), Node::new(Value::Bool(true), span));
    if let Some(name) = name {
        map.entry(Key::new("name", name.span)).or_insert(name);
    }
}

/// Reports what a text of an attribute's short form does wrong.
fn refuse_text(node: &Node, place: &KeyPath, error: &ValueError, reporter: &mut Reporter<'_>) {
    let text = node.as_str().unwrap_or_default();
    let span = place_within(reporter.sources, node.span, text, error.offset, error.len);
    let message = format!("{place}: {}", error.message);
    let mut diagnostic = Diagnostic::error(codes::INVALID_SHORT_FORM, message).at(span, "here");
    if text.starts_with(':') || text.ends_with(':') {
        diagnostic = diagnostic.help("was a variable in it not set?");
    }
    reporter.report.push(diagnostic.within(node.span));
}

fn refuse(node: &Node, place: &KeyPath, reason: &str, reporter: &mut Reporter<'_>) {
    reporter.report.push(
        Diagnostic::error(codes::INVALID_SHORT_FORM, format!("{place}: {reason}")).at(node.span, "here"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compose::testing::{json, tree};

    #[test]
    fn short_forms_become_long_and_long_ones_stay() {
        let cases = [
            ("build", ".", r#"{"context":"."}"#),
            ("depends_on", "[b]", r#"{"b":{"condition":"service_started","required":true}}"#),
            (
                "depends_on",
                "{b: {restart: true}}",
                r#"{"b":{"restart":true,"condition":"service_started","required":true}}"#,
            ),
            ("env_file", "a.env", r#"[{"path":"a.env","required":true}]"#),
            ("devices", "['/a:/b']", r#"[{"source":"/a","target":"/b","permissions":"rwm"}]"#),
            ("gpus", "all", r#"[{"count":"all"}]"#),
            ("dns", "1.1.1.1", r#"["1.1.1.1"]"#),
            ("networks", "[n]", r#"{"n":null}"#),
            (
                "ports",
                "['80-81:90-91/udp']",
                r#"[{"mode":"ingress","target":90,"published":"80","protocol":"udp"},{"mode":"ingress","target":91,"published":"81","protocol":"udp"}]"#,
            ),
            (
                "volumes",
                "['v1:/d:ro,z']",
                r#"[{"type":"volume","source":"v1","target":"/d","read_only":true,"bind":{"selinux":"z"},"volume":{}}]"#,
            ),
            ("secrets", "[s]", r#"[{"source":"s"}]"#),
            ("image", "x", r#""x""#),
        ];
        for (attribute, short, expected) in cases {
            let mut root = tree(&format!("services: {{a: {{{attribute}: {short}}}}}"));
            let mut report = Report::default();
            for _ in 0..2 {
                canonical(&mut root, &Sources::default(), &mut report);
                let place = ["services", "a", attribute];
                let found = place.iter().try_fold(&root, |node, key| node.get(key)).map(json);
                assert_eq!(found.as_deref(), Some(expected), "{attribute}: {short}");
            }
            assert!(report.diagnostics().is_empty());
        }
    }

    #[test]
    fn an_external_name_moves_up() {
        let mut root = tree("volumes: {v: {external: {name: x}}}");
        let mut report = Report::default();
        canonical(&mut root, &Sources::default(), &mut report);
        assert_eq!(json(&root), r#"{"volumes":{"v":{"external":true,"name":"x"}}}"#);
        assert_eq!(report.diagnostics()[0].message, "volumes.v.external.name is deprecated");
    }
}
