//! What workloads of an app have alike: each has a short document, and one patch has what all of them share. That is so
//! for CronJobs, and for workers with Jobs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{layer::Directory, objects, text};
use crate::{
    k8s::fields,
    kustomize::{Patch, Target, places::PATCH},
    plan::{JOBS_LABEL, SERVICE_LABEL},
    yaml::emit::{Entry, Yaml},
};

/// Workloads that may share a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    CronJobs,
    /// Deployments that work on their own, and Jobs.
    Workers,
}

/// Of fewer workers, each is written whole.
const FEW: usize = 3;

/// What the workloads of a directory share.
pub(super) struct Shared<'a>(Vec<Group<'a>>);

/// Workloads of one sort.
struct Group<'a> {
    sort: Sort,
    members: Vec<&'a Value>,
    /// What stands in a patch of all; none if every document is complete.
    part: Option<Value>,
    target: Target,
}

impl<'a> Shared<'a> {
    /// Looks through a directory.
    pub(super) fn of(path: &str, directory: &'a Directory<'_>) -> Self {
        Self([Sort::CronJobs, Sort::Workers].map(|sort| Group::of(sort, path, directory)).into())
    }

    /// The document of an object: what it does not share with the others.
    pub(super) fn document(&self, whole: &Value) -> Yaml {
        let group = self.0.iter().find(|group| group.sort.has(whole));
        match group.and_then(|group| Some((group, group.part.as_ref()?))) {
            Some((group, shared)) => Yaml::from(group.document(whole, shared)),
            None => Yaml::from(whole),
        }
    }

    /// Patches with their texts: what workloads share, and then what single ones have otherwise.
    pub(super) fn patches(&self, header: &str) -> Vec<(Patch, String)> {
        self.0.iter().flat_map(|group| group.patches(header)).collect()
    }
}

impl Sort {
    fn has(self, object: &Value) -> bool {
        let is_worker = || matches!(label(object, objects::COMPONENT_LABEL), "worker" | "job");
        match self {
            Sort::CronJobs => kind(object) == "CronJob",
            Sort::Workers => matches!(kind(object), "Deployment" | "Job") && is_worker(),
        }
    }

    /// The file of what they share.
    fn file(self) -> &'static str {
        match self {
            Sort::CronJobs => "cronjob-defaults.yaml",
            Sort::Workers => "worker-defaults.yaml",
        }
    }
}

impl<'a> Group<'a> {
    /// A component reaches what stands in the base as well: there CronJobs are found by their names, and one alone
    /// shares nothing.
    fn of(sort: Sort, path: &str, directory: &'a Directory<'_>) -> Self {
        let objects = directory.objects.iter().flat_map(|(_, objects)| objects);
        let members: Vec<&Value> =
            objects.map(|object| object.value.as_ref()).filter(|value| sort.has(value)).collect();
        let app = members.first().map_or("", |first| label(first, objects::NAME_LABEL));
        let is_of_app = path.starts_with("base/")
            && members.iter().all(|member| label(member, objects::NAME_LABEL) == app);
        let shares = match sort {
            Sort::CronJobs => path.starts_with("base/") || members.len() > 1,
            Sort::Workers => is_of_app && members.len() >= FEW,
        };
        let parts: Vec<Value> =
            members.iter().map(|member| own_part(member, sort, members.len() == 1)).collect();
        let part = match sort {
            _ if !shares => None,
            Sort::CronJobs => shared(&parts),
            Sort::Workers => common_to_all(&parts),
        };
        let kinds: BTreeSet<&str> = members.iter().map(|member| kind(member)).collect();
        let kinds = kinds.into_iter().collect::<Vec<_>>().join("|");
        let target = if is_of_app {
            let mut selector = format!("{}={app}", objects::NAME_LABEL);
            if sort == Sort::Workers {
                selector += &format!(",{} in (job,worker)", objects::COMPONENT_LABEL);
            }
            Target::Label(kinds, selector)
        } else {
            let names: Vec<&str> = members.iter().map(|member| name(member)).collect();
            Target::Names(kinds, names.join("|"))
        };
        Self { sort, members, part, target }
    }

    fn document(&self, whole: &Value, shared: &Value) -> Value {
        // What differs from the others' comes in a patch behind theirs.
        let has_all = has_all(&self.own_part(whole), shared);
        let own = if has_all { whole.clone() } else { without(whole, &self.own_part(whole)) };
        fields::ordered(&without(&own, shared))
    }

    fn own_part(&self, member: &Value) -> Value {
        own_part(member, self.sort, self.members.len() == 1)
    }

    fn patches(&self, header: &str) -> Vec<(Patch, String)> {
        let Some(shared) = &self.part else { return Vec::new() };
        let mut patches = vec![self.defaults(shared, header)];
        for member in &self.members {
            let part = self.own_part(member);
            if !has_all(&part, shared)
                && let Some(own) = differences(&part, shared)
            {
                let patch = Yaml::from(patch_of(member, name(member), own));
                let path = match kind(member) {
                    "Deployment" => format!("{}{PATCH}", name(member)),
                    kind => format!("{}.{}{PATCH}", name(member), kind.to_ascii_lowercase()),
                };
                patches.push((Patch { path, target: None }, text::patch(header, patch)));
            }
        }
        patches
    }

    fn defaults(&self, shared: &Value, header: &str) -> (Patch, String) {
        let app = self.members.first().map_or("", |first| label(first, objects::NAME_LABEL));
        let what = match (&self.target, self.sort) {
            (Target::Label(..), Sort::CronJobs) => format!(
                "What the CronJobs of {app} share. kustomize applies it to each of them by its label (see `patches`\n\
                 in kustomization.yaml): a new job is one short document in cronjobs.yaml."
            ),
            (_, Sort::Workers) => format!(
                "What the workers and Jobs of {app} share. kustomize applies it to each of them by its labels (see\n\
                 `patches` in kustomization.yaml)."
            ),
            (Target::Names(..), Sort::CronJobs) => {
                "What the CronJobs of this directory share. kustomize applies \
                                                    it to each of them by its name (see\n`patches` in \
                                                    kustomization.yaml)."
                    .to_owned()
            }
        };
        let stem = self.sort.file().trim_end_matches(".yaml");
        // A patch with a target is of any of its kinds: of the usual one.
        let usual = self.members.iter().find(|member| kind(member) == "Deployment").or(self.members.first());
        let first = usual.map_or_else(Value::default, |usual| patch_of(usual, stem, shared.clone()));
        let text = text::documents(&format!("{header}\n\n{what}"), vec![commented(Yaml::from(first))]);
        (Patch { path: self.sort.file().to_owned(), target: Some(self.target.clone()) }, text)
    }
}

fn kind(object: &Value) -> &str {
    object.get("kind").and_then(Value::as_str).unwrap_or_default()
}

fn name(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

fn label<'a>(object: &'a Value, label: &str) -> &'a str {
    let labels = object.pointer("/metadata/labels");
    labels.and_then(|labels| labels.get(label)).and_then(Value::as_str).unwrap_or_default()
}

/// A patch of the kind and version of an object.
fn patch_of(object: &Value, name: &str, content: Value) -> Value {
    let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or("batch/v1");
    let identity = json!({"apiVersion": version, "kind": kind(object), "metadata": {"name": name}});
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
    common_to_all(parts)
}

/// What stands alike in every one.
fn common_to_all(parts: &[Value]) -> Option<Value> {
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
fn own_part(object: &Value, sort: Sort, is_alone: bool) -> Value {
    let mut part = object.clone();
    match sort {
        Sort::CronJobs => {
            take_out_identity(&mut part, "/spec/jobTemplate/spec/template");
            if let Some(spec) = part.get_mut("spec") {
                ["schedule", "timeZone", "startingDeadlineSeconds"]
                    .into_iter()
                    .for_each(|field| remove(spec, field));
            }
            // Nobody shares it.
            if is_alone
                && let Some(container) = part.pointer_mut("/spec/jobTemplate/spec/template/spec/containers/0")
            {
                remove(container, "command");
            }
        }
        Sort::Workers => {
            let template = part.pointer("/spec/template").cloned();
            part = json!({"spec": {"template": template}});
            take_out_identity(&mut part, "/spec/template");
            if let Some(labels) = part.pointer_mut("/spec/template/metadata/labels") {
                remove(labels, objects::COMPONENT_LABEL);
            }
            if let Some(container) = part.pointer_mut("/spec/template/spec/containers/0") {
                // What is new in one of them changes its document alone.
                ["command", "env"].into_iter().for_each(|field| remove(container, field));
            }
        }
    }
    part
}

/// Takes out what a document always says itself, so that it can be read alone.
fn take_out_identity(object: &mut Value, template: &str) {
    for field in ["apiVersion", "kind", "metadata"] {
        remove(object, field);
    }
    let Some(template) = object.pointer_mut(template) else { return };
    if let Some(labels) = template.pointer_mut("/metadata/labels") {
        [SERVICE_LABEL, JOBS_LABEL].into_iter().for_each(|label| remove(labels, label));
    }
    let Some(pod) = template.get_mut("spec") else { return };
    remove(pod, "restartPolicy");
    if let Some(container) = pod.pointer_mut("/containers/0") {
        ["image", "args"].into_iter().for_each(|field| remove(container, field));
    }
}

fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        // `remove` would put the last field in its place.
        fields.shift_remove(field);
    }
}

/// What two values say alike. Lists and resources are taken whole or not at all, but for the list of containers, which
/// are merged by their names.
fn common(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let both = left.iter().filter_map(|(key, value)| {
                let other = right.get(key)?;
                let same = match key.as_str() {
                    "containers" => common_container(value, other),
                    // Nobody should have to look for its other half.
                    "resources" => (value == other).then(|| value.clone()),
                    _ => common(value, other),
                };
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
        // Others are not found by their name.
        ([left], [right]) if left.get("name") == right.get("name") => {
            common(left, right).map(|both| Value::Array(vec![both]))
        }
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
