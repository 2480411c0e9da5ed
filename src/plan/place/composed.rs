//! Values that compose files put together of others, and that stay so: `mysql://$(DB_USER):$(DB_PASSWORD)@…`.
//!
//! Only what would otherwise be a secret for a part of it is worth that: the part then stands once, and what
//! surrounds it can be read. The container must have the parts as variables of its own.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::EnvVar;

use super::unplaced::{ByVariable, Unplaced};
use crate::{
    k8s::{expansion, name},
    plan::facts::KnownSecrets,
    secret,
    text::Part,
};

/// Takes out of the variables what is composed in every environment alike; the first `real` are those of the
/// project.
pub(super) fn compose_all(environments: &mut [Vec<Unplaced<'_>>], real: usize, found: &KnownSecrets) {
    let mut composed: ByVariable<'_, BTreeSet<Option<String>>> = ByVariable::new();
    for service in environments.iter().take(real).flatten() {
        let keys = service.variables.keys().filter(|key| name::is_list_key(key));
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
    // What the shared files give by themselves is what it is in all environments.
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
        for key in service.variables.keys().filter(|key| name::is_list_key(key)) {
            if let Some(alone) = service.variable_of_files(key) {
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

/// The variable of the container that has the name and the value of one of the files: an env file sets it, and another
/// value in that file is composed of it.
fn own_name<'a>(service: &Unplaced<'a>, name: &str, value: &str, key: &str) -> Option<&'a str> {
    let (own, _) =
        service.variables.get_key_value(name).filter(|_| name != key && name::is_list_key(name))?;
    (service.value(own)?.known() == Some(value)).then_some(*own)
}

/// The value with `$(NAME)` for the parts that the container has as variables.
fn compose(
    service: &Unplaced<'_>,
    key: &str,
    container: &PartsOfContainer<'_>,
    found: &KnownSecrets,
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
            Part::Variable { reference, .. } => {
                let own = || own_name(service, &reference.name, part.value(), key);
                container.named(&reference.name, part.value(), key).or_else(own)
            }
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
