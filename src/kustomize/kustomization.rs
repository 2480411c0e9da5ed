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
    /// ConfigMaps.
    pub config_maps: Vec<Generator>,
    /// Secrets.
    pub secrets: Vec<Generator>,
    /// Files of patches, each naming the object that it changes.
    pub patches: Vec<String>,
    /// Patches that find what they change by a label.
    pub selected_patches: Vec<SelectedPatch>,
    /// Where images come from. In the outermost layer only: a second one would find no names to match.
    pub images: Vec<Image>,
}

/// A ConfigMap or a Secret made of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generator {
    /// The object's name; a digest of its content is added.
    pub name: String,
    /// Who uses it, for people.
    pub comment: Option<String>,
    /// Env files.
    pub envs: Vec<String>,
    /// `KEY=path`, or a path whose last part is the key.
    pub files: Vec<String>,
}

/// A patch of every object of a kind with a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedPatch {
    /// The patch's file.
    pub path: String,
    /// The objects' kind.
    pub kind: String,
    /// `key=value`.
    pub label_selector: String,
}

/// A registry and a tag for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The image's name in the tree.
    pub name: String,
    /// Its tag.
    pub tag: String,
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
                 parts of this tree wrong without a word.",
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
        for (key, generators) in
            [("configMapGenerator", &self.config_maps), ("secretGenerator", &self.secrets)]
        {
            if !generators.is_empty() {
                fields.push((key, Entry::new(Yaml::seq(generators.iter().map(Generator::yaml)))));
            }
        }
        if !self.patches.is_empty() || !self.selected_patches.is_empty() {
            let patch = |path: &String| Yaml::map([("path", Entry::new(path.as_str()))]);
            let patches = self.selected_patches.iter().map(SelectedPatch::yaml);
            fields.push(("patches", Entry::new(Yaml::seq(patches.chain(self.patches.iter().map(patch))))));
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
            && self.selected_patches.is_empty()
    }
}

impl SelectedPatch {
    fn yaml(&self) -> Yaml {
        let target = Yaml::map([
            ("kind", Entry::new(self.kind.as_str())),
            ("labelSelector", Entry::new(self.label_selector.as_str())),
        ]);
        Yaml::map([("path", Entry::new(self.path.as_str())), ("target", Entry::new(target))])
    }
}

impl Image {
    fn yaml(&self) -> Yaml {
        Yaml::map([("name", Entry::new(self.name.as_str())), ("newTag", Entry::new(self.tag.as_str()))])
    }
}

fn list(items: &[String]) -> Yaml {
    Yaml::seq(items.iter().map(String::as_str))
}

fn flow(items: &[String]) -> Entry {
    Entry::new(Yaml::flow_seq(items.iter().map(String::as_str)))
}
