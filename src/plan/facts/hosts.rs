//! Which services are named as hosts, by whom, at which port; and how values follow a host that gets
//! another name in the cluster.

mod address;
pub(in crate::plan) mod machine;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use self::address::Found;
pub(super) use self::address::Standing;
use super::{context::Context, files::copied, secrets::variables, service::Services};
use crate::{
    catalog::{ports::Transport, reference::Reference},
    compose::model::{Project, Service},
    k8s::name,
    plan::naming::names::Names,
    text::Spanned,
};

/// The host names of a project and where they are used.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Hosts {
    /// What each name leads to, by the name that compose resolves.
    by_name: BTreeMap<String, Host>,
    /// Services that others address, and the ports at which they do.
    addressed: BTreeMap<String, BTreeSet<u16>>,
    /// What is spoken at such ports, as far as somebody says so.
    spoken: BTreeMap<(String, u16), BTreeSet<Transport>>,
    /// Ports that URLs without a port mean.
    usual: BTreeMap<String, BTreeSet<u16>>,
    /// Ports at which a service addresses itself by its name.
    own: BTreeMap<String, BTreeSet<u16>>,
    /// The names, as they are in the cluster, that services know themselves by, and for what.
    selves: BTreeMap<String, BTreeMap<String, SelfUse>>,
    /// Services that others of their image join.
    joined: BTreeSet<String>,
    /// Services that others of their image ask at ports that nobody lists.
    met: BTreeSet<String>,
    /// Services that are members of a cluster: those, and who names them.
    members: BTreeSet<String>,
    /// Ports at which a service is addressed by HTTP.
    web: BTreeMap<String, BTreeSet<u16>>,
    /// Services that some other service refers to in any way.
    referred: BTreeSet<String>,
    /// Further names that are in use, by service.
    used_aliases: BTreeMap<String, BTreeSet<String>>,
    /// Names with dots, by service, that it alone uses, and that no Service can have.
    kept: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Clone)]
struct Host {
    service: String,
    /// The name in the cluster.
    cluster: String,
    /// What kind of name it is.
    name: NameKind,
}

/// How a name leads to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    /// It is the service's own.
    Own,
    /// It is another one: an alias, the name of the container, the host name.
    Alias,
    /// It is one of these with the name of a network, `db.shop_default`, or spelled as no Service can be: the
    /// service's own name takes its place.
    Respelled,
}

/// What a service does with its own name, the stronger use last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::plan) enum SelfUse {
    /// It has its name at a port in what others have too: it may listen there.
    Shares,
    /// Its health check asks there.
    Asks,
    /// Its program calls there.
    Calls,
    /// Its program listens there: the name has to lead to the pod itself.
    Listens,
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

    /// Whether a name of it must resolve, for others or for itself.
    pub(in crate::plan) fn is_named(&self, service: &str) -> bool {
        self.is_referred(service) || self.is_addressed(service) || self.selves.contains_key(service)
    }

    /// Whether another service names it as a host.
    pub(in crate::plan) fn is_addressed(&self, service: &str) -> bool {
        self.addressed.contains_key(service)
    }

    /// The names, as they are in the cluster, by which a service calls, asks or binds itself.
    pub(in crate::plan) fn selves_of(&self, service: &str) -> impl Iterator<Item = (&str, SelfUse)> {
        let names = self.selves.get(service).into_iter().flatten();
        names.map(|(name, self_use)| (name.as_str(), *self_use))
    }

    /// Whether others of its image name a service as a member of their cluster: they see each other before they are
    /// ready.
    pub(in crate::plan) fn is_joined(&self, service: &str) -> bool {
        self.joined.contains(service)
    }

    /// Whether others of its image ask a service at whatever port.
    pub(in crate::plan) fn is_met(&self, service: &str) -> bool {
        self.met.contains(service)
    }

    /// Whether a service is a member of a cluster of several services.
    pub(in crate::plan) fn is_member(&self, service: &str) -> bool {
        self.members.contains(service)
    }

    /// What is spoken at a port of a service, as far as somebody says so.
    pub(in crate::plan) fn spoken(&self, service: &str, port: u16) -> Option<Transport> {
        let said = self.spoken.get(&(service.to_owned(), port))?;
        let one = said.first().filter(|_| said.len() == 1);
        Some(one.copied().unwrap_or(Transport::Both))
    }

    /// Further names, legal in the cluster, by which a service is addressed.
    pub(in crate::plan) fn aliases_of(&self, service: &str) -> impl Iterator<Item = &str> {
        self.used_aliases.get(service).into_iter().flatten().map(String::as_str)
    }

    /// Names with dots that only the service itself uses, `git.example.com`: they stay as they are.
    pub(in crate::plan) fn kept_names_of(&self, service: &str) -> impl Iterator<Item = &str> {
        self.kept.get(service).into_iter().flatten().map(String::as_str)
    }

    /// Takes names with dots for what a service is called outside, if no other service uses them: its own values need
    /// them as they are.
    fn keep_names(&mut self) {
        let (used, selves) = (&self.used_aliases, &mut self.selves);
        let mut kept = Vec::new();
        self.by_name.retain(|name, host| {
            let is_used = used.get(&host.service).is_some_and(|names| names.contains(&host.cluster));
            let is_kept = name.contains('.') && host.name == NameKind::Alias && !is_used;
            if is_kept && selves.get_mut(&host.service).is_some_and(|own| own.remove(&host.cluster).is_some())
            {
                kept.push((host.service.clone(), name.clone()));
            }
            !is_kept
        });
        for (service, name) in kept {
            self.kept.entry(service).or_default().insert(name);
        }
    }

    /// The names as one service sees them: those of its own `extra_hosts` lead where these say.
    pub(in crate::plan) fn seen_by(&self, service: &Service) -> Cow<'_, Self> {
        let mut own = own_hosts(service).filter(|name| self.by_name.contains_key(*name)).peekable();
        if own.peek().is_none() {
            return Cow::Borrowed(self);
        }
        let mut seen = self.clone();
        own.for_each(|name| drop(seen.by_name.remove(name)));
        Cow::Owned(seen)
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
        let text = copied::text(content)?;
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
            let is_user = text[range.end..].starts_with('@');
            let mut found = address::judge(text, range, standing);
            // A name with its network is nothing but a host.
            found.is_address |= host.name == NameKind::Respelled && name.contains('.') && !is_user;
            Some((name.as_str(), host, found))
        })
    }

    /// The hosts that a text names and that have another name in the cluster: both names, and whether the first is
    /// not the service's own.
    pub(super) fn renamed(&self, text: &str, standing: Standing<'_>) -> BTreeSet<(&str, &str, bool)> {
        let named = self
            .named(text, standing)
            .filter(|(name, host, found)| *name != host.cluster && found.is_address);
        let is_further = |host: &Host| host.name != NameKind::Own;
        named.map(|(name, host, _)| (name, host.cluster.as_str(), is_further(host))).collect()
    }

    /// A name in a text that ends with that of a network and leads to none of the project's containers. What has
    /// more dots is a name of the internet, whatever a network is called.
    pub(in crate::plan) fn of_another_project(&self, project: &Project, text: &str) -> Option<String> {
        let mut words = address::words(text).map(|range| &text[range]).filter(|word| word.contains('.'));
        let found = words.find(|word| {
            let networks = project.networks.keys().filter_map(|key| docker_name(project, key));
            let mut ends = networks.filter_map(|network| word.strip_suffix(network)?.strip_suffix('.'));
            ends.any(|name| !name.is_empty() && !name.contains('.')) && !self.by_name.contains_key(*word)
        });
        found.map(str::to_owned)
    }

    /// The service that a name leads to.
    pub(super) fn service_of(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|host| host.service.as_str())
    }

    /// Whether this is a name of the service.
    pub(in crate::plan) fn is_name_of(&self, service: &str, name: &str) -> bool {
        self.service_of(name) == Some(service)
    }

    /// Notes which services the words of a command name; gives the places at which it is its own.
    fn mention_words(&mut self, by: By<'_>, words: &[Spanned<String>]) -> Vec<(Host, Found)> {
        let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
        standings(&words).flat_map(|(word, standing)| self.mention(by, word, standing)).collect()
    }

    /// Notes which services a text of a service names; gives the places at which it is its own.
    fn mention(&mut self, by: By<'_>, text: &str, standing: Standing<'_>) -> Vec<(Host, Found)> {
        let mut own = Vec::new();
        let mut others = Vec::new();
        let elsewhere = |name: &str| own_hosts(by.service).any(|own| own == name);
        for (name, host, mut found) in self.named(text, standing).filter(|(name, ..)| !elsewhere(name)) {
            let is_value = address::is_option_value(text, &found.range, standing);
            if host.service == by.name {
                own.extend((found.is_address || is_value).then(|| (host.clone(), found)));
                continue;
            }
            let alike = by.is_alike(host);
            found.is_address |= alike && is_value;
            // Programs that find each other name their members in many ways: `rabbit@one`, `["one", "two"]`.
            let may_meet = alike && by.has_peers();
            if found.is_address || may_meet || address::is_perhaps(text, name, standing) {
                found.port = found.port.or_else(|| paired_port(by.service, standing));
                found.second = found.second.or_else(|| further_port(by.service, standing));
                let joins = alike && address::says_joining(text, found.range.start, standing);
                others.push((host.clone(), found, Meeting { alike, joins }));
            }
        }
        // A range of names is a list of members.
        for (name, end) in address::ranges(text) {
            let Some(host) = self.by_name.get(&name) else { continue };
            let found = Found::at_port(end..end, address::port_at(text, end));
            let alike = by.is_alike(host);
            match host.service == by.name {
                true => own.push((host.clone(), found)),
                false => others.push((host.clone(), found, Meeting { alike, joins: alike })),
            }
        }
        // Who lists itself beside others of its image lists a cluster.
        let is_list = !own.is_empty() && others.iter().any(|(_, _, meeting)| meeting.alike);
        for (host, found, mut meeting) in others {
            meeting.joins |= is_list && meeting.alike;
            self.meet(by, &host.service, meeting);
            self.note(host, &found);
        }
        own
    }

    /// Notes that a service names another one of its image.
    fn meet(&mut self, by: By<'_>, other: &str, Meeting { alike, joins }: Meeting) {
        if joins {
            self.joined.insert(other.to_owned());
        }
        if joins || alike && by.has_peers() {
            self.met.insert(other.to_owned());
            self.members.extend([other.to_owned(), by.name.to_owned()]);
        }
    }

    /// Whether a variable, in which a service is named, is there for others that have it too and are not named.
    fn is_shared(&self, having: &Having<'_>, service: &str, (key, value): (&str, &str)) -> bool {
        let named: BTreeSet<&str> =
            self.named(value, Standing::Variable(key)).map(|(_, host, _)| host.service.as_str()).collect();
        let mut others = having.get(&(key, value)).into_iter().flatten();
        others.any(|other| *other != service && !named.contains(other))
    }

    /// Notes by which names, and at which ports, a service uses itself.
    fn note_own(&mut self, own: Vec<(Host, Found)>, self_use: impl Fn(&Found) -> SelfUse) {
        for (host, found) in own {
            let names = self.selves.entry(host.service.clone()).or_default();
            let self_use = self_use(&found);
            let known = names.entry(host.cluster.clone()).or_insert(self_use);
            *known = self_use.max(*known);
            if let Some(port) = found.port {
                let ports = [port].into_iter().chain(found.second);
                self.own.entry(host.service.clone()).or_default().extend(ports);
            }
        }
    }

    /// Notes by which names a service uses itself in what others have too.
    fn note_shared(&mut self, own: Vec<(Host, Found)>) {
        for (host, _) in own.into_iter().filter(|(_, found)| found.port.is_some() && may_listen(found)) {
            self.selves.entry(host.service).or_default().entry(host.cluster).or_insert(SelfUse::Shares);
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
        for alias in network_aliases(service) {
            let host = self.by_name.get(alias).filter(|host| host.service == name).cloned();
            if let Some(host) = host.filter(|host| host.cluster == alias) {
                self.referred.insert(name.to_owned());
                self.use_alias(host);
            }
        }
    }

    /// Notes that a service is named by another one.
    fn note(&mut self, target: Host, found: &Found) {
        let key = target.service.clone();
        if found.is_address {
            self.addressed.entry(key.clone()).or_default().extend(found.port.into_iter().chain(found.second));
            self.usual.entry(key.clone()).or_default().extend(found.usual);
            self.web.entry(key.clone()).or_default().extend(found.port.filter(|_| found.web));
            if let (Some(port), Some(transport)) = (found.port, found.transport) {
                self.spoken.entry((key.clone(), port)).or_default().insert(transport);
            }
            self.use_alias(target);
        }
        self.referred.insert(key);
    }

    fn use_alias(&mut self, host: Host) {
        if host.name == NameKind::Alias {
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

/// Whether a program may listen at its name, and not only call there: it stands in no URL of a known protocol.
fn may_listen(found: &Found) -> bool {
    !found.is_called
}

/// The services that have a variable of a name with a value.
type Having<'a> = BTreeMap<(&'a str, &'a str), Vec<&'a str>>;

/// The service whose texts are read.
#[derive(Clone, Copy)]
struct By<'a> {
    name: &'a str,
    service: &'a Service,
    services: &'a Services,
    project: &'a Project,
}

impl By<'_> {
    /// Whether the host runs the same image as the service itself.
    fn is_alike(&self, host: &Host) -> bool {
        let image = |name: &str| {
            let service = self.project.services.get(name)?;
            let written = service.image_or_built(&self.project.name, name);
            Some(Reference::parse(&written).repository)
        };
        image(self.name).is_some_and(|own| image(&host.service) == Some(own))
    }

    /// Whether its program finds others of its kind at ports of their own.
    fn has_peers(&self) -> bool {
        self.services.program(self.name).is_some_and(|image| !image.peers.is_empty())
    }
}

/// How a service names another one.
#[derive(Clone, Copy)]
struct Meeting {
    /// Both run the same image.
    alike: bool,
    /// As a member of its cluster.
    joins: bool,
}

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
        let by = By { name, service, services, project };
        hosts.note_keys(name, service);
        for (key, value) in variables(service) {
            let own = hosts.mention(by, value, Standing::Variable(key));
            if hosts.is_shared(&having, name, (key, value)) {
                hosts.note_shared(own);
            } else {
                let listens = address::says_listening(key);
                let may_be = !address::says_advertised(key);
                hosts.note_own(own, |found| match listens || may_be && may_listen(found) {
                    true => SelfUse::Listens,
                    false => SelfUse::Calls,
                });
            }
        }
        for words in [&service.command, &service.entrypoint].into_iter().flatten() {
            let own = hosts.mention_words(by, &words.value);
            hosts.note_own(own, |_| SelfUse::Listens);
        }
        let facts = services.get(name);
        for file in facts.iter().flat_map(|facts| facts.files()) {
            let own = hosts.mention(by, &file.text, Standing::File);
            hosts.note_own(own, |found| match may_listen(found) {
                true => SelfUse::Listens,
                false => SelfUse::Calls,
            });
        }
        if let Some(test) = service.healthcheck.as_ref().and_then(|check| check.value.test.as_ref()) {
            let own = hosts.mention_words(by, &test.value);
            if !own.is_empty() {
                hosts.referred.insert(name.to_owned());
            }
            hosts.note_own(own, |_| SelfUse::Asks);
        }
    }
    hosts.referred.extend(hosts.own.keys().cloned());
    hosts.keep_names();
    hosts
}

/// All names that resolve within the project. A service's own name wins over another's alias.
fn known(project: &Project, names: &Names) -> BTreeMap<String, Host> {
    let mut known = BTreeMap::new();
    let host = |service: &str, cluster, name| Host { service: service.to_owned(), cluster, name };
    let own: BTreeSet<&str> = project.services.keys().map(|service| names.object(service)).collect();
    let containers = || project.services.iter().filter(|(_, service)| service.is_container());
    for (service, _) in containers() {
        let cluster = names.object(service).to_owned();
        known.insert(service.clone(), host(service, cluster, NameKind::Own));
    }
    for (service, definition) in containers() {
        for alias in aliases(definition) {
            let cluster = name::service_name(alias);
            if cluster == names.object(service) {
                known.entry(alias.to_owned()).or_insert(host(service, cluster, NameKind::Respelled));
            } else if !own.contains(cluster.as_str()) {
                known.entry(alias.to_owned()).or_insert(host(service, cluster, NameKind::Alias));
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
                known.entry(alias.to_owned()).or_insert(host(service, cluster, NameKind::Alias));
            }
        }
    }
    for (service, definition) in containers() {
        let own: BTreeSet<&str> = std::iter::once(service.as_str()).chain(aliases(definition)).collect();
        let cluster = names.object(service).to_owned();
        for network in networks(project, definition) {
            for name in &own {
                let host = host(service, cluster.clone(), NameKind::Respelled);
                known.entry(format!("{name}.{network}")).or_insert(host);
            }
        }
    }
    known
}

/// The names to which `extra_hosts` of a service gives an address.
fn own_hosts(service: &Service) -> impl Iterator<Item = &str> {
    let hosts = service.extra_hosts.iter().flat_map(|hosts| hosts.value.iter());
    hosts.map(|(name, _)| name.as_str())
}

/// The names, as Docker has them, of the networks that a service is on.
fn networks<'a>(project: &'a Project, service: &'a Service) -> impl Iterator<Item = &'a str> {
    let keys = service.networks.iter().flat_map(|field| field.value.keys());
    keys.filter_map(|key| docker_name(project, key))
}

/// The name that Docker has for a network of the project.
fn docker_name<'a>(project: &'a Project, key: &str) -> Option<&'a str> {
    let network = project.networks.get(key)?.value.as_ref()?;
    network.name.as_ref().map(|name| name.value.as_str())
}

/// The names that a service has beside its own.
fn aliases(service: &Service) -> impl Iterator<Item = &str> {
    let container = service.container_name.iter().map(|name| name.value.as_str());
    let host = service.hostname.iter().map(|name| name.value.as_str());
    let own = container.chain(host).chain(network_aliases(service));
    own.filter(|alias| !name::dns_label(alias).is_empty())
}

/// The names that a service has on its networks.
fn network_aliases(service: &Service) -> impl Iterator<Item = &str> {
    let networks = service.networks.iter().flat_map(|field| field.value.values());
    networks
        .filter_map(|network| network.value.as_ref()?.aliases.as_ref())
        .flat_map(|aliases| aliases.value.iter().map(|alias| alias.value.as_str()))
}

/// The words of a command, each with its neighbours.
pub(super) fn standings<'a>(words: &[&'a str]) -> impl Iterator<Item = (&'a str, Standing<'a>)> {
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let mut last_option = "";
    words.iter().enumerate().map(move |(at, text)| {
        let previous = at.checked_sub(1).map_or("", word);
        if previous.starts_with('-') {
            last_option = previous;
        }
        (*text, Standing::Word { previous, next: word(at + 1), option: last_option })
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
