//! Secrets that compose has in clear, within commands, health checks, hooks, labels: where they stand, what
//! takes their place in the tree, and the fields as they have to be in the cluster.

use std::{collections::BTreeMap, ops::Range};

use k8s_openapi::api::core::v1::{Container, ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe};

use crate::{
    k8s::expansion,
    plan::{
        facts::secrets::Found,
        model::{CONCEALED, Concealed, Variable, Workload},
    },
    secret,
};

/// The words of entrypoint and arguments, which are one command, as the kubelet has to read them: the secret values
/// that the container has as variables stand as `$(NAME)`.
pub(super) fn refer_words(
    found: &Found,
    image: &str,
    variables: &BTreeMap<String, Variable>,
    [command, arguments]: [&[String]; 2],
) -> [Option<Vec<String>>; 2] {
    let own = variables.iter().filter(|(_, variable)| variable.is_secret);
    let own = own.filter_map(|(name, variable)| Some((name.as_str(), variable.value.known()?)));
    let own: Vec<(&str, &str)> = own.filter(|(_, value)| !value.is_empty()).collect();
    let words: Vec<&str> = command.iter().chain(arguments).map(String::as_str).collect();
    let secrets = found.in_words(&words, image);
    let referred = words.iter().zip(secrets.iter());
    let mut referred: Vec<String> =
        referred.map(|(word, ranges)| refer_word(found, &own, word, ranges)).collect();
    let arguments = referred.split_off(command.len());
    [referred, arguments].map(|words| (!words.is_empty()).then_some(words))
}

fn refer_word(found: &Found, own: &[(&str, &str)], word: &str, secrets: &[Range<usize>]) -> String {
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for (key, value) in own {
        if found.is_value(value) {
            places.extend(secret::occurrences(word, value).map(|range| (range, *key)));
        }
        // Where a secret stands, even a short one is no word like others.
        let equal = secrets.iter().filter(|range| word.get((*range).clone()) == Some(*value));
        places.extend(equal.map(|range| (range.clone(), *key)));
    }
    places.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut text = String::new();
    let mut done = 0;
    for (range, key) in places {
        if range.start < done {
            continue;
        }
        text.push_str(&expansion::escape(&word[done..range.start]));
        if text.ends_with('$') {
            text.push('$');
        }
        text.push_str(&expansion::reference(key));
        done = range.end;
    }
    text + &expansion::escape(&word[done..])
}

/// Takes secrets in clear out of a workload, and keeps its fields as they have to be.
pub(super) fn conceal(found: &Found, workload: &mut Workload) {
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
fn conceal_container(found: &Found, container: &mut Container) -> Option<Container> {
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
fn conceal_command(found: &Found, container: &mut Container, part: &mut Container) -> bool {
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
fn hidden_words(found: &Found, image: &str, words: &[&str]) -> Vec<bool> {
    let ranges = found.in_words(words, image);
    words
        .iter()
        .zip(ranges.iter())
        .map(|(word, ranges)| !ranges.is_empty() || found.holds_value(word))
        .collect()
}

fn conceal_words(words: &mut Option<Vec<String>>, hidden: &[bool]) -> Option<Vec<String>> {
    let words = words.as_mut().filter(|_| hidden.contains(&true))?;
    let whole = words.clone();
    for (word, _) in words.iter_mut().zip(hidden).filter(|(_, hidden)| **hidden) {
        CONCEALED.clone_into(word);
    }
    Some(whole)
}

fn conceal_exec(found: &Found, image: &str, exec: &mut ExecAction) -> Option<ExecAction> {
    let words: Vec<&str> = exec.command.iter().flatten().map(String::as_str).collect();
    let hidden = hidden_words(found, image, &words);
    let command = conceal_words(&mut exec.command, &hidden)?;
    Some(ExecAction { command: Some(command) })
}

fn conceal_hooks(found: &Found, image: &str, lifecycle: &mut Lifecycle) -> Option<Lifecycle> {
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

fn conceal_probe(found: &Found, image: &str, probe: &mut Probe) -> Option<Probe> {
    let exec = probe.exec.as_mut().and_then(|exec| conceal_exec(found, image, exec));
    let http_get = probe.http_get.as_mut().and_then(|get| conceal_request(found, get));
    (exec.is_some() || http_get.is_some()).then(|| Probe { exec, http_get, ..Probe::default() })
}

/// A secret behind the `?` of a path. The patch names the port, which no request can go without.
fn conceal_request(found: &Found, get: &mut HTTPGetAction) -> Option<HTTPGetAction> {
    let path = get.path.as_mut()?;
    if secret::in_value(path).is_empty() && !found.holds_value(path) {
        return None;
    }
    let whole = std::mem::replace(path, format!("/{CONCEALED}"));
    Some(HTTPGetAction { path: Some(whole), port: get.port.clone(), ..HTTPGetAction::default() })
}

/// Gives those that hold a secret as they were.
fn conceal_labels(found: &Found, labels: &mut BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut concealed = BTreeMap::new();
    for (key, value) in labels {
        if found.holds_value(value) || !secret::in_label(key, value).is_empty() {
            concealed.insert(key.clone(), std::mem::replace(value, CONCEALED.to_owned()));
        }
    }
    concealed
}
