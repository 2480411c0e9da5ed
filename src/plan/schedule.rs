//! Services that are loops: which of them a CronJob replaces.
//!
//! The words of a service's command lead to a script, in line or in a file: one that is mounted, or one
//! that the Dockerfile copies into the image. What the script is, `shell` says; here it is decided
//! whether the service as a whole can be a CronJob.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Context, Kind, kinds, secrets};
use crate::{
    compose::model::Service,
    k8s::versions::Feature,
    shell::{
        self, Fit, Loop, Script, Verdict,
        command_line::{self, Invocation},
        crontab::{self, Format},
        dockerfile::{self, Stage},
    },
};

/// Seconds below which a controller never starts a job that is late.
const LEAST_DEADLINE: u64 = 10;

/// A service whose command is a loop.
#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    /// What the script is.
    pub(super) found: Loop,
    /// The attribute that leads to it.
    pub(super) attribute: &'static str,
    /// Does the command stand behind the image's entrypoint, which nobody knows?
    pub(super) behind_entrypoint: bool,
    /// Why it stays what it is; nothing if it becomes a CronJob.
    pub(super) stays: Option<String>,
}

impl Scheduled {
    /// The kind of its workload.
    pub(super) fn kind(&self) -> Option<Kind> {
        let interval = self.found.interval?;
        Some(Kind::CronJob {
            schedule: self.found.schedule.clone()?,
            starting_deadline: i64::try_from(interval.max(LEAST_DEADLINE)).ok()?,
            may_overlap: self.found.background,
        })
    }

    /// What to say above the object: the interval, and in what the schedule differs from it.
    pub(super) fn comments(&self) -> Vec<String> {
        if self.found.kind == shell::Kind::Crontab {
            return self.found.reasons.clone();
        }
        let interval = self.found.interval.unwrap_or_default();
        let mut lines = vec![match &self.found.difference {
            Some(difference) => format!("every {interval} s: {difference}"),
            None => format!("every {interval} s"),
        }];
        let told = self.found.difference.as_ref();
        lines.extend(self.found.reasons.iter().filter(|reason| Some(*reason) != told).cloned());
        lines
    }

    /// The words that the script says itself, and those that it was given.
    pub(super) fn words(&self) -> (&[String], &[String]) {
        let words = self.found.commands.first().map_or(&[][..], Vec::as_slice);
        // What cron runs, it runs without the image's entrypoint.
        if self.behind_entrypoint && self.found.kind != shell::Kind::Crontab {
            (&[], words)
        } else {
            words.split_at(self.found.own_words.min(words.len()))
        }
    }
}

/// The services that are loops, by name.
pub(super) fn find(context: &Context<'_>) -> BTreeMap<String, Scheduled> {
    let mut images = Images::default();
    let services = context.services();
    services
        .filter_map(|(name, service)| {
            Some((name.to_owned(), of_service(context, name, service, &mut images)?))
        })
        .collect()
}

fn of_service(
    context: &Context<'_>,
    name: &str,
    service: &Service,
    images: &mut Images,
) -> Option<Scheduled> {
    let words =
        |command: Option<&crate::text::Spanned<crate::compose::model::Command>>| -> Option<Vec<String>> {
            command.map(|command| command.value.iter().map(|word| word.value.clone()).collect())
        };
    let entrypoint = words(service.entrypoint.as_ref());
    let command = words(service.command.as_ref());
    // Reading Dockerfiles is for services whose own words say nothing.
    let stage = images.of(context, service);
    let environment = |variable: &str| {
        let own = secrets::variables(service).filter(|(key, _)| *key == variable).last();
        own.map(|(_, value)| value.to_owned()).or_else(|| stage.as_ref()?.environment.get(variable).cloned())
    };
    let source = Source { context, service, stage: stage.as_ref(), environment: &environment, name };
    let of_image = stage.as_ref().and_then(|stage| stage.entrypoint.clone());
    let known = entrypoint.clone().or(of_image);
    let rest = command
        .clone()
        .or_else(|| stage.as_ref().filter(|_| entrypoint.is_none()).and_then(|stage| stage.command.clone()));
    let attribute =
        if service.entrypoint.is_some() || service.command.is_none() { "entrypoint" } else { "command" };
    let whole: Vec<String> = known.iter().chain(&rest).flatten().cloned().collect();
    let first = source.read(&whole).map(|found| (found, known.is_none() && command.is_some()));
    // The image's entrypoint usually runs what it is given.
    let found = first.filter(|(found, _)| is_loop(found)).or_else(|| {
        let command = command.as_ref().filter(|_| entrypoint.is_none())?;
        source.read(command).map(|found| (found, true)).filter(|(found, _)| is_loop(found))
    });
    let (found, behind_entrypoint) = found?;
    let (found, unread) = match found.kind {
        shell::Kind::Crontab => match source.crontab(&whole) {
            Ok(found) => (found, None),
            Err(reason) => (found, Some(reason)),
        },
        _ => (found, None),
    };
    let stays = unread.or_else(|| stays(context, name, service, &found));
    Some(Scheduled { found, attribute, behind_entrypoint, stays })
}

fn is_loop(found: &Loop) -> bool {
    matches!(found.kind, shell::Kind::PeriodicLoop | shell::Kind::Crontab)
}

/// Why a loop stays a loop.
fn stays(context: &Context<'_>, name: &str, service: &Service, found: &Loop) -> Option<String> {
    let mode = service.deploy.as_ref().and_then(|deploy| deploy.value.mode.as_ref());
    let reason = if found.convert == Verdict::No {
        found.reasons.first().cloned().unwrap_or_else(|| "no schedule says it".to_owned())
    } else if service.ports.is_some() || service.expose.is_some() || context.hosts.is_addressed(name) {
        "others reach it over the network, and a job has no address".to_owned()
    } else if mode.is_some_and(|mode| mode.value == "global") {
        "it runs on every node".to_owned()
    } else if kinds::replicas(service).is_some_and(|replicas| replicas != 1) {
        "it runs more than once at a time".to_owned()
    } else if found.fit == Fit::Every && !Feature::EverySchedule.is_on(context.kubernetes) {
        let since = Feature::EverySchedule.since();
        format!("clusters before {since} do not time `@every` right, and nothing else says the interval")
    } else {
        return None;
    };
    Some(format!("a loop, kept as it is: {reason}"))
}

/// Where the script of a service is looked for.
struct Source<'a> {
    context: &'a Context<'a>,
    service: &'a Service,
    stage: Option<&'a Stage>,
    environment: &'a (dyn Fn(&str) -> Option<String> + Sync),
    name: &'a str,
}

impl Source<'_> {
    /// What the words of a command run, if that is a script that can be read here.
    fn read(&self, words: &[String]) -> Option<Loop> {
        let (text, name, arguments, shell) = match command_line::read(words)? {
            Invocation::Inline { shell, text, name, arguments } => {
                (text, name.unwrap_or_default(), arguments, shell)
            }
            Invocation::File { shell, path, arguments } => {
                let text = self.file(&path).filter(|text| !shell.is_empty() || is_shell_script(text));
                match text {
                    Some(text) => (text, path, arguments, shell),
                    // A cron daemon, or `watch`: the words themselves are the script.
                    None => (line(words), String::new(), Vec::new(), Vec::new()),
                }
            }
        };
        Some(shell::read(&Script {
            text: &text,
            name: &name,
            arguments: &arguments,
            shell: &shell,
            environment: self.environment,
            stagger: Some(self.name),
        }))
    }

    /// The crontab that a cron daemon runs, if it can be read here and its one line be a CronJob.
    fn crontab(&self, words: &[String]) -> Result<Loop, String> {
        const PLACES: [(&str, Format); 5] = [
            ("/etc/crontabs/root", Format::User),
            ("/var/spool/cron/crontabs/root", Format::User),
            ("/var/spool/cron/root", Format::User),
            ("/etc/crontab", Format::System),
            ("/etc/cron.d/crontab", Format::System),
        ];
        let stays = |reason: String| Err(format!("runs a cron daemon, kept as it is: {reason}"));
        // supercronic is told its crontab.
        let named = words
            .iter()
            .skip(1)
            .filter(|word| word.starts_with('/'))
            .map(|word| (word.as_str(), Format::User));
        let found = named.chain(PLACES).find_map(|(place, format)| Some((place, format, self.file(place)?)));
        let Some((place, format, text)) = found else {
            return stays("its crontab is not found here".to_owned());
        };
        let crontab = crontab::parse(&text, format);
        if let Some((line, problem)) = crontab.problems.first() {
            return stays(format!("line {line} of {place}: {problem}"));
        }
        let [entry] = &crontab.entries[..] else {
            return stays(format!("{place} has {} lines, each to be a CronJob", crontab.entries.len()));
        };
        if let Some(user) = &entry.user {
            return stays(format!("line {} of {place} runs as `{user}`", entry.line));
        }
        if let Some((variable, _)) = crontab.environment.first() {
            return stays(format!("{place} sets `{variable}`: set it under `environment`"));
        }
        Ok(Loop {
            kind: shell::Kind::Crontab,
            commands: vec![entry.words.clone()],
            own_words: entry.words.len(),
            interval: shell::shortest_gap(&entry.schedule),
            parameter: None,
            background: true,
            fit: shell::Fit::Exact,
            schedule: Some(entry.schedule.clone()),
            difference: None,
            convert: Verdict::Yes,
            reasons: vec![format!("line {} of the crontab {place}", entry.line)],
        })
    }

    /// The text of a file in the container.
    fn file(&self, path: &str) -> Option<String> {
        let directory = self.service.working_dir.as_ref().map(|directory| directory.value.as_str());
        let directory = directory.or_else(|| self.stage.map(|stage| stage.directory.as_str())).unwrap_or("/");
        let path = Utf8Path::new(directory).join(path);
        let place = self.mounted(&path).or_else(|| self.copied(&path))?;
        let bytes = self.context.files.read(&place).ok()?;
        String::from_utf8(bytes).ok()
    }

    fn mounted(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let mounts = self.service.volumes.iter().flat_map(|field| &field.value);
        let mut best: Option<(usize, Utf8PathBuf)> = None;
        for mount in mounts {
            let is_bind = mount.r#type.as_ref().is_some_and(|kind| kind.value == "bind");
            let (Some(source), Some(target)) = (&mount.source, &mount.target) else { continue };
            let Ok(below) = path.strip_prefix(target.value.trim_end_matches('/')) else { continue };
            let length = target.value.len();
            if is_bind && best.as_ref().is_none_or(|(known, _)| *known < length) {
                let source = Utf8Path::new(&source.value);
                let place = if below.as_str().is_empty() { source.to_owned() } else { source.join(below) };
                best = Some((length, place));
            }
        }
        best.map(|(_, place)| place)
    }

    fn copied(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let context = self.service.build.as_ref()?.value.context.as_ref()?;
        let source = self.stage?.source_of(path.as_str())?;
        let place = Utf8Path::new(&context.value).join(source);
        // Nothing outside of what is built.
        (!place.components().any(|part| part.as_str() == "..")).then_some(place)
    }
}

/// Does its first line name a shell?
fn is_shell_script(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let shells = ["sh", "bash", "ash", "dash", "ksh", "with-contenv"];
    first.strip_prefix("#!").is_some_and(|line| {
        line.split_whitespace().take(2).any(|word| shells.contains(&word.rsplit('/').next().unwrap_or(word)))
    })
}

/// The words as a shell would take them for these very words.
fn line(words: &[String]) -> String {
    let quoted = words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

/// The Dockerfiles that were read, by where they lie and the stage.
#[derive(Default)]
struct Images {
    known: BTreeMap<(Utf8PathBuf, String), Option<Stage>>,
}

impl Images {
    fn of(&mut self, context: &Context<'_>, service: &Service) -> Option<Stage> {
        let build = &service.build.as_ref()?.value;
        let target = build.target.as_ref().map(|target| target.value.clone()).unwrap_or_default();
        if let Some(text) = &build.dockerfile_inline {
            return stage(&text.value, &target);
        }
        let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.value.as_str());
        let path = Utf8Path::new(&build.context.as_ref()?.value).join(name);
        let key = (path.clone(), target.clone());
        let read = || {
            let text = String::from_utf8(context.files.read(&path).ok()?).ok()?;
            stage(&text, &target)
        };
        self.known.entry(key).or_insert_with(read).clone()
    }
}

fn stage(text: &str, target: &str) -> Option<Stage> {
    let stages = dockerfile::stages(text);
    let named = stages.iter().find(|stage| stage.name.as_deref() == Some(target));
    named.filter(|_| !target.is_empty()).or(stages.last()).cloned()
}
