//! The objects that a build has met so far.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    declared::Behavior,
    generate,
    resource::{Id, Resource},
    select::Selection,
};
use crate::text::Span;

/// The objects that were met so far.
#[derive(Default)]
pub(super) struct Accumulated {
    pub(super) resources: Vec<Resource>,
    /// What they are called, for each may be there once.
    names: BTreeSet<OwnedId>,
    /// Which objects have a name, or had it before.
    by_name: BTreeMap<String, Vec<usize>>,
    /// As many objects are looked at in `by_name`.
    indexed: usize,
}

/// Name, kind, namespace, group and version.
type OwnedId = (String, String, Option<String>, String, String);

impl Accumulated {
    pub(super) fn append(&mut self, resource: Resource) -> Result<(), String> {
        if !self.names.insert(owned(resource.id())) {
            return Err(format!("{} is there twice", resource.id().shown()));
        }
        self.resources.push(resource);
        Ok(())
    }

    /// Takes in what a generator made.
    pub(super) fn absorb(&mut self, new: Resource) -> Result<(), String> {
        let shown = new.id().shown();
        let found = self.called(new.id());
        let mut found = found.into_iter();
        let creates = new.generated.is_none_or(|generated| generated.behavior == Behavior::Create);
        match (found.next(), found.next(), creates) {
            (None, _, true) => self.append(new),
            (None, _, false) => Err(format!("there is no {shown} to change")),
            (Some(_), None, true) => Err(format!("{shown} is there twice")),
            (Some(at), None, false) => {
                let old = self.resources[at].clone();
                self.resources[at] = generate::merge(old, new);
                Ok(())
            }
            (Some(_), Some(_), _) => Err(format!("there are several {shown}")),
        }
    }

    /// The objects that are called that, or were.
    pub(super) fn called(&mut self, id: Id<'_>) -> Vec<usize> {
        self.with_name(id.name).into_iter().filter(|at| self.resources[*at].was(id)).collect()
    }

    /// The objects that a selector means.
    pub(super) fn selected(&mut self, selection: &Selection) -> Vec<usize> {
        let mut candidates: Vec<usize> = match selection.names() {
            Some(names) => names.iter().flat_map(|name| self.with_name(name)).collect(),
            None => (0..self.resources.len()).collect(),
        };
        candidates.retain(|at| selection.holds(&self.resources[*at]));
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// Takes objects away.
    pub(super) fn remove(&mut self, gone: &[usize]) {
        let mut at = 0;
        self.resources.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
        self.forget_names();
    }

    /// Names have changed: they are to be looked at again.
    pub(super) fn forget_names(&mut self) {
        self.by_name.clear();
        self.indexed = 0;
    }

    /// The objects that have a name, or had it, in their order.
    fn with_name(&mut self, name: &str) -> Vec<usize> {
        for (at, resource) in self.resources.iter().enumerate().skip(self.indexed) {
            let previous = resource.previous.iter().map(|name| name.name.as_str());
            for name in previous.chain([resource.name()]).collect::<BTreeSet<_>>() {
                self.by_name.entry(name.to_owned()).or_default().push(at);
            }
        }
        self.indexed = self.resources.len();
        self.by_name.get(name).cloned().unwrap_or_default()
    }

    /// Learns what the objects are called now.
    pub(super) fn rename(&mut self) -> Result<(), (String, Span)> {
        self.forget_names();
        self.names.clear();
        for resource in &self.resources {
            if !self.names.insert(owned(resource.id())) {
                return Err((format!("{} is there twice", resource.id().shown()), resource.origin));
            }
        }
        Ok(())
    }
}

fn owned(id: Id<'_>) -> OwnedId {
    let namespace = id.namespace.map(str::to_owned);
    (id.name.to_owned(), id.kind.to_owned(), namespace, id.group.to_owned(), id.version.to_owned())
}
