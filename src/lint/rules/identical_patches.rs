//! KK004: patches that are copies.

use std::collections::BTreeMap;

use crate::{
    diag::{Report, Severity},
    kustomize::build::{Change, ChangeContent},
    lint::{Category, Check, Findings, FixKind, Rule, views::Tree},
    text::{Sources, Span},
    yaml::{Node, parse},
};

pub(super) static RULE: Rule = Rule {
    code: "KK004",
    name: "identical-patches",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "several patches are the same but for the name of their object",
    explain: "\
Each new object needs a copy, and copies come to differ. A patch with a `target` changes all
objects of a kind, with a label or with a name pattern.

The rule finds three or more patches of one kustomization that are equal without the name of the
object.",
    bad: &[
        (
            "kustomization.yaml",
            "resources: [apps.yaml]\npatches:\n  - path: a.yaml\n  - path: b.yaml\n  - path: c.yaml\n",
        ),
        (
            "apps.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {app: a}}\nspec:\n  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n      containers:\n        - name: a\n          image: app:1.2\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, labels: {app: b}}\nspec:\n  selector: {matchLabels: {app: b}}\n  template:\n    metadata: {labels: {app: b}}\n    spec:\n      containers:\n        - name: b\n          image: app:1.2\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, labels: {app: c}}\nspec:\n  selector: {matchLabels: {app: c}}\n  template:\n    metadata: {labels: {app: c}}\n    spec:\n      containers:\n        - name: c\n          image: app:1.2\n",
        ),
        (
            "a.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      priorityClassName: high\n",
        ),
        (
            "b.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\nspec:\n  template:\n    spec:\n      priorityClassName: high\n",
        ),
        (
            "c.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c}\nspec:\n  template:\n    spec:\n      priorityClassName: high\n",
        ),
    ],
    good: &[
        (
            "kustomization.yaml",
            "resources: [apps.yaml]\npatches:\n  - target: {kind: Deployment}\n    path: priority.yaml\n",
        ),
        (
            "apps.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {app: a}}\nspec:\n  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n      containers:\n        - name: a\n          image: app:1.2\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, labels: {app: b}}\nspec:\n  selector: {matchLabels: {app: b}}\n  template:\n    metadata: {labels: {app: b}}\n    spec:\n      containers:\n        - name: b\n          image: app:1.2\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: c, labels: {app: c}}\nspec:\n  selector: {matchLabels: {app: c}}\n  template:\n    metadata: {labels: {app: c}}\n    spec:\n      containers:\n        - name: c\n          image: app:1.2\n",
        ),
        (
            "priority.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}\nspec:\n  template:\n    spec:\n      priorityClassName: high\n",
        ),
    ],
    checks: &[Check::Tree(check)],
};

fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    const FEWEST: usize = 3;
    let declared = &tree.read.declared;
    let mut alike: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for change in declared.patches.iter().chain(&declared.late_patches) {
        if let Some(body) = body(tree, change) {
            alike.entry(body).or_default().push(change.span);
        }
    }
    for places in alike.into_values().filter(|places| places.len() >= FEWEST) {
        let [first, rest @ ..] = &places[..] else { continue };
        let message = format!("{} patches are the same but for the name of their object", places.len());
        let finding = findings.at(*first, message, "this one");
        finding
            .subject("patches")
            .help("write one patch with `target`: a kind, a label selector or a name pattern");
        for place in rest {
            finding.also(*place, "and this one");
        }
    }
}

/// A patch without the name of its object, as text.
fn body(tree: &Tree<'_>, change: &Change) -> Option<String> {
    let documents = match &change.content {
        ChangeContent::File(path) => tree.documents(&tree.path(path.as_str())).to_vec(),
        ChangeContent::Inline(text) => embedded(text.as_str())?,
    };
    let [document] = &documents[..] else { return None };
    let mut json = document.to_json();
    if let Some(metadata) = json.get_mut("metadata").and_then(serde_json::Value::as_object_mut) {
        metadata.remove("name");
        metadata.remove("namespace");
    }
    let target = change.target.as_ref();
    let is_one = target.is_none_or(|target| {
        target.name.as_ref().is_some_and(|name| !name.value.contains(['*', '.', '|', '[', '(']))
    });
    // A target that is no single object says what it is about.
    let kind = target.and_then(|target| target.kind.as_ref()).map(|kind| kind.value.clone());
    is_one.then(|| format!("{kind:?} {json}"))
}

fn embedded(text: &str) -> Option<Vec<Node>> {
    let mut sources = Sources::default();
    let id = sources.add("patch", text);
    parse::documents(&sources, id, &mut Report::default())
}
