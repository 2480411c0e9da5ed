//! **Decisions**: which objects a project becomes, and what becomes of every key that was read.
//!
//! A [`Plan`] is complete: rendering only writes it down. It holds Kubernetes' own types where
//! Kubernetes has one (a pod, a probe), and types of its own where several objects or files come of
//! one decision (an app, a workload, a bundle of variables).

mod apps;
mod clear;
mod command;
mod composed;
mod configuration;
mod context;
mod copies;
mod development;
mod dockerfiles;
mod draft;
mod external;
mod fate;
mod files;
mod health;
mod hosts;
mod image;
mod images;
mod jobs;
mod katenary;
mod keys;
mod kinds;
mod kompose;
mod layout;
mod ledger;
pub mod mapping;
mod model;
mod mounts;
mod named;
mod names;
mod network;
mod one_shot;
mod order;
mod placement;
mod ports;
mod production;
mod resources;
mod rollout;
mod schedule;
mod secrets;
mod security;
mod storage;
mod texts;
mod top;
mod versions;
mod volumes;
mod waits;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    configuration::Bundles,
    context::{Context, Whole},
    draft::{Decided, Draft},
    kinds::Kinds,
    mounts::Delivered,
    ports::Ports,
    secrets::{Found, Secrets},
    storage::Storage,
    workload::Parts,
};
pub use self::{
    context::{Input, Options},
    development::workspace,
    fate::{Fate, FateKind, KeyPath},
    keys::{KeyFate, SUPERSEDED, keys},
    ledger::Ledger,
    model::{
        Allowed, App, Artifact, Autoscaler, Budget, BuildSecret, Bundle, CONCEALED, ClusterService,
        CodeMount, Concealed, Development, Environment, ExternalSecrets, FileBundle, Forward, Further, Image,
        JOBS_LABEL, Kind, Known, NetworkPolicy, Overlap, Plan, Route, Routes, SERVICE_LABEL, SecretBundle,
        Step, Store, Sync, Update, Wait, Workload,
    },
    named::warn_of_unknown_profiles,
};
use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    k8s::name,
    text::Files,
};

/// Decides what a project becomes in all its environments. What cannot be decided is reported; the plan is
/// then incomplete.
pub fn plan(inputs: &[Input<'_>], options: &Options, files: &dyn Files, report: &mut Report) -> Plan {
    let projects: Vec<&Project> = inputs.iter().map(|input| input.project).collect();
    let whole = Whole::of(&projects, report);
    let found = secrets::find(inputs, options, report);
    let mut ledgers: Vec<Ledger> = inputs.iter().map(|_| Ledger::default()).collect();
    let contexts: Vec<Context<'_>> =
        inputs.iter().map(|input| Context::of(input, &whole, options, files)).collect();
    let mut drafted: Vec<Drafted<'_>> = contexts
        .iter()
        .zip(&mut ledgers)
        .map(|(context, ledger)| match context.known {
            Known::All => draft(context, &found, ledger, report),
            // Whoever has the missing files will be told.
            _ => draft(context, &found, ledger, &mut Report::default()),
        })
        .collect();
    let waits = waits::plan(&contexts, &mut drafted, &mut ledgers);
    let bundles = configuration::share(&contexts, &mut drafted, &found, &mut ledgers, report);
    let parts = inputs.iter().zip(&contexts).zip(drafted.into_iter().zip(bundles)).zip(ledgers);
    let environments = parts.map(|(((input, context), (drafted, bundles)), ledger)| {
        if input.known == Known::All {
            keys::warn_of_unsupported(input.project, &ledger, report);
        }
        environment(input, context, drafted, bundles, ledger)
    });
    let mut environments: Vec<Environment> = environments.collect();
    production::warn_of_unknown_volumes(&environments, inputs, report);
    for (environment, input) in environments.iter_mut().zip(inputs) {
        production::apply(environment, input, report);
        versions::adapt(environment, input, report);
    }
    development::mount_code(&contexts, &mut environments, options, report);
    let development = development::plan(&contexts, &mut environments, (inputs, options, &found), report);
    external::warn_of_concealed(&environments, inputs, report);
    Plan {
        project: projects.first().map(|project| project.name.clone()).unwrap_or_default(),
        environments,
        waits,
        development,
    }
}

/// The workloads of one environment, before it is known which variables others share.
struct Drafted<'a> {
    drafts: Vec<Draft>,
    secrets: Secrets<'a>,
    storage: Storage,
    delivered: Delivered,
    /// Services that run once and wait for others by themselves.
    waiting: BTreeSet<String>,
}

fn draft<'a>(
    context: &'a Context<'a>,
    found: &'a Found,
    ledger: &mut Ledger,
    report: &mut Report,
) -> Drafted<'a> {
    let kinds = kinds::decide(context);
    let ports = ports::learn(context, &kinds);
    let mut drafted = Drafted {
        drafts: Vec::new(),
        secrets: Secrets::new(found),
        storage: Storage::of(context, &kinds),
        delivered: Delivered::default(),
        waiting: kinds.waiting().clone(),
    };
    let mut parts = Parts {
        context,
        ports: &ports,
        kinds: &kinds,
        storage: &mut drafted.storage,
        secrets: &mut drafted.secrets,
        delivered: &mut drafted.delivered,
        ledger,
    };
    drafted.drafts =
        context.services().flat_map(|(name, service)| workload::plan(name, service, &mut parts)).collect();
    drafted.storage.enter(context, ledger);
    top::enter(context, ledger);
    top::warn_of_missing(context, report);
    warn_of_unknown_ports(context, &ports, report);
    note_unknown_ports(context, &kinds, &ports, report);
    hosts::machine::warn(context, report);
    hosts::renamed::warn(context, report);
    drafted
}

fn environment(
    input: &Input<'_>,
    context: &Context<'_>,
    drafted: Drafted<'_>,
    bundles: Bundles,
    ledger: Ledger,
) -> Environment {
    let Drafted { drafts, secrets, storage, delivered, waiting } = drafted;
    let usual = || name::dns_label(&format!("{}-{}", input.project.name, input.name));
    let apps = assemble(context, drafts, bundles.apps, &delivered, &storage);
    Environment {
        name: input.name.clone(),
        known: input.known,
        namespace: input.namespace.clone().unwrap_or_else(usual),
        origin: input.origin.clone(),
        kubernetes: input.cluster.version(),
        context: input.cluster.context(),
        autoscalers: Vec::new(),
        budgets: Vec::new(),
        routes: Routes::default(),
        policies: Vec::new(),
        is_local: is_local(&input.name) || input.cluster.local.is_some(),
        local_cluster: input.cluster.local_cluster().map(str::to_owned),
        code: Vec::new(),
        steps: order::steps(context, &apps, &waiting),
        apps,
        shared: bundles.shared,
        secrets: secrets.into_bundles(),
        external_secrets: external::secrets(input),
        claims: storage.shared_claims(),
        external_claims: storage.external_claims(),
        images: context.images.targets(input.project),
        ledger,
    }
}

/// Does an environment of this name run on a developer's machine?
fn is_local(environment: &str) -> bool {
    ["local", "dev", "development", "minikube", "kind", "skaffold"].contains(&environment)
}

/// Puts workloads into their apps, the one that an app is named for first.
fn assemble(
    context: &Context<'_>,
    drafts: Vec<Draft>,
    mut config: BTreeMap<String, Bundle>,
    delivered: &Delivered,
    storage: &Storage,
) -> Vec<App> {
    let mut by_key: BTreeMap<String, Vec<Draft>> = BTreeMap::new();
    for draft in drafts {
        by_key.entry(draft.key.clone()).or_default().push(draft);
    }
    let app = |name: &str| {
        let mut app = App {
            name: name.to_owned(),
            home: context.layout.home(name).to_owned(),
            workloads: Vec::new(),
            config: config.remove(name).unwrap_or_default(),
            files: delivered.of_app(name),
            claims: storage.claims_of(name),
        };
        let members = context.apps.members(name).iter().filter_map(|member| by_key.remove(member));
        app.workloads.extend(members.flatten().map(|draft| draft.workload));
        app
    };
    context.apps.names().map(app).filter(|app| !app.workloads.is_empty()).collect()
}

/// A service that others name has to resolve; without ports its name gives the pods, at any port.
fn warn_of_unknown_ports(context: &Context<'_>, ports: &Ports, report: &mut Report) {
    for (name, _) in context.services() {
        if context.hosts.is_addressed(name) && ports.of_service(name).is_empty() {
            report.push(
                Diagnostic::warning(
                    codes::UNKNOWN_PORTS,
                    format!("no port of `{name}` is known, and others address it"),
                )
                .at(
                    context.project.place_of_service(name),
                    "its Service is headless: the name gives the pods, at any port",
                )
                .help("name its ports under `expose`"),
            );
        }
    }
}

/// Whom others depend on, and nothing more, may be asked by them or not. A service that runs its image's own command
/// without end is likely to be.
fn note_unknown_ports(context: &Context<'_>, kinds: &Kinds, ports: &Ports, report: &mut Report) {
    let unknown = context.services().filter(|(name, service)| {
        let serves = service.command.is_none() && service.entrypoint.is_none() && !service.runs_to_its_end();
        serves
            && !context.hosts.is_addressed(name)
            && !matches!(kinds.of(name), Decided::Job | Decided::CronJob)
            && ports.of_service(name).is_empty()
            && context.services().any(|(_, other)| order::asks(other, name))
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
    let places = unknown.iter().take(3).map(|name| context.project.place_of_service(name));
    report.push(places.fold(diagnostic, |diagnostic, place| diagnostic.at(place, "")));
}
