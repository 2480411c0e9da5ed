//! The places in the Compose files that ask for facts.

use std::collections::BTreeMap;

use crate::{
    cli::environments::LoadedEnvironment,
    compose::model::{Command, Project, Service},
    drift::{
        Facts,
        fact::{Fact, Path, ProbeKind, ServiceFacts, Value},
    },
    k8s::name,
    plan::{self, Intent, Known, Places, Unit},
    text::{Span, Spanned},
};

/// Gives the facts that Compose asks for the places that ask for them.
pub(super) fn put(facts: &mut Facts, intent: &Intent, environment: &LoadedEnvironment) {
    for (service, found) in &mut facts.services {
        let Some((name, unit)) = unit(intent, service) else { continue };
        found.asked = Some(unit.places.service);
        found.has_more_variables =
            environment.known == Known::SomeVariables && may_have_more(&environment.project, name);
        for facts in each(found) {
            for (path, fact) in facts {
                fact.asked = asked(path, unit).or(Some(unit.places.service));
            }
        }
    }
}

/// Forgets what a file sets that is missing. What it may have led to is taken from the manifests.
pub(super) fn forget(
    facts: &mut Facts,
    intent: &Intent,
    environment: &LoadedEnvironment,
    written: Option<&Facts>,
) {
    let mut unknown_texts: Vec<String> = Vec::new();
    for (service, found) in &mut facts.services {
        let Some((name, unit)) = unit(intent, service) else { continue };
        let service_ = environment.project.services.get(name);
        let of_tree = written.and_then(|written| written.services.get(service));
        for (path, fact) in each(found).into_iter().flatten() {
            let variable = match path {
                Path::Env(name) => unit.variables.get(name),
                _ => None,
            };
            let is_unknown = variable.is_some_and(|variable| variable.value == plan::Value::Unknown)
                || service_.is_some_and(|service| is_unknown(path, service))
                || fact.value.to_string().contains(Known::UNKNOWN);
            if is_unknown {
                let main = of_tree.and_then(|tree| tree.workloads.first()?.containers.first());
                let text = main.and_then(|main| main.facts.get(path)).map(|fact| fact.value.to_string());
                unknown_texts.extend(text);
                fact.value = Value::Unknown;
            }
        }
    }
    learn_ports(facts, &unknown_texts, written);
}

/// Ports are learned from values, too: those that values name which are not known count as asked for.
fn learn_ports(facts: &mut Facts, unknown: &[String], written: Option<&Facts>) {
    let is_named = |number: i64| {
        let number = number.to_string();
        unknown.iter().any(|text| text.split(|c: char| !c.is_ascii_digit()).any(|part| part == number))
    };
    for (service, tree) in written.into_iter().flat_map(|written| &written.services) {
        let Some(found) = facts.services.get_mut(service) else { continue };
        for (own, other) in found.workloads.iter_mut().zip(&tree.workloads) {
            for (own, other) in own.containers.iter_mut().zip(&other.containers) {
                for (path, fact) in &other.facts {
                    if matches!(path, Path::Port(number, _) if is_named(*number)) {
                        own.facts.entry(path.clone()).or_insert_with(|| fact.clone());
                    }
                }
            }
        }
    }
}

/// Leaves out what Compose does not say of manifests that kustompose did not write: names of images that it builds
/// itself, and which probes make up a health check.
pub(super) fn leave_own_choices(
    compose: &mut Facts,
    cluster: &mut Facts,
    intent: &Intent,
    environment: &LoadedEnvironment,
) {
    for (name, found) in &mut compose.services {
        let service = unit(intent, name).and_then(|(name, _)| environment.project.services.get(name));
        let others = cluster.services.get_mut(name);
        if service.is_some_and(|service| service.image.is_none()) {
            let others = others.map(each).unwrap_or_default();
            each(found).into_iter().chain(others).for_each(|facts| drop(facts.remove(&Path::Image)));
        }
        for facts in each(found) {
            if facts.contains_key(&Path::Probe(ProbeKind::Readiness)) {
                facts.remove(&Path::Probe(ProbeKind::Startup));
                facts.remove(&Path::Probe(ProbeKind::Liveness));
            }
        }
    }
}

/// The facts of a service, of its workloads and their containers.
fn each(service: &mut ServiceFacts) -> Vec<&mut BTreeMap<Path, Fact>> {
    let mut all = Vec::new();
    for workload in &mut service.workloads {
        all.push(&mut workload.facts);
        all.extend(workload.containers.iter_mut().map(|container| &mut container.facts));
    }
    all
}

/// Whether an attribute that a fact comes from hangs on a variable that is not known.
fn is_unknown(path: &Path, service: &Service) -> bool {
    let words = |command: &Option<Spanned<Command>>| {
        command.as_ref().is_some_and(|command| command.value.0.iter().any(Spanned::is_unknown))
    };
    let text = |text: &Option<Spanned<String>>| text.as_ref().is_some_and(Spanned::is_unknown);
    match path {
        Path::Image => text(&service.image),
        Path::Argv | Path::Schedule => words(&service.command) || words(&service.entrypoint),
        Path::User => text(&service.user),
        Path::WorkingDir => text(&service.working_dir),
        Path::Probe(_) => {
            let test = service.healthcheck.as_ref().and_then(|check| check.value.test.as_ref());
            test.is_some_and(|test| test.value.iter().any(Spanned::is_unknown))
        }
        _ => false,
    }
}

fn unit<'a>(intent: &'a Intent, service: &str) -> Option<(&'a String, &'a Unit)> {
    let alike = || intent.units.iter().find(|(name, _)| name::dns_label(name) == name::dns_label(service));
    intent.units.get_key_value(service).or_else(alike)
}

/// Whether a service may have variables from a file that is missing: it names one, or is made of another service.
fn may_have_more(project: &Project, service: &str) -> bool {
    project.documents.iter().any(|document| {
        let own = document.tree.get("services").and_then(|services| services.get(service));
        own.is_some_and(|own| ["env_file", "extends"].iter().any(|key| own.get(key).is_some()))
    })
}

fn asked(path: &Path, unit: &Unit) -> Option<Span> {
    let Places { image, entrypoint, command, healthcheck, kind, ports, mounts, .. } = &unit.places;
    match path {
        Path::Env(name) => unit.variables.get(name).map(|variable| variable.span),
        Path::Image => *image,
        Path::Argv => command.or(*entrypoint),
        Path::Kind | Path::Schedule | Path::TimeZone | Path::ConcurrencyPolicy | Path::Suspend => {
            kind.or(*command).or(*entrypoint)
        }
        Path::Probe(_) => *healthcheck,
        Path::Port(number, _) => ports.get(&u16::try_from(*number).ok()?).copied(),
        Path::Mount(path) => {
            // A file of a mounted directory is asked for by the directory.
            let above = |own: &&String| {
                path.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let nearest = mounts.keys().filter(above).max_by_key(|own| own.len())?;
            mounts.get(nearest).copied()
        }
        Path::WorkingDir | Path::User => None,
    }
}
