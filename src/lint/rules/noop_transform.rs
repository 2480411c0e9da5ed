//! KK012: parts of kustomizations without effect.

use camino::Utf8PathBuf;

use crate::{
    catalog::reference::Reference,
    diag::Severity,
    kustomize::build,
    lint::{
        Category, Check, Findings, FixKind, Rule, load,
        views::{Object, Tree, items, pairs},
    },
    text::{Span, nearest},
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK012",
    name: "noop-transform",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a part of a kustomization changes nothing",
    explain: "\
kustomize takes no notice of an image that no container has, and of targets that no object fits.
The version that the entry sets is never deployed.

The rule finds entries of `images`, patches with a `target`, and targets of `replacements` that fit
nothing in any kustomization that is rendered.",
    bad: &[
        ("kustomization.yaml", "resources: [web.yaml]\nimages:\n  - name: example/ap\n    newTag: 1.4.2\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app:1.0.0\n",
        ),
    ],
    good: &[
        ("kustomization.yaml", "resources: [web.yaml]\nimages:\n  - name: example/app\n    newTag: 1.4.2\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app:1.0.0\n",
        ),
    ],
    checks: &[Check::Tree(check)],
};

fn check(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let are_whole = tree.renderings().all(|rendering| rendering.is_whole && rendering.refusal.is_none());
    let is_idle = |span: Span| tree.inputs.rendered.uses.changes.get(&span) == Some(&false);
    let severity = if has_everything(tree) { Severity::Error } else { Severity::Info };
    for image in tree.read.declared.images.iter().filter(|image| is_idle(image.name.span)) {
        let message = format!("no container has the image `{}`", image.name.value);
        let finding = findings.at(image.name.span, message, "changes nothing");
        finding.subject(format!("images.{}", image.name.value)).severity(severity);
        if let Some(near) = nearest(image.name.as_str(), images(tree).iter().map(String::as_str)) {
            finding.help(format!("did you mean `{near}`?"));
        }
    }
    for change in tree.read.declared.patches.iter().chain(&tree.read.declared.late_patches) {
        let Some(target) = change.target.as_ref().filter(|_| is_idle(change.span)) else { continue };
        let message = "the target of this patch fits no object".to_owned();
        let place = [&target.name, &target.labels, &target.kind].into_iter().flatten().next();
        let span = place.map_or(change.span, |text| text.span);
        let finding = findings.at(span, message, "fits nothing");
        finding.subject("patches").severity(severity);
        let names = names(tree);
        if let Some(name) = &target.name
            && let Some(near) = nearest(name.as_str(), names.iter().map(String::as_str))
        {
            finding.help(format!("did you mean `{near}`?"));
        }
    }
    if are_whole || has_everything(tree) {
        replacements(tree, findings);
    }
}

/// Whether everything is rendered but for replacements, which add no object.
fn has_everything(tree: &Tree<'_>) -> bool {
    const ADDING: [&str; 4] = ["helmCharts", "helmChartInflationGenerator", "generators", "transformers"];
    let within =
        |directory: &Utf8PathBuf| tree.inputs.rendered.trees.iter().find(|it| it.directory == *directory);
    let is_remote = |it: &&load::Tree| {
        it.declared.resources.iter().any(|path| {
            path.value.contains("://") || path.value.contains('?') || path.value.starts_with("github.com/")
        })
    };
    let trees: Vec<&load::Tree> =
        tree.renderings().flat_map(|rendering| &rendering.within).filter_map(within).collect();
    tree.renderings().all(|rendering| rendering.refusal.is_none())
        && !trees.iter().any(|it| is_remote(it) || ADDING.iter().any(|key| it.document.get(key).is_some()))
}

/// The images of all containers.
fn images(tree: &Tree<'_>) -> Vec<String> {
    let objects = tree.renderings().flat_map(|rendering| &rendering.accumulated);
    let objects = objects.map(|object| Object { sources: tree.sources, tree: &object.node });
    let images = objects.flat_map(|object| object.containers().collect::<Vec<_>>());
    images.filter_map(|container| Some(Reference::parse(container.get("image")?.as_str()?).name())).collect()
}

fn names(tree: &Tree<'_>) -> Vec<String> {
    let objects = tree.renderings().flat_map(|rendering| &rendering.accumulated);
    objects.map(|object| object.first_name.clone()).collect()
}

fn replacements(tree: &Tree<'_>, findings: &mut Findings<'_>) {
    let Some((_, replacements)) = tree.list("replacements") else { return };
    let objects: Vec<&build::Object> =
        tree.renderings().flat_map(|rendering| &rendering.accumulated).collect();
    if objects.is_empty() {
        return;
    }
    let targets = replacements.iter().flat_map(|replacement| items(replacement, "targets"));
    for select in targets.filter_map(|target| target.get("select")) {
        if objects.iter().any(|object| fits(select, object, tree)) {
            continue;
        }
        let finding = findings.at(select.span, "this target fits no object", "fits nothing");
        finding.subject("replacements");
        let name = select.get("name").and_then(Node::as_str).unwrap_or_default();
        if name.contains(['*', '.', '(', '[', '|', '^', '$']) {
            finding.help("`name` of a replacement is no pattern: write `labelSelector`");
        }
    }
}

/// Whether an object fits what a target selects.
fn fits(select: &Node, object: &build::Object, tree: &Tree<'_>) -> bool {
    let view = Object { sources: tree.sources, tree: &object.node };
    let is = |key: &str, values: &[&str]| {
        select.get(key).and_then(Node::as_str).is_none_or(|wanted| values.contains(&wanted))
    };
    let label = |key: &str, map: &str| {
        let Some(wanted) = select.get(key).and_then(Node::as_str) else { return true };
        let own = pairs(view.at(&["metadata", map]));
        // Only the plain form is read; another one may fit.
        wanted.split(',').all(|part| match part.split_once('=') {
            Some((name, value)) if !name.ends_with('!') => {
                own.contains(&(name.trim(), value.trim_start_matches('=').trim().to_owned()))
            }
            _ => true,
        })
    };
    let version = view.api_version().rsplit('/').next().unwrap_or_default();
    is("kind", &[view.kind()])
        && is("name", &[view.name(), &object.first_name])
        && is("namespace", &[view.namespace()])
        && is("group", &[view.group()])
        && is("version", &[version])
        && label("labelSelector", "labels")
        && label("annotationSelector", "annotations")
}
