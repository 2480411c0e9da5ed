//! Volumes without a name that must outlive their pods get one, so that they are kept like any other.
//!
//! Compose carries an anonymous volume over from a container to the one in its place, and shows it to the services that
//! take it over by `volumes_from`. An empty directory of a pod does neither.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    context::Context,
    kompose::claims::{self, Wanted},
    volumes,
};
use crate::{
    catalog,
    compose::model::{Mount, Project, Service},
    k8s::name,
    shell::dockerfile::Dockerfile,
    text::{Span, Spanned},
};

/// The project with a name for each anonymous volume that must outlive its pods.
pub(in crate::plan) fn named<'a>(context: &Context<'_>, project: &'a Project) -> Cow<'a, Project> {
    let taken_over: BTreeSet<&str> =
        project.services.values().flat_map(|service| volumes::taken_over(service)).collect();
    let mut names: BTreeSet<String> = project.volumes.keys().map(|name| name::dns_label(name)).collect();
    let mut named = Cow::Borrowed(project);
    for (key, service) in context.services() {
        if claims::wanted(service) == Some(Wanted::EmptyDir) {
            continue;
        }
        let declared = Declared::of(context, service);
        let is_taken_over = taken_over.contains(key);
        let mounts = service.volumes.as_ref().map_or(&[][..], |volumes| &volumes.value);
        let kept = mounts.iter().enumerate().filter(|(_, mount)| {
            let target = target(mount);
            is_anonymous(mount)
                && !volumes::is_of_dependencies(target)
                && (is_taken_over || declared.has(target) || is_of_a_database(target))
        });
        let kept: Vec<(usize, String)> =
            kept.map(|(index, mount)| (index, free(key, target(mount), &mut names))).collect();
        let undeclared = declared
            .paths
            .iter()
            .filter(|path| is_taken_over && mounts.iter().all(|it| target(it) != **path));
        let undeclared: Vec<Spanned<Mount>> =
            undeclared.map(|path| mount(path, free(key, path, &mut names), declared.place)).collect();
        let Some(service) = (!kept.is_empty() || !undeclared.is_empty())
            .then(|| named.to_mut().services.get_mut(key))
            .flatten()
        else {
            continue;
        };
        let mounts = service.value.volumes.get_or_insert_with(|| Spanned::new(Vec::new(), declared.place));
        for (index, name) in kept {
            if let Some(mount) = mounts.value.get_mut(index) {
                mount.value.source = Some(Spanned::new(name, mount.span));
            }
        }
        mounts.value.extend(undeclared);
    }
    named
}

/// The directories that the image of a service declares as volumes, and where the service says which image it is.
struct Declared {
    paths: BTreeSet<String>,
    place: Span,
}

impl Declared {
    fn of(context: &Context<'_>, service: &Spanned<Box<Service>>) -> Self {
        let dockerfile = service.build.as_ref().and_then(|build| context.reader.dockerfile(&build.value));
        let stage = dockerfile.as_deref().map(Dockerfile::built);
        let image = service.image.as_ref().map_or("", |image| image.value.as_str());
        let of_image = catalog::volumes_of_image(stage.map_or(image, |stage| stage.base.as_str()));
        let of_stage = stage.iter().flat_map(|stage| &stage.volumes).map(String::as_str);
        let paths =
            of_image.iter().copied().chain(of_stage).map(|path| path.trim_end_matches('/').to_owned());
        let image = service.image.as_ref().map(|image| image.span);
        let build = service.build.as_ref().map(|build| build.span);
        Self {
            paths: paths.filter(|path| path.starts_with('/')).collect(),
            place: build.or(image).unwrap_or(service.span),
        }
    }

    fn has(&self, target: &str) -> bool {
        self.paths.contains(target)
    }
}

fn is_of_a_database(target: &str) -> bool {
    catalog::is_database_directory(target)
}

/// Whether a mount is of a volume that compose makes for this container alone.
fn is_anonymous(mount: &Mount) -> bool {
    mount.r#type.as_ref().is_some_and(|kind| kind.value == "volume")
        && mount.source.as_ref().is_none_or(|source| source.value.is_empty())
}

fn target(mount: &Mount) -> &str {
    mount.target.as_ref().map_or("", |target| target.value.trim_end_matches('/'))
}

fn free(service: &str, target: &str, names: &mut BTreeSet<String>) -> String {
    let last = target.rsplit('/').next().unwrap_or_default();
    let free = name::free(&name::dns_label(&format!("{service}-{last}")), |name| names.contains(name));
    names.insert(free.clone());
    free
}

fn mount(path: &str, name: String, span: Span) -> Spanned<Mount> {
    let text = |text: &str| Some(Spanned::new(text.to_owned(), span));
    let mount = Mount { r#type: text("volume"), source: text(&name), target: text(path), ..Mount::default() };
    Spanned::new(mount, span)
}
