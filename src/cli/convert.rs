//! `kustompose convert`: the tree for a project, and what became of every key.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use similar::TextDiff;

use super::{Io, project, put, show};
use crate::{
    compose::{
        self, Request,
        model::{InputFile, InputRole, Project, Role},
    },
    diag::{Code, Diagnostic, Report, Severity, json},
    disk::{
        Disk,
        tree::{Action, Change, Outcome, Tree},
    },
    k8s::name,
    plan::{self, FateKind, KeyFate, Plan},
    render, secret,
    text::Sources,
};

const INVALID_ENVIRONMENT: Code = Code { id: "KP020", name: "invalid-environment" };
const INVALID_VARIABLE: Code = Code { id: "KP021", name: "invalid-variable" };

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
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    /// Directory of the tree, relative to the project's
    #[arg(short, long, default_value = "k8s", value_name = "DIR")]
    output: Utf8PathBuf,
    /// Name of the environment that the files describe
    #[arg(short, long, default_value = "local", value_name = "NAME")]
    env: String,
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
    plan: Plan,
    keys: Vec<KeyFate>,
    outcome: Outcome,
}

/// Exit status 0 if the tree is written, 1 if something speaks against it, 2 if there is none.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let conversion = convert(arguments, flags, io, &mut sources, &mut report);
    show(&report, &sources, io);
    if arguments.format == Format::Json {
        let report = document(arguments, conversion.as_ref(), &sources, &report);
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
    if !name::is_dns_label(&arguments.env) {
        let message = format!("`{}` cannot name an environment", arguments.env);
        report.push(
            Diagnostic::error(INVALID_ENVIRONMENT, message).help("use lower case letters, digits and `-`"),
        );
    }
    let directory = clean(&io.directory.join(&arguments.directory));
    let environment = variables(&arguments.variables, report);
    let request = flags.request(compose::Options::default(), Vec::new(), io);
    let request = Request { environment, working_directory: directory.clone(), ..request };
    let disk = Disk::new(directory.clone());
    let project = compose::load(&request, &disk, sources, report)?;
    let output = clean(&directory.join(&arguments.output));
    let options = plan::Options {
        environment: arguments.env.clone(),
        origin: origin(&project),
        output: output.clone(),
    };
    let plan = plan::plan(&project, &options, &disk, report);
    if report.has_errors() {
        return None;
    }
    let inputs = BTreeMap::from([(arguments.env.clone(), digests(&project, sources))]);
    let tree = Tree { files: render::render(&plan), inputs, untouched: Vec::new() };
    let dry = arguments.dry.dry_run || arguments.dry.diff || arguments.dry.check;
    let outcome = if dry {
        disk.plan_tree(&output, &tree, arguments.force, report)
    } else {
        disk.write_tree(&output, &tree, arguments.force, report)
    };
    Some(Conversion { keys: plan::keys(&project, &plan.ledger), plan, outcome })
}

/// `--var NAME=VALUE`.
fn variables(arguments: &[String], report: &mut Report) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for argument in arguments {
        match argument.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                variables.insert(name.to_owned(), value.to_owned());
            }
            _ => {
                let help = "write `--var NAME=VALUE`";
                report.push(Diagnostic::error(INVALID_VARIABLE, "`--var` without a value").help(help));
            }
        }
    }
    variables
}

/// The compose files as people name them: relative to the project.
fn origin(project: &Project) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for input in &project.inputs {
        let name = relative(&input.path, &project.directory);
        if input.role == InputRole::Compose(Role::Project) && !files.contains(&name) {
            files.push(name);
        }
    }
    files
}

fn relative(path: &Utf8Path, directory: &Utf8Path) -> String {
    path.strip_prefix(directory)
        .map_or_else(|_| path.file_name().unwrap_or("").to_owned(), |path| path.to_string())
}

/// What the lock says of the files that were read: digests without their secrets.
fn digests(project: &Project, sources: &Sources) -> BTreeMap<String, String> {
    let digest = |input: &InputFile| {
        let text = secret::redact(sources.get(input.source).text());
        (relative(&input.path, &project.directory), crate::disk::digest(text.as_bytes()))
    };
    project.inputs.iter().map(digest).collect()
}

/// The path without `.` and `..`.
fn clean(path: &Utf8Path) -> Utf8PathBuf {
    let mut cleaned = Utf8PathBuf::new();
    for component in path.components() {
        match component.as_str() {
            "." => {}
            ".." => {
                cleaned.pop();
            }
            part => cleaned.push(part),
        }
    }
    cleaned
}

/// The report in JSON, version 1.
fn document(
    arguments: &Arguments,
    conversion: Option<&Conversion>,
    sources: &Sources,
    report: &Report,
) -> Value {
    let output = &arguments.output;
    let diagnostics: Vec<Value> =
        report.by_place().into_iter().map(|diagnostic| json::diagnostic(diagnostic, sources)).collect();
    let environment = conversion.map(|conversion| {
        let name = &conversion.plan.environment;
        json!({"name": name, "overlay": output.join("overlays").join(name)})
    });
    let file = |change: &Change| json!({"path": output.join(&change.path), "action": change.action.as_str()});
    let files: Vec<Value> =
        conversion.iter().flat_map(|conversion| conversion.outcome.changes.iter().map(file)).collect();
    let key = |key: &KeyFate| {
        let place = sources.location(key.span);
        json!({
            "key": key.path.to_string(), "file": place.file, "line": place.line, "column": place.column,
            "environments": [arguments.env], "fate": key.fate.kind.name(),
            "to": key.fate.to.iter().map(|file| output.join(file)).collect::<Vec<_>>(),
            "reason": (!key.fate.reason.is_empty()).then_some(&key.fate.reason),
        })
    };
    let keys: Vec<Value> = conversion.iter().flat_map(|conversion| conversion.keys.iter().map(key)).collect();
    json!({
        "version": VERSION,
        "environments": environment.into_iter().collect::<Vec<_>>(),
        "files": files,
        "keys": keys,
        "diagnostics": diagnostics,
    })
}

/// The report for people, in brief.
fn tell(arguments: &Arguments, conversion: &Conversion, sources: &Sources, io: &mut Io<'_>) {
    if arguments.dry.diff {
        put(io.stdout, &diff(arguments, &conversion.outcome));
    }
    if arguments.quiet {
        return;
    }
    // What an anchor or a key above has said already is not said again.
    let mut said: BTreeSet<(String, &str)> = BTreeSet::new();
    let mut above: Option<&KeyFate> = None;
    for key in &conversion.keys {
        let repeated = above.is_some_and(|above| key.path.is_below(&above.path) && key.fate == above.fate)
            || !said.insert((sources.location(key.span).to_string(), &key.fate.reason));
        if !repeated {
            above = Some(key);
        }
        let told = arguments.verbose || (key.fate.kind == FateKind::Approximated && !repeated);
        if told && !key.fate.reason.is_empty() {
            let place = sources.location(key.span);
            put(io.stderr, &format!("{place}: {} {}: {}\n", key.path, key.fate.kind.name(), key.fate.reason));
        } else if told {
            let place = sources.location(key.span);
            put(
                io.stderr,
                &format!("{place}: {} {} to {}\n", key.path, key.fate.kind.name(), key.fate.to.join(", ")),
            );
        }
    }
    put(io.stderr, &format!("{}\n", counted_keys(&conversion.keys)));
    put(io.stderr, &format!("{}\n", counted_files(arguments, &conversion.outcome)));
}

fn counted_keys(keys: &[KeyFate]) -> String {
    let kinds = [FateKind::Mapped, FateKind::Approximated, FateKind::Ignored, FateKind::Unsupported];
    let count = |kind: &FateKind| {
        let number = keys.iter().filter(|key| key.fate.kind == *kind).count();
        format!("{number} {}", kind.name())
    };
    format!("keys: {}", kinds.iter().map(count).collect::<Vec<_>>().join(", "))
}

fn counted_files(arguments: &Arguments, outcome: &Outcome) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &outcome.changes {
        *counts.entry(change.action.as_str()).or_default() += 1;
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(action, number)| format!("{number} {action}")).collect();
    let written = if outcome.written { "written" } else { "nothing written" };
    format!("{}: {} ({written})", arguments.output, counts.join(", "))
}

/// Everything that would change, secrets left out.
fn diff(arguments: &Arguments, outcome: &Outcome) -> String {
    let mut text = String::new();
    for change in &outcome.changes {
        let side = |bytes: &Option<Vec<u8>>| {
            String::from_utf8_lossy(bytes.as_deref().unwrap_or_default()).into_owned()
        };
        let (before, after) = (side(&change.before), side(&change.after));
        let path = arguments.output.join(&change.path);
        if before != after && !matches!(change.action, Action::Kept | Action::Unchanged) {
            let diff = TextDiff::from_lines(&before, &after);
            text.push_str(
                &diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string(),
            );
        }
    }
    text
}
