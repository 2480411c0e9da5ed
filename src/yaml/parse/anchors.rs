//! Anchors, by name, and what aliases of them cost.
//!
//! As in go-yaml a name holds from where it stands to the end of the source, across documents, or
//! until it is given again.

use std::collections::BTreeMap;

use crate::{text::Span, yaml::Node};

/// Nodes that the aliases of a source may stand for, all told; the figure is compose's.
pub(super) const MAX_EXPANSION: usize = 100_000;

/// A tree and its measures.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The tree.
    pub(super) node: Node,
    /// How many nodes it has.
    pub(super) size: usize,
    /// How many collections stand within one another in it.
    pub(super) height: usize,
}

#[derive(Debug)]
struct Anchor {
    span: Span,
    /// Nothing while the anchored collection is still being read.
    tree: Option<Tree>,
}

/// Why an alias stands for nothing.
#[derive(Debug)]
pub(super) enum Unresolved {
    /// There is no such anchor.
    Undefined,
    /// The alias stands within what the anchor, at this place, stands for.
    Recursive(Span),
    /// Aliases have stood for too much already.
    Exhausted,
}

/// The anchors of a source.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    by_name: BTreeMap<String, Anchor>,
    expanded: usize,
}

impl Anchors {
    /// An anchored node begins; the anchor itself stands at `span`.
    pub(super) fn open(&mut self, name: &str, span: Span) {
        self.by_name.insert(name.to_owned(), Anchor { span, tree: None });
    }

    /// An anchored node is complete. Trees within one another count as expanded: each is a copy.
    pub(super) fn close(&mut self, name: &str, span: Span, tree: &Tree, nested: bool) {
        if nested {
            self.expanded = self.expanded.saturating_add(tree.size);
        }
        // The same name may have been given again within the node, and then the later one holds.
        if let Some(anchor) = self.by_name.get_mut(name)
            && anchor.span == span
            && self.expanded <= MAX_EXPANSION
        {
            anchor.tree = Some(tree.clone());
        }
    }

    /// A copy of what an alias stands for.
    pub(super) fn resolve(&mut self, name: &str) -> Result<Tree, Unresolved> {
        let Some(anchor) = self.by_name.get(name) else { return Err(Unresolved::Undefined) };
        if self.expanded > MAX_EXPANSION {
            return Err(Unresolved::Exhausted);
        }
        let Some(tree) = &anchor.tree else { return Err(Unresolved::Recursive(anchor.span)) };
        self.expanded = self.expanded.saturating_add(tree.size);
        if self.expanded > MAX_EXPANSION { Err(Unresolved::Exhausted) } else { Ok(tree.clone()) }
    }

    /// Forgets the anchors of collections that will not be completed.
    pub(super) fn abandon(&mut self) {
        self.by_name.retain(|_, anchor| anchor.tree.is_some());
    }
}
