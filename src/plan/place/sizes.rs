//! Objects that `kubectl apply` cannot write: it puts each one, as JSON, into an annotation of its own, and an API server
//! takes no more than this of all annotations of an object.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;
use serde::Serialize;

use crate::{
    diag::{Diagnostic, Report, codes},
    plan::{
        input::Input,
        model::{App, Bundle, Environment, Kind, Workload},
    },
    text::Span,
};

/// What an API server takes of all annotations of an object, in bytes.
const LIMIT: usize = 262_144;
/// What an object has beside the parts that are counted: names, labels, other annotations.
const REST: usize = 2048;
/// What an entry has around its key in JSON: quotes, a colon, a comma.
const ENTRY: usize = 4;

/// Warns of objects that are too large, and notes which environments need another way to apply them.
pub(super) fn warn_of_large(environments: &mut [Environment], inputs: &[Input<'_>], report: &mut Report) {
    for (environment, input) in environments.iter_mut().zip(inputs) {
        let mut large: BTreeMap<String, (usize, Span)> = BTreeMap::new();
        let place = |workload: Option<&Workload>| {
            workload.map_or(Span::NOWHERE, |it| input.project.place_of_service(&it.key))
        };
        for app in &environment.apps {
            let too_large = sizes(app).into_iter().filter(|(_, size)| *size > LIMIT);
            large.extend(too_large.map(|(object, size)| (object, (size, place(app.workloads.first())))));
        }
        for bundle in &environment.shared {
            let size = size_of_variables(bundle);
            if size > LIMIT {
                large.insert(format!("ConfigMap/{}", bundle.name), (size, Span::NOWHERE));
            }
        }
        for secret in &environment.secrets {
            let variables = secret.variables.iter().map(|(key, value)| key.len() + base64(value.len()));
            let files = secret.files.iter().map(|(key, content)| key.len() + base64(content.len()));
            let size = variables.chain(files).sum::<usize>() + REST;
            if size > LIMIT {
                let mut workloads = environment.apps.iter().flat_map(|app| &app.workloads);
                let reader = workloads.find(|workload| reads(&workload.pod, &secret.name));
                large.insert(format!("Secret/{}", secret.name), (size, place(reader)));
            }
        }
        environment.is_large = !large.is_empty();
        for (object, (size, place)) in large {
            report.push(diagnostic(&object, size, place));
        }
    }
}

/// Whether a pod takes files or variables from a Secret.
fn reads(pod: &PodSpec, name: &str) -> bool {
    let is_named = |wanted: &str| wanted == name;
    let of_volumes = pod.volumes.iter().flatten().any(|volume| {
        let own = volume.secret.as_ref().and_then(|secret| secret.secret_name.as_deref());
        let projected = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        own.is_some_and(is_named)
            || projected.filter_map(|source| source.secret.as_ref()).any(|secret| is_named(&secret.name))
    });
    let mut containers = pod.init_containers.iter().flatten().chain(&pod.containers);
    of_volumes
        || containers.any(|container| {
            let sources = container.env_from.iter().flatten();
            sources.filter_map(|source| source.secret_ref.as_ref()).any(|secret| is_named(&secret.name))
        })
}

/// The size of a ConfigMap of variables.
fn size_of_variables(bundle: &Bundle) -> usize {
    bundle.variables.iter().map(|(key, value)| key.len() + length(value) + ENTRY).sum::<usize>() + REST
}

/// The objects of an app with their sizes, as far as they can be large.
fn sizes(app: &App) -> Vec<(String, usize)> {
    let mut sizes = vec![(format!("ConfigMap/{}", app.config.name), size_of_variables(&app.config))];
    for bundle in &app.files {
        let files = bundle.files.iter().map(|(key, content)| {
            let text = std::str::from_utf8(content).ok();
            key.len() + text.map_or_else(|| base64(content.len()), length)
        });
        sizes.push((format!("ConfigMap/{}", bundle.name), files.sum::<usize>() + REST));
    }
    for workload in &app.workloads {
        let kind = match workload.kind {
            Kind::Deployment { .. } => "Deployment",
            Kind::StatefulSet { .. } => "StatefulSet",
            Kind::DaemonSet => "DaemonSet",
            Kind::Job { .. } => "Job",
            Kind::CronJob { .. } => "CronJob",
        };
        sizes.push((format!("{kind}/{}", workload.name), length(&workload.pod) + REST));
        for service in &workload.services {
            sizes.push((format!("Service/{}", service.name), length(&service.ports) + REST));
        }
    }
    sizes
}

/// The length of a value as JSON.
fn length<T: Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

fn base64(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

fn diagnostic(object: &str, size: usize, place: Span) -> Diagnostic {
    let message = format!("`{object}` is too large for `kubectl apply`: {size} bytes of {LIMIT}");
    Diagnostic::warning(codes::LARGE_OBJECT, message)
        .at(place, "it belongs to this service")
        .help("use `kubectl apply --server-side -k`, as the README of the manifests does, or make it smaller")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::model::FileBundle;

    #[test]
    fn files_have_the_size_that_they_have_in_json() {
        for (content, expected) in
            [(b"0123456789".to_vec(), 12), (b"\"\"\n".to_vec(), 8), (vec![7; 3], 20), (vec![0xff; 4], 8)]
        {
            let files = BTreeMap::from([("key".to_owned(), content.clone())]);
            let app = App {
                name: "a".to_owned(),
                home: "base/a".to_owned(),
                workloads: Vec::new(),
                config: Bundle::default(),
                files: vec![FileBundle { name: "a-files".to_owned(), files }],
                claims: Vec::new(),
            };
            let expected = ("ConfigMap/a-files".to_owned(), "key".len() + expected + REST);
            assert!(sizes(&app).contains(&expected), "{content:?}");
        }
    }

    #[test]
    fn variables_have_the_size_that_they_have_in_json() {
        let variables = BTreeMap::from([("KEY".to_owned(), "a\"b".to_owned())]);
        let bundle = Bundle { name: "a-config".to_owned(), comment: None, variables };
        assert_eq!(size_of_variables(&bundle), "\"KEY\":\"a\\\"b\",".len() + REST);
    }
}
