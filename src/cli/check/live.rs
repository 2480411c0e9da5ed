//! The objects that a cluster has, read with `kubectl get`. Of Secrets, kubectl prints the keys alone.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde_json::{Value, json};

use super::external;
use crate::{
    disk::Disk,
    kustomize::build::Object,
    plan::{JOBS_LABEL, SERVICE_LABEL},
    text::{Sources, Span},
};

/// Kinds that make pods, by the names that kubectl has for them.
const WORKLOADS: &str = "deployments,statefulsets,daemonsets,cronjobs,jobs";

/// The same kinds, as objects name them.
const KINDS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"];

/// Prints a line for each Secret: its name and the names of its keys.
const KEYS: &str =
    "{{range .items}}{{.metadata.name}}{{range $key, $value := .data}} {{$key}}{{end}}{{\"\\n\"}}{{end}}";

/// How a cluster is reached.
#[derive(Debug, Clone)]
pub(super) struct Cluster<'a> {
    /// The path of kubectl.
    pub(super) kubectl: String,
    /// The context of its configuration; the current one if none is named.
    pub(super) context: Option<&'a str>,
    pub(super) disk: &'a Disk,
}

impl Cluster<'_> {
    /// What kubectl prints, or why it does not.
    pub(super) fn kubectl(&self, arguments: &[&str], input: &[u8]) -> Result<String, String> {
        let context: Vec<&str> = self.context.iter().flat_map(|context| ["--context", context]).collect();
        self.disk.run_program(&self.kubectl, &[&context, arguments].concat(), input)
    }

    /// The objects of the namespaces that some manifests are for, called as in these.
    pub(super) fn objects(
        &self,
        manifests: &[Object],
        is_own: bool,
        sources: &mut Sources,
    ) -> Result<Vec<Object>, String> {
        let mut documents = Vec::new();
        for namespace in namespaces(manifests) {
            documents.extend(self.of_namespace(namespace, is_own)?);
        }
        let text: String = documents.iter().map(|document| format!("---\n{document}\n")).collect();
        let read = external::objects(Utf8Path::new(""), text.as_bytes(), sources);
        let mut objects = read.map_err(|refusal| refusal.to_string())?;
        let names: BTreeMap<(&str, &str), &str> =
            manifests.iter().map(|object| (id(object), object.first_name.as_str())).collect();
        for object in &mut objects {
            if let Some(name) = names.get(&id(object)) {
                object.first_name = (*name).to_owned();
            }
            object.stand_at(Span::NOWHERE);
        }
        Ok(objects)
    }

    /// The objects of a namespace; of workloads those with the labels that kustompose writes, if they are its own.
    fn of_namespace(&self, namespace: Option<&str>, is_own: bool) -> Result<Vec<Value>, String> {
        let space: Vec<&str> = namespace.iter().flat_map(|namespace| ["--namespace", namespace]).collect();
        let get = |kinds: &str, more: &[&str]| {
            let arguments = [&["get", kinds, "--output", "json"], space.as_slice(), more].concat();
            self.kubectl(&arguments, b"").and_then(|text| items(&text))
        };
        let mut all: Vec<Value> = Vec::new();
        let labels: &[&[&str]] =
            if is_own { &[&["--selector", SERVICE_LABEL], &["--selector", JOBS_LABEL]] } else { &[&[]] };
        for label in labels {
            for object in get(WORKLOADS, label)? {
                let is_known = all.iter().any(|known| known["metadata"]["uid"] == object["metadata"]["uid"]);
                if !is_known && !is_owned(&object) {
                    all.push(object);
                }
            }
        }
        all.extend(get("services,configmaps", &[])?);
        let template = format!("go-template={KEYS}");
        let keys = [&["get", "secrets", "--output", &template], space.as_slice()].concat();
        // Who may not list Secrets takes them to be there.
        let keys = self.kubectl(&keys, b"").unwrap_or_default();
        all.extend(keys.lines().map(|line| secret(line, namespace)));
        Ok(all)
    }
}

/// The namespaces of some workloads; none stands for that of kubectl's configuration.
pub(super) fn namespaces(manifests: &[Object]) -> BTreeSet<Option<&str>> {
    let workloads = manifests.iter().filter(|object| KINDS.contains(&id(object).0));
    workloads.map(|object| object.node.get("metadata")?.get("namespace")?.as_str()).collect()
}

/// The kind and the name of an object.
pub(super) fn id(object: &Object) -> (&str, &str) {
    let kind = object.node.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default();
    let metadata = object.node.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or_default();
    (kind, name)
}

fn items(text: &str) -> Result<Vec<Value>, String> {
    let mut list: Value =
        serde_json::from_str(text).map_err(|error| format!("kubectl printed no JSON: {error}"))?;
    Ok(list["items"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

/// Another object made it: a Job of a CronJob.
fn is_owned(object: &Value) -> bool {
    object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty())
}

fn secret(line: &str, namespace: Option<&str>) -> Value {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let data: serde_json::Map<String, Value> = words.map(|key| (key.to_owned(), json!(""))).collect();
    let mut metadata = json!({"name": name});
    if let Some(namespace) = namespace {
        metadata["namespace"] = json!(namespace);
    }
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
}
