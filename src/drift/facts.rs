//! From the objects of one environment to facts, by the rules of the kubelet.

mod mounts;
mod owner;
mod ports;
mod probes;
mod references;
mod supply;
mod variables;

use std::collections::BTreeMap;

pub use self::owner::Owners;
use self::{ports::Routes, supply::Supplies};
use super::{
    fact::{Argv, ContainerFacts, Fact, Facts, Image, Path, ServiceFacts, Value, WorkloadFacts},
    text::Text,
};
use crate::{
    kustomize::build::Object,
    text::{Span, Spanned},
    yaml::{Node, Value as Yaml, scalar},
};

/// Kinds of objects that make pods.
const WORKLOADS: &[&str] =
    &["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout", "Job", "CronJob", "Pod"];

/// How objects are read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Which workload belongs to which service.
    pub owners: Owners<'a>,
    /// Whether a place lies in a file of secret values.
    pub is_secret: &'a dyn Fn(Span) -> bool,
}

/// What the objects of one environment say of its services.
pub fn facts(objects: &[Object], reading: &Reading<'_>) -> Facts {
    let workloads: Vec<&Object> =
        objects.iter().filter(|object| WORKLOADS.contains(&text(&object.node, "kind"))).collect();
    let supplies = Supplies::new(objects, reading.is_secret);
    let routes = Routes::new(objects);
    let mut services: BTreeMap<String, ServiceFacts> = BTreeMap::new();
    for (object, owner) in workloads.iter().zip(reading.owners.of(&workloads)) {
        let Some(owner) = owner else { continue };
        let context = Context { object, supplies: &supplies, routes: &routes, is_secret: reading.is_secret };
        services.entry(owner.service).or_default().workloads.push(context.workload(owner.is_job));
    }
    Facts { services, leading: ports::leading(objects) }
}

/// A workload among the other objects.
struct Context<'a> {
    object: &'a Object,
    supplies: &'a Supplies<'a>,
    routes: &'a Routes<'a>,
    is_secret: &'a dyn Fn(Span) -> bool,
}

impl Context<'_> {
    fn workload(&self, is_job: bool) -> WorkloadFacts {
        let node = &self.object.node;
        let template = template(node);
        let pod = template.and_then(|template| template.get("spec"));
        let containers = pod.and_then(|pod| pod.get("containers")).and_then(Node::as_seq).unwrap_or_default();
        WorkloadFacts {
            kind: text(node, "kind").to_owned(),
            name: self.object.first_name.clone(),
            is_job,
            span: node
                .get("metadata")
                .and_then(|metadata| metadata.get("name"))
                .map_or(self.object.origin, |name| name.span),
            facts: self.of_workload(),
            containers: containers.iter().map(|container| self.container(container, template, pod)).collect(),
            references: references::of(pod, self),
        }
    }

    fn of_workload(&self) -> BTreeMap<Path, Fact> {
        let node = &self.object.node;
        let mut facts = BTreeMap::new();
        if let Some(kind) = node.get("kind") {
            facts.insert(Path::Kind, Fact::new(Value::Text(plain(kind)), kind.span));
        }
        if text(node, "kind") != "CronJob" {
            return facts;
        }
        let spec = node.get("spec");
        let whole = spec.map_or(node.span, |spec| spec.span);
        // What is left out is what the API server fills in.
        for (path, key, default) in [
            (Path::Schedule, "schedule", None),
            (Path::TimeZone, "timeZone", None),
            (Path::ConcurrencyPolicy, "concurrencyPolicy", Some("Allow")),
            (Path::Suspend, "suspend", Some("false")),
        ] {
            let written = spec.and_then(|spec| spec.get(key)).filter(|value| !value.is_null());
            let fact = written.map(|value| (plain(value), value.span));
            let fact = fact.or(default.map(|default| (Text::plain(default), whole)));
            facts.extend(fact.map(|(text, span)| (path, Fact::new(Value::Text(text), span))));
        }
        facts
    }

    fn container(&self, node: &Node, template: Option<&Node>, pod: Option<&Node>) -> ContainerFacts {
        let (variables, has_more_secrets) = variables::of(node, self);
        let mut facts = BTreeMap::new();
        if let Some(image) = node.get("image") {
            let parts = Image::parse(image.as_str().unwrap_or_default());
            facts.insert(Path::Image, Fact::new(Value::Image(parts), image.span));
        }
        facts.extend(self.argv(node, &variables).map(|fact| (Path::Argv, fact)));
        if let Some(directory) = node.get("workingDir").filter(|directory| !directory.is_null()) {
            facts.insert(Path::WorkingDir, Fact::new(Value::Text(self.text(directory)), directory.span));
        }
        facts.extend(user(node, pod).map(|fact| (Path::User, fact)));
        let listed = ports::listed(node);
        facts.extend(self.routes.ports(self.object, template, &listed));
        facts.extend(probes::of(node, &listed, self));
        facts.extend(mounts::of(node, pod, self));
        let removed = self.removed(text(node, "name"), node);
        facts.extend(variables.0.into_iter().map(|(name, fact)| (Path::Env(name), fact)));
        ContainerFacts { name: text(node, "name").to_owned(), facts, has_more_secrets, removed }
    }

    /// `command` and `args` as the container gets them.
    fn argv(&self, node: &Node, variables: &variables::Environment) -> Option<Fact> {
        let list =
            |key: &str| node.get(key).filter(|list| list.as_seq().is_some_and(|items| !items.is_empty()));
        let (program, arguments) = (list("command"), list("args"));
        let place = arguments.or(program)?;
        let words = [program, arguments].into_iter().flatten().filter_map(Node::as_seq).flatten();
        let words = words.map(|word| Spanned::new(self.expanded(word, variables), word.span)).collect();
        let argv = Argv { has_program: program.is_some(), words };
        Some(Fact::new(Value::Argv(argv), place.span))
    }

    /// A text in which variables are expanded.
    fn expanded(&self, node: &Node, variables: &variables::Environment) -> Text {
        if (self.is_secret)(node.span) { self.text(node) } else { variables.expand(&string(node)) }
    }

    /// A text as it is.
    fn text(&self, node: &Node) -> Text {
        if (self.is_secret)(node.span) { Text::concealed(&string(node)) } else { plain(node) }
    }

    /// Where patches took away what a container had.
    fn removed(&self, container: &str, node: &Node) -> BTreeMap<Path, Span> {
        let mut removed = BTreeMap::new();
        for removal in &self.object.removed {
            let Some(at) = removal.path.iter().position(|name| name == "containers") else { continue };
            if removal.path.get(at + 1).is_some_and(|name| name == container || name == "0") {
                removed.extend(of_container(&removal.path[at + 2..]).map(|path| (path, removal.span)));
            }
        }
        for (name, span) in self.supplies.removed(node) {
            removed.insert(Path::Env(name), span);
        }
        removed
    }
}

/// In the place of the variables that a container gets from a ConfigMap or a Secret as a whole.
pub(super) const ALL_VARIABLES: Path = Path::Env(String::new());

/// What a field of a container decides.
fn of_container(path: &[String]) -> Option<Path> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    Some(match path[..] {
        ["env", name] => Path::Env(name.to_owned()),
        ["envFrom", ..] => ALL_VARIABLES,
        ["volumeMounts", path] => Path::Mount(path.to_owned()),
        ["args" | "command"] => Path::Argv,
        ["workingDir"] => Path::WorkingDir,
        ["readinessProbe"] => Path::Probe(super::fact::ProbeKind::Readiness),
        ["livenessProbe"] => Path::Probe(super::fact::ProbeKind::Liveness),
        ["startupProbe"] => Path::Probe(super::fact::ProbeKind::Startup),
        ["ports", number] => Path::Port(number.parse().ok()?, "TCP".to_owned()),
        _ => return None,
    })
}

/// User and group, if one of them is set. What a container sets goes before what its pod sets.
fn user(container: &Node, pod: Option<&Node>) -> Option<Fact> {
    let own = |node: Option<&Node>, key: &str| {
        node?.get("securityContext")?.get(key).filter(|it| !it.is_null()).cloned()
    };
    let of = |key: &str| own(Some(container), key).or_else(|| own(pod, key));
    let (user, group) = (of("runAsUser"), of("runAsGroup"));
    let span = user.as_ref().or(group.as_ref())?.span;
    let [user, group] = [user, group].map(|id| id.map(|id| string(&id)).unwrap_or_default());
    let text = if group.is_empty() { user } else { format!("{user}:{group}") };
    Some(Fact::new(Value::Text(Text::plain(text)), span))
}

/// The template of a workload's pods; of a Pod, the Pod.
fn template(object: &Node) -> Option<&Node> {
    match text(object, "kind") {
        "Pod" => Some(object),
        "CronJob" => object.get("spec")?.get("jobTemplate")?.get("spec")?.get("template"),
        _ => object.get("spec")?.get("template"),
    }
}

/// The labels of an object.
fn labels(object: &Node) -> impl Iterator<Item = (&str, &str)> {
    let map = object.get("metadata").and_then(|metadata| metadata.get("labels")?.as_map());
    map.into_iter().flatten().filter_map(|(key, value)| Some((key.text.as_str(), value.as_str()?)))
}

/// The namespace of an object; empty if it names none.
fn namespace(object: &Node) -> &str {
    object.get("metadata").map(|metadata| text(metadata, "namespace")).unwrap_or_default()
}

/// The text of an entry; empty if there is none.
fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

/// A scalar as a text.
fn string(node: &Node) -> String {
    scalar::go_string(&node.value).unwrap_or_default()
}

fn plain(node: &Node) -> Text {
    Text::plain(string(node))
}

/// A whole number, also one in quotes.
fn number(node: &Node) -> Option<i64> {
    match &node.value {
        Yaml::Int(number) => i64::try_from(*number).ok(),
        Yaml::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The items of a list in an entry.
fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).and_then(Node::as_seq).unwrap_or_default()
}

#[cfg(test)]
mod tests;
