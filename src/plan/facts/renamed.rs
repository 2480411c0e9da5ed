//! Hosts that have another name in the cluster: where values follow, and where nothing can.

use std::collections::BTreeSet;

use super::{
    context::Context,
    hosts::{Hosts, Standing, standings},
    service::Services,
};
use crate::{
    compose::model::{InputRole, Service},
    diag::{Diagnostic, Report, codes},
    plan::{
        ledger::Entries,
        reasons::{self, Reason},
    },
};

/// Says of variables and commands which further names of services they have others for; that of a service itself is
/// told where the service stands.
pub(in crate::plan) fn record_aliases(
    (context, hosts): (&Context<'_>, &Hosts),
    service: &Service,
    entries: &mut Entries<'_>,
) {
    let inputs = &context.project.inputs;
    for (key, value) in service.environment.iter().flat_map(|field| field.value.iter()) {
        let Some(text) = &value.value else { continue };
        if let Some(reason) = further(hosts, text, Standing::Variable(key)) {
            let is_of_file = inputs
                .iter()
                .any(|input| input.source == value.span.source && input.role == InputRole::ServiceEnvFile);
            let path: &[&str] = if is_of_file { &["env_file"] } else { &["environment", key] };
            entries.approximated(path, reason);
        }
    }
    for (key, command) in [("command", &service.command), ("entrypoint", &service.entrypoint)] {
        let words: Vec<&str> =
            command.iter().flat_map(|command| command.value.iter()).map(|word| word.value.as_str()).collect();
        for (word, standing) in standings(&words) {
            if let Some(reason) = further(hosts, word, standing) {
                entries.approximated(&[key], reason);
            }
        }
    }
}

fn further(hosts: &Hosts, text: &str, standing: Standing<'_>) -> Option<Reason> {
    let renamed = hosts.renamed(text, standing);
    let renamed = renamed.iter().filter(|(_, _, alias)| *alias);
    let named: Vec<String> = renamed.map(|(from, to, _)| format!("`{from}` is `{to}`")).collect();
    (!named.is_empty()).then(|| reasons::hosts_have_other_names(named.join(" and ")))
}

/// Warns of aliases that several services have: on networks of their own each is asked by it, but a namespace has one
/// Service of a name.
pub(in crate::plan) fn warn_of_shared_aliases((context, hosts): (&Context<'_>, &Hosts), report: &mut Report) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (name, service) in context.services() {
        let networks = service.networks.iter().flat_map(|field| field.value.values());
        let aliases = networks.filter_map(|network| network.value.as_ref()?.aliases.as_ref());
        for alias in aliases.flat_map(|aliases| &aliases.value) {
            let leads_to = hosts.service_of(&alias.value);
            let Some(other) = leads_to.filter(|other| *other != name) else { continue };
            if !told.insert(&alias.value) {
                continue;
            }
            let message = format!(
                "`{}` is an alias of `{other}` and of `{name}`: in the cluster it leads to `{other}`",
                alias.value
            );
            report.push(
                Diagnostic::warning(codes::SHARED_ALIAS, message)
                    .at(alias.span, format!("nobody reaches `{name}` by it"))
                    .help(format!(
                        "write `{name}` where this service is meant, or give it an alias of its own"
                    )),
            );
        }
    }
}

/// Warns of proxies whose configuration is part of an image, and names hosts that are called otherwise.
pub(in crate::plan) fn warn(
    (context, services, hosts): (&Context<'_>, &Services, &Hosts),
    report: &mut Report,
) {
    for (name, service) in context.services() {
        let Some(build) = &service.build else { continue };
        let mut named = BTreeSet::new();
        let mut path = None;
        for copied in services.get(name).iter().flat_map(|facts| &facts.copied) {
            let renamed = hosts.renamed(&copied.text, Standing::File);
            if !renamed.is_empty() {
                path.get_or_insert(copied.path.clone());
            }
            named.extend(renamed.into_iter().map(|(from, to, _)| format!("`{from}`, which is `{to}`")));
        }
        let Some(path) = path else { continue };
        let shown = context.shown(&path);
        let named: Vec<String> = named.into_iter().collect();
        let message = format!(
            "the image of `{name}` has `{shown}`, which names {} in the cluster",
            named.join(", and ")
        );
        report.push(
            Diagnostic::warning(codes::HOST_IN_IMAGE, message).at(build.span, "what an image has does not follow").help(
                "write the cluster's name there, and give the service that alias on its network: then both know it; \
                 or mount the file in place of copying it",
            ),
        );
    }
}
