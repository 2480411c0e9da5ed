//! How a service is reached and what it reaches: host namespaces, names, resolvers.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use k8s_openapi::api::core::v1::{Container, HostAlias, PodDNSConfig, PodDNSConfigOption, PodSpec};

use super::{kind::WorkloadKind, kinds, ports::Ports, probes::Probes};
use crate::{
    compose::model::Service,
    k8s::name,
    plan::{
        facts::{Facts, hosts::SelfUse, renamed},
        ledger::Entries,
        model::ClusterService,
        naming::layout::policies_file,
        reasons,
    },
    text::Spanned,
};

/// Gives the pod its namespaces, names and resolvers.
pub(super) fn apply_network(
    facts: &Facts<'_>,
    service: &Service,
    pod: &mut PodSpec,
    entries: &mut Entries<'_>,
) {
    pod.enable_service_links = Some(false);
    namespaces(facts, service, pod, entries);
    names(service, pod, entries);
    resolver(service, pod, entries);
    networks(facts, service, entries);
    renamed::record_aliases((&facts.context, &facts.hosts.seen_by(service)), service, entries);
}

/// The address at which a pod reaches itself.
const LOOPBACK: &str = "127.0.0.1";

/// Makes the names by which a service knows itself lead to its pod, as they do in compose: the kubelet writes one
/// into the pod's table of hosts. The controller of a StatefulSet names its pods itself.
pub(super) fn name_itself(
    facts: &Facts<'_>,
    (key, service, decided): (&str, &Service, WorkloadKind),
    probes: &Probes,
    pod: &mut PodSpec,
    entries: &mut Entries<'_>,
) {
    let kept: Vec<String> = facts
        .hosts
        .kept_names_of(key)
        .filter(|name| name::is_dns_subdomain(name))
        .map(str::to_owned)
        .collect();
    if !kept.is_empty() && pod.host_network != Some(true) {
        let aliases = pod.host_aliases.get_or_insert_default();
        match aliases.iter_mut().find(|alias| alias.ip == LOOPBACK) {
            Some(alias) => alias.hostnames.get_or_insert_default().extend(kept),
            None => aliases.push(HostAlias { ip: LOOPBACK.to_owned(), hostnames: Some(kept) }),
        }
    }
    if decided == WorkloadKind::StatefulSet {
        if pod.hostname.take().is_some() {
            entries.approximated(&["hostname"], reasons::CONTROLLER_NAMES_PODS);
        }
        return;
    }
    let mut names = early_names(facts, key, probes);
    if let (Some((name, _)), None, None) = (names.next(), names.next(), &pod.hostname)
        && service.hostname.is_none()
        && pod.host_network != Some(true)
        && !has_several(service)
    {
        pod.hostname = Some(name.to_owned());
    }
}

/// Whether there are several pods of a service: by its name, each of them means the others, too.
fn has_several(service: &Service) -> bool {
    kinds::most_pods(service) > 1
}

/// The names by which a service knows itself and that its Service alone does not make good: it leads to pods that are
/// ready, at the service's own name.
fn early_names<'a>(
    facts: &'a Facts<'_>,
    key: &'a str,
    probes: &'a Probes,
) -> impl Iterator<Item = (&'a str, SelfUse)> {
    let own = facts.context.names.object(key);
    facts.hosts.selves_of(key).filter(move |(name, self_use)| match (self_use, &probes.readiness) {
        (SelfUse::Listens | SelfUse::Shares, _) => true,
        (SelfUse::Calls, readiness) => *name != own || readiness.is_some(),
        // What the kubelet asks is no matter of names.
        (SelfUse::Asks, readiness) => readiness.as_ref().is_some_and(|probe| probe.exec.is_some()),
    })
}

/// The Service objects of a service: its own, and one for each further name that somebody uses.
pub(super) fn services(
    facts: &Facts<'_>,
    ports: &Ports,
    (key, needed): (&str, bool),
    (probes, hostname): (&Probes, Option<&str>),
) -> Vec<ClusterService> {
    let listening = ports.of_service(key);
    if listening.is_empty() && !facts.hosts.is_referred(key) && !needed {
        return Vec::new();
    }
    let own = facts.context.names.object(key);
    let several = facts.context.project.services.get(key).is_some_and(|service| has_several(&service.value));
    let early: BTreeMap<&str, SelfUse> = early_names(facts, key, probes)
        .filter(|own| (several || own.1 != SelfUse::Shares) && Some(own.0) != hostname)
        .collect();
    let joined = facts.hosts.is_joined(key) || several && !early.is_empty();
    let publish_not_ready = joined || !early.is_empty();
    let inner = |name: &str, comment: Option<String>| ClusterService {
        name: name.to_owned(),
        comment,
        ports: listening.clone(),
        headless: listening.is_empty()
            || publish_not_ready
            || facts.hosts.is_met(key)
            || is_round_robin(facts, key),
        publish_not_ready,
        type_: None,
        external_traffic_policy: None,
    };
    let listens = early.values().any(|self_use| *self_use == SelfUse::Listens);
    let comment = match (joined, listens) {
        (true, _) => Some("Members of its cluster find each other by this name before they are ready."),
        (_, true) => Some("It listens at this name: DNS gives the address of its pod."),
        _ if publish_not_ready => Some("It calls itself by this name before it is ready."),
        _ if facts.hosts.is_met(key) => Some("Others of its image ask it at ports that are not listed."),
        _ => None,
    };
    let mut services = vec![inner(own, comment.map(str::to_owned))];
    let further = facts.hosts.aliases_of(key).chain(early.keys().copied().filter(|name| *name != own));
    let further: BTreeSet<&str> = further.collect();
    let by_another_name = || Some(format!("{own} by another name"));
    services.extend(further.into_iter().map(|name| inner(name, by_another_name())));
    if publish_not_ready && facts.context.cluster.ingress.iter().any(|host| host.service.value == key) {
        services.push(ClusterService {
            headless: false,
            publish_not_ready: false,
            ..inner(&ready_name(own), Some(format!("{own}, but only pods that are ready")))
        });
    }
    services
}

/// The name of a Service that leads to ready pods alone, beside one that leads to all.
fn ready_name(own: &str) -> String {
    name::shortened(&format!("{own}-ready"), name::LABEL_LENGTH)
}

/// Whether compose asks that the name gives all addresses.
fn is_round_robin(facts: &Facts<'_>, key: &str) -> bool {
    let service = facts.context.project.services.get(key);
    let mode = service.and_then(|service| service.deploy.as_ref()?.value.endpoint_mode.as_ref());
    mode.is_some_and(|mode| mode.value == "dnsrr")
}

/// Whether a pod has ports of its node, which no other pod there can have.
pub(in crate::plan) fn has_ports_of_node(pod: &PodSpec, container: &Container) -> bool {
    let mut ports = container.ports.iter().flatten();
    pod.host_network == Some(true) || ports.any(|port| port.host_port.is_some())
}

/// Whether several services are on the host's network, and so reach each other at `localhost`.
fn shares_host_network(facts: &Facts<'_>) -> bool {
    let is_there = |service: &Service| service.network_mode.as_ref().is_some_and(|mode| mode.value == "host");
    facts.context.project.services.values().filter(|service| is_there(service)).count() > 1
}

fn namespaces(facts: &Facts<'_>, service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    if let Some(mode) = &service.network_mode {
        match mode.value.as_str() {
            "host" => {
                pod.host_network = Some(true);
                pod.dns_policy = Some("ClusterFirstWithHostNet".to_owned());
                if shares_host_network(facts) {
                    entries.approximated(&["network_mode"], reasons::LOCALHOST_OF_NODE);
                } else {
                    entries.mapped(&["network_mode"]);
                }
            }
            "bridge" | "default" => entries.ignored(&["network_mode"], reasons::OWN_NETWORK),
            "none" if facts.context.cluster.network_policies.is_some() => {
                entries.mapped_to(&["network_mode"], policies_file(facts.context.environment));
            }
            "none" => entries.unsupported(&["network_mode"], reasons::NETWORK_DENIED_BY_POLICY),
            _ => entries.unsupported(&["network_mode"], reasons::COMMON_NETWORK),
        }
    }
    for (key, mode, host) in
        [("pid", &service.pid, &mut pod.host_pid), ("ipc", &service.ipc, &mut pod.host_ipc)]
    {
        let Some(mode) = mode else { continue };
        match mode.value.as_str() {
            "host" => {
                *host = Some(true);
                entries.mapped(&[key]);
            }
            "private" | "shareable" | "" => entries.ignored(&[key], reasons::OWN_NAMESPACE),
            _ => entries.unsupported(&[key], reasons::COMMON_NAMESPACE),
        }
    }
    if let Some(mode) = &service.userns_mode {
        if mode.value == "host" {
            entries.ignored(&["userns_mode"], reasons::USERS_OF_NODE);
        } else {
            entries.unsupported(&["userns_mode"], reasons::HOST_USERS);
        }
    }
}

fn names(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    if let Some(hostname) = &service.hostname {
        let label = name::dns_label(&hostname.value);
        if label == hostname.value {
            entries.mapped(&["hostname"]);
        } else {
            entries.approximated(&["hostname"], reasons::host_name_is_a_label(&label));
        }
        pod.hostname = (!label.is_empty()).then_some(label);
    }
    if let Some(hosts) = &service.extra_hosts {
        let mut by_address: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (host, addresses) in hosts.value.iter() {
            for address in &addresses.value {
                if address == "host-gateway" {
                    entries.unsupported(&["extra_hosts"], reasons::NO_GATEWAY);
                } else if bare(address).parse::<IpAddr>().is_ok() {
                    by_address.entry(bare(address)).or_default().push(host.clone());
                    entries.mapped(&["extra_hosts"]);
                } else {
                    entries.unsupported(&["extra_hosts"], reasons::is_no_address(address));
                }
            }
        }
        let alias = |(ip, hostnames): (&str, Vec<String>)| HostAlias {
            ip: ip.to_owned(),
            hostnames: Some(hostnames),
        };
        let aliases: Vec<HostAlias> = by_address.into_iter().map(alias).collect();
        pod.host_aliases = (!aliases.is_empty()).then_some(aliases);
    }
}

/// An address without the blanks and the brackets that docker takes around it.
fn bare(address: &str) -> &str {
    let address = address.trim();
    address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address)
}

fn resolver(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let list = |field: &Option<Spanned<Vec<Spanned<String>>>>| {
        let values: Vec<String> =
            field.iter().flat_map(|field| &field.value).map(|text| text.value.clone()).collect();
        (!values.is_empty()).then_some(values)
    };
    let option = |text: String| match text.split_once(':') {
        Some((name, value)) => {
            PodDNSConfigOption { name: Some(name.to_owned()), value: Some(value.to_owned()) }
        }
        None => PodDNSConfigOption { name: Some(text), value: None },
    };
    let mut nameservers = servers(service, entries);
    let searches = searches(service, entries);
    let options = list(&service.dns_opt).map(|options| options.into_iter().map(option).collect());
    if let Some(servers) = &mut nameservers {
        // The cluster's own resolver takes the first of three places: names of services need it.
        if servers.len() > 2 {
            servers.truncate(2);
            entries.approximated(&["dns"], reasons::THREE_RESOLVERS);
        } else {
            entries.mapped(&["dns"]);
        }
    }
    if service.dns_opt.is_some() {
        entries.mapped(&["dns_opt"]);
    }
    if nameservers.is_some() || searches.is_some() || options.is_some() {
        pod.dns_config = Some(PodDNSConfig { nameservers, searches, options });
    }
}

/// The name servers that a pod can have. The engine's own asks those of the machine, as the cluster's does, and it is
/// in no pod.
fn servers(service: &Service, entries: &mut Entries<'_>) -> Option<Vec<String>> {
    let said = service.dns.as_ref()?;
    let mut servers: Vec<String> = Vec::new();
    for server in &said.value {
        let address = bare(&server.value);
        if matches!(address, "" | "127.0.0.11") {
            entries.ignored(&["dns"], reasons::SERVER_OF_ENGINE);
        } else if address.parse::<IpAddr>().is_err() {
            entries.at(server.span).unsupported(&["dns"], reasons::SERVER_WITHOUT_ADDRESS.about(address));
        } else if !servers.iter().any(|known| known == address) {
            servers.push(address.to_owned());
        }
    }
    (!servers.is_empty()).then_some(servers)
}

/// The search domains that API servers take. An empty one and `.` say that there are none; names of Services need
/// those of the cluster.
fn searches(service: &Service, entries: &mut Entries<'_>) -> Option<Vec<String>> {
    let said = service.dns_search.as_ref()?;
    let mut searches: Vec<String> = Vec::new();
    for domain in &said.value {
        let name = domain.value.trim().to_ascii_lowercase();
        if matches!(name.as_str(), "" | ".") {
            continue;
        }
        if !name::is_dns_subdomain(name.strip_suffix('.').unwrap_or(&name)) {
            entries
                .at(domain.span)
                .unsupported(&["dns_search"], reasons::NO_SEARCH_DOMAIN.about(&domain.value));
        } else if !searches.contains(&name) {
            searches.push(name);
        }
    }
    let says_none = said.value.iter().any(|domain| matches!(domain.value.trim(), "" | "."));
    match (searches.is_empty(), says_none) {
        (true, true) => entries.ignored(&["dns_search"], reasons::SEARCHES_OF_CLUSTER),
        (true, false) => {}
        (false, true) => entries.approximated(&["dns_search"], reasons::SEARCHES_OF_CLUSTER),
        (false, false) => entries.mapped(&["dns_search"]),
    }
    (!searches.is_empty()).then_some(searches)
}

fn networks(facts: &Facts<'_>, service: &Service, entries: &mut Entries<'_>) {
    let Some(networks) = &service.networks else { return };
    if facts.context.cluster.network_policies.is_some() {
        entries.mapped_to(&["networks"], policies_file(facts.context.environment));
    } else {
        entries.ignored(&["networks"], reasons::ALL_TOGETHER);
    }
    for (network, settings) in &networks.value {
        let Some(settings) = &settings.value else { continue };
        for (key, present) in [
            ("ipv4_address", settings.ipv4_address.is_some()),
            ("ipv6_address", settings.ipv6_address.is_some()),
            ("link_local_ips", settings.link_local_ips.is_some()),
            ("mac_address", settings.mac_address.is_some()),
            ("aliases", settings.aliases.is_some()),
            ("driver_opts", settings.driver_opts.is_some()),
            ("gw_priority", settings.gw_priority.is_some()),
            ("interface_name", settings.interface_name.is_some()),
            ("priority", settings.priority.is_some()),
        ] {
            if present {
                entries.as_ever(&["networks", network, key]);
            }
        }
    }
}
