//! What a command does once a container has started it: one answer, from one reading of its script.

use super::{
    Kind, Loop, Script, Scripts,
    command_line::{self, Invocation},
    cron_daemon::{self, CronDaemon},
    finite,
    habits::{self, Habits},
    line, read,
    wait::{self, Wait},
};

/// What a command does.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Behaviour {
    /// It does something again and again.
    Loop {
        /// What, and how often.
        found: Loop,
        /// The loop is what the entrypoint of the image is given, and nobody knows what that does with it.
        is_given: bool,
    },
    /// It starts a cron daemon.
    Cron(CronDaemon),
    /// It waits for hosts and ports first.
    Wait {
        /// For which, and where in the command.
        wait: Wait,
        /// What the whole command does otherwise.
        then: Box<Behaviour>,
    },
    /// It comes to its end by itself.
    RunsToCompletion {
        /// Not before something else is there.
        waits: bool,
    },
    /// It stays up until somebody stops it.
    Serves,
    /// Nobody knows.
    #[default]
    Unknown,
}

/// A command as a container starts it.
#[derive(Clone, Copy)]
pub struct Started<'a> {
    /// All of its words, as far as they are known.
    pub words: &'a [String],
    /// Those that the image's own entrypoint is given, if it stands before them.
    pub arguments: Option<&'a [String]>,
    /// Nobody knows what that entrypoint is.
    pub behind_entrypoint: bool,
    /// The program that the image is, if it is no more than that.
    pub program: Option<&'a str>,
    /// The text of a file in the container, if it is known.
    pub file: &'a dyn Fn(&str) -> Option<String>,
    /// The variables of the container, as far as they are known.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Spreads the schedules of a project: jobs of other names start at other minutes.
    pub stagger: Option<&'a str>,
}

/// The script that a command runs.
#[derive(Debug, Clone, Default)]
pub struct TextOfCommand {
    /// The text.
    pub text: String,
    /// `$0`; the path in the container of a file.
    pub name: String,
    /// `$1` and on.
    pub arguments: Vec<String>,
    /// What runs the text.
    pub shell: Vec<String>,
    /// Whether it is the text of a file.
    pub is_file: bool,
}

impl TextOfCommand {
    fn script<'a>(&'a self, started: &Started<'a>) -> Script<'a> {
        Script {
            text: &self.text,
            name: &self.name,
            arguments: &self.arguments,
            shell: &self.shell,
            environment: started.environment,
            stagger: started.stagger,
        }
    }
}

impl Behaviour {
    /// Says what a command does.
    pub fn of(started: &Started<'_>, scripts: &Scripts) -> Self {
        let given = || started.cron(started.arguments?, scripts);
        let daemon = started.cron(started.words, scripts).or_else(given);
        if let Some(daemon) = daemon.filter(|daemon| !daemon.words.is_empty()) {
            return Behaviour::Cron(daemon);
        }
        let wait = wait::read(started.words, scripts);
        // A script that waits for another service loops until then; what it is about stands behind it.
        let may_loop = wait.as_ref().is_none_or(|wait| wait.text.is_some());
        let looped = may_loop.then(|| started.looped(scripts)).flatten();
        let then = looped.unwrap_or_else(|| started.ending(scripts));
        match wait {
            Some(wait) => Behaviour::Wait { wait, then: Box::new(then) },
            None => then,
        }
    }

    /// What it does once it has waited.
    pub fn after_waiting(&self) -> &Behaviour {
        match self {
            Behaviour::Wait { then, .. } => then.after_waiting(),
            other => other,
        }
    }
}

impl Started<'_> {
    /// The cron daemon that some words start, or what they prepare for one.
    fn cron(&self, words: &[String], scripts: &Scripts) -> Option<CronDaemon> {
        match command_line::read(words)? {
            Invocation::Inline { text, .. } => cron_daemon::read(&[&text], self.environment, scripts),
            Invocation::File { shell, path, arguments } => match self.script(&shell, &path) {
                // Entrypoints usually end by running what they are given.
                Some(text) if text.contains("\"$@\"") => {
                    cron_daemon::read(&[&text, &line(&arguments)], self.environment, scripts)
                }
                Some(text) => cron_daemon::read(&[&text], self.environment, scripts),
                None => cron_daemon::read(&[&line(words)], self.environment, scripts),
            },
        }
    }

    /// The text of a script, if it is one for a shell.
    fn script(&self, shell: &[String], path: &str) -> Option<String> {
        (self.file)(path).filter(|text| !shell.is_empty() || command_line::is_shell_script(text))
    }

    /// The loop that the command is, or that the image's entrypoint, which usually runs what it is given, is given.
    fn looped(&self, scripts: &Scripts) -> Option<Behaviour> {
        let own = self.read(self.words, scripts).filter(|found| found.repeats);
        if let Some(found) = own {
            return Some(Behaviour::Loop { found, is_given: self.behind_entrypoint });
        }
        let found = self.read(self.arguments?, scripts).filter(|found| found.repeats)?;
        Some(Behaviour::Loop { found, is_given: true })
    }

    /// How the command ends, or that it does not.
    fn ending(&self, scripts: &Scripts) -> Behaviour {
        let is_other = |program: &&str| self.words.first().is_none_or(|word| word != program);
        let program = self.program.filter(|_| self.behind_entrypoint).filter(is_other);
        let words: Vec<String> =
            program.map(str::to_owned).into_iter().chain(self.words.iter().cloned()).collect();
        let kind = self.read(&words, scripts).map(|found| found.kind);
        if finite::ends(&words, self.file, scripts) {
            Behaviour::RunsToCompletion { waits: matches!(kind, Some(Kind::WaitUntil | Kind::Retry)) }
        } else if kind == Some(Kind::Daemon) {
            Behaviour::Serves
        } else {
            Behaviour::Unknown
        }
    }

    /// What some words run, if that is a script that can be read.
    fn read(&self, words: &[String], scripts: &Scripts) -> Option<Loop> {
        Some(read(&self.text_of(words)?.script(self), scripts))
    }

    /// What people would write differently in the script: that of the whole command, or the one that the image's
    /// entrypoint is given.
    pub fn habits(&self, scripts: &Scripts) -> Option<(Habits, TextOfCommand)> {
        let look = |words: &[String]| {
            let text = self.text_of(words)?;
            let habits = habits::of(&text.script(self), scripts);
            (!habits.is_empty()).then_some((habits, text))
        };
        look(self.words).or_else(|| look(self.arguments?))
    }

    /// The script that some words run.
    fn text_of(&self, words: &[String]) -> Option<TextOfCommand> {
        Some(match command_line::read(words)? {
            Invocation::Inline { shell, text, name, arguments } => {
                TextOfCommand { text, name: name.unwrap_or_default(), arguments, shell, is_file: false }
            }
            Invocation::File { shell, path, arguments } => match self.script(&shell, &path) {
                Some(text) => TextOfCommand { text, name: path, arguments, shell, is_file: true },
                // A cron daemon, or `watch`: the words themselves are the script.
                None => TextOfCommand { text: line(words), ..TextOfCommand::default() },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a command does, in a word, and how many texts were parsed. Words stand between `|`, which is `¦` within
    /// them.
    fn look(line: &str, program: Option<&str>) -> (&'static str, usize) {
        let words: Vec<String> = line.split('|').map(|word| word.replace('¦', "|")).collect();
        let scripts = Scripts::default();
        let file = |path: &str| match path {
            "/entrypoint.sh" => Some("#!/bin/sh\nset -e\nexec \"$@\"\n".to_owned()),
            "/sync.sh" => Some("#!/bin/sh\nwhile :; do sync-all; sleep 300; done\n".to_owned()),
            _ => None,
        };
        let started = Started {
            words: &words,
            arguments: words.strip_prefix(&["/entrypoint.sh".to_owned()][..]),
            behind_entrypoint: program.is_some(),
            program,
            file: &file,
            environment: &|_| None,
            stagger: None,
        };
        let behaviour = Behaviour::of(&started, &scripts);
        let name = match (&behaviour, behaviour.after_waiting()) {
            (Behaviour::Wait { .. }, Behaviour::Loop { .. }) => "wait, loop",
            (Behaviour::Wait { .. }, Behaviour::RunsToCompletion { .. }) => "wait, end",
            (Behaviour::Wait { .. }, _) => "wait",
            (Behaviour::Loop { is_given: true, .. }, _) => "given loop",
            (Behaviour::Loop { .. }, _) => "loop",
            (Behaviour::Cron(_), _) => "cron",
            (Behaviour::RunsToCompletion { waits: true }, _) => "end behind a wait",
            (Behaviour::RunsToCompletion { .. }, _) => "end",
            (Behaviour::Serves, _) => "serves",
            (Behaviour::Unknown, _) => "unknown",
        };
        (name, scripts.parses())
    }

    #[test]
    fn a_command_does_one_thing_and_its_script_is_parsed_once() {
        for (line, program, expected) in [
            ("sh|-c|while :; do x; sleep 300; done", None, ("loop", 1)),
            ("sh|/sync.sh", None, ("loop", 1)),
            ("sh|-c|until nc -z db 5432; do sleep 1; done; exec serve", None, ("wait", 1)),
            ("sh|-c|until nc -z db 1; do sleep 1; done; psql -c x", None, ("wait, end", 1)),
            (
                "sh|-c|until nc -z db 1; do sleep 1; done; while :; do x; sleep 60; done",
                None,
                ("wait, loop", 1),
            ),
            ("sh|-c|until curl -s http://x; do sleep 1; done; psql -c x", None, ("end behind a wait", 1)),
            ("sh|-c|echo '* * * * * x' ¦ crontab - && crond -f", None, ("cron", 1)),
            ("sh|-c|tail -f /dev/null", None, ("serves", 1)),
            ("sh|-c|serve", None, ("unknown", 1)),
            ("/entrypoint.sh|sh|-c|while :; do x; sleep 300; done", None, ("given loop", 3)),
            ("alias|set|x|http://y", Some("mc"), ("end", 2)),
        ] {
            assert_eq!(look(line, program), expected, "{line}");
        }
    }
}
