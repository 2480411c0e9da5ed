//! Names of the machine that runs docker compose: in a cluster they lead nowhere.

use crate::{
    compose::model::Service,
    diag::{Diagnostic, Report, codes},
    plan::facts::{context::Context, service::Services},
    text::Span,
};

/// Docker's own resolver, in every container of a network.
const RESOLVER: &str = "127.0.0.11";

/// The names by which container engines lead to their machine.
const NAMES: &[&str] = &[
    "docker.for.mac.host.internal",
    "docker.for.mac.localhost",
    "docker.for.win.host.internal",
    "docker.for.win.localhost",
    "gateway.docker.internal",
    "host.containers.internal",
    "host.docker.internal",
];

/// Warns of variables, commands and configuration files that name the machine, unless `extra_hosts` says an address
/// for the name, or containers of other projects, whose names `of_others` finds.
pub(in crate::plan) fn warn(
    (context, services): (&Context<'_>, &Services),
    of_others: &dyn Fn(&str) -> Option<String>,
    report: &mut Report,
) {
    for (name, service) in context.services() {
        let variables = service.environment.iter().flat_map(|field| field.value.iter());
        let variables = variables.filter_map(|(key, value)| {
            Some((format!("`{key}` of `{name}`"), value.value.as_deref()?, value.span))
        });
        let commands = [("entrypoint", &service.entrypoint), ("command", &service.command)];
        let words = commands.into_iter().flat_map(|(key, command)| {
            let words = command.iter().flat_map(|command| command.value.iter());
            words.map(move |word| (format!("the `{key}` of `{name}`"), word.value.as_str(), word.span))
        });
        let names_machine =
            |text: &str| NAMES.iter().any(|host| text.contains(host) && !has_address(service, host));
        for (subject, text, span) in variables.chain(words) {
            if names_machine(text) {
                report.push(diagnostic(&subject, span));
            } else if let Some(host) = of_others(text) {
                report.push(of_another_project(&subject, &host, span));
            }
        }
        let files = || services.get(name).into_iter().flat_map(|facts| facts.files());
        if files().any(|file| says_in_use(&file.text, &names_machine)) {
            let subject = format!("a configuration file of `{name}`");
            report.push(diagnostic(&subject, context.project.place_of_service(name)));
        }
        for file in files() {
            let asks = |line: &str| line.contains(RESOLVER) && !is_comment(line);
            let Some(index) = file.text.lines().position(asks) else { continue };
            let path = context.shown(&file.path);
            report.push(of_resolver(
                name,
                &format!("{path}:{}", index + 1),
                context.project.place_of_service(name),
            ));
        }
    }
}

/// Whether it is a name of the machine, and `extra_hosts` of the service says no address for it.
pub fn is_machine(service: &Service, host: &str) -> bool {
    NAMES.contains(&host) && !has_address(service, host)
}

/// Whether a line of the file that is no comment says it.
fn says_in_use(text: &str, says: &dyn Fn(&str) -> bool) -> bool {
    text.lines().any(|line| says(line) && !is_comment(line))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';', '/'])
}

fn of_resolver(service: &str, line: &str, span: Span) -> Diagnostic {
    let message = format!("`{line}` asks Docker's resolver, {RESOLVER}");
    Diagnostic::warning(codes::RESOLVER_OF_COMPOSE, message)
        .at(span, format!("`{service}` has this file"))
        .help(
            "a cluster's resolver is `kube-dns.kube-system.svc.cluster.local`; nginx knows no search domains: with \
             `resolver`, write full names, `NAME.NAMESPACE.svc.cluster.local`",
        )
}

fn diagnostic(subject: &str, span: Span) -> Diagnostic {
    Diagnostic::warning(codes::HOST_OF_COMPOSE, format!("{subject} names the machine that runs compose"))
        .at(span, "pods know no such host")
        .help("name a service, or an address that the cluster reaches; minikube has host.minikube.internal")
}

fn of_another_project(subject: &str, host: &str, span: Span) -> Diagnostic {
    let message = format!("{subject} names `{host}`, which is no container of this project");
    Diagnostic::warning(codes::HOST_OF_COMPOSE, message)
        .at(span, "no Service has this name")
        .help("write the Service that the cluster has for it, with its namespace: `NAME.NAMESPACE`")
}

fn has_address(service: &Service, host: &str) -> bool {
    let hosts = service.extra_hosts.as_ref().and_then(|hosts| hosts.value.get(host));
    hosts.is_some_and(|addresses| addresses.value.iter().any(|address| address != "host-gateway"))
}
