//! From what was met in a script to what it is, and whether a CronJob would do the same.

use std::{collections::BTreeSet, ops::Range};

use indexmap::IndexSet;

use super::{
    Fit, Kind, Loop, Script, Verdict, assignment,
    clock::Clock,
    command::{self, Built},
    condition,
    ending::{self, Ending},
    flow::{Found, Walk},
    functions::Functions,
    quotes::unquoted,
    round::{self, Round},
    schedule::{self, Schedule},
    source::Source,
    syntax::{self, Command, Link, List, Simple, Statement},
    value::Scope,
    visit, words,
};

/// Seconds up to which a loop restarts what ended rather than repeats what is done.
const RESTART: f64 = 3.0;

/// The same where the loop is around one program that it waits for.
const RESTART_OF_PROGRAM: f64 = 5.0;

/// Says what a walked script is.
pub(super) fn of(
    mut walk: Walk<'_, '_>,
    list: &List,
    text: &str,
    script: &Script<'_>,
    shell: &[String],
) -> Loop {
    if walk.cron {
        let reason = "runs a cron daemon: its crontab says what and when";
        return Loop { kind: Kind::Crontab, ..Loop::other(reason) };
    }
    if let Some((seconds, words)) = walk.watch.take() {
        return watch(seconds, words, script);
    }
    let is_left_running = walk.found.is_none() && walk.left_running.is_some();
    let Some(found) = walk.found.take().or_else(|| walk.left_running.take()) else {
        return without_loop(&walk);
    };
    if let Some(reason) = daemon(&found, &walk, is_left_running) {
        let repeats = !found.round.payload.is_empty() && !found.is_contrary;
        return Loop { kind: Kind::Daemon, repeats, ..Loop::other(reason) };
    }
    let looks_at_clock = found.round.daily.is_none() && work_time(&found, &mut walk.scope).is_some();
    let source = Source {
        looks_at_clock,
        text,
        list,
        functions: &walk.functions,
        environment: script.environment,
        arguments: script.arguments,
        name: script.name,
        shell,
    };
    let built = command::of(&found, &source);
    let (interval, schedule) = interval(&found, &mut walk, script.stagger);
    let mut reasons = Reasons::default();
    blockers(&found, &walk, is_left_running, interval, &schedule, &built, &mut reasons);
    shape(&found, text, &mut reasons);
    warnings(&found, &schedule, &built, list, &mut reasons);
    left_out(&found, &walk.functions, list, text, &mut reasons);
    Loop {
        kind: Kind::PeriodicLoop,
        commands: vec![built.words],
        own_words: built.fixed,
        interval,
        parameter: found.round.delays.iter().find_map(|delay| delay.length.parameter.clone()),
        background: found.round.background,
        fit: schedule.fit,
        schedule: schedule.expression,
        difference: schedule.difference,
        repeats: !found.is_contrary,
        convert: reasons.verdict.unwrap_or(Verdict::Yes),
        reasons: reasons.texts,
    }
}

/// A script that comes to its end, or to a program.
fn without_loop(walk: &Walk<'_, '_>) -> Loop {
    match walk.waited {
        _ if walk.idle => Loop { kind: Kind::Daemon, ..Loop::other("does nothing, for ever") },
        _ if walk.watches => Loop {
            kind: Kind::Daemon,
            repeats: true,
            ..Loop::other("its loop waits for events, not for a time")
        },
        Some(kind) if walk.works => Loop {
            kind,
            repeats: true,
            ..Loop::other("a condition ends its loop, which a schedule cannot do")
        },
        Some(Kind::Retry) => {
            Loop { kind: Kind::Retry, ..Loop::other("tries again until it succeeds, then goes on") }
        }
        Some(kind) => Loop { kind, ..Loop::other("waits until something is there, then goes on") },
        None => Loop::other("has no loop without an end"),
    }
}

/// Why an endless loop is no schedule.
fn daemon(found: &Found<'_>, walk: &Walk<'_, '_>, is_left_running: bool) -> Option<String> {
    let reason = |text: &str| Some(text.to_owned());
    let Round { delays, daily, payload, waits_for_event, .. } = &found.round;
    if payload.is_empty() {
        return reason("its loop only keeps the container up");
    }
    if *waits_for_event {
        return reason("its loop waits for events, not for a time");
    }
    if walk.started || is_left_running && walk.went_on {
        return reason("another process runs beside its loop");
    }
    if delays.is_empty() && daily.is_none() {
        let waits = visit::simple(&found.body.body).any(|simple| words::sleep(simple).is_some());
        return reason(match waits {
            true => "its loop waits within an inner loop, or in some of its rounds alone",
            false => "its loop does not wait between rounds",
        });
    }
    if payload.iter().any(|(_, only)| visit::simple(std::slice::from_ref(*only)).any(words::is_long_running))
    {
        return reason("its loop restarts a program that runs for long");
    }
    let seconds: Option<f64> = delays.iter().map(|delay| delay.seconds).sum();
    let is_program = match payload[..] {
        [(_, statement)] => !statement.background && is_program(statement, &walk.functions),
        _ => false,
    };
    let limit = if is_program { RESTART_OF_PROGRAM } else { RESTART };
    // A few seconds on the command line are meant.
    let is_given = delays.iter().any(|delay| delay.length.parameter.is_some());
    let seconds = seconds.filter(|seconds| daily.is_none() && !is_given && *seconds <= limit)?;
    Some(format!(
        "its loop starts what it runs again {seconds} s after it ended, and no schedule runs more often than once a minute"
    ))
}

/// One program in the foreground, with nothing around it.
fn is_program(statement: &Statement, functions: &Functions<'_>) -> bool {
    round::only_simple(statement).is_some_and(|simple| {
        let name = simple.words.first().map(String::as_str).unwrap_or_default();
        simple.redirections.is_empty() && !functions.has(name) && name != "eval" && !name.starts_with('$')
    })
}

fn watch(seconds: f64, words: Vec<String>, script: &Script<'_>) -> Loop {
    let interval = whole(seconds);
    let schedule = interval.map_or(NO_SCHEDULE, |interval| schedule::every(interval, script.stagger));
    let mut reasons = Reasons::default();
    if schedule.fit == Fit::SubMinute {
        reasons.block("no schedule runs more often than once a minute");
    } else {
        reasons.warn("`watch` shows the output of its command to somebody: a CronJob logs it");
    }
    Loop {
        kind: Kind::PeriodicLoop,
        own_words: words.len(),
        commands: vec![words],
        interval,
        fit: schedule.fit,
        schedule: schedule.expression,
        difference: schedule.difference,
        repeats: true,
        convert: reasons.verdict.unwrap_or(Verdict::Yes),
        reasons: reasons.texts,
        ..Loop::other("")
    }
}

const NO_SCHEDULE: Schedule = Schedule { fit: Fit::Variable, expression: None, difference: None };

/// Seconds of a round, and the schedule for them.
fn interval(found: &Found<'_>, walk: &mut Walk<'_, '_>, stagger: Option<&str>) -> (Option<u64>, Schedule) {
    let daily = found.round.daily.or_else(|| work_time(found, &mut walk.scope));
    if let Some(clock) = daily {
        let schedule = clock.map_or(NO_SCHEDULE, schedule::daily);
        let fit = Fit::Near;
        return (Some(86_400), Schedule { fit, ..schedule });
    }
    let seconds: Option<f64> = found.round.delays.iter().map(|delay| delay.seconds).sum();
    match seconds.and_then(whole) {
        None => (None, NO_SCHEDULE),
        Some(seconds) => {
            let mut schedule = match found.round.begins {
                Some(begins) => schedule::beginning(seconds, begins),
                None => schedule::every(seconds, stagger),
            };
            if found.round.varies && schedule.fit == Fit::Exact {
                schedule.fit = Fit::Near;
                schedule.difference = Some("how long it waits depends on how the round went".to_owned());
            }
            (Some(seconds), schedule)
        }
    }
}

/// The daily time of a loop that does its work when the clock says so: `if [ "$(date +%H:%M)" = 03:00 ]`.
fn work_time(found: &Found<'_>, scope: &mut Scope<'_>) -> Option<Option<Clock>> {
    let [(_, statement)] = found.round.payload[..] else { return None };
    let [(Link::First, pipeline), rest @ ..] = &statement.chain[..] else { return None };
    if let ([Command::If { arms, otherwise: None }], []) = (&pipeline.commands[..], rest) {
        let [(test, _)] = &arms[..] else { return None };
        return condition::time_of_day(test, scope).and_then(|(clock, equal)| equal.then_some(clock));
    }
    let test = Statement { chain: vec![(Link::First, pipeline.clone())], ..statement.clone() };
    match rest.first() {
        Some((Link::And, _)) => {
            condition::time_of_day(&[test], scope).and_then(|(clock, equal)| equal.then_some(clock))
        }
        _ => None,
    }
}

fn whole(seconds: f64) -> Option<u64> {
    // Longer than any schedule, and well within the numbers that are exact.
    (0.0..1e10).contains(&seconds).then(|| seconds.round() as u64)
}

/// What speaks against a CronJob, the worst last.
#[derive(Default)]
struct Reasons {
    verdict: Option<Verdict>,
    texts: Vec<String>,
}

impl Reasons {
    fn block(&mut self, text: impl Into<String>) {
        self.verdict = Some(Verdict::No);
        self.texts.push(text.into());
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.verdict = self.verdict.max(Some(Verdict::WithWarning));
        self.texts.push(text.into());
    }
}

fn blockers(
    found: &Found<'_>,
    walk: &Walk<'_, '_>,
    is_left_running: bool,
    interval: Option<u64>,
    schedule: &Schedule,
    built: &Built,
    reasons: &mut Reasons,
) {
    if walk.more_loops || !is_left_running && walk.left_running.is_some() {
        reasons.block("it runs several loops beside each other: make a service of each");
    } else if is_left_running {
        reasons.block("the script leaves its loop running and ends");
    }
    match (interval, schedule.fit) {
        (None, _) => {
            let delays = &found.round.delays;
            let wrong = delays.iter().find_map(|delay| delay.wrong.as_ref());
            let parameter = delays.iter().find_map(|delay| delay.length.parameter.as_ref());
            reasons.block(match (wrong, parameter) {
                (Some(text), _) => format!("`{text}` is not a duration: use `300`, `5m` or `1h`"),
                (None, Some(parameter)) => {
                    format!("the interval is unknown: `{}` is not set", parameter.name)
                }
                (None, None) => "the interval is computed as the loop runs".to_owned(),
            });
        }
        (Some(seconds), Fit::SubMinute) => {
            reasons.block(format!(
                "it runs every {seconds} s, and no schedule runs more often than once a minute"
            ));
        }
        (Some(_), Fit::Variable) => reasons.block("the time of day is not known"),
        _ => {}
    }
    if found.round.daily == Some(None) && schedule.expression.is_none() {
        reasons.block("the time of day is not known: it is read as the loop runs");
    }
    if walk.scripts > 0 {
        reasons.block("it starts other scripts that run beside its loop");
    }
    if built.is_long {
        reasons.block("what a round does is too long for a CronJob to carry: make it a script of its own");
        return;
    }
    if let Some(name) = touched_processes(found, &walk.functions) {
        reasons.block(format!("`{name}` acts on the container that the loop runs in"));
    }
    if let Some(name) = carried_over(found, &walk.functions) {
        reasons.block(format!("`{name}` carries something from one round to the next"));
    }
}

/// Forms of a loop that no schedule has.
fn shape(found: &Found<'_>, text: &str, reasons: &mut Reasons) {
    if let Some(behind) = &found.behind
        && (found.is_kept_by_setting || ending::can_be_left(&found.body.body))
    {
        reasons.block(format!("its loop can end, and {} comes behind it", command_at(behind, text)));
    }
    if found.round.daily.is_none() && found.round.waits_within() {
        reasons.block("it waits in the middle of a round: so would each run, beside waiting for its time");
    }
}

/// What of the script the CronJob does not have, and what is taken for granted.
fn left_out(found: &Found<'_>, functions: &Functions<'_>, list: &List, text: &str, reasons: &mut Reasons) {
    if reasons.verdict == Some(Verdict::No) {
        return;
    }
    for condition in &found.supposed {
        reasons.warn(format!("it is taken that {} holds", condition_at(condition, text)));
    }
    let passed = list.iter().take(found.top).chain(found.before.iter().copied());
    let mut traps = passed.filter(|statement| {
        round::only_simple(statement).is_some_and(|simple| is_trap_that_works(simple, functions))
    });
    if let Some(trap) = traps.next() {
        let more = if traps.next().is_some() { ", with others," } else { "" };
        let line = line_of(&trap.range, text);
        reasons.warn(format!("the trap in {line}{more} is left out: a run has no such end"));
    }
    if let Some(behind) = &found.behind {
        reasons.texts.push(format!("{} follows the loop and is left out", command_at(behind, text)));
    }
}

/// `` `cleanup` in line 5 of the script ``: its first word, and no more, for the others may be secret.
fn command_at(range: &Range<usize>, text: &str) -> String {
    let whole = text.get(range.clone()).unwrap_or_default();
    let first = whole.split_whitespace().find(|word| *word != "exec").unwrap_or_default();
    let is_plain = first.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:[{(!".contains(c));
    let name = if is_plain { format!("`{first}`") } else { "a command".to_owned() };
    format!("{name} in {}", line_of(range, text))
}

/// ``the condition on `MODE` in line 5 of the script``
fn condition_at(range: &Range<usize>, text: &str) -> String {
    let names: IndexSet<&str> = condition::names(text.get(range.clone()).unwrap_or_default()).collect();
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let on = if names.is_empty() { String::new() } else { format!(" on {}", names.join(" and ")) };
    format!("the condition{on} in {}", line_of(range, text))
}

fn line_of(range: &Range<usize>, text: &str) -> String {
    let line = text.get(..range.start).unwrap_or_default().matches('\n').count() + 1;
    format!("line {line} of the script")
}

/// Whether it does more, once the script is stopped, than to end.
fn is_trap_that_works(simple: &Simple, functions: &Functions<'_>) -> bool {
    let [trap, action, _, ..] = &simple.words[..] else { return false };
    if trap != "trap" {
        return false;
    }
    let Ok(list) = syntax::parse(&unquoted(action)) else { return false };
    let bodies = called(&list, functions);
    std::iter::once(&list).chain(bodies).flat_map(|list| visit::simple(list)).any(|simple| {
        let name = words::program(simple).unwrap_or_default();
        !words::is_inert(simple) && !functions.has(name) && !matches!(name, "kill" | "pkill" | "killall")
    })
}

/// The command of a round that acts on other processes of its container, or on memory that they share.
fn touched_processes<'s>(found: &Found<'s>, functions: &Functions<'s>) -> Option<&'s str> {
    let body = &found.body.body;
    visit::acting(body).or_else(|| called(body, functions).into_iter().find_map(|body| visit::acting(body)))
}

/// The bodies of the functions that some statements call by name.
pub(super) fn called<'s>(list: &List, functions: &Functions<'s>) -> Vec<&'s List> {
    let names: BTreeSet<&str> = visit::simple(list).filter_map(Simple::name).collect();
    names.into_iter().filter_map(|name| functions.get(name)).collect()
}

/// A variable that a round reads before it sets it, and sets.
fn carried_over(found: &Found<'_>, functions: &Functions<'_>) -> Option<String> {
    let set = assignment::names(&found.body.body, functions, 0);
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut read = None;
    for command in visit::commands(&found.body.body) {
        let Command::Simple(simple) = command else {
            if let Command::For { variable, .. } = command {
                known.insert(variable.clone());
            }
            let asked = condition::asked_names(command).into_iter();
            let mut asked = asked.filter(|name| set.contains(name) && !known.contains(name));
            read = read.or_else(|| asked.next());
            continue;
        };
        // A counter that is only told is no matter.
        let counts = !words::is_message(simple);
        let texts = simple.words.iter().map(String::as_str);
        let texts = texts.chain(simple.assignments.iter().filter_map(|(_, word)| word.as_deref()));
        if counts && !matches!(words::program(simple), Some("read")) {
            let own: Vec<&str> = texts.flat_map(condition::read_names).collect();
            let counter = simple.words.is_empty()
                && simple.assignments.iter().all(|(name, _)| own.iter().all(|read| read == name));
            for name in own.into_iter().filter(|name| set.contains(*name) && !known.contains(*name)) {
                if read.is_none() && !counter {
                    read = Some(name.to_owned());
                }
            }
        }
        known.extend(simple.assignments.iter().map(|(name, _)| name.clone()));
        if let Some(("read" | "export" | "local" | "declare" | "unset", rest)) =
            simple.words.split_first().map(|(name, rest)| (name.as_str(), rest))
        {
            known.extend(rest.iter().map(|word| word.split('=').next().unwrap_or(word).to_owned()));
        }
    }
    read
}

fn warnings(found: &Found<'_>, schedule: &Schedule, built: &Built, list: &List, reasons: &mut Reasons) {
    if let Some(difference) = &schedule.difference {
        reasons.warn(difference.clone());
    }
    if built.repeats_setup {
        reasons.warn("what the script does before its loop is done before each run");
    }
    if found.round.delays.len() > 1 {
        reasons.warn("it waits more than once a round");
    }
    match found.round.ending {
        Ending::OnSetting => reasons.warn("a setting can end the loop: the CronJob goes on"),
        Ending::OnFailure => {
            reasons.warn("a failure ended the loop and restarted the container; the CronJob runs again at its next time");
        }
        Ending::Never | Ending::OnResult => {}
    }
    if stops_at_errors(list, found) && found.round.ending == Ending::Never && !found.round.background {
        reasons.texts.push("`set -e`: a failure ended the loop and restarted the container".to_owned());
    }
    if found.round.background {
        reasons.texts.push("the loop did not wait for its command: runs may overlap".to_owned());
    }
}

/// `set -e` before the loop.
pub(super) fn stops_at_errors(list: &List, found: &Found<'_>) -> bool {
    list.iter().take(found.top).any(|statement| {
        round::only_simple(statement).is_some_and(|simple| match &simple.words[..] {
            [set, flags, ..] => set == "set" && flags.starts_with('-') && flags.contains('e'),
            _ => false,
        })
    })
}
