//! `kustomization.yaml`.

use crate::yaml::emit::{self, Entry, Yaml};

/// A kustomization or a component.
///
/// See the [reference](https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kustomization {
    /// A part that others take in, rather than a tree of its own.
    pub is_component: bool,
    /// Stops clients that are too old to read the tree right.
    pub guards_client: bool,
    /// The namespace of everything. In the outermost layer only: names of Secrets would not follow.
    pub namespace: Option<String>,
    /// Files and directories.
    pub resources: Vec<String>,
    /// Components.
    pub components: Vec<String>,
    /// Labels of everything, but for selectors and the pods of workloads.
    pub labels: Vec<(String, String)>,
    /// Labels of what its generators make.
    pub generator_labels: Vec<(String, String)>,
    /// ConfigMaps.
    pub config_maps: Vec<Generator>,
    /// Secrets.
    pub secrets: Vec<Generator>,
    /// Patches, in this order.
    pub patches: Vec<Patch>,
    /// Where images come from. Each in one layer only: a second one would find no names to match.
    pub images: Vec<Image>,
}

/// A ConfigMap or a Secret made of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generator {
    /// The object's name; a digest of its content is added.
    pub name: String,
    /// Who uses it, for people.
    pub comment: Option<String>,
    /// Whether it changes one that a lower layer makes.
    pub merges: bool,
    /// Labels of the object.
    pub labels: Vec<(String, String)>,
    /// Env files.
    pub envs: Vec<String>,
    /// `KEY=path`, or a path whose last part is the key.
    pub files: Vec<String>,
}

/// A file that changes objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The file.
    pub path: String,
    /// Which objects; none if the file names its object.
    pub target: Option<Target>,
}

/// The objects that a patch changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Objects of a kind, by a pattern of their names.
    Names(String, String),
    /// Objects of kinds, by a label that they carry.
    Label(String, String),
}

/// What an image is here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// The image's name in the tree.
    pub name: String,
    /// Its registry and repository, if they are others than its name.
    pub new_name: Option<String>,
    /// Its tag.
    pub tag: Option<String>,
    /// Its digest, which overrules the tag.
    pub digest: Option<String>,
}

impl Generator {
    /// A generator of nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    fn yaml(&self) -> Entry {
        let name = Entry::new(self.name.as_str());
        let name = match &self.comment {
            Some(comment) => name.beside(comment),
            None => name,
        };
        let mut fields = vec![("name", name)];
        if self.merges {
            fields.push(("behavior", Entry::new("merge")));
        }
        if !self.labels.is_empty() {
            let labels = Yaml::flow_map([("labels", pairs(&self.labels))]);
            fields.push(("options", Entry::new(labels)));
        }
        if !self.envs.is_empty() {
            fields.push(("envs", flow(&self.envs)));
        }
        match self.files.as_slice() {
            [] => {}
            [_] => fields.push(("files", flow(&self.files))),
            several => fields.push(("files", Entry::new(list(several)))),
        }
        Entry::new(Yaml::map(fields))
    }
}

impl Kustomization {
    /// The file, with a comment at its top.
    pub fn to_text(&self, header: &str) -> String {
        let (version, kind) =
            if self.is_component { ("v1alpha1", "Component") } else { ("v1beta1", "Kustomization") };
        let mut fields: Vec<(&str, Entry)> = vec![
            ("apiVersion", Entry::new(format!("kustomize.config.k8s.io/{version}"))),
            ("kind", Entry::new(kind)),
        ];
        if self.guards_client {
            let guard = Entry::new(Yaml::FlowSeq(Vec::new())).above(
                "Asks for nothing, but kustomize before 4.3 (kubectl before 1.23) stops at it: it would read\n\
                 parts of these manifests wrong, and silently.",
            );
            fields.push(("buildMetadata", guard));
        }
        if let Some(namespace) = &self.namespace {
            fields.push(("namespace", Entry::new(namespace.as_str())));
        }
        if !self.resources.is_empty() || self.has_nothing_else() {
            fields.push(("resources", Entry::new(list(&self.resources))));
        }
        if !self.components.is_empty() {
            fields.push(("components", Entry::new(list(&self.components))));
        }
        if !self.labels.is_empty() {
            let set = Yaml::map([("pairs", pairs(&self.labels))]);
            fields.push(("labels", Entry::new(Yaml::seq([set]))));
        }
        if !self.generator_labels.is_empty() {
            let labels = Yaml::map([("labels", pairs(&self.generator_labels))]);
            fields.push(("generatorOptions", Entry::new(labels)));
        }
        for (key, generators) in
            [("configMapGenerator", &self.config_maps), ("secretGenerator", &self.secrets)]
        {
            if !generators.is_empty() {
                fields.push((key, Entry::new(Yaml::seq(generators.iter().map(Generator::yaml)))));
            }
        }
        if !self.patches.is_empty() {
            fields.push(("patches", Entry::new(Yaml::seq(self.patches.iter().map(Patch::yaml)))));
        }
        if !self.images.is_empty() {
            fields.push(("images", Entry::new(Yaml::seq(self.images.iter().map(Image::yaml)))));
        }
        emit::documents(Some(header), &[Yaml::map(fields)])
    }

    /// kustomize refuses a file that asks for nothing at all.
    fn has_nothing_else(&self) -> bool {
        self.components.is_empty()
            && self.config_maps.is_empty()
            && self.secrets.is_empty()
            && self.patches.is_empty()
    }
}

impl Patch {
    fn yaml(&self) -> Yaml {
        let mut fields = vec![("path", Entry::new(self.path.as_str()))];
        let target = match &self.target {
            Some(Target::Names(kind, names)) => Some((kind, "name", names)),
            Some(Target::Label(kinds, label)) => Some((kinds, "labelSelector", label)),
            None => None,
        };
        if let Some((kind, key, value)) = target {
            let target = [("kind", Entry::new(kind.as_str())), (key, Entry::new(value.as_str()))];
            fields.push(("target", Entry::new(Yaml::map(target))));
        }
        Yaml::map(fields)
    }
}

impl Image {
    fn yaml(&self) -> Yaml {
        let mut fields = vec![("name", Entry::new(self.name.as_str()))];
        let rest = [("newName", &self.new_name), ("newTag", &self.tag), ("digest", &self.digest)];
        for (key, value) in rest {
            fields.extend(value.as_ref().map(|value| (key, Entry::new(value.as_str()))));
        }
        Yaml::map(fields)
    }
}

fn pairs(labels: &[(String, String)]) -> Yaml {
    Yaml::map(labels.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn list(items: &[String]) -> Yaml {
    Yaml::seq(items.iter().map(String::as_str))
}

fn flow(items: &[String]) -> Entry {
    Entry::new(Yaml::flow_seq(items.iter().map(String::as_str)))
}
