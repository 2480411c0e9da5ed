//! **Placement**: which object and which file holds what was decided.

mod composed;
mod configuration;
pub(in crate::plan) mod development;
mod external;
mod production;
mod versions;

use std::collections::BTreeMap;

use self::configuration::Bundles;
use super::{
    decide::{Drafted, draft::Draft, mounts::Delivered, order, storage::Storage},
    facts::{Facts, context::Context, secrets::Found},
    input::{Input, Options},
    keys,
    ledger::Ledger,
    model::{App, Bundle, Environment, Known, Plan, Routes, Wait},
};
use crate::{diag::Report, k8s::name};

/// Places what was decided for all environments.
pub(in crate::plan) fn place(
    (inputs, options): (&[Input<'_>], &Options),
    facts: &[Facts<'_>],
    found: &Found,
    (mut drafted, waits): (Vec<Drafted<'_>>, Vec<Wait>),
    mut ledgers: Vec<Ledger>,
    report: &mut Report,
) -> Plan {
    let contexts: Vec<&Context<'_>> = facts.iter().map(|facts| &facts.context).collect();
    let bundles = configuration::share(&contexts, &mut drafted, found, &mut ledgers, report);
    let parts = inputs.iter().zip(facts).zip(drafted.into_iter().zip(bundles)).zip(ledgers);
    let environments = parts.map(|(((input, facts), (drafted, bundles)), ledger)| {
        if input.known == Known::All {
            keys::warn_of_unsupported(input.project, &ledger, report);
        }
        environment(input, facts, drafted, bundles, ledger)
    });
    let mut environments: Vec<Environment> = environments.collect();
    production::warn_of_unknown_volumes(&environments, inputs, report);
    for (environment, input) in environments.iter_mut().zip(inputs) {
        production::apply(environment, input, report);
        versions::adapt(environment, input, report);
    }
    development::mount_code(facts, &mut environments, options, report);
    let development = development::plan(facts, &mut environments, (inputs, options, found), report);
    external::warn_of_concealed(&environments, inputs, report);
    Plan {
        project: inputs.first().map(|input| input.project.name.clone()).unwrap_or_default(),
        environments,
        waits,
        development,
    }
}

fn environment(
    input: &Input<'_>,
    facts: &Facts<'_>,
    drafted: Drafted<'_>,
    bundles: Bundles,
    ledger: Ledger,
) -> Environment {
    let context = &facts.context;
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
        steps: order::steps(facts, &apps, &waiting),
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
