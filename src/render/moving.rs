//! What the tree's README says of the data that Compose has: how it comes into the claims, and in which order.

use std::collections::BTreeSet;

use crate::{
    catalog::{
        HELPER_IMAGE,
        dumps::{self, Dump},
    },
    plan::{DataOrigin, Environment, Kind, Moved, Plan, SERVICE_LABEL, Workload},
};

/// The section on moving data; empty if no claim has any.
pub(super) fn readme(plan: &Plan) -> String {
    let mut groups: Vec<(Vec<&Environment>, Steps)> = Vec::new();
    for environment in &plan.environments {
        let steps = Steps::of(environment);
        match groups.iter_mut().find(|(_, known)| *known == steps) {
            Some((environments, _)) => environments.push(environment),
            None => groups.push((vec![environment], steps)),
        }
    }
    groups.retain(|(_, steps)| !steps.is_empty());
    if groups.is_empty() {
        return String::new();
    }
    let several = groups.len() > 1;
    let groups = groups.iter().map(|(environments, steps)| {
        let names: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
        let heading = if several { format!("### {}\n\n", names.join(", ")) } else { String::new() };
        heading + &steps.text(plan, environments)
    });
    format!("\n{INTRODUCTION}\n{}", groups.collect::<Vec<String>>().join("\n"))
}

const INTRODUCTION: &str = "\
## Move the data

The claims do not contain what Compose has in its volumes and directories. Run these commands in the directory of the
Compose files, on the machine that runs Compose, before the commands of \"Deploy\". They replace what the claims contain:
try them first in an environment that nobody uses. Give `docker compose` the options that you usually give it.
";

/// What follows the last step.
const BACK: &str = "\
Check the applications, then change DNS or the load balancer. Compose still has everything for the way back: keep its
volumes (`docker compose down` without `-v`) until the next backup of the cluster. What users write after the switch is
in the cluster only: to go back without a loss, copy it in the other direction.
";

/// What has to be done for the data of one environment.
#[derive(Debug, PartialEq, Eq)]
struct Steps {
    /// The command that applies objects.
    apply: &'static str,
    /// Databases that write out their data: their services, objects and commands.
    dumped: Vec<(String, String, &'static Dump)>,
    /// Services that must not run while files are copied, by the values of their label.
    stopped: BTreeSet<String>,
    /// Services that write to what is moved, but for databases that write it out.
    writers: BTreeSet<String>,
    /// Claims whose files are copied.
    copied: Vec<Moved>,
}

impl Steps {
    fn of(environment: &Environment) -> Self {
        let workloads: Vec<&Workload> = environment.apps.iter().flat_map(|app| &app.workloads).collect();
        let own =
            |key: &String| workloads.iter().find(|workload| workload.key == *key && !workload.is_further);
        let dump = |moved: &Moved| {
            let workload = own(moved.dumped_by.as_ref()?)?;
            let kind = match workload.kind {
                Kind::StatefulSet { .. } => "statefulset",
                Kind::Deployment { .. } => "deployment",
                Kind::DaemonSet | Kind::Job { .. } | Kind::CronJob { .. } => return None,
            };
            let image = workload.pod.containers.first()?.image.as_ref()?;
            let object = format!("{kind}/{}", workload.name);
            Some((workload.key.clone(), object, dumps::dump_of_image(image)?))
        };
        let (dumped, copied): (Vec<&Moved>, Vec<&Moved>) =
            environment.moved.iter().partition(|moved| dump(moved).is_some());
        let dumped: Vec<_> = dumped.into_iter().filter_map(dump).collect();
        let users: BTreeSet<&String> = copied.iter().flat_map(|moved| &moved.users).collect();
        let running: Vec<&&Workload> = users.iter().filter_map(|key| own(key)).collect();
        let stopped = running.iter().filter(|workload| workload.component.is_backing());
        let is_dumped = |key: &str| dumped.iter().any(|(service, _, _)| service == key);
        let all = workloads.iter().filter(|workload| !workload.is_further && !is_dumped(&workload.key));
        Self {
            apply: environment.apply(),
            stopped: stopped.map(|workload| workload.service.clone()).collect(),
            writers: all.map(|workload| workload.key.clone()).collect(),
            dumped,
            copied: copied.into_iter().cloned().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.dumped.is_empty() && self.copied.is_empty()
    }

    fn text(&self, plan: &Plan, environments: &[&Environment]) -> String {
        let where_to = environments.iter().map(|environment| {
            format!(
                "    namespace={} overlay={}\n",
                environment.namespace,
                plan.tree.join("overlays").join(&environment.name)
            )
        });
        let where_to: Vec<String> = where_to.collect();
        let where_to = where_to.join("    # or:\n");
        let mut number = 0;
        let mut step = |what: &str, commands: String| {
            number += 1;
            format!("Step {number}: {what}\n{commands}\n")
        };
        let mut text = format!("{where_to}\n");
        text += &step("create configuration, claims and databases, and stop what writes.\n", self.first());
        if !self.dumped.is_empty() {
            text += &step("let databases write out their data, and read it in the cluster.\n", self.dumps());
        }
        if !self.copied.is_empty() {
            text += &step("stop what has the other claims.\n", self.stop());
            text += &step("copy files. A helper pod mounts each claim.\n", self.copies());
        }
        text += &step("start everything with the commands of \"Deploy\".", String::new());
        text + BACK
    }

    fn first(&self) -> String {
        let mut commands = format!(
            "    {} -k \"$overlay\" -l '{}'\n",
            self.apply, "app.kubernetes.io/component notin (web,worker,cron,job)"
        );
        if !self.writers.is_empty() {
            let writers: Vec<&str> = self.writers.iter().map(String::as_str).collect();
            commands += &format!("    docker compose stop {}\n", writers.join(" "));
        }
        commands
    }

    fn dumps(&self) -> String {
        let commands = self.dumped.iter().map(|(service, object, Dump { save, load })| {
            format!(
                "    kubectl -n \"$namespace\" rollout status {object} --timeout=10m
    docker compose exec -T {service} sh -c '{save}' \\
      | kubectl -n \"$namespace\" exec -i {object} -- sh -c '{load}'
"
            )
        });
        commands.collect()
    }

    fn stop(&self) -> String {
        let mut commands = "    docker compose stop\n".to_owned();
        if !self.stopped.is_empty() {
            commands += &format!(
                "    kubectl -n \"$namespace\" delete statefulset,deployment -l '{}' --cascade=foreground\n",
                selector(&self.stopped)
            );
        }
        commands
    }

    fn copies(&self) -> String {
        let mut commands = format!(
            "    copy() {{ # the claim $1, its directory $2; the files come as a tar archive
      kubectl -n \"$namespace\" run \"copy-$1\" --image={HELPER_IMAGE} --restart=Never --overrides='{{\"spec\": {{
        \"containers\": [{{\"name\": \"copy\", \"image\": \"{HELPER_IMAGE}\", \"command\": [\"sleep\", \"86400\"],
          \"volumeMounts\": [{{\"name\": \"claim\", \"mountPath\": \"/claim\"}}]}}],
        \"volumes\": [{{\"name\": \"claim\", \"persistentVolumeClaim\": {{\"claimName\": \"'\"$1\"'\"}}}}]}}}}' </dev/null
      kubectl -n \"$namespace\" wait --for=condition=Ready \"pod/copy-$1\" --timeout=10m &&
      kubectl -n \"$namespace\" exec -i \"copy-$1\" -- sh -ec 'mkdir -p \"$0\"; cd \"$0\"; rm -rf -- ..?* .[!.]* *; tar -xpf -' \"/claim/$2\"
      kubectl -n \"$namespace\" delete pod \"copy-$1\" --grace-period=1
    }}
"
        );
        for moved in &self.copied {
            let (source, path) = match &moved.origin {
                DataOrigin::Volume(name) => (format!("-v {}:/from:ro", quoted(name)), "/from".to_owned()),
                DataOrigin::Directory(path) if path.is_empty() => {
                    ("-v \"$PWD\":/from:ro".to_owned(), "/from".to_owned())
                }
                DataOrigin::Directory(path) => {
                    (format!("-v \"$PWD\"/{}:/from:ro", quoted(path)), "/from".to_owned())
                }
                DataOrigin::Container { service, path } => (
                    format!("--volumes-from \"$(docker compose ps -aq {service} | head -n 1)\":ro"),
                    path.clone(),
                ),
            };
            commands += &format!(
                "    docker run --rm {source} {HELPER_IMAGE} tar -C {} -cf - . | copy {} {}\n",
                quoted(&path),
                moved.claim,
                quoted(&moved.directory)
            );
        }
        commands
    }
}

fn selector(services: &BTreeSet<String>) -> String {
    let services: Vec<&str> = services.iter().map(String::as_str).collect();
    format!("{SERVICE_LABEL} in ({})", services.join(","))
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
