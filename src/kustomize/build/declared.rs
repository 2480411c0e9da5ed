//! What a kustomization file says, with the place of everything.
//!
//! Reading goes on past what it does not know: the first such field is kept, so that a build can refuse it and those
//! who only look at names need not care.

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    fields::{FieldPath, Scope},
    mapping::Fields,
    reader::Reader,
    refusal::{Refusal, RefusalKind},
};
use crate::text::{FileKind, Span, Spanned};

/// The names that a kustomization file may have.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

type Text = Spanned<String>;

/// What a kustomization or a component says.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The file.
    pub file: Utf8PathBuf,
    /// Whether it is a component.
    pub is_component: bool,
    /// Files and directories of objects, in order.
    pub resources: Vec<Text>,
    /// Directories of components, in order.
    pub components: Vec<Text>,
    /// The namespace that objects get.
    pub namespace: Option<Text>,
    /// What comes before the names of objects.
    pub name_prefix: Option<Text>,
    /// What comes behind them.
    pub name_suffix: Option<Text>,
    /// ConfigMaps that are made.
    pub config_maps: Vec<Entries>,
    /// Secrets that are made.
    pub secrets: Vec<Entries>,
    /// Patches, in the order in which they are applied: `patchesStrategicMerge`, then `patches`.
    pub patches: Vec<Change>,
    /// Patches of `patchesJson6902`, which come last.
    pub late_patches: Vec<Change>,
    /// Labels, each list with where it goes.
    pub labels: Vec<LabelSet>,
    /// Annotations that objects and pods get.
    pub annotations: Vec<(String, Text)>,
    /// Images that are replaced.
    pub images: Vec<ImageChange>,
    /// Numbers of replicas.
    pub replicas: Vec<ReplicaCount>,
    /// `sortOptions: {order: fifo}`: the order in which objects were read.
    pub keeps_order: bool,
    /// The first thing that was not understood.
    pub problem: Option<Refusal>,
}

/// A ConfigMap or a Secret that is made of files and literals.
#[derive(Debug, Clone)]
pub struct Entries {
    /// Its name.
    pub name: Text,
    /// Its namespace.
    pub namespace: Option<Text>,
    /// The type of a Secret.
    pub kind: Option<Text>,
    /// What becomes of an object that is there already.
    pub behavior: Behavior,
    /// Env files.
    pub envs: Vec<Text>,
    /// `KEY=path`, or a path.
    pub files: Vec<Text>,
    /// `KEY=value`.
    pub literals: Vec<Text>,
    /// Whether its name gets no digest.
    pub has_plain_name: bool,
    /// Whether it is immutable.
    pub is_immutable: bool,
    /// Its labels.
    pub labels: Vec<(String, Text)>,
    /// Its annotations.
    pub annotations: Vec<(String, Text)>,
    /// Where all of it stands.
    pub span: Span,
}

/// What a generator does with an object that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behavior {
    /// There must be none.
    Create,
    /// Its entries are replaced.
    Replace,
    /// Entries are added.
    Merge,
}

/// A patch: a file or a text, and what it changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where the patch is.
    pub content: ChangeContent,
    /// What it changes; an object that names itself if there is none.
    pub target: Option<Selector>,
    /// Where all of it stands.
    pub span: Span,
}

/// Where a patch is.
#[derive(Debug, Clone)]
pub enum ChangeContent {
    /// In a file.
    File(Text),
    /// In the kustomization itself.
    Inline(Text),
}

/// Which objects a patch changes. Names are patterns; what is absent fits everything.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// API group.
    pub group: Option<Text>,
    /// API version.
    pub version: Option<Text>,
    /// Kind.
    pub kind: Option<Text>,
    /// Name.
    pub name: Option<Text>,
    /// Namespace.
    pub namespace: Option<Text>,
    /// Labels, as `kubectl get -l` takes them.
    pub labels: Option<Text>,
    /// Annotations, in the same form.
    pub annotations: Option<Text>,
}

/// Labels that objects get.
#[derive(Debug, Clone)]
pub struct LabelSet {
    /// The labels.
    pub pairs: Vec<(String, Text)>,
    /// Whether selectors and pods get them too.
    pub in_selectors: bool,
    /// Whether pods get them too.
    pub in_templates: bool,
    /// Further fields.
    pub fields: Vec<FieldPath>,
}

/// What becomes of an image.
#[derive(Debug, Clone)]
pub struct ImageChange {
    /// Its name in the objects.
    pub name: Text,
    /// Registry and repository.
    pub new_name: Option<Text>,
    /// Tag.
    pub new_tag: Option<Text>,
    /// Digest.
    pub digest: Option<Text>,
}

/// A number of replicas.
#[derive(Debug, Clone)]
pub struct ReplicaCount {
    /// The name of the object.
    pub name: Text,
    /// How many.
    pub count: Spanned<i64>,
}

/// Finds and reads the kustomization file of a directory; none if it has none.
pub(super) fn read(
    directory: &Utf8Path,
    named: Span,
    reader: &mut Reader<'_>,
) -> Result<Option<Declared>, Refusal> {
    let is_there = |name: &&&str| reader.kind(&directory.join(name)) == Some(FileKind::File);
    let found: Vec<&&str> = FILE_NAMES.iter().filter(is_there).collect();
    let path = match found.as_slice() {
        [] => return Ok(None),
        [name] => directory.join(name),
        _ => {
            let message = format!("`{}` has several kustomization files", reader.name(directory));
            return Err(reader.refuse(RefusalKind::Wrong, message, named));
        }
    };
    let documents = reader.documents(&path, directory, named)?;
    let file = reader.name(&path);
    let (id, _) = reader.bytes(&path, directory, named)?;
    let [document] = documents.as_slice() else {
        let message = format!("`{file}` must be one document that asks for something");
        return Err(reader.refuse(RefusalKind::Wrong, message, Span::new(id, 0, 0)));
    };
    let word = reader.check(document).err();
    let mut declared = Declared { file, ..Declared::default() };
    let problem = match Fields::of(document, String::new()) {
        Ok(mut fields) => {
            declared.take(&mut fields);
            fields.finish()
        }
        Err(problem) => Some(problem),
    };
    let problem = problem.map(|problem| reader.refuse(problem.kind, problem.message, problem.span));
    declared.problem = word.or(problem);
    Ok(Some(declared))
}

impl Declared {
    fn take(&mut self, fields: &mut Fields<'_>) {
        let version = fields.text("apiVersion");
        self.is_component = match fields.text("kind") {
            Some(kind) if kind.value == "Component" => true,
            Some(kind) if kind.value != "Kustomization" => {
                fields.wrong("`kind` must be `Kustomization` or `Component`", kind.span);
                false
            }
            _ => false,
        };
        let expected = if self.is_component { "v1alpha1" } else { "v1beta1" };
        let expected = format!("kustomize.config.k8s.io/{expected}");
        if let Some(version) = version.filter(|version| version.value != expected) {
            fields.wrong(&format!("`apiVersion` must be `{expected}`"), version.span);
        }
        fields.skip("metadata");
        self.resources = fields.texts("resources");
        self.resources.extend(fields.texts("bases"));
        self.components = fields.texts("components");
        self.namespace = fields.filled("namespace");
        self.name_prefix = fields.filled("namePrefix");
        self.name_suffix = fields.filled("nameSuffix");
        self.take_generators(fields);
        self.patches = fields.texts("patchesStrategicMerge").into_iter().map(Change::of_text).collect();
        self.patches.extend(fields.each("patches", Change::read));
        self.late_patches = fields.each("patchesJson6902", Change::read);
        self.labels = fields.each("labels", LabelSet::read);
        let common = fields.pairs("commonLabels");
        if !common.is_empty() {
            self.labels.push(LabelSet {
                pairs: common,
                in_selectors: true,
                in_templates: true,
                fields: Vec::new(),
            });
        }
        self.annotations = fields.pairs("commonAnnotations");
        self.images = fields.each("images", ImageChange::read);
        self.replicas = fields.each("replicas", ReplicaCount::read);
        // These add annotations about the build, which are no part of what a cluster is asked for.
        let known = ["originAnnotations", "transformerAnnotations"];
        for option in fields.texts("buildMetadata") {
            if !known.contains(&option.value.as_str()) {
                fields.unknown("buildMetadata", option.span);
            }
        }
        self.keeps_order = fields.one("sortOptions", |options| {
            let order = options.text("order")?;
            match order.value.as_str() {
                "fifo" => Some(true),
                "legacy" => Some(false),
                _ => {
                    options.wrong("`order` must be `fifo` or `legacy`", order.span);
                    None
                }
            }
        }) == Some(true);
    }

    fn take_generators(&mut self, fields: &mut Fields<'_>) {
        self.config_maps = fields.each("configMapGenerator", Entries::read);
        self.secrets = fields.each("secretGenerator", Entries::read);
        let Some(shared) = fields.one("generatorOptions", |options| Some(Options::read(options))) else {
            return;
        };
        for entries in self.config_maps.iter_mut().chain(&mut self.secrets) {
            entries.has_plain_name |= shared.has_plain_name;
            entries.is_immutable |= shared.is_immutable;
            for (own, shared) in
                [(&mut entries.labels, &shared.labels), (&mut entries.annotations, &shared.annotations)]
            {
                let missing = shared.iter().filter(|(key, _)| !own.iter().any(|(other, _)| other == key));
                let missing: Vec<_> = missing.cloned().collect();
                own.extend(missing);
            }
        }
    }
}

/// Options of generators.
#[derive(Default)]
struct Options {
    has_plain_name: bool,
    is_immutable: bool,
    labels: Vec<(String, Text)>,
    annotations: Vec<(String, Text)>,
}

impl Options {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            has_plain_name: fields.flag("disableNameSuffixHash"),
            is_immutable: fields.flag("immutable"),
            labels: fields.pairs("labels"),
            annotations: fields.pairs("annotations"),
        }
    }
}

impl Entries {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.required("name");
        let behavior = match fields.filled("behavior") {
            None => Behavior::Create,
            Some(behavior) => match behavior.value.as_str() {
                "create" => Behavior::Create,
                "replace" => Behavior::Replace,
                "merge" => Behavior::Merge,
                _ => {
                    fields.wrong("`behavior` must be `create`, `replace` or `merge`", behavior.span);
                    return None;
                }
            },
        };
        let mut envs = fields.texts("envs");
        envs.extend(fields.filled("env"));
        let options = fields.one("options", |options| Some(Options::read(options))).unwrap_or_default();
        Some(Self {
            behavior,
            namespace: fields.filled("namespace"),
            kind: fields.filled("type"),
            files: fields.texts("files"),
            literals: fields.texts("literals"),
            envs,
            has_plain_name: options.has_plain_name,
            is_immutable: options.is_immutable,
            labels: options.labels,
            annotations: options.annotations,
            span: fields.span,
            name: name?,
        })
    }
}

impl Change {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let target = fields.one("target", |target| Some(Selector::read(target)));
        let content = match (fields.filled("path"), fields.filled("patch")) {
            (Some(path), None) => ChangeContent::File(path),
            (None, Some(text)) => ChangeContent::Inline(text),
            _ => {
                fields.wrong("a patch needs either `path` or `patch`", fields.span);
                return None;
            }
        };
        Some(Self { content, target, span: fields.span })
    }

    /// A patch of `patchesStrategicMerge`: a file, or a text of several lines.
    fn of_text(said: Text) -> Self {
        let span = said.span;
        let is_text = said.value.contains('\n') || said.value.contains(": ");
        let content = if is_text { ChangeContent::Inline(said) } else { ChangeContent::File(said) };
        Self { content, target: None, span }
    }
}

impl Selector {
    fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            group: fields.filled("group"),
            version: fields.filled("version"),
            kind: fields.filled("kind"),
            name: fields.filled("name"),
            namespace: fields.filled("namespace"),
            labels: fields.filled("labelSelector"),
            annotations: fields.filled("annotationSelector"),
        }
    }
}

impl LabelSet {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let in_selectors = fields.flag("includeSelectors");
        let field = |fields: &mut Fields<'_>| {
            let mut text = |key: &str| fields.filled(key).map(|text| text.value).unwrap_or_default();
            let scope = Scope { group: text("group"), version: text("version"), kind: text("kind") };
            let path = text("path");
            Some(FieldPath { scope, path, creates: fields.flag("create") })
        };
        Some(Self {
            pairs: fields.pairs("pairs"),
            in_selectors,
            in_templates: fields.flag("includeTemplates") || in_selectors,
            fields: fields.each("fields", field),
        })
    }
}

impl ImageChange {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (new_name, new_tag) = (fields.filled("newName"), fields.filled("newTag"));
        let digest = fields.filled("digest");
        Some(Self { name: fields.required("name")?, new_name, new_tag, digest })
    }
}

impl ReplicaCount {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let count = fields.number("count");
        Some(Self { name: fields.required("name")?, count: count? })
    }
}
