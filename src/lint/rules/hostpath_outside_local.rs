//! KK014: directories of nodes in pods.

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Rendering, items},
    },
    yaml::Node,
};

pub(super) static RULE: Rule = Rule {
    code: "KK014",
    name: "hostpath-outside-local",
    severity: Severity::Error,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a pod mounts a directory of its node",
    explain: "\
Each node has its own, and a pod that moves finds another one, or none. GKE Autopilot and the
`baseline` pod standard refuse it.

The rule finds `hostPath` volumes and PersistentVolumes, but for those in overlays of developers.",
    bad: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n      volumes:\n        - name: data\n          hostPath: {path: /srv/data}\n",
    )],
    good: &[(
        "web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - name: web\n          image: app:1.2\n      volumes:\n        - name: data\n          persistentVolumeClaim: {claimName: data}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
    )],
    checks: &[Check::Rendering(check)],
};

fn check(rendering: &Rendering<'_>, findings: &mut Findings<'_>) {
    if rendering.read.is_local {
        return;
    }
    for object in rendering.objects() {
        let volumes = object.pod().map_or(&[][..], |pod| items(pod, "volumes")).iter();
        let of_pod = volumes.filter(|volume| volume.get("hostPath").is_some());
        let of_volume = object.at(&["spec"]).filter(|_| object.kind() == "PersistentVolume");
        for owner in of_pod.chain(of_volume) {
            let Some((key, node)) = owner.as_map().and_then(|map| map.get_key_value("hostPath")) else {
                continue;
            };
            let path = node.get("path");
            let shown = path.and_then(Node::as_str).unwrap_or_default();
            let message = format!("{} mounts `{shown}` of its node", object.shown());
            let name = owner.get("name");
            let finding = findings.at(path.map_or(key.span, |path| path.span), message, "a path of the node");
            finding.subject(
                object.subject(&format!("volumes.{}", name.and_then(Node::as_str).unwrap_or_default())),
            );
            finding.help(
                "use a PersistentVolumeClaim, a ConfigMap or `emptyDir`; patch it in for developers alone",
            );
            finding.also(key.span, "this volume");
            if let Some(name) = name {
                finding.also(name.span, "its name");
            }
        }
    }
}
