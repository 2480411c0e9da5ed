//! What kinds of commands there are, by their names.

use super::syntax::Simple;

/// Says something or does nothing: not what a loop is there for.
const INERT: &[&str] = &[
    ":", "true", "echo", "printf", "date", "logger", "trap", "wait", "clear", "local", "declare", "typeset",
    "readonly", "set", "shopt", "unset", "continue", "stty", "tput", "umask", "ulimit", "sync", "times",
    "jobs", "[", "test", "break", "return", "exit", "shift", "hash", "type", "command", "pwd", "hostname",
    "export",
];

/// Commands whose output is only looked at: an assignment of it is no work done.
const QUERIES: &[&str] = &[
    "date", "cat", "hostname", "echo", "printf", "basename", "dirname", "pwd", "head", "tail", "wc", "nproc",
    "whoami", "id", "uname", "mktemp", "seq", "expr", "tr", "cut", "sed", "readlink",
];

/// Asks whether something else is there yet.
const PROBES: &[&str] = &[
    "nc",
    "ncat",
    "netcat",
    "curl",
    "wget",
    "pg_isready",
    "mysqladmin",
    "mariadb-admin",
    "redis-cli",
    "ping",
    "mongosh",
    "mongo",
    "psql",
    "mysql",
    "mariadb",
    "test",
    "[",
    "nslookup",
    "dig",
    "getent",
    "timeout",
    "wait-for-it",
    "wait-for",
    "dockerize",
    "rabbitmqctl",
    "rabbitmq-diagnostics",
    "kafka-topics",
    "celery",
    "cqlsh",
    "telnet",
    "openssl",
    "ls",
    "pgrep",
    "pidof",
    "kubectl",
    "grep",
    "host",
    "bash",
    "sh",
];

/// Runs crontabs.
const CRON_DAEMONS: &[&str] = &[
    "crond",
    "cron",
    "supercronic",
    "go-cron",
    "yacron",
    "jobber",
    "ofelia",
    "dcron",
    "cronie",
    "fcron",
    "go-crond",
];

/// Tasks of programs that stay up for as long as they are let.
const TASKS_THAT_STAY: &[&str] = &[
    "queue:work",
    "queue:listen",
    "horizon",
    "messenger:consume",
    "rabbitmq:consumer",
    "schedule:work",
    "runserver",
    "serve",
    "beat",
    "consumer",
];

/// Stays up for as long as it is let: what a loop around it does is restart it.
const LONG_RUNNING: &[&str] = &[
    "gunicorn",
    "uvicorn",
    "daphne",
    "hypercorn",
    "uwsgi",
    "nginx",
    "apache2",
    "apache2ctl",
    "apachectl",
    "httpd",
    "apache2-foreground",
    "php-fpm",
    "mysqld",
    "postgres",
    "redis-server",
    "memcached",
    "haproxy",
    "caddy",
    "traefik",
    "sshd",
    "dockerd",
    "supervisord",
    "tail",
    "socat",
    "inotifywait",
    "fswatch",
    "watchmedo",
    "nodemon",
    "http-server",
    "puma",
    "unicorn",
    "sidekiq",
    "resque",
];

/// Acts on processes of its own container, which a pod of its own does not have.
const LOCAL_PROCESSES: &[&str] = &[
    "kill",
    "pkill",
    "killall",
    "supervisorctl",
    "s6-svc",
    "sv",
    "service",
    "systemctl",
    "rc-service",
    "rndc",
    "postfix",
    "apachectl",
    "apache2ctl",
    "killall5",
    "dovecot",
    "nginx",
];

/// Waits for an event, not for a time.
const EVENTS: &[&str] =
    &["inotifywait", "inotifywatch", "fswatch", "read", "select", "entr", "wait-for-event"];

/// What stands before a command without changing what it is.
const PREFIXES: &[&str] =
    &["exec", "command", "builtin", "nohup", "busybox", "env", "time", "setsid", "stdbuf", "sudo", "nice"];

/// The name of the program that a command runs, without its folder and without what only wraps it.
pub(super) fn program(simple: &Simple) -> Option<&str> {
    let word = unquote(simple.words.get(wrappers(simple))?);
    Some(base_name(word))
}

/// How many words stand before the program and only wrap it.
fn wrappers(simple: &Simple) -> usize {
    let is_wrapper = |pair: &&[String]| {
        PREFIXES.contains(&base_name(unquote(&pair[0]))) && !unquote(&pair[1]).starts_with('-')
    };
    simple.words.windows(2).take_while(is_wrapper).count()
}

/// The program and its words, as they are written.
pub(super) fn program_words(simple: &Simple) -> Vec<&str> {
    let mut words: Vec<&str> = simple.words.iter().skip(wrappers(simple)).map(|word| unquote(word)).collect();
    if let Some(first) = words.first_mut() {
        *first = base_name(first);
    }
    words
}

/// `"a"` and `'a'` as `a`; words with more to them stay.
fn unquote(word: &str) -> &str {
    let quoted = ['"', '\''].into_iter().find_map(|quote| word.strip_prefix(quote)?.strip_suffix(quote));
    quoted.filter(|inner| !inner.contains(['"', '\'', '$', '\\'])).unwrap_or(word)
}

/// A program of the system without its folder. Another one, such as `./sync`, is not what its name says.
fn base_name(word: &str) -> &str {
    const FOLDERS: [&str; 6] =
        ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"];
    if !word.starts_with('/') {
        return word;
    }
    FOLDERS
        .iter()
        .find_map(|folder| word.strip_prefix(folder))
        .filter(|name| !name.is_empty())
        .unwrap_or(word)
}

/// The words behind `sleep`, if this is one.
pub(super) fn sleep(simple: &Simple) -> Option<Vec<&str>> {
    (program(simple)? == "sleep").then(|| program_words(simple).split_off(1)).filter(|rest| !rest.is_empty())
}

/// Does it only say something, and nowhere but to the log?
pub(super) fn is_inert(simple: &Simple) -> bool {
    if simple.redirections.iter().flatten().any(|target| !leaves_nothing(target))
        || simple.words.iter().any(|word| does_work(word))
    {
        return false;
    }
    match program(simple) {
        None => simple.assignments.iter().all(|(_, value)| !value.as_deref().is_some_and(does_work)),
        Some(name) => INERT.contains(&name) || sleep(simple).is_some() || name.starts_with("log"),
    }
}

/// Does output go where that of a container goes anyway, or nowhere?
pub(super) fn leaves_nothing(target: &str) -> bool {
    let target = unquote(target);
    target.starts_with('&')
        || matches!(target, "/dev/stdout" | "/dev/stderr" | "/dev/null" | "/dev/console" | "/dev/tty")
        || target.starts_with("/proc/1/fd/")
        || target.starts_with("/proc/self/fd/")
        || target.starts_with("/dev/fd/")
}

/// Does a word run a command that is more than a question?
fn does_work(word: &str) -> bool {
    let mut rest = word;
    while let Some(at) = rest.find("$(").or_else(|| rest.find('`')) {
        let inner = &rest[at..].trim_start_matches(['$', '(', '`']);
        // `$((…))` computes.
        if !rest[at..].starts_with("$((") {
            let name = inner.trim_start().split(|c: char| c.is_whitespace() || c == ')' || c == '`').next();
            if !name.is_some_and(|name| QUERIES.contains(&base_name(name))) {
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
    PROBES.contains(&name)
}

/// Waits until a file changes.
pub(super) fn watches_files(name: &str) -> bool {
    matches!(name, "inotifywait" | "inotifywatch" | "fswatch" | "entr")
}

pub(super) fn is_event(name: &str) -> bool {
    EVENTS.contains(&name)
}

/// A command that runs crontabs, or installs one.
pub(super) fn is_cron_daemon(simple: &Simple) -> bool {
    let is_candidate = |name: &str| {
        CRON_DAEMONS.contains(&name) || matches!(name, "service" | "rc-service" | "systemctl" | "crontab")
    };
    if !program(simple).is_some_and(is_candidate) {
        return simple.words.iter().take(2).any(|word| word.contains("/init.d/cron"));
    }
    let words = program_words(simple);
    match words[..] {
        [name, ..] if CRON_DAEMONS.contains(&name) => true,
        ["service" | "rc-service" | "systemctl", first, ..] if CRON_DAEMONS.contains(&first) => true,
        ["systemctl", _, second, ..] if CRON_DAEMONS.contains(&second) => true,
        [name, ..] => name == "crontab" || simple.words.iter().any(|word| word.contains("/init.d/cron")),
        [] => false,
    }
}

/// Does it write where crontabs lie?
pub(super) fn writes_crontab(simple: &Simple) -> bool {
    let places = ["/etc/cron.d/", "/etc/crontab", "/var/spool/cron", "crontabs/", "CRONTAB"];
    simple.redirections.iter().flatten().any(|target| places.iter().any(|place| target.contains(place)))
}

pub(super) fn is_long_running(simple: &Simple) -> bool {
    let words = program_words(simple);
    let follows = |word: &&str| matches!(*word, "-f" | "-F");
    match words[..] {
        ["tail", ..] => words.iter().any(follows),
        // `nginx -t` and `nginx -s reload` end at once.
        ["nginx" | "apachectl" | "apache2ctl" | "httpd" | "haproxy" | "caddy", ref rest @ ..] => {
            !rest.iter().any(|word| ["-t", "-s", "-k", "-v", "reload", "validate", "graceful"].contains(word))
        }
        _ => words.iter().enumerate().any(|(index, word)| {
            // `pg_dump -U postgres` is no server: neither is what an option or another program is given.
            let is_run = |before: &&str| ["exec", "run", "npx", "-m", "--"].contains(before);
            let is_program = index.checked_sub(1).and_then(|before| words.get(before)).is_none_or(is_run);
            TASKS_THAT_STAY.contains(word) || is_program && LONG_RUNNING.contains(word)
        }),
    }
}

/// Does it signal or reload a process of its own container?
pub(super) fn touches_local_process(simple: &Simple) -> bool {
    program(simple).is_some_and(|name| LOCAL_PROCESSES.contains(&name))
        || simple.words.iter().any(|word| word.contains("/dev/shm"))
        || simple.redirections.iter().flatten().any(|target| target.contains("/dev/shm"))
}

/// Does it run another script of the image?
pub(super) fn is_script(simple: &Simple) -> bool {
    let words = program_words(simple);
    matches!(words[..], [script] | ["sh" | "bash" | "ash", script] if script.ends_with(".sh"))
}

/// Does it only say something? Its words go to the log.
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
