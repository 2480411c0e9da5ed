//! The command line: flags in, exit status out. Each command is a module below.
//!
//! Machine formats stand alone on the standard output, everything else goes to the standard error.
//! Exit status: 0 done, 1 refused, 2 misused.

use std::{collections::BTreeMap, io::Write};

use camino::Utf8PathBuf;
use clap::{ColorChoice, Parser, Subcommand};

use crate::{
    diag::{Report, terminal},
    disk,
    settings::date::Date,
    text::{FileError, Sources, shown},
};

mod check;
mod config;
mod convert;
mod cron;
mod diff;
mod environments;
mod explain;
mod graph;
mod init;
mod lint;
mod manifests;
mod manual;
mod page;
mod project;
mod recorded;
mod secrets;
mod waive;

/// What a run sees of the process around it.
pub struct Io<'a> {
    /// The variables of the process.
    pub environment: BTreeMap<String, String>,
    /// The working directory, absolute.
    pub directory: Utf8PathBuf,
    /// Reads all of the standard input; called only if something is to come that way.
    pub stdin: &'a dyn Fn() -> Result<Vec<u8>, FileError>,
    /// Reads a line from who sits at the terminal; none if nobody does.
    pub answer: &'a dyn Fn() -> Option<String>,
    /// Told what a run is about to do, for somebody who waits: `loading production`.
    pub progress: &'a dyn Fn(&str),
    /// Where results go.
    pub stdout: &'a mut dyn Write,
    /// Where diagnostics go.
    pub stderr: &'a mut dyn Write,
    /// Whether diagnostics are coloured where `--color` leaves it open.
    pub color: bool,
    /// Whether diagnostics may have characters beyond ASCII in their frames.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// The command as it was typed.
#[derive(Debug, Parser)]
#[command(
    name = "kustompose",
    bin_name = "kustompose",
    version,
    about,
    no_binary_name = true,
    after_help = EXAMPLES
)]
struct Arguments {
    #[command(flatten)]
    project: project::Flags,
    /// When to colour messages; `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE` decide for `auto`
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

/// The first commands of a project, in their order.
const EXAMPLES: &str = "\
Examples:
  kustompose init                     Write kustompose.yaml, to name environments
  kustompose convert                  Write the manifests of the project in this directory
  kustompose convert --diff           Show what a run would change
  kustompose check --env production   Compare the manifests of one environment with Compose
  kustompose lint --fix               Report bad patterns, and fix what is safe to fix
  kustompose explain KC001            Read about a code, or what becomes of a key";

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare the manifests with the Compose files, and fail if they differ
    Check(check::Arguments),
    /// Print the loaded project as `docker compose config` does
    Config(config::Arguments),
    /// Write or update the Kubernetes configuration of a project
    Convert(convert::Arguments),
    /// Show where Compose and the manifests differ, or two environments
    Diff(diff::Arguments),
    /// Print the script that completes commands in a shell
    Completions(manual::Completions),
    /// Show what a loop script or a crontab becomes
    Cron(cron::Arguments),
    /// Print the page of a diagnostic or rule, or what becomes of a key of Compose
    Explain(explain::Arguments),
    /// Draw the services of a project and what they depend on
    Graph(graph::Arguments),
    /// Write kustompose.yaml with the environments that are found, and other settings in comments
    Init(init::Arguments),
    /// Look for bad patterns in compose files, env files and manifests
    Lint(lint::Arguments),
    /// Print a manual page
    Man(manual::Man),
    /// Pack, unpack or list the secret files of the manifests
    Secrets(secrets::Arguments),
    /// Allow a difference that `check` reports, with a reason: writes it into kustompose.yaml
    Waive(waive::Arguments),
}

/// Runs a command; `args` is what follows the name of the program. Gives the exit status.
pub fn run(args: &[String], mut io: Io<'_>) -> u8 {
    let arguments = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &mut io),
    };
    match arguments.color {
        ColorChoice::Auto => {}
        ColorChoice::Always => io.color = true,
        ColorChoice::Never => io.color = false,
    }
    match arguments.command {
        Command::Check(check) => check::run(&check, &arguments.project.and(&check.project), &mut io),
        Command::Config(config) => config::run(&config, &arguments.project.and(&config.project), &mut io),
        Command::Convert(convert) => {
            convert::run(&convert, &arguments.project.and(&convert.project), &mut io)
        }
        Command::Diff(diff) => diff::run(&diff, &arguments.project.and(&diff.project), &mut io),
        Command::Explain(explain) => explain::run(&explain, &mut io),
        Command::Completions(completions) => manual::complete(&completions, &mut io),
        Command::Cron(cron) => cron::run(&cron, &mut io),
        Command::Graph(graph) => graph::run(&graph, &arguments.project.and(&graph.project), &mut io),
        Command::Lint(lint) => lint::run(&lint, &arguments.project.and(&lint.project), &mut io),
        Command::Man(man) => manual::page(&man, &mut io),
        Command::Secrets(secrets) => secrets::run(&secrets, &arguments.project, &mut io),
        Command::Waive(waive) => waive::run(&waive, &mut io),
        Command::Init(init) => init::run(&init, &arguments.project.and(&init.project), &mut io),
    }
}

/// Help and version are what was asked for; anything else is a misuse.
fn usage(error: &clap::Error, io: &mut Io<'_>) -> u8 {
    let text = error.render();
    let text = if io.color { text.ansi().to_string() } else { text.to_string() };
    if error.use_stderr() {
        put(io.stderr, &text);
        2
    } else {
        put(io.stdout, &text);
        0
    }
}

/// As many diagnostics are shown to people.
const SHOWN: usize = 300;

/// Shows what was found, and how much of it there is.
fn show(report: &Report, sources: &Sources, io: &mut Io<'_>) {
    let theme = terminal::Theme { color: io.color, unicode: io.unicode, width: io.width };
    let mut renderer = terminal::Renderer::new(sources, theme, report.hidden());
    let all = report.by_place();
    let (shown, left) = terminal::first(&all, SHOWN);
    for diagnostic in shown {
        put(io.stderr, &renderer.render(diagnostic));
        put(io.stderr, "\n");
    }
    let left = left + report.dropped();
    if left > 0 {
        put(io.stderr, &format!("and {left} more, which are not shown\n"));
    }
    let summary = terminal::summary(report);
    if !summary.is_empty() {
        put(io.stderr, &format!("{summary}\n"));
    }
}

/// The day on which entries of the settings hold: that of `SOURCE_DATE_EPOCH`, or today.
fn today(io: &Io<'_>) -> Date {
    let epoch = io.environment.get("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.trim().parse().ok());
    Date::of_seconds(epoch.unwrap_or_else(disk::now))
}

/// Writes lines for people, which may end up in a log.
fn say(target: &mut dyn Write, text: &str) {
    put(target, &shown::lines(text));
}

/// Writes JSON.
fn put_json(target: &mut dyn Write, value: &serde_json::Value) {
    put(target, &shown::json(value));
}

/// Writes; a reader that went away is no error of ours.
fn put(target: &mut dyn Write, text: &str) {
    let _ = target.write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exit status, standard output and standard error.
    fn run_in(directory: &Utf8PathBuf, args: &[&str]) -> (u8, String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let io = Io {
            environment: BTreeMap::new(),
            directory: directory.clone(),
            stdin: &|| Err(FileError::NotFound),
            answer: &|| None,
            progress: &|_| {},
            stdout: &mut stdout,
            stderr: &mut stderr,
            color: false,
            unicode: false,
            width: 80,
        };
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let status = run(&args, io);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (status, text(stdout), text(stderr))
    }

    #[test]
    fn flags_add_up_before_and_behind_the_command() {
        let nowhere = Utf8PathBuf::from("/nonexistent");
        let (status, stdout, stderr) = run_in(&nowhere, &["-f", "a.yaml", "config", "-f", "b.yaml"]);
        assert_eq!((status, stdout.as_str()), (1, ""));
        assert!(stderr.contains("`a.yaml` cannot be read") && stderr.contains("`b.yaml` cannot be read"));
        assert!(stderr.ends_with("2 errors\n"));
    }

    #[test]
    fn a_misuse_is_told_from_what_was_asked_for() {
        let nowhere = Utf8PathBuf::from("/nonexistent");
        assert_eq!(run_in(&nowhere, &["confg"]).0, 2);
        assert_eq!(run_in(&nowhere, &["config", "--format", "xml"]).0, 2);
        let (status, stdout, stderr) = run_in(&nowhere, &["--help"]);
        assert_eq!((status, stderr.as_str()), (0, ""));
        assert!(stdout.contains("Usage: kustompose"));
    }
}
