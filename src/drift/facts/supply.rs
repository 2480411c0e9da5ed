//! ConfigMaps and Secrets: what containers get from them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{items, namespace, string, text};
use crate::{
    drift::{
        fact::Content,
        text::{Digest, Text},
    },
    kustomize::build::Object,
    text::Span,
    yaml::{Map, Node, Value},
};

/// What is in a ConfigMap or a Secret.
pub(super) struct Supply<'a> {
    pub(super) entries: BTreeMap<&'a str, Entry>,
    /// Whether it may have more entries than are known.
    pub(super) is_open: bool,
    object: &'a Object,
}

/// One entry.
pub(super) struct Entry {
    pub(super) span: Span,
    /// What a variable gets from it; none for a secret.
    pub(super) text: Option<Text>,
    pub(super) content: Content,
}

/// Which kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ConfigMap,
    Secret,
}

impl Kind {
    /// The kind of the object.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::ConfigMap => "ConfigMap",
            Kind::Secret => "Secret",
        }
    }
}

/// The ConfigMap that every namespace has.
const OF_NAMESPACES: &str = "kube-root-ca.crt";

/// All ConfigMaps and Secrets of an environment.
#[derive(Default)]
pub(super) struct Supplies<'a> {
    /// What objects of operators name: they may make a ConfigMap or a Secret of this name.
    of_operators: BTreeMap<&'a str, Span>,
    /// Claims: what they are called in the files, by their names.
    claims: BTreeMap<&'a str, &'a str>,
    config_maps: BTreeMap<&'a str, Vec<Supply<'a>>>,
    secrets: BTreeMap<&'a str, Vec<Supply<'a>>>,
}

impl<'a> Supplies<'a> {
    pub(super) fn new(objects: &'a [Object], is_secret: &dyn Fn(Span) -> bool) -> Self {
        let mut all = Self::default();
        for object in objects {
            let (kind, name, supply) = match text(&object.node, "kind") {
                "ConfigMap" => (Kind::ConfigMap, name(&object.node), config_map(object, is_secret)),
                "Secret" => (Kind::Secret, name(&object.node), secret(object)),
                "PersistentVolumeClaim" => {
                    all.claims.insert(name(&object.node), &object.first_name);
                    continue;
                }
                "ExternalSecret" => external(object),
                "SealedSecret" => sealed(object),
                _ => {
                    if is_of_operator(text(&object.node, "apiVersion")) {
                        names(&object.node, &mut all.of_operators);
                    }
                    continue;
                }
            };
            let of_kind = if kind == Kind::Secret { &mut all.secrets } else { &mut all.config_maps };
            of_kind.entry(name).or_default().push(supply);
        }
        all
    }

    /// The object of this name, as a workload sees it.
    pub(super) fn get(&self, kind: Kind, name: &str, workload: &Object) -> Option<&Supply<'a>> {
        let all = self.named(kind, name);
        let same = |supply: &&Supply<'_>| namespace(&supply.object.node) == namespace(&workload.node);
        all.iter().find(same).or_else(|| all.first())
    }

    /// What a claim is called in the files.
    pub(super) fn claim<'n>(&'n self, name: &'n str) -> &'n str {
        self.claims.get(name).copied().unwrap_or(name)
    }

    /// What an object is called in the files, and what makes it, if that is among the objects.
    pub(super) fn origin<'n>(
        &'n self,
        kind: Kind,
        name: &'n str,
        workload: &Object,
    ) -> (&'n str, Option<Span>) {
        if let Some(supply) = self.get(kind, name, workload) {
            let is_plain = supply.object.node.get("kind").and_then(Node::as_str) == Some(kind.word());
            let first_name = if is_plain { &supply.object.first_name } else { name };
            return (first_name, Some(supply.object.origin));
        }
        let is_everywhere = kind == Kind::ConfigMap && name == OF_NAMESPACES;
        let made = self.of_operators.get(name).copied().or(is_everywhere.then_some(Span::NOWHERE));
        (name, made)
    }

    fn named(&self, kind: Kind, name: &str) -> &[Supply<'a>] {
        let of_kind = if kind == Kind::Secret { &self.secrets } else { &self.config_maps };
        of_kind.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys that patches took out of what a container gets all of its variables from.
    pub(super) fn removed(&self, container: &Node) -> Vec<(String, Span)> {
        let mut removed = Vec::new();
        for source in items(container, "envFrom") {
            for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
                let Some(named) = source.get(field).map(|reference| text(reference, "name")) else {
                    continue;
                };
                for supply in self.named(kind, named) {
                    let key = |path: &[String]| match path {
                        [data, key] if data == "data" => Some(format!("{}{key}", text(source, "prefix"))),
                        _ => None,
                    };
                    let keys = supply.object.removed.iter();
                    removed.extend(keys.filter_map(|it| Some((key(&it.path)?, it.span))));
                }
            }
        }
        removed
    }
}

impl Entry {
    fn secret(span: Span) -> Self {
        Self { span, text: None, content: Content::Secret }
    }
}

fn config_map<'a>(object: &'a Object, is_secret: &dyn Fn(Span) -> bool) -> Supply<'a> {
    let mut entries = BTreeMap::new();
    for (key, value) in map(&object.node, "data") {
        let entry = if is_secret(value.span) {
            Entry::secret(value.span)
        } else {
            let text = string(value);
            let content = Content::Known(Digest::of(text.as_bytes()));
            Entry { span: value.span, text: Some(Text::plain(text)), content }
        };
        entries.insert(key.text.as_str(), entry);
    }
    for (key, value) in map(&object.node, "binaryData") {
        let encoded: String = string(value).split_whitespace().collect();
        let content =
            STANDARD.decode(encoded).map_or(Content::Unknown, |bytes| Content::Known(Digest::of(&bytes)));
        entries.insert(key.text.as_str(), Entry { span: value.span, text: None, content });
    }
    Supply { entries, is_open: false, object }
}

/// Only which keys there are: no value is read.
fn secret(object: &Object) -> Supply<'_> {
    let all = map(&object.node, "data").chain(map(&object.node, "stringData"));
    let entries = all.map(|(key, value)| (key.text.as_str(), Entry::secret(value.span))).collect();
    Supply { entries, is_open: false, object }
}

/// The Secret that the External Secrets Operator makes.
fn external(object: &Object) -> (Kind, &str, Supply<'_>) {
    let spec = object.node.get("spec");
    let target = spec.and_then(|spec| spec.get("target")).map(|target| text(target, "name"));
    let data = spec.map(|spec| items(spec, "data")).unwrap_or_default();
    let key = |item: &'_ Node| item.get("secretKey").map(|key| key.span);
    let entries =
        data.iter().filter_map(|item| Some((text(item, "secretKey"), Entry::secret(key(item)?)))).collect();
    let is_open = spec.is_some_and(|spec| !items(spec, "dataFrom").is_empty());
    let name = target.filter(|name| !name.is_empty()).unwrap_or_else(|| name(&object.node));
    (Kind::Secret, name, Supply { entries, is_open, object })
}

/// The Secret that Sealed Secrets unseals.
fn sealed(object: &Object) -> (Kind, &str, Supply<'_>) {
    let spec = object.node.get("spec");
    let template = spec.and_then(|spec| spec.get("template"));
    let named = template.map(name).filter(|name| !name.is_empty()).unwrap_or_else(|| name(&object.node));
    let keys = spec.into_iter().flat_map(|spec| map(spec, "encryptedData"));
    let entries = keys.map(|(key, value)| (key.text.as_str(), Entry::secret(value.span))).collect();
    (Kind::Secret, named, Supply { entries, is_open: false, object })
}

/// Whether a version is one of a group that Kubernetes does not have itself.
fn is_of_operator(version: &str) -> bool {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// All texts in an object.
fn names<'a>(node: &'a Node, all: &mut BTreeMap<&'a str, Span>) {
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| names(item, all)),
        Value::Map(map) => map.values().for_each(|value| names(value, all)),
        _ => all.extend(node.as_str().map(|text| (text, node.span))),
    }
}

fn name(node: &Node) -> &str {
    node.get("metadata").map(|metadata| text(metadata, "name")).unwrap_or_default()
}

fn map<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = (&'a crate::yaml::Key, &'a Node)> {
    static NONE: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::default);
    node.get(key).and_then(Node::as_map).unwrap_or(&NONE).iter()
}
