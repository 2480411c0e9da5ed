//! Volumes that begin with something in them. Docker fills a new one from the image, and a directory of the project
//! has what the project has. Kubernetes fills nothing, so an initContainer does.

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{Container, PodSpec, VolumeMount};

use super::{
    mounted::{Mounted, Origin},
    mounting::Mounting,
    volume::{at, empty},
};
use crate::{
    compose::model::Mount,
    k8s::name,
    plan::{
        decide::copies,
        facts::{
            files::{self, Bind},
            volumes,
        },
        ledger::Entries,
        reasons,
    },
    text::Spanned,
};

/// Whether another mount of the pod would hide what the image has there, if it were not for this anonymous volume.
pub(super) fn is_hidden(mounting: &Mounting<'_, '_, '_>, mount: &Mount) -> bool {
    let service = mounting.service;
    let text =
        |field: &Option<Spanned<String>>| field.as_ref().map_or_else(String::new, |it| it.value.clone());
    let target = text(&mount.target);
    let is_anonymous = text(&mount.r#type) == "volume" && text(&mount.source).is_empty();
    let is_filled = mount.volume.as_ref().and_then(|volume| volume.value.nocopy.as_ref());
    let is_filled = is_filled.is_none_or(|nocopy| !nocopy.value);
    let is_above = |above: &str| above != target && Utf8Path::new(&target).starts_with(above);
    let mut mounts = volumes::effective(mounting.context, service).into_iter();
    let mut by_mount = || {
        mounts.any(|other| {
            is_above(&text(&other.target))
                && match text(&other.r#type).as_str() {
                    "volume" | "tmpfs" => true,
                    "bind" => other.source.as_ref().is_some_and(|source| {
                        let judged = files::bind(
                            mounting.facts.services.mounts(mounting.key),
                            &source.value,
                            &text(&other.target),
                        );
                        matches!(judged, Some(Bind::Data(_) | Bind::Begun(_) | Bind::Directory(_)))
                    }),
                    _ => false,
                }
        })
    };
    let in_memory = || {
        let paths = service.tmpfs.iter().flat_map(|field| &field.value);
        paths.map(|text| text.value.split(':').next().unwrap_or_default()).any(is_above)
    };
    is_anonymous && is_filled && !volumes::holds_data(&target) && (in_memory() || by_mount())
}

/// The volumes whose files others are filled with.
pub(super) fn files(mounted: &Mounted) -> impl Iterator<Item = &str> {
    mounted.filled.iter().filter_map(|(_, origin)| match origin {
        Origin::Files(volume) | Origin::Owned { files: volume, .. } => Some(volume.as_str()),
        Origin::ImageEachTime | Origin::Image => None,
    })
}

/// Notes that the claim which stands at a place is filled from the image, if its Dockerfile puts something there.
pub(super) fn from_image(mounting: &Mounting<'_, '_, '_>, target: &str, mounted: &mut Mounted) -> bool {
    let fills = files::image_fills(mounting.context, mounting.service, target);
    fills && fill_once(target, Origin::Image, mounted)
}

/// Notes that the claim which stands at a place is filled while it is empty.
pub(super) fn fill_once(target: &str, origin: Origin, mounted: &mut Mounted) -> bool {
    let Some(mount) = mounted.mounts.iter().find(|mount| mount.mount_path == target) else { return false };
    // At a second place the same directory is not empty any more.
    let same = |known: &VolumeMount| known.name == mount.name && known.sub_path == mount.sub_path;
    if !mounted.filled.iter().any(|(known, _)| same(known)) {
        mounted.filled.push((mount.clone(), origin));
    }
    true
}

/// Mounts an empty directory, and notes that it is to be filled.
pub(super) fn mount(target: &str, mounted: &mut Mounted, entries: &mut Entries<'_>) {
    let name = mounted.name(target);
    mounted.filled.push((at(&name, target), Origin::ImageEachTime));
    mounted.add(empty(&name), at(&name, target));
    entries.approximated(&["volumes"], reasons::FILLED_AT_START.about(target));
}

/// Gives the pod what fills its directories, before anything else that it starts with.
pub(super) fn fill(mounted: &Mounted, whole: &Container, pod: &mut PodSpec) {
    // A mount may have given way to another one at its place, and its volume with it.
    let is_there = |mount: &VolumeMount| mounted.mounts.iter().any(|known| known.name == mount.name);
    let mut filling: Vec<Container> = Vec::new();
    for (mount, origin) in mounted.filled.iter().filter(|(mount, _)| is_there(mount)) {
        let mut container = match origin {
            Origin::ImageEachTime => copies::from_image(whole, &mount.name, &mount.mount_path),
            Origin::Image => copies::once_from_image(whole, mount),
            Origin::Files(files) => copies::once_from_files(whole, mount, files),
            Origin::Owned { files, user, private } => {
                copies::for_user(whole, &mount.name, (files, *user), private)
            }
        };
        container.name = name::free(&mount.name, |name| filling.iter().any(|known| known.name == *name));
        filling.push(container);
    }
    if !filling.is_empty() {
        let others = pod.init_containers.take().unwrap_or_default();
        pod.init_containers = Some(filling.into_iter().chain(others).collect());
    }
}
