//! The outermost layer of an environment, which is the user's, as far as the tree below has to do with it.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::build::{Builder, Change, ChangeContent, ImageChange, Selector};
use crate::text::Spanned;

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

/// Reads the outermost layer in a directory; none if it is not there, or cannot be read at all.
pub fn read(path: &Utf8Path, builder: &mut Builder<'_>) -> Option<Outermost> {
    let declared = builder.declared(path).ok()??;
    let image = |image: ImageChange| {
        let new = image.new_name.map_or_else(|| image.name.value.clone(), |name| name.value);
        let tag = image.new_tag.filter(|_| image.digest.is_none()).map(|tag| tag.value);
        (image.name.value, NewImage { name: new, tag })
    };
    let listed = |named: &[Spanned<String>]| named.iter().map(|it| it.value.clone()).collect::<BTreeSet<_>>();
    let (resources, components) = (listed(&declared.resources), listed(&declared.components));
    let own = resources.iter().filter(|resource| !resource.contains("://"));
    let objects = own.flat_map(|resource| builder.ids(&path.join(resource))).collect();
    let patches = declared.patches.iter().chain(&declared.late_patches);
    Some(Outermost {
        namespace: declared.namespace.map(|namespace| namespace.value),
        images: declared.images.into_iter().map(image).collect(),
        patches: patches.map(|change| patch(change, path, builder)).collect(),
        objects,
        resources,
        components,
    })
}

/// A patch names what it changes in its target, else in itself.
fn patch(change: &Change, folder: &Utf8Path, builder: &mut Builder<'_>) -> OwnPatch {
    let path = match &change.content {
        ChangeContent::File(path) => Some(path.value.clone()),
        ChangeContent::Inline(_) => None,
    };
    let targets = match (&change.target, &change.content) {
        (Some(target), _) => named(target),
        (None, ChangeContent::File(path)) => builder.ids(&folder.join(&path.value)),
        (None, ChangeContent::Inline(text)) => builder.ids_within(text),
    };
    OwnPatch { path, targets: plain(targets) }
}

/// Kinds and names that a target says. Any other selector may reach anything.
fn named(target: &Selector) -> Vec<(String, String)> {
    let (Some(kind), None, None) = (&target.kind, &target.labels, &target.annotations) else {
        return Vec::new();
    };
    let name = target.name.as_ref().map_or("", |name| name.value.as_str());
    let names = name.trim_start_matches('^').trim_end_matches('$').split('|');
    names.map(|name| (kind.value.clone(), name.to_owned())).collect()
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
    use crate::text::{MemoryFiles, Sources};

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
        let mut sources = Sources::default();
        let mut builder = Builder::new(Utf8Path::new("/t"), &files, &mut sources);
        let found = read(Utf8Path::new("/t"), &mut builder).unwrap();
        let shown = |patch: &OwnPatch| {
            let targets: Vec<_> = patch.targets.iter().map(|(kind, name)| format!("{kind}/{name}")).collect();
            format!("{}: {}", patch.path.as_deref().unwrap_or("-"), targets.join(" "))
        };
        let patches: Vec<_> = found.patches.iter().map(shown).collect();
        assert_eq!(
            patches,
            [
                "q.yaml: Service/s Service/t",
                "p.yaml: Deployment/a Deployment/b",
                "q.yaml: Service/s Service/t",
                "-: Job/j",
                "r.yaml: ",
                "r.yaml: ",
            ]
        );
        let images: Vec<_> = found.images.values().map(|it| (it.name.as_str(), it.tag.as_deref())).collect();
        assert_eq!(images, [("a", Some("v1")), ("r/b", None)]);
        assert_eq!(found.objects, [("Ingress".to_owned(), "i".to_owned())].into());
        assert_eq!(read(Utf8Path::new("/t/none"), &mut builder), None);
    }
}
