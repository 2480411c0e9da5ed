//! The names that a project defines, where other parts of it were refused: references can be looked at all the
//! same, as long as each name that is written somewhere counts, whatever stands behind it.

use crate::{
    compose::{
        model::{Names, Project, Role},
        schema,
    },
    diag::{Code, Diagnostic, Report, Severity, codes},
    text::{Span, Spanned},
    yaml::Map,
};

/// Errors about a part of a text, which may have been the name that is missing.
const OF_TEXTS: &[Code] = &[
    codes::INVALID_INTERPOLATION,
    codes::REQUIRED_VARIABLE,
    codes::INVALID_CAST,
    codes::INVALID_SHORT_FORM,
    codes::SHORT_FORM_SURPRISE,
];

/// The project with every name that a file of it writes down. Nothing if names may be where nobody looks for them:
/// below a section that is no mapping, or below a word that is no section.
pub(super) fn with_all_that_is_written(project: &Project) -> Option<Project> {
    let mut known = project.clone();
    for document in project.documents.iter().filter(|document| document.role != Role::Extends) {
        for (section, names) in document.tree.as_map()? {
            match names.as_map() {
                Some(names) => enter_all(&mut known, &section.text, names),
                None if names.is_null() => {}
                None if HAVE_NAMES.contains(&section.text.as_str()) => return None,
                None => {}
            }
            if !schema::is_attribute(&[&section.text]) {
                return None;
            }
        }
    }
    Some(known)
}

const HAVE_NAMES: &[&str] = &["services", "networks", "volumes", "secrets", "configs", "models"];

fn enter_all(known: &mut Project, section: &str, names: &Map) {
    for (name, value) in names {
        let (name, span) = (name.text.as_str(), value.span);
        match section {
            "services" => enter(&mut known.services, name, span),
            "networks" => enter(&mut known.networks, name, span),
            "volumes" => enter(&mut known.volumes, name, span),
            "secrets" => enter(&mut known.secrets, name, span),
            "configs" => enter(&mut known.configs, name, span),
            "models" => enter(&mut known.models, name, span),
            _ => {}
        }
    }
}

fn enter<T: Default>(names: &mut Names<T>, name: &str, span: Span) {
    names.entry(name.to_owned()).or_insert_with(|| Spanned::new(T::default(), span));
}

/// Whether the text was refused that a finding is about.
pub(super) fn is_refused(finding: &Diagnostic, report: &Report) -> bool {
    let overlaps =
        |one: Span, other: Span| one.source == other.source && one.start < other.end && other.start < one.end;
    let of_texts = report
        .diagnostics()
        .iter()
        .filter(|earlier| earlier.severity == Severity::Error && OF_TEXTS.contains(&earlier.code));
    let mut places = of_texts.filter_map(Diagnostic::span);
    finding.span().is_some_and(|here| places.any(|place| overlaps(here, place)))
}
