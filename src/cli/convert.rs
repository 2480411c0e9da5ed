//! `kustompose convert`: the tree for a project, and what became of every key.

mod environments;
mod kept;
mod outermost;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde_json::{Value, json};
use similar::TextDiff;

use self::environments::{Environment, Loaded, Recorded, Scene};
use super::{Io, project, put, show};
use crate::{
    compose::model::{InputFile, Project},
    diag::{Report, Severity, json},
    disk::{
        Disk,
        tree::{Action, Change, Outcome, Tree},
    },
    plan::{self, Fate, FateKind, KeyFate, Known},
    render, secret,
    text::{Remembered, Sources, Span, clean},
};

/// Version of the JSON report.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// The flags of `convert`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    /// Directory of the tree, relative to the project's; `k8s` unless set
    #[arg(short, long, value_name = "DIR")]
    output: Option<Utf8PathBuf>,
    /// Name of the environment that the compose files of the command line describe
    #[arg(short, long, default_value = "local", value_name = "NAME")]
    env: String,
    /// Settings, in place of `kustompose.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    /// Variable that the files may read; those of the process do not count
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Overwrite generated files even if they were edited
    #[arg(long)]
    force: bool,
    /// Exit with 1 if there are any
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Say what became of every key, not only of those that need a look
    #[arg(short, long)]
    verbose: bool,
    /// Say nothing but errors and warnings
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    dry: Dry,
}

/// Ways to see what would be written without writing it.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Dry {
    /// Write nothing, say what would be written
    #[arg(long)]
    dry_run: bool,
    /// Write nothing, print what would be written as a unified diff
    #[arg(long)]
    diff: bool,
    /// Write nothing, exit with 1 if anything would change
    #[arg(long)]
    check: bool,
}

/// A run that came to a tree.
struct Conversion {
    environments: Vec<String>,
    output: Utf8PathBuf,
    keys: Vec<Told>,
    outcome: Outcome,
}

/// Exit status 0 if the tree is written, 1 if something speaks against it, 2 if there is none.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let conversion = convert(arguments, flags, io, &mut sources, &mut report);
    show(&report, &sources, io);
    if arguments.format == Format::Json {
        let report = document(conversion.as_ref(), &sources, &report);
        put(io.stdout, &format!("{report:#}\n"));
    }
    let Some(conversion) = conversion else { return 2 };
    let none = report.has_errors() && conversion.outcome.changes.is_empty();
    if arguments.format == Format::Text && !none {
        tell(arguments, &conversion, &sources, io);
    }
    status(arguments, &conversion, &report)
}

fn status(arguments: &Arguments, conversion: &Conversion, report: &Report) -> u8 {
    let refused = conversion.outcome.changes.iter().any(|change| change.action == Action::Refused);
    let denied = arguments.deny == Some(Deny::Warnings) && report.count(Severity::Warning) > 0;
    let stale = arguments.dry.check && conversion.outcome.has_changes();
    if !refused && report.has_errors() {
        return 2;
    }
    u8::from(refused || denied || stale)
}

fn convert(
    arguments: &Arguments,
    flags: &project::Flags,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Conversion> {
    let directory = clean(&io.directory.join(&arguments.directory));
    let disk = flags.disk(&directory, io);
    let files = Remembered::new(&disk);
    let scene = Scene { arguments, flags, io, disk: &disk, files: &files, directory: &directory };
    let Loaded { environments, settings, shown, output, recorded } =
        environments::load(&scene, sources, report)?;
    if report.has_errors() {
        return None;
    }
    let names: Vec<String> = environments.iter().map(|environment| environment.name.clone()).collect();
    let unwritten = |names| {
        let outcome = disk.keep_tree(&output);
        Some(Conversion { environments: names, output: shown.clone(), keys: Vec::new(), outcome })
    };
    if environments.iter().all(|environment| environment.known != Known::All) {
        kept::tell_that_none_is_known(report);
        return unwritten(names);
    }
    let inputs: Vec<plan::Input<'_>> =
        environments.iter().map(|environment| environment.input(&directory)).collect();
    let options = plan::Options {
        output: output.clone(),
        secret: settings.secrets.also.into_iter().map(|name| (name.value, name.span)).collect(),
        not_secret: settings.secrets.never.into_iter().map(|name| (name.value, name.span)).collect(),
        stagger: settings.stagger.unwrap_or(true),
    };
    let plan = plan::plan(&inputs, &options, &files, report);
    if report.has_errors() {
        return None;
    }
    let which: Vec<(&str, bool)> =
        environments.iter().map(|it| (it.name.as_str(), it.known != Known::All)).collect();
    let earlier = render::earlier::read(&which, &output, &files);
    outermost::warn_of_differences(&plan, &earlier, report);
    let rendered = render::render(&plan, &earlier);
    let inputs = read_inputs(&environments, &recorded, &directory, sources);
    let misfits = kept::misfits(&rendered);
    if let Some(misfit) = misfits.first().filter(|_| inputs.is_as_recorded) {
        kept::tell_that_nothing_is_new(misfit, report);
        return unwritten(names);
    }
    if !misfits.is_empty() {
        misfits.into_iter().for_each(|misfit| report.push(misfit));
        return None;
    }
    let mut tree = Tree {
        files: rendered.files,
        inputs: inputs.by_environment,
        untouched: rendered.untouched,
        ..Tree::default()
    };
    let known = environments.iter().filter(|it| it.known == Known::All).map(|it| it.name.as_str());
    values::complete(&mut tree, known, &output, &files, report);
    outermost::warn_of_what_is_gone(&plan, &earlier, &tree, &output, &disk, report);
    let outcome = write(arguments, &disk, &output, &tree, report);
    let ledgers = environments.iter().zip(&plan.environments).filter(|(it, _)| it.known == Known::All);
    let ledgers = ledgers.map(|(environment, planned)| {
        (planned.name.as_str(), plan::keys(&environment.project, &planned.ledger))
    });
    Some(Conversion { environments: names, output: shown, keys: joined(ledgers), outcome })
}

fn write(arguments: &Arguments, disk: &Disk, output: &Utf8Path, tree: &Tree, report: &mut Report) -> Outcome {
    if arguments.dry.dry_run || arguments.dry.diff || arguments.dry.check {
        disk.plan_tree(output, tree, arguments.force, report)
    } else {
        disk.write_tree(output, tree, arguments.force, report)
    }
}

/// What the lock is to say of what was read.
struct Inputs {
    /// By environment: the files with their digests, of kept ones as they were.
    by_environment: Recorded,
    /// Does all that is here say what it said when the tree was written?
    is_as_recorded: bool,
}

fn read_inputs(
    environments: &[Environment],
    recorded: &Recorded,
    directory: &Utf8Path,
    sources: &Sources,
) -> Inputs {
    let mut inputs = Inputs { by_environment: Recorded::new(), is_as_recorded: true };
    for Environment { name, project, known, .. } in environments {
        let (now, before) = (digests(project, directory, sources), recorded.get(name));
        let is_kept = *known != Known::All;
        // What is missing is taken for empty.
        let is_here = |digest: &String| !is_kept || *digest != crate::disk::digest(b"");
        let same = |(file, digest)| before.and_then(|before| before.get(file)) == Some(digest);
        let as_recorded = now.iter().filter(|(_, digest)| is_here(digest)).all(same);
        let as_many = before.is_some_and(|before| before.len() == now.len());
        inputs.is_as_recorded &= as_recorded && as_many;
        inputs.by_environment.insert(name.clone(), before.filter(|_| is_kept).cloned().unwrap_or(now));
    }
    inputs
}

/// What became of a key, in all environments that have it.
struct Told {
    key: KeyFate,
    environments: Vec<String>,
    /// How bad it is in each environment, and why.
    reasons: Vec<(FateKind, String, String)>,
}

impl Told {
    /// What a container runs may be a schedule here and another one, or none, there: the environments are named.
    fn with_reasons(mut self) -> Self {
        let path = self.key.path.to_string();
        if !path.ends_with(".command") && !path.ends_with(".entrypoint") {
            return self;
        }
        let kind = self.key.fate.kind;
        let mut each: IndexMap<String, Vec<String>> = IndexMap::new();
        for (own, reason, environment) in self.reasons.drain(..) {
            if own == kind && reason != plan::SUPERSEDED && !reason.is_empty() {
                each.entry(reason).or_default().push(format!("`{environment}`"));
            }
        }
        if each.len() > 1 {
            let each = each.iter().map(|(reason, names)| format!("in {}: {reason}", names.join(" and ")));
            self.key.fate.reason = each.collect::<Vec<_>>().join("; ");
        }
        self
    }
}

/// One entry for each key at each place. Where environments differ, the worst fate stands; that a later file
/// says otherwise counts only if it does so everywhere.
fn joined<'a>(environments: impl Iterator<Item = (&'a str, Vec<KeyFate>)>) -> Vec<Told> {
    let mut told: IndexMap<(Span, String), Told> = IndexMap::new();
    for (environment, keys) in environments {
        for key in keys {
            let entry = told.entry((key.span, key.path.to_string()));
            let known = entry.or_insert_with(|| Told {
                key: key.clone(),
                environments: Vec::new(),
                reasons: Vec::new(),
            });
            known.reasons.push((key.fate.kind, key.fate.reason.clone(), environment.to_owned()));
            if !known.environments.iter().any(|name| name == environment) {
                known.environments.push(environment.to_owned());
            }
            for file in &key.fate.to {
                if !known.key.fate.to.contains(file) {
                    known.key.fate.to.push(file.clone());
                }
            }
            let superseded = |fate: &Fate| fate.reason == plan::SUPERSEDED;
            let worse = key.fate.kind > known.key.fate.kind && !superseded(&key.fate);
            if worse || superseded(&known.key.fate) {
                known.key.fate.kind = key.fate.kind;
                known.key.fate.reason = key.fate.reason;
                known.key.values = key.values;
            }
        }
    }
    told.into_values().map(Told::with_reasons).collect()
}

/// What the lock says of the files that were read: digests without their secrets.
fn digests(project: &Project, directory: &Utf8Path, sources: &Sources) -> BTreeMap<String, String> {
    let digest = |input: &InputFile| {
        let text = secret::redact(sources.get(input.source).text());
        (environments::from(directory, &input.path), crate::disk::digest(text.as_bytes()))
    };
    project.inputs.iter().map(digest).collect()
}

/// The report in JSON, version 1.
fn document(conversion: Option<&Conversion>, sources: &Sources, report: &Report) -> Value {
    let diagnostics: Vec<Value> = report
        .by_place()
        .into_iter()
        .map(|diagnostic| json::diagnostic(diagnostic, sources, report.hidden()))
        .collect();
    let Some(Conversion { environments, output, keys, outcome }) = conversion else {
        return json!({
            "version": VERSION, "environments": [], "files": [], "keys": [], "diagnostics": diagnostics,
        });
    };
    let environments =
        environments.iter().map(|name| json!({"name": name, "overlay": output.join("overlays").join(name)}));
    let file = |change: &Change| json!({"path": clean(&output.join(&change.path)), "action": change.action.as_str()});
    let key = |told: &Told| {
        let place = sources.location(told.key.span);
        let fate = &told.key.fate;
        json!({
            "key": told.key.path.to_string(), "file": place.file, "line": place.line, "column": place.column,
            "environments": told.environments, "fate": fate.kind.name(),
            "to": fate.to.iter().map(|file| clean(&output.join(file))).collect::<Vec<_>>(),
            "reason": (!fate.reason.is_empty()).then_some(&fate.reason),
            "values": told.key.values.iter().map(|value| report.hidden().redact_values(value)).collect::<Vec<_>>(),
        })
    };
    json!({
        "version": VERSION,
        "environments": environments.collect::<Vec<_>>(),
        "files": outcome.changes.iter().map(file).collect::<Vec<_>>(),
        "keys": keys.iter().map(key).collect::<Vec<_>>(),
        "diagnostics": diagnostics,
    })
}

/// The report for people, in brief.
fn tell(arguments: &Arguments, conversion: &Conversion, sources: &Sources, io: &mut Io<'_>) {
    if arguments.dry.diff {
        put(io.stdout, &diff(&conversion.output, &conversion.outcome));
    }
    if arguments.quiet {
        return;
    }
    put(io.stderr, &edits(&conversion.output, &conversion.outcome));
    put(
        io.stderr,
        &if arguments.verbose { all_keys(conversion, sources) } else { approximations(conversion, sources) },
    );
    if !conversion.keys.is_empty() {
        put(io.stderr, &format!("{}\n", counted_keys(&conversion.keys)));
    }
    put(io.stderr, &format!("{}\n", counted_files(&conversion.output, &conversion.outcome)));
}

/// A line for each key.
fn all_keys(conversion: &Conversion, sources: &Sources) -> String {
    let line = |Told { key, .. }: &Told| {
        let KeyFate { path, span, fate, refusals: _, differences: _, values: _ } = key;
        let place = sources.location(*span);
        if fate.reason.is_empty() {
            format!("{place}: {path} {} to {}\n", fate.kind.name(), fate.to.join(", "))
        } else {
            format!("{place}: {path} {}: {}\n", fate.kind.name(), fate.reason)
        }
    };
    conversion.keys.iter().map(line).collect()
}

/// A line for each way in which the tree differs from what compose does, at the first key that it concerns.
fn approximations(conversion: &Conversion, sources: &Sources) -> String {
    let mut by_reason: IndexMap<&str, (&KeyFate, BTreeSet<Span>)> = IndexMap::new();
    let keys = || conversion.keys.iter().map(|told| &told.key);
    for key in keys().filter(|key| key.fate.kind == FateKind::Approximated) {
        by_reason.entry(&key.fate.reason).or_insert_with(|| (key, BTreeSet::new())).1.insert(key.span);
    }
    // What an item of a list has of its own is said there.
    let known: Vec<&str> = by_reason.keys().copied().collect();
    for (key, reason) in keys().flat_map(|key| key.differences.iter().map(move |reason| (key, reason))) {
        if !known.iter().any(|known| known.contains(reason.as_str())) {
            by_reason.entry(reason).or_insert_with(|| (key, BTreeSet::new())).1.insert(key.span);
        }
    }
    by_reason.sort_by(|_, (first, _), _, (other, _)| first.span.cmp(&other.span));
    let line = |(reason, (first, places)): (&str, (&KeyFate, BTreeSet<Span>))| {
        let more = if places.len() > 1 { format!(" (and {} more)", places.len() - 1) } else { String::new() };
        format!("{}: {}{more}: {reason}\n", sources.location(first.span), first.path)
    };
    by_reason.into_iter().map(line).collect()
}

fn counted_keys(keys: &[Told]) -> String {
    let kinds = [FateKind::Mapped, FateKind::Approximated, FateKind::Ignored, FateKind::Unsupported];
    let count = |kind: &FateKind| {
        let number = keys.iter().filter(|told| told.key.fate.kind == *kind).count();
        format!("{number} {}", kind.name())
    };
    format!("keys: {}", kinds.iter().map(count).collect::<Vec<_>>().join(", "))
}

fn counted_files(output: &Utf8Path, outcome: &Outcome) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &outcome.changes {
        let action = match change.action {
            Action::Created if !outcome.written => "to be created",
            Action::Updated if !outcome.written => "to be updated",
            Action::Removed if !outcome.written => "to be removed",
            action => action.as_str(),
        };
        *counts.entry(action).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(action, number)| format!("{number} {action}")).collect();
    let is_kept = outcome.changes.iter().all(|change| change.action == Action::Kept);
    let how = match (outcome.written, outcome.has_changes()) {
        (_, false) if is_kept => "nothing written",
        (_, false) => "up to date",
        (true, true) => "written",
        (false, true) => "nothing written",
    };
    format!("{output}: {} ({how})", counts.join(", "))
}

/// Everything that would change, secrets left out.
fn diff(output: &Utf8Path, outcome: &Outcome) -> String {
    let mut text = String::new();
    for change in &outcome.changes {
        let path = clean(&output.join(&change.path));
        let name = |prefix: &str, side: &Option<Vec<u8>>| match side {
            Some(_) => format!("{prefix}/{path}"),
            None => "/dev/null".to_owned(),
        };
        if change.before != change.after && !matches!(change.action, Action::Kept | Action::Unchanged) {
            let (before, after) = (name("a", &change.before), name("b", &change.after));
            text.push_str(&unified((&before, &change.before), (&after, &change.after)));
        }
    }
    text
}

/// What people changed in generated files, which is why these are refused.
fn edits(output: &Utf8Path, outcome: &Outcome) -> String {
    let refused = outcome.changes.iter().filter(|change| change.action == Action::Refused);
    let edited = refused.filter(|change| change.before.is_some() && change.after.is_some());
    let difference = |change: &Change| {
        let path = clean(&output.join(&change.path));
        unified(
            (&format!("{path} (generated)"), &change.after),
            (&format!("{path} (edited)"), &change.before),
        )
    };
    edited.map(difference).collect()
}

fn unified(before: (&str, &Option<Vec<u8>>), after: (&str, &Option<Vec<u8>>)) -> String {
    let side =
        |bytes: &Option<Vec<u8>>| String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned();
    let (old, new) = (side(before.1), side(after.1));
    TextDiff::from_lines(&old, &new).unified_diff().header(before.0, after.0).to_string()
}
