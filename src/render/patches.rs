//! Patches of an overlay: one for each object that its environment changes, and one for objects that it changes
//! alike. Each file is named for what it does, and its first line says it.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    elements::{Content, Elements},
    layer::{Change, Patch},
    text,
};
use crate::{
    k8s::name,
    kustomize::{self, Target, patch, places::PATCH},
    plan::NetworkPolicy,
    yaml::emit::Yaml,
};

/// What turns the object of the base into the one of an environment.
pub(super) fn between(id: &(String, String), base: &Value, target: &Value) -> Vec<Patch> {
    let new = |change: Change| Patch { ids: vec![id.clone()], change };
    let mut patches = Vec::new();
    if base == target {
        return patches;
    }
    let version =
        |object: &Value| object.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
    let same_version = match target {
        Value::Object(fields) => {
            let mut fields = fields.clone();
            fields.insert("apiVersion".to_owned(), json!(version(base)));
            Value::Object(fields)
        }
        other => other.clone(),
    };
    if let Some(mut change) = patch::difference(base, &same_version) {
        // Many pods are on the same networks: together with what else is changed, it would keep objects that
        // change alike apart.
        let networks = take_networks(&mut change);
        let changes = [change, networks].into_iter().filter(|change| !is_empty(change));
        patches.extend(changes.map(|change| new(Change::Merge { version: version(base), fields: change })));
    }
    if version(base) != version(target) {
        patches.push(new(Change::Version(version(target))));
    }
    patches
}

/// What changes entries of a ConfigMap, and takes some away.
pub(super) fn of_config_map(name: &str, changed: Option<&Content>, removed: &[String]) -> Option<Patch> {
    let (mut texts, mut bytes) = (Map::new(), Map::new());
    match changed {
        Some(Content::Variables(_, variables)) => {
            texts.extend(variables.iter().map(|(key, value)| (key.clone(), json!(value))));
        }
        Some(Content::Files(files)) => {
            for (key, content) in files {
                match std::str::from_utf8(content) {
                    Ok(text) => texts.insert(key.clone(), json!(text)),
                    Err(_) => bytes.insert(key.clone(), json!(STANDARD.encode(content))),
                };
            }
        }
        None => {}
    }
    texts.extend(removed.iter().map(|key| (key.clone(), Value::Null)));
    let fields =
        [("data", texts), ("binaryData", bytes)].into_iter().filter(|(_, entries)| !entries.is_empty());
    let fields: Map<String, Value> = fields.map(|(key, entries)| (key.to_owned(), entries.into())).collect();
    let ids = vec![("ConfigMap".to_owned(), name.to_owned())];
    let change = Change::Merge { version: "v1".to_owned(), fields: Value::Object(fields.clone()) };
    (!fields.is_empty()).then_some(Patch { ids, change })
}

/// Takes the labels of networks out of a change.
fn take_networks(change: &mut Value) -> Value {
    let mut networks = Value::Object(Map::new());
    for (labels, wrap) in [
        ("/spec/template/metadata/labels", &["labels", "metadata", "template", "spec"] as &[&str]),
        (
            "/spec/jobTemplate/spec/template/metadata/labels",
            &["labels", "metadata", "template", "spec", "jobTemplate", "spec"],
        ),
    ] {
        let Some(Value::Object(all)) = change.pointer_mut(labels) else { continue };
        let (own, rest): (Map<String, Value>, Map<String, Value>) = std::mem::take(all)
            .into_iter()
            .partition(|(key, _)| key.starts_with(NetworkPolicy::LABEL_PREFIX));
        *all = rest;
        if !own.is_empty() {
            networks = wrap.iter().fold(Value::Object(own), |inner, key| json!({*key: inner}));
            prune(change);
        }
    }
    networks
}

/// Takes out mappings in which nothing is left.
fn prune(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.values_mut().for_each(prune);
        fields.retain(|_, value| !is_empty(value));
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

/// Makes one patch of those that say the same, unless it would reach another object too. What a container is and how
/// many pods there are is a matter of each workload: that several have it alike may be by chance, and pass.
pub(super) fn joined(mut patches: Vec<Patch>, elements: &Elements) -> Vec<Patch> {
    let images = take_images(&mut patches, elements);
    let mut joined: Vec<Patch> = Vec::new();
    for patch in patches.into_iter().filter(|patch| !patch.is_empty()).chain(images) {
        let goes_with = |other: &&mut Patch| {
            other.change.is_same(&patch.change) && is_meant(&[&patch.ids, &other.ids], elements)
        };
        match joined.iter_mut().find(goes_with) {
            Some(other) => other.ids.extend(patch.ids),
            None => joined.push(patch),
        }
    }
    joined
}

/// Where a workload has its pod.
const POD: &str = "/spec/template/spec";

/// Takes images out of patches that several workloads of an app get alike: they are one image, and a patch of their own
/// says it once.
fn take_images(patches: &mut [Patch], elements: &Elements) -> Vec<Patch> {
    let app = |id: &(String, String)| {
        let object = elements.objects.iter().find(|object| object.id == *id)?;
        object.value.pointer("/metadata/labels/app.kubernetes.io~1name")?.as_str()
    };
    let mut alike: BTreeMap<(&str, String, String), Vec<usize>> = BTreeMap::new();
    for (position, patch) in patches.iter().enumerate() {
        let ([id], Some((container, image))) = (patch.ids.as_slice(), patch.image()) else { continue };
        if let Some(app) = app(id) {
            alike.entry((app, container.to_owned(), image.to_owned())).or_default().push(position);
        }
    }
    let mut images = Vec::new();
    for ((_, container, image), positions) in alike.into_iter().filter(|(_, all)| all.len() > 1) {
        let ids: Vec<_> = positions.iter().filter_map(|at| patches.get(*at)?.ids.first().cloned()).collect();
        if !is_meant(&[&ids, &Vec::new()], elements) {
            continue;
        }
        let Change::Merge { version, .. } = &patches[positions[0]].change else { continue };
        let version = version.clone();
        let fields = json!({"spec": {"template": {"spec": {"containers": [
            {"name": container, "image": image},
        ]}}}});
        images.push(Patch { ids, change: Change::Merge { version, fields } });
        for position in positions {
            patches[position].take_image(&container);
        }
    }
    images
}

/// Whether patterns of all these kinds and names reach just these objects.
fn is_meant(ids: &[&Vec<(String, String)>; 2], elements: &Elements) -> bool {
    let all = || ids.iter().flat_map(|ids| ids.iter());
    elements.objects.iter().map(|object| &object.id).all(|id| {
        let is_reached = all().any(|(kind, _)| *kind == id.0) && all().any(|(_, name)| *name == id.1);
        !is_reached || all().any(|one| one == id)
    })
}

impl Patch {
    fn fields(&self) -> Option<&Value> {
        match &self.change {
            Change::Merge { fields, .. } => Some(fields),
            Change::Version(_) => None,
        }
    }

    /// The first container to which it gives an image, and that.
    fn image(&self) -> Option<(&str, &str)> {
        let containers = self.fields()?.pointer(POD)?.get("containers")?.as_array()?;
        containers.iter().find_map(|it| Some((it.get("name")?.as_str()?, it.get("image")?.as_str()?)))
    }

    /// Leaves out the image of a container.
    fn take_image(&mut self, name: &str) {
        let Change::Merge { fields, .. } = &mut self.change else { return };
        let Some(Value::Object(pod)) = fields.pointer_mut(POD) else { return };
        if let Some(Value::Array(containers)) = pod.get_mut("containers") {
            let named = |container: &&mut Value| container.get("name").is_some_and(|it| it == name);
            if let Some(Value::Object(container)) = containers.iter_mut().find(named) {
                container.shift_remove("image");
            }
            containers.retain(|container| container.as_object().is_none_or(|it| it.len() > 1));
            if containers.is_empty() {
                pod.shift_remove("containers");
            }
        }
        prune(fields);
    }

    fn is_empty(&self) -> bool {
        self.fields().is_some_and(is_empty)
    }
}

impl Change {
    fn is_same(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Merge { fields, .. }, Change::Merge { fields: others, .. }) => {
                fields == others && is_of_many(fields)
            }
            (Change::Version(version), Change::Version(other)) => version == other,
            _ => false,
        }
    }
}

/// Whether a change may be one that many workloads get.
fn is_of_many(fields: &Value) -> bool {
    let topics = topics(fields);
    topics.iter().any(|topic| topic == "networks")
        || !has_containers(fields) && !topics.contains(&"replicas".to_owned())
}

fn has_containers(fields: &Value) -> bool {
    let Some(object) = fields.as_object() else { return false };
    object.contains_key("data") || object.contains_key("containers") || object.values().any(has_containers)
}

/// The files of patches, with the entries of the kustomization for them.
pub(super) fn files(patches: &[Patch], environment: &str, header: &str) -> Vec<(kustomize::Patch, String)> {
    let names = file_names(patches);
    let ordered = |version: bool| {
        let is_version = move |patch: &&Patch| matches!(patch.change, Change::Version(_)) == version;
        patches.iter().zip(&names).filter(move |(patch, _)| is_version(patch))
    };
    // An object is found by its version.
    ordered(false).chain(ordered(true)).map(|(patch, name)| file(patch, name, environment, header)).collect()
}

fn file(patch: &Patch, path: &str, environment: &str, header: &str) -> (kustomize::Patch, String) {
    let first = format!("{environment}: {}.", says(patch));
    let header = format!("{first}\n{header}");
    let (kinds, names) = (distinct(patch, |(kind, _)| kind), distinct(patch, |(_, name)| name));
    let target = Target::Names(kinds.join("|"), names.join("|"));
    let document = match &patch.change {
        Change::Version(version) => json!([{"op": "replace", "path": "/apiVersion", "value": version}]),
        Change::Merge { version, fields } => {
            let (kind, name) = patch.ids.first().map_or(("", ""), |(kind, name)| (kind, name));
            identified((version, kind, name), fields)
        }
    };
    let alone = patch.ids.len() == 1 && matches!(patch.change, Change::Merge { .. });
    let entry = kustomize::Patch { path: path.to_owned(), target: (!alone).then_some(target) };
    (entry, text::patch(&header, Yaml::from(document)))
}

/// Fields of a change behind what says which object they are of.
fn identified((version, kind, name): (&str, &str, &str), fields: &Value) -> Value {
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), json!(name));
    let mut rest = fields.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(more)) = rest.shift_remove("metadata") {
        metadata.extend(more);
    }
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), json!(version));
    object.insert("kind".to_owned(), json!(kind));
    object.insert("metadata".to_owned(), metadata.into());
    object.extend(rest);
    object.into()
}

fn distinct(patch: &Patch, part: impl Fn(&(String, String)) -> &String) -> Vec<String> {
    let mut seen = BTreeSet::new();
    patch.ids.iter().map(part).filter(|part| seen.insert((*part).clone())).cloned().collect()
}

/// One name for each patch, and no name twice: that of the object, or for several what is changed in them.
fn file_names(patches: &[Patch]) -> Vec<String> {
    let wanted: Vec<String> = patches.iter().map(wanted).collect();
    let mut counted: BTreeMap<&String, usize> = BTreeMap::new();
    wanted.iter().for_each(|name| *counted.entry(name).or_default() += 1);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let names = wanted.iter().zip(patches).map(|(name, patch)| {
        let first = patch.ids.first().map_or("", |(_, name)| name);
        let stem = if counted[name] > 1 { format!("{name}-of-{first}") } else { name.clone() };
        let stem = name::free(&stem, |stem| taken.contains(stem));
        taken.insert(stem.clone());
        format!("{stem}{PATCH}")
    });
    names.collect()
}

fn wanted(patch: &Patch) -> String {
    match (patch.ids.as_slice(), &patch.change) {
        (_, Change::Version(_)) => "api-versions".to_owned(),
        ([(kind, name)], Change::Merge { .. }) => match kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" => name.clone(),
            kind => format!("{name}.{}", kind.to_ascii_lowercase()),
        },
        (_, Change::Merge { fields, .. }) if topics(fields) == ["image"] => {
            format!("{}-image", patch.image().map_or("", |(container, _)| container))
        }
        (_, Change::Merge { fields, .. }) => {
            let topics: Vec<String> =
                topics(fields).iter().map(|topic| name::dns_label(&kebab(topic))).collect();
            topics.into_iter().take(2).collect::<Vec<_>>().join("-and-")
        }
    }
}

fn kebab(text: &str) -> String {
    let mut kebab = String::new();
    for character in text.chars() {
        if character.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

/// What a patch does, in words.
fn says(patch: &Patch) -> String {
    let mut objects: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, name) in &patch.ids {
        objects.entry(kind).or_default().push(name);
    }
    let objects = objects.iter().map(|(kind, names)| format!("{kind} {}", in_words(names)));
    let objects: Vec<String> = objects.collect();
    let objects = in_words(&objects.iter().map(String::as_str).collect::<Vec<_>>());
    match &patch.change {
        Change::Version(version) => format!("apiVersion {version} of {objects}"),
        Change::Merge { fields, .. } => {
            let topics = topics(fields);
            format!("{} of {objects}", in_words(&topics.iter().map(String::as_str).collect::<Vec<_>>()))
        }
    }
}

/// At most this many things are named.
const NAMED: usize = 5;

fn in_words(words: &[&str]) -> String {
    if words.len() > NAMED {
        return format!("{} and {} others", words[..NAMED - 1].join(", "), words.len() - NAMED + 1);
    }
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The fields that a change is about, those around them left out.
fn topics(fields: &Value) -> Vec<String> {
    const AROUND: [&str; 4] = ["spec", "template", "jobTemplate", "metadata"];
    let mut topics: Vec<String> = Vec::new();
    let mut add = |topic: &str| {
        if !topics.iter().any(|known| known == topic) {
            topics.push(topic.to_owned());
        }
    };
    let mut rest: Vec<&Value> = vec![fields];
    while let Some(value) = rest.pop() {
        let Some(fields) = value.as_object() else { continue };
        let mut inner = Vec::new();
        for (key, value) in fields {
            match (key.as_str(), value) {
                ("name", Value::String(_)) => {}
                ("labels", Value::Object(labels))
                    if labels.keys().all(|label| label.starts_with(NetworkPolicy::LABEL_PREFIX)) =>
                {
                    add("networks");
                }
                (key, Value::Object(_)) if AROUND.contains(&key) => inner.push(value),
                ("containers", Value::Array(items)) => inner.extend(items),
                ("$patch", _) => {}
                (key, _) => add(key),
            }
        }
        rest.extend(inner.into_iter().rev());
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_names_of_their_own() {
        let patch = |ids: &[(&str, &str)], fields: Value| Patch {
            ids: ids.iter().map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect(),
            change: Change::Merge { version: "apps/v1".to_owned(), fields },
        };
        let networks = |name: &str| json!({"spec": {"template": {"metadata": {"labels": {format!("network.kustompose.dev/{name}"): "true"}}}}});
        let patches = [
            patch(&[("Deployment", "api")], json!({"spec": {"replicas": 2}})),
            patch(&[("Service", "api")], json!({"spec": {"type": "NodePort"}})),
            patch(&[("Deployment", "networks-of-a"), ("Deployment", "b")], networks("one")),
            patch(&[("Deployment", "networks-of-a")], json!({"spec": {"replicas": 2}})),
            patch(&[("Deployment", "a"), ("Deployment", "b")], networks("two")),
        ];
        let names = file_names(&patches);
        let distinct: BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        assert_eq!(names[..2], ["api.patch.yaml", "api.service.patch.yaml"]);
        assert_eq!(says(&patches[4]), "networks of Deployment a and b");
        assert_eq!(says(&patches[0]), "replicas of Deployment api");
    }
}
