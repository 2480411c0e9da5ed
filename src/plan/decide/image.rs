//! Which image runs, where, and when it is pulled.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::{
    catalog::reference::Reference,
    compose::model::Service,
    plan::{
        facts::{Context, dockerfiles::build_of},
        ledger::Entries,
        reasons,
    },
    text::Spanned,
};

/// Gives container and pod image, platform and runtime.
pub(super) fn apply_image(
    context: &Context<'_>,
    name: &str,
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let alike = context.images.alike(context.project, name);
    let image = service.image_or_built(&context.project.name, alike.first().copied().unwrap_or(name));
    if let Some(image) = &service.image {
        match Reference::parse(image).fault() {
            Some(fault) => entries.approximated(&["image"], reasons::illegal_image(&image.value, fault)),
            None => entries.mapped(&["image"]),
        }
    }
    if service.build.is_some() {
        entries.approximated(&["build"], reasons::HAS_TO_BE_BUILT.about(&image));
        if let Some((last, others)) = alike.split_last() {
            let others = others.iter().map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ");
            entries.approximated(&["build"], reasons::built_alike(others, last));
        }
    }
    container.image = Some(context.images.name(name).map_or(image, str::to_owned));
    if context.images.name(name).is_some() || build_of(context, service).is_some() {
        // What is built here may be on the node already, by whatever tag.
        container.image_pull_policy = Some("IfNotPresent".to_owned());
    }
    if let Some(policy) = &service.pull_policy {
        pull_policy(policy, container, entries);
    }
    if service.pull_refresh_after.is_some() {
        entries.as_ever(&["pull_refresh_after"]);
    }
    if let Some(platform) = &service.platform {
        pod.node_selector = Some(node_selector(platform, entries));
    }
    if let Some(runtime) = &service.runtime {
        pod.runtime_class_name = Some(crate::k8s::name::dns_label(&runtime.value));
        entries.as_ever(&["runtime"]);
    }
}

fn pull_policy(policy: &Spanned<String>, container: &mut Container, entries: &mut Entries<'_>) {
    let (wanted, reason) = match policy.value.as_str() {
        "always" => ("Always", None),
        "never" => ("Never", None),
        "missing" | "if_not_present" => ("IfNotPresent", None),
        "build" => ("IfNotPresent", Some(reasons::NOT_BUILT)),
        _ => ("Always", Some(reasons::PULLED_ALWAYS_OR_ONCE)),
    };
    container.image_pull_policy = Some(wanted.to_owned());
    match reason {
        Some(reason) => entries.approximated(&["pull_policy"], reason),
        None => entries.mapped(&["pull_policy"]),
    }
}

/// `os/arch[/variant]` as the labels that every node has.
fn node_selector(platform: &Spanned<String>, entries: &mut Entries<'_>) -> BTreeMap<String, String> {
    let parts: Vec<&str> = platform.value.split('/').collect();
    let (os, architecture) = match parts.as_slice() {
        [architecture] => ("linux", *architecture),
        [os, architecture, ..] => (*os, *architecture),
        [] => ("linux", ""),
    };
    let architecture = match architecture {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    if parts.len() > 2 {
        entries.approximated(&["platform"], reasons::NO_VARIANT);
    } else {
        entries.mapped(&["platform"]);
    }
    let label = |name: &str, value: &str| (format!("kubernetes.io/{name}"), value.to_owned());
    [label("os", os), label("arch", architecture)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
