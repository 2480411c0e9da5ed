//! KK007: pull policies that do not fit.

use super::floating_image;
use crate::{
    catalog::reference::Reference,
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Rendering},
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK007",
    name: "pull-policy-mismatch",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "the pull policy does not fit the tag of the image",
    explain: "\
With a tag that moves and `IfNotPresent` or `Never`, each node runs the version that it pulled
first. On the machine of a developer, an image that Compose builds is in no registry. With `Always`,
or without a policy and with `latest` or no tag, the pod then ends in `ErrImagePull`.

The rule finds both. Images with a digest are not found.",
    bad: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app:latest\n          imagePullPolicy: IfNotPresent\n",
    )],
    good: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: example/app:1.4.2\n          imagePullPolicy: IfNotPresent\n",
    )],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    for object in rendering.objects() {
        for container in object.containers() {
            let Some(image) = container.get("image") else { continue };
            let Some(text) = image.as_str() else { continue };
            let policy = container.get("imagePullPolicy").and_then(Node::as_str);
            let Some(message) = problem(rendering, text, policy) else { continue };
            let place = container.get("imagePullPolicy").map_or(image.span, |policy| policy.span);
            let finding = findings.at(place, message, "does not fit");
            finding.subject(object.subject("imagePullPolicy"));
            finding.help(if rendering.read.is_local {
                "write `imagePullPolicy: IfNotPresent`"
            } else {
                "name a version of the image, or write `imagePullPolicy: Always`"
            });
            if place != image.span {
                finding.also(image.span, "the image");
            }
        }
    }
}

fn problem(rendering: &Rendering<'_>, image: &str, policy: Option<&str>) -> Option<String> {
    let is_floating = floating_image::is_floating(image);
    if !rendering.read.is_local {
        let policy = policy.filter(|policy| matches!(*policy, "Never" | "IfNotPresent"))?;
        return is_floating.then(|| format!("with `{policy}`, nodes run different versions of `{image}`"));
    }
    let name = Reference::parse(image).name();
    let environments = rendering.inputs.projects.iter().flat_map(|project| &project.environments);
    let mut services =
        environments.flat_map(|it| it.model.services.iter().map(move |service| (&it.model.name, service)));
    let is_built = services.any(|(project, (own, service))| {
        service.value.build.is_some()
            && Reference::parse(&service.value.image_or_built(project, own)).name() == name
    });
    match policy {
        _ if !is_built => None,
        Some("Always") => Some(format!("`{image}` is built here, and is in no registry")),
        None if is_floating && is_pulled_always(image) => {
            Some(format!("`{image}` is built here, and Kubernetes pulls it if no policy says otherwise"))
        }
        _ => None,
    }
}

/// Whether Kubernetes pulls the image at every start if no policy says otherwise.
fn is_pulled_always(image: &str) -> bool {
    Reference::parse(image).tag.is_none_or(|tag| tag == "latest")
}
