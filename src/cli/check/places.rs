//! The places in the Compose files that ask for facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cli::environments::LoadedEnvironment,
    compose::model::{Command, InputRole, Project, Service},
    drift::{
        Facts,
        fact::{Fact, MoreVariables, Path, ProbeKind, ServiceFacts, Value},
    },
    k8s::name,
    plan::{self, Intent, Known, Places, Unit},
    text::{Part, Reference, Resolved, Span, Spanned, Template},
};

/// Gives the facts that Compose asks for the places that ask for them. `more` are variables of files that are missing.
pub(super) fn put(facts: &mut Facts, intent: &Intent, environment: &LoadedEnvironment, more: &MoreVariables) {
    for (service, found) in &mut facts.services {
        let Some((name, unit)) = unit(intent, service) else { continue };
        found.asked = Some(unit.places.service);
        if may_have_more(&environment.project, name) {
            found.more_variables = more.clone();
        }
        let service = environment.project.services.get(name);
        for facts in each(found) {
            for (path, fact) in facts {
                fact.asked = asked(path, unit).or(Some(unit.places.service));
                let template = service.and_then(|service| template(path, unit, service));
                fact.decided = template.and_then(|template| decided(template, &environment.project));
            }
        }
    }
}

/// Says which names of Services must stay as they are.
pub(super) fn keep_names(facts: &mut Facts, intent: &Intent) {
    for (service, found) in &mut facts.services {
        let is_named = unit(intent, service).is_some_and(|(_, unit)| unit.is_named);
        for fact in each(found).into_iter().flat_map(BTreeMap::values_mut) {
            if let Value::Port(port) = &mut fact.value {
                port.is_named = is_named;
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
        leave_unknown_paths(found, of_tree);
        let more = found.more_variables.clone();
        let is_of_file = |span: Span| {
            let input = environment.project.inputs.iter().find(|input| input.source == span.source);
            input.is_some_and(|input| input.role == InputRole::ServiceEnvFile)
        };
        for (path, fact) in each(found).into_iter().flatten() {
            let variable = match path {
                Path::Env(name) => unit.variables.get(name),
                _ => None,
            };
            // A file that is missing may set again what another one sets.
            let is_set_again = |name: &str, span: Span| more.may_have(name) && is_of_file(span);
            let is_unknown = variable.is_some_and(|variable| variable.value == plan::Value::Unknown)
                || matches!((path, variable), (Path::Env(name), Some(set)) if is_set_again(name, set.span))
                || service_.is_some_and(|service| is_unknown(path, service))
                || fact.value.to_string().contains(Known::UNKNOWN);
            if is_unknown {
                let main = of_tree.and_then(|tree| tree.workloads.first()?.containers.first());
                let there = main.and_then(|main| main.facts.get(path)).map(|fact| &fact.value);
                unknown_texts.extend(there.map(ToString::to_string));
                let image = service_.and_then(|service| service.image.as_ref()?.template.as_deref());
                fact.value = match (&fact.value, there, image) {
                    (Value::Image(own), Some(Value::Image(there)), Some(image)) if names_image(image) => {
                        Value::Image(own.with_version_of(there))
                    }
                    _ => Value::Unknown,
                };
            }
        }
    }
    learn_ports(facts, &unknown_texts, written);
}

/// Leaves out ports, paths and the like that an unknown value would give, unless the manifests have the same.
fn leave_unknown_paths(service: &mut ServiceFacts, of_tree: Option<&ServiceFacts>) {
    let all = of_tree.into_iter().flat_map(|tree| &tree.workloads).flat_map(|it| &it.containers);
    let there: BTreeSet<&Path> = all.flat_map(|container| container.facts.keys()).collect();
    for facts in each(service) {
        facts.retain(|path, _| there.contains(path) || !path.to_string().contains(Known::UNKNOWN));
    }
}

/// Whether the name of an image is known, and only its tag or digest is not.
fn names_image(template: &Template) -> bool {
    let is_known = |part: &&Part| match part {
        Part::Text(_) => true,
        Part::Variable { reference, .. } => reference.resolved != Resolved::Unknown,
    };
    let start: String = template.parts.iter().take_while(is_known).map(Part::value).collect();
    start.rsplit('/').next().is_some_and(|last| last.contains([':', '@']))
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
/// itself, which probes make up a health check, and ports that nobody asks.
pub(super) fn leave_own_choices(
    compose: &mut Facts,
    cluster: &mut Facts,
    intent: &Intent,
    environment: &LoadedEnvironment,
) {
    for (name, found) in &mut compose.services {
        let known = unit(intent, name);
        let service = known.and_then(|(name, _)| environment.project.services.get(name));
        let mut others = cluster.services.get_mut(name).map(each).unwrap_or_default();
        if service.is_some_and(|service| service.image.is_none()) {
            let all = each(found).into_iter().chain(others.iter_mut().map(|facts| &mut **facts));
            all.for_each(|facts| drop(facts.remove(&Path::Image)));
        }
        let test = service.and_then(|service| test(service));
        let readiness =
            each(found).into_iter().find_map(|facts| facts.get(&Path::Probe(ProbeKind::Readiness)));
        if let (Some(test), Some(readiness)) = (test, readiness) {
            let probes = others.iter_mut().flat_map(|facts| facts.values_mut());
            let alike = probes.filter(|fact| is_test(&fact.value, &test));
            alike.for_each(|fact| fact.value.clone_from(&readiness.value));
        }
        let is_asked = |number: i64| {
            let number = u16::try_from(number).ok();
            known.is_none_or(|(_, unit)| number.is_some_and(|number| unit.asked_ports.contains(&number)))
        };
        for facts in each(found) {
            facts.retain(|path, _| !matches!(path, Path::Port(number, _) if !is_asked(*number)));
            if facts.contains_key(&Path::Probe(ProbeKind::Readiness)) {
                facts.remove(&Path::Probe(ProbeKind::Startup));
                facts.remove(&Path::Probe(ProbeKind::Liveness));
            }
        }
    }
}

/// The command of a health check, as one line.
fn test(service: &Service) -> Option<String> {
    let words = &service.healthcheck.as_ref()?.value.test.as_ref()?.value;
    let (_, words) = words.split_first().filter(|(kind, _)| kind.value.starts_with("CMD"))?;
    Some(words.iter().map(|word| word.value.trim()).collect::<Vec<_>>().join(" "))
}

/// Whether a probe runs the command of a health check, with a shell or without one.
fn is_test(probe: &Value, test: &str) -> bool {
    let Value::Probe(ask) = probe else { return false };
    let words: Option<Vec<&str>> = ask.words.iter().map(|word| word.value.as_plain()).collect();
    let line = words.unwrap_or_default().iter().map(|word| word.trim()).collect::<Vec<_>>().join(" ");
    let by_shell = ["sh -c ", "/bin/sh -c "].iter().find_map(|shell| line.strip_prefix(shell));
    ask.action == "exec" && by_shell.unwrap_or(&line) == test
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

/// The unit of a service, by its name or by the name that objects have of it.
pub(super) fn unit<'a>(intent: &'a Intent, service: &str) -> Option<(&'a String, &'a Unit)> {
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

/// How the Compose files write what a fact comes from, where that refers to variables.
fn template<'a>(path: &Path, unit: &'a Unit, service: &'a Service) -> Option<&'a Template> {
    let words = |command: &'a Option<Spanned<Command>>| {
        let mut words = command.iter().flat_map(|command| &command.value.0);
        words.find_map(|word| word.template.as_deref())
    };
    match path {
        Path::Env(name) => unit.variables.get(name)?.template.as_deref(),
        Path::Image => service.image.as_ref()?.template.as_deref(),
        Path::Argv | Path::Schedule => words(&service.command).or_else(|| words(&service.entrypoint)),
        Path::User => service.user.as_ref()?.template.as_deref(),
        Path::WorkingDir => service.working_dir.as_ref()?.template.as_deref(),
        _ => None,
    }
}

/// The line of a file of variables that decides on a text.
fn decided(template: &Template, project: &Project) -> Option<Span> {
    let is_set = |reference: &&Reference| reference.resolved == Resolved::Value;
    let mut places = template.references().filter(is_set).map(|it| project.variable_places.get(&it.name));
    places.find_map(|place| place.copied())
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
