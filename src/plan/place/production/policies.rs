//! Networks of compose as NetworkPolicies: pods that share a network reach one another, others do not.
//!
//! What `ports` publishes, and what is reached from outside by an Ingress or a Service of that type, stays
//! open for all. A port that is published for the machine itself alone is not.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use k8s_openapi::api::core::v1::ContainerPort;

use crate::{
    compose::model::{Port, Project, Service},
    k8s::name,
    plan::{
        input::Input,
        model::{Allowed, Environment, Kind, NetworkPolicy, Route, SERVICE_LABEL, Workload},
        naming::names,
    },
    text::Spanned,
};

/// What a container is connected to. What the project names comes first: it keeps its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Network<'a> {
    /// A network of the project, by its key.
    Named(&'a str),
    /// The engine's own.
    Bridge,
    /// Nothing, as `network_mode: none` says.
    Nothing,
}

/// Gives the environment its policies, and pods the labels by which these find them.
pub(super) fn add_policies(environment: &mut Environment, input: &Input<'_>) {
    if input.cluster.network_policies.is_none() {
        return;
    }
    let Environment { apps, policies, routes, .. } = environment;
    let mut workloads: Vec<(&mut Workload, &Service, BTreeSet<Network<'_>>)> = Vec::new();
    for workload in apps.iter_mut().flat_map(|app| &mut app.workloads) {
        let Some(service) = input.project.services.get(&workload.key) else { continue };
        workloads.push((workload, service, networks(input.project, service)));
    }
    let used: BTreeSet<Network<'_>> =
        workloads.iter().flat_map(|(_, _, networks)| networks).copied().collect();
    let named = named(input.project, &used);
    for (network, name) in &named {
        policies.push(NetworkPolicy {
            name: name.clone(),
            pods: (NetworkPolicy::label(name), "true".to_owned()),
            allowed: allowed(input.project, *network),
        });
    }
    for (workload, service, networks) in workloads {
        let own = networks.iter().filter_map(|network| named.get(network));
        workload.pod_labels.extend(own.map(|name| (NetworkPolicy::label(name), "true".to_owned())));
        // A policy closes what it does not open: what is on no network is open as it is.
        if networks.is_empty() || networks.contains(&Network::Nothing) {
            continue;
        }
        let ports = open_ports(workload, service, &routes.hosts);
        if !ports.is_empty() {
            let is_taken = |name: &String| policies.iter().any(|policy| policy.name == *name);
            let wanted = format!("{}-published", workload.name);
            policies.push(NetworkPolicy {
                name: names::within(&wanted, name::LABEL_LENGTH, is_taken),
                pods: (SERVICE_LABEL.to_owned(), workload.service.clone()),
                allowed: Allowed::Ports(ports),
            });
        }
    }
}

/// The networks of a service, or of the one whose network it shares.
fn networks<'a>(project: &'a Project, service: &'a Service) -> BTreeSet<Network<'a>> {
    let mut service = service;
    // No way from service to service is longer than there are services.
    for _ in 0..=project.services.len() {
        let mode = service.network_mode.as_ref().map_or("", |mode| mode.value.as_str());
        match mode {
            "" => break,
            "none" => return BTreeSet::from([Network::Nothing]),
            "bridge" | "default" => return BTreeSet::from([Network::Bridge]),
            mode => {
                let other = mode.strip_prefix("service:").and_then(|name| project.services.get(name));
                let Some(other) = other else { return BTreeSet::new() };
                service = other;
            }
        }
    }
    let networks = service.networks.iter().flat_map(|networks| networks.value.iter());
    networks.map(|(key, _)| Network::Named(key)).collect()
}

/// The names of networks: labels, and each another one.
fn named<'a>(project: &Project, networks: &BTreeSet<Network<'a>>) -> BTreeMap<Network<'a>, String> {
    let mut named: BTreeMap<Network<'a>, String> = BTreeMap::new();
    for network in networks {
        let wanted = match network {
            Network::Named(key) => name::dns_label(shared_name(project, key).unwrap_or(key)),
            Network::Bridge => "bridge".to_owned(),
            Network::Nothing => "none".to_owned(),
        };
        let wanted = if wanted.is_empty() { "network".to_owned() } else { wanted };
        let is_taken = |name: &String| named.values().any(|known| known == name);
        let name = names::within(&wanted, name::LABEL_LENGTH, is_taken);
        named.insert(*network, name);
    }
    named
}

fn allowed(project: &Project, network: Network<'_>) -> Allowed {
    match network {
        Network::Named(key) if shared_name(project, key).is_some() => Allowed::MembersAnywhere,
        Network::Named(_) | Network::Bridge => Allowed::Members,
        Network::Nothing => Allowed::Nobody,
    }
}

/// What projects that share a network call it; none for a network of this one.
fn shared_name<'a>(project: &'a Project, key: &'a str) -> Option<&'a str> {
    let network = project.networks.get(key)?.value.as_ref()?;
    network.external.as_ref().filter(|external| external.value)?;
    Some(network.name.as_ref().map_or(key, |name| name.value.as_str()))
}

/// The ports at which anybody reaches the pods of a workload.
fn open_ports(workload: &Workload, service: &Service, routes: &[Route]) -> Vec<(i32, Option<String>)> {
    // The pods of jobs have not the label of the service.
    if workload.is_further || matches!(workload.kind, Kind::CronJob { .. }) {
        return Vec::new();
    }
    let has_ingress = workload.further.iter().any(|further| further.object["kind"] == "Ingress");
    let is_outer = has_ingress || workload.services.iter().any(|service| service.type_.is_some());
    let is_routed = |number: i32| {
        let own = |route: &Route| workload.services.iter().any(|service| service.name == route.service);
        routes.iter().any(|route| own(route) && route.number == number)
    };
    let container = workload.pod.containers.first();
    let ports = container.and_then(|container| container.ports.as_ref()).into_iter().flatten();
    let is_open =
        |port: &&ContainerPort| is_outer || is_routed(port.container_port) || is_published(service, port);
    ports.filter(is_open).map(|port| (port.container_port, port.protocol.clone())).collect()
}

/// Whether `ports` publishes a port for others than the machine itself.
fn is_published(service: &Service, port: &ContainerPort) -> bool {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    let is_same = |published: &&Spanned<Port>| {
        published.target.as_ref().is_some_and(|target| target.value == i64::from(port.container_port))
            && published
                .protocol
                .as_ref()
                .map_or("TCP", |protocol| protocol.value.as_str())
                .eq_ignore_ascii_case(protocol)
    };
    let is_for_itself = |published: &Spanned<Port>| {
        let address = published.host_ip.as_ref().map_or("", |address| address.value.as_str());
        address == "localhost"
            || address.trim_matches(['[', ']']).parse().is_ok_and(|address: IpAddr| address.is_loopback())
    };
    let published = service.ports.iter().flat_map(|ports| &ports.value);
    published.filter(is_same).any(|published| !is_for_itself(published))
}
