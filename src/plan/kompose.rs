//! Labels that users of kompose have: what of them a workload can say is said, the rest is told.

use k8s_openapi::api::core::v1::{Container, LocalObjectReference, PodSpec};

use super::{jobs::Jobs, ledger::Entries};
use crate::{compose::model::Service, k8s::name, text::Spanned};

/// What labels of kompose begin with.
pub(super) const PREFIX: &str = "kompose.";

const SERVICE: &str =
    "the Service is for other pods: patch its type, or add an Ingress, in the overlay's kustomization.yaml";
const AUTOSCALER: &str = "add a HorizontalPodAutoscaler in the overlay's kustomization.yaml";
const CRON: &str = "add a CronJob in the overlay's kustomization.yaml";
const PROBE: &str = "say it as `healthcheck`: it becomes the readiness probe";
const CLAIM: &str = "patch the claim in the overlay's kustomization.yaml";
const INIT: &str = "add the initContainer by a patch in the overlay's kustomization.yaml";

/// Every label that kompose documents, with what stands in its place; nothing for those that are taken.
const LABELS: &[(&str, Option<&str>)] = &[
    ("kompose.controller.port.expose", Some("publish the port with `mode: host`")),
    ("kompose.controller.type", Some("the kind follows from `deploy.mode`, `restart` and volumes")),
    ("kompose.cronjob.backoff_limit", Some(CRON)),
    ("kompose.cronjob.concurrency_policy", Some(CRON)),
    ("kompose.cronjob.schedule", Some(CRON)),
    ("kompose.ephemeral-storage.limit", Some("patch the resources in the overlay's kustomization.yaml")),
    ("kompose.ephemeral-storage.request", Some("patch the resources in the overlay's kustomization.yaml")),
    ("kompose.hpa.cpu", Some(AUTOSCALER)),
    ("kompose.hpa.memory", Some(AUTOSCALER)),
    ("kompose.hpa.replicas.max", Some(AUTOSCALER)),
    ("kompose.hpa.replicas.min", Some(AUTOSCALER)),
    ("kompose.image-pull-policy", None),
    ("kompose.image-pull-secret", None),
    ("kompose.init.containers.command", Some(INIT)),
    ("kompose.init.containers.image", Some(INIT)),
    ("kompose.init.containers.name", Some(INIT)),
    ("kompose.security-context.fsgroup", None),
    ("kompose.service.expose", Some(SERVICE)),
    ("kompose.service.expose.ingress-class-name", Some(SERVICE)),
    ("kompose.service.expose.tls-secret", Some(SERVICE)),
    ("kompose.service.external-traffic-policy", Some(SERVICE)),
    ("kompose.service.group", Some("services that share a pod have to be joined by hand")),
    ("kompose.service.healthcheck.liveness.http_get_path", Some(PROBE)),
    ("kompose.service.healthcheck.liveness.http_get_port", Some(PROBE)),
    ("kompose.service.healthcheck.liveness.tcp_port", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.disable", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.http_get_path", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.http_get_port", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.interval", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.retries", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.start_period", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.tcp_port", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.test", Some(PROBE)),
    ("kompose.service.healthcheck.readiness.timeout", Some(PROBE)),
    ("kompose.service.name_override", Some("rename the service: it is the host name that others use")),
    ("kompose.service.nodeport.port", Some(SERVICE)),
    ("kompose.service.type", Some(SERVICE)),
    ("kompose.serviceaccount-name", None),
    ("kompose.volume.selector", Some(CLAIM)),
    ("kompose.volume.size", Some(CLAIM)),
    ("kompose.volume.storage-class-name", Some(CLAIM)),
    ("kompose.volume.subpath", Some("say it as `volume.subpath` of the mount")),
    ("kompose.volume.type", Some("what a mount becomes follows from its source")),
];

/// Takes the labels of kompose that say something of pod or container, and tells of the others.
pub(super) fn plan(
    service: &Service,
    jobs: Option<&Jobs>,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let is_left = |key: &String| key.starts_with(PREFIX) && !jobs.is_some_and(|jobs| jobs.has_label(key));
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    for (labels, path) in [(service.labels.as_ref(), &["labels"][..]), (deployed, &["deploy", "labels"])] {
        let labels = labels.iter().flat_map(|labels| labels.value.iter());
        for (key, value) in labels.filter(|(key, _)| is_left(key)) {
            let path = [path, &[key.as_str()]].concat();
            match LABELS.iter().find(|(known, _)| known == key) {
                Some((_, Some(instead))) => entries.unsupported(&path, *instead),
                Some((_, None)) => match take(key, value, pod, container) {
                    Ok(()) => entries.mapped(&path),
                    Err(reason) => entries.unsupported(&path, reason),
                },
                None => entries.unsupported(&path, unknown(key)),
            }
        }
    }
}

/// Enters a label into the pod; or says what its value should have been.
fn take(
    key: &str,
    value: &Spanned<String>,
    pod: &mut PodSpec,
    container: &mut Container,
) -> Result<(), &'static str> {
    let value = value.value.trim();
    match key {
        "kompose.image-pull-policy" => {
            let policies = ["Always", "IfNotPresent", "Never"];
            let policy = policies.into_iter().find(|policy| policy.eq_ignore_ascii_case(value));
            container.image_pull_policy =
                Some(policy.ok_or("its value is Always, IfNotPresent or Never")?.to_owned());
        }
        "kompose.security-context.fsgroup" => {
            let group = value.parse().map_err(|_| "its value is the number of a group")?;
            pod.security_context.get_or_insert_default().fs_group = Some(group);
        }
        _ if !name::is_dns_subdomain(value) => {
            return Err("its value is the name of an object of the cluster");
        }
        "kompose.image-pull-secret" => {
            pod.image_pull_secrets = Some(vec![LocalObjectReference { name: value.to_owned() }]);
        }
        _ => {
            pod.service_account_name = Some(value.to_owned());
            // An account is named for the rights that its token gives.
            pod.automount_service_account_token = None;
        }
    }
    Ok(())
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
    use crate::text::Span;

    #[test]
    fn labels_are_taken_or_refused_by_their_value() {
        for (key, value, taken) in [
            ("kompose.image-pull-policy", "always", true),
            ("kompose.image-pull-policy", "sometimes", false),
            ("kompose.security-context.fsgroup", "1000", true),
            ("kompose.security-context.fsgroup", "staff", false),
            ("kompose.image-pull-secret", "registry", true),
            ("kompose.serviceaccount-name", "Not Legal", false),
        ] {
            let (mut pod, mut container) = (PodSpec::default(), Container::default());
            let value = Spanned::new(value.to_owned(), Span::NOWHERE);
            assert_eq!(take(key, &value, &mut pod, &mut container).is_ok(), taken, "{key}: {}", value.value);
        }
    }

    #[test]
    fn labels_stand_in_order_and_near_ones_are_named() {
        assert!(LABELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(unknown("kompose.controler.type").contains("`kompose.controller.type`"));
        assert!(!unknown("kompose.something.else").contains('`'));
    }
}
