//! What the pages of `convert --report` and `check --report` have in common.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{Io, environments::Loaded};
use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    graph::Graph,
    page::{Page, ServiceVariables, Value, Variables},
    plan::{self, Plan},
    text::{Sources, Span},
};

/// The page of a project without its results. Values that the report hides are secret.
pub(super) fn of_project(
    loaded: &Loaded,
    plan: &Plan,
    command: &'static str,
    sources: &Sources,
    report: &Report,
) -> Page {
    let environments = || loaded.environments.iter().map(|it| (it.name.as_str(), &it.project));
    let project = environments().next().map(|(_, project)| project.name.clone()).unwrap_or_default();
    Page {
        project,
        command,
        graph: Graph::of(environments()),
        variables: variables(loaded, plan, sources, report),
        ..Page::default()
    }
}

/// Writes a page. An error is reported.
pub(super) fn write(page: &Page, path: &Utf8Path, io: &Io<'_>, report: &mut Report) {
    let written = Disk::new(io.directory.clone()).write_report(path, page.html().as_bytes());
    if let Err(why) = written {
        report.push(Diagnostic::error(codes::NOT_WRITTEN, format!("`{path}` cannot be written: {why}")));
    }
}

fn variables(loaded: &Loaded, plan: &Plan, sources: &Sources, report: &Report) -> Variables {
    let services: BTreeSet<&String> =
        plan.environments.iter().flat_map(|environment| environment.intent.units.keys()).collect();
    let rows_of = |service: &String| {
        let units = || plan.environments.iter().map(|environment| environment.intent.units.get(service));
        let names: BTreeSet<&String> = units().flatten().flat_map(|unit| unit.variables.keys()).collect();
        let row = |name: &String| {
            let cells = units().zip(&loaded.environments).map(|(unit, own)| {
                let variable = unit?.variables.get(name)?;
                Some(value(variable, &own.project, sources, report))
            });
            (name.clone(), cells.collect())
        };
        names.into_iter().map(row).collect::<Vec<_>>()
    };
    let services = services
        .into_iter()
        .map(|service| ServiceVariables { service: service.clone(), rows: rows_of(service) });
    Variables {
        environments: plan.environments.iter().map(|environment| environment.name.clone()).collect(),
        services: services.filter(|service| !service.rows.is_empty()).collect(),
    }
}

fn value(variable: &plan::Variable, project: &Project, sources: &Sources, report: &Report) -> Value {
    let text = match &variable.value {
        _ if variable.is_secret => None,
        plan::Value::Known(text) => Some(report.hidden().redact_values(text)),
        plan::Value::Unknown => Some("not known here".to_owned()),
    };
    let place = |span: Span| {
        let place = sources.location(span);
        format!("{}:{}", place.file, place.line)
    };
    let references = variable.template.iter().flat_map(|template| template.references());
    let set: BTreeSet<String> = references
        .filter_map(|reference| {
            let span = project.variable_places.get(&reference.name)?;
            Some(format!("{} from {}", reference.name, place(*span)))
        })
        .collect();
    let from = set.into_iter().map(|it| format!(", {it}")).collect::<String>();
    Value { text, place: place(variable.span) + &from }
}
