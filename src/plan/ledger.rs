//! What became of each key: filled by the decisions, read by the report.

use std::{collections::BTreeMap, fmt};

use super::mapping;
use crate::text::Span;

/// The way to a key: names of mappings, and `[0]` for items of lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// A path of names.
    pub fn new<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self(segments.into_iter().map(|segment| segment.as_ref().to_owned()).collect())
    }

    /// The path of a key below this one.
    #[must_use]
    pub fn join<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Self {
        let below = segments.into_iter().map(|segment| segment.as_ref().to_owned());
        Self(self.0.iter().cloned().chain(below).collect())
    }

    /// The path of an item of the list at this one.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.join([format!("[{index}]")])
    }

    /// Its segments.
    pub fn segments(&self) -> &[String] {
        &self.0
    }

    /// Is it the path of something within `other`?
    pub fn is_below(&self, other: &KeyPath) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }

    /// This path and those above it, the longest first.
    fn prefixes(&self) -> impl Iterator<Item = KeyPath> {
        (0..=self.0.len()).rev().map(|length| KeyPath(self.0[..length].to_vec()))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            let separator = if index == 0 || segment.starts_with('[') { "" } else { "." };
            write!(f, "{separator}{segment}")?;
        }
        Ok(())
    }
}

/// What can become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FateKind {
    /// It stands in the tree with the same meaning.
    Mapped,
    /// It stands in the tree, and what differs is said.
    Approximated,
    /// It means nothing in a cluster, for the reason given.
    Ignored,
    /// It means something that Kubernetes has nothing for.
    Unsupported,
}

impl FateKind {
    /// As the JSON report names it.
    pub fn name(self) -> &'static str {
        match self {
            FateKind::Mapped => "mapped",
            FateKind::Approximated => "approximated",
            FateKind::Ignored => "ignored",
            FateKind::Unsupported => "unsupported",
        }
    }
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fate {
    /// Its class.
    pub kind: FateKind,
    /// The files of the tree that say it, below the output directory.
    pub to: Vec<String>,
    /// Why, and the way out; empty only for what is mapped.
    pub reason: String,
}

impl Fate {
    /// Takes up what else is said of the same key: the worse kind stays, with the files and the reasons of both;
    /// what is in part ignored is approximated.
    fn join(&mut self, other: Fate) {
        for file in other.to {
            if !self.to.contains(&file) {
                self.to.push(file);
            }
        }
        self.kind = match (self.kind, other.kind) {
            // Part of it stands in the tree.
            (FateKind::Ignored, FateKind::Mapped | FateKind::Approximated)
            | (FateKind::Mapped | FateKind::Approximated, FateKind::Ignored) => FateKind::Approximated,
            (known, other) => known.max(other),
        };
        if self.reason.is_empty() {
            self.reason = other.reason;
        } else if !other.reason.is_empty() && !self.reason.contains(&other.reason) {
            self.reason = format!("{}; {}", self.reason, other.reason);
        }
    }
}

/// The fates of keys by path. A key without one of its own shares that of the key above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    fates: BTreeMap<KeyPath, Fate>,
    /// Why something of a key is unsupported, apart from what else is said of the key.
    refusals: BTreeMap<KeyPath, Vec<String>>,
    /// Fates of lists for what stands at one place of them, an item or a value in it, and of lists as a whole.
    places: BTreeMap<(KeyPath, Option<Span>), Fate>,
}

impl Ledger {
    /// Enters a fate, beside those that the path has already.
    pub fn enter(&mut self, path: KeyPath, fate: Fate) {
        if fate.kind == FateKind::Unsupported {
            let reasons = self.refusals.entry(path.clone()).or_default();
            if !reasons.contains(&fate.reason) {
                reasons.push(fate.reason.clone());
            }
        }
        match self.fates.get_mut(&path) {
            Some(known) => known.join(fate),
            None => drop(self.fates.insert(path, fate)),
        }
    }

    /// Enters a fate of something in the list at the path, or of what of it has no place of its own.
    fn enter_at(&mut self, list: KeyPath, place: Option<Span>, fate: Fate) {
        match self.places.get_mut(&(list.clone(), place)) {
            Some(known) => known.join(fate),
            None => drop(self.places.insert((list, place), fate)),
        }
    }

    /// What became of a value within a list: what is known of the narrowest place that holds it, else of the list
    /// as a whole. Nothing if all of the list fared alike.
    pub(super) fn at(&self, list: &KeyPath, value: Span) -> Option<&Fate> {
        let all = self.places.range((list.clone(), None)..).take_while(|((path, _), _)| path == list);
        let placed: Vec<(Span, &Fate)> =
            all.filter_map(|((_, place), fate)| Some(((*place)?, fate))).collect();
        let holding = placed.iter().filter(|(place, _)| place.contains(value));
        let narrowest = holding.min_by_key(|(place, _)| place.end - place.start).map(|(_, fate)| *fate);
        let whole = || self.places.get(&(list.clone(), None)).filter(|_| !placed.is_empty());
        narrowest.or_else(whole)
    }

    /// Enters a fate in place of the one that was known: a later decision overrules an earlier one.
    pub(super) fn correct(&mut self, path: KeyPath, fate: Fate) {
        self.fates.insert(path, fate);
    }

    /// What became of a key.
    pub fn of(&self, path: &KeyPath) -> Option<&Fate> {
        path.prefixes().find_map(|prefix| self.fates.get(&prefix))
    }

    /// Why something of a key is unsupported.
    pub(super) fn refusals(&self, path: &KeyPath) -> &[String] {
        self.refusals.get(path).map_or(&[], Vec::as_slice)
    }

    /// All entries, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&KeyPath, &Fate)> {
        self.fates.iter()
    }
}

/// The entries below one key, usually a service, whose keys go to one file unless told otherwise.
pub(super) struct Entries<'a> {
    ledger: &'a mut Ledger,
    base: KeyPath,
    file: String,
    /// Where in a list what is entered stands.
    place: Option<Span>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, base: KeyPath, file: impl Into<String>) -> Self {
        Self { ledger, base, file: file.into(), place: None }
    }

    /// The same for what stands at one place of a list.
    pub(super) fn at(&mut self, place: Span) -> Entries<'_> {
        Entries { ledger: self.ledger, base: self.base.clone(), file: self.file.clone(), place: Some(place) }
    }

    /// The file that keys go to unless told otherwise.
    pub(super) fn file(&self) -> String {
        self.file.clone()
    }

    pub(super) fn mapped(&mut self, path: &[&str]) {
        let file = self.file.clone();
        self.mapped_to(path, file);
    }

    /// Mapped by other means than one would look for.
    pub(super) fn mapped_as(&mut self, path: &[&str], how: impl Into<String>) {
        let file = self.file.clone();
        self.enter(path, FateKind::Mapped, vec![file], how);
    }

    pub(super) fn mapped_to(&mut self, path: &[&str], file: impl Into<String>) {
        self.enter(path, FateKind::Mapped, vec![file.into()], "");
    }

    pub(super) fn approximated(&mut self, path: &[&str], reason: impl Into<String>) {
        let file = self.file.clone();
        self.enter(path, FateKind::Approximated, vec![file], reason);
    }

    /// What the table says of a key that always meets one fate, for the reason that stands there.
    pub(super) fn as_ever(&mut self, path: &[&str]) {
        if let Some(row) = mapping::of(&self.base.join(path))
            && let [kind] = row.kinds
        {
            let to = if *kind <= FateKind::Approximated { vec![self.file.clone()] } else { Vec::new() };
            let reason = if *kind == FateKind::Mapped { "" } else { row.text };
            self.enter(path, *kind, to, reason);
        }
    }

    pub(super) fn ignored(&mut self, path: &[&str], reason: impl Into<String>) {
        self.enter(path, FateKind::Ignored, Vec::new(), reason);
    }

    /// What is said of one value in a list and does not matter to the list as a whole.
    pub(super) fn aside(&mut self, path: &[&str], place: Span, reason: impl Into<String>) {
        let fate = Fate { kind: FateKind::Ignored, to: Vec::new(), reason: reason.into() };
        self.ledger.enter_at(self.base.join(path), Some(place), fate);
    }

    pub(super) fn unsupported(&mut self, path: &[&str], reason: impl Into<String>) {
        self.enter(path, FateKind::Unsupported, Vec::new(), reason);
    }

    fn enter(&mut self, path: &[&str], kind: FateKind, to: Vec<String>, reason: impl Into<String>) {
        let fate = Fate { kind, to, reason: reason.into() };
        self.ledger.enter_at(self.base.join(path), self.place, fate.clone());
        self.ledger.enter(self.base.join(path), fate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fate(kind: FateKind, file: &str) -> Fate {
        Fate { kind, to: vec![file.to_owned()], reason: String::new() }
    }

    #[test]
    fn a_key_shares_the_fate_of_the_key_above() {
        let mut ledger = Ledger::default();
        ledger.enter(KeyPath::new(["services", "web"]), fate(FateKind::Mapped, "a"));
        ledger.enter(KeyPath::new(["services", "web", "ports"]), fate(FateKind::Approximated, "b"));
        let port = KeyPath::new(["services", "web", "ports"]).item(0).join(["target"]);
        assert_eq!(port.to_string(), "services.web.ports[0].target");
        assert_eq!(ledger.of(&port).map(|fate| fate.kind), Some(FateKind::Approximated));
        assert_eq!(
            ledger.of(&KeyPath::new(["services", "web", "image"])).map(|fate| &fate.to[0][..]),
            Some("a")
        );
        assert_eq!(ledger.of(&KeyPath::new(["volumes"])), None);
    }

    #[test]
    fn the_worse_fate_stays() {
        let mut ledger = Ledger::default();
        let path = KeyPath::new(["volumes", "data"]);
        ledger.enter(path.clone(), fate(FateKind::Approximated, "a"));
        ledger.enter(path.clone(), fate(FateKind::Mapped, "b"));
        let known = ledger.of(&path).unwrap();
        assert_eq!((known.kind, known.to.len()), (FateKind::Approximated, 2));
    }
}
