//! The places in the Compose files that ask for facts.

use std::collections::BTreeMap;

use crate::{
    drift::{
        Facts,
        fact::{Fact, Path, Value},
    },
    k8s::name,
    plan::{self, Intent, Known, Places, Unit},
    text::Span,
};

/// Gives the facts that Compose asks for the places that ask for them, and forgets what a file sets that is missing.
pub(super) fn put(facts: &mut Facts, intent: &Intent, known: Known) {
    for (service, found) in &mut facts.services {
        let Some(unit) = unit(intent, service) else { continue };
        found.asked = Some(unit.places.service);
        found.has_more_variables = known == Known::SomeVariables;
        for workload in &mut found.workloads {
            each(&mut workload.facts, unit);
            workload.containers.iter_mut().for_each(|container| each(&mut container.facts, unit));
        }
    }
}

fn unit<'a>(intent: &'a Intent, service: &str) -> Option<&'a Unit> {
    let alike = || intent.units.iter().find(|(name, _)| name::dns_label(name) == name::dns_label(service));
    intent.units.get(service).or_else(|| alike().map(|(_, unit)| unit))
}

fn each(facts: &mut BTreeMap<Path, Fact>, unit: &Unit) {
    for (path, fact) in facts {
        fact.asked = asked(path, unit).or(Some(unit.places.service));
        let variable = match path {
            Path::Env(name) => unit.variables.get(name),
            _ => None,
        };
        let is_unknown = variable.is_some_and(|variable| variable.value == plan::Value::Unknown);
        if is_unknown || fact.value.to_string().contains(Known::UNKNOWN) {
            fact.value = Value::Unknown;
        }
    }
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
