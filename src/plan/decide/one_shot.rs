//! Which services run once, to their end, and not for as long as they are let.
//!
//! Compose says so by `restart` at best, and there as often of what serves: `on-failure` suits both. What a service
//! runs decides then. A task that is taken for a server starts again and again; a server that is taken for a task is
//! gone after its first end, so that in doubt nothing is a task.

use std::collections::{BTreeMap, BTreeSet};

use super::jobs::Jobs;
use crate::{
    catalog::{self, Image, Property, Role, Says, base_name, reference::Reference},
    compose::model::Service,
    plan::facts::Facts,
    shell::{Behaviour, dockerfile::Stage},
};

/// The services that run once and that nothing of others asks for.
#[derive(Debug, Default)]
pub(super) struct OneShots {
    /// With why.
    names: BTreeMap<String, &'static str>,
    /// Those whose scripts wait until something is there.
    waiting: BTreeSet<String>,
    /// Those that end as well, and that Compose starts again each time.
    again: BTreeSet<String>,
}

impl OneShots {
    /// Whether a service comes to its end by itself, and Compose starts it again each time.
    pub(super) fn runs_again(&self, service: &str) -> bool {
        self.again.contains(service)
    }

    /// Why a service runs once; nothing if it does not.
    pub(super) fn why(&self, service: &str) -> Option<&'static str> {
        self.names.get(service).copied()
    }

    /// Those whose scripts wait until something is there: that may be what is started after them.
    pub(super) fn waiting(&self) -> &BTreeSet<String> {
        &self.waiting
    }
}

/// Finds the services that run once. What has jobs of a scheduler is there for them.
pub(super) fn find(facts: &Facts<'_>, jobs: &BTreeMap<String, Jobs>) -> OneShots {
    let mut found = OneShots::default();
    let is_habit = says_no_of_servers(facts);
    for (name, service) in facts.context.services() {
        let is_asked = service.names_ports() || facts.hosts.is_addressed(name);
        let may_be = is_left_alone(service) && !is_asked;
        let is_for_jobs = jobs.get(name).is_some_and(|jobs| !jobs.jobs.is_empty());
        let ending = match !is_asked && !is_for_jobs {
            true => plainly_ends(facts, name, service),
            false => Ending::Unknown,
        };
        if !may_be && ending == Ending::Plain {
            found.again.insert(name.to_owned());
            continue;
        }
        let ending = if may_be { ending } else { Ending::Unknown };
        if ending != Ending::Unknown {
            found.names.insert(name.to_owned(), "its command ends, and nothing restarts it");
        } else if may_be && !goes_on(facts, name) && is_said_to_be(name, service, is_habit) {
            found.names.insert(name.to_owned(), "`restart` says that it is not started again after it ends");
        }
        if ending == Ending::Waits {
            found.waiting.insert(name.to_owned());
        }
    }
    found
}

/// Whether `restart: "no"` stands at what plainly serves: then it is how somebody likes to work, and tells nothing.
fn says_no_of_servers(facts: &Facts<'_>) -> bool {
    facts.context.services().any(|(name, service)| {
        let serves =
            service.names_ports() || service.healthcheck.is_some() || facts.services.is_backing(name);
        serves && service.restart_condition() == Some("no")
    })
}

/// How plain it is that a service comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Unknown,
    Plain,
    /// It does once what its script waits for is there.
    Waits,
}

/// Whether compose leaves it alone once it has ended well.
fn is_left_alone(service: &Service) -> bool {
    service.restart_condition().unwrap_or_default().is_empty() || service.runs_to_its_end()
}

/// Whether what a service runs is known to go on: a loop, or what idles until somebody calls it into use.
fn goes_on(facts: &Facts<'_>, name: &str) -> bool {
    let known = facts.services.get(name).map(|known| known.behaviour.after_waiting());
    matches!(known, Some(Behaviour::Loop { .. } | Behaviour::Cron(_) | Behaviour::Serves))
}

/// Whether it runs a command of its own, is not to be started again when that ended well, and has no health to ask for.
/// Servers are often started again on failure too: then its name or its command tells a task.
fn is_said_to_be(name: &str, service: &Service, is_habit: bool) -> bool {
    let words = [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|it| it.value.iter());
    let words: Vec<&str> = words.flat_map(|word| word.value.split_whitespace()).collect();
    let image = service.image.as_ref().map_or("", |image| image.value.as_str());
    // What a backing service is only given options for is the backing service.
    let is_backing =
        || catalog::is_backing_service(image) && words.first().is_some_and(|word| word.starts_with('-'));
    let is_served = words.first().is_some_and(|program| parts(base_name(program)).any(stays_up));
    let goes_on = is_served || words.iter().any(|word| stays_up(base_name(word))) || is_backing();
    let is_named_for_work = words.iter().take(8).any(|word| names_worker(word)) || names_worker(name);
    let again = service.restart_condition().is_some_and(|condition| condition.starts_with("on-failure"));
    let tells_task = || std::iter::once(name).chain(words.iter().copied().take(8)).any(tells_task);
    service.runs_to_its_end()
        && !words.is_empty()
        && !goes_on
        && service.healthcheck.is_none()
        && (!(again || is_habit || is_named_for_work) || tells_task())
}

/// Whether a word names something that stays up: `run-worker`, `celery_beat`, `run-anything`, `bin/consumers.py`.
fn names_worker(word: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':');
    let is_path = |c: char| is_name(c) || matches!(c, '.' | '/');
    let is_address = word.contains("://") || parts(word).any(|part| part.parse::<u16>().is_ok());
    let has_worker = || parts(word).any(catalog::names_worker);
    let stays = |part: &str| matches!(catalog::task(part), Some(Says::Stays | Says::StaysUsually));
    let last = parts(word).last().unwrap_or_default();
    word.chars().all(is_name) && (word.starts_with("run-") || word.starts_with("run_") || stays(last))
        || word.chars().all(is_path) && !word.starts_with('-') && !is_address && has_worker()
}

/// Whether a word says that a command goes on until somebody stops it.
fn stays_up(word: &str) -> bool {
    let is_daemon = |property| catalog::is(word, property);
    is_daemon(Property::Daemon)
        || is_daemon(Property::Cron)
        || matches!(catalog::task(word), Some(Says::Stays | Says::StaysUsually))
}

/// Whether a part of a name or of a command says that something is done once.
fn tells_task(text: &str) -> bool {
    parts(text).any(|part| matches!(catalog::task(part), Some(Says::Migrates | Says::Once)))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

/// Whether it is an official image of a system or a language, or built on one without a file of the project, with the
/// command of the image: a shell that nobody talks to ends at once. What others call `node` may serve.
fn is_shell_alone(service: &Service, stage: Option<&Stage>) -> bool {
    if service.command.is_some() || service.entrypoint.is_some() {
        return false;
    }
    let is_bare = |stage: &Stage| {
        let has_command = stage.entrypoint.is_some() || stage.command.is_some();
        !has_command && !stage.has_files() && service.volumes.is_none() && service.develop.is_none()
    };
    let image = match (&service.build, stage) {
        (Some(_), Some(stage)) if is_bare(stage) => stage.base.as_str(),
        (Some(_), _) => return false,
        (None, _) => service.image.as_ref().map_or("", |image| image.value.as_str()),
    };
    let reference = Reference::parse(image);
    Image::of(&reference).is_some_and(|known| {
        known.role == Role::System
            && (known.name.contains('/') || matches!(reference.maker(), "" | "library"))
            && catalog::ports_of_image(image).is_empty()
    })
}

/// How plain it is that what a service runs comes to its end.
fn plainly_ends(facts: &Facts<'_>, name: &str, service: &Service) -> Ending {
    // Somebody may type, and what reads that goes on.
    let is_talked_to = [&service.stdin_open, &service.tty].into_iter().flatten().any(|open| open.value);
    let Some(known) = facts.services.get(name).filter(|_| !is_talked_to) else { return Ending::Unknown };
    // An image that has a port or a health serves, whatever its command looks like.
    let stage = known.dockerfile.as_ref().map(|dockerfile| dockerfile.built());
    let serves = known.started_by == "build" && stage.is_some_and(Stage::serves);
    if is_shell_alone(service, stage) && !serves {
        return Ending::Plain;
    }
    // A program that is given nothing says how it is used; what keeps data or has a name of its own does more.
    let is_given = service.command.is_some() || service.entrypoint.is_some() || service.build.is_some();
    let is_alone = !is_given && (service.hostname.is_some() || service.volumes.is_some());
    match known.behaviour.after_waiting() {
        Behaviour::RunsToCompletion { .. } if is_alone => Ending::Unknown,
        Behaviour::RunsToCompletion { waits } if !serves => match waits {
            true => Ending::Waits,
            false => Ending::Plain,
        },
        _ => Ending::Unknown,
    }
}
