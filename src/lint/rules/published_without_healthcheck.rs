//! KC009: services that are reached from outside, and do not say when they are ready.

use std::collections::BTreeMap;

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Environment},
    text::{SourceId, Span},
};

pub(super) static RULE: Rule = Rule {
    code: "KC009",
    name: "published-without-healthcheck",
    severity: Severity::Info,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "services that are built here publish ports and have no health check",
    explain: "\
A health check becomes a readiness probe. Without one, Kubernetes sends requests to a new pod
before it can answer them, and takes the old one away: every rollout loses requests.

The rule finds services with `ports` and without a `healthcheck`, or with one that is disabled; one
finding for each file. Services whose Dockerfile has a `HEALTHCHECK`, and services that end
(`restart: \"no\"`, or awaited with `service_completed_successfully`) are not found.",
    bad: &[("compose.yaml", "services:\n  web:\n    build: .\n    ports: ['8080:8080']\n")],
    good: &[(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    ports: ['8080:8080']\n    healthcheck:\n      test: [CMD, wget, -qO-, 'http://localhost:8080/health']\n",
    )],
    checks: &[Check::Environment(check)],
};

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let mut by_file: BTreeMap<SourceId, Vec<(Span, String)>> = BTreeMap::new();
    for (name, service) in &environment.model.services {
        let service = &service.value;
        let is_published = service.ports.as_ref().is_some_and(|ports| !ports.value.is_empty());
        let check = service.healthcheck.as_ref();
        let ends = service.restart.as_ref().is_some_and(|restart| restart.value == "no")
            || environment.awaits_completion_of(name);
        let is_ours = service.build.is_some();
        let is_checked = check.map_or_else(
            || environment.read.checked_by_images.contains(name),
            |check| check.value.is_enabled(),
        );
        if !is_published || !is_ours || ends || is_checked {
            continue;
        }
        let place = environment.model.place_of_service(name);
        let places = by_file.entry(place.source).or_default();
        places.push((place, format!("`{name}` has none")));
        if let Some(check) = check {
            let disabled = check.value.disable.as_ref().map_or(check.span, |disable| disable.span);
            places.push((disabled, "disabled here".to_owned()));
        }
    }
    for places in by_file.into_values() {
        let [(first, label), rest @ ..] = places.as_slice() else { continue };
        let message = "services publish ports and have no health check";
        let finding = findings.at(*first, message, label);
        finding.help("add a `healthcheck` that asks the service whether it can answer requests");
        for (span, label) in rest {
            finding.also(*span, label);
        }
    }
}
