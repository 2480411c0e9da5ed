//! The pages of codes: what `explain` prints, and what `docs/diagnostics.md` is made of.
//!
//! A file has the pages of an area, in the order of [`CODES`](super::codes::CODES). A page begins with a line
//! `## ID name`. The cause follows, then at most one example, and last a paragraph that begins with `Fix: `. Severity
//! and summary are in the table of codes alone.
//!
//! An example is files and commands that bring the code about; a test runs it. A block in a fence is a file: the line
//! above names it, as in `` `.env`: ``, and without such a line it is `compose.yaml`. A block of `console` has the
//! commands, one behind each `$ `; without one the command is `kustompose convert`. Blocks behind `Fix: ` replace
//! files of the example, and the code must not be reported any more.

use super::codes::Code;

/// The texts by the prefix of their codes.
#[rustfmt::skip] // One line an area.
const TEXTS: &[(&str, &str)] = &[
    ("KL", include_str!("pages/KL.md")),
    ("KP", include_str!("pages/KP.md")),
    ("KD", include_str!("pages/KD.md")),
    ("KF", include_str!("pages/KF.md")),
    ("KM", include_str!("pages/KM.md")),
    ("KX", include_str!("pages/KX.md")),
];

/// The page of a code as Markdown, as `explain` prints it.
pub fn page(code: &Code) -> String {
    format!("# {} {}\n\n{}", code.id, code.name, body(code))
}

/// The page without its heading.
pub fn body(code: &Code) -> String {
    let mut severity = code.severity.word().to_owned();
    severity.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
    let summary = format!("{severity}: {}.\n", code.summary);
    match text(code) {
        Some(text) => format!("{summary}\n{text}\n"),
        None => summary,
    }
}

/// Cause, example and fix of a code.
pub fn text(code: &Code) -> Option<&'static str> {
    let heading = format!("{} {}", code.id, code.name);
    let (_, texts) = TEXTS.iter().find(|(prefix, _)| code.id.starts_with(prefix))?;
    sections(texts).find(|(found, _)| *found == heading).map(|(_, text)| text)
}

/// The headings of a file, each with the text below it.
fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = text.split("\n## ").map(|section| section.trim_start_matches("## "));
    sections.filter_map(|section| section.split_once('\n')).map(|(heading, text)| (heading, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::codes::CODES;

    #[test]
    fn each_code_has_one_page_in_the_order_of_the_table() {
        for (prefix, text) in TEXTS {
            let found: Vec<&str> = sections(text).map(|(heading, _)| heading).collect();
            let codes = CODES.iter().filter(|code| code.id.starts_with(prefix));
            let expected: Vec<String> = codes.map(|code| format!("{} {}", code.id, code.name)).collect();
            assert_eq!(found, expected, "src/diag/pages/{prefix}.md has one page for each code of the table");
        }
    }

    #[test]
    fn each_page_has_a_cause_and_one_fix() {
        for (heading, text) in TEXTS.iter().flat_map(|(_, text)| sections(text)) {
            let (cause, fix) = text.split_once("\n\nFix: ").unwrap_or_else(|| panic!("{heading} has no fix"));
            let first = cause.split("\n\n").next().unwrap_or_default();
            assert!(first.ends_with('.'), "{heading} begins with no cause: {first}");
            assert!(!fix.contains("Fix: "), "{heading} has several fixes");
        }
    }

    /// Words of one sentence after the other, without blocks; what stands in backticks is one word.
    fn sentences(text: &str) -> Vec<String> {
        let prose: Vec<&str> = text.split("```").step_by(2).collect();
        let joined = prose
            .join("\n\n")
            .split('`')
            .enumerate()
            .map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { "code".to_owned() })
            .collect::<String>();
        let ends = joined.replace(". ", ".\n").replace(".\n", "\n\n").replace("? ", "\n\n");
        ends.split("\n\n")
            .map(|sentence| sentence.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|sentence| !sentence.is_empty())
            .collect()
    }

    #[test]
    fn sentences_are_short() {
        let all: Vec<String> =
            TEXTS.iter().flat_map(|(_, text)| sections(text)).flat_map(|(_, text)| sentences(text)).collect();
        let words = |sentence: &String| sentence.split(' ').count();
        for sentence in &all {
            assert!(words(sentence) <= 30, "{} words: {sentence}", words(sentence));
        }
        let average = all.iter().map(words).sum::<usize>() as f64 / all.len() as f64;
        assert!(average <= 18.0, "{average} words in a sentence on average");
    }
}
