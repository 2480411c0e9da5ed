//! Which variables apps share: those that several apps have from the same place of the files, an anchor or an env file
//! say, and those that all workloads of an app have from one. That values are equal by chance is no reason to share
//! them: who changes one would move the others. Secrets are shared by their values: a password is kept in one place.
//!
//! The division is one for all environments, so that each of them changes values and not places.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use camino::{Utf8Path, Utf8PathBuf};

use super::unplaced::Unplaced;
use crate::{
    k8s::name,
    plan::{
        facts::{Context, KnownSecrets},
        input::Earlier,
        model::{Value, Variable},
    },
    text::{Part, Span, Template},
    yaml::Node,
};

/// A group has to save this many lines to be worth a ConfigMap of its own.
const WORTHWHILE: usize = 3;
/// The same for a Secret: who changes a password must not have to find all places of it.
const WORTHWHILE_SECRETS: usize = 2;

/// So many variables become a ConfigMap of an app that had none.
const MANY: usize = 4;

/// Apps that share variables.
pub(super) type Group<'a> = BTreeSet<&'a str>;
/// The same with what sets the variables, if that is why they are shared.
type Sourced<'a> = (Group<'a>, Source);

/// The apps that read a source, each with the variables that it has of it.
type Readers<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// What sets variables: an anchor, a service or an env file, and the file that it is or is in.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Source {
    name: String,
    file: Utf8PathBuf,
}
/// Keys with their values, one for each environment.
pub(super) type Shared<'a> = BTreeMap<&'a str, Vec<Slot<'a>>>;

/// The value of a variable of an app in one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot<'a> {
    /// The app does not run there.
    NotRun,
    /// The app does not have the variable there.
    Absent,
    /// Its value, with the place that sets it if that decides who shares it.
    Value(&'a Value, Option<Place<'a>>),
}

/// What sets a variable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    span: Span,
    /// How it says so, if it only passes on one variable of the files.
    passed_on: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(variable: &'a Variable) -> Self {
        let template = variable.template.as_deref();
        let passes_on = |template: &&Template| matches!(template.parts.as_slice(), [Part::Variable { .. }]);
        let passed_on = template.filter(passes_on).map(|template| template.written.as_str());
        Self { span: variable.span, passed_on }
    }

    /// What makes it one with another place.
    fn key(&self) -> (Option<&'a str>, Option<Span>) {
        (self.passed_on, Some(self.span).filter(|_| self.passed_on.is_none()))
    }
}

impl PartialEq for Place<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place<'_> {}

impl PartialOrd for Place<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
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
    /// What its ConfigMap or its Secret is named for.
    pub(super) name: String,
    /// The file that sets its variables, within the project; no name where that does not matter.
    file: Utf8PathBuf,
    pub(super) shared: Shared<'a>,
}

/// The division of all variables.
pub(super) struct Division<'a> {
    pub(super) plain: Shares<'a>,
    pub(super) hidden: Shares<'a>,
}

impl<'a> Shares<'a> {
    /// Groups have the names of their sources at first.
    fn new(whole: BTreeMap<&'a str, Shared<'a>>, groups: BTreeMap<Sourced<'a>, Shared<'a>>) -> Self {
        let mut of_app: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (position, (group, _)) in groups.keys().enumerate() {
            for app in group {
                of_app.entry(app).or_default().push(position);
            }
        }
        let share = |((apps, Source { name, file }), shared)| GroupShare { apps, name, file, shared };
        Self { whole, groups: groups.into_iter().map(share).collect(), of_app }
    }

    /// The groups that an app is in.
    pub(super) fn groups_of(&self, app: &str) -> impl Iterator<Item = &GroupShare<'a>> {
        self.of_app.get(app).into_iter().flatten().filter_map(|position| self.groups.get(*position))
    }
}

impl<'a> Division<'a> {
    /// Divides the variables of all environments; the first `real` are those of the project.
    pub(super) fn of(
        environments: &[Vec<Unplaced<'a>>],
        contexts: &[&Context<'_>],
        real: usize,
        secrets: &KnownSecrets,
    ) -> Self {
        // ConfigMaps and Secrets bring only variables with usual names into a container.
        let plain = |key: &str| name::is_list_key(key) && !secrets.is_secret(key);
        let hidden = |key: &str| name::is_list_key(key) && secrets.is_secret(key);
        let mut plain = by_source((environments, contexts, real), plain);
        let mut hidden = by_value((environments, real), hidden);
        let earlier = contexts.first().map_or_else(Earlier::default, |context| context.earlier.clone());
        name_groups(&mut plain, &mut hidden, &earlier);
        keep_beside(&mut plain.whole, environments, &earlier);
        Self { plain, hidden }
    }

    /// Takes a secret out of what all workloads of an app have: one of them refers to another app's.
    pub(super) fn set_apart(&mut self, app: &str, key: &str) {
        if let Some(own) = self.hidden.whole.get_mut(app) {
            own.remove(key);
        }
    }

    /// The same for a variable that is not secret.
    pub(super) fn set_plain_apart(&mut self, app: &str, key: &str) {
        if let Some(own) = self.plain.whole.get_mut(app) {
            own.remove(key);
        }
    }

    /// Whether a variable of an app is one of a group.
    pub(super) fn is_of_group(&self, app: &str, key: &str) -> bool {
        self.plain.groups_of(app).any(|group| group.shared.contains_key(key))
    }

    /// Whether a ConfigMap of an app or of a group is named for this.
    pub(super) fn has_config_map(&self, name: &str) -> bool {
        self.plain.whole.contains_key(name) || self.plain.groups.iter().any(|group| group.name == name)
    }
}

/// The variables that have a value in an environment.
pub(super) fn values<'b, 'a>(
    shared: &'b Shared<'a>,
    environment: usize,
) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'b, 'a> {
    shared.iter().filter_map(move |(key, slots)| match slots.get(environment) {
        Some(Slot::Value(value, _)) => Some((*key, *value)),
        _ => None,
    })
}

/// What makes variables of several services one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// One place of the files sets them: in the files that all environments share, or else in each environment.
    Place,
    /// Their values; of empty ones, which are to be filled in, the place that sets them.
    Value,
}

/// Divides the variables whose keys `wanted` picks by the sources that set them: all apps that read one take its
/// group. An app that has another value for one of its variables has that in its own layer, which comes later.
fn by_source<'a>(
    (environments, contexts, real): (&[Vec<Unplaced<'a>>], &[&Context<'_>], usize),
    wanted: impl Fn(&str) -> bool,
) -> Shares<'a> {
    let members = members(environments);
    let mut whole: BTreeMap<&str, Shared<'a>> =
        members.iter().map(|(app, members)| (*app, whole_app(members, real, By::Place, &wanted))).collect();
    let mut sources: BTreeMap<Source, Readers<'a>> = BTreeMap::new();
    for (app, variables) in &whole {
        for (key, slots) in variables {
            // What some environments do not run stands with its app, in a component.
            let runs = !slots.iter().take(real).any(|slot| *slot == Slot::NotRun);
            if let Some(source) = source(slots, contexts).filter(|_| runs) {
                sources.entry(source).or_default().entry(app).or_default().insert(key);
            }
        }
    }
    let mut groups = BTreeMap::new();
    for (source, apps) in layered(sources) {
        let keys: BTreeSet<&'a str> = apps.values().flatten().copied().collect();
        let apps: Group<'a> = apps.into_keys().collect();
        let mut shared = Shared::new();
        let mut saved = 0;
        for key in keys {
            let Some((slots, holders)) = most_alike(key, &apps, &whole) else { continue };
            let overrides =
                |app: &&str| members.get(*app).is_some_and(|members| has_wherever(members, key, slots));
            if holders > 1 && apps.iter().all(overrides) {
                saved += holders - 1;
                shared.insert(key, slots.clone());
            }
        }
        if saved >= WORTHWHILE {
            take_out(&mut whole, &apps, &shared);
            groups.insert((apps, source), shared);
        }
    }
    add_passed_on(&mut groups, &mut whole);
    Shares::new(whole, groups)
}

/// Takes files that are called alike for one where all apps that read the one read the other, too: `common.env` and
/// `staging/common.env`, which an environment adds. Else each is a source of its own.
fn layered<'a>(sources: BTreeMap<Source, Readers<'a>>) -> Vec<(Source, Readers<'a>)> {
    let mut layered: Vec<(Source, Readers<'a>)> = Vec::new();
    for (source, readers) in sources {
        let all_read = |one: &Readers<'a>, other: &Readers<'a>| one.keys().all(|app| other.contains_key(app));
        let under = layered.iter_mut().find(|(known, own)| {
            let is_alike = known.name == source.name && known.file.file_name() == source.file.file_name();
            is_alike && (all_read(own, &readers) || all_read(&readers, own))
        });
        match under {
            Some((_, own)) => {
                readers.into_iter().for_each(|(app, keys)| own.entry(app).or_default().extend(keys));
            }
            None => layered.push((source, readers)),
        }
    }
    layered
}

/// Puts variables that several apps only pass on from one variable of the files, `LEVEL: ${LEVEL}` say, into a group of
/// just these apps, if there is one: an environment that sets it then says so once.
fn add_passed_on<'a>(
    groups: &mut BTreeMap<Sourced<'a>, Shared<'a>>,
    whole: &mut BTreeMap<&'a str, Shared<'a>>,
) {
    let mut holders: BTreeMap<(&'a str, Vec<Slot<'a>>), Group<'a>> = BTreeMap::new();
    for (app, variables) in whole.iter() {
        for (key, slots) in variables {
            let passes_on =
                |slot: &Slot<'_>| matches!(slot, Slot::Value(_, Some(place)) if place.passed_on.is_some());
            if slots.iter().any(passes_on) {
                holders.entry((key, slots.clone())).or_default().insert(app);
            }
        }
    }
    for ((key, slots), apps) in holders {
        let Some((_, shared)) = groups.iter_mut().find(|((group, _), _)| *group == apps) else { continue };
        if !shared.contains_key(key) {
            shared.insert(key, slots.clone());
            take_out(whole, &apps, &Shared::from([(key, slots)]));
        }
    }
}

/// How most of some apps have a variable, and how many do.
fn most_alike<'b, 'a>(
    key: &str,
    apps: &Group<'a>,
    whole: &'b BTreeMap<&str, Shared<'a>>,
) -> Option<(&'b Vec<Slot<'a>>, usize)> {
    let all: Vec<&Vec<Slot<'a>>> = apps.iter().filter_map(|app| whole.get(app)?.get(key)).collect();
    let count = |slots: &Vec<Slot<'a>>| all.iter().filter(|other| **other == slots).count();
    all.iter()
        .map(|slots| (*slots, count(slots)))
        .max_by_key(|(slots, count)| (*count, std::cmp::Reverse(*slots)))
}

/// Leaves the first variables of an app that was written without a ConfigMap, and is one workload, beside its
/// container: what is added then changes one file, as long as it is little.
fn keep_beside<'a>(
    whole: &mut BTreeMap<&'a str, Shared<'a>>,
    environments: &[Vec<Unplaced<'a>>],
    earlier: &Earlier,
) {
    let known: BTreeSet<&str> = earlier.apps.values().map(String::as_str).collect();
    let mut several: BTreeSet<&str> = BTreeSet::new();
    for services in environments {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let apps = services.iter().map(|service| service.unit.app.as_str());
        several.extend(apps.filter(|app| !seen.insert(app)));
    }
    whole.retain(|app, variables| {
        let has_none = known.contains(app) && !earlier.config_maps.contains(*app);
        !has_none || variables.len() >= MANY || several.contains(app)
    });
}

/// Whether all services of an app have a variable wherever it has a value for others.
fn has_wherever(members: &Members<'_, '_>, key: &str, slots: &[Slot<'_>]) -> bool {
    members.iter().zip(slots).all(|(services, slot)| {
        !matches!(slot, Slot::Value(..)) || services.iter().all(|variables| variables.contains_key(key))
    })
}

/// Takes what a group has out of what its apps have alike; what an app has otherwise in some environment stays there.
fn take_out<'a>(whole: &mut BTreeMap<&'a str, Shared<'a>>, apps: &Group<'a>, shared: &Shared<'a>) {
    for app in apps {
        let Some(own) = whole.get_mut(app) else { continue };
        for (key, slots) in own.iter_mut() {
            let of_group = shared.get(key).into_iter().flatten();
            for (slot, _) in slots.iter_mut().zip(of_group).filter(|(slot, of_group)| **slot == **of_group) {
                *slot = Slot::Absent;
            }
        }
        own.retain(|key, slots| !shared.contains_key(key) || slots.iter().any(|slot| *slot != Slot::Absent));
    }
}

/// Divides the variables whose keys `wanted` picks by their values.
fn by_value<'a>(
    (environments, real): (&[Vec<Unplaced<'a>>], usize),
    wanted: impl Fn(&str) -> bool,
) -> Shares<'a> {
    let members = members(environments);
    let mut whole: BTreeMap<&str, Shared<'a>> =
        members.iter().map(|(app, members)| (*app, whole_app(members, real, By::Value, &wanted))).collect();
    let mut holders: BTreeMap<(&'a str, &Vec<Slot<'a>>), Group<'a>> = BTreeMap::new();
    for (app, variables) in &whole {
        for (key, slots) in variables {
            holders.entry((key, slots)).or_default().insert(app);
        }
    }
    let mut groups: BTreeMap<Sourced<'a>, Shared<'a>> = BTreeMap::new();
    for ((key, slots), apps) in holders {
        if !slots.iter().take(real).any(|slot| *slot == Slot::NotRun) {
            groups.entry((apps, Source::default())).or_default().insert(key, slots.clone());
        }
    }
    groups.retain(|(apps, _), variables| (apps.len() - 1) * variables.len() >= WORTHWHILE_SECRETS);
    for ((apps, _), variables) in &groups {
        take_out(&mut whole, apps, variables);
    }
    Shares::new(whole, groups)
}

/// The variables of the services of an app, for each environment.
type Members<'b, 'a> = Vec<Services<'b, 'a>>;
/// The variables of some services.
type Services<'b, 'a> = Vec<&'b BTreeMap<&'a str, &'a Variable>>;

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

/// The variables that in every environment all workloads of an app have alike, or none has.
fn whole_app<'a>(
    members: &Members<'_, 'a>,
    real: usize,
    by: By,
    wanted: impl Fn(&str) -> bool,
) -> Shared<'a> {
    let keys: BTreeSet<&'a str> = members
        .iter()
        .flatten()
        .flat_map(|variables| variables.keys().copied())
        .filter(|key| wanted(key))
        .collect();
    let slots = |key: &str| {
        // What the shared files set, they decide on: what an environment has otherwise comes behind it.
        let of_shared = members.get(real).into_iter().flatten();
        let is_shared = of_shared.into_iter().any(|variables| variables.contains_key(key));
        let slots = members.iter().enumerate().map(|(index, services)| match by {
            By::Place if is_shared && index < real => usual(services, key),
            By::Place => alike(services, key, &|_| true),
            By::Value => alike(services, key, &|value| value.known() == Some("")),
        });
        slots.collect::<Option<Vec<Slot<'a>>>>()
    };
    keys.into_iter().filter_map(|key| Some((key, slots(key)?))).collect()
}

/// How all of some services have a variable, if they have it alike or none has it. `has_place` says of which values
/// the place counts.
fn alike<'a>(services: &Services<'_, 'a>, key: &str, has_place: &dyn Fn(&Value) -> bool) -> Option<Slot<'a>> {
    let alike = |variables: &&BTreeMap<&'a str, &'a Variable>| {
        let variable: Option<&&'a Variable> = variables.get(key);
        variable.map(|variable| {
            (&variable.value, Some(Place::of(variable)).filter(|_| has_place(&variable.value)))
        })
    };
    let mut all = services.iter().map(alike);
    let Some(first) = all.next() else { return Some(Slot::NotRun) };
    let slot = first.map_or(Slot::Absent, |(value, place)| Slot::Value(value, place));
    all.all(|other| other == first).then_some(slot)
}

/// The value that most of some services give a variable, if all have it or none does.
fn usual<'a>(services: &Services<'_, 'a>, key: &str) -> Option<Slot<'a>> {
    if services.is_empty() {
        return Some(Slot::NotRun);
    }
    let values: Vec<&'a Value> =
        services.iter().filter_map(|variables| variables.get(key)).map(|variable| &variable.value).collect();
    let count = |value: &Value| values.iter().filter(|other| **other == value).count();
    let most = values.iter().max_by_key(|value| (count(value), std::cmp::Reverse(**value)));
    match most {
        None => Some(Slot::Absent),
        Some(value) => (values.len() == services.len()).then_some(Slot::Value(value, None)),
    }
}

/// A group keeps the name that it had. A new one is named for what sets its variables. Of secrets, which are shared by their values, `common` is what all
/// apps with shared variables share; other groups are named for what their keys have in common, else for their first
/// app.
fn name_groups(plain: &mut Shares<'_>, hidden: &mut Shares<'_>, earlier: &Earlier) {
    let everyone: BTreeSet<String> = plain.groups.iter().chain(&hidden.groups).flat_map(apps_of).collect();
    let apps: BTreeSet<String> = plain.whole.keys().map(|app| (*app).to_owned()).collect();
    // A ConfigMap and a Secret may share a name.
    let (mut of_config_maps, mut of_secrets) = (apps.clone(), apps);
    tell_apart(&mut plain.groups, &earlier.groups);
    let own_names: BTreeSet<String> = plain.groups.iter().map(|group| group.name.clone()).collect();
    let others = |name: &String| own_names.contains(name);
    let mut kept =
        kept_names(&plain.groups, &earlier.groups, |name| of_config_maps.contains(name) || others(name));
    // What a group is named for may be what it was named for before.
    kept.retain(|position, _| {
        plain.groups.get(*position).is_some_and(|group| !earlier.groups.contains_key(&group.name))
    });
    for (position, group) in plain.groups.iter_mut().enumerate() {
        if let Some(name) = kept.remove(&position) {
            of_config_maps.insert(name.clone());
            group.name = name;
            continue;
        }
        let is_taken = of_config_maps.contains(&group.name);
        let wanted = if is_taken { format!("{}-shared", group.name) } else { group.name.clone() };
        group.name = name::free(&wanted, |name| of_config_maps.contains(name));
        of_config_maps.insert(group.name.clone());
    }
    let mut kept = kept_names(&hidden.groups, &earlier.secrets, |name| of_secrets.contains(name));
    of_secrets.extend(kept.values().cloned());
    for (position, group) in hidden.groups.iter_mut().enumerate() {
        if let Some(name) = kept.remove(&position) {
            group.name = name;
            continue;
        }
        let wanted = if apps_of(group).eq(everyone.iter().cloned()) {
            "common".to_owned()
        } else {
            let first = group.apps.first().copied().unwrap_or("shared");
            let prefix = common_prefix(group.shared.keys().copied());
            name::dns_label(&prefix.unwrap_or_else(|| format!("{first}-shared")))
        };
        group.name = name::free(&wanted, |name| of_secrets.contains(name));
        of_secrets.insert(group.name.clone());
    }
}

/// Groups whose sources are called alike, `shop/app.env` and `mail/app.env` say, are named for their directories, too.
/// The one that had the name keeps it.
fn tell_apart(groups: &mut [GroupShare<'_>], earlier: &BTreeMap<String, BTreeSet<String>>) {
    let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (position, group) in groups.iter().enumerate() {
        named.entry(group.name.clone()).or_default().push(position);
    }
    for (name, positions) in named.into_iter().filter(|(_, positions)| positions.len() > 1) {
        let common = |position: &usize| {
            let shared = groups.get(*position).map(|group| &group.shared);
            let keys = earlier.get(&name).into_iter().flatten();
            keys.filter(|key| shared.is_some_and(|shared| shared.contains_key(key.as_str()))).count()
        };
        let had_it = positions
            .iter()
            .copied()
            .filter(|it| common(it) > 0)
            .max_by_key(|it| (common(it), usize::MAX - it));
        for position in positions.into_iter().filter(|position| Some(*position) != had_it) {
            let Some(group) = groups.get_mut(position) else { continue };
            if let Some(directory) = group.file.parent().and_then(Utf8Path::file_name) {
                group.name = name::dns_label(&format!("{directory}-{name}"));
            }
        }
    }
}

/// The names that groups had, by their positions: that of the group that most of whose keys are still in it.
fn kept_names(
    groups: &[GroupShare<'_>],
    earlier: &BTreeMap<String, BTreeSet<String>>,
    is_taken: impl Fn(&String) -> bool,
) -> BTreeMap<usize, String> {
    let mut alike: Vec<(std::cmp::Reverse<usize>, usize, &String)> = Vec::new();
    for (name, keys) in earlier.iter().filter(|(name, _)| !is_taken(name)) {
        for (position, group) in groups.iter().enumerate() {
            let common = keys.iter().filter(|key| group.shared.contains_key(key.as_str())).count();
            if common * 2 > keys.len() {
                alike.push((std::cmp::Reverse(common), position, name));
            }
        }
    }
    alike.sort_unstable();
    let (mut kept, mut given) = (BTreeMap::new(), BTreeSet::new());
    for (_, position, name) in alike {
        if !kept.contains_key(&position) && given.insert(name) {
            kept.insert(position, name.clone());
        }
    }
    kept
}

fn apps_of(group: &GroupShare<'_>) -> impl Iterator<Item = String> {
    group.apps.iter().map(|app| (*app).to_owned())
}

/// What sets a variable, in the files that all environments share if they do.
fn source(slots: &[Slot<'_>], contexts: &[&Context<'_>]) -> Option<Source> {
    let mut places = slots.iter().zip(contexts).rev().filter_map(|(slot, context)| match slot {
        Slot::Value(_, place) => source_at(context, place.as_ref()?.span),
        Slot::NotRun | Slot::Absent => None,
    });
    places.next()
}

/// What a place is called: an extension field (`x-common`), the service that others extend or take an anchor of, or an
/// env file.
fn source_at(context: &Context<'_>, place: Span) -> Option<Source> {
    let project = context.project;
    let found = project.documents.iter().find_map(|document| {
        let (key, value) = entry_around(&document.tree, place)?;
        let service = || entry_around(value, place).map(|(service, _)| service);
        if key == "services" { service() } else { Some(key) }
    });
    let path = project.inputs.iter().find(|input| input.source == place.source).map(|input| &input.path);
    let of_file = || {
        let name = path?.file_name()?.trim_matches('.');
        Some(name.strip_suffix(".env").unwrap_or(name))
    };
    let written = found.or_else(of_file)?;
    let name = name::dns_label(written.strip_prefix("x-").unwrap_or(written));
    // A number alone says nothing.
    let says = |name: &str| name.bytes().any(|byte| byte.is_ascii_alphabetic());
    let name = if says(&name) { name } else { name::dns_label(written) };
    let file = path.map(|path| within_project(path, context.directory())).unwrap_or_default();
    (!name.is_empty()).then_some(Source { name, file })
}

/// A path as all machines have it: what the directory of the project and those around it are called is left out.
fn within_project(path: &Utf8Path, directory: &Utf8Path) -> Utf8PathBuf {
    match path.strip_prefix(directory) {
        Ok(inside) => inside.to_owned(),
        Err(_) if path.parent().is_some_and(|parent| directory.starts_with(parent)) => {
            path.file_name().unwrap_or_default().into()
        }
        Err(_) => path.components().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect(),
    }
}

/// The entry of a mapping that a place is in.
fn entry_around(node: &Node, place: Span) -> Option<(&str, &Node)> {
    let mut entries = node.as_map()?.iter();
    entries.find(|(_, value)| value.span.contains(place)).map(|(key, value)| (key.text.as_str(), value))
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
