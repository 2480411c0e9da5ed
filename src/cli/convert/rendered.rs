//! What a run changes in the objects that a cluster gets: overlays rendered as they are and as they are going to be.
//!
//! Examples stand for the values of secrets, and generated names have no digests: nothing here tells a secret.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::difference;
use crate::{
    cli::manifests::{Examples, Manifests},
    diag::{Diagnostic, Report, codes},
    disk::tree::Tree,
    kustomize::{Owner, build::Builder},
    secret_files,
    text::{FileKind, Files, Sources, clean},
    yaml::emit::{self, Yaml},
};

/// The objects of an environment as texts, by kind and name.
type Objects = BTreeMap<(String, String), String>;

/// The difference of every environment that the manifests have or are going to have. What cannot be rendered is an error.
pub(super) fn difference(output: &Utf8Path, tree: &Tree, files: &dyn Files, report: &mut Report) -> String {
    let output = clean(output);
    let is_kept = |path: &Utf8Path| files.kind(&output.join(path)) == Some(FileKind::File);
    let written = tree.files.iter().filter(|file| match file.owner {
        Owner::Generated => true,
        Owner::Yours => !is_kept(&file.path),
        Owner::Secret | Owner::Record | Owner::Companion => false,
    });
    let written = written.filter(|file| !tree.untouched.iter().any(|folder| file.path.starts_with(folder)));
    let written = written.filter(|file| !secret_files::is_value(&file.path));
    let replaced: BTreeMap<Utf8PathBuf, Vec<u8>> =
        written.map(|file| (output.join(&file.path), file.bytes.clone())).collect();
    let environments = environments(&output, &replaced, files);
    let manifests = |replaced| Manifests { files, output: &output, examples: Examples::Always, replaced };
    let (before, after) = (manifests(BTreeMap::new()), manifests(replaced));
    let mut text = String::new();
    for name in &environments {
        let mut render = |files: &dyn Files| {
            let objects = render(&output, name, files);
            objects.unwrap_or_else(|why| {
                report.push(not_rendered(name, &why));
                None
            })
        };
        let (Some(before), Some(after)) = (render(&before), render(&after)) else { continue };
        text.push_str(&of_environment(name, &before, &after));
    }
    report.hidden().redact_values(&text)
}

/// The names of all overlays, on the disk and among the files that are written.
fn environments(
    output: &Utf8Path,
    written: &BTreeMap<Utf8PathBuf, Vec<u8>>,
    files: &dyn Files,
) -> BTreeSet<String> {
    let overlays = output.join("overlays");
    let of_path = |path: &Utf8Path| path.strip_prefix(&overlays).ok()?.iter().next().map(str::to_owned);
    let new = written.keys().filter_map(|path| of_path(path));
    let old = files.list(&overlays).unwrap_or_default().into_iter();
    new.chain(old.filter(|name| files.kind(&overlays.join(name)) == Some(FileKind::Directory))).collect()
}

/// The objects of an overlay; none of one that is not there.
fn render(output: &Utf8Path, environment: &str, files: &dyn Files) -> Result<Option<Objects>, String> {
    let directory = output.join(format!("overlays/{environment}"));
    if files.kind(&directory.join("kustomization.yaml")).is_none() {
        return Ok(Some(Objects::new()));
    }
    let mut sources = Sources::default();
    let built = Builder::new(output, files, &mut sources).build(&directory);
    let built = built.map_err(|refusal| refusal.to_string())?;
    let text = |value: &Value, pointer| {
        value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut objects = Vec::new();
    for object in built.iter() {
        let value = object.node.to_json();
        let name = text(&value, "/metadata/name");
        let first = if object.first_name.is_empty() { name.clone() } else { object.first_name.clone() };
        if name != first {
            names.insert(name, first.clone());
        }
        objects.push(((text(&value, "/kind"), first), value));
    }
    let written = objects.into_iter().map(|(id, mut value)| {
        rename(&mut value, &names);
        (id, emit::document(&Yaml::from(value)))
    });
    Ok(Some(written.collect()))
}

/// Gives objects, and what refers to them, the names that they have in the files.
fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = names.get(text) {
                text.clone_from(name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(map) => map.values_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

fn of_environment(name: &str, before: &Objects, after: &Objects) -> String {
    let ids: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let one = |id: &(String, String)| {
        let (old, new) = (before.get(id), after.get(id));
        let header = |prefix: &str, side: Option<&String>| match side {
            Some(_) => format!("{prefix}/{name}/{}/{}", id.0, id.1),
            None => "/dev/null".to_owned(),
        };
        let bytes = |side: Option<&String>| side.map(|text| text.clone().into_bytes());
        (old != new)
            .then(|| difference::unified((&header("a", old), &bytes(old)), (&header("b", new), &bytes(new))))
    };
    ids.into_iter().filter_map(one).collect()
}

fn not_rendered(environment: &str, why: &str) -> Diagnostic {
    let message = format!("`{environment}` cannot be rendered: {why}");
    Diagnostic::error(codes::NOT_COMPARED, message)
        .help("correct the manifests, or run `kustompose convert` first")
}
