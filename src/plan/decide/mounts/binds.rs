//! Bind mounts: files and directories of the project, data of the machine, source code.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Volume, VolumeMount};

use super::{
    DATA, Mounted, Mounting, at, below_data, claimed,
    delivered::{Given, deliver},
    filled::{self, Origin},
    moving, template_claim,
};
use crate::{
    compose::model::Mount,
    k8s::name,
    plan::{
        facts::{
            dockerfiles,
            files::{self, Bind},
            kompose::claims::{self, Wanted},
            volumes,
        },
        ledger::Entries,
        naming::layout,
        reasons,
    },
    text::{Span, Spanned},
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
            let stem = last_part(&source.value);
            let contents = BTreeMap::from([(stem.to_owned(), content)]);
            let given = Given { element: "volumes", stem, target, mode: None, is_directory: false };
            mount_files(mounting, given, read_only, contents, (mounted, entries));
        }
        Bind::Directory(contents) => {
            let stem = last_part(&source.value);
            let given = Given { element: "volumes", stem, target, mode: None, is_directory: true };
            mount_files(mounting, given, read_only, contents, (mounted, entries));
            if files::holds_project(mounting.context, &source.value) {
                entries.approximated(KEY, reasons::is_without_compose_files(target));
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
                entries.approximated(KEY, reasons::becomes_a_claim(target, why));
            }
            say_shared(mounting, &source.value, target, entries);
        }
        Bind::Begun(files) => {
            data(mounting, &source.value, (target, read_only), mounted);
            if !filled::from_image(mounting, target, mounted) {
                let stem = last_part(&source.value);
                let given = Given { element: "volumes", stem, target, mode: None, is_directory: true };
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
    let name = deliver(mounting, given, contents, mounted, entries);
    mounted.mount(VolumeMount { sub_path, read_only: Some(true), ..at(&name, target) });
    say_read_only(read_only, &name, target, mounted, entries);
}

fn last_part(source: &str) -> &str {
    source.trim_end_matches('/').rsplit('/').next().unwrap_or("files")
}

fn say_read_only(read_only: bool, volume: &str, target: &str, mounted: &Mounted, entries: &mut Entries<'_>) {
    if !read_only {
        let kind = mounted.kind(volume);
        entries.approximated(KEY, reasons::is_read_only(target, kind));
    }
}

/// Mounts a claim in the place of a directory of the host: the StatefulSet's own, or one beside.
fn data(
    mounting: &mut Mounting<'_, '_, '_>,
    source: &str,
    (target, read_only): (&str, bool),
    mounted: &mut Mounted,
) {
    let claim = mounting.storage.claim_directory(mounting.app, mounting.key, mounting.service, source);
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
