//! Regular expressions that are compiled when they are first asked.
//!
//! Most texts are of ASCII alone. For these an expression is compiled without the characters beyond: Unicode's `\w` has
//! hundreds of ranges, and to compile it takes longer than to look at all the texts of a project.

use std::{ops::Range, sync::OnceLock};

use regex::bytes::{self, Regex, RegexBuilder};

/// A regular expression.
#[derive(Debug)]
pub(super) struct LazyRegex {
    pattern: &'static str,
    /// For texts of ASCII.
    ascii: OnceLock<Option<Regex>>,
    /// For all others.
    unicode: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    /// An expression that a test knows to be one: another one finds nothing.
    pub(super) const fn new(pattern: &'static str) -> Self {
        Self { pattern, ascii: OnceLock::new(), unicode: OnceLock::new() }
    }

    fn compiled(&self, is_unicode: bool) -> Option<&Regex> {
        let compiled = if is_unicode { &self.unicode } else { &self.ascii };
        compiled.get_or_init(|| RegexBuilder::new(self.pattern).unicode(is_unicode).build().ok()).as_ref()
    }

    fn regex(&self, text: &str) -> Option<&Regex> {
        self.compiled(!text.is_ascii())
    }

    /// Whether it finds something.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex(text).is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// All that it finds.
    pub(super) fn captures_iter<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Captures<'a>> {
        let found = self.regex(text).into_iter().flat_map(|regex| regex.captures_iter(text.as_bytes()));
        found.map(move |found| Captures { text, found })
    }

    #[cfg(test)]
    pub(super) fn is_valid(&self) -> bool {
        self.compiled(true).is_some() && self.compiled(false).is_some()
    }
}

/// What an expression found in a text.
pub(super) struct Captures<'a> {
    text: &'a str,
    found: bytes::Captures<'a>,
}

impl<'a> Captures<'a> {
    /// All of it.
    pub(super) fn whole(&self) -> Option<Match<'a>> {
        self.matched(self.found.get(0))
    }

    /// A named group.
    pub(super) fn name(&self, name: &str) -> Option<Match<'a>> {
        self.matched(self.found.name(name))
    }

    fn matched(&self, found: Option<bytes::Match<'a>>) -> Option<Match<'a>> {
        found.map(|found| Match { text: self.text, range: found.range() })
    }
}

/// A part of a text that an expression found.
pub(super) struct Match<'a> {
    text: &'a str,
    range: Range<usize>,
}

impl<'a> Match<'a> {
    /// What stands there.
    pub(super) fn as_str(&self) -> &'a str {
        self.text.get(self.range()).unwrap_or_default()
    }

    /// Where it stands.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_beyond_ascii_are_words() {
        static WORD: LazyRegex = LazyRegex::new(r"(?i)\b(?P<word>\w+)=");
        assert!(WORD.is_valid());
        for (text, word, whole) in [("a B=1", "B", 2..4), ("é ßü=1", "ßü", 3..8)] {
            let found: Vec<_> = WORD.captures_iter(text).collect();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].name("word").map(|word| word.as_str()), Some(word));
            assert_eq!(found[0].whole().map(|found| found.range()), Some(whole));
        }
        assert!(!WORD.is_match("ü =") && WORD.is_match("ü="));
    }
}
