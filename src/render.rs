//! A plan as files. Total: it cannot fail, decides nothing, and knows nothing of compose.

mod code_mounts;
mod defaults;
pub mod earlier;
mod elements;
mod external_secrets;
mod layer;
mod layers;
mod moving;
mod objects;
mod overlay;
mod patches;
mod policies;
mod production;
mod readme;
mod tags;
mod text;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use self::{
    defaults::Shared,
    earlier::Earlier,
    elements::Content,
    layer::{Directory, Generated, Layers},
    overlay::Extra,
    tags::Tags,
};
use crate::{
    kustomize::{Generator, Kustomization, Owner, Patch, Target, TreeFile, env_file},
    parallel,
    plan::{Development, Environment, Known, Plan, Wait},
    skaffold,
    yaml::emit::Yaml,
};

/// A plan as files.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    /// The files, relative to the output directory, by path.
    pub files: Vec<TreeFile>,
    /// Directories that stay as earlier runs wrote them.
    pub untouched: Vec<Utf8PathBuf>,
    /// Environments that would have to be kept and cannot be, each with the reason.
    pub misfits: Vec<(String, String)>,
}

/// The files of a plan. Of environments that are not known whole, nothing is written; the others come to
/// stand on a base that goes with what `earlier` runs wrote for these.
pub fn render(plan: &Plan, earlier: &Earlier) -> Rendered {
    let ignored = text::gitignore().to_owned() + &external_secrets::gitignore(plan);
    let mut files = vec![generated("README.md", readme::readme(plan)), generated(".gitignore", ignored)];
    let mut environments: Vec<elements::Elements> = plan.environments.iter().map(elements::of).collect();
    let is_kept = |environment: &Environment| environment.known != Known::All;
    for (index, environment) in plan.environments.iter().enumerate().filter(|(_, it)| is_kept(it)) {
        earlier.fill(&environment.name, environment.known, &mut environments, index);
    }
    let waits = layers::settle(&environments, &plan.waits);
    let shared = plan.shared.as_ref().map(elements::of);
    let layers = layers::divide(&environments, shared.as_ref(), &waits, earlier);
    base(plan, &waits, &layers, &mut files);
    let directories: Vec<_> = layers.directories.iter().filter(|(path, _)| *path != "base").collect();
    let written = parallel::map(&directories, |(path, directory)| write_app((plan, &waits), path, directory));
    files.extend(written.into_iter().flatten());
    code_mounts::render(plan, &mut files);
    let mut untouched = earlier.untouched(&layers, |index| plan.environments.get(index).is_some_and(is_kept));
    if let Some(development) = &plan.development {
        let path = development.root.join(skaffold::FILE_NAME);
        if plan.environments.get(development.environment).is_some_and(is_kept) {
            untouched.push(path);
        } else if let Some(text) = skaffold(plan, development) {
            files.push(TreeFile::new(path, Owner::Companion, text));
        }
    }
    for (index, overlay) in layers.overlays.iter().enumerate() {
        if let Some(environment) = plan.environments.get(index).filter(|it| !is_kept(it)) {
            let extra = Extra {
                code: code_mounts::component(plan, environment),
                objects: production::files(&plan.project, environment),
                labels: objects::common_labels(&plan.project),
                images: overlay::later_images(environment, earlier.outermost(&environment.name)),
            };
            overlay::render((environment, index, &extra), overlay, &layers, &waits, &mut files);
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let kept = plan.environments.iter().enumerate().filter(|(_, environment)| is_kept(environment));
    let misfit = |(index, environment): (usize, &Environment)| {
        let own = environments.get(index)?;
        let which = (environment.name.as_str(), index);
        Some((environment.name.clone(), earlier.misfit(which, &layers, own, &files, &untouched)?))
    };
    let misfits = kept.filter_map(misfit).collect();
    Rendered { files, untouched, misfits }
}

/// Kinds and names of the objects that an environment applies, but for ConfigMaps and Secrets.
pub fn object_names(project: &str, environment: &Environment) -> BTreeSet<(String, String)> {
    let elements = elements::of(environment);
    let extra = production::files(project, environment).into_iter().flat_map(|(_, objects)| objects);
    let extra = extra.map(|object| earlier::id(&object));
    elements.objects.into_iter().map(|object| object.id).chain(extra).collect()
}

fn skaffold(plan: &Plan, development: &Development) -> Option<String> {
    let origin = &plan.environments.get(development.environment)?.origin;
    skaffold::text(plan, development, &text::header_beside(origin))
}

fn generated(path: impl Into<Utf8PathBuf>, content: impl Into<Vec<u8>>) -> TreeFile {
    TreeFile::new(path, Owner::Generated, content)
}

/// `base/`: the apps of all environments, and what they share.
fn base(plan: &Plan, waits: &[Wait], layers: &Layers<'_>, files: &mut Vec<TreeFile>) {
    let apps = layers.directories.keys().filter_map(|path| path.strip_prefix("base/"));
    let mut kustomization = Kustomization {
        guards_client: true,
        resources: apps.map(str::to_owned).collect(),
        ..Kustomization::default()
    };
    for wait in waits {
        if let Some(app) = wait.home.strip_prefix("base/") {
            kustomization.patches.push(patch(&format!("{app}/{}", wait_file(waits, wait)), wait));
        }
    }
    let nothing = Directory::default();
    let shared = layers.directories.get("base").unwrap_or(&nothing);
    let origin = origin(plan, 0..plan.environments.len());
    write_directory("base", shared, kustomization, &origin, files);
}

/// A directory below `base/` or `components/`.
fn write_app((plan, waits): (&Plan, &[Wait]), path: &str, directory: &Directory<'_>) -> Vec<TreeFile> {
    let origin = origin(plan, directory.environments.iter().copied());
    let is_component = path.starts_with("components/");
    let mut kustomization = Kustomization { is_component, ..Kustomization::default() };
    let mut files = Vec::new();
    for wait in waits.iter().filter(|wait| wait.home == path) {
        let file = wait_file(waits, wait);
        files.push(generated(format!("{path}/{file}"), waiting(wait, &origin)));
        // What stands in the base is patched there: a directory reaches only what is below it.
        kustomization.patches.extend(is_component.then(|| patch(&file, wait)));
    }
    write_directory(path, directory, kustomization, &origin, &mut files);
    files
}

/// The file of a store by which others wait for it; stores of one image share a directory.
fn wait_file(waits: &[Wait], wait: &Wait) -> String {
    let alone = waits.iter().filter(|other| other.home == wait.home).count() == 1;
    if alone { "wait.yaml".to_owned() } else { format!("wait-{}.yaml", wait.host) }
}

/// One patch for all workloads that wait for a store.
fn patch(path: &str, wait: &Wait) -> Patch {
    let kinds = "Deployment|StatefulSet|DaemonSet|Job".to_owned();
    Patch { path: path.to_owned(), target: Some(Target::Label(kinds, Wait::label(&wait.host))) }
}

fn waiting(wait: &Wait, origin: &[String]) -> String {
    let header = format!(
        "{}\n\nUntil {} answers, nothing that carries its label starts.",
        text::header(origin),
        wait.host
    );
    text::documents(&header, vec![Yaml::from(objects::waiting(wait))])
}

/// The compose files that all of some environments are read from; if there are none, those of any.
fn origin(plan: &Plan, environments: impl Iterator<Item = usize> + Clone) -> Vec<String> {
    let files = || {
        environments
            .clone()
            .filter_map(|index| plan.environments.get(index))
            .map(|environment| &environment.origin)
    };
    let all: Vec<&String> = files().flatten().collect();
    let shared: Vec<&String> =
        all.iter().copied().filter(|file| files().all(|origin| origin.contains(file))).collect();
    let mut seen = BTreeSet::new();
    let chosen = if shared.is_empty() { all } else { shared };
    chosen.into_iter().filter(|file| seen.insert(*file)).cloned().collect()
}

/// A directory of objects and ConfigMaps, with its kustomization.
fn write_directory(
    path: &str,
    directory: &Directory<'_>,
    mut kustomization: Kustomization,
    origin: &[String],
    files: &mut Vec<TreeFile>,
) {
    let header = text::header(origin);
    let shared = Shared::of(path, directory);
    let tags = Tags::of(path, directory);
    for (file, objects) in &directory.objects {
        let documents: Vec<Yaml> = objects
            .iter()
            .map(|object| {
                let whole = tags.taken_out(&object.value);
                commented(shared.document(&whole), &object.comments)
            })
            .collect();
        files.push(generated(format!("{path}/{file}"), text::documents(&header, documents)));
        kustomization.resources.push(file.clone());
    }
    for (patch, content) in shared.patches(&header) {
        files.push(generated(format!("{path}/{}", patch.path), content));
        kustomization.patches.push(patch);
    }
    for config_map in &directory.config_maps {
        kustomization.config_maps.push(generator(config_map, path, origin, files));
    }
    kustomization.images = tags.entries();
    files.push(generated(format!("{path}/kustomization.yaml"), kustomization.to_text(&header)));
}

/// An object with what people should know of it above.
fn commented(object: Yaml, comments: &[String]) -> Yaml {
    let Yaml::Map(mut fields) = object else { return Yaml::Null };
    if let Some((_, first)) = fields.iter_mut().next() {
        first.above.extend(comments.iter().cloned());
    }
    Yaml::Map(fields)
}

/// A ConfigMap with the files that it is made of. Variables stand in an env file; those that do not fit in
/// a line have files of their own.
fn generator(
    config_map: &Generated,
    folder: &str,
    origin: &[String],
    files: &mut Vec<TreeFile>,
) -> Generator {
    let Generated { name, app, comment, merges, content } = config_map;
    // What it changes has the label already.
    let labels = if *merges { Vec::new() } else { vec![objects::name_label(app)] };
    let (comment, merges) = (comment.clone(), *merges);
    let mut generator = Generator { comment, merges, labels, ..Generator::new(name) };
    let mut copy = |key: &str, content: &[u8], files: &mut Vec<TreeFile>| {
        let path = format!("files/{name}/{key}");
        files.push(generated(format!("{folder}/{path}"), content));
        generator.files.push(path);
    };
    match content {
        Content::Variables(stem, variables) => {
            let (lines, others) = env_file::write(&text::env_header(origin), variables);
            for (key, value) in others {
                copy(key, value.as_bytes(), files);
            }
            if let Some(lines) = lines {
                let stem = if stem.is_empty() { name.strip_suffix("-config").unwrap_or(name) } else { stem };
                files.push(generated(format!("{folder}/{stem}.env"), lines));
                generator.envs.push(format!("{stem}.env"));
            }
        }
        Content::Files(contents) => {
            for (key, content) in contents {
                copy(key, content, files);
            }
        }
    }
    generator
}
