//! What the manifests on the disk render to. Planning needs none of it, so that both go on at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::{
        environments::{Loaded, LoadedEnvironment},
        manifests::{Examples, Manifests},
    },
    disk::Disk,
    drift::{self, Facts, Owners, Reading},
    kustomize::build::{Builder, Finished, Object, Parsed, Refusal},
    secret_files,
    text::{Files, Remembered, Sources, Span, clean},
};

/// The objects of one environment in one state, or why there are none.
pub(super) type Outcome = Result<Arc<Vec<Object>>, Refusal>;

/// The objects of one state by environment.
pub(super) type Rendered = BTreeMap<String, Outcome>;

/// The overlays of environments, each with the name of its environment.
pub(super) type Overlays = Vec<(String, Utf8PathBuf)>;

/// What the manifests on the disk render to.
#[derive(Default)]
pub(super) struct Early {
    /// What a cluster would get, as far as the built-in kustomize renders it.
    pub(super) cluster: Rendered,
    /// What is known of it.
    pub(super) known: KnownParts,
}

/// What was rendered, for builds of files that are mostly the same.
#[derive(Default)]
pub(super) struct KnownParts {
    /// What became of the directories with the values of secrets.
    with_values: Option<Finished>,
    /// What became of those that kustompose writes with the examples in their place.
    with_examples: Option<Finished>,
    parsed: Parsed,
    /// What some objects say.
    facts: Vec<(Arc<Vec<Object>>, Facts)>,
}

/// What is to be rendered.
pub(super) struct Rendering {
    overlays: Overlays,
    /// Those that kustompose writes.
    own: Overlays,
    place: Place,
    disk: Disk,
}

/// Where a project and its manifests are.
pub(super) struct Place {
    pub(super) directory: Utf8PathBuf,
    pub(super) output: Utf8PathBuf,
}

impl Place {
    /// The path within the manifests of a file that is named from the project, if it is one of them.
    pub(super) fn of_manifests(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let shown = self.output.strip_prefix(&self.directory).unwrap_or(&self.output);
        path.strip_prefix(shown).map(Utf8Path::to_owned).ok()
    }

    /// Whether something stands in a file of secret values.
    pub(super) fn is_secret(&self, span: Span, sources: &Sources) -> bool {
        self.of_manifests(sources.get(span.source).path()).is_some_and(|path| secret_files::is_value(&path))
    }
}

impl Rendering {
    /// The overlays of the environments with these names; kustompose writes those without a path of their own, if it
    /// writes any.
    pub(super) fn new(
        loaded: &Loaded,
        chosen: &BTreeSet<String>,
        writes: bool,
        directory: &Utf8Path,
        disk: &Disk,
    ) -> Self {
        let chosen = || loaded.environments.iter().filter(|own| chosen.contains(&own.name));
        let named = |own: &LoadedEnvironment| (own.name.clone(), place_of(own, loaded, directory));
        Self {
            overlays: chosen().map(named).collect(),
            own: chosen().filter(|own| writes && own.overlay.is_none()).map(named).collect(),
            place: Place { directory: directory.to_owned(), output: loaded.output.clone() },
            disk: disk.clone(),
        }
    }

    /// Renders them.
    pub(super) fn run(self, sources: &mut Sources) -> Early {
        let Self { overlays, own, place, disk } = self;
        let files = Remembered::new(&disk);
        let mut known = KnownParts::default();
        let manifests = on_disk(&files, &place.output, Examples::WhereMissing);
        let mut builder = Builder::new(&place.directory, &manifests, sources).sharing(&known.parsed);
        let is_own = |name: &String| own.iter().any(|(own, _)| own == name);
        // Other manifests can be a directory without a kustomization.
        let cluster = overlays.iter().map(|(name, path)| {
            let objects = if is_own(name) { builder.build(path) } else { builder.manifests(path) };
            (name.clone(), objects)
        });
        let cluster: Rendered = cluster.collect();
        known.with_values = Some(builder.finish());
        // What the last run wrote is this, unless people have edited it.
        let examples = on_disk(&files, &place.output, Examples::Always);
        let builder = Builder::new(&place.directory, &examples, sources);
        let mut builder = known.with_values(builder, &manifests);
        let written = build(&own, &mut builder);
        known.with_examples = Some(builder.finish());
        let of_own = own.iter().filter_map(|(name, _)| cluster.get(name)).chain(written.values());
        let is_secret = |span: Span| place.is_secret(span, sources);
        let reading = Reading { owners: Owners::Own, is_secret: &is_secret };
        let facts = |objects: &Arc<Vec<Object>>| (Arc::clone(objects), drift::facts(objects, &reading));
        known.facts = of_own.flatten().map(facts).collect();
        Early { cluster, known }
    }
}

impl KnownParts {
    /// A build of files that are mostly those on the disk, `files`.
    pub(super) fn with_values<'b>(&'b self, builder: Builder<'b>, files: &dyn Files) -> Builder<'b> {
        self.continued(builder, self.with_values.as_ref(), files)
    }

    /// A build of files that are mostly those on the disk with examples for secret values, `files`.
    pub(super) fn with_examples<'b>(&'b self, builder: Builder<'b>, files: &dyn Files) -> Builder<'b> {
        self.continued(builder, self.with_examples.as_ref(), files)
    }

    fn continued<'b>(
        &'b self,
        builder: Builder<'b>,
        finished: Option<&Finished>,
        files: &dyn Files,
    ) -> Builder<'b> {
        let builder = builder.sharing(&self.parsed);
        match finished {
            Some(finished) => builder.continuing(finished, files),
            None => builder,
        }
    }

    /// What objects say that kustompose wrote.
    pub(super) fn facts(&self, objects: &Arc<Vec<Object>>, is_secret: &dyn Fn(Span) -> bool) -> Facts {
        let known = self.facts.iter().find(|(known, _)| Arc::ptr_eq(known, objects));
        let find = || drift::facts(objects, &Reading { owners: Owners::Own, is_secret });
        known.map_or_else(find, |(_, facts)| facts.clone())
    }
}

/// The manifests on the disk.
pub(super) fn on_disk<'m>(files: &'m dyn Files, output: &'m Utf8Path, examples: Examples) -> Manifests<'m> {
    Manifests { files, output, examples, replaced: BTreeMap::new() }
}

/// Where the manifests of an environment are.
pub(super) fn place_of(own: &LoadedEnvironment, loaded: &Loaded, directory: &Utf8Path) -> Utf8PathBuf {
    match &own.overlay {
        Some(overlay) => clean(&directory.join(overlay)),
        None => overlay(&own.name, loaded),
    }
}

/// The path of the overlay that is generated for an environment.
pub(super) fn overlay(name: &str, loaded: &Loaded) -> Utf8PathBuf {
    loaded.output.join(format!("overlays/{name}"))
}

/// Renders directories that have parts in common.
pub(super) fn build(overlays: &Overlays, builder: &mut Builder<'_>) -> Rendered {
    overlays.iter().map(|(name, path)| (name.clone(), builder.manifests(path))).collect()
}
