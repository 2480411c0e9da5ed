//! The ConfigMaps and Secrets without which a pod does not start.

use std::collections::BTreeMap;

use super::{Context, items, supply::Kind, text};
use crate::{
    drift::fact::{Reference, Referred},
    yaml::{Node, Value},
};

/// The fields of variables and volumes that name an object; a volume names a Secret by a key of its own.
const FIELDS: &[(&str, Kind, &str)] = &[
    ("configMapRef", Kind::ConfigMap, "name"),
    ("secretRef", Kind::Secret, "name"),
    ("configMapKeyRef", Kind::ConfigMap, "name"),
    ("secretKeyRef", Kind::Secret, "name"),
    ("configMap", Kind::ConfigMap, "name"),
    ("secret", Kind::Secret, "secretName"),
    ("secret", Kind::Secret, "name"),
];

/// What a pod refers to, without what is optional.
pub(super) fn of(pod: Option<&Node>, context: &Context<'_>) -> BTreeMap<Reference, Referred> {
    let Some(pod) = pod else { return BTreeMap::new() };
    let containers = ["initContainers", "containers"].into_iter().flat_map(|key| items(pod, key));
    let variables = containers.flat_map(|container| {
        let single = items(container, "env").iter().filter_map(|variable| variable.get("valueFrom"));
        items(container, "envFrom").iter().chain(single)
    });
    let volumes = items(pod, "volumes").iter();
    let projected = volumes.clone().filter_map(|volume| volume.get("projected"));
    let sources = volumes.chain(projected.flat_map(|projected| items(projected, "sources")));
    let mut referred = BTreeMap::new();
    for source in variables.chain(sources) {
        for (field, kind, key) in FIELDS {
            let Some(reference) = source.get(field) else { continue };
            let Some(named) = reference.get(key).filter(|name| name.as_str().is_some()) else { continue };
            let is_optional = reference.get("optional").is_some_and(|it| it.value == Value::Bool(true));
            if !is_optional {
                let (name, made) = context.supplies.origin(*kind, text(reference, key), context.object);
                let reference = Reference { kind: kind.word(), name: name.to_owned() };
                referred.entry(reference).or_insert(Referred { span: named.span, made });
            }
        }
    }
    referred
}
