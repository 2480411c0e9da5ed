//! Many values that are looked for in a text at once: what that costs does not depend on how many there are.

use std::{collections::BTreeSet, ops::Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::is_secret_key;

/// Finds secret values in texts, as [`super::occurrences`] finds one.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    values: Option<AhoCorasick>,
    /// For each value, whether it is a word for secrets itself.
    is_word: Vec<bool>,
}

impl Finder {
    /// Prepares the search for these values.
    pub fn new(values: &BTreeSet<String>) -> Self {
        // Compose files double a dollar.
        let doubled = values.iter().filter(|value| value.contains('$')).map(|value| value.replace('$', "$$"));
        let shapes: Vec<String> =
            values.iter().cloned().chain(doubled).filter(|value| !value.is_empty()).collect();
        let is_word = shapes.iter().map(|value| is_secret_key(value)).collect();
        // A DFA of one long value that repeats itself takes the square of its length to make.
        let mut builder = AhoCorasick::builder();
        builder.kind(Some(AhoCorasickKind::ContiguousNFA));
        // Of more values than an automaton can hold, none is found: no project has four billion bytes of them.
        let values = (!shapes.is_empty()).then(|| builder.build(&shapes).ok()).flatten();
        Self { values, is_word }
    }

    /// Where the values stand in a text; the ranges may overlap.
    pub fn all_in<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let found = self.values.iter().flat_map(move |values| values.find_overlapping_iter(text));
        found.filter_map(move |found| {
            let is_word = self.is_word.get(found.pattern().as_usize()).copied().unwrap_or_default();
            (!is_word || is_whole(text, &found.range())).then(|| found.range())
        })
    }

    /// Whether any of the values stands in a text.
    pub fn holds_any(&self, text: &str) -> bool {
        self.all_in(text).next().is_some()
    }
}

/// Whether a range of a text is no part of a longer name.
pub(super) fn is_whole(text: &str, range: &Range<usize>) -> bool {
    let continues = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text[..range.start].ends_with(continues) && !text[range.end..].starts_with(continues)
}
