//! Which variables apps share: those that several apps have with the same values, environment by environment, and
//! those that all workloads of an app have.
//!
//! The division is one for all environments, so that each of them changes values and not places.

use std::collections::{BTreeMap, BTreeSet};

use super::unplaced::Unplaced;
use crate::{
    k8s::name,
    plan::{
        facts::KnownSecrets,
        model::{Value, Variable},
    },
};

/// A group has to save this many lines to be worth a ConfigMap of its own.
const WORTHWHILE: usize = 3;
/// The same for a Secret: who changes a password must not have to find all places of it.
const WORTHWHILE_SECRETS: usize = 2;

/// Apps that share variables.
pub(super) type Group<'a> = BTreeSet<&'a str>;
/// Keys with their values, one for each environment.
pub(super) type Shared<'a> = BTreeMap<&'a str, Vec<Slot<'a>>>;

/// The value of a variable of an app in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot<'a> {
    /// The app does not run there.
    NotRun,
    /// The app does not have the variable there.
    Absent,
    /// Its value.
    Value(&'a Value),
}

/// The variables that apps share.
#[derive(Debug, Default)]
pub(super) struct Shares<'a> {
    /// What all workloads of an app have.
    pub(super) whole: BTreeMap<&'a str, Shared<'a>>,
    /// What several apps have, in the order of those apps.
    pub(super) groups: Vec<GroupShare<'a>>,
    /// The positions of the groups that an app is in.
    of_app: BTreeMap<&'a str, Vec<usize>>,
}

/// The variables that the apps of a group have.
#[derive(Debug)]
pub(super) struct GroupShare<'a> {
    pub(super) apps: Group<'a>,
    /// What its ConfigMap and its Secret are named for.
    pub(super) name: String,
    pub(super) shared: Shared<'a>,
}

/// The division of all variables.
pub(super) struct Division<'a> {
    pub(super) plain: Shares<'a>,
    pub(super) hidden: Shares<'a>,
}

impl<'a> Shares<'a> {
    fn new(whole: BTreeMap<&'a str, Shared<'a>>, groups: BTreeMap<Group<'a>, Shared<'a>>) -> Self {
        let mut of_app: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, group) in groups.keys().enumerate() {
            for app in group {
                of_app.entry(app).or_default().push(position);
            }
        }
        let share = |(apps, shared)| GroupShare { apps, name: String::new(), shared };
        Self { whole, groups: groups.into_iter().map(share).collect(), of_app }
    }

    /// The groups that an app is in.
    pub(super) fn groups_of(&self, app: &str) -> impl Iterator<Item = &GroupShare<'a>> {
        self.of_app.get(app).into_iter().flatten().filter_map(|position| self.groups.get(*position))
    }
}

impl<'a> Division<'a> {
    /// Divides the variables of all environments; the first `real` are those of the project.
    pub(super) fn of(environments: &[Vec<Unplaced<'a>>], real: usize, secrets: &KnownSecrets) -> Self {
        // ConfigMaps and Secrets bring only variables with usual names into a container.
        let plain = |key: &str| name::is_variable_name(key) && !secrets.is_secret(key);
        let hidden = |key: &str| name::is_variable_name(key) && secrets.is_secret(key);
        let mut plain = divide((environments, real), WORTHWHILE, plain);
        let mut hidden = divide((environments, real), WORTHWHILE_SECRETS, hidden);
        let names = group_names(&plain, &hidden);
        for group in plain.groups.iter_mut().chain(&mut hidden.groups) {
            group.name = names.get(&group.apps).cloned().unwrap_or_default();
        }
        Self { plain, hidden }
    }

    /// Takes a secret out of what all workloads of an app have: one of them refers to another app's.
    pub(super) fn set_apart(&mut self, app: &str, key: &str) {
        if let Some(own) = self.hidden.whole.get_mut(app) {
            own.remove(key);
        }
    }
}

/// The variables that have a value in an environment.
pub(super) fn values<'b, 'a>(
    shared: &'b Shared<'a>,
    environment: usize,
) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'b, 'a> {
    shared.iter().filter_map(move |(key, slots)| match slots.get(environment) {
        Some(Slot::Value(value)) => Some((*key, *value)),
        _ => None,
    })
}

/// Divides the variables whose keys `wanted` picks. A group saves `least` lines.
fn divide<'a>(
    (environments, real): (&[Vec<Unplaced<'a>>], usize),
    least: usize,
    wanted: impl Fn(&str) -> bool,
) -> Shares<'a> {
    let members = members(environments);
    let mut whole: BTreeMap<&str, Shared<'a>> =
        members.iter().map(|(app, members)| (*app, whole_app(members, &wanted))).collect();
    let mut holders: BTreeMap<(&'a str, &Vec<Slot<'a>>), Group<'a>> = BTreeMap::new();
    for (app, variables) in &whole {
        for (key, slots) in variables {
            holders.entry((key, slots)).or_default().insert(app);
        }
    }
    let mut groups: BTreeMap<Group<'a>, Shared<'a>> = BTreeMap::new();
    for ((key, slots), group) in holders {
        // What some environments do not run stands with its app, in a component.
        if !slots.iter().take(real).any(|slot| *slot == Slot::NotRun) {
            groups.entry(group).or_default().insert(key, slots.clone());
        }
    }
    groups.retain(|group, variables| (group.len() - 1) * variables.len() >= least);
    for (group, variables) in &groups {
        for app in group {
            if let Some(own) = whole.get_mut(app) {
                own.retain(|key, _| !variables.contains_key(key));
            }
        }
    }
    Shares::new(whole, groups)
}

/// The variables of the services of an app, for each environment.
type Members<'b, 'a> = Vec<Vec<&'b BTreeMap<&'a str, &'a Variable>>>;

fn members<'b, 'a>(environments: &'b [Vec<Unplaced<'a>>]) -> BTreeMap<&'a str, Members<'b, 'a>> {
    let mut members: BTreeMap<&str, Members<'b, 'a>> = BTreeMap::new();
    for (index, services) in environments.iter().enumerate() {
        for service in services {
            let app = members.entry(service.unit.app.as_str());
            let app = app.or_insert_with(|| vec![Vec::new(); environments.len()]);
            app[index].push(&service.variables);
        }
    }
    members
}

/// The variables that in every environment all workloads of an app have with one value, or none has.
fn whole_app<'a>(members: &Members<'_, 'a>, wanted: impl Fn(&str) -> bool) -> Shared<'a> {
    let keys: BTreeSet<&'a str> = members
        .iter()
        .flatten()
        .flat_map(|variables| variables.keys().copied())
        .filter(|key| wanted(key))
        .collect();
    let slot = |services: &Vec<&BTreeMap<&'a str, &'a Variable>>, key: &str| {
        let value =
            |variables: &&BTreeMap<&'a str, &'a Variable>| variables.get(key).map(|variable| &variable.value);
        let mut values = services.iter().map(value);
        let Some(first) = values.next() else { return Some(Slot::NotRun) };
        values.all(|value| value == first).then(|| first.map_or(Slot::Absent, Slot::Value))
    };
    let slots =
        |key: &str| members.iter().map(|services| slot(services, key)).collect::<Option<Vec<Slot<'a>>>>();
    keys.into_iter().filter_map(|key| Some((key, slots(key)?))).collect()
}

/// `common` is what all apps with shared variables share; other groups are named for what their keys
/// have in common, else for their first app.
fn group_names<'a>(plain: &Shares<'a>, hidden: &Shares<'a>) -> BTreeMap<Group<'a>, String> {
    let mut groups: BTreeMap<&Group<'a>, Vec<&Shared<'a>>> = BTreeMap::new();
    for group in plain.groups.iter().chain(&hidden.groups) {
        groups.entry(&group.apps).or_default().push(&group.shared);
    }
    let everyone: Group<'_> = groups.keys().flat_map(|group| group.iter().copied()).collect();
    let mut taken: BTreeSet<String> = plain.whole.keys().map(|app| (*app).to_owned()).collect();
    let mut names = BTreeMap::new();
    for (group, shares) in groups {
        let wanted = if *group == everyone {
            "common".to_owned()
        } else {
            let first = group.first().copied().unwrap_or("shared");
            let keys = shares.iter().flat_map(|shared| shared.keys().copied());
            name::dns_label(&common_prefix(keys).unwrap_or_else(|| format!("{first}-shared")))
        };
        let free = name::free(&wanted, |name| taken.contains(name));
        taken.insert(free.clone());
        names.insert(group.clone(), free);
    }
    names
}

/// The first word that most of the keys share: `DB` of `DB_HOST`, `DB_PORT`.
fn common_prefix<'a>(keys: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = 0;
    for key in keys {
        all += 1;
        if let Some((first, _)) = key.split_once('_') {
            *counted.entry(first).or_default() += 1;
        }
    }
    let (first, count) =
        counted.into_iter().max_by_key(|(first, count)| (*count, std::cmp::Reverse(*first)))?;
    (count * 2 > all && !name::dns_label(first).is_empty()).then(|| first.to_owned())
}
