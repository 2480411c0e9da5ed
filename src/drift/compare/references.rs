//! ConfigMaps and Secrets that pods refer to, and that the manifests do not make.
//!
//! What Compose calls external is made elsewhere in every state, so that it is no difference.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Differences, Run, Three};
use crate::{
    drift::{
        Kind,
        difference::{Difference, Natural},
        fact::{Reference, Referred, WorkloadFacts},
        record::Side,
    },
    text::Span,
};

type References = BTreeMap<Reference, Referred>;

impl Run<'_> {
    /// Compares what a workload refers to. Who makes the objects of manifests of others is not known.
    pub(super) fn references(&mut self, at: &At<'_>, states: &Three<&WorkloadFacts>, asked: Option<Span>) {
        if self.is_foreign() {
            return;
        }
        let none = References::new();
        let [compose, written, cluster] =
            states.each().map(|workload| workload.map_or(&none, |workload| &workload.references));
        let unmade = |all: &'_ References| -> BTreeSet<Reference> {
            all.iter().filter(|(_, it)| it.made.is_none()).map(|(reference, _)| reference.clone()).collect()
        };
        for reference in &unmade(written) | &unmade(cluster) {
            self.found.facts += 1;
            let differences = Differences {
                ahead: difference(&reference, compose, written),
                changed: difference(&reference, written, cluster),
                left: difference(&reference, compose, cluster),
                is_of_cluster: false,
            };
            let makes = compose.get(&reference).and_then(|it| it.made);
            let places = [written.get(&reference).map(|it| it.span), makes];
            let is_edited = places
                .into_iter()
                .flatten()
                .any(|span| self.is_edited(span) || self.edited_list(span).is_some());
            let path = reference.to_string();
            let Some((direction, difference)) = self.direction(&path, &differences, is_edited, false) else {
                continue;
            };
            let wanted = Some(named(wanted(&reference, compose, cluster))).filter(|names| !names.is_empty());
            let got = cluster.get(&reference);
            let sides = [
                Side { span: asked.filter(|_| wanted.is_some()), value: wanted },
                Side { value: got.map(|_| named([&reference])), span: got.map(|it| it.span) },
            ];
            self.push(at, path, direction, &difference, sides, makes, None);
        }
    }
}

/// A reference to an object that nothing makes, unless that is wanted. In the place of another one it is a change of
/// what Compose asks for; a further one is yours.
fn difference(reference: &Reference, want: &References, got: &References) -> Option<Difference> {
    let is_unmade = |all: &References| all.get(reference).is_some_and(|it| it.made.is_none());
    if !is_unmade(got) || is_unmade(want) {
        return None;
    }
    let is_further = wanted(reference, want, got).is_empty();
    let owner = if is_further { Natural::Kubernetes } else { Natural::Compose };
    Some(Difference { kind: Kind::ReferenceMissing, owner, is_of_services: false })
}

/// The object itself, else those that are referred to no more.
fn wanted<'r>(reference: &'r Reference, want: &'r References, got: &References) -> Vec<&'r Reference> {
    if want.contains_key(reference) {
        return vec![reference];
    }
    let is_lost = |other: &&Reference| other.kind == reference.kind && !got.contains_key(*other);
    want.keys().filter(is_lost).collect()
}

fn named<'r>(references: impl IntoIterator<Item = &'r Reference>) -> String {
    let names = references.into_iter().map(|reference| format!("{} {}", reference.kind, reference.name));
    names.collect::<Vec<_>>().join(", ")
}
