//! What became of each key: filled by the decisions, read by the report.

use std::collections::BTreeMap;

use super::{
    fate::{Fate, FateKind, KeyPath},
    mapping,
};
use crate::text::Span;

/// The fates of keys by path. A key without one of its own shares that of the key above it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    fates: BTreeMap<KeyPath, Fate>,
    /// Why something of a key is approximated or unsupported, apart from what else is said of the key.
    reasons: BTreeMap<(KeyPath, FateKind), Vec<String>>,
    /// Fates of lists for what stands at one place of them, an item or a value in it, and of lists as a whole.
    places: BTreeMap<(KeyPath, Option<Span>), Fate>,
}

impl Ledger {
    /// Enters a fate, beside those that the path has already.
    pub fn enter(&mut self, path: KeyPath, fate: Fate) {
        if matches!(fate.kind, FateKind::Approximated | FateKind::Unsupported) {
            let reasons = self.reasons.entry((path.clone(), fate.kind)).or_default();
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

    /// Why something of a key is approximated, or unsupported.
    pub(super) fn reasons(&self, path: &KeyPath, kind: FateKind) -> &[String] {
        self.reasons.get(&(path.clone(), kind)).map_or(&[], Vec::as_slice)
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
