//! What an earlier run wrote, where that has to hold: environments that are kept as they are apply the
//! base as well, and their overlays were written for the base of that time.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::{
    elements::{ConfigMap, Content, Elements, Object},
    layer::Layers,
};
use crate::{
    kustomize::{
        TreeFile,
        build::{self, Builder},
        outermost::{self, Outermost},
    },
    plan::Known,
    text::{FileKind, Files, MemoryFiles, Sources, clean},
};

type Entries = BTreeMap<String, Vec<u8>>;
/// Kind and name of an object.
type Id = (String, String);

/// The parts of an earlier tree that kept environments build on; empty if there are none.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Where the tree is.
    output: Utf8PathBuf,
    /// Objects of the base and of components.
    objects: BTreeMap<Id, Value>,
    /// What ConfigMaps say in the base and in components.
    config_maps: BTreeMap<String, Entries>,
    /// Kept environments, by name.
    kept: BTreeMap<String, Kept>,
    /// The outermost layers of environments, which are the user's, by name.
    outermost: BTreeMap<String, Outermost>,
    /// The files that kept environments are made of.
    files: MemoryFiles,
}

/// An environment as it was written.
#[derive(Debug, Clone, Default)]
struct Kept {
    /// What it is, by the words of its files.
    rendered: Rendered,
    /// The directories that it takes in, relative to the tree.
    directories: BTreeSet<Utf8PathBuf>,
    /// Why it cannot be rendered as it is.
    refusal: Option<String>,
}

/// What an overlay renders to.
#[derive(Debug, Clone, Default)]
struct Rendered {
    /// The objects without ConfigMaps and Secrets, each with whether the overlay has it itself.
    objects: BTreeMap<Id, (Value, bool)>,
    /// What ConfigMaps say, by the names that they have in the files.
    config_maps: BTreeMap<String, Entries>,
    /// The names of ConfigMaps in the files, by those in the objects.
    names: BTreeMap<String, String>,
}

/// Reads what environments were written as, each with whether it is kept: of others, the outermost layer alone
/// matters.
pub fn read(environments: &[(&str, bool)], output: &Utf8Path, files: &dyn Files) -> Earlier {
    let mut earlier = Earlier { output: clean(output), ..Earlier::default() };
    let mut sources = Sources::default();
    let mut builder = Builder::new(output, files, &mut sources);
    for (name, is_kept) in environments {
        let outermost = outermost::read(&output.join(format!("overlays/{name}")), &mut builder);
        earlier.outermost.extend(outermost.map(|outermost| ((*name).to_owned(), outermost)));
        if !is_kept {
            continue;
        }
        let mut kept = Kept::default();
        let folder = overlay(name);
        taken_in(&folder, output, &mut builder, &mut kept.directories);
        match Rendered::of(&output.join(&folder), &mut builder) {
            Ok(rendered) => kept.rendered = rendered,
            Err(refusal) => kept.refusal = Some(refusal.to_string()),
        }
        for directory in &kept.directories {
            earlier.collect(&output.join(directory), &mut builder);
        }
        earlier.kept.insert((*name).to_owned(), kept);
    }
    earlier.files = builder.files_read();
    earlier
}

/// The part of an environment that is generated.
fn overlay(environment: &str) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("overlays/{environment}/generated"))
}

/// The directories that a directory takes in, and those that these take in.
fn taken_in(
    folder: &Utf8Path,
    output: &Utf8Path,
    builder: &mut Builder<'_>,
    found: &mut BTreeSet<Utf8PathBuf>,
) {
    let Ok(Some(declared)) = builder.declared(&output.join(folder)) else { return };
    for named in declared.resources.iter().chain(&declared.components) {
        let path = clean(&folder.join(&named.value));
        let is_directory = builder.kind(&output.join(&path)) == Some(FileKind::Directory);
        if is_directory && found.insert(path.clone()) {
            taken_in(&path, output, builder, found);
        }
    }
}

impl Earlier {
    /// Takes in what a directory has itself.
    fn collect(&mut self, directory: &Utf8Path, builder: &mut Builder<'_>) {
        for object in builder.part(directory).unwrap_or_default() {
            let value = object.node.to_json();
            match id(&value) {
                (kind, name) if kind == "ConfigMap" => drop(self.config_maps.insert(name, entries(&value))),
                id => drop(self.objects.insert(id, value)),
            }
        }
    }

    /// What the outermost layer of an environment says, if it is there already.
    pub fn outermost(&self, environment: &str) -> Option<&Outermost> {
        self.outermost.get(environment)
    }

    /// What an object of the base or of a component was, without what overlays changed.
    pub(super) fn object(&self, id: &Id) -> Option<&Value> {
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
        for (id, _) in kept.rendered.objects.iter().filter(|(_, (_, is_own))| !is_own) {
            let there = own.objects.iter().any(|object| object.id == *id);
            own.objects.extend(objects.iter().find(|object| object.id == *id && !there).cloned());
        }
        for (name, entries) in &kept.rendered.config_maps {
            let there = own.config_maps.iter().any(|map| map.name == *name);
            if let Some(other) = others.iter().find(|map| map.name == *name && !there) {
                own.config_maps.push(ConfigMap { content: other.content.emptied(), ..other.clone() });
            }
            let own = own.config_maps.iter_mut().filter(|map| map.name == *name);
            own.for_each(|map| map.content.fill(entries, known));
        }
    }

    /// The directories that stay as they are: those that kept environments alone take in.
    pub(super) fn untouched(&self, layers: &Layers<'_>, is_kept: impl Fn(usize) -> bool) -> Vec<Utf8PathBuf> {
        let needed = |path: &Utf8PathBuf| {
            let directory = layers.directories.get(path.as_str());
            path.starts_with("base")
                || directory.is_some_and(|directory| !directory.environments.iter().all(|it| is_kept(*it)))
        };
        let taken: BTreeSet<&Utf8PathBuf> = self.kept.values().flat_map(|kept| &kept.directories).collect();
        let overlays = self.kept.keys().map(|name| Utf8PathBuf::from(format!("overlays/{name}")));
        overlays.chain(taken.into_iter().filter(|path| !needed(path)).cloned()).collect()
    }

    /// Why a kept environment does not fit onto new layers, if it does not. `own` is the environment as far as it
    /// can be read; `new` are the files of the tree, and `untouched` the directories that stay.
    pub(super) fn misfit(
        &self,
        (environment, index): (&str, usize),
        layers: &Layers<'_>,
        own: &Elements,
        new: &[TreeFile],
        untouched: &[Utf8PathBuf],
    ) -> Option<String> {
        let kept = self.kept.get(environment)?;
        if let Some(refusal) = &kept.refusal {
            return Some(format!("it cannot be rendered: {refusal}"));
        }
        for (path, directory) in layers.directories.iter().filter(|(path, _)| !path.starts_with("base")) {
            if directory.environments.contains(&index) && !kept.directories.contains(Utf8Path::new(path)) {
                return Some(format!("it would need `{path}`"));
            }
        }
        let files = self.with(new, untouched);
        let mut sources = Sources::default();
        let mut builder = Builder::new(&self.output, &files, &mut sources);
        match Rendered::of(&self.output.join(overlay(environment)), &mut builder) {
            Ok(now) => kept.rendered.difference(&now, own),
            Err(refusal) => Some(format!("its files do not fit the new base: {refusal}")),
        }
    }

    /// The tree as it is going to be.
    fn with(&self, new: &[TreeFile], untouched: &[Utf8PathBuf]) -> MemoryFiles {
        let stays = |path: &Utf8Path| untouched.iter().any(|folder| path.starts_with(folder));
        let of_tree = |path: &Utf8PathBuf| path.strip_prefix(&self.output).is_ok_and(stays);
        let old = self.files.iter().filter(|(path, _)| of_tree(path));
        let old = old.map(|(path, bytes)| (path.clone(), bytes.clone()));
        let new = new.iter().filter(|file| !stays(&file.path));
        let new = new.map(|file| (clean(&self.output.join(&file.path)), file.bytes.clone()));
        MemoryFiles::new(new.chain(old))
    }
}

impl Rendered {
    fn of(directory: &Utf8Path, builder: &mut Builder<'_>) -> Result<Self, build::Refusal> {
        let mut rendered = Rendered::default();
        for object in builder.build(directory)?.iter() {
            let value = object.node.to_json();
            match id(&value) {
                (kind, name) if kind == "ConfigMap" => {
                    rendered.config_maps.insert(object.first_name.clone(), entries(&value));
                    rendered.names.insert(name, object.first_name.clone());
                }
                id => {
                    let is_own = builder.file_of(object.origin).starts_with("overlays");
                    rendered.objects.insert(id, (value, is_own));
                }
            }
        }
        Ok(rendered)
    }

    /// What would change for the workloads of an environment, that was this, is to be `now`, and asks for `own`.
    fn difference(&self, now: &Rendered, own: &Elements) -> Option<String> {
        let config_maps = own.config_maps.iter().map(|map| (map.name.clone(), map.content.entries()));
        let config_maps: BTreeMap<String, Entries> = config_maps.collect();
        let no_names = BTreeMap::new();
        own.objects.iter().find_map(|wanted| {
            let asked = variables(&wanted.value, &config_maps, &no_names);
            let (before, now) = (self.variables(&wanted.id), now.variables(&wanted.id));
            let keys: BTreeSet<&String> = asked.keys().chain(now.keys()).collect();
            let differs = |key: &&&String| {
                let (value, asked) = (now.get(**key), asked.get(**key));
                // A new one has what the compose files say of it, until somebody with the files says better.
                let is_new = !before.contains_key(**key) && asked.is_some_and(|it| it == Known::UNKNOWN);
                value != asked && value != before.get(**key) && !is_new
            };
            let (kind, name) = &wanted.id;
            keys.iter().find(differs).map(|key| format!("`{key}` of its {kind} `{name}` would change"))
        })
    }

    fn variables(&self, id: &Id) -> BTreeMap<String, String> {
        let object = self.objects.get(id);
        object.map(|(object, _)| variables(object, &self.config_maps, &self.names)).unwrap_or_default()
    }
}

/// Kind and name of an object.
pub(super) fn id(object: &Value) -> Id {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/kind"), text("/metadata/name"))
}

/// What a ConfigMap says.
fn entries(config_map: &Value) -> Entries {
    let list = |key: &str| config_map.get(key).and_then(Value::as_object).into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let decoded = |value: &Value| STANDARD.decode(text(value).replace('\n', "")).unwrap_or_default();
    let texts = list("data").map(|(key, value)| (key.clone(), text(value).into_bytes()));
    let bytes = list("binaryData").map(|(key, value)| (key.clone(), decoded(value)));
    texts.chain(bytes).collect()
}

/// The variables of the containers of a workload. A Secret stands for those that it holds. `names` are the names of
/// ConfigMaps in the files by those in the object, where these differ.
fn variables(
    object: &Value,
    config_maps: &BTreeMap<String, Entries>,
    names: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let pods = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
    let containers =
        pods.iter().filter_map(|pod| object.pointer(pod)?.get("containers")?.as_array()).flatten();
    for container in containers {
        let list = |key: &str| container.get(key).and_then(Value::as_array).into_iter().flatten();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let entries_of = |reference: Option<&Value>| {
            let name = text(reference);
            config_maps.get(names.get(&name).unwrap_or(&name))
        };
        for source in list("envFrom") {
            for (key, value) in entries_of(source.pointer("/configMapRef/name")).into_iter().flatten() {
                variables.insert(key.clone(), String::from_utf8_lossy(value).into_owned());
            }
            if source.get("secretRef").is_some() {
                variables.insert(source.to_string(), String::new());
            }
        }
        for variable in list("env") {
            let plain = variable.get("value").and_then(Value::as_str).map(str::to_owned);
            let referred = || {
                let reference = variable.pointer("/valueFrom/configMapKeyRef")?;
                let value = entries_of(reference.get("name"))?.get(reference.get("key")?.as_str()?)?;
                Some(String::from_utf8_lossy(value).into_owned())
            };
            let value = plain.or_else(referred).unwrap_or_else(|| variable.to_string());
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
