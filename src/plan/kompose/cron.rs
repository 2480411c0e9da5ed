//! CronJobs by label, and the kind of workload that a label asks for.

use super::label;
use crate::{
    compose::model::Service,
    plan::{Kind, draft::Decided, ledger::Entries},
};

const SCHEDULE: &str = "kompose.cronjob.schedule";
const POLICY: &str = "kompose.cronjob.concurrency_policy";
/// Seconds after which a run that could not start is left out. Nobody says how often the job runs.
const STARTING_DEADLINE: i64 = 300;
/// Names of schedules.
const NAMED: &[&str] = &["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

/// The kind that labels ask for.
pub(in crate::plan) fn decided(service: &Service) -> Option<Decided> {
    if label(service, SCHEDULE).is_some_and(|label| is_schedule(label.value)) {
        return Some(Decided::CronJob);
    }
    match label(service, "kompose.controller.type")?.value.to_ascii_lowercase().as_str() {
        "deployment" => Some(Decided::Deployment),
        "daemonset" => Some(Decided::DaemonSet),
        "statefulset" => Some(Decided::StatefulSet),
        _ => None,
    }
}

/// The CronJob that labels ask for, and what is said above it. Where nothing is said of runs that overlap, kompose
/// leaves it at what Kubernetes does: they may.
pub(in crate::plan) fn kind(service: &Service) -> Option<(Kind, Vec<String>)> {
    let schedule = label(service, SCHEDULE).map(|label| label.value).filter(|value| is_schedule(value))?;
    let policy = label(service, POLICY);
    let kind = Kind::CronJob {
        schedule: schedule.to_owned(),
        time_zone: None,
        starting_deadline: STARTING_DEADLINE,
        may_overlap: policy.is_none_or(|policy| policy.value.eq_ignore_ascii_case("allow")),
    };
    let mut comments = vec![format!("as the label {SCHEDULE} says")];
    if policy.is_none() {
        comments.push(format!("runs may overlap: no label {POLICY} forbids it"));
    }
    Some((kind, comments))
}

/// Enters what came of the labels.
pub(in crate::plan) fn enter(service: &Service, decided: Decided, entries: &mut Entries<'_>) {
    let schedule = label(service, SCHEDULE);
    if let Some(label) = schedule {
        let reason = "its value is a schedule of five fields, like `*/5 * * * *`";
        label.enter(if is_schedule(label.value) { Ok(()) } else { Err(reason) }, entries);
    }
    let scheduled = schedule.is_some_and(|label| is_schedule(label.value));
    let alone = "without a legal `kompose.cronjob.schedule` there is no CronJob";
    if let Some(label) = label(service, POLICY) {
        match label.value.to_ascii_lowercase().as_str() {
            _ if !scheduled => label.refused(alone, entries),
            "allow" | "forbid" => label.mapped(entries),
            "replace" => {
                label.approximated("a run that goes on is not stopped for the next one: Forbid", entries);
            }
            _ => label.refused("its value is Allow, Forbid or Replace", entries),
        }
    }
    if let Some(label) = label(service, "kompose.cronjob.backoff_limit") {
        match label.value.parse::<u32>() {
            _ if !scheduled => label.refused(alone, entries),
            Ok(0) => label.mapped(entries),
            Ok(_) => label.approximated("a run that fails is tried again at its next time", entries),
            Err(_) => label.refused("its value is a number", entries),
        }
    }
    if let Some(label) = label(service, "kompose.controller.type") {
        let known = ["deployment", "daemonset", "statefulset"];
        if !known.contains(&label.value.to_ascii_lowercase().as_str()) {
            label.refused("its value is deployment, daemonset or statefulset", entries);
        } else if decided == Decided::CronJob {
            label.refused("`kompose.cronjob.schedule` makes it a CronJob", entries);
        } else {
            label.mapped(entries);
        }
    }
}

/// Five fields in their bounds, or a name.
fn is_schedule(text: &str) -> bool {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    NAMED.contains(&text)
        || fields.len() == 5
            && fields
                .iter()
                .zip(bounds)
                .all(|(field, bounds)| field.split(',').all(|part| is_part(part, bounds)))
}

/// `*`, `5`, `1-5`, `mon`, each perhaps with `/2`.
fn is_part(part: &str, (least, most): (u32, u32)) -> bool {
    const NAMES: &[&str] = &[
        "sun", "mon", "tue", "wed", "thu", "fri", "sat", "jan", "feb", "mar", "apr", "may", "jun", "jul",
        "aug", "sep", "oct", "nov", "dec",
    ];
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let value = |text: &str| {
        text.parse::<u32>().is_ok_and(|number| (least..=most).contains(&number))
            || (most <= 12 && NAMES.contains(&text.to_ascii_lowercase().as_str()))
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let legal = range == "*" || range == "?" || (value(first) && value(last));
    legal && step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0 && step <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_have_five_fields_in_bounds() {
        for (text, legal) in [
            ("* * * * *", true),
            ("*/5 0-6,12 1 jan-mar mon", true),
            ("@daily", true),
            ("bogus", false),
            ("61 * * * *", false),
            ("* * * *", false),
            ("*/0 * * * *", false),
            ("@reboot", false),
        ] {
            assert_eq!(is_schedule(text), legal, "{text}");
        }
    }
}
