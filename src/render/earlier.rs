//! What an earlier run wrote, where that has to hold: environments that are kept as they are apply the
//! base as well, and their overlays were written for the base of that time.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::{
    elements::{ConfigMap, Content, Elements, Object},
    layer::{self, Layers},
};
use crate::{
    kustomize::{
        outermost::{self, Outermost},
        patch,
        read::{self, Directory},
    },
    plan::Known,
    text::{Files, clean},
};

type Entries = BTreeMap<String, Vec<u8>>;
/// Objects by kind and name.
type Objects = BTreeMap<(String, String), Value>;

/// The parts of an earlier tree that kept environments build on; empty if there are none.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Objects of the base and of components.
    objects: BTreeMap<(String, String), Value>,
    /// What ConfigMaps say in the base and in components.
    config_maps: BTreeMap<String, Entries>,
    /// Kept environments, by name.
    kept: BTreeMap<String, Kept>,
    /// The outermost layers of environments, which are the user's, by name.
    outermost: BTreeMap<String, Outermost>,
}

/// An environment as it was written.
#[derive(Debug, Clone, Default)]
struct Kept {
    /// All that its ConfigMaps say.
    config_maps: BTreeMap<String, Entries>,
    /// The objects that it takes in.
    objects: BTreeSet<(String, String)>,
    /// What its overlay changes.
    overlay: Directory,
    /// The directories that it takes in, relative to the tree, each with what it makes.
    directories: BTreeMap<Utf8PathBuf, Made>,
}

/// What a directory makes.
#[derive(Debug, Clone, Default)]
struct Made {
    objects: BTreeSet<(String, String)>,
    config_maps: BTreeSet<String>,
}

/// Reads what environments were written as, each with whether it is kept: of others, the outermost layer alone
/// matters.
pub fn read(environments: &[(&str, bool)], output: &Utf8Path, files: &dyn Files) -> Earlier {
    let mut earlier = Earlier::default();
    for (name, is_kept) in environments {
        let outermost = outermost::read(&output.join(format!("overlays/{name}")), files);
        earlier.outermost.extend(outermost.map(|outermost| ((*name).to_owned(), outermost)));
        if !is_kept {
            continue;
        }
        let folder = Utf8PathBuf::from(format!("overlays/{name}/generated"));
        let overlay = read::directory(&output.join(&folder), files);
        let mut kept = Kept::default();
        for part in &overlay.parts {
            earlier.collect(&clean(&folder.join(part)), output, files, &mut kept);
        }
        changed(&mut kept.config_maps, &overlay);
        kept.overlay = overlay;
        earlier.kept.insert((*name).to_owned(), kept);
    }
    earlier
}

impl Earlier {
    /// Takes in a directory and those below it.
    fn collect(&mut self, path: &Utf8Path, output: &Utf8Path, files: &dyn Files, kept: &mut Kept) {
        if kept.directories.contains_key(path) {
            return;
        }
        let directory = read::directory(&output.join(path), files);
        let objects = directory.objects.keys().cloned().collect();
        let made = Made { objects, config_maps: directory.config_maps.keys().cloned().collect() };
        kept.directories.insert(path.to_owned(), made);
        for part in &directory.parts {
            self.collect(&clean(&path.join(part)), output, files, kept);
        }
        kept.config_maps.extend(directory.config_maps.clone());
        self.config_maps.extend(directory.config_maps.clone());
        kept.objects.extend(directory.objects.keys().cloned());
        self.objects.extend(whole(directory));
    }

    /// What the outermost layer of an environment says, if it is there already.
    pub fn outermost(&self, environment: &str) -> Option<&Outermost> {
        self.outermost.get(environment)
    }

    /// What an object of the base or of a component was, without what overlays changed.
    pub(super) fn object(&self, id: &(String, String)) -> Option<&Value> {
        self.objects.get(id)
    }

    /// What a ConfigMap of the base or of a component said.
    pub(super) fn config_map(&self, name: &str) -> Option<&Entries> {
        self.config_maps.get(name)
    }

    /// Puts what a kept environment was given in the place of what could not be read of it.
    pub(super) fn fill(&self, environment: &str, known: Known, elements: &mut [Elements], index: usize) {
        let Some(kept) = self.kept.get(environment) else { return };
        let others = || elements.iter().filter(|elements| !elements.is_kept);
        let objects: Vec<Object> = others().flat_map(|it| it.objects.iter().cloned()).collect();
        let others: Vec<ConfigMap> = others().flat_map(|it| it.config_maps.iter().cloned()).collect();
        let Some(own) = elements.get_mut(index) else { return };
        // Ports, for one, are learned from values.
        for id in &kept.objects {
            let there = own.objects.iter().any(|object| object.id == *id);
            own.objects.extend(objects.iter().find(|object| object.id == *id && !there).cloned());
        }
        for (name, entries) in &kept.config_maps {
            let there = own.config_maps.iter().any(|map| map.name == *name);
            if let Some(other) = others.iter().find(|map| map.name == *name && !there) {
                own.config_maps.push(ConfigMap { content: other.content.emptied(), ..other.clone() });
            }
            let own = own.config_maps.iter_mut().filter(|map| map.name == *name);
            own.for_each(|map| map.content.fill(entries, known));
        }
    }

    /// The directories that stay as they are: those that kept environments alone take in.
    pub(super) fn untouched(&self, layers: &Layers, is_kept: impl Fn(usize) -> bool) -> Vec<Utf8PathBuf> {
        let needed = |path: &Utf8PathBuf| {
            let directory = layers.directories.get(path.as_str());
            path.starts_with("base")
                || directory.is_some_and(|directory| !directory.environments.iter().all(|it| is_kept(*it)))
        };
        let taken: BTreeSet<&Utf8PathBuf> =
            self.kept.values().flat_map(|kept| kept.directories.keys()).collect();
        let overlays = self.kept.keys().map(|name| Utf8PathBuf::from(format!("overlays/{name}")));
        overlays.chain(taken.into_iter().filter(|path| !needed(path)).cloned()).collect()
    }

    /// Why a kept environment does not fit onto new layers, if it does not. `own` is the environment as far as it
    /// can be read; `untouched` are the directories that stay.
    pub(super) fn misfit(
        &self,
        environment: &str,
        index: usize,
        layers: &Layers,
        own: &Elements,
        untouched: &[Utf8PathBuf],
    ) -> Option<String> {
        let kept = self.kept.get(environment)?;
        let is_taken = |path: &str| kept.directories.contains_key(Utf8Path::new(path));
        for (path, directory) in layers.directories.iter().filter(|(path, _)| !path.starts_with("base")) {
            if directory.environments.contains(&index) && !is_taken(path) {
                return Some(format!("it would need `{path}`"));
            }
        }
        let below = Below::of(kept, layers, untouched);
        if let Some(why) = below.misfit(kept) {
            return Some(why);
        }
        let (mut objects, mut config_maps) = match self.applied(kept, &below) {
            Ok(applied) => applied,
            Err(why) => return Some(why),
        };
        changed(&mut config_maps, &kept.overlay);
        for patch in kept.overlay.patches.iter().filter(|patch| patch.content.is_array()) {
            let operations = patch.content.as_array().cloned().unwrap_or_default();
            for object in objects.iter_mut().filter(|(id, _)| patch.reaches(id)).map(|(_, object)| object) {
                if let Err(why) = patch::apply(object, &operations) {
                    return Some(format!("its `{}` does not fit: {why}", patch.path));
                }
            }
        }
        let own_maps = own.config_maps.iter().map(|map| (map.name.clone(), map.content.entries())).collect();
        own.objects.iter().find_map(|wanted| {
            let wanted_variables = variables(&wanted.value, &own_maps);
            let now =
                objects.get(&wanted.id).map(|object| variables(object, &config_maps)).unwrap_or_default();
            let before = self.before(kept, &wanted.id);
            let keys: BTreeSet<&String> = wanted_variables.keys().chain(now.keys()).collect();
            let differs = |key: &&&String| {
                let value = now.get(**key);
                let wanted = wanted_variables.get(**key);
                // A new one has what the compose files say of it, until somebody with the files says better.
                let is_new = !before.contains_key(**key) && wanted.is_some_and(|it| it == Known::UNKNOWN);
                value != wanted && value != before.get(**key) && !is_new
            };
            let (kind, name) = &wanted.id;
            keys.iter().find(differs).map(|key| format!("`{key}` of its {kind} `{name}` would change"))
        })
    }

    /// The objects and the entries of ConfigMaps that come from below the overlay of a kept environment.
    fn applied(
        &self,
        kept: &Kept,
        below: &Below<'_>,
    ) -> Result<(Objects, BTreeMap<String, Entries>), String> {
        let (mut objects, mut config_maps) = (Objects::new(), BTreeMap::new());
        for directory in &below.anew {
            let documents = directory.objects.iter().flat_map(|(_, all)| all);
            objects.extend(documents.map(|document| (id(&document.value), document.value.clone())));
            let entries = directory.config_maps.iter().map(|map| (map.name.clone(), map.content.entries()));
            config_maps.extend(entries);
        }
        for made in &below.staying {
            for id in &made.objects {
                let object = self.objects.get(id).cloned().unwrap_or_default();
                if objects.insert(id.clone(), object).is_some() {
                    let (kind, name) = id;
                    return Err(format!("it has its {kind} `{name}` itself, and others give it one now"));
                }
            }
            let entries = |name: &String| Some((name.clone(), kept.config_maps.get(name)?.clone()));
            config_maps.extend(made.config_maps.iter().filter_map(entries));
        }
        Ok((objects, config_maps))
    }

    /// The variables that a workload of a kept environment had.
    fn before(&self, kept: &Kept, id: &(String, String)) -> BTreeMap<String, String> {
        let Some(mut object) = self.objects.get(id).cloned() else { return BTreeMap::new() };
        for patch in kept.overlay.patches.iter().filter(|patch| patch.reaches(id)) {
            // One that does not fit any more is told above.
            let _ = patch::apply(&mut object, patch.content.as_array().map_or(&[], Vec::as_slice));
        }
        variables(&object, &kept.config_maps)
    }
}

/// What is below the overlay of a kept environment.
struct Below<'a> {
    /// What is written anew.
    anew: Vec<&'a layer::Directory>,
    /// What stays, for kept environments alone take it in.
    staying: Vec<&'a Made>,
}

impl<'a> Below<'a> {
    fn of(kept: &'a Kept, layers: &'a Layers, untouched: &[Utf8PathBuf]) -> Self {
        let stays = |path: &Utf8Path| untouched.iter().any(|folder| path.starts_with(folder));
        let is_taken =
            |path: &str| path.starts_with("base") || kept.directories.contains_key(Utf8Path::new(path));
        let anew =
            layers.directories.iter().filter(|(path, _)| is_taken(path) && !stays(Utf8Path::new(path)));
        let staying = kept.directories.iter().filter(|(path, _)| stays(path));
        Self {
            anew: anew.map(|(_, directory)| directory).collect(),
            staying: staying.map(|(_, made)| made).collect(),
        }
    }

    /// Does every ConfigMap come from one place, and is there what others change?
    fn misfit(&self, kept: &Kept) -> Option<String> {
        let is_anew =
            |name: &String| self.anew.iter().any(|it| it.config_maps.iter().any(|map| map.name == *name));
        let mut staying = self.staying.iter().flat_map(|made| &made.config_maps);
        let stays = |name: &String| self.staying.iter().any(|made| made.config_maps.contains(name));
        let whole = |name: &&String| !kept.overlay.merged.contains(name);
        let mut own = kept.overlay.config_maps.keys().filter(whole);
        if let Some(name) = kept.overlay.merged.iter().find(|name| !is_anew(name) && !stays(name)) {
            return Some(format!("it changes `{name}`, which the base no longer has"));
        }
        let twice =
            staying.find(|name| is_anew(name)).or_else(|| own.find(|name| is_anew(name) || stays(name)));
        twice.map(|name| format!("it makes `{name}` itself, which the base has now"))
    }
}

pub(super) fn id(object: &Value) -> (String, String) {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/kind"), text("/metadata/name"))
}

/// What an overlay makes of ConfigMaps.
fn changed(config_maps: &mut BTreeMap<String, Entries>, overlay: &Directory) {
    for (name, entries) in &overlay.config_maps {
        config_maps.entry(name.clone()).or_default().extend(entries.clone());
    }
    for patch in overlay.patches.iter().filter(|patch| patch.is_of("ConfigMap")) {
        let data = patch.content.get("data").and_then(Value::as_object);
        let removed = data.into_iter().flatten().filter(|(_, value)| value.is_null());
        for (name, key) in
            patch.names.iter().flat_map(|name| removed.clone().map(move |(key, _)| (name, key)))
        {
            config_maps.entry(name.clone()).or_default().remove(key);
        }
    }
}

/// The variables of the containers of a workload. A Secret stands for those that it holds.
fn variables(object: &Value, config_maps: &BTreeMap<String, Entries>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let pods = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    let containers =
        pods.iter().filter_map(|pod| object.pointer(pod)?.get("containers")?.as_array()).flatten();
    for container in containers {
        let list = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        for source in list("envFrom") {
            let name = text(source.pointer("/configMapRef/name"));
            for (key, value) in config_maps.get(&name).into_iter().flatten() {
                variables.insert(key.clone(), String::from_utf8_lossy(value).into_owned());
            }
            if source.get("secretRef").is_some() {
                variables.insert(source.to_string(), String::new());
            }
        }
        for variable in list("env") {
            let value = variable.get("value").and_then(Value::as_str).map(str::to_owned);
            let value = value.unwrap_or_else(|| variable.to_string());
            variables.insert(text(variable.get("name")), value);
        }
    }
    variables
}

impl Content {
    /// The same kind of content with nothing in it.
    fn emptied(&self) -> Self {
        match self {
            Content::Variables(stem, _) => Content::Variables(stem.clone(), BTreeMap::new()),
            Content::Files(_) => Content::Files(BTreeMap::new()),
        }
    }

    fn entries(&self) -> Entries {
        match self {
            Content::Variables(_, variables) => {
                variables.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes())).collect()
            }
            Content::Files(files) => files.clone(),
        }
    }

    fn fill(&mut self, earlier: &Entries, known: Known) {
        match self {
            Content::Variables(_, variables) => {
                for (key, value) in earlier {
                    let is_unknown = match variables.get(key) {
                        Some(value) => value.contains(Known::UNKNOWN),
                        None => known == Known::SomeVariables,
                    };
                    if is_unknown {
                        variables.insert(key.clone(), String::from_utf8_lossy(value).into_owned());
                    }
                }
            }
            Content::Files(files) => {
                for (key, value) in earlier {
                    files.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    }
}

/// The objects of a directory with what its own patches say of all CronJobs.
fn whole(directory: Directory) -> BTreeMap<(String, String), Value> {
    let mut objects = directory.objects;
    let shared = directory.patches.iter().filter(|it| it.is_of("CronJob") && it.content.is_object());
    for patch in shared {
        let is_target = |name: &String| patch.names.is_empty() || patch.names.contains(name);
        for (_, job) in objects.iter_mut().filter(|((kind, name), _)| kind == "CronJob" && is_target(name)) {
            *job = over(&patch.content, job);
        }
    }
    objects
}

/// What is said above stands over what is said below; the one container of a pod is merged.
fn over(below: &Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            let mut whole = below.clone();
            for (key, value) in above {
                let value = below.get(key).map_or_else(|| value.clone(), |below| over(below, value));
                whole.insert(key.clone(), value);
            }
            Value::Object(whole)
        }
        (Value::Array(below), Value::Array(above)) if below.len() == 1 && above.len() == 1 => {
            Value::Array(vec![over(&below[0], &above[0])])
        }
        _ => above.clone(),
    }
}
