//! Bind mounts: files and directories of the project, data of the machine, source code.

use std::collections::BTreeMap;

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{KeyToPath, Volume, VolumeMount};

use super::{
    claim::{DATA, below_data, template_claim},
    deliver::{Given, deliver},
    filled,
    mounted::{Mounted, Origin},
    mounting::Mounting,
    moving,
    rights::Modes,
    volume::{at, claimed, memory},
};
use crate::{
    compose::model::{FileMode, Mount},
    k8s::name,
    plan::{
        facts::{
            dockerfiles,
            files::{self, Bind, Contents},
            kompose::claims::{self, Wanted},
            volumes,
        },
        ledger::Entries,
        naming::layout,
        reasons,
    },
    shell::dockerfile::ImageUser,
    text::{Span, Spanned, clean},
};

const KEY: &[&str] = &["volumes"];

/// Mounts what takes the place of a bind mount.
pub(super) fn mount_bind(
    mounting: &mut Mounting<'_, '_, '_>,
    mount: &Spanned<Mount>,
    target: &str,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) {
    let nowhere = Spanned::new(String::new(), Span::NOWHERE);
    let source = mount.source.as_ref().unwrap_or(&nowhere);
    let read_only = volumes::is_read_only(mount);
    let judged = files::bind(mounting.facts.services.mounts(mounting.key), &source.value, target);
    let judged = judged.filter(|_| claims::wanted(mounting.service) != Some(Wanted::Claim));
    match judged.cloned().unwrap_or(Bind::Data("a label asks for a claim")) {
        Bind::File(content) => {
            let contents = BTreeMap::from([(last_part(&source.value).to_owned(), content)]);
            let given = given(mounting, (&source.value, target), &contents, false);
            mount_files(mounting, given, read_only, contents, (mounted, entries));
        }
        Bind::Directory(Contents { files: contents, broken_links }) => {
            if !broken_links.is_empty() {
                let names =
                    broken_links.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                entries.approximated(KEY, reasons::links_are_left_out(names).about(target));
            }
            let given = given(mounting, (&source.value, target), &contents, true);
            mount_files(mounting, given, read_only, contents, (mounted, entries));
            if files::holds_project(mounting.context, &source.value) {
                entries.approximated(KEY, reasons::WITHOUT_FILES_OF_TOOLS.about(target));
            }
        }
        Bind::SourceCode { .. } if mounting.context.mounts_code => {
            entries.mapped_to(KEY, layout::CODE_MOUNTS);
        }
        Bind::SourceCode { built: true } => {
            entries.at(mount.span).ignored(KEY, reasons::CODE_IN_THE_IMAGE.about(target));
        }
        Bind::SourceCode { built: false } => {
            let reason = match dockerfiles::build_of(mounting.context, mounting.service) {
                Some(_) => reasons::CODE_WITHOUT_STAGE,
                None => reasons::CODE_WITHOUT_BUILD,
            };
            entries.at(mount.span).unsupported(KEY, reason.about(target));
        }
        Bind::Data(why) => {
            data(mounting, &source.value, (target, read_only), mounted);
            if filled::from_image(mounting, target, mounted) {
                entries.approximated(KEY, reasons::CLAIM_LIKE_THE_IMAGE.about(target));
            } else {
                entries.approximated(KEY, reasons::becomes_a_claim(why).about(target));
            }
            say_shared(mounting, &source.value, target, entries);
        }
        Bind::Begun(files) => {
            data(mounting, &source.value, (target, read_only), mounted);
            if !filled::from_image(mounting, target, mounted) {
                let given = given(mounting, (&source.value, target), &files, true);
                let volume = deliver(mounting, given, files, mounted, entries);
                filled::fill_once(target, Origin::Files(volume), mounted);
            }
            entries.approximated(KEY, reasons::CLAIM_LIKE_THE_PROJECT.about(target));
            say_shared(mounting, &source.value, target, entries);
        }
        Bind::Foreign(reason) => entries.at(mount.span).unsupported(KEY, reason.about(target)),
        Bind::TooLarge => {
            entries.at(mount.span).unsupported(KEY, reasons::TOO_LARGE.about(target));
        }
    }
}

/// What is to become of files that lie at a place of the project.
fn given<'a>(
    mounting: &Mounting<'a, '_, '_>,
    (source, target): (&'a str, &'a str),
    contents: &BTreeMap<String, Vec<u8>>,
    is_directory: bool,
) -> Given<'a> {
    let path = clean(Utf8Path::new(source));
    let modes = Modes::of(mounting.context, (&path, target), contents, is_directory);
    let stem = if is_directory { stem(mounting, source, target) } else { last_part(source) };
    Given { element: "volumes", stem, target, mode: None, modes, is_directory }
}

fn say_shared(mounting: &mut Mounting<'_, '_, '_>, source: &str, target: &str, entries: &mut Entries<'_>) {
    if mounting.storage.is_newly_shared(source) {
        let claims_itself = mounting.storage.template_of(source).is_some();
        let reason = if claims_itself { reasons::EACH_POD_CLAIMS } else { reasons::SEVERAL_PODS_MOUNT };
        entries.approximated(KEY, reason.about(target));
    }
}

/// Mounts files of the project, which a container cannot change.
fn mount_files(
    mounting: &mut Mounting<'_, '_, '_>,
    given: Given<'_>,
    read_only: bool,
    contents: BTreeMap<String, Vec<u8>>,
    (mounted, entries): (&mut Mounted, &mut Entries<'_>),
) {
    let (target, sub_path) = (given.target, (!given.is_directory).then(|| name::data_key(given.stem)));
    if let Some(user) = reader(mounting, &given.modes) {
        return mount_owned(mounting, (given, user), sub_path, contents, (mounted, entries));
    }
    let name = deliver(mounting, given, contents, mounted, entries);
    mounted.mount(VolumeMount { sub_path, read_only: Some(true), ..at(&name, target) });
    say_read_only(read_only, &name, target, mounted, entries);
}

/// The user that private files must belong to, where root's are not enough.
fn reader(mounting: &Mounting<'_, '_, '_>, modes: &Modes) -> Option<i64> {
    if modes.private.is_empty() {
        return None;
    }
    if let Some(user) = mounting.service.own_user() {
        let name = user.value.split(':').next().unwrap_or_default();
        let number = name.parse().ok().or_else(|| mounting.facts.number_of_user(mounting.key, name));
        return number.filter(|number| *number != 0);
    }
    match mounting.facts.image_user(mounting.key) {
        Some(ImageUser::Number { user, .. }) => Some(user),
        Some(ImageUser::Named(_)) => None,
        None => modes.owner,
    }
}

/// Mounts files of which some must belong to a user: those of a Secret belong to root. An initContainer copies them.
fn mount_owned(
    mounting: &mut Mounting<'_, '_, '_>,
    (given, user): (Given<'_>, i64),
    sub_path: Option<String>,
    contents: BTreeMap<String, Vec<u8>>,
    (mounted, entries): (&mut Mounted, &mut Entries<'_>),
) {
    let (target, stem) = (given.target, given.stem);
    let place = |path: &String| if given.is_directory { path.clone() } else { name::data_key(path) };
    let private = given.modes.private.iter().map(|(path, mode)| (place(path), *mode)).collect();
    // Whoever copies them has to read them.
    let given = Given { mode: Some(FileMode(0o444)), ..given };
    let files = deliver(mounting, given, contents, mounted, entries);
    if let Some(held) = mounted.volumes.iter_mut().find(|volume| volume.name == files) {
        without_own_modes(held);
    }
    let name = mounted.name(&format!("{stem}-owned"));
    mounted.add(memory(&name, None), VolumeMount { sub_path, read_only: Some(true), ..at(&name, target) });
    mounted.filled.push((at(&name, target), Origin::Owned { files, user, private }));
    entries.approximated(KEY, reasons::copied_for_user(user).about(target));
}

/// Takes the modes from the files of a volume.
fn without_own_modes(volume: &mut Volume) {
    let own = [
        volume.config_map.as_mut().and_then(|source| source.items.as_mut()),
        volume.secret.as_mut().and_then(|source| source.items.as_mut()),
    ];
    let projected = volume.projected.iter_mut().flat_map(|source| source.sources.iter_mut().flatten());
    let projected = projected.flat_map(|source| {
        let config_map = source.config_map.as_mut().and_then(|source| source.items.as_mut());
        [config_map, source.secret.as_mut().and_then(|source| source.items.as_mut())]
    });
    let items: Vec<&mut Vec<KeyToPath>> = own.into_iter().chain(projected).flatten().collect();
    items.into_iter().flatten().for_each(|item| item.mode = None);
}

fn last_part(source: &str) -> &str {
    source.trim_end_matches('/').rsplit('/').next().unwrap_or("files")
}

/// What is named for a directory: the name of it, or its place in the container where only the clone says what the
/// directory is called.
fn stem<'t>(mounting: &Mounting<'t, '_, '_>, source: &'t str, target: &'t str) -> &'t str {
    let holds_project = mounting.context.directory().starts_with(source);
    let stem = if holds_project { target } else { last_part(source) };
    if name::dns_label(stem).is_empty() { mounting.key } else { stem }
}

fn say_read_only(read_only: bool, volume: &str, target: &str, mounted: &Mounted, entries: &mut Entries<'_>) {
    if !read_only {
        let kind = mounted.kind(volume);
        entries.approximated(KEY, reasons::is_read_only(kind).about(target));
    }
}

/// Mounts a claim in the place of a directory of the host: the StatefulSet's own, or one beside.
fn data(
    mounting: &mut Mounting<'_, '_, '_>,
    source: &str,
    (target, read_only): (&str, bool),
    mounted: &mut Mounted,
) {
    let stem = stem(mounting, source, target);
    let of_service = (mounting.key, mounting.service);
    let claim = mounting.storage.claim_directory(mounting.app, of_service, source, stem);
    let sub_path = mounting.storage.is_of_database(source).then(|| below_data(None));
    let is_template = mounting.storage.template_of(source).is_some();
    let of_pod = if is_template { template_claim(mounting, &claim) } else { claim.clone() };
    let directory = if mounting.storage.is_of_database(source) { DATA } else { "." };
    let place = moving::At { key: mounting.key, service: mounting.service, target };
    let data = (of_pod, directory.to_owned());
    mounting.storage.note_moved(moving::of_directory(mounting.context, &place, source, data));
    let name = match mounting.storage.template_of(source) {
        Some(template) => {
            if !mounted.claim_templates.contains(&template) {
                mounted.names.insert(claim.clone());
                mounted.claim_templates.push(template);
            }
            claim
        }
        None => {
            let name = mounted.name(&claim);
            mounted.volumes.push(claimed(Volume { name: name.clone(), ..Volume::default() }, &claim));
            name
        }
    };
    mounted.mount(VolumeMount { read_only: read_only.then_some(true), sub_path, ..at(&name, target) });
}
