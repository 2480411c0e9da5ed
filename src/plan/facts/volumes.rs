//! What a service mounts, as compose has it: facts that several decisions rest on.

use camino::Utf8Path;

use super::{
    context::Context,
    kompose::claims::{self, Wanted},
};
use crate::{
    catalog,
    compose::model::{Mount, Service, Volume},
    text::Spanned,
};

/// Directories that a package manager fills while the image is built.
const DEPENDENCIES: &[&str] = &[
    "node_modules",
    "vendor",
    "bower_components",
    ".venv",
    "venv",
    "site-packages",
    "bundle",
    "target",
    "obj",
    "dist",
    "build",
    ".next",
    ".nuxt",
    ".gradle",
    ".m2",
    ".cache",
    "__pycache__",
];

/// Words in targets at which images have nothing that a new volume would miss.
const DATA_TARGETS: &[&str] = &[
    "/var/lib", "data", "log", "cache", "tmp", "temp", "backup", "upload", "storage", "/root", "/home",
    "/run",
];

/// Where images have their applications.
const APPLICATIONS: &[&str] =
    &["/app/", "/application/", "/code/", "/home/", "/srv/", "/usr/src/", "/var/www/"];

/// The mounts of a service with those it takes over by `volumes_from`, for reading only if that says so; its own
/// stand where both have one target.
pub(in crate::plan) fn effective(context: &Context<'_>, service: &Service) -> Vec<Spanned<Mount>> {
    let mut mounts: Vec<Spanned<Mount>> = Vec::new();
    let mut pending = vec![(service, None)];
    let mut seen: Vec<&str> = Vec::new();
    while let Some((service, read_only)) = pending.pop() {
        for mount in service.volumes.iter().flat_map(|field| &field.value) {
            let target = |mount: &Mount| mount.target.as_ref().map(|target| target.value.clone());
            if !mounts.iter().any(|known| target(known) == target(&mount.value)) {
                let mut mount = mount.clone();
                let only = read_only.map(|span| Spanned::new(true, span));
                mount.value.read_only = only.or(mount.value.read_only);
                mounts.push(mount);
            }
        }
        for source in service.volumes_from.iter().flat_map(|field| &field.value) {
            let mut parts = source.value.split(':');
            let name = parts.next().unwrap_or_default();
            let read_only = read_only.or_else(|| (parts.next() == Some("ro")).then_some(source.span));
            if !seen.contains(&name) {
                seen.push(name);
                pending
                    .extend(context.project.services.get(name).map(|service| (&*service.value, read_only)));
            }
        }
    }
    mounts
}

/// Named volumes that a service mounts: their keys, and whether it only reads them.
pub(in crate::plan) fn named_volumes(service: &Service) -> impl Iterator<Item = (&str, bool)> {
    let mounts = service.volumes.iter().flat_map(|field| &field.value);
    let kept = claims::wanted(service) != Some(Wanted::EmptyDir);
    mounts.filter(move |mount| kept && !spares_the_image(service, mount)).filter_map(|mount| {
        let volume = mount.r#type.as_ref().is_some_and(|kind| kind.value == "volume");
        let source = mount.source.as_ref().filter(|source| volume && !source.value.is_empty())?;
        Some((source.value.as_str(), is_read_only(mount)))
    })
}

/// Whether the volume only keeps a bind mount of source code from hiding what the image has. In a
/// cluster nothing hides it. An anonymous volume has no other use there; a named one may hold data, unless
/// its target is a directory of dependencies.
pub(in crate::plan) fn spares_the_image(service: &Service, mount: &Mount) -> bool {
    let (kind, source, target) = (text(&mount.r#type), text(&mount.source), text(&mount.target));
    let is_covered = || {
        service.volumes.iter().flat_map(|field| &field.value).any(|other| {
            let above = text(&other.target);
            text(&other.r#type) == "bind" && target != above && Utf8Path::new(target).starts_with(above)
        })
    };
    service.build.is_some()
        && kind == "volume"
        && claims::wanted(service) != Some(Wanted::EmptyDir)
        && (is_covered() && (source.is_empty() || is_of_dependencies(target))
            || !source.is_empty() && is_installed(target))
}

/// Whether a package manager installs what is there, so that a volume only keeps it from one build to the next.
fn is_installed(target: &str) -> bool {
    let last = target.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    ["node_modules", "bower_components", ".venv", "site-packages"].contains(&last)
}

fn text(field: &Option<Spanned<String>>) -> &str {
    field.as_ref().map_or("", |text| text.value.as_str())
}

/// The services whose volumes it has, by `volumes_from`.
pub(in crate::plan) fn taken_over(service: &Service) -> impl Iterator<Item = &str> {
    let sources = service.volumes_from.iter().flat_map(|field| &field.value);
    sources.map(|source| source.value.split(':').next().unwrap_or_default())
}

/// Whether the service keeps the data of a database, by the place at which it mounts something to write to.
pub(in crate::plan) fn keeps_a_database(service: &Service) -> bool {
    service.volumes.iter().flat_map(|field| &field.value).filter(|mount| !is_read_only(mount)).any(|mount| {
        mount.target.as_ref().is_some_and(|target| catalog::is_database_directory(&target.value))
    })
}

/// Whether it is a directory that a package manager fills while the image is built.
pub(in crate::plan) fn is_of_dependencies(target: &str) -> bool {
    DEPENDENCIES.contains(&target.trim_end_matches('/').rsplit('/').next().unwrap_or_default())
}

/// Whether a container keeps data at this path, where an image has nothing that a new volume would miss.
pub(in crate::plan) fn holds_data(target: &str) -> bool {
    let lower = target.to_ascii_lowercase();
    // Laravel's `storage` holds directories that it cannot do without.
    DATA_TARGETS.iter().any(|word| lower.contains(word))
        && !(lower.ends_with("/storage") && APPLICATIONS.iter().any(|home| lower.starts_with(home)))
}

/// Whether the mount is for reading only.
pub(in crate::plan) fn is_read_only(mount: &Mount) -> bool {
    mount.read_only.as_ref().is_some_and(|read_only| read_only.value)
}

/// Whether somebody else makes the volume.
pub(in crate::plan) fn is_external(volume: &Volume) -> bool {
    volume.external.as_ref().is_some_and(|external| external.value)
}
