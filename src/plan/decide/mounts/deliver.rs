//! Volumes of files of the project: each file in a ConfigMap or a Secret.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, ConfigMapVolumeSource, KeyToPath, ProjectedVolumeSource, SecretProjection,
    SecretVolumeSource, Volume, VolumeProjection,
};

use super::{mounted::Mounted, mounting::Mounting, rights::Modes};
use crate::{
    compose::model::FileMode,
    k8s::name,
    plan::{facts::Hosts, ledger::Entries, reasons},
};

/// Where compose has secrets, and nothing else is expected.
const SECRETS: &[&str] = &["/run/secrets", "/var/run/secrets"];

/// What is to become a volume of files.
pub(in crate::plan) struct Given<'a> {
    /// The attribute of the service that says so.
    pub(in crate::plan) element: &'a str,
    /// What the volume and its object are named for.
    pub(in crate::plan) stem: &'a str,
    /// Where the files are mounted.
    pub(in crate::plan) target: &'a str,
    pub(in crate::plan) mode: Option<FileMode>,
    /// What the files themselves may be used for.
    pub(in crate::plan) modes: Modes,
    /// Whether all of it is mounted, or its one file.
    pub(in crate::plan) is_directory: bool,
}

/// Puts files into a ConfigMap, those that tell a secret into a Secret, and gives the pod a volume of them.
pub(in crate::plan) fn deliver(
    mounting: &mut Mounting<'_, '_, '_>,
    given: Given<'_>,
    mut contents: BTreeMap<String, Vec<u8>>,
    mounted: &mut Mounted,
    entries: &mut Entries<'_>,
) -> String {
    let Given { element, stem, target, mode, modes, is_directory } = given;
    if is_directory && contents.keys().any(|path| path.starts_with("..")) {
        contents.retain(|path, _| !path.starts_with(".."));
        entries.unsupported(&[element], reasons::RESERVED_NAMES.about(target));
    }
    let followed = follow(&mounting.facts.hosts.seen_by(mounting.service), &mut contents);
    let label = name::dns_label(stem);
    let wanted = name::shortened(&format!("{}-{label}", mounting.app), 50);
    let is_asked_for = mode.is_some();
    let mode = mode.and_then(|mode| i32::try_from(mode.0).ok()).or_else(|| modes.of_all(&contents));
    let name = mounted.name(&label);
    let mut held = keys(&contents);
    for item in &mut held {
        item.mode = modes.private.get(&item.path).copied().filter(|own| is_directory && mode != Some(*own));
    }
    let of_secrets = SECRETS.iter().any(|directory| Utf8Path::new(target).starts_with(directory));
    let files = held.iter().cloned().zip(contents.into_values());
    let (telling, plain): (Vec<_>, Vec<_>) = files.partition(|(item, content)| {
        let is_private = modes.private.contains_key(&item.path);
        of_secrets || is_private || mounting.secrets.is_telling(&item.path, content)
    });
    let volume = Volume { name: name.clone(), ..Volume::default() };
    // Keys have no slashes: `items` gives each file its place below the mount.
    let is_renamed = held.iter().any(|item| item.key != item.path || item.mode.is_some());
    let listed = |files: &[(KeyToPath, Vec<u8>)]| files.iter().map(|(item, _)| item.clone()).collect();
    let items = (is_directory && is_renamed).then(|| held.clone());
    let volume = if telling.is_empty() {
        let name = config_map(mounting, element, &wanted, plain, entries);
        let source = ConfigMapVolumeSource { name, default_mode: mode, items, optional: None };
        Volume { config_map: Some(source), ..volume }
    } else if plain.is_empty() {
        let secret_name = Some(secret(mounting, element, &wanted, telling, entries));
        let source = SecretVolumeSource { secret_name, default_mode: mode, items, optional: None };
        Volume { secret: Some(source), ..volume }
    } else {
        let (of_secret, of_config_map) = (Some(listed(&telling)), Some(listed(&plain)));
        let name = config_map(mounting, element, &wanted, plain, entries);
        let config_map = ConfigMapProjection { name, items: of_config_map, optional: None };
        let name = secret(mounting, element, &format!("{wanted}-secret"), telling, entries);
        let secret = SecretProjection { name, items: of_secret, optional: None };
        let sources = vec![
            VolumeProjection { config_map: Some(config_map), ..VolumeProjection::default() },
            VolumeProjection { secret: Some(secret), ..VolumeProjection::default() },
        ];
        let source = ProjectedVolumeSource { default_mode: mode, sources: Some(sources) };
        Volume { projected: Some(source), ..volume }
    };
    if !modes.lost.is_empty() && !is_asked_for {
        let files = modes.lost.iter().map(|file| file.rsplit('/').next().unwrap_or_default());
        let files = files.collect::<Vec<_>>().join("`, `");
        entries.approximated(&[element], reasons::mode_of_this_machine(files).about(target));
    }
    if let Some(files) = followed {
        entries.approximated(&[element], reasons::hosts_of_files_follow(files));
    }
    mounted.held.insert(name.clone(), held);
    mounted.volumes.push(volume);
    name
}

/// The ConfigMap of files.
fn config_map(
    mounting: &mut Mounting<'_, '_, '_>,
    element: &str,
    wanted: &str,
    files: Vec<(KeyToPath, Vec<u8>)>,
    entries: &mut Entries<'_>,
) -> String {
    let files = files.into_iter().map(|(item, content)| (item.key, content)).collect();
    let object = mounting.delivered.config_map(mounting.app, wanted, files);
    let path = mounting.context.layout.app_file(mounting.app, &format!("files/{object}"));
    entries.mapped_to(&[element], path);
    object
}

/// The Secret of files.
fn secret(
    mounting: &mut Mounting<'_, '_, '_>,
    element: &str,
    wanted: &str,
    files: Vec<(KeyToPath, Vec<u8>)>,
    entries: &mut Entries<'_>,
) -> String {
    let files = files.into_iter().map(|(item, content)| (item.key, content)).collect();
    let (object, new) = mounting.delivered.secret(wanted, &files);
    for (key, content) in files.into_iter().filter(|_| new) {
        mounting.secrets.add_file(&object, &key, content);
    }
    let environment = mounting.context.environment;
    entries.mapped_to(&[element], format!("overlays/{environment}/secrets/kustomization.yaml"));
    object
}

/// The key of each file in its object; no two are the same.
fn keys(contents: &BTreeMap<String, Vec<u8>>) -> Vec<KeyToPath> {
    let mut taken = BTreeSet::new();
    let item = |path: &String| {
        let key = name::free(&name::data_key(path), |key| taken.contains(key));
        taken.insert(key.clone());
        KeyToPath { key, path: path.clone(), mode: None }
    };
    contents.keys().map(item).collect()
}

/// Gives hosts the names that resolve in the cluster; the files in which one had another, for people.
fn follow(hosts: &Hosts, contents: &mut BTreeMap<String, Vec<u8>>) -> Option<String> {
    let mut changed = Vec::new();
    for (path, content) in contents {
        if let Some(text) = hosts.follow_file(content) {
            *content = text.into_bytes();
            changed.push(format!("`{path}`"));
        }
    }
    (!changed.is_empty()).then(|| changed.join(", "))
}
