//! KC005: containers with more rights than clusters give.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
};

pub(super) static RULE: Rule = Rule {
    code: "KC005",
    name: "elevated-privileges",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a container that is privileged, or has a capability as good as root, can take over its node",
    explain: "\
Such a container can change the machine that it runs on. The pod security levels `baseline` and
`restricted` and GKE Autopilot refuse it, so the converted workload does not start there.

The rule finds `privileged: true` and each entry of `cap_add` that leads to root on the host, such
as `ALL`, `SYS_ADMIN`, `NET_ADMIN` or `SYS_PTRACE`, with or without `CAP_`.",
    bad: &[("compose.yaml", "services:\n  vpn:\n    image: vpn:1.2\n    cap_add: [NET_ADMIN]\n")],
    good: &[("compose.yaml", "services:\n  web:\n    image: web:1.2\n    cap_add: [NET_BIND_SERVICE]\n")],
    checks: &[Check::Service(check)],
};

/// Capabilities that the `baseline` level refuses and that lead to the host.
const ELEVATED: &[&str] = &[
    "ALL",
    "SYS_ADMIN",
    "SYS_MODULE",
    "SYS_RAWIO",
    "NET_ADMIN",
    "BPF",
    "SYS_BOOT",
    "SYS_PTRACE",
    "DAC_READ_SEARCH",
    "PERFMON",
    "SYS_TIME",
    "SYS_NICE",
    "IPC_LOCK",
    "LEASE",
    "SYSLOG",
];

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    if let Some(privileged) = service.model.privileged.as_ref().filter(|privileged| privileged.value) {
        findings
            .at(privileged.span, "the container can do anything that root on its node can", "privileged")
            .subject(format!("services.{}.privileged", service.name))
            .help("remove `privileged`, and add the capabilities that it needs to `cap_add`");
    }
    for capability in service.model.cap_add.iter().flat_map(|list| &list.value) {
        let name = capability.value.to_ascii_uppercase();
        let bare = name.strip_prefix("CAP_").filter(|bare| *bare != "ALL").unwrap_or(&name);
        if ELEVATED.contains(&bare) {
            findings
                .at(capability.span, format!("the capability {bare} leads to the node"), "added here")
                .subject(format!("services.{}.cap_add.{bare}", service.name))
                .help("remove it, or run the service on nodes of its own that allow it");
        }
    }
}
