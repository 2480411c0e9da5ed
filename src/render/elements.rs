//! What one environment needs: objects and ConfigMaps, each with its place in the tree.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use serde_json::Value;

use super::objects;
use crate::{
    k8s::fields,
    parallel,
    plan::{App, Bundle, Environment, FileBundle, Known},
};

/// Everything that one environment applies, but for its Secrets.
#[derive(Debug, Default)]
pub(super) struct Elements {
    /// Whether the overlay is kept as earlier runs wrote it.
    pub(super) is_kept: bool,
    pub(super) objects: Vec<Object>,
    pub(super) config_maps: Vec<ConfigMap>,
}

/// An object and the file that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Kind and name, which no other object has.
    pub(super) id: (String, String),
    /// The directory of its file.
    pub(super) home: String,
    /// The name of its file.
    pub(super) file: String,
    /// What people should know of it.
    pub(super) comments: Vec<String>,
    pub(super) value: Value,
}

/// A ConfigMap that kustomize makes of files.
#[derive(Debug, Clone)]
pub(super) struct ConfigMap {
    pub(super) name: String,
    /// The directory of its files.
    pub(super) home: String,
    /// The app that it belongs to, or what several share.
    pub(super) app: String,
    /// Who uses it, for people.
    pub(super) comment: Option<String>,
    pub(super) content: Content,
}

/// What a ConfigMap holds, by key.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// Variables, in an env file of this name where they fit in a line.
    Variables(String, BTreeMap<String, String>),
    /// Files as they are.
    Files(BTreeMap<String, Vec<u8>>),
}

/// Everything that an environment applies.
pub(super) fn of(environment: &Environment) -> Elements {
    let mut elements = Elements { is_kept: environment.known != Known::All, ..Elements::default() };
    for claim in &environment.claims {
        elements.objects.push(claimed(claim, "base", claim.metadata.name.as_deref().unwrap_or_default()));
    }
    for bundle in &environment.shared {
        let stem = bundle.name.strip_suffix("-config").unwrap_or(&bundle.name);
        elements.config_maps.push(variables(bundle, ("base", stem), stem));
    }
    for own in parallel::map(&environment.apps, of_app) {
        elements.objects.extend(own.objects);
        elements.config_maps.extend(own.config_maps);
    }
    for object in &mut elements.objects {
        objects::serve(&mut object.value, environment.kubernetes);
    }
    elements
}

fn of_app(app: &App) -> Elements {
    let mut elements = Elements::default();
    for claim in &app.claims {
        elements.objects.push(claimed(claim, &app.home, &app.name));
    }
    for workload in &app.workloads {
        let (home, file) = workload.file.rsplit_once('/').unwrap_or((&app.home, &workload.file));
        let comments = workload.comments.clone();
        elements.objects.push(Object { comments, ..object(objects::workload(app, workload), home, file) });
        for service in &workload.services {
            let value = objects::service(app, workload, service);
            let comments = service.comment.iter().cloned().collect();
            elements.objects.push(Object { comments, ..object(value, home, "service.yaml") });
        }
        for further in &workload.further {
            let further_object = objects::named_for(further.object.clone(), &app.name);
            elements.objects.push(object(further_object, home, &further.file));
        }
    }
    if !app.config.variables.is_empty() {
        elements.config_maps.push(variables(&app.config, (&app.home, &app.name), "config"));
    }
    for FileBundle { name, files } in &app.files {
        elements.config_maps.push(ConfigMap {
            name: name.clone(),
            home: app.home.clone(),
            app: app.name.clone(),
            comment: None,
            content: Content::Files(files.clone()),
        });
    }
    elements
}

fn variables(bundle: &Bundle, (home, app): (&str, &str), stem: &str) -> ConfigMap {
    ConfigMap {
        name: bundle.name.clone(),
        home: home.to_owned(),
        app: app.to_owned(),
        comment: bundle.comment.clone(),
        content: Content::Variables(stem.to_owned(), bundle.variables.clone()),
    }
}

fn claimed(claim: &PersistentVolumeClaim, home: &str, app: &str) -> Object {
    let file = format!("{}.pvc.yaml", claim.metadata.name.as_deref().unwrap_or_default());
    let mut claim = claim.clone();
    claim.metadata.labels.get_or_insert_default().extend([objects::name_label(app)]);
    object(fields::ordered(&claim), home, &file)
}

fn object(value: Value, home: &str, file: &str) -> Object {
    let text = |pointer| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Object {
        id: (text("/kind"), text("/metadata/name")),
        home: home.to_owned(),
        file: file.to_owned(),
        comments: Vec::new(),
        value,
    }
}
