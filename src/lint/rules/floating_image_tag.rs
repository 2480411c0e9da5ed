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
others. Without a tag, or with `latest`, Kubernetes also pulls the image at every start.

The rule finds images without a tag and with a tag such as `latest`, `stable`, `lts`, `edge` or
`main`, without a digest. It finds tags that name what the image is built on and no version, such as
`alpine` or `bookworm-slim`. Of `${TAG:-latest}` the default counts; `${TAG}` is not found. Services
with a `build` section are not found: their image is built, not pulled.",
    bad: &[("compose.yaml", "services:\n  cache:\n    image: redis\n")],
    good: &[("compose.yaml", "services:\n  cache:\n    image: redis:7.4.1\n")],
    checks: &[Check::Service(check)],
};

/// Parts of tags that name whatever is newest.
const MOVING: &[&str] = &[
    "latest", "stable", "edge", "nightly", "dev", "devel", "develop", "test", "testing", "beta", "alpha",
    "canary", "main", "master", "head", "snapshot", "rolling", "lts", "current", "mainline",
];

/// Parts of tags of official images that name what the newest version is built on, or built with.
const VARIANTS: &[&str] = &["alpine", "slim", "apache", "fpm", "cli", "zts", "management", "perl", "otel"];

/// Releases of Debian and Ubuntu, which other images are built on.
const RELEASES: &[&str] =
    &["stretch", "buster", "bullseye", "bookworm", "trixie", "bionic", "focal", "jammy", "noble"];

/// The images whose versions those are.
const OF_RELEASES: &[&str] = &["debian", "ubuntu", "buildpack-deps"];

/// Whether the tag names no version: each of its parts is one that moves.
pub(super) fn moves(reference: &Reference, tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    let has_releases = OF_RELEASES.contains(&reference.last_parts(1));
    let is_known = |part: &str| {
        MOVING.contains(&part) || VARIANTS.contains(&part) || !has_releases && RELEASES.contains(&part)
    };
    tag.split('-').all(is_known)
        || !tag.contains(|c: char| c.is_ascii_digit())
            && (tag.starts_with("latest-") || tag.ends_with("-latest"))
}

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
        Some(tag) if moves(&reference, tag) => (format!("the tag of the image `{text}` moves"), "moves"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_without_a_version_move() {
        let cases = [
            ("x:latest", true),
            ("x:LATEST", true),
            ("x:latest-alpine", true),
            ("x:latest-cuda", true),
            ("x:prod-latest", true),
            ("x:pg16-latest", false),
            ("node:lts", true),
            ("node:lts-bookworm-slim", true),
            ("nginx:alpine", true),
            ("nginx:stable-alpine", true),
            ("nginx:1-alpine", false),
            ("nginx:alpine3.20", false),
            ("python:slim", true),
            ("python:3-slim", false),
            ("debian:bookworm-slim", false),
            ("debian:stable-slim", true),
            ("ubuntu:noble", false),
            ("python:bookworm", true),
            ("app:main-4f1c2ab", false),
            ("app:nightly-2026-01-01", false),
            ("app:production", false),
            ("app:v1", false),
        ];
        for (image, expected) in cases {
            let reference = Reference::parse(image);
            let tag = reference.tag.clone().unwrap_or_default();
            assert_eq!(moves(&reference, &tag), expected, "{image}");
        }
    }
}
