//! KC002: source code that is mounted over the code in the image.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{MountKind, Service},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KC002",
    name: "source-bind-mount",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "source code of the host is mounted over the code in the image",
    explain: "\
In a cluster the directory does not exist on the node. It would be empty, and hide the code that is
in the image. On a developer's machine such a mount is right.

The rule finds bind mounts of a directory that is, contains or is within the build context of the
service. Mounts of single files are not found, nor those in an override file or in environments
that run on a developer's machine while others do not have them. Directories that `convert` takes
for configuration or data are not found either.",
    bad: &[(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    volumes:\n      - ./src:/var/www/app/src\n",
    )],
    good: &[
        ("compose.yaml", "services:\n  web:\n    build: .\n"),
        ("compose.override.yaml", "services:\n  web:\n    volumes:\n      - ./src:/var/www/app/src\n"),
    ],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let mounts = service.mounts();
    for mount in &mounts {
        if !matches!(mount.kind, MountKind::Code(_)) || service.is_for_development(mount.span) {
            continue;
        }
        let finding = findings.at(mount.source, "source code is mounted into the container", "source code");
        finding
            .subject(format!("services.{}.volumes.{}", service.name, mount.target()))
            .help("move the mount to `compose.override.yaml`; the image has the code for everybody else");
        let masks = mounts.iter().filter(|mask| {
            mask.kind == MountKind::Anonymous { is_mask: true } && mask.target().starts_with(mount.target())
        });
        for mask in masks {
            finding.also(mask.span, "keeps a part of it out of sight: move it too");
        }
    }
}
