//! CronJobs: a short document for each, and what all of an app share in one patch that finds them by
//! their label.

use k8s_openapi::{
    api::{
        batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec},
        core::v1::PodTemplateSpec,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use serde_json::{Map, Value, json};

use super::objects;
use crate::{
    k8s::fields,
    kustomize::SelectedPatch,
    plan::{App, Kind, Workload},
    yaml::emit::{self, Entry, Yaml},
};

/// The file of what they share.
const DEFAULTS: &str = "cronjob-defaults.yaml";

/// Runs that are kept to look at.
const SUCCESSFUL_RUNS: i32 = 1;
const FAILED_RUNS: i32 = 3;

/// The patch that gives an app's CronJobs what they share.
pub(super) struct Defaults {
    /// Its file, in the app's folder.
    pub(super) file: &'static str,
    /// The file's text.
    pub(super) text: String,
    /// Whom it is applied to.
    pub(super) patch: SelectedPatch,
}

/// The document of one CronJob, without what it shares with the others of its app.
pub(super) fn document(app: &App, workload: &Workload) -> Value {
    let whole = object(app, workload);
    let own = match shared(app) {
        Some(shared) => without(&whole, &shared),
        None => whole,
    };
    fields::ordered(&own)
}

/// What the CronJobs of an app share, if it has any.
pub(super) fn defaults(app: &App, header: &str) -> Option<Defaults> {
    let shared = shared(app)?;
    let patch = fields::ordered(&merged(
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "cronjob-defaults"}}),
        shared,
    ));
    let header = format!(
        "{header}\n\nWhat the CronJobs of {} share. kustomize applies it to each of them by its label (see `patches`\n\
         in kustomization.yaml): a new job is one short document in cronjobs.yaml.",
        app.name
    );
    Some(Defaults {
        file: DEFAULTS,
        text: emit::documents(Some(&header), &[commented(Yaml::from(patch))]),
        patch: SelectedPatch {
            path: DEFAULTS.to_owned(),
            kind: "CronJob".to_owned(),
            label_selector: format!("{}={}", objects::NAME_LABEL, app.name),
        },
    })
}

/// Why the settings are what they are, beside them.
fn commented(patch: Yaml) -> Yaml {
    const COMMENTS: [(&str, &str, &str); 3] = [
        ("concurrencyPolicy", "Forbid", "the loop waited for its command"),
        ("concurrencyPolicy", "Allow", "the loop did not wait for its command"),
        ("backoffLimit", "0", "the loop went on after a failure: the next time is the next try"),
    ];
    let Yaml::Map(entries) = patch else { return patch };
    let entries = entries.into_iter().map(|(key, entry)| {
        let said = match &entry.value {
            Yaml::String(text) => text.clone(),
            Yaml::Int(number) => number.to_string(),
            _ => String::new(),
        };
        let comment = COMMENTS.iter().find(|(name, value, _)| *name == key && *value == said);
        let entry = Entry { value: commented(entry.value), ..entry };
        let entry = match comment {
            Some((_, _, comment)) => entry.beside(*comment),
            None => entry,
        };
        (key, entry)
    });
    Yaml::Map(entries.collect())
}

/// The CronJobs of an app.
fn jobs(app: &App) -> impl Iterator<Item = &Workload> {
    app.workloads.iter().filter(|workload| matches!(workload.kind, Kind::CronJob { .. }))
}

/// What stands alike in every CronJob of an app.
fn shared(app: &App) -> Option<Value> {
    let mut objects = jobs(app).map(|workload| {
        let mut object = object(app, workload);
        take_out_own(&mut object);
        object
    });
    let first = objects.next()?;
    Some(objects.fold(first, |shared, other| common(&shared, &other).unwrap_or_else(|| json!({}))))
}

/// The whole object.
fn object(app: &App, workload: &Workload) -> Value {
    let Kind::CronJob { schedule, starting_deadline, may_overlap } = &workload.kind else { return Value::Null };
    let pod_labels = objects::labels(app, workload).into_iter().filter(|(key, _)| key != crate::plan::SERVICE_LABEL);
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(pod_labels.collect()),
            annotations: objects::some(&workload.pod_annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(workload.pod.clone()),
    };
    let job = JobSpec { backoff_limit: Some(0), template, ..JobSpec::default() };
    fields::ordered(&CronJob {
        metadata: ObjectMeta {
            name: Some(workload.name.clone()),
            labels: Some(objects::labels(app, workload)),
            annotations: objects::some(&workload.annotations),
            ..ObjectMeta::default()
        },
        spec: Some(CronJobSpec {
            schedule: schedule.clone(),
            starting_deadline_seconds: Some(*starting_deadline),
            concurrency_policy: Some(if *may_overlap { "Allow" } else { "Forbid" }.to_owned()),
            successful_jobs_history_limit: Some(SUCCESSFUL_RUNS),
            failed_jobs_history_limit: Some(FAILED_RUNS),
            job_template: JobTemplateSpec { spec: Some(job), ..JobTemplateSpec::default() },
            ..CronJobSpec::default()
        }),
        ..CronJob::default()
    })
}

/// What a document always says itself, so that it can be read alone.
fn take_out_own(object: &mut Value) {
    for field in ["apiVersion", "kind", "metadata"] {
        remove(object, field);
    }
    let Some(spec) = object.get_mut("spec") else { return };
    remove(spec, "schedule");
    remove(spec, "startingDeadlineSeconds");
    let Some(pod) = spec.pointer_mut("/jobTemplate/spec/template/spec") else { return };
    remove(pod, "restartPolicy");
    if let Some(container) = pod.pointer_mut("/containers/0") {
        remove(container, "image");
        remove(container, "args");
    }
}

fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

/// What two values say alike. Lists are taken whole or not at all, but for the one of containers, which
/// are merged by their names.
fn common(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let both = left.iter().filter_map(|(key, value)| {
                let other = right.get(key)?;
                let same = if key == "containers" { common_container(value, other) } else { common(value, other) };
                Some((key.clone(), same?))
            });
            let both: Map<String, Value> = both.collect();
            (!both.is_empty()).then_some(Value::Object(both))
        }
        _ => (left == right).then(|| left.clone()),
    }
}

fn common_container(left: &Value, right: &Value) -> Option<Value> {
    match (left.as_array()?.as_slice(), right.as_array()?.as_slice()) {
        ([left], [right]) => common(left, right).map(|both| Value::Array(vec![both])),
        (left, right) => (left == right).then(|| Value::Array(left.to_vec())),
    }
}

/// A value without what is shared.
fn without(whole: &Value, shared: &Value) -> Value {
    let (Value::Object(whole), Value::Object(shared)) = (whole, shared) else { return whole.clone() };
    let own = whole.iter().filter_map(|(key, value)| {
        let own = match (key.as_str(), shared.get(key)) {
            (_, None) => value.clone(),
            ("containers", Some(shared)) => container_without(value, shared),
            // The name by which a container is found.
            ("name", Some(_)) => value.clone(),
            (_, Some(shared)) if shared == value => return None,
            (_, Some(shared)) => without(value, shared),
        };
        Some((key.clone(), own))
    });
    Value::Object(own.collect())
}

fn container_without(whole: &Value, shared: &Value) -> Value {
    match (whole.as_array().map(Vec::as_slice), shared.as_array().map(Vec::as_slice)) {
        (Some([whole]), Some([shared])) => Value::Array(vec![without(whole, shared)]),
        _ => whole.clone(),
    }
}

fn merged(left: Value, right: Value) -> Value {
    match (left, right) {
        (Value::Object(mut left), Value::Object(right)) => {
            left.extend(right);
            Value::Object(left)
        }
        (left, _) => left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_and_what_is_not_make_the_whole() {
        let left = json!({"a": 1, "b": {"c": 1, "d": [1]}, "containers": [{"name": "x", "e": 1, "f": 2}]});
        let right = json!({"a": 2, "b": {"c": 1, "d": [2]}, "containers": [{"name": "x", "e": 1, "f": 3}]});
        let both = common(&left, &right).unwrap();
        assert_eq!(both, json!({"b": {"c": 1}, "containers": [{"name": "x", "e": 1}]}));
        assert_eq!(
            without(&left, &both),
            json!({"a": 1, "b": {"d": [1]}, "containers": [{"name": "x", "f": 2}]})
        );
    }
}
