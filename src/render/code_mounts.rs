//! `components/code-mounts/`: source code of the developer's machine in running containers, one patch for all
//! workloads that mount the same.

use serde_json::{Value, json};

use super::{generated, text};
use crate::{
    k8s::{fields, name},
    kustomize::{Kustomization, Patch, Target, TreeFile},
    plan::{CodeMount, Environment, Plan, workspace},
    yaml::emit::Yaml,
};

/// The component of an environment, if it mounts any source code.
pub(super) fn component(plan: &Plan, environment: &Environment) -> Option<String> {
    if environment.code.is_empty() {
        return None;
    }
    let alone = plan.environments.iter().filter(|other| !other.code.is_empty()).count() == 1;
    Some(if alone {
        "components/code-mounts".to_owned()
    } else {
        format!("components/code-mounts-{}", environment.name)
    })
}

/// The files of the components.
pub(super) fn render(plan: &Plan, files: &mut Vec<TreeFile>) {
    for environment in &plan.environments {
        if let Some(folder) = component(plan, environment) {
            one(plan, environment, &folder, files);
        }
    }
}

fn one(plan: &Plan, environment: &Environment, folder: &str, files: &mut Vec<TreeFile>) {
    let header = text::header(&environment.origin);
    let mut kustomization = Kustomization { is_component: true, ..Kustomization::default() };
    for (mount, names) in groups(&environment.code) {
        let wanted = if mount.is_cron_job { format!("{}.cronjob", names[0]) } else { names[0].to_owned() };
        let taken =
            |stem: &String| kustomization.patches.iter().any(|known| known.path == format!("{stem}.yaml"));
        let path = format!("{}.yaml", name::free(&wanted, taken));
        let document = text::patch(&header, Yaml::from(patch(mount)));
        files.push(generated(format!("{folder}/{path}"), document));
        let kinds = if mount.is_cron_job { "CronJob" } else { "Deployment|StatefulSet|DaemonSet|Job" };
        let target = Some(Target::Names(kinds.to_owned(), names.join("|")));
        kustomization.patches.push(Patch { path, target });
    }
    let workspace = workspace(&plan.project);
    let note = format!(
        "{header}\n\nBind mounts of source code. {workspace} is the project's directory as the cluster sees it:\n  {}",
        showing(environment.local_cluster.as_deref().unwrap_or_default(), &workspace)
    );
    files.push(generated(format!("{folder}/kustomization.yaml"), kustomization.to_text(&note)));
}

/// How a cluster comes to see the project's directory.
fn showing(cluster: &str, workspace: &str) -> String {
    match cluster {
        "k3d" => format!("k3d cluster create --volume \"$PWD:{workspace}@all\""),
        "kind" => {
            format!("extraMounts of a node: {{hostPath: <this directory>, containerPath: {workspace}}}")
        }
        _ => format!("minikube start --mount --mount-string=\"$PWD:{workspace}\""),
    }
}

/// Mounts that are alike, with the names of the workloads that have them.
fn groups(code: &[CodeMount]) -> Vec<(&CodeMount, Vec<&str>)> {
    let mut groups: Vec<(&CodeMount, Vec<&str>)> = Vec::new();
    for mount in code {
        let known = groups
            .iter_mut()
            .find(|(first, _)| CodeMount { workload: mount.workload.clone(), ..(*first).clone() } == *mount);
        match known {
            Some((_, names)) => names.push(&mount.workload),
            None => groups.push((mount, vec![&mount.workload])),
        }
    }
    groups
}

fn patch(mount: &CodeMount) -> Value {
    let CodeMount { workload: _, is_cron_job, volumes, container, init_containers } = mount;
    let pod = json!({"spec": {
        "initContainers": init_containers, "containers": [container], "volumes": volumes,
    }});
    let (version, kind, spec) = if *is_cron_job {
        ("batch/v1", "CronJob", json!({"jobTemplate": {"spec": {"template": pod}}}))
    } else {
        ("apps/v1", "Deployment", json!({"template": pod}))
    };
    fields::ordered(&json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": "code-mounts"},
        "spec": spec,
    }))
}
