//! Secrets that are just another name for one that several apps share, as `MYSQL_PASSWORD` is for `DB_PASSWORD`: they
//! refer to theirs.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};

use super::unplaced::{ByVariable, Origin, Unplaced};
use crate::{
    k8s::{expansion, name},
    plan::model::Value,
};

/// A secret variable that several apps have.
pub(super) struct SharedSecret<'a> {
    /// The Secret that holds it.
    pub(super) object: String,
    pub(super) key: &'a str,
    pub(super) apps: BTreeSet<&'a str>,
    /// Its value in each environment that has it.
    pub(super) values: Vec<Option<&'a Value>>,
}

/// Takes out of the variables what in every environment has the origin that a shared secret has, too: one variable of
/// the files and nothing else, or one place. Gives them by app and name.
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
        for key in service.variables.keys().filter(|key| name::is_list_key(key)) {
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
    /// By what sets the secret for those that share it.
    by_origin: BTreeMap<Origin<'a>, Vec<Holders<'b, 'a>>>,
}

/// A secret with what sets it in each environment, for each of those that share it.
struct Holders<'b, 'a> {
    secret: &'b SharedSecret<'a>,
    origins: Vec<BTreeSet<Origin<'a>>>,
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
        let mut by_origin: BTreeMap<Origin<'a>, Vec<Holders<'b, 'a>>> = BTreeMap::new();
        for secret in shared {
            let origins = apps.iter().map(|apps| {
                let holders = secret.apps.iter().filter_map(|app| apps.get(app)).flatten();
                holders.filter_map(|service| service.origin(secret.key)).collect()
            });
            let origins: Vec<BTreeSet<Origin<'a>>> = origins.collect();
            let all: BTreeSet<Origin<'a>> = origins.iter().flatten().map(|it| it.without_value()).collect();
            for origin in all {
                let holders = Holders { secret, origins: origins.clone() };
                by_origin.entry(origin).or_default().push(holders);
            }
        }
        let keys = |secret: &'b SharedSecret<'a>| secret.apps.iter().map(|app| (*app, secret.key));
        Self { services, shared: shared.iter().flat_map(keys).collect(), by_origin }
    }

    /// The secret that a variable of a service is in all environments. Of several secrets of one origin, the one that is named like it is what a reader expects.
    fn same(&self, service: &Unplaced<'a>, key: &str) -> Option<&'b SharedSecret<'a>> {
        // What is shared itself is what others refer to.
        if self.shared.contains(&(service.unit.app.as_str(), key)) {
            return None;
        }
        let origin = service.origin(key)?;
        let all = self.by_origin.get(&origin.without_value())?;
        let is_named = |holders: &&Holders<'_, '_>| {
            holders.secret.key == key || Some(holders.secret.key) == origin.name()
        };
        let is_same = |holders: &&Holders<'b, 'a>| self.is_same(service.service, key, holders);
        let named = all.iter().filter(is_named).find(is_same);
        named.or_else(|| all.iter().find(is_same)).map(|holders| holders.secret)
    }

    /// Whether a variable of a service, wherever it runs with it, has the same origin as a secret.
    fn is_same(&self, service: &str, key: &str, holders: &Holders<'b, 'a>) -> bool {
        let mut all = self.services.iter().zip(holders.secret.values.iter().zip(&holders.origins));
        all.all(|(services, (value, origins))| {
            let Some(service) = services.get(service) else { return true };
            let Some(own) = service.value(key) else { return true };
            Some(own) == *value && service.origin(key).is_some_and(|origin| origins.contains(&origin))
        })
    }
}

/// A container that has the secret refers to its own variable, any other to the Secret.
fn reference(key: &str, service: &Unplaced<'_>, secret: &SharedSecret<'_>) -> EnvVar {
    let own = secret.apps.contains(service.unit.app.as_str());
    let source =
        SecretKeySelector { name: secret.object.clone(), key: secret.key.to_owned(), optional: None };
    EnvVar {
        name: key.to_owned(),
        value: own.then(|| expansion::reference(secret.key)),
        value_from: (!own).then(|| EnvVarSource { secret_key_ref: Some(source), ..EnvVarSource::default() }),
    }
}
