//! Crontabs: one entry a line.

use super::{Fit, command, next::Times, round, schedule, syntax};

/// Whose format a crontab has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// What `crontab -` takes, busybox and supercronic read: no column for the user.
    User,
    /// `/etc/crontab` and `/etc/cron.d`: the user stands before the command.
    System,
}

/// One line that runs something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its line, from 1.
    pub line: usize,
    /// When, as a CronJob says it.
    pub schedule: String,
    /// What, as words.
    pub words: Vec<String>,
    /// Who runs it, if it is not root.
    pub user: Option<String>,
}

/// A crontab as far as it is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crontab {
    /// What it runs.
    pub entries: Vec<Entry>,
    /// Variables that its commands have.
    pub environment: Vec<(String, String)>,
    /// What has no counterpart in a CronJob, with the line.
    pub problems: Vec<(usize, String)>,
}

impl Crontab {
    /// Could every line be a CronJob?
    pub fn is_understood(&self) -> bool {
        self.problems.is_empty() && !self.entries.is_empty()
    }
}

/// Reads a crontab.
pub fn parse(text: &str, format: Format) -> Crontab {
    let mut crontab = Crontab::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            enter_variable(number, name, value, &mut crontab);
            continue;
        }
        match entry(number, line, format) {
            Ok(entry) => crontab.entries.push(entry),
            Err(problem) => crontab.problems.push((number, problem)),
        }
    }
    crontab
}

/// Does a text look like a crontab: is every line of it one?
pub fn is_crontab(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut any = false;
    for line in lines {
        if assignment(line).is_some() {
            continue;
        }
        if split_schedule(line).is_none() {
            return false;
        }
        any = true;
    }
    any
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

fn enter_variable(line: usize, name: &str, value: &str, crontab: &mut Crontab) {
    match name {
        "MAILTO" | "MAILFROM" if value.is_empty() => {}
        "MAILTO" | "MAILFROM" => {
            crontab.problems.push((line, format!("`{name}`: nobody mails the output of a CronJob")));
        }
        "TZ" | "CRON_TZ" if !["UTC", "Etc/UTC"].contains(&value) => {
            crontab
                .problems
                .push((line, format!("`{name}={value}`: schedules follow the clock of the cluster")));
        }
        "TZ" | "CRON_TZ" | "SHELL" | "RANDOM_DELAY" | "HOME" | "LOGNAME" => {}
        _ => crontab.environment.push((name.to_owned(), value.to_owned())),
    }
}

fn entry(line: usize, text: &str, format: Format) -> Result<Entry, String> {
    let (fields, rest) = split_schedule(text).ok_or("is no line of a crontab")?;
    let schedule = schedule_of(&fields)?;
    let (user, command) = match format {
        Format::User => (None, rest),
        Format::System => {
            let (user, command) = rest.split_once(char::is_whitespace).ok_or("has no command")?;
            (Some(user).filter(|user| *user != "root"), command.trim_start())
        }
    };
    if command.is_empty() {
        return Err("has no command".to_owned());
    }
    let command = unescaped(command).ok_or("`%` feeds the command's input, which a CronJob has not")?;
    Ok(Entry { line, schedule, words: words(&command), user: user.map(str::to_owned) })
}

/// The words of a command line: its own if no shell is needed, else `/bin/sh -c`.
fn words(command: &str) -> Vec<String> {
    let shell = ["/bin/sh".to_owned(), "-c".to_owned()];
    super::with_stack(|| match syntax::parse(command) {
        Ok(list) => command::of_line(&list, command, &shell).words,
        Err(_) => shell.iter().cloned().chain([command.to_owned()]).collect(),
    })
    .unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()])
}

/// `\%` is a percent sign; a bare one ends the command.
fn unescaped(command: &str) -> Option<String> {
    let plain = command.replace("\\%", "\u{0}");
    (!plain.contains('%')).then(|| plain.replace('\u{0}', "%"))
}

/// The fields of a schedule, and what stands behind them.
fn split_schedule(line: &str) -> Option<(Vec<&str>, &str)> {
    if line.starts_with('@') {
        let (first, rest) = line.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        if first == "@every" {
            let (length, rest) = rest.split_once(char::is_whitespace)?;
            return Some((vec![first, length], rest.trim_start()));
        }
        let known =
            ["@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
        return known.contains(&first).then_some((vec![first], rest));
    }
    let mut fields = Vec::new();
    let mut rest = line;
    while fields.len() < 7 {
        let Some((field, after)) = rest.split_once(char::is_whitespace) else { break };
        if !is_field(field) {
            break;
        }
        fields.push(field);
        rest = after.trim_start();
    }
    (fields.len() >= 5).then_some((fields, rest))
}

/// Could it be a field of a schedule? A program's name could not.
fn is_field(word: &str) -> bool {
    let named = |word: &str| {
        word.len() == 3 && word.chars().all(|c| c.is_ascii_alphabetic()) && {
            let names = "jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat";
            names.split(' ').any(|name| name.eq_ignore_ascii_case(word))
        }
    };
    let parts = word.split([',', '-', '/']);
    parts.clone().all(|part| {
        part == "*"
            || part == "?"
            || named(part)
            || !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || matches!(c, 'L' | 'W' | '#'))
    })
}

/// The schedule as Kubernetes takes it.
fn schedule_of(fields: &[&str]) -> Result<String, String> {
    let fields = match fields {
        ["@reboot"] => return Err("`@reboot` runs when the container starts, not at a time".to_owned()),
        ["@every", length] => {
            let seconds = round::seconds_of(length).filter(|seconds| (60.0..1e9).contains(seconds));
            let seconds = seconds.ok_or_else(|| format!("`@every {length}` is no schedule of a CronJob"))?;
            let found = schedule::every(seconds as u64, None);
            return found
                .expression
                .filter(|_| found.fit == Fit::Exact)
                .ok_or_else(|| format!("`@every {length}` has no exact schedule of five fields"));
        }
        [named] => return Ok((*named).to_owned()),
        [seconds, rest @ ..] if rest.len() >= 5 => {
            if *seconds != "0" {
                return Err(format!(
                    "a column of seconds: a CronJob has none, and this one says `{seconds}`"
                ));
            }
            if rest.get(5).is_some_and(|years| *years != "*") {
                return Err("a column of years: a CronJob has none".to_owned());
            }
            &rest[..5]
        }
        fields => fields,
    };
    let text = fields.join(" ");
    if Times::parse(&text).is_none() {
        return Err(format!("`{text}` is no schedule of a CronJob"));
    }
    let [first @ .., weekdays] = fields else { return Err("has no schedule".to_owned()) };
    Ok(format!("{} {}", first.join(" "), sundays(weekdays)))
}

/// In a crontab Sunday is 0 and 7, in a CronJob only 0.
fn sundays(weekdays: &str) -> String {
    match weekdays {
        "7" => "0".to_owned(),
        "0-7" | "1-7" => "*".to_owned(),
        _ if !weekdays.contains('7') || weekdays.contains('/') => weekdays.to_owned(),
        _ => weekdays
            .split(',')
            .map(|part| match part.split_once('-') {
                Some((start, "7")) => format!("{start}-6,0"),
                None if part == "7" => "0".to_owned(),
                _ => part.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(","),
    }
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
        let crontab = parse(text, Format::User);
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
        assert_eq!(crontab.environment, [("PATH".to_owned(), "/usr/bin".to_owned())]);
        assert!(crontab.is_understood());
    }

    #[test]
    fn what_a_cronjob_cannot_do_is_said() {
        let lines = [
            "@reboot /x",
            "30 * * * * * /x",
            "* * * * * cat %hello",
            "0 0 L * * /x",
            "61 * * * * /x",
            "MAILTO=me@example.org",
            "CRON_TZ=Europe/Berlin",
            "nonsense",
        ];
        for line in lines {
            let crontab = parse(line, Format::User);
            assert_eq!(crontab.problems.len(), 1, "{line}");
        }
    }

    #[test]
    fn the_user_stands_before_the_command() {
        let crontab = parse("0 1 * * * www-data /x\n0 2 * * * root /y\n", Format::System);
        let users: Vec<Option<&str>> = crontab.entries.iter().map(|entry| entry.user.as_deref()).collect();
        assert_eq!(users, [Some("www-data"), None]);
    }

    #[test]
    fn scripts_are_no_crontabs() {
        assert!(is_crontab("SHELL=/bin/sh\n0 1 * * * x\n"));
        for text in ["", "#!/bin/sh\necho\n", "A=1\n", "while :; do x; sleep 5; done\n"] {
            assert!(!is_crontab(text), "{text}");
        }
    }
}
