//! Variables of the files that several workloads only pass on, and that only environments set: `BETA: ${BETA}` with
//! `BETA=no` in an env file of each environment. They are in one ConfigMap, so that an environment sets each once.
//!
//! The files that all environments share decide which these are: what an environment sets moves nothing.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{ConfigMapKeySelector, EnvVar, EnvVarSource};

use super::{
    division::Division,
    unplaced::{Unplaced, written},
};
use crate::{
    k8s::name,
    plan::model::{Bundle, Known},
};

/// What the ConfigMap is named for.
const NAME: &str = "environment";

/// A variable of a service: the names of both.
type Reader<'a> = (&'a str, &'a str);
/// A ConfigMap of an app, or the `env` of one of its services.
type Place<'a> = (&'a str, Option<&'a str>);

/// Takes these variables out of their services, which refer to the ConfigMap, and gives it for each environment that
/// has any of them; the first `real` are those of the project.
pub(super) fn refer_to_environment<'a>(
    environments: &mut [Vec<Unplaced<'a>>],
    real: usize,
    division: &mut Division<'a>,
) -> Vec<Option<Bundle>> {
    let readers = readers(environments.get(real), division);
    let object = format!("{}-config", name::free(NAME, |name| division.has_config_map(name)));
    let config_map = |services: &mut Vec<Unplaced<'a>>| {
        let mut bundle = Bundle { name: object.clone(), ..Bundle::default() };
        let mut apps: BTreeSet<&str> = BTreeSet::new();
        for service in services {
            for (variable, readers) in &readers {
                for key in readers.iter().filter(|(own, _)| *own == service.service).map(|(_, key)| *key) {
                    if let Some(text) = passed_on(service, key, variable)
                        && bundle.variables.get(*variable).is_none_or(|known| *known == text)
                    {
                        bundle.variables.insert((*variable).to_owned(), text);
                        apps.insert(&service.unit.app);
                        service.variables.remove(key);
                        service.referred.insert(key, reference(key, &object, variable));
                    }
                }
            }
        }
        bundle.comment = Some(apps.into_iter().collect::<Vec<_>>().join(", "));
        (!bundle.variables.is_empty()).then_some(bundle)
    };
    let config_maps = environments.iter_mut().map(config_map).collect();
    for (app, key) in readers.values().flatten().filter_map(|(service, key)| {
        let all = environments.iter().flatten();
        let service = all.into_iter().find(|other| other.service == *service)?;
        Some((service.unit.app.as_str(), *key))
    }) {
        division.set_plain_apart(app, key);
    }
    config_maps
}

/// By variable of the files, who passes it on in more places than one.
fn readers<'a>(
    shared: Option<&Vec<Unplaced<'a>>>,
    division: &Division<'a>,
) -> BTreeMap<&'a str, BTreeSet<Reader<'a>>> {
    let mut readers: BTreeMap<&str, BTreeSet<Reader<'a>>> = BTreeMap::new();
    let mut places: BTreeMap<&str, BTreeSet<Place<'a>>> = BTreeMap::new();
    for service in shared.into_iter().flatten() {
        let app = service.unit.app.as_str();
        for (key, variable) in &service.variables {
            let Some((of_files, _)) = service.variable_of_files(key) else { continue };
            let is_set = !written(&variable.value).contains(Known::UNKNOWN);
            if is_set || variable.is_secret || division.is_of_group(app, key) {
                continue;
            }
            readers.entry(of_files).or_default().insert((service.service, key));
            let of_app = division.plain.whole.get(app).is_some_and(|whole| whole.contains_key(key));
            places.entry(of_files).or_default().insert((app, (!of_app).then_some(service.service)));
        }
    }
    readers.retain(|of_files, _| places.get(of_files).is_some_and(|places| places.len() > 1));
    readers
}

/// The value of a variable of a service that is nothing but this one of the files.
fn passed_on(service: &Unplaced<'_>, key: &str, variable: &str) -> Option<String> {
    let own = service.variables.get(key).filter(|own| !own.is_secret)?;
    let (of_files, _) = service.variable_of_files(key)?;
    (of_files == variable).then(|| written(&own.value).to_owned())
}

fn reference(key: &str, object: &str, variable: &str) -> EnvVar {
    let selector = ConfigMapKeySelector { name: object.to_owned(), key: variable.to_owned(), optional: None };
    let value_from = EnvVarSource { config_map_key_ref: Some(selector), ..EnvVarSource::default() };
    EnvVar { name: key.to_owned(), value: None, value_from: Some(value_from) }
}
