//! What the tags `!reset` and `!override` of one document drop of the documents before it.
//!
//! Follows docker compose, which notes the place of each tag while it reads, and later takes everything away
//! that earlier files have there. So an alias of a mapping with a tag in it notes `!override` again, and not
//! `!reset`: that took its value out of the mapping where the mapping was defined.

use std::collections::BTreeMap;

use super::{Directive, Node, Value};

/// Places in a tree at which something is dropped: one place, and those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resets {
    here: Option<Directive>,
    below: BTreeMap<String, Resets>,
}

impl Resets {
    /// Nothing but the place itself.
    pub(super) fn here(directive: Directive) -> Self {
        Self { here: Some(directive), below: BTreeMap::new() }
    }

    /// Whether nothing is dropped at all.
    pub fn is_empty(&self) -> bool {
        self.here.is_none() && self.below.is_empty()
    }

    /// Notes what is dropped below a key, or below an item of a list.
    pub(super) fn insert(&mut self, key: &str, resets: Resets) {
        if !resets.is_empty() {
            self.below.entry(key.to_owned()).or_default().add(resets);
        }
    }

    /// Notes further places.
    pub(super) fn add(&mut self, other: Resets) {
        self.here = self.here.or(other.here);
        for (key, resets) in other.below {
            self.below.entry(key).or_default().add(resets);
        }
    }

    /// The places that an alias of the tree has, too.
    pub(super) fn of_alias(&self) -> Self {
        let below = self.below.iter().map(|(key, resets)| (key.clone(), resets.of_alias()));
        Self {
            here: self.here.filter(|directive| *directive == Directive::Override),
            below: below.filter(|(_, resets)| !resets.is_empty()).collect(),
        }
    }

    /// Whether everything at the place itself is dropped.
    pub fn is_here(&self) -> bool {
        self.here.is_some()
    }

    /// What is dropped below the place, by key.
    pub fn below(&self) -> impl Iterator<Item = (&str, &Resets)> {
        self.below.iter().map(|(key, resets)| (key.as_str(), resets))
    }

    /// What is dropped at a key.
    pub fn at(&self, key: &str) -> Option<&Resets> {
        self.below.get(key)
    }
}

/// The tree without the values that `!reset` marks, and without marks.
pub(crate) fn without_tags(node: &Node) -> Node {
    let mut tree = node.clone();
    drop_tags(&mut tree);
    tree
}

fn drop_tags(node: &mut Node) {
    node.directive = None;
    let is_marked = |node: &Node| node.directive == Some(Directive::Reset);
    match &mut node.value {
        Value::Seq(items) => {
            items.retain(|item| !is_marked(item));
            items.iter_mut().for_each(drop_tags);
        }
        Value::Map(map) => {
            if map.values().any(is_marked) {
                map.retain(|_, value| !is_marked(value));
            }
            map.values_mut().for_each(drop_tags);
        }
        _ => {}
    }
}

/// Takes the values out that `!reset` marks.
pub(super) fn drop_marked(node: &mut Node) {
    match &mut node.value {
        Value::Seq(items) => {
            items.retain(|item| item.directive != Some(Directive::Reset));
            items.iter_mut().for_each(drop_marked);
        }
        Value::Map(map) => {
            map.retain(|_, value| value.directive != Some(Directive::Reset));
            map.values_mut().for_each(drop_marked);
        }
        _ => {}
    }
}
