//! Compose secrets and configs, which are files in containers.

use std::collections::BTreeMap;

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, KeyToPath, SecretProjection, SecretVolumeSource, Volume, VolumeMount,
};

use super::{
    deliver::{Given, deliver},
    mounted::Mounted,
    mounting::Mounting,
    rights::Modes,
    volume::at,
};
use crate::{
    compose::model::{FileObject, FileReference, Service},
    k8s::name,
    plan::{facts::files, ledger::Entries, reasons},
    text::Spanned,
};

/// Where compose has secrets.
const DIRECTORY: &str = "/run/secrets";

/// A compose secret: a file of a Secret.
pub(super) fn secret(
    mounting: &mut Mounting<'_, '_, '_>,
    reference: &Spanned<FileReference>,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) {
    let FileReference { source, target, uid, gid, mode, extensions: _ } = &reference.value;
    let Some(source) = source else { return };
    let Some(secret) = mounting.context.project.secrets.get(&source.value) else { return };
    let external = secret.external.as_ref().is_some_and(|external| external.value);
    let target = target.as_ref().map_or(source.value.as_str(), |target| target.value.as_str());
    let target = if target.starts_with('/') { target.to_owned() } else { format!("{DIRECTORY}/{target}") };
    let object = object_name(secret, &source.value);
    let key = name::data_key(&source.value);
    if !external {
        let value = mounting.context.project.secret_values.get(&source.value);
        let value = value
            .map(|value| value.clone().into_bytes())
            .or_else(|| files::content_of(mounting.context, secret));
        mounting.secrets.add_file(&object, &key, value.unwrap_or_default());
    }
    entries.mapped(&["secrets"]);
    if external {
        let reason = reasons::secret_has_to_be_there(&object, &key);
        entries.at(source.span).approximated(&["secrets"], reason);
    }
    owned("secrets", [uid, gid], entries);
    let mode = mode.as_ref().and_then(|mode| i32::try_from(mode.value.0).ok());
    let file = target.strip_prefix(DIRECTORY).and_then(|rest| rest.strip_prefix('/'));
    if let Some(file) = file.filter(|file| external && !file.contains('/') && !has_token(mounting.service)) {
        let items = vec![KeyToPath { key: key.clone(), path: file.to_owned(), mode }];
        let source = SecretProjection { name: object.clone(), items: Some(items), optional: Some(true) };
        if mounted.join_directory(DIRECTORY, source) {
            return;
        }
    }
    let held =
        SecretVolumeSource { secret_name: Some(object), default_mode: mode, ..SecretVolumeSource::default() };
    let name = mounted.secret(&source.value, held);
    mounted.mount(VolumeMount { sub_path: Some(key), read_only: Some(true), ..at(&name, &target) });
}

/// The token of an account is mounted below the directory of secrets, in which nothing must hide it.
fn has_token(service: &Service) -> bool {
    let labels = service.labels.as_ref().map(|labels| &labels.value);
    labels.is_some_and(|labels| labels.contains_key("kompose.serviceaccount-name"))
}

/// A compose config: a file of a ConfigMap, or of a Secret if it tells one.
pub(super) fn config(
    mounting: &mut Mounting<'_, '_, '_>,
    reference: &Spanned<FileReference>,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) {
    let FileReference { source, target, uid, gid, mode, extensions: _ } = &reference.value;
    let Some(source) = source else { return };
    let Some(config) = mounting.context.project.configs.get(&source.value) else { return };
    let target = target.as_ref().map_or_else(|| format!("/{}", source.value), |target| target.value.clone());
    let target = if target.starts_with('/') { target } else { format!("/{target}") };
    let key = name::data_key(&source.value);
    let mode = mode.as_ref().map(|mode| mode.value);
    entries.mapped(&["configs"]);
    let name = if config.external.as_ref().is_some_and(|external| external.value) {
        let object = object_name(config, &source.value);
        let name = mounted.name(&source.value);
        let reason = reasons::config_map_has_to_be_there(&object, &key);
        // Not a part of the tree, which has to be whole without it: so it may be missing, and the report says so.
        let source =
            ConfigMapVolumeSource { name: object, optional: Some(true), ..ConfigMapVolumeSource::default() };
        mounted.volumes.push(Volume { name: name.clone(), config_map: Some(source), ..Volume::default() });
        entries.at(reference.span).approximated(&["configs"], reason);
        name
    } else {
        let contents = BTreeMap::from([(
            source.value.clone(),
            files::content_of(mounting.context, config).unwrap_or_default(),
        )]);
        let given = Given {
            element: "configs",
            stem: &source.value,
            target: &target,
            mode,
            modes: modes_of(mounting, config, &target, &contents),
            is_directory: false,
        };
        let name = deliver(mounting, given, contents, mounted, entries);
        if config.content.is_some() || config.environment.is_some() {
            // Compose copies it into the container; a file it mounts for reading.
            let reason = reasons::is_read_only(mounted.kind(&name)).about(&target);
            entries.at(reference.span).approximated(&["configs"], reason);
        }
        name
    };
    mounted.mount(VolumeMount { sub_path: Some(key), read_only: Some(true), ..at(&name, &target) });
    owned("configs", [uid, gid], entries);
}

fn modes_of(
    mounting: &Mounting<'_, '_, '_>,
    object: &FileObject,
    target: &str,
    contents: &BTreeMap<String, Vec<u8>>,
) -> Modes {
    let place = object.file.as_ref().map_or("", |file| file.value.as_str());
    Modes::of(mounting.context, (Utf8Path::new(place), target), contents, false)
}

/// Says that the owner of a file is not kept.
fn owned(element: &str, owners: [&Option<Spanned<String>>; 2], entries: &mut Entries<'_>) {
    for owner in owners.into_iter().flatten() {
        entries.at(owner.span).approximated(&[element], reasons::FILES_OF_ROOT);
    }
}

/// The name of the object of a compose secret or config.
pub(in crate::plan) fn object_name(object: &FileObject, key: &str) -> String {
    let external = object.external.as_ref().is_some_and(|external| external.value);
    let named = object.name.as_ref().filter(|_| external).map_or(key, |name| name.value.as_str());
    name::dns_label(named)
}
