//! What the tree's README says of the data that Compose has: how it comes into the claims, and in which order.

use std::collections::BTreeSet;

use camino::Utf8Path;

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
    let copies = groups.iter().any(|(_, steps)| !steps.copied.is_empty());
    let helper = if copies { helper() } else { String::new() };
    let groups = groups.iter().map(|(environments, steps)| {
        let names: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
        let heading = if several { format!("### {}\n\n", names.join(", ")) } else { String::new() };
        heading + &steps.text(plan, environments)
    });
    let groups: String = groups.collect();
    format!("\n{INTRODUCTION}\n{helper}{groups}{BACK}")
}

/// The lines that say which environment commands are for: the first one of several that have the same. Commands read both
/// as `${namespace:?}`, so that one that is copied alone stops, and does not act on the current namespace.
pub(super) fn chosen(environments: &[&Environment], overlays: &Utf8Path) -> String {
    let line = |(index, environment): (usize, &&Environment)| {
        let overlay = overlays.join(&environment.name);
        let mark = if index == 0 { "" } else { "# " };
        format!("    {mark}namespace={} overlay={overlay}\n", environment.namespace)
    };
    environments.iter().enumerate().map(line).collect()
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
    /// Whether anything runs beside databases that write out their data.
    has_writers: bool,
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
        let mut all = workloads.iter().filter(|workload| !workload.is_further);
        Self {
            apply: environment.apply(),
            stopped: stopped.map(|workload| workload.service.clone()).collect(),
            has_writers: all.any(|workload| !is_dumped(&workload.key)),
            dumped,
            copied: copied.into_iter().cloned().collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.dumped.is_empty() && self.copied.is_empty()
    }

    fn text(&self, plan: &Plan, environments: &[&Environment]) -> String {
        let where_to = chosen(environments, &plan.tree.join("overlays"));
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
            let stop = self.stop();
            if !stop.is_empty() {
                text += &step("stop what has the other claims.\n", stop);
            }
            text += &step("copy files.\n", self.copies());
        }
        text + &step("start everything with the commands of \"Deploy\".", String::new())
    }

    fn first(&self) -> String {
        let mut commands = format!(
            "    {} -k \"${{overlay:?}}\" -l '{}'\n",
            self.apply, "app.kubernetes.io/component notin (web,worker,cron,job)"
        );
        if self.has_writers {
            let but: String = self.dumped.iter().map(|(service, _, _)| format!(" -e {service}")).collect();
            commands += &match but.as_str() {
                "" => "    docker compose stop\n".to_owned(),
                but => {
                    format!("    docker compose stop $(docker compose config --services | grep -vxF{but})\n")
                }
            };
        }
        commands
    }

    fn dumps(&self) -> String {
        let commands = self.dumped.iter().map(|(service, object, Dump { save, load })| {
            format!(
                "    kubectl -n \"${{namespace:?}}\" rollout status {object} --timeout=10m
    docker compose exec -T {service} sh -c '{save}' \\
      | kubectl -n \"${{namespace:?}}\" exec -i {object} -- sh -c '{load}'
"
            )
        });
        commands.collect()
    }

    fn stop(&self) -> String {
        // The first step left databases running, at most.
        let is_stopped = self.has_writers && self.dumped.is_empty();
        let mut commands = if is_stopped { String::new() } else { "    docker compose stop\n".to_owned() };
        if !self.stopped.is_empty() {
            commands += &format!(
                "    kubectl -n \"${{namespace:?}}\" delete statefulset,deployment -l '{}' --cascade=foreground\n",
                selector(&self.stopped)
            );
        }
        commands
    }

    fn copies(&self) -> String {
        let mut commands = String::new();
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

/// The function that copies files.
fn helper() -> String {
    format!(
        "Files are copied through a helper pod that mounts a claim. Define this function first:

    copy() {{ # the claim $1, its directory $2; the files come as a tar archive
      kubectl -n \"${{namespace:?}}\" run \"copy-$1\" --image={HELPER_IMAGE} --restart=Never --overrides='{{\"spec\": {{
        \"containers\": [{{\"name\": \"copy\", \"image\": \"{HELPER_IMAGE}\", \"command\": [\"sleep\", \"86400\"],
          \"volumeMounts\": [{{\"name\": \"claim\", \"mountPath\": \"/claim\"}}]}}],
        \"volumes\": [{{\"name\": \"claim\", \"persistentVolumeClaim\": {{\"claimName\": \"'\"$1\"'\"}}}}]}}}}' </dev/null
      kubectl -n \"${{namespace:?}}\" wait --for=condition=Ready \"pod/copy-$1\" --timeout=10m &&
      kubectl -n \"${{namespace:?}}\" exec -i \"copy-$1\" -- sh -ec 'mkdir -p \"$0\"; cd \"$0\"; rm -rf -- ..?* .[!.]* *; tar -xpf -' \"/claim/$2\"
      kubectl -n \"${{namespace:?}}\" delete pod \"copy-$1\" --grace-period=1
    }}

"
    )
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
