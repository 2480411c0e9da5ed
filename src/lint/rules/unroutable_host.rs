//! KE014: addresses that lead nowhere from a pod.

use std::collections::BTreeSet;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Environment, Service},
    },
    text::Spanned,
};

pub(super) static RULE: Rule = Rule {
    code: "KE014",
    name: "unroutable-host",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a variable names a host that a pod does not reach: its own machine, or the name of a container",
    explain: "\
In a pod `localhost` is the pod itself, and `host.docker.internal` does not exist. Services are
reached by their names: `container_name`, `hostname` and aliases of `links` are no names in a
cluster.

The rule finds values, and hosts of URLs, that are `localhost`, `127.0.0.1`, `::1` or
`host.docker.internal`, or a name that another service has only as a container. Addresses to
listen at, health checks, and URLs that a browser uses (the port is published) are not found.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      DB_HOST: localhost\n  db:\n    image: mysql:8.4\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    image: web:1.2\n    environment:\n      DB_HOST: db\n  db:\n    image: mysql:8.4\n",
    )],
    checks: &[Check::Service(check)],
};

/// Parts of names of variables that are not about reaching another service.
const NOT_REACHED: &[&str] = &[
    "BIND",
    "LISTEN",
    "ADDR_ANY",
    "HEALTH",
    "ALLOWED",
    "PUBLIC",
    "EXTERNAL",
    "ORIGIN",
    "CORS",
    "DOMAIN",
    "VIRTUAL",
    "SERVER_NAME",
    "CALLBACK",
    "REDIRECT",
    "WHITELIST",
    "TRUSTED",
    "NO_PROXY",
    "ADVERTISED",
    "COOKIE",
    "SITE",
];

/// Ends of names of variables that are about reaching one.
const REACHED: &[&str] = &[
    "HOST", "HOSTS", "SERVER", "SERVERS", "ADDR", "ADDRESS", "URL", "URI", "ENDPOINT", "BROKER", "BROKERS",
    "DSN", "UPSTREAM", "BACKEND",
];

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    if service.shares_network() {
        return;
    }
    let names = container_names(service.environment, service.name);
    for (name, value) in service.model.environment.iter().flat_map(|environment| &environment.value.0) {
        let is_meant = is_about_reaching(name) && !is_shared(service, name, value);
        let Some(text) = value.value.as_deref().filter(|_| is_meant) else { continue };
        let Some(address) = Address::read(text) else { continue };
        let what = if is_own_machine(address.host) {
            if address.is_for_browser(service.environment) {
                continue;
            }
            match address.host {
                "host.docker.internal" => "`host.docker.internal` does not exist in a cluster".to_owned(),
                host => format!("`{host}` is the pod itself in a cluster"),
            }
        } else if names.contains(address.host) {
            format!("`{}` is the name of a container, and no name in a cluster", address.host)
        } else {
            continue;
        };
        findings
            .at(value.span, format!("{what}: see `{name}`"), "not reached from a pod")
            .subject(format!("services.{}.environment.{name}", service.name))
            .help("name the service that is meant; its name leads to it");
    }
}

/// Whether it is from an env file that others read as well, one of which says it better.
fn is_shared(service: &Service<'_>, name: &str, value: &Spanned<Option<String>>) -> bool {
    let others = service.environment.model.services.values();
    let mut others = others.filter_map(|other| other.value.environment.as_ref()?.value.get(name));
    let is_yaml = matches!(service.sources().get(value.span.source).path().extension(), Some("yaml" | "yml"));
    !is_yaml && others.any(|other| other.value != value.value)
}

fn is_about_reaching(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name != "HOST"
        && !NOT_REACHED.iter().any(|part| name.contains(part))
        && REACHED.iter().any(|end| name.ends_with(end) || name.rsplit('_').next() == Some(end))
}

fn is_own_machine(host: &str) -> bool {
    host == "localhost" || host == "host.docker.internal" || host == "::1" || host.starts_with("127.")
}

/// What a value leads to.
struct Address<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Address<'a> {
    /// `scheme://user@host:port/…`, `host:port` or `host`.
    fn read(text: &'a str) -> Option<Self> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        let authority = rest.split(['/', '?', '#', ',']).next()?;
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None if authority.matches(':').count() > 1 => (authority, None),
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = port.and_then(|port| port.parse().ok());
        (!host.is_empty() && !host.contains(char::is_whitespace)).then_some(Self { scheme, host, port })
    }

    /// Is it a URL of a port that the project publishes? A browser on the same machine reaches it.
    fn is_for_browser(&self, environment: &Environment<'_>) -> bool {
        let is_web = self.scheme.is_some_and(|scheme| matches!(scheme, "http" | "https" | "ws" | "wss"));
        let port = self.port.or(if self.scheme == Some("https") { Some(443) } else { Some(80) });
        is_web && port.is_some_and(|port| environment.publishes(port))
    }
}

/// The names by which Docker alone knows other services.
fn container_names<'a>(environment: &Environment<'a>, own: &str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (name, service) in environment.model.services.iter().filter(|(name, _)| *name != own) {
        let service = &service.value;
        names.extend(service.container_name.as_ref().map(|name| name.value.as_str()));
        names.extend(service.hostname.as_ref().map(|name| name.value.as_str()));
        names.remove(name.as_str());
    }
    let known = environment.model.services.iter().flat_map(|(name, service)| {
        let networks = service.value.networks.iter().flat_map(|networks| networks.value.values());
        let aliases = networks.filter_map(|network| network.value.as_ref()?.aliases.as_ref());
        std::iter::once(name.as_str())
            .chain(aliases.flat_map(|aliases| aliases.value.iter().map(|alias| alias.value.as_str())))
    });
    let known: BTreeSet<&str> = known.collect();
    names.retain(|name| !known.contains(name));
    names
}
