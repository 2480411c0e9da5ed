//! The lines of source files without their secrets, and texts about them without what is masked there.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

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

/// Characters of names beside letters and digits.
const NAME: [char; 3] = ['_', '.', '-'];

/// The lines of the sources without their secrets, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct Masked {
    blocks: BTreeMap<(SourceId, usize), Vec<String>>,
    /// What the lines before each block leave open: a secret may have any number of lines.
    open: BTreeMap<SourceId, Vec<Lines>>,
}

/// What is known of the texts at some labels.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Those that are masked where they are, longest first: no message may name them.
    secret: Vec<String>,
    /// Names that are shown there. A secret that is a part of one, or the same word, hides none of them.
    names: BTreeSet<String>,
}

impl Masked {
    /// A line, counted from 0.
    pub(super) fn line(&mut self, id: SourceId, source: &SourceText, number: usize, hidden: &Hidden) -> &str {
        let block = number / BLOCK;
        let open = self.open.entry(id).or_default();
        let lines = self.blocks.entry((id, block)).or_insert_with(|| mask(source, block, open, hidden));
        lines.get(number % BLOCK).map_or("", String::as_str)
    }

    /// The texts at these labels that are masked, and the names that are not.
    pub(super) fn words_at(&mut self, labels: &[Label], sources: &Sources, hidden: &Hidden) -> Words {
        let mut words = Words::default();
        for label in labels.iter() {
            let source = sources.get(label.span.source);
            let (first, column) = source.line_column(label.span.start as usize);
            let (last, end) = source.line_column(label.span.end as usize);
            for number in first..=last.min(first + MAX_LABEL_LINES) {
                let line = source.line(number);
                let masked = self.line(label.span.source, source, number, hidden);
                let from = if number == first { column } else { 0 };
                let to = if number == last { end } else { usize::MAX };
                words.secret.extend(masked_words(line, masked, from, to).into_iter().flat_map(as_read));
                words.names.extend(names_of_values(masked).map(str::to_owned));
                let shown: String = masked.chars().take(to).skip(from).collect();
                words.names.extend(is_name(shown.trim_matches(AROUND)).map(str::to_owned));
            }
        }
        words.secret.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words
    }
}

/// The names in a masked line that a value follows on.
fn names_of_values(masked: &str) -> impl Iterator<Item = &str> {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && !NAME.contains(&c);
    let parts = masked.split(is_separator).filter(|part| !part.is_empty());
    parts.filter(move |part| {
        // The part lies in the line.
        let end = part.as_ptr() as usize - masked.as_ptr() as usize + part.len();
        let rest = masked[end..].trim_start_matches(['"', '\'']).trim_start_matches([' ', '\t']);
        rest.starts_with([':', '='])
    })
}

/// A text that is one name, with nothing masked in it.
fn is_name(shown: &str) -> Option<&str> {
    let is_one = !shown.is_empty() && shown.chars().all(|c| c.is_ascii_alphanumeric() || NAME.contains(&c));
    is_one.then_some(shown)
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

/// A text about places in files, without what is masked there and what is a secret anywhere. Names that are shown
/// there stay.
pub(super) fn about(text: &str, words: &Words, hidden: &Hidden) -> String {
    let masked = without_secrets(text, &words.secret, hidden);
    // Each character that goes is a star.
    let mut quoted = text.split('`').enumerate();
    let is_kept = |(at, piece): (usize, &str)| at % 2 == 1 && words.names.contains(piece);
    if masked == text || !quoted.any(is_kept) {
        return masked;
    }
    let mut masked = masked.chars();
    let pieces = text.split('`').enumerate().map(|(at, piece)| {
        let length = piece.chars().count();
        let shown: String = masked.by_ref().take(length).collect();
        let between = masked.next();
        if is_kept((at, piece)) { (piece.to_owned(), between) } else { (shown, between) }
    });
    pieces.flat_map(|(shown, between)| shown.chars().chain(between).collect::<Vec<_>>()).collect()
}

fn without_secrets(text: &str, words: &[String], hidden: &Hidden) -> String {
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
            let secret = words.secret.iter().map(|word| format!("{word}}}")).collect();
            let more = Words { secret, ..Words::default() };
            assert_eq!(about(&format!("`{read}` is wrong"), &more, &hidden), format!("`{stars}` is wrong"));
        }
    }

    #[test]
    fn names_stay_that_have_their_value_in_them() {
        for (line, label, message, shown) in [
            (
                "- PICTRS__API_KEY=API_KEY",
                "PICTRS__API_KEY=API_KEY",
                "`PICTRS__API_KEY`: API_KEY",
                "`PICTRS__API_KEY`: *******",
            ),
            ("API_KEY: API_KEY", "API_KEY", "é `API_KEY` `x` ` API_KEY`", "é `API_KEY` `x` ` *******`"),
            (
                "\"DB_TOKEN\": TOKEN1",
                "TOKEN1",
                "`DB_TOKEN` `TOKEN1` `MY_TOKEN1`",
                "`DB_TOKEN` `******` `MY_******`",
            ),
        ] {
            let mut sources = Sources::default();
            let id = sources.add("compose.yaml", line);
            let at = line.rfind(label).unwrap();
            let labels =
                [Label { span: Span::new(id, at, at + label.len()), text: String::new(), primary: true }];
            let hidden = Hidden::default();
            let words = Masked::default().words_at(&labels, &sources, &hidden);
            assert_eq!(about(message, &words, &hidden), shown, "{line}");
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
