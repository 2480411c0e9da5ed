//! Labels that users of kompose have: each is taken where a cluster has what it asks for, and typing errors
//! are told.
//!
//! The modules below read them where the matter itself is decided: reach, scale, probes, schedule. Here stands what
//! concerns the pod.

pub(super) mod cron;
pub(super) mod probes;
pub(super) mod reach;
pub(super) mod scale;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, LocalObjectReference, PodSpec, SecurityContext},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::{
    compose::model::Service,
    k8s::{expansion, name, quantity},
    plan::{
        facts::{
            Facts,
            kompose::{LABELS, Label, label, labels, unknown, words_of},
        },
        ledger::Entries,
        model::{ClusterService, Further, Kind},
        reasons::{self, KnownReason},
    },
};

/// Takes the labels that say something of pod or container, and tells of those that nothing takes.
pub(super) fn apply_labels(
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    for label in labels(service) {
        match LABELS.iter().find(|(known, _)| *known == label.key) {
            Some((_, Some(instead))) => label.refused(*instead, entries),
            Some((_, None)) => {
                if let Some(came) = take(&label, pod, container) {
                    label.record(came, entries);
                }
            }
            None => label.refused(unknown(label.key), entries),
        }
    }
    init_container(service, pod, entries);
}

/// The Services and further objects that labels ask for.
pub(super) fn further(
    facts: &Facts<'_>,
    key: &str,
    (service, app, object): (&Service, &str, &str),
    (services, kind): (&mut Vec<ClusterService>, &mut Kind),
    entries: &mut Entries<'_>,
) -> Vec<Further> {
    reach::services(facts, key, service, services, entries);
    let ingress = reach::ingress(service, app, services, entries);
    ingress.into_iter().chain(scale::autoscaler(service, (app, object), kind, entries)).collect()
}

/// Enters a label into the pod, or says what its value should have been; nothing if it is none of the pod's.
fn take(label: &Label<'_>, pod: &mut PodSpec, container: &mut Container) -> Option<Result<(), KnownReason>> {
    let value = label.value;
    let is_name = name::is_dns_subdomain(value);
    Some(match label.key {
        "kompose.image-pull-policy" => {
            let policies = ["Always", "IfNotPresent", "Never"];
            let policy = policies.into_iter().find(|policy| policy.eq_ignore_ascii_case(value));
            container.image_pull_policy =
                policy.map(str::to_owned).or_else(|| container.image_pull_policy.take());
            policy.map(|_| ()).ok_or(reasons::IS_A_POLICY)
        }
        "kompose.security-context.fsgroup" => {
            let group = value.parse().ok().filter(|group: &i64| *group >= 0);
            let context = pod.security_context.get_or_insert_default();
            context.fs_group = group.or(context.fs_group);
            group.map(|_| ()).ok_or(reasons::IS_A_GROUP)
        }
        "kompose.ephemeral-storage.limit" | "kompose.ephemeral-storage.request" => {
            ephemeral_storage(label, container)
        }
        "kompose.controller.port.expose" => port_expose(label, container),
        "kompose.image-pull-secret" | "kompose.serviceaccount-name" if !is_name => Err(reasons::IS_AN_OBJECT),
        "kompose.image-pull-secret" => {
            pod.image_pull_secrets = Some(vec![LocalObjectReference { name: value.to_owned() }]);
            Ok(())
        }
        "kompose.serviceaccount-name" => {
            pod.service_account_name = Some(value.to_owned());
            // An account is named for the rights that its token gives.
            pod.automount_service_account_token = None;
            Ok(())
        }
        _ => return None,
    })
}

fn ephemeral_storage(label: &Label<'_>, container: &mut Container) -> Result<(), KnownReason> {
    const NAME: &str = "ephemeral-storage";
    let Some(amount) = quantity::amount(label.value) else {
        return Err(reasons::IS_A_QUANTITY);
    };
    let resources = container.resources.get_or_insert_default();
    let is_limit = label.key.ends_with(".limit");
    let (list, other) = if is_limit {
        (&mut resources.limits, &resources.requests)
    } else {
        (&mut resources.requests, &resources.limits)
    };
    let other = other.as_ref().and_then(|list| quantity::amount(&list.get(NAME)?.0));
    if other.is_some_and(|other| if is_limit { amount < other } else { amount > other }) {
        return Err(reasons::REQUEST_ABOVE_LIMIT);
    }
    list.get_or_insert_default().insert(NAME.to_owned(), Quantity(label.value.to_owned()));
    Ok(())
}

/// Opens the container's ports on its node.
fn port_expose(label: &Label<'_>, container: &mut Container) -> Result<(), KnownReason> {
    match label.is_true() {
        Some(false) => Ok(()),
        Some(true) if container.ports.is_none() => Err(reasons::NO_PORTS),
        Some(true) => {
            for port in container.ports.iter_mut().flatten() {
                port.host_port = port.host_port.or(Some(port.container_port));
            }
            Ok(())
        }
        None => Err(reasons::IS_TRUE_OR_FALSE),
    }
}

/// The one initContainer that kompose knows.
fn init_container(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let of = |key: &str| label(service, &format!("kompose.init.containers.{key}"));
    let (wanted, image, command) = (of("name"), of("image"), of("command"));
    let Some(image) = image else {
        for label in [wanted, command].iter().flatten() {
            label.refused(reasons::NO_INIT_CONTAINER, entries);
        }
        return;
    };
    image.mapped(entries);
    let name = wanted.map_or("init-service", |label| label.value);
    if let Some(wanted) = wanted {
        let legal = name::is_dns_label(name);
        wanted.record(if legal { Ok(()) } else { Err(reasons::IS_A_DNS_LABEL) }, entries);
    }
    let words = command.and_then(|command| words_of(command.value));
    if let Some(command) = command {
        let reason = reasons::IS_A_LIST;
        command.record(words.as_ref().map(|_| ()).ok_or(reason), entries);
    }
    let words = words.filter(|words| !words.is_empty());
    let quantities = [("cpu", "10m"), ("memory", "16Mi")];
    let requests = quantities.map(|(name, least)| (name.to_owned(), Quantity(least.to_owned())));
    let container = Container {
        name: if name::is_dns_label(name) { name.to_owned() } else { "init-service".to_owned() },
        image: Some(image.value.to_owned()),
        command: words.map(|words| words.iter().map(|word| expansion::escape(word)).collect()),
        resources: Some(k8s_openapi::api::core::v1::ResourceRequirements {
            requests: Some(BTreeMap::from(requests)),
            ..Default::default()
        }),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            ..SecurityContext::default()
        }),
        ..Container::default()
    };
    pod.init_containers.get_or_insert_default().push(container);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_or_refused_by_their_value() {
        for (key, value, taken) in [
            ("kompose.image-pull-policy", "always", Some(true)),
            ("kompose.image-pull-policy", "sometimes", Some(false)),
            ("kompose.security-context.fsgroup", "1000", Some(true)),
            ("kompose.security-context.fsgroup", "staff", Some(false)),
            ("kompose.image-pull-secret", "registry", Some(true)),
            ("kompose.serviceaccount-name", "Not Legal", Some(false)),
            ("kompose.ephemeral-storage.limit", "1Gi", Some(true)),
            ("kompose.ephemeral-storage.limit", "1 GB", Some(false)),
            ("kompose.controller.port.expose", "yes", Some(false)),
            ("kompose.controller.port.expose", "F", Some(true)),
            ("kompose.security-context.fsgroup", "-1", Some(false)),
            ("kompose.service.type", "nodeport", None),
        ] {
            let (mut pod, mut container) = (PodSpec::default(), Container::default());
            let label = Label { key, value, deployed: false };
            let came = take(&label, &mut pod, &mut container).map(|came| came.is_ok());
            assert_eq!(came, taken, "{key}: {value}");
        }
    }
}
