//! Labels by which schedulers beside a project know what to run in it, and when: those of ofelia and its kin,
//! of swarm-cronjob, and of deck-chores.
//!
//! A scheduler runs commands in containers that are there. A CronJob starts one of its own, from the same
//! image with the same variables and volumes: what a command needs of the running container itself, it
//! does not have.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    job::{Job, Jobs, Said},
    task::task,
};
use crate::{
    catalog::Role,
    compose::{model::Service, values::words},
    plan::{
        decide::schedule,
        facts::{Facts, secrets, source::Source},
        reasons,
    },
    secret,
    shell::crontab,
};

/// A key of labels, the way to it from the service.
type Path = Vec<String>;

/// The scheduler of a project.
struct Scheduler {
    service: String,
    zone: Option<String>,
}

/// A job as labels define it.
struct Definition {
    /// The service that has the labels.
    owner: String,
    /// `job-exec`, `job-run` and the like.
    kind: String,
    name: String,
    /// The file that defines it in the place of labels.
    file: Option<String>,
    settings: Vec<(String, String, Path)>,
}

impl Definition {
    fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _, _)| key == name).map(|(_, value, _)| value.as_str())
    }
}

/// The jobs that labels give, by service.
pub(super) fn find(facts: &Facts<'_>) -> BTreeMap<String, Jobs> {
    let mut found: BTreeMap<String, Jobs> = BTreeMap::new();
    let scheduler = scheduler(facts);
    for (name, service) in facts.context.services() {
        let labels = labels(service);
        found.extend(own_schedule(facts, name, service, &labels).map(|jobs| (name.to_owned(), jobs)));
        let is_scheduler = scheduler.as_ref().is_some_and(|scheduler| scheduler.service == name);
        let mut definitions = definitions(name, &labels, is_scheduler, &mut found);
        if is_scheduler {
            definitions.extend(of_file(&Source::of(&facts.context, name, service)));
        }
        for definition in definitions {
            add_job(facts, &definition, scheduler.as_ref(), &mut found);
        }
    }
    let has_jobs = found.values().any(|jobs| !jobs.jobs.is_empty());
    if let Some(scheduler) = scheduler.filter(|_| has_jobs) {
        found.entry(scheduler.service).or_default().idle = true;
    }
    found
}

fn scheduler(facts: &Facts<'_>) -> Option<Scheduler> {
    let (name, service) = facts.context.services().find(|(name, _)| {
        let image = facts.services.image(name);
        image.is_some_and(|image| image.role == Role::Scheduler)
    })?;
    let zone = secrets::variables(service).find(|(key, _)| *key == "TZ").map(|(_, value)| value.to_owned());
    Some(Scheduler { service: name.to_owned(), zone })
}

/// All labels of a service, of its container and of what is deployed.
fn labels(service: &Service) -> Vec<(Path, String, String)> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    let all = [(service.labels.as_ref(), &["labels"][..]), (deployed, &["deploy", "labels"])];
    let each = all.into_iter().flat_map(|(labels, path)| {
        labels.into_iter().flat_map(|labels| labels.value.iter()).map(move |(key, value)| {
            let path = path.iter().copied().chain([key.as_str()]).map(str::to_owned).collect();
            (path, key.clone(), value.value.clone())
        })
    });
    each.collect()
}

fn is_true(value: &str) -> bool {
    ["true", "1", "yes", "on"].contains(&value.to_ascii_lowercase().as_str())
}

/// The service itself is a job: labels of swarm-cronjob.
fn own_schedule(
    facts: &Facts<'_>,
    name: &str,
    service: &Service,
    labels: &[(Path, String, String)],
) -> Option<Jobs> {
    let of =
        |wanted: &str| labels.iter().find(|(_, key, _)| key == wanted).map(|(_, _, value)| value.as_str());
    let wanted = of("swarm.cronjob.schedule").filter(|_| of("swarm.cronjob.enable").is_some_and(is_true))?;
    let prefix = "swarm.cronjob.";
    let mut jobs = Jobs::default();
    let stagger = facts.context.stagger.then_some(name);
    let when = match schedule::obstacle(&facts.hosts, name, service) {
        Some(reason) => Err(reason),
        None => crontab::of_text(wanted, stagger),
    };
    let is_taken = when.is_ok();
    for (path, key, value) in labels.iter().filter(|(_, key, _)| key.starts_with(prefix)) {
        let said = match (key.strip_prefix(prefix).unwrap_or_default(), value.as_str()) {
            ("schedule", _) => match &when {
                Ok(_) => Said::Mapped,
                Err(problem) => Said::Not(reasons::is_no_job(problem)),
            },
            _ if !is_taken => Said::Not(reasons::NO_SCHEDULE_NO_CRON_JOB.into()),
            ("enable" | "skip-running", _) | ("replicas", "1") => Said::Mapped,
            _ => Said::Not(reasons::NOT_OF_A_CRON_JOB.into()),
        };
        jobs.said.push((path.clone(), said));
    }
    if let Ok(when) = when {
        let waits = of("swarm.cronjob.skip-running").is_some_and(is_true);
        jobs.instead = true;
        jobs.jobs.push(Job {
            schedule: when.schedule,
            may_overlap: !waits,
            comments: std::iter::once(format!("`{prefix}schedule`: {wanted}")).chain(when.note).collect(),
            ..Job::default()
        });
    }
    Some(jobs)
}

/// The jobs that the labels of a service define for schedulers.
fn definitions(
    owner: &str,
    labels: &[(Path, String, String)],
    is_scheduler: bool,
    found: &mut BTreeMap<String, Jobs>,
) -> Vec<Definition> {
    let mut definitions: IndexMap<(String, String), Definition> = IndexMap::new();
    let enabled = |prefix: &str| {
        let key = format!("{prefix}enabled");
        labels.iter().any(|(_, label, value)| *label == key && is_true(value))
    };
    for (path, key, value) in labels {
        let prefix =
            ["ofelia.", "chadburn.", "deck-chores."].into_iter().find(|prefix| key.starts_with(prefix));
        let Some((prefix, rest)) = prefix.and_then(|prefix| Some((prefix, key.strip_prefix(prefix)?))) else {
            continue;
        };
        let is_of_chores = prefix == "deck-chores.";
        if !is_of_chores && !is_scheduler && !enabled(prefix) {
            continue;
        }
        let parts: Option<(&str, &str, &str)> = if is_of_chores {
            rest.split_once('.')
                .filter(|(name, _)| *name != "options")
                .map(|(name, setting)| ("chore", name, setting))
        } else {
            rest.split_once('.').and_then(|(kind, rest)| {
                let (name, setting) = rest.rsplit_once('.')?;
                Some((kind, name, setting))
            })
        };
        let Some((kind, name, setting)) = parts else {
            let said =
                if rest == "enabled" { Said::Mapped } else { Said::Not(reasons::OF_THE_SCHEDULER.into()) };
            found.entry(owner.to_owned()).or_default().said.push((path.clone(), said));
            continue;
        };
        let new = || Definition {
            owner: owner.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            file: None,
            settings: Vec::new(),
        };
        let definition = definitions.entry((kind.to_owned(), name.to_owned())).or_insert_with(new);
        definition.settings.push((setting.to_owned(), value.clone(), path.clone()));
    }
    definitions.into_values().collect()
}

/// Makes a definition a job of the service that it is about.
fn add_job(
    facts: &Facts<'_>,
    definition: &Definition,
    scheduler: Option<&Scheduler>,
    found: &mut BTreeMap<String, Jobs>,
) {
    let made = job(facts, definition, scheduler);
    if let (Some(file), Err(problem)) = (&definition.file, &made) {
        let what = format!("`{} {}` of {file}", definition.kind, definition.name);
        let reason = reasons::is_no_job(problem).of(&what);
        let jobs = found.entry(definition.owner.clone()).or_default();
        jobs.said.push((vec!["volumes".to_owned()], Said::Not(reason)));
        return;
    }
    let said = definition.settings.iter().filter_map(|(key, _, path)| {
        let said = match &made {
            Ok(_) => said_of(key, definition),
            Err(problem) => Said::Not(reasons::is_no_job(problem)),
        };
        match (&definition.file, said) {
            (None, said) => Some((path.clone(), said)),
            (Some(_), Said::Mapped) => None,
            (Some(file), Said::Differs(reason) | Said::Not(reason)) => {
                let what = format!("`{key}` of `{} {}` in {file}", definition.kind, definition.name);
                Some((vec!["volumes".to_owned()], Said::Not(reason.of(&what))))
            }
        }
    });
    let said: Vec<(Path, Said)> = said.collect();
    found.entry(definition.owner.clone()).or_default().said.extend(said);
    if let Ok((service, job)) = made {
        found.entry(service).or_default().jobs.push(job);
    }
}

fn said_of(key: &str, definition: &Definition) -> Said {
    let known = [
        "schedule",
        "interval",
        "command",
        "container",
        "no-overlap",
        "tty",
        "workdir",
        "dir",
        "environment",
        "timezone",
        "max",
        "delete",
    ];
    let root = definition.setting("user").is_some_and(|user| user == "root" || user.parse::<i64>().is_ok());
    match key {
        "user" if root => Said::Mapped,
        "user" => Said::Differs(reasons::USER_BY_NUMBER.into()),
        _ if known.contains(&key) => Said::Mapped,
        _ => Said::Not(reasons::NOT_OF_A_CRON_JOB.into()),
    }
}

/// The service that a job belongs to, and the job.
fn job(
    facts: &Facts<'_>,
    definition: &Definition,
    scheduler: Option<&Scheduler>,
) -> Result<(String, Job), String> {
    let target = target(facts, definition)?;
    let command = definition.setting("command").unwrap_or_default();
    if definition.kind == "job-run" {
        // The container that is started anew runs what the service says.
    } else if command.is_empty() {
        return Err("it names no command".to_owned());
    } else {
        reaches_its_container(facts, target, command)?;
    }
    let split = words::split(command).map_err(|_| "its command has quotes without an end".to_owned())?;
    if split.dropped.is_some() {
        return Err("its command has signs of a shell outside of quotes: write `sh -c \"…\"`".to_owned());
    }
    let name = format!("{target} {}", definition.name);
    let when = when(definition, facts.context.stagger.then_some(name.as_str()))?;
    let zone = definition.setting("timezone").or_else(|| scheduler?.zone.as_deref());
    let zone = zone.filter(|_| crontab::follows_time_zone(&when.schedule));
    let time_zone = zone.map(crontab::time_zone).transpose()?.flatten();
    if let Some(reason) = schedule::untimed(facts.context.kubernetes, &when.schedule, time_zone.as_ref()) {
        return Err(reason);
    }
    let user =
        definition.setting("user").and_then(|user| if user == "root" { Some(0) } else { user.parse().ok() });
    let key = if definition.kind == "chore" { "deck-chores".to_owned() } else { definition.kind.clone() };
    let origin = match &definition.file {
        Some(file) => file.clone(),
        None => format!("the labels of {}", definition.owner),
    };
    let mut comments = vec![format!("{key} {} of {origin}", definition.name)];
    comments.extend(when.note);
    if time_zone.is_some() {
        comments.push(schedule::TIME_ZONE.to_owned());
    }
    let job = Job {
        task: if definition.name.is_empty() { task(&split.words) } else { definition.name.clone() },
        schedule: when.schedule,
        time_zone,
        may_overlap: !definition.setting("no-overlap").is_some_and(is_true) && definition.kind != "chore",
        words: with_environment(definition, split.words)?,
        directory: definition.setting("workdir").or(definition.setting("dir")).map(str::to_owned),
        user,
        comments,
        ..Job::default()
    };
    Ok((target.to_owned(), job))
}

fn when(definition: &Definition, stagger: Option<&str>) -> Result<crontab::When, String> {
    if definition.kind != "chore" {
        let schedule = definition.setting("schedule").ok_or("it names no schedule")?;
        return crontab::of_text(schedule, stagger);
    }
    let every = match definition.setting("interval") {
        Some("every minute") => "1m",
        Some("hourly" | "every hour") => "1h",
        Some("daily" | "every day") => "24h",
        Some("weekly" | "every week") => "168h",
        _ => {
            return Err(
                "deck-chores has its own syntax for times: only its named intervals are read".to_owned()
            );
        }
    };
    crontab::of_text(&format!("@every {every}"), stagger)
}

/// The service whose container a job runs in.
fn target<'a>(facts: &'a Facts<'_>, definition: &Definition) -> Result<&'a str, String> {
    let wanted = match (definition.kind.as_str(), definition.setting("container")) {
        ("job-exec" | "job-run", Some(container)) => container,
        ("job-exec" | "job-local" | "chore", _) => definition.owner.as_str(),
        ("job-run", None) => {
            return Err(
                "it starts a container of its own: make it a service with `ofelia.job-exec`".to_owned()
            );
        }
        _ => return Err("a CronJob cannot do this".to_owned()),
    };
    let project = &facts.context.project.name;
    let found = facts.context.services().find(|(name, service)| {
        let own = service.container_name.as_ref().is_some_and(|own| own.value == wanted);
        let made = [format!("{project}-{name}-1"), format!("{project}_{name}_1")];
        own || *name == wanted || made.iter().any(|made| made == wanted)
    });
    found.map(|(name, _)| name).ok_or_else(|| format!("no service has the container `{wanted}`"))
}

/// Whether a command could do without the container that it ran in.
fn reaches_its_container(facts: &Facts<'_>, name: &str, command: &str) -> Result<(), String> {
    if facts.services.is_backing(name) {
        return Err(format!(
            "it runs in the container of the database `{name}`: give it a service that reaches the database by its name"
        ));
    }
    if let Some(host) =
        ["localhost", "127.0.0.1", "0.0.0.0", "::1"].into_iter().find(|host| command.contains(host))
    {
        return Err(format!("it reaches its own container as `{host}`: say `{name}`"));
    }
    match crontab::acting_here(command) {
        Some(program) => Err(format!("`{program}` acts on the container that it runs in")),
        None => Ok(()),
    }
}

/// The words with variables of their own: lists in JSON, or `A=1`.
fn with_environment(definition: &Definition, words: Vec<String>) -> Result<Vec<String>, String> {
    let all = definition.settings.iter().filter(|(key, value, _)| key == "environment" && !value.is_empty());
    let list = |value: &String| serde_json::from_str(value).unwrap_or_else(|_| vec![value.clone()]);
    let own: Vec<String> = all.flat_map(|(_, value, _)| -> Vec<String> { list(value) }).collect();
    if own.is_empty() {
        return Ok(words);
    }
    if words.is_empty() || !own.iter().all(|pair| pair.contains('=')) {
        return Err("its variables are not read".to_owned());
    }
    let is_secret =
        |pair: &String| pair.split_once('=').is_some_and(|(name, value)| secret::is_secret(name, value));
    if own.iter().any(is_secret) {
        return Err("one of its variables looks like a secret: set it under `environment`".to_owned());
    }
    Ok(std::iter::once("env".to_owned()).chain(own).chain(words).collect())
}

/// The jobs that a scheduler's own file defines: `[job-exec "name"]` with `key = value` below.
fn of_file(source: &Source<'_>) -> Vec<Definition> {
    const USUAL: &str = "/etc/ofelia.conf";
    let mut words = source.start.whole.iter();
    let named =
        words.find_map(|word| word.strip_prefix("--config")).map(|rest| match rest.strip_prefix('=') {
            Some(path) => path.to_owned(),
            None => words.next().cloned().unwrap_or_default(),
        });
    let path = named.unwrap_or_else(|| USUAL.to_owned());
    let Some(text) = source.file(&path) else { return Vec::new() };
    let mut definitions: Vec<Definition> = Vec::new();
    let mut is_job = false;
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (kind, name) = section.split_once(' ').unwrap_or((section, ""));
            is_job = kind.starts_with("job-");
            if is_job {
                definitions.push(Definition {
                    owner: source.name.to_owned(),
                    kind: kind.to_owned(),
                    name: name.trim().trim_matches('"').to_owned(),
                    file: Some(path.clone()),
                    settings: Vec::new(),
                });
            }
        } else if let Some((key, value)) = line.split_once('=')
            && let Some(definition) = definitions.last_mut().filter(|_| is_job)
        {
            definition.settings.push((key.trim().to_owned(), value.trim().to_owned(), Path::new()));
        }
    }
    definitions
}
