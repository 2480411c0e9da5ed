//! What `kustompose.yaml` says of findings: how bad they are, and which are allowed.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{
    RULES,
    findings::Finding,
    load::{Inputs, Project},
    select::{Selection, Selector},
};
use crate::{
    diag::{Code, Report, Severity, codes},
    settings::{
        allow::{self, Allowed, Entry, Subject},
        date::Date,
        lint::Lint,
    },
    text::{SourceId, SourceText, Sources},
};

/// The section `lint:` of a project, with the rules that it names.
#[derive(Debug, Clone, Default)]
struct Told {
    /// How bad the findings of some rules are; nothing if they do not run.
    levels: Vec<(Selector, Option<Severity>)>,
    /// What is allowed.
    entries: Vec<Entry>,
}

impl Told {
    /// Looks up the rules that the section names.
    fn read(lint: &Lint, report: &mut Report) -> Self {
        let mut told = Told::default();
        for (name, level) in &lint.severity {
            match name.parse() {
                Ok(selector) => told.levels.push((selector, *level)),
                Err(problem) => {
                    let diagnostic = crate::diag::Diagnostic::error(codes::INVALID_LINT_SETTING, problem);
                    report.push(diagnostic.at(name.span, "unknown"));
                }
            }
        }
        let rules: Vec<Code> = RULES.iter().map(|rule| rule.as_code()).collect();
        told.entries = lint.allow.as_ref().map(|node| allow::read(node, &rules, report)).unwrap_or_default();
        told
    }

    /// Whether the rule of an entry runs.
    fn runs(&self, entry: &Entry, selection: &Selection) -> bool {
        let rule = RULES.iter().find(|rule| rule.code == entry.code.id);
        rule.is_some_and(|rule| selection.has(rule)) && self.level(entry.code) != Some(None)
    }

    /// How bad a finding is, if the section says so; nothing within if its rule is off.
    fn level(&self, code: Code) -> Option<Option<Severity>> {
        let rule = RULES.iter().find(|rule| rule.code == code.id)?;
        let meant = self.levels.iter().filter(|(selector, _)| selector.has(rule));
        meant.max_by_key(|(selector, _)| selector.specificity()).map(|(_, level)| *level)
    }
}

/// Gives findings the severity that their project says, takes away those of rules that are off, and notes why
/// others are allowed. What is wrong with the settings is added.
pub(super) fn apply(
    findings: &mut Vec<Finding>,
    inputs: &Inputs,
    (selection, today): (&Selection, Date),
    sources: &Sources,
) {
    let (mut wrong, mut about) = (Report::default(), Report::default());
    let told: Vec<Told> =
        inputs.projects.iter().map(|project| Told::read(&project.settings.lint, &mut wrong)).collect();
    let owners = Owners::new(inputs, sources);
    findings.retain_mut(|finding| {
        let own = owners.project_of(finding.span().source).and_then(|at| told.get(at));
        let level = own.and_then(|told| told.level(finding.code));
        finding.severity = level.flatten().unwrap_or(finding.severity);
        level != Some(None)
    });
    for (at, (project, told)) in inputs.projects.iter().zip(&told).enumerate() {
        let mut allowed = Allowed::new(&told.entries, today);
        for finding in findings.iter_mut().filter(|_| !told.entries.is_empty()) {
            let source = finding.span().source;
            if owners.project_of(source) == Some(at) {
                let file = inputs.directory.join(sources.get(source).path());
                let file = file.strip_prefix(&project.directory).unwrap_or(&file);
                finding.allowed = reason(finding, file, &mut allowed);
            }
        }
        let was_seen =
            |entry: &Entry| told.runs(entry, selection) && has_environments(entry, project, inputs);
        allowed.warn((codes::UNUSED_SUPPRESSION, codes::UNUSED_SUPPRESSION), was_seen, &mut about);
    }
    findings.extend(wrong.diagnostics().iter().map(Finding::of_settings));
    findings.extend(about.diagnostics().iter().map(Finding::of_diagnostic));
}

/// Whether the environments were looked at that an entry names.
fn has_environments(entry: &Entry, project: &Project, inputs: &Inputs) -> bool {
    let rendered = inputs.rendered.renderings.iter().filter_map(|it| it.environment.as_deref());
    let loaded = project.environments.iter().map(|environment| environment.name.as_str());
    let names: Vec<&str> = loaded.chain(rendered).collect();
    entry.environments.iter().all(|own| names.contains(&own.as_str()))
}

/// Why a finding is allowed. It has to be so in each of its environments.
fn reason(finding: &Finding, file: &Utf8Path, allowed: &mut Allowed<'_>) -> Option<String> {
    let service = finding.service.as_deref();
    let part = service.and_then(|name| finding.subject.strip_prefix(&format!("services.{name}.")));
    let mut look = |environment: Option<&str>| {
        let subject = |path| Subject { code: finding.code, service, environment, path };
        let by_file = allowed.entry(&subject(file.as_str())).map(|entry| entry.reason.value.clone());
        by_file.or_else(|| allowed.entry(&subject(part?)).map(|entry| entry.reason.value.clone()))
    };
    if finding.environments.is_empty() {
        return look(None);
    }
    let reasons: Vec<Option<String>> = finding.environments.iter().map(|name| look(Some(name))).collect();
    reasons.into_iter().collect::<Option<Vec<String>>>()?.into_iter().next()
}

/// The project that each file belongs to: the nearest one around it.
struct Owners(BTreeMap<SourceId, usize>);

impl Owners {
    fn new(inputs: &Inputs, sources: &Sources) -> Self {
        let directories = inputs.projects.iter().enumerate().map(|(at, it)| (it.directory.as_path(), at));
        let directories: BTreeMap<&Utf8Path, usize> = directories.collect();
        let owner = |(id, source): (SourceId, &SourceText)| {
            let path = inputs.directory.join(source.path());
            let around = path.ancestors().find_map(|directory| directories.get(directory));
            Some((id, *around?))
        };
        Self(sources.iter().filter_map(owner).collect())
    }

    fn project_of(&self, source: SourceId) -> Option<usize> {
        self.0.get(&source).copied()
    }
}
