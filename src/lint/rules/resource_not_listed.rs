//! KK001: manifests that are never deployed.

use camino::Utf8Path;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        load::{self, Manifest, Tree},
        views::{Everything, Object},
    },
    text::{Sources, Span},
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK001",
    name: "resource-not-listed",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "no kustomization lists a manifest, so nobody deploys it",
    explain: "\
`kustomize build` succeeds without the file, and what it describes is missing in the cluster.

The rule finds YAML files below a kustomization whose documents are all Kubernetes objects, if no
kustomization and no `skaffold.yaml` names them in any way. Templates (`*.example.yaml`, files
with `{{`) are not found.",
    bad: &[
        ("kustomization.yaml", "resources:\n  - web.yaml\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
        (
            "worker.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker, labels: {app: worker}}\nspec:\n  selector: {matchLabels: {app: worker}}\n  template:\n    metadata: {labels: {app: worker}}\n    spec:\n      containers:\n        - name: worker\n          image: app:1.2\n",
        ),
    ],
    good: &[
        ("kustomization.yaml", "resources:\n  - web.yaml\n  - worker.yaml\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n",
        ),
        (
            "worker.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: worker, labels: {app: worker}}\nspec:\n  selector: {matchLabels: {app: worker}}\n  template:\n    metadata: {labels: {app: worker}}\n    spec:\n      containers:\n        - name: worker\n          image: app:1.2\n",
        ),
    ],
    checks: &[Check::Inputs(check)],
};

/// Configuration of tools, which has the form of an object.
const OF_TOOLS: &[&str] = &[
    "skaffold/",
    "kustomize.config.k8s.io/",
    "builtin",
    "kind.x-k8s.io/",
    "kubeadm.k8s.io/",
    "tilt.dev/",
    "ctlptl.dev/",
    "k3d.io/",
];

fn check(everything: &Everything<'_>, findings: &mut Findings<'_>) {
    let rendered = &everything.inputs.rendered;
    for manifest in everything.inputs.manifests.iter().filter(|manifest| !manifest.is_kustomization()) {
        let Some(tree) = nearest(&rendered.trees, &manifest.path) else { continue };
        let is_taken = manifest.path.ancestors().any(|path| {
            path.starts_with(&tree.directory) && path != tree.directory && rendered.named.contains(path)
        });
        if is_taken || !is_of_objects(manifest, everything) {
            continue;
        }
        let Some(object) = manifest.documents.first() else { continue };
        let path = manifest.path.strip_prefix(&tree.directory).unwrap_or(&manifest.path);
        let message = format!("no kustomization lists `{path}`");
        let place = object.get("kind").map_or(object.span, |kind| kind.span);
        let head = object.get("apiVersion").map_or(place, |version| version.span);
        let first = if head.start < place.start { head } else { place };
        let finding = findings.at(first, message, "is not deployed");
        let list = tree.declared.file.file_name().unwrap_or("kustomization.yaml");
        finding
            .subject(path.as_str())
            .help(format!("add `- {path}` to `resources` in `{list}`, or remove the file"));
        if let Some((edit, text)) = insertion(&tree.document, path.as_str(), everything) {
            finding.fix(FixKind::Safe, format!("add `- {path}`"), edit, text);
            finding.changes = manifest.documents.iter().map(shown).collect();
        }
    }
}

fn shown(document: &Node) -> String {
    Object { sources: &Sources::default(), tree: document }.shown()
}

/// The kustomization around a file.
fn nearest<'t>(trees: &'t [Tree], path: &Utf8Path) -> Option<&'t Tree> {
    let around = trees.iter().filter(|tree| path.starts_with(&tree.directory));
    around.max_by_key(|tree| tree.directory.as_str().len())
}

fn is_of_objects(manifest: &Manifest, everything: &Everything<'_>) -> bool {
    let name = manifest.path.file_name().unwrap_or_default();
    let is_filled_in = everything.sources.get(manifest.source).text().contains("{{");
    let is_object = |document: &Node| {
        let version = document.get("apiVersion").and_then(Node::as_str);
        let is_named = document.get("metadata").is_some_and(|metadata| metadata.get("name").is_some());
        let has_items = document.get("items").is_some();
        version.is_some_and(|version| !OF_TOOLS.iter().any(|tool| version.starts_with(tool)))
            && document.get("kind").and_then(Node::as_str).is_some_and(|kind| kind != "Config")
            && (is_named || has_items)
    };
    let documents: Vec<&Node> = manifest.documents.iter().filter(|document| !document.is_null()).collect();
    !is_filled_in && !load::is_template(name) && !documents.is_empty() && documents.into_iter().all(is_object)
}

/// Where `resources` gets a line, and the line.
fn insertion(document: &Node, path: &str, everything: &Everything<'_>) -> Option<(Span, String)> {
    let items = document.get("resources")?.as_seq()?;
    let is_block = |item: &&Node| {
        let text = everything.sources.get(item.span.source).text();
        let start = text[..item.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        text[start..item.span.start as usize].trim() == "-"
    };
    let blocks: Vec<&Node> = items.iter().filter(is_block).collect();
    if blocks.is_empty() || blocks.len() != items.len() {
        return None;
    }
    // In its place, if the list is sorted, else last.
    let texts: Vec<&str> = blocks.iter().filter_map(|item| item.as_str()).collect();
    let before = texts.iter().position(|text| *text > path).filter(|_| texts.is_sorted());
    let source = blocks[0].span.source;
    let text = everything.sources.get(source).text();
    let line = |node: &Node| text[..node.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let start = line(blocks[0]);
    let indent = &text[start..start + text[start..].len() - text[start..].trim_start().len()];
    let (at, new) = match before {
        Some(position) => (line(blocks[position]), format!("{indent}- {path}\n")),
        None => {
            let end = blocks[blocks.len() - 1].span.end as usize;
            let at = text[end..].find('\n').map_or(text.len(), |offset| end + offset + 1);
            let gap = if text[..at].ends_with('\n') { "" } else { "\n" };
            (at, format!("{gap}{indent}- {path}\n"))
        }
    };
    Some((Span::new(source, at, at), new))
}
