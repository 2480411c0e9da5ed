//! Services that run a cron daemon: a CronJob for each line of their crontabs.

use regex::Regex;

use super::{
    job::{Job, Jobs, Said},
    task::task,
};
use crate::{
    catalog::base_name,
    compose::model::Service,
    plan::{
        decide::schedule::{self, TIME_ZONE},
        facts::{Facts, Hosts, source::Source},
        reasons,
    },
    secret,
    shell::{
        Behaviour,
        cron_daemon::{self, Content, CronDaemon, Table},
        crontab::{self, Entry, Format},
    },
};

/// The place of a crontab that the command itself writes.
const IN_COMMAND: &str = "the crontab in its command";

/// Where daemons look for crontabs.
const PLACES: [(&str, bool); 4] = [
    ("/etc/crontabs/root", false),
    ("/var/spool/cron/crontabs/root", false),
    ("/var/spool/cron/root", false),
    ("/etc/crontab", true),
];

/// Folders of crontabs that are named for the users who run them.
const OF_USERS: [&str; 3] = ["/etc/crontabs", "/var/spool/cron/crontabs", "/var/spool/cron"];

/// Folders whose scripts the crontabs of usual images run: busybox's, and then those of other daemons.
const FOLDERS: [(&str, &str, bool); 9] = [
    ("/etc/periodic/15min", "*/15 * * * *", true),
    ("/etc/periodic/hourly", "0 * * * *", true),
    ("/etc/periodic/daily", "0 2 * * *", true),
    ("/etc/periodic/weekly", "0 3 * * 6", true),
    ("/etc/periodic/monthly", "0 5 1 * *", true),
    ("/etc/cron.hourly", "17 * * * *", false),
    ("/etc/cron.daily", "25 6 * * *", false),
    ("/etc/cron.weekly", "47 6 * * 0", false),
    ("/etc/cron.monthly", "52 6 1 * *", false),
];

/// A crontab as it was found.
struct Found {
    /// What people know it by.
    place: String,
    text: String,
    has_users: bool,
    /// Whose crontab it is, if it is not root's.
    owner: Option<String>,
    /// Whether it is a folder of scripts.
    is_folder: bool,
}

/// The jobs of a service that runs a cron daemon, or why it stays. Nothing if it runs none.
pub(super) fn of_service(facts: &Facts<'_>, name: &str, service: &Service) -> Option<Jobs> {
    let known = facts.services.get(name)?;
    let Behaviour::Cron(daemon) = &known.behaviour else { return None };
    let attribute = vec![known.started_by.to_owned()];
    match jobs(&facts.hosts, &Source::of(&facts.context, name, service), daemon) {
        Ok((jobs, tables, runs)) => Some(Jobs {
            instead: true,
            jobs,
            tables,
            said: vec![(attribute, Said::Differs(reasons::runs_crontabs(runs)))],
            ..Jobs::default()
        }),
        Err(reason) => {
            let said = Said::Differs(reasons::stays_a_daemon(reason));
            Some(Jobs { said: vec![(attribute, said)], ..Jobs::default() })
        }
    }
}

type Planned = (Vec<Job>, Vec<String>, String);

fn jobs(hosts: &Hosts, source: &Source<'_>, daemon: &CronDaemon) -> Result<Planned, String> {
    if let Some(reason) = schedule::obstacle(hosts, source.name, source.service) {
        return Err(reason);
    }
    if let Some(obstacle) = &daemon.obstacle {
        return Err(obstacle.clone());
    }
    let program = daemon.words.first().map_or("", |word| base_name(word));
    let users = match program {
        "supercronic" => Format::Supercronic,
        "cron" | "dcron" | "cronie" | "fcron" => Format::User,
        "crond" if daemon.words.iter().any(|word| word == "-n") => Format::User,
        "crond" => Format::Busybox,
        _ => return Err(format!("nothing is known of the tables of `{program}`")),
    };
    let found = tables(source, daemon, users)?;
    if found.is_empty() {
        return Err("its crontab is not found here".to_owned());
    }
    let zone = source.variable("TZ");
    let mut jobs = Vec::new();
    let mut notes = Vec::new();
    for table in &found {
        let has_users = table.has_users || crontab::has_users(&table.text);
        let format = if has_users { Format::System } else { users };
        let name = source.context.stagger.then_some(source.name);
        let crontab = crontab::parse(&without_files(&table.text, daemon), format, name);
        if let Some((line, problem)) = crontab.problems.first() {
            return Err(format!("line {line} of {}: {problem}", table.place));
        }
        notes.extend(
            crontab.notes.iter().map(|(line, note)| format!("line {line} of {}: {note}", table.place)),
        );
        for mut entry in crontab.entries {
            if let (None, Some(owner)) = (&entry.user, &table.owner) {
                entry.user = Some(owner.clone());
                if !matches!(&entry.words[..], [_, flag, _] if flag == "-c") {
                    entry.words = ["/bin/sh", "-c", &entry.command].map(str::to_owned).to_vec();
                }
            }
            let may_overlap =
                users != Format::Supercronic || daemon.words.iter().any(|word| word == "-overlapping");
            jobs.push(job(source, table, entry, zone.as_deref(), daemon, may_overlap)?);
        }
    }
    if jobs.is_empty() {
        return Err("its crontab runs nothing".to_owned());
    }
    let places: Vec<String> = found.iter().map(|table| table.place.clone()).collect();
    // The scripts of a folder are what runs.
    let tables = found.iter().filter(|table| !table.is_folder).map(|table| table.place.clone()).collect();
    let lines = if jobs.len() == 1 {
        "its line is a CronJob".to_owned()
    } else {
        format!("its {} lines are CronJobs", jobs.len())
    };
    let reason = std::iter::once(format!("{}: {lines}", places.join(" and "))).chain(notes);
    Ok((jobs, tables, reason.collect::<Vec<_>>().join("; ")))
}

fn job(
    source: &Source<'_>,
    table: &Found,
    entry: Entry,
    zone: Option<&str>,
    daemon: &CronDaemon,
    may_overlap: bool,
) -> Result<Job, String> {
    let place = match table.is_folder {
        true => format!("the scripts of {}", table.place),
        false => format!("line {} of {}", entry.line, table.place),
    };
    if let Some(dump) = daemon.dumps.iter().find(|dump| entry.command.contains(*dump)) {
        return Err(format!("{place} reads {dump}, which is written as the daemon starts"));
    }
    let time_zone = match (&entry.time_zone, zone) {
        (Some(zone), _) => Some(zone.clone()),
        (None, Some(zone)) if crontab::follows_time_zone(&entry.schedule) => {
            crontab::time_zone(zone).map_err(|problem| format!("{place}: {problem}"))?
        }
        _ => None,
    };
    let mut comments = vec![place];
    comments.extend(entry.notes.iter().cloned());
    if !daemon.setup.is_empty() {
        comments.push("what was done before the daemon is done before each run".to_owned());
    }
    if time_zone.is_some() && crontab::follows_time_zone(&entry.schedule) {
        comments.push(TIME_ZONE.to_owned());
    }
    if let Some(reason) = schedule::untimed(source.context.kubernetes, &entry.schedule, time_zone.as_ref()) {
        return Err(format!("{}: {reason}", table.place));
    }
    let own_user = source.service.own_user().is_some();
    Ok(Job {
        task: task(&entry.words),
        schedule: entry.schedule.clone(),
        time_zone,
        may_overlap,
        directory: entry.directory.clone(),
        words: words(&entry, own_user, daemon).map_err(|problem| format!("{}: {problem}", table.place))?,
        comments,
        ..Job::default()
    })
}

/// The words of a line with the variables that the crontab sets, as the user that it names: the daemon runs as
/// root, unless the service says who it is.
fn words(entry: &Entry, own_user: bool, daemon: &CronDaemon) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let own: Vec<&(String, String)> =
        entry.environment.iter().filter(|(_, value)| !daemon.dumps.contains(value)).collect();
    if let Some((name, _)) = own.iter().find(|(name, value)| secret::is_secret(name, value)) {
        return Err(format!("it sets `{name}`, which looks like a secret: set it under `environment`"));
    }
    if !own.is_empty() {
        words.push("env".to_owned());
        words.extend(own.iter().map(|(name, value)| format!("{name}={value}")));
    }
    match (&entry.user, &entry.words[..]) {
        (Some(user), [shell, flag, command]) if !own_user && daemon.setup.is_empty() => {
            words.extend(["su", "-s", shell, flag, command, user].map(str::to_owned));
        }
        (None, _) if !daemon.setup.is_empty() => {
            let all: Vec<&str> =
                daemon.setup.iter().map(String::as_str).chain([entry.command.as_str()]).collect();
            words.extend(["/bin/sh".to_owned(), "-c".to_owned(), all.join(" &&\n")]);
        }
        (Some(user), _) if !own_user => {
            return Err(format!("`{user}` runs what is prepared by somebody else"));
        }
        _ => words.extend(entry.words.iter().cloned()),
    }
    Ok(words)
}

/// The crontabs that a daemon runs, or what of them cannot be read here: its jobs would be lost.
fn tables(source: &Source<'_>, daemon: &CronDaemon, users: Format) -> Result<Vec<Found>, String> {
    let mut found = Tables { source, found: Vec::new() };
    if users == Format::Supercronic {
        if let Some(path) = daemon.words.iter().skip(1).rfind(|word| !word.starts_with('-')) {
            found.add(path, source.file(path), false);
        }
        return Ok(found.found);
    }
    let runs = source.stage().into_iter().flat_map(|stage| &stage.runs);
    let of_image = runs.filter_map(|run| {
        cron_daemon::read(&[run], &|name| source.variable(name), &source.context.reader.scripts)
    });
    let installed: Vec<Table> = of_image.chain([daemon.clone()]).flat_map(|daemon| daemon.tables).collect();
    for Table { content, place } in &installed {
        let has_users = place.as_deref().is_some_and(has_users);
        match content {
            Content::Text(text) => {
                found.add(place.as_deref().unwrap_or(IN_COMMAND), Some(text.clone()), has_users);
            }
            Content::File(path) => found.add(path, source.file(path), has_users),
        }
    }
    if let Some(folder) = daemon.words.iter().skip_while(|word| *word != "-c").nth(1) {
        let folder = folder.trim_end_matches('/');
        let path = format!("{folder}/root");
        found.add(&path, source.file(&path), false);
        found.add_folder(folder, false)?;
        return Ok(found.found);
    }
    for (place, has_users) in PLACES {
        found.add(place, source.file(place), has_users);
    }
    for folder in OF_USERS {
        found.add_folder(folder, false)?;
    }
    if users == Format::User {
        found.add_folder("/etc/cron.d", true)?;
    }
    // What the image's own table runs is gone with it.
    let own = if users == Format::Busybox { "/etc/crontabs/root" } else { "/etc/crontab" };
    if source.file(own).is_none() {
        found.add_scripts(users == Format::Busybox);
    }
    Ok(found.found)
}

/// The crontabs of a daemon, as they are found.
struct Tables<'s, 'a> {
    source: &'s Source<'a>,
    found: Vec<Found>,
}

impl Tables<'_, '_> {
    fn add(&mut self, place: &str, text: Option<String>, has_users: bool) {
        if let Some(text) = text.filter(|_| !self.found.iter().any(|table| table.place == place)) {
            self.found.push(Found {
                place: place.to_owned(),
                text,
                has_users,
                owner: None,
                is_folder: false,
            });
        }
    }

    /// All the tables of a folder: those of the system name the user in each line, others are named for theirs.
    fn add_folder(&mut self, folder: &str, has_users: bool) -> Result<(), String> {
        let places = self.source.files_in(folder).ok_or_else(|| format!("`{folder}` cannot be read here"))?;
        for place in places {
            let text = self.source.file(&place).ok_or_else(|| format!("`{place}` cannot be read here"))?;
            let before = self.found.len();
            self.add(&place, Some(text), has_users);
            let owner = Some(base_name(&place)).filter(|owner| !has_users && *owner != "root");
            for table in self.found.iter_mut().skip(before) {
                table.owner = owner.map(str::to_owned);
            }
        }
        Ok(())
    }

    /// The folders whose scripts the table of the usual image runs.
    fn add_scripts(&mut self, busybox: bool) {
        let has_any = |place: &str| self.source.files_in(place).is_none_or(|files| !files.is_empty());
        let folders: Vec<_> =
            FOLDERS.iter().filter(|(place, _, is_of)| *is_of == busybox && has_any(place)).collect();
        self.found.extend(folders.into_iter().map(|(place, schedule, _)| Found {
            place: (*place).to_owned(),
            text: format!("{schedule} run-parts {place}"),
            has_users: false,
            owner: None,
            is_folder: true,
        }));
    }
}

fn has_users(place: &str) -> bool {
    place.starts_with("/etc/cron.d/") || place == "/etc/crontab"
}

/// A crontab without what serves the daemon's container alone: output that goes to the file which the daemon
/// shows as its log, and variables that come from a file which it wrote at its start.
fn without_files(text: &str, daemon: &CronDaemon) -> String {
    let mut text = text.to_owned();
    let patterns = daemon
        .logs
        .iter()
        .map(|log| format!(r"\s*(?:1?>>?|&>>?)\s*{}(?:\s+2>&1)?", regex::escape(log)))
        .chain(
            daemon.dumps.iter().map(|dump| format!(r"(?:\.|source)\s+{}\s*(?:;|&&)\s*", regex::escape(dump))),
        );
    for pattern in patterns {
        if let Ok(pattern) = Regex::new(&pattern) {
            text = pattern.replace_all(&text, "").into_owned();
        }
    }
    text
}
