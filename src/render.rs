//! A plan as files. Total: it cannot fail, decides nothing, and knows nothing of compose.

mod cronjobs;
mod objects;
mod overlay;
mod text;

use camino::Utf8PathBuf;

use crate::{
    k8s::fields,
    kustomize::{Generator, Kustomization, Owner, TreeFile, env_file},
    plan::{App, Bundle, FileBundle, Plan, Workload},
    yaml::emit::{self, Yaml},
};

/// The files of a plan, relative to the output directory, by path.
pub fn render(plan: &Plan) -> Vec<TreeFile> {
    let mut files =
        vec![generated("README.md", text::readme(plan)), generated(".gitignore", text::gitignore())];
    base(plan, &mut files);
    for app in &plan.apps {
        directory(plan, app, &mut files);
    }
    overlay::render(plan, &mut files);
    files.sort_by(|left, right| left.path.cmp(&right.path));
    files
}

fn generated(path: impl Into<Utf8PathBuf>, content: impl Into<Vec<u8>>) -> TreeFile {
    TreeFile::new(path, Owner::Generated, content)
}

/// `base/`: the apps, and what they share.
fn base(plan: &Plan, files: &mut Vec<TreeFile>) {
    let mut kustomization = Kustomization { guards_client: true, ..Kustomization::default() };
    kustomization.resources = plan.apps.iter().map(|app| app.name.clone()).collect();
    for claim in &plan.claims {
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        let file = format!("{name}.pvc.yaml");
        files.push(generated(format!("base/{file}"), objects_file(plan, vec![fields::ordered(claim)])));
        kustomization.resources.push(file);
    }
    for bundle in &plan.shared {
        let stem = bundle.name.strip_suffix("-config").unwrap_or(&bundle.name).to_owned();
        kustomization.config_maps.push(variables(plan, bundle, "base", &stem, files));
    }
    files.push(generated("base/kustomization.yaml", kustomization.to_text(&text::header(plan))));
}

/// `base/<app>/`: workloads, Services, variables, files and claims of one app.
fn directory(plan: &Plan, app: &App, files: &mut Vec<TreeFile>) {
    let folder = format!("base/{}", app.name);
    let mut kustomization = Kustomization::default();
    let mut add = |file: String, documents: Vec<Yaml>, files: &mut Vec<TreeFile>| {
        let text = text::documents(&text::header(plan), &documents);
        files.push(generated(format!("{folder}/{file}"), text));
        kustomization.resources.push(file);
    };
    for claim in &app.claims {
        let name = claim.metadata.name.as_deref().unwrap_or_default();
        add(format!("{name}.pvc.yaml"), vec![Yaml::from(fields::ordered(claim))], files);
    }
    for file in workload_files(app) {
        let workloads = app.workloads.iter().filter(|workload| workload.file == file);
        let documents =
            workloads.map(|workload| commented(objects::workload(app, workload), workload)).collect();
        add(file_name(&file).to_owned(), documents, files);
    }
    let services: Vec<Yaml> =
        app.workloads.iter().flat_map(|workload| objects::services(app, workload)).map(Yaml::from).collect();
    if !services.is_empty() {
        add("service.yaml".to_owned(), services, files);
    }
    for patch in cronjobs::patches(app, &text::header(plan)) {
        files.push(generated(format!("{folder}/{}", patch.file), patch.text));
        match patch.target {
            Some(target) => kustomization.selected_patches.push(target),
            None => kustomization.patches.push(patch.file),
        }
    }
    if !app.config.variables.is_empty() {
        kustomization.config_maps.push(variables(plan, &app.config, &folder, "config", files));
    }
    for bundle in &app.files {
        kustomization.config_maps.push(copied(bundle, &folder, files));
    }
    files.push(generated(format!("{folder}/kustomization.yaml"), kustomization.to_text(&text::header(plan))));
}

/// An object with what people should know of it above.
fn commented(object: serde_json::Value, workload: &Workload) -> Yaml {
    let Yaml::Map(mut fields) = Yaml::from(object) else { return Yaml::Null };
    if let Some((_, first)) = fields.iter_mut().next() {
        first.above.extend(workload.comments.iter().cloned());
    }
    Yaml::Map(fields)
}

/// The files that hold an app's workloads, each once, in the order of the workloads.
fn workload_files(app: &App) -> Vec<String> {
    let mut files: Vec<String> = Vec::new();
    for Workload { file, .. } in &app.workloads {
        if !files.contains(file) {
            files.push(file.clone());
        }
    }
    files
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Variables as an env file, and those that do not fit in a line as files of their own.
fn variables(plan: &Plan, bundle: &Bundle, folder: &str, stem: &str, files: &mut Vec<TreeFile>) -> Generator {
    let mut generator = Generator { comment: bundle.comment.clone(), ..Generator::new(&bundle.name) };
    let (lines, others) = env_file::write(&text::env_header(plan), &bundle.variables);
    if let Some(lines) = lines {
        files.push(generated(format!("{folder}/{stem}.env"), lines));
        generator.envs.push(format!("{stem}.env"));
    }
    for (key, value) in others {
        let path = format!("files/{}/{key}", bundle.name);
        files.push(generated(format!("{folder}/{path}"), value.as_str()));
        generator.files.push(path);
    }
    generator
}

/// Configuration files, copied as they are.
fn copied(bundle: &FileBundle, folder: &str, files: &mut Vec<TreeFile>) -> Generator {
    let mut generator = Generator::new(&bundle.name);
    for (key, content) in &bundle.files {
        let path = format!("files/{}/{key}", bundle.name);
        files.push(generated(format!("{folder}/{path}"), content.clone()));
        generator.files.push(path);
    }
    generator
}

fn objects_file(plan: &Plan, documents: Vec<serde_json::Value>) -> String {
    let documents: Vec<Yaml> = documents.into_iter().map(Yaml::from).collect();
    emit::documents(Some(&text::header(plan)), &documents)
}
