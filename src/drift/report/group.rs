//! Drifts that are one finding to people: the same in several environments, or of one cause.

use std::collections::BTreeMap;

use super::super::{Kind, record::Drift};
use crate::text::Span;

/// One finding.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// The drift that is described.
    pub(super) first: &'a Drift,
    /// The environments that have it.
    pub(super) environments: Vec<&'a str>,
    /// Further services that have it by the same line of the Compose files.
    pub(super) services: Vec<&'a str>,
    /// What comes of the same cause.
    pub(super) others: Vec<&'a Drift>,
}

/// What a kind of drift brings along in the same service.
const FOLLOWERS: &[(Kind, &[Kind])] = &[
    (Kind::ServiceMissing, &[Kind::Port]),
    (Kind::ServiceExtra, &[Kind::Port]),
    (Kind::ReferenceMissing, &[Kind::ReferenceMissing, Kind::EnvMissing, Kind::Mount]),
    (Kind::WorkloadKind, &[Kind::Schedule, Kind::Command, Kind::Probe, Kind::Port]),
    (Kind::Schedule, &[Kind::Schedule, Kind::Command, Kind::Mount]),
    (Kind::Command, &[Kind::Command, Kind::Mount]),
    (Kind::Port, &[Kind::Port, Kind::Probe]),
    (Kind::Mount, &[Kind::Mount]),
];

/// The findings of some drifts, in the order of the first drift of each.
pub(super) fn groups<'a>(drifts: impl IntoIterator<Item = &'a Drift>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut known: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for drift in drifts {
        let what = (drift.kind, drift.direction, &drift.service, &drift.workload, &drift.path);
        let alike = known.entry(what).or_default();
        let same = alike.iter().copied().find(|at| only_environments_differ(groups[*at].first, drift));
        let environment = drift.environment.as_deref();
        match same {
            Some(at) => groups[at].environments.extend(environment),
            None => {
                alike.push(groups.len());
                let environments = environment.into_iter().collect();
                groups.push(Group { first: drift, environments, services: Vec::new(), others: Vec::new() });
            }
        }
    }
    of_one_line(of_one_cause(groups))
}

/// Whether the rest is the same, too, of drifts of the same part of a service.
fn only_environments_differ(one: &Drift, other: &Drift) -> bool {
    one.compose == other.compose && one.kubernetes == other.kubernetes && one.waiver == other.waiver
}

fn of_one_cause(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let mut of_service: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        of_service.entry(group.first.service.clone()).or_default().push(at);
    }
    let mut slots: Vec<Option<Group<'_>>> = groups.into_iter().map(Some).collect();
    for places in of_service.values() {
        for (lead, followers) in FOLLOWERS {
            for at in places {
                let Some(mut group) = slots[*at].take_if(|group| group.first.kind == *lead) else { continue };
                for other in places.iter().filter(|other| *other != at) {
                    let follows = |other: &mut Group<'_>| {
                        followers.contains(&other.first.kind) && may_have_one_cause(&group, other)
                    };
                    if let Some(follower) = slots[*other].take_if(follows) {
                        group.others.push(follower.first);
                        group.others.extend(follower.others);
                    }
                }
                slots[*at] = Some(group);
            }
        }
    }
    slots.into_iter().flatten().collect()
}

fn may_have_one_cause(one: &Group<'_>, other: &Group<'_>) -> bool {
    one.first.direction == other.first.direction
        && one.first.waiver == other.first.waiver
        && one.environments == other.environments
}

/// A line that several services share, by an anchor or an env file, is one finding.
fn of_one_line(groups: Vec<Group<'_>>) -> Vec<Group<'_>> {
    let mut merged: Vec<Group<'_>> = Vec::new();
    let mut known: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for group in groups {
        let line = group.first.compose.span.filter(|span| *span != Span::NOWHERE);
        let Some(line) = line.filter(|_| group.others.is_empty()) else {
            merged.push(group);
            continue;
        };
        let what = (line, group.first.kind, group.first.direction, &group.first.path);
        let alike = known.entry(what).or_default();
        match alike.iter().copied().find(|at| only_services_differ(&merged[*at], &group)) {
            Some(at) => merged[at].services.extend(group.first.service.as_deref()),
            None => {
                alike.push(merged.len());
                merged.push(group);
            }
        }
    }
    merged
}

fn only_services_differ(one: &Group<'_>, other: &Group<'_>) -> bool {
    one.environments == other.environments
        && one.first.service != other.first.service
        && one.first.kubernetes.value == other.first.kubernetes.value
        && one.first.waiver == other.first.waiver
}
