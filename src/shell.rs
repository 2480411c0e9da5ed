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
pub mod wait;

mod arithmetic;
mod assignment;
mod clock;
mod command;
mod condition;
mod ending;
mod file;
mod flow;
mod functions;
mod next;
mod round;
mod schedule;
mod split;
mod syntax;
mod test;
mod value;
mod verdict;
mod visit;
mod word;
mod words;

pub use file::read_file;

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
    pub environment: &'a (dyn Fn(&str) -> Option<String> + Sync),
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
    /// Does the loop go on while its command runs?
    pub background: bool,
    /// How well a schedule says the interval.
    pub fit: Fit,
    /// When a CronJob would run.
    pub schedule: Option<String>,
    /// In what the schedule differs from the interval.
    pub difference: Option<String>,
    /// Would a CronJob do the same?
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
pub fn read(script: &Script<'_>) -> Loop {
    read_here(script, 0)
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

fn read_here(script: &Script<'_>, depth: usize) -> Loop {
    let text = unified(script.text);
    let list = match syntax::parse(&text) {
        Ok(list) => list,
        Err(Unreadable::Syntax(error)) => return Loop::other(format!("is no script: {error}")),
        Err(Unreadable::TooDeep) => return Loop::other("is nested too deeply to be read".to_owned()),
        Err(Unreadable::TooLong) => return Loop::other("is too long to be read".to_owned()),
    };
    if depth < 3
        && let Some(Invocation::Inline { shell, text, name, arguments }) = only_inner_script(&list, script)
    {
        let name = name.unwrap_or_default();
        let inner = Script { text: &text, name: &name, arguments: &arguments, shell: &shell, ..*script };
        return read_here(&inner, depth + 1);
    }
    let shell = if script.shell.is_empty() { shell_of(&text) } else { script.shell.to_vec() };
    let walk = Walk::through(&list, Scope::new(script.arguments, script.environment));
    verdict::of(walk, &list, &text, script, &shell)
}

/// A script that is nothing but `sh -c TEXT`.
fn only_inner_script(list: &syntax::List, script: &Script<'_>) -> Option<Invocation> {
    let [statement] = &list[..] else { return None };
    let simple = round::only_simple(statement)?;
    let words: Option<Vec<Vec<String>>> =
        simple.words.iter().map(|word| split::split_word(word, script.arguments)).collect();
    let invocation = command_line::read(&words?.concat())?;
    matches!(invocation, Invocation::Inline { .. }).then_some(invocation)
}

/// Lines that end as they do on Unix, without a byte order mark.
fn unified(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\0', " ")
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
    let program = match program.rsplit('/').next().unwrap_or(program) {
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
    fn other(reason: String) -> Self {
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
            convert: Verdict::No,
            reasons: vec![reason],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn look(text: &str, arguments: &[&str]) -> Loop {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        read(&Script {
            text,
            name: "run.sh",
            arguments: &arguments,
            shell: &[],
            environment: &|name| (name == "GIVEN").then(|| "120".to_owned()),
            stagger: None,
        })
    }

    #[test]
    fn loops_are_told_from_all_else() {
        let cases = [
            ("while :; do bin/console $1; sleep $2; done", Kind::PeriodicLoop),
            ("until false; do x; sleep 60; done", Kind::PeriodicLoop),
            ("for ((;;)); do x; sleep 60; done", Kind::PeriodicLoop),
            ("for ((i=0;;i++)); do x $i; sleep 60; done", Kind::PeriodicLoop),
            ("while sleep 60; do x; done", Kind::PeriodicLoop),
            ("while (( 1 )); do x & sleep 5m & wait $!; done", Kind::PeriodicLoop),
            ("run=1; trap 'run=0' TERM; while [ $run = 1 ]; do x; sleep 60; done", Kind::PeriodicLoop),
            ("f() { x; sleep 60; }\nwhile true; do f; done", Kind::PeriodicLoop),
            ("main() { while true; do x; sleep 60; done; }\nmain \"$@\"", Kind::PeriodicLoop),
            ("while [ 1 ]; do x || exit 1; sleep 60; done", Kind::PeriodicLoop),
            ("watch -n 60 x", Kind::PeriodicLoop),
            ("sh -c 'while true; do x; sleep 60; done'", Kind::PeriodicLoop),
            ("while true; do x; sleep 60; done | tee log", Kind::PeriodicLoop),
            ("until nc -z db 3306; do sleep 1; done; exec app", Kind::WaitUntil),
            ("while true; do if curl -f u; then break; fi; sleep 5; done", Kind::WaitUntil),
            ("until make; do sleep 5; done", Kind::Retry),
            ("while true; do sleep 3600; done", Kind::Daemon),
            ("while sleep 3600; do :; done & wait", Kind::Daemon),
            ("while true; do ./sync; sleep 60; done", Kind::PeriodicLoop),
            ("while true; do x; done", Kind::Daemon),
            ("while true; do php worker.php; sleep 1; done", Kind::Daemon),
            ("while true; do nginx -s reload; sleep 6h; done & nginx -g 'daemon off;'", Kind::Daemon),
            ("tail -f /dev/null", Kind::Daemon),
            ("sleep infinity", Kind::Daemon),
            ("while inotifywait -r .; do make; sleep 60; done", Kind::Daemon),
            ("echo '* * * * * x' | crontab - && crond -f", Kind::Crontab),
            ("exec /usr/sbin/cron -f", Kind::Crontab),
            ("echo hello", Kind::Other),
            ("while read line; do echo $line; done", Kind::Other),
            ("", Kind::Other),
            ("if", Kind::Other),
        ];
        for (text, kind) in cases {
            let found = look(text, &[]);
            assert_eq!(found.kind, kind, "{text}: {:?}", found.reasons);
        }
    }

    #[test]
    fn commands_are_what_the_loop_would_run() {
        let cases: [(&str, &[&str], &[&str], usize); 10] = [
            (
                "while :\ndo\n  bin/console $1\n  sleep $2\ndone",
                &["a --b=1", "300"],
                &["bin/console", "a", "--b=1"],
                1,
            ),
            ("while :; do bin/console \"$1\"; sleep 60; done", &["a b"], &["bin/console", "a b"], 1),
            ("while :; do echo start; x y; echo end; sleep 60; done", &[], &["x", "y"], 2),
            ("while :; do x > /dev/stdout 2>&1; sleep 60; done", &[], &["x"], 1),
            ("while :; do x $A; sleep 60; done", &[], &["sh", "-c", "x $A"], 3),
            ("while :; do a; b; sleep 60; done", &[], &["sh", "-c", "a; b"], 3),
            ("cd /app\nwhile :; do a; sleep 60; done", &[], &["sh", "-c", "cd /app\na"], 3),
            ("#!/bin/bash -e\nwhile :; do a && b; sleep 60; done", &[], &["bash", "-ec", "a && b"], 3),
            (
                "while :; do a | b $1; sleep 60; done",
                &["c", "d"],
                &["sh", "-c", "a | b $1", "run.sh", "c"],
                4,
            ),
            (
                "while :; do if [ $A ]; then break; fi; a; sleep 60; done",
                &[],
                &["sh", "-c", "for _ in once; do if [ $A ]; then break; fi; a;  done"],
                3,
            ),
        ];
        for (text, arguments, expected, own) in cases {
            let found = look(text, arguments);
            assert_eq!(found.commands, [expected], "{text}");
            assert_eq!(found.own_words, own, "{text}");
        }
    }

    #[test]
    fn intervals_come_from_anywhere() {
        let cases: [(&str, Option<u64>, Fit); 12] = [
            ("while :; do x; sleep 5m; done", Some(300), Fit::Exact),
            ("while :; do x; sleep 1h 30m; done", Some(5_400), Fit::Every),
            ("while :; do x; sleep $((60 * 7)); done", Some(420), Fit::Near),
            ("while :; do x; sleep $GIVEN; done", Some(120), Fit::Exact),
            ("while :; do x; sleep ${OTHER:-300}; done", Some(300), Fit::Exact),
            ("[ -z \"$I\" ] && I=300\nwhile :; do x; sleep $I; done", Some(300), Fit::Exact),
            ("if [ -z \"$I\" ]; then I=5; fi\nwhile :; do x; sleep ${I}m; done", Some(300), Fit::Exact),
            (": ${I:=300}\nwhile :; do x; sleep $I; done", Some(300), Fit::Exact),
            ("while :; do x; sleep $OTHER; done", None, Fit::Variable),
            ("while :; do x; sleep $(cat f); done", None, Fit::Variable),
            ("while :; do x; sleep 20; done", Some(20), Fit::SubMinute),
            (
                "while :; do sleep $(( $(date -d 'tomorrow 03:05' +%s) - $(date +%s) )); x; done",
                Some(86_400),
                Fit::Near,
            ),
        ];
        for (text, interval, fit) in cases {
            let found = look(text, &[]);
            assert_eq!((found.interval, found.fit), (interval, fit), "{text}: {:?}", found.reasons);
        }
        let daily = look("while :; do if [ \"$(date +%H:%M)\" = 03:05 ]; then x; fi; sleep 60; done", &[]);
        assert_eq!(daily.schedule.as_deref(), Some("5 3 * * *"));
        assert_eq!(daily.commands, [["sh", "-c", "x"]]);
    }

    #[test]
    fn what_a_cronjob_would_not_do_is_not_converted() {
        let texts = [
            "while :; do x; sleep 20; done",
            "while :; do x; sleep $OTHER; done",
            "while :; do nginx -s reload; sleep 6h; done",
            "while :; do new=$(x); [ \"$new\" = \"$old\" ] || y; old=$new; sleep 60; done",
            "while :; do x; sleep 60; done &",
            "/other.sh &\nwhile :; do x; sleep 60; done",
        ];
        for text in texts {
            let found = look(text, &[]);
            assert_eq!((found.kind, found.convert), (Kind::PeriodicLoop, Verdict::No), "{text}");
        }
    }

    #[test]
    fn depth_and_length_have_limits() {
        for text in
            ["(".repeat(100_000), "if :; then ".repeat(5_000), "! ".repeat(50_000), "x".repeat(2 << 20)]
        {
            assert_eq!(look(&text, &[]).kind, Kind::Other);
        }
    }

    /// Texts that are nearly scripts.
    fn nearly_script() -> impl Strategy<Value = String> {
        let words = "while until for do done if then else fi case in esac true : sleep 60 $X ${X:-5} $((X*60)) $(date) \
            \"$1\" 'a x & && || | ; ( ) { } (( )) [[ ]] [ ] ! = > <<E E $! wait trap exit break f() f é ` # \\ A=1 \
            export local echo exec";
        let words: Vec<&str> = words.split_whitespace().chain(["\n"]).collect();
        proptest::collection::vec(proptest::sample::select(words), 0..40).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,200}") {
            look(&text, &["a", "60"]);
        }

        #[test]
        fn anything_like_a_script_is_taken(text in nearly_script()) {
            let found = look(&text, &["a", "60"]);
            prop_assert!(found.kind == Kind::PeriodicLoop || found.convert == Verdict::No);
            let inside = look(&format!("while :; do {text}; sleep 60; done"), &[]);
            prop_assert!(inside.kind == Kind::PeriodicLoop || inside.convert == Verdict::No);
        }
    }
}
