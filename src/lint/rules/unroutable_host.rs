//! KE014: addresses that lead nowhere from a pod.

use std::collections::BTreeSet;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Environment, Service},
    },
    plan,
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

The rule looks at hosts of URLs, and at values of variables such as `DB_HOST` and `BROKERS`. It
finds `localhost`, `127.0.0.1`, `::1`, and a name that another service has only as a container. It
finds `host.docker.internal` as the host of any variable. Addresses to listen at, health checks,
public addresses, and URLs that a browser uses (the port is published) are not found.",
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
    "ASPNETCORE_URLS",
    "AUDIENCE",
    "ISSUER",
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
    "ADVERTISE",
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
        let Some(text) = value.value.as_deref().filter(|_| !is_shared(service, name, value)) else {
            continue;
        };
        let addresses = Address::all(text).into_iter();
        let mut addresses = addresses.filter(|address| is_meant(service, name, address));
        let Some(what) = addresses.find_map(|address| problem(service, &names, &address)) else { continue };
        findings
            .at(value.span, format!("{what}: see `{name}`"), "not reached from a pod")
            .subject(format!("services.{}.environment.{name}", service.name))
            .help("name the service that is meant; its name leads to it");
    }
}

/// Why a pod does not reach it.
fn problem(service: &Service<'_>, names: &BTreeSet<&str>, address: &Address<'_>) -> Option<String> {
    let host = address.host;
    let is_machine = plan::is_machine(service.model, host);
    if is_machine || is_own_pod(host) {
        return (!address.is_for_browser(service.environment)).then(|| match is_machine {
            true => format!("`{host}` does not exist in a cluster"),
            false => format!("`{host}` is the pod itself in a cluster"),
        });
    }
    names.contains(host).then(|| format!("`{host}` is the name of a container, and no name in a cluster"))
}

/// Whether it is from an env file that others read as well, one of which says it better.
fn is_shared(service: &Service<'_>, name: &str, value: &Spanned<Option<String>>) -> bool {
    let others = service.environment.model.services.values();
    let mut others = others.filter_map(|other| other.value.environment.as_ref()?.value.get(name));
    let is_yaml = matches!(service.sources().get(value.span.source).path().extension(), Some("yaml" | "yml"));
    !is_yaml && others.any(|other| other.value != value.value)
}

/// Whether the variable is about reaching the address: by its own name, by a URL, or because nobody listens there.
fn is_meant(service: &Service<'_>, name: &str, address: &Address<'_>) -> bool {
    let name = name.to_ascii_uppercase();
    let is_named = || {
        name != "HOST"
            && REACHED.iter().any(|end| name.ends_with(end) || name.rsplit('_').next() == Some(end))
    };
    !NOT_REACHED.iter().any(|part| name.contains(part))
        && (address.scheme.is_some() || plan::is_machine(service.model, address.host) || is_named())
}

/// Whether a pod reaches itself by the name.
fn is_own_pod(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// What a value leads to.
struct Address<'a> {
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Address<'a> {
    /// `scheme://user@host:port/…`, `host:port` or `host`; a list of them has commas.
    fn all(text: &'a str) -> Vec<Self> {
        let mut scheme = None;
        let read = |part: &'a str| {
            let rest = match part.split_once("://") {
                Some((first, _)) if is_place(first) => return None,
                Some((first, rest)) if is_scheme(first) => {
                    scheme = Some(first);
                    rest
                }
                Some(_) => return None,
                None => part,
            };
            Self::of_authority(scheme, rest.split(['/', '?', '#']).next()?)
        };
        text.split(',').map(str::trim).filter_map(read).collect()
    }

    fn of_authority(scheme: Option<&'a str>, authority: &'a str) -> Option<Self> {
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

/// A scheme of what is on the own machine, which a host only names for its form.
fn is_place(scheme: &str) -> bool {
    matches!(scheme, "file" | "local" | "memory" | "null" | "unix") || scheme.starts_with("sqlite")
}

/// `http`, `jdbc:mysql`, `redis+sentinel`.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':'))
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
