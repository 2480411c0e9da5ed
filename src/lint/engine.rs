//! Runs the selected rules over everything that was read, and says what the run itself could not do.

use std::collections::BTreeMap;

use super::{
    RULES, allow,
    findings::{Finding, Findings, Scope},
    load::{Inputs, Manifest, Project},
    rule::{Check, Rule},
    select::Selection,
    suppress, views,
};
use crate::{
    diag::{Code, Severity, codes},
    settings::date::Date,
    text::{Files, Sources, Span},
    yaml::Node,
};

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The rules that the command line selects.
    pub selection: Selection,
    /// The day on which entries of the settings hold.
    pub today: Option<Date>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, in the order in which people read files.
    pub findings: Vec<Finding>,
    /// How many findings comments suppressed.
    pub suppressed: usize,
    /// How many findings a baseline has.
    pub known: usize,
    /// Whether there was an input that could not be read.
    pub is_incomplete: bool,
}

/// Runs the selected rules.
pub fn run(inputs: &Inputs, options: &Options, sources: &Sources, files: &dyn Files) -> Outcome {
    let mut found = Vec::new();
    let env_files = views::env_files(inputs, sources);
    for rule in RULES.iter().copied().filter(|rule| options.selection.has(rule)) {
        for project in &inputs.projects {
            check_project(rule, (project, inputs), sources, files, &mut found);
        }
        check_env_files(rule, &env_files, &mut found);
        check_rendered(rule, &env_files, (inputs, sources), &mut found);
        for manifest in &inputs.manifests {
            check_manifest(rule, manifest, sources, &mut found);
        }
    }
    let mut findings = merged(found);
    let suppressed = suppress::suppress(&mut findings, inputs, &options.selection, sources);
    let today = options.today.unwrap_or(Date::of_seconds(0));
    allow::apply(&mut findings, inputs, (&options.selection, today), sources);
    findings.extend(inputs.problems.iter().cloned());
    sort(&mut findings, sources);
    let is_unread =
        |finding: &Finding| finding.code == codes::UNREADABLE_INPUT && finding.severity == Severity::Error;
    let is_incomplete = findings.iter().any(is_unread);
    Outcome { findings, suppressed, known: 0, is_incomplete }
}

fn check_env_files(rule: &'static Rule, files: &views::EnvFiles<'_>, found: &mut Vec<Finding>) {
    for check in rule.checks {
        match check {
            Check::EnvFile(check) => {
                for file in files.all.iter().filter(|file| !file.readers.are_containers_alone()) {
                    check(file, &mut Findings::new(rule.as_code(), Scope::default(), found));
                }
            }
            Check::EnvFiles(check) => {
                check(files, &mut Findings::new(rule.as_code(), Scope::default(), found));
            }
            _ => {}
        }
    }
}

fn check_project(
    rule: &'static Rule,
    (project, inputs): (&Project, &Inputs),
    sources: &Sources,
    files: &dyn Files,
    found: &mut Vec<Finding>,
) {
    let environments = views::environments(project, sources, files);
    for check in rule.checks {
        match check {
            Check::Document(check) => {
                for (_, tree) in &project.documents {
                    let view = views::Document { sources, project, tree };
                    check(&view, &mut Findings::new(rule.as_code(), Scope::default(), found));
                }
            }
            Check::Service(check) => {
                for environment in &environments {
                    check_services(rule, *check, environment, found);
                }
            }
            Check::Environment(check) => {
                for environment in &environments {
                    let scope = Scope { environment: Some(environment.name), ..Scope::default() };
                    check(environment, &mut Findings::new(rule.as_code(), scope, found));
                }
            }
            Check::Project(check) => {
                let view = views::Project { inputs, sources, read: project, environments: &environments };
                check(&view, &mut Findings::new(rule.as_code(), Scope::default(), found));
            }
            Check::EnvFile(_)
            | Check::EnvFiles(_)
            | Check::Object(_)
            | Check::Tree(_)
            | Check::Rendering(_)
            | Check::Inputs(_) => {}
        }
    }
}

fn check_rendered(
    rule: &'static Rule,
    env_files: &views::EnvFiles<'_>,
    (inputs, sources): (&Inputs, &Sources),
    found: &mut Vec<Finding>,
) {
    let everything = views::Everything { inputs, sources, env_files };
    for check in rule.checks {
        match check {
            Check::Tree(check) => {
                for tree in &inputs.rendered.trees {
                    let view = views::Tree { inputs, sources, read: tree };
                    check(&view, &mut Findings::new(rule.as_code(), Scope::default(), found));
                }
            }
            Check::Rendering(check) => {
                for rendering in &inputs.rendered.renderings {
                    let view = views::Rendering { inputs, sources, read: rendering };
                    let scope = Scope { environment: rendering.environment.as_deref(), ..Scope::default() };
                    check(&view, &mut Findings::new(rule.as_code(), scope, found));
                }
            }
            Check::Inputs(check) => {
                check(&everything, &mut Findings::new(rule.as_code(), Scope::default(), found));
            }
            _ => {}
        }
    }
}

fn check_services(
    rule: &'static Rule,
    check: fn(&views::Service<'_>, &mut Findings<'_>),
    environment: &views::Environment<'_>,
    found: &mut Vec<Finding>,
) {
    for (name, model) in &environment.model.services {
        let scope = Scope {
            environment: Some(environment.name),
            service: Some(name),
            place: Some(environment.model.place_of_service(name)),
        };
        let view = views::Service { environment, name, model: &model.value };
        check(&view, &mut Findings::new(rule.as_code(), scope, found));
    }
}

fn check_manifest(rule: &'static Rule, manifest: &Manifest, sources: &Sources, found: &mut Vec<Finding>) {
    for check in rule.checks {
        if let Check::Object(check) = check {
            for tree in manifest.objects().flat_map(items) {
                let view = views::Object { sources, tree };
                check(&view, &mut Findings::new(rule.as_code(), Scope::default(), found));
            }
        }
    }
}

/// The objects of a `List`; any other object is one by itself.
fn items(tree: &Node) -> Vec<&Node> {
    match tree.get("items").and_then(Node::as_seq) {
        Some(items) if tree.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List")) => {
            items.iter().collect()
        }
        _ => vec![tree],
    }
}

/// The same finding in several environments is one.
fn merged(found: Vec<Finding>) -> Vec<Finding> {
    let mut places: BTreeMap<(Code, Span, String), usize> = BTreeMap::new();
    let mut merged: Vec<Finding> = Vec::new();
    for finding in found {
        let key = (finding.code, finding.span(), finding.message.clone());
        match places.get(&key).and_then(|at| merged.get_mut(*at)) {
            Some(known) => {
                for environment in finding.environments {
                    if !known.environments.contains(&environment) {
                        known.environments.push(environment);
                    }
                }
            }
            None => {
                places.insert(key, merged.len());
                merged.push(finding);
            }
        }
    }
    merged
}

/// By file, then by place; what has no place comes first.
fn sort(findings: &mut [Finding], sources: &Sources) {
    findings.sort_by_cached_key(|finding| {
        let span = finding.span();
        (sources.get(span.source).path().to_owned(), span.start, finding.code, span.end)
    });
}
