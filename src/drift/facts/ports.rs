//! Ports of containers, and the Services that lead to them.

use std::collections::BTreeMap;

use super::{items, labels, namespace, number, text};
use crate::{
    drift::fact::{Fact, Path, Port, Route, Value},
    kustomize::build::Object,
    text::{Span, Spanned},
    yaml::Node,
};

const TCP: &str = "TCP";

/// A port that a container lists.
pub(super) struct Listed<'a> {
    pub(super) number: i64,
    pub(super) name: &'a str,
    protocol: &'a str,
    span: Span,
}

/// The ports that a container lists.
pub(super) fn listed(container: &Node) -> Vec<Listed<'_>> {
    let port = |item: &'_ Node| item.get("containerPort").and_then(|port| Some((number(port)?, port.span)));
    let all = items(container, "ports").iter();
    all.filter_map(|item| {
        let (number, span) = port(item)?;
        Some(Listed { number, name: text(item, "name"), protocol: protocol(item), span })
    })
    .collect()
}

/// The Services of an environment, by the first label that they select.
pub(super) struct Routes<'a>(BTreeMap<(&'a str, &'a str), Vec<Selecting<'a>>>);

struct Selecting<'a> {
    service: &'a Object,
    selector: Vec<(&'a str, &'a str)>,
}

impl<'a> Routes<'a> {
    pub(super) fn new(objects: &'a [Object]) -> Self {
        let mut by_label: BTreeMap<_, Vec<Selecting<'_>>> = BTreeMap::new();
        let services = objects.iter().filter(|object| text(&object.node, "kind") == "Service");
        for service in services.filter(|service| !is_alias(service)) {
            let selector = selector(&service.node);
            if let Some(first) = selector.first() {
                by_label.entry(*first).or_default().push(Selecting { service, selector });
            }
        }
        Self(by_label)
    }

    /// The Services that select a pod with these labels, in the namespace of its workload.
    fn to<'x>(&'x self, workload: &Object, labels: &[(&'x str, &'x str)]) -> Vec<&'x Object> {
        let own = namespace(&workload.node);
        let is_near = |service: &Object| own.is_empty() || [own, ""].contains(&namespace(&service.node));
        let routes = labels.iter().filter_map(|label| self.0.get(label)).flatten();
        let found = routes.filter(|route| route.selector.iter().all(|pair| labels.contains(pair)));
        found.map(|route| route.service).filter(|service| is_near(service)).collect()
    }

    /// The ports of a container, listed by it or led to by a Service.
    pub(super) fn ports(
        &self,
        workload: &Object,
        template: Option<&Node>,
        listed: &[Listed<'_>],
    ) -> BTreeMap<Path, Fact> {
        let mut ports: BTreeMap<(i64, &str), (Port, Span)> = BTreeMap::new();
        for port in listed {
            ports.insert((port.number, port.protocol), (reached(true), port.span));
        }
        let of_pod: Vec<(&str, &str)> =
            template.map(|template| labels(template).collect()).unwrap_or_default();
        for service in self.to(workload, &of_pod) {
            for port in service.node.get("spec").map(|spec| items(spec, "ports")).unwrap_or_default() {
                let Some((own, span)) = port.get("port").and_then(|it| Some((number(it)?, it.span))) else {
                    continue;
                };
                let Some(target) = target(port, own, listed) else { continue };
                let none = || (reached(false), span);
                let (port, _) = ports.entry((target, protocol(port))).or_insert_with(none);
                let route = Route { name: name(service), span };
                port.services.insert((service.first_name.clone(), own), route);
            }
        }
        let fact = |((number, protocol), (port, span)): ((i64, &str), (Port, Span))| {
            (Path::Port(number, protocol.to_owned()), Fact::new(Value::Port(port), span))
        };
        ports.into_iter().map(fact).collect()
    }
}

/// What decides where each Service leads, by its name without what kustomizations add.
pub(super) fn leading(objects: &[Object]) -> BTreeMap<String, Span> {
    let services = objects.iter().filter(|object| text(&object.node, "kind") == "Service");
    let decides = |service: &Object| {
        let key = if is_alias(service) { "type" } else { "selector" };
        let value = service.node.get("spec").and_then(|spec| spec.get(key));
        value.map(|value| value.as_map().and_then(|map| map.values().next()).unwrap_or(value).span)
    };
    services.filter_map(|service| Some((service.first_name.clone(), decides(service)?))).collect()
}

/// Whether a Service is another name of a host: whatever it selects, it leads to no pod.
fn is_alias(service: &Object) -> bool {
    service.node.get("spec").is_some_and(|spec| text(spec, "type") == "ExternalName")
}

fn name(service: &Object) -> Spanned<String> {
    let name = service.node.get("metadata").and_then(|metadata| metadata.get("name"));
    let text = name.and_then(Node::as_str).unwrap_or_default().to_owned();
    Spanned::new(text, name.map_or(service.origin, |name| name.span))
}

fn reached(is_listed: bool) -> Port {
    Port { is_listed, services: BTreeMap::new(), is_named: false }
}

/// The port of the container that a port of a Service leads to.
fn target(port: &Node, own: i64, listed: &[Listed<'_>]) -> Option<i64> {
    let Some(target) = port.get("targetPort").filter(|target| !target.is_null()) else { return Some(own) };
    let named = |name: &str| listed.iter().find(|it| it.name == name && it.protocol == protocol(port));
    match target.as_str() {
        Some(name) => named(name).map(|port| port.number).or_else(|| number(target)),
        None => number(target),
    }
}

fn selector(service: &Node) -> Vec<(&str, &str)> {
    let map = service.get("spec").and_then(|spec| spec.get("selector")?.as_map());
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.text.as_str(), value.as_str()?))).collect()
}

fn protocol(node: &Node) -> &str {
    Some(text(node, "protocol")).filter(|protocol| !protocol.is_empty()).unwrap_or(TCP)
}
