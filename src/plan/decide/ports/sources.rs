//! Where ports are learned from, beside what compose says of them: proxies in front, variables, commands,
//! health checks, Dockerfiles, images.

use crate::{
    catalog::{self, Image, Property},
    compose::model::{Healthcheck, Service},
    text::Spanned,
};

/// What stands before the port of an address of all interfaces.
const EVERYWHERE: &[&str] = &["0.0.0.0:", "[::]:", "*:", "//+:"];

/// Ports at which a proxy in front of the service is told to find it: by labels of Traefik and of
/// caddy-docker-proxy, by the variable of nginx-proxy.
pub(super) fn proxied_ports(service: &Service) -> Vec<u16> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    let labels = service.labels.iter().chain(deployed).flat_map(|labels| labels.value.iter());
    let of_label = |(name, value): (&String, &Spanned<String>)| {
        let text = value.value.trim();
        let of_traefik = name.starts_with("traefik.").then(|| name.to_ascii_lowercase());
        if let Some(name) = of_traefik {
            // `traefik.port` and `traefik.SEGMENT.port` are those of Traefik 1.
            let first = name.ends_with(".port") && name.split('.').count() <= 3;
            let number = first || name.ends_with(".loadbalancer.server.port");
            return text.parse().ok().filter(|_| number);
        }
        let upstreams = text.strip_prefix("{{upstreams").filter(|_| name.starts_with("caddy"))?;
        upstreams.trim_end_matches("}}").split_whitespace().last()?.parse().ok()
    };
    let mut ports: Vec<u16> = labels.filter_map(of_label).collect();
    ports.extend(variable(service, "VIRTUAL_PORT").and_then(|port| port.parse::<u16>().ok()));
    ports
}

/// Ports that the variables of a service tell it to listen at: numbers, and addresses of all interfaces.
pub(super) fn variable_ports(service: &Service) -> Vec<u16> {
    let told = ["PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT", "ASPNETCORE_HTTP_PORTS"].iter();
    let numbers = told.filter_map(|name| variable(service, name)?.parse().ok());
    let values = service.environment.iter().flat_map(|field| field.value.values());
    let values = values.filter_map(|value| value.value.as_deref());
    let addresses = values.flat_map(|value| value.split([',', ';', ' '])).filter_map(|address| {
        let (_, behind) = EVERYWHERE.iter().find_map(|all| address.split_once(all))?;
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..digits].parse().ok()
    });
    let mut ports: Vec<u16> = Vec::new();
    for port in numbers.chain(addresses) {
        if port > 0 && !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports
}

/// Ports that the command of a service tells it to listen at, by an option or an address.
pub(super) fn commanded_ports(service: &Service) -> Vec<u16> {
    let words =
        [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|words| words.value.iter());
    let text = words.map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let program = catalog::base_name(text.split_whitespace().next().unwrap_or_default());
    let is_server = catalog::is(program, Property::PortBehindP);
    let mut ports = Vec::new();
    let mut previous = "";
    for word in text.split(|c: char| c.is_whitespace() || c == '=') {
        let everywhere = EVERYWHERE.iter().find_map(|all| word.rsplit_once(all));
        let option = (previous == "--port" || previous == "-p" && is_server).then_some(word);
        let number = everywhere.map(|(_, port)| port).or(option).and_then(|port| port.parse::<u16>().ok());
        ports.extend(number.filter(|port| *port > 0));
        previous = word;
    }
    ports
}

fn variable<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    service.environment.as_ref()?.value.get(name)?.value.as_deref().map(str::trim)
}

/// Ports of URLs on the container itself in its health check, and whether the URL is one of HTTP.
pub(super) fn health_ports(check: Option<&Spanned<Box<Healthcheck>>>) -> Vec<(u16, bool)> {
    let test = check.and_then(|check| check.value.test.as_ref());
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

/// Whether a program of this image listens at its usual port, whatever else it listens at. Brokers whose settings
/// list all that they listen at do not.
pub(super) fn keeps_its_port(image: &Image) -> bool {
    image.role.is_backing() && !image.lists_listeners
}
