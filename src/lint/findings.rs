//! What rules find, and how they say it.

use crate::{
    diag::{self, Code, Diagnostic, Label, Severity, codes},
    text::Span,
};

/// One finding of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The code of the rule, or of the engine.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The fact, without a final dot. Never holds a secret value.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it shows; the first label is the primary one.
    pub labels: Vec<Label>,
    /// What it is about, as a path: `services.api.environment.DB_HOST`. Does not change when lines move.
    pub subject: String,
    /// The service that it is about.
    pub service: Option<String>,
    /// The environments in which it was found; none if it is about a file.
    pub environments: Vec<String>,
    /// How to mend it.
    pub fix: Option<Fix>,
    /// The parts that its edits may change, as paths; its subject alone if none is said.
    pub changes: Vec<String>,
    /// The variables that its edits write for kustomize.
    pub written: Vec<Written>,
    /// Why it is allowed, if the settings say so.
    pub allowed: Option<String>,
}

/// Edits that mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether `--fix` makes them.
    pub kind: FixKind,
    /// What they do, as an imperative.
    pub title: String,
    /// The edits; those of one file do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// The edits as diagnostics have them.
    fn edits(&self) -> impl Iterator<Item = diag::Edit> {
        let is_safe = self.kind == FixKind::Safe;
        self.edits.iter().map(move |edit| diag::Edit {
            span: edit.span,
            replacement: edit.text.clone(),
            is_safe,
        })
    }
}

/// A part of a text and what to put in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The part.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A variable of an env file that a kustomization reads, as an edit writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The statement before the edit.
    pub span: Span,
    /// The name.
    pub name: String,
    /// The value as kustomize reads it.
    pub value: String,
}

/// Whether the findings of a rule come with edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixKind {
    /// No edits.
    None,
    /// The edits keep what the files mean, but for what the rule is about: `--fix` makes them.
    Safe,
    /// The edits may change more: `--fix=all` makes them.
    Unsafe,
}

impl FixKind {
    /// As pages and reports say it.
    pub fn name(self) -> &'static str {
        match self {
            FixKind::None => "none",
            FixKind::Safe => "safe",
            FixKind::Unsafe => "unsafe",
        }
    }
}

impl Finding {
    /// A finding about the run itself.
    pub(super) fn of_run(code: Code, message: impl Into<String>) -> Self {
        Finding {
            code,
            severity: code.severity,
            message: message.into(),
            help: None,
            labels: Vec::new(),
            subject: String::new(),
            service: None,
            environments: Vec::new(),
            fix: None,
            changes: Vec::new(),
            written: Vec::new(),
            allowed: None,
        }
    }

    /// The same about a place.
    pub(super) fn of_place(code: Code, message: impl Into<String>, span: Span) -> Self {
        let labels = vec![Label { span, text: "here".to_owned(), primary: true }];
        Finding { labels, ..Self::of_run(code, message) }
    }

    /// What loading or reading settings found.
    pub fn of_diagnostic(diagnostic: &Diagnostic) -> Self {
        Finding {
            severity: diagnostic.severity,
            labels: diagnostic.labels.clone(),
            help: diagnostic.help.clone(),
            ..Self::of_run(diagnostic.code, diagnostic.message.clone())
        }
    }

    /// What reading the settings found.
    pub(super) fn of_settings(diagnostic: &Diagnostic) -> Self {
        let code = codes::INVALID_LINT_SETTING;
        Finding { code, severity: code.severity, ..Self::of_diagnostic(diagnostic) }
    }

    /// As every output takes it.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic {
            severity: self.severity,
            help: self.help.clone(),
            labels: self.labels.clone(),
            edits: self.fix.iter().flat_map(Fix::edits).collect(),
            allowed: self.allowed.clone(),
            ..Diagnostic::error(self.code, self.message.clone())
        }
    }

    /// The primary place.
    pub fn span(&self) -> Span {
        self.labels.first().map_or(Span::NOWHERE, |label| label.span)
    }

    /// What to do about it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that belongs to it.
    pub fn also(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// What it is about, as a path.
    pub fn subject(&mut self, subject: impl Into<String>) -> &mut Self {
        self.subject = subject.into();
        self
    }

    /// How bad this one is, where that is not what the rule says.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// One edit that mends it.
    pub fn fix(
        &mut self,
        kind: FixKind,
        title: impl Into<String>,
        span: Span,
        text: impl Into<String>,
    ) -> &mut Self {
        self.fix = Some(Fix { kind, title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }
}

/// Takes the findings of one check in.
#[derive(Debug)]
pub struct Findings<'a> {
    code: Code,
    /// The environment that is looked at, and the service.
    scope: Scope<'a>,
    found: &'a mut Vec<Finding>,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    pub(super) environment: Option<&'a str>,
    pub(super) service: Option<&'a str>,
    /// Where to point if a value has no place of its own.
    pub(super) place: Option<Span>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(code: Code, scope: Scope<'a>, found: &'a mut Vec<Finding>) -> Self {
        Self { code, scope, found }
    }

    /// A finding at a place: `message` is the fact, `label` says in a few words what is there.
    pub fn at(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>) -> &mut Finding {
        let span = if span == Span::NOWHERE { self.scope.place.unwrap_or(span) } else { span };
        let service = self.scope.service.map(str::to_owned);
        self.found.push(Finding {
            code: self.code,
            severity: self.code.severity,
            message: message.into(),
            help: None,
            labels: vec![Label { span, text: label.into(), primary: true }],
            subject: service.as_ref().map(|name| format!("services.{name}")).unwrap_or_default(),
            service,
            environments: self.scope.environment.map(str::to_owned).into_iter().collect(),
            fix: None,
            changes: Vec::new(),
            written: Vec::new(),
            allowed: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The same about a service that the check names itself.
    pub fn of_service(
        &mut self,
        name: &str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> &mut Finding {
        let finding = self.at(span, message, label);
        finding.service = Some(name.to_owned());
        finding.subject = format!("services.{name}");
        finding
    }
}
