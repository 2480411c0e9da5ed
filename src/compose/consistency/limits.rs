//! Numbers that are said twice must be the same: `scale` and `deploy.replicas`, limits and `deploy.resources`.

use std::collections::BTreeMap;

use super::{Subject, deploy, items, text};
use crate::{
    compose::model::Project,
    diag::{Diagnostic, Report, codes},
    text::{Span, Spanned},
};

/// How many of the service there are.
pub(super) fn scale(subject: &Subject<'_>, report: &mut Report) {
    let service = subject.service;
    let replicas = deploy(service).and_then(|deploy| deploy.replicas.as_ref());
    let own = service.scale.as_ref();
    for count in [own, replicas].into_iter().flatten().filter(|count| count.value < 0) {
        let message = format!("service `{}` cannot run {} times", subject.name, count.value);
        subject.refuse(codes::CONFLICT, count.span, message, "must be 0 or more", report);
    }
    if let (Some(scale), Some(replicas)) = (own, replicas)
        && scale.value != replicas.value
    {
        differ(subject, "scale", scale.span, "deploy.replicas", replicas.span, report);
    }
    let count = own.or(replicas).map_or(1, |count| count.value);
    if let Some(name) = &service.container_name
        && count > 1
        && !name.value.is_empty()
    {
        let message = format!("service `{}` runs {count} times and has a `container_name`", subject.name);
        subject.refuse(codes::CONFLICT, name.span, message, "only one container can have it", report);
    }
}

/// What is said on the service and in its `deploy` section. The one on the service is compared
/// whenever the block of the other is there at all.
pub(super) fn twins(subject: &Subject<'_>, report: &mut Report) {
    let service = subject.service;
    let Some(resources) = deploy(service).and_then(|deploy| deploy.resources.as_ref()) else { return };
    if let Some(limits) = &resources.value.limits {
        let twin = &limits.value;
        compare(
            subject,
            "cpus",
            &service.cpus,
            "deploy.resources.limits.cpus",
            &twin.cpus,
            limits.span,
            report,
        );
        compare(
            subject,
            "mem_limit",
            &service.mem_limit,
            "deploy.resources.limits.memory",
            &twin.memory,
            limits.span,
            report,
        );
        compare(
            subject,
            "pids_limit",
            &service.pids_limit,
            "deploy.resources.limits.pids",
            &twin.pids,
            limits.span,
            report,
        );
    }
    if let Some(reservations) = &resources.value.reservations {
        let path = "deploy.resources.reservations.memory";
        let twin = &reservations.value.memory;
        compare(subject, "mem_reservation", &service.mem_reservation, path, twin, reservations.span, report);
    }
}

fn compare<T: Copy + PartialEq + Default>(
    subject: &Subject<'_>,
    name: &str,
    value: &Option<Spanned<T>>,
    twin_name: &str,
    twin: &Option<Spanned<T>>,
    block: Span,
    report: &mut Report,
) {
    let Some(value) = value.as_ref().filter(|value| value.value != T::default()) else { return };
    let twin = twin.as_ref();
    if twin.map_or(T::default(), |twin| twin.value) != value.value {
        differ(subject, name, value.span, twin_name, twin.map_or(block, |twin| twin.span), report);
    }
}

fn differ(subject: &Subject<'_>, name: &str, span: Span, twin: &str, twin_span: Span, report: &mut Report) {
    let message = format!("service `{}` sets `{name}` and `{twin}` to different values", subject.name);
    report.push(
        Diagnostic::error(codes::CONFLICT, message)
            .at(span, "one value here")
            .at(twin_span, "another here")
            .help("say it once"),
    );
}

/// Docker compose finds out only when it starts the second container.
pub(super) fn warn_of_ports(project: &Project, report: &mut Report) {
    let mut known: BTreeMap<(&str, &str, &str), (&str, Span)> = BTreeMap::new();
    for (name, service) in &project.services {
        for port in items(&service.value.ports) {
            let published = text(&port.value.published);
            if published.is_empty() || published.contains('-') || published == "0" {
                continue;
            }
            let protocol = text(&port.value.protocol);
            let address = (text(&port.value.host_ip), published, protocol);
            let Some((other, earlier)) = known.insert(address, (name, port.span)) else { continue };
            let message = format!("port {published} of the host is published by `{other}` and by `{name}`");
            report.push(
                Diagnostic::warning(codes::DUPLICATE_PORT, message)
                    .at(port.span, "again here")
                    .at(earlier, "first here"),
            );
        }
    }
}
