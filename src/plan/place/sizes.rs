//! Objects that `kubectl apply` cannot write: it puts each one, as JSON, into an annotation of its own, and an API server
//! takes no more than this of all annotations of an object.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    diag::{Diagnostic, Report, codes},
    plan::{
        input::Input,
        model::{App, Environment, Kind},
    },
    text::Span,
};

/// What an API server takes of all annotations of an object, in bytes.
const LIMIT: usize = 262_144;
/// What an object has beside the parts that are counted: names, labels, other annotations.
const REST: usize = 2048;

/// Warns of objects that are too large, and notes which environments need another way to apply them.
pub(super) fn warn_of_large(environments: &mut [Environment], inputs: &[Input<'_>], report: &mut Report) {
    for (environment, input) in environments.iter_mut().zip(inputs) {
        let mut large: BTreeMap<String, (usize, Span)> = BTreeMap::new();
        for app in &environment.apps {
            let place = app
                .workloads
                .first()
                .map_or(Span::NOWHERE, |workload| input.project.place_of_service(&workload.key));
            let too_large = sizes(app).into_iter().filter(|(_, size)| *size > LIMIT);
            large.extend(too_large.map(|(object, size)| (object, (size, place))));
        }
        for secret in &environment.secrets {
            let size: usize =
                secret.files.iter().map(|(key, content)| key.len() + base64(content.len())).sum();
            if size + REST > LIMIT {
                large.insert(format!("Secret/{}", secret.name), (size + REST, Span::NOWHERE));
            }
        }
        environment.is_large = !large.is_empty();
        for (object, (size, place)) in large {
            report.push(diagnostic(&object, size, place));
        }
    }
}

/// The objects of an app with their sizes, as far as they can be large.
fn sizes(app: &App) -> Vec<(String, usize)> {
    let mut sizes = Vec::new();
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
    use crate::plan::model::{Bundle, FileBundle};

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
            let expected = vec![("ConfigMap/a-files".to_owned(), "key".len() + expected + REST)];
            assert_eq!(sizes(&app), expected, "{content:?}");
        }
    }
}
