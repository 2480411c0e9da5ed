//! Which variable stands where: once, and only where every reader needs it.
//!
//! A container gets exactly the set that compose gives it. A variable that several apps have with one
//! value stands in a ConfigMap that just those apps take whole; one that all workloads of an app have, in
//! the app's; one that a single workload has, in its own `env`. Secrets are shared by the same rule.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ConfigMapEnvSource, EnvFromSource, EnvVar, SecretEnvSource};

use super::{
    Bundle, Context, ILLEGAL_VARIABLE, app_file,
    ledger::{Entries, KeyPath, Ledger},
    secrets::Secrets,
    workload::Draft,
};
use crate::{
    diag::{Diagnostic, Report},
    k8s::{data, expansion, name},
};

/// A group has to save this many lines to be worth a ConfigMap of its own.
const WORTHWHILE: usize = 3;

/// The ConfigMaps of variables.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// Those of several apps.
    pub(super) shared: Vec<Bundle>,
    /// Those of one app, by its name.
    pub(super) apps: BTreeMap<String, Bundle>,
}

type Variables = BTreeMap<String, String>;
type Group = BTreeSet<String>;

/// Where the variables of an app stand.
#[derive(Debug, Default)]
struct Shares {
    /// What all its workloads have.
    whole: BTreeMap<String, Variables>,
    /// What several apps have, by those apps.
    groups: BTreeMap<Group, Variables>,
}

/// Divides the variables of all workloads, and gives containers their `envFrom` and `env`.
pub(super) fn share(
    context: &Context<'_>,
    environment: &str,
    drafts: &mut [Draft],
    secrets: &mut Secrets,
    ledger: &mut Ledger,
    report: &mut Report,
) -> Configuration {
    refuse_illegal(context, drafts, report);
    // ConfigMaps and Secrets bring only variables with usual names into a container.
    let usual = |key: &str| name::is_variable_name(key);
    let plain = divide(drafts, |key, value| usual(key) && !is_kept_secret(secrets, key, value));
    let hidden = divide(drafts, |key, value| usual(key) && is_kept_secret(secrets, key, value));
    let names = group_names(context, plain.groups.keys().chain(hidden.groups.keys()), &plain, &hidden);
    for (group, variables) in &hidden.groups {
        for (key, value) in variables {
            secrets.add_variable(&format!("{}-secrets", group_name(&names, group)), key, value);
        }
    }
    for (app, variables) in &hidden.whole {
        for (key, value) in variables {
            secrets.add_variable(&format!("{app}-secrets"), key, value);
        }
    }
    for draft in drafts.iter_mut() {
        attach(draft, &plain, &hidden, &names, secrets);
        enter(context, draft, &plain, &hidden, &names, environment, ledger);
    }
    let shared = plain.groups.iter().map(|(group, variables)| Bundle {
        name: format!("{}-config", group_name(&names, group)),
        comment: Some(group.iter().cloned().collect::<Vec<_>>().join(", ")),
        variables: variables.clone(),
    });
    let whole = plain.whole.iter().filter(|(_, variables)| !variables.is_empty());
    let apps = whole.map(|(app, variables)| {
        let bundle = Bundle { name: format!("{app}-config"), comment: None, variables: variables.clone() };
        (app.clone(), bundle)
    });
    Configuration { shared: shared.collect(), apps: apps.collect() }
}

/// Secrets are also what kustomize cannot write into a ConfigMap: Secrets are written in base64.
fn is_kept_secret(secrets: &Secrets, key: &str, value: &str) -> bool {
    secrets.is_secret(key, value) || !data::is_plain_text(value)
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
            let mut diagnostic = Diagnostic::warning(ILLEGAL_VARIABLE, message)
                .help("names of variables begin with a letter, `_`, `-` or `.`, and digits may follow");
            if let Some(span) = span {
                diagnostic = diagnostic.at(span, label);
            }
            report.push(diagnostic);
        }
    }
}

/// Divides the variables that `wanted` picks.
fn divide(drafts: &[Draft], wanted: impl Fn(&str, &str) -> bool) -> Shares {
    let mut whole: BTreeMap<String, Variables> = BTreeMap::new();
    for draft in drafts {
        let own = draft.variables.iter().filter(|(key, value)| wanted(key, value));
        let own: Variables = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        match whole.get_mut(&draft.app) {
            Some(common) => common.retain(|key, value| own.get(key) == Some(value)),
            None => {
                whole.insert(draft.app.clone(), own);
            }
        }
    }
    let mut holders: BTreeMap<(&String, &String), Group> = BTreeMap::new();
    for (app, variables) in &whole {
        for entry in variables {
            holders.entry(entry).or_default().insert(app.clone());
        }
    }
    let mut groups: BTreeMap<Group, Variables> = BTreeMap::new();
    for ((key, value), group) in holders {
        groups.entry(group).or_default().insert(key.clone(), value.clone());
    }
    groups.retain(|group, variables| (group.len() - 1) * variables.len() >= WORTHWHILE);
    for (group, variables) in &groups {
        for app in group {
            if let Some(own) = whole.get_mut(app) {
                own.retain(|key, _| !variables.contains_key(key));
            }
        }
    }
    Shares { whole, groups }
}

/// `common` is what all apps with shared variables share; other groups are named for what their keys
/// have in common, else for their first app.
fn group_names<'a>(
    context: &Context<'_>,
    groups: impl Iterator<Item = &'a Group>,
    plain: &Shares,
    hidden: &Shares,
) -> BTreeMap<Group, String> {
    let groups: BTreeSet<&Group> = groups.collect();
    let everyone: Group = groups.iter().flat_map(|group| group.iter().cloned()).collect();
    let mut taken: BTreeSet<String> = context.apps.names().map(str::to_owned).collect();
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
        let numbered =
            std::iter::once(wanted.clone()).chain((2..).map(|number| format!("{wanted}-{number}")));
        let free = numbered.into_iter().find(|name| !taken.contains(name)).unwrap_or(wanted);
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
fn attach(
    draft: &mut Draft,
    plain: &Shares,
    hidden: &Shares,
    names: &BTreeMap<Group, String>,
    secrets: &mut Secrets,
) {
    let mut sources = Vec::new();
    let mut rest = draft.variables.clone();
    for (shares, suffix) in [(plain, "config"), (hidden, "secrets")] {
        let groups = shares.groups.iter().filter(|(group, _)| group.contains(&draft.app));
        let mut bundles: Vec<(String, &Variables)> =
            groups.map(|(group, variables)| (group_name(names, group).to_owned(), variables)).collect();
        bundles.sort_by_key(|(name, _)| (name != "common", name.clone()));
        let whole = shares.whole.get(&draft.app).filter(|variables| !variables.is_empty());
        bundles.extend(whole.map(|variables| (draft.app.clone(), variables)));
        for (name, variables) in bundles {
            rest.retain(|key, _| !variables.contains_key(key));
            sources.push(source(&format!("{name}-{suffix}"), suffix == "secrets"));
        }
    }
    let own_secrets = format!("{}-own-secrets", draft.workload.name);
    let mut env = Vec::new();
    let mut has_own_secrets = false;
    for (key, value) in rest {
        if is_kept_secret(secrets, &key, &value) && name::is_variable_name(&key) {
            secrets.add_variable(&own_secrets, &key, &value);
            has_own_secrets = true;
        } else {
            env.push(EnvVar { name: key, value: Some(expansion::escape(&value)), value_from: None });
        }
    }
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

/// Enters where each variable went.
fn enter(
    context: &Context<'_>,
    draft: &Draft,
    plain: &Shares,
    hidden: &Shares,
    names: &BTreeMap<Group, String>,
    environment: &str,
    ledger: &mut Ledger,
) {
    let base = KeyPath::new(["services", &draft.key]);
    let mut entries = Entries::new(ledger, base, draft.workload.file.clone());
    let Some(declared) =
        context.project.services.get(&draft.key).and_then(|service| service.environment.as_ref())
    else {
        return;
    };
    entries.mapped(&["environment"]);
    let secrets_of = |name: &str| format!("overlays/{environment}/secrets/{name}.env");
    for (key, value) in declared.value.iter() {
        let path = ["environment", key.as_str()];
        if value.value.is_none() {
            entries
                .ignored(&path, "no value is set for it: compose does not give it to the container either");
        } else if !draft.variables.contains_key(key) {
            entries.unsupported(&path, "no container in Kubernetes can have a variable of this name");
        } else if let Some(group) = holder(plain, &draft.app, key) {
            entries.mapped_to(&path, format!("base/{}.env", group_name(names, group)));
        } else if plain.whole.get(&draft.app).is_some_and(|variables| variables.contains_key(key)) {
            entries.mapped_to(&path, app_file(&draft.app, "config.env"));
        } else if let Some(group) = holder(hidden, &draft.app, key) {
            entries.mapped_to(&path, secrets_of(group_name(names, group)));
        } else if hidden.whole.get(&draft.app).is_some_and(|variables| variables.contains_key(key)) {
            entries.mapped_to(&path, secrets_of(&draft.app));
        } else {
            entries.mapped(&path);
        }
    }
}

fn holder<'a>(shares: &'a Shares, app: &str, key: &str) -> Option<&'a Group> {
    shares
        .groups
        .iter()
        .find(|(group, variables)| group.contains(app) && variables.contains_key(key))
        .map(|(group, _)| group)
}
