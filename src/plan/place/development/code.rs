//! Source code of this machine in running containers, in place of the one in their images.
//!
//! The cluster sees the project's directory at a path of its own; what compose binds becomes a host path there.
//! An anonymous volume keeps a part of the image from being hidden: docker fills it from the image, Kubernetes
//! fills nothing, so an initContainer does.

use std::collections::BTreeMap;

use camino::Utf8Path;
use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, HostPathVolumeSource, Volume, VolumeMount,
};

use super::{
    paths::{relative, root},
    sync::{self, SourceMount},
};
use crate::{
    compose::model::Service,
    diag::{Diagnostic, Report, codes},
    k8s::name,
    plan::{
        decide::copies,
        facts::{Context, Facts, volumes},
        input::Options,
        model::{CodeMount, Environment, Kind, Workload},
    },
};

/// Where the cluster sees the projects of this machine.
const WORKSPACE: &str = "/workspace";

/// Decides what is mounted, in every environment that is said to mount source code.
pub(in crate::plan) fn mount(
    facts: &[Facts<'_>],
    environments: &mut [Environment],
    options: &Options,
    report: &mut Report,
) {
    for (facts, environment) in facts.iter().zip(environments).filter(|(facts, _)| facts.context.mounts_code)
    {
        let context = &facts.context;
        let Some(root) = root(context.directory(), &options.output) else { continue };
        let mut mounted = Vec::new();
        let mut first: BTreeMap<&str, &Workload> = BTreeMap::new();
        for workload in environment.apps.iter().flat_map(|app| &app.workloads) {
            first.entry(&workload.key).or_insert(workload);
        }
        for (key, service) in context.services() {
            let Some(workload) = first.get(key) else { continue };
            let mut mount = CodeMount {
                workload: workload.name.clone(),
                is_cron_job: matches!(workload.kind, Kind::CronJob { .. }),
                volumes: Vec::new(),
                container: Container::default(),
                init_containers: Vec::new(),
            };
            let Some(whole) = workload.pod.containers.first() else { continue };
            mount.container.name.clone_from(&whole.name);
            let taken = workload.pod.volumes.as_deref().unwrap_or_default();
            add_code(&mut mount, (facts, key), (&root, taken), report);
            if !mount.volumes.is_empty() {
                add_kept(&mut mount, (context, service), whole, taken);
                mounted.push(mount);
            }
        }
        environment.code = mounted;
    }
}

/// The path at which a cluster sees the directory of a project.
pub fn workspace(project: &str) -> String {
    format!("{WORKSPACE}/{project}")
}

fn add_code(
    mount: &mut CodeMount,
    (facts, key): (&Facts<'_>, &str),
    (root, taken): (&Utf8Path, &[Volume]),
    report: &mut Report,
) {
    for SourceMount { source, target, is_read_only } in sync::code(facts, key) {
        let below = relative(&source, root);
        if below.starts_with("..") {
            let message = format!(
                "`{key}` runs the code of its image at `{target}`: the cluster sees only the project's directory"
            );
            let place = facts.context.project.place_of_service(key);
            let help = "mount what lies within the directory of the project";
            report.push(
                Diagnostic::warning(codes::CODE_OUT_OF_SIGHT, message)
                    .at(place, "in this service")
                    .help(help),
            );
            continue;
        }
        let seen = Utf8Path::new(&workspace(&facts.context.project.name)).join(below);
        let path = seen.as_str().trim_end_matches("/.").to_owned();
        let host_path = HostPathVolumeSource { path, type_: Some("Directory".to_owned()) };
        let point = VolumeMount {
            mount_path: target,
            read_only: is_read_only.then_some(true),
            ..VolumeMount::default()
        };
        add(mount, "code", taken, point, |name| Volume {
            name,
            host_path: Some(host_path.clone()),
            ..Volume::default()
        });
    }
}

/// Directories of the image that the code would hide.
fn add_kept(
    mount: &mut CodeMount,
    (context, service): (&Context<'_>, &Service),
    whole: &Container,
    taken: &[Volume],
) {
    let mounts = volumes::effective(context, service);
    for spared in mounts.iter().filter(|mount| volumes::spares_the_image(service, mount)) {
        let Some(target) = spared.target.as_ref().map(|target| target.value.clone()) else { continue };
        let mut own = whole.volume_mounts.iter().flatten();
        if own.any(|mount| mount.mount_path == target) {
            continue;
        }
        let last = target.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let wanted = name::shortened(&name::dns_label(&format!("kept {last}")), 50);
        let empty_dir = Some(EmptyDirVolumeSource::default());
        let point = VolumeMount { mount_path: target.clone(), ..VolumeMount::default() };
        let volume =
            add(mount, &wanted, taken, point, |name| Volume { name, empty_dir, ..Volume::default() });
        mount.init_containers.push(copies::from_image(whole, &volume, &target));
    }
}

/// Adds a volume with a name that the pod has not yet, and its mount; gives the name.
fn add(
    mount: &mut CodeMount,
    wanted: &str,
    taken: &[Volume],
    point: VolumeMount,
    volume: impl FnOnce(String) -> Volume,
) -> String {
    let known = |name: &String| taken.iter().chain(&mount.volumes).any(|volume| volume.name == *name);
    let name = name::free(wanted, known);
    mount.volumes.push(volume(name.clone()));
    let point = VolumeMount { name: name.clone(), ..point };
    mount.container.volume_mounts.get_or_insert_default().push(point);
    name
}
