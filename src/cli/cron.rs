//! `kustompose cron`: what a script is, and which schedule it would have as a CronJob.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Io, put, say};
use crate::{
    disk::{self, Disk},
    secret,
    shell::{self, Kind, Loop, Script, Scripts, crontab},
    text::{Files, shown},
};

/// How many of the next runs are shown.
const RUNS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The script and what it is called with.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Format of the answer
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show the next runs behind this moment, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    after: Option<u64>,
    /// A variable of the container that the script reads
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Script, Dockerfile or crontab; `-` is standard input
    script: Utf8PathBuf,
    /// What the script is called with
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Exit status 0, or 2 if the file cannot be read.
pub(super) fn run(arguments: &Arguments, io: &mut Io<'_>) -> u8 {
    let files = Disk::new(io.directory.clone());
    let bytes = match arguments.script.as_str() {
        "-" => (io.stdin)(),
        path => files.read(&io.directory.join(path)),
    };
    let text = match bytes {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) => {
            say(io.stderr, &format!("error: {}: {error}\n", arguments.script));
            return 2;
        }
    };
    let lookup = |name: &str| {
        let pairs = arguments.variables.iter().filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next_back()
    };
    let mut found = shell::read_file(
        &Script {
            text: &text,
            name: arguments.script.file_name().unwrap_or_default(),
            arguments: &arguments.arguments,
            shell: &[],
            environment: &lookup,
            stagger: None,
        },
        arguments.script.as_str(),
        &Scripts::default(),
    );
    if found.kind == Kind::Other
        && let Some(advice) = of_another_kind(arguments.script.as_str(), &text)
    {
        found.reasons = vec![advice];
    }
    // What is shown may end up in a log.
    found.commands = found.commands.iter().map(|words| secret::redact_words(words)).collect();
    let answer = match arguments.format {
        Format::Json => shown::json(&as_json(&found)),
        Format::Text => {
            let now = arguments.after.unwrap_or_else(disk::now);
            shown::lines(&(as_text(&found, now) + &of_lines(&found, arguments.script.as_str(), &text, now)))
        }
    };
    put(io.stdout, &answer);
    0
}

/// Programs by the endings of their names, and by what runs them.
const LANGUAGES: &[(&str, &[&str], &[&str])] = &[
    ("Go", &["go"], &[]),
    ("JavaScript", &["cjs", "js", "mjs", "ts"], &["bun", "deno", "node"]),
    ("Perl", &["pl"], &["perl"]),
    ("PHP", &["php"], &["php"]),
    ("Python", &["py"], &["python", "python2", "python3"]),
    ("Ruby", &["rb"], &["ruby"]),
];

/// What to do with a file that is none of those that this command reads.
fn of_another_kind(path: &str, text: &str) -> Option<String> {
    let ending = Utf8Path::new(path).extension().unwrap_or_default();
    if ["yaml", "yml"].contains(&ending) {
        return Some(
            "is a YAML file: name a script, a crontab or a Dockerfile; `kustompose convert -v` prints what each \
             service of a Compose file becomes"
                .to_owned(),
        );
    }
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
    let runs_it = first.split([' ', '/']).rfind(|word| !word.is_empty() && !word.starts_with('-'));
    let mut languages = LANGUAGES.iter();
    let (language, ..) = languages.find(|(_, endings, programs)| {
        runs_it.map_or_else(|| endings.contains(&ending), |program| programs.contains(&program))
    })?;
    Some(format!(
        "is a {language} program without a loop that is known here: `convert` runs the program as it is"
    ))
}

fn as_json(found: &Loop) -> serde_json::Value {
    let parameter = found.parameter.as_ref();
    json!({
        "version": 1,
        "kind": found.kind.name(),
        "commands": found.commands,
        "interval_seconds": found.interval,
        "interval_parameter": parameter.map(|parameter| json!({"name": parameter.name, "default": parameter.default})),
        "background": found.background,
        "fit": found.fit.name(),
        "schedule": found.schedule,
        "convert": found.convert.name(),
        "reasons": found.reasons,
    })
}

fn as_text(found: &Loop, now: u64) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // A string takes every line.
        let _ = writeln!(text, "{name:10} {}", value.replace('\n', "\n           "));
    };
    line("kind", found.kind.name());
    for words in &found.commands {
        let words: Vec<String> = words.iter().map(|word| shell::quoted(word)).collect();
        line("command", &words.join(" "));
    }
    if let Some(seconds) = found.interval {
        let from = match &found.parameter {
            Some(parameter) => match &parameter.default {
                Some(default) => format!(", from {} (default {default})", parameter.name),
                None => format!(", from {}", parameter.name),
            },
            None => String::new(),
        };
        let background = if found.background { ", without waiting for the command" } else { "" };
        line("interval", &format!("{seconds} s{from}{background}"));
    } else if let Some(parameter) = &found.parameter {
        line("interval", &format!("from {}", parameter.name));
    }
    if let Some(schedule) = &found.schedule {
        line("schedule", &format!("{schedule} ({})", found.fit.name()));
        let runs = shell::next_runs(schedule, now, RUNS);
        if !runs.is_empty() {
            line("next", &format!("{} (UTC)", runs.join(", ")));
        }
    }
    line("convert", found.convert.name());
    for reason in &found.reasons {
        line("", &format!("- {reason}"));
    }
    text
}

/// When each line of a crontab of several runs next.
fn of_lines(found: &Loop, path: &str, text: &str, now: u64) -> String {
    if found.kind != Kind::Crontab || found.commands.len() < 2 {
        return String::new();
    }
    let entries = crontab::parse(text, crontab::format_of(path, text), None).entries;
    let line = |entry: &crontab::Entry| {
        let runs = shell::next_runs(&entry.schedule, now, RUNS);
        let zone = entry.time_zone.as_deref().unwrap_or("UTC");
        (!runs.is_empty()).then(|| format!("next       line {}: {} ({zone})\n", entry.line, runs.join(", ")))
    };
    entries.iter().filter_map(line).collect()
}
