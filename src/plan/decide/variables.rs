//! The variables of a service, each with its value in the cluster and the place that sets it.

use std::collections::BTreeMap;

use crate::{
    compose::model::Service,
    plan::{
        facts::{Facts, KnownSecrets},
        model::{Known, Value, Variable},
    },
};

/// The variables that have a value. Hosts in them have the names that resolve in the cluster.
pub(super) fn decide_variables(
    facts: &Facts<'_>,
    service: &Service,
    secrets: &KnownSecrets,
) -> BTreeMap<String, Variable> {
    let is_complete = facts.context.known == Known::All;
    let hosts = facts.hosts.seen_by(service);
    let set = service.environment.iter().flat_map(|field| field.value.iter());
    set.filter_map(|(name, set)| {
        let text = set.value.as_deref()?;
        // Where files are missing, a variable that no other file sets is unknown, though the Compose file has a
        // default for it.
        let value = if !is_complete && set.is_unknown() {
            Value::Unknown
        } else {
            Value::Known(hosts.follow(name, text))
        };
        let variable = Variable {
            value,
            is_secret: secrets.is_secret(name),
            span: set.span,
            template: set.template.clone(),
        };
        Some((name.clone(), variable))
    })
    .collect()
}
