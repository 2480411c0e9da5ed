//! Characters that kustomize cannot carry are told before anything is written.

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    diag::{Diagnostic, Report, codes},
    kustomize::{TreeFile, characters},
    text::{Sources, Span},
};

/// As compose files and env files have them: as they are, or escaped within double quotes.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let escapes = r"\\x(?:7f|[89][0-9a-f])|\\u(?:00(?:7f|[89][0-9a-f])|fff[ef])|\\U0000(?:00(?:7f|[89][0-9a-f])|fff[ef])|\\N";
    Regex::new(&format!(r"[\x7f-\u{{9f}}\u{{fffe}}\u{{ffff}}]|(?i:{escapes})")).ok()
});

/// Tells of every file that kustomize could not read, at the first place that may be the reason.
pub(super) fn refuse_lost(files: &[TreeFile], sources: &Sources, report: &mut Report) {
    for file in files {
        let Some(character) = characters::lost(file) else { continue };
        let code = u32::from(character);
        let message =
            format!("`{}` would have the character U+{code:04X}, which kustomize cannot read", file.path);
        let help = "remove the character, or write the value so that the program makes it itself";
        let diagnostic = Diagnostic::error(codes::LOST_CHARACTER, message).help(help);
        report.push(match place(character, sources) {
            Some(span) => diagnostic.at(span, "here"),
            None => diagnostic,
        });
    }
}

fn place(character: char, sources: &Sources) -> Option<Span> {
    let code = format!("{:x}", u32::from(character));
    let of_character = |text: &str| {
        let escape = text.to_ascii_lowercase();
        text.starts_with(character) || escape.ends_with(&code) || character == '\u{85}' && text == "\\N"
    };
    sources.iter().find_map(|(id, source)| {
        let mut found = WRITTEN.as_ref()?.find_iter(source.text());
        let found = found.find(|found| of_character(found.as_str()))?;
        Some(Span::new(id, found.start(), found.end()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let mut sources = Sources::default();
        sources.add("compose.yaml", "a: \"\\x1b\\x7F\"\nb: \"\\N\"\nc: \u{9f}\nd: \"\\uFFFF\"\n");
        let at = |character| place(character, &sources).map(|span| sources.location(span).line);
        assert_eq!(
            [at('\u{7f}'), at('\u{85}'), at('\u{9f}'), at('\u{ffff}')],
            [Some(1), Some(2), Some(3), Some(4)]
        );
        assert_eq!(at('\u{80}'), None);
    }
}
