//! What things are called in the manifests that are there, so that they keep their names.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::{
    compose::dotenv,
    diag::Report,
    plan::Earlier,
    secret_files,
    text::{Files, Sources},
    yaml::parse,
};

/// The end of the names of files that hold the variables of a Secret.
const SECRETS: &str = "-secrets.env";

/// Reads the generated files of an output directory for the names in them.
pub(super) fn read(generated: &BTreeSet<Utf8PathBuf>, output: &Utf8Path, files: &dyn Files) -> Earlier {
    let mut earlier = Earlier::default();
    for path in generated {
        let parts: Vec<&str> = path.iter().collect();
        let text =
            || files.read(&output.join(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let group = match parts.as_slice() {
            ["base", file] => file.strip_suffix(".env"),
            _ => None,
        };
        let secret = match parts.as_slice() {
            ["overlays", _, "secrets", file] => {
                file.strip_suffix(secret_files::EXAMPLE).and_then(|file| file.strip_suffix(SECRETS))
            }
            _ => None,
        };
        if let Some(name) = group {
            earlier.groups.entry(name.to_owned()).or_default().extend(keys(&text().unwrap_or_default()));
        } else if let Some(name) = secret {
            earlier.secrets.entry(name.to_owned()).or_default().extend(keys(&text().unwrap_or_default()));
        } else if matches!(parts.as_slice(), ["overlays", _, "generated", "kustomization.yaml"]) {
            earlier.config_maps.extend(config_maps(&text().unwrap_or_default()));
        } else if matches!(parts.first(), Some(&"base" | &"components")) && path.extension() == Some("yaml") {
            let text = text().unwrap_or_default();
            earlier.config_maps.extend(config_maps(&text));
            earlier.apps.extend(text.split("\n---\n").filter_map(app));
            if text.contains("claimName:") || text.contains("volumeClaimTemplates:") {
                claims(path, text, &mut earlier);
            }
        }
    }
    earlier
}

/// The names of the variables in an env file.
fn keys(text: &str) -> Vec<String> {
    let parsed = dotenv::parse_raw(text, &|_| None).map(|parsed| parsed.variables).unwrap_or_default();
    parsed.into_iter().map(|variable| variable.name).collect()
}

/// The ConfigMaps that a kustomization makes of variables, as this program writes it.
fn config_maps(text: &str) -> impl Iterator<Item = String> {
    let names = text.lines().filter_map(|line| line.strip_prefix("- name: ")?.strip_suffix("-config"));
    names.map(str::to_owned)
}

/// The service of a workload, or of its Service, as this program writes it, and the app that it belongs to.
fn app(document: &str) -> Option<(String, String)> {
    let label = |key: &str| {
        let line = document.lines().find_map(|line| line.trim_start().strip_prefix(key))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    Some((label("kustompose.dev/service:")?, label("app.kubernetes.io/name:")?))
}

/// The claims that workloads of a file mount.
fn claims(path: &Utf8Path, text: String, earlier: &mut Earlier) {
    let mut sources = Sources::default();
    let id = sources.add(path, text);
    let documents = parse::documents(&sources, id, &mut Report::default()).unwrap_or_default();
    for workload in documents.iter().map(|document| document.to_json()) {
        let text = |value: &Value, pointer: &str| value.pointer(pointer)?.as_str().map(str::to_owned);
        let list =
            |pointer: &str| workload.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        let pods = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec"];
        let (Some(name), Some(pod)) =
            (text(&workload, "/metadata/name"), pods.iter().find(|pod| workload.pointer(pod).is_some()))
        else {
            continue;
        };
        let templates = list("/spec/volumeClaimTemplates");
        for mount in list(&format!("{pod}/containers/0/volumeMounts")) {
            let (Some(volume), Some(at)) = (text(&mount, "/name"), text(&mount, "/mountPath")) else {
                continue;
            };
            let is_it = |value: &&Value, pointer: &str| text(value, pointer).as_deref() == Some(&*volume);
            let volumes = list(&format!("{pod}/volumes"));
            let claim = volumes
                .iter()
                .find(|volume| is_it(volume, "/name"))
                .and_then(|volume| text(volume, "/persistentVolumeClaim/claimName"));
            let template = templates.iter().find(|template| is_it(template, "/metadata/name"));
            if let Some(claim) = claim.or_else(|| template.map(|_| volume.clone())) {
                earlier.claims.insert((name.clone(), at), claim);
            }
        }
    }
}
