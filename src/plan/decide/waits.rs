//! Waiting for stores: what `depends_on` with `service_healthy` becomes.
//!
//! A store brings a waiting initContainer of its own, for all workloads that carry its label: where an
//! environment does not run the store, nothing waits for it. Services that are no stores are not waited
//! for: their clients have to bear that they come and go. A Job does not bear it, for it runs once: it waits
//! for them too, and for stores that it only has to be started after.

use std::collections::{BTreeMap, BTreeSet};

use super::{Drafted, draft::Draft};
use crate::{
    plan::{
        facts::context::Context,
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{Kind, Wait},
    },
    shell::{Scripts, wait},
};

/// Ports at which stores have a console or figures, not what they are there for.
const BESIDE: &[u16] = &[9001, 9104, 9121, 9187, 9216, 15672, 15692];

/// Labels the workloads that wait, in all environments alike, and gives the stores that are waited for.
pub(super) fn plan(
    contexts: &[&Context<'_>],
    environments: &mut [Drafted<'_>],
    ledgers: &mut [Ledger],
) -> Vec<Wait> {
    let (stores, others) = listening(contexts, environments);
    let is_job = |name: &str| {
        let drafts = environments.iter().flat_map(|drafted| &drafted.drafts);
        drafts.filter(|draft| draft.key == name).any(|draft| matches!(draft.workload.kind, Kind::Job { .. }))
    };
    let mut waiting: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for context in contexts {
        for (name, service) in context.services() {
            let job = is_job(name);
            for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
                let condition = settings.value.condition.as_ref().map_or("", |text| text.value.as_str());
                let waits = match condition {
                    "service_healthy" => {
                        stores.contains_key(dependency) || job && others.contains_key(dependency)
                    }
                    "service_completed_successfully" => false,
                    _ => job && stores.contains_key(dependency),
                };
                if waits {
                    waiting.entry(name.to_owned()).or_default().push(dependency.clone());
                }
            }
        }
    }
    let mut awaited = BTreeSet::new();
    for ((drafted, ledger), context) in environments.iter_mut().zip(ledgers).zip(contexts) {
        for draft in &mut drafted.drafts {
            by_script(draft, &context.reader.scripts, &stores, ledger);
        }
    }
    let drafts = environments.iter_mut().flat_map(|drafted| &mut drafted.drafts);
    // A CronJob that comes too early tries again at its next time.
    for draft in drafts.filter(|draft| !matches!(draft.workload.kind, Kind::CronJob { .. })) {
        let waits = waiting.get(&draft.key).into_iter().flatten();
        draft
            .workload
            .waits
            .extend(waits.filter_map(|it| stores.get(it).or(others.get(it))).map(|wait| wait.host.clone()));
        awaited.extend(draft.workload.waits.iter().cloned());
    }
    let all = stores.into_iter().chain(others).collect::<BTreeMap<_, _>>().into_values();
    all.filter(|wait| awaited.contains(&wait.host)).collect()
}

/// Puts an initContainer in the place of a script that waits for stores. Any other script stays.
fn by_script(draft: &mut Draft, scripts: &Scripts, stores: &BTreeMap<String, Wait>, ledger: &mut Ledger) {
    let is_cronjob = matches!(draft.workload.kind, Kind::CronJob { .. });
    let Some(container) = draft.workload.pod.containers.first_mut().filter(|_| !is_cronjob) else { return };
    let (own, rest) = (container.command.as_deref(), container.args.as_deref());
    let read: Vec<String> =
        own.iter().chain(&rest).copied().flatten().map(|word| word.replace("$$", "$")).collect();
    let Some(found) = wait::read(&read, scripts) else { return };
    let attribute = if own.is_some() { "entrypoint" } else { "command" };
    let file = draft.workload.file.clone();
    let mut entries = Entries::new(ledger, KeyPath::new(["services", &draft.key]), file);
    let named: Vec<String> = found.targets.iter().map(|(host, port)| format!("`{host}:{port}`")).collect();
    let named = named.join(" and ");
    let store = |(host, port): &(String, u16)| {
        let store = stores.values().find(|wait| wait.host == *host && wait.port == *port);
        store.map(|wait| wait.host.clone())
    };
    let hosts: Option<Vec<String>> = found.targets.iter().map(store).collect();
    match (hosts, without(own, rest, &found)) {
        (Some(hosts), Some((command, args))) => {
            (container.command, container.args) = (command, args);
            draft.workload.waits.extend(hosts);
            let reason = format!("an initContainer waits for {named} in the place of the script");
            entries.approximated(&[attribute], reason);
        }
        _ => {
            let reason =
                format!("it waits for {named} by itself, as in compose: only stores bring an initContainer");
            entries.approximated(&[attribute], reason);
        }
    }
}

type Words = Option<Vec<String>>;

/// Command and arguments without the wait at their beginning.
fn without(command: Option<&[String]>, args: Option<&[String]>, wait: &wait::Wait) -> Option<(Words, Words)> {
    let own = command.map_or(0, <[String]>::len).min(wait.words);
    let mut found_text = wait.text.is_none();
    let mut cut = |words: &[String], taken: usize| -> Words {
        let words = words.iter().skip(taken).map(|word| match &wait.text {
            Some(text) => match word.strip_prefix(text.as_str()) {
                Some(rest) => {
                    found_text = true;
                    rest.trim_start().to_owned()
                }
                None => word.clone(),
            },
            None => word.clone(),
        });
        Some(words.collect::<Vec<String>>()).filter(|words| !words.is_empty())
    };
    let mut left = (
        command.and_then(|words| cut(words, own)),
        args.and_then(|words| cut(words, wait.words.saturating_sub(own))),
    );
    // What stood behind the wait is the command now, not what the image's entrypoint is given.
    if command.is_some() && left.0.is_none() {
        left = (left.1, None);
    }
    found_text.then_some(left)
}

/// What listens at a port, by service: stores, and everything else.
fn listening(
    contexts: &[&Context<'_>],
    environments: &[Drafted<'_>],
) -> (BTreeMap<String, Wait>, BTreeMap<String, Wait>) {
    let (mut stores, mut others) = (BTreeMap::new(), BTreeMap::new());
    for (context, drafted) in contexts.iter().zip(environments) {
        for draft in &drafted.drafts {
            let service = draft.workload.services.first();
            let tcp =
                service.iter().flat_map(|service| &service.ports).filter(|port| port.protocol.is_none());
            let tcp: Vec<u16> = tcp.filter_map(|port| u16::try_from(port.port).ok()).collect();
            // What is only assumed of a store stands last: it may have been told to listen elsewhere.
            let port = tcp.iter().find(|port| !BESIDE.contains(port)).or(tcp.first()).copied();
            if let (Some(service), Some(port)) = (service, port) {
                let is_store = matches!(draft.workload.kind, Kind::StatefulSet { .. })
                    || draft.workload.component == "store";
                let home = context.layout.home(&draft.app).to_owned();
                let wait = Wait { host: service.name.clone(), port, home };
                let listening = if is_store { &mut stores } else { &mut others };
                listening.entry(draft.key.clone()).or_insert(wait);
            }
        }
    }
    // Nobody waits for what an environment has none of, and the wait is the same in all of them.
    let drafts = environments.iter().flat_map(|drafted| &drafted.drafts);
    for draft in drafts.filter(|draft| has_no_pods(&draft.workload.kind)) {
        stores.remove(&draft.key);
        others.remove(&draft.key);
    }
    // What keeps its data in one environment alone is a store in all of them.
    others.retain(|key, _| !stores.contains_key(key));
    (stores, others)
}

fn has_no_pods(kind: &Kind) -> bool {
    matches!(kind, Kind::Deployment { replicas: Some(0), .. } | Kind::StatefulSet { replicas: Some(0) })
}
