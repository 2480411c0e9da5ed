//! A key, and what became of it.

use std::{fmt, sync::Arc};

use super::reasons::{self, Reason};

/// The path of a key: names of mappings, and `[0]` for items of lists.
///
/// Paths share what is above them: to extend or to copy one costs one segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct KeyPath(Option<Arc<Step>>);

/// The last segment of a path, with the path above it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Step {
    segment: String,
    above: KeyPath,
}

impl KeyPath {
    /// A path of names.
    pub fn new<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self::default().join(segments)
    }

    /// The path of a key some levels below this one.
    #[must_use]
    pub fn join<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Self {
        segments.into_iter().fold(self.clone(), |path, segment| path.key(segment.as_ref()))
    }

    /// The path of a key of the mapping at this one.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        Self(Some(Arc::new(Step { segment: name.to_owned(), above: self.clone() })))
    }

    /// The path of an item of the list at this one.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        Self(Some(Arc::new(Step { segment: format!("[{index}]"), above: self.clone() })))
    }

    /// Its segments, the first one first.
    pub fn segments(&self) -> Vec<&str> {
        let mut segments: Vec<&str> = self.upwards().map(|step| step.segment.as_str()).collect();
        segments.reverse();
        segments
    }

    /// Its last segment; nothing for the whole file.
    pub fn last(&self) -> Option<&str> {
        self.0.as_deref().map(|step| step.segment.as_str())
    }

    /// Whether it is the path of something within `other`.
    pub fn is_below(&self, other: &KeyPath) -> bool {
        self.upwards().any(|step| step.above == *other)
    }

    fn upwards(&self) -> impl Iterator<Item = &Step> {
        std::iter::successors(self.0.as_deref(), |step| step.above.0.as_deref())
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments().into_iter().enumerate() {
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
    pub to: Vec<Arc<str>>,
    /// Why, and the way out; none only for what is mapped.
    pub reasons: Vec<Reason>,
}

impl Fate {
    /// Takes up what else is said of the same key: the worse kind stays, with the files and the reasons of both;
    /// what is in part ignored is approximated.
    pub(super) fn join(&mut self, other: &Fate) {
        for file in &other.to {
            if !self.to.contains(file) {
                self.to.push(file.clone());
            }
        }
        self.kind = match (self.kind, other.kind) {
            // Part of it stands in the tree.
            (FateKind::Ignored, FateKind::Mapped | FateKind::Approximated)
            | (FateKind::Mapped | FateKind::Approximated, FateKind::Ignored) => FateKind::Approximated,
            (known, other) => known.max(other),
        };
        for reason in &other.reasons {
            let text = reason.to_string();
            if !self.reasons.iter().any(|known| known.to_string().contains(&text)) {
                self.reasons.push(reason.clone());
            }
        }
    }

    /// All its reasons, for people.
    pub fn reason(&self) -> String {
        in_words(&self.reasons)
    }

    /// Whether it is the result of a value that a later file replaces.
    pub fn is_superseded(&self) -> bool {
        self.reasons.first().is_some_and(|reason| reason.id == reasons::SUPERSEDED.id)
    }
}

/// Several reasons, for people.
pub fn in_words(reasons: &[Reason]) -> String {
    let reasons: Vec<String> = reasons.iter().map(Reason::to_string).collect();
    reasons.join("; ")
}
