//! KC003: data in directories of one machine.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{MountKind, Service},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KC003",
    name: "unportable-volume",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "data is written to a directory of the host, or to a volume without a name",
    explain: "\
A pod may run on any node: a directory of one node is not on the others, and a volume without a
name goes away with the container. Only a volume with a name becomes a claim that moves with the
pod.

The rule finds writable bind mounts of directories, volumes without a name, and volumes that
`driver_opts` bind to a directory. Source code (KC002), directories of the system (KC004) and
volumes that only keep a part of a mounted directory out of sight are not found. Directories whose
files `convert` writes into a ConfigMap or a Secret are not found either.",
    bad: &[(
        "compose.yaml",
        "services:\n  db:\n    image: mysql:8.4\n    volumes:\n      - ./mysql-data:/var/lib/mysql\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  db:\n    image: mysql:8.4\n    volumes:\n      - mysql-data:/var/lib/mysql\nvolumes:\n  mysql-data:\n",
    )],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    for mount in service.mounts() {
        if !mount.is_writable || service.is_for_development(mount.span) {
            continue;
        }
        let (message, label, place) = match &mount.kind {
            MountKind::Directory(_) => (
                "data is written to a directory of the host".to_owned(),
                "a directory of the host",
                mount.source,
            ),
            MountKind::Anonymous { is_mask: false } => {
                ("data is written to a volume without a name".to_owned(), "no name", mount.span)
            }
            MountKind::Bound(name, place) => {
                (format!("the volume `{name}` is bound to a directory of the host"), "bound here", *place)
            }
            _ => continue,
        };
        let finding = findings.at(place, message, label);
        finding
            .subject(format!("services.{}.volumes.{}", service.name, mount.target()))
            .help("use a volume with a name, and list it below `volumes` at the top");
        if place != mount.span {
            finding.also(mount.span, "mounted here");
        }
    }
}
