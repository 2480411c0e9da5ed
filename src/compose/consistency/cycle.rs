//! Services must not wait for each other in a circle.

use std::collections::BTreeSet;

use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    text::Span,
};

/// Reports each circle of dependencies at the dependency that closes it.
///
/// A walk in depth without recursion: however long a chain is, it is only data.
pub(super) fn check(project: &Project, report: &mut Report) {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in project.services.keys() {
        let mut path: Vec<(&str, Vec<(&str, Span)>)> = Vec::new();
        if !done.contains(start.as_str()) {
            path.push((start, dependencies(project, start)));
        }
        while let Some((name, open)) = path.last_mut() {
            let Some((target, span)) = open.pop() else {
                done.insert(name);
                path.pop();
                continue;
            };
            if let Some(first) = path.iter().position(|(step, _)| *step == target) {
                let names = path.iter().skip(first).map(|(step, _)| *step).chain([target]);
                let circle = names.collect::<Vec<_>>().join(" → ");
                let message = format!("services depend on each other in a circle: {circle}");
                report.push(
                    Diagnostic::error(codes::DEPENDENCY_CYCLE, message)
                        .at(span, "closes the circle")
                        .help("remove one of these dependencies"),
                );
            } else if !done.contains(target) {
                path.push((target, dependencies(project, target)));
            }
        }
    }
}

/// What a service depends on, the last one first.
fn dependencies<'a>(project: &'a Project, name: &str) -> Vec<(&'a str, Span)> {
    let depends_on = project.services.get(name).and_then(|service| service.value.depends_on.as_ref());
    let mut targets: Vec<(&str, Span)> = depends_on
        .into_iter()
        .flat_map(|dependencies| &dependencies.value)
        .map(|(target, dependency)| (target.as_str(), dependency.span))
        .filter(|(target, _)| project.services.contains_key(*target))
        .collect();
    targets.reverse();
    targets
}
