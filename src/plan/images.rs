//! The project's own images: what they are called in the tree, and what they are in each environment.
//!
//! The tree has a name without a tag; the outermost layer of an environment says registry and tag, since
//! that is where a pipeline sets them.

use std::collections::{BTreeMap, BTreeSet};

use super::Image;
use crate::compose::{model::Project, values::image::Reference};

/// The names of images that the project builds, by service.
#[derive(Debug, Default)]
pub(super) struct Images {
    names: BTreeMap<String, String>,
}

impl Images {
    /// The image of a service as the tree calls it; none if it is one of somebody else's.
    pub(super) fn name(&self, service: &str) -> Option<&str> {
        self.names.get(service).map(String::as_str)
    }

    /// What the names stand for in one environment.
    pub(super) fn targets(&self, project: &Project) -> BTreeMap<String, Image> {
        let image = |name: &String| {
            let service = project.services.get(name)?;
            let reference = Reference::parse(&service.image_or_built(&project.name, name));
            Some(Image { name: reference.name(), tag: reference.tag, digest: reference.digest })
        };
        self.names.iter().filter_map(|(service, name)| Some((name.clone(), image(service)?))).collect()
    }
}

/// Finds the images that the project builds anywhere. Each is called what it is, without its tag, in the
/// first environment that runs it. Services whose images would share a name and differ keep theirs.
pub(super) fn find(projects: &[&Project]) -> Images {
    let built = projects.iter().flat_map(|project| project.services.iter());
    let built: BTreeSet<&String> =
        built.filter(|(_, service)| service.build.is_some()).map(|(name, _)| name).collect();
    let image = |project: &Project, name: &str| {
        project.services.get(name).map(|service| service.image_or_built(&project.name, name))
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for service in built {
        if let Some(first) = projects.iter().find_map(|project| image(project, service)) {
            names.insert(service.clone(), Reference::parse(&first).name());
        }
    }
    let mut ambiguous: BTreeSet<String> = BTreeSet::new();
    for project in projects {
        let mut seen: BTreeMap<&String, String> = BTreeMap::new();
        for (service, name) in &names {
            let Some(image) = image(project, service) else { continue };
            if seen.entry(name).or_insert_with(|| image.clone()) != &image {
                ambiguous.insert(name.clone());
            }
        }
    }
    names.retain(|_, name| !ambiguous.contains(name));
    Images { names }
}
