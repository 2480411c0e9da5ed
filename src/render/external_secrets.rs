//! Secrets as objects of the [External Secrets Operator](https://external-secrets.io): they name the
//! values in a store, and the operator makes the Secrets of them.

use serde_json::{Value, json};

use super::{generated, text};
use crate::{
    kustomize::{Kustomization, TreeFile},
    plan::{Environment, ExternalSecrets, Plan, SecretBundle},
    yaml::emit::Yaml,
};

/// The file of the objects.
const FILE: &str = "external-secrets.yaml";

/// How often the operator looks for new values.
const REFRESH_INTERVAL: &str = "1h";

/// Above the objects, below the header.
const NOTE: &str = "\
The store has one secret for each of these, a JSON object of the keys. A new value changes no name:
restart what uses it, `kubectl rollout restart deployment`.";

/// An object for each Secret of the environment.
pub(super) fn render(
    (external, labels): (&ExternalSecrets, &[(String, String)]),
    environment: &Environment,
    folder: &str,
    component: &mut Kustomization,
    files: &mut Vec<TreeFile>,
) {
    if environment.secrets.is_empty() {
        return;
    }
    let objects: Vec<Yaml> =
        environment.secrets.iter().map(|bundle| Yaml::from(object(external, labels, bundle))).collect();
    let header = format!("{}\n{NOTE}", text::header(&environment.origin));
    files.push(generated(format!("{folder}/{FILE}"), text::documents(&header, objects)));
    component.resources.push(FILE.to_owned());
}

fn object(external: &ExternalSecrets, labels: &[(String, String)], bundle: &SecretBundle) -> Value {
    let labels: serde_json::Map<String, Value> =
        labels.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let remote = format!("{}-{}", external.prefix, bundle.name);
    let variables = bundle.variables.keys().map(|key| (key, true));
    let files = bundle.files.iter().map(|(key, content)| (key, std::str::from_utf8(content).is_ok()));
    let data: Vec<Value> = variables
        .chain(files)
        .map(|(key, is_text)| {
            let mut reference = json!({"key": remote, "property": key});
            if !is_text {
                // JSON holds text only.
                reference["decodingStrategy"] = json!("Base64");
            }
            json!({"secretKey": key, "remoteRef": reference})
        })
        .collect();
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": bundle.name, "labels": labels},
        "spec": {
            "refreshInterval": REFRESH_INTERVAL,
            "secretStoreRef": {"kind": external.store.kind, "name": external.store.name},
            "target": {"name": bundle.name},
            "data": data,
        },
    })
}

/// What git has to see of an environment with a store.
pub(super) fn gitignore(plan: &Plan) -> String {
    if has_store(plan) { format!("!overlays/*/secrets/{FILE}\n") } else { String::new() }
}

/// What people have to know of environments with a store.
pub(super) fn readme(plan: &Plan) -> String {
    let with_store = plan.environments.iter().filter(|environment| environment.external_secrets.is_some());
    let names: Vec<&str> = with_store.map(|environment| environment.name.as_str()).collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "
Not so in {}: there the External Secrets Operator takes the values from a store, as
`secrets/{FILE}` says. It needs the operator and the store in the cluster.
",
        names.join(", ")
    )
}

fn has_store(plan: &Plan) -> bool {
    plan.environments.iter().any(|environment| environment.external_secrets.is_some())
}
