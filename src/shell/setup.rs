//! What a script does before its loop, as far as a run of the loop's command needs it.

use std::{collections::BTreeSet, ops::Range};

use super::{
    condition,
    flow::Found,
    round,
    source::{self, Source},
    syntax::{Command, Simple, Statement},
    visit, words,
};

/// Bytes that are looked at: more would not be worth carrying in a CronJob.
const LONGEST: usize = 4 * source::LONGEST;

/// What stands before the loop and must run before its command.
pub(super) struct Setup {
    /// Byte ranges of the text, in order.
    pub(super) kept: Vec<(Range<usize>, bool)>,
    /// There is something that a single command would miss.
    pub(super) is_needed: bool,
    /// There is something that ran once and would run each time.
    pub(super) runs_commands: bool,
    /// It is longer than anybody repeats for each run: this is its end.
    pub(super) is_cut: bool,
}

impl Setup {
    /// What a command needs, whose text is given.
    pub(super) fn of<'t>(found: &Found<'_>, command: &'t str, source: &Source<'t>) -> Self {
        let mut used = Used::by(command, found, source);
        let payload: BTreeSet<&str> =
            found.round.payload.iter().map(|(_, statement)| source.slice(&statement.range)).collect();
        let mut kept = Vec::new();
        let (mut is_needed, mut runs_commands, mut length) = (false, false, 0);
        let own = if source.stands_alone(found) { &found.before[..] } else { &[] };
        let top = source.list.get(..found.top).unwrap_or_default();
        for statement in top.iter().chain(own.iter().copied()).rev() {
            let text = source.slice(&statement.range);
            let need = need_of(statement, &used, source);
            // The command itself, once before the loop: the first run of a loop that waits first.
            if need == Need::None || payload.contains(text) {
                continue;
            }
            is_needed |= need != Need::Option;
            runs_commands |= need == Need::Command;
            if need != Need::Option {
                used.names.extend(condition::identifiers(text));
            }
            kept.push((statement.range.clone(), statement.background));
            length += text.len();
            if length > LONGEST {
                break;
            }
        }
        kept.reverse();
        Self { kept, is_needed, runs_commands, is_cut: length > LONGEST }
    }
}

/// The variables and functions that matter to a command.
pub(super) struct Used<'t> {
    names: BTreeSet<&'t str>,
    /// Whether the shell gives every variable to what it runs, by `set -a`.
    all: bool,
}

impl<'t> Used<'t> {
    pub(super) fn by(command: &'t str, found: &Found<'_>, source: &Source<'_>) -> Self {
        let mut names: BTreeSet<&str> = condition::identifiers(command).collect();
        if command.contains('$') {
            names.insert("IFS");
        }
        let top = source.list.get(..found.top).unwrap_or_default();
        let all = visit::simple(top).any(|simple| {
            let mut words = simple.words.iter().map(String::as_str);
            let is_all = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('a');
            words.next() == Some("set") && words.any(|word| word == "allexport" || is_all(word))
        });
        Self { names, all }
    }

    /// Whether it matters what a variable is set to. Those of the container are seen by all that it runs.
    fn has_variable(&self, name: &str, source: &Source<'_>) -> bool {
        self.all
            || self.names.contains(name)
            || ["PATH", "HOME", "TZ", "LANG", "LC_ALL"].contains(&name)
            || (source.environment)(name).is_some()
    }
}

/// Why a statement before the loop is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// It is not.
    None,
    /// A shell option: only a shell needs it.
    Option,
    /// It gives something that the command uses.
    Value,
    /// It does something.
    Command,
}

/// Why a statement is kept.
pub(super) fn need_of(statement: &Statement, used: &Used<'_>, source: &Source<'_>) -> Need {
    let needs = visit::commands(std::slice::from_ref(statement)).into_iter().map(|command| match command {
        Command::Function { name, .. } if used.names.contains(name.as_str()) => Need::Value,
        Command::Simple(simple) => need_of_simple(simple, used, source),
        Command::Arithmetic(expression)
            if condition::identifiers(expression).any(|name| used.has_variable(name, source)) =>
        {
            Need::Value
        }
        _ => Need::None,
    });
    let worst = needs.max().unwrap_or(Need::None);
    // Tests alone do nothing; what hangs on them counts.
    if worst == Need::Command && round::is_inert(statement, source.functions, 0) && !ends(statement) {
        return Need::Value;
    }
    worst
}

fn need_of_simple(simple: &Simple, used: &Used<'_>, source: &Source<'_>) -> Need {
    let value_if = |is_used: bool| if is_used { Need::Value } else { Need::None };
    let name = simple.words.first().map(String::as_str);
    let is_inert = words::is_inert(simple);
    match name {
        Some("set" | "shopt") => Need::Option,
        // Only output that goes elsewhere.
        Some("exec") if simple.words.len() == 1 => {
            let to_log = simple.targets().all(words::leaves_nothing);
            if to_log { Need::Option } else { Need::Value }
        }
        Some(
            "export" | "cd" | "pushd" | "umask" | "ulimit" | "source" | "." | "alias" | "exit" | "return",
        ) => Need::Value,
        None
        | Some(
            ":" | "true" | "unset" | "declare" | "local" | "readonly" | "typeset" | "trap" | "echo"
            | "printf" | "date" | "[" | "test" | "sleep" | "wait" | "clear" | "logger",
        ) if !is_inert => Need::Command,
        None => value_if(simple.assignments.iter().any(|(name, _)| used.has_variable(name, source))),
        Some(":" | "true" | "unset" | "declare" | "local" | "readonly" | "typeset") => {
            let mut names = simple.words.iter().skip(1).flat_map(|word| condition::identifiers(word));
            value_if(names.any(|name| used.has_variable(name, source)))
        }
        Some("trap" | "echo" | "printf" | "date" | "[" | "test" | "sleep" | "wait" | "clear" | "logger") => {
            Need::None
        }
        Some(name) => match source.functions.get(name) {
            Some(body) if body.iter().all(|statement| round::is_inert(statement, source.functions, 1)) => {
                value_if(body.iter().any(ends))
            }
            _ => Need::Command,
        },
    }
}

/// Whether it can end the script.
fn ends(statement: &Statement) -> bool {
    let mut all = visit::simple(std::slice::from_ref(statement));
    all.any(|simple| matches!(simple.name(), Some("exit" | "exec")))
}
