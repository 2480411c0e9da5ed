//! Stage 7: the merged tree against the tables of `schema`. Every problem at its place, all in one run.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt::Write as _,
};

use super::{
    key_path::{KeyPath, Pattern},
    schema::{self, Bounds, Mapping, Schema},
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Span, nearest},
    yaml::{Key, Node, Value},
};

/// Attributes that compose once had, with what stands in their place now.
const REMOVED: &[(&str, &str)] = &[
    ("log_driver", "say it as `logging.driver`"),
    ("log_opt", "say it as `logging.options`"),
    ("net", "say it as `network_mode`"),
    ("volume_driver", "say it as `driver` of the volume, below the top-level `volumes`"),
    ("dockerfile", "say it as `build.dockerfile`"),
];

/// Lengths of time, which always have a unit.
const DURATIONS: &[Pattern] = &[
    &["services", "*", "stop_grace_period"],
    &["services", "*", "healthcheck", "*"],
    &["services", "*", "deploy", "restart_policy", "*"],
    &["services", "*", "deploy", "rollback_config", "*"],
    &["services", "*", "deploy", "update_config", "*"],
];

/// Reports everything in a project's tree that the compose specification does not allow.
pub(crate) fn validate(root: &Node, report: &mut Report) {
    if let Some(service) = version_one_service(root) {
        report.push(
            Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, "this is a file of compose version 1")
                .at(service.span, "a service at the top level")
                .help("put the services below `services:`"),
        );
        return;
    }
    Validator { report }.mapping(root, &schema::PROJECT, &mut KeyPath::root());
}

/// Reports what is wrong with an `include`, which is gone from the tree when that is validated.
pub(super) fn include(node: &Node, place: &KeyPath, report: &mut Report) {
    attribute(node, &schema::PROJECT, "include", place, report);
}

/// Reports what is wrong with an `extends`, which is gone from the tree when that is validated.
pub(super) fn extends(node: &Node, place: &KeyPath, report: &mut Report) {
    attribute(node, &schema::SERVICE, "extends", place, report);
}

fn attribute(node: &Node, mapping: &Mapping, name: &str, place: &KeyPath, report: &mut Report) {
    if let Some((_, schema)) = mapping.attributes.iter().find(|(known, _)| *known == name) {
        Validator { report }.check(node, schema, &mut place.clone());
    }
}

struct Validator<'a> {
    report: &'a mut Report,
}

impl Validator<'_> {
    fn check(&mut self, node: &Node, schema: &Schema, place: &mut KeyPath) {
        match schema {
            Schema::Map(mapping) if node.as_map().is_some() => self.mapping(node, mapping, place),
            Schema::List(item) | Schema::Set(item) if node.as_seq().is_some() => {
                let items = node.as_seq().unwrap_or_default();
                for (index, child) in items.iter().enumerate() {
                    place.enter_item(index);
                    self.check(child, item, place);
                    place.leave();
                }
                if matches!(schema, Schema::Set(_)) {
                    self.duplicates(items, place);
                }
            }
            Schema::OneOf(forms) => match forms.iter().find(|form| fits(form, node)) {
                Some(form) => self.check(node, form, place),
                None => self.mismatch(node, schema, place),
            },
            _ if fits(schema, node) => self.value(node, schema, place),
            _ => self.mismatch(node, schema, place),
        }
    }

    /// What a value of the right type must be besides.
    fn value(&mut self, node: &Node, schema: &Schema, place: &KeyPath) {
        let Some(text) = node.as_str() else { return };
        match schema {
            Schema::Word(words) if !words.contains(&text) => {
                let message = format!("{place} cannot be `{text}`");
                let help = format!("write one of: {}", words.join(", "));
                self.report.push(
                    Diagnostic::error(codes::NOT_ALLOWED, message).at(node.span, "not allowed").help(help),
                );
            }
            Schema::Checked(check) if !(check.holds)(text) => {
                let message = format!("{place} must be {}", check.wanted);
                self.report.push(Diagnostic::error(codes::NOT_ALLOWED, message).at(node.span, "not allowed"));
            }
            _ => {}
        }
    }

    fn mismatch(&mut self, node: &Node, schema: &Schema, place: &KeyPath) {
        if let (Value::Int(_), Schema::Integer(bounds)) = (&node.value, number_form(schema)) {
            return self.out_of_bounds(node, bounds, place);
        }
        let message = format!("{place} must be {}, not {}", wanted(schema), article(node.kind()));
        let diagnostic = Diagnostic::error(codes::WRONG_TYPE, message)
            .at(node.span, format!("this is {}", article(node.kind())));
        self.report.push(match remedy(node, schema, place) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    fn out_of_bounds(&mut self, node: &Node, bounds: Bounds, place: &KeyPath) {
        let most = if bounds.most == i128::MAX { String::new() } else { format!(" and {}", bounds.most) };
        let word = if most.is_empty() { "at least" } else { "between" };
        let message = format!("{place} must be {word} {}{most}", bounds.least);
        self.report.push(Diagnostic::error(codes::NOT_ALLOWED, message).at(node.span, "out of bounds"));
    }

    fn mapping(&mut self, node: &Node, mapping: &Mapping, place: &mut KeyPath) {
        let Some(map) = node.as_map() else { return };
        for (key, value) in map {
            let attribute = mapping.attributes.iter().find(|(name, _)| *name == key.text);
            if attribute.is_none() && mapping.extensions && key.text.starts_with("x-") {
                continue;
            }
            let entry = || mapping.entries.as_ref().filter(|(check, _)| (check.holds)(&key.text));
            let schema = attribute.map(|(_, schema)| schema).or_else(|| entry().map(|(_, schema)| schema));
            if let Some(schema) = schema {
                place.enter_key(&key.text);
                self.check(value, schema, place);
                place.leave();
            } else if !mapping.open {
                self.unknown(key, mapping, place);
            }
        }
        for name in mapping.required {
            if !map.contains_key(*name) {
                self.missing(node.span, name, place);
            }
        }
    }

    fn missing(&mut self, span: Span, name: &str, place: &KeyPath) {
        let message = format!("{place} must have `{name}`");
        self.report.push(
            Diagnostic::error(codes::MISSING_ATTRIBUTE, message)
                .at(span, format!("`{name}` is missing here")),
        );
    }

    fn unknown(&mut self, key: &Key, mapping: &Mapping, place: &KeyPath) {
        let name = &key.text;
        if let Some((check, _)) = &mapping.entries {
            let message = format!("the name `{name}` in {place} must be {}", check.wanted);
            self.report.push(Diagnostic::error(codes::NOT_ALLOWED, message).at(key.span, "not allowed"));
            return;
        }
        let whole = place.to_string();
        let here = if whole.is_empty() { "a compose file".to_owned() } else { whole };
        let message = format!("{here} has no attribute `{name}`");
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_ATTRIBUTE, message).at(key.span, "unknown attribute");
        // What is only counted needs no advice.
        if !self.report.is_full()
            && let Some(help) = Self::advice(key, mapping, place)
        {
            diagnostic = diagnostic.help(help);
        }
        self.report.push(diagnostic);
    }

    /// What the author of an unknown attribute may have meant.
    fn advice(key: &Key, mapping: &Mapping, place: &KeyPath) -> Option<String> {
        let name = &key.text;
        if place.matches(&["services", "*"])
            && let Some((_, advice)) = REMOVED.iter().find(|(removed, _)| removed == name)
        {
            return Some((*advice).to_owned());
        }
        let near = nearest(name, mapping.attributes.iter().map(|(known, _)| *known));
        match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if mapping.extensions => Some(format!("attributes of your own begin with `x-`: `x-{name}`")),
            None => None,
        }
    }

    fn duplicates(&mut self, items: &[Node], place: &KeyPath) {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            let mut meaning = String::new();
            write_meaning(item, &mut meaning);
            let first = match known.entry(meaning) {
                Entry::Occupied(first) => *first.get(),
                Entry::Vacant(new) => {
                    new.insert(index);
                    continue;
                }
            };
            let message = format!("{} and {} are the same", place.index(first), place.index(index));
            let earlier = items.get(first).map_or(item.span, |node| node.span);
            self.report.push(
                Diagnostic::error(codes::DUPLICATE_ITEM, message)
                    .at(item.span, "again here")
                    .at(earlier, "first here")
                    .help("remove one of them"),
            );
        }
    }
}

/// Is the node of the type that the form asks for? Only the outermost layer is looked at.
fn fits(schema: &Schema, node: &Node) -> bool {
    match (schema, &node.value) {
        (Schema::Null, Value::Null)
        | (Schema::Bool, Value::Bool(_))
        | (Schema::Number, Value::Int(_) | Value::Float(_))
        | (Schema::Text | Schema::Word(_) | Schema::Checked(_), Value::String(_) | Value::Timestamp(_))
        | (Schema::List(_) | Schema::Set(_), Value::Seq(_))
        | (Schema::Map(_), Value::Map(_)) => true,
        (Schema::Integer(bounds), Value::Int(number)) => (bounds.least..=bounds.most).contains(number),
        (Schema::Integer(bounds), Value::Float(number)) => {
            number.fract() == 0.0 && (bounds.least..=bounds.most).contains(&(*number as i128))
        }
        (Schema::OneOf(forms), _) => forms.iter().any(|form| fits(form, node)),
        _ => false,
    }
}

/// The form of a schema that takes integers, else the schema itself.
fn number_form(schema: &Schema) -> Schema {
    match schema {
        Schema::OneOf(forms) => {
            forms.iter().find(|form| matches!(form, Schema::Integer(_))).copied().unwrap_or(*schema)
        }
        _ => *schema,
    }
}

/// What makes a value of the type that is asked for, where that is plain to see.
fn remedy(node: &Node, schema: &Schema, place: &KeyPath) -> Option<String> {
    match &node.value {
        Value::Int(number) if DURATIONS.iter().any(|pattern| place.matches(pattern)) => {
            Some(format!("write it with a unit, such as `{number}s`"))
        }
        Value::Int(_) | Value::Float(_) | Value::Bool(_) if accepts(schema, &Node::string("", node.span)) => {
            Some("put it in quotes".to_owned())
        }
        Value::String(text)
            if !text.contains('\n') && accepts(schema, &Node::new(Value::Seq(Vec::new()), node.span)) =>
        {
            Some("put it in brackets, or begin a line with `- ` for each item".to_owned())
        }
        _ => None,
    }
}

fn accepts(schema: &Schema, node: &Node) -> bool {
    match schema {
        Schema::OneOf(forms) => forms.iter().any(|form| accepts(form, node)),
        _ => fits(schema, node),
    }
}

/// What a schema asks for, in words: "a string or a list".
fn wanted(schema: &Schema) -> String {
    match schema {
        Schema::Null => "null".to_owned(),
        Schema::Bool => "a boolean".to_owned(),
        Schema::Integer(_) => "an integer".to_owned(),
        Schema::Number => "a number".to_owned(),
        Schema::Text | Schema::Word(_) | Schema::Checked(_) => "a string".to_owned(),
        Schema::List(_) | Schema::Set(_) => "a list".to_owned(),
        Schema::Map(_) => "a mapping".to_owned(),
        Schema::OneOf(forms) => {
            let words: Vec<String> = forms.iter().map(wanted).collect();
            match words.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => words.concat(),
            }
        }
    }
}

/// A kind of value with its article: "an integer".
pub(super) fn article(kind: &str) -> String {
    match kind {
        "null" => "null".to_owned(),
        "integer" => "an integer".to_owned(),
        _ => format!("a {kind}"),
    }
}

/// Whether two nodes say the same, wherever they stand.
pub(crate) fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Seq(left), Value::Seq(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        (Value::Int(integer), Value::Float(float)) | (Value::Float(float), Value::Int(integer)) => {
            *integer as f64 == *float
        }
        (left, right) => left == right,
    }
}

/// Writes what a node means: nodes of the same meaning give the same text. See [`same`].
fn write_meaning(node: &Node, text: &mut String) {
    // A text cannot refuse what is written to it.
    let _ = match &node.value {
        Value::Null => write!(text, "null"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Int(value) => write!(text, "{:e}", *value as f64),
        Value::Float(value) => write!(text, "{value:e}"),
        Value::Timestamp(value) => write!(text, "time {value:?}"),
        Value::String(value) => write!(text, "{value:?}"),
        Value::Seq(items) => {
            text.push('[');
            for item in items {
                write_meaning(item, text);
                text.push(',');
            }
            write!(text, "]")
        }
        Value::Map(map) => {
            let mut entries: Vec<(&Key, &Node)> = map.iter().collect();
            entries.sort_by(|left, right| left.0.text.cmp(&right.0.text));
            text.push('{');
            for (key, value) in entries {
                let _ = write!(text, "{:?}:", key.text);
                write_meaning(value, text);
                text.push(',');
            }
            write!(text, "}}")
        }
    };
}

/// Before `services:` there was nothing but services in a file.
fn version_one_service(root: &Node) -> Option<&Key> {
    let is_known = |key: &Key| schema::PROJECT.attributes.iter().any(|(name, _)| *name == key.text);
    let is_service = |node: &Node| node.get("image").is_some() || node.get("build").is_some();
    let map = root.as_map().filter(|map| !map.contains_key("services"))?;
    map.iter().find(|(key, value)| !is_known(key) && is_service(value)).map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Map;

    fn node(value: Value) -> Node {
        Node::new(value, Span::NOWHERE)
    }

    fn map(entries: Vec<(&str, Node)>) -> Node {
        node(Value::Map(
            entries.into_iter().map(|(key, value)| (Key::new(key, Span::NOWHERE), value)).collect(),
        ))
    }

    fn messages(root: &Node) -> Vec<String> {
        let mut report = Report::default();
        validate(root, &mut report);
        report.diagnostics().iter().map(|found| found.message.clone()).collect()
    }

    #[test]
    fn an_unknown_attribute_is_refused_and_a_near_one_named() {
        let web = map(vec![("imagee", Node::string("x", Span::NOWHERE))]);
        let root = map(vec![("services", map(vec![("web", web)]))]);
        let mut report = Report::default();
        validate(&root, &mut report);
        let found = &report.diagnostics()[0];
        assert_eq!(found.message, "services.web has no attribute `imagee`");
        assert_eq!(found.help.as_deref(), Some("did you mean `image`?"));
    }

    #[test]
    fn a_file_of_version_one_is_told_once() {
        let web = || map(vec![("image", Node::string("x", Span::NOWHERE))]);
        assert_eq!(
            messages(&map(vec![("web", web()), ("db", web())])),
            ["this is a file of compose version 1"]
        );
    }

    #[test]
    fn types_bounds_words_and_required_attributes_are_checked() {
        let cases = [
            ("image", Value::Int(3), "services.web.image must be a string, not an integer"),
            ("cpu_percent", Value::Int(101), "services.web.cpu_percent must be between 0 and 100"),
            ("cgroup", Value::String("x".into()), "services.web.cgroup cannot be `x`"),
            ("provider", Value::Map(Map::default()), "services.web.provider must have `type`"),
            (
                "container_name",
                Value::String("x".into()),
                "services.web.container_name must be at least two characters of letters, digits, `_`, `.` and `-`",
            ),
        ];
        for (key, value, message) in cases {
            let root = map(vec![("services", map(vec![("web", map(vec![(key, node(value))]))]))]);
            assert_eq!(messages(&root), [message]);
        }
    }
}
