//! Places in the tree of a project (`services.web.ports[0]`), patterns over them, and visits by pattern.
//!
//! Per-attribute behaviour of the stages is written as tables of patterns and functions; this is
//! what reads them. Knows no attribute by name.

use std::fmt;

use crate::yaml::{Node, Value};

/// A pattern over places: `*` stands for any key, `[]` for any item of a list.
pub(crate) type Pattern = &'static [&'static str];

/// A place in the tree, from its root.
///
/// Its names are in one text, so that a walk that goes down and up again allocates next to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyPath {
    names: String,
    steps: Vec<Step>,
}

/// One step down from a mapping or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Where its key, or the number of its item, begins in the names.
    start: usize,
    is_item: bool,
}

impl KeyPath {
    /// The root of the tree.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The place made of these keys.
    pub(crate) fn of(keys: &[&str]) -> Self {
        let mut place = Self::root();
        keys.iter().for_each(|key| place.enter_key(key));
        place
    }

    /// The entry of this name in the mapping that stands here.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut place = self.clone();
        place.enter_key(key);
        place
    }

    /// An item of the list that stands here.
    pub(crate) fn index(&self, index: usize) -> Self {
        let mut place = self.clone();
        place.enter_item(index);
        place
    }

    /// Goes down to an entry of the mapping that stands here.
    pub(crate) fn enter_key(&mut self, key: &str) {
        self.steps.push(Step { start: self.names.len(), is_item: false });
        self.names.push_str(key);
    }

    /// Goes down to an item of the list that stands here.
    pub(crate) fn enter_item(&mut self, index: usize) {
        self.steps.push(Step { start: self.names.len(), is_item: true });
        self.names.push_str(&index.to_string());
    }

    /// Goes up again by one step.
    pub(crate) fn leave(&mut self) {
        if let Some(last) = self.steps.pop() {
            self.names.truncate(last.start);
        }
    }

    /// Whether this is one of the places that the pattern means.
    pub(crate) fn matches(&self, pattern: &[&str]) -> bool {
        // The last names tell most patterns apart.
        self.steps.len() == pattern.len()
            && (0..pattern.len()).rev().all(|position| match (self.step(position), pattern.get(position)) {
                (Some((_, true)), Some(wanted)) => *wanted == "[]",
                (Some((name, false)), Some(wanted)) => *wanted == "*" || (*wanted == name && *wanted != "[]"),
                _ => false,
            })
    }

    /// Its steps: the key or the number of the item, and whether it is an item.
    fn steps(&self) -> impl Iterator<Item = (&str, bool)> {
        (0..self.steps.len()).filter_map(|position| self.step(position))
    }

    fn step(&self, position: usize) -> Option<(&str, bool)> {
        let step = self.steps.get(position)?;
        let end = self.steps.get(position + 1).map_or(self.names.len(), |next| next.start);
        Some((self.names.get(step.start..end)?, step.is_item))
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (name, is_item)) in self.steps().enumerate() {
            match is_item {
                false if position == 0 => f.write_str(name)?,
                false => write!(f, ".{name}")?,
                true => write!(f, "[{name}]")?,
            }
        }
        Ok(())
    }
}

/// Shows `visit` every node whose place matches the pattern, in the order of the tree.
pub(crate) fn visit(root: &Node, pattern: &[&str], visitor: &mut dyn FnMut(&KeyPath, &Node)) {
    descend(root, pattern, &mut KeyPath::root(), visitor);
}

/// The same as [`visit`], to change what is found.
pub(crate) fn visit_mut(root: &mut Node, pattern: &[&str], visitor: &mut dyn FnMut(&KeyPath, &mut Node)) {
    descend_mut(root, pattern, &mut KeyPath::root(), visitor);
}

fn descend(node: &Node, pattern: &[&str], place: &mut KeyPath, visitor: &mut dyn FnMut(&KeyPath, &Node)) {
    let Some((first, rest)) = pattern.split_first() else {
        return visitor(place, node);
    };
    match (&node.value, *first) {
        (Value::Seq(items), "[]") => {
            for (index, item) in items.iter().enumerate() {
                place.enter_item(index);
                descend(item, rest, place, visitor);
                place.leave();
            }
        }
        (Value::Map(map), "*") => {
            for (key, value) in map {
                place.enter_key(&key.text);
                descend(value, rest, place, visitor);
                place.leave();
            }
        }
        (Value::Map(map), key) => {
            if let Some(value) = map.get(key) {
                place.enter_key(key);
                descend(value, rest, place, visitor);
                place.leave();
            }
        }
        _ => {}
    }
}

fn descend_mut(
    node: &mut Node,
    pattern: &[&str],
    place: &mut KeyPath,
    visitor: &mut dyn FnMut(&KeyPath, &mut Node),
) {
    let Some((first, rest)) = pattern.split_first() else {
        return visitor(place, node);
    };
    match (&mut node.value, *first) {
        (Value::Seq(items), "[]") => {
            for (index, item) in items.iter_mut().enumerate() {
                place.enter_item(index);
                descend_mut(item, rest, place, visitor);
                place.leave();
            }
        }
        (Value::Map(map), "*") => {
            for (key, value) in map.iter_mut() {
                place.enter_key(&key.text);
                descend_mut(value, rest, place, visitor);
                place.leave();
            }
        }
        (Value::Map(map), key) => {
            if let Some(value) = map.get_mut(key) {
                place.enter_key(key);
                descend_mut(value, rest, place, visitor);
                place.leave();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_people_write_it_and_matches_patterns() {
        let place = KeyPath::of(&["services", "web"]).key("ports").index(0);
        assert_eq!(place.to_string(), "services.web.ports[0]");
        assert!(place.matches(&["services", "*", "ports", "[]"]));
        assert!(!place.matches(&["services", "*", "ports", "*"]));
        assert!(!place.matches(&["services", "*", "ports"]));
    }
}
