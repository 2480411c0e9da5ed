//! The places in the Compose files that ask for what a service is.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{jobs::Jobs, schedule::Scheduled};
use crate::{
    compose::model::Service,
    plan::{facts::kompose, model::Places},
    text::{Span, Spanned},
};

/// Where secrets are mounted that name no path.
const SECRETS: &str = "/run/secrets";

/// Collects the places of one service.
pub(super) fn places_of(
    service: &Spanned<Box<Service>>,
    scheduled: Option<&Scheduled>,
    jobs: Option<&Jobs>,
) -> Places {
    let entrypoint = service.entrypoint.as_ref().map(|field| field.span);
    let command = service.command.as_ref().map(|field| field.span);
    let build = service.build.as_ref().map(|field| field.span);
    Places {
        service: service.span,
        image: service.image.as_ref().map(|field| field.span).or(build),
        entrypoint,
        command,
        healthcheck: service.healthcheck.as_ref().map(|field| field.span),
        kind: kind(service, scheduled, jobs),
        ports: ports(service),
        mounts: mounts(service),
    }
}

/// What makes a service the kind of workload that it is.
fn kind(service: &Service, scheduled: Option<&Scheduled>, jobs: Option<&Jobs>) -> Option<Span> {
    let attribute = |name: &str| match name {
        "entrypoint" => service.entrypoint.as_ref().map(|field| field.span),
        "command" => service.command.as_ref().map(|field| field.span),
        _ => service.build.as_ref().map(|field| field.span),
    };
    let label = |key: &str| {
        let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
        service.labels.iter().chain(deployed).find_map(|labels| labels.value.get(key)).map(|label| label.span)
    };
    let asked = [kompose::SCHEDULE, kompose::CONTROLLER].into_iter().find_map(label);
    let said = jobs.filter(|jobs| jobs.instead).and_then(|jobs| jobs.said.first());
    let by_jobs = said.and_then(|(path, _)| match path.as_slice() {
        [name] => attribute(name),
        [.., key] => label(key),
        [] => None,
    });
    let by_loop = || scheduled.and_then(|scheduled| attribute(scheduled.attribute));
    let mode = || service.deploy.as_ref()?.value.mode.as_ref().map(|mode| mode.span);
    let restart = || service.restart.as_ref().map(|restart| restart.span);
    asked.or(by_jobs).or_else(by_loop).or_else(mode).or_else(restart)
}

fn ports(service: &Service) -> BTreeMap<u16, Span> {
    let published = service.ports.iter().flat_map(|field| &field.value);
    let published = published.filter_map(|port| Some((port.target.as_ref()?.value, port.span)));
    let exposed = service.expose.iter().flat_map(|field| &field.value);
    let exposed = exposed.filter_map(|port| {
        let number = port.value.split('/').next().and_then(|number| number.parse().ok());
        Some((number?, port.span))
    });
    // What is published comes last: it says more.
    let all = exposed.chain(published).filter_map(|(port, span)| Some((u16::try_from(port).ok()?, span)));
    all.collect()
}

fn mounts(service: &Service) -> BTreeMap<String, Span> {
    let volumes = service.volumes.iter().flat_map(|field| &field.value);
    let volumes = volumes.filter_map(|mount| Some((mount.target.as_ref()?.value.clone(), mount.span)));
    let tmpfs = service.tmpfs.iter().flat_map(|field| &field.value);
    let tmpfs = tmpfs.map(|text| (text.split(':').next().unwrap_or_default().to_owned(), text.span));
    let files =
        [(&service.secrets, SECRETS), (&service.configs, "/")].into_iter().flat_map(|(field, usual)| {
            let references = field.iter().flat_map(|field| &field.value);
            references.filter_map(move |reference| {
                let target = reference.target.as_ref().or(reference.source.as_ref())?;
                // A path that is not absolute is one below the usual folder.
                Some((Utf8Path::new(usual).join(&target.value).into_string(), reference.span))
            })
        });
    volumes.chain(tmpfs).chain(files).collect()
}
