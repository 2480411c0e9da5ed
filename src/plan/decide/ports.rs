//! The ports that a service listens on, learned from everything that names one.

mod sources;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::core::v1::{ContainerPort, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{kind::WorkloadKind, kinds::Kinds};
use crate::{
    catalog::{self, ports::Transport},
    compose::model::{Port, Service},
    k8s::name,
    plan::facts::Facts,
};

/// The ports of every service.
#[derive(Debug, Default)]
pub(super) struct Ports {
    by_service: BTreeMap<String, Vec<Listening>>,
}

/// A port that a container listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listening {
    number: u16,
    protocol: String,
    name: String,
    app_protocol: Option<String>,
    host_port: Option<u16>,
    /// Only the container itself is known to reach it: it may listen on its loopback address alone.
    own: bool,
}

impl Ports {
    /// The ports of a service, as its container names them.
    pub(super) fn of_container(&self, service: &str) -> Vec<ContainerPort> {
        let port = |port: &Listening| ContainerPort {
            name: Some(port.name.clone()),
            container_port: i32::from(port.number),
            protocol: protocol(port),
            host_port: port.host_port.map(i32::from),
            ..ContainerPort::default()
        };
        self.listening(service).iter().map(port).collect()
    }

    /// The ports of a service, as its Service object names them: the container's own numbers, since
    /// that is what other containers say.
    pub(super) fn of_service(&self, service: &str) -> Vec<ServicePort> {
        let port = |port: &Listening| ServicePort {
            name: Some(port.name.clone()),
            port: i32::from(port.number),
            target_port: Some(IntOrString::String(port.name.clone())),
            protocol: protocol(port),
            app_protocol: port.app_protocol.clone(),
            ..ServicePort::default()
        };
        self.listening(service).iter().map(port).collect()
    }

    /// The name of a TCP port that others than the container itself reach.
    pub(super) fn reachable(&self, service: &str, number: u16) -> Option<&str> {
        let port =
            self.listening(service).iter().find(|port| port.number == number && port.protocol == "TCP")?;
        (!port.own).then_some(port.name.as_str())
    }

    fn listening(&self, service: &str) -> &[Listening] {
        self.by_service.get(service).map_or(&[], Vec::as_slice)
    }
}

fn protocol(port: &Listening) -> Option<String> {
    (port.protocol != "TCP").then(|| port.protocol.clone())
}

/// Learns the ports of every service: from `ports` and `expose`, from addresses in values, from its
/// Dockerfile, from URLs of its health check; and where none of these says anything, from its image.
pub(super) fn learn(facts: &Facts<'_>, kinds: &Kinds) -> Ports {
    let by_service = facts.context.services().map(|(name, service)| {
        // A StatefulSet has a Service, whoever needs it.
        // A well-known program listens, even if only images know who calls it.
        let known = serves(service, kinds.of(name));
        let needed = facts.hosts.is_referred(name) || kinds.of(name) == WorkloadKind::StatefulSet || known;
        // Of what runs once, others only wait for the end.
        let is_asked =
            kinds.of(name) != WorkloadKind::Job || service.names_ports() || facts.hosts.is_addressed(name);
        let ports = if is_asked { learn_one(facts, name, service, needed) } else { Vec::new() };
        (name.to_owned(), ports)
    });
    Ports { by_service: by_service.collect() }
}

/// The ports that Compose declares, and those that services and proxies ask.
pub(super) fn asked(facts: &Facts<'_>, name: &str, service: &Service) -> BTreeSet<u16> {
    let mut learner = Learner::default();
    service.ports.iter().flat_map(|field| &field.value).for_each(|port| learner.declared(&port.value));
    service.expose.iter().flat_map(|field| &field.value).for_each(|text| learner.exposed(&text.value));
    let declared = learner.ports.iter().map(|port| port.number);
    let named = facts.hosts.ports_of(name).chain(facts.hosts.usual_ports_of(name));
    declared.chain(named).chain(sources::proxied_ports(service)).collect()
}

fn serves(service: &Service, decided: WorkloadKind) -> bool {
    let image = service.image.as_ref().map_or("", |image| image.value.as_str());
    let runs_image = service.command.is_none() && service.entrypoint.is_none();
    decided == WorkloadKind::Deployment
        && (runs_image || catalog::is_backing_service(image))
        && !catalog::ports_of_image(image).is_empty()
}

fn learn_one(facts: &Facts<'_>, name: &str, service: &Service, needed: bool) -> Vec<Listening> {
    let own = sources::health_ports(facts.health(name, service));
    let own_web = own.iter().filter(|(_, web)| *web).map(|(number, _)| *number);
    let peers = facts.services.program(name).map_or(&[][..], |image| image.peers);
    let web =
        facts.hosts.web_ports_of(name).filter(|number| !peers.contains(number)).chain(own_web).collect();
    let published = service.ports.iter().flat_map(|field| &field.value);
    let published = published.filter_map(|port| u16::try_from(port.value.target.as_ref()?.value).ok());
    let is_routed = facts.context.cluster.ingress.iter().any(|host| host.service.value == name);
    let mut learner = Learner { web, published: published.collect(), is_routed, ..Learner::new(facts, name) };
    service.ports.iter().flat_map(|field| &field.value).for_each(|port| learner.declared(&port.value));
    service.expose.iter().flat_map(|field| &field.value).for_each(|text| learner.exposed(&text.value));
    for number in facts.hosts.ports_of(name) {
        learner.heard(number, facts.hosts.spoken(name, number));
    }
    sources::proxied_ports(service).into_iter().for_each(|number| learner.tcp(number));
    // What an image exposes is what its own command listens on; a worker or a task runs another one.
    let runs_image = service.command.is_none() && service.entrypoint.is_none();
    let build = service.build.as_ref().filter(|_| runs_image || needed);
    let built = build.and_then(|_| facts.services.get(name)?.dockerfile.as_deref());
    for text in built.iter().flat_map(|built| &built.built().exposed) {
        learner.exposed(text);
    }
    let image = service.image_or_built(&facts.context.project.name, name);
    let usual = catalog::ports_of_image(&image);
    if !learner.ports.is_empty() && facts.hosts.is_member(name) {
        peers.iter().for_each(|number| learner.tcp(*number));
    }
    let known = learner.ports.len();
    for (number, _) in own {
        learner.tcp(number);
    }
    for port in learner.ports.iter_mut().skip(known) {
        port.own = !usual.contains(&port.number);
    }
    if needed
        && facts.services.image(name).is_some_and(sources::keeps_its_port)
        && sources::commanded_ports(service).is_empty()
    {
        usual.iter().for_each(|number| learner.tcp(*number));
    }
    if needed && runs_image && learner.ports.iter().any(|port| usual.contains(&port.number)) {
        // It is as the image has it, with whatever else it listens on beside what browsers ask.
        let is_web = |number| catalog::ports::port(number).is_some_and(|port| port.name.starts_with("http"));
        usual.iter().filter(|number| !is_web(**number)).for_each(|number| learner.tcp(*number));
    }
    for number in facts.hosts.usual_ports_of(name) {
        // `http://` is also said of what is asked at some other port, by a proxy in front.
        if !matches!(number, 80 | 443) || usual.contains(&number) {
            learner.tcp(number);
        }
    }
    if needed {
        let base = || built.as_ref().map(|built| built.built().base.as_str());
        learner.first_of([
            &|| sources::commanded_ports(service),
            &|| usual.to_vec(),
            &|| sources::variable_ports(service),
            &|| base().map(catalog::ports_of_image).unwrap_or_default().to_vec(),
        ]);
    }
    learner.first_of([&|| facts.hosts.usual_ports_of(name).collect()]);
    learner.ports
}

#[derive(Default)]
struct Learner {
    /// Ports that are named in a `http:` URL.
    web: BTreeSet<u16>,
    /// Ports that are named in a URL of another scheme, `tcp:` say.
    streams: BTreeSet<u16>,
    /// Ports that compose publishes: what users mean.
    published: BTreeSet<u16>,
    /// Whether an Ingress leads here.
    is_routed: bool,
    ports: Vec<Listening>,
    names: BTreeSet<String>,
}

impl Learner {
    /// Knows what others say of the ports of a service.
    fn new(facts: &Facts<'_>, name: &str) -> Self {
        let is_stream = |number: &u16| facts.hosts.spoken(name, *number) == Some(Transport::Tcp);
        Self { streams: facts.hosts.ports_of(name).filter(is_stream).collect(), ..Self::default() }
    }

    fn declared(&mut self, port: &Port) {
        let text =
            |field: &Option<crate::text::Spanned<String>>| field.as_ref().map(|text| text.value.clone());
        let Some(number) = port.target.as_ref().and_then(|target| u16::try_from(target.value).ok()) else {
            return;
        };
        let protocol = text(&port.protocol).unwrap_or_default();
        let host_mode = port.mode.as_ref().is_some_and(|mode| mode.value == "host");
        let host_port =
            if host_mode { text(&port.published).and_then(|port| port.parse().ok()) } else { None };
        self.add(number, &protocol, text(&port.name), text(&port.app_protocol), host_port);
    }

    /// `3000`, `3000-3002`, `53/udp`.
    fn exposed(&mut self, text: &str) {
        let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
            // A range of thousands (FTP, WebRTC) is no list of services: its ends stand for it.
            let all = u32::from(last.saturating_sub(first)) < 100;
            for number in (first..=last).filter(|number| all || *number == first || *number == last) {
                self.add(number, protocol, None, None, None);
            }
        }
    }

    /// The ports of the first source that has any, if none is known yet.
    fn first_of<const N: usize>(&mut self, sources: [&dyn Fn() -> Vec<u16>; N]) {
        if self.ports.is_empty() {
            let ports = sources.iter().map(|source| source()).find(|ports| !ports.is_empty());
            ports.into_iter().flatten().for_each(|number| self.tcp(number));
        }
    }

    /// A port that somebody names as one of the service, and what is said to be spoken there. Who speaks of a port
    /// that compose declares means it as declared.
    fn heard(&mut self, number: u16, said: Option<Transport>) {
        let declared = self.ports.iter().any(|port| port.number == number);
        let usual = || catalog::ports::port(number).map_or(Transport::Tcp, |port| port.transport);
        match said {
            None if declared => {}
            Some(Transport::Tcp | Transport::Both) if declared => {}
            said => {
                for protocol in said.unwrap_or_else(usual).protocols() {
                    self.add(number, protocol, None, None, None);
                }
            }
        }
    }

    /// What a port is called by what is known of it. `http` is the one that users mean: where compose publishes
    /// ports, none that only other services ask.
    fn usual_name(&self, number: u16) -> Option<String> {
        let is_published = self.published.contains(&number);
        let is_inner = !is_published && !self.published.is_empty();
        let is_other = self.streams.contains(&number) && !self.web.contains(&number);
        let known = catalog::ports::port(number)
            .filter(|port| port.transport != Transport::Udp && !(is_other && port.name == "http"));
        match known.map(|port| port.name) {
            Some("http") | None if is_inner && self.web.contains(&number) => Some(format!("http-{number}")),
            Some(name) => Some(name.to_owned()),
            None if self.web.contains(&number) || is_published && self.is_routed => Some("http".to_owned()),
            None => None,
        }
    }

    fn tcp(&mut self, number: u16) {
        self.add(number, "tcp", None, None, None);
    }

    fn add(
        &mut self,
        number: u16,
        protocol: &str,
        wanted: Option<String>,
        app_protocol: Option<String>,
        host_port: Option<u16>,
    ) {
        let protocol = if protocol.is_empty() { "TCP".to_owned() } else { protocol.to_ascii_uppercase() };
        let known = self.ports.iter().any(|port| port.number == number && port.protocol == protocol);
        if known || number == 0 {
            return;
        }
        let usual = self.usual_name(number);
        let grpc = || catalog::ports::port(number).and_then(catalog::ports::WellKnown::app_protocol);
        let app_protocol = app_protocol.or_else(|| grpc().map(str::to_owned).filter(|_| protocol == "TCP"));
        let plain = format!("{}-{number}", protocol.to_ascii_lowercase());
        let wanted = wanted.as_deref().and_then(name::port_name).or(usual.filter(|_| protocol == "TCP"));
        let free = |name: &String| !self.names.contains(name);
        let numbered = |name: &String| {
            name::port_name(&format!("{name}-{number}")).filter(|long| long.ends_with(&number.to_string()))
        };
        let name = match wanted {
            Some(name) if free(&name) => name,
            Some(name) => numbered(&name).filter(free).unwrap_or(plain),
            None => plain,
        };
        self.names.insert(name.clone());
        self.ports.push(Listening { number, protocol, name, app_protocol, host_port, own: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_get_names_once() {
        let mut learner = Learner::default();
        for text in ["8080", "80", "53/udp", "9000-9001", "8080"] {
            learner.exposed(text);
        }
        let names: Vec<&str> = learner.ports.iter().map(|port| port.name.as_str()).collect();
        assert_eq!(names, ["http", "http-80", "udp-53", "tcp-9000", "tcp-9001"]);
    }
}
