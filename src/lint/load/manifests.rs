//! Files with Kubernetes objects, and kustomizations, as they are written.

use camino::{Utf8Path, Utf8PathBuf};

use super::Loader;
use crate::{
    diag::{Report, Severity},
    text::{SourceId, clean},
    yaml::{Node, parse},
};

/// One file.
#[derive(Debug)]
pub struct Manifest {
    /// Its path, absolute.
    pub path: Utf8PathBuf,
    /// Its text.
    pub source: SourceId,
    /// Its documents.
    pub documents: Vec<Node>,
    /// Whether all of it could be read.
    pub is_whole: bool,
}

impl Manifest {
    /// Whether it is a kustomization or a component.
    pub fn is_kustomization(&self) -> bool {
        matches!(self.path.file_name(), Some("kustomization.yaml" | "kustomization.yml" | "Kustomization"))
    }

    /// The documents that are Kubernetes objects.
    pub fn objects(&self) -> impl Iterator<Item = &Node> {
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).is_some();
        let is_object = move |node: &&Node| text(node, "apiVersion") && text(node, "kind");
        self.documents.iter().filter(is_object).filter(|_| !self.is_kustomization())
    }

    /// The files that its generators read.
    pub(super) fn generator_files(&self) -> GeneratorFiles {
        let mut found = GeneratorFiles::default();
        if !self.is_kustomization() {
            return found;
        }
        let directory = self.path.parent().unwrap_or(Utf8Path::new("/"));
        let lists = ["configMapGenerator", "secretGenerator"];
        let generators = self
            .documents
            .iter()
            .flat_map(|document| lists.into_iter().filter_map(|list| document.get(list)?.as_seq()).flatten());
        for generator in generators {
            let list = |key: &str| generator.get(key).and_then(Node::as_seq).unwrap_or_default().iter();
            let path = |name: &str| clean(&directory.join(name));
            found.envs.extend(list("envs").chain(generator.get("env")).filter_map(Node::as_str).map(path));
            let files = list("files").filter_map(Node::as_str);
            found.files.extend(files.map(|file| path(file.split_once('=').map_or(file, |(_, file)| file))));
        }
        found
    }
}

/// What the generators of a kustomization read.
#[derive(Debug, Default)]
pub(super) struct GeneratorFiles {
    /// Files of variables.
    pub(super) envs: Vec<Utf8PathBuf>,
    /// Files that are one value each.
    pub(super) files: Vec<Utf8PathBuf>,
}

impl Loader<'_> {
    /// Reads a file of manifests. Templates that are YAML only once they are filled in are left out.
    pub(super) fn manifest(&mut self, path: &Utf8Path) {
        let Some(source) = self.text(path) else { return };
        let mut report = Report::default();
        let documents = parse::documents(self.sources, source, &mut report);
        let is_template = self.sources.get(source).text().contains("{{");
        let error =
            report.diagnostics().iter().find(|diagnostic| diagnostic.severity == Severity::Error).cloned();
        let is_whole = error.is_none();
        if let Some(error) = error.filter(|_| !is_template)
            && let Some(span) = error.span()
        {
            self.cannot_parse(span, &error.message, error.help.as_deref());
        }
        if let Some(documents) = documents {
            self.inputs.manifests.push(Manifest { path: path.to_owned(), source, documents, is_whole });
        }
    }
}
