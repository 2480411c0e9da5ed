//! What production asks for and compose does not say: updates without interruption, scaling, hosts, sizes. All
//! of it is asked for in `kustompose.yaml`; what cannot be had is an error there.

mod autopilot;
mod ingress;
mod policies;
mod serving;

use k8s_openapi::{api::core::v1::PersistentVolumeClaim, apimachinery::pkg::api::resource::Quantity};

use crate::{
    catalog::reference::Reference,
    diag::{Diagnostic, Report, codes},
    k8s::name,
    plan::{input::Input, model::Environment},
    settings::cluster::Defaults,
};

/// Gives an environment what its settings ask for.
pub(super) fn apply(environment: &mut Environment, input: &Input<'_>, report: &mut Report) {
    serving::add_serving(environment, input, report);
    ingress::add_routes(environment, input, report);
    policies::add_policies(environment, input);
    sizes(environment, &input.cluster.defaults);
    if let Some(registry) = &input.cluster.registry {
        for image in environment.images.values_mut() {
            image.name = format!("{}/{}", registry.value, Reference::parse(&image.name).repository);
        }
    }
    if let Some(autopilot) = input.cluster.autopilot {
        autopilot::check(environment, input, autopilot, report);
    }
}

fn claims(environment: &mut Environment) -> impl Iterator<Item = &mut PersistentVolumeClaim> {
    let Environment { claims, external_claims, apps, .. } = environment;
    let own = apps.iter_mut().flat_map(|app| {
        let templates = app.workloads.iter_mut().flat_map(|workload| &mut workload.claim_templates);
        app.claims.iter_mut().chain(templates)
    });
    claims.iter_mut().chain(external_claims).chain(own)
}

/// A claim has the size that is said for the volume that it is named for.
fn sizes(environment: &mut Environment, defaults: &Defaults) {
    for (volume, size) in &defaults.storage {
        let wanted = name::dns_label(volume);
        for claim in claims(environment).filter(|claim| claim.metadata.name.as_ref() == Some(&wanted)) {
            let resources = claim.spec.get_or_insert_default().resources.get_or_insert_default();
            resources
                .requests
                .get_or_insert_default()
                .insert("storage".to_owned(), Quantity(size.value.clone()));
        }
    }
}

/// A size that no environment has a claim for is a typing error.
pub(super) fn warn_of_unknown_volumes(
    environments: &[Environment],
    inputs: &[Input<'_>],
    report: &mut Report,
) {
    let has = |environment: &Environment, wanted: &str| {
        claims(&mut environment.clone()).any(|claim| claim.metadata.name.as_deref() == Some(wanted))
    };
    for (volume, size) in inputs.iter().flat_map(|input| &input.cluster.defaults.storage) {
        let wanted = name::dns_label(volume);
        if !environments.iter().any(|environment| has(environment, &wanted)) {
            let message = format!("no claim is made for a volume `{volume}`");
            let help = "name a volume of the compose files that some service mounts";
            report.push(
                Diagnostic::warning(codes::UNKNOWN_VOLUME, message).at(size.span, "its size").help(help),
            );
        }
    }
}
