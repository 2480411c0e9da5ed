//! What people would write differently in a script: loops that stand for something else, and what those do to
//! failures, signals and arguments. Each with its bytes in the text.

use std::ops::Range;

use super::{
    Script, Scripts, clock,
    command_line::Invocation,
    ending::{self, Ending},
    flow::{Found, Walk},
    functions::Functions,
    only_inner_script, round, shell_of,
    syntax::{Command, Condition, Link, List, Pipeline, Simple, Statement},
    value::Scope,
    verdict, visit, words,
};

/// Seconds up to which a loop restarts what ended.
const RESTART: f64 = 5.0;

/// Seconds that a container has to end in when Compose stops it.
const GRACE: f64 = 10.0;

/// Seconds from which a lone `sleep` is there to keep a container up.
const LONG: f64 = 86_400.0;

/// What there is to say of a script.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Habits {
    /// What it never comes out of.
    pub endless: Option<Endless>,
    /// Loops that wait until something else answers.
    pub waits: Vec<Range<usize>>,
}

/// What a script never comes out of.
#[derive(Debug, Clone, PartialEq)]
pub struct Endless {
    /// What it is for.
    pub class: Class,
    /// Its bytes, if it is a loop.
    pub range: Option<Range<usize>>,
    /// Seconds from one round to the next.
    pub interval: Option<u64>,
    /// Commands that may fail without anything being made of it.
    pub unheeded: Vec<Range<usize>>,
    /// Waits in the foreground that are longer than a container has to end in; none if signals are trapped.
    pub deaf: Vec<Range<usize>>,
    /// Arguments of the script that are split at blanks where they are used.
    pub split: Vec<(Range<usize>, String)>,
}

/// What an endless loop is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It does something at intervals.
    Periodic,
    /// It starts something again as soon as it ended.
    Restart,
    /// It does nothing.
    Idle,
}

impl Habits {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.endless.is_none() && self.waits.is_empty()
    }

    /// The same with other places.
    fn moved(mut self, to: &dyn Fn(Range<usize>) -> Range<usize>) -> Self {
        let all = |ranges: &mut Vec<Range<usize>>| {
            for range in ranges {
                *range = to(range.clone());
            }
        };
        all(&mut self.waits);
        if let Some(endless) = &mut self.endless {
            endless.range = endless.range.take().map(to);
            all(&mut endless.unheeded);
            all(&mut endless.deaf);
            for (range, _) in &mut endless.split {
                *range = to(range.clone());
            }
        }
        self
    }
}

/// Reads the habits of a script.
pub(super) fn of(script: &Script<'_>, scripts: &Scripts) -> Habits {
    of_here(script, scripts, 0).unwrap_or_default()
}

fn of_here(script: &Script<'_>, scripts: &Scripts, depth: usize) -> Option<Habits> {
    let parsed = scripts.parse(script.text);
    let program = parsed.program.as_ref().ok()?;
    if depth < 3
        && let Some(inner) = only_inner_script(program, script)
    {
        let Invocation::Inline { shell, text, name, arguments } = inner else { return None };
        let name = name.unwrap_or_default();
        let inner = Script { text: &text, name: &name, arguments: &arguments, shell: &shell, ..*script };
        let whole = program.list.first()?.range.clone();
        return Some(of_here(&inner, scripts, depth + 1)?.moved(&|_| whole.clone()));
    }
    let walk = Walk::through(&program.list, Scope::new(script.arguments, script.environment));
    let habits = Habits {
        waits: waits(&program.list, &walk.functions),
        endless: endless(walk, program, (script, &parsed.text)),
    };
    let origin = Origin::of(script.text);
    Some(habits.moved(&|range| origin.of_byte(range.start)..origin.of_byte(range.end)))
}

/// Where the bytes of a text were before the ends of its lines were unified.
struct Origin {
    start: usize,
    /// The bytes that were taken out, as places in the text without them.
    dropped: Vec<usize>,
}

impl Origin {
    fn of(text: &str) -> Self {
        let start = text.len() - text.trim_start_matches('\u{feff}').len();
        let returns = text[start..].match_indices("\r\n").enumerate();
        Self { start, dropped: returns.map(|(before, (at, _))| at - before).collect() }
    }

    fn of_byte(&self, at: usize) -> usize {
        self.start + at + self.dropped.partition_point(|dropped| *dropped < at)
    }
}

fn endless(
    mut walk: Walk<'_, '_>,
    program: &super::syntax::Program,
    (script, text): (&Script<'_>, &str),
) -> Option<Endless> {
    let list = &program.list;
    if walk.cron {
        return None;
    }
    if let Some((seconds, _)) = walk.watch.take() {
        let class = if seconds > RESTART { Class::Periodic } else { Class::Restart };
        return Some(Endless { interval: whole(seconds), ..Endless::of(class) });
    }
    let Some(found) = walk.found.take() else {
        let idles = list.iter().all(|statement| is_idle(statement, &walk.functions))
            && visit::simple(list).any(stays);
        return idles.then(|| Endless::of(Class::Idle));
    };
    let class = class(&found, &walk, list)?;
    let seconds: Option<f64> = found.round.delays.iter().map(|delay| delay.seconds).sum();
    let seconds = seconds.filter(|_| found.round.daily.is_none() && !found.round.delays.is_empty());
    let traps = visit::simple(list).any(|simple| simple.name() == Some("trap"));
    let long = found.round.delays.iter().filter(|delay| delay.seconds.is_some_and(|own| own > GRACE));
    let deaf = long.filter(|delay| !traps && delay.ranges.len() == 1).flat_map(|delay| delay.ranges.clone());
    let payload = found.round.payload.iter().map(|(_, statement)| *statement);
    Some(Endless {
        class,
        range: Some(found.body.range.clone()),
        interval: seconds.and_then(whole),
        unheeded: unheeded(&found, list, &shell_flags(script, text)),
        deaf: deaf.collect(),
        split: payload.flat_map(|statement| split(statement, text)).collect(),
    })
}

impl Endless {
    fn of(class: Class) -> Self {
        Self { class, range: None, interval: None, unheeded: Vec::new(), deaf: Vec::new(), split: Vec::new() }
    }
}

/// What a loop is for; nothing if it is none of the classes.
fn class(found: &Found<'_>, walk: &Walk<'_, '_>, list: &List) -> Option<Class> {
    let round = &found.round;
    if found.is_contrary || round.waits_for_event {
        return None;
    }
    if round.payload.is_empty() {
        let is_alone = !walk.started && walk.scripts == 0 && !found.is_kept_by_setting;
        let others = list.iter().enumerate().filter(|(at, _)| *at != found.top);
        let are_inert = others.map(|(_, other)| other).all(|other| is_idle(other, &walk.functions));
        let is_only = is_alone && are_inert && !found.is_wrapped && round.ending == Ending::Never;
        return is_only.then_some(Class::Idle);
    }
    let mut programs = round.payload.iter().flat_map(|(_, only)| visit::simple(std::slice::from_ref(*only)));
    if programs.any(words::is_long_running) {
        return Some(Class::Restart);
    }
    if round.delays.is_empty() && round.daily.is_none() {
        let waits = visit::simple(&found.body.body).any(|simple| words::sleep(simple).is_some());
        return (!waits && !walk.started).then_some(Class::Restart);
    }
    let seconds: Option<f64> = round.delays.iter().map(|delay| delay.seconds).sum();
    let is_short = round.daily.is_none() && seconds.is_some_and(|seconds| seconds <= RESTART);
    if is_short && walk.started {
        return None;
    }
    Some(if is_short { Class::Restart } else { Class::Periodic })
}

/// Whether a statement does nothing, for ever or for a moment.
fn is_idle(statement: &Statement, functions: &Functions<'_>) -> bool {
    round::is_inert(statement, functions, 0)
        || statement.chain.iter().all(|(_, pipeline)| match &pipeline.commands[..] {
            [Command::Simple(simple)] => {
                follows_nothing(simple) || words::is_inert(simple) || words::program(simple) == Some("wait")
            }
            _ => false,
        })
}

/// Whether it keeps the container up all by itself.
fn stays(simple: &Simple) -> bool {
    let seconds = words::sleep(simple).and_then(|operands| clock::seconds_of(operands.first()?));
    follows_nothing(simple) || seconds.is_some_and(|seconds| seconds >= LONG)
}

/// `tail -f /dev/null`.
fn follows_nothing(simple: &Simple) -> bool {
    let words = words::program_words(simple);
    words.first() == Some(&"tail") && words.contains(&"/dev/null") && words::is_long_running(simple)
}

fn whole(seconds: f64) -> Option<u64> {
    (1.0..1e10).contains(&seconds).then(|| seconds.round() as u64)
}

/// The flags of the shell that reads the text.
fn shell_flags(script: &Script<'_>, text: &str) -> Vec<String> {
    let shell = if script.shell.is_empty() { shell_of(text) } else { script.shell.to_vec() };
    let flags = shell.into_iter().skip(1);
    flags.filter(|flag| flag.starts_with('-') && !flag.starts_with("--")).collect()
}

/// The commands of a round that may fail without anything being made of it.
fn unheeded(found: &Found<'_>, list: &List, flags: &[String]) -> Vec<Range<usize>> {
    let stops = verdict::stops_at_errors(list, found) || flags.iter().any(|flag| flag.contains('e'));
    let heeds = stops || found.round.ending == Ending::OnFailure;
    let body = &found.body.body;
    let asks_status = |at: usize| {
        let next = body.get(at + 1);
        next.is_some_and(|next| {
            let all = visit::simple(std::slice::from_ref(next));
            let words: Vec<&String> = all.flat_map(|simple| &simple.words).collect();
            words.iter().any(|word| word.contains("$?"))
                || visit::simple(std::slice::from_ref(next))
                    .any(|simple| simple.assignments.iter().any(|(_, value)| value.as_deref() == Some("$?")))
        })
    };
    let payload = found.round.payload.iter().filter(|(_, statement)| !statement.background);
    payload
        .filter(|(at, statement)| match fallback(statement) {
            Some(last) => succeeds(last),
            None => !heeds && is_plain(statement) && !asks_status(*at),
        })
        .map(|(_, statement)| statement.range.clone())
        .collect()
}

/// What runs if the rest of a statement fails.
fn fallback(statement: &Statement) -> Option<&Pipeline> {
    statement.chain.iter().find(|(link, _)| *link == Link::Or).map(|(_, pipeline)| pipeline)
}

/// Whether it succeeds, whatever it says.
fn succeeds(pipeline: &Pipeline) -> bool {
    pipeline.commands.iter().all(|command| match command {
        Command::Simple(simple) => words::program(simple).is_some_and(words::always_succeeds),
        _ => false,
    })
}

/// Commands and nothing around them that looks at how they end.
fn is_plain(statement: &Statement) -> bool {
    let commands = statement.chain.iter().flat_map(|(_, pipeline)| &pipeline.commands);
    commands.into_iter().all(|command| matches!(command, Command::Simple(_)))
}

/// The arguments of the script that a statement uses without quotes.
fn split(statement: &Statement, text: &str) -> Vec<(Range<usize>, String)> {
    let start = statement.range.start;
    let own = text.get(statement.range.clone()).unwrap_or_default();
    let found = unquoted_arguments(own).into_iter();
    found.map(|(range, name)| (start + range.start..start + range.end, name)).collect()
}

/// `$1`, `${12}`, `$@` and `$*` outside of quotes and of assignments.
fn unquoted_arguments(text: &str) -> Vec<(Range<usize>, String)> {
    let (mut found, mut quote, mut word) = (Vec::new(), None, 0);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (None | Some(b'"'), b'\\') => at += 1,
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            (None, b' ' | b'\t' | b'\n' | b';' | b'|' | b'&' | b'(') => word = at + 1,
            (None, b'$') => {
                let is_assigned = text.get(word..at).is_some_and(|before| {
                    before.strip_suffix('=').is_some_and(crate::compose::template::is_name)
                });
                if let Some((length, name)) = argument(&bytes[at + 1..]).filter(|_| !is_assigned) {
                    found.push((at..at + 1 + length, name));
                    at += length;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The argument that the bytes behind a `$` name, and how many bytes that takes.
fn argument(bytes: &[u8]) -> Option<(usize, String)> {
    let (inner, braces) = match bytes.split_first()? {
        (b'{', inner) => (inner, 2),
        _ => (bytes, 0),
    };
    let digits = inner.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = match inner.first()? {
        b'@' | b'*' => 1,
        b'1'..=b'9' if braces > 0 => digits,
        b'1'..=b'9' => 1,
        _ => return None,
    };
    if braces > 0 && inner.get(length) != Some(&b'}') {
        return None;
    }
    let name = String::from_utf8_lossy(&inner[..length]).into_owned();
    Some((length + braces, format!("${name}")))
}

/// Loops that wait until something else answers, those of functions included.
fn waits(list: &List, functions: &Functions<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let called = verdict::called(list, functions);
    for list in std::iter::once(list).chain(called) {
        enter(list, &mut found);
    }
    found.sort_by_key(|range| range.start);
    found.dedup();
    found
}

fn enter(list: &[Statement], found: &mut Vec<Range<usize>>) {
    for (_, pipeline) in list.iter().flat_map(|statement| &statement.chain) {
        for command in &pipeline.commands {
            if is_wait(command) {
                found.push(pipeline.range.clone());
            } else {
                command.lists().into_iter().for_each(|inner| enter(inner, found));
            }
        }
    }
}

fn is_wait(command: &Command) -> bool {
    let only_asks = |body: &List| !visit::works(body);
    let is_left_by_answer =
        |body: &List| asks(body) && only_asks(body) && (ending::can_be_left(body) || ends(body));
    let sleeps = |body: &List| visit::simple(body).any(|simple| words::sleep(simple).is_some());
    match command {
        Command::Loop(looped) => match &looped.condition {
            Condition::List(test) if asks(test) => {
                (looped.until || is_negative(test)) && only_asks(&looped.body)
            }
            _ => is_left_by_answer(&looped.body),
        },
        Command::For { body, .. } => sleeps(body) && is_left_by_answer(body),
        _ => false,
    }
}

/// Whether it ends the script within.
fn ends(body: &List) -> bool {
    visit::simple(body)
        .any(|simple| matches!(simple.words.first().map(String::as_str), Some("exit" | "return")))
}

/// Whether it asks whether something outside is there.
fn asks(list: &List) -> bool {
    visit::simple(list).any(|simple| {
        if simple.targets().any(|target| target.contains("/dev/tcp/")) {
            return true;
        }
        match words::program(simple) {
            Some("[" | "test") => simple.words.iter().any(|word| {
                matches!(word.as_str(), "-e" | "-f" | "-S" | "-s" | "-d")
                    || word.contains("$(")
                    || word.contains('`')
            }),
            Some(name) => words::is_probe(name),
            None => false,
        }
    })
}

/// Whether it holds as long as the answer is no.
fn is_negative(list: &List) -> bool {
    let pipelines = list.iter().flat_map(|statement| &statement.chain);
    pipelines.into_iter().any(|(_, pipeline)| {
        let says_no = |command: &Command| match command {
            Command::Simple(simple) => simple.words.iter().any(|word| word == "!" || word == "!="),
            Command::Test(super::test::Test::Not(_)) => true,
            _ => false,
        };
        pipeline.negated || pipeline.commands.iter().any(says_no)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Habits {
        let arguments = ["sync --all".to_owned()];
        let script = Script {
            text,
            name: "",
            arguments: &arguments,
            shell: &[],
            environment: &|_| None,
            stagger: None,
        };
        of(&script, &Scripts::default())
    }

    #[test]
    fn endless_loops_have_a_class_or_none() {
        use Class::{Idle, Periodic, Restart};
        let cases = [
            ("while :; do x; sleep 300; done", Some((Periodic, Some(300)))),
            ("while :; do x; sleep 10; done", Some((Periodic, Some(10)))),
            ("watch -n 300 x", Some((Periodic, Some(300)))),
            ("while sleep 600; do x; done", Some((Periodic, Some(600)))),
            ("while :; do x; sleep 1; done", Some((Restart, Some(1)))),
            ("while :; do x; done", Some((Restart, None))),
            ("while :; do nginx; sleep 60; done", Some((Restart, Some(60)))),
            ("tail -f /dev/null", Some((Idle, None))),
            ("exec sleep infinity", Some((Idle, None))),
            ("trap : TERM; sleep infinity & wait", Some((Idle, None))),
            ("echo up; while true; do sleep 1000; done", Some((Idle, Some(1000)))),
            ("tail -f /var/log/app.log", None),
            ("service x start; tail -f /dev/null", None),
            ("server & while true; do sleep 1000; done", None),
            ("while :; do i=$((i+1)); [ $i -gt 9 ] && exit 1; sleep 1; done", None),
            ("i=0; while [ $i -lt 30 ]; do i=$((i+1)); sleep 2; done", None),
            ("while inotifywait /conf; do x; done", None),
            ("while read -r x; do y; done < f", None),
            ("crond -f", None),
            ("sleep 10; exec x", None),
        ];
        for (text, expected) in cases {
            let found = look(text).endless.map(|endless| (endless.class, endless.interval));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_a_loop_does_to_failures_signals_and_arguments_is_found() {
        let cases = [
            ("while :; do x $1; sleep 300; done", vec!["x $1"], vec!["sleep 300"], vec!["$1"]),
            ("while :; do x \"$1\" || true; sleep 9; done", vec!["x \"$1\" || true"], vec![], vec![]),
            ("while :; do x || exit 1; sleep 12; done", vec![], vec!["sleep 12"], vec![]),
            ("set -e; while :; do x ${1} '$2' A=$1; sleep 9; done", vec![], vec![], vec!["${1}"]),
            ("trap x TERM; while :; do if x; then y; fi; sleep 300; done", vec![], vec![], vec![]),
            ("while :; do x; s=$?; sleep 300 & wait $!; done", vec![], vec![], vec![]),
            ("while :\r\ndo\r\n x $@\r\n sleep 99\r\ndone", vec!["x $@"], vec!["sleep 99"], vec!["$@"]),
        ];
        for (text, unheeded, deaf, split) in cases {
            let found = look(text).endless.unwrap();
            let slices = |ranges: &[Range<usize>]| -> Vec<String> {
                ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
            };
            assert_eq!(slices(&found.unheeded), unheeded, "{text}");
            assert_eq!(slices(&found.deaf), deaf, "{text}");
            let ranges: Vec<Range<usize>> = found.split.into_iter().map(|(range, _)| range).collect();
            assert_eq!(slices(&ranges), split, "{text}");
        }
    }

    #[test]
    fn intervals_that_no_schedule_has_have_neighbours() {
        use crate::shell::nearest_intervals;
        for seconds in [60, 300, 3_600, 7_200, 86_400, 604_800] {
            assert_eq!(nearest_intervals(seconds), None, "{seconds}");
        }
        assert_eq!(nearest_intervals(30), Some((None, Some(60))));
        assert_eq!(nearest_intervals(2_700), Some((Some(1_800), Some(3_600))));
        assert_eq!(nearest_intervals(172_800), Some((Some(86_400), Some(604_800))));
    }

    #[test]
    fn loops_that_wait_are_found() {
        for text in [
            "until nc -z db 1; do sleep 1; done; exec x",
            "while ! curl -sf http://x; do echo waiting; sleep 2; done; x",
            "for i in $(seq 30); do nc -z db 1 && break; sleep 1; done; x",
            "while true; do if curl -sf x; then break; fi; sleep 1; done; x",
            "ready() { until pg_isready; do sleep 1; done; }; ready; x",
            "until (echo > /dev/tcp/db/1) 2>/dev/null; do sleep 1; done; x",
            "n=0; until pg_isready; do n=$((n+1)); [ $n -gt 9 ] && exit 1; sleep 1; done; x",
            "while [ ! -f /ready ]; do sleep 1; done; x",
        ] {
            assert_eq!(look(text).waits.len(), 1, "{text}");
        }
        for text in [
            "n=0; while [ $n -lt 9 ]; do n=$((n+1)); sleep 60; done",
            "while pg_isready; do sleep 5; done",
            "until migrate; do sleep 5; done",
            "while :; do x; sleep 60; done",
            "for i in a b; do curl $i; sleep 1; done",
        ] {
            assert!(look(text).waits.is_empty(), "{text}");
        }
    }
}
