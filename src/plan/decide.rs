//! **Decisions**: what compose asks for in each environment, in Kubernetes' terms.

pub(in crate::plan) mod copies;
mod health;
mod image;
mod jobs;
mod katenary;
mod kind;
mod kinds;
mod kompose;
pub(in crate::plan) mod mounts;
pub(in crate::plan) mod network;
mod one_shot;
pub(in crate::plan) mod order;
mod placement;
mod places;
mod ports;
mod probes;
mod process;
mod ranges;
mod resources;
mod rollout;
mod schedule;
mod security;
mod start;
pub(in crate::plan) mod storage;
mod top;
mod variables;
mod waits;
mod workload;

use std::collections::BTreeSet;

use self::{
    kind::WorkloadKind,
    kinds::Kinds,
    mounts::Delivered,
    ports::Ports,
    storage::Storage,
    workload::{Parts, decide_unit},
};
use super::{
    facts::{Context, Facts, KnownSecrets, Secrets, hosts, renamed},
    fate::KeyPath,
    ledger::{Entries, Ledger},
    model::{Intent, Known, Wait},
    reasons,
};
use crate::diag::{Diagnostic, Report, codes};

/// The objects that hold the data of one environment: Secrets, claims, files in ConfigMaps.
pub(in crate::plan) struct Data<'a> {
    pub(in crate::plan) secrets: Secrets<'a>,
    pub(in crate::plan) storage: Storage,
    pub(in crate::plan) delivered: Delivered,
}

/// Decides what each environment runs, and which stores are waited for.
pub(in crate::plan) fn decide<'a>(
    facts: &[Facts<'_>],
    found: &'a KnownSecrets,
    ledgers: &mut [Ledger],
    report: &mut Report,
) -> (Vec<Intent>, Vec<Data<'a>>, Vec<Wait>) {
    let stateful = kinds::stateful(facts);
    let decided = facts.iter().zip(ledgers.iter_mut()).map(|(facts, ledger)| match facts.context.known {
        Known::All => decide_environment(facts, &stateful, found, ledger, report),
        // Whoever has the missing files will be told.
        _ => decide_environment(facts, &stateful, found, ledger, &mut Report::of_errors()),
    });
    let (mut intents, data): (Vec<Intent>, Vec<Data<'a>>) = decided.unzip();
    let contexts: Vec<&Context<'_>> = facts.iter().map(|facts| &facts.context).collect();
    let waits = waits::decide_waits(&contexts, &mut intents, ledgers);
    (intents, data, waits)
}

fn decide_environment<'a>(
    facts: &Facts<'_>,
    stateful: &BTreeSet<String>,
    found: &'a KnownSecrets,
    ledger: &mut Ledger,
    report: &mut Report,
) -> (Intent, Data<'a>) {
    let context = &facts.context;
    ranges::check(context, report);
    let kinds = kinds::decide_kinds(facts, stateful);
    let ports = ports::learn(facts, &kinds);
    let mut data = Data {
        secrets: Secrets::new(found),
        storage: Storage::of(facts, &kinds, found),
        delivered: Delivered::default(),
    };
    let mut parts = Parts {
        facts,
        ports: &ports,
        kinds: &kinds,
        storage: &mut data.storage,
        secrets: &mut data.secrets,
        delivered: &mut data.delivered,
        ledger,
    };
    let units = context.services();
    let units = units.map(|(name, service)| (name.to_owned(), decide_unit(name, service, &mut parts)));
    let mut intent = Intent { units: units.collect() };
    rollout::take_turns(&mut intent, &data.storage, ledger);
    for (name, _) in context.project.services.iter().filter(|(_, service)| !service.is_container()) {
        let key = KeyPath::new(["services", name.as_str()]);
        let mut entries = Entries::new(ledger, key, String::new());
        entries.ignored(&[], reasons::NO_CONTAINER);
        entries.as_ever(&["provider"]);
    }
    data.storage.record_volumes(context, ledger);
    top::record_top_level(context, ledger);
    top::warn_of_missing(context, report);
    top::judge_dockerfiles(context, report);
    warn_of_unknown_ports(facts, &ports, report);
    note_unknown_ports(facts, &kinds, &ports, report);
    if report.takes_warnings() {
        let of_others = |text: &str| facts.hosts.of_another_project(context.project, text);
        hosts::machine::warn((context, &facts.services), &of_others, report);
        renamed::warn((context, &facts.services, &facts.hosts), report);
        renamed::warn_of_shared_aliases((context, &facts.hosts), report);
    }
    (intent, data)
}

/// A service that others name has to resolve; without ports its name gives the pods, at any port.
fn warn_of_unknown_ports(facts: &Facts<'_>, ports: &Ports, report: &mut Report) {
    for (name, _) in facts.context.services() {
        if facts.hosts.is_addressed(name) && ports.of_service(name).is_empty() {
            report.push(
                Diagnostic::warning(
                    codes::UNKNOWN_PORTS,
                    format!("no port of `{name}` is known, and others address it"),
                )
                .at(
                    facts.context.project.place_of_service(name),
                    "its Service is headless: the name gives the pods, at any port",
                )
                .help("name its ports under `expose`"),
            );
        }
    }
}

/// Whom others depend on, and nothing more, may be asked by them or not. A service that runs its image's own command
/// without end is likely to be.
fn note_unknown_ports(facts: &Facts<'_>, kinds: &Kinds, ports: &Ports, report: &mut Report) {
    let asked: BTreeSet<&str> =
        facts.context.services().flat_map(|(_, service)| order::asked(service)).collect();
    let unknown = facts.context.services().filter(|(name, service)| {
        let serves = service.command.is_none() && service.entrypoint.is_none() && !service.runs_to_its_end();
        serves
            && !facts.hosts.is_addressed(name)
            && !matches!(kinds.of(name), WorkloadKind::Job | WorkloadKind::CronJob)
            && ports.of_service(name).is_empty()
            && asked.contains(name)
    });
    let unknown: Vec<&str> = unknown.map(|(name, _)| name).collect();
    if unknown.is_empty() {
        return;
    }
    let names: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("others depend on services of which no port is known: {}", names.join(", "));
    let help = "the Service of each is headless: the name gives the pods, at any port. Name what it listens on under \
        `expose`";
    let diagnostic = Diagnostic::info(codes::UNKNOWN_PORTS, message).help(help);
    let places = unknown.iter().take(3).map(|name| facts.context.project.place_of_service(name));
    report.push(places.fold(diagnostic, |diagnostic, place| diagnostic.at(place, "")));
}
