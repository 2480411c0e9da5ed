//! Anchors, by name, and what aliases of them cost.
//!
//! As in go-yaml a name holds from where it stands to the end of the source, across documents, or
//! until it is given again.

use std::collections::BTreeMap;

use crate::{
    text::Span,
    yaml::{Directive, Node, Resets, resets},
};

/// Nodes that the aliases of a source may stand for, all told; the figure is compose's.
pub(super) const MAX_EXPANSION: usize = 100_000;

/// A tree and its measures.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// The tree.
    pub(super) node: Node,
    /// How many nodes it has.
    pub(super) size: usize,
    /// How many bytes of text are in it.
    pub(super) bytes: usize,
    /// How many collections stand within one another in it.
    pub(super) height: usize,
    /// The tag of the root, also where it does not act.
    pub(super) tag: Option<Directive>,
    /// What tags in it drop, the root's included.
    pub(super) resets: Resets,
}

impl Tree {
    /// A tree of one node.
    pub(super) fn of_scalar(node: Node) -> Self {
        let bytes = node.as_str().map_or(0, str::len);
        Self { node, size: 1, bytes, height: 0, tag: None, resets: Resets::default() }
    }

    /// What an alias stands for: values that `!reset` marks are gone.
    fn for_aliases(&self) -> Self {
        let mut tree = self.clone();
        if !tree.resets.is_empty() {
            resets::drop_marked(&mut tree.node);
            tree.resets = tree.resets.of_alias();
        }
        tree
    }
}

#[derive(Debug)]
struct Anchor {
    span: Span,
    /// Nothing while the anchored collection is still being read.
    tree: Option<Tree>,
    /// Where the last alias of it is that counts.
    last_alias: Option<usize>,
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
    /// Bytes of text that aliases stand for.
    bytes: usize,
    /// As many may be.
    most_bytes: usize,
}

impl Anchors {
    /// None yet, of which aliases may stand for so many bytes of text.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, ..Self::default() }
    }

    /// The bytes of text that aliases stand for.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// An anchored node begins; the anchor itself stands at `span`.
    pub(super) fn open(&mut self, name: &str, span: Span) {
        self.by_name.insert(name.to_owned(), Anchor { span, tree: None, last_alias: None });
    }

    /// An anchored node is complete. Trees within one another count as expanded: each is a copy.
    pub(super) fn close(&mut self, name: &str, span: Span, tree: &Tree, nested: bool) {
        if nested {
            self.expand(tree.size, tree.bytes);
        }
        let is_exhausted = self.is_exhausted();
        // The same name may have been given again within the node, and then the later one holds.
        if let Some(anchor) = self.by_name.get_mut(name)
            && anchor.span == span
            && !is_exhausted
        {
            anchor.tree = Some(tree.for_aliases());
        }
    }

    /// A copy of what an alias stands for.
    pub(super) fn resolve(&mut self, name: &str) -> Result<Tree, Unresolved> {
        let Some(anchor) = self.by_name.get(name) else { return Err(Unresolved::Undefined) };
        if self.is_exhausted() {
            return Err(Unresolved::Exhausted);
        }
        let Some(tree) = &anchor.tree else { return Err(Unresolved::Recursive(anchor.span)) };
        let (size, bytes) = (tree.size, tree.bytes);
        self.expand(size, bytes);
        let tree = || self.by_name.get(name)?.tree.clone();
        tree().filter(|_| !self.is_exhausted()).ok_or(Unresolved::Exhausted)
    }

    fn expand(&mut self, size: usize, bytes: usize) {
        self.expanded = self.expanded.saturating_add(size);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    fn is_exhausted(&self) -> bool {
        self.expanded > MAX_EXPANSION || self.bytes > self.most_bytes
    }

    /// Notes an alias at an offset of the text. Whether there was one already from another offset on.
    pub(super) fn note_alias(&mut self, name: &str, at: usize, from: usize) -> bool {
        let Some(anchor) = self.by_name.get_mut(name) else { return false };
        anchor.last_alias.replace(at).is_some_and(|last| last >= from)
    }

    /// Forgets the anchors of collections that will not be completed.
    pub(super) fn abandon(&mut self) {
        self.by_name.retain(|_, anchor| anchor.tree.is_some());
    }
}
