//! Which services are named as hosts, by whom, at which port; and how values follow a host that gets
//! another name in the cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;
use crate::{
    compose::model::{Project, Service},
    k8s::name,
};

/// The host names of a project and where they are used.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// What each name leads to, by the name that compose resolves.
    by_name: BTreeMap<String, Host>,
    /// Ports at which a service is addressed in values.
    addressed: BTreeMap<String, BTreeSet<u16>>,
    /// Ports at which a service is addressed by HTTP.
    web: BTreeMap<String, BTreeSet<u16>>,
    /// Services that some other service refers to in any way.
    referred: BTreeSet<String>,
    /// Further names that are in use, by service.
    used_aliases: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Clone)]
struct Host {
    service: String,
    /// The name in the cluster.
    cluster: String,
    /// Is it not the service's own name?
    alias: bool,
}

/// Where a host stands in a value.
#[derive(Debug, PartialEq, Eq)]
struct Occurrence {
    start: usize,
    end: usize,
    port: Option<u16>,
}

impl Hosts {
    /// Ports at which others address a service.
    pub(super) fn ports_of(&self, service: &str) -> impl Iterator<Item = u16> {
        self.addressed.get(service).into_iter().flatten().copied()
    }

    /// Ports at which others address a service by HTTP.
    pub(super) fn web_ports_of(&self, service: &str) -> impl Iterator<Item = u16> {
        self.web.get(service).into_iter().flatten().copied()
    }

    /// Does any other service need the service's name to resolve?
    pub(super) fn is_referred(&self, service: &str) -> bool {
        self.referred.contains(service)
    }

    /// Does any value name the service as a host?
    pub(super) fn is_addressed(&self, service: &str) -> bool {
        self.addressed.contains_key(service)
    }

    /// Further names, legal in the cluster, by which a service is addressed.
    pub(super) fn aliases_of(&self, service: &str) -> impl Iterator<Item = &str> {
        self.used_aliases.get(service).into_iter().flatten().map(String::as_str)
    }

    /// The value as containers in the cluster need it: hosts by the names that resolve there.
    pub(super) fn follow(&self, key: &str, value: &str) -> String {
        let mut followed = value.to_owned();
        for (from, host) in self.by_name.iter().filter(|(from, host)| **from != host.cluster) {
            for found in occurrences(&followed, from).into_iter().rev() {
                if is_address(key, &followed, &found) {
                    followed.replace_range(found.start..found.end, &host.cluster);
                }
            }
        }
        followed
    }
}

/// Finds the host names of a project, and who uses them.
pub(super) fn find(project: &Project, names: &Names) -> Hosts {
    let mut hosts = Hosts { by_name: known(project, names), ..Hosts::default() };
    for (name, service) in &project.services {
        for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
            // What has ended is not asked for anything.
            let ended = settings.value.condition.as_ref();
            if ended.is_none_or(|condition| condition.value != "service_completed_successfully") {
                hosts.referred.insert(dependency.clone());
            }
        }
        for (key, text) in texts(service) {
            mention(&mut hosts, name, key, text);
        }
    }
    hosts
}

/// All names that resolve within the project. A service's own name wins over another's alias.
fn known(project: &Project, names: &Names) -> BTreeMap<String, Host> {
    let mut known = BTreeMap::new();
    let own: BTreeSet<&str> = project.services.keys().map(|service| names.object(service)).collect();
    for service in project.services.keys() {
        let cluster = names.object(service).to_owned();
        known.insert(service.clone(), Host { service: service.clone(), cluster, alias: false });
    }
    for (service, definition) in &project.services {
        for alias in aliases(definition) {
            let cluster = name::service_name(alias);
            if !own.contains(cluster.as_str()) {
                let host = Host { service: service.clone(), cluster, alias: true };
                known.entry(alias.to_owned()).or_insert(host);
            }
        }
    }
    for definition in project.services.values() {
        for link in definition.links.iter().flat_map(|field| &field.value) {
            let (service, alias) = link.split_once(':').unwrap_or((link, link));
            let cluster = name::service_name(alias);
            if project.services.contains_key(service)
                && !cluster.is_empty()
                && !own.contains(cluster.as_str())
            {
                let host = Host { service: service.to_owned(), cluster, alias: true };
                known.entry(alias.to_owned()).or_insert(host);
            }
        }
    }
    known
}

/// The names that a service has beside its own.
fn aliases(service: &Service) -> impl Iterator<Item = &str> {
    let container = service.container_name.iter().map(|name| name.value.as_str());
    let host = service.hostname.iter().map(|name| name.value.as_str());
    let networks = service.networks.iter().flat_map(|field| field.value.values());
    let aliases = networks
        .filter_map(|network| network.value.as_ref()?.aliases.as_ref())
        .flat_map(|aliases| aliases.value.iter().map(|alias| alias.value.as_str()));
    container.chain(host).chain(aliases).filter(|alias| !name::dns_label(alias).is_empty())
}

/// Everything of a service in which a host may be named, with the key it stands under.
fn texts(service: &Service) -> impl Iterator<Item = (&str, &str)> {
    let variables = service.environment.iter().flat_map(|field| field.value.iter());
    let variables = variables.filter_map(|(key, value)| Some((key.as_str(), value.value.as_deref()?)));
    let words = [&service.command, &service.entrypoint].into_iter().flatten();
    let words = words.flat_map(|command| command.value.iter().map(|word| ("", word.value.as_str())));
    variables.chain(words)
}

fn mention(hosts: &mut Hosts, by: &str, key: &str, text: &str) {
    let mut found = Vec::new();
    for (host, target) in &hosts.by_name {
        for occurrence in occurrences(text, host) {
            if is_address(key, text, &occurrence) && target.service != by {
                let web = text[..occurrence.start].ends_with("http://");
                found.push((target.clone(), occurrence.port, web));
            }
        }
    }
    for (target, port, web) in found {
        if target.alias {
            hosts.used_aliases.entry(target.service.clone()).or_default().insert(target.cluster);
        }
        hosts.addressed.entry(target.service.clone()).or_default().extend(port);
        hosts.web.entry(target.service.clone()).or_default().extend(port.filter(|_| web));
        hosts.referred.insert(target.service);
    }
}

/// The places where `host` stands as a word of its own.
fn occurrences(text: &str, host: &str) -> Vec<Occurrence> {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    text.match_indices(host)
        .filter_map(|(start, _)| {
            let (before, after) = (&text[..start], &text[start + host.len()..]);
            let joined = before.ends_with(|last: char| word(last) || last == '.');
            // `db.example.com` and `web.py` are other names, `db.` is not.
            let goes_on =
                after.starts_with(word) || after.strip_prefix('.').is_some_and(|rest| rest.starts_with(word));
            (!joined && !goes_on).then(|| Occurrence {
                start,
                end: start + host.len(),
                port: port_after(after),
            })
        })
        .collect()
}

fn port_after(after: &str) -> Option<u16> {
    let digits = after.strip_prefix(':')?;
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok().filter(|port| *port > 0)
}

/// Is the word meant as a host? After `//` or `@`, before a port, in a list of such, or as the whole
/// value of a key that says so.
fn is_address(key: &str, text: &str, found: &Occurrence) -> bool {
    let before = text[..found.start].trim_end_matches(' ');
    if found.port.is_some() || before.ends_with("//") {
        return true;
    }
    if before.ends_with('@') {
        return text.contains("://")
            || text[found.end..].is_empty()
            || text[found.end..].starts_with(['/', ':']);
    }
    let alone = text.split(',').any(|item| item.trim() == &text[found.start..found.end]);
    let upper = key.to_ascii_uppercase();
    let says_host = [
        "HOST", "HOSTS", "HOSTNAME", "SERVER", "SERVERS", "ADDR", "ADDRESS", "NODES", "ENDPOINT", "URL",
        "URI",
    ]
    .iter()
    .any(|end| upper.ends_with(end));
    alone && says_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_words_in_the_right_place() {
        for (key, text, host, address) in [
            ("URL", "redis://cache:6379/0", "cache", true),
            ("DSN", "smtp://u:p@my_mail", "my_mail", true),
            ("BROKERS", "a:1,kafka:9092", "kafka", true),
            ("DB_HOST", "db", "db", true),
            ("DB_NAME", "db", "db", false),
            ("URL", "http://db.example.com/", "db", false),
            ("URL", "http://my-db:1/", "db", false),
            ("CACHE", "cache", "cache", false),
            ("", "web.py:8000", "web", false),
        ] {
            let found = occurrences(text, host);
            let judged = found.iter().any(|occurrence| is_address(key, text, occurrence));
            assert_eq!(judged, address, "{key}={text}");
        }
    }
}
