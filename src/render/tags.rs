//! Tags of images that several containers of an app run: the kustomization of the app has each of them once.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::layer::Directory;
use crate::{catalog::reference::Reference, kustomize::Image, plan::Known};

/// Where objects have their pods.
const PODS: [&str; 2] = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];

/// The tags that the kustomization of a directory has, by the names of the images.
pub(super) struct Tags(BTreeMap<String, Reference>);

impl Tags {
    /// Looks through a directory. A component would change images of the base, too.
    pub(super) fn of(path: &str, directory: &Directory<'_>) -> Self {
        let mut found: BTreeMap<String, Vec<Reference>> = BTreeMap::new();
        if path.starts_with("base/") {
            let objects = directory.objects.iter().flat_map(|(_, objects)| objects);
            for image in objects.flat_map(|object| images(&object.value)) {
                let reference = Reference::parse(image);
                found.entry(reference.name()).or_default().push(reference);
            }
        }
        let once = found.into_iter().filter_map(|(name, all)| {
            let (first, rest) = all.split_first()?;
            let is_alike = !rest.is_empty() && rest.iter().all(|other| other == first);
            (is_alike && can_be_apart(first)).then(|| (name, first.clone()))
        });
        Self(once.collect())
    }

    /// An object with the names of these images alone.
    pub(super) fn taken_out<'a>(&self, object: &'a Value) -> Cow<'a, Value> {
        if self.0.is_empty() {
            return Cow::Borrowed(object);
        }
        let mut object = object.clone();
        for pod in PODS {
            for list in ["containers", "initContainers"] {
                let containers = object.pointer_mut(&format!("{pod}/{list}")).and_then(Value::as_array_mut);
                for image in containers.into_iter().flatten().filter_map(|it| it.get_mut("image")) {
                    let name = image.as_str().map(|text| Reference::parse(text).name());
                    if let Some(name) = name.filter(|name| self.0.contains_key(name)) {
                        *image = Value::String(name);
                    }
                }
            }
        }
        Cow::Owned(object)
    }

    /// The entries of the kustomization.
    pub(super) fn entries(self) -> Vec<Image> {
        let entry = |(name, Reference { tag, digest, .. })| Image { name, new_name: None, tag, digest };
        self.0.into_iter().map(entry).collect()
    }
}

/// The images of the containers of an object.
fn images(object: &Value) -> impl Iterator<Item = &str> {
    let pods = PODS.iter().filter_map(|pod| object.pointer(pod));
    let lists = pods.flat_map(|pod| ["containers", "initContainers"].map(|list| pod.get(list)));
    lists
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|container| container.get("image")?.as_str())
}

/// Whether kustomize gives a name the tag or the digest that an image has. It knows no image that has both.
fn can_be_apart(image: &Reference) -> bool {
    let known = |part: &Option<String>| {
        part.as_ref().filter(|part| !part.is_empty() && !part.contains(Known::UNKNOWN)).is_some()
    };
    !image.name().contains(Known::UNKNOWN)
        && match (&image.tag, &image.digest) {
            (Some(_), None) => known(&image.tag),
            (None, Some(_)) => known(&image.digest),
            _ => false,
        }
}
