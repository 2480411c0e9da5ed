//! What environments share, and what each of them changes.
//!
//! `base/` holds what all environments apply, as the files that all of them share say it by themselves; a
//! component what some environments apply; the generated part of an overlay what is left: the keys whose values
//! differ, and patches. Of what no shared file says, what all environments agree on stands in the base. No value
//! is where it is because most environments have it: what another environment has would move it.

mod homes;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use indexmap::IndexMap;
use serde_json::Value;

use self::homes::{Homes, is_base};
use super::{
    earlier::Earlier,
    elements::{ConfigMap, Content, Elements, Object},
    layer::{Document, Environments, Generated, Layers, Overlay},
    objects, patches,
};
use crate::{
    kustomize::patch,
    plan::{Known, Wait},
};

/// Divides what the environments need into layers. `shared` is what the files that all of them share give by
/// themselves. What `earlier` runs gave to environments that are kept stays theirs.
pub(super) fn divide<'a>(
    environments: &'a [Elements],
    shared: Option<&'a Elements>,
    waits: &'a [Wait],
    earlier: &'a Earlier,
) -> Layers<'a> {
    let mut layers =
        Layers { overlays: environments.iter().map(|_| Overlay::default()).collect(), ..Layers::default() };
    let divider = Divider {
        environments,
        shared_objects: shared.map(|shared| objects_by_id(std::slice::from_ref(shared))).unwrap_or_default(),
        shared_config_maps: shared
            .map(|shared| config_maps_by_name(std::slice::from_ref(shared)))
            .unwrap_or_default(),
        waits,
        earlier,
        homes: Homes::of(environments),
    };
    for (id, versions) in objects_by_id(environments) {
        divider.object(id, &versions, &mut layers);
    }
    for (name, versions) in config_maps_by_name(environments) {
        divider.config_map(name, &versions, &mut layers);
    }
    for (overlay, elements) in layers.overlays.iter_mut().zip(environments) {
        overlay.patches = patches::joined(std::mem::take(&mut overlay.patches), elements);
    }
    layers
}

/// The waits with the directories in which their stores come to be: what only some environments run is in a
/// component, though its app may be in all of them.
pub(super) fn settle(environments: &[Elements], waits: &[Wait]) -> Vec<Wait> {
    let homes = Homes::of(environments);
    let by_id = objects_by_id(environments);
    let home = |wait: &Wait| {
        let versions = by_id.get(&("Service".to_owned(), wait.host.clone()))?;
        let present: Environments = versions.keys().copied().collect();
        versions.values().next().map(|first| homes.path(&first.home, &present))
    };
    let settled =
        |wait: &Wait| Wait { home: home(wait).unwrap_or_else(|| wait.home.clone()), ..wait.clone() };
    waits.iter().map(settled).collect()
}

/// Something as each environment has it that does.
type Versions<'a, T> = BTreeMap<usize, &'a T>;

/// All objects by kind and name, in the order of the environments.
fn objects_by_id(environments: &[Elements]) -> IndexMap<&(String, String), Versions<'_, Object>> {
    let mut by_id: IndexMap<_, Versions<'_, Object>> = IndexMap::new();
    for (index, elements) in environments.iter().enumerate() {
        for object in &elements.objects {
            by_id.entry(&object.id).or_default().entry(index).or_insert(object);
        }
    }
    by_id
}

/// All ConfigMaps by name, in the order of the environments.
fn config_maps_by_name(environments: &[Elements]) -> IndexMap<&str, Versions<'_, ConfigMap>> {
    let mut by_name: IndexMap<_, Versions<'_, ConfigMap>> = IndexMap::new();
    for (index, elements) in environments.iter().enumerate() {
        for map in &elements.config_maps {
            by_name.entry(map.name.as_str()).or_default().entry(index).or_insert(map);
        }
    }
    by_name
}

/// What the layers are made of.
struct Divider<'a> {
    environments: &'a [Elements],
    /// What the shared files give by themselves.
    shared_objects: IndexMap<&'a (String, String), Versions<'a, Object>>,
    shared_config_maps: IndexMap<&'a str, Versions<'a, ConfigMap>>,
    waits: &'a [Wait],
    earlier: &'a Earlier,
    homes: Homes,
}

impl<'a> Divider<'a> {
    fn is_kept(&self, environment: usize) -> bool {
        self.environments.get(environment).is_some_and(|elements| elements.is_kept)
    }

    fn object(&self, id: &(String, String), versions: &Versions<'a, Object>, layers: &mut Layers<'a>) {
        let Some(first) = versions.values().next() else { return };
        let present: Environments = versions.keys().copied().collect();
        let home = self.homes.path(&first.home, &present);
        let mut base = self.base(id, versions);
        let mut served = versions.values().filter_map(|object| object.value.get("apiVersion"));
        if let Some(lasting) = served.find(|served| !served.to_string().contains("beta")) {
            // What passes stands with the environment whose cluster is old.
            if base.get("apiVersion") != Some(lasting) {
                base.to_mut()["apiVersion"] = lasting.clone();
            }
        }
        for (index, version) in versions.iter().filter(|(index, _)| !self.is_kept(**index)) {
            if let Some(overlay) = layers.overlays.get_mut(*index) {
                overlay.patches.extend(patches::between(id, &base, &version.value));
            }
        }
        let comments = comments(versions, &base);
        if home.starts_with("components/") {
            let waits = self.waits.iter().filter(|wait| is_base(&wait.home));
            base = Cow::Owned(objects::with_waits(base.into_owned(), waits));
        }
        let document = Document { comments, value: base };
        let directory = layers.directories.entry(home).or_default();
        directory.environments = present;
        match directory.objects.iter_mut().find(|(file, _)| *file == first.file) {
            Some((_, objects)) => objects.push(document),
            None => directory.objects.push((first.file.clone(), vec![document])),
        }
    }

    /// What the shared files say of an object, as far as that is known. Of one that they do not have, what the
    /// environments agree on; with an earlier base, what that was: other environments were written for it.
    fn base(&self, id: &(String, String), versions: &Versions<'a, Object>) -> Cow<'a, Value> {
        if let Some(shared) = self.shared_objects.get(id).and_then(|versions| versions.values().next()) {
            return Cow::Owned(patch::known_part(&shared.value, Known::UNKNOWN));
        }
        let stays = self.earlier.object(id).filter(|_| versions.keys().any(|index| self.is_kept(*index)));
        let values: Vec<&'a Value> = versions.values().map(|object| &object.value).collect();
        stays.map(Cow::Borrowed).or_else(|| patch::agreed(&values)).unwrap_or_default()
    }

    fn config_map(&self, name: &str, versions: &Versions<'_, ConfigMap>, layers: &mut Layers<'a>) {
        let Some(first) = versions.values().next() else { return };
        let present: Environments = versions.keys().copied().collect();
        // What an environment of its app does not have stands with the others.
        let home = self.homes.path_of_all(&first.home, &present);
        let base = home.and_then(|home| Some((home, self.content(name, versions)?)));
        let generated = |content: Content, merges: bool| Generated {
            name: name.to_owned(),
            app: first.app.clone(),
            comment: first.comment.clone().filter(|_| !merges),
            merges,
            content,
        };
        for (index, version) in versions.iter().filter(|(index, _)| !self.is_kept(**index)) {
            let Some(overlay) = layers.overlays.get_mut(*index) else { continue };
            let Some((home, base)) = &base else {
                overlay.config_maps.push(generated(version.content.clone().in_overlay(), false));
                continue;
            };
            let (changed, removed) = change(base, &version.content);
            if is_base(home) {
                overlay.config_maps.extend(changed.map(|changed| generated(changed, true)));
                overlay.patches.extend(patches::of_config_map(name, None, &removed));
            } else {
                // kustomize does not merge files of an overlay into what a component makes of files.
                overlay.patches.extend(patches::of_config_map(name, changed.as_ref(), &removed));
            }
        }
        if let Some((home, base)) = base {
            let directory = layers.directories.entry(home).or_default();
            directory.environments = present;
            directory.config_maps.push(generated(base, false));
        }
    }

    /// What stands in the base of a ConfigMap; none if that is nothing: what the shared files say, else what the
    /// environments agree on. With an earlier base, what it had stays where they disagree.
    fn content(&self, name: &str, versions: &Versions<'_, ConfigMap>) -> Option<Content> {
        let shared = self.shared_config_maps.get(name).and_then(|versions| versions.values().next());
        let content = match shared {
            Some(shared) => shared.content.known(),
            None => {
                let earlier = self.earlier.config_map(name);
                let earlier = earlier.filter(|_| versions.keys().any(|index| self.is_kept(*index)));
                agreed(&versions.values().copied().collect::<Vec<_>>(), earlier)?
            }
        };
        (!content.is_empty()).then_some(content)
    }
}

/// The comments of a version with the schedule of the base: they speak of it.
fn comments(versions: &Versions<'_, Object>, base: &Value) -> Vec<String> {
    let schedule = |value: &Value| value.pointer("/spec/schedule").cloned();
    let version = versions.values().find(|version| schedule(&version.value) == schedule(base));
    version.map(|version| version.comments.clone()).unwrap_or_default()
}

/// What all versions of a ConfigMap say, and what an earlier one said.
fn agreed(versions: &[&ConfigMap], earlier: Option<&BTreeMap<String, Vec<u8>>>) -> Option<Content> {
    let stays = |key: &String| earlier.and_then(|earlier| earlier.get(key)).cloned();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    match &versions.first()?.content {
        Content::Variables(stem, _) => {
            let all = versions.iter().map(|version| match &version.content {
                Content::Variables(_, variables) => Some(variables),
                Content::Files(_) => None,
            });
            let all = all.collect::<Option<Vec<_>>>()?;
            let value = |key: &String| unanimous(&all, key).or_else(|| stays(key).map(text));
            Some(Content::Variables(stem.clone(), entries(&all, value)))
        }
        Content::Files(_) => {
            let all = versions.iter().map(|version| match &version.content {
                Content::Files(files) => Some(files),
                Content::Variables(..) => None,
            });
            let all = all.collect::<Option<Vec<_>>>()?;
            let value = |key: &String| unanimous(&all, key).or_else(|| stays(key));
            Some(Content::Files(entries(&all, value)))
        }
    }
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
    /// The entries of which the values are known.
    fn known(&self) -> Self {
        match self {
            Content::Variables(stem, variables) => {
                let known = variables.iter().filter(|(_, value)| !value.contains(Known::UNKNOWN));
                let known = known.map(|(key, value)| (key.clone(), value.clone()));
                Content::Variables(stem.clone(), known.collect())
            }
            files @ Content::Files(_) => files.clone(),
        }
    }

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
