//! Which variables the files use as secrets. The files are read as they are written: no variable is replaced yet, and
//! what else is wrong with the files does not count.

use std::{collections::BTreeSet, ops::Range};

use super::{dotenv::Parsed, template};
use crate::{
    secret,
    text::{OperatorKind, Part, Reference, Template},
    yaml::{Node, Value},
};

/// The place of a value that nobody has filled in: where this would be a secret, the variable is one.
const LITERAL: &str = "kQ7xZp3w";

/// How deep `${A:-${B:-…}}` is followed.
const MAX_NESTING: usize = 16;

/// Where secrets are in a text.
type Secrets = Vec<Range<usize>>;

/// Where a node is.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    key: &'a str,
    /// The image of the service.
    image: &'a str,
    /// Whether it is among labels or annotations.
    is_label: bool,
}

/// The variables that a document uses as secrets: as the value of a key for one, where a URL or a command has one, and
/// for `secrets`.
pub fn secret_sources(document: &Node) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    add(document, Place::default(), &mut found);
    let secrets = document.get("secrets").and_then(Node::as_map).into_iter().flat_map(|map| map.values());
    found.extend(secrets.filter_map(|secret| Some(secret.get("environment")?.as_str()?.to_owned())));
    found
}

/// The same for a file that is no YAML, line by line.
pub(super) fn in_text(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        // Only what `secrets` and `configs` are made from is a single name.
        let made_from = line.trim().strip_prefix("environment:").map(str::trim);
        found.extend(made_from.filter(|name| template::is_name(name)).map(str::to_owned));
        add_drawn(&[line], &mut found, &|filled| vec![masked(&filled[0].value())]);
    }
    found
}

/// The same for an env file.
pub(super) fn in_env_file(parsed: &Parsed) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for variable in &parsed.variables {
        if let Some(template) = &variable.template {
            add_value(&template.written, Place { key: &variable.name, ..Place::default() }, &mut found);
        }
    }
    found
}

/// What reports would not show of a line.
fn masked(line: &str) -> Secrets {
    let masked = secret::redact(line);
    let characters = line.char_indices().zip(masked.chars()).filter(|((_, c), shown)| c != shown);
    characters.map(|((at, c), _)| at..at + c.len_utf8()).collect()
}

fn add(node: &Node, place: Place<'_>, found: &mut BTreeSet<String>) {
    match &node.value {
        Value::String(text) => add_value(text, place, found),
        Value::Seq(items) => {
            add_words(items, place.image, found);
            for item in items {
                match item.as_str().map(|text| text.split_once('=').unwrap_or(("", text))) {
                    Some((key, value)) => add_value(value, Place { key, ..place }, found),
                    None => add(item, Place { key: "", ..place }, found),
                }
            }
        }
        Value::Map(map) => {
            let image = map.get("image").and_then(Node::as_str).unwrap_or(place.image);
            let is_label = place.is_label || matches!(place.key, "labels" | "annotations");
            for (key, value) in map {
                add(value, Place { key: &key.text, image, is_label }, found);
            }
        }
        _ => {}
    }
}

fn add_value(written: &str, place: Place<'_>, found: &mut BTreeSet<String>) {
    add_drawn(&[written], found, &|filled| {
        let value = filled[0].value();
        let is_variable = matches!(filled[0].parts.as_slice(), [Part::Variable { .. }]);
        vec![match is_variable && secret::is_secret_key(place.key) {
            true => std::iter::once(0..value.len()).collect(),
            false if place.is_label => secret::in_label(place.key, &value),
            // By itself, it looks like nothing.
            false if is_variable => Vec::new(),
            false => secret::in_value(&value),
        }]
    });
}

/// Words of a command: some follow on options that ask for a secret.
fn add_words(items: &[Node], image: &str, found: &mut BTreeSet<String>) {
    let words: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
    add_drawn(&words, found, &|filled| {
        let values: Vec<String> = filled.iter().map(Template::value).collect();
        secret::in_words(&values.iter().map(String::as_str).collect::<Vec<_>>(), image)
    });
}

/// Adds the variables that the secret parts of texts are drawn from, defaults of defaults included.
fn add_drawn(written: &[&str], found: &mut BTreeSet<String>, secrets: &dyn Fn(&[Template]) -> Vec<Secrets>) {
    if !written.iter().any(|text| text.contains('$')) {
        return;
    }
    let mut unset: BTreeSet<String> = BTreeSet::new();
    for _ in 0..MAX_NESTING {
        let lookup = |name: &str| (!unset.contains(name)).then(|| LITERAL.to_owned());
        let filled =
            |text: &&str| template::expand(text, &lookup).unwrap_or_else(|_| Template::of_text(text));
        let filled: Vec<Template> = written.iter().map(filled).collect();
        if filled.iter().all(|template| template.references().next().is_none()) {
            return;
        }
        for (template, secrets) in filled.iter().zip(secrets(&filled)) {
            found.extend(within(template, secrets).drawn().map(|(reference, _)| reference.name.clone()));
        }
        let has_default =
            |it: &&Reference| it.operator.is_some_and(|operator| operator.kind == OperatorKind::Default);
        let names = filled.iter().flat_map(Template::evaluated).filter(has_default);
        let names: Vec<String> = names.map(|reference| reference.name.clone()).collect();
        let known = unset.len();
        unset.extend(names);
        if unset.len() == known {
            return;
        }
    }
}

/// The parts of a text that are in any of the ranges.
fn within(template: &Template, mut ranges: Secrets) -> Template {
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut next, mut end) = (ranges.into_iter().peekable(), 0);
    let mut start = 0;
    let is_within = |part: &&Part| {
        let part = start..start + part.value().len();
        while let Some(range) = next.next_if(|range| range.start < part.end) {
            end = end.max(range.end);
        }
        start = part.end;
        part.start < end
    };
    let parts = template.parts.iter().filter(is_within).cloned().collect();
    Template { parts, written: String::new(), nested: template.nested.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Report, text::Sources, yaml::parse};

    #[test]
    fn variables_are_secret_where_a_value_would_be() {
        let of_line = |line: &str| {
            let mut sources = Sources::default();
            let text = format!("services: {{web: {{image: redis, {line}}}}}");
            let id = sources.add("compose.yaml", text.clone());
            let documents = parse::documents(&sources, id, &mut Report::default()).unwrap();
            let found: Vec<String> = documents.iter().flat_map(secret_sources).collect();
            assert!(found.iter().all(|name| in_text(&text).contains(name)), "{text}: {:?}", in_text(&text));
            found.join(" ")
        };
        for (line, names) in [
            ("environment: {DB_PASSWORD: '${A}'}", "A"),
            ("environment: {DB_PASSWORD: $A}", "A"),
            ("environment: ['DB_PASSWORD=${A:?unset}']", "A"),
            ("environment: {DB_PASSWORD: '${A:-${B}}'}", "A B"),
            ("environment: {URL: 'postgres://${U}:${A}@db/${N}'}", "A"),
            ("environment: {PRICE: '$$A'}", ""),
            ("environment: {NAME: '${A}'}", ""),
            ("command: [redis-server, --requirepass, '${A}', --port, '${P}']", "A"),
            ("command: 'redis-server --requirepass ${A} --port ${P}'", "A"),
        ] {
            assert_eq!(of_line(line), names, "{line}");
        }
    }

    #[test]
    fn secrets_are_made_from_variables() {
        let mut sources = Sources::default();
        let text = "secrets:\n  db:\n    environment: A\n  file:\n    file: ${B}\n";
        let id = sources.add("compose.yaml", text);
        let documents = parse::documents(&sources, id, &mut Report::default()).unwrap();
        let expected = BTreeSet::from(["A".to_owned()]);
        assert_eq!(secret_sources(&documents[0]), expected);
        assert_eq!(in_text(text), expected);
    }
}
