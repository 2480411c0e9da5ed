//! Variables as compose files and manifests write them.

use super::{Document, Object};
use crate::{
    text::Span,
    yaml::{Key, Map, Node, Value, scalar},
};

/// A variable of a container or of a build, as it is written.
#[derive(Debug, Clone)]
pub struct Variable<'a> {
    /// The service, or the object with its container.
    pub owner: String,
    /// The attribute that has it: `environment`, `build.args`, `env`.
    pub attribute: &'static str,
    /// Its name.
    pub name: String,
    /// Its value with the variables in it; none if it is taken from elsewhere.
    pub value: Option<String>,
    /// Where its name is; the whole entry in the list form.
    pub name_span: Span,
    /// Where its value is; the whole entry in the list form.
    pub span: Span,
    /// The value, or the whole entry in the list form.
    pub node: &'a Node,
    /// Whether it is an entry `NAME=value` of a list.
    pub is_list: bool,
}

impl Variable<'_> {
    /// What it is about, as a path.
    pub fn subject(&self) -> String {
        format!("{}.{}.{}", self.owner, self.attribute, self.name)
    }
}

impl<'a> Document<'a> {
    /// The services that the document has.
    pub fn services(&self) -> impl Iterator<Item = (&'a Key, &'a Node)> + use<'a> {
        self.tree.get("services").and_then(Node::as_map).into_iter().flatten()
    }

    /// The variables that it sets in `environment` and `build.args` of services, variables in values left as they
    /// are.
    pub fn variables(&self) -> Vec<Variable<'a>> {
        let mut all = Vec::new();
        for (name, service) in self.services() {
            let owner = format!("services.{}", name.text);
            let args = service.get("build").and_then(|build| build.get("args"));
            for (attribute, node) in [("environment", service.get("environment")), ("build.args", args)] {
                let Some(node) = node else { continue };
                all.extend(self.entries(node).into_iter().map(|mut variable| {
                    variable.owner.clone_from(&owner);
                    variable.attribute = attribute;
                    variable
                }));
            }
        }
        all
    }

    fn entries(&self, node: &'a Node) -> Vec<Variable<'a>> {
        let entry = |name: &str, value: Option<String>, name_span, node: &'a Node, is_list| Variable {
            owner: String::new(),
            attribute: "",
            name: name.to_owned(),
            value,
            name_span,
            span: node.span,
            node,
            is_list,
        };
        match &node.value {
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| entry(&key.text, self.text(value), key.span, value, false))
                .collect(),
            Value::Seq(items) => items
                .iter()
                .filter_map(|item| {
                    let text = item.as_str()?;
                    Some(match text.split_once('=') {
                        Some((name, value)) => entry(name, Some(value.to_owned()), item.span, item, true),
                        None => entry(text, None, item.span, item, true),
                    })
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A scalar as it is written, without its quotes.
    fn text(&self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Null | Value::Seq(_) | Value::Map(_) => None,
            Value::String(text) => Some(text.clone()),
            _ => Some(self.sources.slice(node.span).to_owned()),
        }
    }
}

impl<'a> Object<'a> {
    /// The variables of its containers.
    pub fn variables(&self) -> Vec<Variable<'a>> {
        let mut all = Vec::new();
        for container in self.containers() {
            let text = |map: &Map, key: &str| map.get(key).and_then(|node| scalar::go_string(&node.value));
            let own = container.as_map().and_then(|map| text(map, "name")).unwrap_or_default();
            for item in container.get("env").and_then(Node::as_seq).unwrap_or_default() {
                let Some(map) = item.as_map() else { continue };
                let (Some(name), Some(name_node)) = (text(map, "name"), map.get("name")) else { continue };
                let value = map.get("value");
                all.push(Variable {
                    owner: format!("{}/{}.{own}", self.kind(), self.name()),
                    attribute: "env",
                    name,
                    value: value.and_then(|value| scalar::go_string(&value.value)),
                    name_span: name_node.span,
                    span: value.unwrap_or(name_node).span,
                    node: value.unwrap_or(name_node),
                    is_list: false,
                });
            }
        }
        all
    }
}
