//! `convert: accept:` of `kustompose.yaml`: findings that somebody has seen. They are counted, not repeated.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{key_report::KeyReport, summary};
use crate::{
    cli::{Io, environments::Loaded, today},
    compose::model::Project,
    diag::{Code, Report, Severity, codes},
    plan::{Known, reasons},
    settings::allow::{self, Allowed, Entry, Subject},
    text::{SourceId, Sources, Span, clean},
};

/// The kinds of findings that can be accepted: diagnostics that are no errors, and reasons by which a key is not what
/// Compose has.
fn kinds() -> Vec<Code> {
    let of_reason = |id: &'static str| Code { id, name: id, severity: Severity::Info, summary: "" };
    let diagnostics = codes::CODES.iter().filter(|code| code.severity != Severity::Error).copied();
    diagnostics.chain(reasons::all().map(|reason| of_reason(reason.id))).collect()
}

/// Reads the list of a project. What is wrong with it is an error.
pub(super) fn read(loaded: &Loaded, report: &mut Report) -> Vec<Entry> {
    let accept = loaded.settings.convert.accept.as_ref();
    accept.map(|node| allow::read(node, &kinds(), report)).unwrap_or_default()
}

/// Notes which findings are accepted, takes these reasons from the keys, and says how many findings there were.
pub(super) fn apply(
    entries: &[Entry],
    loaded: &Loaded,
    keys: &mut [KeyReport],
    (sources, io): (&Sources, &Io<'_>),
    report: &mut Report,
) -> usize {
    let mut allowed = Allowed::new(entries, today(io));
    let mut count = 0;
    let services = Services::of(loaded.environments.iter().map(|environment| &environment.project));
    report.allow(|diagnostic| {
        let span = diagnostic.span();
        let path = span.map(|span| clean(Utf8Path::new(sources.get(span.source).path())));
        let subject = Subject {
            code: diagnostic.code,
            service: span.and_then(|span| services.at(span)),
            environment: None,
            path: path.as_ref().map_or("", |path| path.as_str()),
        };
        let entry = allowed.entry(&subject)?;
        count += 1;
        Some(entry.reason.value.clone())
    });
    for key in keys {
        count += key.accept(|key, id| is_accepted(key, id, &mut allowed));
    }
    let is_loaded = |entry: &Entry| {
        let known =
            |name: &str| loaded.environments.iter().any(|it| it.name == name && it.known == Known::All);
        entry.environments.iter().all(|name| known(name))
    };
    allowed.warn((codes::USELESS_ACCEPT, codes::USELESS_ACCEPT), is_loaded, report);
    count
}

/// Whether a reason of a key is accepted in each environment that has the key.
fn is_accepted(key: &KeyReport, id: &'static str, allowed: &mut Allowed<'_>) -> bool {
    if !summary::is_listed(key) {
        return false;
    }
    let segments = key.key.path.segments();
    let (service, path) = match segments.as_slice() {
        ["services", service, rest @ ..] => (Some(*service), rest.join(".")),
        rest => (None, rest.join(".")),
    };
    let code = Code { id, name: id, severity: Severity::Info, summary: "" };
    let environments = key.environments.iter();
    let accepted: Vec<bool> = environments
        .map(|environment| {
            let environment = Some(environment.as_ref());
            allowed.entry(&Subject { code, service, environment, path: &path }).is_some()
        })
        .collect();
    !accepted.is_empty() && accepted.into_iter().all(|it| it)
}

/// Where services begin in files, and where anything else does.
struct Services<'a>(BTreeMap<(SourceId, u32), Option<&'a str>>);

impl<'a> Services<'a> {
    fn of(projects: impl Iterator<Item = &'a Project>) -> Self {
        let mut places = BTreeMap::new();
        for document in projects.flat_map(|project| &project.documents) {
            for (key, _) in document.tree.as_map().into_iter().flatten() {
                places.insert((key.span.source, key.span.start), None);
            }
            let services = document.tree.get("services").and_then(|services| services.as_map());
            for (key, _) in services.into_iter().flatten() {
                places.insert((key.span.source, key.span.start), Some(key.text.as_str()));
            }
        }
        Self(places)
    }

    /// The service that a place belongs to.
    fn at(&self, span: Span) -> Option<&'a str> {
        let (place, service) = self.0.range(..=(span.source, span.start)).next_back()?;
        service.filter(|_| place.0 == span.source)
    }
}
