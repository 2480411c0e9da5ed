//! KC001: images whose tag moves.

use crate::{
    catalog::reference::Reference,
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    text::Spanned,
};

pub(super) static RULE: Rule = Rule {
    code: "KC001",
    name: "floating-image-tag",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "an image without a tag, or with a tag that moves, runs another version after each pull",
    explain: "\
A pod that is restarted next month runs another version than today, on one node and not on the
others. Kubernetes also pulls such images at every start (`imagePullPolicy: Always`).

The rule finds images without a tag and with a tag such as `latest`, `stable`, `edge`, `nightly` or
`main`, without a digest. Of `${TAG:-latest}` the default counts; `${TAG}` is not found. Services
with a `build` section are not found: their image is built, not pulled.",
    bad: &[("compose.yaml", "services:\n  cache:\n    image: redis\n")],
    good: &[("compose.yaml", "services:\n  cache:\n    image: redis:7.4.1\n")],
    checks: &[Check::Service(check)],
};

/// Tags that name whatever is newest.
pub(super) const FLOATING: &[&str] = &[
    "latest", "stable", "edge", "nightly", "dev", "devel", "develop", "test", "testing", "beta", "alpha",
    "canary", "main", "master", "head", "snapshot", "rolling",
];

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(image) = &service.model.image else { return };
    if service.model.build.is_some() {
        return;
    }
    let Some(text) = by_defaults(image) else { return };
    let reference = Reference::parse(&text);
    if reference.repository.is_empty() || reference.digest.is_some() {
        return;
    }
    let (message, label) = match reference.tag.as_deref() {
        None => (format!("the image `{text}` has no tag"), "no tag"),
        Some(tag) if FLOATING.contains(&tag) => (format!("the tag of the image `{text}` moves"), "moves"),
        Some(_) => return,
    };
    let name = reference.name();
    findings
        .at(image.span, message, label)
        .subject(format!("services.{}.image", service.name))
        .help(format!("name a version, such as `{name}:1.2.3`, or a digest"));
}

/// The reference with the defaults of its variables; nothing if a variable without a default may hold the tag.
fn by_defaults(image: &Spanned<String>) -> Option<String> {
    let Some(template) = &image.template else { return Some(image.value.clone()) };
    template.parts.last()?.without_variables()?;
    Some(template.parts.iter().map(|part| part.without_variables().unwrap_or_default()).collect())
}
