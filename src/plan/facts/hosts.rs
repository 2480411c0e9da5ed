//! Which services are named as hosts, by whom, at which port; and how values follow a host that gets
//! another name in the cluster.

mod address;
pub(in crate::plan) mod machine;
pub(in crate::plan) mod renamed;

use std::collections::{BTreeMap, BTreeSet};

use self::address::{Found, Standing};
use super::{context::Context, files, secrets::variables, service::Services};
use crate::{
    compose::model::{Project, Service},
    k8s::name,
    plan::naming::names::Names,
    text::Spanned,
};

/// The host names of a project and where they are used.
#[derive(Debug, Default)]
pub(in crate::plan) struct Hosts {
    /// What each name leads to, by the name that compose resolves.
    by_name: BTreeMap<String, Host>,
    /// Services that others address, and the ports at which they do.
    addressed: BTreeMap<String, BTreeSet<u16>>,
    /// Ports that URLs without a port mean.
    usual: BTreeMap<String, BTreeSet<u16>>,
    /// Ports at which a service addresses itself by its name.
    own: BTreeMap<String, BTreeSet<u16>>,
    /// Services whose programs do so.
    calling_themselves: BTreeSet<String>,
    /// Services that are told to listen at their name.
    listening_by_name: BTreeSet<String>,
    /// Services whose health checks do so.
    asking_themselves: BTreeSet<String>,
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
    /// Whether it is another name than the service's own.
    alias: bool,
}

impl Hosts {
    /// Ports at which a service is addressed.
    pub(in crate::plan) fn ports_of(&self, service: &str) -> impl Iterator<Item = u16> {
        let by_others = self.addressed.get(service).into_iter().flatten();
        by_others.chain(self.own.get(service).into_iter().flatten()).copied()
    }

    /// Ports that others mean by URLs in which none stands.
    pub(in crate::plan) fn usual_ports_of(&self, service: &str) -> impl Iterator<Item = u16> {
        self.usual.get(service).into_iter().flatten().copied()
    }

    /// Ports at which others address a service by HTTP.
    pub(in crate::plan) fn web_ports_of(&self, service: &str) -> impl Iterator<Item = u16> {
        self.web.get(service).into_iter().flatten().copied()
    }

    /// Whether another service needs its name to resolve.
    pub(in crate::plan) fn is_referred(&self, service: &str) -> bool {
        self.referred.contains(service)
    }

    /// Whether another service names it as a host.
    pub(in crate::plan) fn is_addressed(&self, service: &str) -> bool {
        self.addressed.contains_key(service)
    }

    /// Whether a service calls itself by its name, which has to lead to it before it is ready.
    pub(in crate::plan) fn calls_itself(&self, service: &str) -> bool {
        self.calling_themselves.contains(service)
    }

    /// Whether a service is told to listen at its name, which has to be its pod's address then.
    pub(in crate::plan) fn listens_by_name(&self, service: &str) -> bool {
        self.listening_by_name.contains(service)
    }

    /// Whether a service's health check asks it by its name.
    pub(in crate::plan) fn asks_itself(&self, service: &str) -> bool {
        self.asking_themselves.contains(service)
    }

    /// Further names, legal in the cluster, by which a service is addressed.
    pub(in crate::plan) fn aliases_of(&self, service: &str) -> impl Iterator<Item = &str> {
        self.used_aliases.get(service).into_iter().flatten().map(String::as_str)
    }

    /// The value of a variable as containers in the cluster need it: hosts by the names that resolve there.
    pub(in crate::plan) fn follow(&self, key: &str, value: &str) -> String {
        self.followed(value, Standing::Variable(key))
    }

    /// The words of a command as containers in the cluster need them.
    pub(in crate::plan) fn follow_words<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let words: Vec<&str> = words.into_iter().collect();
        standings(&words).map(|(word, standing)| self.followed(word, standing)).collect()
    }

    /// A file as containers in the cluster need it; none if it stays as it is.
    pub(in crate::plan) fn follow_file(&self, content: &[u8]) -> Option<String> {
        let text = files::text(content)?;
        let followed = self.followed(text, Standing::File);
        (followed != text).then_some(followed)
    }

    /// The names of hosts in a text, where each stands and what is meant by it.
    fn named<'h, 't>(
        &'h self,
        text: &'t str,
        standing: Standing<'t>,
    ) -> impl Iterator<Item = (&'h str, &'h Host, Found)> + use<'h, 't> {
        address::words(text).filter_map(move |range| {
            let (name, host) = self.by_name.get_key_value(&text[range.clone()])?;
            Some((name.as_str(), host, address::judge(text, range, standing)))
        })
    }

    /// The hosts that a text names and that have another name in the cluster: both names, and whether the first is
    /// not the service's own.
    fn renamed(&self, text: &str, standing: Standing<'_>) -> BTreeSet<(&str, &str, bool)> {
        let named = self
            .named(text, standing)
            .filter(|(name, host, found)| *name != host.cluster && found.is_address);
        named.map(|(name, host, _)| (name, host.cluster.as_str(), host.alias)).collect()
    }

    /// Whether this is a name of the service.
    pub(in crate::plan) fn is_name_of(&self, service: &str, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|host| host.service == service)
    }

    /// Notes which services the words of a command name; gives the places at which it is its own.
    fn mention_words(&mut self, by: (&str, &Service), words: &[Spanned<String>]) -> Vec<(Host, Found)> {
        let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
        standings(&words).flat_map(|(word, standing)| self.mention(by, word, standing)).collect()
    }

    /// Notes which services a text of a service names; gives the places at which it is its own.
    fn mention(
        &mut self,
        (by, service): (&str, &Service),
        text: &str,
        standing: Standing<'_>,
    ) -> Vec<(Host, Found)> {
        let mut own = Vec::new();
        let mut others = Vec::new();
        for (name, host, mut found) in self.named(text, standing) {
            // Its own host name is in the container's table of hosts.
            if host.service == by && service.hostname.as_ref().is_some_and(|own| own.value == name) {
                continue;
            }
            if host.service != by && (found.is_address || address::is_perhaps(text, name, standing)) {
                found.port = found.port.or_else(|| paired_port(service, standing));
                found.second = found.second.or_else(|| further_port(service, standing));
                others.push((host.clone(), found));
            } else if host.service == by && found.is_address {
                own.push((host.clone(), found));
            }
        }
        for (host, found) in others {
            self.note(host, &found);
        }
        own
    }

    /// Whether a variable, in which a service is named, is there for others that have it too and are not named.
    fn is_shared(&self, having: &Having<'_>, service: &str, (key, value): (&str, &str)) -> bool {
        let named: BTreeSet<&str> =
            self.named(value, Standing::Variable(key)).map(|(_, host, _)| host.service.as_str()).collect();
        let mut others = having.get(&(key, value)).into_iter().flatten();
        others.any(|other| *other != service && !named.contains(other))
    }

    /// Notes the ports at which a service calls itself.
    fn note_own(&mut self, own: Vec<(Host, Found)>) {
        for (host, found) in own {
            if let Some(port) = found.port {
                let ports = [port].into_iter().chain(found.second);
                self.own.entry(host.service.clone()).or_default().extend(ports);
                self.use_alias(host);
            }
        }
    }

    /// Notes whom the keys of a service name that hold names of services.
    fn note_keys(&mut self, name: &str, service: &Service) {
        for (dependency, settings) in service.depends_on.iter().flat_map(|field| field.value.iter()) {
            // What has ended is not asked for anything.
            let ended = settings.value.condition.as_ref();
            if ended.is_none_or(|condition| condition.value != "service_completed_successfully") {
                self.referred.insert(dependency.clone());
            }
        }
        for link in service.links.iter().flat_map(|field| &field.value) {
            let alias = link.split_once(':').map_or(link.value.as_str(), |(_, alias)| alias);
            if let Some(host) = self.by_name.get(alias).cloned() {
                self.referred.insert(host.service.clone());
                self.use_alias(host);
            }
        }
        // Whoever gives a host name has somebody in mind who calls it, if only an image.
        if service.hostname.is_some() {
            self.referred.insert(name.to_owned());
        }
    }

    /// Notes that a service is named by another one.
    fn note(&mut self, target: Host, found: &Found) {
        let key = target.service.clone();
        if found.is_address {
            self.addressed.entry(key.clone()).or_default().extend(found.port.into_iter().chain(found.second));
            self.usual.entry(key.clone()).or_default().extend(found.usual);
            self.web.entry(key.clone()).or_default().extend(found.port.filter(|_| found.web));
            self.use_alias(target);
        }
        self.referred.insert(key);
    }

    fn use_alias(&mut self, host: Host) {
        if host.alias {
            self.used_aliases.entry(host.service).or_default().insert(host.cluster);
        }
    }

    fn followed(&self, text: &str, standing: Standing<'_>) -> String {
        let named = self.named(text, standing).filter(|(_, _, found)| found.is_address);
        let mut followed = String::with_capacity(text.len());
        let mut done = 0;
        for (_, host, found) in named {
            followed.push_str(&text[done..found.range.start]);
            followed.push_str(&host.cluster);
            done = found.range.end;
        }
        followed + &text[done..]
    }
}

/// The services that have a variable of a name with a value.
type Having<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

/// Finds the host names of a project, and who uses them.
pub(in crate::plan) fn find(context: &Context<'_>, services: &Services) -> Hosts {
    let project = context.project;
    let mut hosts = Hosts { by_name: known(project, context.names), ..Hosts::default() };
    let mut having = Having::new();
    for (name, service) in context.services() {
        for variable in variables(service) {
            having.entry(variable).or_default().push(name);
        }
    }
    for (name, service) in context.services() {
        hosts.note_keys(name, service);
        for (key, value) in variables(service) {
            let own = hosts.mention((name, service), value, Standing::Variable(key));
            if !own.is_empty() && !hosts.is_shared(&having, name, (key, value)) {
                if address::says_listening(key) {
                    hosts.listening_by_name.insert(name.to_owned());
                }
                hosts.note_own(own);
            }
        }
        for words in [&service.command, &service.entrypoint].into_iter().flatten() {
            let own = hosts.mention_words((name, service), &words.value);
            hosts.note_own(own);
        }
        let facts = services.get(name);
        let mounted = facts.iter().flat_map(|facts| &facts.configuration);
        let copied = facts.iter().flat_map(|facts| &facts.copied).map(|copied| &copied.text);
        for text in mounted.chain(copied) {
            let own = hosts.mention((name, service), text, Standing::File);
            hosts.note_own(own);
        }
        if hosts.own.contains_key(name) {
            hosts.calling_themselves.insert(name.to_owned());
        }
        if let Some(test) = service.healthcheck.as_ref().and_then(|check| check.value.test.as_ref()) {
            let own = hosts.mention_words((name, service), &test.value);
            if !own.is_empty() {
                hosts.asking_themselves.insert(name.to_owned());
                hosts.referred.insert(name.to_owned());
            }
            hosts.note_own(own);
        }
    }
    hosts.referred.extend(hosts.own.keys().cloned());
    hosts
}

/// All names that resolve within the project. A service's own name wins over another's alias.
fn known(project: &Project, names: &Names) -> BTreeMap<String, Host> {
    let mut known = BTreeMap::new();
    let host = |service: &str, cluster, alias| Host { service: service.to_owned(), cluster, alias };
    let own: BTreeSet<&str> = project.services.keys().map(|service| names.object(service)).collect();
    for service in project.services.keys() {
        let cluster = names.object(service).to_owned();
        known.insert(service.clone(), host(service, cluster, false));
    }
    for (service, definition) in &project.services {
        for alias in aliases(definition) {
            let cluster = name::service_name(alias);
            if !own.contains(cluster.as_str()) {
                known.entry(alias.to_owned()).or_insert(host(service, cluster, true));
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
                known.entry(alias.to_owned()).or_insert(host(service, cluster, true));
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

/// The words of a command, each with its neighbours.
fn standings<'a>(words: &[&'a str]) -> impl Iterator<Item = (&'a str, Standing<'a>)> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    words.iter().enumerate().map(move |(at, text)| {
        let previous = at.checked_sub(1).map_or("", word);
        (*text, Standing::Word { previous, next: word(at + 1) })
    })
}

/// The port in the variable that stands beside the one of the host.
fn paired_port(service: &Service, standing: Standing<'_>) -> Option<u16> {
    let Standing::Variable(key) = standing else { return None };
    let keys = address::port_keys(key);
    let mut pairs = variables(service).filter(|(other, _)| keys.iter().any(|key| key == other));
    pairs.find_map(|(_, value)| value.trim().parse().ok().filter(|port| *port > 0))
}

/// A further port in a variable beside the one of the host.
fn further_port(service: &Service, standing: Standing<'_>) -> Option<u16> {
    let Standing::Variable(key) = standing else { return None };
    let mut further = variables(service).filter(|(other, _)| address::is_further_port(other, key));
    further.find_map(|(_, value)| value.trim().parse().ok().filter(|port| *port > 0))
}
