//! The project's own images: what they are called in the tree, and what they are in each environment.
//!
//! The tree has a name without a tag; the outermost layer of an environment says registry and tag, since
//! that is where a pipeline sets them.

use std::collections::{BTreeMap, BTreeSet};

use super::apps::Apps;
use crate::{
    catalog::reference::Reference,
    compose::model::{Attribute, Project, Service},
    plan::model::Image,
    text::{Span, Spanned},
    yaml::{
        Node,
        emit::{self, Yaml},
    },
};

/// The names of images that the project builds, by service.
#[derive(Debug, Default)]
pub(in crate::plan) struct Images {
    names: BTreeMap<String, String>,
    leaders: Leaders,
}

/// The services whose image others run in the place of their own, which is built alike: by the service that does.
type Leaders = BTreeMap<String, String>;

impl Images {
    /// The image of a service as the tree calls it; none if it is one of somebody else's.
    pub(in crate::plan) fn name(&self, service: &str) -> Option<&str> {
        self.names.get(service).map(String::as_str)
    }

    /// The services of an environment that run one image because theirs are built alike, the one that it is called
    /// for first; none if a service is alone with its image, or says which one it is.
    pub(in crate::plan) fn alike<'a>(&'a self, project: &'a Project, service: &'a str) -> Vec<&'a str> {
        let leader = self.leaders.get(service).map_or(service, String::as_str);
        let others = self.leaders.iter().filter(|(_, own)| *own == leader).map(|(other, _)| other.as_str());
        let others: Vec<&str> = others.filter(|other| project.services.contains_key(*other)).collect();
        if others.is_empty() { Vec::new() } else { std::iter::once(leader).chain(others).collect() }
    }

    /// What the names stand for in one environment.
    pub(in crate::plan) fn targets(&self, project: &Project) -> BTreeMap<String, Image> {
        let image = |name: &String| {
            let reference = Reference::parse(&image(&self.leaders, project, name)?);
            Some(Image { name: reference.name(), tag: reference.tag, digest: reference.digest })
        };
        self.names.iter().filter_map(|(service, name)| Some((name.clone(), image(service)?))).collect()
    }
}

/// Finds the images that the project builds anywhere. Each is called what it is, without its tag, in the
/// first environment that runs it. Services whose images would share a name and differ keep theirs; those whose images
/// are built alike and have no names share one.
pub(in crate::plan) fn find(projects: &[&Project], apps: &Apps) -> Images {
    let leaders = leaders(projects, apps);
    let built = projects.iter().flat_map(|project| project.services.iter());
    let built: BTreeSet<&String> =
        built.filter(|(_, service)| service.build.is_some()).map(|(name, _)| name).collect();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for service in built {
        if let Some(first) = projects.iter().find_map(|project| image(&leaders, project, service)) {
            names.insert(service.clone(), Reference::parse(&first).name());
        }
    }
    let mut ambiguous: BTreeSet<String> = BTreeSet::new();
    for project in projects {
        let mut seen: BTreeMap<&String, String> = BTreeMap::new();
        for (service, name) in &names {
            let Some(image) = image(&leaders, project, service) else { continue };
            if seen.entry(name).or_insert_with(|| image.clone()) != &image {
                ambiguous.insert(name.clone());
            }
        }
        // What is called alike gets the registry and the tag as well, whoever builds it.
        for service in project.services.keys().filter(|service| !names.contains_key(*service)) {
            let Some(image) = image(&leaders, project, service) else { continue };
            let name = Reference::parse(&image).name();
            if seen.get(&name).is_some_and(|built| *built != image) {
                ambiguous.insert(name);
            }
        }
    }
    names.retain(|_, name| !ambiguous.contains(name));
    names.extend(followers(projects, &leaders, &names));
    Images { names, leaders }
}

/// The services that build nothing and run, in every environment that runs them, what another one builds: they are called
/// alike, so that a tag which a pipeline sets is one for all.
fn followers(
    projects: &[&Project],
    leaders: &Leaders,
    names: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let all: BTreeSet<&String> = projects.iter().flat_map(|project| project.services.keys()).collect();
    let others = all.into_iter().filter(|service| !names.contains_key(*service));
    let mut builders: BTreeMap<(usize, String), Vec<&String>> = BTreeMap::new();
    for (index, project) in projects.iter().enumerate() {
        for service in names.keys() {
            if let Some(image) = image(leaders, project, service) {
                builders.entry((index, image)).or_default().push(service);
            }
        }
    }
    let of_other = |service: &String| {
        let runs_it = |other: &String| {
            let mut pairs = projects.iter().filter_map(|project| {
                Some((image(leaders, project, service)?, image(leaders, project, other)))
            });
            pairs.all(|(own, built)| built == Some(own))
        };
        let mut runs = projects.iter().enumerate();
        let first = runs.find_map(|(index, project)| Some((index, image(leaders, project, service)?)))?;
        let builder = builders.get(&first)?.iter().find(|other| runs_it(other))?;
        Some((service.clone(), names.get(*builder)?.clone()))
    };
    others.filter_map(of_other).collect()
}

/// The image of a service in an environment that runs it.
fn image(leaders: &Leaders, project: &Project, service: &str) -> Option<String> {
    let own = project.services.get(service)?;
    Some(match leaders.get(service) {
        Some(leader) => project.services.get(leader)?.image_or_built(&project.name, leader),
        None => own.image_or_built(&project.name, service),
    })
}

/// Compose builds an image for each service, though all are built alike. Where that holds in every environment that
/// runs a service, it runs the image of the one that its app is called for.
fn leaders(projects: &[&Project], apps: &Apps) -> Leaders {
    let mut leaders = Leaders::new();
    for app in apps.names() {
        let Some((leader, others)) = apps.members(app).split_first() else { continue };
        let is_alike = |project: &&Project, member: &str| {
            let Some(own) = project.services.get(member) else { return true };
            let Some(other) = project.services.get(leader) else { return false };
            let (own, other) = (built(own), built(other));
            own.is_some() && own == other
        };
        let alike = others.iter().filter(|member| projects.iter().all(|project| is_alike(project, member)));
        leaders.extend(alike.map(|member| (member.clone(), leader.clone())));
    }
    leaders
}

/// How an image without a name of its own is built, as text; none for any other.
fn built(service: &Spanned<Box<Service>>) -> Option<String> {
    let build = service.build.as_ref().filter(|_| service.image.is_none())?;
    let platform = service.platform.as_ref().map_or("", |platform| platform.value.as_str());
    let node = Node::new(build.value.write(), Span::NOWHERE);
    Some(format!("{platform}\n{}", emit::document(&Yaml::from(node))))
}
