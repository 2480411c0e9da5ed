//! A key, and what became of it.

use std::fmt;

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
    pub(super) fn prefixes(&self) -> impl Iterator<Item = KeyPath> {
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
    pub(super) fn join(&mut self, other: Fate) {
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
