//! The one table of the labels that kompose has, and how their values are read.

use crate::{
    compose::{model::Service, values::words},
    plan::{
        ledger::Entries,
        reasons::{self, KnownReason, Reason},
    },
    text::nearest,
};

/// What labels of kompose begin with.
pub(in crate::plan) const PREFIX: &str = "kompose.";

/// The label that makes a service a CronJob.
pub(in crate::plan) const SCHEDULE: &str = "kompose.cronjob.schedule";
/// The label that names the kind of workload.
pub(in crate::plan) const CONTROLLER: &str = "kompose.controller.type";

/// Every label that kompose has, with what stands in the place of those that are not taken.
pub(in crate::plan) const LABELS: &[(&str, Option<KnownReason>)] = &[
    ("kompose.controller.expose.port", Some(reasons::LABEL_SPELLED_OTHERWISE)),
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
    ("kompose.service.expose.path", Some(reasons::LABEL_WITHOUT_EFFECT)),
    ("kompose.service.expose.tls-secret", None),
    ("kompose.service.external-traffic-policy", None),
    ("kompose.service.group", Some(reasons::SHARED_POD)),
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
    ("kompose.volume.selector", Some(reasons::LABEL_OF_VOLUME)),
    ("kompose.volume.size", None),
    ("kompose.volume.storage-class-name", None),
    ("kompose.volume.subpath", None),
    ("kompose.volume.type", None),
];

/// A label of kompose on a service.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Label<'a> {
    pub(in crate::plan) key: &'a str,
    /// Its value, without blanks around it.
    pub(in crate::plan) value: &'a str,
    pub(in crate::plan) deployed: bool,
}

impl Label<'_> {
    pub(in crate::plan) fn mapped(&self, entries: &mut Entries<'_>) {
        entries.mapped(&self.path());
    }

    pub(in crate::plan) fn approximated(&self, reason: impl Into<Reason>, entries: &mut Entries<'_>) {
        entries.approximated(&self.path(), reason);
    }

    pub(in crate::plan) fn refused(&self, reason: impl Into<Reason>, entries: &mut Entries<'_>) {
        entries.unsupported(&self.path(), reason);
    }

    /// Records what became of it: nothing that went wrong, or what its value should have been.
    pub(in crate::plan) fn record(&self, came: Result<(), KnownReason>, entries: &mut Entries<'_>) {
        match came {
            Ok(()) => self.mapped(entries),
            Err(reason) => self.refused(reason, entries),
        }
    }

    /// What it says as `true`, `1`, `f` and the like, which is what kompose reads.
    pub(in crate::plan) fn is_true(&self) -> Option<bool> {
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
pub(in crate::plan) fn labels(service: &Service) -> impl Iterator<Item = Label<'_>> {
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
pub(in crate::plan) fn label<'a>(service: &'a Service, key: &str) -> Option<Label<'a>> {
    labels(service).find(|label| label.key == key)
}

/// A command as labels have it: a JSON list, one without quotes, which kompose takes too, or words as a shell would
/// split them. No program is called `["sh"`.
pub(in crate::plan) fn words_of(text: &str) -> Option<Vec<String>> {
    if text.starts_with("[\"") {
        return serde_json::from_str(text).ok();
    }
    let listed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    if let Some(items) = listed.filter(|items| items.contains(',') && !items.contains(['"', '\''])) {
        return Some(items.split(',').map(|item| item.trim().to_owned()).collect());
    }
    words::split(text).map(|split| split.words).ok()
}

pub(in crate::plan) fn unknown(key: &str) -> Reason {
    match nearest(key, LABELS.iter().map(|(known, _)| *known)) {
        Some(known) => reasons::nearest_label(known),
        None => reasons::UNKNOWN_LABEL.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_in_order_and_near_ones_are_named() {
        assert!(LABELS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(unknown("kompose.controler.type").text.contains("`kompose.controller.type`"));
        assert!(!unknown("kompose.something.else").text.contains('`'));
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
