//! What a CronJob's command is made from.

use std::ops::Range;

use super::{flow::Found, functions::Functions, syntax::List};

/// Bytes of the longest text that is worth carrying in a CronJob.
pub(super) const LONGEST: usize = 4_000;

/// What the command is made from.
pub(super) struct Source<'s> {
    pub(super) text: &'s str,
    pub(super) list: &'s List,
    pub(super) functions: &'s Functions<'s>,
    /// `$1` and on.
    pub(super) arguments: &'s [String],
    /// `$0`.
    pub(super) name: &'s str,
    /// What reads the text, `sh -c`.
    pub(super) shell: &'s [String],
    /// The variables that the script is started with.
    pub(super) environment: &'s dyn Fn(&str) -> Option<String>,
    /// A round looks whether it is time to work. A CronJob comes at its time, or a little late.
    pub(super) looks_at_clock: bool,
}

impl<'s> Source<'s> {
    /// Some bytes of the text.
    pub(super) fn slice(&self, range: &Range<usize>) -> &'s str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Whether a loop can be taken out of what it stands in.
    pub(super) fn stands_alone(&self, found: &Found<'_>) -> bool {
        // The text of a here-document does not lie within its statement.
        let before = || self.text.get(..found.body.range.start).unwrap_or_default();
        found.is_top || found.is_flat && !has_here_document(before())
    }
}

/// Whether a text has a document of its own within.
pub(super) fn has_here_document(text: &str) -> bool {
    text.replace("<<<", "").contains("<<")
}
