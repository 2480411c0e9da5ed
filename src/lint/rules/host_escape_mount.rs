//! KC004: mounts that lead out of the container.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{MountKind, Service},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KC004",
    name: "host-escape-mount",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a mount gives the container the host: a runtime socket, devices, configuration or data of the system",
    explain: "\
On a node such a mount is as good as root on the cluster. The pod security levels `baseline` and
`restricted` refuse it, and what it asks for is often not there: nodes with containerd have no
Docker socket.

The rule finds sockets of container runtimes under any path, and directories that contain one: `/`,
`/run`, `/var`. It finds `/etc`, `/proc`, `/sys`, `/boot`, `/root`, `/dev` and everything below
them. It also finds `/home`, and directories with credentials such as `~/.ssh`. Only the source
counts, however it is written. `/etc/localtime` and `/etc/timezone` may be mounted read-only.",
    bad: &[(
        "compose.yaml",
        "services:\n  ci:\n    image: ci:1.2\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  ci:\n    image: ci:1.2\n    volumes:\n      - /etc/localtime:/etc/localtime:ro\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    for mount in service.mounts() {
        let MountKind::Escape(path, what) = &mount.kind else { continue };
        let path = path.as_str().replacen(crate::lint::load::HOME, "~", 1);
        let finding =
            findings.at(mount.source, format!("`{path}` gives the container {what}"), "mounted here");
        finding
            .subject(format!("services.{}.volumes.{}", service.name, mount.target()))
            .help("remove the mount; what asks the container runtime in a cluster uses the Kubernetes API");
        if mount.source != mount.span {
            finding.also(mount.span, "");
        }
    }
}
