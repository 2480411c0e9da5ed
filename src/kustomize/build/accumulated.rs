//! The objects that a build has met so far.

use std::collections::BTreeSet;

use super::{
    declared::Behavior,
    generate,
    resource::{Id, Resource},
};
use crate::text::Span;

/// The objects that were met so far.
#[derive(Default)]
pub(super) struct Accumulated {
    pub(super) resources: Vec<Resource>,
    /// What they are called, for each may be there once.
    names: BTreeSet<OwnedId>,
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
        let mut found = (0..self.resources.len()).filter(|at| self.resources[*at].was(new.id()));
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

    /// Learns what the objects are called now.
    pub(super) fn rename(&mut self) -> Result<(), (String, Span)> {
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
