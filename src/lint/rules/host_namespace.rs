//! KC006: containers in the namespaces of the host.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
};

pub(super) static RULE: Rule = Rule {
    code: "KC006",
    name: "host-namespace",
    severity: Severity::Error,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a container in the host's network, process or IPC namespace has none of its own in a cluster",
    explain: "\
In a cluster the host is a node that many share. A pod in its network has no address of its own, no
Service leads to it, and its ports collide with those of other pods. The pod security levels
`baseline` and `restricted` and GKE Autopilot refuse such pods.

The rule finds `network_mode: host`, `pid: host` and `ipc: host`.",
    bad: &[("compose.yaml", "services:\n  web:\n    image: web:1.2\n    network_mode: host\n")],
    good: &[("compose.yaml", "services:\n  web:\n    image: web:1.2\n    ports: ['8080:8080']\n")],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let model = service.model;
    let keys = [
        ("network_mode", "network", &model.network_mode, "publish the ports that it serves with `ports`"),
        ("pid", "process", &model.pid, "remove `pid: host`"),
        ("ipc", "IPC", &model.ipc, "remove `ipc: host`; `shm_size` gives it more shared memory"),
    ];
    for (key, namespace, field, help) in keys {
        if let Some(field) = field.as_ref().filter(|field| field.value == "host") {
            findings
                .at(
                    field.span,
                    format!("the container is in the {namespace} namespace of the host"),
                    "the host's",
                )
                .subject(format!("services.{}.{key}", service.name))
                .help(help);
        }
    }
}
