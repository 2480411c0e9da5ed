//! Kustomizations, what they render to, and everything at once.

use camino::{Utf8Path, Utf8PathBuf};

use super::{EnvFiles, Object};
use crate::{
    lint::load::{self, InGit},
    text::{Sources, Span, clean},
    yaml::{Key, Node, Value, scalar},
};

/// A kustomization as it is written.
#[derive(Clone, Copy)]
pub struct Tree<'a> {
    /// Everything that was read.
    pub inputs: &'a load::Inputs,
    /// All texts.
    pub sources: &'a Sources,
    /// What was read.
    pub read: &'a load::Tree,
}

/// What a kustomization renders to, or plain manifests.
#[derive(Clone, Copy)]
pub struct Rendering<'a> {
    /// Everything that was read.
    pub inputs: &'a load::Inputs,
    /// All texts.
    pub sources: &'a Sources,
    /// What was rendered.
    pub read: &'a load::Rendering,
}

/// Everything that was read.
#[derive(Clone, Copy)]
pub struct Everything<'a> {
    /// What was read.
    pub inputs: &'a load::Inputs,
    /// All texts.
    pub sources: &'a Sources,
    /// The env files.
    pub env_files: &'a EnvFiles<'a>,
}

impl<'a> Tree<'a> {
    /// The path that a text in the kustomization names.
    pub fn path(&self, text: &str) -> Utf8PathBuf {
        clean(&self.read.directory.join(text))
    }

    /// The items of a list, with its key.
    pub fn list(&self, key: &str) -> Option<(&'a Key, &'a [Node])> {
        let (key, node) = self.read.document.as_map()?.get_key_value(key)?;
        Some((key, node.as_seq()?))
    }

    /// The renderings that it is part of.
    pub fn renderings(&self) -> impl Iterator<Item = &'a load::Rendering> + use<'a> {
        let directory: &'a Utf8Path = &self.read.directory;
        self.inputs.rendered.renderings.iter().filter(move |it| it.within.contains(directory))
    }

    /// The documents of a file that was read as a manifest.
    pub fn documents(&self, path: &Utf8Path) -> &'a [Node] {
        let manifest = self.inputs.manifests.iter().find(|manifest| manifest.path == path);
        manifest.map_or(&[], |manifest| &manifest.documents)
    }
}

impl<'a> Rendering<'a> {
    /// The objects as a cluster gets them.
    pub fn objects(&self) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let sources = self.sources;
        self.read.objects.iter().map(move |object| Object { sources, tree: &object.node })
    }

    /// The objects of a kind that may meet an object of a namespace.
    pub fn of_kind(&self, kind: &'a str, namespace: &'a str) -> impl Iterator<Item = Object<'a>> + use<'a> {
        self.objects().filter(move |object| object.kind() == kind && object.is_near(namespace))
    }

    /// An object of a kind by its name.
    pub fn named(&self, kind: &'a str, namespace: &'a str, name: &str) -> Option<Object<'a>> {
        self.of_kind(kind, namespace).find(|object| object.name() == name)
    }
}

impl<'a> Everything<'a> {
    /// What git has of the file of a place.
    pub fn in_git(&self, span: Span) -> Option<InGit> {
        self.inputs.in_git.get(&span.source).copied()
    }
}

impl<'a> Object<'a> {
    /// The value at the end of a way of keys.
    pub fn at(&self, way: &[&str]) -> Option<&'a Node> {
        way.iter().try_fold(self.tree, |node, key| node.get(key))
    }

    /// A text at the end of a way of keys.
    pub fn text(&self, way: &[&str]) -> Option<&'a str> {
        self.at(way)?.as_str()
    }

    /// Where the last key of a way is.
    pub fn key(&self, way: &[&str]) -> Option<Span> {
        let (last, before) = way.split_last()?;
        self.at(before)?.as_map()?.get_key_value(*last).map(|(key, _)| key.span)
    }

    /// Where its kind is, or else the whole object.
    pub fn place(&self) -> Span {
        self.at(&["kind"]).map_or(self.tree.span, |kind| kind.span)
    }

    /// Where its name is, or else its kind.
    pub fn place_of_name(&self) -> Span {
        self.at(&["metadata", "name"]).map_or(self.place(), |name| name.span)
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &'a str {
        self.text(&["apiVersion"]).unwrap_or_default()
    }

    /// The group of its API.
    pub fn group(&self) -> &'a str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// Its namespace; empty if none is written.
    pub fn namespace(&self) -> &'a str {
        self.text(&["metadata", "namespace"]).unwrap_or_default()
    }

    /// Whether it can be in the same namespace as an object of this one.
    pub fn is_near(&self, namespace: &str) -> bool {
        let own = self.namespace();
        own == namespace || own.is_empty() || namespace.is_empty()
    }

    /// What messages call it.
    pub fn shown(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    /// A part of it as a path.
    pub fn subject(&self, part: &str) -> String {
        format!("{}.{part}", self.shown())
    }

    /// The template of its pods, or the pod itself.
    pub fn template(&self) -> Option<&'a Node> {
        match self.kind() {
            "Pod" => Some(self.tree),
            "CronJob" => self.at(&["spec", "jobTemplate", "spec", "template"]),
            _ => self.at(&["spec", "template"]),
        }
    }

    /// The labels of its pods.
    pub fn pod_labels(&self) -> Vec<(&'a str, String)> {
        let template = self.template().and_then(|template| template.get("metadata"));
        pairs(template.and_then(|metadata| metadata.get("labels")))
    }
}

/// The entries of a map of texts.
pub fn pairs(node: Option<&Node>) -> Vec<(&str, String)> {
    let entries = node.and_then(Node::as_map).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.text.as_str(), text_of(value)?))).collect()
}

/// A scalar as text.
pub fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null | Value::Seq(_) | Value::Map(_) => None,
        value => scalar::go_string(value),
    }
}

/// The items of a list below a node.
pub fn items<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).and_then(Node::as_seq).unwrap_or_default()
}
