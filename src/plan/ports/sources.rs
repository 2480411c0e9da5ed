//! Where ports are learned from, beside what compose says of them: proxies in front, variables, commands,
//! health checks, Dockerfiles, images.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::{
    compose::{
        model::{Build, Service},
        values::image,
    },
    text::{Files, Spanned},
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

/// Ports at which a proxy in front of the service is told to find it: by labels of Traefik and of
/// caddy-docker-proxy, by the variable of nginx-proxy.
pub(super) fn proxied_ports(service: &Service) -> Vec<u16> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    let labels = service.labels.iter().chain(deployed).flat_map(|labels| labels.value.iter());
    let of_label = |(name, value): (&String, &Spanned<String>)| {
        let text = value.value.trim();
        if name.starts_with("traefik.") && name.to_ascii_lowercase().ends_with(".loadbalancer.server.port") {
            return text.parse().ok();
        }
        let upstreams = text.strip_prefix("{{upstreams").filter(|_| name.starts_with("caddy"))?;
        upstreams.trim_end_matches("}}").split_whitespace().last()?.parse().ok()
    };
    let mut ports: Vec<u16> = labels.filter_map(of_label).collect();
    ports.extend(variable(service, "VIRTUAL_PORT").and_then(|port| port.parse::<u16>().ok()));
    ports
}

/// Ports that a service is told to listen at: by its variables, by options and addresses in its command.
pub(super) fn told_ports(service: &Service) -> Vec<u16> {
    let told = ["PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT"].iter();
    let mut ports: Vec<u16> = told
        .filter_map(|name| variable(service, name)?.parse::<u16>().ok())
        .filter(|port| *port > 0)
        .collect();
    let words =
        [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|words| words.value.iter());
    let text = words.map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let mut previous = "";
    for word in text.split(|c: char| c.is_whitespace() || c == '=') {
        let bound =
            ["0.0.0.0:", "[::]:", "*:"].iter().find_map(|all| word.rsplit_once(all)).map(|(_, port)| port);
        let option = (previous == "--port").then_some(word);
        let number = bound.or(option).and_then(|port| port.parse::<u16>().ok());
        ports.extend(number.filter(|port| *port > 0));
        previous = word;
    }
    ports
}

fn variable<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    service.environment.as_ref()?.value.get(name)?.value.as_deref().map(str::trim)
}

/// Ports of URLs on the container itself in its health check, and whether the URL is one of HTTP.
pub(super) fn health_ports(service: &Service) -> Vec<(u16, bool)> {
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
pub(super) fn dockerfile_ports(build: &Build, files: &dyn Files) -> Vec<String> {
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

pub(super) fn image_ports(image: &str) -> impl Iterator<Item = u16> {
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
}
