//! Scripts: loops that are schedules, waits, daemons and crontabs.
//!
//! Compose has no schedules, so people write `while :; do command; sleep 300; done`. This module reads
//! such a script with a shell parser and says what it is, what it runs, how often, and whether a
//! CronJob would do the same. It runs nothing, and knows neither compose nor Kubernetes' objects: where
//! the text comes from and what is made of the answer is the business of others.

pub mod command_line;
pub mod cron_daemon;
pub mod crontab;
pub mod dockerfile;
pub mod finite;
pub mod habits;
pub mod wait;

mod arithmetic;
mod assignment;
mod behaviour;
mod clock;
mod command;
mod condition;
mod ending;
mod file;
mod flow;
mod foreign;
mod functions;
mod next;
mod quotes;
mod repeated;
mod round;
mod schedule;
mod scripts;
mod setup;
mod source;
mod split;
mod syntax;
mod test;
mod unfold;
mod value;
mod verdict;
mod visit;
mod word;
mod words;

pub use behaviour::{Behaviour, Started, TextOfCommand};
pub use file::read_file;
pub use quotes::{line, quoted};
pub use scripts::Scripts;

use crate::catalog::base_name;
use command_line::Invocation;
use flow::Walk;
use syntax::Unreadable;
use value::Scope;

/// A script and what it is called with.
#[derive(Clone, Copy)]
pub struct Script<'a> {
    /// The text.
    pub text: &'a str,
    /// `$0`.
    pub name: &'a str,
    /// `$1` and on; nobody said if there are none.
    pub arguments: &'a [String],
    /// What runs the text, with the flag that takes a text (`sh -c`). If empty, its first line says.
    pub shell: &'a [String],
    /// The variables of its environment, as far as they are known.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Spreads the schedules of a project: jobs of other names start at other minutes.
    pub stagger: Option<&'a str>,
}

/// What a script is.
#[derive(Debug, Clone, PartialEq)]
pub struct Loop {
    /// What it is.
    pub kind: Kind,
    /// What it runs, each as words. With control flow, or several commands: one for a shell.
    pub commands: Vec<Vec<String>>,
    /// How many words of the command the script itself says; the others are its arguments.
    pub own_words: usize,
    /// Seconds from the end of one round to the start of the next.
    pub interval: Option<u64>,
    /// The parameter that the interval comes from.
    pub parameter: Option<IntervalParameter>,
    /// The loop goes on while its command runs.
    pub background: bool,
    /// How well a schedule says the interval.
    pub fit: Fit,
    /// When a CronJob would run.
    pub schedule: Option<String>,
    /// In what the schedule differs from the interval.
    pub difference: Option<String>,
    /// It does something again and again, schedule or not.
    pub repeats: bool,
    /// Whether a CronJob would do the same.
    pub convert: Verdict,
    /// Why not, or what changes.
    pub reasons: Vec<String>,
}

/// The kinds of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs a command, waits, and runs it again.
    PeriodicLoop,
    /// Waits until something else is there.
    WaitUntil,
    /// Tries something until it succeeds.
    Retry,
    /// Stays up: serves, watches, restarts what ended, or idles.
    Daemon,
    /// Runs crontabs.
    Crontab,
    /// Anything else.
    Other,
}

impl Kind {
    /// As the command line and JSON say it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::PeriodicLoop => "periodic-loop",
            Kind::WaitUntil => "wait-until",
            Kind::Retry => "retry",
            Kind::Daemon => "daemon",
            Kind::Crontab => "crontab",
            Kind::Other => "other",
        }
    }
}

/// How well a schedule says an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// To the second.
    Exact,
    /// Never less often, and hardly more often.
    Near,
    /// Only `@every` says it.
    Every,
    /// No schedule is that fast.
    SubMinute,
    /// The interval is not known.
    Variable,
    /// There is no interval.
    None,
}

impl Fit {
    /// As the command line and JSON say it.
    pub fn name(self) -> &'static str {
        match self {
            Fit::Exact => "exact",
            Fit::Near => "near",
            Fit::Every => "every",
            Fit::SubMinute => "sub-minute",
            Fit::Variable => "variable",
            Fit::None => "none",
        }
    }
}

/// Whether a CronJob would do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It would.
    Yes,
    /// It would, but for what the reasons say.
    WithWarning,
    /// It would not.
    No,
}

impl Verdict {
    /// As the command line and JSON say it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Yes => "yes",
            Verdict::WithWarning => "with-warning",
            Verdict::No => "no",
        }
    }
}

/// The parameter that an interval comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalParameter {
    /// The variable, or `$2`.
    pub name: String,
    /// What the script takes if nobody says.
    pub default: Option<String>,
}

/// Says what a script is. Any text is taken: one that no shell would run is [`Kind::Other`].
pub fn read(script: &Script<'_>, scripts: &Scripts) -> Loop {
    read_here(script, scripts, 0)
}

/// The intervals that five fields say exactly and that are next to this one, the shorter and the longer; nothing if
/// they say it exactly.
pub fn nearest_intervals(seconds: u64) -> Option<(Option<u64>, Option<u64>)> {
    schedule::nearest(seconds)
}

/// The schedule of something that runs every so many seconds, if five fields say it exactly.
pub fn exact_schedule(seconds: u64) -> Option<String> {
    schedule::exact(seconds, 0)
}

/// Why the API server refuses a schedule of a CronJob, or takes it and never runs it.
pub fn schedule_fault(schedule: &str) -> Option<String> {
    next::fault(schedule)
}

/// The next times, in seconds since 1970, at which a schedule of five fields runs, on a clock in UTC.
pub fn next_runs(schedule: &str, after: u64, count: usize) -> Vec<String> {
    let times = next::Times::parse(schedule).map(|times| times.after(after, count));
    times.unwrap_or_default().into_iter().map(next::show).collect()
}

/// Seconds between the two runs of a schedule that are closest.
pub fn shortest_gap(schedule: &str) -> Option<u64> {
    if let Some(length) = schedule.strip_prefix("@every ") {
        return crontab::duration(length);
    }
    // The turn of a month and of a year are among so many.
    let runs = next::Times::parse(schedule)?.after(0, 100);
    runs.windows(2).map(|pair| pair[1] - pair[0]).min()
}

/// How often a text is read again in other words.
const MOST_UNFOLDED: usize = 5;

fn read_here(script: &Script<'_>, scripts: &Scripts, depth: usize) -> Loop {
    if let Some(found) = foreign::of_script(script) {
        return found;
    }
    let parsed = scripts.parse(script.text);
    let program = match &parsed.program {
        Ok(program) => program,
        Err(Unreadable::Syntax(error)) => return Loop::other(format!("is no script: {error}")),
        Err(Unreadable::TooDeep) => return Loop::other("is nested too deeply to be read"),
        Err(Unreadable::TooLong) => return Loop::other("is too long to be read"),
    };
    if depth < 3
        && let Some(Invocation::Inline { shell, text, name, arguments }) = only_inner_script(program, script)
    {
        let name = name.unwrap_or_default();
        let inner = Script { text: &text, name: &name, arguments: &arguments, shell: &shell, ..*script };
        return read_here(&inner, scripts, depth + 1);
    }
    let (list, text) = (&program.list, &parsed.text);
    if let [statement] = &list[..]
        && let Some(found) =
            round::only_simple(statement).and_then(|it| foreign::of_command(it, script.arguments))
    {
        return found;
    }
    if depth < MOST_UNFOLDED
        && let Some(found) = behind_wrapper(list, script, scripts, depth)
    {
        return found;
    }
    if depth < MOST_UNFOLDED
        && let Some(text) = unfold::of(list, text, script)
    {
        return read_here(&Script { text: &text, ..*script }, scripts, depth + 1);
    }
    let shell = if script.shell.is_empty() { shell_of(text) } else { script.shell.to_vec() };
    let walk = Walk::through(list, Scope::new(script.arguments, script.environment));
    verdict::of(walk, list, text, script, &shell)
}

/// A script that is nothing but `sh -c TEXT`, or `sh -s <<END` with the text below.
fn only_inner_script(program: &syntax::Program, script: &Script<'_>) -> Option<Invocation> {
    let [statement] = &program.list[..] else { return None };
    let simple = round::only_simple(statement)?;
    let words = split::split_words(&simple.words, script.arguments)?;
    if let (Some(document), [shell, rest @ ..]) = (simple.document, &words[..])
        && command_line::is_shell(shell)
        && matches!(rest.first().map(String::as_str), None | Some("-s" | "-"))
    {
        return Some(Invocation::Inline {
            shell: vec![shell.clone(), "-c".to_owned()],
            text: program.document(document),
            name: None,
            arguments: rest.get(1..).unwrap_or_default().to_vec(),
        });
    }
    let invocation = command_line::read(&words)?;
    matches!(invocation, Invocation::Inline { .. }).then_some(invocation)
}

/// `gosu app sh -c TEXT`, `su app -c TEXT`: what the text is, behind the words that only say who runs it.
fn behind_wrapper(list: &syntax::List, script: &Script<'_>, scripts: &Scripts, depth: usize) -> Option<Loop> {
    let [statement] = &list[..] else { return None };
    let simple = round::only_simple(statement)?;
    let words = split::split_words(&simple.words, script.arguments)?;
    let (wrapper, inner) = finite::behind_wrapper(&words)?;
    let line = quotes::line(inner);
    let text = if words.first().is_some_and(|word| word == "su") { inner.first()? } else { &line };
    let inner = Script { text, name: "", arguments: &[], shell: &[], ..*script };
    let mut found = read_here(&inner, scripts, depth + 1);
    if found.kind != Kind::PeriodicLoop {
        return None;
    }
    for command in &mut found.commands {
        let own = match words.first().is_some_and(|word| word == "su") {
            true => vec![command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")],
            false => std::mem::take(command),
        };
        *command = wrapper.iter().cloned().chain(own).collect();
    }
    found.own_words = found.commands.first().map_or(0, Vec::len);
    Some(found)
}

/// The shell that a script's first line names, ready to take a text.
fn shell_of(text: &str) -> Vec<String> {
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or_default();
    let words: Vec<&str> = first.split_whitespace().collect();
    let (program, flags) = match words[..] {
        [env, program, ref flags @ ..] if env.ends_with("/env") => (program, flags.first().copied()),
        [program, ref flags @ ..] => (program, flags.first().copied()),
        [] => ("sh", None),
    };
    let program = match base_name(program) {
        name @ ("bash" | "ash" | "dash" | "ksh" | "zsh") => name,
        _ => "sh",
    };
    let flags = flags.filter(|flags| {
        flags.len() > 1 && flags.starts_with('-') && flags[1..].chars().all(|flag| "eux".contains(flag))
    });
    vec![program.to_owned(), flags.map_or_else(|| "-c".to_owned(), |flags| format!("{flags}c"))]
}

impl Loop {
    /// Nothing that repeats.
    fn other(reason: impl Into<String>) -> Self {
        Self {
            kind: Kind::Other,
            commands: Vec::new(),
            own_words: 0,
            interval: None,
            parameter: None,
            background: false,
            fit: Fit::None,
            schedule: None,
            difference: None,
            repeats: false,
            convert: Verdict::No,
            reasons: vec![reason.into()],
        }
    }
}

#[cfg(test)]
mod tests;
