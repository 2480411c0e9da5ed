//! Values that compose files put together of others, and that stay so: `mysql://$(DB_USER):$(DB_PASSWORD)@…`.
//!
//! Only what would otherwise be a secret for a part of it is worth that: the part then stands once, and what
//! surrounds it can be read. The container must have the parts as variables of its own. A secret that is
//! just another name for one that several apps share, as `MYSQL_PASSWORD` is for `DB_PASSWORD`, refers to
//! theirs.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use super::unplaced::Unplaced;
use crate::{
    k8s::{expansion, name},
    plan::{facts::secrets::Found, model::Value},
    secret,
    text::Part,
};

/// What is decided of variables: by service, and by the name of the variable.
type ByVariable<'a, T> = BTreeMap<&'a str, BTreeMap<&'a str, T>>;

/// Takes out of the variables what is composed in every environment alike.
pub(super) fn compose_all(environments: &mut [Vec<Unplaced<'_>>], found: &Found) {
    let mut composed: ByVariable<'_, BTreeSet<Option<String>>> = ByVariable::new();
    for service in environments.iter().flatten() {
        let keys = service.variables.keys().filter(|key| name::is_variable_name(key));
        let keys: Vec<&str> =
            keys.filter(|key| found.is_secret(key) && !secret::is_secret_key(key)).copied().collect();
        if keys.is_empty() {
            continue;
        }
        let parts = PartsOfContainer::of(service);
        let own = composed.entry(service.service).or_default();
        for key in keys {
            own.entry(key).or_default().insert(compose(service, key, &parts, found));
        }
    }
    for service in environments.iter_mut().flatten() {
        for (key, texts) in composed.get(service.service).into_iter().flatten() {
            let mut texts = texts.iter();
            if let (Some(Some(text)), None) = (texts.next(), texts.next())
                && service.variables.remove(key).is_some()
            {
                let variable =
                    EnvVar { name: (*key).to_owned(), value: Some(text.clone()), value_from: None };
                service.composed.insert(key, variable);
            }
        }
    }
}

/// The variables of a container that are nothing but a variable of the files, by that one and its value.
struct PartsOfContainer<'a>(BTreeMap<(&'a str, &'a str), Vec<&'a str>>);

impl<'a> PartsOfContainer<'a> {
    fn of(service: &Unplaced<'a>) -> Self {
        let mut parts: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for key in service.variables.keys().filter(|key| name::is_variable_name(key)) {
            if let Some(alone) = variable_of_files(service, key) {
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
    service: &Unplaced<'_>,
    key: &str,
    container: &PartsOfContainer<'_>,
    found: &Found,
) -> Option<String> {
    let whole = service.variables.get(key)?;
    let template = whole.template.as_deref()?;
    let mut text = String::new();
    let mut value = String::new();
    // As a compose file would write it.
    let mut written = String::new();
    let mut hides = false;
    for part in &template.parts {
        let variable = match part {
            Part::Text(_) => None,
            Part::Variable { reference, .. } => container.named(&reference.name, part.value(), key),
        };
        let own = variable.and_then(|variable| service.value(variable)?.known());
        let content = own.unwrap_or(part.value());
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
    let is_value = whole.value.known().is_none_or(|known| known == value);
    let tells = found.holds_value(&written) || secret::is_written_secret(key, &written);
    (template.parts.len() > 1 && hides && is_value && !tells).then_some(text)
}

/// A secret variable that several apps have.
pub(super) struct SharedSecret<'a> {
    /// The Secret that holds it.
    pub(super) object: String,
    pub(super) key: &'a str,
    pub(super) apps: BTreeSet<String>,
    /// Its value in each environment that has it.
    pub(super) values: Vec<Option<&'a Value>>,
}

/// Takes out of the variables what in every environment is written as nothing but the variable of the files
/// that a shared secret is, too. Gives them by app and name.
pub(super) fn refer_to_shared<'a>(
    environments: &mut [Vec<Unplaced<'a>>],
    shared: &[SharedSecret<'a>],
) -> Vec<(&'a str, &'a str)> {
    let references = references(environments, shared);
    let mut taken = Vec::new();
    for service in environments.iter_mut().flatten() {
        for (key, variable) in references.get(service.service).into_iter().flatten() {
            if service.variables.remove(key).is_some() {
                service.referred.insert(key, variable.clone());
                taken.push((service.unit.app.as_str(), *key));
            }
        }
    }
    taken
}

fn references<'a>(environments: &[Vec<Unplaced<'a>>], shared: &[SharedSecret<'a>]) -> ByVariable<'a, EnvVar> {
    let secrets = Secrets::of(environments, shared);
    let mut references: ByVariable<'a, EnvVar> = ByVariable::new();
    for service in environments.iter().flatten() {
        for key in service.variables.keys().filter(|key| name::is_variable_name(key)) {
            let is_known = references.get(service.service).is_some_and(|own| own.contains_key(key));
            if !is_known && let Some(secret) = secrets.same(service, key) {
                let own = references.entry(service.service).or_default();
                own.insert(key, reference(key, service, secret));
            }
        }
    }
    references
}

/// Shared secrets, and the containers that have them.
struct Secrets<'b, 'a> {
    /// The services of each environment, by name.
    services: Vec<BTreeMap<&'a str, &'b Unplaced<'a>>>,
    /// The shared keys of each app.
    shared: BTreeSet<(&'b str, &'a str)>,
    /// By the variable of the files that the secret is for those that share it.
    by_variable: BTreeMap<&'a str, Vec<Holders<'b, 'a>>>,
}

/// A secret with the variable of the files that it is in each environment, for each of those that share it.
struct Holders<'b, 'a> {
    secret: &'b SharedSecret<'a>,
    variables: Vec<BTreeSet<(&'a str, &'a str)>>,
}

impl<'b, 'a> Secrets<'b, 'a> {
    fn of(environments: &'b [Vec<Unplaced<'a>>], shared: &'b [SharedSecret<'a>]) -> Self {
        let mut services = Vec::new();
        let mut apps = Vec::new();
        for environment in environments {
            let mut by_app: BTreeMap<&str, Vec<&Unplaced<'a>>> = BTreeMap::new();
            for service in environment {
                by_app.entry(service.unit.app.as_str()).or_default().push(service);
            }
            services.push(environment.iter().map(|service| (service.service, service)).collect());
            apps.push(by_app);
        }
        let mut by_variable: BTreeMap<&str, Vec<Holders<'b, 'a>>> = BTreeMap::new();
        for secret in shared {
            let variables = apps.iter().map(|apps| {
                let holders = secret.apps.iter().filter_map(|app| apps.get(app.as_str())).flatten();
                holders.filter_map(|service| variable_of_files(service, secret.key)).collect()
            });
            let variables: Vec<BTreeSet<(&str, &str)>> = variables.collect();
            let names: BTreeSet<&str> = variables.iter().flatten().map(|(name, _)| *name).collect();
            for name in names {
                let holders = Holders { secret, variables: variables.clone() };
                by_variable.entry(name).or_default().push(holders);
            }
        }
        let keys = |secret: &'b SharedSecret<'a>| secret.apps.iter().map(|app| (app.as_str(), secret.key));
        Self { services, shared: shared.iter().flat_map(keys).collect(), by_variable }
    }

    /// The secret that a variable of a service is in all environments. Of several secrets of one variable of the
    /// files, the one that is named like it is what a reader expects.
    fn same(&self, service: &Unplaced<'a>, key: &str) -> Option<&'b SharedSecret<'a>> {
        // What is shared itself is what others refer to.
        if self.shared.contains(&(service.unit.app.as_str(), key)) {
            return None;
        }
        let (name, _) = variable_of_files(service, key)?;
        let all = self.by_variable.get(name)?;
        let is_named = |holders: &&Holders<'_, '_>| holders.secret.key == key || holders.secret.key == name;
        let is_same = |holders: &&Holders<'b, 'a>| self.is_same(service.service, key, holders);
        let named = all.iter().filter(is_named).find(is_same);
        named.or_else(|| all.iter().find(is_same)).map(|holders| holders.secret)
    }

    /// Whether a variable of a service, wherever it runs with it, is the same variable of the files as a secret.
    fn is_same(&self, service: &str, key: &str, holders: &Holders<'b, 'a>) -> bool {
        let mut all = self.services.iter().zip(holders.secret.values.iter().zip(&holders.variables));
        all.all(|(services, (value, variables))| {
            let Some(service) = services.get(service) else { return true };
            let Some(own) = service.value(key) else { return true };
            let written = variable_of_files(service, key);
            Some(own) == *value && written.is_some_and(|it| variables.contains(&it))
        })
    }
}

/// A container that has the secret refers to its own variable, any other to the Secret.
fn reference(key: &str, service: &Unplaced<'_>, secret: &SharedSecret<'_>) -> EnvVar {
    let own = secret.apps.contains(&service.unit.app);
    let source =
        SecretKeySelector { name: secret.object.clone(), key: secret.key.to_owned(), optional: None };
    EnvVar {
        name: key.to_owned(),
        value: own.then(|| expansion::reference(secret.key)),
        value_from: (!own).then(|| EnvVarSource { secret_key_ref: Some(source), ..EnvVarSource::default() }),
    }
}

/// The variable of the files, with its value, that a variable of a service is and nothing else.
fn variable_of_files<'a>(service: &Unplaced<'a>, key: &str) -> Option<(&'a str, &'a str)> {
    match service.variables.get(key)?.template.as_deref()?.parts.as_slice() {
        [Part::Variable { reference, value, .. }] => Some((&reference.name, value)),
        _ => None,
    }
}
