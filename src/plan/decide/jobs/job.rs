//! Jobs that come of a service, whatever defines them, and what becomes of the keys that do.

use crate::{
    compose::model::Service,
    plan::{
        decide::schedule,
        ledger::Entries,
        model::{Kind, Overlap},
        reasons::{self, Reason},
    },
    shell::{self, crontab},
};

/// What of a service are jobs.
#[derive(Debug, Default)]
pub(in crate::plan) struct Jobs {
    /// Whether they replace its own workload.
    pub(in crate::plan) instead: bool,
    /// Whether nothing is left for its own workload to do.
    pub(in crate::plan) idle: bool,
    /// The jobs, in order.
    pub(in crate::plan) jobs: Vec<Job>,
    /// What became of keys of the service.
    pub(in crate::plan) said: Vec<(Vec<String>, Said)>,
    /// Crontabs by their places in the container: jobs do not read them.
    pub(in crate::plan) tables: Vec<String>,
}

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) enum Said {
    /// It stands among the jobs.
    Mapped,
    /// It does, but for this.
    Differs(Reason),
    /// It does not.
    Not(Reason),
}

/// A job with a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::plan) struct Job {
    /// What it does, for its name; empty if it is all that the service does.
    pub(super) task: String,
    /// The name of its object, once it is chosen.
    pub(super) name: String,
    pub(super) schedule: String,
    pub(super) time_zone: Option<String>,
    pub(super) may_overlap: bool,
    /// What it runs; the service's own command if empty.
    pub(super) words: Vec<String>,
    pub(super) directory: Option<String>,
    pub(super) user: Option<i64>,
    pub(super) comments: Vec<String>,
}

impl Job {
    pub(super) fn kind(&self) -> Kind {
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

impl Jobs {
    /// Enters what became of the keys that the jobs come from.
    pub(in crate::plan) fn record_keys(&self, entries: &mut Entries<'_>) {
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
    pub(in crate::plan) fn workloads(&self) -> usize {
        self.jobs.len() + usize::from(!self.instead)
    }

    /// Whether a label of the service is one of the jobs'.
    pub(in crate::plan) fn has_label(&self, key: &str) -> bool {
        self.said.iter().any(|(path, _)| path.last().is_some_and(|last| last == key) && path.len() > 1)
    }

    /// The service without its crontabs.
    pub(in crate::plan) fn trimmed(&self, service: &Service) -> Service {
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
