//! What a cluster of a known version does not take: replaced where there is another way, else left out and
//! said.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{AppArmorProfile, Container};

use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::{
        name,
        versions::{self, Feature, Version},
    },
    plan::{
        input::Input,
        model::{Environment, Kind, Workload},
    },
    text::{Span, Spanned},
};

/// Makes an environment one that its cluster takes.
pub(super) fn adapt(environment: &mut Environment, input: &Input<'_>, report: &mut Report) {
    let Some(kubernetes) = &input.cluster.kubernetes else { return };
    for workload in environment.apps.iter_mut().flat_map(|app| &mut app.workloads) {
        let place = place(input, workload);
        let mut missing = Vec::new();
        profiles(workload, kubernetes.value);
        for (field, since) in fields(workload, kubernetes.value) {
            missing.push((format!("`{}` of its pods", field.replace("/*", "").replace('/', ".")), since));
        }
        for variable in variables(workload, kubernetes.value) {
            missing.push((format!("the variable `{variable}`"), Feature::AnyVariableName.since()));
        }
        for (what, since) in missing {
            let message = format!(
                "`{}` goes without {what}: {} runs {}",
                workload.name, environment.name, kubernetes.value
            );
            let help = format!("Kubernetes has it from {since} on");
            report.push(
                Diagnostic::warning(codes::NOT_SERVED, message).at(place, "in this service").help(help),
            );
        }
    }
    warn_of_passing(environment, kubernetes, report);
}

/// Where the service of a workload stands.
pub(super) fn place(input: &Input<'_>, workload: &Workload) -> Span {
    input.project.place_of_service(&workload.key)
}

/// An AppArmor profile is a field since 1.30; before, it is an annotation of the pod that names the container.
fn profiles(workload: &mut Workload, kubernetes: Version) {
    let field = "containers/*/securityContext/appArmorProfile";
    if !versions::is_later_pod_field(field, kubernetes) {
        return;
    }
    let Some(container) = workload.pod.containers.first_mut() else { return };
    let profile = container.security_context.as_mut().and_then(|own| own.app_armor_profile.take());
    let Some(AppArmorProfile { type_, localhost_profile }) = profile else { return };
    let value = match (type_.as_str(), localhost_profile) {
        ("Localhost", Some(profile)) => format!("localhost/{profile}"),
        ("Unconfined", _) => "unconfined".to_owned(),
        _ => "runtime/default".to_owned(),
    };
    let key = format!("container.apparmor.security.beta.kubernetes.io/{}", container.name);
    workload.pod_annotations.insert(key, value);
}

/// Takes out of a pod what the cluster does not know.
fn fields(workload: &mut Workload, kubernetes: Version) -> Vec<(&'static str, Version)> {
    let Ok(mut spec) = serde_json::to_value(&workload.pod) else { return Vec::new() };
    let taken = versions::take_out_of_pod(&mut spec, kubernetes);
    if !taken.is_empty()
        && let Ok(pod) = serde_json::from_value(spec)
    {
        workload.pod = pod;
    }
    taken
}

/// Takes variables out whose names the cluster does not allow.
fn variables(workload: &mut Workload, kubernetes: Version) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    if Feature::AnyVariableName.is_on(Some(kubernetes)) {
        return taken;
    }
    for Container { env, .. } in &mut workload.pod.containers {
        for variables in env.iter_mut() {
            variables.retain(|variable| {
                let legal = name::is_variable_name(&variable.name);
                if !legal {
                    taken.insert(variable.name.clone());
                }
                legal
            });
        }
    }
    taken
}

/// What is right today has to be written anew before the cluster moves past it.
fn warn_of_passing(environment: &Environment, kubernetes: &Spanned<Version>, report: &mut Report) {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for workload in environment.apps.iter().flat_map(|app| &app.workloads) {
        if matches!(workload.kind, Kind::CronJob { .. }) {
            *kinds.entry("CronJob").or_default() += 1;
        }
    }
    kinds.insert("HorizontalPodAutoscaler", environment.autoscalers.len());
    kinds.insert("PodDisruptionBudget", environment.budgets.len());
    for (kind, number) in kinds.into_iter().filter(|(_, number)| *number > 0) {
        let Some(passing) = versions::passing(kind, kubernetes.value) else { continue };
        let objects = if number == 1 { format!("one {kind}") } else { format!("{number} {kind}s") };
        let message =
            format!("{objects} of {}: `{}`, which {} drops", environment.name, passing.version, passing.gone);
        let help = format!(
            "once the cluster runs {} or newer, and before it runs {}, set `kubernetes` to its version, run \
             `kustompose convert` again and apply the manifests",
            passing.successor_since, passing.gone
        );
        report.push(
            Diagnostic::info(codes::PASSING_API, message)
                .at(kubernetes.span, "the cluster's version")
                .help(help),
        );
    }
}
