//! CronJobs: a short document for each, and what all of a directory share in one patch that finds them.

use serde_json::{Map, Value, json};

use super::{layer::Directory, objects};
use crate::{
    k8s::fields,
    kustomize::{Patch, Target},
    yaml::emit::{self, Entry, Yaml},
};

/// The file of what they share.
const DEFAULTS: &str = "cronjob-defaults.yaml";

/// What the CronJobs of a directory share.
pub(super) struct Shared<'a> {
    jobs: Vec<&'a Value>,
    /// What stands in a patch of all; none if every document is complete.
    part: Option<Value>,
    target: Target,
}

impl<'a> Shared<'a> {
    /// Looks through a directory. A component reaches what stands in the base as well: there the jobs
    /// are found by their names, and one alone shares nothing.
    pub(super) fn of(path: &str, directory: &'a Directory) -> Self {
        let objects = directory.objects.iter().flat_map(|(_, objects)| objects);
        let jobs: Vec<&Value> =
            objects.map(|object| &object.value).filter(|value| is_cronjob(value)).collect();
        let is_base = path.starts_with("base/");
        let parts: Vec<Value> = jobs.iter().map(|job| own_part(job, jobs.len() == 1)).collect();
        let part = if is_base || jobs.len() > 1 { shared(&parts) } else { None };
        let app = jobs.first().map_or("", |job| app(job));
        let target = if is_base && jobs.iter().all(|job| self::app(job) == app) {
            Target::Label("CronJob".to_owned(), format!("{}={app}", objects::NAME_LABEL))
        } else {
            let names: Vec<&str> = jobs.iter().map(|job| name(job)).collect();
            Target::Names("CronJob".to_owned(), names.join("|"))
        };
        Self { jobs, part, target }
    }

    /// The document of an object: of a CronJob, what it does not share with the others, short commands in
    /// one line.
    pub(super) fn document(&self, whole: &Value) -> Yaml {
        if !is_cronjob(whole) {
            return Yaml::from(whole.clone());
        }
        let Some(shared) = self.part.as_ref() else { return in_line(Yaml::from(whole.clone())) };
        // What differs from the others' comes in a patch behind theirs.
        let has_all = has_all(&self.own_part(whole), shared);
        let own = if has_all { whole.clone() } else { without(whole, &self.own_part(whole)) };
        in_line(Yaml::from(fields::ordered(&without(&own, shared))))
    }

    fn own_part(&self, job: &Value) -> Value {
        own_part(job, self.jobs.len() == 1)
    }

    /// Patches with their texts: what the CronJobs share, and then what single ones have otherwise.
    pub(super) fn patches(&self, header: &str) -> Vec<(Patch, String)> {
        let Some(shared) = &self.part else { return Vec::new() };
        let mut patches = vec![self.defaults(shared, header)];
        for job in &self.jobs {
            let part = self.own_part(job);
            if !has_all(&part, shared)
                && let Some(own) = differences(&part, shared)
            {
                let patch = Yaml::from(patch_of(name(job), version(job), own));
                let text = emit::documents(Some(header), &[in_line(patch)]);
                patches.push((Patch { path: format!("{}.cronjob.yaml", name(job)), target: None }, text));
            }
        }
        patches
    }

    fn defaults(&self, shared: &Value, header: &str) -> (Patch, String) {
        let what = match &self.target {
            Target::Label(_, label) => format!(
                "What the CronJobs of {} share. kustomize applies it to each of them by its label (see `patches`\n\
                 in kustomization.yaml): a new job is one short document in cronjobs.yaml.",
                label.rsplit('=').next().unwrap_or(label)
            ),
            Target::Names(..) => {
                "What the CronJobs of this directory share. kustomize applies it to each of them by \
                                  its name (see\n`patches` in kustomization.yaml)."
                    .to_owned()
            }
        };
        let version = self.jobs.first().map_or("batch/v1", |job| version(job));
        let patch = Yaml::from(patch_of("cronjob-defaults", version, shared.clone()));
        let text = emit::documents(Some(&format!("{header}\n\n{what}")), &[in_line(commented(patch))]);
        (Patch { path: DEFAULTS.to_owned(), target: Some(self.target.clone()) }, text)
    }
}

fn is_cronjob(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("CronJob")
}

fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn app(object: &Value) -> &str {
    let labels = object.pointer("/metadata/labels");
    labels.and_then(|labels| labels.get(objects::NAME_LABEL)).and_then(Value::as_str).unwrap_or_default()
}

fn version(object: &Value) -> &str {
    object.get("apiVersion").and_then(Value::as_str).unwrap_or("batch/v1")
}

fn patch_of(name: &str, version: &str, content: Value) -> Value {
    let identity = json!({"apiVersion": version, "kind": "CronJob", "metadata": {"name": name}});
    merged(fields::ordered(&identity), content)
}

/// Why the settings are what they are, beside them.
fn commented(patch: Yaml) -> Yaml {
    const COMMENTS: [(&str, &str, &str); 3] = [
        ("concurrencyPolicy", "Forbid", "as in compose, a run waits for the one before it"),
        ("concurrencyPolicy", "Allow", "as in compose, runs may overlap"),
        ("backoffLimit", "0", "as in compose, the next time is the next try"),
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

/// Characters of the longest command that stands in one line.
const LINE: usize = 60;

/// With short commands in one line each, so that a job is short to read.
fn in_line(yaml: Yaml) -> Yaml {
    match yaml {
        Yaml::Map(entries) => {
            let entries = entries.into_iter().map(|(key, entry)| {
                let value = match entry.value {
                    Yaml::Seq(items) if key == "args" || key == "command" => words_in_line(items),
                    other => in_line(other),
                };
                (key, Entry { value, ..entry })
            });
            Yaml::Map(entries.collect())
        }
        Yaml::Seq(items) => {
            let items = items.into_iter().map(|entry| Entry { value: in_line(entry.value), ..entry });
            Yaml::Seq(items.collect())
        }
        other => other,
    }
}

fn words_in_line(items: Vec<Entry>) -> Yaml {
    let length = |entry: &Entry| match &entry.value {
        Yaml::String(word) if !word.contains('\n') => word.len() + 4,
        _ => LINE,
    };
    if items.iter().map(length).sum::<usize>() < LINE {
        Yaml::FlowSeq(items.into_iter().map(|entry| entry.value).collect())
    } else {
        Yaml::Seq(items)
    }
}

/// What CronJobs share: all of what most of them are, if the others differ from those only
/// in what a patch can say; else what stands alike in every one.
fn shared(parts: &[Value]) -> Option<Value> {
    let count = |part: &Value| parts.iter().filter(|other| *other == part).count();
    let usual = parts.iter().find(|part| count(part) * 2 > parts.len());
    if let Some(usual) = usual
        && parts.iter().all(|part| can_be_patched(part, usual))
    {
        return Some(usual.clone());
    }
    let (first, rest) = parts.split_first()?;
    Some(rest.iter().fold(first.clone(), |shared, other| common(&shared, other).unwrap_or_else(|| json!({}))))
}

/// Lists that patches merge rather than replace: nothing is easily taken out of them.
const MERGED_LISTS: [&str; 6] = ["env", "volumes", "volumeMounts", "ports", "initContainers", "hostAliases"];

/// Whether two objects differ only in fields that a patch sets or takes away.
fn can_be_patched(part: &Value, usual: &Value) -> bool {
    let (Value::Object(part), Value::Object(usual)) = (part, usual) else { return true };
    part.keys().chain(usual.keys()).all(|key| match (part.get(key), usual.get(key)) {
        (Some(own), Some(usual)) if own == usual => true,
        _ if MERGED_LISTS.contains(&key.as_str()) => false,
        (Some(own), Some(usual)) if key == "containers" => {
            let one = |list: &Value| list.as_array().and_then(|list| list.first().cloned());
            one(own).zip(one(usual)).is_some_and(|(own, usual)| can_be_patched(&own, &usual))
        }
        (Some(own), Some(usual)) => can_be_patched(own, usual),
        _ => true,
    })
}

/// Whether an object has all that is shared.
fn has_all(part: &Value, shared: &Value) -> bool {
    match (part, shared) {
        (Value::Object(part), Value::Object(shared)) => {
            shared.iter().all(|(key, usual)| part.get(key).is_some_and(|own| has_all(own, usual)))
        }
        (Value::Array(part), Value::Array(shared)) if part.len() == shared.len() => {
            part.iter().zip(shared).all(|(own, usual)| has_all(own, usual))
        }
        (part, shared) => part == shared,
    }
}

/// What a patch has to say so that what is shared becomes what one job has.
fn differences(part: &Value, shared: &Value) -> Option<Value> {
    let (Value::Object(part), Value::Object(shared)) = (part, shared) else {
        return (part != shared).then(|| part.clone());
    };
    let mut own = Map::new();
    for (key, usual) in shared {
        match part.get(key) {
            None => {
                own.insert(key.clone(), Value::Null);
            }
            Some(value) if key == "containers" => {
                let one = |list: &Value| list.as_array().and_then(|list| list.first().cloned());
                if let Some((value, usual)) = one(value).zip(one(usual))
                    && let Some(Value::Object(different)) = differences(&value, &usual)
                {
                    let mut container = Map::new();
                    container.insert("name".to_owned(), value.get("name").cloned().unwrap_or_default());
                    container.extend(different);
                    own.insert(key.clone(), json!([container]));
                }
            }
            Some(value) => {
                if let Some(different) = differences(value, usual) {
                    own.insert(key.clone(), different);
                }
            }
        }
    }
    let more = part.iter().filter(|(key, _)| !shared.contains_key(*key));
    let more: Vec<(String, Value)> = more.map(|(key, value)| (key.clone(), value.clone())).collect();
    own.extend(more);
    (!own.is_empty()).then_some(Value::Object(own))
}

/// What of an object may be shared.
fn own_part(object: &Value, is_alone: bool) -> Value {
    let mut part = object.clone();
    take_out_identity(&mut part, is_alone);
    part
}

/// Takes out what a document always says itself, so that it can be read alone.
fn take_out_identity(object: &mut Value, is_alone: bool) {
    for field in ["apiVersion", "kind", "metadata"] {
        remove(object, field);
    }
    let Some(spec) = object.get_mut("spec") else { return };
    remove(spec, "schedule");
    remove(spec, "timeZone");
    remove(spec, "startingDeadlineSeconds");
    let Some(pod) = spec.pointer_mut("/jobTemplate/spec/template/spec") else { return };
    remove(pod, "restartPolicy");
    if let Some(container) = pod.pointer_mut("/containers/0") {
        remove(container, "image");
        remove(container, "args");
        // Nobody shares it.
        if is_alone {
            remove(container, "command");
        }
    }
}

fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        // `remove` would put the last field in its place.
        fields.shift_remove(field);
    }
}

/// What two values say alike. Lists are taken whole or not at all, but for the one of containers, which
/// are merged by their names.
fn common(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let both = left.iter().filter_map(|(key, value)| {
                let other = right.get(key)?;
                let same =
                    if key == "containers" { common_container(value, other) } else { common(value, other) };
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
    fn a_patch_sets_and_takes_away() {
        let usual = json!({"a": 1, "containers": [{"name": "x", "e": {"f": 1}, "g": 1}]});
        let part = json!({"a": 1, "containers": [{"name": "x", "e": {"h": 2}, "g": 1}]});
        assert!(can_be_patched(&part, &usual) && !has_all(&part, &usual));
        let patch = differences(&part, &usual).unwrap();
        assert_eq!(patch, json!({"containers": [{"name": "x", "e": {"f": null, "h": 2}}]}));
        let lists = json!({"a": 1, "containers": [{"name": "x", "env": [1]}]});
        assert!(!can_be_patched(&lists, &usual));
    }

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
