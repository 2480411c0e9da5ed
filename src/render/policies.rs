//! NetworkPolicies, which only the overlays of environments that ask for them have.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{
        NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde_json::Value;

use crate::{
    k8s::fields,
    plan::{self, Allowed},
};

/// The object of a policy.
pub(super) fn object(policy: &plan::NetworkPolicy) -> Value {
    let selector = LabelSelector {
        match_labels: Some(BTreeMap::from([policy.pods.clone()])),
        ..LabelSelector::default()
    };
    let (directions, ingress): (&[&str], _) = match &policy.allowed {
        Allowed::Nobody => (&["Ingress", "Egress"], None),
        Allowed::Ports(ports) => (&["Ingress"], Some(open(ports))),
        Allowed::Members => (&["Ingress"], Some(members(&selector, None))),
        Allowed::MembersAnywhere => (&["Ingress"], Some(members(&selector, Some(LabelSelector::default())))),
    };
    fields::ordered(&NetworkPolicy {
        metadata: ObjectMeta { name: Some(policy.name.clone()), ..ObjectMeta::default() },
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(selector),
            policy_types: Some(directions.iter().map(|direction| (*direction).to_owned()).collect()),
            ingress: ingress.map(|rule| vec![rule]),
            ..NetworkPolicySpec::default()
        }),
    })
}

/// From pods with the same label, of this namespace unless others are selected.
fn members(selector: &LabelSelector, namespaces: Option<LabelSelector>) -> NetworkPolicyIngressRule {
    let peer = NetworkPolicyPeer {
        namespace_selector: namespaces,
        pod_selector: Some(selector.clone()),
        ..NetworkPolicyPeer::default()
    };
    NetworkPolicyIngressRule { from: Some(vec![peer]), ports: None }
}

/// From anywhere.
fn open(ports: &[(i32, Option<String>)]) -> NetworkPolicyIngressRule {
    let port = |(number, protocol): &(i32, Option<String>)| NetworkPolicyPort {
        port: Some(IntOrString::Int(*number)),
        protocol: protocol.clone(),
        end_port: None,
    };
    NetworkPolicyIngressRule { from: None, ports: Some(ports.iter().map(port).collect()) }
}
