//! `lint`: rules over compose files, env files and manifests.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use similar::TextDiff;

use super::{Io, project, put};
use crate::{
    diag::{self, Diagnostic, Report, Severity, json, terminal},
    disk::Disk,
    lint::{
        self, Finding, FixKind, Outcome,
        fix::{self, Fixed},
        load::{self, Inputs},
        select::{Selection, Selector},
    },
    secret::Hidden,
    text::{STANDARD_INPUT, Sources, clean},
};

/// The flags of `lint`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Files and directories; `-` is a compose file on the standard input [default: the current directory]
    paths: Vec<Utf8PathBuf>,
    /// Run these rules alone: codes, names, prefixes of codes, categories, or `all`
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    select: Vec<Selector>,
    /// Run these rules beside the others
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    extend_select: Vec<Selector>,
    /// Do not run these rules
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    ignore: Vec<Selector>,
    /// Exit with 1 if there is a finding of this severity or a worse one
    #[arg(long, default_value = "error", value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Look at these environments alone
    #[arg(short, long, value_name = "NAME")]
    env: Vec<String>,
    /// How findings are printed
    #[arg(long, default_value = "text")]
    format: Format,
    /// Count the findings of each rule
    #[arg(long)]
    statistics: bool,
    /// Mend what can be mended: `safe` edits keep what the files mean, `all` may change it
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "safe")]
    fix: Option<FixLevel>,
    /// Show what `--fix` would change, and write nothing
    #[arg(long)]
    diff: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FixLevel {
    Safe,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the command. Exit status: 0 nothing found, 1 findings, 2 an input that cannot be read.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let request = request(arguments, flags, io);
    let mut disk = Disk::new(io.directory.clone()).within(&io.directory, &io.directory, &[]);
    request.paths.iter().chain(&request.project).for_each(|path| disk.allow(path));
    if request.paths.iter().chain(&request.project).any(|path| path == STANDARD_INPUT) {
        disk = disk.with_standard_input((io.stdin)());
    }
    let selection = Selection {
        select: arguments.select.clone(),
        extend: arguments.extend_select.clone(),
        ignore: arguments.ignore.clone(),
    };
    let options = lint::Options { selection };
    let mut mended = None;
    if let Some(level) = arguments.fix.or(arguments.diff.then_some(FixLevel::Safe)) {
        let level = if level == FixLevel::All { FixKind::Unsafe } else { FixKind::Safe };
        let fixed = fix::fix(&request, &options, level, &disk);
        if arguments.diff {
            return show_difference(&fixed, io);
        }
        if let Err(problem) = write(&fixed, &disk) {
            put(io.stderr, &format!("{problem}\n"));
            return 2;
        }
        mended = Some(fixed);
    }
    let mut sources = Sources::default();
    let inputs = load::load(&request, &disk, &mut sources);
    let outcome = lint::run(&inputs, &options, &sources, &disk);
    match arguments.format {
        Format::Json => print_json(&outcome, (&sources, &hidden(&inputs)), io),
        Format::Text => print_text(&outcome, arguments, (&sources, &hidden(&inputs)), io),
    }
    if let Some(fixed) = mended {
        put(io.stderr, &about_fixes(&fixed));
    }
    exit_status(&outcome, arguments.fail_on)
}

/// Prints what would change; exit status 1 if anything would.
fn show_difference(fixed: &Fixed, io: &mut Io<'_>) -> u8 {
    for (path, (old, new)) in &fixed.files {
        let path = path.strip_prefix(&io.directory).unwrap_or(path);
        let (before, after) = (format!("a/{path}"), format!("b/{path}"));
        put(io.stdout, &TextDiff::from_lines(old, new).unified_diff().header(&before, &after).to_string());
    }
    put(io.stderr, &about_fixes(fixed));
    u8::from(!fixed.files.is_empty())
}

fn write(fixed: &Fixed, disk: &Disk) -> Result<(), String> {
    for (path, (_, text)) in &fixed.files {
        disk.replace_text(path, text).map_err(|problem| format!("`{path}` was not written: {problem}"))?;
    }
    Ok(())
}

fn about_fixes(fixed: &Fixed) -> String {
    let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut text = format!(
        "{} in {}",
        count(fixed.count, "fix").replace("fixs", "fixes"),
        count(fixed.files.len(), "file")
    );
    if fixed.dropped > 0 {
        text.push_str(&format!(", {} left out because something else would change", fixed.dropped));
    }
    text + "\n"
}

fn request(arguments: &Arguments, flags: &project::Flags, io: &Io<'_>) -> load::Request {
    let absolute = |path: &Utf8PathBuf| match path.as_str() {
        "-" | STANDARD_INPUT => STANDARD_INPUT.into(),
        _ => clean(&io.directory.join(path)),
    };
    let mut paths: Vec<Utf8PathBuf> = arguments.paths.iter().map(absolute).collect();
    let project: Vec<Utf8PathBuf> = flags.files.iter().map(absolute).collect();
    if paths.is_empty() && project.is_empty() {
        paths.push(io.directory.clone());
    }
    load::Request {
        paths,
        project,
        directory: io.directory.clone(),
        environments: arguments.env.clone(),
        process: io.environment.clone(),
    }
}

fn exit_status(outcome: &Outcome, fail_on: FailOn) -> u8 {
    let threshold = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Info => Severity::Info,
    };
    match outcome {
        _ if outcome.is_incomplete => 2,
        _ if outcome.findings.iter().any(|finding| finding.severity >= threshold) => 1,
        _ => 0,
    }
}

/// What the settings of the projects call secret.
fn hidden(inputs: &Inputs) -> Hidden {
    let also = inputs.projects.iter().flat_map(|project| &project.settings.secrets.also);
    Hidden::new(also.map(|name| name.value.clone()).collect(), BTreeSet::new())
}

fn print_json(outcome: &Outcome, (sources, hidden): (&Sources, &Hidden), io: &mut Io<'_>) {
    let diagnostics: Vec<Diagnostic> = outcome.findings.iter().map(Finding::diagnostic).collect();
    let diagnostics = json::list(&diag::findings(&diagnostics, sources, hidden));
    let value = serde_json::json!({ "version": 1, "diagnostics": diagnostics });
    put(io.stdout, &format!("{value:#}\n"));
}

fn print_text(
    outcome: &Outcome,
    arguments: &Arguments,
    (sources, hidden): (&Sources, &Hidden),
    io: &mut Io<'_>,
) {
    let mut report = Report::default();
    outcome.findings.iter().for_each(|finding| report.push(finding.diagnostic()));
    let theme = terminal::Theme { color: io.color, unicode: io.color, width: io.width };
    let mut renderer = terminal::Renderer::new(sources, theme, hidden);
    for finding in &outcome.findings {
        put(io.stderr, &renderer.render(&finding.diagnostic()));
        put(io.stderr, "\n");
    }
    if arguments.statistics {
        put(io.stderr, &statistics(&outcome.findings));
    }
    let mut summary = terminal::summary(&report);
    if outcome.suppressed > 0 {
        let separator = if summary.is_empty() { "" } else { ", " };
        summary.push_str(&format!("{separator}{} suppressed", outcome.suppressed));
    }
    if !summary.is_empty() {
        put(io.stderr, &format!("{summary}\n"));
    }
}

/// One line a rule: how often it found something.
fn statistics(findings: &[Finding]) -> String {
    let mut counts: Vec<(usize, &str, &str)> = Vec::new();
    for finding in findings {
        match counts.iter_mut().find(|(_, code, _)| *code == finding.code.id) {
            Some((count, _, _)) => *count += 1,
            None => counts.push((1, finding.code.id, finding.code.name)),
        }
    }
    counts.sort_by_key(|(count, code, _)| (std::cmp::Reverse(*count), *code));
    let lines = counts.iter().map(|(count, code, name)| format!("{count:>5}  {code}  {name}\n"));
    lines.collect::<String>() + if counts.is_empty() { "" } else { "\n" }
}
