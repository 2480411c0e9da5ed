//! KK015: configuration without a digest in its name.

use std::collections::BTreeSet;

use crate::{
    diag::Severity,
    kustomize::build,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Object, Rendering, items, pairs},
    },
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK015",
    name: "config-without-hash",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a changed ConfigMap or Secret does not restart the pods that read it",
    explain: "\
Variables are read when a container starts. With the digest that a generator puts in the name, a
changed value makes a new object, and the pods roll.

The rule finds ConfigMaps and Secrets in rendered kustomizations that pods take variables from, and
whose names have no digest. They are not found if the pods have a `checksum/…` annotation, or an
annotation of a reloader.",
    bad: &[
        (
            "kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n  - name: config\n    literals: [A=b]\n    options: {disableNameSuffixHash: true}\n",
        ),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n          envFrom: [{configMapRef: {name: config}}]\n",
        ),
    ],
    good: &[
        (
            "kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n  - name: config\n    literals: [A=b]\n",
        ),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n          envFrom: [{configMapRef: {name: config}}]\n",
        ),
    ],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    if rendering.read.directory.is_none() {
        return;
    }
    let plain: Vec<&build::Object> =
        rendering.read.objects.iter().filter(|object| has_plain_name(object)).collect();
    let mut seen = BTreeSet::new();
    for object in rendering.objects().filter(|object| is_restarted_by_hand(*object)) {
        for container in object.containers() {
            for (kind, name) in sources(container) {
                let mut views =
                    plain.iter().map(|own| Object { sources: rendering.sources, tree: &own.node });
                let own =
                    views.find(|own| own.kind() == kind && own.name() == name.as_str().unwrap_or_default());
                let Some(own) = own.filter(|own| seen.insert((own.kind(), own.name()))) else { continue };
                let message = format!("a changed {} does not restart {}", own.shown(), object.shown());
                let finding = findings.at(name.span, message, "taken from here");
                finding.subject(own.shown());
                finding.help("make it with a generator, without `disableNameSuffixHash`");
            }
        }
    }
}

/// Whether it has the name that it has in the files, but for a prefix and a suffix.
fn has_plain_name(object: &build::Object) -> bool {
    let text =
        |way: &[&str]| way.iter().try_fold(&object.node, |node, key| node.get(key)).and_then(Node::as_str);
    let name = text(&["metadata", "name"]).unwrap_or_default();
    let has_digest = name.rsplit_once('-').is_some_and(|(head, tail)| {
        head.contains(object.first_name.as_str())
            && tail.len() == 10
            && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    matches!(text(&["kind"]), Some("ConfigMap" | "Secret")) && !has_digest
}

/// Whether its pods roll only if somebody makes them.
fn is_restarted_by_hand(object: Object<'_>) -> bool {
    let template = object.template().and_then(|template| template.get("metadata"));
    let annotations = pairs(template.and_then(|it| it.get("annotations")))
        .into_iter()
        .chain(pairs(object.at(&["metadata", "annotations"])));
    let mut keys = annotations.map(|(key, _)| key);
    matches!(object.kind(), "Deployment" | "StatefulSet" | "DaemonSet")
        && !keys.any(|key| {
            key.starts_with("checksum/") || key.contains("reloader") || key.contains("config-hash")
        })
}

/// The objects that a container takes variables from, each with the place of its name.
fn sources(container: &Node) -> Vec<(&'static str, &Node)> {
    let kinds = [("ConfigMap", "configMapRef", "configMapKeyRef"), ("Secret", "secretRef", "secretKeyRef")];
    let mut found = Vec::new();
    for (kind, whole, entry) in kinds {
        let all = items(container, "envFrom").iter().filter_map(|it| it.get(whole)?.get("name"));
        let single =
            items(container, "env").iter().filter_map(|it| it.get("valueFrom")?.get(entry)?.get("name"));
        found.extend(all.chain(single).map(|name| (kind, name)));
    }
    found
}
