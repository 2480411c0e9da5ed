//! Which variable stands where: once, and only where every reader needs it.
//!
//! A container gets exactly the set that compose gives it. A variable that several apps have with the same
//! values, environment by environment, stands in a ConfigMap that just those apps take whole; one that all
//! workloads of an app have, in the app's; one that a single workload has, in its own `env`. Secrets are
//! shared by the same rule. The division is one for all environments, so that each of them changes
//! values and not places.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ConfigMapEnvSource, EnvFromSource, EnvVar, SecretEnvSource};

use super::composed::{self, SharedSecret};
use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::{expansion, name},
    plan::{
        decide::{Drafted, draft::Draft},
        facts::{
            context::Context,
            secrets::{Found, Secrets},
        },
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{Bundle, Known},
    },
};

/// A group has to save this many lines to be worth a ConfigMap of its own.
const WORTHWHILE: usize = 3;
/// The same for a Secret: who changes a password must not have to find all places of it.
const WORTHWHILE_SECRETS: usize = 2;

/// The ConfigMaps of variables of one environment.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    /// Those of several apps.
    pub(super) shared: Vec<Bundle>,
    /// Those of one app, by its name.
    pub(super) apps: BTreeMap<String, Bundle>,
}

type Group = BTreeSet<String>;
/// Keys with their values, one for each environment.
type Variables = BTreeMap<String, Vec<Slot>>;

/// The value of a variable of an app in one environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    /// The app does not run there.
    NotRun,
    /// The app does not have the variable there.
    Absent,
    /// Its value.
    Value(String),
}

/// Where the variables of apps stand.
#[derive(Debug, Default)]
struct Shares {
    /// What all workloads of an app have.
    whole: BTreeMap<String, Variables>,
    /// What several apps have, by those apps.
    groups: BTreeMap<Group, Variables>,
}

/// The division of all variables, with the names of the groups.
struct Division<'a> {
    found: &'a Found,
    plain: Shares,
    hidden: Shares,
    names: BTreeMap<Group, String>,
}

/// Divides the variables of all workloads, and gives containers their `envFrom` and `env`.
pub(super) fn share(
    contexts: &[&Context<'_>],
    environments: &mut [Drafted<'_>],
    found: &Found,
    ledgers: &mut [Ledger],
    report: &mut Report,
) -> Vec<Bundles> {
    for (context, drafted) in contexts.iter().zip(environments.iter_mut()) {
        refuse_illegal(context, &mut drafted.drafts, report);
    }
    composed::take(contexts, environments, found);
    for (context, drafted) in contexts.iter().zip(environments.iter_mut()) {
        blur(context, &mut drafted.drafts);
    }
    // ConfigMaps and Secrets bring only variables with usual names into a container.
    let drafts: Vec<&[Draft]> = environments.iter().map(|drafted| drafted.drafts.as_slice()).collect();
    let plain = divide(&drafts, WORTHWHILE, |key| name::is_variable_name(key) && !found.is_secret(key));
    let hidden =
        divide(&drafts, WORTHWHILE_SECRETS, |key| name::is_variable_name(key) && found.is_secret(key));
    let apps: BTreeSet<String> = plain.whole.keys().cloned().collect();
    let names = group_names(apps.clone(), &plain, &hidden);
    composed::refer(contexts, environments, &shared_secrets(&hidden, &names));
    let drafts: Vec<&[Draft]> = environments.iter().map(|drafted| drafted.drafts.as_slice()).collect();
    let hidden =
        divide(&drafts, WORTHWHILE_SECRETS, |key| name::is_variable_name(key) && found.is_secret(key));
    let names = group_names(apps, &plain, &hidden);
    let division = Division { found, plain, hidden, names };
    let mut bundles = Vec::new();
    for (index, drafted) in environments.iter_mut().enumerate() {
        for draft in &mut drafted.drafts {
            attach(draft, index, &division, &mut drafted.secrets);
            if let (Some(context), Some(ledger)) = (contexts.get(index), ledgers.get_mut(index)) {
                enter(context, draft, index, &division, ledger);
            }
        }
        keep_secrets(index, &division, &mut drafted.secrets);
        let said = contexts.get(index).map(|context| said(context, &drafted.drafts)).unwrap_or_default();
        bundles.push(config_maps(index, &division, &said));
    }
    bundles
}

/// The secret variables that several apps share.
fn shared_secrets(hidden: &Shares, names: &BTreeMap<Group, String>) -> Vec<SharedSecret> {
    let mut shared = Vec::new();
    for (group, variables) in &hidden.groups {
        for (key, slots) in variables {
            let value = |slot: &Slot| match slot {
                Slot::Value(value) => Some(value.clone()),
                Slot::NotRun | Slot::Absent => None,
            };
            shared.push(SharedSecret {
                object: format!("{}-secrets", group_name(names, group)),
                key: key.clone(),
                apps: group.clone(),
                values: slots.iter().map(value).collect(),
            });
        }
    }
    shared
}

fn keep_secrets(environment: usize, division: &Division<'_>, secrets: &mut Secrets<'_>) {
    let groups = division.hidden.groups.iter();
    let groups = groups.map(|(group, variables)| (group_name(&division.names, group), variables));
    let apps = division.hidden.whole.iter().map(|(app, variables)| (app.as_str(), variables));
    for (name, variables) in groups.chain(apps) {
        for (key, value) in values(variables, environment) {
            secrets.add_variable(&format!("{name}-secrets"), key, value);
        }
    }
}

/// What the files that all environments share say of the variables of apps.
type Said<'a> = BTreeMap<(&'a str, &'a str), &'a str>;

fn said<'a>(context: &Context<'a>, drafts: &'a [Draft]) -> Said<'a> {
    let mut said = Said::new();
    for draft in drafts.iter().filter(|_| context.known == Known::All) {
        let service = context.project.services.get(&draft.key);
        let declared = service.and_then(|service| service.environment.as_ref());
        for (key, value) in declared.into_iter().flat_map(|declared| declared.value.iter()) {
            if let Some(text) = &value.value
                && context.shared.say(value, text)
                && let Some(value) = draft.variables.get(key)
            {
                said.insert((&draft.app, key), value);
            }
        }
    }
    said
}

fn config_maps(environment: usize, division: &Division<'_>, said: &Said<'_>) -> Bundles {
    let bundle = |name: &str, apps: &[&str], comment: Option<String>, variables: &Variables| {
        let shared = variables.keys().filter_map(|key| {
            let value = apps.iter().find_map(|app| said.get(&(*app, key.as_str())))?;
            Some((key.clone(), (*value).to_owned()))
        });
        let shared = shared.collect();
        let variables: BTreeMap<String, String> =
            values(variables, environment).map(|(key, value)| (key.clone(), value.clone())).collect();
        (!variables.is_empty()).then(|| Bundle { name: format!("{name}-config"), comment, variables, shared })
    };
    let shared = division.plain.groups.iter().filter_map(|(group, variables)| {
        let comment = group.iter().cloned().collect::<Vec<_>>().join(", ");
        let apps: Vec<&str> = group.iter().map(String::as_str).collect();
        bundle(group_name(&division.names, group), &apps, Some(comment), variables)
    });
    let apps = division.plain.whole.iter();
    let apps = apps.filter_map(|(app, variables)| Some((app.clone(), bundle(app, &[app], None, variables)?)));
    Bundles { shared: shared.collect(), apps: apps.collect() }
}

/// The variables that have a value in an environment.
fn values(variables: &Variables, environment: usize) -> impl Iterator<Item = (&String, &String)> {
    variables.iter().filter_map(move |(key, slots)| match slots.get(environment) {
        Some(Slot::Value(value)) => Some((key, value)),
        _ => None,
    })
}

fn refuse_illegal(context: &Context<'_>, drafts: &mut [Draft], report: &mut Report) {
    for draft in drafts {
        let strange: Vec<String> =
            draft.variables.keys().filter(|key| !name::is_variable_name(key)).cloned().collect();
        for key in strange {
            let relaxed = name::is_relaxed_variable_name(&key);
            if !relaxed {
                draft.variables.remove(&key);
            }
            let service = context.project.services.get(&draft.key);
            let span = service
                .and_then(|service| service.environment.as_ref()?.value.get(&key).map(|value| value.span))
                .or_else(|| service.map(|service| service.span));
            let (message, label) = if relaxed {
                (format!("clusters before Kubernetes 1.32 refuse a variable named `{key}`"), "it is kept")
            } else {
                (format!("a container in Kubernetes cannot have a variable named `{key}`"), "it is left out")
            };
            let mut diagnostic = Diagnostic::warning(codes::ILLEGAL_VARIABLE, message)
                .help("names of variables begin with a letter, `_`, `-` or `.`, and digits may follow");
            if let Some(span) = span {
                diagnostic = diagnostic.at(span, label);
            }
            report.push(diagnostic);
        }
    }
}

/// Where files are missing, what hangs on a variable that no other file sets is unknown, though the compose
/// file has a default for it.
fn blur(context: &Context<'_>, drafts: &mut [Draft]) {
    for draft in drafts.iter_mut().filter(|_| context.known != Known::All) {
        let service = context.project.services.get(&draft.key);
        let declared = service.and_then(|service| service.environment.as_ref());
        for (key, value) in declared.into_iter().flat_map(|declared| declared.value.iter()) {
            if value.is_unknown()
                && let Some(value) = draft.variables.get_mut(key)
            {
                Known::UNKNOWN.clone_into(value);
            }
        }
    }
}

/// Divides the variables whose keys `wanted` picks. A group saves `least` lines.
fn divide(environments: &[&[Draft]], least: usize, wanted: impl Fn(&str) -> bool) -> Shares {
    let mut whole = BTreeMap::new();
    let apps: BTreeSet<&String> =
        environments.iter().flat_map(|drafts| drafts.iter().map(|draft| &draft.app)).collect();
    for app in apps {
        whole.insert(app.clone(), whole_app(environments, app, &wanted));
    }
    let mut holders: BTreeMap<(&String, &Vec<Slot>), Group> = BTreeMap::new();
    for (app, variables) in &whole {
        for entry in variables {
            holders.entry(entry).or_default().insert(app.clone());
        }
    }
    let mut groups: BTreeMap<Group, Variables> = BTreeMap::new();
    for ((key, slots), group) in holders {
        // What some environments do not run stands with its app, in a component.
        if !slots.contains(&Slot::NotRun) {
            groups.entry(group).or_default().insert(key.clone(), slots.clone());
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
    Shares { whole, groups }
}

/// The variables that in every environment all workloads of an app have with one value, or none has.
fn whole_app(environments: &[&[Draft]], app: &str, wanted: impl Fn(&str) -> bool) -> Variables {
    let drafts = || environments.iter().flat_map(|drafts| drafts.iter().filter(|draft| draft.app == app));
    let keys: BTreeSet<&String> =
        drafts().flat_map(|draft| draft.variables.keys()).filter(|key| wanted(key)).collect();
    let slot = |drafts: &&[Draft], key: &String| {
        let mut values = drafts.iter().filter(|draft| draft.app == app).map(|draft| draft.variables.get(key));
        let Some(first) = values.next() else { return Some(Slot::NotRun) };
        values.all(|value| value == first).then(|| first.cloned().map_or(Slot::Absent, Slot::Value))
    };
    let slots =
        |key: &String| environments.iter().map(|drafts| slot(drafts, key)).collect::<Option<Vec<Slot>>>();
    keys.into_iter().filter_map(|key| Some((key.clone(), slots(key)?))).collect()
}

/// `common` is what all apps with shared variables share; other groups are named for what their keys
/// have in common, else for their first app.
fn group_names(apps: BTreeSet<String>, plain: &Shares, hidden: &Shares) -> BTreeMap<Group, String> {
    let groups: BTreeSet<&Group> = plain.groups.keys().chain(hidden.groups.keys()).collect();
    let everyone: Group = groups.iter().flat_map(|group| group.iter().cloned()).collect();
    let mut taken = apps;
    let mut names = BTreeMap::new();
    for group in groups {
        let keys = [plain, hidden]
            .into_iter()
            .filter_map(|shares| shares.groups.get(group))
            .flat_map(Variables::keys);
        let wanted = if *group == everyone {
            "common".to_owned()
        } else {
            let first = group.first().map_or("shared", String::as_str);
            name::dns_label(&common_prefix(keys).unwrap_or_else(|| format!("{first}-shared")))
        };
        let free = name::free(&wanted, |name| taken.contains(name));
        taken.insert(free.clone());
        names.insert(group.clone(), free);
    }
    names
}

/// The first word that most of the keys share: `DB` of `DB_HOST`, `DB_PORT`.
fn common_prefix<'a>(keys: impl Iterator<Item = &'a String>) -> Option<String> {
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

fn group_name<'a>(names: &'a BTreeMap<Group, String>, group: &Group) -> &'a str {
    names.get(group).map_or("shared", String::as_str)
}

/// Gives the container its sources in a fixed order, from the widest to its own, Secrets last.
fn attach(draft: &mut Draft, environment: usize, division: &Division<'_>, secrets: &mut Secrets<'_>) {
    let mut sources = Vec::new();
    let mut rest = draft.variables.clone();
    for (shares, suffix) in [(&division.plain, "config"), (&division.hidden, "secrets")] {
        let groups = shares.groups.iter().filter(|(group, _)| group.contains(&draft.app));
        let mut bundles: Vec<(String, &Variables)> = groups
            .map(|(group, variables)| (group_name(&division.names, group).to_owned(), variables))
            .collect();
        bundles.sort_by_key(|(name, _)| (name != "common", name.clone()));
        bundles.extend(shares.whole.get(&draft.app).map(|variables| (draft.app.clone(), variables)));
        for (name, variables) in bundles {
            rest.retain(|key, _| !variables.contains_key(key));
            if values(variables, environment).next().is_some() {
                sources.push(source(&format!("{name}-{suffix}"), suffix == "secrets"));
            }
        }
    }
    let own_secrets = format!("{}-own-secrets", draft.object);
    let mut env = Vec::new();
    let mut has_own_secrets = false;
    for (key, value) in rest {
        if division.found.is_secret(&key) && name::is_variable_name(&key) {
            secrets.add_variable(&own_secrets, &key, &value);
            has_own_secrets = true;
        } else {
            env.push(EnvVar { name: key, value: Some(expansion::escape(&value)), value_from: None });
        }
    }
    // They refer to what stands before them.
    env.extend(draft.referred.values().chain(draft.composed.values()).cloned());
    if has_own_secrets {
        sources.push(source(&own_secrets, true));
    }
    if let Some(container) = draft.workload.pod.containers.first_mut() {
        container.env_from = (!sources.is_empty()).then_some(sources);
        container.env = (!env.is_empty()).then_some(env);
    }
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

/// Enters where each variable of a workload went.
fn enter(
    context: &Context<'_>,
    draft: &Draft,
    environment: usize,
    division: &Division<'_>,
    ledger: &mut Ledger,
) {
    if draft.workload.is_further {
        return;
    }
    let base = KeyPath::new(["services", &draft.key]);
    let mut entries = Entries::new(ledger, base, draft.workload.file.clone());
    let service = context.project.services.get(&draft.key);
    let Some(declared) = service.and_then(|service| service.environment.as_ref()) else { return };
    entries.mapped(&["environment"]);
    let secrets_of = |name: &str| format!("overlays/{}/secrets/{name}-secrets.env", context.environment);
    for (key, value) in declared.value.iter() {
        let path = ["environment", key.as_str()];
        let place = |shares: &Shares| {
            let group = shares.groups.iter().find(|(group, variables)| {
                group.contains(&draft.app) && values(variables, environment).any(|(name, _)| name == key)
            });
            let whole = shares.whole.get(&draft.app);
            let whole = whole.filter(|variables| values(variables, environment).any(|(name, _)| name == key));
            let group = group.map(|(group, _)| group_name(&division.names, group).to_owned());
            (group, whole.is_some())
        };
        if value.value.is_none() {
            entries
                .ignored(&path, "no value is set for it: compose does not give it to the container either");
        } else if draft.composed.contains_key(key) || draft.referred.contains_key(key) {
            entries.mapped(&path);
        } else if !draft.variables.contains_key(key) {
            entries.unsupported(&path, "no container in Kubernetes can have a variable of this name");
        } else {
            match (place(&division.plain), place(&division.hidden)) {
                ((Some(group), _), _) => entries.mapped_to(&path, format!("base/{group}.env")),
                ((_, true), _) => entries.mapped_to(&path, context.layout.app_file(&draft.app, "config.env")),
                (_, (Some(group), _)) => entries.mapped_to(&path, secrets_of(&group)),
                (_, (_, true)) => entries.mapped_to(&path, secrets_of(&draft.app)),
                _ => entries.mapped(&path),
            }
        }
    }
}
