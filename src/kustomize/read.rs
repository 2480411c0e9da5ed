//! What earlier runs wrote, read back: the objects and ConfigMaps of a directory, and what an overlay
//! changes in those of others. Knows the form in which this crate writes, and skips what it cannot read.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::env_file;
use crate::{
    diag::Report,
    text::{Files, Sources},
    yaml::parse,
};

/// The name of the file that says what a directory is made of.
pub(super) const KUSTOMIZATION: &str = "kustomization.yaml";

/// A directory as it was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    /// Objects by kind and name, without what patches of this directory add.
    pub objects: BTreeMap<(String, String), Value>,
    /// ConfigMaps by name, with what is said of each here.
    pub config_maps: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// The names of ConfigMaps that a lower directory has to make.
    pub merged: Vec<String>,
    /// Components and directories that are taken in, relative to this one.
    pub parts: Vec<Utf8PathBuf>,
    /// Patches with their targets.
    pub patches: Vec<Patch>,
}

/// A patch of objects that are named.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// The file, relative to the directory.
    pub path: Utf8PathBuf,
    /// The kinds of the objects.
    pub kinds: Vec<String>,
    /// Their names; none if they are found by a label.
    pub names: Vec<String>,
    /// What it says: operations, or a part of an object.
    pub content: Value,
}

impl Patch {
    /// Does it change objects of this kind?
    pub fn is_of(&self, kind: &str) -> bool {
        self.kinds.iter().any(|own| own == kind)
    }

    /// Does it change the object of this kind and name?
    pub fn reaches(&self, (kind, name): &(String, String)) -> bool {
        self.is_of(kind) && self.names.contains(name)
    }
}

/// Reads a directory; one that is not there is empty.
pub fn directory(path: &Utf8Path, files: &dyn Files) -> Directory {
    let mut found = Directory::default();
    let Some(kustomization) = documents(&path.join(KUSTOMIZATION), files).into_iter().next() else {
        return found;
    };
    for resource in strings(&kustomization, "resources").chain(strings(&kustomization, "components")) {
        if !resource.ends_with(".yaml") {
            found.parts.push(resource.into());
            continue;
        }
        for object in documents(&path.join(resource), files) {
            found.objects.insert(id(&object), object);
        }
    }
    for generator in items(&kustomization, "configMapGenerator") {
        let name = text(generator, "name").to_owned();
        if text(generator, "behavior") == "merge" {
            found.merged.push(name.clone());
        }
        found.config_maps.insert(name, generated(generator, path, files));
    }
    for patch in items(&kustomization, "patches") {
        let file = Utf8PathBuf::from(text(patch, "path"));
        let Some(content) = documents(&path.join(&file), files).into_iter().next() else { continue };
        let target = patch.get("target").unwrap_or(&content);
        let (kind, name) = id_of_target(target);
        let split = |text: &str| text.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        found.patches.push(Patch { path: file, kinds: split(&kind), names: split(&name), content });
    }
    found
}

/// The documents of a YAML file as JSON; none of one that is not there.
pub(super) fn documents(path: &Utf8Path, files: &dyn Files) -> Vec<Value> {
    let text = files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(parsed).unwrap_or_default()
}

/// The documents of a YAML text as JSON.
pub(super) fn parsed(text: String) -> Vec<Value> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add(KUSTOMIZATION, text);
    let documents = parse::documents(&sources, id, &mut report).unwrap_or_default();
    documents.iter().map(|document| document.to_json()).collect()
}

fn generated(generator: &Value, path: &Utf8Path, files: &dyn Files) -> BTreeMap<String, Vec<u8>> {
    let read = |file: &str| files.read(&path.join(file)).unwrap_or_default();
    let mut entries = BTreeMap::new();
    for file in strings(generator, "envs") {
        let text = String::from_utf8(read(file)).unwrap_or_default();
        let variables = env_file::read(&text).into_iter();
        entries.extend(variables.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())));
    }
    for file in strings(generator, "files") {
        let (key, file) =
            file.split_once('=').unwrap_or_else(|| (file.rsplit('/').next().unwrap_or(file), file));
        entries.insert(key.to_owned(), read(file));
    }
    entries
}

pub(super) fn id(object: &Value) -> (String, String) {
    let name = object.get("metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
    (text(object, "kind").to_owned(), name.to_owned())
}

/// A target says the name itself, an object in its metadata.
fn id_of_target(target: &Value) -> (String, String) {
    match text(target, "name") {
        "" => id(target),
        name => (text(target, "kind").to_owned(), name.to_owned()),
    }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn strings<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    items(value, key).filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    #[test]
    fn a_directory_is_read_with_all_that_it_names() {
        let files = MemoryFiles::new([
            (
                "/t/kustomization.yaml",
                "resources: [../base, a.yaml]\ncomponents: [../c]\nconfigMapGenerator:\n- name: a-config\n  behavior: \
                 merge\n  envs: [a.env]\n  files: [files/a/LONG, K=files/k]\npatches:\n- path: p.yaml\n  target: {kind: \
                 Deployment, name: a|b}\n- path: q.yaml\n",
            ),
            ("/t/a.yaml", "kind: Service\nmetadata: {name: a}\n---\nkind: Deployment\nmetadata: {name: a}\n"),
            ("/t/a.env", "# mine\nA=1\nB=\n"),
            ("/t/files/a/LONG", "x\ny\n"),
            ("/t/files/k", "z"),
            ("/t/p.yaml", "- {op: remove, path: /spec}\n"),
            ("/t/q.yaml", "kind: ConfigMap\nmetadata: {name: a-config}\ndata: {A: null}\n"),
        ]);
        let found = directory(Utf8Path::new("/t"), &files);
        let ids: Vec<_> = found.objects.keys().map(|(kind, name)| format!("{kind}/{name}")).collect();
        assert_eq!(ids, ["Deployment/a", "Service/a"]);
        assert_eq!(found.parts, ["../base", "../c"]);
        assert_eq!(found.merged, ["a-config"]);
        let entries = found.config_maps["a-config"].iter();
        let entries: Vec<_> =
            entries.map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value))).collect();
        assert_eq!(entries, ["A=1", "B=", "K=z", "LONG=x\ny\n"]);
        let patches: Vec<_> =
            found.patches.iter().map(|it| (it.kinds.join(","), it.names.join(","))).collect();
        assert_eq!(
            patches,
            [("Deployment".to_owned(), "a,b".to_owned()), ("ConfigMap".to_owned(), "a-config".to_owned())]
        );
        assert_eq!(directory(Utf8Path::new("/none"), &files), Directory::default());
    }
}
