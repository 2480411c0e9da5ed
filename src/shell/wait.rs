//! Commands that wait for a port to answer before they start what they are about: `wait-for-it db:5432 -- npm start`,
//! `until nc -z db 5432; do sleep 1; done; exec npm start`.
//!
//! Only what plainly waits for hosts and ports, at the beginning and for nothing else.

use super::{
    Scripts,
    command_line::{self, Invocation},
    round, split,
    syntax::{Command, Condition, Link, List, Loop, Pipeline, Simple, Statement},
    words,
};

use crate::catalog::{self, Property, base_name};

/// A wait at the beginning of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wait {
    /// Hosts with their ports.
    pub targets: Vec<(String, u16)>,
    /// How many words it takes: what follows is the command without it.
    pub words: usize,
    /// What of the text of a shell is the wait, at its beginning.
    pub text: Option<String>,
}

/// The wait that a command begins with, if there is a command behind it.
pub fn read(words: &[String], scripts: &Scripts) -> Option<Wait> {
    if let Some(Invocation::Inline { text, .. }) = command_line::read(words) {
        return of_text(&text, scripts);
    }
    of_words(words)
}

/// The wait by scripts for it, `wait-for-it db:5432 -- npm start`, if there is a command behind it.
pub(super) fn of_words(words: &[String]) -> Option<Wait> {
    let mut wait = Wait::default();
    while let Some((targets, taken)) = script(words.get(wait.words..)?) {
        wait.targets.extend(targets);
        wait.words += taken;
    }
    (!wait.targets.is_empty() && wait.words < words.len()).then_some(wait)
}

type Taken = (Vec<(String, u16)>, usize);

/// The targets of a waiting script, and how many words are its own.
fn script(words: &[String]) -> Option<Taken> {
    let first = words.first()?;
    let by_shell = command_line::is_shell(first);
    let start = usize::from(by_shell);
    let name = base_name(words.get(start)?);
    let rest = words.get(start + 1..)?;
    let (targets, taken) = match name {
        "dockerize" => dockerize(rest)?,
        name if catalog::is(name, Property::Waits) => wait_for_it(rest)?,
        _ => return None,
    };
    (!targets.is_empty()).then_some((targets, start + 1 + taken))
}

/// `HOST:PORT … [OPTIONS] --`.
fn wait_for_it(words: &[String]) -> Option<Taken> {
    let (mut targets, mut host) = (Vec::new(), None);
    let mut index = 0;
    while let Some(word) = words.get(index) {
        index += 1;
        let (option, joined) =
            word.split_once('=').map_or((word.as_str(), None), |(option, value)| (option, Some(value)));
        match option {
            "--" => return (host.is_none()).then_some((targets, index)),
            "-s" | "--strict" | "-q" | "--quiet" | "-v" => {}
            "-t" | "--timeout" | "-h" | "--host" | "-p" | "--port" => {
                let value = match joined {
                    Some(value) => value,
                    None => {
                        index += 1;
                        words.get(index - 1)?
                    }
                };
                match option {
                    "-h" | "--host" => host = Some(value.to_owned()),
                    "-p" | "--port" => targets.push((host.take()?, value.parse().ok()?)),
                    _ => {}
                }
            }
            _ => targets.push(host_and_port(word)?),
        }
    }
    None
}

/// `-wait tcp://HOST:PORT … [-timeout TIME] COMMAND`.
fn dockerize(words: &[String]) -> Option<Taken> {
    let mut targets = Vec::new();
    let mut index = 0;
    while let Some(option) = words.get(index).filter(|word| word.starts_with('-')) {
        let value = words.get(index + 1)?;
        match option.trim_start_matches('-') {
            "wait" => targets.push(host_and_port(value.strip_prefix("tcp://")?)?),
            "timeout" | "wait-retry-interval" => {}
            _ => return None,
        }
        index += 2;
    }
    Some((targets, index))
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.split_once(':')?;
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    is_host.then_some((host.to_owned(), port.parse().ok()?))
}

/// A text that begins with waiting.
fn of_text(text: &str, scripts: &Scripts) -> Option<Wait> {
    let parsed = scripts.parse(text);
    // Its bytes are taken off the text as it is written.
    let list: &List = parsed.list().filter(|_| parsed.text == text)?;
    let mut wait = Wait::default();
    let mut end = 0;
    for statement in list {
        let waits = waiting(statement, text);
        wait.targets.extend(waits.targets);
        if let Some(next) = waits.next {
            end = next;
            break;
        }
        if !waits.is_whole {
            end = statement.range.start;
            break;
        }
        end = text.len();
    }
    let rest = text.get(end..)?;
    let is_plain = !wait.targets.is_empty() && !rest.trim().is_empty();
    is_plain.then(|| Wait { text: text.get(..end).map(str::to_owned), ..wait })
}

/// What of a statement waits.
#[derive(Default)]
struct Waiting {
    targets: Vec<(String, u16)>,
    /// All of it waits, or says that it does.
    is_whole: bool,
    /// Where what does not wait begins, in a chain that waits first.
    next: Option<usize>,
}

fn waiting(statement: &Statement, text: &str) -> Waiting {
    let mut waiting = Waiting::default();
    let mut at = statement.range.start;
    for (link, pipeline) in &statement.chain {
        if *link == Link::Or || statement.background {
            return Waiting::default();
        }
        if *link == Link::And {
            // What waits has no `&&` within its words.
            let Some(next) = text.get(at..).and_then(|rest| rest.find("&&")) else {
                return Waiting::default();
            };
            at += next + 2;
        }
        if let Some(targets) = target(pipeline) {
            waiting.targets.extend(targets);
            if let [Command::Loop(body)] = &pipeline.commands[..] {
                at = body.range.end;
            }
            continue;
        }
        if let Some((targets, length)) = prefix(pipeline, text.get(at..).unwrap_or_default()) {
            waiting.targets.extend(targets);
            at += length;
        }
        waiting.next = Some(at).filter(|_| !waiting.targets.is_empty());
        return waiting;
    }
    waiting.is_whole = true;
    waiting
}

/// `wait-for-it HOST:PORT -- COMMAND`: the targets, and the bytes up to the command.
fn prefix(pipeline: &Pipeline, text: &str) -> Option<Taken> {
    const END: &str = " -- ";
    let [Command::Simple(simple)] = &pipeline.commands[..] else { return None };
    let before = simple.words.split(|word| word == "--").next()?;
    let mut all = split::split_words(before, &[])?;
    all.push("--".to_owned());
    let (targets, taken) = script(&all)?;
    let end = text.find(END)? + END.len();
    (taken == all.len() && simple.assignments.is_empty()).then_some((targets, end))
}

/// What a pipeline waits for; nothing in particular if it only says something.
fn target(pipeline: &Pipeline) -> Option<Vec<(String, u16)>> {
    match &pipeline.commands[..] {
        [Command::Loop(body)] => of_loop(body).map(|target| vec![target]),
        [Command::Simple(simple)] if words::is_message(simple) && !simple.words.concat().contains("&&") => {
            Some(Vec::new())
        }
        [Command::Simple(simple)] => {
            let mut all: Vec<String> = plain(simple)?;
            // Without a command, it ends once it has waited.
            all.push("--".to_owned());
            let (targets, taken) = script(&all)?;
            (taken == all.len()).then_some(targets)
        }
        _ => None,
    }
}

fn plain(simple: &Simple) -> Option<Vec<String>> {
    split::split_words(&simple.words, &[]).filter(|_| simple.assignments.is_empty())
}

/// `until nc -z HOST PORT; do sleep 1; done`.
fn of_loop(body: &Loop) -> Option<(String, u16)> {
    let Condition::List(condition) = &body.condition else { return None };
    let [statement] = &condition[..] else { return None };
    let [(Link::First, pipeline)] = &statement.chain[..] else { return None };
    let [Command::Simple(probe)] = &pipeline.commands[..] else { return None };
    if pipeline.negated == body.until {
        return None;
    }
    let only_waits = body.body.iter().all(|statement| {
        !statement.background
            && statement.chain.len() == 1
            && round::only_simple(statement)
                .is_some_and(|simple| words::is_message(simple) || words::sleep(simple).is_some())
    });
    let all = plain(probe).filter(|_| only_waits)?;
    let (name, rest) = all.split_first()?;
    if !catalog::is(base_name(name), Property::Knocks) || !rest.iter().any(|word| is_option(word, 'z')) {
        return None;
    }
    let mut skip = false;
    let operands: Vec<&String> = rest
        .iter()
        .filter(|word| {
            let is_value = std::mem::replace(&mut skip, is_option(word, 'w'));
            !is_value && !word.starts_with('-')
        })
        .collect();
    let [host, port] = operands[..] else { return None };
    host_and_port(&format!("{host}:{port}"))
}

/// Whether a word of one-letter options has this one, of `w` the last.
fn is_option(word: &str, option: char) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    letters
        .is_some_and(|letters| if option == 'w' { letters.ends_with('w') } else { letters.contains(option) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(line: &str) -> Option<(String, usize, Option<String>)> {
        let words: Vec<String> = line.split('|').map(str::to_owned).collect();
        let wait = read(&words, &Scripts::default())?;
        let targets: Vec<String> = wait.targets.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        Some((targets.join(" "), wait.words, wait.text))
    }

    #[test]
    fn plain_waits_are_told_from_their_commands() {
        let cases = [
            ("./wait-for-it.sh|db:5432|--|npm|start", ("db:5432", 3, None)),
            ("bash|/wait-for-it.sh|-t|60|--strict|db:5432|--|npm", ("db:5432", 7, None)),
            ("wait-for-it|-h|db|-p|5432|--timeout=0|--|x", ("db:5432", 7, None)),
            ("wait-for|db:1|--|wait-for|q:2|--|x", ("db:1 q:2", 6, None)),
            ("dockerize|-wait|tcp://db:5432|-wait|tcp://q:1|-timeout|60s|x|y", ("db:5432 q:1", 7, None)),
            (
                "sh|-c|until nc -z db 5432; do echo no; sleep 1; done; exec x $A",
                ("db:5432", 0, Some("until nc -z db 5432; do echo no; sleep 1; done; ")),
            ),
            (
                "sh|-c|while ! nc -zw 2 db 5432; do sleep 1; done\nx",
                ("db:5432", 0, Some("while ! nc -zw 2 db 5432; do sleep 1; done\n")),
            ),
            ("sh|-c|/wait-for-it.sh db:1; x", ("db:1", 0, Some("/wait-for-it.sh db:1; "))),
            ("sh|-c|/wait-for-it.sh db:1 && x && y", ("db:1", 0, Some("/wait-for-it.sh db:1 &&"))),
            ("sh|-c|wait-for db:1 -- x -- y", ("db:1", 0, Some("wait-for db:1 -- "))),
            (
                "sh|-c|echo waiting && until nc -z db 1; do sleep 1; done && wait-for q:2 && x",
                (
                    "db:1 q:2",
                    0,
                    Some("echo waiting && until nc -z db 1; do sleep 1; done && wait-for q:2 &&"),
                ),
            ),
        ];
        for (line, (targets, words, text)) in cases {
            assert_eq!(look(line), Some((targets.to_owned(), words, text.map(str::to_owned))), "{line}");
        }
    }

    #[test]
    fn what_is_not_plain_stays() {
        for line in [
            "npm|start",
            "wait-for-it|db:5432",
            "wait-for-it|db:5432|--",
            "wait-for-it|$HOST:5432|--|x",
            "dockerize|-template|a:b|-wait|tcp://db:1|x",
            "dockerize|-wait|http://db:1|x",
            "sh|-c|until nc -z db 5432; do sleep 1; done",
            "sh|-c|until nc -z $DB 5432; do sleep 1; done; x",
            "sh|-c|until nc -z db 5432; do migrate; sleep 1; done; x",
            "sh|-c|until nc -z db 5432 || test -f y; do sleep 1; done; x",
            "sh|-c|while nc -z db 5432; do sleep 1; done; x",
            "sh|-c|wait-for db:1 || x",
            "sh|-c|x; until nc -z db 5432; do sleep 1; done; y",
        ] {
            assert_eq!(look(line), None, "{line}");
        }
    }
}
