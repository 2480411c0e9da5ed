//! What environments share, and what each of them changes.
//!
//! `base/` holds what all environments apply, and of variables what the files that all share say by
//! themselves; a component what some environments apply; the generated part of an overlay what is left: the
//! keys whose values differ, and one patch for all objects that change alike.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    earlier::Earlier,
    elements::{ConfigMap, Content, Elements, Object},
    layer::{Document, Environments, Generated, Layers, Overlay, Patch},
    objects,
};
use crate::{
    k8s::name,
    kustomize::patch,
    plan::{NetworkPolicy, Wait},
};

/// Divides what the environments need into layers. What `earlier` runs gave to environments that are kept
/// stays theirs, unless all environments agree on something else.
pub(super) fn divide(environments: &[Elements], names: &[&str], waits: &[Wait], earlier: &Earlier) -> Layers {
    let everywhere: Environments = (0..environments.len()).collect();
    let mut layers =
        Layers { overlays: environments.iter().map(|_| Overlay::default()).collect(), ..Layers::default() };
    let homes = Homes { names, waits, everywhere, components: homes(environments) };
    for id in ids(environments) {
        object(environments, &id, &homes, earlier, &mut layers);
    }
    for name in config_map_names(environments) {
        config_map(environments, &name, &homes, earlier, &mut layers);
    }
    for (overlay, elements) in layers.overlays.iter_mut().zip(environments) {
        overlay.patches = joined(std::mem::take(&mut overlay.patches), elements);
    }
    layers
}

/// The waits with the directories in which their stores come to stand: what only some environments run is in a
/// component, though its app may be in all of them.
pub(super) fn settle(environments: &[Elements], names: &[&str], waits: &[Wait]) -> Vec<Wait> {
    let everywhere: Environments = (0..environments.len()).collect();
    let homes = Homes { names, waits: &[], everywhere, components: homes(environments) };
    let home = |wait: &Wait| {
        let id = ("Service".to_owned(), wait.host.clone());
        let versions = versions(environments, &id);
        let present: Environments = versions.keys().copied().collect();
        versions.values().next().map(|first| homes.of(&first.home, &present))
    };
    let settled =
        |wait: &Wait| Wait { home: home(wait).unwrap_or_else(|| wait.home.clone()), ..wait.clone() };
    waits.iter().map(settled).collect()
}

/// Which environments apply which directory.
struct Homes<'a> {
    names: &'a [&'a str],
    waits: &'a [Wait],
    everywhere: Environments,
    components: BTreeMap<String, Environments>,
}

impl Homes<'_> {
    /// The directory of what just these environments apply: the usual one if all that apply it need it,
    /// else a component named for them.
    fn of(&self, home: &str, present: &Environments) -> String {
        let usual = if is_base(home) { Some(&self.everywhere) } else { self.components.get(home) };
        if usual == Some(present) {
            return home.to_owned();
        }
        let name = home.rsplit('/').next().unwrap_or(home);
        let which: Vec<&str> = present.iter().filter_map(|index| self.names.get(*index).copied()).collect();
        format!("components/{}", name::shortened(&format!("{name}-{}", which.join("-")), name::LABEL_LENGTH))
    }
}

/// The environments that need anything in each directory of a component.
fn homes(environments: &[Elements]) -> BTreeMap<String, Environments> {
    let mut homes: BTreeMap<String, Environments> = BTreeMap::new();
    for (index, elements) in environments.iter().enumerate() {
        for Object { home, .. } in &elements.objects {
            homes.entry(home.clone()).or_default().insert(index);
        }
    }
    homes.retain(|home, _| !is_base(home));
    homes
}

fn is_base(home: &str) -> bool {
    home == "base" || home.starts_with("base/")
}

/// Kinds and names of all objects, in the order of the environments.
fn ids(environments: &[Elements]) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let all =
        environments.iter().flat_map(|elements| elements.objects.iter().map(|object| object.id.clone()));
    all.filter(|id| seen.insert(id.clone())).collect()
}

fn config_map_names(environments: &[Elements]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all =
        environments.iter().flat_map(|elements| elements.config_maps.iter().map(|map| map.name.clone()));
    all.filter(|name| seen.insert(name.clone())).collect()
}

/// An object as each environment has it that does.
fn versions<'a>(environments: &'a [Elements], id: &(String, String)) -> BTreeMap<usize, &'a Object> {
    let find = |elements: &'a Elements| elements.objects.iter().find(|object| object.id == *id);
    let versions = environments.iter().enumerate();
    versions.filter_map(|(index, elements)| Some((index, find(elements)?))).collect()
}

fn object(
    environments: &[Elements],
    id: &(String, String),
    homes: &Homes<'_>,
    earlier: &Earlier,
    layers: &mut Layers,
) {
    let versions = versions(environments, id);
    let Some(first) = versions.values().next() else { return };
    let present: Environments = versions.keys().copied().collect();
    let home = homes.of(&first.home, &present);
    let is_kept = |index: &usize| environments.get(*index).is_some_and(|elements| elements.is_kept);
    let (kept, known): (Vec<_>, Vec<_>) = versions.iter().partition(|(index, _)| is_kept(index));
    let values = |versions: &[(&usize, &&'_ Object)]| -> Vec<Value> {
        versions.iter().map(|(_, object)| object.value.clone()).collect()
    };
    let (kept_values, known_values) = (values(&kept), values(&known));
    let mut base = patch::settled(
        &known_values.iter().collect::<Vec<_>>(),
        &kept_values.iter().collect::<Vec<_>>(),
        earlier.object(id),
    );
    let mut served = versions.values().filter_map(|object| object.value.get("apiVersion"));
    if let Some(lasting) = served.find(|served| !served.to_string().contains("beta")) {
        // What passes stands with the environment whose cluster is old.
        base["apiVersion"] = lasting.clone();
    }
    for (index, version) in known {
        let operations = patch::difference(&base, &version.value);
        let Some(overlay) = layers.overlays.get_mut(*index) else { continue };
        // How pods are spread names their own label, and many are on the same networks: together with what else
        // is changed, it would keep objects that change alike apart.
        let (spread, others): (Vec<Value>, Vec<Value>) = operations.into_iter().partition(spreads);
        let (connected, others): (Vec<Value>, Vec<Value>) = others.into_iter().partition(connects);
        for operations in [others, connected, spread].into_iter().filter(|operations| !operations.is_empty())
        {
            add_patch(overlay, id, operations);
        }
    }
    let comments = comments(&versions, &base);
    if home.starts_with("components/") {
        base = objects::with_waits(base, homes.waits.iter().filter(|wait| is_base(&wait.home)));
    }
    let document = Document { comments, value: base };
    let directory = layers.directories.entry(home).or_default();
    directory.environments = present;
    match directory.objects.iter_mut().find(|(file, _)| *file == first.file) {
        Some((_, objects)) => objects.push(document),
        None => directory.objects.push((first.file.clone(), vec![document])),
    }
}

/// The comments of a version with the schedule of the base: they speak of it.
fn comments(versions: &BTreeMap<usize, &Object>, base: &Value) -> Vec<String> {
    let schedule = |value: &Value| value.pointer("/spec/schedule").cloned();
    let version = versions.values().find(|version| schedule(&version.value) == schedule(base));
    version.map(|version| version.comments.clone()).unwrap_or_default()
}

/// Whether an operation changes how pods are spread.
fn spreads(operation: &Value) -> bool {
    let path = operation.get("path").and_then(Value::as_str);
    path.is_some_and(|path| path.ends_with("/topologySpreadConstraints"))
}

/// Whether an operation changes which networks pods are on.
fn connects(operation: &Value) -> bool {
    let label = NetworkPolicy::LABEL_PREFIX.replace('/', "~1");
    let path = operation.get("path").and_then(Value::as_str);
    path.is_some_and(|path| path.contains(&format!("/labels/{label}")))
}

fn add_patch(overlay: &mut Overlay, (kind, name): &(String, String), operations: Vec<Value>) {
    let is_same = |patch: &&mut Patch| patch.kinds == [kind.as_str()] && patch.operations == operations;
    match overlay.patches.iter_mut().find(is_same) {
        Some(patch) => patch.names.push(name.clone()),
        None => {
            let (kinds, names) = (vec![kind.clone()], vec![name.clone()]);
            overlay.patches.push(Patch { kinds, names, operations });
        }
    }
}

/// Makes one patch of those that say the same of several kinds, unless it would reach another object too.
fn joined(patches: Vec<Patch>, elements: &Elements) -> Vec<Patch> {
    let mut joined: Vec<Patch> = Vec::new();
    for patch in patches {
        let goes_with = |other: &&mut Patch| {
            let is_meant = |kind: &String, name: &String| {
                [&patch, &**other].iter().any(|one| one.kinds.contains(kind) && one.names.contains(name))
            };
            let is_reached = |kind: &String, name: &String| {
                [&patch, &**other].iter().any(|one| one.kinds.contains(kind))
                    && [&patch, &**other].iter().any(|one| one.names.contains(name))
            };
            let mut ids = elements.objects.iter().map(|object| &object.id);
            other.operations == patch.operations
                && ids.all(|(kind, name)| !is_reached(kind, name) || is_meant(kind, name))
        };
        match joined.iter_mut().find(goes_with) {
            Some(other) => {
                other.kinds.extend(patch.kinds);
                other.names.extend(
                    patch.names.into_iter().filter(|name| !other.names.contains(name)).collect::<Vec<_>>(),
                );
            }
            None => joined.push(patch),
        }
    }
    joined
}

fn config_map(
    environments: &[Elements],
    name: &str,
    homes: &Homes<'_>,
    earlier: &Earlier,
    layers: &mut Layers,
) {
    let versions: BTreeMap<usize, &ConfigMap> = environments
        .iter()
        .enumerate()
        .filter_map(|(index, elements)| {
            Some((index, elements.config_maps.iter().find(|map| map.name == name)?))
        })
        .collect();
    let Some(first) = versions.values().next() else { return };
    let present: Environments = versions.keys().copied().collect();
    let is_kept = |index: &usize| environments.get(*index).is_some_and(|elements| elements.is_kept);
    let same = versions.values().all(|version| version.content == first.content);
    let earlier = earlier.config_map(name).filter(|_| versions.keys().any(is_kept));
    let base = if same {
        Some(first.content.clone())
    } else if present == homes.everywhere {
        agreed(&versions.values().copied().collect::<Vec<_>>(), earlier)
    } else {
        // A component must not be merged into.
        None
    };
    let generated = |content: Content, merges: bool| Generated {
        name: name.to_owned(),
        comment: first.comment.clone().filter(|_| !merges),
        merges,
        content,
    };
    for (index, version) in versions.iter().filter(|(index, _)| !is_kept(index)) {
        let Some(overlay) = layers.overlays.get_mut(*index) else { continue };
        let Some(base) = &base else {
            overlay.config_maps.push(generated(version.content.clone().in_overlay(), false));
            continue;
        };
        let (changed, removed) = change(base, &version.content);
        overlay.config_maps.extend(changed.map(|changed| generated(changed, true)));
        if !removed.is_empty() {
            overlay.removed.push((name.to_owned(), removed));
        }
    }
    if let Some(base) = base {
        let home = homes.of(&first.home, &present);
        let directory = layers.directories.entry(home).or_default();
        directory.environments = present;
        directory.config_maps.push(generated(base, false));
    }
}

/// What stands in the base of a ConfigMap that all environments have; none if that is nothing.
///
/// Of variables: what the files that all environments share say by themselves, and what all environments
/// agree on. Of files, what most environments have. With an earlier base, what it had stays where
/// environments disagree.
fn agreed(versions: &[&ConfigMap], earlier: Option<&BTreeMap<String, Vec<u8>>>) -> Option<Content> {
    let agreed = match &versions.first()?.content {
        Content::Variables(stem, _) => {
            let all = versions.iter().map(|version| match &version.content {
                Content::Variables(_, variables) => Some(variables),
                Content::Files(_) => None,
            });
            let all = all.collect::<Option<Vec<_>>>()?;
            let shared = |key: &String| versions.iter().find_map(|version| version.shared.get(key)).cloned();
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
            let stays = |key: &String| earlier.and_then(|earlier| earlier.get(key)).map(text);
            let value = |key: &String| shared(key).or_else(|| unanimous(&all, key)).or_else(|| stays(key));
            Content::Variables(stem.clone(), entries(&all, value))
        }
        Content::Files(_) => {
            let all = versions.iter().map(|version| match &version.content {
                Content::Files(files) => Some(files),
                Content::Variables(..) => None,
            });
            let all = all.collect::<Option<Vec<_>>>()?;
            let value = |key: &String| match earlier {
                Some(earlier) => unanimous(&all, key).or_else(|| earlier.get(key).cloned()),
                None => most(&all, key),
            };
            Content::Files(entries(&all, value))
        }
    };
    (!agreed.is_empty()).then_some(agreed)
}

/// The entries of the keys that any version has.
fn entries<T>(
    versions: &[&BTreeMap<String, T>],
    value: impl Fn(&String) -> Option<T>,
) -> BTreeMap<String, T> {
    let keys: BTreeSet<&String> = versions.iter().flat_map(|version| version.keys()).collect();
    keys.into_iter().filter_map(|key| Some((key.clone(), value(key)?))).collect()
}

/// The value that all versions have.
fn unanimous<T: Clone + PartialEq>(versions: &[&BTreeMap<String, T>], key: &str) -> Option<T> {
    let value = versions.first()?.get(key)?;
    versions.iter().all(|version| version.get(key) == Some(value)).then(|| value.clone())
}

/// The value that more than half of the versions have.
fn most<T: Clone + PartialEq>(versions: &[&BTreeMap<String, T>], key: &str) -> Option<T> {
    let values: Vec<&T> = versions.iter().filter_map(|version| version.get(key)).collect();
    let count = |value: &T| values.iter().filter(|other| **other == value).count();
    values.iter().find(|value| count(value) * 2 > versions.len()).map(|value| (*value).clone())
}

/// What has to change and what has to go, to come from the base to a version.
fn change(base: &Content, version: &Content) -> (Option<Content>, Vec<String>) {
    match (base, version) {
        (Content::Variables(_, base), Content::Variables(_, version)) => {
            let (changed, removed) = changed(base, version);
            let stem = || Content::Variables(String::new(), changed.clone());
            ((!changed.is_empty()).then(stem), removed)
        }
        (Content::Files(base), Content::Files(version)) => {
            let (changed, removed) = changed(base, version);
            ((!changed.is_empty()).then(|| Content::Files(changed.clone())), removed)
        }
        _ => (None, Vec::new()),
    }
}

fn changed<T: Clone + PartialEq>(
    base: &BTreeMap<String, T>,
    version: &BTreeMap<String, T>,
) -> (BTreeMap<String, T>, Vec<String>) {
    let changed = version.iter().filter(|(key, value)| base.get(*key) != Some(value));
    let removed = base.keys().filter(|key| !version.contains_key(*key));
    (changed.map(|(key, value)| (key.clone(), value.clone())).collect(), removed.cloned().collect())
}

impl Content {
    /// In an overlay, env files are named for their ConfigMaps: it holds those of all apps.
    fn in_overlay(self) -> Self {
        match self {
            Content::Variables(_, variables) => Content::Variables(String::new(), variables),
            files @ Content::Files(_) => files,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Content::Variables(_, variables) => variables.is_empty(),
            Content::Files(files) => files.is_empty(),
        }
    }
}
