//! What becomes of each key in all environments together.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
    rc::Rc,
};

use indexmap::{IndexMap, map::Entry};

use crate::{
    plan::{self, FateKind, KeyFate, KeyPath, reasons::Reason},
    text::Span,
};

/// What becomes of a key, in all environments that have it.
pub(super) struct KeyReport {
    pub(super) key: KeyFate,
    pub(super) environments: Vec<Rc<str>>,
    /// The result in each environment.
    each: Vec<InEnvironment>,
    /// All reasons, for people.
    pub(super) reason: String,
    /// The ids of reasons that somebody has accepted.
    accepted: BTreeSet<&'static str>,
}

/// What becomes of a key in one environment.
struct InEnvironment {
    environment: Rc<str>,
    kind: FateKind,
    is_superseded: bool,
    reasons: Vec<Reason>,
}

/// Where a key is: an alias of a mapping gives keys of several paths to one place of a file.
#[derive(PartialEq, Eq)]
struct Place {
    span: Span,
    path: KeyPath,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Few places have several paths, and a path is long.
        self.span.hash(state);
    }
}

/// One entry for each key at each place.
pub(super) fn of_keys<'a>(environments: impl Iterator<Item = (&'a str, Vec<KeyFate>)>) -> Vec<KeyReport> {
    let mut known: IndexMap<Place, KeyReport> = IndexMap::new();
    for (environment, keys) in environments {
        let environment: Rc<str> = environment.into();
        for key in keys {
            match known.entry(Place { span: key.span, path: key.path.clone() }) {
                Entry::Occupied(mut entry) => entry.get_mut().add(&environment, key),
                Entry::Vacant(entry) => drop(entry.insert(KeyReport::new(&environment, key))),
            }
        }
    }
    known.into_values().map(KeyReport::with_reason).collect()
}

impl KeyReport {
    fn new(environment: &Rc<str>, key: KeyFate) -> Self {
        let each = vec![InEnvironment::new(environment, &key)];
        Self {
            key,
            environments: vec![Rc::clone(environment)],
            each,
            reason: String::new(),
            accepted: BTreeSet::new(),
        }
    }

    /// Takes in one more environment. The worst result stands; that a later file says otherwise counts only if it
    /// does so everywhere.
    fn add(&mut self, environment: &Rc<str>, key: KeyFate) {
        if !self.environments.contains(environment) {
            self.environments.push(Rc::clone(environment));
        }
        self.each.push(InEnvironment::new(environment, &key));
        let known = &mut self.key;
        for file in &key.fate.to {
            if !known.fate.to.contains(file) {
                known.fate.to.push(file.clone());
            }
        }
        let is_worse = key.fate.kind > known.fate.kind && !key.fate.is_superseded();
        if is_worse || known.fate.is_superseded() {
            known.fate.kind = key.fate.kind;
            known.fate.reasons = key.fate.reasons;
            known.values = key.values;
        }
    }

    /// Takes away the reasons that `is_accepted` names, and says how many these were.
    pub(super) fn accept(&mut self, mut is_accepted: impl FnMut(&KeyReport, &'static str) -> bool) -> usize {
        let reasons = self.key.fate.reasons.iter().chain(&self.key.differences);
        let ids: BTreeSet<&'static str> = reasons.map(|reason| reason.id).collect();
        let accepted: BTreeSet<&'static str> = ids.into_iter().filter(|id| is_accepted(self, id)).collect();
        let count = accepted.len();
        self.accepted = accepted;
        count
    }

    /// Where it stands.
    pub(super) fn span(&self) -> Span {
        self.key.span
    }

    /// The key, for people.
    pub(super) fn path(&self) -> String {
        self.key.path.to_string()
    }

    /// The result that stands for all environments.
    pub(super) fn kind(&self) -> FateKind {
        self.key.fate.kind
    }

    /// Whether its reason names environments.
    pub(super) fn differs_by_environment(&self) -> bool {
        self.reason != self.key.fate.reason()
    }

    /// All reasons, for people.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    /// The reasons of its result.
    pub(super) fn own_reasons(&self) -> impl Iterator<Item = &Reason> {
        self.key.fate.reasons.iter().filter(|reason| !self.accepted.contains(reason.id))
    }

    /// What items of a list have of their own.
    pub(super) fn differences(&self) -> impl Iterator<Item = &Reason> {
        self.key.differences.iter().filter(|reason| !self.accepted.contains(reason.id))
    }

    /// The environments that have the result of the key.
    fn with_its_result(&self) -> impl Iterator<Item = &InEnvironment> {
        self.each.iter().filter(|it| it.kind == self.key.fate.kind && !it.is_superseded)
    }

    /// The reasons of the result, each with the environments that it holds for.
    pub(super) fn reasons(&self) -> Vec<(&Reason, Vec<&str>)> {
        let mut by_reason: IndexMap<&Reason, Vec<&str>> = IndexMap::new();
        for it in self.with_its_result() {
            for reason in &it.reasons {
                by_reason.entry(reason).or_default().push(&it.environment);
            }
        }
        let count = self.with_its_result().count();
        if by_reason.values().any(|environments| environments.len() != count) {
            return by_reason.into_iter().collect();
        }
        let all: Vec<&str> = self.environments.iter().map(Rc::as_ref).collect();
        self.key.fate.reasons.iter().map(|reason| (reason, all.clone())).collect()
    }

    /// What a container runs may be a schedule here and another one, or none, there: the environments are named.
    fn with_reason(mut self) -> Self {
        self.reason = self.key.fate.reason();
        if !matches!(self.key.path.last(), Some("command" | "entrypoint")) {
            return self;
        }
        let mut each: IndexMap<String, Vec<String>> = IndexMap::new();
        for it in self.with_its_result().filter(|it| !it.reasons.is_empty()) {
            each.entry(plan::in_words(&it.reasons)).or_default().push(format!("`{}`", it.environment));
        }
        if each.len() > 1 {
            let each = each.iter().map(|(reason, names)| format!("in {}: {reason}", names.join(" and ")));
            self.reason = each.collect::<Vec<_>>().join("; ");
        }
        self
    }
}

impl InEnvironment {
    fn new(environment: &Rc<str>, key: &KeyFate) -> Self {
        Self {
            environment: Rc::clone(environment),
            kind: key.fate.kind,
            is_superseded: key.fate.is_superseded(),
            reasons: key.fate.reasons.clone(),
        }
    }
}
