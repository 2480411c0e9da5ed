//! Results of the items of a list that do not all share one.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    super::ledger::{self, Statement},
    Entry, Fate,
};
use crate::text::Span;

/// What becomes of what is at certain places of a list, and of the rest of it.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// By their beginning, what holds others before them.
    placed: Vec<Placed>,
    rest: Option<Fate>,
}

#[derive(Debug)]
struct Placed {
    place: Span,
    result: Fate,
    /// The narrowest place that holds this one.
    within: Option<usize>,
}

impl Places {
    /// The places that the ledger knows in a list.
    pub(super) fn of(list: &Entry) -> Self {
        let mut by_place: BTreeMap<Option<Span>, Vec<&Fate>> = BTreeMap::new();
        for Statement { place, fate, .. } in list.statements() {
            by_place.entry(*place).or_default().push(fate);
        }
        let rest = by_place.remove(&None).and_then(ledger::joined);
        let mut sorted: Vec<(Span, Vec<&Fate>)> =
            by_place.into_iter().filter_map(|(place, fates)| Some((place?, fates))).collect();
        sorted.sort_by_key(|(place, _)| (place.source, place.start, Reverse(place.end)));
        let mut places = Self { placed: Vec::new(), rest };
        for (place, fates) in sorted {
            let within = places.holding(places.placed.len().checked_sub(1), place);
            places.placed.extend(ledger::joined(fates).map(|result| Placed { place, result, within }));
        }
        places
    }

    /// What becomes of a value in the list: the result of the narrowest place that holds it, else that of the rest.
    /// Nothing if all of the list has one result.
    pub(super) fn result_at(&self, value: Span) -> Option<&Fate> {
        if self.placed.is_empty() {
            return None;
        }
        let behind = self.placed.partition_point(|placed| {
            (placed.place.source, placed.place.start) <= (value.source, value.start)
        });
        let holding = self.holding(behind.checked_sub(1), value).and_then(|index| self.placed.get(index));
        holding.map(|placed| &placed.result).or(self.rest.as_ref())
    }

    /// The narrowest place that holds a value, among one place and those that it is in: places never overlap in part.
    fn holding(&self, first: Option<usize>, value: Span) -> Option<usize> {
        let outwards = std::iter::successors(first, |index| self.placed.get(*index)?.within);
        outwards
            .into_iter()
            .find(|index| self.placed.get(*index).is_some_and(|placed| placed.place.contains(value)))
    }
}
