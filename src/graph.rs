//! The services of a project, what they depend on, and the networks between them, in all environments together.
//!
//! Drawn as [Mermaid](https://mermaid.js.org/syntax/flowchart.html), as
//! [DOT](https://graphviz.org/doc/info/lang.html), and as SVG.

mod svg;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::compose::model::Project;

/// The network that every service joins unless it names others.
const DEFAULT_NETWORK: &str = "default";

/// What is drawn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The environments, in their order.
    pub environments: Vec<String>,
    /// The services, by name.
    pub services: BTreeMap<String, Service>,
    /// What each dependent service waits for: from, to, and the condition.
    pub dependencies: BTreeMap<(String, String), String>,
    /// The services of each network, the default one left out.
    pub networks: BTreeMap<String, BTreeSet<String>>,
}

/// A service in the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its image, or the name of the one that it builds.
    pub image: String,
    /// The environments that have it.
    pub environments: BTreeSet<String>,
}

impl Graph {
    /// The graph of some environments.
    pub fn of<'a>(environments: impl IntoIterator<Item = (&'a str, &'a Project)>) -> Self {
        let mut graph = Self::default();
        for (environment, project) in environments {
            graph.environments.push(environment.to_owned());
            for (name, service) in &project.services {
                let known = graph.services.entry(name.clone()).or_default();
                known.image = service.value.image_or_built(&project.name, name);
                known.environments.insert(environment.to_owned());
                for (target, dependency) in service.value.depends_on.iter().flat_map(|all| &all.value) {
                    let condition = dependency.value.condition.as_ref();
                    let condition = condition.map_or("service_started", |it| it.value.as_str());
                    graph.dependencies.insert((name.clone(), target.clone()), condition.to_owned());
                }
                for network in service.value.networks.iter().flat_map(|all| all.value.keys()) {
                    if network != DEFAULT_NETWORK {
                        graph.networks.entry(network.clone()).or_default().insert(name.clone());
                    }
                }
            }
        }
        // A service that an environment gets from elsewhere is in none of them.
        let Self { services, dependencies, .. } = &mut graph;
        dependencies.retain(|(_, target), _| services.contains_key(target));
        graph
    }

    /// A flowchart of Mermaid.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let mut line = |line: &str| {
            let _ = writeln!(text, "  {line}");
        };
        let services = Numbers::of(self.services.keys(), "s");
        let networks = Numbers::of(self.networks.keys(), "n");
        for (name, service) in &self.services {
            let label = [name.as_str(), &service.image].map(in_mermaid).join("<br>");
            let only =
                self.only(service).map_or_else(String::new, |only| format!("<br>only {}", in_mermaid(&only)));
            line(&format!("{}[\"{label}{only}\"]", services.id(name)));
        }
        for ((from, to), condition) in &self.dependencies {
            line(&format!("{} -->|{}| {}", services.id(from), in_mermaid(condition), services.id(to)));
        }
        for (network, members) in &self.networks {
            line(&format!("{}([\"network {}\"])", networks.id(network), in_mermaid(network)));
            for member in members {
                line(&format!("{} -.- {}", services.id(member), networks.id(network)));
            }
        }
        text
    }

    /// A graph of DOT.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph services {\n");
        let mut line = |line: &str| {
            let _ = writeln!(text, "  {line}");
        };
        line("rankdir=LR;");
        line("node [shape=box];");
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        for (name, service) in &self.services {
            let mut label = format!("{name}\n{}", service.image);
            label.extend(self.only(service).map(|only| format!("\nonly {only}")));
            line(&format!("{} [label={}];", quoted(name), quoted(&label).replace('\n', "\\n")));
        }
        for ((from, to), condition) in &self.dependencies {
            line(&format!("{} -> {} [label={}];", quoted(from), quoted(to), quoted(condition)));
        }
        for (network, members) in &self.networks {
            let node = quoted(&format!("network {network}"));
            line(&format!("{node} [shape=ellipse];"));
            for member in members {
                line(&format!("{} -> {node} [dir=none, style=dotted];", quoted(member)));
            }
        }
        text.push_str("}\n");
        text
    }

    /// A picture, as an element of HTML: its colours are `currentColor` and the classes of the page.
    pub fn svg(&self) -> String {
        svg::drawn(self)
    }

    /// The environments that have a service, if others do not.
    fn only(&self, service: &Service) -> Option<String> {
        let names: Vec<&str> = self
            .environments
            .iter()
            .filter(|it| service.environments.contains(*it))
            .map(String::as_str)
            .collect();
        (names.len() < self.environments.len()).then(|| names.join(", "))
    }
}

/// Names that languages of graphs take without quotes.
struct Numbers<'a> {
    prefix: &'static str,
    numbers: BTreeMap<&'a str, usize>,
}

impl<'a> Numbers<'a> {
    fn of(names: impl Iterator<Item = &'a String>, prefix: &'static str) -> Self {
        Self { prefix, numbers: names.enumerate().map(|(number, name)| (name.as_str(), number)).collect() }
    }

    fn id(&self, name: &str) -> String {
        format!("{}{}", self.prefix, self.numbers.get(name).copied().unwrap_or_default())
    }
}

/// A text within quotes of Mermaid.
fn in_mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '|' => escaped.push_str("#124;"),
            other => escaped.push(other),
        }
    }
    escaped
}
