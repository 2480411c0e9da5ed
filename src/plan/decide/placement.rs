//! Which nodes pods may run on: `deploy.placement`.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{
        Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodAffinityTerm,
        PodAntiAffinity, PodSpec, TopologySpreadConstraint,
    },
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};

use crate::{
    compose::model::{Placement, Service},
    k8s::name,
    plan::{ledger::Entries, model::SERVICE_LABEL, reasons},
};

pub(super) fn apply_placement(service: &Service, name: &str, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let deploy = service.deploy.as_ref();
    let Some(placement) = deploy.and_then(|deploy| deploy.value.placement.as_ref()) else { return };
    let Placement { constraints: _, preferences: _, max_replicas_per_node: _, extensions: _ } =
        &placement.value;
    let own = LabelSelector {
        match_labels: Some(BTreeMap::from([(SERVICE_LABEL.to_owned(), name.to_owned())])),
        ..LabelSelector::default()
    };
    let affinity = Affinity {
        node_affinity: constraints(&placement.value, entries),
        pod_anti_affinity: one_on_a_node(&placement.value, &own, entries),
        ..Affinity::default()
    };
    pod.affinity = (affinity != Affinity::default()).then_some(affinity);
    pod.topology_spread_constraints = spread(&placement.value, &own, entries);
}

fn path(key: &str) -> [&str; 3] {
    ["deploy", "placement", key]
}

fn constraints(placement: &Placement, entries: &mut Entries<'_>) -> Option<NodeAffinity> {
    let mut wanted = Vec::new();
    for constraint in placement.constraints.iter().flat_map(|list| &list.value) {
        match requirement(&constraint.value) {
            Some(requirement) => {
                if constraint.value.contains("node.labels.") {
                    entries.approximated(&path("constraints"), reasons::needs_node_label(&requirement.key));
                } else {
                    entries.mapped(&path("constraints"));
                }
                wanted.push(requirement);
            }
            None => {
                let reason = reasons::is_no_property_of_nodes(&constraint.value);
                entries.unsupported(&path("constraints"), reason);
            }
        }
    }
    let term = || NodeSelectorTerm { match_expressions: Some(wanted.clone()), match_fields: None };
    (!wanted.is_empty()).then(|| NodeAffinity {
        required_during_scheduling_ignored_during_execution: Some(NodeSelector {
            node_selector_terms: vec![term()],
        }),
        ..NodeAffinity::default()
    })
}

fn one_on_a_node(
    placement: &Placement,
    own: &LabelSelector,
    entries: &mut Entries<'_>,
) -> Option<PodAntiAffinity> {
    let most = placement.max_replicas_per_node.as_ref()?;
    if most.value != 1 {
        entries.unsupported(&path("max_replicas_per_node"), reasons::ONE_OR_EVENLY);
        return None;
    }
    entries.mapped(&path("max_replicas_per_node"));
    let term = PodAffinityTerm {
        label_selector: Some(own.clone()),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..PodAffinityTerm::default()
    };
    Some(PodAntiAffinity {
        required_during_scheduling_ignored_during_execution: Some(vec![term]),
        ..PodAntiAffinity::default()
    })
}

fn spread(
    placement: &Placement,
    own: &LabelSelector,
    entries: &mut Entries<'_>,
) -> Option<Vec<TopologySpreadConstraint>> {
    let preferences = placement.preferences.as_ref()?;
    entries.mapped(&path("preferences"));
    let labels = preferences.value.iter().filter_map(|preference| {
        preference.spread.as_ref()?.value.0.strip_prefix("node.labels.").map(str::to_owned)
    });
    let constraints: Vec<TopologySpreadConstraint> = labels
        .map(|topology_key| TopologySpreadConstraint {
            max_skew: 1,
            topology_key,
            when_unsatisfiable: "ScheduleAnyway".to_owned(),
            label_selector: Some(own.clone()),
            ..TopologySpreadConstraint::default()
        })
        .collect();
    (!constraints.is_empty()).then_some(constraints)
}

/// `key==value` or `key!=value`, spaces allowed, as a condition on labels of nodes.
fn requirement(constraint: &str) -> Option<NodeSelectorRequirement> {
    let (key, value, operator) = match constraint.split_once("==") {
        Some((key, value)) => (key, value, "In"),
        None => constraint.split_once("!=").map(|(key, value)| (key, value, "NotIn"))?,
    };
    let value = value.trim();
    let (label, value) = match key.trim() {
        "node.hostname" => ("kubernetes.io/hostname", value),
        "node.platform.os" => ("kubernetes.io/os", value),
        "node.platform.arch" => (
            "kubernetes.io/arch",
            match value {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            },
        ),
        key => (key.strip_prefix("node.labels.")?, value),
    };
    (name::is_label_key(label) && name::is_label_value(value)).then(|| NodeSelectorRequirement {
        key: label.to_owned(),
        operator: operator.to_owned(),
        values: Some(vec![value.to_owned()]),
    })
}
