//! Waiting for stores: what `depends_on` with `service_healthy` becomes.
//!
//! A store brings a waiting initContainer of its own, for all workloads that carry its label: where an
//! environment does not run the store, nothing waits for it. Services that are no stores are not waited
//! for: their clients have to bear that they come and go. A Job does not bear it, for it runs once: it waits
//! for them too, and for stores that it only has to be started after.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    plan::{
        facts::Context,
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{Intent, Kind, Run, Start, Wait, Workload},
        reasons,
    },
    shell::{Scripts, wait},
};

/// Ports at which stores have a console or figures, not what they are there for.
const BESIDE: &[u16] = &[9001, 9104, 9121, 9187, 9216, 15672, 15692];

/// Labels the workloads that wait, in all environments alike, and gives the stores that are waited for.
pub(super) fn decide_waits(
    contexts: &[&Context<'_>],
    intents: &mut [Intent],
    ledgers: &mut [Ledger],
) -> Vec<Wait> {
    let (stores, others) = listening(contexts, intents);
    let waiting = waiting(contexts, intents, (&stores, &others));
    for ((intent, ledger), context) in intents.iter_mut().zip(ledgers).zip(contexts) {
        for (service, unit) in &mut intent.units {
            for run in &mut unit.runs {
                replace_script((service, run), &context.reader.scripts, &stores, ledger);
            }
        }
    }
    let mut awaited = BTreeSet::new();
    for (service, unit) in intents.iter_mut().flat_map(|intent| &mut intent.units) {
        // A CronJob that comes too early tries again at its next time.
        for workload in unit.runs.iter_mut().map(|run| &mut run.workload).filter(|it| !is_cron_job(&it.kind))
        {
            let waits = waiting.get(service.as_str()).into_iter().flatten();
            let waits = waits.filter_map(|it| stores.get(*it).or(others.get(*it)));
            workload.waits.extend(waits.map(|wait| wait.host.clone()));
            awaited.extend(workload.waits.iter().cloned());
        }
    }
    let all = stores.into_iter().chain(others).collect::<BTreeMap<_, _>>().into_values();
    all.filter(|wait| awaited.contains(&wait.host)).collect()
}

/// What listens at a port, by service.
type Listening = BTreeMap<String, Wait>;

/// For each service, what of the stores and of the others it waits for because of its `depends_on`.
fn waiting<'a>(
    contexts: &[&'a Context<'_>],
    intents: &[Intent],
    (stores, others): (&Listening, &Listening),
) -> BTreeMap<&'a str, Vec<&'a str>> {
    let is_job = |name: &str| {
        let mut runs = intents.iter().filter_map(|intent| intent.units.get(name)).flat_map(|unit| &unit.runs);
        runs.any(|run| matches!(run.workload.kind, Kind::Job { .. }))
    };
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
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
                    waiting.entry(name).or_default().push(dependency);
                }
            }
        }
    }
    waiting
}

fn is_cron_job(kind: &Kind) -> bool {
    matches!(kind, Kind::CronJob { .. })
}

/// Puts an initContainer in the place of a script that waits for stores. Any other script stays.
fn replace_script(
    (service, run): (&str, &mut Run),
    scripts: &Scripts,
    stores: &Listening,
    ledger: &mut Ledger,
) {
    if is_cron_job(&run.workload.kind) {
        return;
    }
    let words = [run.start.command.as_slice(), &run.start.arguments].concat();
    let Some(found) = wait::read(&words, scripts) else { return };
    let attribute = if run.start.command.is_empty() { "command" } else { "entrypoint" };
    let file = run.workload.file.clone();
    let mut entries = Entries::new(ledger, KeyPath::new(["services", service]), file);
    let named: Vec<String> = found.targets.iter().map(|(host, port)| format!("`{host}:{port}`")).collect();
    let named = named.join(" and ");
    let store = |(host, port): &(String, u16)| {
        let store = stores.values().find(|wait| wait.host == *host && wait.port == *port);
        store.map(|wait| wait.host.clone())
    };
    let hosts: Option<Vec<String>> = found.targets.iter().map(store).collect();
    match (hosts, without(&run.start, &found)) {
        (Some(hosts), Some(start)) => {
            run.start = start;
            run.workload.waits.extend(hosts);
            entries.approximated(&[attribute], reasons::init_container_waits(named));
        }
        _ => {
            entries.approximated(&[attribute], reasons::waits_itself(named));
        }
    }
}

/// The start without the wait at its beginning.
fn without(start: &Start, wait: &wait::Wait) -> Option<Start> {
    let own = start.command.len().min(wait.words);
    let mut found_text = wait.text.is_none();
    let mut cut = |words: &[String], taken: usize| -> Vec<String> {
        let words = words.iter().skip(taken);
        let rest =
            words.map(|word| match wait.text.as_ref().and_then(|text| word.strip_prefix(text.as_str())) {
                Some(rest) => {
                    found_text = true;
                    rest.trim_start().to_owned()
                }
                None => word.clone(),
            });
        rest.collect()
    };
    let command = cut(&start.command, own);
    let arguments = cut(&start.arguments, wait.words.saturating_sub(own));
    // What stood behind the wait is the command now, not what the image's entrypoint is given.
    let is_command = !start.command.is_empty() && command.is_empty();
    let (command, arguments) = if is_command { (arguments, Vec::new()) } else { (command, arguments) };
    found_text.then_some(Start { command, arguments })
}

/// What listens at a port: stores, and everything else.
fn listening(contexts: &[&Context<'_>], intents: &[Intent]) -> (Listening, Listening) {
    let (mut stores, mut others) = (Listening::new(), Listening::new());
    for (context, intent) in contexts.iter().zip(intents) {
        for (service, unit) in &intent.units {
            for workload in unit.runs.iter().map(|run| &run.workload) {
                if let Some((host, port)) = address(workload) {
                    let is_store =
                        matches!(workload.kind, Kind::StatefulSet { .. }) || workload.component.is_backing();
                    let home = context.layout.home(&unit.app).to_owned();
                    let listening = if is_store { &mut stores } else { &mut others };
                    listening.entry(service.clone()).or_insert(Wait { host, port, home });
                }
            }
        }
    }
    // Nobody waits for what an environment has none of, and the wait is the same in all of them.
    for (service, unit) in intents.iter().flat_map(|intent| &intent.units) {
        if unit.runs.iter().any(|run| has_no_pods(&run.workload.kind)) {
            stores.remove(service);
            others.remove(service);
        }
    }
    // What keeps its data in one environment alone is a store in all of them.
    others.retain(|key, _| !stores.contains_key(key));
    (stores, others)
}

/// The name and the port at which clients ask a workload.
fn address(workload: &Workload) -> Option<(String, u16)> {
    let service = workload.services.first()?;
    let tcp = service.ports.iter().filter(|port| port.protocol.is_none());
    let tcp: Vec<u16> = tcp.filter_map(|port| u16::try_from(port.port).ok()).collect();
    // What is only assumed of a store stands last: it may have been told to listen elsewhere.
    let port = tcp.iter().find(|port| !BESIDE.contains(port)).or(tcp.first()).copied()?;
    Some((service.name.clone(), port))
}

fn has_no_pods(kind: &Kind) -> bool {
    matches!(kind, Kind::Deployment { replicas: Some(0), .. } | Kind::StatefulSet { replicas: Some(0) })
}
