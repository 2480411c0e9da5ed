//! Mounted files that are not on this machine: what they deliver is taken from the manifests.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::places;
use crate::{
    cli::environments::LoadedEnvironment,
    compose::model::{Project, Service},
    disk::Disk,
    drift::{
        Facts,
        fact::{ContainerFacts, Fact, Path, Value},
    },
    plan::Intent,
    text::Files,
};

/// Takes what missing files deliver from what was written; gives the files.
pub(super) fn take(
    compose: &mut Facts,
    written: &Facts,
    (environment, intent): (&LoadedEnvironment, &Intent),
    files: &dyn Files,
    disk: &Disk,
) -> BTreeSet<Utf8PathBuf> {
    let mut missing = BTreeSet::new();
    for (name, found) in &mut compose.services {
        let Some(tree) = written.services.get(name) else { continue };
        let Some((name, _)) = places::unit(intent, name) else { continue };
        let Some(service) = environment.project.services.get(name) else { continue };
        for (target, source) in mounted(service, &environment.project) {
            for workload in &mut found.workloads {
                let like = tree.workloads.iter().find(|other| other.name == workload.name);
                let pairs =
                    workload.containers.iter_mut().zip(like.into_iter().flat_map(|it| &it.containers));
                for (own, other) in pairs {
                    missing.extend(of_container(own, other, (&target, &source), files, disk));
                }
            }
        }
    }
    missing
}

/// The files and directories that a service mounts, by their targets.
fn mounted(service: &Service, project: &Project) -> Vec<(String, Utf8PathBuf)> {
    let text = |field: &Option<crate::text::Spanned<String>>| field.as_ref().map(|it| it.value.clone());
    let mounts = service.volumes.iter().flat_map(|volumes| &volumes.value);
    let binds = mounts.filter_map(|mount| {
        let is_bind = text(&mount.value.r#type).is_some_and(|kind| kind == "bind");
        let (target, source) = (text(&mount.value.target)?, text(&mount.value.source)?);
        is_bind.then(|| (target.trim_end_matches('/').to_owned(), source.into()))
    });
    let configs = service.configs.iter().flat_map(|configs| &configs.value);
    let configs = configs.filter_map(|config| {
        let source = text(&config.value.source)?;
        let file = text(&project.configs.get(&source)?.value.file)?;
        Some((text(&config.value.target).unwrap_or_else(|| format!("/{source}")), file.into()))
    });
    binds.chain(configs).collect()
}

/// Files of one mount that are missing, if the manifests have them.
fn of_container(
    own: &mut ContainerFacts,
    other: &ContainerFacts,
    (target, source): (&str, &Utf8Path),
    files: &dyn Files,
    disk: &Disk,
) -> Vec<Utf8PathBuf> {
    let is_gone = files.kind(source).is_none();
    let mut missing = Vec::new();
    for (path, fact) in &other.facts {
        let (Path::Mount(at), Value::File(..)) = (path, &fact.value) else { continue };
        let Some(rest) = at.strip_prefix(target) else { continue };
        let file = match rest.strip_prefix('/') {
            Some(rest) => source.join(rest),
            None if rest.is_empty() => source.to_owned(),
            None => continue,
        };
        let is_ignored = || files.kind(&file).is_none() && disk.is_ignored_by_git(&file);
        if is_gone || is_ignored() {
            own.facts.insert(path.clone(), Fact { value: Value::Unknown, ..fact.clone() });
            missing.push(if is_gone { source.to_owned() } else { file });
        }
    }
    let is_of_tree = other.facts.contains_key(&Path::Mount(target.to_owned()));
    if is_gone && !missing.is_empty() && !is_of_tree {
        // It is taken for an empty directory.
        own.facts.remove(&Path::Mount(target.to_owned()));
    }
    missing
}
