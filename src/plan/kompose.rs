//! Labels that users of kompose have: each is taken where a cluster has what it asks for, and typing errors
//! are told.
//!
//! The modules below read them where the matter itself is decided: reach, scale, storage, probes, schedule.
//! Here stands what concerns the pod, and the one table of all labels.

pub(super) mod claims;
pub(super) mod cron;
pub(super) mod probes;
pub(super) mod reach;
pub(super) mod scale;

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, LocalObjectReference, PodSpec, SecurityContext},
    apimachinery::pkg::api::resource::Quantity,
};

use super::{ClusterService, Context, Further, Kind, ledger::Entries};
use crate::{
    compose::{model::Service, values::words},
    k8s::{expansion, name, quantity},
};

/// What labels of kompose begin with.
pub(super) const PREFIX: &str = "kompose.";

/// Every label that kompose has, with what stands in the place of those that are not taken.
const LABELS: &[(&str, Option<&str>)] = &[
    ("kompose.controller.expose.port", Some("kompose calls it `kompose.controller.port.expose`")),
    ("kompose.controller.port.expose", None),
    ("kompose.controller.type", None),
    ("kompose.cronjob.backoff_limit", None),
    ("kompose.cronjob.concurrency_policy", None),
    ("kompose.cronjob.schedule", None),
    ("kompose.ephemeral-storage.limit", None),
    ("kompose.ephemeral-storage.request", None),
    ("kompose.hpa.cpu", None),
    ("kompose.hpa.memory", None),
    ("kompose.hpa.replicas.max", None),
    ("kompose.hpa.replicas.min", None),
    ("kompose.image-pull-policy", None),
    ("kompose.image-pull-secret", None),
    ("kompose.init.containers.command", None),
    ("kompose.init.containers.image", None),
    ("kompose.init.containers.name", None),
    ("kompose.security-context.fsgroup", None),
    ("kompose.service.expose", None),
    ("kompose.service.expose.ingress-class-name", None),
    (
        "kompose.service.expose.path",
        Some("kompose takes no notice of it: write `kompose.service.expose: HOST/PATH`"),
    ),
    ("kompose.service.expose.tls-secret", None),
    ("kompose.service.external-traffic-policy", None),
    ("kompose.service.group", Some("services that share a pod have to be joined by hand")),
    ("kompose.service.healthcheck.liveness.http_get_path", None),
    ("kompose.service.healthcheck.liveness.http_get_port", None),
    ("kompose.service.healthcheck.liveness.tcp_port", None),
    ("kompose.service.healthcheck.readiness.disable", None),
    ("kompose.service.healthcheck.readiness.http_get_path", None),
    ("kompose.service.healthcheck.readiness.http_get_port", None),
    ("kompose.service.healthcheck.readiness.interval", None),
    ("kompose.service.healthcheck.readiness.retries", None),
    ("kompose.service.healthcheck.readiness.start_period", None),
    ("kompose.service.healthcheck.readiness.tcp_port", None),
    ("kompose.service.healthcheck.readiness.test", None),
    ("kompose.service.healthcheck.readiness.timeout", None),
    ("kompose.service.name_override", None),
    ("kompose.service.nodeport.port", None),
    ("kompose.service.type", None),
    ("kompose.serviceaccount-name", None),
    ("kompose.volume.selector", Some("it is a label of a volume at the top, not of a service")),
    ("kompose.volume.size", None),
    ("kompose.volume.storage-class-name", None),
    ("kompose.volume.subpath", None),
    ("kompose.volume.type", None),
];

/// A label of kompose on a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label<'a> {
    pub(super) key: &'a str,
    /// Its value, without blanks around it.
    pub(super) value: &'a str,
    deployed: bool,
}

impl Label<'_> {
    pub(super) fn mapped(&self, entries: &mut Entries<'_>) {
        entries.mapped(&self.path());
    }

    pub(super) fn approximated(&self, reason: &str, entries: &mut Entries<'_>) {
        entries.approximated(&self.path(), reason);
    }

    pub(super) fn refused(&self, reason: &str, entries: &mut Entries<'_>) {
        entries.unsupported(&self.path(), reason);
    }

    /// Enters what came of it: nothing that went wrong, or what its value should have been.
    pub(super) fn enter(&self, came: Result<(), &str>, entries: &mut Entries<'_>) {
        match came {
            Ok(()) => self.mapped(entries),
            Err(reason) => self.refused(reason, entries),
        }
    }

    /// What it says as `true`, `1`, `f` and the like, which is what kompose reads.
    pub(super) fn is_true(&self) -> Option<bool> {
        match self.value {
            "true" | "True" | "TRUE" | "t" | "T" | "1" => Some(true),
            "false" | "False" | "FALSE" | "f" | "F" | "0" => Some(false),
            _ => None,
        }
    }

    fn path(&self) -> Vec<&str> {
        if self.deployed { vec!["deploy", "labels", self.key] } else { vec!["labels", self.key] }
    }
}

/// The labels of kompose that a service has, in their order.
fn labels(service: &Service) -> impl Iterator<Item = Label<'_>> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    [(service.labels.as_ref(), false), (deployed, true)].into_iter().flat_map(|(labels, deployed)| {
        let labels = labels.into_iter().flat_map(|labels| labels.value.iter());
        labels.filter(|(key, _)| key.starts_with(PREFIX)).map(move |(key, value)| Label {
            key,
            value: value.value.trim(),
            deployed,
        })
    })
}

/// One label of a service.
pub(super) fn label<'a>(service: &'a Service, key: &str) -> Option<Label<'a>> {
    labels(service).find(|label| label.key == key)
}

/// Takes the labels that say something of pod or container, and tells of those that nothing takes.
pub(super) fn plan(
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    for label in labels(service) {
        match LABELS.iter().find(|(known, _)| *known == label.key) {
            Some((_, Some(instead))) => label.refused(instead, entries),
            Some((_, None)) => {
                if let Some(came) = take(&label, pod, container) {
                    label.enter(came, entries);
                }
            }
            None => label.refused(&unknown(label.key), entries),
        }
    }
    init_container(service, pod, entries);
    probes::plan(service, container, entries);
}

/// The Services and further objects that labels ask for.
pub(super) fn further(
    context: &Context<'_>,
    key: &str,
    (service, app, object): (&Service, &str, &str),
    (services, kind): (&mut Vec<ClusterService>, &mut Kind),
    entries: &mut Entries<'_>,
) -> Vec<Further> {
    reach::services(context, key, service, services, entries);
    let ingress = reach::ingress(service, app, services, entries);
    ingress.into_iter().chain(scale::plan(service, (app, object), kind, entries)).collect()
}

/// Enters a label into the pod, or says what its value should have been; nothing if it is none of the pod's.
fn take(label: &Label<'_>, pod: &mut PodSpec, container: &mut Container) -> Option<Result<(), &'static str>> {
    let value = label.value;
    let is_name = name::is_dns_subdomain(value);
    Some(match label.key {
        "kompose.image-pull-policy" => {
            let policies = ["Always", "IfNotPresent", "Never"];
            let policy = policies.into_iter().find(|policy| policy.eq_ignore_ascii_case(value));
            container.image_pull_policy =
                policy.map(str::to_owned).or_else(|| container.image_pull_policy.take());
            policy.map(|_| ()).ok_or("its value is Always, IfNotPresent or Never")
        }
        "kompose.security-context.fsgroup" => {
            let group = value.parse().ok().filter(|group: &i64| *group >= 0);
            let context = pod.security_context.get_or_insert_default();
            context.fs_group = group.or(context.fs_group);
            group.map(|_| ()).ok_or("its value is the number of a group")
        }
        "kompose.ephemeral-storage.limit" | "kompose.ephemeral-storage.request" => {
            ephemeral_storage(label, container)
        }
        "kompose.controller.port.expose" => port_expose(label, container),
        "kompose.image-pull-secret" | "kompose.serviceaccount-name" if !is_name => {
            Err("its value is the name of an object of the cluster")
        }
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

fn ephemeral_storage(label: &Label<'_>, container: &mut Container) -> Result<(), &'static str> {
    const NAME: &str = "ephemeral-storage";
    let Some(amount) = quantity::amount(label.value) else {
        return Err("its value is a quantity, like 500Mi");
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
        return Err("a request is not more than the limit");
    }
    list.get_or_insert_default().insert(NAME.to_owned(), Quantity(label.value.to_owned()));
    Ok(())
}

/// Opens the container's ports on its node.
fn port_expose(label: &Label<'_>, container: &mut Container) -> Result<(), &'static str> {
    match label.is_true() {
        Some(false) => Ok(()),
        Some(true) if container.ports.is_none() => {
            Err("no port of the service is known: name it under `ports`")
        }
        Some(true) => {
            for port in container.ports.iter_mut().flatten() {
                port.host_port = port.host_port.or(Some(port.container_port));
            }
            Ok(())
        }
        None => Err("its value is true or false"),
    }
}

/// The one initContainer that kompose knows.
fn init_container(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let of = |key: &str| label(service, &format!("kompose.init.containers.{key}"));
    let (wanted, image, command) = (of("name"), of("image"), of("command"));
    let Some(image) = image else {
        for label in [wanted, command].iter().flatten() {
            label.refused("without `kompose.init.containers.image` there is no initContainer", entries);
        }
        return;
    };
    image.mapped(entries);
    let name = wanted.map_or("init-service", |label| label.value);
    if let Some(wanted) = wanted {
        let legal = name::is_dns_label(name);
        wanted.enter(if legal { Ok(()) } else { Err("a container's name is a DNS label") }, entries);
    }
    let words = command.and_then(|command| words_of(command.value));
    if let Some(command) = command {
        let reason = "its value is a list of JSON, or words as in a shell";
        command.enter(words.as_ref().map(|_| ()).ok_or(reason), entries);
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

/// A command as labels have it: a JSON list, one without quotes, which kompose takes too, or words as a shell would
/// split them. No program is called `["sh"`.
fn words_of(text: &str) -> Option<Vec<String>> {
    if text.starts_with("[\"") {
        return serde_json::from_str(text).ok();
    }
    let listed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let Some(items) = listed.filter(|items| items.contains(',') && !items.contains(['"', '\''])) {
        return Some(items.split(',').map(|item| item.trim().to_owned()).collect());
    }
    words::split(text).map(|split| split.words).ok()
}

fn unknown(key: &str) -> String {
    let nearest = LABELS.iter().map(|(known, _)| (strsim::osa_distance(known, key), known)).min();
    match nearest {
        Some((distance, known)) if distance <= 3 => {
            format!("kompose has no such label: did you mean `{known}`?")
        }
        _ => "kompose has no such label".to_owned(),
    }
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

    #[test]
    fn labels_stand_in_order_and_near_ones_are_named() {
        assert!(LABELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(unknown("kompose.controler.type").contains("`kompose.controller.type`"));
        assert!(!unknown("kompose.something.else").contains('`'));
    }

    #[test]
    fn commands_are_json_or_words() {
        for (text, words) in [
            (r#"["sh", "-c", "echo a, b"]"#, Some(vec!["sh", "-c", "echo a, b"])),
            ("sh -c 'echo a, b'", Some(vec!["sh", "-c", "echo a, b"])),
            ("[ -f /ready", Some(vec!["[", "-f", "/ready"])),
            (r#"["sh", "-c""#, None),
            ("[sh, -c, echo a]", Some(vec!["sh", "-c", "echo a"])),
            ("[ -f /ready ]", Some(vec!["[", "-f", "/ready", "]"])),
            ("sh -c 'echo", None),
        ] {
            let words = words.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(words_of(text), words, "{text}");
        }
    }
}
