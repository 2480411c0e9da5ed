//! Services that are several CronJobs, or bring some: lines of crontabs, and labels of schedulers.
//!
//! A service that runs a cron daemon becomes a CronJob for each line. Labels of a scheduler, such as
//! `ofelia.job-exec.…`, give a service CronJobs beside what it is; the one of Katenary makes one of the service.

mod crontabs;
mod job;
mod katenary;
mod labels;
mod task;

use std::collections::{BTreeMap, BTreeSet};

use self::job::Job;
pub(super) use self::job::Jobs;
use super::start;
use crate::{
    k8s::name,
    plan::{
        facts::{Facts, Hosts},
        model::{Component, Kind, Run, Start, Workload},
        naming::names,
    },
};

/// The longest part of a name that tells one job of a service from the others.
const TASK_LENGTH: usize = 30;

/// The jobs of the services that have some, by service.
pub(super) fn find(facts: &Facts<'_>) -> BTreeMap<String, Jobs> {
    let mut found = labels::find(facts);
    for (name, service) in facts.context.services() {
        // What schedulers run in other containers is not the scheduler's own.
        if found.get(name).is_some_and(|jobs| jobs.instead || jobs.idle || !jobs.jobs.is_empty()) {
            continue;
        }
        if let Some(jobs) = katenary::find(facts, name, service) {
            found.insert(name.to_owned(), jobs);
            continue;
        }
        if let Some(jobs) = crontabs::of_service(facts, name, service) {
            let said = found.remove(name).map(|labels| labels.said).unwrap_or_default();
            let said = jobs.said.into_iter().chain(said).collect();
            found.insert(name.to_owned(), Jobs { said, ..jobs });
        }
    }
    let mut taken = BTreeSet::new();
    for (service, jobs) in &mut found {
        let is_alone = jobs.instead && jobs.jobs.len() == 1;
        let base = facts.context.names.workload(service);
        for job in &mut jobs.jobs {
            job.name = if is_alone || job.task.is_empty() {
                base.to_owned()
            } else {
                let task = name::shortened(&name::dns_label(&job.task), TASK_LENGTH);
                let task = if base == task { "cron" } else { &task };
                let wanted = format!("{base}-{task}");
                let is_taken = |name: &String| taken.contains(name) || facts.context.names.has(name);
                names::within(&wanted, name::STATEFUL_SET_LENGTH, is_taken)
            };
            taken.insert(job.name.clone());
        }
    }
    found
}

/// What a service runs as: its own workload unless jobs replace it, and those of its jobs.
pub(super) fn runs_of(hosts: &Hosts, jobs: Option<&Jobs>, cronjobs_file: &str, own: Run) -> Vec<Run> {
    let Some(jobs) = jobs else { return vec![own] };
    let run = |(index, job): (usize, &Job)| {
        let mut run = run_of(hosts, job, &own);
        run.workload.is_further = index > 0 || !jobs.instead;
        cronjobs_file.clone_into(&mut run.workload.file);
        run
    };
    let mut runs: Vec<Run> = jobs.jobs.iter().enumerate().map(run).collect();
    if !jobs.instead {
        runs.insert(0, if jobs.idle { idle(own) } else { own });
    }
    runs
}

/// Of a workload that has nothing left to do, no pod runs.
fn idle(mut run: Run) -> Run {
    if let Kind::Deployment { replicas, .. } = &mut run.workload.kind {
        *replicas = Some(0);
        run.workload.comments = vec!["Its jobs are CronJobs: there is nothing left for it to do.".to_owned()];
    }
    run
}

fn run_of(hosts: &Hosts, job: &Job, own: &Run) -> Run {
    let mut pod = own.workload.pod.clone();
    pod.restart_policy = Some("Never".to_owned());
    for container in &mut pod.containers {
        container.ports = None;
        container.startup_probe = None;
        container.readiness_probe = None;
        container.liveness_probe = None;
        container.lifecycle = None;
        container.working_dir = job.directory.clone().or(container.working_dir.take());
        if let Some(user) = job.user {
            container.security_context.get_or_insert_default().run_as_user = Some(user);
        }
    }
    let start = if job.words.is_empty() {
        own.start.clone()
    } else {
        Start { command: start::follow(hosts, &job.words), arguments: Vec::new() }
    };
    let workload = Workload {
        name: job.name.clone(),
        kind: job.kind(),
        why: if own.workload.why.is_empty() { "a schedule of another service" } else { own.workload.why },
        component: Component::Cron,
        comments: job.comments.clone(),
        claim_templates: Vec::new(),
        services: Vec::new(),
        further: Vec::new(),
        pod,
        ..own.workload.clone()
    };
    Run { start, workload }
}
