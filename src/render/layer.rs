//! The layers of a tree, before they are written down.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use super::elements::Content;

/// Environments by their positions in the plan.
pub(super) type Environments = BTreeSet<usize>;

/// The layers of a tree.
#[derive(Debug, Default)]
pub(super) struct Layers<'a> {
    /// Directories below `base/` and `components/`, by path.
    pub(super) directories: BTreeMap<String, Directory<'a>>,
    /// What each environment adds, in the order of the plan.
    pub(super) overlays: Vec<Overlay>,
}

/// A directory of the tree with all that stands in it.
#[derive(Debug, Default)]
pub(super) struct Directory<'a> {
    /// The environments that apply it.
    pub(super) environments: Environments,
    /// Objects by file, in the order of their first environment.
    pub(super) objects: Vec<(String, Vec<Document<'a>>)>,
    /// ConfigMaps.
    pub(super) config_maps: Vec<Generated>,
}

/// An object as it stands in a directory.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// What people should know of it.
    pub(super) comments: Vec<String>,
    /// As the only environment that has it, or all of them, have it, in most cases.
    pub(super) value: Cow<'a, Value>,
}

/// What an environment changes.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) config_maps: Vec<Generated>,
    pub(super) patches: Vec<Patch>,
}

/// A ConfigMap, or what an environment changes in one.
#[derive(Debug)]
pub(super) struct Generated {
    pub(super) name: String,
    /// The app that it belongs to, or what several share.
    pub(super) app: String,
    pub(super) comment: Option<String>,
    /// Whether it changes one that the base has.
    pub(super) merges: bool,
    pub(super) content: Content,
}

/// One change of several objects.
#[derive(Debug)]
pub(super) struct Patch {
    /// Kinds and names of the objects.
    pub(super) ids: Vec<(String, String)>,
    pub(super) change: Change,
}

/// What a patch does with an object.
#[derive(Debug)]
pub(super) enum Change {
    /// Merges fields into it. The version is the one by which kustomize finds it.
    Merge { version: String, fields: Value },
    /// Gives it another API version.
    Version(String),
}
