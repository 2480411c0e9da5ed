//! Changes of the user's overlays: some are drift, some are intended, and some are nobody's business.

use crate::{
    change::Change,
    compose,
    project::Edit,
    projects::{Outline, Service},
};

/// The port of a database of which nothing else is said.
const DATABASE: u16 = 5432;

/// All changes of the overlays of a project.
pub(crate) fn changes(outline: &Outline) -> Vec<Change> {
    let mut changes = Vec::new();
    for environment in &outline.environments {
        for (at, service) in outline.services.iter().enumerate() {
            let overlay = Overlay { outline, environment, service };
            changes.extend(overlay.variables());
            changes.extend(overlay.images());
            changes.extend(overlay.fields());
            changes.extend(overlay.unrelated());
            changes.extend(overlay.both_sides(at));
        }
    }
    changes
}

struct Overlay<'a> {
    outline: &'a Outline,
    environment: &'static str,
    service: &'a Service,
}

impl Overlay<'_> {
    fn change(&self, what: &str, lines: &str) -> Change {
        let file = format!("k8s/overlays/{}/kustomization.yaml", self.environment);
        let name = format!("{}: {}: {}: {what}", self.outline.name, self.environment, self.service.name);
        Change::new(name, vec![Edit::Append(file, lines.trim_end().to_owned())])
    }

    fn finds(&self, change: Change, kind: &str, path: &str, direction: &str) -> Change {
        change.finds(&[self.environment], &self.service.name, kind, path, direction)
    }

    /// A patch of the container.
    fn patch(&self, what: &str, container: &str) -> Change {
        let name = &self.service.name;
        let pod = format!("{{spec: {{containers: [{{name: {name}, {container}}}]}}}}");
        self.patch_of_spec(what, &self.spec_of_pod(&pod))
    }

    fn spec_of_pod(&self, pod: &str) -> String {
        match self.kind() {
            "CronJob" => format!("{{jobTemplate: {{spec: {{template: {pod}}}}}}}"),
            _ => format!("{{template: {pod}}}"),
        }
    }

    fn patch_of_spec(&self, what: &str, spec: &str) -> Change {
        let (name, kind) = (&self.service.name, self.kind());
        let version = if kind == "CronJob" { "batch/v1" } else { "apps/v1" };
        self.change(
            what,
            &format!(
                "patches:\n- target: {{labelSelector: kustompose.dev/service={name}, kind: {kind}}}\n  patch: |\n    \
                 apiVersion: {version}\n    kind: {kind}\n    metadata: {{name: any}}\n    spec: {spec}\n"
            ),
        )
    }

    fn kind(&self) -> &'static str {
        match (self.service.round.is_some(), self.service.name.as_str()) {
            (true, _) => "CronJob",
            (false, "barn") => "StatefulSet",
            (false, _) => "Deployment",
        }
    }

    fn variables(&self) -> Vec<Change> {
        let set = |name: &str, value: &str| {
            self.patch(&format!("sets {name}"), &format!("env: [{{name: {name}, value: \"{value}\"}}]"))
        };
        let mut changes = vec![self.finds(set("ONLY_HERE", "1"), "env-extra", "env.ONLY_HERE", "override")];
        for (name, _) in &self.service.variables {
            let change = set(name, "something-else");
            changes.push(self.finds(change, "env-value", &format!("env.{name}"), "override"));
        }
        for name in &self.service.secrets {
            let change = set(name, "written-in-clear-77");
            changes.push(self.finds(change, "env-plain", &format!("env.{name}"), "diverged"));
        }
        changes
    }

    fn images(&self) -> Vec<Change> {
        let (name, tag) = self.service.image.rsplit_once(':').expect("every image has a tag");
        let image =
            |what: &str, field: &str| self.change(what, &format!("images:\n- name: {name}\n  {field}\n"));
        let found = |change, direction| self.finds(change, "image", "image", direction);
        let last = name.rsplit('/').next().unwrap_or(name);
        let path = name.split_once('/').filter(|(host, _)| host.contains('.')).map_or(name, |(_, path)| path);
        vec![
            found(image("a tag", &format!("newTag: \"{tag}.9\"")), "override"),
            found(image("a digest", &format!("digest: sha256:{}", "cd".repeat(32))), "override"),
            found(image("a registry", &format!("newName: mirror.example.com/{path}")), "override"),
            found(
                image("a repository", &format!("newName: mirror.example.com/forks/{last}-fork")),
                "diverged",
            ),
        ]
    }

    /// What Compose decides.
    fn fields(&self) -> Vec<Change> {
        let found = |change, kind: &str, path: &str| self.finds(change, kind, path, "diverged");
        let mut changes = vec![
            found(self.patch("other words", "args: [\"other\", \"words\"]"), "command", "argv"),
            found(self.patch("another directory", "workingDir: /by/hand"), "command", "workingDir"),
        ];
        if self.kind() == "CronJob" {
            let patch = |what: &str, spec: &str| self.patch_of_spec(what, spec);
            changes.push(found(patch("suspended", "{suspend: true}"), "schedule", "suspend"));
            changes.push(found(patch("later", "{schedule: 5 5 * * 1}"), "schedule", "schedule"));
            changes.push(found(patch("a zone", "{timeZone: Etc/UTC}"), "schedule", "timeZone"));
            let parallel = patch("at once", "{concurrencyPolicy: Replace}");
            changes.push(found(parallel, "schedule", "concurrencyPolicy"));
        }
        if let Some(user) = &self.service.user {
            let id = user.split(':').next().unwrap_or(user);
            let change = self.patch("another user", &format!("securityContext: {{runAsUser: {id}9}}"));
            changes.push(found(change, "command", "user"));
        }
        if !self.service.check.is_empty() {
            let change = self.patch("no probe", "readinessProbe: null");
            changes.push(found(change, "probe", "probe.readiness").followed_by(&["probe"]));
            let change = self.patch("another probe", "readinessProbe: {exec: {command: [other]}}");
            changes.push(found(change, "probe", "probe.readiness").followed_by(&["probe"]));
        }
        for port in &self.service.ports {
            let change = self.patch(
                &format!("no port {port}"),
                &format!("ports: [{{containerPort: {port}, $patch: delete}}]"),
            );
            changes.push(found(change, "port", &format!("ports.{port}/TCP")).followed_by(&["probe"]));
        }
        let (name, kind) = (&self.service.name, self.kind());
        let version = if kind == "CronJob" { "batch/v1" } else { "apps/v1" };
        let gone = self.change(
            "no workload",
            &format!(
                "patches:\n- target: {{labelSelector: kustompose.dev/service={name}, kind: {kind}}}\n  patch: |\n    \
                 apiVersion: {version}\n    kind: {kind}\n    metadata: {{name: any}}\n    $patch: delete\n"
            ),
        );
        changes.push(found(gone, "service-missing", ""));
        changes
    }

    /// What is not compared.
    fn unrelated(&self) -> Vec<Change> {
        let mut changes = vec![
            self.patch("resources", "resources: {limits: {memory: 2Gi}, requests: {cpu: \"1\"}}"),
            self.patch(
                "stricter",
                "securityContext: {readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}",
            ),
            self.patch("a hook", "lifecycle: {preStop: {exec: {command: [sleep, \"5\"]}}}"),
            self.patch("pulls always", "imagePullPolicy: Always"),
            self.patch_of_spec(
                "a sidecar",
                &self.spec_of_pod("{spec: {containers: [{name: tailer, image: \"busybox:1.36\"}]}}"),
            ),
            self.patch_of_spec(
                "annotations and tolerations",
                &self.spec_of_pod(
                    "{metadata: {annotations: {a.b/c: d}}, spec: {tolerations: [{operator: Exists}]}}",
                ),
            ),
            self.patch_of_spec(
                "an initContainer",
                &self.spec_of_pod("{spec: {initContainers: [{name: first, image: \"busybox:1.36\"}]}}"),
            ),
        ];
        if self.kind() != "CronJob" {
            changes.push(self.patch_of_spec("replicas", "{replicas: 5}"));
            changes.push(self.patch("one port more", "ports: [{name: admin, containerPort: 6060}]"));
        }
        changes.push(self.change("labels for all", "labels:\n- pairs: {team: night}\n"));
        changes.push(self.prefix());
        changes
    }

    /// Values do not follow: a Service whose name they have must keep it.
    fn prefix(&self) -> Change {
        let mut change = self.change("a prefix", "namePrefix: blue-\n");
        let of_all = self.outline.services.iter().flat_map(|service| &service.variables);
        let values: Vec<&String> = of_all.map(|(_, value)| value).collect();
        for named in self.outline.services.iter().filter(|service| values.contains(&&service.name)) {
            let own = if named.ports.is_empty() { vec![DATABASE] } else { named.ports.clone() };
            for port in own {
                let path = format!("ports.{port}/TCP.service");
                change = change.finds(&[self.environment], &named.name, "port", &path, "diverged");
            }
        }
        change
    }

    /// Both sides change, to the same or to different values.
    fn both_sides(&self, at: usize) -> Vec<Change> {
        let sharing = |name: &str| self.outline.sharing(self.service, name);
        let shared = self.service.variables.iter().enumerate().find(|(_, (name, value))| {
            sharing(name).contains(&self.environment)
                && !self.outline.services.iter().any(|other| other.name == *value)
        });
        let Some((index, (name, _))) = shared else { return Vec::new() };
        let mut after = self.outline.clone();
        after.services[at].variables[index].1 = "agreed".to_owned();
        let edits = compose::edits(self.outline, &after.written());
        let path = format!("env.{name}");
        let both = |value: &str, direction: &str| {
            let set = format!("env: [{{name: {name}, value: \"{value}\"}}]");
            let mut change = self.patch(&format!("{name} on both sides"), &set);
            change.edits.extend(edits.clone());
            for other in sharing(name) {
                let direction = if other == self.environment { direction } else { "behind" };
                change = change.finds(&[other], &self.service.name, "env-value", &path, direction);
            }
            change
        };
        vec![both("agreed", "converged"), both("else", "conflict")]
    }
}
