//! What a YAML text has beside its values: comments, and the parts that anchors give to several places.
//!
//! A tree has neither, because aliases and merge keys are resolved in it. Whoever edits a text asks here.

use std::ops::Range;

use granit_parser::{Event, Options, Parser};

use super::parse::MAX_DEPTH;

/// The comments and the anchored parts of a text, as ranges of its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Each comment, from its `#` to the end of its line.
    pub comments: Vec<Range<usize>>,
    /// Each node that has an anchor, and each alias.
    pub shared: Vec<Range<usize>>,
}

/// Reads a text up to the first place that is no YAML.
pub fn notes(text: &str) -> Notes {
    let mut notes = Notes::default();
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut cursor = 0;
    let mut events = Parser::new_from_str_with_options(text, options());
    while let Some(Ok((event, span))) = events.next_event() {
        let range = span.byte_range().unwrap_or(cursor..cursor);
        match event {
            Event::Comment(..) => {
                notes.comments.push(range);
                continue;
            }
            Event::Scalar(_, _, anchor, _) if anchor != 0 => notes.shared.push(range.clone()),
            Event::Alias(_) | Event::UnresolvedAlias(_) => notes.shared.push(range.clone()),
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                open.push((anchor != 0).then_some(range.start));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // Only flow collections have an end of their own.
                let end = if range.is_empty() { cursor } else { range.end };
                if let Some(Some(start)) = open.pop() {
                    notes.shared.push(start..end);
                }
                cursor = cursor.max(end);
                continue;
            }
            _ => {}
        }
        cursor = cursor.max(range.end);
    }
    notes
}

fn options() -> Options {
    let mut options = Options::default();
    options.emit_comments = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(text: &'a str, ranges: &[Range<usize>]) -> Vec<&'a str> {
        ranges.iter().map(|range| &text[range.clone()]).collect()
    }

    #[test]
    fn comments_are_told_from_values() {
        let text = "# top\na: b # é\nc: '# no'\nd: x#y\ne: |\n  # no\nf: # last\n";
        assert_eq!(parts(text, &notes(text).comments), ["# top", "# é", "# last"]);
    }

    #[test]
    fn what_anchors_and_aliases_share_is_found() {
        let text = "x: &x\n  a: 1\n  b: {c: 2}\ny: &y 3\nz:\n  <<: *x\n  d: *y\n";
        let found = notes(text);
        assert_eq!(parts(text, &found.shared), ["a: 1\n  b: {c: 2}", "3", "*x", "*y"]);
    }

    #[test]
    fn a_broken_text_gives_what_comes_before() {
        let text = "# one\na: [\n# two\n}\n# three\n";
        assert_eq!(parts(text, &notes(text).comments)[0], "# one");
    }
}
