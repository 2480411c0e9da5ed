//! What is mounted into the containers of a service.

mod binds;
mod claim;
mod deliver;
mod delivered;
mod filled;
mod mounted;
mod mounting;
mod moving;
mod nested;
pub(in crate::plan) mod references;
mod rights;
mod volume;

use std::collections::BTreeSet;

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{Container, HostPathVolumeSource, PodSpec, Volume, VolumeMount};

use self::{
    claim::{below_data, data_directory, template_claim},
    mounted::Mounted,
    volume::{at, claimed, empty, memory},
};
pub(in crate::plan) use self::{delivered::Delivered, mounting::Mounting};
use super::{
    security,
    storage::{How, Kept},
};
use crate::{
    catalog::{self, Image, Role},
    compose::model::{Mount, Service},
    plan::{
        facts::{
            kompose::claims::{self, Wanted},
            volumes,
        },
        ledger::Entries,
        reasons,
    },
    shell::dockerfile::{Dockerfile, ImageUser},
    text::{Span, Spanned},
};

/// Gives pod and container their volumes.
pub(in crate::plan) fn mount_all(
    mounting: &mut Mounting<'_, '_, '_>,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) -> Mounted {
    let mut mounted = Mounted::default();
    // The claims of a StatefulSet have the names of its volumes: these come first.
    for (source, _) in volumes::named_volumes(mounting.service) {
        if let Some(kept) = mounting.storage.of_volume(source) {
            mounted.of_volume(source, kept);
        }
    }
    for mount in volumes::effective(mounting.context, mounting.service) {
        // What became of a mount is said where its source stands; what there is nothing for, of all of it.
        let source = mount.source.as_ref().map_or(mount.span, |source| source.span);
        one(mounting, &mount, &mut mounted, &mut entries.at(source));
        settings(&mount, entries);
    }
    if mounting.service.volumes.is_some() {
        entries.mapped(&["volumes"]);
    }
    claims::record_labels(mounting.service, entries);
    volumes_from(mounting, entries);
    for text in mounting.service.tmpfs.iter().flat_map(|field| &field.value) {
        tmpfs(text, &mut mounted, entries);
    }
    if mounting.service.shm_size.is_some() {
        entries.mapped(&["shm_size"]);
    }
    // Docker takes 0 for its own default, which is that of pods.
    if let Some(size) = mounting.service.shm_size.as_ref().filter(|size| size.value.0 != 0) {
        let name = mounted.name("shm");
        mounted.add(memory(&name, Some(size.value.0)), at(&name, "/dev/shm"));
    }
    for reference in mounting.service.secrets.iter().flat_map(|field| &field.value) {
        references::secret(mounting, reference, &mut mounted, entries);
    }
    for reference in mounting.service.configs.iter().flat_map(|field| &field.value) {
        references::config(mounting, reference, &mut mounted, entries);
    }
    nested::settle(&mut mounted, entries);
    // A volume whose mount gave way to another at the same path would be there for nothing.
    let used: BTreeSet<&str> =
        mounted.mounts.iter().map(|mount| mount.name.as_str()).chain(filled::files(&mounted)).collect();
    let volumes: Vec<Volume> =
        mounted.volumes.iter().filter(|volume| used.contains(volume.name.as_str())).cloned().collect();
    pod.volumes = (!volumes.is_empty()).then_some(volumes);
    container.volume_mounts = (!mounted.mounts.is_empty()).then(|| mounted.mounts.clone());
    filled::fill(&mounted, container, pod);
    let keeps = !mounted.claim_templates.is_empty()
        || pod.volumes.iter().flatten().any(|volume| volume.persistent_volume_claim.is_some());
    let is_of_image = keeps && mounting.service.own_user().is_none();
    let user = mounting.facts.image_user(mounting.key).filter(|_| is_of_image);
    let group = match user {
        Some(ImageUser::Number { group, .. }) => Some(group),
        Some(ImageUser::Named(name)) => {
            entries.approximated(&["build"], reasons::volumes_of_unknown_user(&name));
            None
        }
        None => {
            if is_of_image && mounting.facts.may_run_as_anybody(mounting.key) {
                entries.approximated(&["volumes"], reasons::VOLUMES_OF_ROOT);
            }
            None
        }
    };
    security::own_volumes(container, pod, group);
    mounted
}

fn one(
    mounting: &mut Mounting<'_, '_, '_>,
    mount: &Spanned<Mount>,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) {
    let text =
        |field: &Option<Spanned<String>>| field.as_ref().map_or("", |text| text.value.as_str()).to_owned();
    let (kind, source, target) = (text(&mount.r#type), text(&mount.source), text(&mount.target));
    let key = &["volumes"][..];
    if by_label(mounting, mount, mounted, entries) {
        return;
    }
    match kind.as_str() {
        "volume" if filled::is_hidden(mounting, mount) => {
            filled::mount(&target, mounted, entries);
        }
        "volume" if volumes::spares_the_image(mounting.service, mount) && mounting.context.mounts_code => {
            entries.approximated(key, reasons::FILLED_FROM_IMAGE.about(&target));
        }
        "volume" if volumes::spares_the_image(mounting.service, mount) => {
            entries.at(mount.span).ignored(key, reasons::NOTHING_HIDES_THE_IMAGE.about(&target));
        }
        "volume" if source.is_empty() && volumes::is_of_dependencies(&target) => {
            entries.at(mount.span).ignored(key, reasons::IN_THE_IMAGE.about(&target));
        }
        "volume" if source.is_empty() => {
            let name = mounted.name(&target);
            mounted.add(empty(&name), at(&name, &target));
            entries.approximated(key, reasons::EMPTY_DIRECTORY.about(&target));
        }
        "volume" => {
            named(mounting, mount, &source, &target, mounted);
            let kept = mounting.storage.of_volume(&source);
            let how = kept.map(|kept| kept.how.clone());
            // Compose refuses a name that is not declared: this one was given to an anonymous volume.
            if !mounting.context.project.volumes.contains_key(&source) {
                let key = declared_by(mounting.service, mount);
                entries.approximated(key, reasons::anonymous_claim(&source).about(&target));
                if kept.is_some_and(Kept::is_shared) {
                    entries.approximated(key, reasons::SEVERAL_PODS_MOUNT.about(&target));
                }
            }
            copied(mounting, mount, how.as_ref(), mounted, entries);
        }
        "bind" => binds::mount_bind(mounting, mount, &target, mounted, entries),
        "tmpfs" => {
            let settings = mount.tmpfs.as_ref().map(|settings| &settings.value);
            let size = settings.and_then(|settings| settings.size.as_ref()).map(|size| size.value.0);
            let name = mounted.name(&target);
            mounted.add(memory(&name, size), at(&name, &target));
        }
        _ => {
            entries.at(mount.span).unsupported(key, reasons::no_such_mounts(&kind));
        }
    }
}

/// Compose has an anonymous volume for what the image declares, and carries it over to the next container. A pod has
/// none: what is written there ends with it. Of images that nobody builds here, only those of databases and the like
/// are known to keep something.
pub(in crate::plan) fn tell_of_lost_data(
    (service, dockerfile): (&Service, Option<&Dockerfile>),
    is_backing: bool,
    container: &Container,
    entries: &mut Entries<'_>,
) {
    let is_mounted = |path: &str| {
        container.volume_mounts.iter().flatten().any(|mount| {
            let (mount, path) = (Utf8Path::new(&mount.mount_path), Utf8Path::new(path));
            mount.starts_with(path) || path.starts_with(mount)
        })
    };
    let of_stage = dockerfile.into_iter().flat_map(|dockerfile| &dockerfile.built().volumes);
    let lost: Vec<&str> =
        of_stage.map(String::as_str).filter(|path| path.starts_with('/') && !is_mounted(path)).collect();
    if service.build.is_some() && !lost.is_empty() {
        entries.approximated(&["build"], reasons::DATA_ENDS_WITH_POD.about(lost.join("`, `")));
    }
    let Some(image) = service.image.as_ref().filter(|_| is_backing) else { return };
    let known = Image::written(&image.value);
    let keeps = known.is_some_and(|it| matches!(it.role, Role::Database | Role::Queue | Role::Store));
    let words: Vec<&str> = service
        .command
        .iter()
        .flat_map(|command| command.value.iter())
        .map(|word| word.value.as_str())
        .collect();
    // A cache that is asked to keep what it has.
    let appends = words.windows(2).any(|pair| pair == ["--appendonly", "yes"]);
    let declared = catalog::volumes_of_image(&image.value);
    if (keeps || appends)
        && !declared.iter().any(|path| is_mounted(path))
        && let Some(path) = declared.first()
    {
        entries.approximated(&["image"], reasons::DATA_ENDS_WITH_POD.about(path));
    }
}

/// The attribute that brings a mount: an image may declare a volume by itself.
fn declared_by(service: &Service, mount: &Spanned<Mount>) -> &'static [&'static str] {
    let is_of = |place: Option<Span>| place == Some(mount.span);
    if is_of(service.build.as_ref().map(|build| build.span)) {
        &["build"]
    } else if is_of(service.image.as_ref().map(|image| image.span)) {
        &["image"]
    } else {
        &["volumes"]
    }
}

/// Says what became of the settings of a mount, each at its place.
fn settings(mount: &Mount, entries: &mut Entries<'_>) {
    let key = &["volumes"][..];
    let bind = mount.bind.as_ref().map(|bind| &bind.value);
    if let Some(create) = bind.and_then(|bind| bind.create_host_path.as_ref()) {
        entries.aside(key, create.span, reasons::NOTHING_OF_THE_HOST);
    }
    let labels = mount.volume.as_ref().and_then(|volume| volume.value.labels.as_ref());
    let mode = mount.tmpfs.as_ref().and_then(|tmpfs| tmpfs.value.mode.as_ref());
    for (place, reason) in [
        (mount.consistency.as_ref().map(|it| it.span), reasons::OF_DOCKER_DESKTOP),
        (bind.and_then(|bind| bind.selinux.as_ref()).map(|it| it.span), reasons::OF_THE_NODE),
        (bind.and_then(|bind| bind.recursive.as_ref()).map(|it| it.span), reasons::OF_THE_NODE),
        (bind.and_then(|bind| bind.propagation.as_ref()).map(|it| it.span), reasons::OF_THE_NODE),
        (labels.map(|it| it.span), reasons::NO_LABELS_OF_MOUNT),
        (mode.map(|it| it.span), reasons::NO_MODE_IN_MEMORY),
    ] {
        if let Some(place) = place {
            entries.at(place).approximated(key, reason);
        }
    }
}

/// Mounts what a label asks for in place of what is declared, if one does.
fn by_label(
    mounting: &Mounting<'_, '_, '_>,
    mount: &Mount,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) -> bool {
    let text =
        |field: &Option<Spanned<String>>| field.as_ref().map_or("", |text| text.value.as_str()).to_owned();
    let (kind, target) = (text(&mount.r#type), text(&mount.target));
    let (volume, reason) = match (claims::wanted(mounting.service), kind.as_str()) {
        (Some(Wanted::EmptyDir), "volume" | "bind") => (empty(""), reasons::LIVES_AS_ITS_POD),
        (Some(Wanted::HostPath), "bind") => {
            let source = HostPathVolumeSource { path: text(&mount.source), type_: None };
            let volume = Volume { host_path: Some(source), ..Volume::default() };
            (volume, reasons::OF_WHATEVER_NODE)
        }
        _ => return false,
    };
    let name = mounted.name(&target);
    let read_only = volumes::is_read_only(mount).then_some(true);
    mounted.add(Volume { name: name.clone(), ..volume }, VolumeMount { read_only, ..at(&name, &target) });
    entries.approximated(&["volumes"], reason.about(&target));
    true
}

fn named(
    mounting: &mut Mounting<'_, '_, '_>,
    mount: &Mount,
    source: &str,
    target: &str,
    mounted: &mut Mounted,
) {
    let Some(kept) = mounting.storage.of_volume(source).cloned() else { return };
    let sub_path =
        mount.volume.as_ref().and_then(|volume| volume.value.subpath.as_ref()).map(|path| path.value.clone());
    let sub_path = sub_path.or_else(|| claims::sub_path(mounting.service));
    let read_only = volumes::is_read_only(mount).then_some(true);
    let name = mounted.of_volume(source, &kept);
    let known = mounted.volumes.iter().any(|volume| volume.name == name)
        || mounted.claim_templates.iter().any(|claim| claim.metadata.name.as_ref() == Some(&name));
    let mut point = VolumeMount { read_only, sub_path, ..at(&name, target) };
    if !known {
        let volume = Volume { name: name.clone(), ..Volume::default() };
        match kept.how {
            How::Template => mounted.claim_templates.push(kept.template(&name)),
            How::Claim | How::External => mounted.volumes.push(claimed(volume, &kept.claim)),
            How::Nfs(ref server) => mounted.volumes.push(Volume { nfs: Some(server.clone()), ..volume }),
            How::Memory(size) => mounted.volumes.push(memory(&name, size)),
        }
    }
    if matches!(kept.how, How::Template | How::Claim) && mounting.storage.is_of_database(source) {
        point.sub_path = Some(below_data(point.sub_path.as_deref()));
    }
    let claim = match kept.how {
        How::Template => Some(template_claim(mounting, &name)),
        How::Claim => Some(kept.claim),
        How::External | How::Nfs(_) | How::Memory(_) => None,
    };
    if let Some(claim) = claim {
        let data = (claim, data_directory(mounting, source));
        let place = moving::At { key: mounting.key, service: mounting.service, target };
        mounting.storage.note_moved(moving::of_volume(mounting.context, &place, source, data));
    }
    mounted.mount(point);
}

/// Docker fills an empty volume with what the image has at its target; in a cluster an initContainer does, where the
/// Dockerfile shows that there is something.
fn copied(
    mounting: &Mounting<'_, '_, '_>,
    mount: &Mount,
    how: Option<&How>,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) {
    let target = mount.target.as_ref().map_or("", |target| target.value.as_str());
    let starts_empty = matches!(how, Some(How::Claim | How::Template | How::Memory(_)));
    let says_no = mount.volume.as_ref().and_then(|volume| volume.value.nocopy.as_ref());
    if says_no.is_some_and(|nocopy| nocopy.value) {
        entries.mapped_as(&["volumes"], reasons::NOT_COPIED.about(target));
    } else if starts_empty && filled::from_image(mounting, target, mounted) {
        entries.approximated(&["volumes"], reasons::FILLED_ONCE.about(target));
    } else if starts_empty && !volumes::holds_data(target) {
        entries.approximated(&["volumes"], reasons::NOT_COPIED_INTO_CLAIM.about(target));
    }
}

fn volumes_from(mounting: &Mounting<'_, '_, '_>, entries: &mut Entries<'_>) {
    for source in mounting.service.volumes_from.iter().flat_map(|field| &field.value) {
        if source.value.starts_with("container:") {
            entries.unsupported(&["volumes_from"], reasons::OTHER_CONTAINERS);
        } else {
            entries.mapped(&["volumes_from"]);
        }
    }
}

/// `path[:options]`.
fn tmpfs(text: &Spanned<String>, mounted: &mut Mounted, entries: &mut Entries<'_>) {
    let (path, options) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let said = options.split(',').find_map(|option| option.strip_prefix("size="));
    let size =
        said.and_then(|size| crate::compose::values::bytes::parse(size).ok()).filter(|size| *size >= 0);
    let name = mounted.name(path);
    mounted.add(memory(&name, size), at(&name, path));
    let rest = options.split(',').any(|option| !option.is_empty() && !option.starts_with("size="));
    if said.is_some() && size.is_none() {
        entries.approximated(&["tmpfs"], reasons::NO_LIMIT_IN_MEMORY.about(path));
    } else if rest {
        entries.approximated(&["tmpfs"], reasons::ONLY_THE_SIZE);
    } else {
        entries.mapped(&["tmpfs"]);
    }
}
