//! Kustomizations, and what they and plain manifests render to.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    Loader, Manifest, git,
    project::{LOCAL, is_template},
};
use crate::{
    k8s::versions::Version,
    kustomize::build::{Builder, Declared, Object, Refusal, RefusalKind, Uses},
    settings::EnvironmentSettings,
    text::{FileError, FileKind, Files, Sources, Span, clean},
    yaml::{Node, Value},
};

/// Everything that is rendered.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The kustomizations and components, by directory.
    pub trees: Vec<Tree>,
    /// What the outermost of them render to, and the plain manifests.
    pub renderings: Vec<Rendering>,
    /// Files and directories that a kustomization, or Skaffold, names.
    pub named: BTreeSet<Utf8PathBuf>,
    /// What came of the parts of kustomizations.
    pub uses: Uses,
}

/// A kustomization or a component.
#[derive(Debug)]
pub struct Tree {
    /// Its directory, absolute.
    pub directory: Utf8PathBuf,
    /// The file as it is written.
    pub document: Node,
    /// What it says, as far as that is known.
    pub declared: Declared,
}

/// What a kustomization that no other takes in renders to, or the manifests that no kustomization is above.
#[derive(Debug)]
pub struct Rendering {
    /// The directory of the kustomization.
    pub directory: Option<Utf8PathBuf>,
    /// The environment, by the name of the directory or by the settings.
    pub environment: Option<String>,
    /// Whether it runs on a developer's machine.
    pub is_local: bool,
    /// The cluster that the settings name.
    pub cluster: Option<Version>,
    /// The objects as a cluster gets them.
    pub objects: Vec<Object>,
    /// The same with names before digests, and with those that are not for the cluster.
    pub accumulated: Vec<Object>,
    /// The directories that it takes in, its own included.
    pub within: BTreeSet<Utf8PathBuf>,
    /// Whether everything was rendered.
    pub is_whole: bool,
    /// Why it cannot be rendered, and where.
    pub refusal: Option<(Refusal, Span)>,
}

/// Files of which some are missing on purpose: examples stand in their place, and nothing in that of ignored ones.
struct WithExamples<'a> {
    files: &'a dyn Files,
}

impl WithExamples<'_> {
    fn example(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let example = Utf8PathBuf::from(format!("{path}.example"));
        (self.files.kind(path).is_none() && self.files.kind(&example) == Some(FileKind::File))
            .then_some(example)
    }

    fn is_left_out(&self, path: &Utf8Path) -> bool {
        self.files.kind(path).is_none()
            && path.parent().is_some_and(|parent| self.files.kind(parent).is_some())
            && !matches!(path.file_name(), Some("kustomization.yaml" | "kustomization.yml" | "Kustomization"))
            && git::is_ignored(path, self.files)
    }
}

impl Files for WithExamples<'_> {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.example(path) {
            Some(example) => self.files.read(&example),
            None if self.is_left_out(path) => Ok(Vec::new()),
            None => self.files.read(path),
        }
    }

    fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        let stands_for = || self.example(path).is_some() || self.is_left_out(path);
        self.files.kind(path).or_else(|| stands_for().then_some(FileKind::File))
    }

    fn list(&self, path: &Utf8Path) -> Result<Vec<String>, FileError> {
        self.files.list(path)
    }

    fn resolve_links(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        if self.files.kind(path).is_some() {
            return self.files.resolve_links(path);
        }
        Some(self.files.resolve_links(path.parent()?)?.join(path.file_name()?))
    }
}

impl Loader<'_> {
    /// Renders what there is to render.
    pub(super) fn rendered(&mut self) {
        let files = WithExamples { files: self.files };
        let mut rendered = Rendered::default();
        let directories: Vec<Utf8PathBuf> =
            self.inputs.manifests.iter().filter(|it| it.is_kustomization()).filter_map(directory).collect();
        let mut by_root: BTreeMap<Utf8PathBuf, Vec<Utf8PathBuf>> = BTreeMap::new();
        for directory in directories {
            by_root.entry(self.root_of(&directory)).or_default().push(directory);
        }
        for (root, directories) in by_root {
            let builder = Builder::new(&root, &files, self.sources);
            let mut builder = builder.named_from(&self.request.directory).passing_over();
            let trees = trees(&directories, &self.inputs.manifests, &mut builder);
            let mut renderings = renderings(&trees, &mut builder);
            let uses = builder.uses().clone();
            renderings.iter_mut().for_each(|it| it.is_whole = it.within.is_disjoint(&uses.incomplete));
            rendered.uses.changes.extend(uses.changes);
            rendered.uses.incomplete.extend(uses.incomplete);
            rendered.trees.extend(trees);
            rendered.renderings.extend(renderings);
        }
        for rendering in &mut rendered.renderings {
            let directory = rendering.directory.clone().unwrap_or_default();
            let own = self.environment_of(&directory);
            let name = own.map(|it| it.name.value.clone()).or(directory.file_name().map(str::to_owned));
            let local = own.is_some_and(|it| it.cluster.local.is_some());
            rendering.is_local = local || name.as_deref().is_some_and(|name| LOCAL.contains(&name));
            rendering.cluster = own.and_then(|it| it.cluster.version());
            rendering.environment = name;
            if let Some((refusal, span)) = &mut rendering.refusal {
                *span = place(refusal, self.sources);
            }
        }
        rendered.named = self.named();
        rendered.renderings.extend(self.plain(&rendered.trees));
        self.inputs.rendered = rendered;
    }

    /// The directory below which a kustomization may take in others.
    fn root_of(&self, directory: &Utf8Path) -> Utf8PathBuf {
        let within = |root: &Utf8PathBuf| directory.starts_with(root);
        let asked = || self.request.paths.iter().find(|path| within(path)).cloned();
        let here = Some(self.request.directory.clone()).filter(within);
        let root = git::root(&directory.join("kustomization.yaml"), self.files).or(here).or_else(asked);
        root.unwrap_or_else(|| directory.parent().unwrap_or(directory).to_owned())
    }

    /// What the settings of the project around a directory say of the environment that it is the overlay of.
    fn environment_of(&self, directory: &Utf8Path) -> Option<&EnvironmentSettings> {
        let around = self.inputs.projects.iter().filter(|project| directory.starts_with(&project.directory));
        let project = around.max_by_key(|project| project.directory.as_str().len())?;
        project.settings.environments.iter().find(|environment| match &environment.overlay {
            Some(overlay) => clean(&project.directory.join(overlay.as_str())) == directory,
            None => directory.file_name() == Some(environment.name.as_str()),
        })
    }

    /// Whatever a kustomization or Skaffold names that is there.
    fn named(&self) -> BTreeSet<Utf8PathBuf> {
        let mut named = BTreeSet::new();
        for manifest in &self.inputs.manifests {
            let Some(directory) = directory(manifest) else { continue };
            let of_skaffold = |document: &&Node| {
                let version = document.get("apiVersion").and_then(Node::as_str);
                version.is_some_and(|version| version.starts_with("skaffold/"))
            };
            let documents = manifest.documents.iter();
            for document in documents.filter(|document| manifest.is_kustomization() || of_skaffold(document))
            {
                let mut texts = Vec::new();
                scalars(document, &mut texts);
                for text in texts {
                    let path = text.split_once('=').map_or(text, |(_, path)| path);
                    named.insert(clean(&directory.join(path)));
                    named.insert(clean(&directory.join(text)));
                }
            }
        }
        named
    }

    /// The manifests that no kustomization is above.
    fn plain(&self, trees: &[Tree]) -> Vec<Rendering> {
        let mut by_place: BTreeMap<bool, Vec<Object>> = BTreeMap::new();
        for manifest in self.inputs.manifests.iter().filter(|manifest| !manifest.is_kustomization()) {
            let path = &manifest.path;
            let is_above = |tree: &Tree| path.starts_with(&tree.directory);
            if trees.iter().any(is_above) || is_template(path.file_name().unwrap_or_default()) {
                continue;
            }
            let relative = path.strip_prefix(&self.request.directory).unwrap_or(path);
            let mut parts = relative.parent().into_iter().flat_map(Utf8Path::components);
            let is_local = parts.any(|part| LOCAL.contains(&part.as_str()));
            by_place.entry(is_local).or_default().extend(objects(manifest));
        }
        let is_whole = self.inputs.problems.is_empty() && self.inputs.manifests.iter().all(|it| it.is_whole);
        let rendering = |(is_local, objects): (bool, Vec<Object>)| Rendering {
            directory: None,
            environment: None,
            is_local,
            cluster: None,
            accumulated: Vec::new(),
            objects,
            within: BTreeSet::new(),
            is_whole,
            refusal: None,
        };
        by_place.into_iter().map(rendering).collect()
    }
}

fn directory(manifest: &Manifest) -> Option<Utf8PathBuf> {
    manifest.path.parent().map(Utf8Path::to_owned)
}

/// The objects of a file; a list stands for its items.
fn objects(manifest: &Manifest) -> Vec<Object> {
    let nodes = manifest.objects().flat_map(|node| match node.get("items").and_then(Node::as_seq) {
        Some(items) if node.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List")) => {
            items.iter().collect()
        }
        _ => vec![node],
    });
    let object = |node: &Node| {
        let name = node.get("metadata").and_then(|metadata| metadata.get("name")?.as_str());
        let first_name = name.unwrap_or_default().to_owned();
        Object { node: node.clone(), origin: node.span, first_name, removed: Vec::new() }
    };
    nodes.map(object).collect()
}

fn scalars<'n>(node: &'n Node, found: &mut Vec<&'n str>) {
    match &node.value {
        Value::String(text) if text.len() < 300 => found.push(text),
        Value::Seq(items) => items.iter().for_each(|item| scalars(item, found)),
        Value::Map(map) => map.values().for_each(|value| scalars(value, found)),
        _ => {}
    }
}

fn trees(directories: &[Utf8PathBuf], manifests: &[Manifest], builder: &mut Builder<'_>) -> Vec<Tree> {
    let tree = |directory: &Utf8PathBuf| {
        let of_directory = |manifest: &&Manifest| {
            manifest.is_kustomization() && manifest.path.parent() == Some(directory.as_path())
        };
        let document = manifests.iter().find(of_directory)?.documents.first()?.clone();
        let declared = builder.declared(directory).ok().flatten().unwrap_or_default();
        Some(Tree { directory: directory.clone(), document, declared })
    };
    directories.iter().filter_map(tree).collect()
}

/// Renders the kustomizations that no other takes in, and the first of each circle of them.
fn renderings(trees: &[Tree], builder: &mut Builder<'_>) -> Vec<Rendering> {
    let rendering = |tree: &Tree| {
        let built = builder.build(&tree.directory);
        let accumulated = builder.accumulated(&tree.directory).unwrap_or_default();
        let (objects, refusal) = match built {
            Ok(objects) => (Arc::unwrap_or_clone(objects), None),
            Err(refusal) => (Vec::new(), Some((refusal, tree.document.span))),
        };
        Rendering {
            directory: Some(tree.directory.clone()),
            environment: None,
            is_local: false,
            cluster: None,
            objects,
            accumulated,
            within: within(tree, trees),
            is_whole: true,
            refusal,
        }
    };
    outermost(trees).into_iter().map(rendering).collect()
}

/// The kustomizations that no other takes in. Of those that take in each other alone, the first.
fn outermost(trees: &[Tree]) -> Vec<&Tree> {
    let taken: BTreeSet<Utf8PathBuf> = trees.iter().flat_map(taken_in).collect();
    let (mut found, rest): (Vec<&Tree>, Vec<&Tree>) = trees
        .iter()
        .filter(|tree| !tree.declared.is_component)
        .partition(|tree| !taken.contains(&tree.directory));
    let mut reached: BTreeSet<Utf8PathBuf> = found.iter().flat_map(|tree| within(tree, trees)).collect();
    for tree in rest {
        if !reached.contains(&tree.directory) {
            reached.extend(within(tree, trees));
            found.push(tree);
        }
    }
    found
}

/// The directories that a kustomization names.
fn taken_in(tree: &Tree) -> Vec<Utf8PathBuf> {
    let named = tree.declared.resources.iter().chain(&tree.declared.components);
    named.map(|path| clean(&tree.directory.join(path.as_str()))).collect()
}

fn within(tree: &Tree, trees: &[Tree]) -> BTreeSet<Utf8PathBuf> {
    let mut found = BTreeSet::new();
    let mut pending = vec![tree.directory.clone()];
    while let Some(directory) = pending.pop() {
        let own = trees.iter().find(|tree| tree.directory == directory);
        if let Some(own) = own.filter(|_| found.insert(directory)) {
            pending.extend(taken_in(own));
        }
    }
    found
}

/// The place of a refusal as a span.
fn place(refusal: &Refusal, sources: &Sources) -> Span {
    let Some(place) = &refusal.place else { return Span::NOWHERE };
    let source = sources.iter().find(|(_, source)| source.path() == place.file);
    source.map_or(Span::NOWHERE, |(id, source)| {
        let start = source.line_start(place.line.saturating_sub(1));
        let line = source.line(place.line.saturating_sub(1)).trim_end();
        let indent = line.len() - line.trim_start().len();
        Span::new(id, start + indent, start + line.len())
    })
}

impl Rendering {
    /// Why it cannot be rendered, if kustomize itself cannot.
    pub fn failure(&self) -> Option<(&Refusal, Span)> {
        let (refusal, span) = self.refusal.as_ref()?;
        (!matches!(refusal.kind, RefusalKind::Unknown { .. })).then_some((refusal, *span))
    }
}
