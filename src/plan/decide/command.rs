//! What runs in the container: entrypoint, arguments, hooks.

use k8s_openapi::api::core::v1::{Container, ExecAction, Lifecycle, LifecycleHandler, PodSpec};

use super::{clear, schedule::Scheduled};
use crate::{
    compose::model::{Command, Hook, Service},
    plan::{
        facts::{Facts, secrets::Secrets},
        ledger::Entries,
    },
    shell::quoted,
    text::Spanned,
};

/// Gives the container its command: compose's `entrypoint` is Kubernetes' `command`, its `command` the
/// `args`.
pub(super) fn plan(
    facts: &Facts<'_>,
    service: &Service,
    secrets: &Secrets<'_>,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let words = |command: &Option<Spanned<Command>>| -> Vec<String> {
        let words = command.iter().flat_map(|command| command.value.iter());
        facts.hosts.follow_words(words.map(|word| word.value.as_str()))
    };
    let count = words(&service.entrypoint).len();
    let both = [words(&service.entrypoint), words(&service.command)].concat();
    let mut command = clear::refer(secrets, service, &both);
    let args = command.split_off(count);
    if service.entrypoint.is_some() {
        if command.is_empty() {
            match &service.command {
                // What `command` says is all that runs.
                Some(command) if !command.value.is_empty() => entries.mapped(&["entrypoint"]),
                _ => entries
                    .unsupported(&["entrypoint"], "the image's entrypoint cannot be emptied: name a command"),
            }
        } else {
            container.command = Some(command);
            entries.mapped(&["entrypoint"]);
        }
    }
    if service.command.is_some() {
        let emptied = service.entrypoint.as_ref().is_some_and(|entrypoint| entrypoint.value.is_empty());
        if args.is_empty() {
            match container.command {
                Some(_) => entries.mapped(&["command"]),
                None => entries
                    .unsupported(&["command"], "the image's arguments cannot be emptied: name an entrypoint"),
            }
        } else if emptied {
            container.command = Some(args);
            entries.mapped(&["command"]);
        } else {
            container.args = Some(args);
            entries.mapped(&["command"]);
        }
    }
    container.working_dir = service.working_dir.as_ref().map(|directory| directory.value.clone());
    if service.working_dir.is_some() {
        entries.mapped(&["working_dir"]);
    }
    terminal(service, container, entries);
    hooks(facts, service, pod, container, entries);
    init(service, pod, entries);
}

/// Docker's init reaps processes that nobody waits for, and passes signals on. The pause process of a pod
/// does so too, if the containers share its process namespace.
fn init(service: &Service, pod: &mut PodSpec, entries: &mut Entries<'_>) {
    let Some(init) = &service.init else { return };
    if !init.value {
        entries.mapped(&["init"]);
    } else if service.stop_signal.is_some() {
        let reason =
            "the program is the first process, so that its stop signal reaches it: nobody reaps for it";
        entries.approximated(&["init"], reason);
    } else {
        pod.share_process_namespace = Some(true);
        let reason =
            "the pod's pause process reaps, and all containers of the pod see each other's processes";
        entries.approximated(&["init"], reason);
    }
}

/// Gives the container of a loop the command of one round, or says why the loop stays.
pub(super) fn plan_loop(
    facts: &Facts<'_>,
    service: &Service,
    secrets: &Secrets<'_>,
    scheduled: &Scheduled,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    if let Some(reason) = &scheduled.stays {
        entries.approximated(&[scheduled.attribute], reason.as_str());
        return;
    }
    let words = |words: &[String]| -> Option<Vec<String>> {
        let words = facts.hosts.follow_words(words.iter().map(String::as_str));
        (!words.is_empty()).then(|| clear::refer(secrets, service, &words))
    };
    let (command, args) = scheduled.words();
    container.command = words(command);
    container.args = words(args);
    let comments = scheduled.comments();
    let reason = format!("now a CronJob: {}", comments.join("; "));
    entries.approximated(&[scheduled.attribute], reason);
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
    facts: &Facts<'_>,
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let mut lifecycle = Lifecycle {
        post_start: hook(facts, service.post_start.as_ref(), "post_start", entries),
        pre_stop: hook(facts, service.pre_stop.as_ref(), "pre_stop", entries),
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
            entries.approximated(&["stop_signal"], "TERM, and a second later KILL");
        } else if lifecycle.pre_stop.is_some() {
            entries.unsupported(&["stop_signal"], "there is a `pre_stop` already: send the signal from it");
        } else if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte)) {
            let line = format!("kill -{name} 1; while kill -0 1 2>/dev/null; do sleep 1; done");
            lifecycle.pre_stop = Some(shell(line));
            let reason = "sent by a preStop hook, which needs a shell in the image; TERM follows only when the grace \
                period is over";
            entries.approximated(&["stop_signal"], reason);
        } else {
            entries.unsupported(&["stop_signal"], "no signal of this name is known");
        }
    }
    if lifecycle.post_start.is_some() || lifecycle.pre_stop.is_some() {
        container.lifecycle = Some(lifecycle);
    }
}

fn hook(
    facts: &Facts<'_>,
    hooks: Option<&Spanned<Vec<Spanned<Hook>>>>,
    key: &str,
    entries: &mut Entries<'_>,
) -> Option<LifecycleHandler> {
    let hooks = &hooks?.value;
    let mut commands = Vec::new();
    for hook in hooks {
        let Hook { command, user, privileged, working_dir, environment, extensions: _ } = &hook.value;
        commands.extend(
            command.as_ref().map(|command| {
                facts.hosts.follow_words(command.value.iter().map(|word| word.value.as_str()))
            }),
        );
        let settings = [
            user.as_ref().map(|it| it.span),
            privileged.as_ref().map(|it| it.span),
            working_dir.as_ref().map(|it| it.span),
        ];
        let variables = environment.iter().flat_map(|it| it.value.iter()).map(|(_, value)| value.span);
        for place in settings.into_iter().flatten().chain(variables) {
            let reason = "a hook runs as its container does: same user, directory and variables";
            entries.at(place).approximated(&[key], reason);
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
