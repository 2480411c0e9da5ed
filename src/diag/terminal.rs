//! Diagnostics as people read them, drawn by miette from an excerpt of the sources.
//!
//! miette sees only the lines around the labels, copied into an excerpt: without control characters,
//! without secrets, and clipped when they are long.

mod excerpt;

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use self::excerpt::Excerpt;
use super::{
    Diagnostic, Report, Severity, codes,
    masked::{Masked, about},
};
use crate::{
    secret::Hidden,
    text::{Sources, shown},
};

/// How it may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// With ANSI colours.
    pub color: bool,
    /// With line-drawing characters; ASCII if not.
    pub unicode: bool,
    /// Columns to wrap messages at; source lines are clipped there, but not below 120.
    pub width: usize,
}

/// One diagnostic as a block of lines, the last one ended: severity, code and name; the message; the
/// source around each label, under `file:line:column`; what to do.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, theme: Theme) -> String {
    Renderer::new(sources, theme, &Hidden::default()).render(diagnostic)
}

/// Draws many diagnostics of the same sources: what they need of a source is prepared once.
#[derive(Debug)]
pub struct Renderer<'a> {
    sources: &'a Sources,
    theme: Theme,
    masked: Masked,
    hidden: &'a Hidden,
}

impl<'a> Renderer<'a> {
    /// Nothing is prepared yet.
    pub fn new(sources: &'a Sources, theme: Theme, hidden: &'a Hidden) -> Self {
        Self { sources, theme, masked: Masked::default(), hidden }
    }

    /// The same as [`render`].
    pub fn render(&mut self, diagnostic: &Diagnostic) -> String {
        let view = View::new(diagnostic, self.sources, (&mut self.masked, self.hidden), self.theme);
        draw(&view, self.theme)
    }
}

fn draw(view: &View, theme: Theme) -> String {
    let mut graphics = if theme.unicode { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    if theme.color != theme.unicode {
        let colored = if theme.color { GraphicalTheme::ascii() } else { GraphicalTheme::none() };
        graphics.styles = colored.styles;
    }
    let handler = GraphicalReportHandler::new_themed(graphics)
        .with_width(theme.width.max(40))
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(excerpt::CONTEXT);
    let mut text = String::new();
    if handler.render_report(&mut text, view).is_err() {
        // A formatter that writes to a string has nothing to fail at; the fact must not be lost.
        text = format!("{}\n\n  {}\n", view.header, view.message);
    }
    let lines = text.lines().map(|line| format!("{}\n", line.trim_end()));
    // Where lines break is miette's to decide: a command of a log may come to begin one.
    if theme.color { lines.collect() } else { shown::lines(&lines.collect::<String>()) }
}

/// The diagnostics that are shown if no more than `most` are, in their order, and how many are left out. That a limit is
/// reached comes first, then errors, then the others.
pub fn first<'d>(diagnostics: &[&'d Diagnostic], most: usize) -> (Vec<&'d Diagnostic>, usize) {
    if diagnostics.len() <= most {
        return (diagnostics.to_vec(), 0);
    }
    let is_limit = |diagnostic: &Diagnostic| diagnostic.code == codes::LIMIT;
    let mut ranked: Vec<usize> = (0..diagnostics.len()).collect();
    ranked.sort_by_key(|at| {
        let diagnostic = diagnostics[*at];
        (!is_limit(diagnostic), std::cmp::Reverse(diagnostic.severity), *at)
    });
    ranked.truncate(most);
    ranked.sort_by_key(|at| (!is_limit(diagnostics[*at]), *at));
    (ranked.into_iter().map(|at| diagnostics[at]).collect(), diagnostics.len() - most)
}

/// How many findings there are of each severity: `2 errors, 1 warning`; empty if there are none.
pub fn summary(report: &Report) -> String {
    let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let counts = counts.map(|(severity, word)| (report.count(severity), word));
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    words.join(", ")
}

/// A diagnostic in miette's terms.
#[derive(Debug)]
struct View {
    header: String,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    excerpt: Excerpt,
}

impl View {
    fn new(
        diagnostic: &Diagnostic,
        sources: &Sources,
        (masked, hidden): (&mut Masked, &Hidden),
        theme: Theme,
    ) -> Self {
        let words = masked.words_at(&diagnostic.labels, sources, hidden);
        let clean = |text: &str| shown::one_line(&about(text, &words, hidden)).into_owned();
        let excerpt = Excerpt::new(&diagnostic.labels, sources, (masked, hidden), theme.width.max(120));
        let labels = diagnostic.labels.iter().zip(excerpt.places()).map(|(label, place)| {
            let text = (!label.text.is_empty()).then(|| clean(&label.text));
            if label.primary {
                LabeledSpan::new_primary_with_span(text, place)
            } else {
                LabeledSpan::new_with_span(text, place)
            }
        });
        Self {
            header: format!(
                "{}[{}] {}",
                diagnostic.severity.word(),
                diagnostic.code.id,
                diagnostic.code.name
            ),
            severity: match diagnostic.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Info => miette::Severity::Advice,
            },
            message: clean(&diagnostic.message),
            // It may have several lines of its own.
            help: diagnostic
                .help
                .as_deref()
                .map(|help| shown::without_control(&about(help, &words, hidden), &['\n'])),
            labels: labels.collect(),
            excerpt,
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for View {}

impl miette::Diagnostic for View {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.header))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as _)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{diag::Code, text::Span};

    const CODE: Code =
        Code { id: "KL999", name: "a-case", severity: Severity::Error, summary: "a case of a test" };
    const PLAIN: Theme = Theme { color: false, unicode: true, width: 80 };

    #[test]
    fn labels_in_two_files() {
        let mut sources = Sources::default();
        let base = sources.add("compose.yaml", "services:\n  web:\n    image: nginx\n    ports: [80]\n");
        let other = sources.add("compose.prod.yaml", "services:\n  web:\n    image: caddy\n");
        let finding = Diagnostic::error(CODE, "two images")
            .at(Span::new(base, 28, 33), "here")
            .at(Span::new(other, 28, 33), "and here")
            .help("choose one");
        let expected = "\
error[KL999] a-case

  × two images
   ╭─[compose.yaml:3:12]
 2 │   web:
 3 │     image: nginx
   ·            ──┬──
   ·              ╰── here
 4 │     ports: [80]
   ╰────
   ╭─[compose.prod.yaml:3:12]
 2 │   web:
 3 │     image: caddy
   ·            ──┬──
   ·              ╰── and here
   ╰────
  help: choose one
";
        assert_eq!(render(&finding, &sources, PLAIN), expected);
    }

    #[test]
    fn plain_ascii_without_a_place() {
        let finding = Diagnostic::warning(CODE, "nothing\u{1b}[2J to see at redis://:pw@redis");
        let theme = Theme { color: false, unicode: false, width: 80 };
        let expected = "warning[KL999] a-case\n\n  ! nothing\u{fffd}[2J to see at redis://:**@redis\n";
        assert_eq!(render(&finding, &Sources::default(), theme), expected);
    }

    #[test]
    fn secrets_and_control_characters_do_not_show() {
        let mut sources = Sources::default();
        let text = "KEY: |\n  a\nAPI_KEY: |\n  hunter2\n  hunter3\nX: \u{1b}]0;x\u{7}\u{202e}\n";
        let id = sources.add("a.yaml", text);
        let at = text.find("hunter3").unwrap();
        let finding = Diagnostic::error(CODE, "x").at(Span::new(id, at, at + 7), "here");
        let shown = render(&finding, &sources, PLAIN);
        assert!(shown.contains("[a.yaml:5:3]"), "{shown}");
        assert!(
            !shown.contains("hunter") && !shown.contains('\u{1b}') && !shown.contains('\u{202e}'),
            "{shown}"
        );
        assert!(shown.contains("*******"), "{shown}");
    }

    #[test]
    fn secrets_of_any_lines_are_masked_wherever_they_begin() {
        for before in [0, 97, 98, 99, 100, 198] {
            let mut sources = Sources::default();
            let text = format!("{}API_KEY: |\n  hunter2\n  hunter3\nKEY: a\n", "a: b\n".repeat(before));
            let id = sources.add("a.yaml", text.clone());
            let hidden = Hidden::default();
            let mut renderer = Renderer::new(&sources, PLAIN, &hidden);
            for part in ["KEY: a", "hunter3", "hunter2"] {
                let at = text.find(part).unwrap();
                let finding = Diagnostic::error(CODE, "x").at(Span::new(id, at, at + 3), "here");
                assert!(!renderer.render(&finding).contains("hunter"), "{before} lines before, at {part}");
            }
        }
    }

    #[test]
    fn long_lines_are_clipped_around_the_label() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", format!("x: {}NEEDLE{}", "é".repeat(5000), "z".repeat(5000)));
        let finding = Diagnostic::error(CODE, "x").at(Span::new(id, 10_003, 10_009), "here");
        let shown = render(&finding, &sources, PLAIN);
        assert!(shown.contains("[a.yaml:1:5004]") && shown.contains("NEEDLE"), "{shown}");
        assert!(shown.lines().all(|line| line.chars().count() < 140), "{shown}");
    }

    #[test]
    fn what_is_shown_of_many() {
        let mut report = Report::default();
        for number in 0..20_000 {
            let warning = Diagnostic::warning(CODE, number.to_string());
            report.push(if number % 1000 == 7 {
                Diagnostic { severity: Severity::Error, ..warning }
            } else {
                warning
            });
        }
        assert_eq!(summary(&report), "21 errors, 19980 warnings");
        assert_eq!(report.diagnostics().len(), 10_001);
        let (shown, left) = first(&report.by_place(), 5);
        let shown: Vec<&str> = shown.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        let limit = "there are more than 10000 findings: the others are left out";
        assert_eq!((shown, left), (vec![limit, "7", "1007", "2007", "3007"], 9_996));
    }

    #[test]
    fn counts() {
        let mut report = Report::default();
        assert_eq!(summary(&report), "");
        report.push(Diagnostic::error(CODE, "a"));
        report.push(Diagnostic::error(CODE, "b"));
        report.push(Diagnostic::warning(CODE, "c"));
        assert_eq!(summary(&report), "2 errors, 1 warning");
    }

    proptest! {
        #[test]
        fn any_span_in_any_text_can_be_drawn(
            text in "([a-zé\t\r\u{1b}😀]{0,200}|\n){0,8}",
            spans in prop::collection::vec((0..1000_usize, 0..1000_usize), 1..5),
        ) {
            let mut sources = Sources::default();
            let ids = [sources.add("a", text.clone()), sources.add("b", text)];
            let mut finding = Diagnostic::error(CODE, "MESSAGE");
            for (at, (start, end)) in spans.into_iter().enumerate() {
                finding = finding.at(Span::new(ids[at % 2], start, end), "LABEL");
            }
            let shown = render(&finding, &sources, PLAIN);
            prop_assert!(shown.contains("MESSAGE") && shown.contains("LABEL") && !shown.contains("Failed"), "{}", shown);
        }
    }
}
