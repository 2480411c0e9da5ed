//! `lint`: rules over compose files, env files and manifests.

mod baseline;

use camino::Utf8PathBuf;
use clap::ValueEnum;
use similar::TextDiff;

use super::{
    Io,
    check::output::{Form, Format, findings_of_platform},
    project, put, say, today,
};
use crate::{
    diag::{self, Diagnostic, Report, Severity, json, terminal},
    disk::Disk,
    lint::{
        self, Finding, FixKind, Outcome,
        fix::{self, Fixed},
        load,
        select::{Selection, Selector},
    },
    secret::Hidden,
    text::{STANDARD_INPUT, Sources, clean, shown},
};

/// As many findings are shown to people.
const SHOWN: usize = 1000;

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
    /// How findings are printed: text, json, sarif, github, gitlab, junit or markdown, to a file if one is named
    #[arg(long, value_delimiter = ',', default_value = "text", value_name = "FORMAT[=FILE]")]
    format: Vec<Form>,
    /// Report what this file does not have: the findings of an earlier run
    #[arg(long, value_name = "FILE")]
    baseline: Option<Utf8PathBuf>,
    /// Write all findings into the file of `--baseline`
    #[arg(long, requires = "baseline")]
    update: bool,
    /// Count the findings of each rule
    #[arg(long)]
    statistics: bool,
    /// Fix findings: `safe` edits keep the meaning of the files, `all` may change it
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

/// Runs the command. Exit status: 0 nothing found, 1 findings, 2 an input that cannot be read.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let request = request(arguments, flags, io);
    let mut disk = Disk::new(io.directory.clone()).within(&io.directory, &io.directory, &[]);
    request.paths.iter().chain(&request.project).for_each(|path| disk.allow(path));
    if request.paths.iter().chain(&request.project).any(|path| path == STANDARD_INPUT) {
        disk = disk.with_standard_input((io.stdin)());
    }
    let options = options(arguments, io);
    let mut mended = None;
    if let Some(level) = arguments.fix.or(arguments.diff.then_some(FixLevel::Safe)) {
        let level = if level == FixLevel::All { FixKind::Unsafe } else { FixKind::Safe };
        (io.progress)("fixing");
        let fixed = fix::fix(&request, &options, level, &disk);
        if arguments.diff {
            return show_difference(&fixed, io);
        }
        if let Err(problem) = write(&fixed, &disk) {
            say(io.stderr, &format!("{problem}\n"));
            return 2;
        }
        mended = Some(fixed);
    }
    let mut sources = Sources::default();
    (io.progress)("reading files");
    let inputs = load::load(&request, &disk, &mut sources);
    (io.progress)("checking");
    let mut outcome = lint::run(&inputs, &options, &sources, &disk);
    let hidden = &inputs.hidden;
    if let Some(path) = &arguments.baseline {
        let done = baseline::apply(path, arguments.update, &mut outcome, (&sources, hidden), &disk);
        match done {
            Ok(None) => {}
            Ok(Some(written)) => {
                say(io.stderr, &written);
                return 0;
            }
            Err(problem) => {
                say(io.stderr, &format!("{problem}\n"));
                return 2;
            }
        }
    }
    print(&outcome, arguments, (&sources, hidden), (&disk, io));
    if let Some(fixed) = mended {
        say(io.stderr, &about_fixes(&fixed));
    }
    exit_status(&outcome, arguments.fail_on)
}

/// The rules that run, and the day on which entries of the settings hold.
fn options(arguments: &Arguments, io: &Io<'_>) -> lint::Options {
    let selection = Selection {
        select: arguments.select.clone(),
        extend: arguments.extend_select.clone(),
        ignore: arguments.ignore.clone(),
    };
    lint::Options { selection, today: Some(today(io)) }
}

/// Writes the findings in every format that is asked for.
fn print(
    outcome: &Outcome,
    arguments: &Arguments,
    (sources, hidden): (&Sources, &Hidden),
    (disk, io): (&Disk, &mut Io<'_>),
) {
    for form in &arguments.format {
        let text = match form.format {
            Format::Text => text(outcome, arguments, (sources, hidden), io),
            machine => of_machine(machine, outcome, (sources, hidden), io),
        };
        match &form.file {
            None => put(io.stdout, &text),
            Some(path) => {
                if let Err(error) = disk.write_report(path, text.as_bytes()) {
                    say(io.stderr, &format!("error: `{path}` cannot be written: {error}\n"));
                }
            }
        }
    }
}

/// Prints what would change; exit status 1 if anything would.
fn show_difference(fixed: &Fixed, io: &mut Io<'_>) -> u8 {
    for (path, (old, new)) in &fixed.files {
        let path = path.strip_prefix(&io.directory).unwrap_or(path);
        let (before, after) = (format!("a/{path}"), format!("b/{path}"));
        say(io.stdout, &TextDiff::from_lines(old, new).unified_diff().header(&before, &after).to_string());
    }
    say(io.stderr, &about_fixes(fixed));
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
        _ if reported(outcome).any(|finding| finding.severity >= threshold) => 1,
        _ => 0,
    }
}

/// The findings that nothing allows.
fn reported(outcome: &Outcome) -> impl Iterator<Item = &Finding> {
    outcome.findings.iter().filter(|finding| finding.allowed.is_none())
}

/// The findings as programs take them. What is allowed is among them where a format can say so.
fn of_machine(
    format: Format,
    outcome: &Outcome,
    (sources, hidden): (&Sources, &Hidden),
    io: &Io<'_>,
) -> String {
    let says_why = matches!(format, Format::Json | Format::Sarif);
    let findings = outcome.findings.iter().filter(|finding| says_why || finding.allowed.is_none());
    let diagnostics: Vec<Diagnostic> = findings.map(Finding::diagnostic).collect();
    let findings = diag::findings(&diagnostics, sources, hidden);
    if format == Format::Json {
        let value = serde_json::json!({ "version": 1, "diagnostics": json::list(&findings) });
        return shown::json(&value);
    }
    findings_of_platform(format, &findings, "lint", io)
}

fn text(
    outcome: &Outcome,
    arguments: &Arguments,
    (sources, hidden): (&Sources, &Hidden),
    io: &Io<'_>,
) -> String {
    let mut report = Report::default();
    reported(outcome).for_each(|finding| report.push(finding.diagnostic()));
    let theme = terminal::Theme { color: io.color, unicode: io.unicode, width: io.width };
    let mut renderer = terminal::Renderer::new(sources, theme, hidden);
    let mut text = String::new();
    for finding in reported(outcome).take(SHOWN) {
        text.push_str(&renderer.render(&finding.diagnostic()));
        text.push('\n');
    }
    let left = reported(outcome).count().saturating_sub(SHOWN);
    if left > 0 {
        text.push_str(&format!("and {left} more, which other formats have\n"));
    }
    if arguments.statistics {
        text.push_str(&statistics(outcome));
    }
    let allowed = outcome.findings.len() - reported(outcome).count();
    let counts = [
        (outcome.suppressed, "suppressed"),
        (allowed, "allowed by the settings"),
        (outcome.known, "in the baseline"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = std::iter::once(terminal::summary(&report))
        .filter(|summary| !summary.is_empty())
        .chain(counts.map(|(count, what)| format!("{count} {what}")))
        .collect();
    if !parts.is_empty() {
        text.push_str(&format!("{}\n", parts.join(", ")));
    }
    text
}

/// One line a rule: how often it found something.
fn statistics(outcome: &Outcome) -> String {
    let mut counts: Vec<(usize, &str, &str)> = Vec::new();
    for finding in reported(outcome) {
        match counts.iter_mut().find(|(_, code, _)| *code == finding.code.id) {
            Some((count, _, _)) => *count += 1,
            None => counts.push((1, finding.code.id, finding.code.name)),
        }
    }
    counts.sort_by_key(|(count, code, _)| (std::cmp::Reverse(*count), *code));
    let lines = counts.iter().map(|(count, code, name)| format!("{count:>5}  {code}  {name}\n"));
    lines.collect::<String>() + if counts.is_empty() { "" } else { "\n" }
}
