//! Commands that plainly come to their end by themselves: a client that asks something, a migration, a script whose
//! every command is known to end. What is not known does not: a task that is taken for a server is started again,
//! a server that is taken for a task would stop.

mod programs;

use std::cell::Cell;

use super::{
    Kind, Script, Scripts,
    command_line::{self, Invocation},
    functions::Functions,
    read, split,
    syntax::{Command, Condition, Loop, Simple, Statement},
    wait,
};

/// Scripts in scripts, wrappers around wrappers and functions that call each other: more is not looked into.
const DEEPEST: usize = 12;
/// Commands that are looked at, in all scripts together: scripts that call each other are read for each call.
const MOST: usize = 5_000;

/// Whether a command ends by itself. `file` gives the text of a file in its container, if it is known.
pub fn ends(words: &[String], file: &dyn Fn(&str) -> Option<String>, scripts: &Scripts) -> bool {
    command_ends(words, &Files { read: file, scripts, left: Cell::new(MOST) }, 0)
}

/// The files of a container, and how many more commands are looked at.
struct Files<'f> {
    read: &'f dyn Fn(&str) -> Option<String>,
    scripts: &'f Scripts,
    left: Cell<usize>,
}

impl Files<'_> {
    /// One command more; false if that is one too many.
    fn goes_on(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

fn command_ends(words: &[String], file: &Files<'_>, depth: usize) -> bool {
    if depth > DEEPEST || !file.goes_on() {
        return false;
    }
    match command_line::read(words) {
        Some(Invocation::Inline { text, arguments, .. }) => script_ends(&text, &arguments, file, depth),
        Some(Invocation::File { shell, path, arguments }) => {
            let text =
                (file.read)(&path).filter(|text| !shell.is_empty() || command_line::is_shell_script(text));
            match text {
                Some(text) => script_ends(&text, &arguments, file, depth),
                None if shell.is_empty() => {
                    let words: Vec<String> = std::iter::once(path).chain(arguments).collect();
                    program_ends(&words, file, depth)
                }
                None => false,
            }
        }
        // A shell without a script reads what somebody types, and nobody does.
        None => words.last().is_some(),
    }
}

/// A program with its own words; those that only start another one are looked through.
fn program_ends(words: &[String], file: &Files<'_>, depth: usize) -> bool {
    if let Some(wait) = wait::of_words(words) {
        return words.get(wait.words..).is_some_and(|rest| command_ends(rest, file, depth + 1));
    }
    if let Some(text) = programs::text_of_other_user(words) {
        return script_ends(text, &[], file, depth + 1);
    }
    match programs::wrapped(words) {
        Some(rest) => command_ends(rest, file, depth + 1),
        None => programs::ends(words),
    }
}

/// The words of a program that only starts another one, and those of the other; the text for `su USER -c TEXT`.
pub(super) fn behind_wrapper(words: &[String]) -> Option<(&[String], &[String])> {
    let first = words.first()?;
    let inner = match programs::text_of_other_user(words) {
        Some(_) => words.get(words.iter().position(|word| word == "-c")? + 1..)?,
        // It ends what it starts.
        None if crate::catalog::base_name(first) == "timeout" => return None,
        None => programs::wrapped(words)?,
    };
    words.split_at_checked(words.len() - inner.len())
}

fn script_ends(text: &str, arguments: &[String], file: &Files<'_>, depth: usize) -> bool {
    let script = Script { text, name: "", arguments, shell: &[], environment: &|_| None, stagger: None };
    let found = read(&script, file.scripts);
    let goes_on = found.repeats || matches!(found.kind, Kind::PeriodicLoop | Kind::Daemon | Kind::Crontab);
    let parsed = file.scripts.parse(text);
    let Some(list) = parsed.list() else { return false };
    let reader = Reader { arguments, functions: &Functions::of(list), file };
    !goes_on && !list.is_empty() && reader.list(list, depth + 1)
}

/// What the commands of a script are read with.
struct Reader<'r, 's> {
    arguments: &'r [String],
    functions: &'r Functions<'s>,
    file: &'r Files<'r>,
}

impl<'s> Reader<'_, 's> {
    /// Whether every one of some statements ends.
    fn list(&self, list: &'s [Statement], depth: usize) -> bool {
        depth <= DEEPEST
            && list.iter().all(|statement| {
                let mut commands = statement.chain.iter().flat_map(|(_, pipeline)| &pipeline.commands);
                !statement.background && commands.all(|command| self.command(command, depth))
            })
    }

    fn command(&self, command: &'s Command, depth: usize) -> bool {
        match command {
            Command::Simple(simple) => self.simple(simple, depth),
            Command::Loop(Loop { condition: Condition::Arithmetic(None), .. }) => false,
            // Whether another loop is left was seen before.
            other => other.lists().into_iter().all(|list| self.list(list, depth + 1)),
        }
    }

    fn simple(&self, simple: &Simple, depth: usize) -> bool {
        let Some(name) = simple.words.first() else { return true };
        if self.functions.has(name) {
            return self.functions.get(name).is_some_and(|body| self.list(body, depth + 1));
        }
        let mut words: Vec<String> = Vec::new();
        for word in &simple.words {
            match split::split_word(word, self.arguments) {
                Some(split) => words.extend(split),
                // What only the shell can tell is no program, but may be an operand.
                None if words.is_empty() && word != "[" => return false,
                None => words.push(word.trim_matches('"').to_owned()),
            }
        }
        if let [exec] = &words[..]
            && exec == "exec"
        {
            // Alone, it redirects.
            return simple.words.len() == 1;
        }
        command_ends(&words, self.file, depth + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words between `|`, which is `¦` within them.
    fn judge(line: &str) -> bool {
        let words: Vec<String> = line.split('|').map(|word| word.replace('¦', "|")).collect();
        let file = |path: &str| match path {
            "/entrypoint.sh" => Some("#!/bin/sh\nset -e\nenvsubst < /a > /b\nexec \"$@\"\n".to_owned()),
            "/seed.sh" => Some("#!/usr/bin/env bash\nfor f in a b; do psql -f $f; done\n".to_owned()),
            "/serve.py" => Some("#!/usr/bin/env python\nserve()\n".to_owned()),
            _ => None,
        };
        ends(&words, &file, &Scripts::default())
    }

    #[test]
    fn tasks_end() {
        for line in [
            "migrate",
            "./app|-c|x.yml|migrate|up",
            "migrate|-path|/m|-database|postgres://db/x|up",
            "alembic|upgrade|head",
            "npx|prisma|migrate|deploy",
            "npm|run|db:migrate",
            "npm|run|build",
            "pnpm|build:css",
            "yarn|typeorm|migration:run",
            "bundle|exec|rails|db:migrate|db:seed",
            "bin/rails|db:prepare",
            "php|artisan|migrate|--force",
            "python|-u|manage.py|migrate",
            "poetry|run|alembic|-c|a.ini|upgrade|head",
            "flyway|-url=jdbc:x|migrate",
            "chown|-R|1000:1000|/data",
            "curl|-X|PUT|http://es:9200/i",
            "kafka-topics|--create|--topic|x",
            "/opt/kafka/bin/kafka-topics.sh|--create|--topic|x",
            "tini|--|gosu|app|/seed.sh",
            "/entrypoint.sh|psql|-c|x",
            "docker-entrypoint.sh|sh|-c|sleep 5 && mongosh --host db --eval 'rs.initiate()'",
            "./wait-for-it.sh|db:5432|--|python|manage.py|migrate",
            "timeout|60|anything",
            "/bin/bash|-l",
            "aws",
            "sh|-c|until mc alias set x http://minio:9000 $U $P; do sleep 1; done; mc mb x/b; exit 0",
            "bash|-c|if [ ! -f a ]; then bin/elasticsearch-certutil ca; unzip a; fi; until curl -s https://es ¦ grep -q x; do sleep 30; done; echo done",
            "sh|-c|f() { openssl req -x509 -out $1; }; f a.pem && f b.pem ¦¦ true",
            "sh|-c|cat <<E ¦ kafka-configs --alter\nx\nE\n",
            "sh|-ec|su app -c \"php bin/console doctrine:migrations:migrate\"",
            "sh|/seed.sh",
        ] {
            assert!(judge(line), "{line}");
        }
    }

    #[test]
    fn what_may_go_on_does_not_end() {
        for line in [
            "",
            "server",
            "./app|migrate|serve",
            "node|server.js",
            "npm|run|start",
            "npm|run|migrate:watch",
            "npm|run|build:watch",
            "yarn|build|--watch",
            "npm|run|serve-build",
            "php|artisan|queue:work",
            "python|manage.py|runserver",
            "python|migrate.py",
            "airflow|scheduler",
            "vault|server",
            "mc|admin|trace|x",
            "mc|mirror|--watch|a|b",
            "redis-cli|monitor",
            "kafka-console-consumer|--topic|x",
            "tail|-fn0|/dev/null",
            "sleep|infinity",
            "sleep|1d",
            "ping|db",
            "/entrypoint.sh|nginx",
            "/entrypoint.sh",
            "/serve.py",
            "sh|/unknown.sh",
            "sh|-c|alembic upgrade head && uvicorn app:app",
            "sh|-c|alembic upgrade head; exec \"$@\"",
            "sh|-c|psql -c x & wait",
            "sh|-c|while true; do psql -c x; sleep 5; done",
            "sh|-c|chown -R 1 /data; $RUN",
            "sh|-c|f() { nginx; }; f",
            "sh|-c|f() { f; }; f",
            "sh|-c|echo 'unfinished",
            "bash|-c|mkcert -install && tail -f -n0 /etc/hosts",
            "-c|echo",
        ] {
            assert!(!judge(line), "{line}");
        }
    }
}
