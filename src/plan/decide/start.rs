//! The words that a service's container starts with: Compose's `entrypoint` is Kubernetes' `command`, its `command`
//! the `args`.

use super::schedule::Scheduled;
use crate::{
    compose::model::{Command, Service},
    plan::{facts::Hosts, ledger::Entries, model::Start, reasons},
    text::Spanned,
};

/// The start of a service's own container: the command of one round where a CronJob replaces its loop.
pub(super) fn decide_start(
    hosts: &Hosts,
    service: &Service,
    scheduled: Option<&Scheduled>,
    entries: &mut Entries<'_>,
) -> Start {
    record_words(service, entries);
    match scheduled {
        Some(Scheduled { stays: Some(reason), attribute, .. }) => {
            entries.approximated(&[attribute], reason.clone());
            own_start(hosts, service)
        }
        Some(scheduled) => {
            let reason = reasons::is_a_schedule(scheduled.comments().join("; "));
            entries.approximated(&[scheduled.attribute], reason);
            let (command, arguments) = scheduled.words();
            Start { command: follow(hosts, command), arguments: follow(hosts, arguments) }
        }
        None => own_start(hosts, service),
    }
}

/// Words with the names of hosts that resolve in the cluster.
pub(super) fn follow(hosts: &Hosts, words: &[String]) -> Vec<String> {
    hosts.follow_words(words.iter().map(String::as_str))
}

fn own_start(hosts: &Hosts, service: &Service) -> Start {
    let words = |command: &Option<Spanned<Command>>| {
        let words = command.iter().flat_map(|command| command.value.iter());
        hosts.follow_words(words.map(|word| word.value.as_str()))
    };
    let (command, arguments) = (words(&service.entrypoint), words(&service.command));
    if service.entrypoint.is_some() && command.is_empty() {
        // Without the image's entrypoint, `command` is all that runs.
        return Start { command: arguments, arguments: command };
    }
    Start { command, arguments }
}

/// Records what became of `entrypoint` and `command`.
fn record_words(service: &Service, entries: &mut Entries<'_>) {
    let is_empty =
        |command: &Option<Spanned<Command>>| command.as_ref().map(|command| command.value.is_empty());
    match (is_empty(&service.entrypoint), is_empty(&service.command)) {
        (Some(true), None | Some(true)) => {
            entries.unsupported(&["entrypoint"], reasons::KEPT_ENTRYPOINT);
        }
        (Some(_), _) => entries.mapped(&["entrypoint"]),
        (None, _) => {}
    }
    match (is_empty(&service.entrypoint), is_empty(&service.command)) {
        (None | Some(true), Some(true)) => {
            entries.unsupported(&["command"], reasons::KEPT_ARGUMENTS);
        }
        (_, Some(_)) => entries.mapped(&["command"]),
        (_, None) => {}
    }
}
