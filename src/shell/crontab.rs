//! Crontabs: one entry a line.

mod when;

use std::{rc::Rc, sync::LazyLock};

use regex::Regex;

use super::{command, syntax, visit};
use crate::catalog::{self, Property};

pub(super) use when::duration;
pub use when::{When, follows_time_zone, of_text, time_zone};

/// Whose format a crontab has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// What `crontab -` takes: no column for the user.
    User,
    /// `/etc/crontab` and `/etc/cron.d`: the user stands before the command.
    System,
    /// Busybox's: a percent sign is nothing else.
    Busybox,
    /// Supercronic's: six columns end with a year, seven begin with seconds.
    Supercronic,
    /// Nobody knows: six columns begin with seconds.
    Any,
}

/// Users of usual images, none of whom is a program.
static USER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "root|www-data|www|nobody|daemon|http|apache|postgres|ubuntu|debian|ec2-user|vagrant|app|appuser\
        |deploy|deployer|django|laravel|abc|odoo|nextcloud|wordpress";
    Regex::new(&format!("^(?:{names})$")).ok()
});

/// Whose format a file has that lies, or is named, where the path says.
pub fn format_of(path: &str, text: &str) -> Format {
    let mut parts = path.rsplit('/');
    let is_of_system = match (parts.next(), parts.next()) {
        (Some("crontab"), Some("etc")) | (_, Some("cron.d")) => true,
        (_, Some("crontabs" | "cron" | "spool")) => false,
        _ => has_users(text),
    };
    if is_of_system { Format::System } else { Format::Any }
}

/// Whether every line that runs something names a user before the command.
pub fn has_users(text: &str) -> bool {
    let is_user = |word: &str| USER.as_ref().is_some_and(|user| user.is_match(word));
    let mut commands = commands(text).peekable();
    commands.peek().is_some()
        && commands.all(|(user, rest)| is_user(user) && !rest.is_empty() && !rest.starts_with('-'))
}

/// The word that may be a user's name as well as a program: one of a few letters, before what is plainly a program.
pub(super) fn doubtful_user(text: &str) -> Option<&str> {
    let is_program = |word: &str| {
        let is_script = [".sh", ".php", ".py"].iter().any(|end| word.ends_with(end));
        word.starts_with('/') && (word.contains("/bin/") || is_script) || catalog::is(word, Property::Command)
    };
    let first = commands(text).next()?.0;
    let is_doubtful = is_user(first)
        && commands(text)
            .all(|(user, rest)| user == first && rest.split_whitespace().next().is_some_and(is_program));
    is_doubtful.then_some(first)
}

/// What the lines run: the first word, and the rest.
fn commands(text: &str) -> impl Iterator<Item = (&str, &str)> {
    entries(text).map(|line| {
        let command = when::split(line, Format::System).map_or("", |(_, command)| command);
        let (first, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        (first, rest.trim_start())
    })
}

/// One line that runs something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its line, from 1.
    pub line: usize,
    /// When, as a CronJob says it.
    pub schedule: String,
    /// The time zone that the crontab names.
    pub time_zone: Option<String>,
    /// What, as it is written.
    pub command: String,
    /// What, as words.
    pub words: Vec<String>,
    /// Who runs it, if it is not root.
    pub user: Option<String>,
    /// Variables that the lines before set for it.
    pub environment: Rc<Vec<(String, String)>>,
    /// `HOME`, where it runs.
    pub directory: Option<String>,
    /// What is otherwise as a CronJob.
    pub notes: Vec<String>,
}

/// A crontab as far as it is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crontab {
    /// What it runs.
    pub entries: Vec<Entry>,
    /// What has no counterpart in a CronJob, with the line.
    pub problems: Vec<(usize, String)>,
    /// What means nothing to CronJobs, with the line.
    pub notes: Vec<(usize, String)>,
}

impl Crontab {
    /// Whether every line could be a CronJob.
    pub fn is_understood(&self) -> bool {
        self.problems.is_empty() && !self.entries.is_empty()
    }
}

/// Lines of the longest crontab that is read.
const LONGEST: usize = 1_000;

/// Variables of the longest crontab that is read: each entry has all that stand above it.
const MOST_VARIABLES: usize = 100;

/// What lines that set something say for the lines below them.
struct Settings {
    shell: String,
    time_zone: Option<String>,
    environment: Rc<Vec<(String, String)>>,
    directory: Option<String>,
}

/// Reads a crontab. A name spreads what `@every` says over the minutes.
pub fn parse(text: &str, format: Format, stagger: Option<&str>) -> Crontab {
    let mut crontab = Crontab::default();
    let mut settings = Settings {
        shell: "/bin/sh".to_owned(),
        time_zone: None,
        environment: Rc::default(),
        directory: None,
    };
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            set(number, name, value, &mut settings, &mut crontab);
            continue;
        }
        if crontab.entries.len() >= LONGEST {
            crontab.problems.push((number, "is one line more than anybody reads".to_owned()));
            break;
        }
        match entry(number, line, format, stagger, &settings) {
            Ok(entry) => crontab.entries.push(entry),
            Err(problem) => crontab.problems.push((number, problem)),
        }
    }
    crontab
}

/// Whether a text looks like a crontab, every line of it.
pub fn is_crontab(text: &str) -> bool {
    let mut entries = entries(text).peekable();
    entries.peek().is_some() && entries.all(|line| when::split(line, Format::Any).is_some())
}

/// The lines that run something.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter(|line| assignment(line).is_none())
}

/// `NAME=value`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let legal = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let value = value.trim();
    let unquoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value);
    legal.then_some((name, unquoted))
}

fn set(line: usize, name: &str, value: &str, settings: &mut Settings, crontab: &mut Crontab) {
    match name {
        "MAILTO" | "MAILFROM" if value.is_empty() => {}
        "MAILTO" | "MAILFROM" => {
            crontab.notes.push((
                line,
                format!("`{name}`: a CronJob sends no mail: its output is in the log of its pod"),
            ));
        }
        "CRON_TZ" => match time_zone(value) {
            Ok(zone) => settings.time_zone = zone,
            Err(problem) => crontab.problems.push((line, problem)),
        },
        "RANDOM_DELAY" => {
            crontab.notes.push((line, "`RANDOM_DELAY`: CronJobs start at their time".to_owned()));
        }
        "SHELL" => value.clone_into(&mut settings.shell),
        "LOGNAME" | "USER" => {}
        "HOME" => settings.directory = Some(value.to_owned()).filter(|path| path.starts_with('/')),
        _ => {
            if settings.environment.len() >= MOST_VARIABLES {
                crontab.problems.push((line, "is one variable more than anybody reads".to_owned()));
                return;
            }
            let environment = Rc::make_mut(&mut settings.environment);
            environment.retain(|(known, _)| known != name);
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn entry(
    line: usize,
    text: &str,
    format: Format,
    stagger: Option<&str>,
    settings: &Settings,
) -> Result<Entry, String> {
    let (columns, rest) = when::split(text, format).ok_or("is no line of a crontab")?;
    let (user, command) = match format {
        Format::System => {
            let (user, command) = rest.split_once(char::is_whitespace).ok_or("has no command")?;
            if !is_user(user) {
                return Err("has no user where one is due".to_owned());
            }
            (Some(user).filter(|user| *user != "root"), command.trim_start())
        }
        _ => (None, rest),
    };
    let name = stagger.map(|name| format!("{name} {command}"));
    let when = when::of(&columns, format, name.as_deref())?;
    let (command, input) = match format {
        Format::Busybox | Format::Supercronic => (command.to_owned(), None),
        Format::User | Format::System | Format::Any => without_input(command),
    };
    if command.is_empty() {
        return Err("has no command".to_owned());
    }
    let list = syntax::parse(&command).ok();
    if let Some(name) = list.as_ref().and_then(|list| visit::acting(list)) {
        return Err(format!("`{name}` acts on the container that the daemon runs in"));
    }
    let shell = [settings.shell.clone(), "-c".to_owned()];
    let in_shell = |text: String| shell.iter().cloned().chain([text]).collect();
    let words = match (&input, list) {
        (Some(input), _) => in_shell(with_input(&command, input)?),
        (None, Some(list)) if user.is_none() => command::of_line(&list, &command, &shell).words,
        _ => in_shell(command.clone()),
    };
    Ok(Entry {
        line,
        schedule: when.schedule,
        time_zone: settings.time_zone.clone(),
        words,
        command,
        user: user.map(str::to_owned),
        environment: Rc::clone(&settings.environment),
        directory: settings.directory.clone(),
        notes: when.note.into_iter().collect(),
    })
}

/// Whether it could be somebody's name. A path could not.
fn is_user(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && !catalog::is(word, Property::Command)
}

/// The program of a command line that acts on processes of the container that it runs in.
pub fn acting_here(command: &str) -> Option<String> {
    visit::acting(&syntax::parse(command).ok()?).map(str::to_owned)
}

/// `\%` is a percent sign; a bare one ends the command, and what follows is its input, a line each.
fn without_input(command: &str) -> (String, Option<String>) {
    let mut parts: Vec<String> = vec![String::new()];
    let mut characters = command.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&'%') => {
                characters.next();
                parts.last_mut().map(|part| part.push('%')).unwrap_or_default();
            }
            '%' => parts.push(String::new()),
            other => parts.last_mut().map(|part| part.push(other)).unwrap_or_default(),
        }
    }
    let mut parts = parts.into_iter();
    let command = parts.next().unwrap_or_default().trim_end().to_owned();
    let input: Vec<String> = parts.collect();
    (command, (!input.is_empty()).then(|| input.join("\n")))
}

/// A text for a shell that gives a command its input.
fn with_input(command: &str, input: &str) -> Result<String, String> {
    const END: &str = "INPUT";
    if input.lines().any(|line| line == END) {
        return Err("its input has a line that would end it".to_owned());
    }
    Ok(format!("{{\n{command}\n}} <<'{END}'\n{input}\n{END}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_entries() {
        let text = "\
# comment
PATH=/usr/bin
*/5 * * * * php /app/cron.php
0 3 * * 7 cd /app && ./nightly.sh >> /var/log/x.log 2>&1
@daily /backup.sh \"two words\" > /proc/1/fd/1 2>&1
0 */10 * * * * date \\%s
";
        let crontab = parse(text, Format::Any, None);
        let entries: Vec<(&str, Vec<&str>)> = crontab
            .entries
            .iter()
            .map(|entry| (entry.schedule.as_str(), entry.words.iter().map(String::as_str).collect()))
            .collect();
        assert_eq!(
            entries,
            [
                ("*/5 * * * *", vec!["php", "/app/cron.php"]),
                ("0 3 * * 0", vec!["/bin/sh", "-c", "cd /app && ./nightly.sh >> /var/log/x.log 2>&1"]),
                ("@daily", vec!["/backup.sh", "two words"]),
                ("*/10 * * * *", vec!["date", "%s"]),
            ]
        );
        assert_eq!(crontab.entries[0].environment.to_vec(), [("PATH".to_owned(), "/usr/bin".to_owned())]);
        assert!(crontab.is_understood());
    }

    #[test]
    fn what_a_cronjob_cannot_do_is_said() {
        let lines = [
            "@reboot /x",
            "*/30 * * * * * /x",
            "0 0 L * * /x",
            "61 * * * * /x",
            "CRON_TZ=CET-1CEST",
            "nonsense",
            "0 * * * * nginx -s reload",
            "* * * * * x%INPUT",
        ];
        for line in lines {
            let crontab = parse(line, Format::Any, None);
            assert_eq!(crontab.problems.len(), 1, "{line}");
        }
        assert_eq!(parse("MAILTO=me@example.org", Format::User, None).notes.len(), 1);
    }

    #[test]
    fn what_is_set_holds_for_the_lines_below() {
        let text =
            "0 1 * * * a\nCRON_TZ=Europe/Berlin\nSHELL=/bin/bash\nHOME=/srv\nA=1\nA=2\n0 2 * * * a && b\n";
        let crontab = parse(text, Format::User, None);
        let [first, second] = &crontab.entries[..] else { panic!("{crontab:?}") };
        assert_eq!((&first.time_zone, first.environment.len(), &first.directory), (&None, 0, &None));
        assert_eq!(second.time_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(second.words, ["/bin/bash", "-c", "a && b"]);
        assert_eq!(second.environment.to_vec(), [("A".to_owned(), "2".to_owned())]);
        assert_eq!(second.directory.as_deref(), Some("/srv"));
    }

    #[test]
    fn percent_signs_are_each_daemons_own() {
        let words = |format| parse("* * * * * cat -n%one%two\\%\n", format, None).entries.remove(0).words;
        assert_eq!(words(Format::User), ["/bin/sh", "-c", "{\ncat -n\n} <<'INPUT'\none\ntwo%\nINPUT"]);
        assert_eq!(words(Format::Busybox), ["cat", "-n%one%two%"]);
    }

    #[test]
    fn the_user_stands_before_the_command() {
        let crontab = parse("0 1 * * * www-data /x\n0 2 * * * root /y\n", Format::System, None);
        let users: Vec<Option<&str>> = crontab.entries.iter().map(|entry| entry.user.as_deref()).collect();
        assert_eq!(users, [Some("www-data"), None]);
        assert_eq!(parse("0 1 * * * /x y\n0 1 * * * cd /x\n", Format::System, None).problems.len(), 2);
    }

    #[test]
    fn whose_format_it_is_shows_in_its_place_or_its_users() {
        let cases = [
            ("/etc/cron.d/app", "0 1 * * * deployment x\n", Format::System),
            ("docker/etc/crontab", "0 1 * * * me x\n", Format::System),
            ("crontab", "MAILTO=x\n0 1 * * * root x\n@daily www-data cd /x && y\n", Format::System),
            ("crontab", "0 1 * * * root x\n0 1 * * * x\n", Format::Any),
            ("crontab", "0 1 * * * node x\n", Format::Any),
            ("crontab", "0 1 * * * root\n", Format::Any),
            ("crontab", "*/5 * * * * 0 root\n", Format::Any),
            ("/etc/crontabs/root", "0 1 * * * root x\n", Format::Any),
            ("crontab", "", Format::Any),
        ];
        for (path, text, expected) in cases {
            assert_eq!(format_of(path, text), expected, "{path}: {text}");
        }
        let doubtful = |text: &'static str| doubtful_user(text);
        assert_eq!(doubtful("0 1 * * * me /usr/bin/x\n0 2 * * * me php y.php\n"), Some("me"));
        for text in ["0 1 * * * rsync /a /b\n", "0 1 * * * nice /bin/x\n", "0 1 * * * /bin/x y\n"] {
            assert_eq!(doubtful(text), None, "{text}");
        }
    }

    #[test]
    fn scripts_are_no_crontabs() {
        assert!(is_crontab("SHELL=/bin/sh\n0 1 * * * x\n"));
        for text in ["", "#!/bin/sh\necho\n", "A=1\n", "while :; do x; sleep 5; done\n"] {
            assert!(!is_crontab(text), "{text}");
        }
    }
}
