//! Mounts within mounts. A volume of files is for reading only, so that a runtime cannot make the place at which
//! something else is mounted within it: files become one volume together, and beside anything else each is
//! mounted by itself.

use std::collections::BTreeMap;

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{
    ConfigMapProjection, KeyToPath, ProjectedVolumeSource, SecretProjection, Volume, VolumeMount,
    VolumeProjection,
};

use super::mounted::Mounted;
use crate::plan::{ledger::Entries, reasons};

/// Permission bits of files for which nothing else is said.
const USUAL_MODE: i32 = 0o644;

/// One object of which files are mounted.
#[derive(Debug, Clone, PartialEq)]
struct Origin {
    is_secret: bool,
    name: String,
    optional: Option<bool>,
}

/// A file of an object, and its place below a mount.
#[derive(Debug, Clone)]
struct Placed {
    origin: Origin,
    item: KeyToPath,
}

/// An object with its items and their mode, as far as a volume says them.
type Part = (Origin, Option<Vec<KeyToPath>>, Option<i32>);

/// Gives every mount within a volume of files a form in which it can be mounted.
pub(super) fn settle(mounted: &mut Mounted, entries: &mut Entries<'_>) {
    let mut targets: Vec<String> = mounted.mounts.iter().map(|mount| mount.mount_path.clone()).collect();
    targets.sort_by_key(|target| depth(target));
    for target in targets {
        let outer = mounted.mounts.iter().find(|mount| mount.mount_path == target);
        let Some(outer) = outer.filter(|outer| outer.sub_path.is_none()).cloned() else { continue };
        let Some(files) = files_of(mounted, &outer) else { continue };
        let mut inner: Vec<VolumeMount> =
            mounted.mounts.iter().filter(|mount| is_below(mount, &target)).cloned().collect();
        inner.sort_by_key(|mount| depth(&mount.mount_path));
        if inner.is_empty() {
            continue;
        }
        let within: Option<Vec<(VolumeMount, Vec<Placed>)>> =
            inner.iter().map(|mount| Some((mount.clone(), files_of(mounted, mount)?))).collect();
        match within {
            Some(within) => join(mounted, &outer, files, &within),
            None => {
                split(mounted, &outer, &files, &inner);
                say(mounted, &outer.mount_path, &inner, entries);
            }
        }
    }
}

fn depth(path: &str) -> usize {
    Utf8Path::new(path).components().count()
}

fn is_below(mount: &VolumeMount, target: &str) -> bool {
    let path = Utf8Path::new(&mount.mount_path);
    path.starts_with(target) && path != Utf8Path::new(target)
}

/// The files that a mount of files brings, by their places below it; none of any other mount.
fn files_of(mounted: &Mounted, mount: &VolumeMount) -> Option<Vec<Placed>> {
    let volume = mounted.volumes.iter().find(|volume| volume.name == mount.name)?;
    let held = mounted.held.get(&mount.name).map(Vec::as_slice).unwrap_or_default();
    let mut files = Vec::new();
    for (origin, items, mode) in origins(volume)? {
        // A whole volume of an object that is not ours cannot be listed; of its mounts each names one key.
        let named = || KeyToPath { key: mount.sub_path.clone().unwrap_or_default(), ..KeyToPath::default() };
        let mut all = items.unwrap_or_else(|| held.to_vec());
        if all.is_empty() {
            all.push(named());
        }
        for mut item in all {
            item.mode = item.mode.or(mode);
            files.push(Placed { origin: origin.clone(), item });
        }
    }
    if let Some(sub_path) = &mount.sub_path {
        // One file of the volume, which the mount's own path names.
        files.retain(|file| file.item.key == *sub_path || file.item.path == *sub_path);
        files.truncate(1);
        for file in &mut files {
            file.item.path.clear();
        }
    }
    (!files.is_empty() && files.iter().all(|file| !file.item.key.is_empty())).then_some(files)
}

/// The objects of a volume of files, with the items and the mode that it says for each.
fn origins(volume: &Volume) -> Option<Vec<Part>> {
    if let Some(source) = &volume.config_map {
        let origin = Origin { is_secret: false, name: source.name.clone(), optional: source.optional };
        return Some(vec![(origin, source.items.clone(), source.default_mode)]);
    }
    if let Some(source) = &volume.secret {
        let name = source.secret_name.clone().unwrap_or_default();
        let origin = Origin { is_secret: true, name, optional: source.optional };
        return Some(vec![(origin, source.items.clone(), source.default_mode)]);
    }
    let projected = volume.projected.as_ref()?;
    let mode = projected.default_mode;
    let of_source = |source: &VolumeProjection| {
        if let Some(SecretProjection { name, items, optional }) = source.secret.clone() {
            return Some((Origin { is_secret: true, name, optional }, items, mode));
        }
        let ConfigMapProjection { name, items, optional } = source.config_map.clone()?;
        Some((Origin { is_secret: false, name, optional }, items, mode))
    };
    Some(projected.sources.iter().flatten().filter_map(of_source).collect())
}

/// Makes one volume of all files: those within stand where the outer ones would.
fn join(
    mounted: &mut Mounted,
    outer: &VolumeMount,
    files: Vec<Placed>,
    within: &[(VolumeMount, Vec<Placed>)],
) {
    let mut placed: BTreeMap<String, Placed> =
        files.into_iter().map(|file| (file.item.path.clone(), file)).collect();
    for (mount, files) in within {
        let below = Utf8Path::new(&mount.mount_path).strip_prefix(&outer.mount_path);
        let below = below.map(Utf8Path::as_str).unwrap_or_default();
        placed.retain(|path, _| {
            !Utf8Path::new(path).starts_with(below) && !Utf8Path::new(below).starts_with(path)
        });
        for file in files {
            let path = Utf8Path::new(below).join(&file.item.path);
            let path = path.as_str().trim_end_matches('/').to_owned();
            let item = KeyToPath { path: path.clone(), ..file.item.clone() };
            placed.insert(path, Placed { origin: file.origin.clone(), item });
        }
    }
    let mut sources: Vec<(Origin, Vec<KeyToPath>)> = Vec::new();
    for (_, mut file) in placed {
        file.item.mode = file.item.mode.filter(|mode| *mode != USUAL_MODE);
        match sources.iter_mut().find(|(origin, _)| *origin == file.origin) {
            Some((_, items)) => items.push(file.item),
            None => sources.push((file.origin, vec![file.item])),
        }
    }
    let sources = sources.into_iter().map(|(origin, items)| projection(origin, items)).collect();
    mounted.mounts.retain(|mount| !within.iter().any(|(inner, _)| inner.mount_path == mount.mount_path));
    if let Some(volume) = mounted.volumes.iter_mut().find(|volume| volume.name == outer.name) {
        let projected = ProjectedVolumeSource { default_mode: None, sources: Some(sources) };
        *volume = Volume { name: outer.name.clone(), projected: Some(projected), ..Volume::default() };
    }
}

fn projection(origin: Origin, items: Vec<KeyToPath>) -> VolumeProjection {
    let Origin { is_secret, name, optional } = origin;
    let items = Some(items);
    if is_secret {
        let secret = SecretProjection { name, items, optional };
        VolumeProjection { secret: Some(secret), ..VolumeProjection::default() }
    } else {
        let config_map = ConfigMapProjection { name, items, optional };
        VolumeProjection { config_map: Some(config_map), ..VolumeProjection::default() }
    }
}

/// Mounts each of the outer files by itself, so that the directory is one that can be written to.
fn split(mounted: &mut Mounted, outer: &VolumeMount, files: &[Placed], inner: &[VolumeMount]) {
    let has_items = mounted.volumes.iter().any(|volume| {
        let items = volume.config_map.as_ref().and_then(|source| source.items.as_ref());
        let items = items.or(volume.secret.as_ref().and_then(|source| source.items.as_ref()));
        volume.name == outer.name && (items.is_some() || volume.projected.is_some())
    });
    let mut single = Vec::new();
    for file in files {
        let path = Utf8Path::new(&outer.mount_path).join(&file.item.path);
        if inner.iter().any(|mount| path.starts_with(&mount.mount_path)) {
            continue;
        }
        let sub_path = if has_items { &file.item.path } else { &file.item.key };
        single.push(VolumeMount {
            mount_path: path.into_string(),
            sub_path: Some(sub_path.clone()),
            ..outer.clone()
        });
    }
    let at = mounted.mounts.iter().position(|mount| mount.mount_path == outer.mount_path).unwrap_or_default();
    mounted.mounts.splice(at..=at, single);
}

fn say(mounted: &Mounted, target: &str, inner: &[VolumeMount], entries: &mut Entries<'_>) {
    let others = inner.iter().filter(|mount| files_of(mounted, mount).is_none());
    let others: Vec<String> = others.map(|mount| format!("`{}`", mount.mount_path)).collect();
    entries.approximated(&["volumes"], reasons::each_by_itself(others.join(", ")).about(target));
}
