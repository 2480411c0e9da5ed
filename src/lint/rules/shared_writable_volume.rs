//! KC011: volumes that several services write to.

use std::collections::BTreeMap;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Environment, MountKind},
    },
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KC011",
    name: "shared-writable-volume",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "several services write to one volume",
    explain: "\
Most storage of a cluster can be mounted by one node at a time (ReadWriteOnce). Pods of a second
service hang in `ContainerCreating` as soon as they are on another node.

The rule finds volumes and directories that two or more services mount without `:ro`, but for source
code (KC002), sockets (KC004) and volumes on network storage.",
    bad: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    volumes: ['uploads:/uploads']\n  worker:\n    image: worker:1.2\n    volumes: ['uploads:/uploads']\nvolumes:\n  uploads:\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    volumes: ['uploads:/uploads']\n  worker:\n    image: worker:1.2\n    volumes: ['uploads:/uploads:ro']\nvolumes:\n  uploads:\n",
    )],
    checks: &[Check::Environment(check)],
};

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let mut writers: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    for service in environment.services() {
        for mount in service.mounts() {
            let key = match &mount.kind {
                MountKind::Named(name) | MountKind::Bound(name, _)
                    if !environment.is_network_volume(name) =>
                {
                    format!("the volume `{name}`")
                }
                MountKind::Directory(path) => format!("`{}`", environment.shown(path)),
                _ => continue,
            };
            let known = writers.entry(key).or_default();
            if mount.is_writable && !known.iter().any(|(name, _)| name == service.name) {
                known.push((service.name.to_owned(), mount.span));
            }
        }
    }
    for (what, services) in writers {
        let [.., (last, place)] = services.as_slice() else { continue };
        if services.len() < 2 {
            continue;
        }
        let names: Vec<String> = services.iter().map(|(name, _)| format!("`{name}`")).collect();
        let finding =
            findings.at(*place, format!("{} write to {what}", names.join(" and ")), format!("`{last}`"));
        finding.subject(what).help(
            "mount it with `:ro` where it is only read; else the cluster needs a ReadWriteMany storage class",
        );
        for (name, span) in &services[..services.len() - 1] {
            finding.also(*span, format!("`{name}`"));
        }
    }
}
