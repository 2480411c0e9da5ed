//! KK008: images whose tag moves.

use super::floating_image_tag;
use crate::{
    catalog::reference::Reference,
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK008",
    name: "floating-image",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a container runs an image whose tag moves",
    explain: "\
Two pods of one Deployment run different versions, and a rollback brings back none.

The rule finds containers of all kinds whose image has no tag, or one that moves, after the `images`
of kustomizations. Overlays of developers are not found.",
    bad: &[
        ("kustomization.yaml", "resources: [web.yaml]\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app\n",
        ),
    ],
    good: &[
        ("kustomization.yaml", "resources: [web.yaml]\nimages:\n  - name: example/app\n    newTag: 1.4.2\n"),
        (
            "web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app\n",
        ),
    ],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    if rendering.read.is_local {
        return;
    }
    for object in rendering.objects() {
        for container in object.containers() {
            let Some(image) = container.get("image") else { continue };
            let Some(text) = image.as_str().filter(|text| is_floating(text)) else { continue };
            let finding = findings.at(
                image.span,
                format!("the image `{text}` is another one with each pull"),
                "no version",
            );
            let name = container.get("name").and_then(Node::as_str).unwrap_or_default();
            finding.subject(object.subject(&format!("containers.{name}.image")));
            let name = Reference::parse(text).name();
            finding.help(match rendering.read.directory {
                Some(_) => format!("add `- name: {name}` with `newTag` to `images` of the overlay"),
                None => format!("name a version, such as `{name}:1.2.3`"),
            });
        }
    }
}

/// Whether the image has no tag, or one that moves.
pub(super) fn is_floating(image: &str) -> bool {
    let reference = Reference::parse(image);
    let moves = reference.tag.as_deref().is_none_or(|tag| floating_image_tag::moves(&reference, tag));
    moves && !reference.repository.is_empty() && reference.digest.is_none() && !image.contains(['$', '{'])
}
