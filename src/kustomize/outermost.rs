//! The outermost layer of an environment, which is the user's, as far as the tree below has to do with it.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde_json::Value;

use super::read::{KUSTOMIZATION, documents, id, items, parsed, strings, text};
use crate::text::Files;

/// What the outermost layer of an environment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outermost {
    /// The namespace, if it says one.
    pub namespace: Option<String>,
    /// Files and directories that it takes in.
    pub resources: BTreeSet<String>,
    /// Components that it applies.
    pub components: BTreeSet<String>,
    /// Images by their name in the tree, with what becomes of them.
    pub images: BTreeMap<String, NewImage>,
    /// Its patches.
    pub patches: Vec<OwnPatch>,
    /// Kinds and names of the objects in files of its own.
    pub objects: BTreeSet<(String, String)>,
}

/// What becomes of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewImage {
    /// Registry and repository.
    pub name: String,
    /// The tag, if it says one and no digest.
    pub tag: Option<String>,
}

/// A patch of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnPatch {
    /// Its file, if it has one.
    pub path: Option<String>,
    /// Kinds and names of what it changes, where they are said in plain words.
    pub targets: Vec<(String, String)>,
}

/// Reads the outermost layer in a directory; none if it is not there.
pub fn read(path: &Utf8Path, files: &dyn Files) -> Option<Outermost> {
    let kustomization = documents(&path.join(KUSTOMIZATION), files).into_iter().next()?;
    let image = |image: &Value| {
        let (name, new) = (text(image, "name"), text(image, "newName"));
        let tag =
            Some(text(image, "newTag")).filter(|tag| !tag.is_empty() && text(image, "digest").is_empty());
        let new = if new.is_empty() { name } else { new };
        (name.to_owned(), NewImage { name: new.to_owned(), tag: tag.map(str::to_owned) })
    };
    let listed = |key: &str| strings(&kustomization, key).map(str::to_owned).collect::<BTreeSet<_>>();
    let (resources, components) = (listed("resources"), listed("components"));
    let own = resources.iter().filter(|resource| !resource.contains("://"));
    let objects = own.flat_map(|resource| documents(&path.join(resource), files));
    let patches = items(&kustomization, "patches").chain(items(&kustomization, "patchesJson6902"));
    let merged =
        strings(&kustomization, "patchesStrategicMerge").map(|patch| file_or_text(patch, path, files));
    Some(Outermost {
        namespace: Some(text(&kustomization, "namespace").to_owned()).filter(|name| !name.is_empty()),
        images: items(&kustomization, "images").map(image).collect(),
        patches: patches.map(|it| patch(it, path, files)).chain(merged).collect(),
        objects: objects.map(|object| id(&object)).collect(),
        resources,
        components,
    })
}

/// A patch names what it changes in its target, else in itself.
fn patch(patch: &Value, folder: &Utf8Path, files: &dyn Files) -> OwnPatch {
    let path = Some(text(patch, "path")).filter(|path| !path.is_empty());
    let Some(target) = patch.get("target") else {
        return file_or_text(path.unwrap_or_else(|| text(patch, "patch")), folder, files);
    };
    let (kind, name) = (text(target, "kind"), text(target, "name"));
    let all = name.trim_start_matches('^').trim_end_matches('$').split('|');
    // Any other expression may reach anything.
    let is_said = !kind.is_empty()
        && ["labelSelector", "annotationSelector"].iter().all(|key| text(target, key).is_empty());
    let targets = all.filter(|_| is_said).map(|name| (kind.to_owned(), name.to_owned()));
    OwnPatch { path: path.map(str::to_owned), targets: plain(targets.collect()) }
}

/// A patch in a file, or in a text of several lines.
fn file_or_text(said: &str, folder: &Utf8Path, files: &dyn Files) -> OwnPatch {
    let is_text = said.contains('\n') || said.contains(": ");
    let all = if is_text { parsed(said.to_owned()) } else { documents(&folder.join(said), files) };
    let path = (!is_text && !said.is_empty()).then(|| said.to_owned());
    OwnPatch { path, targets: plain(all.iter().map(id).collect()) }
}

/// The targets, unless one of them is no plain name.
fn plain(targets: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || "-.".contains(character))
    };
    let all = targets.iter().all(|(kind, name)| is_plain(kind) && is_plain(name) && !name.starts_with('.'));
    if all { targets } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    #[test]
    fn patches_say_what_they_change() {
        let files = MemoryFiles::new([
            (
                "/t/kustomization.yaml",
                "images: [{name: a, newTag: v1}, {name: b, newName: r/b, newTag: v1, digest: d}]\n\
                 resources: [generated, mine.yaml]\npatches:\n\
                 - {path: p.yaml, target: {kind: Deployment, name: a|b}}\n\
                 - {path: q.yaml}\n\
                 - patch: |-\n    kind: Job\n    metadata: {name: j}\n\
                 - {path: r.yaml, target: {kind: Deployment, name: a.*}}\n\
                 - {path: r.yaml, target: {labelSelector: x=y}}\n\
                 patchesStrategicMerge: [q.yaml]\n",
            ),
            ("/t/q.yaml", "kind: Service\nmetadata: {name: s}\n---\nkind: Service\nmetadata: {name: t}\n"),
            ("/t/mine.yaml", "kind: Ingress\nmetadata: {name: i}\n"),
        ]);
        let found = read(Utf8Path::new("/t"), &files).unwrap();
        let shown = |patch: &OwnPatch| {
            let targets: Vec<_> = patch.targets.iter().map(|(kind, name)| format!("{kind}/{name}")).collect();
            format!("{}: {}", patch.path.as_deref().unwrap_or("-"), targets.join(" "))
        };
        let patches: Vec<_> = found.patches.iter().map(shown).collect();
        assert_eq!(
            patches,
            [
                "p.yaml: Deployment/a Deployment/b",
                "q.yaml: Service/s Service/t",
                "-: Job/j",
                "r.yaml: ",
                "r.yaml: ",
                "q.yaml: Service/s Service/t",
            ]
        );
        let images: Vec<_> = found.images.values().map(|it| (it.name.as_str(), it.tag.as_deref())).collect();
        assert_eq!(images, [("a", Some("v1")), ("r/b", None)]);
        assert_eq!(found.objects, [("Ingress".to_owned(), "i".to_owned())].into());
        assert_eq!(read(Utf8Path::new("/none"), &files), None);
    }
}
