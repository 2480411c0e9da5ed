//! CronJobs by label, and the kind of workload that a label asks for.

use crate::{
    compose::model::Service,
    plan::{
        decide::{kind::WorkloadKind, schedule},
        facts::kompose::{CONTROLLER, Label, SCHEDULE, label},
        ledger::Entries,
        model::{Kind, Overlap},
        reasons,
    },
    shell::{self, crontab},
};

const POLICY: &str = "kompose.cronjob.concurrency_policy";
const BACKOFF_LIMIT: &str = "kompose.cronjob.backoff_limit";

/// The kind that labels ask for.
pub(in crate::plan) fn decided(service: &Service) -> Option<WorkloadKind> {
    if label(service, SCHEDULE).is_some_and(|label| times(label.value).is_some()) {
        return Some(WorkloadKind::CronJob);
    }
    match label(service, CONTROLLER)?.value.to_ascii_lowercase().as_str() {
        "deployment" => Some(WorkloadKind::Deployment),
        "daemonset" => Some(WorkloadKind::DaemonSet),
        "statefulset" => Some(WorkloadKind::StatefulSet),
        _ => None,
    }
}

/// The CronJob that labels ask for, and what is said above it. Where nothing is said of runs that overlap, kompose
/// leaves it at what Kubernetes does: they may.
pub(in crate::plan) fn kind(service: &Service) -> Option<(Kind, Vec<String>)> {
    let schedule = times(label(service, SCHEDULE)?.value)?;
    let policy = label(service, POLICY);
    let kind = Kind::CronJob {
        starting_deadline: schedule::starting_deadline(shell::shortest_gap(&schedule).unwrap_or(86_400)),
        schedule,
        time_zone: None,
        overlap: policy.map_or(Overlap::Allow, |policy| overlap(&policy).unwrap_or(Overlap::Forbid)),
        backoff_limit: label(service, BACKOFF_LIMIT).and_then(|label| tries(&label)).unwrap_or(0),
    };
    let mut comments = vec![format!("as the label {SCHEDULE} says")];
    if policy.is_none() {
        comments.push(format!("runs may overlap: no label {POLICY} forbids it"));
    }
    Some((kind, comments))
}

/// Records what became of the labels.
pub(in crate::plan) fn record_labels(service: &Service, decided: WorkloadKind, entries: &mut Entries<'_>) {
    let schedule = label(service, SCHEDULE);
    if let Some(label) = schedule {
        let reason = reasons::IS_A_SCHEDULE;
        label.record(times(label.value).map(|_| ()).ok_or(reason), entries);
    }
    let scheduled = schedule.is_some_and(|label| times(label.value).is_some());
    let alone = reasons::NO_CRON_JOB;
    if let Some(label) = label(service, POLICY) {
        let legal = overlap(&label).map(|_| ()).ok_or(reasons::IS_AN_OVERLAP);
        label.record(if scheduled { legal } else { Err(alone) }, entries);
    }
    if let Some(label) = label(service, BACKOFF_LIMIT) {
        let legal = tries(&label).map(|_| ()).ok_or(reasons::IS_A_NUMBER);
        label.record(if scheduled { legal } else { Err(alone) }, entries);
    }
    if let Some(label) = label(service, CONTROLLER) {
        let known = ["deployment", "daemonset", "statefulset"];
        if !known.contains(&label.value.to_ascii_lowercase().as_str()) {
            label.refused(reasons::IS_A_CONTROLLER, entries);
        } else if decided == WorkloadKind::CronJob {
            label.refused(reasons::CRON_JOB_BY_SCHEDULE, entries);
        } else {
            label.mapped(entries);
        }
    }
}

/// The schedule of a label as every CronJob takes it, for which Sunday is 0 alone: five fields in their bounds, or
/// a name.
fn times(text: &str) -> Option<String> {
    let is_short = text.starts_with('@') || text.split_whitespace().count() == 5;
    let schedule = crontab::of_text(text, None).ok().filter(|_| is_short)?.schedule;
    (!schedule.starts_with("@every")).then_some(schedule)
}

fn overlap(label: &Label<'_>) -> Option<Overlap> {
    let all = [Overlap::Allow, Overlap::Forbid, Overlap::Replace];
    all.into_iter().find(|overlap| overlap.policy().eq_ignore_ascii_case(label.value))
}

/// How often a failed run is tried again.
fn tries(label: &Label<'_>) -> Option<i32> {
    label.value.parse().ok().filter(|tries| *tries >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_five_fields_in_bounds() {
        for (text, expected) in [
            ("* * * * *", Some("* * * * *")),
            ("*/5 0-6,12 1 jan-mar mon", Some("*/5 0-6,12 1 jan-mar mon")),
            ("0 4 * * 7", Some("0 4 * * 0")),
            ("0 4 * * 5-7", Some("0 4 * * 5-6,0")),
            ("@daily", Some("@daily")),
            ("@every 5m", Some("*/5 * * * *")),
            ("@every 90m", None),
            ("bogus", None),
            ("61 * * * *", None),
            ("* * * *", None),
            ("0 */5 * * * *", None),
            ("*/0 * * * *", None),
            ("@reboot", None),
        ] {
            assert_eq!(times(text).as_deref(), expected, "{text}");
        }
    }
}
