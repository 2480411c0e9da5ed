//! The order in which people write the fields of objects, and the fields that say nothing.
//!
//! `k8s-openapi` writes fields by the alphabet, so that `command` stands above the `name` of its
//! container, and writes empty collections.

use std::{collections::HashMap, sync::LazyLock};

use serde::Serialize;
use serde_json::{Map, Value};

/// Fields that come first, in this order; all others follow by the alphabet.
const FIRST: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "labels",
    "annotations",
    "serviceName",
    "scaleTargetRef",
    "minReplicas",
    "maxReplicas",
    "schedule",
    "timeZone",
    "startingDeadlineSeconds",
    "concurrencyPolicy",
    "successfulJobsHistoryLimit",
    "failedJobsHistoryLimit",
    "scaleTargetRef",
    "replicas",
    "minReplicas",
    "maxReplicas",
    "strategy",
    "updateStrategy",
    "selector",
    "podSelector",
    "policyTypes",
    "clusterIP",
    "type",
    "initContainers",
    "containers",
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "workingDir",
    "envFrom",
    "env",
    "value",
    "valueFrom",
    "accessModes",
    "storageClassName",
    "key",
    "path",
    "pathType",
    "ports",
    "port",
    "scheme",
    "containerPort",
    "targetPort",
    "protocol",
    "startupProbe",
    "readinessProbe",
    "livenessProbe",
    "exec",
    "httpGet",
    "tcpSocket",
    "periodSeconds",
    "timeoutSeconds",
    "failureThreshold",
    "lifecycle",
    "resources",
    "requests",
    "limits",
    "backoffLimit",
    "mountPath",
    "subPath",
    "readOnly",
    "mode",
];

/// Fields that come last, in this order.
const LAST: &[&str] = &[
    "securityContext",
    "volumeMounts",
    "volumes",
    "volumeClaimTemplates",
    "jobTemplate",
    "template",
    "spec",
    "data",
    "stringData",
];

/// Fields that say something even when they are empty.
const KEPT_EMPTY: &[&str] = &["emptyDir", "value", "command", "args", "namespaceSelector"];

/// An object as people would write it. An object that cannot be a JSON value does not exist.
pub fn ordered<T: Serialize>(object: &T) -> Value {
    arranged(serde_json::to_value(object).unwrap_or(Value::Null))
}

fn arranged(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(arranged).collect()),
        Value::Object(fields) => {
            let mut fields: Vec<(usize, String, Value)> = fields
                .into_iter()
                .map(|(name, value)| (rank(&name), name, arranged(value)))
                .filter(|(_, name, value)| !is_empty(value) || KEPT_EMPTY.contains(&name.as_str()))
                .collect();
            fields.sort_by(|(left, name, _), (right, other, _)| (left, name).cmp(&(right, other)));
            Value::Object(fields.into_iter().map(|(_, name, value)| (name, value)).collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}

/// The places of the fields that have one.
static RANKS: LazyLock<HashMap<&str, usize, foldhash::fast::RandomState>> = LazyLock::new(|| {
    let last = LAST.iter().zip(FIRST.len() + 1..);
    // Of a field that is in a list twice, the first place counts.
    let first = FIRST.iter().enumerate().rev().map(|(rank, field)| (field, rank));
    last.chain(first).map(|(field, rank)| (*field, rank)).collect()
});

fn rank(field: &str) -> usize {
    RANKS.get(field).copied().unwrap_or(FIRST.len())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_begin_with_the_name() {
        let container =
            serde_json::json!({"command": [], "env": [], "image": "x", "name": "a", "volumeMounts": [1]});
        let text = serde_json::to_string(&arranged(container)).unwrap();
        assert_eq!(text, r#"{"name":"a","image":"x","command":[],"volumeMounts":[1]}"#);
    }
}
