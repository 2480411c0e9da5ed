//! What kinds of commands there are, by their names.

use std::{borrow::Cow, sync::LazyLock};

use regex::Regex;

use super::{foreign, quotes::bare, syntax::Simple};
use crate::catalog::{self, Property, Says};

/// The name of the program that a command runs, without its folder and without what only wraps it.
pub(super) fn program(simple: &Simple) -> Option<&str> {
    let word = bare(simple.words.get(wrappers(simple))?);
    Some(system_name(word))
}

/// How many words stand before the program and only wrap it.
fn wrappers(simple: &Simple) -> usize {
    let is_wrapper = |pair: &&[String]| {
        let wraps = catalog::program(system_name(bare(&pair[0]))).and_then(|program| program.wraps);
        wraps.is_some_and(|wraps| wraps.is_plain) && !bare(&pair[1]).starts_with('-')
    };
    simple.words.windows(2).take_while(is_wrapper).count()
}

/// The program and its words, as they are written.
pub(super) fn program_words(simple: &Simple) -> Vec<&str> {
    let mut words: Vec<&str> = simple.words.iter().skip(wrappers(simple)).map(|word| bare(word)).collect();
    if let Some(first) = words.first_mut() {
        *first = system_name(first);
    }
    words
}

/// A program of the system without its folder. Another one, such as `./sync`, is not what its name says.
fn system_name(word: &str) -> &str {
    if catalog::is_of_system(word) { catalog::base_name(word) } else { word }
}

/// The words behind `sleep`, if this is one, or the length of what waits as long in other words.
pub(super) fn sleep(simple: &Simple) -> Option<Vec<Cow<'_, str>>> {
    if !SLEEPS.contains(&program(simple)?) && !runs_text(simple) {
        return None;
    }
    let words = program_words(simple);
    let words = words.strip_prefix(&["busybox"]).unwrap_or(&words);
    match *words {
        ["sleep", ref rest @ ..] if !rest.is_empty() => {
            Some(rest.iter().map(|word| Cow::Borrowed(*word)).collect())
        }
        ["usleep", microseconds] => Some(vec![computed(microseconds, "/ 1000000")?]),
        ["ping", ref rest @ ..] => pinged(rest).map(|length| vec![length]),
        ["timeout", length, "sleep", "infinity" | "inf"] | ["timeout", length, "tail", "-f", "/dev/null"] => {
            Some(vec![Cow::Borrowed(length)])
        }
        [_, "-e" | "-c" | "-r", text] => slept(text).map(|length| vec![Cow::Borrowed(length)]),
        _ => None,
    }
}

/// What waits for a time and does nothing, if its words say so.
const SLEEPS: &[&str] = &["busybox", "ping", "sleep", "timeout", "usleep"];

/// A number of another unit, or a variable that holds one, as `sleep` takes it.
fn computed<'w>(number: &'w str, operation: &str) -> Option<Cow<'w, str>> {
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let name = number.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let name = name.or_else(|| number.strip_prefix('$')).unwrap_or(number);
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_number || name != number && is_name).then(|| Cow::Owned(format!("$(({name} {operation}))")))
}

/// How long a `ping` of the machine itself takes: the answers come at once, and there is a second, or what `-i` says,
/// between two questions. `-w` is how long it asks.
fn pinged<'w>(words: &[&'w str]) -> Option<Cow<'w, str>> {
    words.iter().find(|word| matches!(**word, "localhost" | "127.0.0.1" | "::1" | "0.0.0.0" | "127.1"))?;
    if let Some(length) = option(words, 'w') {
        return Some(Cow::Borrowed(length));
    }
    let count = option(words, 'c')?;
    match option(words, 'i') {
        None | Some("1") => computed(count, "- 1"),
        Some(pause) => {
            let (count, pause) = (count.parse::<u64>().ok()?, pause.parse::<u64>().ok()?);
            Some(Cow::Owned(count.checked_sub(1)?.checked_mul(pause)?.to_string()))
        }
    }
}

/// The length of a `read -t 60` that is there for its time alone: nobody types into a container, a pipe of its own has
/// nothing to read, and what would be read is thrown away.
pub(super) fn timed_read(simple: &Simple) -> Option<&str> {
    let words = program_words(simple);
    let [name, rest @ ..] = &words[..] else { return None };
    // What is opened to write, too, as in `<> <(:)`, never ends.
    let is_own = |target: &Option<String>| {
        target.as_deref().is_some_and(|target| target.starts_with("<>") || target.starts_with('&'))
    };
    let is_alone = *name == "read" && simple.document.is_none() && simple.redirections.iter().all(is_own);
    let length = option(rest, 't').filter(|length| is_alone && *length != "0")?;
    let mut given = false;
    let keeps = rest.iter().any(|word| {
        let is_value = std::mem::take(&mut given);
        given = matches!(*word, "-t" | "-u" | "-p" | "-n" | "-N" | "-d")
            || word.starts_with('-') && word.ends_with('t');
        !is_value && !word.starts_with('-') && *word != "_"
    });
    (!keeps).then_some(length)
}

/// The value of an option of one letter: `-t 60`, `-t60`, `-rt 60`.
fn option<'w>(words: &[&'w str], letter: char) -> Option<&'w str> {
    words.iter().enumerate().find_map(|(index, word)| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        let (before, value) = letters.split_once(letter)?;
        if !before.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        if value.is_empty() { words.get(index + 1).copied() } else { Some(value) }
    })
}

/// `sleep infinity`, `tail -f /dev/null`.
pub(super) fn is_endless_wait(simple: &Simple) -> bool {
    match program_words(simple)[..] {
        ["tail", ref rest @ ..] => rest.contains(&"/dev/null") && is_long_running(simple),
        ["sleep", length] => matches!(length, "infinity" | "inf"),
        _ => false,
    }
}

/// `perl -e TEXT` and the like.
fn runs_text(simple: &Simple) -> bool {
    simple.words.len() == 3 && program(simple).is_some_and(foreign::is_interpreter)
}

/// The length in a text of another language that does nothing but sleep: `import time; time.sleep(300)`.
fn slept(text: &str) -> Option<&str> {
    static SLEEP: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let pattern =
            r"^\s*(?:(?:import|from) [\w ]+;\s*)?(?:time\.)?sleep[ (]\s*(?P<length>[\w$.]+)\s*\)?\s*;?\s*$";
        Regex::new(pattern).ok()
    });
    Some(SLEEP.as_ref()?.captures(text)?.name("length")?.as_str())
}

/// Whether it only says something, and nowhere but to the log.
pub(super) fn is_inert(simple: &Simple) -> bool {
    if simple.targets().any(|target| !leaves_nothing(target))
        || simple.words.iter().any(|word| does_work(word))
    {
        return false;
    }
    match program(simple) {
        None => simple.assignments.iter().all(|(_, value)| !value.as_deref().is_some_and(does_work)),
        Some(name) => {
            catalog::is(name, Property::Inert) || sleep(simple).is_some() || name.starts_with("log")
        }
    }
}

/// Whether output goes where that of a container goes anyway, or nowhere.
pub(super) fn leaves_nothing(target: &str) -> bool {
    let target = bare(target);
    target.starts_with('&')
        || matches!(target, "/dev/stdout" | "/dev/stderr" | "/dev/null" | "/dev/console" | "/dev/tty")
        || target.starts_with("/proc/1/fd/")
        || target.starts_with("/proc/self/fd/")
        || target.starts_with("/dev/fd/")
}

/// Whether a word runs a command that is more than a question.
fn does_work(word: &str) -> bool {
    let mut rest = word;
    while let Some(at) = rest.find("$(").or_else(|| rest.find('`')) {
        let inner = &rest[at..].trim_start_matches(['$', '(', '`']);
        // `$((…))` computes.
        if !rest[at..].starts_with("$((") {
            let name = inner.trim_start().split(|c: char| c.is_whitespace() || c == ')' || c == '`').next();
            if !name.is_some_and(|name| catalog::is(system_name(name), Property::Query)) {
                return true;
            }
        }
        rest = &rest[at + 1..];
        rest = rest.strip_prefix('(').unwrap_or(rest);
        // The closing backquote is no opening one.
        if let Some(closing) = rest.find('`').filter(|_| !rest.starts_with("$(")) {
            rest = &rest[closing + 1..];
        }
    }
    false
}

pub(super) fn is_probe(name: &str) -> bool {
    catalog::is(name, Property::Probe)
}

/// Whether a command of this name says no more than that the script goes on.
pub(super) fn always_succeeds(name: &str) -> bool {
    catalog::is(system_name(name), Property::Succeeds)
}

/// Waits until a file changes.
pub(super) fn watches_files(name: &str) -> bool {
    catalog::is(name, Property::WatchesFiles)
}

pub(super) fn is_event(name: &str) -> bool {
    watches_files(name) || catalog::is(name, Property::Event)
}

/// A command that runs crontabs, or installs one.
pub(super) fn is_cron_daemon(simple: &Simple) -> bool {
    let is_daemon = |name: &str| catalog::is(name, Property::Cron);
    let is_candidate =
        |name: &str| is_daemon(name) || matches!(name, "service" | "rc-service" | "systemctl" | "crontab");
    if !program(simple).is_some_and(is_candidate) {
        return simple.words.iter().take(2).any(|word| word.contains("/init.d/cron"));
    }
    let words = program_words(simple);
    match words[..] {
        [name, ..] if is_daemon(name) => true,
        ["service" | "rc-service" | "systemctl", first, ..] if is_daemon(first) => true,
        ["systemctl", _, second, ..] if is_daemon(second) => true,
        [name, ..] => name == "crontab" || simple.words.iter().any(|word| word.contains("/init.d/cron")),
        [] => false,
    }
}

/// Whether it runs crontabs, or writes where they lie.
pub(super) fn is_about_cron(simple: &Simple) -> bool {
    let places = ["/etc/cron.d/", "/etc/crontab", "/var/spool/cron", "crontabs/", "CRONTAB"];
    is_cron_daemon(simple) || simple.targets().any(|target| places.iter().any(|place| target.contains(place)))
}

/// Is it told where to listen? Only an option says so: a word alone may be what is asked.
fn listens(words: &[&str]) -> bool {
    let is_all = |value: &str| value.rsplit_once(':').map_or(value, |(host, _)| host) == "0.0.0.0";
    let given = words.windows(2).map(|pair| (pair[0], pair[1])).filter(|(option, _)| option.starts_with('-'));
    let joined =
        words.iter().filter_map(|word| word.split_once('=')).filter(|(option, _)| option.starts_with('-'));
    words.iter().any(|word| ["--listen", "--bind"].contains(&word.split('=').next().unwrap_or_default()))
        || given.chain(joined).any(|(_, value)| is_all(value))
}

pub(super) fn is_long_running(simple: &Simple) -> bool {
    let words = program_words(simple);
    if listens(&words) {
        return true;
    }
    let follows = |word: &&str| matches!(*word, "-f" | "-F");
    // `queue:work --stop-when-empty` does what is there, and ends.
    if words.iter().any(|word| word.starts_with("--") && catalog::task(word) == Some(Says::Once)) {
        return false;
    }
    match words[..] {
        ["tail", ..] => words.iter().any(follows),
        // `nginx -t` and `nginx -s reload` end at once.
        [name, ref rest @ ..] if catalog::is(name, Property::Controlled) => {
            !rest.iter().any(|word| ["-t", "-s", "-k", "-v", "reload", "validate", "graceful"].contains(word))
        }
        _ => words.iter().enumerate().any(|(index, word)| {
            // `pg_dump -U postgres` is no server: neither is what an option or another program is given.
            let is_run = |before: &&str| ["exec", "run", "npx", "-m", "--"].contains(before);
            let is_program = index.checked_sub(1).and_then(|before| words.get(before)).is_none_or(is_run);
            catalog::task(word) == Some(Says::Stays) || is_program && catalog::is(word, Property::Daemon)
        }),
    }
}

/// Whether it signals or reloads a process of its own container.
pub(super) fn touches_local_process(simple: &Simple) -> bool {
    program(simple).is_some_and(|name| catalog::is(name, Property::ActsHere))
        || simple.words.iter().any(|word| word.contains("/dev/shm"))
        || simple.targets().any(|target| target.contains("/dev/shm"))
}

/// Whether it runs another script of the image.
pub(super) fn is_script(simple: &Simple) -> bool {
    let words = program_words(simple);
    match words[..] {
        [script] => script.ends_with(".sh"),
        [shell, script] => catalog::is(shell, Property::Shell) && script.ends_with(".sh"),
        _ => false,
    }
}

/// Whether it only says something. Its words go to the log.
pub(super) fn is_message(simple: &Simple) -> bool {
    matches!(program(simple), Some("echo" | "printf" | "date" | "logger" | "clear")) && is_inert(simple)
}

/// Ends the script, or the loop.
pub(super) fn is_exit(name: &str) -> bool {
    matches!(name, "exit" | "return" | "exec" | "break")
}

/// The seconds and the command of `watch -n 60 command`, whose own words are given.
pub(super) fn watch(words: &[&str]) -> Option<(f64, Vec<String>)> {
    let mut seconds = 2.0;
    let mut rest = words;
    while let [option, after @ ..] = rest {
        match (option.strip_prefix('-'), after) {
            (Some("n" | "-interval"), [value, after @ ..]) => {
                seconds = value.parse().ok()?;
                rest = after;
            }
            (Some(joined), after) => {
                if let Some(value) = joined.strip_prefix('n').or_else(|| joined.strip_prefix("-interval=")) {
                    seconds = value.parse().ok()?;
                }
                rest = after;
            }
            (None, _) => return Some((seconds, rest.iter().map(|word| (*word).to_owned()).collect())),
        }
    }
    None
}
