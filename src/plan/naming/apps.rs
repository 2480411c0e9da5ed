//! Apps: the services that run one image, and so share code, configuration and secrets.

use std::collections::BTreeMap;

use super::names::Names;
use crate::{
    catalog::reference::Reference,
    compose::model::{Project, Service},
    text::Spanned,
};

/// Which service belongs to which app.
#[derive(Debug, Default)]
pub(in crate::plan) struct Apps {
    by_service: BTreeMap<String, String>,
    members: BTreeMap<String, Vec<String>>,
}

impl Apps {
    /// The app of a service.
    pub(in crate::plan) fn of<'a>(&'a self, service: &'a str) -> &'a str {
        self.by_service.get(service).map_or(service, String::as_str)
    }

    /// The services of an app, the one that names it first.
    pub(in crate::plan) fn members(&self, app: &str) -> &[String] {
        self.members.get(app).map_or(&[], Vec::as_slice)
    }

    /// All apps by name.
    pub(in crate::plan) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }
}

/// What makes services one app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    /// They are built from one stage of one Dockerfile.
    Build { context: String, dockerfile: String, target: String },
    /// They run images of one repository.
    Repository(String),
}

/// Groups the services of all environments into apps: one build, else one image repository. What a
/// service is built from in one environment tells what it is in those that only run its image. An app keeps the name
/// that it had.
pub(in crate::plan) fn group(
    projects: &[&Project],
    names: &Names,
    earlier: &BTreeMap<String, String>,
) -> Apps {
    let services = || {
        let all =
            projects.iter().flat_map(|project| project.services.iter().map(move |entry| (*project, entry)));
        all.filter(|(_, (_, service))| service.is_container())
    };
    let mut built: BTreeMap<String, Origin> = BTreeMap::new();
    let mut origins: BTreeMap<&str, Origin> = BTreeMap::new();
    for (_, (name, service)) in services() {
        if let Some(origin) = build_origin(service) {
            origins.entry(name).or_insert_with(|| origin.clone());
            if let Some(image) = &service.image {
                built.entry(image.value.clone()).or_insert(origin);
            }
        }
    }
    for (project, (name, service)) in services() {
        let image = service.image_or_built(&project.name, name);
        let repository = || Origin::Repository(Reference::parse(&image).name());
        origins.entry(name).or_insert_with(|| built.get(&image).cloned().unwrap_or_else(repository));
    }
    let mut groups: BTreeMap<Origin, Vec<&str>> = BTreeMap::new();
    for (name, origin) in origins {
        groups.entry(origin).or_default().push(name);
    }
    let mut apps = Apps::default();
    for members in groups.into_values() {
        let called = |member: &&str| {
            members
                .iter()
                .any(|it| earlier.get(names.object(it)).is_some_and(|app| app == names.object(member)))
        };
        let kept: Vec<&str> = members.iter().copied().filter(|member| called(member)).collect();
        let candidates = if kept.is_empty() { &members } else { &kept };
        let Some(first) = leader(projects, candidates) else { continue };
        let app = names.object(first).to_owned();
        let rest = members.iter().copied().filter(|member| *member != first);
        for member in std::iter::once(first).chain(rest) {
            apps.by_service.insert(member.to_owned(), app.clone());
            apps.members.entry(app.clone()).or_default().push(member.to_owned());
        }
    }
    apps
}

fn build_origin(service: &Service) -> Option<Origin> {
    let build = &service.build.as_ref()?.value;
    let text =
        |field: &Option<Spanned<String>>| field.as_ref().map(|text| text.value.clone()).unwrap_or_default();
    Some(Origin::Build {
        context: text(&build.context),
        dockerfile: text(&build.dockerfile) + &text(&build.dockerfile_inline),
        target: text(&build.target),
    })
}

/// The service that an app is named for: it runs the image's own command and has a port, else the
/// shortest name of all.
fn leader<'a>(projects: &[&Project], members: &[&'a str]) -> Option<&'a str> {
    let rank = |name: &str| {
        let service =
            projects.iter().find_map(|project| project.services.get(name)).map(|service| &service.value);
        let plain = service.is_some_and(|service| service.command.is_none() && service.entrypoint.is_none());
        let reachable = service.is_some_and(|service| service.ports.is_some() || service.expose.is_some());
        (!(plain && reachable), name.len(), name.to_owned())
    };
    members.iter().copied().min_by_key(|name| rank(name))
}
