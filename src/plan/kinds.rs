//! Which kind of workload a service becomes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Context,
    draft::Decided,
    files, image,
    jobs::{self, Jobs},
    kompose,
    schedule::{self, Scheduled},
    volumes,
};
use crate::compose::model::Service;

/// The kind of every service.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    by_service: BTreeMap<String, Decided>,
    scheduled: BTreeMap<String, Scheduled>,
    jobs: BTreeMap<String, Jobs>,
}

impl Kinds {
    pub(super) fn of(&self, service: &str) -> Decided {
        self.by_service.get(service).copied().unwrap_or(Decided::Deployment)
    }

    /// The loop that a service is.
    pub(super) fn scheduled(&self, service: &str) -> Option<&Scheduled> {
        self.scheduled.get(service)
    }

    /// What of a service are jobs with a schedule.
    pub(super) fn jobs(&self, service: &str) -> Option<&Jobs> {
        self.jobs.get(service)
    }
}

/// Decides the kind of every service; the first rule that fits wins.
pub(super) fn decide(context: &Context<'_>) -> Kinds {
    let awaited = awaited_to_the_end(context);
    let jobs = jobs::find(context);
    let mut scheduled = schedule::find(context);
    scheduled.retain(|service, _| !jobs.get(service).is_some_and(|jobs| jobs.instead));
    let by_service = context.services().map(|(name, service)| {
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.value.mode.as_ref());
        let mode = mode.map_or("", |mode| mode.value.as_str());
        let decided = if let Some(decided) = kompose::cron::decided(service) {
            decided
        } else if mode == "global" {
            Decided::DaemonSet
        } else if scheduled.get(name).is_some_and(|loop_| loop_.stays.is_none())
            || jobs.get(name).is_some_and(|jobs| jobs.instead)
        {
            Decided::CronJob
        } else if mode.ends_with("-job") || awaited.contains(name) || is_one_shot(service) {
            Decided::Job
        } else if jobs.get(name).is_none_or(|jobs| jobs.jobs.is_empty())
            && owns_a_volume(context, name, service)
        {
            Decided::StatefulSet
        } else {
            Decided::Deployment
        };
        (name.to_owned(), decided)
    });
    let by_service = by_service.collect();
    Kinds { by_service, scheduled, jobs }
}

/// Services that others wait for to end well.
fn awaited_to_the_end<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let dependencies = context.project.services.values().flat_map(|service| service.depends_on.iter());
    dependencies
        .flat_map(|field| field.value.iter())
        .filter(|(_, dependency)| {
            dependency
                .condition
                .as_ref()
                .is_some_and(|condition| condition.value == "service_completed_successfully")
        })
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Words of commands that go on until somebody stops them.
const DAEMONS: &[&str] = &[
    "beat",
    "celerybeat",
    "consume",
    "consumer",
    "crond",
    "daemon",
    "flower",
    "gunicorn",
    "horizon",
    "messenger:consume",
    "php-fpm",
    "puma",
    "queue:listen",
    "queue:work",
    "runserver",
    "schedule:work",
    "scheduler",
    "serve",
    "server",
    "sidekiq",
    "start",
    "supervisord",
    "triggerer",
    "unicorn",
    "uvicorn",
    "watch",
    "webserver",
    "worker",
];

/// Does it run a command of its own to its end, and is not started again when that ended well? A
/// service with ports or a health check is no task, whatever its restart policy, nor is a command that goes on.
fn is_one_shot(service: &Service) -> bool {
    let ends = is_to_end(service);
    let task = service.command.is_some() || service.entrypoint.is_some();
    let words = [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|it| it.value.iter());
    let mut words = words.flat_map(|word| word.value.split_whitespace());
    let goes_on = words.any(|word| DAEMONS.contains(&word.rsplit('/').next().unwrap_or_default()));
    ends && task
        && !goes_on
        && service.ports.is_none()
        && service.expose.is_none()
        && service.healthcheck.is_none()
}

/// Is it left alone once it has ended well?
pub(super) fn is_to_end(service: &Service) -> bool {
    let restart = service.restart_condition().unwrap_or_default();
    restart == "no" || restart == "none" || restart.starts_with("on-failure")
}

/// Does it, with one replica, mount a volume for writing that no other service mounts? Directories of the host count
/// for stores: anything else may as well have its logs there.
fn owns_a_volume(context: &Context<'_>, name: &str, service: &Service) -> bool {
    let volumes = volumes::named_volumes(service).filter(|(_, read_only)| !read_only);
    let own = volumes.filter(|(volume, _)| {
        let declared = context.project.volumes.get(*volume).and_then(|volume| volume.value.as_ref());
        declared.is_none_or(|volume| !volumes::is_external(volume) && volume.driver_opts.is_none())
            && context
                .services()
                .filter(|(other, _)| *other != name)
                .all(|(_, other)| volumes::named_volumes(other).all(|(used, _)| used != *volume))
            && context.services().all(|(_, other)| !volumes::takes_volumes_of(other, name))
    });
    let image = || service.image_or_built(&context.project.name, name);
    let is_store = || image::is_store(&image()) || volumes::keeps_a_database(service);
    most_pods(service) == 1
        && (own.count() > 0 || is_store() && !files::own_directories(context, name, service).is_empty())
}

/// The most pods that a workload has at once, if it is not a DaemonSet.
pub(super) fn most_pods(service: &Service) -> i64 {
    kompose::scale::most(service).map_or_else(|| service.replicas().unwrap_or(1), i64::from)
}
