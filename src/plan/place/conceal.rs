//! Secrets that compose has in clear, within commands, health checks, hooks, labels: where they stand, what
//! takes their place in the tree, and the fields as they have to be in the cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe};

use crate::{
    plan::{
        facts::KnownSecrets,
        model::{CONCEALED, Concealed, Workload},
    },
    secret,
};

/// Takes secrets in clear out of a workload, and keeps its fields as they have to be.
pub(super) fn conceal(found: &KnownSecrets, workload: &mut Workload) {
    let init_containers = workload.pod.init_containers.iter_mut().flatten();
    let init_containers: Vec<Container> =
        init_containers.filter_map(|container| conceal_container(found, container)).collect();
    let container = workload.pod.containers.first_mut();
    let name = container.as_ref().map(|container| container.name.clone()).unwrap_or_default();
    let part = container.and_then(|container| conceal_container(found, container));
    let annotations = conceal_labels(found, &mut workload.annotations);
    let pod_annotations = conceal_labels(found, &mut workload.pod_annotations);
    let has_labels = !annotations.is_empty() || !pod_annotations.is_empty();
    workload.concealed = (part.is_some() || !init_containers.is_empty() || has_labels).then(|| Concealed {
        container: part.unwrap_or_else(|| Container { name, ..Container::default() }),
        init_containers,
        annotations,
        pod_annotations,
    });
}

/// The fields of a container that held secrets, as they were.
fn conceal_container(found: &KnownSecrets, container: &mut Container) -> Option<Container> {
    let mut part = Container { name: container.name.clone(), ..Container::default() };
    let image = container.image.clone().unwrap_or_default();
    let mut has_any = conceal_command(found, container, &mut part);
    for (probe, part) in [
        (&mut container.startup_probe, &mut part.startup_probe),
        (&mut container.readiness_probe, &mut part.readiness_probe),
        (&mut container.liveness_probe, &mut part.liveness_probe),
    ] {
        *part = probe.as_mut().and_then(|probe| conceal_probe(found, &image, probe));
        has_any |= part.is_some();
    }
    if let Some(lifecycle) = &mut container.lifecycle {
        part.lifecycle = conceal_hooks(found, &image, lifecycle);
        has_any |= part.lifecycle.is_some();
    }
    has_any.then_some(part)
}

/// Entrypoint and arguments are one command.
fn conceal_command(found: &KnownSecrets, container: &mut Container, part: &mut Container) -> bool {
    let count = container.command.as_ref().map_or(0, Vec::len);
    let both = container.command.iter().chain(&container.args).flatten();
    let words: Vec<&str> = both.map(String::as_str).collect();
    let hidden = hidden_words(found, container.image.as_deref().unwrap_or_default(), &words);
    let (command, args) = hidden.split_at(count);
    part.command = conceal_words(&mut container.command, command);
    part.args = conceal_words(&mut container.args, args);
    part.command.is_some() || part.args.is_some()
}

/// Which of the words hold a secret.
fn hidden_words(found: &KnownSecrets, image: &str, words: &[&str]) -> Vec<bool> {
    let ranges = found.in_words(words, image);
    words
        .iter()
        .zip(ranges.iter())
        .map(|(word, ranges)| !ranges.is_empty() || found.holds_value(word))
        .collect()
}

/// Whether one of the words of a command holds a secret.
pub(super) fn has_secret(found: &KnownSecrets, image: &str, command: &[String]) -> bool {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    hidden_words(found, image, &words).contains(&true)
}

fn conceal_words(words: &mut Option<Vec<String>>, hidden: &[bool]) -> Option<Vec<String>> {
    let words = words.as_mut().filter(|_| hidden.contains(&true))?;
    let whole = words.clone();
    for (word, _) in words.iter_mut().zip(hidden).filter(|(_, hidden)| **hidden) {
        CONCEALED.clone_into(word);
    }
    Some(whole)
}

fn conceal_exec(found: &KnownSecrets, image: &str, exec: &mut ExecAction) -> Option<ExecAction> {
    let words: Vec<&str> = exec.command.iter().flatten().map(String::as_str).collect();
    let hidden = hidden_words(found, image, &words);
    let command = conceal_words(&mut exec.command, &hidden)?;
    Some(ExecAction { command: Some(command) })
}

fn conceal_hooks(found: &KnownSecrets, image: &str, lifecycle: &mut Lifecycle) -> Option<Lifecycle> {
    let conceal = |handler: &mut Option<LifecycleHandler>| {
        let exec = conceal_exec(found, image, handler.as_mut()?.exec.as_mut()?)?;
        Some(LifecycleHandler { exec: Some(exec), ..LifecycleHandler::default() })
    };
    let (post_start, pre_stop) = (conceal(&mut lifecycle.post_start), conceal(&mut lifecycle.pre_stop));
    (post_start.is_some() || pre_stop.is_some()).then(|| Lifecycle {
        post_start,
        pre_stop,
        ..Lifecycle::default()
    })
}

fn conceal_probe(found: &KnownSecrets, image: &str, probe: &mut Probe) -> Option<Probe> {
    let exec = probe.exec.as_mut().and_then(|exec| conceal_exec(found, image, exec));
    let http_get = probe.http_get.as_mut().and_then(|get| conceal_request(found, get));
    (exec.is_some() || http_get.is_some()).then(|| Probe { exec, http_get, ..Probe::default() })
}

/// A secret behind the `?` of a path. The patch names the port, which no request can go without.
fn conceal_request(found: &KnownSecrets, get: &mut HTTPGetAction) -> Option<HTTPGetAction> {
    let path = get.path.as_mut()?;
    if secret::in_value(path).is_empty() && !found.holds_value(path) {
        return None;
    }
    let whole = std::mem::replace(path, format!("/{CONCEALED}"));
    Some(HTTPGetAction { path: Some(whole), port: get.port.clone(), ..HTTPGetAction::default() })
}

/// Gives those that hold a secret as they were.
fn conceal_labels(found: &KnownSecrets, labels: &mut BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut concealed = BTreeMap::new();
    for (key, value) in labels {
        if found.is_secret_label(key, value) {
            concealed.insert(key.clone(), std::mem::replace(value, CONCEALED.to_owned()));
        }
    }
    concealed
}
