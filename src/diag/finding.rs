//! Diagnostics as programs take them: files, lines and columns in place of spans, and no secrets.
//!
//! Every machine format is written from [`Finding`]s, so that all of them agree on places, fingerprints
//! and what is starred out.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{
    Code, Diagnostic, Edit, Label, Severity,
    masked::{Masked, about},
};
use crate::{
    secret::Hidden,
    text::{Sources, clean, shown},
};

/// One diagnostic of version 1 of the JSON contract.
///
/// Lines and columns begin at 1, columns count characters, an end is behind the last character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the code.
    #[serde(serialize_with = "id")]
    pub code: Code,
    /// The name of the code.
    pub name: &'static str,
    /// How bad it is.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// The fact.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The page of the code.
    pub url: Option<String>,
    /// 16 hex digits that name the finding across runs. They stay when lines are added above it.
    pub fingerprint: String,
    /// Where it shows; the primary place comes first.
    pub labels: Vec<ResolvedLabel>,
    /// What would mend it, if that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<ResolvedEdit>,
    /// Why it is allowed, where the settings say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// A range of a file, with what is to be said there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedLabel {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Line of the first character.
    pub line: usize,
    /// Column of the first character.
    pub column: usize,
    /// Line behind the last character.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
    /// A few words, or nothing.
    pub text: String,
    /// Whether the finding is about this place.
    pub primary: bool,
}

/// A text that takes the place of a range of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResolvedEdit {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Line of the first character that goes.
    pub line: usize,
    /// Column of the first character that goes.
    pub column: usize,
    /// Line behind the last character that goes.
    pub end_line: usize,
    /// Column behind the last character that goes.
    pub end_column: usize,
    /// What comes in its place.
    pub text: String,
    /// Whether the meaning of the file surely stays.
    pub safe: bool,
}

impl ResolvedLabel {
    /// Line of the last character: a range that ends with a line break has nothing of the next line.
    pub fn last_line(&self) -> usize {
        if self.end_column == 1 { self.line.max(self.end_line - 1) } else { self.end_line }
    }
}

impl Finding {
    /// The place that the finding is about. Some findings have none.
    pub fn place(&self) -> Option<&ResolvedLabel> {
        self.labels.iter().find(|label| label.primary)
    }

    /// Further places.
    pub fn related(&self) -> impl Iterator<Item = &ResolvedLabel> {
        self.labels.iter().filter(|label| !label.primary)
    }

    /// Message and help, in two paragraphs of plain text.
    pub fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}\n\n{help}", self.message),
            None => self.message.clone(),
        }
    }
}

/// What formats say of a run beside its findings.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The command, `check` say.
    pub command: &'a str,
    /// The way from the root of the repository to where files are named from. Platforms show findings at
    /// the files of the repository.
    pub directory: &'a Utf8Path,
    /// The file that findings without a place are shown at: platforms drop those that name no file.
    pub anchor: &'a Utf8Path,
}

impl Run<'_> {
    /// The name of the tool.
    pub const TOOL: &'static str = env!("CARGO_PKG_NAME");
    /// The version of the tool.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// The file of a finding, from the root of the repository.
    pub fn file_of(&self, finding: &Finding) -> String {
        self.file(finding.place().map_or(self.anchor, |place| Utf8Path::new(&place.file)))
    }

    /// A file, from the root of the repository.
    pub fn file(&self, file: impl AsRef<Utf8Path>) -> String {
        clean(&self.directory.join(file)).into_string()
    }

    /// Tool and command, `kustompose check`.
    pub fn title(&self) -> String {
        format!("{} {}", Self::TOOL, self.command)
    }
}

/// The findings for diagnostics, in their order. Two that say the same of one file get fingerprints of
/// their own.
pub fn findings<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
    sources: &Sources,
    hidden: &Hidden,
) -> Vec<Finding> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut masked = Masked::default();
    let findings = diagnostics.into_iter().map(|diagnostic| {
        let mut finding = finding(diagnostic, sources, (&mut masked, hidden));
        let earlier = seen.entry(finding.fingerprint.clone()).or_default();
        if *earlier > 0 {
            finding.fingerprint = digest([finding.fingerprint.as_str(), &earlier.to_string()]);
        }
        *earlier += 1;
        finding
    });
    findings.collect()
}

fn finding(diagnostic: &Diagnostic, sources: &Sources, (masked, hidden): (&mut Masked, &Hidden)) -> Finding {
    let words = masked.words_at(&diagnostic.labels, sources, hidden);
    let redact = |text: &str| about(text, &words, hidden);
    let shown = |text: String| shown::one_line(&text).into_owned();
    let mut labels: Vec<ResolvedLabel> =
        diagnostic.labels.iter().map(|label| place(label, sources, redact(&label.text))).collect();
    let message = redact(&diagnostic.message);
    let places = labels.iter().flat_map(|label| [label.file.as_str(), label.text.as_str()]);
    let fingerprint = digest([diagnostic.code.id, message.as_str()].into_iter().chain(places));
    labels.sort_by_key(|label| !label.primary);
    labels.iter_mut().for_each(|label| label.text = shown(std::mem::take(&mut label.text)));
    Finding {
        code: diagnostic.code,
        name: diagnostic.code.name,
        severity: diagnostic.severity,
        message: shown(message),
        // It may have several lines of its own.
        help: diagnostic.help.as_deref().map(|help| shown::without_control(&redact(help), &['\n'])),
        url: diagnostic.code.url(),
        fingerprint,
        labels,
        edits: replacements(&diagnostic.edits, sources, hidden),
        allowed: diagnostic.allowed.as_deref().map(redact).map(shown),
    }
}

fn place(label: &Label, sources: &Sources, text: String) -> ResolvedLabel {
    let location = sources.location(label.span);
    ResolvedLabel {
        file: location.file.into_string(),
        line: location.line,
        column: location.column,
        end_line: location.end_line,
        end_column: location.end_column,
        text,
        primary: label.primary,
    }
}

/// The edits of a fix. It is left out as a whole if a secret is part of it: with stars in it, it would
/// destroy the file.
fn replacements(edits: &[Edit], sources: &Sources, hidden: &Hidden) -> Vec<ResolvedEdit> {
    if edits.iter().any(|edit| hidden.redact(&edit.replacement) != edit.replacement) {
        return Vec::new();
    }
    edits.iter().map(|edit| replacement(edit, sources)).collect()
}

fn replacement(edit: &Edit, sources: &Sources) -> ResolvedEdit {
    let location = sources.location(edit.span);
    ResolvedEdit {
        file: location.file.into_string(),
        line: location.line,
        column: location.column,
        end_line: location.end_line,
        end_column: location.end_column,
        text: edit.replacement.clone(),
        safe: edit.is_safe,
    }
}

/// The first 16 hex digits of the digest of some texts.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn id<S: serde::Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.id)
}

fn severity<S: serde::Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.word())
}
