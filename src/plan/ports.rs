//! The ports that a service listens on, learned from everything that names one.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use k8s_openapi::{
    api::core::v1::{ContainerPort, ServicePort},
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{
    Context,
    kinds::{Decided, Kinds},
};
use crate::{
    compose::{
        model::{Build, Port, Service},
        values::image,
    },
    k8s::name,
    text::Files,
};

/// Ports of well-known images, by the last part of their repository.
const IMAGES: &[(&str, &[u16])] = &[
    ("adminer", &[8080]),
    ("beanstalkd", &[11300]),
    ("caddy", &[80, 443]),
    ("cassandra", &[9042]),
    ("clickhouse-server", &[8123, 9000]),
    ("consul", &[8500]),
    ("couchdb", &[5984]),
    ("elasticsearch", &[9200, 9300]),
    ("etcd", &[2379, 2380]),
    ("gotenberg", &[3000]),
    ("grafana", &[3000]),
    ("haproxy", &[80]),
    ("httpd", &[80]),
    ("influxdb", &[8086]),
    ("jaeger", &[16686, 4317, 4318]),
    ("kafka", &[9092]),
    ("keydb", &[6379]),
    ("kibana", &[5601]),
    ("localstack", &[4566]),
    ("mailhog", &[1025, 8025]),
    ("mailpit", &[1025, 8025]),
    ("mariadb", &[3306]),
    ("memcached", &[11211]),
    ("minio", &[9000]),
    ("mongo", &[27017]),
    ("mongodb", &[27017]),
    ("mssql-server", &[1433]),
    ("mysql", &[3306]),
    ("nats", &[4222]),
    ("neo4j", &[7474, 7687]),
    ("nginx", &[80]),
    ("phpmyadmin", &[80]),
    ("postgis", &[5432]),
    ("postgres", &[5432]),
    ("postgresql", &[5432]),
    ("prometheus", &[9090]),
    ("rabbitmq", &[5672]),
    ("redis", &[6379]),
    ("redis-stack", &[6379]),
    ("registry", &[5000]),
    ("server", &[]),
    ("timescaledb", &[5432]),
    ("traefik", &[80]),
    ("valkey", &[6379]),
    ("vault", &[8200]),
    ("zookeeper", &[2181]),
];

/// Names for well-known ports, so that a Service reads `postgres` and not `tcp-5432`.
const NAMES: &[(u16, &str)] = &[
    (25, "smtp"),
    (53, "dns"),
    (80, "http"),
    (443, "https"),
    (1025, "smtp"),
    (1433, "mssql"),
    (2181, "zookeeper"),
    (3000, "http"),
    (3306, "mysql"),
    (4200, "http"),
    (4222, "nats"),
    (5000, "http"),
    (5173, "http"),
    (5432, "postgres"),
    (5672, "amqp"),
    (6379, "redis"),
    (8000, "http"),
    (8025, "http"),
    (8080, "http"),
    (8081, "http"),
    (8443, "https"),
    (8888, "http"),
    (9042, "cql"),
    (9092, "kafka"),
    (9200, "http"),
    (11211, "memcached"),
    (11300, "beanstalkd"),
    (27017, "mongodb"),
];

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
pub(super) fn learn(context: &Context<'_>, kinds: &Kinds) -> Ports {
    let by_service = context.services().map(|(name, service)| {
        // A StatefulSet has a Service, whoever needs it.
        let needed = context.hosts.is_referred(name) || kinds.of(name) == Decided::StatefulSet;
        (name.to_owned(), learn_one(context, name, service, needed))
    });
    Ports { by_service: by_service.collect() }
}

fn learn_one(context: &Context<'_>, name: &str, service: &Service, needed: bool) -> Vec<Listening> {
    let own = health_ports(service);
    let own_web = own.iter().filter(|(_, web)| *web).map(|(number, _)| *number);
    let web = context.hosts.web_ports_of(name).chain(own_web).collect();
    let mut learner = Learner { web, ..Learner::default() };
    for port in service.ports.iter().flat_map(|field| &field.value) {
        learner.declared(&port.value);
    }
    for text in service.expose.iter().flat_map(|field| &field.value) {
        learner.exposed(&text.value);
    }
    for number in context.hosts.ports_of(name) {
        learner.tcp(number);
    }
    // What an image exposes is what its own command listens on; a worker or a task runs another one.
    let usual = service.command.is_none() && service.entrypoint.is_none();
    if let Some(build) = service.build.as_ref().filter(|_| usual || needed) {
        for text in dockerfile_ports(&build.value, context.files) {
            learner.exposed(&text);
        }
    }
    let image = service.image_or_built(&context.project.name, name);
    let known = learner.ports.len();
    for (number, _) in own {
        learner.tcp(number);
    }
    for port in learner.ports.iter_mut().skip(known) {
        port.own = !image_ports(&image).any(|number| number == port.number);
    }
    if learner.ports.is_empty() && needed {
        for number in image_ports(&image) {
            learner.tcp(number);
        }
    }
    learner.ports
}

#[derive(Default)]
struct Learner {
    /// Ports that are named in a `http:` URL.
    web: BTreeSet<u16>,
    ports: Vec<Listening>,
    names: BTreeSet<String>,
}

impl Learner {
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
        let usual = NAMES.iter().find(|(port, _)| *port == number).map(|(_, name)| (*name).to_owned());
        let usual = usual.or_else(|| self.web.contains(&number).then(|| "http".to_owned()));
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

/// Ports of URLs on the container itself in its health check, and whether the URL is one of HTTP.
fn health_ports(service: &Service) -> Vec<(u16, bool)> {
    let test = service.healthcheck.as_ref().and_then(|check| check.value.test.as_ref());
    let words: Vec<&str> = test.iter().flat_map(|test| &test.value).map(|word| word.value.as_str()).collect();
    let text = words.join(" ");
    let mut ports = Vec::new();
    for host in ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"] {
        for (at, _) in text.match_indices(&format!("//{host}")) {
            let (before, after) = (&text[..at], &text[at + 2 + host.len()..]);
            let port = match after.strip_prefix(':') {
                Some(digits) => {
                    let end = digits.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(digits.len());
                    digits[..end].parse().ok()
                }
                // `//localhost.example.com` is another host.
                None if after.starts_with(|next: char| next.is_alphanumeric() || "._-".contains(next)) => {
                    None
                }
                None if before.ends_with("https:") => Some(443),
                None => Some(80),
            };
            ports.extend(port.map(|port| (port, before.ends_with("http:"))));
        }
    }
    ports
}

/// What `EXPOSE` says in the stage that is built.
fn dockerfile_ports(build: &Build, files: &dyn Files) -> Vec<String> {
    let inline = build.dockerfile_inline.as_ref().map(|text| text.value.clone());
    let text = inline.or_else(|| {
        let context = &build.context.as_ref()?.value;
        let dockerfile = build.dockerfile.as_ref().map_or("Dockerfile", |path| path.value.as_str());
        let bytes = files.read(&Utf8Path::new(context).join(dockerfile)).ok()?;
        String::from_utf8(bytes).ok()
    });
    let target = build.target.as_ref().map(|target| target.value.to_ascii_lowercase());
    exposed_by(&text.unwrap_or_default(), target.as_deref())
}

fn exposed_by(dockerfile: &str, target: Option<&str>) -> Vec<String> {
    let mut exposed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut stage = String::new();
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        let instruction = words.next().map(str::to_ascii_uppercase);
        match instruction.as_deref() {
            Some("FROM") => {
                let words: Vec<String> =
                    words.filter(|word| !word.starts_with("--")).map(str::to_ascii_lowercase).collect();
                // A stage based on another exposes what that one does.
                let inherited = words.first().and_then(|base| exposed.get(base)).cloned().unwrap_or_default();
                stage = words.get(2).cloned().unwrap_or_else(|| format!("#{}", exposed.len()));
                exposed.insert(stage.clone(), inherited);
                if target == Some(stage.as_str()) {
                    exposed.insert("#target".to_owned(), Vec::new());
                }
            }
            Some("EXPOSE") => {
                let ports = words.take_while(|word| !word.starts_with('#')).map(str::to_owned);
                exposed.entry(stage.clone()).or_default().extend(ports);
            }
            _ => {}
        }
    }
    let built = if exposed.contains_key("#target") { target.unwrap_or_default() } else { stage.as_str() };
    exposed.get(built).cloned().unwrap_or_default()
}

fn image_ports(image: &str) -> impl Iterator<Item = u16> {
    let repository = image::Reference::parse(image).repository;
    let last = repository.rsplit('/').next().unwrap_or_default().to_owned();
    IMAGES.iter().filter(move |(name, _)| *name == last).flat_map(|(_, ports)| ports.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exposed_ports_are_those_of_the_stage_that_is_built() {
        let dockerfile = "FROM a AS base\nEXPOSE 80 443\nFROM base AS dev\nEXPOSE 9229\nFROM base\nCMD x\n";
        assert_eq!(exposed_by(dockerfile, None), ["80", "443"]);
        assert_eq!(exposed_by(dockerfile, Some("dev")), ["80", "443", "9229"]);
        assert!(exposed_by("", Some("dev")).is_empty());
    }

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
