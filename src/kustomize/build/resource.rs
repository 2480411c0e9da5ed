//! Objects on their way through a build: what they are called, and were called before.

use std::sync::Arc;

use super::{
    declared::Behavior,
    fields::{set_entry, split_version},
};
use crate::{
    text::Span,
    yaml::{Node, Value},
};

/// Kinds whose objects belong to no namespace, with their API groups.
const CLUSTER_SCOPED: &[(&str, &str)] = &[
    ("", "ComponentStatus"),
    ("", "Namespace"),
    ("", "Node"),
    ("", "PersistentVolume"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("apiregistration.k8s.io", "APIService"),
    ("certificates.k8s.io", "CertificateSigningRequest"),
    ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("policy", "PodSecurityPolicy"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "CSINode"),
    ("storage.k8s.io", "StorageClass"),
    ("storage.k8s.io", "VolumeAttachment"),
];

/// An object on its way through a build.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    /// What it says. Shared until it is changed: each of many environments takes in the same base.
    pub(super) node: Arc<Node>,
    /// Where it comes from: its document, or the generator that made it.
    pub(super) origin: Span,
    /// What it was called before, the oldest first.
    pub(super) previous: Vec<Name>,
    /// What was put before its name.
    pub(super) prefixes: Vec<String>,
    /// What was put behind its name.
    pub(super) suffixes: Vec<String>,
    /// What a generator made of it.
    pub(super) generated: Option<Generated>,
    /// Fields that patches took away.
    pub(super) removed: Vec<Removal>,
}

/// How a generator made an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Generated {
    pub(super) behavior: Behavior,
    /// Whether its name gets a digest of its content.
    pub(super) needs_digest: bool,
}

/// A field that a patch took away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// The way to the field: names of fields, and of items in lists.
    pub path: Vec<String>,
    /// Where the patch says so.
    pub span: Span,
}

/// What an object was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// What an object is called: no two in one build may share that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    /// None for objects that belong to no namespace.
    pub(super) namespace: Option<&'a str>,
    pub(super) group: &'a str,
    pub(super) version: &'a str,
}

impl Resource {
    pub(super) fn new(node: Node, origin: Span) -> Self {
        let (previous, prefixes, suffixes, removed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { node: Arc::new(node), origin, previous, prefixes, suffixes, generated: None, removed }
    }

    pub(super) fn api_version(&self) -> &str {
        text(&self.node, "apiVersion")
    }

    pub(super) fn kind(&self) -> &str {
        text(&self.node, "kind")
    }

    pub(super) fn name(&self) -> &str {
        self.metadata("name")
    }

    /// The namespace as it is written; empty if there is none.
    pub(super) fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// Labels, or annotations.
    pub(super) fn metadata_map(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.node.get("metadata").and_then(|metadata| metadata.get(key)?.as_map());
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.text.as_str(), value.as_str()?)))
    }

    /// What it is called now.
    pub(super) fn id(&self) -> Id<'_> {
        self.id_as(self.kind(), self.namespace(), self.name())
    }

    /// What it was called before, the oldest first.
    pub(super) fn previous_ids(&self) -> impl Iterator<Item = Id<'_>> {
        self.previous.iter().map(|name| self.id_as(&name.kind, &name.namespace, &name.name))
    }

    /// What it was called first.
    pub(super) fn first_id(&self) -> Id<'_> {
        self.previous_ids().next().unwrap_or_else(|| self.id())
    }

    /// Whether it was ever called that.
    pub(super) fn was(&self, id: Id<'_>) -> bool {
        self.id() == id || self.previous_ids().any(|previous| previous == id)
    }

    /// Whether it belongs to no namespace.
    pub(super) fn is_cluster_scoped(&self) -> bool {
        is_cluster_scoped(split_version(self.api_version()).0, self.kind())
    }

    /// Keeps what it is called, before that changes.
    pub(super) fn remember_name(&mut self) {
        let id = self.id();
        let namespace = id.namespace.unwrap_or_default().to_owned();
        let name = Name { kind: id.kind.to_owned(), namespace, name: id.name.to_owned() };
        self.previous.push(name);
    }

    /// Sets a field of its metadata.
    pub(super) fn set_metadata(&mut self, key: &str, value: &str, span: Span) {
        if let Some(metadata) = Arc::make_mut(&mut self.node).get_mut("metadata") {
            set_entry(metadata, key, Node::string(value, span));
        }
    }

    /// Puts `value` back in the place of a field of its metadata, or takes the field away.
    pub(super) fn restore_metadata(&mut self, key: &str, value: Option<Node>) {
        let Some(metadata) = Arc::make_mut(&mut self.node).get_mut("metadata") else { return };
        match (value, metadata.as_map_mut()) {
            (Some(value), _) => set_entry(metadata, key, value),
            (None, Some(map)) => drop(map.shift_remove(key)),
            (None, None) => {}
        }
    }

    fn metadata(&self, key: &str) -> &str {
        self.node.get("metadata").map(|metadata| text(metadata, key)).unwrap_or_default()
    }

    fn id_as<'a>(&'a self, kind: &'a str, namespace: &'a str, name: &'a str) -> Id<'a> {
        let (group, version) = split_version(self.api_version());
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        let namespace = (!is_cluster_scoped(group, kind)).then_some(namespace);
        Id { name, kind, namespace, group, version }
    }
}

impl Id<'_> {
    /// As messages show it.
    pub(super) fn shown(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }
}

/// The text of an entry; empty if there is none.
pub(super) fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    match node.get(key).map(|value| &value.value) {
        Some(Value::String(text)) => text,
        _ => "",
    }
}

fn is_cluster_scoped(group: &str, kind: &str) -> bool {
    CLUSTER_SCOPED.contains(&(group, kind))
}
