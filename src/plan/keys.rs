//! Every key of every file that was read, with what became of it.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    fate::{Fate, FateKind, KeyPath},
    ledger::Ledger,
    mapping,
};
use crate::{
    compose::model::{Document, Project, Role},
    diag::{Diagnostic, Report, codes},
    secret,
    text::Span,
    yaml::{Node, Value},
};

/// A key of the input and its fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFate {
    /// The way to it in its file.
    pub path: KeyPath,
    /// Where it stands.
    pub span: Span,
    /// What became of it.
    pub fate: Fate,
    /// How something of it differs in the tree, where something else of it is unsupported.
    pub differences: Vec<String>,
    /// What it says, secrets starred out, unless the tree says just that: a scalar, or those of a list.
    pub values: Vec<String>,
}

/// Why a value of an earlier file counts for nothing.
pub const SUPERSEDED: &str = "a later file says otherwise";
/// Lists that a later file replaces; to others it adds.
const REPLACED: &[&str] = &["command", "entrypoint", "test"];
/// Lists that say something by being empty.
const CLEARING: &[&str] = &["command", "entrypoint", "test"];
/// How many places of one cause are shown.
const PLACES: usize = 3;

/// Keys of a service that loading has resolved.
const RESOLVED: &[&str] = &["extends", "env_file", "label_file"];

/// Every key of every document of a project, in the order in which they were read.
pub fn keys(project: &Project, ledger: &Ledger) -> Vec<KeyFate> {
    let mut keys = Vec::new();
    for (index, document) in project.documents.iter().enumerate() {
        let later = project.documents.get(index + 1..).unwrap_or_default();
        collect(&document.tree, &KeyPath::default(), &mut |path, span, value| {
            let fate = match &value.value {
                _ if is_superseded(document, later, &path, value) => ignored(SUPERSEDED),
                Value::Seq(items) if items.is_empty() => {
                    fate_of_nothing(project, ledger, document, &path, value)
                }
                Value::Null if is_attribute(&path) && value.directive.is_none() => ignored("it says nothing"),
                Value::Seq(_) => fate_of_list(project, ledger, document, &path),
                _ if is_active(project, &path) => fate_in_list(ledger, &path, value.span)
                    .unwrap_or_else(|| fate(project, ledger, document, &path)),
                _ => fate(project, ledger, document, &path),
            };
            let values = if fate.kind == FateKind::Mapped { Vec::new() } else { values(&path, value) };
            let differences = match fate.kind {
                FateKind::Unsupported => ledger.reasons(&path, FateKind::Approximated).to_vec(),
                _ => Vec::new(),
            };
            keys.push(KeyFate { fate, path, span, differences, values });
        });
    }
    keys
}

/// Warns of what Kubernetes has nothing for, with the way out: one warning for what several services have alike.
pub(super) fn warn_of_unsupported(project: &Project, ledger: &Ledger, report: &mut Report) {
    let mut causes: IndexMap<(Vec<String>, String), Vec<KeyFate>> = IndexMap::new();
    let mut above: Option<KeyFate> = None;
    for key in keys(project, ledger).into_iter().filter(|key| key.fate.kind == FateKind::Unsupported) {
        // The keys below an unsupported key share its fate; one message says it.
        if above.as_ref().is_some_and(|above| key.path.is_below(&above.path) && key.fate == above.fate) {
            continue;
        }
        above = Some(key.clone());
        let refusals = ledger.reasons(&key.path, FateKind::Unsupported);
        let reason = if refusals.is_empty() { key.fate.reason.clone() } else { refusals.join("; ") };
        let same = causes.entry((within(&key.path), reason)).or_default();
        if !same.iter().any(|known| known.span == key.span) {
            same.push(key);
        }
    }
    for ((path, reason), same) in causes {
        let subject = match same.as_slice() {
            [only] => format!("`{}`", only.path),
            several => format!("`{}` of {}", KeyPath::new(path), owners(several)),
        };
        let partly = if same.iter().any(|key| !key.fate.to.is_empty()) { "something of " } else { "" };
        let message = format!("{partly}{subject} has no counterpart in the tree");
        let mut diagnostic = Diagnostic::warning(codes::UNSUPPORTED_KEY, message).help(reason);
        for key in same.iter().take(PLACES) {
            diagnostic = diagnostic.at(key.span, "");
        }
        report.push(diagnostic);
    }
}

/// The path within a service or another named element.
fn within(path: &KeyPath) -> Vec<String> {
    match path.segments() {
        [services, _, rest @ ..] if services == "services" && !rest.is_empty() => rest.to_vec(),
        segments => segments.to_vec(),
    }
}

/// The names that several keys stand under, the first few of them.
fn owners(keys: &[KeyFate]) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in keys.iter().filter_map(|key| key.path.segments().get(1)) {
        let name = format!("`{name}`");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(PLACES);
    names.truncate(PLACES);
    if more > 0 { format!("{} and {more} more", names.join(", ")) } else { names.join(", ") }
}

fn collect(node: &Node, path: &KeyPath, found: &mut impl FnMut(KeyPath, Span, &Node)) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map {
                let below = path.join([&key.text]);
                found(below.clone(), key.span, value);
                collect(value, &below, found);
            }
        }
        Value::Seq(items) => {
            for (index, below) in items.iter().enumerate() {
                collect(below, &path.item(index), found);
            }
        }
        _ => {}
    }
}

/// Does a later file of the project give the key another value, or take it away?
fn is_superseded(document: &Document, later: &[Document], path: &KeyPath, value: &Node) -> bool {
    let last = path.segments().last().map_or("", String::as_str);
    let replaceable = match &value.value {
        Value::Map(_) => false,
        Value::Seq(_) => REPLACED.contains(&last),
        _ => path.segments().len() > 1,
    };
    let later = later.iter().filter(|later| later.role == Role::Project);
    replaceable && document.role == Role::Project && later.into_iter().any(|later| says(&later.tree, path))
}

fn says(tree: &Node, path: &KeyPath) -> bool {
    let mut node = tree;
    for (index, segment) in path.segments().iter().enumerate() {
        if node.directive.is_some() {
            return true;
        }
        match &node.value {
            Value::Map(map) => match map.get(segment.as_str()) {
                Some(below) => node = below,
                None => return false,
            },
            // `KEY=value` beside `KEY: value`.
            Value::Seq(items) => {
                let names = |item: &Node| {
                    item.as_str()
                        .and_then(|item| item.strip_prefix(segment.as_str()))
                        .is_some_and(|rest| rest.starts_with('='))
                };
                return index + 1 == path.segments().len() && items.iter().any(names);
            }
            _ => return false,
        }
    }
    node.directive.is_some() || !matches!(node.value, Value::Map(_) | Value::Null)
}

/// Is it an attribute of a service, not something below one?
fn is_attribute(path: &KeyPath) -> bool {
    matches!(path.segments(), [services, _, _] if services == "services")
}

fn fate_of_nothing(
    project: &Project,
    ledger: &Ledger,
    document: &Document,
    path: &KeyPath,
    value: &Node,
) -> Fate {
    let last = path.segments().last().map_or("", String::as_str);
    if value.directive.is_some() || CLEARING.contains(&last) {
        return fate_of_list(project, ledger, document, path);
    }
    ignored("an empty list says nothing")
}

fn ignored(reason: &str) -> Fate {
    Fate { kind: FateKind::Ignored, to: Vec::new(), reason: reason.to_owned() }
}

/// What a scalar says, or what the scalars of a list do; mappings have keys of their own.
fn values(path: &KeyPath, node: &Node) -> Vec<String> {
    let key = path.segments().last().map_or("", String::as_str);
    let text = match &node.value {
        Value::Null | Value::Map(_) => return Vec::new(),
        Value::Seq(items) => {
            let values: Vec<String> = items.iter().flat_map(|item| values(path, item)).collect();
            return secret::redact_words(&values);
        }
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Timestamp(text) | Value::String(text) => text.clone(),
    };
    vec![if secret::is_written_secret(key, &text) {
        "*".repeat(text.chars().count())
    } else {
        secret::redact(&text)
    }]
}

/// What became of a key in an item of a list, if the items of that list did not all fare alike.
fn fate_in_list(ledger: &Ledger, path: &KeyPath, value: Span) -> Option<Fate> {
    let end = path.segments().iter().position(|segment| segment.starts_with('['))?;
    let list = KeyPath::new(path.segments().get(..end)?);
    ledger.at(&list, value).cloned()
}

/// Is it a key of something that the project has?
fn is_active(project: &Project, path: &KeyPath) -> bool {
    match path.segments() {
        [services, name, ..] if services == "services" => project.services.contains_key(name),
        _ => true,
    }
}

/// The items of a list have no keys of their own: the list's says what became of them, too.
fn fate_of_list(project: &Project, ledger: &Ledger, document: &Document, path: &KeyPath) -> Fate {
    let mut whole = Ledger::default();
    whole.enter(path.clone(), fate(project, ledger, document, path));
    let mut names: BTreeMap<&Fate, Vec<String>> = BTreeMap::new();
    for (entry, below) in ledger.iter().filter(|(entry, _)| entry.is_below(path)) {
        let name = entry.segments().get(path.segments().len()).map_or("", String::as_str);
        names.entry(below).or_default().push(format!("`{name}`"));
    }
    let alone = names.len() == 1;
    for (below, names) in names {
        let reason = match below.reason.as_str() {
            "" => String::new(),
            // What all of them share needs no names.
            reason if alone => reason.to_owned(),
            reason => format!("{}: {reason}", names.join(", ")),
        };
        whole.enter(path.clone(), Fate { reason, ..below.clone() });
    }
    whole.of(path).cloned().unwrap_or_else(unused)
}

fn fate(project: &Project, ledger: &Ledger, document: &Document, path: &KeyPath) -> Fate {
    let segments: Vec<&str> = path.segments().iter().map(String::as_str).collect();
    match segments.as_slice() {
        [top, ..] if *top == "version" || top.starts_with("x-") => ignored(&told(path)),
        ["name"] => Fate { kind: FateKind::Mapped, to: everywhere(ledger), reason: String::new() },
        ["include", ..] => Fate { kind: FateKind::Mapped, to: everywhere(ledger), reason: told(path) },
        ["services", service, ..] if !project.services.contains_key(*service) => {
            absent(project, document, service)
        }
        ["services", service, key, ..] if RESOLVED.contains(key) => {
            let to = ledger
                .of(&KeyPath::new(["services", service]))
                .map(|fate| fate.to.clone())
                .unwrap_or_default();
            Fate { kind: FateKind::Mapped, to, reason: told(path) }
        }
        ["services"] => Fate { kind: FateKind::Mapped, to: everywhere(ledger), reason: String::new() },
        ["networks" | "volumes" | "secrets" | "configs" | "models"] => {
            let below =
                ledger.iter().filter(|(entry, _)| entry.segments().first() == path.segments().first());
            below.map(|(_, fate)| fate.clone()).min_by_key(|fate| fate.kind).unwrap_or_else(unused)
        }
        _ => ledger.of(path).cloned().unwrap_or_else(unused),
    }
}

/// What the table says of a key.
fn told(path: &KeyPath) -> String {
    mapping::of(path).map_or_else(String::new, |row| row.text.to_owned())
}

/// What is said of a service that the project does not run.
fn absent(project: &Project, document: &Document, service: &str) -> Fate {
    let reason = if document.role == Role::Extends {
        "read for the services that extend it"
    } else if project.disabled_services.contains_key(service) {
        "none of its profiles is active here"
    } else {
        "a later file takes it out of the project"
    };
    ignored(reason)
}

fn unused() -> Fate {
    ignored("nothing in the project makes use of it")
}

fn everywhere(ledger: &Ledger) -> Vec<String> {
    let any = ledger.iter().any(|(_, fate)| !fate.to.is_empty());
    if any { vec!["base/kustomization.yaml".to_owned()] } else { Vec::new() }
}
