//! **Placement**: which object and which file holds what was decided.

mod asked;
mod composed;
mod conceal;
pub(in crate::plan) mod development;
mod division;
mod external;
mod passed_on;
mod production;
mod referred;
mod referring;
mod sizes;
mod unplaced;
mod variables;
mod versions;
mod words;

use std::collections::BTreeSet;

use self::{
    referring::{References, Referring},
    variables::{PlacedVariables, Taken},
};
use super::{
    decide::{Data, order},
    facts::{Context, Facts, KnownSecrets},
    input::{Input, Options},
    keys,
    ledger::Ledger,
    model::{App, Environment, Intent, Known, Plan, Routes, Run, Wait, Workload},
};
use crate::{diag::Report, k8s::name};

/// Places what was decided for all environments: variables first, then whole workloads, what clusters and machines
/// need beside them, and secrets last.
pub(in crate::plan) fn place(
    (inputs, shared, options): (&[Input<'_>], Option<&Input<'_>>, &Options),
    (facts, found): (&[Facts<'_>], &KnownSecrets),
    (intents, mut data, waits): (Vec<Intent>, Vec<Data<'_>>, Vec<Wait>),
    mut ledgers: Vec<Ledger>,
    report: &mut Report,
) -> Plan {
    let contexts: Vec<&Context<'_>> = facts.iter().map(|facts| &facts.context).collect();
    let placed = variables::place_variables(
        (&contexts, inputs.len()),
        &intents,
        &mut data,
        found,
        &mut ledgers,
        report,
    );
    let known = intents.iter().zip(inputs).filter(|(_, input)| input.known == Known::All);
    let references = References::of(known.map(|(intent, _)| intent), found);
    let parts = intents.into_iter().zip(data).zip(placed.into_iter().zip(ledgers));
    let parts = inputs.iter().chain(shared).zip(facts).zip(parts);
    let environments =
        parts.enumerate().map(|(index, ((input, facts), ((intent, data), (placed, ledger))))| {
            let may_refuse = || keys::draws_secrets(input.project, found);
            if input.known == Known::All && (report.takes_warnings() || may_refuse()) {
                let keys = keys::keys_without_values(input.project, &ledger);
                keys::warn_of_unsupported(&keys, report);
                keys::refuse_exposed(input.project, &keys, found, report);
            }
            let elsewhere = (index >= inputs.len()).then_some(&references);
            environment((input, facts), (found, elsewhere), (intent, data), placed, ledger)
        });
    let mut environments: Vec<Environment> = environments.collect();
    let mut of_shared = environments.split_off(inputs.len()).pop();
    let facts = facts.get(..inputs.len()).unwrap_or_default();
    production::warn_of_unknown_volumes(&environments, inputs, report);
    for (environment, input) in environments.iter_mut().zip(inputs) {
        production::apply(environment, input, report);
        versions::adapt(environment, input, report);
    }
    development::mount_code(facts, &mut environments, options, report);
    let development = development::develop(facts, &mut environments, (inputs, options, found), report);
    for app in environments.iter_mut().chain(&mut of_shared).flat_map(|environment| &mut environment.apps) {
        app.workloads.iter_mut().for_each(|workload| conceal::conceal(found, workload));
    }
    sizes::warn_of_large(&mut environments, inputs, report);
    external::warn_of_concealed(&environments, inputs, report);
    Plan {
        project: inputs.first().map(|input| input.project.name.clone()).unwrap_or_default(),
        environments,
        shared: of_shared,
        waits,
        tree: contexts
            .first()
            .map(|it| development::relative(&options.output, it.directory()))
            .unwrap_or_default(),
        development,
    }
}

fn environment(
    (input, facts): (&Input<'_>, &Facts<'_>),
    secrets: (&KnownSecrets, Option<&References>),
    (intent, data): (Intent, Data<'_>),
    mut placed: PlacedVariables,
    ledger: Ledger,
) -> Environment {
    let context = &facts.context;
    let usual = || name::dns_label(&format!("{}-{}", input.project.name, input.name));
    let apps = assemble((context, secrets), &intent, &data, &mut placed);
    let waiting: BTreeSet<&str> =
        intent.units.iter().filter(|(_, unit)| unit.waits_by_itself).map(|(name, _)| name.as_str()).collect();
    let Data { secrets, storage, delivered: _ } = data;
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
        steps: order::steps(facts, &apps, &waiting),
        apps,
        shared: placed.shared,
        secrets: secrets.into_bundles(),
        external_secrets: external::secrets(input),
        claims: storage.shared_claims(),
        external_claims: storage.external_claims(),
        moved: storage.into_moved(),
        is_large: false,
        images: context.images.targets(input.project),
        intent,
        ledger,
    }
}

/// Whether an environment of this name runs on a developer's machine.
fn is_local(environment: &str) -> bool {
    ["local", "dev", "development", "minikube", "kind", "skaffold"].contains(&environment)
}

/// Puts workloads into their apps, the one that an app is named for first.
fn assemble(
    (context, (found, elsewhere)): (&Context<'_>, (&KnownSecrets, Option<&References>)),
    intent: &Intent,
    data: &Data<'_>,
    placed: &mut PlacedVariables,
) -> Vec<App> {
    let app = |name: &str| {
        let units = context.apps.members(name).iter().filter_map(|member| {
            let taken = placed.containers.remove(member)?;
            Some((member, intent.units.get(member)?, taken))
        });
        let workloads = units.flat_map(|(member, unit, taken)| {
            unit.runs.iter().enumerate().map(move |(index, run)| {
                let by_value = Referring::by_value(found, unit);
                let referring = match elsewhere {
                    Some(references) => by_value.or_as_elsewhere(references, (member, index)),
                    None => by_value,
                };
                complete(run, taken.clone(), (&referring, found))
            })
        });
        let workloads: Vec<Workload> = workloads.collect();
        App {
            name: name.to_owned(),
            home: context.layout.home(name).to_owned(),
            workloads,
            config: placed.apps.remove(name).unwrap_or_default(),
            files: data.delivered.of_app(name),
            claims: data.storage.claims_of(name),
        }
    };
    context.apps.names().map(app).filter(|app| !app.workloads.is_empty()).collect()
}

/// A workload whose container has its variables and its words.
fn complete(run: &Run, taken: Taken, (referring, found): (&Referring<'_>, &KnownSecrets)) -> Workload {
    let mut workload = run.workload.clone();
    if let Some(container) = workload.pod.containers.first_mut() {
        let image = container.image.as_deref().unwrap_or_default();
        let [command, args] =
            words::refer_words(referring, image, [&run.start.command, &run.start.arguments]);
        (container.command, container.args) = (command, args);
        asked::refer_commands(found, referring, container);
        container.env_from = (!taken.env_from.is_empty()).then_some(taken.env_from);
        container.env = (!taken.env.is_empty()).then_some(taken.env);
    }
    workload
}
