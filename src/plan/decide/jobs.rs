//! Services that are several CronJobs, or bring some: lines of crontabs, and labels of schedulers.
//!
//! A service that runs a cron daemon becomes a CronJob for each line. Labels of a scheduler, such as
//! `ofelia.job-exec.…`, give a service CronJobs beside what it is; the one of Katenary makes one of the service.

mod crontabs;
mod katenary;
mod labels;

use std::collections::{BTreeMap, BTreeSet};

use super::{schedule, start};
use crate::{
    catalog::{self, Property},
    compose::model::Service,
    k8s::name,
    plan::{
        facts::{Facts, Hosts},
        ledger::Entries,
        model::{Component, Kind, Overlap, Run, Start, Workload},
        naming::names,
        reasons,
        reasons::Reason,
    },
    shell::{self, crontab},
};

/// The longest part of a name that tells one job of a service from the others.
const TASK_LENGTH: usize = 30;

/// What of a service are jobs.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// Whether they replace its own workload.
    pub(super) instead: bool,
    /// Whether nothing is left for its own workload to do.
    pub(super) idle: bool,
    /// The jobs, in order.
    pub(super) jobs: Vec<Job>,
    /// What became of keys of the service.
    pub(super) said: Vec<(Vec<String>, Said)>,
    /// Crontabs by their places in the container: jobs do not read them.
    pub(super) tables: Vec<String>,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// It stands among the jobs.
    Mapped,
    /// It does, but for this.
    Differs(Reason),
    /// It does not.
    Not(Reason),
}

/// A job with a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Job {
    /// What it does, for its name; empty if it is all that the service does.
    task: String,
    /// The name of its object, once it is chosen.
    name: String,
    schedule: String,
    time_zone: Option<String>,
    may_overlap: bool,
    /// What it runs; the service's own command if empty.
    words: Vec<String>,
    directory: Option<String>,
    user: Option<i64>,
    comments: Vec<String>,
}

impl Job {
    fn kind(&self) -> Kind {
        // A schedule without times was not taken.
        let interval = shell::shortest_gap(&self.schedule).unwrap_or(86_400);
        Kind::CronJob {
            schedule: self.schedule.clone(),
            time_zone: self.time_zone.clone().filter(|_| crontab::follows_time_zone(&self.schedule)),
            starting_deadline: schedule::starting_deadline(interval),
            overlap: Overlap::of(self.may_overlap),
            backoff_limit: 0,
        }
    }
}

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

impl Jobs {
    /// Enters what became of the keys that the jobs come from.
    pub(super) fn record_keys(&self, entries: &mut Entries<'_>) {
        if self.idle {
            entries.approximated(&["image"], reasons::IDLE_SCHEDULER);
        }
        let file = entries.file();
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (path, said) in &self.said {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            match said {
                Said::Mapped => entries.mapped_to(&path, format!("{folder}/cronjobs.yaml")),
                Said::Differs(reason) => entries.approximated(&path, reason.clone()),
                Said::Not(reason) => entries.unsupported(&path, reason.clone()),
            }
        }
    }

    /// How many workloads they and the service's own are.
    pub(super) fn workloads(&self) -> usize {
        self.jobs.len() + usize::from(!self.instead)
    }

    /// Whether a label of the service is one of the jobs'.
    pub(super) fn has_label(&self, key: &str) -> bool {
        self.said.iter().any(|(path, _)| path.last().is_some_and(|last| last == key) && path.len() > 1)
    }

    /// The service without its crontabs.
    pub(super) fn trimmed(&self, service: &Service) -> Service {
        let mut trimmed = service.clone();
        if let Some(volumes) = &mut trimmed.volumes {
            volumes.value.retain(|mount| {
                let target = mount.target.as_ref().map_or("", |target| target.value.as_str());
                !self.tables.iter().any(|table| table == target)
            });
        }
        if let Some(configs) = &mut trimmed.configs {
            configs.value.retain(|config| {
                let target = config.value.target.as_ref().map_or("", |target| target.value.as_str());
                !self.tables.iter().any(|table| table == target)
            });
        }
        trimmed
    }
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

/// What a command does, in a word or two: its program, but for those that only run another.
fn task(command: &[String]) -> String {
    let text = command.join(" ");
    let mut words = text.split(|c: char| c.is_whitespace() || "'\";&|()`{}<>[]".contains(c));
    let mut skip = false;
    let found = words.find_map(|word| {
        let name = catalog::base_name(word);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_task = !std::mem::replace(&mut skip, matches!(word, "cd" | "-u" | "source" | "."))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !word.contains(['=', '$'])
            && !word.ends_with(".lock")
            && !word.starts_with("/tmp/")
            && word != "cd"
            && !only_runs(name);
        is_task.then(|| name.to_owned())
    });
    found.unwrap_or_else(|| "job".to_owned())
}

/// Whether a program, by the stem of its name, only runs what it is told, or looks whether it should.
fn only_runs(stem: &str) -> bool {
    let of_script = || catalog::program(&format!("{stem}.py"));
    catalog::program(stem).or_else(of_script).is_some_and(|program| {
        program.wraps.is_some()
            || [Property::Shell, Property::Runner, Property::Condition].iter().any(|it| program.is(*it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_give_their_names() {
        let cases = [
            ("php artisan schedule:run", "schedule:run"),
            ("/bin/sh -c cd /app && ./sync.sh --all", "sync"),
            ("env PATH=/bin:/x /usr/bin/python3 -u /app/report.py", "job"),
            ("/usr/local/bin/backup", "backup"),
            ("curl -fsS http://x", "curl"),
            ("flock -n /tmp/x.lock /usr/local/bin/sync.sh", "sync"),
            ("[[ $MASTER == y ]] && /usr/local/bin/gosu sogo /usr/sbin/sogo-tool", "y"),
            ("", "job"),
        ];
        for (command, expected) in cases {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(task(&words), expected, "{command}");
        }
    }
}
