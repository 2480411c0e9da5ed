//! Every key of every file that was read, with what becomes of it.

mod exposed;
mod heirs;
mod key;
mod later;
mod places;
mod unsupported;

use std::{collections::BTreeMap, sync::Arc};

pub use self::key::{Drawn, KeyFate, Refusal};
use self::{exposed::drawn, heirs::Heirs, later::Later, places::Places};
pub(super) use self::{
    exposed::{draws_secrets, refuse_exposed},
    unsupported::warn_of_unsupported,
};
use super::{
    fate::{Fate, FateKind, KeyPath},
    ledger::{Entry, Ledger},
    mapping,
    reasons::{self, KnownReason, Reason},
};
use crate::{
    compose::model::{Document, Project, Role},
    parallel, secret,
    text::Span,
    yaml::{Key, Node, Value},
};

/// Lists that a later file replaces; to others it adds.
const REPLACED: &[&str] = &["command", "entrypoint", "test"];
/// Lists that say something by being empty.
const CLEARING: &[&str] = &["command", "entrypoint", "test"];
/// Keys of a service that loading has resolved.
const RESOLVED: &[&str] = &["extends", "env_file", "label_file"];
/// Top-level keys of named elements, but for services.
const ELEMENTS: &[&str] = &["networks", "volumes", "secrets", "configs", "models"];

/// Every key of every document of a project, in the order in which they were read.
pub fn keys(project: &Project, ledger: &Ledger) -> Vec<KeyFate> {
    walk(project, ledger, true)
}

/// The same without what the keys say, which costs most: [`KeyFate::values`] are empty.
pub fn keys_without_values(project: &Project, ledger: &Ledger) -> Vec<KeyFate> {
    walk(project, ledger, false)
}

fn walk(project: &Project, ledger: &Ledger, has_values: bool) -> Vec<KeyFate> {
    let summary = Summary::of(ledger);
    let heirs = Heirs::of(project);
    let (mut later, mut by_document) = (Later::default(), Vec::new());
    // From the last document to the first: each of them meets what those behind it say.
    for (index, document) in project.documents.iter().enumerate().rev() {
        let is_project = document.role == Role::Project;
        let mut walk = Walk {
            project,
            document,
            ledger,
            summary: &summary,
            has_values,
            heir: None,
            inherited: Vec::new(),
            found: Vec::new(),
        };
        let path = KeyPath::default();
        let result = ledger.root().result();
        let mut at = Position::new(&path, result.as_ref(), ledger.root());
        at.later = Some(&later).filter(|_| is_project);
        if document.role == Role::Extends {
            walk.inherited(&heirs);
        }
        walk.descend(&document.tree, at);
        by_document.push(walk.found);
        // Nothing is before the first document.
        if is_project && index > 0 {
            later.add(&document.tree);
        }
    }
    by_document.into_iter().rev().flatten().collect()
}

/// What is the same for keys of all documents.
struct Summary {
    /// Where the project as a whole goes.
    everywhere: Vec<Arc<str>>,
    /// The best result of each kind of element.
    elements: BTreeMap<&'static str, Fate>,
}

impl Summary {
    fn of(ledger: &Ledger) -> Self {
        let best = |element: &'static str| {
            let mut best: Option<Fate> = None;
            ledger.root().key(element)?.results(&mut |fate| {
                if best.as_ref().is_none_or(|best| fate.kind < best.kind) {
                    best = Some(fate);
                }
            });
            Some((element, best?))
        };
        let mut any = false;
        ledger.root().results(&mut |fate| any |= !fate.to.is_empty());
        let everywhere = if any { vec!["base/kustomization.yaml".into()] } else { Vec::new() };
        Self { everywhere, elements: ELEMENTS.iter().filter_map(|element| best(element)).collect() }
    }
}

/// A place of a document, and what is known of the same place elsewhere.
#[derive(Clone, Copy)]
struct Position<'a> {
    path: &'a KeyPath,
    /// What the ledger has of this path.
    entry: Option<&'a Entry>,
    /// The result of this key, or of the nearest one above it that has a result.
    result: Option<&'a Fate>,
    /// What later documents say here.
    later: Option<&'a Later<'a>>,
    /// Whether a later document takes away something that this is in.
    is_taken_away: bool,
    /// The outermost list that this is in.
    places: Option<&'a Places>,
}

impl<'a> Position<'a> {
    fn new(path: &'a KeyPath, result: Option<&'a Fate>, entry: &'a Entry) -> Self {
        Self { path, entry: Some(entry), result, later: None, is_taken_away: false, places: None }
    }

    /// The position of a key or an item of this one, with the path and the own result that it has.
    fn below<'b>(&'b self, path: &'b KeyPath, own: Option<&'b Fate>) -> Position<'b> {
        let segment = path.last().unwrap_or_default();
        Position {
            path,
            entry: self.entry.and_then(|entry| entry.key(segment)),
            result: own.or(self.result),
            later: self.later.and_then(|later| later.key(segment)),
            is_taken_away: self.is_taken_away || self.later.is_some_and(Later::is_directive),
            places: self.places,
        }
    }

    fn own_result(&self, segment: &str) -> Option<Fate> {
        self.entry?.key(segment)?.result()
    }
}

/// A walk along one document.
struct Walk<'a> {
    project: &'a Project,
    document: &'a Document,
    ledger: &'a Ledger,
    summary: &'a Summary,
    has_values: bool,
    /// The service that has what another one says, of which the keys are.
    heir: Option<&'a str>,
    /// Services of the document that have been walked along for those that extend them.
    inherited: Vec<&'a str>,
    found: Vec<KeyFate>,
}

impl<'a> Walk<'a> {
    /// Walks along each service of the document as those of the project that extend it have it.
    fn inherited(&mut self, heirs: &'a Heirs) {
        let document = self.document;
        let services = document.tree.get("services").and_then(Node::as_map).into_iter().flatten();
        for (name, definition) in services {
            for heir in heirs.of_definition(definition) {
                self.inherited.push(&name.text);
                self.heir = Some(heir);
                let path = KeyPath::new(["services", &name.text]);
                let entry = self.ledger.root().key("services").and_then(|services| services.key(heir));
                let result = entry.and_then(Entry::result);
                let mut own = Later::default();
                for document in self.project.documents.iter().filter(|it| it.role == Role::Project) {
                    let said = document.tree.get("services").and_then(|services| services.get(heir));
                    said.into_iter().for_each(|said| own.add(said));
                }
                let at = Position {
                    path: &path,
                    entry,
                    result: result.as_ref(),
                    later: Some(&own),
                    is_taken_away: false,
                    places: None,
                };
                self.descend(definition, at);
            }
        }
        self.heir = None;
    }

    fn descend(&mut self, node: &Node, at: Position<'_>) {
        match &node.value {
            Value::Map(map) => {
                if at.path.segments() == ["services"] {
                    // They are most of a document, and none of them has to know of another.
                    let services: Vec<(&Key, &Node)> = map.iter().collect();
                    let below = parallel::map(&services, |(key, value)| {
                        let mut walk = Walk { found: Vec::new(), inherited: self.inherited.clone(), ..*self };
                        walk.descend_into(key, value, at);
                        walk.found
                    });
                    self.found.extend(below.into_iter().flatten());
                } else {
                    map.iter().for_each(|(key, value)| self.descend_into(key, value, at));
                }
            }
            Value::Seq(items) => {
                let places = at.entry.map(Places::of).unwrap_or_default();
                let at = Position { places: at.places.or(Some(&places)), ..at };
                for (index, item) in items.iter().enumerate() {
                    let path = at.path.item(index);
                    let own = at.own_result(path.last().unwrap_or_default());
                    self.descend(item, at.below(&path, own.as_ref()));
                }
            }
            _ => {}
        }
    }

    fn descend_into(&mut self, key: &Key, value: &Node, at: Position<'_>) {
        let path = at.path.key(&key.text);
        let own = at.own_result(&key.text);
        let here = at.below(&path, own.as_ref());
        let named_later = at.later.is_some_and(|later| later.names(&key.text));
        self.take(key.span, value, here, named_later);
        let is_done = matches!(path.segments()[..], ["services", name] if self.inherited.contains(&name));
        if self.heir.is_some() || !is_done {
            self.descend(value, here);
        }
    }

    /// Takes a key into the result.
    fn take(&mut self, span: Span, value: &Node, at: Position<'_>, named_later: bool) {
        let segments = at.path.segments();
        let fate = if self.is_superseded(&segments, value, at, named_later) {
            ignored(reasons::SUPERSEDED)
        } else {
            self.fate_of_value(&segments, value, at)
        };
        let mut key = KeyFate {
            path: at.path.clone(),
            span,
            refusals: Vec::new(),
            differences: Vec::new(),
            values: if self.has_values && fate.kind != FateKind::Mapped {
                values(at.path, value)
            } else {
                Vec::new()
            },
            drawn: if fate.to.is_empty() { Vec::new() } else { drawn(self.project, value) },
            fate,
        };
        if key.fate.kind == FateKind::Unsupported
            && let Some(entry) = at.entry
        {
            let answers_for_below = matches!(value.value, Value::Seq(_)) || is_element(&segments);
            key.refusals = unsupported::refusals(entry, answers_for_below);
            key.differences = unsupported::differences(entry);
        }
        self.found.push(key);
    }

    /// Whether a later file of the project gives the key another value, or takes it away.
    fn is_superseded(&self, segments: &[&str], value: &Node, at: Position<'_>, named_later: bool) -> bool {
        let replaceable = match (&value.value, segments.last()) {
            (Value::Map(_), _) => false,
            (Value::Seq(_), last) => last.is_some_and(|last| REPLACED.contains(last)),
            _ => segments.len() > 1,
        };
        let says = || at.later.is_some_and(|later| later.is_directive() || later.is_value());
        replaceable && (at.is_taken_away || named_later || says())
    }

    fn fate_of_value(&self, segments: &[&str], value: &Node, at: Position<'_>) -> Fate {
        match &value.value {
            Value::Seq(items) if items.is_empty() => {
                let clears = segments.last().is_some_and(|last| CLEARING.contains(last));
                if clears || value.directive.is_some() {
                    self.fate_of_list(segments, at)
                } else {
                    ignored(reasons::EMPTY_LIST)
                }
            }
            Value::Null if is_attribute(segments) && value.directive.is_none() => {
                ignored(reasons::EMPTY_VALUE)
            }
            // A text that comes to nothing leaves its attribute out.
            Value::String(text)
                if is_attribute(segments)
                    && (text.is_empty() || text.contains('$'))
                    && at.entry.is_none()
                    && self.has_attributes(segments) =>
            {
                ignored(reasons::EMPTY_VALUE)
            }
            Value::Seq(_) => self.fate_of_list(segments, at),
            _ => {
                let in_list = at.places.and_then(|places| places.result_at(value.span));
                let in_list = in_list.filter(|_| self.heir.is_some() || is_active(self.project, segments));
                in_list.cloned().unwrap_or_else(|| self.fate(segments, at))
            }
        }
    }

    /// Whether the attributes of this service have results of their own.
    fn has_attributes(&self, segments: &[&str]) -> bool {
        let is_own =
            self.heir.is_some() || self.document.role != Role::Extends && is_active(self.project, segments);
        is_own && segments.last().is_some_and(|last| !RESOLVED.contains(last))
    }

    /// The items of a list have no keys of their own: the list's result has theirs, too.
    fn fate_of_list(&self, segments: &[&str], at: Position<'_>) -> Fate {
        let mut whole = self.fate(segments, at);
        let mut names: BTreeMap<Fate, Vec<String>> = BTreeMap::new();
        for (name, entry) in at.entry.into_iter().flat_map(Entry::keys) {
            entry.results(&mut |fate| names.entry(fate).or_default().push(format!("`{name}`")));
        }
        let alone = names.len() == 1;
        for (mut below, names) in names {
            // What Compose leaves out, too, makes no difference.
            if below.reasons.iter().all(|reason| reason.id == reasons::VARIABLE_WITHOUT_VALUE.id) {
                below.kind = whole.kind;
            }
            // What all of them share needs no names.
            if !alone {
                let names = names.join(", ");
                below.reasons = below.reasons.into_iter().map(|reason| reason.of(&names)).collect();
            }
            whole.join(&below);
        }
        whole
    }

    fn fate(&self, segments: &[&str], at: Position<'_>) -> Fate {
        let mapped = |to: &[Arc<str>], reason: Option<KnownReason>| {
            let reasons = reason.map(Reason::from).into_iter().collect();
            Fate { kind: FateKind::Mapped, to: to.to_vec(), reasons }
        };
        match segments {
            [top, ..] if *top == "version" || top.starts_with("x-") => {
                ignored(told(at.path).unwrap_or(reasons::UNUSED))
            }
            ["name"] | ["services"] => mapped(&self.summary.everywhere, None),
            ["include", ..] => mapped(&self.summary.everywhere, told(at.path)),
            ["services", service, ..]
                if self.heir.is_none()
                    && (self.document.role == Role::Extends
                        || !self.project.services.contains_key(*service)) =>
            {
                self.absent(service)
            }
            ["services", service, key, ..] if RESOLVED.contains(key) => {
                let service = self.heir.unwrap_or(service);
                let of_service = self.ledger.result_at(&KeyPath::new(["services", service]));
                mapped(&of_service.map(|fate| fate.to).unwrap_or_default(), told(at.path))
            }
            [element] if is_element(segments) => {
                self.summary.elements.get(element).cloned().unwrap_or_else(unused)
            }
            _ => at.result.cloned().unwrap_or_else(unused),
        }
    }

    /// What becomes of a service that the project does not run.
    fn absent(&self, service: &str) -> Fate {
        ignored(if self.document.role == Role::Extends {
            reasons::READ_TO_EXTEND
        } else if self.project.disabled_services.contains_key(service) {
            reasons::INACTIVE
        } else {
            reasons::REMOVED
        })
    }
}

/// Whether it is the top-level key of networks, volumes or the like.
fn is_element(segments: &[&str]) -> bool {
    matches!(segments, [element] if ELEMENTS.contains(element))
}

/// Whether it is an attribute of a service, not something below one.
fn is_attribute(segments: &[&str]) -> bool {
    matches!(segments, ["services", _, _])
}

/// Whether it is a key of something that the project has.
fn is_active(project: &Project, segments: &[&str]) -> bool {
    match segments {
        ["services", name, ..] => project.services.contains_key(*name),
        _ => true,
    }
}

fn ignored(reason: KnownReason) -> Fate {
    Fate { kind: FateKind::Ignored, to: Vec::new(), reasons: vec![reason.into()] }
}

fn unused() -> Fate {
    ignored(reasons::UNUSED)
}

/// What the table says of a key.
fn told(path: &KeyPath) -> Option<KnownReason> {
    mapping::of(path).and_then(|row| row.reason)
}

/// What a scalar says, or what the scalars of a list do; mappings have keys of their own.
fn values(path: &KeyPath, node: &Node) -> Vec<String> {
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
    vec![if secret::is_written_secret(path.last().unwrap_or_default(), &text) {
        "*".repeat(text.chars().count())
    } else {
        secret::redact(&text)
    }]
}
