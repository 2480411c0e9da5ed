//! A project as [`docker_compose_types::Compose`], for programs that know compose by that crate.
//!
//! Values are what they mean: nothing is left to replace, and a `$` is a `$`. Services whose profiles
//! are not active are left out, as `docker compose config` does. Beyond that, only that is lost which
//! the crate has no place for. The records are taken apart here field by field, so that each loss
//! shows as a `_`; by kind they are:
//!
//! - the top-level `configs` and `models`, and the service attributes that refer to them;
//! - service attributes that it does not know (`cpus`, `platform`, hooks and others), and the same
//!   within `build`, `deploy`, `ports`, `volumes` and `networks`;
//! - `x-*` below anything but the project and its services;
//! - `false` and `0` where it cannot tell them from nothing said (`init`, `scale`, `retries`);
//! - what its types cannot hold: ports above 65535, other pull policies than `always`, `never`,
//!   `missing` and `build`, IPAM pools without a subnet, a secret's name or labels beside its source.

mod deploy;
mod resource;
mod service;

use std::str::FromStr;

use docker_compose_types as types;
use indexmap::IndexMap;

use super::model::{Attribute, Extensions, Labels, Mapping, Names, Project, Strings};
use crate::{text::Spanned, yaml::Value};

impl From<&Project> for types::Compose {
    fn from(project: &Project) -> Self {
        let Project {
            name,
            directory: _,
            services,
            disabled_services: _,
            networks,
            volumes,
            secrets,
            configs: _,
            models: _,
            extensions: own,
            documents: _,
            inputs: _,
            secret_values: _,
            variables: _,
            variable_places: _,
        } = project;
        let entry = |(name, service): (&String, &Spanned<_>)| (name.clone(), Some(service::service(service)));
        let mut compose = types::Compose {
            name: Some(name.clone()),
            services: types::Services(services.iter().map(entry).collect()),
            networks: types::ComposeNetworks(settings(networks, resource::network)),
            volumes: types::TopLevelVolumes(settings(volumes, resource::volume)),
            secrets: resource::secrets(secrets),
            ..types::Compose::default()
        };
        extensions(own, &mut compose.extensions);
        compose
    }
}

/// Entries that may be without settings.
fn settings<T, U>(
    names: &Names<Option<Box<T>>>,
    convert: impl Fn(&T) -> U,
) -> IndexMap<String, types::MapOrEmpty<U>> {
    let entry = |(name, item): (&String, &Spanned<Option<Box<T>>>)| {
        let settings = item.value.as_deref().map(&convert);
        (name.clone(), settings.map_or(types::MapOrEmpty::Empty, types::MapOrEmpty::Map))
    };
    names.iter().map(entry).collect()
}

/// Extensions. Their type of values is deserialised into, for lack of a name by which to build it.
fn extensions<V: serde::de::DeserializeOwned>(own: &Extensions, target: &mut IndexMap<types::Extension, V>) {
    for (name, node) in own.iter() {
        if let (Ok(name), Ok(value)) =
            (types::Extension::from_str(name), serde_json::from_value(node.to_json()))
        {
            target.insert(name, value);
        }
    }
}

/// A value, if it is said.
fn value<T: Clone>(field: &Option<Spanned<T>>) -> Option<T> {
    field.as_ref().map(|field| field.value.clone())
}

/// A list; one that is not said is empty.
fn texts(field: &Option<Spanned<Strings>>) -> Vec<String> {
    optional_texts(field).unwrap_or_default()
}

fn optional_texts(field: &Option<Spanned<Strings>>) -> Option<Vec<String>> {
    field.as_ref().map(|field| field.value.iter().map(|item| item.value.clone()).collect())
}

/// A switch; one that is not said is off.
fn flag(field: &Option<Spanned<bool>>) -> bool {
    value(field).unwrap_or_default()
}

/// A size or a length of time as compose prints it.
fn printed<T: Attribute>(field: &Option<Spanned<T>>) -> Option<String> {
    match field.as_ref()?.value.write() {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn labels(field: &Option<Spanned<Labels>>) -> types::Labels {
    types::Labels::Map(pairs(field).unwrap_or_default())
}

fn pairs(field: &Option<Spanned<Labels>>) -> Option<IndexMap<String, String>> {
    let pair = |(name, value): (&String, &Spanned<String>)| (name.clone(), value.value.clone());
    field.as_ref().map(|field| field.value.iter().map(pair).collect())
}

/// Options and the like: texts that may be missing.
fn optional_values<T>(field: &Option<Spanned<Mapping<T>>>) -> IndexMap<String, Option<types::SingleValue>>
where
    T: Clone + Into<Option<String>>,
{
    let pair = |(name, item): (&String, &Spanned<T>)| {
        let text: Option<String> = item.value.clone().into();
        (name.clone(), text.map(types::SingleValue::String))
    };
    field.iter().flat_map(|field| field.value.iter()).map(pair).collect()
}

#[cfg(test)]
mod tests;
