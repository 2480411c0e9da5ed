//! How the process of the container runs: its directory, its terminal, its init, its hooks.

use k8s_openapi::api::core::v1::{Container, ExecAction, Lifecycle, LifecycleHandler, PodSpec};

use crate::{
    compose::model::{Hook, Service},
    plan::{facts::Hosts, ledger::Entries, reasons},
    shell::quoted,
    text::Spanned,
};

/// Gives the container its working directory, its terminal and its hooks.
pub(super) fn apply_process(
    hosts: &Hosts,
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    container.working_dir = service.working_dir.as_ref().map(|directory| directory.value.clone());
    if service.working_dir.is_some() {
        entries.mapped(&["working_dir"]);
    }
    terminal(service, container, entries);
    hooks(hosts, service, pod, container, entries);
    init(service, pod, entries);
}

/// Docker's init reaps processes that nobody waits for, and passes signals on. The pause process of a pod
/// does so too, if the containers share its process namespace.
fn init(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let Some(init) = &service.init else { return };
    if !init.value {
        entries.mapped(&["init"]);
    } else if service.stop_signal.is_some() {
        entries.approximated(&["init"], reasons::NOBODY_REAPS);
    } else if service.pid.as_ref().is_some_and(|pid| pid.value == "host") {
        // The API server refuses a pod that shares its own processes and has those of the node.
        entries.approximated(&["init"], reasons::NODE_REAPS);
    } else {
        pod.share_process_namespace = Some(true);
        entries.approximated(&["init"], reasons::PAUSE_REAPS);
    }
}

fn terminal(service: &Service, container: &mut Container, entries: &mut Entries<'_>) {
    if let Some(tty) = &service.tty {
        container.tty = tty.value.then_some(true);
        entries.mapped(&["tty"]);
    }
    if let Some(open) = &service.stdin_open {
        container.stdin = open.value.then_some(true);
        entries.mapped(&["stdin_open"]);
    }
}

/// `post_start` and `pre_stop`; a stop signal other than TERM is sent before Kubernetes sends its own, and there is
/// time to obey it until the grace period ends.
fn hooks(
    hosts: &Hosts,
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let mut lifecycle = Lifecycle {
        post_start: hook(hosts, service.post_start.as_ref(), "post_start", entries),
        pre_stop: hook(hosts, service.pre_stop.as_ref(), "pre_stop", entries),
        ..Lifecycle::default()
    };
    if let Some(signal) = &service.stop_signal {
        let name = signal.value.to_ascii_uppercase();
        let name = name.strip_prefix("SIG").unwrap_or(&name);
        if name == "TERM" || name == "15" {
            entries.mapped(&["stop_signal"]);
        } else if name == "KILL" || name == "9" {
            // A first process does not hear it from within its container.
            pod.termination_grace_period_seconds = Some(1);
            entries.approximated(&["stop_signal"], reasons::STOPPED_BY_KILL);
        } else if lifecycle.pre_stop.is_some() {
            entries.unsupported(&["stop_signal"], reasons::STOP_HOOK_TAKEN);
        } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte)) {
            let line = format!("kill -{name} 1; while kill -0 1 2>/dev/null; do sleep 1; done");
            lifecycle.pre_stop = Some(shell(line));
            entries.approximated(&["stop_signal"], reasons::STOPPED_BY_HOOK);
        } else {
            entries.unsupported(&["stop_signal"], reasons::UNKNOWN_SIGNAL);
        }
    }
    if lifecycle.post_start.is_some() || lifecycle.pre_stop.is_some() {
        container.lifecycle = Some(lifecycle);
    }
}

fn hook(
    hosts: &Hosts,
    hooks: Option<&Spanned<Vec<Spanned<Hook>>>>,
    key: &str,
    entries: &mut Entries<'_>,
) -> Option<LifecycleHandler> {
    let hooks = &hooks?.value;
    let mut commands = Vec::new();
    for hook in hooks {
        let Hook { command, user, privileged, working_dir, environment, extensions: _ } = &hook.value;
        commands.extend(
            command
                .as_ref()
                .map(|command| hosts.follow_words(command.value.iter().map(|word| word.value.as_str()))),
        );
        let settings = [
            user.as_ref().map(|it| it.span),
            privileged.as_ref().map(|it| it.span),
            working_dir.as_ref().map(|it| it.span),
        ];
        let variables = environment.iter().flat_map(|it| it.value.iter()).map(|(_, value)| value.span);
        for place in settings.into_iter().flatten().chain(variables) {
            entries.at(place).approximated(&[key], reasons::HOOK_AS_CONTAINER);
        }
    }
    entries.mapped(&[key]);
    match commands.as_slice() {
        [] => None,
        [command] => Some(LifecycleHandler {
            exec: Some(ExecAction { command: Some(command.clone()) }),
            ..LifecycleHandler::default()
        }),
        several => {
            let line =
                |command: &Vec<String>| command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            Some(shell(several.iter().map(line).collect::<Vec<_>>().join(" && ")))
        }
    }
}

fn shell(line: String) -> LifecycleHandler {
    let command = Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), line]);
    LifecycleHandler { exec: Some(ExecAction { command }), ..LifecycleHandler::default() }
}
