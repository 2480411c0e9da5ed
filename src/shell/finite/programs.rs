//! Programs that end, by their names and what they are told.

use crate::{
    catalog::{self, Ends, Says, Wraps, base_name, is_of_system},
    shell::clock,
};

/// Whether a program ends that is told this.
pub(super) fn ends(words: &[String]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    let name = base_name(first);
    match catalog::program(name).map(|program| program.ends) {
        Some(Ends::Always) if is_of_system(first) => true,
        Some(Ends::ByWords) if is_of_system(first) => ends_by_words(name, rest),
        // It says how it is used.
        Some(Ends::Told(_)) if rest.is_empty() => true,
        _ => told(name.strip_suffix(".sh").unwrap_or(name), rest),
    }
}

/// Whether a program of the system ends whose options decide that.
fn ends_by_words(name: &str, rest: &[String]) -> bool {
    let any = |is: &dyn Fn(&str) -> bool| rest.iter().any(|word| is(word));
    match name {
        "sleep" => sleeps_shortly(rest),
        "tail" => !any(&|word| has_flag(word, &['f', 'F']) || word.starts_with("--f")),
        "curl" => !any(&|word| word == "--no-buffer" || is_unbuffered(word)),
        "ping" => any(&|word| has_flag(word, &['c'])),
        "nc" | "ncat" | "netcat" => any(&|word| has_flag(word, &['z'])),
        "redis-cli" | "valkey-cli" | "keydb-cli" => !any(&listens),
        "rsync" => !any(&|word| word == "--daemon"),
        // It ends what does not.
        "timeout" => rest.len() > 1,
        "command" => asks_only(rest),
        _ => false,
    }
}

fn told(name: &str, rest: &[String]) -> bool {
    let operands = || rest.iter().filter(|word| !word.starts_with('-')).map(String::as_str);
    if rest.iter().any(|word| goes_on(word) || word == "-w") {
        return false;
    }
    if matches!(name, "npm" | "yarn" | "pnpm" | "bun") && operands().any(is_script_that_ends) {
        return true;
    }
    match tasks_of(name) {
        Some(tasks) => operands().any(|word| tasks.iter().any(|task| fits(task, word))) || *tasks == ["*"],
        None if name.starts_with("wait-for") => !rest.iter().any(|word| word == "--"),
        // `app -c FILE migrate`, whatever the program is.
        None => operands().any(|word| word == "migrate") && !parts(name).any(goes_on),
    }
}

/// The tasks of a program that end.
fn tasks_of(name: &str) -> Option<&'static [&'static str]> {
    match catalog::program(name)?.ends {
        Ends::Told(tasks) => Some(tasks),
        _ => None,
    }
}

/// Whether a program that is told this goes on, whatever it does otherwise.
fn goes_on(word: &str) -> bool {
    matches!(catalog::task(word), Some(Says::Stays | Says::StaysUsually | Says::StaysWhenAsked))
}

/// `migrate`, `db:migrate`, `seed`, `build`, `build:css` among the scripts of a package.
fn is_script_that_ends(script: &str) -> bool {
    const BUILDS: &[&str] = &["build", "bundle", "codegen", "compile", "lint", "typecheck"];
    let ends = |part: &str| catalog::task(part) == Some(Says::Migrates) || BUILDS.contains(&part);
    parts(script).any(ends) && !parts(script).any(goes_on)
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split([':', '-', '_', '.'])
}

fn fits(task: &str, word: &str) -> bool {
    match (task.strip_suffix('*'), task.strip_prefix('*')) {
        (Some(beginning), _) => word.starts_with(beginning),
        (None, Some(ending)) => word.ends_with(ending),
        (None, None) => word == task,
    }
}

/// What a program starts that does nothing itself; nothing if it is no such program.
pub(super) fn wrapped(words: &[String]) -> Option<&[String]> {
    let (first, rest) = words.split_first()?;
    let name = base_name(first);
    let wraps = catalog::program(name)?.wraps?;
    let own = if !wraps.behind.is_empty() {
        let task = rest.first()?;
        match wraps.behind.contains(&task.as_str()) {
            true => 1,
            // `yarn typeorm`: a program of the project.
            false if name == "yarn" && tasks_of(task).is_some() => 0,
            false => return None,
        }
    } else if name == "command" && asks_only(rest) {
        return None;
    } else {
        own_words(&wraps, rest)?
    };
    rest.get(own..).filter(|rest| !rest.is_empty())
}

/// How many words are the program's own, before those of the program that it starts.
fn own_words(wraps: &Wraps, rest: &[String]) -> Option<usize> {
    let mut own = 0;
    while let Some(option) = rest.get(own).filter(|word| word.starts_with('-')) {
        own += if wraps.valued.contains(&option.as_str()) { 2 } else { 1 };
    }
    if wraps.is_script {
        // Scripts are known by name.
        let is_inline = rest.iter().take(own).any(|word| matches!(word.as_str(), "-c" | "-e" | "-r"));
        let script = rest.get(own).filter(|_| !is_inline)?;
        tasks_of(base_name(script))?;
    }
    if wraps.assignments {
        own += rest.get(own..)?.iter().take_while(|word| word.contains('=')).count();
    }
    Some(own + wraps.operands)
}

/// The text that `su USER -c TEXT` runs.
pub(super) fn text_of_other_user(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word == "-c")?;
    words.first().filter(|first| *first == "su").and(words.get(at + 1)).map(String::as_str)
}

/// `command -v PROGRAM` runs nothing.
fn asks_only(rest: &[String]) -> bool {
    rest.first().is_some_and(|option| matches!(option.as_str(), "-v" | "-V"))
}

fn is_unbuffered(word: &str) -> bool {
    has_flag(word, &['N']) && word.chars().all(|letter| "-fikLNsSv".contains(letter))
}

fn listens(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ["monitor", "subscribe", "psubscribe", "--stat"].contains(&lower.as_str())
        || lower.starts_with("--latency")
}

fn sleeps_shortly(rest: &[String]) -> bool {
    /// Seconds that a task waits for something before it begins.
    const LONGEST: f64 = 900.0;
    let seconds: Option<f64> = rest.iter().map(|word| clock::seconds_of(word)).sum();
    seconds.is_some_and(|seconds| seconds <= LONGEST)
}

/// Whether a word of one-letter options has one of these.
fn has_flag(word: &str, letters: &[char]) -> bool {
    word.strip_prefix('-').is_some_and(|flags| !flags.starts_with('-') && flags.contains(letters))
}
