//! The Dockerfiles of a project: which one a service is built from, and the health check that it brings. Knows nothing
//! of what is made of them.

use std::collections::BTreeSet;

use super::{context::Context, starts};
use crate::{
    compose::{
        model::{Build, Duration, Healthcheck, Project, Service},
        values::duration,
    },
    shell::dockerfile::Health,
    text::{Files, Span, Spanned},
};

/// What a service's image is built from, by itself or by another service that names the image.
pub(in crate::plan) fn build_of<'a>(
    context: &Context<'a>,
    service: &'a Service,
) -> Option<&'a Spanned<Box<Build>>> {
    let named = || context.builds.get(service.image.as_ref()?.value.as_str()).copied();
    service.build.as_ref().or_else(named)
}

/// A health check that a Dockerfile brings.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::plan) enum Brought {
    /// The whole check, with what compose says of it.
    Check(Spanned<Box<Healthcheck>>),
    /// It is made for the image's own command, and the service runs another one that nobody reaches.
    OfAnotherCommand,
}

/// The services that have the health check of the Dockerfile that they are built from.
pub fn checked_by_images(project: &Project, files: &dyn Files) -> BTreeSet<String> {
    if !project.services.values().any(|service| service.build.is_some()) {
        return BTreeSet::new();
    }
    starts::with_context(project, files, |context| {
        let services = context
            .services()
            .filter(|(name, service)| matches!(check(context, name, service), Some(Brought::Check(_))));
        services.map(|(name, _)| name.to_owned()).collect()
    })
}

/// The check that the Dockerfile of a service brings. One that compose says as a whole is none.
pub(super) fn check(context: &Context<'_>, name: &str, service: &Service) -> Option<Brought> {
    let own = service.healthcheck.as_ref();
    if own.is_some_and(|own| own.value.disable.as_ref().is_some_and(|disable| disable.value)) {
        return None;
    }
    let build = build_of(context, service)?;
    let dockerfile = context.reader.dockerfile(&build.value)?;
    let health = dockerfile.built().health.as_ref()?;
    if own.is_none() && health.test.first().is_some_and(|form| form == "NONE") {
        return None;
    }
    let runs_another = service.command.is_some() || service.entrypoint.is_some();
    let is_asked = own.is_some() || service.names_ports();
    if runs_another && !is_asked && !is_awaited(context.project, name) {
        return Some(Brought::OfAnotherCommand);
    }
    let place = own.map_or(build.span, |own| own.span);
    let joined = joined(own.map(|own| &*own.value), health, place);
    Some(Brought::Check(Spanned::new(Box::new(joined), place)))
}

/// Whether another service waits until it is healthy.
fn is_awaited(project: &Project, name: &str) -> bool {
    let mut dependencies = project.services.values().flat_map(|service| service.depends_on.iter());
    dependencies.any(|field| {
        let condition = field.value.get(name).and_then(|dependency| dependency.value.condition.as_ref());
        condition.is_some_and(|condition| condition.value == "service_healthy")
    })
}

/// What compose says of a check, and for all that it does not say what the Dockerfile does: docker joins them so.
fn joined(own: Option<&Healthcheck>, health: &Health, place: Span) -> Healthcheck {
    let Healthcheck { test, timeout, interval, retries, start_period, start_interval, disable, extensions } =
        own.cloned().unwrap_or_default();
    let time = |own: Option<Spanned<Duration>>, option: &str| {
        own.filter(|time| time.value.0 > 0).or_else(|| {
            let nanoseconds = duration::parse(health.options.get(option)?).ok()?;
            Some(Spanned::new(Duration(nanoseconds), place))
        })
    };
    let words = || health.test.iter().map(|word| Spanned::new(word.clone(), place)).collect();
    Healthcheck {
        test: test.filter(|test| !test.value.is_empty()).or_else(|| Some(Spanned::new(words(), place))),
        timeout: time(timeout, "timeout"),
        interval: time(interval, "interval"),
        retries: retries
            .filter(|retries| retries.value > 0)
            .or_else(|| Some(Spanned::new(health.options.get("retries")?.parse().ok()?, place))),
        start_period: time(start_period, "start-period"),
        start_interval: time(start_interval, "start-interval"),
        disable,
        extensions,
    }
}
