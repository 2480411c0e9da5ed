//! What [GKE Autopilot](https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-security) refuses.

use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::quantity,
    plan::{
        input::Input,
        model::{Environment, Workload},
        place::versions,
    },
    text::Span,
};

/// Capabilities that containers may be given.
const CAPABILITIES: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
    "SYS_PTRACE",
];

/// The least that a container may ask for.
const LEAST: &[(&str, &str)] = &[("cpu", "50m"), ("memory", "52Mi")];

/// Reports what such a cluster would not run; `place` is where it is said to be one.
pub(super) fn check(environment: &Environment, input: &Input<'_>, place: Span, report: &mut Report) {
    if let Some(code) = input.cluster.local.as_ref().and_then(|local| local.value.code.as_ref())
        && code.value == "mount"
    {
        refuse("source code is mounted from the node", code.span, place, report);
    }
    for (resource, least) in LEAST {
        let Some(asked) = input.cluster.defaults.requests.get(*resource) else { continue };
        if quantity::amount(&asked.value) < quantity::amount(least) {
            let message = format!("containers ask for {} of {resource}, less than {least}", asked.value);
            refuse(&message, asked.span, place, report);
        }
    }
    for workload in environment.apps.iter().flat_map(|app| &app.workloads) {
        let refused = refused(workload);
        if !refused.is_empty() {
            let message = format!("`{}` {}", workload.name, refused.join(", "));
            refuse(&message, versions::place(input, workload), place, report);
        }
    }
}

fn refuse(message: &str, place: Span, autopilot: Span, report: &mut Report) {
    let help = "take it out for this environment, or run it on a cluster with nodes of your own";
    report.push(
        Diagnostic::error(codes::NOT_ON_AUTOPILOT, format!("{message}, which Autopilot refuses"))
            .at(place, "here")
            .at(autopilot, "the cluster is one of Autopilot")
            .help(help),
    );
}

/// What of a workload is refused, in words that follow its name.
fn refused(workload: &Workload) -> Vec<String> {
    let pod = &workload.pod;
    let mut refused = Vec::new();
    for (is_on, what) in [
        (pod.host_network, "has the network of its node"),
        (pod.host_pid, "sees the processes of its node"),
        (pod.host_ipc, "shares memory with its node"),
    ] {
        refused.extend((is_on == Some(true)).then(|| what.to_owned()));
    }
    if pod.volumes.iter().flatten().any(|volume| volume.host_path.is_some()) {
        refused.push("mounts a directory of its node".to_owned());
    }
    for container in &pod.containers {
        let own = container.security_context.as_ref();
        if own.is_some_and(|own| own.privileged == Some(true)) {
            refused.push("is privileged".to_owned());
        }
        let added = own.and_then(|own| own.capabilities.as_ref()?.add.as_ref()).into_iter().flatten();
        for capability in added.filter(|capability| !CAPABILITIES.contains(&capability.as_str())) {
            refused.push(format!("has the capability {capability}"));
        }
        for port in container.ports.iter().flatten().filter_map(|port| port.host_port) {
            refused.push(format!("has the port {port} of its node"));
        }
    }
    refused
}
