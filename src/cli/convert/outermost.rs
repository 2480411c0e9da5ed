//! The outermost layers: written once, then the user's. What is asked for later does not reach them by itself.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    diag::{Diagnostic, Report, codes},
    disk::{Disk, tree::Tree},
    kustomize::outermost::Outermost,
    plan::{Environment, Known, Plan},
    render::{self, earlier::Earlier},
    text::{FileKind, Files, clean},
};

/// The kinds of workloads, of which a tree need not have any.
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

/// Warns where an outermost layer and the settings, or the project, no longer agree.
pub(super) fn warn_of_differences(plan: &Plan, earlier: &Earlier, report: &mut Report) {
    for environment in plan.environments.iter().filter(|environment| environment.known == Known::All) {
        let Some(outermost) = earlier.outermost(&environment.name) else { continue };
        let file = format!("`overlays/{}/kustomization.yaml`", environment.name);
        let mut warn = |message: String, help: &str| {
            let help = format!("the file is yours: {help}");
            report.push(Diagnostic::warning(codes::OTHERWISE_IN_OVERLAY, message).help(help));
        };
        if let Some(namespace) = outermost.namespace.as_ref().filter(|name| **name != environment.namespace) {
            let message = format!(
                "{file} has the namespace `{namespace}`, and `{}` is asked for",
                environment.namespace
            );
            warn(message, "write it there and in `namespace.yaml`, or say `namespace` in `kustompose.yaml`");
        }
        for (name, target) in &environment.images {
            let Some(other) = outermost.images.get(name) else { continue };
            if other.name != target.name {
                let message = format!(
                    "{file} takes `{name}` from `{}`, and `{}` is asked for",
                    other.name, target.name
                );
                warn(message, "write it there as `newName`");
            }
        }
        if !environment.external_claims.is_empty() && !outermost.resources.contains("external.yaml") {
            let message = format!("{file} does not take in `external.yaml`, which has claims for volumes");
            warn(message, "add `external.yaml` to its resources, unless the claims exist");
        }
        tell_of_tags(environment, outermost, &file, report);
    }
}

/// Pipelines set tags, so one that differs from that of compose is no mistake in itself.
fn tell_of_tags(environment: &Environment, outermost: &Outermost, file: &str, report: &mut Report) {
    for (name, target) in &environment.images {
        let there = outermost.images.get(name).and_then(|image| image.tag.as_ref());
        let asked = target.tag.as_ref().filter(|tag| *tag != "latest" && target.digest.is_none());
        if let (Some(there), Some(asked)) = (there, asked)
            && there != asked
        {
            let message = format!("{file} runs `{name}` with the tag `{there}`, and Compose sets `{asked}`");
            let help = "the file is yours, and so are its tags: if no pipeline sets this one, write it there as `newTag`";
            report.push(Diagnostic::info(codes::OTHERWISE_IN_OVERLAY, message).help(help));
        }
    }
}

/// Warns where an outermost layer names what the tree does not have: kustomize stops at it, or passes it over.
pub(super) fn warn_of_what_is_gone(
    plan: &Plan,
    earlier: &Earlier,
    tree: &Tree,
    output: &Utf8Path,
    disk: &Disk,
    report: &mut Report,
) {
    let is_new = |path: &Utf8Path| tree.files.iter().any(|file| file.path.starts_with(path));
    let gone: BTreeSet<Utf8PathBuf> =
        disk.generated(output).into_iter().filter(|path| !is_new(path)).collect();
    let is_there = |path: &Utf8Path| {
        is_new(path)
            || disk.kind(&output.join(path)).is_some_and(|kind| match kind {
                FileKind::Directory => !gone.iter().any(|file| file.starts_with(path)),
                _ => !gone.contains(path),
            })
    };
    for environment in plan.environments.iter().filter(|environment| environment.known == Known::All) {
        let Some(outermost) = earlier.outermost(&environment.name) else { continue };
        let folder = Utf8PathBuf::from(format!("overlays/{}", environment.name));
        warn_of_paths(outermost, &folder, &is_there, report);
        let names = render::object_names(&plan.project, environment);
        warn_of_patches(outermost, &folder, &names, report);
    }
}

fn warn_of_paths(
    outermost: &Outermost,
    folder: &Utf8Path,
    is_there: &dyn Fn(&Utf8Path) -> bool,
    report: &mut Report,
) {
    let patches = outermost.patches.iter().filter_map(|patch| patch.path.as_ref());
    for said in outermost.resources.iter().chain(&outermost.components).chain(patches) {
        let path = clean(&folder.join(said));
        // What leads out of the tree, and what is fetched, is not ours to look at.
        let is_local =
            !said.contains([':', '?']) && !said.starts_with('/') && !said.starts_with("github.com/");
        if is_local && !path.starts_with("..") && !is_there(&path) {
            let message = format!(
                "`{folder}/kustomization.yaml` names `{said}`, which the generated manifests do not have"
            );
            let help = "the file is yours: take the line out, for kustomize stops at it";
            report.push(Diagnostic::warning(codes::GONE_FROM_TREE, message).help(help));
        }
    }
}

/// `names` are the kinds and names of what the environment applies.
fn warn_of_patches(
    outermost: &Outermost,
    folder: &Utf8Path,
    names: &BTreeSet<(String, String)>,
    report: &mut Report,
) {
    // What others bring along is not known.
    let is_seen = |name: &String| {
        ["generated", "secrets"].contains(&name.trim_start_matches("./").trim_end_matches('/'))
            || name.ends_with(".yaml") && !name.contains(':')
    };
    if !outermost.resources.iter().chain(&outermost.components).all(is_seen) {
        return;
    }
    let kinds: BTreeSet<&str> =
        WORKLOADS.into_iter().chain(names.iter().map(|(kind, _)| kind.as_str())).collect();
    for patch in &outermost.patches {
        let is_gone = |id: &&(String, String)| {
            kinds.contains(id.0.as_str()) && !names.contains(*id) && !outermost.objects.contains(*id)
        };
        for (kind, name) in patch.targets.iter().filter(is_gone) {
            let file = folder.join(patch.path.as_deref().unwrap_or("kustomization.yaml"));
            let message =
                format!("`{file}` patches the {kind} `{name}`, which the generated manifests do not have");
            let help = "the file is yours: take it out, or name what takes its place; kustomize stops at a patch of \
                        nothing, or passes it over";
            report.push(Diagnostic::warning(codes::GONE_FROM_TREE, message).help(help));
        }
    }
}
