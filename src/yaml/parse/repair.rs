//! Quoted scalars whose further lines are not indented past their key, or only by tabs.
//!
//! YAML forbids it, libyaml (and with it compose) reads it, and people write it:
//!
//! ```yaml
//! command: "sh -c '
//! echo hello
//! '"
//! ```
//!
//! Blanks at the start of such a line mean nothing, so the text is read with some put in, and
//! offsets are mapped back to where they are in the file.

use std::{borrow::Cow, collections::BTreeMap, ops::Range};

/// A text with blanks put in at the starts of lines.
#[derive(Debug)]
pub(super) struct Repaired<'a> {
    original: &'a str,
    text: Cow<'a, str>,
    /// How many blanks stand before which offset of the original.
    blanks: BTreeMap<usize, usize>,
    /// The same, in the order of the text.
    insertions: Vec<Insertion>,
}

#[derive(Debug)]
struct Insertion {
    /// Where the blanks stand in the text.
    range: Range<usize>,
    /// How many blanks stand before them.
    earlier: usize,
}

impl<'a> Repaired<'a> {
    pub(super) fn new(original: &'a str) -> Self {
        Self { original, text: Cow::Borrowed(original), blanks: BTreeMap::new(), insertions: Vec::new() }
    }

    /// The text to read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The offset in the original that an offset in the text stands for.
    pub(super) fn original(&self, offset: usize) -> usize {
        let behind = self.insertions.partition_point(|insertion| insertion.range.start < offset);
        match behind.checked_sub(1).and_then(|index| self.insertions.get(index)) {
            Some(last) => offset.max(last.range.end) - last.range.len() - last.earlier,
            None => offset,
        }
    }

    /// Whether anything in this range of the text needed repair.
    pub(super) fn touches(&self, range: &Range<usize>) -> bool {
        let first = self.insertions.partition_point(|insertion| insertion.range.start < range.start);
        self.insertions.get(first).is_some_and(|insertion| insertion.range.start < range.end)
    }

    /// Can blanks before this offset of the text help? Not if some stand there already.
    pub(super) fn can_indent(&self, at: usize) -> bool {
        !self.blanks.contains_key(&self.line_start(at))
    }

    /// Puts blanks at the start of every line that has something of this range of the text.
    pub(super) fn indent(&mut self, lines: Range<usize>, blanks: usize) {
        let breaks = self.text.get(lines.clone()).unwrap_or_default().match_indices('\n');
        let starts: Vec<usize> = breaks.map(|(index, _)| self.line_start(lines.start + index + 1)).collect();
        self.blanks.insert(self.line_start(lines.start), blanks);
        self.blanks.extend(starts.into_iter().map(|start| (start, blanks)));
        let mut text = String::with_capacity(self.text.len() + blanks);
        let mut insertions = Vec::with_capacity(self.blanks.len());
        let (mut from, mut earlier) = (0, 0);
        for (&offset, &blanks) in &self.blanks {
            text.push_str(self.original.get(from..offset).unwrap_or_default());
            insertions.push(Insertion { range: text.len()..text.len() + blanks, earlier });
            text.extend(std::iter::repeat_n(' ', blanks));
            earlier += blanks;
            from = offset;
        }
        text.push_str(self.original.get(from..).unwrap_or_default());
        self.text = Cow::Owned(text);
        self.insertions = insertions;
    }

    /// Start, in the original, of the line in which an offset of the text lies.
    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        self.original(before.rfind(['\n', '\r']).map_or(0, |index| index + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_map_back_to_the_original() {
        let mut repaired = Repaired::new("ab\ncd\nef");
        repaired.indent(6..6, 3);
        repaired.indent(4..4, 2);
        assert_eq!(repaired.text(), "ab\n  cd\n   ef");
        let mapped: Vec<_> = (0..=13).map(|offset| repaired.original(offset)).collect();
        assert_eq!(mapped, [0, 1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 6, 7, 8]);
        assert!(repaired.touches(&(1..4)) && !repaired.touches(&(0..3)) && !repaired.touches(&(5..8)));
        assert!(!repaired.can_indent(11) && repaired.can_indent(1));

        let mut repaired = Repaired::new("ab\ncd\nef");
        repaired.indent(3..6, 1);
        assert_eq!(repaired.text(), "ab\n cd\n ef");
    }
}
