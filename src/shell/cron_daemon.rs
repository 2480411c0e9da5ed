//! Texts that start a cron daemon: which one, which crontabs they install for it, and what else they do.
//!
//! `echo "0 3 * * * x" | crontab - && crond -f` says all there is to know; a text that also starts a
//! server, or prepares the container first, is more than its crontab.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Scripts,
    quotes::unquoted,
    split,
    syntax::{Command, List, Pipeline, Simple},
    words,
};
use crate::catalog::{self, Property};

/// A cron daemon as a text starts it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CronDaemon {
    /// The daemon with its words; none if the text starts none.
    pub words: Vec<String>,
    /// The crontabs that the text installs.
    pub tables: Vec<Table>,
    /// What else it does that jobs of their own would miss.
    pub obstacle: Option<String>,
    /// Files of the container that it shows as its log.
    pub logs: Vec<String>,
    /// Files that it writes the container's variables to.
    pub dumps: Vec<String>,
    /// What it prepares the container with, a command each.
    pub setup: Vec<String>,
}

/// A crontab that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its lines.
    pub content: Content,
    /// The file that it becomes; none for `crontab`, which puts it where it belongs.
    pub place: Option<String>,
}

/// Where the lines of a crontab stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In the text itself.
    Text(String),
    /// In a file of the container.
    File(String),
}

/// What texts do that run one after the other. Nothing if no shell would run the first of them, or if they neither start
/// a daemon nor install a crontab. `environment` has the variables of the container: schedules may be among them.
pub fn read(
    texts: &[&str],
    environment: &dyn Fn(&str) -> Option<String>,
    scripts: &Scripts,
) -> Option<CronDaemon> {
    let mut daemon = CronDaemon::default();
    for text in texts {
        let parsed = scripts.parse(text);
        read_list(parsed.list()?, &parsed.text, environment, &mut daemon);
    }
    (!daemon.words.is_empty() || !daemon.tables.is_empty()).then_some(daemon)
}

fn read_list(list: &List, text: &str, environment: &dyn Fn(&str) -> Option<String>, daemon: &mut CronDaemon) {
    for (_, pipeline) in list.iter().flat_map(|statement| &statement.chain) {
        match &pipeline.commands[..] {
            [Command::Simple(simple)] => read_simple(simple, environment, daemon),
            [Command::Group(inner) | Command::Subshell(inner)] => {
                let mut within = CronDaemon::default();
                read_list(inner, text, environment, &mut within);
                let only_setup =
                    within.words.is_empty() && within.tables.is_empty() && within.obstacle.is_none();
                match (inner.first(), inner.last()) {
                    (Some(first), Some(last)) if only_setup && !within.setup.is_empty() => {
                        let inner = text.get(first.range.start..last.range.end).unwrap_or_default();
                        daemon.setup.push(format!("({inner})"));
                    }
                    _ => daemon.take_in(within),
                }
            }
            _ => read_pipeline(pipeline, environment, daemon),
        }
    }
    if list.iter().any(|statement| statement.background) && !daemon.setup.is_empty() {
        daemon.object("something is prepared beside it");
    }
}

fn read_simple(simple: &Simple, environment: &dyn Fn(&str) -> Option<String>, daemon: &mut CronDaemon) {
    let program = words::program_words(simple);
    let (name, rest) = program.split_first().map_or(("", &[][..]), |(name, rest)| (*name, rest));
    let place = crontab_place(simple);
    match (name, rest) {
        ("", _) => {}
        ("crontab", ["-r" | "-l"]) => {}
        ("crontab", [file]) if *file != "-" => install(Content::File((*file).to_owned()), None, daemon),
        ("crontab", [] | ["-"]) => match simple.targets().next() {
            Some(file) => install(Content::File(unquoted(file)), None, daemon),
            None => daemon.object("`crontab` reads what nobody knows"),
        },
        ("crontab", _) => daemon.object("`crontab` is given more than a file"),
        _ if words::is_cron_daemon(simple) => {
            daemon.words = plain_words(simple, name);
        }
        ("echo" | "printf", _) if place.is_some() => match said(simple, environment) {
            Some(text) => install(Content::Text(text), place, daemon),
            None => daemon.object("what it writes to its crontab is known only as it runs"),
        },
        ("cat", [file]) if place.is_some() => install(Content::File((*file).to_owned()), place, daemon),
        ("cp" | "mv" | "ln" | "install", _) if copied(rest).is_some() => {
            if let Some((from, to)) = copied(rest) {
                install(Content::File(from), Some(to), daemon);
            }
        }
        ("tail", _) => {
            let files = rest.iter().filter(|word| word.starts_with('/'));
            daemon.logs.extend(files.map(|word| (*word).to_owned()));
        }
        ("printenv" | "env" | "export" | "declare", _) if !simple.redirections.is_empty() => {
            daemon.dumps.extend(simple.targets().map(unquoted));
        }
        // What it is given stands behind it.
        ("\"$@\"" | "$@", _) => {}
        _ if catalog::is(name, Property::Harmless) || words::is_inert(simple) && name != "export" => {}
        _ if catalog::is(name, Property::Setup)
            && simple.redirections.is_empty()
            && simple.assignments.is_empty() =>
        {
            daemon.setup.push(simple.words.join(" "));
        }
        _ => daemon.object(&format!("`{name}` runs beside it or before it")),
    }
}

/// `echo … | crontab -`, and dumps of variables through filters.
fn read_pipeline(pipeline: &Pipeline, environment: &dyn Fn(&str) -> Option<String>, daemon: &mut CronDaemon) {
    let simple: Option<Vec<&Simple>> = pipeline
        .commands
        .iter()
        .map(|command| match command {
            Command::Simple(simple) => Some(simple),
            _ => None,
        })
        .collect();
    let Some((first, last)) = simple.as_ref().and_then(|all| Some((*all.first()?, *all.last()?))) else {
        return daemon.object("it is inside a loop or a condition");
    };
    let name = words::program(first).unwrap_or_default();
    let to_crontab = words::program(last) == Some("crontab");
    let place = crontab_place(last);
    if !to_crontab && place.is_none() {
        let known =
            |simple: &&Simple| words::program(simple).is_some_and(|name| catalog::is(name, Property::Filter));
        if !simple.iter().flatten().all(known) {
            return daemon.object(&format!("`{name}` runs beside it or before it"));
        }
        daemon.dumps.extend(last.targets().map(unquoted));
        return;
    }
    let content = match (name, &first.words[..]) {
        _ if pipeline.commands.len() != 2 => None,
        ("echo" | "printf", _) => said(first, environment).map(Content::Text),
        ("cat", [_, file]) => Some(Content::File(unquoted(file))),
        _ => None,
    };
    match content {
        Some(content) => install(content, place, daemon),
        None => daemon.object("what it writes to its crontab is known only as it runs"),
    }
}

fn install(content: Content, place: Option<String>, daemon: &mut CronDaemon) {
    let known = daemon.tables.iter_mut().find(|table| table.place == place && place.is_some());
    match (known, content) {
        // Several `echo … >> file` make one crontab.
        (Some(Table { content: Content::Text(text), .. }), Content::Text(more)) => {
            text.push('\n');
            text.push_str(&more);
        }
        (_, content) => daemon.tables.push(Table { content, place }),
    }
}

impl CronDaemon {
    /// What a group of commands does is done by the text.
    fn take_in(&mut self, within: CronDaemon) {
        if !within.words.is_empty() {
            self.words = within.words;
        }
        for Table { content, place } in within.tables {
            install(content, place, self);
        }
        self.obstacle = self.obstacle.take().or(within.obstacle);
        self.logs.extend(within.logs);
        self.dumps.extend(within.dumps);
        self.setup.extend(within.setup);
    }

    fn object(&mut self, reason: &str) {
        self.obstacle.get_or_insert_with(|| reason.to_owned());
    }
}

/// The words of a daemon; `service cron start` is `cron`.
fn plain_words(simple: &Simple, name: &str) -> Vec<String> {
    if matches!(name, "service" | "rc-service" | "systemctl") || name.contains("init.d") {
        return vec!["cron".to_owned()];
    }
    let words: Vec<String> =
        simple.words.iter().flat_map(|word| split::split_word(word, &[]).unwrap_or_default()).collect();
    let start = words.iter().position(|word| catalog::base_name(word) == name).unwrap_or_default();
    words.get(start..).unwrap_or_default().to_vec()
}

/// The file below cron's folders that a command writes to.
fn crontab_place(simple: &Simple) -> Option<String> {
    simple.targets().map(unquoted).find(|target| is_crontab_place(target))
}

fn is_crontab_place(path: &str) -> bool {
    ["/etc/cron.d/", "/etc/crontab", "/etc/crontabs/", "/var/spool/cron"]
        .iter()
        .any(|place| path.starts_with(place))
}

/// A file that is copied to where crontabs lie.
fn copied(words: &[&str]) -> Option<(String, String)> {
    let paths: Vec<&&str> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let [from, to] = paths[..] else { return None };
    if !is_crontab_place(to) {
        return None;
    }
    let name = catalog::base_name(from);
    Some(((*from).to_owned(), if to.ends_with('/') { format!("{to}{name}") } else { (*to).to_owned() }))
}

/// What `echo` or `printf` says. Variables stay as they are, since the shell of the job has them too; those
/// in the columns of a schedule are replaced.
fn said(simple: &Simple, environment: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let words = words_behind(simple);
    let is_echo = words::program(simple) == Some("echo");
    let words =
        words.iter().skip_while(|word| is_echo && matches!(word.as_str(), "-e" | "-n" | "-en" | "-ne"));
    let words: Option<Vec<String>> = words.map(|word| plain(word)).collect();
    let mut words = words?;
    if !is_echo && words.first().is_some_and(|format| matches!(format.as_str(), "%s\\n" | "%s")) {
        words.remove(0);
    } else if !is_echo && (words.len() > 1 || words.iter().any(|word| word.contains('%'))) {
        return None;
    }
    let separator = if is_echo { " " } else { "\n" };
    let text = words.join(separator).replace("\\n", "\n").replace("\\t", "\t");
    Some(text.lines().map(|line| with_schedule(line, environment)).collect::<Vec<_>>().join("\n"))
}

fn words_behind(simple: &Simple) -> Vec<String> {
    let skipped = simple.words.iter().position(|word| matches!(word.as_str(), "echo" | "printf"));
    simple.words.get(skipped.unwrap_or_default() + 1..).unwrap_or_default().to_vec()
}

/// A word without its quotes. Nothing if it says what a command prints.
fn plain(word: &str) -> Option<String> {
    (!word.contains("$(") && !word.contains('`')).then(|| unquoted(word))
}

/// A line with the variables before its command replaced, as far as they are known.
fn with_schedule(line: &str, environment: &dyn Fn(&str) -> Option<String>) -> String {
    static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let braced = r"\{(?P<braced>[A-Za-z0-9_]*)(?::?-(?P<default>[^}]*))?[^}]*\}";
        Regex::new(&format!(r"^\s*\$(?:{braced}|(?P<name>[A-Za-z0-9_]+))")).ok()
    });
    let Some(found) = VARIABLE.as_ref().and_then(|variable| variable.captures(line)) else {
        return line.to_owned();
    };
    let name = found.name("braced").or(found.name("name")).map_or("", |name| name.as_str());
    let default = found.name("default").map(|default| default.as_str().to_owned());
    match environment(name).filter(|value| !value.is_empty()).or(default) {
        Some(value) => format!("{value}{}", &line[found[0].len()..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> CronDaemon {
        read(&[text], &|name| (name == "WHEN").then(|| "0 4 * * *".to_owned()), &Scripts::default())
            .unwrap_or_default()
    }

    #[test]
    fn crontabs_are_found_where_they_are_installed() {
        let text = |text: &str, place: Option<&str>| Table {
            content: Content::Text(text.to_owned()),
            place: place.map(str::to_owned),
        };
        let file = |path: &str, place: Option<&str>| Table {
            content: Content::File(path.to_owned()),
            place: place.map(str::to_owned),
        };
        let cases = [
            ("echo '* * * * * x' | crontab - && crond -f", text("* * * * * x", None)),
            ("echo \"0 3 * * * get $URL\" | crontab -; exec cron -f", text("0 3 * * * get $URL", None)),
            (
                "echo \"$WHEN /x\" > /etc/crontabs/root; crond -f",
                text("0 4 * * * /x", Some("/etc/crontabs/root")),
            ),
            ("echo \"${ELSE:-@daily} /x\" | crontab - ; crond", text("@daily /x", None)),
            (
                "echo 'a' >> /etc/cron.d/x && echo 'b' >> /etc/cron.d/x && cron -f",
                text("a\nb", Some("/etc/cron.d/x")),
            ),
            (
                "chmod 0644 /app/jobs; crontab /app/jobs; cron && tail -f /var/log/cron.log",
                file("/app/jobs", None),
            ),
            ("cat /app/jobs | crontab - && cron -f", file("/app/jobs", None)),
            ("cp /app/jobs /etc/cron.d/ ; service cron start", file("/app/jobs", Some("/etc/cron.d/jobs"))),
        ];
        for (script, table) in cases {
            let found = look(script);
            assert_eq!((found.tables, found.obstacle), (vec![table], None), "{script}");
            assert!(!found.words.is_empty(), "{script}");
        }
    }

    #[test]
    fn what_else_is_done_is_an_obstacle() {
        for script in [
            "nginx & crond -f",
            "apk add curl & crond -f",
            "if true; then crond; fi; crond -f",
            "make_crontab | crontab - && crond -f",
            "echo \"$(date) x\" | crontab - && crond -f",
        ] {
            assert!(look(script).obstacle.is_some(), "{script}");
        }
        let found =
            look("printenv | grep -v no_proxy >> /etc/environment; declare -p > /env; cron; tail -f /log");
        assert_eq!(found.dumps, ["/etc/environment", "/env"]);
        assert_eq!((found.logs, found.obstacle), (vec!["/log".to_owned()], None));
        assert_eq!(found.words, ["cron"]);
        let found = look(
            "apk add --no-cache \"curl\" && (ln -s $A /b || true) && echo '@daily x' | crontab - && crond -f",
        );
        assert_eq!(found.setup, ["apk add --no-cache \"curl\"", "(ln -s $A /b || true)"]);
        assert_eq!(found.obstacle, None);
    }
}
