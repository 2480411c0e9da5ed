//! Mappings whose copies share what they hold.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use indexmap::IndexMap;

use super::{Key, Node};

/// What a [`Map`] holds, in the order of the source.
pub(super) type Entries = IndexMap<Key, Node, foldhash::fast::RandomState>;

/// A mapping in the order of the source. Keys are strings: compose refuses others.
///
/// A copy shares the entries until one of both is changed: what several environments take in is there once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Map(Arc<Entries>);

impl Map {
    /// An empty one with room for entries.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Arc::new(Entries::with_capacity_and_hasher(capacity, Default::default())))
    }
}

impl Deref for Map {
    type Target = Entries;

    fn deref(&self) -> &Entries {
        &self.0
    }
}

impl DerefMut for Map {
    fn deref_mut(&mut self) -> &mut Entries {
        Arc::make_mut(&mut self.0)
    }
}

impl FromIterator<(Key, Node)> for Map {
    fn from_iter<I: IntoIterator<Item = (Key, Node)>>(entries: I) -> Self {
        Self(Arc::new(entries.into_iter().collect()))
    }
}

impl IntoIterator for Map {
    type Item = (Key, Node);
    type IntoIter = indexmap::map::IntoIter<Key, Node>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Key, &'a Node);
    type IntoIter = indexmap::map::Iter<'a, Key, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Map {
    type Item = (&'a Key, &'a mut Node);
    type IntoIter = indexmap::map::IterMut<'a, Key, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Span;

    #[test]
    fn a_change_of_a_copy_is_its_own() {
        let entry = |name: &str| (Key::new(name, Span::NOWHERE), Node::string("a", Span::NOWHERE));
        let first: Map = [entry("x")].into_iter().collect();
        let mut copy = first.clone();
        copy.extend([entry("y")]);
        if let Some(value) = copy.get_mut("x") {
            *value = Node::string("b", Span::NOWHERE);
        }
        assert_eq!((first.len(), copy.len()), (1, 2));
        assert_eq!(first.get("x").and_then(Node::as_str), Some("a"));
    }
}
