//! Step 5: one tree merged onto another, by compose's rules (specification, "Merge").
//!
//! What the tags `!reset` and `!override` drop is gone from the base already. Knows the attributes with a rule of
//! their own by [`RULES`]; everything else follows from the kinds of the two values.

use super::{
    entry,
    key_path::{KeyPath, Pattern},
    validate::same,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::Span,
    yaml::{Key, Map, Node, Value, scalar},
};

/// How two values of one attribute become one.
type Rule = fn(&mut Merger<'_>, Node, Node, &KeyPath) -> Node;

/// The attributes with a rule of their own.
const RULES: &[(Pattern, Rule)] = &[
    (&["networks", "*", "ipam", "config"], address_pools),
    (&["networks", "*", "labels"], entries),
    (&["volumes", "*", "labels"], entries),
    (&["services", "*", "annotations"], entries),
    (&["services", "*", "build"], build),
    (&["services", "*", "build", "args"], entries),
    (&["services", "*", "build", "additional_contexts"], entries),
    (&["services", "*", "build", "extra_hosts"], hosts),
    (&["services", "*", "build", "labels"], entries),
    (&["services", "*", "command"], replace),
    (&["services", "*", "depends_on"], dependencies),
    (&["services", "*", "deploy", "labels"], entries),
    (&["services", "*", "dns"], entries),
    (&["services", "*", "dns_opt"], entries),
    (&["services", "*", "dns_search"], entries),
    (&["services", "*", "entrypoint"], replace),
    (&["services", "*", "env_file"], entries),
    (&["services", "*", "environment"], entries),
    (&["services", "*", "extra_hosts"], hosts),
    (&["services", "*", "healthcheck", "test"], replace),
    (&["services", "*", "label_file"], entries),
    (&["services", "*", "labels"], entries),
    (&["services", "*", "logging"], logging),
    (&["services", "*", "models"], names),
    (&["services", "*", "networks"], names),
    (&["services", "*", "sysctls"], entries),
    (&["services", "*", "tmpfs"], entries),
    (&["services", "*", "ulimits", "*"], replace),
];

/// Merges `over` onto `base`, which both stand at `place`.
pub(crate) fn merge(base: Node, over: Node, place: &KeyPath, report: &mut Report) -> Node {
    Merger { report }.node(base, over, place)
}

struct Merger<'a> {
    report: &'a mut Report,
}

impl Merger<'_> {
    fn node(&mut self, base: Node, over: Node, place: &KeyPath) -> Node {
        if let Some((_, rule)) = RULES.iter().find(|(pattern, _)| place.matches(pattern)) {
            return rule(self, base, over, place);
        }
        self.general(base, over, place)
    }

    /// Mappings by key, lists one after the other, a scalar by what comes later.
    fn general(&mut self, base: Node, over: Node, place: &KeyPath) -> Node {
        match (&base.value, &over.value) {
            (_, Value::Null) => base,
            (Value::Map(_), Value::Map(_)) => self.mappings(base, over, place),
            (Value::Seq(_), Value::Seq(_)) => concatenate(base, over),
            (Value::Map(_) | Value::Seq(_), _) => self.refuse(base, &over, place),
            _ => over,
        }
    }

    fn mappings(&mut self, mut base: Node, over: Node, place: &KeyPath) -> Node {
        let Value::Map(over) = over.value else { return base };
        let Some(map) = base.as_map_mut() else { return base };
        for (key, value) in over {
            if let Some(existing) = map.get_mut(&key) {
                let earlier = std::mem::replace(existing, Node::new(Value::Null, value.span));
                *existing = self.node(earlier, value, &place.key(&key.text));
            } else {
                map.insert(key, value);
            }
        }
        base
    }

    fn refuse(&mut self, base: Node, over: &Node, place: &KeyPath) -> Node {
        let message = format!("{place} is a {} that a {} cannot override", base.kind(), over.kind());
        self.report.push(
            Diagnostic::error(codes::CANNOT_OVERRIDE, message)
                .at(over.span, format!("a {} here", over.kind()))
                .at(base.span, format!("a {} here", base.kind()))
                .help("write both in the same form, or put `!override` before the later one"),
        );
        base
    }
}

fn concatenate(mut base: Node, over: Node) -> Node {
    if let (Some(items), Value::Seq(more)) = (base.as_seq_mut(), over.value) {
        items.extend(more);
    }
    base
}

/// The later value stands, even if it is null.
fn replace(_: &mut Merger<'_>, _: Node, over: Node, _: &KeyPath) -> Node {
    over
}

/// `KEY=value` lists and mappings, whichever way either side is written. Two mappings stay one, in
/// which a later `null` counts: the variable is taken from the shell.
fn entries(_: &mut Merger<'_>, base: Node, over: Node, _: &KeyPath) -> Node {
    match (base.value, over.value) {
        (Value::Map(mut map), Value::Map(more)) => {
            map.extend(more);
            Node::new(Value::Map(map), base.span)
        }
        (earlier, later) => {
            let mut items = items(Node::new(earlier, base.span));
            items.extend(self::items(Node::new(later, over.span)));
            Node::new(Value::Seq(items), base.span)
        }
    }
}

/// The entries of a mapping as `KEY=value`, sorted; a single value as a list of one.
fn items(node: Node) -> Vec<Node> {
    match node.value {
        Value::Seq(items) => items,
        Value::Map(map) => {
            let mut items: Vec<Node> = map.iter().flat_map(|(key, value)| entry_items(key, value)).collect();
            items.sort_by(|left, right| left.as_str().cmp(&right.as_str()));
            items
        }
        Value::Null => Vec::new(),
        _ => vec![node],
    }
}

fn entry_items(key: &Key, value: &Node) -> Vec<Node> {
    let span = key.span.to(value.span);
    match &value.value {
        Value::Null => vec![Node::string(key.text.clone(), span)],
        Value::Seq(values) => values.iter().map(|value| entry::item(&key.text, value, span)).collect(),
        _ => vec![entry::item(&key.text, value, span)],
    }
}

/// Lists of hosts: what is there already is not said twice.
fn hosts(_: &mut Merger<'_>, base: Node, over: Node, _: &KeyPath) -> Node {
    let span = base.span;
    let mut known = items(base);
    let added: Vec<Node> =
        items(over).into_iter().filter(|item| !known.iter().any(|known| same(known, item))).collect();
    known.extend(added);
    Node::new(Value::Seq(known), span)
}

/// `build: ./dir` is `build: {context: ./dir}`.
fn build(merger: &mut Merger<'_>, base: Node, over: Node, place: &KeyPath) -> Node {
    let long = |node: Node| match node.value {
        Value::String(_) => {
            let span = node.span;
            Node::new(Value::Map([(Key::new("context", span), node)].into_iter().collect()), span)
        }
        Value::Null => Node::map(node.span),
        _ => node,
    };
    merger.general(long(base), long(over), place)
}

fn dependencies(merger: &mut Merger<'_>, base: Node, over: Node, place: &KeyPath) -> Node {
    by_name(merger, base, over, place, dependency)
}

fn names(merger: &mut Merger<'_>, base: Node, over: Node, place: &KeyPath) -> Node {
    by_name(merger, base, over, place, |span| Node::new(Value::Null, span))
}

fn by_name(
    merger: &mut Merger<'_>,
    base: Node,
    over: Node,
    place: &KeyPath,
    meaning: fn(Span) -> Node,
) -> Node {
    let long = |mut node: Node| {
        if let Value::Seq(items) = &node.value {
            node.value = Value::Map(named(items, meaning));
        }
        node
    };
    merger.general(long(base), long(over), place)
}

/// What a name alone means in `depends_on`.
pub(crate) fn dependency(span: Span) -> Node {
    let entries = [
        (Key::new("condition", span), Node::string("service_started", span)),
        (Key::new("required", span), Node::new(Value::Bool(true), span)),
    ];
    Node::new(Value::Map(entries.into_iter().collect()), span)
}

/// A list of names as a mapping, with what a name alone means.
pub(crate) fn named(items: &[Node], meaning: impl Fn(Span) -> Node) -> Map {
    let entry = |item: &Node| {
        scalar::go_string(&item.value).map(|name| (Key::new(name, item.span), meaning(item.span)))
    };
    items.iter().filter_map(entry).collect()
}

/// Options are those of a driver: another driver, other options.
fn logging(merger: &mut Merger<'_>, base: Node, over: Node, place: &KeyPath) -> Node {
    match (base.get("driver"), over.get("driver")) {
        (Some(earlier), Some(later)) if !same(earlier, later) => over,
        _ => merger.general(base, over, place),
    }
}

/// Pools of addresses belong together by their subnet.
fn address_pools(merger: &mut Merger<'_>, base: Node, over: Node, place: &KeyPath) -> Node {
    let (Some(_), Some(_)) = (base.as_seq(), over.as_seq()) else {
        return merger.general(base, over, place);
    };
    let span = base.span;
    let (mut pools, later) = (items(base), items(over));
    for pool in later {
        let known = pools.iter_mut().find(|known| match (known.get("subnet"), pool.get("subnet")) {
            (Some(left), Some(right)) => same(left, right),
            (None, None) => true,
            _ => false,
        });
        match known {
            Some(known) => {
                let earlier = std::mem::replace(known, Node::new(Value::Null, span));
                *known = merger.general(earlier, pool, place);
            }
            None => pools.push(pool),
        }
    }
    Node::new(Value::Seq(pools), span)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compose::testing::{json, tree};

    fn merged(base: &str, over: &str) -> (String, Vec<String>) {
        let mut report = Report::default();
        let merged = merge(tree(base), tree(over), &KeyPath::root(), &mut report);
        (json(&merged), report.diagnostics().iter().map(|found| found.message.clone()).collect())
    }

    /// Two forms of one attribute of a service, and what they come to.
    fn service(attribute: &str, base: &str, over: &str) -> String {
        let wrap = |value: &str| format!("services: {{a: {{{attribute}: {value}}}}}");
        let (json, messages) = merged(&wrap(base), &wrap(over));
        assert!(messages.is_empty(), "{messages:?}");
        let prefix = format!(r#"{{"services":{{"a":{{"{attribute}":"#);
        json.trim_start_matches(&prefix).strip_suffix("}}}").map(str::to_owned).unwrap_or(json)
    }

    #[test]
    fn every_kind_of_rule() {
        let cases = [
            ("image", "x", "y", r#""y""#),
            ("image", "x", "null", r#""x""#),
            ("command", "[x]", "[y]", r#"["y"]"#),
            ("command", "x", "null", "null"),
            ("cap_add", "[A]", "[B, A]", r#"["A","B","A"]"#),
            ("environment", "{A: 1, B: 2}", "{B: null}", r#"{"A":1,"B":null}"#),
            ("environment", "{B: 2, A: 1}", "[B=3, C]", r#"["A=1","B=2","B=3","C"]"#),
            ("environment", "[A=1]", "{A: 1.50}", r#"["A=1","A=1.5"]"#),
            ("dns", "1.1.1.1", "[8.8.8.8]", r#"["1.1.1.1","8.8.8.8"]"#),
            ("build", "./dir", "{target: t}", r#"{"context":"./dir","target":"t"}"#),
            (
                "depends_on",
                "{b: {condition: c, restart: true}}",
                "[b]",
                r#"{"b":{"condition":"service_started","restart":true,"required":true}}"#,
            ),
            ("networks", "[n]", "{n: {aliases: [x]}}", r#"{"n":{"aliases":["x"]}}"#),
            (
                "extra_hosts",
                "{a: [1.1.1.1, 2.2.2.2]}",
                "['a=1.1.1.1', 'b=3.3.3.3']",
                r#"["a=1.1.1.1","a=2.2.2.2","b=3.3.3.3"]"#,
            ),
            (
                "logging",
                "{driver: d, options: {a: 1}}",
                "{options: {b: 2}}",
                r#"{"driver":"d","options":{"a":1,"b":2}}"#,
            ),
            ("logging", "{driver: d, options: {a: 1}}", "{driver: e}", r#"{"driver":"e"}"#),
            ("ulimits", "{n: {soft: 1, hard: 2}}", "{n: 3}", r#"{"n":3}"#),
        ];
        for (attribute, base, over, expected) in cases {
            assert_eq!(service(attribute, base, over), expected, "{attribute}: {base} + {over}");
        }
    }

    #[test]
    fn pools_of_addresses_are_known_by_their_subnet() {
        let wrap = |pools: &str| format!("networks: {{n: {{ipam: {{config: [{pools}]}}}}}}");
        let (json, _) = merged(
            &wrap("{subnet: a, gateway: g}, {subnet: b}"),
            &wrap("{subnet: a, ip_range: r}, {subnet: c}"),
        );
        assert_eq!(
            json,
            r#"{"networks":{"n":{"ipam":{"config":[{"subnet":"a","gateway":"g","ip_range":"r"},{"subnet":"b"},{"subnet":"c"}]}}}}"#
        );
    }

    #[test]
    fn a_list_cannot_override_a_mapping() {
        let (_, messages) = merged("{x: {a: 1}}", "{x: [1]}");
        assert_eq!(messages, ["x is a mapping that a list cannot override"]);
    }

    fn trees() -> impl Strategy<Value = Node> {
        let leaf = "[a-z]{1,3}".prop_map(|text| Node::string(text, Span::NOWHERE));
        leaf.prop_recursive(4, 20, 4, |inner| {
            prop::collection::vec(("[a-c]", inner), 0..4).prop_map(|entries| {
                let entry = |(key, value): (String, Node)| (Key::new(key, Span::NOWHERE), value);
                Node::new(Value::Map(entries.into_iter().map(entry).collect()), Span::NOWHERE)
            })
        })
    }

    proptest! {
        #[test]
        fn nothing_merged_onto_a_tree_changes_nothing(base in trees()) {
            let base = Node::new(Value::Map([(Key::new("x", Span::NOWHERE), base)].into_iter().collect()), Span::NOWHERE);
            let mut report = Report::default();
            let merged = merge(base.clone(), Node::map(Span::NOWHERE), &KeyPath::root(), &mut report);
            prop_assert_eq!(merged, base);
        }

        #[test]
        fn a_mapping_merged_onto_itself_is_itself(base in trees()) {
            let mut report = Report::default();
            let merged = merge(base.clone(), base.clone(), &KeyPath::root(), &mut report);
            prop_assert_eq!(merged, base);
            prop_assert!(report.diagnostics().is_empty());
        }
    }
}
