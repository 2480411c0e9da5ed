//! Where each variable stands: once, and only where every reader needs it.
//!
//! A container gets exactly the set that compose gives it. A variable that several apps have from one place of the
//! files stands in a ConfigMap that just those apps take whole; one that all workloads of an app have from one, in the
//! app's; one that a single workload has, in its own `env`. Secrets are shared by their values.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    ConfigMapEnvSource, EnvFromSource, EnvVar, EnvVarSource, SecretEnvSource, SecretKeySelector,
};

use super::{
    composed,
    division::{Division, GroupShare, Shared, Shares, Slot, values},
    passed_on,
    referred::{self, SharedSecret},
    unplaced::{Origin, Unplaced, written},
};
use crate::{
    diag::Report,
    k8s::{expansion, name},
    plan::{
        decide::Data,
        facts::{Context, KnownSecrets, Secrets},
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{Bundle, Intent, Value, Variable},
        reasons,
    },
};

/// The variables of one environment in their places.
#[derive(Debug, Default)]
pub(super) struct PlacedVariables {
    /// ConfigMaps that several apps take.
    pub(super) shared: Vec<Bundle>,
    /// ConfigMaps of one app, by its name.
    pub(super) apps: BTreeMap<String, Bundle>,
    /// What the containers of each service take, by the service's name in Compose.
    pub(super) containers: BTreeMap<String, Taken>,
}

/// What a container takes its variables from.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) env_from: Vec<EnvFromSource>,
    pub(super) env: Vec<EnvVar>,
}

/// Gives every variable of all environments its place; the first `real` are those of the project. Those in Secrets
/// are added to the environment's.
pub(super) fn place_variables(
    (contexts, real): (&[&Context<'_>], usize),
    intents: &[Intent],
    data: &mut [Data<'_>],
    found: &KnownSecrets,
    ledgers: &mut [Ledger],
    report: &mut Report,
) -> Vec<PlacedVariables> {
    let mut environments: Vec<Vec<Unplaced<'_>>> =
        intents.iter().map(|intent| Unplaced::of(intent, report)).collect();
    composed::compose_all(&mut environments, real, found);
    let mut division = Division::of(&environments, contexts, real, found);
    let mut shared = shared_secrets(&division);
    shared.extend(secrets_of_one(&division, &environments, &shared, contexts));
    for (app, key) in referred::refer_to_shared(&mut environments, &shared) {
        division.set_apart(app, key);
    }
    let passed_on = passed_on::refer_to_environment(&mut environments, real, &mut division);
    let mut placed = Vec::new();
    for (index, (((context, services), passed_on), (data, ledger))) in
        contexts.iter().zip(&environments).zip(passed_on).zip(data.iter_mut().zip(ledgers)).enumerate()
    {
        let mut own = config_maps(index, &division);
        own.shared.extend(passed_on);
        for service in services {
            let taken = take_variables(service, index, &division, &mut data.secrets);
            own.containers.insert(service.service.to_owned(), taken);
            record_places(context, service, index, &division, ledger);
        }
        keep_secrets(index, &division, &mut data.secrets);
        placed.push(own);
    }
    placed
}

/// The secret variables that several apps share.
fn shared_secrets<'a>(division: &Division<'a>) -> Vec<SharedSecret<'a>> {
    let secrets = division.hidden.groups.iter().flat_map(|group| {
        let shared = group.shared.iter();
        shared.map(move |(key, slots)| shared_secret(&group.name, key, group.apps.clone(), slots))
    });
    secrets.collect()
}

fn shared_secret<'a>(
    owner: &str,
    key: &'a str,
    apps: BTreeSet<&'a str>,
    slots: &[Slot<'a>],
) -> SharedSecret<'a> {
    let value = |slot: &Slot<'a>| match slot {
        Slot::Value(value, _) => Some(*value),
        Slot::NotRun | Slot::Absent => None,
    };
    let values = slots.iter().map(value).collect();
    SharedSecret { object: format!("{owner}-secrets"), key, apps, values }
}

/// Of what sets secrets of several apps, a variable of the files or one place: the secret that the others refer to. Of
/// those that are there in most environments, it is the one that they referred to before, else the one that is named like
/// the variable, else the first.
fn secrets_of_one<'a>(
    division: &Division<'a>,
    environments: &[Vec<Unplaced<'a>>],
    shared: &[SharedSecret<'a>],
    contexts: &[&Context<'_>],
) -> Vec<SharedSecret<'a>> {
    let earlier = contexts.first().map(|context| &context.earlier.secrets);
    let mut known: BTreeSet<Origin<'a>> = BTreeSet::new();
    let mut by_origin: BTreeMap<Origin<'a>, BTreeSet<(&'a str, &'a str)>> = BTreeMap::new();
    for service in environments.iter().flatten() {
        let app = service.unit.app.as_str();
        for key in service.variables.keys().copied() {
            let Some(origin) = service.origin(key).map(Origin::without_value) else { continue };
            if shared.iter().any(|secret| secret.key == key && secret.apps.contains(app)) {
                known.insert(origin);
            } else if division.hidden.whole.get(app).is_some_and(|own| own.contains_key(key)) {
                by_origin.entry(origin).or_default().insert((app, key));
            }
        }
    }
    by_origin.retain(|origin, _| !known.contains(origin));
    let chosen = by_origin.into_iter().filter_map(|(origin, all)| {
        let apps: BTreeSet<&str> = all.iter().map(|(app, _)| *app).collect();
        let slots = |(app, key): &(&'a str, &'a str)| division.hidden.whole.get(app)?.get(key);
        let environments = |secret: &(&'a str, &'a str)| {
            let values = slots(secret).into_iter().flatten();
            values.filter(|slot| matches!(slot, Slot::Value(..))).count()
        };
        let most = all.iter().map(environments).max();
        let all: Vec<&(&'a str, &'a str)> =
            all.iter().filter(|secret| Some(environments(secret)) == most).collect();
        let was_there = |(app, key): &&(&str, &str)| {
            earlier.and_then(|earlier| earlier.get(*app)).is_some_and(|keys| keys.contains(*key))
        };
        let named = |(_, key): &&(&str, &str)| Some(*key) == origin.name();
        let chosen = || all.iter().copied();
        let kept = chosen().filter(was_there).find(named).or_else(|| chosen().find(was_there));
        let chosen = kept.or_else(|| chosen().find(named)).or_else(|| chosen().next());
        let (app, key) = chosen.filter(|_| apps.len() > 1)?;
        Some(shared_secret(app, key, BTreeSet::from([*app]), slots(&(*app, *key))?))
    });
    chosen.collect()
}

fn keep_secrets(environment: usize, division: &Division<'_>, secrets: &mut Secrets<'_>) {
    let groups = division.hidden.groups.iter().map(|group| (group.name.as_str(), &group.shared));
    let apps = division.hidden.whole.iter().map(|(app, shared)| (*app, shared));
    for (name, shared) in groups.chain(apps) {
        for (key, value) in values(shared, environment) {
            secrets.add_variable(&format!("{name}-secrets"), key, written(value));
        }
    }
}

fn config_maps(environment: usize, division: &Division<'_>) -> PlacedVariables {
    let bundle = |name: &str, comment: Option<String>, shared: &Shared<'_>| {
        let text = |key: &str, value: &Value| (key.to_owned(), written(value).to_owned());
        let variables: BTreeMap<String, String> =
            values(shared, environment).map(|(key, value)| text(key, value)).collect();
        (!variables.is_empty()).then(|| Bundle { name: format!("{name}-config"), comment, variables })
    };
    let shared = division.plain.groups.iter().filter_map(|group| {
        let apps: Vec<&str> = group.apps.iter().copied().collect();
        bundle(&group.name, Some(apps.join(", ")), &group.shared)
    });
    let apps = division.plain.whole.iter();
    let apps = apps.filter_map(|(app, shared)| Some(((*app).to_owned(), bundle(app, None, shared)?)));
    PlacedVariables { shared: shared.collect(), apps: apps.collect(), containers: BTreeMap::new() }
}

/// The sources of a container in a fixed order, from the widest to its own, Secrets last.
fn take_variables(
    service: &Unplaced<'_>,
    environment: usize,
    division: &Division<'_>,
    secrets: &mut Secrets<'_>,
) -> Taken {
    let app = service.unit.app.as_str();
    let mut taken = Taken::default();
    let mut rest = service.variables.clone();
    for (shares, suffix) in [(&division.plain, "config"), (&division.hidden, "secrets")] {
        let groups = shares.groups_of(app);
        let mut bundles: Vec<(&str, &Shared<'_>)> =
            groups.map(|group| (group.name.as_str(), &group.shared)).collect();
        bundles.sort_by_key(|(name, _)| (*name != "common", *name));
        bundles.extend(shares.whole.get(app).map(|shared| (app, shared)));
        for (name, shared) in bundles {
            // What is otherwise than in the group comes behind it.
            rest.retain(|key, variable| match shared.get(key).and_then(|slots| slots.get(environment)) {
                Some(Slot::Value(value, _)) => **value != variable.value,
                _ => true,
            });
            if values(shared, environment).next().is_some() {
                taken.env_from.push(source(&format!("{name}-{suffix}"), suffix == "secrets"));
            }
        }
    }
    take_own(service, rest, &mut taken, secrets);
    taken
}

/// What a container shares with nobody: secrets in a Secret of its own, everything else in its `env`.
fn take_own(
    service: &Unplaced<'_>,
    rest: BTreeMap<&str, &Variable>,
    taken: &mut Taken,
    secrets: &mut Secrets<'_>,
) {
    let own_secrets = format!("{}-own-secrets", service.unit.object);
    // Nobody takes it as a whole: its keys are no names of variables.
    let named_secrets = format!("{}-named-secrets", service.unit.object);
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut has_own_secrets = false;
    taken.env.reserve_exact(rest.len() + service.referred.len() + service.composed.len());
    for (key, variable) in rest {
        let text = written(&variable.value);
        if variable.is_secret && name::is_list_key(key) {
            secrets.add_variable(&own_secrets, key, text);
            has_own_secrets = true;
        } else if variable.is_secret {
            let legal = name::free(&name::list_key(key), |other| named.contains(other));
            secrets.add_variable(&named_secrets, &legal, text);
            taken.env.push(of_secret(key, &named_secrets, &legal));
            named.insert(legal);
        } else {
            let value = Some(expansion::escape(text));
            taken.env.push(EnvVar { name: key.to_owned(), value, value_from: None });
        }
    }
    // They refer to what stands before them.
    taken.env.extend(service.referred.values().chain(service.composed.values()).cloned());
    if has_own_secrets {
        taken.env_from.push(source(&own_secrets, true));
    }
}

/// A variable that is one key of a Secret.
fn of_secret(name: &str, object: &str, key: &str) -> EnvVar {
    let selector = SecretKeySelector { name: object.to_owned(), key: key.to_owned(), optional: None };
    let value_from = Some(EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() });
    EnvVar { name: name.to_owned(), value: None, value_from }
}

fn source(name: &str, secret: bool) -> EnvFromSource {
    let config = ConfigMapEnvSource { name: name.to_owned(), optional: None };
    let secrets = SecretEnvSource { name: name.to_owned(), optional: None };
    EnvFromSource {
        config_map_ref: (!secret).then_some(config),
        secret_ref: secret.then_some(secrets),
        prefix: None,
    }
}

/// Records where each variable of a service went.
fn record_places(
    context: &Context<'_>,
    unplaced: &Unplaced<'_>,
    environment: usize,
    division: &Division<'_>,
    ledger: &mut Ledger,
) {
    let Some(run) = unplaced.unit.runs.first() else { return };
    let base = KeyPath::new(["services", unplaced.service]);
    let mut entries = Entries::new(ledger, base, run.workload.file.clone());
    let service = context.project.services.get(unplaced.service);
    let Some(declared) = service.and_then(|service| service.environment.as_ref()) else { return };
    entries.mapped(&["environment"]);
    let app = unplaced.unit.app.as_str();
    let secrets_of = |name: &str| format!("overlays/{}/secrets/{name}-secrets.env", context.environment);
    for (key, value) in declared.value.iter() {
        let path = ["environment", key.as_str()];
        if value.value.is_none() {
            entries.ignored(&path, reasons::VARIABLE_WITHOUT_VALUE);
        } else if unplaced.composed.contains_key(key.as_str()) || unplaced.referred.contains_key(key.as_str())
        {
            entries.mapped(&path);
        } else if !unplaced.variables.contains_key(key.as_str()) {
            entries.unsupported(&path, reasons::NO_VARIABLE_NAME);
        } else {
            let (plain, hidden) = (
                holder(&division.plain, (app, key), environment),
                holder(&division.hidden, (app, key), environment),
            );
            match (plain, hidden) {
                (Some(Holder::Group(group)), _) => {
                    entries.mapped_to(&path, format!("base/{}.env", group.name));
                }
                (Some(Holder::App), _) => {
                    entries.mapped_to(&path, context.layout.app_file(app, "config.env"));
                }
                (_, Some(Holder::Group(group))) => entries.mapped_to(&path, secrets_of(&group.name)),
                (_, Some(Holder::App)) => entries.mapped_to(&path, secrets_of(app)),
                (None, None) => entries.mapped(&path),
            }
        }
    }
}

/// Who has a ConfigMap or a Secret.
enum Holder<'b, 'a> {
    Group(&'b GroupShare<'a>),
    App,
}

/// Who has the one that holds a variable of an app, if one does.
fn holder<'b, 'a>(
    shares: &'b Shares<'a>,
    (app, key): (&str, &str),
    environment: usize,
) -> Option<Holder<'b, 'a>> {
    let holds = |shared: &Shared<'_>| {
        shared.get(key).is_some_and(|slots| matches!(slots.get(environment), Some(Slot::Value(..))))
    };
    let group = shares.groups_of(app).find(|group| holds(&group.shared));
    let own = || shares.whole.get(app).filter(|shared| holds(shared)).map(|_| Holder::App);
    group.map(Holder::Group).or_else(own)
}
