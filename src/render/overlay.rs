//! `overlays/<environment>/`: what is generated, what is the user's, and what git must not see.

use super::{generated, objects, text};
use crate::{
    k8s::{fields, name},
    kustomize::{Generator, Image, Kustomization, Owner, TreeFile, env_file},
    plan::{Plan, SecretBundle},
    yaml::emit::{self, Entry, Yaml},
};

pub(super) fn render(plan: &Plan, files: &mut Vec<TreeFile>) {
    let folder = format!("overlays/{}", plan.environment);
    let inner = Kustomization { resources: vec!["../../../base".to_owned()], ..Kustomization::default() };
    files.push(generated(
        format!("{folder}/generated/kustomization.yaml"),
        inner.to_text(&text::header(plan)),
    ));
    yours(plan, &folder, files);
    secrets(plan, &format!("{folder}/secrets"), files);
}

/// The outermost layer: written once, then the user's.
fn yours(plan: &Plan, folder: &str, files: &mut Vec<TreeFile>) {
    let images = plan.built_images.iter().map(|(name, tag)| Image { name: name.clone(), tag: tag.clone() });
    let mut outermost = Kustomization {
        namespace: Some(plan.namespace.clone()),
        resources: vec!["namespace.yaml".to_owned(), "generated".to_owned()],
        components: vec!["secrets".to_owned()],
        images: images.collect(),
        ..Kustomization::default()
    };
    if !plan.external_claims.is_empty() {
        let claims: Vec<Yaml> = plan.external_claims.iter().map(fields::ordered).map(Yaml::from).collect();
        let external = emit::documents(Some(text::EXTERNAL), &claims);
        files.push(TreeFile::new(format!("{folder}/external.yaml"), Owner::Yours, external));
        outermost.resources.push("external.yaml".to_owned());
    }
    let namespace = Yaml::map([
        ("apiVersion", Entry::new("v1")),
        ("kind", Entry::new("Namespace")),
        ("metadata", Entry::new(Yaml::map([("name", Entry::new(plan.namespace.as_str()))]))),
    ]);
    files.push(TreeFile::new(format!("{folder}/namespace.yaml"), Owner::Yours, emit::document(&namespace)));
    let text = outermost.to_text(text::YOURS);
    files.push(TreeFile::new(format!("{folder}/kustomization.yaml"), Owner::Yours, text));
}

/// A component of Secrets: its list and the examples are committed, the values are not.
fn secrets(plan: &Plan, folder: &str, files: &mut Vec<TreeFile>) {
    let mut component = Kustomization { is_component: true, ..Kustomization::default() };
    for bundle in &plan.secrets {
        component.secrets.push(secret(bundle, folder, files));
    }
    for workload in plan.apps.iter().flat_map(|app| &app.workloads) {
        if let Some(patch) = objects::concealed(workload) {
            let file = format!("{}.patch.yaml", workload.name);
            let text = emit::documents(Some(text::CONCEALED), &[Yaml::from(patch)]);
            files.push(generated(format!("{folder}/{file}.example"), objects::concealed_example(workload)));
            files.push(TreeFile::new(format!("{folder}/{file}"), Owner::Secret, text));
            component.patches.push(file);
        }
    }
    files.push(generated(format!("{folder}/kustomization.yaml"), component.to_text(&text::header(plan))));
}

fn secret(bundle: &SecretBundle, folder: &str, files: &mut Vec<TreeFile>) -> Generator {
    let mut generator = Generator::new(&bundle.name);
    let (lines, others) = env_file::write("", &bundle.variables);
    if let Some(lines) = lines {
        let file = format!("{}.env", bundle.name);
        let keys = lines.lines().filter_map(|line| line.split_once('='));
        let example: String = keys.map(|(key, _)| format!("{key}=\n")).collect();
        files.push(generated(format!("{folder}/{file}.example"), example));
        files.push(TreeFile::new(format!("{folder}/{file}"), Owner::Secret, lines));
        generator.envs.push(file);
    }
    let values = others.into_iter().map(|(key, value)| (key, value.as_bytes()));
    let contents = bundle.files.iter().map(|(key, content)| (key, content.as_slice()));
    for (key, content) in values.chain(contents) {
        // A Secret of one file is named for it; files of others could have the same name.
        let named = name::dns_label(key) == bundle.name;
        let file = if named { key.clone() } else { format!("{}.{key}", bundle.name) };
        files.push(generated(format!("{folder}/{file}.example"), ""));
        files.push(TreeFile::new(format!("{folder}/{file}"), Owner::Secret, content));
        generator.files.push(if file == *key { file } else { format!("{key}={file}") });
    }
    generator
}
