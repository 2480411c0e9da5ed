//! One mapping while it is read: keys that must be strings and stand once, and the merge key.

use indexmap::map::Entry;

use crate::{
    text::Span,
    yaml::{Directive, Key, Map, Node, Value},
};

/// A mapping that is not complete.
#[derive(Debug, Default)]
pub(super) struct OpenMapping {
    entries: Map,
    key: Option<OpenKey>,
    merge: Option<Merge>,
    /// The anchor of which the merge key has an alias.
    merged: Option<String>,
}

/// A key whose value is still to come.
#[derive(Debug, Clone)]
pub(super) enum OpenKey {
    /// A key.
    Key(Key),
    /// The merge key, at this place.
    Merge(Span),
    /// A key that was refused; its value is read and left out.
    Refused,
}

#[derive(Debug)]
struct Merge {
    span: Span,
    /// How many keys stand before it.
    at: usize,
    /// What it merges; the first that has a key gives it.
    maps: Vec<Map>,
}

/// What is wrong with an entry.
#[derive(Debug)]
pub(super) enum Mistake {
    /// The key, at the second place, already stands at the first.
    Duplicate(String, Span, Span),
    /// What stands here cannot be merged.
    NoMapping(Span),
}

impl OpenMapping {
    /// The key whose value is being read.
    pub(super) fn key(&self) -> Option<&OpenKey> {
        self.key.as_ref()
    }

    /// Whether a value comes next, and no key.
    pub(super) fn awaits_value(&self) -> bool {
        self.key.is_some()
    }

    /// Takes a key in.
    pub(super) fn push_key(&mut self, key: OpenKey) {
        self.key = Some(key);
    }

    /// Whether the value that comes next is merged.
    pub(super) fn awaits_merge(&self) -> bool {
        matches!(self.key, Some(OpenKey::Merge(_)))
    }

    /// Notes the anchor of which the merge key has an alias.
    pub(super) fn note_merged(&mut self, anchor: &str) {
        self.merged = Some(anchor.to_owned());
    }

    /// Whether the merge key has an alias of this anchor.
    pub(super) fn has_merged(&self, anchor: &str) -> bool {
        self.merged.as_deref() == Some(anchor)
    }

    /// Takes in the value of the last key. A list that is `only_mappings` cannot be merged.
    pub(super) fn push_value(&mut self, value: Node, only_mappings: bool) -> Result<(), Mistake> {
        match self.key.take() {
            Some(OpenKey::Key(key)) => {
                let span = key.span;
                match self.entries.entry(key) {
                    Entry::Occupied(entry) => {
                        let first = entry.key();
                        Err(Mistake::Duplicate(first.text.clone(), first.span, span))
                    }
                    Entry::Vacant(entry) => {
                        entry.insert(value);
                        Ok(())
                    }
                }
            }
            Some(OpenKey::Merge(span)) => match &self.merge {
                Some(first) => Err(Mistake::Duplicate("<<".to_owned(), first.span, span)),
                None => {
                    let maps = mergeable(value, only_mappings);
                    let at = self.entries.len();
                    let (maps, result) = match maps {
                        Ok(maps) => (maps, Ok(())),
                        Err(place) => (Vec::new(), Err(Mistake::NoMapping(place))),
                    };
                    self.merge = Some(Merge { span, at, maps });
                    result
                }
            },
            Some(OpenKey::Refused) | None => Ok(()),
        }
    }

    /// The mapping, complete. Merged keys stand where the merge key stood; own keys win over them.
    pub(super) fn close(mut self) -> Map {
        let Some(merge) = self.merge else { return self.entries };
        let mut behind = self.entries.split_off(merge.at);
        let is_said = |own: Option<&Node>| own.is_some_and(|own| !is_reset(own));
        for (key, value) in merge.maps.into_iter().flatten().filter(|(_, value)| !is_reset(value)) {
            if !is_said(self.entries.get(&key)) && !is_said(behind.get(&key)) {
                behind.shift_remove(&key);
                self.entries.insert(key, value);
            }
        }
        self.entries.extend(behind);
        self.entries
    }
}

fn is_reset(value: &Node) -> bool {
    value.directive == Some(Directive::Reset)
}

/// The mappings that a merge key is given, or the place of something else.
fn mergeable(value: Node, only_mappings: bool) -> Result<Vec<Map>, Span> {
    match value.value {
        _ if is_reset(&value) => Ok(Vec::new()),
        Value::Map(map) => Ok(vec![map]),
        Value::Seq(items) if !only_mappings => items
            .into_iter()
            .filter(|item| !is_reset(item))
            .map(|item| if let Value::Map(map) = item.value { Ok(map) } else { Err(item.span) })
            .collect(),
        _ => Err(value.span),
    }
}
