//! What becomes of each key: the decisions record it, the report reads it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    fate::{Fate, FateKind, KeyPath},
    mapping,
    reasons::Reason,
};
use crate::text::Span;

/// What is recorded of the keys of one environment: a tree of the shape of its files, so that each key costs its
/// depth.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    root: Entry,
}

/// What is recorded of one key, and of the keys below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    statements: Vec<Statement>,
    below: BTreeMap<String, Entry>,
}

/// One decision about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// What it makes of the key.
    pub(super) fate: Fate,
    /// The item of a list, or the value in it, that it is about; none if it is about the key as a whole.
    pub(super) place: Option<Span>,
    /// Whether it is about that item alone, and nothing to the list as a whole.
    is_aside: bool,
}

impl Ledger {
    /// Replaces what is recorded of a key: a later decision overrules the earlier ones.
    pub(super) fn replace(&mut self, path: &KeyPath, fate: Fate) {
        let statement = Statement { fate, place: None, is_aside: false };
        self.root.descend_or_insert(&path.segments()).statements = vec![statement];
    }

    /// What is recorded of the files as a whole, with the keys below.
    pub(super) fn root(&self) -> &Entry {
        &self.root
    }

    /// What becomes of a key: what is recorded of it, else of the nearest key above it.
    pub fn result_at(&self, path: &KeyPath) -> Option<Fate> {
        let (mut entry, mut result) = (&self.root, self.root.result());
        for segment in path.segments() {
            let Some(below) = entry.below.get(segment) else { break };
            entry = below;
            result = entry.result().or(result);
        }
        result
    }
}

impl Entry {
    /// The entry of a key of this mapping.
    pub(super) fn key(&self, name: &str) -> Option<&Entry> {
        self.below.get(name)
    }

    /// The entries below, by name.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.below.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// What becomes of the key, if anything is recorded of it.
    pub(super) fn result(&self) -> Option<Fate> {
        joined(
            self.statements.iter().filter(|statement| !statement.is_aside).map(|statement| &statement.fate),
        )
    }

    /// All that is recorded of the key itself.
    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Results of this key and of all below it, by path.
    pub(super) fn results(&self, take: &mut impl FnMut(Fate)) {
        self.result().into_iter().for_each(&mut *take);
        self.below.values().for_each(|entry| entry.results(take));
    }

    fn descend_or_insert(&mut self, path: &[&str]) -> &mut Entry {
        path.iter().fold(self, |entry, segment| entry.below.entry((*segment).to_owned()).or_default())
    }

    fn record(&mut self, statement: Statement) {
        // Loops over lists say the same of each item.
        if self.statements.last() != Some(&statement) {
            self.statements.push(statement);
        }
    }
}

/// What several statements come to, the first one first.
pub(super) fn joined<'a>(fates: impl IntoIterator<Item = &'a Fate>) -> Option<Fate> {
    let mut fates = fates.into_iter();
    let first = fates.next()?.clone();
    Some(fates.fold(first, |mut known, fate| {
        known.join(fate);
        known
    }))
}

/// Records what becomes of the keys below one key, usually a service, which go to one file unless told otherwise.
pub(super) struct Entries<'a> {
    entry: &'a mut Entry,
    base: KeyPath,
    file: Arc<str>,
    /// Where in a list what is recorded stands.
    place: Option<Span>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(ledger: &'a mut Ledger, base: KeyPath, file: impl Into<Arc<str>>) -> Self {
        let entry = ledger.root.descend_or_insert(&base.segments());
        Self { entry, base, file: file.into(), place: None }
    }

    /// The same for what stands at one place of a list.
    pub(super) fn at(&mut self, place: Span) -> Entries<'_> {
        let Entries { entry, base, file, place: _ } = self;
        Entries { entry, base: base.clone(), file: Arc::clone(file), place: Some(place) }
    }

    /// The file that keys go to unless told otherwise.
    pub(super) fn file(&self) -> Arc<str> {
        Arc::clone(&self.file)
    }

    pub(super) fn mapped(&mut self, path: &[&str]) {
        let file = self.file();
        self.mapped_to(path, file);
    }

    /// Mapped by other means than one would look for.
    pub(super) fn mapped_as(&mut self, path: &[&str], how: impl Into<Reason>) {
        let file = self.file();
        self.record(path, FateKind::Mapped, vec![file], Some(how.into()));
    }

    pub(super) fn mapped_to(&mut self, path: &[&str], file: impl Into<Arc<str>>) {
        self.record(path, FateKind::Mapped, vec![file.into()], None);
    }

    pub(super) fn approximated(&mut self, path: &[&str], reason: impl Into<Reason>) {
        let file = self.file();
        self.record(path, FateKind::Approximated, vec![file], Some(reason.into()));
    }

    /// What the table says of a key that always has one result, for the reason that it gives.
    pub(super) fn as_ever(&mut self, path: &[&str]) {
        if let Some(row) = mapping::of(&self.base.join(path))
            && let [kind] = row.kinds
        {
            let to = if *kind <= FateKind::Approximated { vec![self.file.clone()] } else { Vec::new() };
            self.record(path, *kind, to, row.reason.map(Reason::from));
        }
    }

    pub(super) fn ignored(&mut self, path: &[&str], reason: impl Into<Reason>) {
        self.record(path, FateKind::Ignored, Vec::new(), Some(reason.into()));
    }

    /// What is said of one value in a list and does not matter to the list as a whole.
    pub(super) fn aside(&mut self, path: &[&str], place: Span, reason: impl Into<Reason>) {
        let fate = Fate { kind: FateKind::Ignored, to: Vec::new(), reasons: vec![reason.into()] };
        let statement = Statement { fate, place: Some(place), is_aside: true };
        self.entry.descend_or_insert(path).record(statement);
    }

    pub(super) fn unsupported(&mut self, path: &[&str], reason: impl Into<Reason>) {
        self.record(path, FateKind::Unsupported, Vec::new(), Some(reason.into()));
    }

    fn record(&mut self, path: &[&str], kind: FateKind, to: Vec<Arc<str>>, reason: Option<Reason>) {
        let fate = Fate { kind, to, reasons: reason.into_iter().collect() };
        let statement = Statement { fate, place: self.place, is_aside: false };
        self.entry.descend_or_insert(path).record(statement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(statements: &[(&[&str], FateKind, &str)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (path, kind, file) in statements {
            Entries::new(&mut ledger, KeyPath::default(), "").record(path, *kind, vec![(*file).into()], None);
        }
        ledger
    }

    #[test]
    fn a_key_shares_the_result_of_the_key_above() {
        let ledger = ledger(&[
            (&["services", "web"], FateKind::Mapped, "a"),
            (&["services", "web", "ports"], FateKind::Approximated, "b"),
        ]);
        let port = KeyPath::new(["services", "web", "ports"]).item(0).key("target");
        assert_eq!(port.to_string(), "services.web.ports[0].target");
        assert_eq!(ledger.result_at(&port).map(|fate| fate.kind), Some(FateKind::Approximated));
        let image = KeyPath::new(["services", "web", "image"]);
        assert_eq!(ledger.result_at(&image).map(|fate| fate.to), Some(vec!["a".into()]));
        assert_eq!(ledger.result_at(&KeyPath::new(["volumes"])), None);
    }

    #[test]
    fn the_worse_result_stays() {
        let path: &[&str] = &["volumes", "data"];
        let ledger = ledger(&[(path, FateKind::Approximated, "a"), (path, FateKind::Mapped, "b")]);
        let known = ledger.result_at(&KeyPath::new(path)).unwrap();
        assert_eq!((known.kind, known.to.len()), (FateKind::Approximated, 2));
    }
}
