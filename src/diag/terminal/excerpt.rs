//! The lines around a diagnostic's labels, fit to be shown, as a source for miette.
//!
//! An excerpt is one text of lines from several places in several files. miette draws the labels by
//! their offsets in that text, and asks for the lines around an offset: it gets those of one place,
//! under their own numbers. That also spares miette's scan from the start of the file for each label.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::{
    diag::{Label, masked::Masked},
    secret::Hidden,
    text::{SourceId, SourceText, Sources, shown::without_control},
};

/// Lines shown before and behind a label.
pub(super) const CONTEXT: usize = 1;

/// A label over more lines than this is drawn on its first line only.
const MAX_LABEL_LINES: usize = 5;

/// The lines around some labels.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    lines: Vec<Line>,
    places: Vec<SourceSpan>,
}

#[derive(Debug)]
struct Line {
    /// Where it lies in the excerpt, with its line break.
    range: Range<usize>,
    /// The file it is from.
    file: String,
    /// Its number in that file, from 0.
    number: usize,
    /// Characters clipped at its start.
    clipped: usize,
    /// Whether it follows on the line before it, in the same file.
    follows: bool,
}

/// A label by lines and columns, from 0, within the text of its source and never empty.
#[derive(Debug, Clone, Copy)]
struct Place {
    source: SourceId,
    start: (usize, usize),
    end: (usize, usize),
}

impl Excerpt {
    /// The lines around these labels; no line is wider than `width` characters.
    pub(super) fn new(
        labels: &[Label],
        sources: &Sources,
        (masked, hidden): (&mut Masked, &Hidden),
        width: usize,
    ) -> Self {
        let places: Vec<Place> = labels.iter().map(|label| Place::new(label, sources)).collect();
        let mut excerpt = Self { text: String::new(), lines: Vec::new(), places: Vec::new() };
        let mut shown: Vec<(SourceId, Vec<usize>)> = Vec::new();
        for place in &places {
            let last = last_line(sources.get(place.source)).max(place.end.0);
            let lines = place.start.0.saturating_sub(CONTEXT)..=(place.end.0 + CONTEXT).min(last);
            match shown.iter_mut().find(|(source, _)| *source == place.source) {
                Some((_, numbers)) => numbers.extend(lines),
                None => shown.push((place.source, lines.collect())),
            }
        }
        let mut positions = vec![(0, 0); places.len()];
        for (source, mut numbers) in shown {
            numbers.sort_unstable();
            numbers.dedup();
            for block in numbers.chunk_by(|line, next| line + 1 == *next) {
                let lines = block.iter().map(|number| {
                    (*number, masked.line(source, sources.get(source), *number, hidden).to_owned())
                });
                excerpt.push_lines((source, sources.get(source)), lines, &places, &mut positions, width);
            }
        }
        excerpt.places = positions.iter().map(|(start, end)| (*start, end - start).into()).collect();
        excerpt
    }

    /// Where the labels lie in the excerpt, in the order of the labels.
    pub(super) fn places(&self) -> impl Iterator<Item = SourceSpan> + '_ {
        self.places.iter().copied()
    }

    /// Takes successive lines in, and fills in the `positions` of the labels that begin or end there.
    fn push_lines(
        &mut self,
        (id, source): (SourceId, &SourceText),
        lines: impl Iterator<Item = (usize, String)>,
        places: &[Place],
        positions: &mut [(usize, usize)],
        width: usize,
    ) {
        for (at, (number, line)) in lines.enumerate() {
            let here =
                |place: &&Place| place.source == id && (place.start.0 == number || place.end.0 == number);
            let focus = places
                .iter()
                .find(here)
                .map_or(0, |place| if place.start.0 == number { place.start.1 } else { place.end.1 });
            let shown = Shown::new(&line, focus, width);
            let start = self.text.len();
            for (place, position) in
                places.iter().zip(positions.iter_mut()).filter(|(place, _)| place.source == id)
            {
                if place.start.0 == number {
                    position.0 = start + shown.offset(place.start.1);
                }
                if place.end.0 == number {
                    position.1 = (start + shown.offset(place.end.1)).max(position.0 + 1);
                }
            }
            self.text.push_str(&shown.text);
            self.lines.push(Line {
                range: start..self.text.len(),
                file: source.path().as_str().to_owned(),
                number,
                clipped: shown.clipped,
                follows: at > 0,
            });
        }
    }

    /// The line of the excerpt that an offset lies in.
    fn line_at(&self, offset: usize) -> Option<usize> {
        self.lines.iter().position(|line| line.range.contains(&offset))
    }
}

/// The last line that says something: a line break ends the line before it and opens none.
fn last_line(source: &SourceText) -> usize {
    let last = source.line_count() - 1;
    if source.line(last).is_empty() { last.saturating_sub(1) } else { last }
}

impl Place {
    fn new(label: &Label, sources: &Sources) -> Self {
        let span = label.span;
        let source = sources.get(span.source);
        let start = source.line_column(span.start as usize);
        let mut end = source.line_column(span.end as usize);
        if end.1 == 0 && end.0 > start.0 {
            // The line break at the end of a block belongs to its last line.
            end = (end.0 - 1, source.line(end.0 - 1).chars().count());
        }
        if end.0 - start.0 >= MAX_LABEL_LINES {
            end = (start.0, source.line(start.0).chars().count());
        }
        Self { source: span.source, start, end: end.max((start.0, start.1 + 1)) }
    }
}

/// A line as it is shown, with a blank and a line break at its end: a label may lie there.
struct Shown {
    text: String,
    clipped: usize,
    mark: usize,
}

impl Shown {
    fn new(line: &str, focus: usize, width: usize) -> Self {
        let clean = without_control(line.trim_start_matches('\u{feff}').trim_end_matches('\r'), &['\t']);
        let length = clean.chars().count();
        if length <= width {
            return Self { text: clean + " \n", clipped: 0, mark: 0 };
        }
        let clipped = focus.saturating_sub(width / 3).min(length - width);
        let mark = usize::from(clipped > 0);
        let mut text = "…".repeat(mark);
        text.extend(clean.chars().skip(clipped).take(width));
        if clipped + width < length {
            text.push('…');
        }
        Self { text: text + " \n", clipped, mark }
    }

    /// Where a column of the source lies in the shown text.
    fn offset(&self, column: usize) -> usize {
        let characters = (column.saturating_sub(self.clipped)
            + if column < self.clipped { 0 } else { self.mark })
        .min(self.text.chars().count() - 1);
        self.text.char_indices().nth(characters).map_or(self.text.len(), |(offset, _)| offset)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let out_of_bounds = MietteError::OutOfBounds;
        let mut first = self.line_at(span.offset()).ok_or(out_of_bounds)?;
        let end = span.offset() + span.len().saturating_sub(1);
        let mut last = self.line_at(end).ok_or(MietteError::OutOfBounds)?;
        if self.lines[first + 1..=last].iter().any(|line| !line.follows) {
            // What lies between was left out: these are two places.
            return Err(MietteError::OutOfBounds);
        }
        let column = self.column(first, span.offset());
        first -= (0..before.min(first)).take_while(|back| self.lines[first - back].follows).count();
        last += self.lines[last + 1..].iter().take(after).take_while(|line| line.follows).count();
        let range = self.lines[first].range.start..self.lines[last].range.end;
        Ok(Box::new(MietteSpanContents::new_named(
            self.lines[first].file.clone(),
            self.text[range.clone()].as_bytes(),
            (range.start, range.len()).into(),
            self.lines[first].number,
            if before == 0 { column } else { 0 },
            last - first + 1,
        )))
    }
}

impl Excerpt {
    /// The column in the source, from 0, of an offset in the excerpt.
    fn column(&self, line: usize, offset: usize) -> usize {
        let line = &self.lines[line];
        let shown = self.text[line.range.start..offset].chars().count();
        if line.clipped > 0 { (shown + line.clipped).saturating_sub(1) } else { shown }
    }
}
