//! Diagnostics as plain data, and the report that collects them.
//!
//! A diagnostic says a fact (`message`), where (`labels`) and what to do (`help`). How it looks is
//! decided late, where it is printed: [`terminal`] draws it for people, [`json`] spells it out for
//! programs. Stages take `&mut Report`, report all they find and go on. Every kind of diagnostic has its
//! code in the one list of [`codes`].

pub mod codes;
pub mod json;
pub mod terminal;

use std::collections::{BTreeMap, BTreeSet};

pub use self::codes::Code;
use crate::{secret::Hidden, text::Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// The result is usable, but likely not what was meant.
    Warning,
    /// There is no result.
    Error,
}

impl Severity {
    /// The word that people and programs see.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A place with what is to be said there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, or nothing.
    pub text: String,
    /// Is this the place the diagnostic is about?
    pub primary: bool,
}

/// One finding. The first label is the primary one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, without a final dot. Never holds a secret value.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it shows.
    pub labels: Vec<Label>,
    /// Why it is allowed, where an entry of the settings says so.
    pub allowed: Option<String>,
}

impl Diagnostic {
    /// Nothing can be made of the input until this is mended.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            help: None,
            labels: Vec::new(),
            allowed: None,
        }
    }

    /// The result is likely not what was meant.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Good to know.
    pub fn info(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Info, ..Self::error(code, message) }
    }

    /// The place it is about, with a few words for it.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        let primary = !self.labels.iter().any(|label| label.primary);
        self.labels.push(Label { span, text: text.into(), primary });
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The primary place.
    pub fn span(&self) -> Option<Span> {
        self.labels.iter().find(|label| label.primary).map(|label| label.span)
    }
}

/// All that the stages found, in the order in which they found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// The positions of the findings by the place that they are about.
    places: BTreeMap<Option<Span>, Vec<usize>>,
    /// Values of which a part was refused.
    refused: BTreeSet<Span>,
    /// What no printer may show.
    hidden: Hidden,
}

impl Report {
    /// Takes a finding in. A finding that was already made is dropped, and so is an error at a place
    /// that an earlier stage refused: one message a cause.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.severity == Severity::Error;
        if is_error && diagnostic.span().is_some_and(|span| self.refused.contains(&span)) {
            return;
        }
        let here = self.places.entry(diagnostic.span()).or_default();
        let known = here.iter().filter_map(|position| self.diagnostics.get(*position)).any(|earlier| {
            *earlier == diagnostic
                || (is_error && earlier.severity == Severity::Error && earlier.span().is_some())
        });
        if !known {
            here.push(self.diagnostics.len());
            self.diagnostics.push(diagnostic);
        }
    }

    /// Takes in everything that another report holds.
    pub fn append(&mut self, other: Report) {
        other.diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
        self.hide(other.hidden);
    }

    /// Takes in what the project hides: printers star it out, beside what looks like a secret by itself.
    pub fn hide(&mut self, hidden: Hidden) {
        self.hidden.names.extend(hidden.names);
        self.hidden.values.extend(hidden.values);
    }

    /// What the project hides.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// Takes in an error about a part of a value. Errors about the value as a whole, which follow from
    /// it, are dropped from now on.
    pub fn push_within(&mut self, value: Span, diagnostic: Diagnostic) {
        if !self.refused.contains(&value) {
            self.push(diagnostic);
            self.refused.insert(value);
        }
    }

    /// Everything found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Everything found, in the order in which people read files; what has no place comes first.
    pub fn by_place(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.diagnostics.iter().collect();
        sorted.sort_by_key(|diagnostic| diagnostic.span().map(|span| (span.source, span.start, span.end)));
        sorted
    }

    /// Is there anything that makes the result unusable?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}
