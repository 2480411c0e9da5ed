//! The lines of source files without their secrets, and texts about them without what is masked there.

use std::{borrow::Cow, collections::BTreeMap};

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

/// Characters around a secret that are no part of it.
const AROUND: [char; 5] = ['$', '"', '\'', '`', ' '];

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
                words.extend(masked_words(line, masked, from, to).into_iter().flat_map(as_read));
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
    let trimmed = words.iter().map(|word| word.trim_matches(AROUND).to_owned());
    trimmed.filter(|word| word.chars().count() >= SHORTEST).collect()
}

/// A word as a file writes it, and as messages may have it once it is read: without escapes, and with single dollars.
fn as_read(word: String) -> Vec<String> {
    let mut all = vec![word];
    let mut add = |change: &dyn Fn(&str) -> String| {
        let changed: Vec<String> = all.iter().map(|word| change(word)).collect();
        all.extend(changed);
        all.sort();
        all.dedup();
    };
    add(&|word| serde_json::from_str(&format!("\"{word}\"")).unwrap_or_else(|_| unescaped(word)));
    add(&unescaped);
    add(&|word| word.replace("''", "'"));
    add(&|word| word.replace("$$", "$"));
    all.retain(|word| word.chars().count() >= SHORTEST);
    all
}

/// A text of which each `\` says what the character behind it stands for.
fn unescaped(text: &str) -> String {
    let mut characters = text.chars();
    let mut read = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        match character {
            '\\' => read.extend(characters.next().map(|escaped| match escaped {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                other => other,
            })),
            other => read.push(other),
        }
    }
    read
}

/// A text about places in files, without what is masked there and what is a secret anywhere.
pub(super) fn about(text: &str, words: &[String], hidden: &Hidden) -> String {
    let mut text = hidden.redact_values(text);
    for word in words.iter().filter(|word| !word.chars().all(|c| c == '*')) {
        text = text.replace(word.as_str(), &stars(word));
    }
    // What is masked may go on behind the value that a message quotes.
    let pieces = text.split('`').map(|piece| match words.iter().any(|word| is_most_of(piece, word)) {
        true => Cow::Owned(stars(piece)),
        false => Cow::Borrowed(piece),
    });
    pieces.collect::<Vec<_>>().join("`")
}

fn stars(text: &str) -> String {
    "*".repeat(text.chars().count())
}

/// Whether a text is a part of a word, and half of it at least. Names of variables in it are no secret.
fn is_most_of(text: &str, word: &str) -> bool {
    let text = text.trim_matches(AROUND);
    let length = text.chars().count();
    let is_name = || ["$", "{"].iter().any(|before| word.contains(&format!("{before}{text}")));
    length >= SHORTEST && 2 * length >= word.chars().count() && word.contains(text) && !is_name()
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
    use crate::text::Span;

    #[test]
    fn messages_may_name_what_is_read() {
        let mut sources = Sources::default();
        for (written, read) in [
            ("\"ab\\\"cd\"", "ab\"cd"),
            ("'it''s'", "it's"),
            ("pa$$word", "pa$word"),
            ("\"a\\tb\"", "a\tb"),
            ("\"a\\\\nb\\\"c\"", "a\\nb\"c"),
        ] {
            let text = format!("API_KEY: {written}\n");
            let span = Span::new(sources.add(written, text.as_str()), 9, 9 + written.len());
            let labels = [Label { span, text: String::new(), primary: true }];
            let hidden = Hidden::default();
            let words = Masked::default().words_at(&labels, &sources, &hidden);
            let stars = "*".repeat(read.chars().count());
            assert_eq!(about(&format!("`{read}` is wrong"), &words, &hidden), format!("`{stars}` is wrong"));
            let more: Vec<String> = words.iter().map(|word| format!("{word}}}")).collect();
            assert_eq!(about(&format!("`{read}` is wrong"), &more, &hidden), format!("`{stars}` is wrong"));
        }
    }

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
