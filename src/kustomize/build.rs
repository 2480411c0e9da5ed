//! kustomize in memory: a directory as the objects that a cluster would get, each field with the file and line that
//! gave it its value.
//!
//! It renders as `kubectl kustomize` does and refuses what it does not know, so that it never renders anything else.
//! Everything that is read keeps its place: a value that a patch, an env file or a list of images sets has the place
//! of that. Annotations about the build (`buildMetadata: [originAnnotations]`) are left out.

mod accumulated;
mod declared;
mod digest;
mod fields;
mod generate;
mod mapping;
mod merge;
mod operations;
mod order;
mod reader;
mod references;
mod refusal;
mod resource;
mod select;
pub(super) mod shapes;
mod transform;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};

use self::{accumulated::Accumulated, merge::Merge, reader::Reader, resource::Resource, select::Selection};
pub use self::{
    declared::{
        Behavior, Change, ChangeContent, Declared, Entries, ImageChange, LabelSet, ReplicaCount, Selector,
    },
    fields::{FieldPath, Scope},
    reader::Parsed,
    refusal::{Refusal, RefusalKind},
    resource::Removal,
};
use crate::{
    diag::Report,
    text::{FileKind, Files, MemoryFiles, Sources, Span, Spanned, clean},
    yaml::{Node, Value, parse},
};

/// Directories that may lie within one another.
const DEPTH_LIMIT: usize = 64;

/// Objects that one build may have.
const OBJECT_LIMIT: usize = 200_000;

/// The annotation of objects that are not for the cluster.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// An object as a cluster would get it.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it says, each value with its place.
    pub node: Node,
    /// Where it comes from: its document, or the generator that makes it.
    pub origin: Span,
    /// What it is called in the files: without digests, prefixes and suffixes.
    pub first_name: String,
    /// Fields that patches took away.
    pub removed: Vec<Removal>,
}

/// What a directory renders to.
#[derive(Debug)]
pub struct Built {
    /// The objects, in the order in which `kubectl kustomize` prints them.
    pub objects: Vec<Object>,
    /// The files that were read.
    pub sources: Sources,
}

/// Renders a directory. Files are named relative to `root`, and none outside of it is read.
pub fn build(directory: &Utf8Path, root: &Utf8Path, files: &dyn Files) -> Result<Built, Refusal> {
    let mut sources = Sources::default();
    let objects = Builder::new(root, files, &mut sources).build(directory)?;
    Ok(Built { objects: Arc::unwrap_or_clone(objects), sources })
}

/// The objects that a kustomize printed. The names in the files are guessed: digests go.
pub fn printed(path: &Utf8Path, bytes: &[u8], sources: &mut Sources) -> Result<Vec<Object>, Refusal> {
    let files = MemoryFiles::new([(Utf8PathBuf::from("/printed"), bytes.to_vec())]);
    let mut all = Sources::default();
    Builder::new(Utf8Path::new("/"), &files, &mut all).manifests(Utf8Path::new("/printed"))?;
    let (mut report, id) = (Report::default(), sources.add(path, String::from_utf8_lossy(bytes)));
    let documents = parse::documents(sources, id, &mut report).unwrap_or_default();
    let objects = documents.into_iter().filter(|document| !document.is_null());
    Ok(objects.map(Object::printed).collect())
}

impl Object {
    fn printed(node: Node) -> Self {
        let (kind, name) = id(&node);
        let is_generated = ["ConfigMap", "Secret"].contains(&kind.as_str());
        let first_name = digest::without(&name).filter(|_| is_generated).unwrap_or(&name).to_owned();
        Self { origin: node.span, node, first_name, removed: Vec::new() }
    }

    /// Gives all of it one place.
    pub fn stand_at(&mut self, place: Span) {
        self.origin = place;
        stand_at(&mut self.node, place);
    }
}

fn stand_at(node: &mut Node, place: Span) {
    node.span = place;
    match &mut node.value {
        Value::Seq(items) => items.iter_mut().for_each(|item| stand_at(item, place)),
        Value::Map(map) => map.values_mut().for_each(|value| stand_at(value, place)),
        _ => {}
    }
}

/// Renders directories that have parts in common, each of which is read once.
pub struct Builder<'a> {
    reader: Reader<'a>,
    done: BTreeMap<Utf8PathBuf, Done>,
    /// The directories that were asked for since that of the directory at work.
    nested: Vec<Utf8PathBuf>,
    uses: Uses,
    /// Whether what this renderer does not know is passed over.
    passes_over: bool,
}

/// What became of the directories of a build, for builds of files that are mostly the same.
pub struct Finished(BTreeMap<Utf8PathBuf, Done>);

/// What became of a directory.
#[derive(Clone)]
struct Done {
    resources: Arc<Vec<Resource>>,
    /// What it renders to by itself, if somebody asked for that.
    objects: Option<Arc<Vec<Object>>>,
    /// Paths that were looked at for it, whatever was there.
    looked_at: Arc<Vec<Utf8PathBuf>>,
    /// Directories that it takes in.
    nested: Arc<Vec<Utf8PathBuf>>,
}

/// What came of the parts of kustomizations in all builds so far.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// Images and targets of patches, each with whether there was any object for it.
    pub changes: BTreeMap<Span, bool>,
    /// Directories of kustomizations in which something was passed over.
    pub incomplete: BTreeSet<Utf8PathBuf>,
}

impl<'a> Builder<'a> {
    /// Reads below `root`, and names files relative to it.
    pub fn new(root: &Utf8Path, files: &'a dyn Files, sources: &'a mut Sources) -> Self {
        Self {
            reader: Reader::new(root, files, sources),
            done: BTreeMap::new(),
            nested: Vec::new(),
            uses: Uses::default(),
            passes_over: false,
        }
    }

    /// Names files relative to another directory than the root.
    pub fn named_from(mut self, directory: &Utf8Path) -> Self {
        self.reader.named_from = clean(directory);
        self
    }

    /// Renders what it can: fields that this renderer does not know, and directories elsewhere, are passed over.
    pub fn passing_over(mut self) -> Self {
        self.passes_over = true;
        self
    }

    /// Parses nothing that other builds have parsed, with the same sources.
    pub fn sharing(mut self, parsed: &'a Parsed) -> Self {
        self.reader.share(parsed);
        self
    }

    /// Builds nothing again that another build with the same sources did, as far as what it found among its files is
    /// the same here. What came of the parts of those kustomizations, that one knows.
    pub fn continuing(mut self, other: &Finished, its_files: &dyn Files) -> Self {
        let mut known = BTreeMap::new();
        for (directory, done) in &other.0 {
            if self.is_same(directory, (other, its_files), &mut known) {
                self.done.insert(directory.clone(), done.clone());
            }
        }
        self
    }

    /// Whether a directory becomes here what it became there. `known` has the answers for directories and files.
    fn is_same(
        &self,
        directory: &Utf8Path,
        (other, its_files): (&Finished, &dyn Files),
        known: &mut BTreeMap<String, bool>,
    ) -> bool {
        let key = format!("{directory}/");
        if let Some(is_same) = known.get(&key) {
            return *is_same;
        }
        let is_same = other.0.get(directory).is_some_and(|done| {
            let mut is_same_file = |path: &Utf8PathBuf| {
                let is_same = || self.reader.is_same_in(its_files, path);
                *known.entry(path.to_string()).or_insert_with(is_same)
            };
            done.looked_at.iter().all(&mut is_same_file)
                && done.nested.iter().all(|nested| self.is_same(nested, (other, its_files), known))
        });
        known.insert(key, is_same);
        is_same
    }

    /// What became of all directories, for a build that continues this one.
    pub fn finish(self) -> Finished {
        Finished(self.done)
    }

    /// What came of the parts of kustomizations so far.
    pub fn uses(&self) -> &Uses {
        &self.uses
    }

    /// The objects of a directory with names as they are before digests, those that are not for the cluster included.
    pub fn accumulated(&mut self, directory: &Utf8Path) -> Result<Vec<Object>, Refusal> {
        let resources = self.kustomization(&clean(directory), Span::NOWHERE, &mut Vec::new())?;
        Ok(resources.iter().cloned().map(Object::from).collect())
    }

    /// Renders a directory, once.
    pub fn build(&mut self, directory: &Utf8Path) -> Result<Arc<Vec<Object>>, Refusal> {
        let directory = clean(directory);
        let resources = self.kustomization(&directory, Span::NOWHERE, &mut Vec::new())?;
        if let Some(objects) = self.done.get(&directory).and_then(|done| done.objects.as_ref()) {
            return Ok(Arc::clone(objects));
        }
        let objects = Arc::new(self.finished(&directory, resources.to_vec())?);
        if let Some(done) = self.done.get_mut(&directory) {
            done.objects = Some(Arc::clone(&objects));
        }
        Ok(objects)
    }

    /// What a directory renders to that has these objects: names get their digests, and what refers to them follows.
    fn finished(
        &mut self,
        directory: &Utf8Path,
        mut resources: Vec<Resource>,
    ) -> Result<Vec<Object>, Refusal> {
        for resource in resources.iter_mut().filter(|it| it.generated.is_some_and(|it| it.needs_digest)) {
            let name = format!("{}-{}", resource.name(), digest::of(resource));
            let span = resource.origin;
            resource.remember_name();
            resource.set_metadata("name", &name, span);
        }
        let followed = references::follow(&mut resources);
        followed.map_err(|(why, span)| self.reader.refuse(RefusalKind::Wrong, why, span))?;
        resources.retain(|resource| {
            let mut annotations = resource.metadata_map("annotations");
            annotations.all(|(key, value)| key != LOCAL_CONFIG || value == "false")
        });
        if !self.declared(directory)?.is_some_and(|declared| declared.keeps_order) {
            order::sort(&mut resources);
        }
        Ok(resources.into_iter().map(Object::from).collect())
    }

    /// The objects that a directory has itself, be it a kustomization or a component, with its own patches: names are
    /// as in the files, and other directories are left out.
    pub fn part(&mut self, directory: &Utf8Path) -> Result<Vec<Object>, Refusal> {
        let directory = clean(directory);
        let mut declared = self.required(&directory, Span::NOWHERE)?;
        declared.resources.retain(|resource| {
            self.reader.kind(&clean(&directory.join(&resource.value))) != Some(FileKind::Directory)
        });
        declared.components.clear();
        let mut all = Accumulated::default();
        self.accumulate(&directory, &declared, &mut all, &mut vec![directory.clone()])?;
        Ok(all.resources.into_iter().map(Object::from).collect())
    }

    /// The objects of manifests: a directory with a kustomization is rendered, of another one all files are taken,
    /// and a file is taken as it is.
    pub fn manifests(&mut self, path: &Utf8Path) -> Result<Arc<Vec<Object>>, Refusal> {
        let path = clean(path);
        if self.reader.kind(&path) == Some(FileKind::Directory) && self.declared(&path)?.is_none() {
            let mut objects = Vec::new();
            self.plain(&path, &mut objects, 0)?;
            return Ok(Arc::new(objects));
        }
        if self.reader.kind(&path) == Some(FileKind::File) {
            let directory = path.parent().map(Utf8Path::to_owned).unwrap_or_default();
            let objects = self.objects_of(&path, &directory, Span::NOWHERE)?;
            return Ok(Arc::new(objects.into_iter().map(Object::from).collect()));
        }
        self.build(&path)
    }

    /// All objects below a directory that no kustomization lists.
    fn plain(
        &mut self,
        directory: &Utf8Path,
        objects: &mut Vec<Object>,
        depth: usize,
    ) -> Result<(), Refusal> {
        for name in self.reader.list(directory) {
            let path = directory.join(&name);
            let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
            match self.reader.kind(&path) {
                Some(FileKind::Directory) if depth < DEPTH_LIMIT && !name.starts_with('.') => {
                    self.plain(&path, objects, depth + 1)?;
                }
                Some(FileKind::File) if is_manifest => {
                    let found = self.objects_of(&path, directory, Span::NOWHERE)?;
                    objects.extend(found.into_iter().map(Object::from));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What the kustomization file of a directory says, if it has one.
    pub fn declared(&mut self, directory: &Utf8Path) -> Result<Option<Declared>, Refusal> {
        declared::read(&clean(directory), Span::NOWHERE, &mut self.reader)
    }

    /// Kinds and names of the objects in a file; none of one that cannot be read.
    pub fn ids(&mut self, path: &Utf8Path) -> Vec<(String, String)> {
        let path = clean(path);
        let directory = path.parent().map(Utf8Path::to_owned).unwrap_or_default();
        let documents = self.reader.documents(&path, &directory, Span::NOWHERE);
        documents.map(|documents| documents.iter().map(id).collect()).unwrap_or_default()
    }

    /// Kinds and names of the objects in a text that a kustomization holds.
    pub fn ids_within(&mut self, text: &Spanned<String>) -> Vec<(String, String)> {
        let documents = self.reader.embedded(&text.value, text.span);
        documents.map(|documents| documents.iter().map(id).collect()).unwrap_or_default()
    }

    /// What stands at a path, if it is below the root.
    pub fn kind(&self, path: &Utf8Path) -> Option<FileKind> {
        self.reader.kind(&clean(path))
    }

    /// The file of a place, relative to the root.
    pub fn file_of(&self, place: Span) -> &Utf8Path {
        self.reader.file_of(place)
    }

    /// All files that were read.
    pub fn files_read(&self) -> MemoryFiles {
        self.reader.files_read()
    }

    /// The objects of a directory, with names as they are before digests.
    fn kustomization(
        &mut self,
        directory: &Utf8Path,
        named: Span,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<Arc<Vec<Resource>>, Refusal> {
        self.check_way(directory, named, within)?;
        self.nested.push(directory.to_owned());
        if let Some(done) = self.done.get(directory) {
            return Ok(Arc::clone(&done.resources));
        }
        let looked_at = self.reader.look_anew(Vec::new());
        let nested = std::mem::take(&mut self.nested);
        let resources = self.fresh(directory, named, within);
        let looked_at = self.reader.look_anew(looked_at);
        let nested = std::mem::replace(&mut self.nested, nested);
        let resources = Arc::new(resources?);
        let done = Done {
            resources: Arc::clone(&resources),
            objects: None,
            looked_at: Arc::new(looked_at),
            nested: Arc::new(nested),
        };
        self.done.insert(directory.to_owned(), done);
        Ok(resources)
    }

    /// The same, for a directory that was not met yet.
    fn fresh(
        &mut self,
        directory: &Utf8Path,
        named: Span,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<Vec<Resource>, Refusal> {
        let declared = self.required(directory, named)?;
        if declared.is_component {
            let message = format!("`{}` is a component, not a resource", self.reader.name(directory));
            return Err(self.reader.refuse(RefusalKind::Wrong, message, named));
        }
        let mut all = Accumulated::default();
        within.push(directory.to_owned());
        self.accumulate(directory, &declared, &mut all, within)?;
        within.pop();
        Ok(all.resources)
    }

    /// No directory may take in itself or one that it lies in.
    fn check_way(&self, directory: &Utf8Path, named: Span, within: &[Utf8PathBuf]) -> Result<(), Refusal> {
        let message = if within.iter().any(|outer| outer.starts_with(directory)) {
            "takes itself in"
        } else if within.len() >= DEPTH_LIMIT {
            "lies too deep"
        } else {
            return Ok(());
        };
        let message = format!("`{}` {message}", self.reader.name(directory));
        Err(self.reader.refuse(RefusalKind::Wrong, message, named))
    }

    fn required(&mut self, directory: &Utf8Path, named: Span) -> Result<Declared, Refusal> {
        let Some(mut declared) = declared::read(directory, named, &mut self.reader)? else {
            let path = self.reader.name(&directory.join("kustomization.yaml"));
            let message = format!("`{path}` does not exist");
            return Err(self.reader.refuse(RefusalKind::Missing { path }, message, named));
        };
        match declared.problem.take() {
            Some(problem) if self.is_passed_over(&problem, directory) => Ok(declared),
            problem => problem.map_or(Ok(declared), Err),
        }
    }

    /// Whether a reason for not rendering is passed over.
    fn is_passed_over(&mut self, problem: &Refusal, directory: &Utf8Path) -> bool {
        let is_passed = self.passes_over && matches!(problem.kind, RefusalKind::Unknown { .. });
        if is_passed {
            self.uses.incomplete.insert(directory.to_owned());
        }
        is_passed
    }

    fn note(&mut self, change: Span, is_used: bool) {
        *self.uses.changes.entry(change).or_default() |= is_used;
    }

    /// Does to the objects what a kustomization asks for, in kustomize's order.
    fn accumulate(
        &mut self,
        directory: &Utf8Path,
        declared: &Declared,
        all: &mut Accumulated,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<(), Refusal> {
        for resource in &declared.resources {
            self.take_in(directory, resource, all, within)?;
        }
        let kinds = [(&declared.config_maps, false), (&declared.secrets, true)];
        for (entries, is_secret) in kinds.iter().flat_map(|(all, kind)| all.iter().map(move |it| (it, *kind)))
        {
            let object = generate::object(entries, is_secret, directory, &mut self.reader)?;
            all.absorb(object).map_err(|why| self.reader.refuse(RefusalKind::Wrong, why, entries.span))?;
        }
        for component in &declared.components {
            self.apply_component(directory, component, all, within)?;
        }
        for change in &declared.patches {
            self.patch(directory, change, all)?;
        }
        let resources = &mut all.resources;
        let mut done = Ok(());
        if let Some(namespace) = &declared.namespace {
            done = done.and_then(|()| transform::namespace(resources, namespace));
        }
        transform::names(resources, declared);
        for set in &declared.labels {
            done = done.and_then(|()| transform::labels(resources, set));
        }
        done = done.and_then(|()| transform::annotations(resources, &declared.annotations));
        done.map_err(|(why, span)| self.reader.refuse(RefusalKind::Wrong, why, span))?;
        all.forget_names();
        for change in &declared.late_patches {
            self.patch(directory, change, all)?;
        }
        let mut done = Ok(());
        for replicas in &declared.replicas {
            done = done.and_then(|()| transform::replicas(&mut all.resources, replicas));
        }
        let used = done.and_then(|()| transform::images(&mut all.resources, &declared.images));
        let used = used.map_err(|(why, span)| self.reader.refuse(RefusalKind::Wrong, why, span))?;
        declared.images.iter().zip(used).for_each(|(image, is_used)| self.note(image.name.span, is_used));
        all.rename().map_err(|(why, span)| self.reader.refuse(RefusalKind::Wrong, why, span))
    }

    /// Takes in what `resources` names: a file, or a directory.
    fn take_in(
        &mut self,
        directory: &Utf8Path,
        named: &Spanned<String>,
        all: &mut Accumulated,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<(), Refusal> {
        let path = match self.local(directory, named) {
            Err(problem) if self.is_passed_over(&problem, directory) => return Ok(()),
            path => path?,
        };
        let new = match self.reader.kind(&path) {
            Some(FileKind::Directory) => self.kustomization(&path, named.span, within)?,
            _ => Arc::new(self.objects_of(&path, directory, named.span)?),
        };
        if all.resources.len() + new.len() > OBJECT_LIMIT {
            let message = format!("there are more than {OBJECT_LIMIT} objects");
            return Err(self.reader.refuse(RefusalKind::Wrong, message, named.span));
        }
        for resource in new.iter() {
            all.append(resource.clone())
                .map_err(|why| self.reader.refuse(RefusalKind::Wrong, why, named.span))?;
        }
        Ok(())
    }

    fn apply_component(
        &mut self,
        directory: &Utf8Path,
        named: &Spanned<String>,
        all: &mut Accumulated,
        within: &mut Vec<Utf8PathBuf>,
    ) -> Result<(), Refusal> {
        let path = self.local(directory, named)?;
        self.check_way(&path, named.span, within)?;
        let declared = self.required(&path, named.span)?;
        if !declared.is_component {
            let message = format!("`{}` is no component", self.reader.name(&path));
            return Err(self.reader.refuse(RefusalKind::Wrong, message, named.span));
        }
        within.push(path.clone());
        self.accumulate(&path, &declared, all, within)?;
        within.pop();
        Ok(())
    }

    /// The path that a kustomization names, if it is one and no address of a repository.
    fn local(&self, directory: &Utf8Path, named: &Spanned<String>) -> Result<Utf8PathBuf, Refusal> {
        let text = &named.value;
        let path = clean(&directory.join(text));
        let is_remote = text.contains("://") || text.contains('?') || text.starts_with("git@");
        if is_remote || self.reader.kind(&path).is_none() && text.starts_with("github.com/") {
            let kind = RefusalKind::Unknown { field: "resources".to_owned() };
            let message = format!("the built-in kustomize does not fetch `{text}`");
            return Err(self.reader.refuse(kind, message, named.span));
        }
        Ok(path)
    }

    /// The objects of a file; a list of objects stands for its items.
    fn objects_of(
        &mut self,
        path: &Utf8Path,
        directory: &Utf8Path,
        named: Span,
    ) -> Result<Vec<Resource>, Refusal> {
        let documents = self.reader.documents(path, directory, named)?;
        let (mut objects, mut items) = (Vec::new(), Vec::new());
        for document in documents.iter() {
            let is_list = resource::text(document, "kind").ends_with("List");
            match document.get("items").filter(|_| is_list) {
                Some(list) => items.extend(list.as_seq().unwrap_or_default().iter().cloned()),
                None => objects.push(document.clone()),
            }
        }
        objects.extend(items);
        objects.into_iter().map(|object| self.checked(object)).collect()
    }

    /// An object of which it is clear what it is, and what kustomize makes of each value.
    fn checked(&self, node: Node) -> Result<Resource, Refusal> {
        let wrong = |message: &str, span: Span| self.reader.refuse(RefusalKind::Wrong, message, span);
        let is_named =
            node.get("metadata").is_some_and(|metadata| !resource::text(metadata, "name").is_empty());
        if resource::text(&node, "kind").is_empty() || !is_named {
            return Err(wrong("an object needs `kind` and `metadata.name`", node.span));
        }
        if let Some(span) = empty_item(&node) {
            return Err(wrong("an item of a list must not be empty", span));
        }
        if let Some(span) = date(&node) {
            let kind = RefusalKind::Unknown { field: self.reader.slice(span).to_owned() };
            return Err(self.reader.refuse(
                kind,
                "kustomize writes a date differently, unless it is quoted",
                span,
            ));
        }
        let span = node.span;
        Ok(Resource::new(node, span))
    }

    /// Applies a patch to what it names or selects.
    fn patch(&mut self, directory: &Utf8Path, change: &Change, all: &mut Accumulated) -> Result<(), Refusal> {
        let documents = match &change.content {
            ChangeContent::File(path) => {
                let file = clean(&directory.join(&path.value));
                self.reader.documents(&file, directory, path.span)?
            }
            ChangeContent::Inline(text) => Arc::new(self.reader.embedded(&text.value, text.span)?),
        };
        let wrong = |it: &Self, why: String, span: Span| Err(it.reader.refuse(RefusalKind::Wrong, why, span));
        let selection = match change.target.as_ref().map(Selection::new) {
            Some(Err((why, span))) => return wrong(self, why, span),
            Some(Ok(selection)) => Some(selection),
            None => None,
        };
        match (documents.as_slice(), selection) {
            ([operations], Some(selection)) if operations.as_seq().is_some() => {
                self.reader.check(operations)?;
                let operations = operations.as_seq().unwrap_or_default();
                let targets = all.selected(&selection);
                self.note(change.span, !targets.is_empty());
                for at in targets {
                    let resource = &mut all.resources[at];
                    resource.remember_name();
                    let Resource { node, removed, .. } = resource;
                    operations::apply(Arc::make_mut(node), operations, removed)
                        .map_err(|(why, span)| self.reader.refuse(RefusalKind::Wrong, why, span))?;
                    all.forget_names();
                }
                Ok(())
            }
            ([patch], Some(selection)) => {
                let patch = self.checked(patch.clone())?;
                let targets = all.selected(&selection);
                self.merge(&patch, &targets, all)?;
                self.note(change.span, !targets.is_empty());
                Ok(())
            }
            ([], _) | (_, Some(_)) => {
                let why = "a patch with a target must be one document".to_owned();
                wrong(self, why, change.span)
            }
            (patches, None) => {
                for patch in patches {
                    let patch = self.checked(patch.clone())?;
                    let targets = all.called(patch.id());
                    self.merge(&patch, &targets, all)?;
                    if targets.len() != 1 {
                        let found = if targets.is_empty() { "nothing" } else { "several objects" };
                        let why = format!("the patch of {} finds {found}", patch.id().shown());
                        return wrong(self, why, patch.origin);
                    }
                }
                Ok(())
            }
        }
    }

    /// Merges a patch into objects; what it deletes is gone.
    fn merge(&self, patch: &Resource, targets: &[usize], all: &mut Accumulated) -> Result<(), Refusal> {
        let is_unwritten = |span: Span| self.reader.slice(span).is_empty();
        let mut gone = Vec::new();
        for at in targets {
            let resource = &mut all.resources[*at];
            let own =
                |key: &str| resource.node.get("metadata").and_then(|metadata| metadata.get(key)).cloned();
            let (name, namespace) = (own("name"), own("namespace"));
            let identity: Vec<Option<Node>> =
                ["apiVersion", "kind"].iter().map(|key| resource.node.get(key).cloned()).collect();
            let shape = shapes::of(resource.api_version(), resource.kind());
            let node = std::mem::replace(&mut resource.node, Arc::new(Node::map(resource.origin)));
            let mut merge = Merge::new(&is_unwritten);
            let merged = merge.object(Arc::unwrap_or_clone(node), &patch.node, shape);
            let merged = merged.map_err(|why| self.reader.refuse(RefusalKind::Wrong, why, patch.origin))?;
            let Some(mut node) = merged else {
                gone.push(*at);
                continue;
            };
            for (key, value) in ["apiVersion", "kind"].into_iter().zip(identity) {
                if let Some(value) = value {
                    fields::set_entry(&mut node, key, value);
                }
            }
            resource.node = Arc::new(node);
            resource.restore_metadata("name", name);
            resource.restore_metadata("namespace", namespace);
            resource.removed.append(&mut merge.removed);
        }
        if !gone.is_empty() {
            all.remove(&gone);
        }
        Ok(())
    }
}

impl From<Resource> for Object {
    fn from(resource: Resource) -> Self {
        let first_name = resource.first_id().name.to_owned();
        Self {
            node: Arc::unwrap_or_clone(resource.node),
            origin: resource.origin,
            first_name,
            removed: resource.removed,
        }
    }
}

/// Kind and name of an object.
fn id(node: &Node) -> (String, String) {
    let name = node.get("metadata").map(|metadata| resource::text(metadata, "name")).unwrap_or_default();
    (resource::text(node, "kind").to_owned(), name.to_owned())
}

/// An item of a list that says nothing, at which kustomize stops.
fn empty_item(node: &Node) -> Option<Span> {
    match &node.value {
        Value::Seq(items) => {
            let empty = items.iter().find(|item| item.is_null()).map(|item| item.span);
            empty.or_else(|| items.iter().find_map(empty_item))
        }
        Value::Map(map) => map.values().find_map(empty_item),
        _ => None,
    }
}

/// A date without quotes, which kustomize writes as a point in time.
fn date(node: &Node) -> Option<Span> {
    match &node.value {
        Value::Timestamp(_) => Some(node.span),
        Value::Seq(items) => items.iter().find_map(date),
        Value::Map(map) => map.values().find_map(date),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
