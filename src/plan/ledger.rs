//! What became of each key: filled by the decisions, read by the report.

use std::{collections::BTreeMap, fmt};

use super::mapping;

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

/// The fates of keys by path. A key without one of its own shares that of the key above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    fates: BTreeMap<KeyPath, Fate>,
    /// Why something of a key is unsupported, apart from what else is said of the key.
    refusals: BTreeMap<KeyPath, Vec<String>>,
}

impl Ledger {
    /// Enters a fate. If one path is entered twice, the worse one stays, with the files and the reasons of
    /// both; what is in part ignored is approximated.
    pub fn enter(&mut self, path: KeyPath, fate: Fate) {
        if fate.kind == FateKind::Unsupported {
            let reasons = self.refusals.entry(path.clone()).or_default();
            if !reasons.contains(&fate.reason) {
                reasons.push(fate.reason.clone());
            }
        }
        let Some(known) = self.fates.get_mut(&path) else {
            self.fates.insert(path, fate);
            return;
        };
        for file in fate.to {
            if !known.to.contains(&file) {
                known.to.push(file);
            }
        }
        known.kind = match (known.kind, fate.kind) {
            // Part of it stands in the tree.
            (FateKind::Ignored, FateKind::Mapped | FateKind::Approximated)
            | (FateKind::Mapped | FateKind::Approximated, FateKind::Ignored) => FateKind::Approximated,
            (known, other) => known.max(other),
        };
        if known.reason.is_empty() {
            known.reason = fate.reason;
        } else if !fate.reason.is_empty() && !known.reason.contains(&fate.reason) {
            known.reason = format!("{}; {}", known.reason, fate.reason);
        }
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
}

impl<'a> Entries<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, base: KeyPath, file: impl Into<String>) -> Self {
        Self { ledger, base, file: file.into() }
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

    pub(super) fn unsupported(&mut self, path: &[&str], reason: impl Into<String>) {
        self.enter(path, FateKind::Unsupported, Vec::new(), reason);
    }

    fn enter(&mut self, path: &[&str], kind: FateKind, to: Vec<String>, reason: impl Into<String>) {
        self.ledger.enter(self.base.join(path), Fate { kind, to, reason: reason.into() });
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
