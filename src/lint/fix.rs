//! Makes the edits of findings, in rounds: each is looked at again before anything is written.
//!
//! An edit stays only if the files can still be parsed, its finding is gone, no other finding came, and the loaded
//! model is the same but for what the finding is about. Where an edit writes a variable for kustomize, what is rendered
//! must have this very value. Texts that an anchor gives to several places are never
//! edited.

mod models;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    engine::{Options, Outcome, run},
    findings::{Edit, Finding, FixKind, Written},
    load::{self, Inputs, Request},
};
use crate::{
    text::{FileError, FileKind, Files, STANDARD_INPUT, SourceId, Sources, Span},
    yaml::notes,
};

/// Each round mends or refuses at least one finding; nobody has so many.
const ROUNDS: usize = 200;

/// What is to be written.
#[derive(Debug, Default)]
pub struct Fixed {
    /// The files with their old and new texts, by path.
    pub files: BTreeMap<Utf8PathBuf, (String, String)>,
    /// How many findings were mended.
    pub count: usize,
    /// How many could be mended, and their edits would have changed something else.
    pub dropped: usize,
}

/// Files, of which some have another text.
struct Edited<'a> {
    files: &'a dyn Files,
    texts: RefCell<BTreeMap<Utf8PathBuf, String>>,
}

impl Files for Edited<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.texts.borrow().get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.files.read(path),
        }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.files.kind(path)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.files.resolve_links(path)
    }
}

/// A run over some texts.
struct Looked {
    sources: Sources,
    inputs: Inputs,
    outcome: Outcome,
}

impl Looked {
    fn at(request: &Request, options: &Options, files: &dyn Files) -> Self {
        let mut sources = Sources::default();
        let inputs = load::load(request, files, &mut sources);
        let outcome = run(&inputs, options, &sources, files);
        Self { sources, inputs, outcome }
    }

    /// The findings that can be mended, in the order of their places.
    fn mendable(&self, level: FixKind) -> Vec<&Finding> {
        let mut shared: BTreeMap<SourceId, Vec<Span>> = BTreeMap::new();
        let findings = self.outcome.findings.iter();
        let is_mendable = |finding: &&Finding| {
            finding.allowed.is_none()
                && finding.fix.as_ref().is_some_and(|fix| {
                    fix.kind <= level
                        && !fix.edits.iter().any(|edit| is_shared(edit, &self.sources, &mut shared))
                })
        };
        findings.filter(is_mendable).collect()
    }

    /// What each finding is, without its places, and how many those are.
    fn identities(&self) -> BTreeMap<Identity, usize> {
        let mut all = BTreeMap::new();
        for finding in &self.outcome.findings {
            let file = self.sources.get(finding.span().source).path().to_string();
            *all.entry((finding.code.id, file, finding.subject.clone())).or_default() += finding.labels.len();
        }
        all
    }

    /// What the files come to, once these variables are written.
    fn models(&self, written: &[&Written]) -> Vec<serde_json::Value> {
        models::models(&self.inputs, &self.sources, written)
    }
}

/// Whether an edit touches a text that an anchor gives to several places, or one that cannot be written.
fn is_shared(edit: &Edit, sources: &Sources, known: &mut BTreeMap<SourceId, Vec<Span>>) -> bool {
    let source = sources.get(edit.span.source);
    if source.path() == STANDARD_INPUT {
        return true;
    }
    if !matches!(source.path().extension(), Some("yaml" | "yml")) {
        return false;
    }
    let shared = known.entry(edit.span.source).or_insert_with(|| {
        let shared = notes::notes(source.text()).shared.into_iter();
        shared.map(|range| Span::new(edit.span.source, range.start, range.end)).collect()
    });
    shared
        .iter()
        .any(|part| part.start < edit.span.end.max(edit.span.start + 1) && edit.span.start < part.end)
}

/// Mends what can be mended.
pub fn fix(request: &Request, options: &Options, level: FixKind, files: &dyn Files) -> Fixed {
    let edited = Edited { files, texts: RefCell::default() };
    let mut fixed = Fixed::default();
    let mut refused: BTreeSet<Identity> = BTreeSet::new();
    for _ in 0..ROUNDS {
        let before = Looked::at(request, options, &edited);
        let candidates: Vec<&Finding> = before
            .mendable(level)
            .into_iter()
            .filter(|one| !refused.contains(&identity(one, &before)))
            .collect();
        let round = without_overlaps(&candidates);
        if round.is_empty() {
            break;
        }
        match attempt(&before, &round, request, options, &edited) {
            Attempt::Mended(findings) => fixed.count += findings,
            Attempt::Refused(finding) => {
                refused.insert(finding);
            }
        }
    }
    fixed.dropped = refused.len();
    for (path, text) in edited.texts.into_inner() {
        // Files in another encoding are read, but not written.
        let Some(old) = files.read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            continue;
        };
        if old != text {
            fixed.files.insert(path, (old, text));
        }
    }
    fixed
}

/// A rule, a file, and what the finding is about.
type Identity = (&'static str, String, String);

fn identity(finding: &Finding, looked: &Looked) -> Identity {
    let file = looked.sources.get(finding.span().source).path().to_string();
    (finding.code.id, file, format!("{}\n{}", finding.subject, finding.message))
}

/// Findings whose edits do not overlap, the first of several.
fn without_overlaps<'f>(candidates: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut taken: Vec<Span> = Vec::new();
    let mut round = Vec::new();
    for finding in candidates {
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        let overlaps = |edit: &Edit| {
            taken.iter().any(|span| {
                span.source == edit.span.source && span.start <= edit.span.end && edit.span.start <= span.end
            })
        };
        if !edits.clone().any(overlaps) {
            taken.extend(edits.map(|edit| edit.span));
            round.push(*finding);
        }
    }
    round
}

/// What came of a round.
enum Attempt {
    /// So many findings were mended.
    Mended(usize),
    /// The edits of this one change something else.
    Refused(Identity),
}

/// Makes the edits of a round; if something else changes by them, those of its first half alone, and so on.
fn attempt(
    before: &Looked,
    round: &[&Finding],
    request: &Request,
    options: &Options,
    edited: &Edited<'_>,
) -> Attempt {
    let mut round = round;
    loop {
        let earlier = edited.texts.borrow().clone();
        edit(before, round, request, edited);
        let after = Looked::at(request, options, edited);
        if is_better(before, &after, round) {
            return Attempt::Mended(round.len());
        }
        edited.texts.replace(earlier);
        // The places of the second half may move: a later round mends it.
        match round {
            [] => return Attempt::Mended(0),
            [one] => return Attempt::Refused(identity(one, before)),
            more => round = &more[..more.len() / 2],
        }
    }
}

/// Puts the edits into the texts.
fn edit(before: &Looked, round: &[&Finding], request: &Request, edited: &Edited<'_>) {
    let mut by_file: BTreeMap<SourceId, Vec<&Edit>> = BTreeMap::new();
    for edit in round.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits) {
        by_file.entry(edit.span.source).or_default().push(edit);
    }
    for (id, mut edits) in by_file {
        let source = before.sources.get(id);
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        let mut text = source.text().to_owned();
        for edit in edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        edited.texts.borrow_mut().insert(request.directory.join(source.path()), text);
    }
}

/// Whether the findings are gone, no others are there, and the models are the same but for what the findings are about.
fn is_better(before: &Looked, after: &Looked, round: &[&Finding]) -> bool {
    let (old, new) = (before.identities(), after.identities());
    let are_gone = round.iter().all(|finding| {
        let file = before.sources.get(finding.span().source).path().to_string();
        let key = (finding.code.id, file, finding.subject.clone());
        new.get(&key).copied().unwrap_or_default() < old.get(&key).copied().unwrap_or_default()
    });
    let subjects = round.iter().flat_map(|finding| {
        let own = std::iter::once(&finding.subject).filter(|_| finding.changes.is_empty());
        own.chain(&finding.changes).map(String::as_str)
    });
    let subjects: Vec<&str> = subjects.filter(|subject| !subject.is_empty()).collect();
    let written: Vec<&Written> = round.iter().flat_map(|finding| &finding.written).collect();
    let (models, changed) = (before.models(&written), after.models(&[]));
    // What could not be rendered, and its message, was no model.
    let was_refused = |(old, new): (&serde_json::Value, &serde_json::Value)| old.is_string() && old != new;
    let is_rendered_first = models.iter().zip(&changed).any(was_refused);
    let is_fixed_rule = |code: &str| round.iter().any(|finding| finding.code.id == code);
    // What is there only by the edit has findings of its own.
    let is_of_edit = |(code, _, subject): &Identity| {
        subjects.iter().any(|own| own.contains('/') && subject.starts_with(own))
            || is_rendered_first && !is_fixed_rule(code)
    };
    let none_came =
        new.iter().all(|(key, count)| is_of_edit(key) || old.get(key).is_some_and(|before| count <= before));
    are_gone
        && none_came
        && models.len() == changed.len()
        && models
            .iter()
            .zip(&changed)
            .all(|(old, new)| was_refused((old, new)) || is_alike(old, new, "", &subjects))
}

/// Whether two models are the same, but for what is below one of the subjects.
fn is_alike(old: &serde_json::Value, new: &serde_json::Value, path: &str, subjects: &[&str]) -> bool {
    if old == new || subjects.contains(&path) {
        return true;
    }
    let (serde_json::Value::Object(old), serde_json::Value::Object(new)) = (old, new) else { return false };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().all(|key| {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let nothing = serde_json::Value::Null;
        let (old, new) = (old.get(key).unwrap_or(&nothing), new.get(key).unwrap_or(&nothing));
        is_alike(old, new, &below, subjects)
    })
}
