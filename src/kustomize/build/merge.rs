//! Strategic merge patches, as kustomize applies them.
//!
//! Beside the documented rules it has habits of its own, which are kept: items of keyed lists that a patch names come
//! first, nulls that are written as nothing are dropped from an object that is patched, and of a value that a patch
//! adds, all nulls are.

use super::{
    resource::Removal,
    shapes::Shape::{self, Keyed, Set},
};
use crate::{
    text::Span,
    yaml::{Key, Map, Node, Value, scalar},
};

/// The field that says what a patch does with a mapping or a list.
const DIRECTIVE: &str = "$patch";

/// What a merge has to know besides the two sides.
pub(super) struct Merge<'a> {
    /// Whether nothing at all is written in a span.
    pub(super) is_unwritten: &'a dyn Fn(Span) -> bool,
    /// What was taken away.
    pub(super) removed: Vec<Removal>,
    path: Vec<String>,
}

/// What a directive asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

impl<'a> Merge<'a> {
    pub(super) fn new(is_unwritten: &'a dyn Fn(Span) -> bool) -> Self {
        Self { is_unwritten, removed: Vec::new(), path: Vec::new() }
    }

    /// Merges a patch into an object; nothing is left of one that is deleted. The error says what does not fit.
    pub(super) fn object(
        &mut self,
        object: Node,
        patch: &Node,
        shape: &Shape,
    ) -> Result<Option<Node>, String> {
        self.value(Some(object), Some(patch), shape)
    }

    fn value(
        &mut self,
        own: Option<Node>,
        patch: Option<&Node>,
        shape: &Shape,
    ) -> Result<Option<Node>, String> {
        match (own, patch) {
            (None, None) => Ok(None),
            (Some(own), None) if own.is_null() => Ok((!(self.is_unwritten)(own.span)).then_some(own)),
            (Some(own), None) => self.tidied(own, shape).map(Some),
            (None, Some(patch)) => self.added(patch, shape),
            (Some(own), Some(patch)) if own.is_null() => self.added(patch, shape),
            (Some(_), Some(patch)) if patch.is_null() => {
                self.note_removal(patch.span);
                Ok(None)
            }
            (Some(own), Some(patch)) => self.merged(own, patch, shape),
        }
    }

    fn merged(&mut self, own: Node, patch: &Node, shape: &Shape) -> Result<Option<Node>, String> {
        let Node { value, span, .. } = own;
        match (value, &patch.value) {
            (Value::Map(own), Value::Map(changes)) => match mapping_directive(changes)? {
                Directive::Delete => {
                    self.note_removal(patch.span);
                    Ok(None)
                }
                Directive::Replace => self.added(patch, shape),
                Directive::Merge => {
                    let map = self.fields(own, changes, shape)?;
                    Ok(Some(Node::new(Value::Map(map), span)))
                }
            },
            (Value::Seq(own), Value::Seq(changes)) => match shape {
                Keyed(keys, item) => self.keyed(own, (changes, patch.span), span, keys, item),
                Set => Ok(Some(Node::new(Value::Seq(united(own, changes)), span))),
                _ => self.added(patch, shape),
            },
            (Value::Map(_) | Value::Seq(_), _) | (_, Value::Map(_) | Value::Seq(_)) => {
                Err(format!("a {} is in the patch at `{}`", patch.kind(), self.path.join(".")))
            }
            _ => Ok(Some(patch.clone())),
        }
    }

    fn fields(&mut self, own: Map, changes: &Map, shape: &Shape) -> Result<Map, String> {
        let mut merged = Map::with_capacity(own.len());
        let is_new = |key: &Key| key.text != DIRECTIVE && !own.contains_key(key);
        let new: Vec<(&Key, &Node)> = changes.iter().filter(|(key, _)| is_new(key)).collect();
        for (key, value) in own {
            let change = changes.get(&key);
            let merge = |it: &mut Self, field: &'static Shape| it.value(Some(value), change, field);
            if let Some(value) = self.within(&key.text, merge, shape)? {
                merged.insert(key, value);
            }
        }
        for (key, change) in new {
            if let Some(value) = self.within(&key.text, |it, field| it.added(change, field), shape)? {
                merged.insert(key.clone(), value);
            }
        }
        Ok(merged)
    }

    fn within<T>(
        &mut self,
        key: &str,
        merge: impl FnOnce(&mut Self, &'static Shape) -> Result<T, String>,
        shape: &Shape,
    ) -> Result<T, String> {
        self.path.push(key.to_owned());
        let result = merge(self, shape.field(key));
        self.path.pop();
        result
    }

    /// What a patch adds where nothing is.
    fn added(&mut self, patch: &Node, shape: &Shape) -> Result<Option<Node>, String> {
        match (&patch.value, shape) {
            (Value::Null, _) => Ok(None),
            (Value::Map(changes), _) => {
                if mapping_directive(changes)? == Directive::Delete {
                    return Ok(None);
                }
                let mut map = Map::with_capacity(changes.len());
                for (key, change) in changes.iter().filter(|(key, _)| key.text != DIRECTIVE) {
                    if let Some(value) = self.within(&key.text, |it, field| it.added(change, field), shape)? {
                        map.insert(key.clone(), value);
                    }
                }
                Ok(Some(Node::new(Value::Map(map), patch.span)))
            }
            (Value::Seq(items), Keyed(keys, item)) => {
                self.keyed(Vec::new(), (items, patch.span), patch.span, keys, item)
            }
            (Value::Seq(items), _) if items.iter().any(|item| item.get(DIRECTIVE).is_some()) => {
                Err(self.misplaced())
            }
            _ => Ok(Some(patch.clone())),
        }
    }

    /// What becomes of a value that a patch does not name, in an object that it changes.
    fn tidied(&mut self, own: Node, shape: &Shape) -> Result<Node, String> {
        let Node { value, span, .. } = own;
        let value = match (value, shape) {
            (Value::Map(map), _) => Value::Map(self.fields(map, &Map::default(), shape)?),
            (Value::Seq(items), Keyed(_, item)) => {
                let mut kept = Vec::with_capacity(items.len());
                for own in items {
                    kept.extend(Some(self.tidied(own, item)?).filter(|item| !is_empty_map(item)));
                }
                Value::Seq(kept)
            }
            (value, _) => value,
        };
        Ok(Node::new(value, span))
    }

    /// Merges the items of a keyed list.
    fn keyed(
        &mut self,
        mut own: Vec<Node>,
        (changes, place): (&[Node], Span),
        span: Span,
        keys: &[&str],
        shape: &Shape,
    ) -> Result<Option<Node>, String> {
        let (directive, changes) = self.list_directive(changes, own.is_empty())?;
        match directive {
            Directive::Delete => {
                self.note_removal(place);
                return Ok(None);
            }
            Directive::Replace => own.clear(),
            Directive::Merge => {}
        }
        let agreement = Agreement::of(keys, &changes, &own).ok_or_else(|| {
            format!("an item of `{}` has no `{}`", self.path.join("."), keys.first().unwrap_or(&""))
        })?;
        let mut items: Vec<Node> = Vec::new();
        for values in &agreement.values {
            let change = changes.iter().find(|item| agreement.fits(item, values)).copied();
            let at = own.iter().position(|item| agreement.fits(item, values));
            self.path.push(values.iter().find(|value| !value.is_empty()).cloned().unwrap_or_default());
            let item = self.value(at.map(|at| own[at].clone()), change, shape);
            self.path.pop();
            match (item?.filter(|item| !is_empty_map(item)), at) {
                (None, Some(at)) => drop(own.remove(at)),
                (None, None) => {}
                (Some(mut item), at) => {
                    agreement.complete(&mut item, values);
                    if let Some(at) = at {
                        own[at] = item.clone();
                    }
                    items.push(item);
                }
            }
        }
        Ok(Some(Node::new(Value::Seq(agreement.ordered(items, own)), span)))
    }

    /// What a list asks for, and its items without the one that says so.
    fn list_directive<'n>(
        &self,
        changes: &'n [Node],
        is_new: bool,
    ) -> Result<(Directive, Vec<&'n Node>), String> {
        let Some(found) = changes.iter().find(|item| item.get(DIRECTIVE).is_some()) else {
            return Ok((Directive::Merge, changes.iter().collect()));
        };
        let map = found.as_map().expect("it has an entry");
        if map.len() > 1 {
            // kustomize takes the item of a list as it was in place of one that is to replace it.
            let replaces = |item: &&Node| {
                item.as_map().is_some_and(|map| mapping_directive(map) == Ok(Directive::Replace))
            };
            let is_odd = changes.iter().any(|item| replaces(&item));
            let others = changes
                .iter()
                .any(|item| item.as_map().is_some_and(|map| map.len() == 1 && map.contains_key(DIRECTIVE)));
            if is_odd || others {
                return Err(self.misplaced());
            }
            return Ok((Directive::Merge, changes.iter().collect()));
        }
        if is_new {
            return Err(self.misplaced());
        }
        let rest = changes.iter().filter(|item| !std::ptr::eq(*item, found));
        Ok((mapping_directive(map)?, rest.collect()))
    }

    fn misplaced(&self) -> String {
        format!("`{DIRECTIVE}` is in the list `{}`, where it has no effect", self.path.join("."))
    }

    fn note_removal(&mut self, span: Span) {
        self.removed.push(Removal { path: self.path.clone(), span });
    }
}

fn mapping_directive(changes: &Map) -> Result<Directive, String> {
    match changes.get(DIRECTIVE).map(|node| node.as_str()) {
        None | Some(Some("merge")) => Ok(Directive::Merge),
        Some(Some("replace")) => Ok(Directive::Replace),
        Some(Some("delete")) => Ok(Directive::Delete),
        Some(_) => Err(format!("`{DIRECTIVE}` must be `merge`, `replace` or `delete`")),
    }
}

fn is_empty_map(node: &Node) -> bool {
    node.as_map().is_some_and(|map| map.is_empty())
}

/// Both lists of texts in one: what the patch has comes first.
fn united(own: Vec<Node>, changes: &[Node]) -> Vec<Node> {
    let mut all: Vec<Node> = Vec::new();
    for item in changes.iter().cloned().chain(own) {
        if !all.iter().any(|other| other.value == item.value) {
            all.push(item);
        }
    }
    all
}

/// In which entries the items of two lists have to agree to be one.
struct Agreement<'k> {
    keys: Vec<&'k str>,
    /// The values of these entries, each combination once: those of the patch come first.
    values: Vec<Vec<String>>,
}

impl<'k> Agreement<'k> {
    /// None if an item has none of the entries.
    fn of(keys: &[&'k str], changes: &[&Node], own: &[Node]) -> Option<Self> {
        let mut values: Vec<Vec<String>> = Vec::new();
        for item in changes.iter().copied().chain(own) {
            let found: Vec<String> = keys.iter().map(|key| entry(item, key).unwrap_or_default()).collect();
            if found.iter().all(String::is_empty) {
                return None;
            }
            if !values.contains(&found) {
                values.push(found);
            }
        }
        for at in 0..values.len() {
            for other in 0..values.len() {
                if let Some(both) = joined(&values[at], &values[other]) {
                    values[at].clone_from(&both);
                    values[other] = both;
                }
            }
        }
        let used: Vec<bool> =
            (0..keys.len()).map(|at| values.iter().any(|found| !found[at].is_empty())).collect();
        let kept = |at: &usize| used.get(*at) == Some(&true);
        let keys = keys.iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, key)| *key).collect();
        let mut distinct: Vec<Vec<String>> = Vec::new();
        for found in values {
            let found: Vec<String> =
                found.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, value)| value).collect();
            if !distinct.contains(&found) {
                distinct.push(found);
            }
        }
        Some(Self { keys, values: distinct })
    }

    /// Has an item these values? What is empty is not asked for.
    fn fits(&self, item: &Node, values: &[String]) -> bool {
        self.keys
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .all(|(key, value)| entry(item, key).as_ref() == Some(value))
    }

    /// Sets entries that an item has only from the other side.
    fn complete(&self, item: &mut Node, values: &[String]) {
        let span = item.span;
        let Some(map) = item.as_map_mut() else { return };
        for (key, value) in self.keys.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            if !map.contains_key(*key) {
                map.insert(Key::new(*key, span), Node::new(scalar::resolve(value), span));
            }
        }
    }

    /// The items in kustomize's order: with one key, those that the patch names come first; with several, only those
    /// that are new. Of several keys, it asks for those that an own item has: a port that names no protocol takes
    /// the place of all that have its number.
    fn ordered(&self, items: Vec<Node>, own: Vec<Node>) -> Vec<Node> {
        if self.keys.len() < 2 {
            return items;
        }
        let mut all = items;
        for item in own {
            let values: Vec<String> = self.keys.iter().filter_map(|key| entry(&item, key)).collect();
            let is_same = |other: &Node| {
                self.keys.iter().zip(&values).all(|(key, value)| entry(other, key).as_ref() == Some(value))
            };
            all.retain(|other| !is_same(other));
            all.push(item);
        }
        all
    }
}

/// The entry of an item, as text.
fn entry(item: &Node, key: &str) -> Option<String> {
    item.get(key).and_then(|value| scalar::go_string(&value.value))
}

/// Two lists of values that agree where both say something, and do so at least once, as one.
fn joined(one: &[String], other: &[String]) -> Option<Vec<String>> {
    let mut agree = false;
    let mut both = Vec::with_capacity(one.len());
    for (left, right) in one.iter().zip(other) {
        match (left.is_empty(), right.is_empty()) {
            _ if left == right => agree = true,
            (false, false) => return None,
            _ => {}
        }
        both.push(if left.is_empty() { right.clone() } else { left.clone() });
    }
    agree.then_some(both)
}
