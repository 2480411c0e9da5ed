//! Helpers of the tests of loading: projects in memory, models as JSON.

pub(crate) mod canonical;

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use super::{Request, load, print};
use crate::{
    diag::{Diagnostic, Report},
    text::{MemoryFiles, Sources},
    yaml::{Node, parse},
};

/// Where the projects of tests lie.
pub(crate) const ROOT: &str = "/demo";

/// A YAML text as a tree.
pub(crate) fn tree(text: &str) -> Node {
    let mut sources = Sources::default();
    let id = sources.add("compose.yaml", text);
    let mut report = Report::default();
    let documents = parse::documents(&sources, id, &mut report).unwrap_or_default();
    documents.into_iter().next().unwrap_or_else(|| panic!("no YAML: {report:?}"))
}

/// A tree as JSON text, which has no places.
pub(crate) fn json(node: &Node) -> String {
    node.to_json().to_string()
}

/// A request for the project at [`ROOT`], with nothing in the environment.
pub(crate) fn request() -> Request {
    Request { working_directory: Utf8PathBuf::from(ROOT), ..Request::default() }
}

/// What was loaded and what was said.
pub(crate) struct Loaded {
    pub(crate) model: Option<Json>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: Sources,
}

impl Loaded {
    /// A part of the model, by its keys.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Json> {
        self.model.as_ref()?.pointer(pointer)
    }

    /// The same as text; what is missing is empty.
    pub(crate) fn text(&self, pointer: &str) -> String {
        self.at(pointer).map(Json::to_string).unwrap_or_default()
    }

    pub(crate) fn messages(&self) -> Vec<&str> {
        self.diagnostics.iter().map(|found| found.message.as_str()).collect()
    }

    /// Where each finding is, as `file:line:column`.
    pub(crate) fn places(&self) -> Vec<String> {
        let spans = self.diagnostics.iter().filter_map(Diagnostic::span);
        spans.map(|span| self.sources.location(span).to_string()).collect()
    }
}

/// Loads files that lie at [`ROOT`].
pub(crate) fn loaded(files: &[(&str, &str)], request: &Request) -> Loaded {
    let files = MemoryFiles::new(files.iter().map(|(path, text)| (format!("{ROOT}/{path}"), *text)));
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let project = load(request, &files, &mut sources, &mut report);
    let model = project.map(|project| print::printed(&project).to_json());
    Loaded { model, diagnostics: report.diagnostics().to_vec(), sources }
}

/// Loads a project of one file.
pub(crate) fn loaded_text(text: &str) -> Loaded {
    loaded(&[("compose.yaml", text)], &request())
}
