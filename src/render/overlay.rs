//! `overlays/<environment>/`: what is generated, what is the user's, and what git must not see.

use serde_json::Value;

use super::{
    external_secrets, generated, generator,
    layer::{Layers, Overlay},
    objects, patches, text,
};
use crate::{
    k8s::{fields, name},
    kustomize::{
        Generator, Image, Kustomization, Owner, Patch, TreeFile, env_file, outermost::Outermost,
        places::PATCH,
    },
    plan::{self, Environment, SecretBundle, Wait},
    yaml::emit::{self, Entry, Yaml},
};

/// What an overlay has beside what its environment changes.
pub(super) struct Extra {
    /// The component that mounts source code.
    pub(super) code: Option<String>,
    /// Objects of its own, by file.
    pub(super) objects: Vec<(&'static str, Vec<Value>)>,
    /// The labels of all its objects.
    pub(super) labels: Vec<(String, String)>,
    /// Images that the outermost layer, once it is the user's, does not name.
    pub(super) images: Vec<Image>,
}

/// The images of an environment that a layer of the user does not name: they came later.
pub(super) fn later_images(environment: &Environment, outermost: Option<&Outermost>) -> Vec<Image> {
    let Some(outermost) = outermost else { return Vec::new() };
    let later = environment.images.iter().filter(|(name, _)| !outermost.images.contains_key(*name));
    later.map(|(name, target)| image(name, target)).collect()
}

/// The files of one environment; `index` is its position in the plan.
pub(super) fn render(
    (environment, index, extra): (&Environment, usize, &Extra),
    overlay: &Overlay,
    layers: &Layers<'_>,
    waits: &[Wait],
    files: &mut Vec<TreeFile>,
) {
    let folder = format!("overlays/{}", environment.name);
    changes((environment, index, extra), overlay, layers, waits, &format!("{folder}/generated"), files);
    yours(environment, &folder, &extra.labels, files);
    secrets(environment, &format!("{folder}/secrets"), &extra.labels, files);
}

/// What the environment adds to the base and changes in it.
fn changes(
    (environment, index, extra): (&Environment, usize, &Extra),
    overlay: &Overlay,
    layers: &Layers<'_>,
    waits: &[Wait],
    folder: &str,
    files: &mut Vec<TreeFile>,
) {
    let components = layers.directories.iter().filter(|(path, directory)| {
        path.starts_with("components/") && directory.environments.contains(&index)
    });
    // Stores come last: their patches reach the workloads of the components before them.
    let is_store = |path: &String| waits.iter().any(|wait| wait.home == *path);
    let (stores, others): (Vec<&String>, Vec<&String>) =
        components.map(|(path, _)| path).partition(|path| is_store(path));
    let header = text::header(&environment.origin);
    let mut kustomization = Kustomization {
        resources: vec!["../../../base".to_owned()],
        components: others
            .into_iter()
            .chain(stores)
            .chain(&extra.code)
            .map(|path| format!("../../../{path}"))
            .collect(),
        labels: extra.labels.clone(),
        images: extra.images.clone(),
        ..Kustomization::default()
    };
    for (file, objects) in &extra.objects {
        let documents: Vec<Yaml> = objects.iter().cloned().map(Yaml::from).collect();
        files.push(generated(format!("{folder}/{file}"), text::documents(&header, documents)));
        kustomization.resources.push((*file).to_owned());
    }
    for config_map in &overlay.config_maps {
        kustomization.config_maps.push(generator(config_map, folder, &environment.origin, files));
    }
    for (patch, content) in patches::files(&overlay.patches, &environment.name, &header) {
        files.push(generated(format!("{folder}/{}", patch.path), content));
        kustomization.patches.push(patch);
    }
    files.push(generated(format!("{folder}/kustomization.yaml"), kustomization.to_text(&header)));
}

/// The outermost layer: written once, then the user's.
fn yours(environment: &Environment, folder: &str, labels: &[(String, String)], files: &mut Vec<TreeFile>) {
    let images = environment.images.iter();
    let mut outermost = Kustomization {
        namespace: Some(environment.namespace.clone()),
        resources: vec!["namespace.yaml".to_owned(), "generated".to_owned()],
        components: vec!["secrets".to_owned()],
        images: images.map(|(name, target)| image(name, target)).collect(),
        ..Kustomization::default()
    };
    if !environment.external_claims.is_empty() {
        let claims: Vec<Yaml> =
            environment.external_claims.iter().map(fields::ordered).map(Yaml::from).collect();
        let external = text::documents(text::EXTERNAL, claims);
        files.push(TreeFile::new(format!("{folder}/external.yaml"), Owner::Yours, external));
        outermost.resources.push("external.yaml".to_owned());
    }
    let namespace = Yaml::map([
        ("apiVersion", Entry::new("v1")),
        ("kind", Entry::new("Namespace")),
        (
            "metadata",
            Entry::new(Yaml::map([
                ("name", Entry::new(environment.namespace.as_str())),
                ("labels", Entry::new(Yaml::map(of_project(labels)))),
            ])),
        ),
    ]);
    files.push(TreeFile::new(format!("{folder}/namespace.yaml"), Owner::Yours, emit::document(&namespace)));
    let text = outermost.to_text(text::YOURS);
    files.push(TreeFile::new(format!("{folder}/kustomization.yaml"), Owner::Yours, text));
}

/// The labels of what belongs to the project as a whole.
fn of_project(labels: &[(String, String)]) -> Vec<(String, String)> {
    let project = labels.last().map(|(_, project)| objects::name_label(project));
    let mut labels = labels.to_vec();
    labels.extend(project);
    labels.sort();
    labels
}

fn image(name: &str, target: &plan::Image) -> Image {
    let plan::Image { name: new_name, tag, digest } = target;
    // An image without a tag is its latest: said, so that a pipeline finds what to replace.
    let tag = tag.clone().unwrap_or_else(|| "latest".to_owned());
    Image {
        name: name.to_owned(),
        new_name: Some(new_name.clone()).filter(|new_name| new_name != name),
        tag: Some(tag).filter(|_| digest.is_none()),
        digest: digest.clone(),
    }
}

/// A component of Secrets: its list and the examples are committed, the values are not.
fn secrets(environment: &Environment, folder: &str, labels: &[(String, String)], files: &mut Vec<TreeFile>) {
    let mut component = Kustomization { is_component: true, ..Kustomization::default() };
    let labels = of_project(labels);
    if let Some(external) = &environment.external_secrets {
        external_secrets::render((external, &labels), environment, folder, &mut component, files);
    } else {
        if !environment.secrets.is_empty() {
            component.generator_labels = labels;
        }
        for bundle in &environment.secrets {
            component.secrets.push(secret(bundle, folder, files));
        }
    }
    for workload in environment.apps.iter().flat_map(|app| &app.workloads) {
        if let Some(patch) = objects::concealed(workload, environment.kubernetes) {
            let path = format!("{}{PATCH}", workload.name);
            let text = text::patch(text::CONCEALED, Yaml::from(patch));
            let example = objects::concealed_example(workload, environment.kubernetes);
            files.push(generated(format!("{folder}/{path}.example"), example));
            files.push(TreeFile::new(format!("{folder}/{path}"), Owner::Secret, text));
            component.patches.push(Patch { path, target: None });
        }
    }
    let header = text::header(&environment.origin);
    files.push(generated(format!("{folder}/kustomization.yaml"), component.to_text(&header)));
}

fn secret(bundle: &SecretBundle, folder: &str, files: &mut Vec<TreeFile>) -> Generator {
    let mut generator = Generator::new(&bundle.name);
    let (lines, others) = env_file::write("", &bundle.variables);
    if let Some(lines) = lines {
        let file = format!("{}.env", bundle.name);
        let keys = lines.lines().filter_map(|line| line.split_once('='));
        let example: String = keys.map(|(key, _)| format!("{key}=\n")).collect();
        files.push(generated(format!("{folder}/{file}.example"), example));
        let lines = env_file::SECRET_HEADER.to_owned() + &lines;
        files.push(TreeFile::new(format!("{folder}/{file}"), Owner::Secret, lines));
        generator.envs.push(file);
    }
    let values = others.into_iter().map(|(key, value)| (key, value.as_bytes()));
    let contents = bundle.files.iter().map(|(key, content)| (key, content.as_slice()));
    for (key, content) in values.chain(contents) {
        // A Secret of one file is named for it; files of others could have the same name.
        let named = name::dns_label(key) == bundle.name;
        let mut file = if named { key.clone() } else { format!("{}.{key}", bundle.name) };
        // Examples are in git, and beside the files that they are of.
        if file.ends_with(".example") {
            file.push_str(".file");
        }
        files.push(generated(format!("{folder}/{file}.example"), ""));
        files.push(TreeFile::new(format!("{folder}/{file}"), Owner::Secret, content));
        generator.files.push(if file == *key { file } else { format!("{key}={file}") });
    }
    generator
}
