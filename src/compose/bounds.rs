//! How much one service may ask for. Each mount is compared with the others of its service.

use crate::{
    compose::model::{Project, Service},
    diag::{Diagnostic, Report, codes},
    text::Span,
};

/// Mounts, files of secrets and configs, and watched paths that one service may have.
const MOUNTS: usize = 2_000;

/// Names by which one service may be reached: its own and its aliases, each in every of its networks.
const NAMES: usize = 100_000;

/// Refuses services that ask for more than can be decided on.
pub(super) fn check(project: &mut Project, report: &mut Report) {
    for (name, service) in &project.services {
        let (number, span) = mounts(&service.value);
        if number > MOUNTS {
            let message = format!(
                "`{name}` has {number} mounts, secrets, configs and watched paths, more than {MOUNTS}"
            );
            report.push(
                Diagnostic::error(codes::LIMIT, message)
                    .at(span, "these are too many")
                    .help("mount directories in place of single files"),
            );
        }
    }
    for (name, service) in &project.services {
        let number = names(&service.value);
        if number > NAMES {
            let message = format!("`{name}` has {number} names in its networks, more than {NAMES}");
            let place = service.networks.as_ref().map_or(Span::NOWHERE, |networks| networks.span);
            report.push(
                Diagnostic::error(codes::LIMIT, message)
                    .at(place, "these are too many")
                    .help("use fewer networks or aliases"),
            );
        }
    }
    let is_bounded = |service: &Service| mounts(service).0 <= MOUNTS && names(service) <= NAMES;
    project.services.retain(|_, service| is_bounded(&service.value));
}

/// How many there are, and the place of the most.
fn mounts(service: &Service) -> (usize, Span) {
    let watched = service.develop.as_ref().and_then(|develop| develop.value.watch.as_ref());
    let lists = [
        service.volumes.as_ref().map(|list| (list.value.len(), list.span)),
        service.tmpfs.as_ref().map(|list| (list.value.len(), list.span)),
        service.secrets.as_ref().map(|list| (list.value.len(), list.span)),
        service.configs.as_ref().map(|list| (list.value.len(), list.span)),
        watched.map(|list| (list.value.len(), list.span)),
    ];
    let number = lists.iter().flatten().map(|(number, _)| number).sum();
    let longest = lists.into_iter().flatten().max_by_key(|(number, _)| *number);
    (number, longest.map_or(Span::NOWHERE, |(_, span)| span))
}

/// How many names it has in all its networks.
fn names(service: &Service) -> usize {
    let Some(networks) = &service.networks else { return 0 };
    let aliases = networks.value.values().filter_map(|network| network.value.as_ref()?.aliases.as_ref());
    let aliases: usize = aliases.map(|aliases| aliases.value.len()).sum();
    networks.value.len().saturating_mul(aliases + 1)
}
