//! Which kind of workload a service becomes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    jobs::{self, Jobs},
    kind::WorkloadKind,
    kompose,
    one_shot::{self, OneShots},
    schedule::{self, Scheduled},
};
use crate::{
    compose::model::Service,
    plan::facts::{Facts, files, volumes},
};

/// The kind of every service.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    by_service: BTreeMap<String, WorkloadKind>,
    scheduled: BTreeMap<String, Scheduled>,
    jobs: BTreeMap<String, Jobs>,
    one_shots: OneShots,
}

impl Kinds {
    pub(super) fn of(&self, service: &str) -> WorkloadKind {
        self.by_service.get(service).copied().unwrap_or(WorkloadKind::Deployment)
    }

    /// The loop that a service is.
    pub(super) fn scheduled(&self, service: &str) -> Option<&Scheduled> {
        self.scheduled.get(service)
    }

    /// The services that run once and wait for others by themselves.
    pub(super) fn waiting(&self) -> &BTreeSet<String> {
        self.one_shots.waiting()
    }

    /// What of a service are jobs with a schedule.
    pub(super) fn jobs(&self, service: &str) -> Option<&Jobs> {
        self.jobs.get(service)
    }
}

/// Decides the kind of every service; the first rule that fits wins.
pub(super) fn decide_kinds(facts: &Facts<'_>) -> Kinds {
    let awaited = awaited_to_the_end(facts);
    let jobs = jobs::find(facts);
    let one_shots = one_shot::find(facts, &jobs);
    let users = VolumeUsers::of(facts);
    let mut scheduled = schedule::find(facts);
    scheduled.retain(|service, _| !jobs.get(service).is_some_and(|jobs| jobs.instead));
    let by_service = facts.context.services().map(|(name, service)| {
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.value.mode.as_ref());
        let mode = mode.map_or("", |mode| mode.value.as_str());
        let decided = if let Some(decided) = kompose::cron::decided(service) {
            decided
        } else if mode == "global" {
            WorkloadKind::DaemonSet
        } else if scheduled.get(name).is_some_and(|loop_| loop_.stays.is_none())
            || jobs.get(name).is_some_and(|jobs| jobs.instead)
        {
            WorkloadKind::CronJob
        } else if mode.ends_with("-job") || awaited.contains(name) || one_shots.has(name) {
            WorkloadKind::Job
        } else if jobs.get(name).is_none_or(|jobs| jobs.jobs.is_empty())
            && owns_a_volume(facts, &users, name, service)
        {
            WorkloadKind::StatefulSet
        } else {
            WorkloadKind::Deployment
        };
        (name.to_owned(), decided)
    });
    let by_service = by_service.collect();
    Kinds { by_service, scheduled, jobs, one_shots }
}

/// Services that others wait for to end well.
fn awaited_to_the_end<'a>(facts: &Facts<'a>) -> BTreeSet<&'a str> {
    let dependencies = facts.context.project.services.values().flat_map(|service| service.depends_on.iter());
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

/// Who mounts which named volume.
struct VolumeUsers<'a> {
    /// The services that mount each volume.
    by_volume: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The services whose volumes others take over.
    taken_over: BTreeSet<&'a str>,
}

impl<'a> VolumeUsers<'a> {
    fn of(facts: &'a Facts<'_>) -> Self {
        let mut users = Self { by_volume: BTreeMap::new(), taken_over: BTreeSet::new() };
        for (name, service) in facts.context.services() {
            for (volume, _) in volumes::named_volumes(service) {
                users.by_volume.entry(volume).or_default().insert(name);
            }
            users.taken_over.extend(volumes::taken_over(service));
        }
        users
    }

    /// Whether no other service has the volume.
    fn is_only(&self, name: &str, volume: &str) -> bool {
        let users = self.by_volume.get(volume);
        users.is_none_or(|users| users.iter().all(|user| *user == name)) && !self.taken_over.contains(name)
    }
}

/// Whether it, with one replica, mounts a volume for writing that no other service mounts. Directories of the host count
/// for stores: anything else may as well have its logs there.
fn owns_a_volume(facts: &Facts<'_>, users: &VolumeUsers<'_>, name: &str, service: &Service) -> bool {
    let volumes = volumes::named_volumes(service).filter(|(_, read_only)| !read_only);
    let own = volumes.filter(|(volume, _)| {
        let declared = facts.context.project.volumes.get(*volume).and_then(|volume| volume.value.as_ref());
        declared.is_none_or(|volume| !volumes::is_external(volume) && volume.driver_opts.is_none())
            && users.is_only(name, volume)
    });
    let is_store = || facts.services.is_backing(name) || volumes::keeps_a_database(service);
    most_pods(service) == 1
        && (own.count() > 0
            || is_store() && !files::own_directories(service, facts.services.mounts(name)).is_empty())
}

/// The most pods that a workload has at once, if it is not a DaemonSet.
pub(super) fn most_pods(service: &Service) -> i64 {
    kompose::scale::most(service).map_or_else(|| service.replicas().unwrap_or(1), i64::from)
}
