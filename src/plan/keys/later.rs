//! What the later files of a project say, by path.

use std::collections::{BTreeMap, BTreeSet};

use crate::yaml::{Node, Value};

/// What several documents say at one path.
#[derive(Debug, Default)]
pub(super) struct Later<'a> {
    below: BTreeMap<&'a str, Later<'a>>,
    /// The names of `NAME=VALUE` in a list.
    named: BTreeSet<&'a str>,
    is_value: bool,
    is_directive: bool,
}

impl<'a> Later<'a> {
    /// Takes in what one more document says.
    pub(super) fn add(&mut self, node: &'a Node) {
        self.is_directive |= node.directive.is_some();
        self.is_value |= !matches!(node.value, Value::Map(_) | Value::Null);
        match &node.value {
            Value::Map(map) => {
                for (key, value) in map {
                    self.below.entry(&key.text).or_default().add(value);
                }
            }
            Value::Seq(items) => {
                let pairs = items.iter().filter_map(Node::as_str).filter_map(|item| item.split_once('='));
                self.named.extend(pairs.map(|(name, _)| name));
            }
            _ => {}
        }
    }

    /// What they say of a key.
    pub(super) fn key(&self, name: &str) -> Option<&Self> {
        self.below.get(name)
    }

    /// Whether one of them names the key in a list, as in `KEY=value` beside `KEY: value`.
    pub(super) fn names(&self, key: &str) -> bool {
        self.named.contains(key)
    }

    /// Whether one of them says more here than which keys there are.
    pub(super) fn is_value(&self) -> bool {
        self.is_value
    }

    /// Whether one of them has `!reset` or `!override` here.
    pub(super) fn is_directive(&self) -> bool {
        self.is_directive
    }
}
