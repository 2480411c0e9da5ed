//! Values that compose files put together of others, and that stay so: `mysql://$(DB_USER):$(DB_PASSWORD)@…`.
//!
//! Only what would otherwise be a secret for a part of it is worth that: the part then stands once, and what
//! surrounds it can be read. The container must have the parts as variables of its own. A secret that is
//! just another name for one that several apps share, as `MYSQL_PASSWORD` is for `DB_PASSWORD`, refers to
//! theirs.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use crate::{
    k8s::{expansion, name},
    plan::{
        decide::{Drafted, draft::Draft},
        facts::{context::Context, secrets::Found},
    },
    secret,
    text::{Part, Template},
};

/// What is decided of variables: by service, and by the name of the variable.
type Decided<T> = BTreeMap<String, BTreeMap<String, T>>;

/// Takes out of the variables what is composed in every environment alike.
pub(super) fn take(contexts: &[&Context<'_>], environments: &mut [Drafted<'_>], found: &Found) {
    let mut composed: Decided<BTreeSet<Option<String>>> = Decided::new();
    for (context, drafted) in contexts.iter().zip(environments.iter()) {
        for draft in &drafted.drafts {
            let keys = draft.variables.keys().filter(|key| name::is_variable_name(key));
            let keys: Vec<&String> =
                keys.filter(|key| found.is_secret(key) && !secret::is_secret_key(key)).collect();
            if keys.is_empty() {
                continue;
            }
            let parts = PartsOfContainer::of(context, draft);
            let own = composed.entry(draft.key.clone()).or_default();
            for key in keys {
                own.entry(key.clone()).or_default().insert(compose(context, draft, key, &parts, found));
            }
        }
    }
    for draft in environments.iter_mut().flat_map(|drafted| &mut drafted.drafts) {
        for (key, texts) in composed.get(&draft.key).into_iter().flatten() {
            let mut texts = texts.iter();
            if let (Some(Some(text)), None) = (texts.next(), texts.next())
                && draft.variables.remove(key).is_some()
            {
                let variable = EnvVar { name: key.clone(), value: Some(text.clone()), value_from: None };
                draft.composed.insert(key.clone(), variable);
            }
        }
    }
}

/// The variables of a container that are nothing but a variable of the files, by that one and its value.
struct PartsOfContainer<'a>(BTreeMap<(&'a str, &'a str), Vec<&'a str>>);

impl<'a> PartsOfContainer<'a> {
    fn of(context: &'a Context<'_>, draft: &'a Draft) -> Self {
        let mut parts: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for key in draft.variables.keys().filter(|key| name::is_variable_name(key)) {
            if let Some(alone) = variable_of_files(context, draft, key) {
                parts.entry(alone).or_default().push(key);
            }
        }
        Self(parts)
    }

    /// The variable of the container, other than `key`, that is this variable of the files; best the one of its
    /// name.
    fn named(&self, name: &str, value: &str, key: &str) -> Option<&'a str> {
        let others = || self.0.get(&(name, value)).into_iter().flatten().filter(|other| **other != key);
        others().find(|other| **other == name).or_else(|| others().next()).copied()
    }
}

/// The value with `$(NAME)` for the parts that the container has as variables.
fn compose(
    context: &Context<'_>,
    draft: &Draft,
    key: &str,
    container: &PartsOfContainer<'_>,
    found: &Found,
) -> Option<String> {
    let template = template_of(context, draft, key)?;
    let mut text = String::new();
    let mut value = String::new();
    // As a compose file would write it.
    let mut written = String::new();
    let mut hides = false;
    for part in &template.parts {
        let content = part.value();
        let variable = match part {
            Part::Text(_) => None,
            Part::Variable { reference, .. } => container.named(&reference.name, content, key),
        };
        let content =
            variable.map_or(Some(content), |variable| draft.variables.get(variable).map(String::as_str))?;
        value.push_str(content);
        match variable {
            Some(variable) => {
                hides |= found.is_secret(variable);
                text.push_str(&expansion::reference(variable));
                written.push_str(&format!("${{{variable}}}"));
            }
            None => {
                text.push_str(&expansion::escape(content));
                written.push_str(content);
            }
        }
        // A dollar sign at the end of a part would make something else of the next one.
        if text.ends_with('$') {
            return None;
        }
    }
    let is_whole = template.parts.len() > 1 && hides && draft.variables.get(key) == Some(&value);
    let tells = found.holds_value(&written) || secret::is_written_secret(key, &written);
    (is_whole && !tells).then_some(text)
}

/// A secret variable that several apps have.
pub(super) struct SharedSecret {
    /// The Secret that holds it.
    pub(super) object: String,
    pub(super) key: String,
    pub(super) apps: BTreeSet<String>,
    /// Its value in each environment that has it.
    pub(super) values: Vec<Option<String>>,
}

/// Takes out of the variables what in every environment is written as nothing but the variable of the files
/// that a shared secret is, too.
pub(super) fn refer(contexts: &[&Context<'_>], environments: &mut [Drafted<'_>], shared: &[SharedSecret]) {
    let secrets = Secrets::of(contexts, environments, shared);
    let mut references: Decided<EnvVar> = Decided::new();
    for (context, drafted) in contexts.iter().zip(environments.iter()) {
        for draft in &drafted.drafts {
            for key in draft.variables.keys().filter(|key| name::is_variable_name(key)) {
                let is_known = references.get(&draft.key).is_some_and(|own| own.contains_key(key));
                if !is_known && let Some(secret) = secrets.same(context, draft, key) {
                    let own = references.entry(draft.key.clone()).or_default();
                    own.insert(key.clone(), reference(key, draft, secret));
                }
            }
        }
    }
    for draft in environments.iter_mut().flat_map(|drafted| &mut drafted.drafts) {
        for (key, variable) in references.get(&draft.key).into_iter().flatten() {
            if draft.variables.remove(key).is_some() {
                draft.referred.insert(key.clone(), variable.clone());
            }
        }
    }
}

/// Shared secrets, and the containers that have them.
struct Secrets<'a> {
    contexts: &'a [&'a Context<'a>],
    /// The drafts of each environment, by service.
    services: Vec<BTreeMap<&'a str, Vec<&'a Draft>>>,
    /// The shared keys of each app.
    shared: BTreeSet<(&'a str, &'a str)>,
    /// By the variable of the files that the secret is for those that share it.
    by_variable: BTreeMap<&'a str, Vec<Holders<'a>>>,
}

/// A secret with the variable of the files that it is in each environment, for each of those that share it.
struct Holders<'a> {
    secret: &'a SharedSecret,
    variables: Vec<BTreeSet<(&'a str, &'a str)>>,
}

impl<'a> Secrets<'a> {
    fn of(
        contexts: &'a [&'a Context<'a>],
        environments: &'a [Drafted<'_>],
        shared: &'a [SharedSecret],
    ) -> Self {
        let mut services = Vec::new();
        let mut apps = Vec::new();
        for drafted in environments {
            let (mut by_service, mut by_app) = (BTreeMap::new(), BTreeMap::new());
            for draft in &drafted.drafts {
                by_service.entry(draft.key.as_str()).or_insert_with(Vec::new).push(draft);
                by_app.entry(draft.app.as_str()).or_insert_with(Vec::new).push(draft);
            }
            services.push(by_service);
            apps.push(by_app);
        }
        let mut by_variable: BTreeMap<&str, Vec<Holders<'_>>> = BTreeMap::new();
        for secret in shared {
            let variables = contexts.iter().zip(&apps).map(|(context, apps)| {
                let holders = secret.apps.iter().filter_map(|app| apps.get(app.as_str())).flatten();
                holders.filter_map(|draft| variable_of_files(context, draft, &secret.key)).collect()
            });
            let variables: Vec<BTreeSet<(&str, &str)>> = variables.collect();
            let names: BTreeSet<&str> = variables.iter().flatten().map(|(name, _)| *name).collect();
            for name in names {
                let holders = Holders { secret, variables: variables.clone() };
                by_variable.entry(name).or_default().push(holders);
            }
        }
        let keys =
            |secret: &'a SharedSecret| secret.apps.iter().map(|app| (app.as_str(), secret.key.as_str()));
        Self { contexts, services, shared: shared.iter().flat_map(keys).collect(), by_variable }
    }

    /// The secret that a variable of a service is in all environments. Of several secrets of one variable of the
    /// files, the one that is named like it is what a reader expects.
    fn same(&self, context: &Context<'_>, draft: &Draft, key: &str) -> Option<&'a SharedSecret> {
        // What is shared itself is what others refer to.
        if self.shared.contains(&(draft.app.as_str(), key)) {
            return None;
        }
        let (name, _) = variable_of_files(context, draft, key)?;
        let all = self.by_variable.get(name)?;
        let is_named = |holders: &&Holders<'_>| holders.secret.key == key || holders.secret.key == name;
        let is_same = |holders: &&Holders<'_>| self.is_same(&draft.key, key, holders);
        let named = all.iter().filter(is_named).find(is_same);
        named.or_else(|| all.iter().find(is_same)).map(|holders| holders.secret)
    }

    /// Whether a variable of a service, wherever it runs with it, is the same variable of the files as a secret.
    fn is_same(&self, service: &str, key: &str, holders: &Holders<'_>) -> bool {
        let environments = self.contexts.iter().zip(&self.services);
        let mut all = environments.zip(holders.secret.values.iter().zip(&holders.variables));
        all.all(|((context, services), (value, variables))| {
            let own = services.get(service).into_iter().flatten();
            let mut own = own.filter_map(|draft| Some((draft, draft.variables.get(key)?)));
            own.all(|(draft, own_value)| {
                let written = variable_of_files(context, draft, key);
                Some(own_value) == value.as_ref() && written.is_some_and(|it| variables.contains(&it))
            })
        })
    }
}

/// A container that has the secret refers to its own variable, any other to the Secret.
fn reference(key: &str, draft: &Draft, secret: &SharedSecret) -> EnvVar {
    let own = secret.apps.contains(&draft.app);
    let source = SecretKeySelector { name: secret.object.clone(), key: secret.key.clone(), optional: None };
    EnvVar {
        name: key.to_owned(),
        value: own.then(|| expansion::reference(&secret.key)),
        value_from: (!own).then(|| EnvVarSource { secret_key_ref: Some(source), ..EnvVarSource::default() }),
    }
}

/// The variable of the files, with its value, that a variable of a service is and nothing else.
fn variable_of_files<'a>(context: &'a Context<'_>, draft: &Draft, key: &str) -> Option<(&'a str, &'a str)> {
    match template_of(context, draft, key)?.parts.as_slice() {
        [Part::Variable { reference, value, .. }] => Some((&reference.name, value)),
        _ => None,
    }
}

/// How the files put a variable of a service together; nothing if they say it literally.
fn template_of<'a>(context: &'a Context<'_>, draft: &Draft, key: &str) -> Option<&'a Template> {
    let service = context.project.services.get(&draft.key)?;
    service.environment.as_ref()?.value.get(key)?.template.as_deref()
}
