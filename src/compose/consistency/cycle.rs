//! Services must not wait for each other in a circle.

use std::collections::BTreeSet;

use crate::{
    compose::{codes, model::Project},
    diag::{Diagnostic, Report},
    text::Span,
};

/// Reports each circle of dependencies once, at the dependency that closes it.
pub(super) fn check(project: &Project, report: &mut Report) {
    let mut done = BTreeSet::new();
    for name in project.services.keys() {
        walk(project, name, &mut Vec::new(), &mut done, report);
    }
}

fn walk<'a>(
    project: &'a Project,
    name: &'a str,
    path: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
    report: &mut Report,
) {
    if done.contains(name) {
        return;
    }
    path.push(name);
    for (target, span) in dependencies(project, name) {
        match path.iter().position(|step| *step == target) {
            Some(start) => {
                let circle: Vec<&str> = path.iter().skip(start).copied().chain([target]).collect();
                let message = format!("services depend on each other in a circle: {}", circle.join(" → "));
                report
                    .push(Diagnostic::error(codes::DEPENDENCY_CYCLE, message).at(span, "closes the circle"));
            }
            None => walk(project, target, path, done, report),
        }
    }
    path.pop();
    done.insert(name);
}

fn dependencies<'a>(project: &'a Project, name: &str) -> impl Iterator<Item = (&'a str, Span)> {
    let depends_on = project.services.get(name).and_then(|service| service.value.depends_on.as_ref());
    depends_on
        .into_iter()
        .flat_map(|dependencies| &dependencies.value)
        .map(|(target, dependency)| (target.as_str(), dependency.span))
        .filter(|(target, _)| project.services.contains_key(*target))
}
