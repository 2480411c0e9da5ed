//! Places in the tree of a project (`services.web.ports[0]`), patterns over them, and visits by pattern.
//!
//! Per-attribute behaviour of the stages is written as tables of patterns and functions; this is
//! what reads them. Knows no attribute by name.

use std::fmt;

use crate::yaml::{Node, Value};

/// A pattern over places: `*` stands for any key, `[]` for any item of a list.
pub(crate) type Pattern = &'static [&'static str];

/// One step down from a mapping or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

/// A place in the tree, from its root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyPath(Vec<Segment>);

impl KeyPath {
    /// The root of the tree.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// The place made of these keys.
    pub(crate) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key((*key).to_owned())).collect())
    }

    /// The entry of this name in the mapping that stands here.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Segment::Key(key.to_owned()))
    }

    /// An item of the list that stands here.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Segment::Index(index))
    }

    /// Is this one of the places that the pattern means?
    pub(crate) fn matches(&self, pattern: &[&str]) -> bool {
        self.0.len() == pattern.len()
            && self.0.iter().zip(pattern).all(|(segment, wanted)| match segment {
                Segment::Key(key) => *wanted == "*" || (*wanted == key && *wanted != "[]"),
                Segment::Index(_) => *wanted == "[]",
            })
    }

    fn step(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Shows `visit` every node whose place matches the pattern, in the order of the tree.
pub(crate) fn visit(root: &Node, pattern: &[&str], visitor: &mut dyn FnMut(&KeyPath, &Node)) {
    descend(root, pattern, &KeyPath::root(), visitor);
}

/// The same as [`visit`], to change what is found.
pub(crate) fn visit_mut(root: &mut Node, pattern: &[&str], visitor: &mut dyn FnMut(&KeyPath, &mut Node)) {
    descend_mut(root, pattern, &KeyPath::root(), visitor);
}

fn descend(node: &Node, pattern: &[&str], place: &KeyPath, visitor: &mut dyn FnMut(&KeyPath, &Node)) {
    let Some((first, rest)) = pattern.split_first() else {
        return visitor(place, node);
    };
    match (&node.value, *first) {
        (Value::Seq(items), "[]") => {
            for (index, item) in items.iter().enumerate() {
                descend(item, rest, &place.index(index), visitor);
            }
        }
        (Value::Map(map), "*") => {
            for (key, value) in map {
                descend(value, rest, &place.key(&key.text), visitor);
            }
        }
        (Value::Map(map), key) => {
            if let Some(value) = map.get(key) {
                descend(value, rest, &place.key(key), visitor);
            }
        }
        _ => {}
    }
}

fn descend_mut(
    node: &mut Node,
    pattern: &[&str],
    place: &KeyPath,
    visitor: &mut dyn FnMut(&KeyPath, &mut Node),
) {
    let Some((first, rest)) = pattern.split_first() else {
        return visitor(place, node);
    };
    match (&mut node.value, *first) {
        (Value::Seq(items), "[]") => {
            for (index, item) in items.iter_mut().enumerate() {
                descend_mut(item, rest, &place.index(index), visitor);
            }
        }
        (Value::Map(map), "*") => {
            for (key, value) in map.iter_mut() {
                descend_mut(value, rest, &place.key(&key.text), visitor);
            }
        }
        (Value::Map(map), key) => {
            if let Some(value) = map.get_mut(key) {
                descend_mut(value, rest, &place.key(key), visitor);
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
