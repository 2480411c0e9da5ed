//! What is mounted into a container: files by their paths, and volumes.
//!
//! Files of ConfigMaps and Secrets are told by the paths at which a container finds them, however they come there.

use std::collections::BTreeMap;

use super::{
    Context, items, string,
    supply::{Kind, Supply},
    text,
};
use crate::{
    drift::fact::{Content, Fact, Path, Value, Volume},
    text::{Span, Spanned},
    yaml::{Node, Value as Yaml},
};

/// What a StatefulSet claims for each of its pods.
const CLAIM: &str = "persistentVolumeClaim";

/// Everything that is mounted.
pub(super) fn of(container: &Node, pod: Option<&Node>, context: &Context<'_>) -> BTreeMap<Path, Fact> {
    let volumes = pod.map(|pod| items(pod, "volumes")).unwrap_or_default();
    let mut mounts = BTreeMap::new();
    for mount in items(container, "volumeMounts") {
        let Some(path) = mount.get("mountPath") else { continue };
        let at = string(path).trim_end_matches('/').to_owned();
        let at = if at.is_empty() { "/".to_owned() } else { at };
        let volume = volumes.iter().find(|volume| text(volume, "name") == text(mount, "name"));
        let sub_path = [text(mount, "subPath"), text(mount, "subPathExpr")].concat();
        match volume.and_then(|volume| files(volume, context)) {
            Some(files) => mounts.extend(delivered(&at, sub_path.trim_matches('/'), files, path.span)),
            None => {
                let volume = mounted((mount, path), volume, context);
                mounts.insert(Path::Mount(at), Fact::new(Value::Volume(volume), path.span));
            }
        }
    }
    mounts
}

/// A volume as it is mounted. What a workload claims for each pod is called as the volume is.
fn mounted((mount, path): (&Node, &Node), volume: Option<&Node>, context: &Context<'_>) -> Volume {
    let kind = volume.map_or(CLAIM, kind);
    let source = volume.and_then(|volume| volume.get(kind));
    let of = |node: Option<&'_ Node>, key: &str| {
        node.and_then(|node| node.get(key)).map(|it| (string(it), it.span))
    };
    let (written, span) = match (kind, volume) {
        (CLAIM, None) => of(Some(mount), "name"),
        (CLAIM, _) => of(source, "claimName"),
        ("hostPath", _) => of(source, "path"),
        ("nfs", _) => of(source, "path").map(|(export, span)| {
            (format!("{}:{export}", source.map_or("", |nfs| text(nfs, "server"))), span)
        }),
        _ => None,
    }
    .unwrap_or_else(|| (String::new(), source.map_or(path.span, |source| source.span)));
    let (sub_path, sub_path_span) =
        of(Some(mount), "subPath").or(of(Some(mount), "subPathExpr")).unwrap_or((String::new(), path.span));
    let is_set = |node: Option<&Node>| {
        node.and_then(|node| node.get("readOnly")).filter(|it| it.value == Yaml::Bool(true)).map(|it| it.span)
    };
    let read_only = is_set(Some(mount)).or_else(|| is_set(source));
    Volume {
        kind: kind.to_owned(),
        name: context.supplies.claim(&written).to_owned(),
        written: Spanned::new(written, span),
        sub_path: Spanned::new(sub_path.trim_matches('/').to_owned(), sub_path_span),
        is_read_only: Spanned::new(read_only.is_some(), read_only.unwrap_or(path.span)),
    }
}

/// A file of a volume.
struct File {
    path: String,
    content: Content,
    span: Span,
}

/// The files of a volume by the paths at which they are mounted.
fn delivered(at: &str, sub_path: &str, files: Files, mount: Span) -> Vec<(Path, Fact)> {
    let base = at.trim_end_matches('/');
    let place = |path: &str| match path.strip_prefix(sub_path) {
        Some("") => Some(at.to_owned()),
        Some(rest) if sub_path.is_empty() => Some(format!("{base}/{rest}")),
        Some(rest) => rest.strip_prefix('/').map(|rest| format!("{base}/{rest}")),
        None => None,
    };
    let found = files.all.into_iter().filter_map(|file| {
        let value = Value::File(file.content, file.span);
        Some((Path::Mount(place(&file.path)?), Fact::new(value, mount)))
    });
    let mut found: Vec<(Path, Fact)> = found.collect();
    if found.is_empty() {
        let kind = if files.is_open { files.kind } else { "empty directory" };
        let value = match (files.is_open, sub_path.is_empty()) {
            (true, false) => Value::File(Content::Unknown, mount),
            _ => Value::Volume(Volume::of_kind(kind, mount)),
        };
        found.push((Path::Mount(at.to_owned()), Fact::new(value, mount)));
    }
    found
}

/// The files of a volume of ConfigMaps and Secrets.
struct Files {
    all: Vec<File>,
    /// Whether there may be others.
    is_open: bool,
    kind: &'static str,
}

/// The files of a volume that is made of ConfigMaps and Secrets; none for others.
fn files(volume: &Node, context: &Context<'_>) -> Option<Files> {
    let projected = volume.get("projected").map(|projected| items(projected, "sources"));
    let sources = projected.unwrap_or(std::slice::from_ref(volume));
    let mut files: Option<Files> = None;
    for source in sources {
        for (field, kind) in [("configMap", Kind::ConfigMap), ("secret", Kind::Secret)] {
            let Some(reference) = source.get(field) else { continue };
            let name = [text(reference, "name"), text(reference, "secretName")].concat();
            let supply = context.supplies.get(kind, &name, context.object);
            let (all, is_open) = of_source(supply, reference, kind);
            let files = files.get_or_insert(Files { all: Vec::new(), is_open: false, kind: field });
            files.is_open |= is_open;
            files.all.extend(all);
        }
    }
    files
}

/// The files of one source, and whether it may have others.
fn of_source(supply: Option<&Supply<'_>>, reference: &Node, kind: Kind) -> (Vec<File>, bool) {
    let missing = || if kind == Kind::Secret { Content::Secret } else { Content::Unknown };
    let chosen = items(reference, "items");
    if chosen.is_empty() {
        let Some(supply) = supply else { return (Vec::new(), true) };
        let file = |(key, entry): (&&str, &super::supply::Entry)| File {
            path: (*key).to_owned(),
            content: entry.content.clone(),
            span: entry.span,
        };
        return (supply.entries.iter().map(file).collect(), supply.is_open);
    }
    let files = chosen.iter().filter_map(|item| {
        let path = text(item, "path").trim_matches('/').to_owned();
        let entry = supply.map(|supply| (supply.entries.get(text(item, "key")), supply.is_open));
        match entry {
            Some((Some(entry), _)) => Some(File { path, content: entry.content.clone(), span: entry.span }),
            Some((None, false)) => None,
            Some((None, true)) | None => Some(File { path, content: missing(), span: item.span }),
        }
    });
    (files.collect(), false)
}

/// What kind a volume is of.
fn kind(volume: &Node) -> &str {
    let keys = volume.as_map().into_iter().flatten().map(|(key, _)| key.text.as_str());
    keys.into_iter().find(|key| *key != "name").unwrap_or("emptyDir")
}
