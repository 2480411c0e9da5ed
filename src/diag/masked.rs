//! The lines of source files without their secrets, and texts about them without what is masked there.

use std::collections::BTreeMap;

use super::Label;
use crate::{
    secret::{Hidden, Lines},
    text::{SourceId, SourceText, Sources},
};

/// Lines that are masked together. So many are masked before them too, for commands that go on over several lines.
const BLOCK: usize = 100;

/// A label over more lines than this is looked at on its first lines only.
const MAX_LABEL_LINES: usize = 5;

/// Fewer characters are no secret that could be told from other words.
const SHORTEST: usize = 3;

/// The lines of the sources without their secrets, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Masked {
    blocks: BTreeMap<(SourceId, usize), Vec<String>>,
    /// What the lines before each block leave open: a secret may have any number of lines.
    open: BTreeMap<SourceId, Vec<Lines>>,
}

impl Masked {
    /// A line, counted from 0.
    pub(super) fn line(&mut self, id: SourceId, source: &SourceText, number: usize, hidden: &Hidden) -> &str {
        let block = number / BLOCK;
        let open = self.open.entry(id).or_default();
        let lines = self.blocks.entry((id, block)).or_insert_with(|| mask(source, block, open, hidden));
        lines.get(number % BLOCK).map_or("", String::as_str)
    }

    /// The texts at these labels that are masked where they are: no message may name them.
    pub(super) fn words_at(&mut self, labels: &[Label], sources: &Sources, hidden: &Hidden) -> Vec<String> {
        let mut words = Vec::new();
        for label in labels.iter() {
            let source = sources.get(label.span.source);
            let (first, column) = source.line_column(label.span.start as usize);
            let (last, end) = source.line_column(label.span.end as usize);
            for number in first..=last.min(first + MAX_LABEL_LINES) {
                let line = source.line(number);
                let masked = self.line(label.span.source, source, number, hidden);
                let from = if number == first { column } else { 0 };
                let to = if number == last { end } else { usize::MAX };
                words.extend(masked_words(line, masked, from, to));
            }
        }
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words
    }
}

/// The parts of a line between two columns that are stars in what is masked of it.
fn masked_words(line: &str, masked: &str, from: usize, to: usize) -> Vec<String> {
    let mut words = vec![String::new()];
    for (column, (c, shown)) in line.chars().zip(masked.chars()).enumerate() {
        let is_masked = shown == '*' && c != '*' && column >= from && column < to;
        match words.last_mut() {
            Some(word) if is_masked => word.push(c),
            Some(word) if !word.is_empty() => words.push(String::new()),
            _ => {}
        }
    }
    let trimmed = words.iter().map(|word| word.trim_matches(|c: char| "$\"'` ".contains(c)).to_owned());
    trimmed.filter(|word| word.chars().count() >= SHORTEST).collect()
}

/// A text about places in files, without what is masked there and what is a secret anywhere.
pub(super) fn about(text: &str, words: &[String], hidden: &Hidden) -> String {
    let mut text = hidden.redact_values(text);
    for word in words.iter().filter(|word| !word.chars().all(|c| c == '*')) {
        text = text.replace(word.as_str(), &"*".repeat(word.chars().count()));
    }
    text
}

/// The lines of a block. What is known of the blocks before it is added to `open`.
fn mask(source: &SourceText, block: usize, open: &mut Vec<Lines>, hidden: &Hidden) -> Vec<String> {
    let lines = |from: usize, to: usize| {
        &source.text()[source.line_start(from * BLOCK)..source.line_start(to * BLOCK)]
    };
    let before = block.saturating_sub(1);
    while open.len() <= before {
        let mut next = open.last().cloned().unwrap_or_default();
        if let Some(last) = open.len().checked_sub(1) {
            hidden.read_on(&mut next, lines(last, last + 1));
        }
        open.push(next);
    }
    let masked = hidden.redact_file(source.path().as_str(), open[before].clone(), lines(before, block + 1));
    masked.split('\n').skip((block - before) * BLOCK).take(BLOCK).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_may_have_any_number_of_lines() {
        let mut sources = Sources::default();
        let text = format!("API_KEY: |\n{}  hunter2\nNAME: shown\n", "  abc\n".repeat(5 * BLOCK));
        let id = sources.add("compose.yaml", text);
        let (mut masked, hidden) = (Masked::default(), Hidden::default());
        let mut line = |number: usize| masked.line(id, sources.get(id), number, &hidden).to_owned();
        assert_eq!(line(5 * BLOCK + 1), "  *******");
        assert_eq!(line(5 * BLOCK + 2), "NAME: shown");
        assert_eq!(line(7), "  ***");
    }
}
