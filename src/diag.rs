//! Diagnostics as plain data, and the report that collects them.
//!
//! A diagnostic says a fact (`message`), where (`labels`) and what to do (`help`). How it looks is
//! decided late, where it is printed: [`terminal`] draws it for people, and programs get [`Finding`]s as
//! [`json`], [`sarif`], [`github`], [`gitlab`], [`junit`] or [`markdown`]. Stages take `&mut Report`,
//! report all they find and go on. Every kind of diagnostic has its code in the one list of [`codes`].

pub mod codes;
mod finding;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
mod masked;
pub mod pages;
pub mod sarif;
pub mod terminal;
#[cfg(test)]
mod testing;

use std::collections::BTreeSet;

pub use self::{
    codes::Code,
    finding::{Finding, ResolvedEdit, ResolvedLabel, Run, findings},
};
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
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words, or nothing.
    pub text: String,
    /// Whether the diagnostic is about this place.
    pub primary: bool,
}

/// A part of a fix: a text that takes the place of what a span says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What goes; an empty span is a place to insert at.
    pub span: Span,
    /// What comes.
    pub replacement: String,
    /// Whether the meaning of the file surely stays.
    pub is_safe: bool,
}

/// One finding. The first label is the primary one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// The value that is refused as a whole, where the primary place is only a part of it.
    pub within: Option<Span>,
    /// What would mend it, if that is known: all of it together, or nothing.
    pub edits: Vec<Edit>,
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
            within: None,
            edits: Vec::new(),
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

    /// The place it is about, with a few words for it. What stands nowhere has no place to show.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        if span == Span::NOWHERE {
            return self;
        }
        let primary = !self.labels.iter().any(|label| label.primary);
        self.labels.push(Label { span, text: text.into(), primary });
        self
    }

    /// The value that the primary place is a part of, and that is refused with it.
    #[must_use]
    pub fn within(mut self, value: Span) -> Self {
        self.within = Some(value);
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A text that mends it, or a part of it. `is_safe` says that the meaning of the file surely stays.
    #[must_use]
    pub fn edit(mut self, span: Span, replacement: impl Into<String>, is_safe: bool) -> Self {
        self.edits.push(Edit { span, replacement: replacement.into(), is_safe });
        self
    }

    /// The primary place.
    pub fn span(&self) -> Option<Span> {
        self.labels.iter().find(|label| label.primary).map(|label| label.span)
    }
}

/// A report keeps so many diagnostics, and only counts what comes behind: a hostile file can have a mistake in every
/// line.
const MOST: usize = 10_000;

/// Says that findings are left out.
fn too_many() -> Diagnostic {
    let message = format!("there are more than {MOST} findings: the others are left out");
    Diagnostic::error(codes::LIMIT, message)
}

/// All that the stages found, in the order in which they found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// What is only counted: notes, warnings, errors.
    dropped: [usize; 3],
    /// What no printer may show.
    hidden: Hidden,
    /// Whether it takes nothing but errors.
    only_errors: bool,
}

impl Report {
    /// A report that takes nothing but errors: whoever reads no warnings need not wait for them.
    pub fn of_errors() -> Self {
        Self { only_errors: true, ..Self::default() }
    }

    /// An empty report that takes what this one takes.
    #[must_use]
    pub fn empty(&self) -> Self {
        Self { only_errors: self.only_errors, ..Self::default() }
    }

    /// Whether it takes warnings. What takes long to find and only warns is not looked for without.
    pub fn takes_warnings(&self) -> bool {
        !self.only_errors
    }

    /// Takes a finding in. How many there are is this report's own to say.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.only_errors && diagnostic.severity != Severity::Error {
            return;
        }
        if diagnostic.code == codes::LIMIT && diagnostic == too_many() {
            return;
        }
        if self.diagnostics.len() < MOST {
            self.diagnostics.push(diagnostic);
        } else {
            let mut dropped = [0; 3];
            dropped[diagnostic.severity as usize] = 1;
            self.drop(dropped);
        }
    }

    /// Whether further findings are only counted.
    pub fn is_full(&self) -> bool {
        self.diagnostics.len() >= MOST
    }

    /// Counts findings, and says once that there are such.
    fn drop(&mut self, dropped: [usize; 3]) {
        if dropped == [0; 3] {
            return;
        }
        if self.dropped == [0; 3] {
            self.diagnostics.push(too_many());
        }
        self.dropped.iter_mut().zip(dropped).for_each(|(own, other)| *own += other);
    }

    /// Takes in everything that another report holds.
    pub fn append(&mut self, other: Report) {
        other.diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
        self.drop(other.dropped);
        self.hide(other.hidden);
    }

    /// Takes in what another report holds and this one does not: several environments, or several files,
    /// read the same text. Only diagnostics that are equal in all respects are the same one.
    pub fn append_new(&mut self, other: Report) {
        let known: BTreeSet<&Diagnostic> = self.diagnostics.iter().collect();
        let mut seen: BTreeSet<&Diagnostic> = BTreeSet::new();
        let is_new: Vec<bool> = other
            .diagnostics
            .iter()
            .map(|diagnostic| !known.contains(diagnostic) && seen.insert(diagnostic))
            .collect();
        self.count_dropped_of(&other);
        let new = other.diagnostics.into_iter().zip(is_new).filter(|(_, is_new)| *is_new);
        new.for_each(|(diagnostic, _)| self.push(diagnostic));
        self.hide(other.hidden);
    }

    /// How many findings are counted and not held.
    pub fn dropped(&self) -> usize {
        self.dropped.iter().sum()
    }

    /// Counts what another report of the same files counts and does not hold: both may mean the same findings.
    pub fn count_dropped_of(&mut self, other: &Report) {
        let mut further = other.dropped;
        further.iter_mut().zip(self.dropped).for_each(|(other, own)| *other = other.saturating_sub(own));
        self.drop(further);
    }

    /// Keeps what the caller says to keep, and tells it in order.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// Notes why findings are allowed, those that are no errors.
    pub fn allow(&mut self, mut reason: impl FnMut(&Diagnostic) -> Option<String>) {
        for diagnostic in self.diagnostics.iter_mut().filter(|it| it.severity != Severity::Error) {
            diagnostic.allowed = reason(diagnostic);
        }
    }

    /// Takes in what the project hides: printers star it out, beside what looks like a secret by itself.
    pub fn hide(&mut self, hidden: Hidden) {
        self.hidden.extend(hidden);
    }

    /// What the project hides.
    pub fn hidden(&self) -> &Hidden {
        &self.hidden
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

    /// Whether anything makes the result unusable.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many findings are this bad.
    pub fn count(&self, severity: Severity) -> usize {
        let kept = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        kept + self.dropped[severity as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(severity: Severity, number: usize) -> Report {
        let mut report = Report::default();
        for at in 0..number {
            report.push(Diagnostic { severity, ..Diagnostic::error(codes::LIMIT, at.to_string()) });
        }
        report
    }

    #[test]
    fn findings_beyond_the_most_are_counted_once() {
        let mut report = full(Severity::Warning, MOST);
        assert!(report.is_full() && report.dropped() == 0 && !report.has_errors());
        report.append(full(Severity::Error, MOST + 5));
        // One more says that there are too many.
        assert_eq!((report.count(Severity::Error), report.dropped()), (MOST + 5 + 1, MOST + 5));
        assert_eq!(report.diagnostics().len(), MOST + 1);
        // The same files give the same findings, held and counted.
        let mut again = full(Severity::Error, MOST + 5);
        again.append_new(full(Severity::Error, MOST + 5));
        assert_eq!((again.count(Severity::Error), again.dropped()), (MOST + 5 + 1, 5));
    }
}
