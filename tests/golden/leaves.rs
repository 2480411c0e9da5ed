//! Changing or taking away any single leaf of a compose file changes the tree or the report.
//!
//! Every case of `testdata/convert` is tried, a few leaves of each; `LEAVES=all` tries them all, and
//! `LEAVES_CORPUS=DIR` adds every project below a directory. The lock does not count, for it has digests of
//! the files, nor do lines and columns.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use camino::{Utf8Path, Utf8PathBuf};
use kustompose::{
    compose::{
        self, Request,
        model::{InputRole, Project},
    },
    diag::Report,
    disk::Disk,
    plan::{self, Fate, FateKind, Input, KeyPath, Options, mapping},
    render, secret, settings,
    text::{FileError, FileKind, Files, Sources, Span},
    yaml::{Directive, Node, Value, parse},
};
use libtest_mimic::{Failed, Trial};

/// How many leaves of a case are tried, unless all are.
const SAMPLE: usize = 12;
/// How many parts of one text are changed, each alone.
const PARTS: usize = 4;

/// Lists of which an item may be taken away without a trace: another list or file says the same.
const SAID_TWICE: &[&str] = &["ports[", "expose[", "environment["];
/// Where a secret has no place in the tree: its value may stand neither there nor in the report, which says
/// that it is one.
const TOLD_ONLY: &str = "build.args.";
/// What is said of an item that is taken away.
const TAKEN_AWAY: &str = "taken away";

/// Leaves that were tried, and those of them that left a trace.
static COUNTED: Mutex<(usize, usize)> = Mutex::new((0, 0));

/// A trial for each case, and for each project of the corpus, if there is one.
pub(crate) fn trials(cases: &[PathBuf]) -> Vec<Trial> {
    let mut projects: Vec<PathBuf> = cases.iter().map(|case| case.join("in")).collect();
    projects.retain(|folder| folder.to_string_lossy().contains("/convert/"));
    let corpus = env::var_os("LEAVES_CORPUS").map(PathBuf::from);
    let folders = corpus.iter().filter_map(|corpus| fs::read_dir(corpus).ok()).flatten().flatten();
    projects.extend(folders.map(|entry| entry.path()));
    projects.sort();
    let trial = |folder: PathBuf| {
        let parts: Vec<String> =
            folder.iter().rev().take(3).map(|part| part.to_string_lossy().into_owned()).collect();
        let name = match parts.as_slice() {
            [last, case, command] if last == "in" => format!("leaves/{command}/{case}"),
            [last, ..] => format!("leaves/corpus/{last}"),
            [] => "leaves".to_owned(),
        };
        Trial::test(name, move || check(&folder))
    };
    projects.into_iter().map(trial).collect()
}

/// What is to be said when all are done.
pub(crate) fn share() -> Option<String> {
    let (tried, traced) = *COUNTED.lock().ok()?;
    let percent = 100.0 * traced as f64 / tried.max(1) as f64;
    (tried > 0).then(|| format!("leaves: {traced} of {tried} leave a trace, {percent:.2} %"))
}

fn check(folder: &Path) -> Result<(), Failed> {
    let directory =
        Utf8PathBuf::from_path_buf(folder.canonicalize()?).map_err(|_| "a path that is not UTF-8")?;
    let disk = Disk::new(directory.clone());
    let before = observe(&directory, &disk);
    if before.is_refused {
        return Ok(());
    }
    agrees(&before)?;
    let mut traceless = Vec::new();
    let (mut tried, mut traced) = (0, 0);
    for path in &before.files {
        let text = fs::read_to_string(path)?;
        let edits = edits(&text);
        let all = env::var_os("LEAVES").is_some_and(|value| value == "all");
        let step = if all { 1 } else { edits.len().div_ceil(SAMPLE).max(1) };
        for edit in edits.iter().step_by(step) {
            let files = Edited { disk: &disk, path, text: &edit.text };
            let after = observe(&directory, &files);
            let twice = edit.what == TAKEN_AWAY && SAID_TWICE.iter().any(|list| edit.path.contains(list));
            tried += 1;
            traced += usize::from(after.seen != before.seen);
            let key = edit.path.split_once(TOLD_ONLY).map(|(_, key)| key);
            let told = edit.what != TAKEN_AWAY && key.is_some_and(secret::is_secret_key);
            if after.seen == before.seen && !twice && !told {
                traceless.push(format!(
                    "{}: {}: {}",
                    path.file_name().unwrap_or_default(),
                    edit.path,
                    edit.what
                ));
            }
        }
    }
    if let Ok(mut counted) = COUNTED.lock() {
        *counted = (counted.0 + tried, counted.1 + traced);
    }
    if traceless.is_empty() { Ok(()) } else { Err(format!("no trace of\n{}", traceless.join("\n")).into()) }
}

/// The fates of keys are those that the table has for them. Keys of list items share what became of the list, and
/// anything is ignored where nothing makes use of it.
fn agrees(observation: &Observation) -> Result<(), Failed> {
    let differs = |(path, fate): &(KeyPath, Fate)| {
        let in_list = path.segments().iter().any(|segment| segment.starts_with('['));
        let row = mapping::of(path);
        !in_list && fate.kind != FateKind::Ignored && row.is_none_or(|row| !row.kinds.contains(&fate.kind))
    };
    let others = observation.fates.iter().filter(|known| differs(known));
    let others: Vec<String> =
        others.map(|(path, fate)| format!("{path} {}: {}", fate.kind.name(), fate.reason())).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(format!("the table of src/plan/mapping has other fates for\n{}", others.join("\n")).into())
}

/// All that a run shows, but for places in the files.
struct Observation {
    /// The compose files that were read.
    files: Vec<Utf8PathBuf>,
    seen: BTreeMap<String, Vec<u8>>,
    /// What became of every key.
    fates: Vec<(KeyPath, Fate)>,
    /// Whether there is no tree, because something is wrong.
    is_refused: bool,
}

/// The tree and the report of a project, in all its environments.
fn observe(directory: &Utf8Path, files: &dyn Files) -> Observation {
    let mut report = Report::default();
    let projects = load(directory, files, &mut report);
    let inputs: Vec<Input<'_>> = projects.iter().map(|(name, project)| Input::new(name, project)).collect();
    let options = Options { output: directory.join("k8s"), ..Options::default() };
    let plan = plan::plan(&inputs, None, &options, files, &mut report);
    let rendered = render::render(&plan, &render::earlier::Earlier::default());
    let mut seen: BTreeMap<String, Vec<u8>> =
        rendered.files.into_iter().map(|file| (file.path.into_string(), file.bytes)).collect();
    let (mut said, mut fates) = (Vec::new(), Vec::new());
    for ((name, project), planned) in projects.iter().zip(&plan.environments) {
        for key in plan::keys(project, &planned.ledger) {
            said.push(format!("{name} {} {:?} {:?}", key.path, key.fate, key.values));
            fates.push((key.path, key.fate));
        }
    }
    for diagnostic in report.diagnostics() {
        said.push(format!(
            "{} {} {:?} {}",
            diagnostic.code.id,
            diagnostic.message,
            diagnostic.help,
            diagnostic.labels.len()
        ));
    }
    said.sort();
    seen.insert("report".to_owned(), said.join("\n").into_bytes());
    let read = projects.iter().flat_map(|(_, project)| &project.inputs);
    let mut compose: Vec<Utf8PathBuf> = read
        .filter(|input| matches!(input.role, InputRole::Compose(_)))
        .map(|input| input.path.clone())
        .collect();
    compose.sort();
    compose.dedup();
    Observation { files: compose, seen, fates, is_refused: report.has_errors() }
}

/// The environments of a project, each as it is loaded.
fn load(directory: &Utf8Path, files: &dyn Files, report: &mut Report) -> Vec<(String, Project)> {
    let mut sources = Sources::default();
    let settings = settings::read(&directory.join(settings::FILE_NAME), files, &mut sources, report);
    let settings = settings.unwrap_or_default();
    let mut named = settings.environments.clone();
    if named.is_empty() {
        let found = settings::discover::environments(directory, files);
        let local = settings::EnvironmentSettings::new(kustompose::text::Spanned::new(
            "local".to_owned(),
            Span::NOWHERE,
        ));
        named.extend(found.has_default.then_some(local));
        named.extend(found.environments);
    }
    let mut projects: Vec<(String, Project)> = Vec::new();
    for environment in &named {
        let request = Request {
            files: environment.compose.clone(),
            env_files: environment.env_files.clone(),
            profiles: environment.profiles.iter().map(|profile| profile.value.clone()).collect(),
            working_directory: directory.to_owned(),
            ..Request::default()
        };
        let project = compose::load(&request, files, &mut sources, report);
        projects.extend(project.map(|project| (environment.name.value.clone(), project)));
    }
    projects
}

/// The disk, but for one file.
struct Edited<'a> {
    disk: &'a Disk,
    path: &'a Utf8Path,
    text: &'a str,
}

impl Files for Edited<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        if path == self.path { Ok(self.text.as_bytes().to_vec()) } else { self.disk.read(path) }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.disk.kind(path)
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.disk.list(path)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        self.disk.resolve_links(path)
    }
}

/// A file in which one leaf is another or is gone.
struct Edit {
    path: String,
    what: String,
    text: String,
}

/// Every edit of every leaf, in the order of the file. What an anchor stands for is edited where it stands.
fn edits(text: &str) -> Vec<Edit> {
    let mut sources = Sources::default();
    let id = sources.add("compose.yaml", text);
    let documents = parse::documents(&sources, id, &mut Report::default()).unwrap_or_default();
    let mut found = BTreeMap::new();
    for document in &documents {
        leaves(document, "", None, text, &mut found);
    }
    found.into_values().flatten().collect()
}

fn leaves(
    node: &Node,
    path: &str,
    entry: Option<(usize, usize)>,
    text: &str,
    found: &mut BTreeMap<(usize, usize), Vec<Edit>>,
) {
    match &node.value {
        Value::Map(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
                let (from, to) = (range(key.span), range(value.span));
                let entry = (to.0 >= from.1).then_some((from.0, to.1));
                leaves(value, &path, entry, text, found);
            }
        }
        Value::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}[{index}]"), Some(range(item.span)), text, found);
            }
        }
        // What `!reset` stands before counts for nothing.
        _ if node.directive == Some(Directive::Reset) => {}
        _ => {
            let place = range(node.span);
            let written = text.get(place.0..place.1).unwrap_or_default();
            let mut edits: Vec<Edit> = Vec::new();
            for changed in changed(&node.value, written) {
                let text = format!("{}{changed}{}", &text[..place.0], &text[place.1..]);
                edits.push(Edit { path: path.to_owned(), what: format!("{written} to {changed}"), text });
            }
            let without = entry.and_then(|entry| without(text, entry));
            edits.extend(without.map(|text| Edit {
                path: path.to_owned(),
                what: TAKEN_AWAY.to_owned(),
                text,
            }));
            found.entry(place).or_insert(edits);
        }
    }
}

fn range(span: Span) -> (usize, usize) {
    (span.start as usize, span.end as usize)
}

/// Other values of the same form, as they are written.
fn changed(value: &Value, written: &str) -> Vec<String> {
    match value {
        Value::Bool(is) => vec![(!is).to_string()],
        Value::Int(number) => vec![(number + 1 + number / 10).to_string()],
        Value::Float(number) => vec![(number + 1.0).to_string()],
        Value::String(text) | Value::Timestamp(text) => {
            let end = if written.ends_with('\n') { "\n" } else { "" };
            let quoted = |text: String| format!("{}{end}", serde_json::Value::String(text));
            others(text).into_iter().map(quoted).collect()
        }
        _ => Vec::new(),
    }
}

/// The text with one of its parts changed, for each of the first parts: `8080:80` to `8081:80` and `8080:81`.
fn others(text: &str) -> Vec<String> {
    if text.contains('$') || text.is_empty() {
        return vec![format!("{text}x")];
    }
    match text {
        "true" => return vec!["false".to_owned()],
        "false" => return vec!["true".to_owned()],
        _ => {}
    }
    let separator = |character: char| ":=,@ ".contains(character);
    let mut others = Vec::new();
    let mut start = 0;
    for part in text.split(separator).take(PARTS) {
        let end = start + part.len();
        if !part.is_empty() {
            others.push(format!("{}{}{}", &text[..start], other(part), &text[end..]));
        }
        start = end + 1;
    }
    others
}

/// The first digit is another one; without digits, something is added.
fn other(part: &str) -> String {
    match part.find(|character: char| character.is_ascii_digit()) {
        Some(at) => {
            let digit = match &part[at..=at] {
                "1" => "2",
                "2" => "3",
                _ => "1",
            };
            format!("{}{digit}{}", &part[..at], &part[at + 1..])
        }
        None => format!("{part}x"),
    }
}

/// The text without an entry or an item; none if it stands where cutting it would break the lines around it.
fn without(text: &str, (start, end): (usize, usize)) -> Option<String> {
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..start].trim_start();
    let rest = &text[end..];
    let behind = rest.find('\n').map_or(rest, |at| &rest[..at]).trim();
    let is_block = (before.is_empty() || before == "- ") && (behind.is_empty() || behind.starts_with('#'));
    if is_block {
        // `- name: x` begins an item that has more.
        if before == "- " && text[start..end].contains(": ") {
            return None;
        }
        let next = if text[..end].ends_with('\n') {
            end
        } else {
            rest.find('\n').map_or(text.len(), |at| end + at + 1)
        };
        return Some(format!("{}{}", &text[..line], &text[next..]));
    }
    let before = text[..start].trim_end();
    let after = rest.trim_start();
    if let Some(after) = after.strip_prefix(',') {
        return Some(format!("{}{after}", &text[..start]));
    }
    if after.starts_with([']', '}']) {
        let before = before.strip_suffix(',').unwrap_or(before);
        return Some(format!("{before}{after}"));
    }
    None
}
