//! Fixes change what they are about, and nothing else: every fix of a project is made, and its models are compared.
//!
//! A sample of the projects in `testdata/` is tried. `FIXES=all` tries all of them, `FIXES=DIRECTORY` every project
//! below a directory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use camino::Utf8PathBuf;
use kustompose::{
    lint::{
        self, FixKind, Options,
        fix::fix,
        load::{self, Inputs, Request},
        select::{Selection, Selector},
    },
    text::{MemoryFiles, Sources},
};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::run::{Files, read_files};

/// One of so many projects is tried.
const SAMPLE: usize = 12;

/// A trial for each project.
pub(crate) fn trials(cases: &[PathBuf]) -> Vec<Trial> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let name =
        |folder: &PathBuf| folder.strip_prefix(&root).unwrap_or(folder).to_string_lossy().replace('\\', "/");
    let cases: Vec<(String, PathBuf)> = cases.iter().map(|folder| (name(folder), folder.clone())).collect();
    let asked = std::env::var("FIXES").unwrap_or_default();
    let projects: Vec<(String, PathBuf)> = match asked.as_str() {
        "" => cases.iter().filter(|(name, _)| is_sampled(name)).map(input).collect(),
        "all" => cases.iter().map(input).collect(),
        directory => below(Path::new(directory)),
    };
    let trial = |(name, folder): (String, PathBuf)| {
        Trial::test(format!("fixes/{name}"), move || check(read_files(&folder)?))
    };
    projects.into_iter().map(trial).collect()
}

fn input((name, folder): &(String, PathBuf)) -> (String, PathBuf) {
    (name.clone(), folder.join("in"))
}

/// The same ones in every run; what is about fixes always.
fn is_sampled(name: &str) -> bool {
    let sum: usize = name.bytes().map(usize::from).sum();
    name.starts_with("lint/") && name.ends_with("/fix") || sum.is_multiple_of(SAMPLE)
}

fn below(directory: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut all: Vec<(String, PathBuf)> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    all.sort();
    all
}

/// What a run sees.
struct Seen {
    models: Vec<Value>,
    /// What findings with fixes are about.
    subjects: BTreeSet<String>,
    comments: usize,
}

fn check(files: Files) -> Result<(), Failed> {
    let root = Utf8PathBuf::from("/p");
    let texts: BTreeMap<Utf8PathBuf, Vec<u8>> =
        files.into_iter().map(|(path, bytes)| (root.join(path), bytes)).collect();
    let request = Request { paths: vec![root.clone()], directory: root, ..Request::default() };
    let all: Selector = "all".parse()?;
    let options = Options { selection: Selection { select: vec![all], ..Selection::default() }, today: None };
    let before = MemoryFiles::new(texts.clone());
    let fixed = fix(&request, &options, FixKind::Unsafe, &before);
    let mut edited = texts;
    for (path, (_, text)) in &fixed.files {
        edited.insert(path.clone(), text.clone().into_bytes());
    }
    let after = MemoryFiles::new(edited);
    let (old, new) = (look(&request, &options, &before), look(&request, &options, &after));
    if old.models.len() != new.models.len() {
        return Err("an environment came or went".into());
    }
    for (old_model, new_model) in old.models.iter().zip(&new.models) {
        let mut changed = Vec::new();
        differences(old_model, new_model, String::new(), &mut changed);
        let is_meant = |path: &String| old.subjects.iter().any(|subject| path.starts_with(subject.as_str()));
        if let Some(path) = changed.iter().find(|path| !is_meant(path)) {
            return Err(format!("`{path}` changed, which no fix is about").into());
        }
    }
    if new.comments < old.comments {
        return Err("a comment is gone".into());
    }
    let again = fix(&request, &options, FixKind::Unsafe, &after);
    match again.files.keys().next() {
        Some(path) => Err(format!("a second run changes `{path}` again").into()),
        None => Ok(()),
    }
}

fn look(request: &Request, options: &Options, files: &MemoryFiles) -> Seen {
    let mut sources = Sources::default();
    let inputs: Inputs = load::load(request, files, &mut sources);
    let outcome = lint::run(&inputs, options, &sources, files);
    let findings = outcome.findings.iter().filter(|finding| finding.fix.is_some());
    let subjects = findings.flat_map(|finding| {
        let own = std::iter::once(&finding.subject).filter(|subject| !subject.is_empty());
        own.chain(&finding.changes).cloned().collect::<Vec<_>>()
    });
    let environments = inputs.projects.iter().flat_map(|project| &project.environments);
    let comments = sources.iter().flat_map(|(_, source)| source.text().lines());
    Seen {
        subjects: subjects.collect(),
        models: environments.map(|environment| environment.model.write().to_json()).collect(),
        comments: comments.filter(|line| line.trim_start().starts_with('#')).count(),
    }
}

fn differences(old: &Value, new: &Value, path: String, found: &mut Vec<String>) {
    if old == new {
        return;
    }
    let (Value::Object(old_map), Value::Object(new_map)) = (old, new) else { return found.push(path) };
    let keys: BTreeSet<&String> = old_map.keys().chain(new_map.keys()).collect();
    for key in keys {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let nothing = Value::Null;
        differences(old_map.get(key).unwrap_or(&nothing), new_map.get(key).unwrap_or(&nothing), below, found);
    }
}
