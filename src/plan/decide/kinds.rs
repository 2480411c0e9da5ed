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
    catalog::Role,
    compose::model::Service,
    plan::facts::{Facts, files, volumes},
};

/// The kind of every service.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    /// With why it is that kind.
    by_service: BTreeMap<String, (WorkloadKind, &'static str)>,
    scheduled: BTreeMap<String, Scheduled>,
    jobs: BTreeMap<String, Jobs>,
    one_shots: OneShots,
}

impl Kinds {
    pub(super) fn of(&self, service: &str) -> WorkloadKind {
        self.by_service.get(service).map_or(WorkloadKind::Deployment, |(kind, _)| *kind)
    }

    /// Why a service is of its kind.
    pub(super) fn why(&self, service: &str) -> &'static str {
        self.by_service.get(service).map_or("", |(_, why)| why)
    }

    /// The loop that a service is.
    pub(super) fn scheduled(&self, service: &str) -> Option<&Scheduled> {
        self.scheduled.get(service)
    }

    /// The services that run once and wait for others by themselves.
    pub(super) fn waiting(&self) -> &BTreeSet<String> {
        self.one_shots.waiting()
    }

    /// Whether a service comes to its end by itself, and is started again each time.
    pub(super) fn runs_again(&self, service: &str) -> bool {
        self.of(service) == WorkloadKind::Deployment
            && self.scheduled(service).is_none()
            && self.one_shots.runs_again(service)
    }

    /// What of a service are jobs with a schedule.
    pub(super) fn jobs(&self, service: &str) -> Option<&Jobs> {
        self.jobs.get(service)
    }

    /// Whether a service is a StatefulSet whose pods are all that there is of it. What only they mount, they claim
    /// for themselves.
    pub(super) fn claims_for_itself(&self, service: &str) -> bool {
        self.of(service) == WorkloadKind::StatefulSet
            && self.jobs(service).is_none_or(|jobs| jobs.jobs.is_empty())
    }
}

/// The services that are StatefulSets in all environments: databases and queues with a volume or without, and caches
/// to which some environment gives one. Nothing else of compose has pods that are not alike: anything that keeps
/// data beside them is a Deployment with a claim, so that more replicas are a number and no other object.
pub(super) fn stateful(all: &[Facts<'_>]) -> BTreeSet<String> {
    let found = all.iter().flat_map(|facts| {
        let users = VolumeUsers::of(facts);
        let stateful =
            facts.context.services().filter(|(name, service)| keeps_state(facts, &users, name, service));
        stateful.map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    });
    found.collect()
}

fn keeps_state(facts: &Facts<'_>, users: &VolumeUsers<'_>, name: &str, service: &Service) -> bool {
    let owns = || owns_a_volume(facts, users, name, service);
    // What only runs the tools of a database has nothing to keep, and nobody asks it.
    let serves = || {
        service.command.is_none() && service.entrypoint.is_none()
            || service.names_ports()
            || facts.hosts.is_addressed(name)
            || facts.hosts.is_member(name)
            || owns()
    };
    match facts.services.role(name) {
        // The controller of a StatefulSet names its pods: the data would be another's.
        Role::Queue if is_named_for_host(facts, name, service) => false,
        Role::Database | Role::Queue | Role::Store => serves(),
        Role::Cache => owns(),
        Role::Scheduler | Role::System | Role::Server => volumes::keeps_a_database(service) && owns(),
    }
}

/// Whether the data of a service is named for the host name that compose gives its one container.
fn is_named_for_host(facts: &Facts<'_>, name: &str, service: &Service) -> bool {
    let Some(variable) = facts.services.image(name).and_then(|image| image.named_for_host) else {
        return false;
    };
    let is_set = service.environment.as_ref().is_some_and(|own| own.value.contains_key(variable));
    service.hostname.is_some() && !is_set && service.replicas().is_none_or(|number| number <= 1)
}

/// Decides the kind of every service; the first rule that fits wins. `stateful` are those of all environments.
pub(super) fn decide_kinds(facts: &Facts<'_>, stateful: &BTreeSet<String>) -> Kinds {
    let awaited = awaited_to_the_end(facts);
    let jobs = jobs::find(facts);
    let one_shots = one_shot::find(facts, &jobs);
    let mut scheduled = schedule::find(facts);
    scheduled.retain(|service, _| !jobs.get(service).is_some_and(|jobs| jobs.instead));
    let by_service = facts.context.services().map(|(name, service)| {
        let mode = service.deploy.as_ref().and_then(|deploy| deploy.value.mode.as_ref());
        let mode = mode.map_or("", |mode| mode.value.as_str());
        let decided = if let Some(decided) = kompose::cron::decided(service) {
            (decided, "a label asks for it")
        } else if mode == "global" {
            (WorkloadKind::DaemonSet, "`deploy.mode` is `global`")
        } else if scheduled.get(name).is_some_and(|loop_| loop_.stays.is_none()) {
            (WorkloadKind::CronJob, "its command is a loop that waits between its runs")
        } else if jobs.get(name).is_some_and(|jobs| jobs.instead) {
            (WorkloadKind::CronJob, "it only runs jobs that have a schedule")
        } else if mode.ends_with("-job") {
            (WorkloadKind::Job, "`deploy.mode` asks for it")
        } else if awaited.contains(name) {
            (WorkloadKind::Job, "other services wait until it has ended")
        } else if let Some(why) = one_shots.why(name) {
            (WorkloadKind::Job, why)
        } else if stateful.contains(name) {
            (WorkloadKind::StatefulSet, why_stateful(facts.services.role(name)))
        } else {
            (WorkloadKind::Deployment, "")
        };
        (name.to_owned(), decided)
    });
    let by_service = by_service.collect();
    Kinds { by_service, scheduled, jobs, one_shots }
}

fn why_stateful(role: Role) -> &'static str {
    match role {
        Role::Database => "it is a database",
        Role::Queue => "it is a message queue",
        Role::Store | Role::Cache | Role::Scheduler | Role::System | Role::Server => "it keeps data",
    }
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

/// Who mounts which named volume, and may write to it.
struct VolumeUsers<'a> {
    /// The services that may write to each volume.
    by_volume: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The services whose volumes others take over.
    taken_over: BTreeSet<&'a str>,
}

impl<'a> VolumeUsers<'a> {
    fn of(facts: &'a Facts<'_>) -> Self {
        let mut users = Self { by_volume: BTreeMap::new(), taken_over: BTreeSet::new() };
        for (name, service) in facts.context.services() {
            for (volume, _) in volumes::named_volumes(service).filter(|(_, read_only)| !read_only) {
                users.by_volume.entry(volume).or_default().insert(name);
            }
            users.taken_over.extend(volumes::taken_over(service));
        }
        users
    }

    /// Whether no other service may write to the volume.
    fn is_only(&self, name: &str, volume: &str) -> bool {
        let users = self.by_volume.get(volume);
        users.is_none_or(|users| users.iter().all(|user| *user == name)) && !self.taken_over.contains(name)
    }
}

/// Whether it mounts a volume, or a directory of data of the host, that no other service writes to.
fn owns_a_volume(facts: &Facts<'_>, users: &VolumeUsers<'_>, name: &str, service: &Service) -> bool {
    let mut volumes = volumes::named_volumes(service).filter(|(_, read_only)| !read_only);
    let own = volumes.any(|(volume, _)| {
        let declared = facts.context.project.volumes.get(volume).and_then(|volume| volume.value.as_ref());
        declared.is_none_or(|volume| !volumes::is_external(volume) && volume.driver_opts.is_none())
            && users.is_only(name, volume)
    });
    own || !files::own_directories(service, facts.services.mounts(name)).is_empty()
}

/// The most pods that a workload has at once, if it is not a DaemonSet.
pub(super) fn most_pods(service: &Service) -> i64 {
    kompose::scale::most(service).map_or_else(|| service.replicas().unwrap_or(1), i64::from)
}
