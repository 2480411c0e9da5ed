//! InitContainers that fill a new volume: with what an image has at its place, as docker does, or with files of the
//! project.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, VolumeMount};

use crate::{catalog, k8s::expansion};

/// Where the volume stands that is filled.
const KEPT: &str = "/kept";

/// Whether the volume has nothing yet; a new disk may have a `lost+found`.
const IS_EMPTY: &str = r#"[ -z "$(ls -A /kept | grep -vx 'lost+found')" ]"#;

/// An initContainer that copies what a container's image has at a path into a volume which is new with each pod.
pub(in crate::plan) fn from_image(whole: &Container, volume: &str, target: &str) -> Container {
    let mount = VolumeMount { name: volume.to_owned(), ..VolumeMount::default() };
    filling(whole, &mount, &format!("if [ -d {} ]; then {}; fi", quoted(target), copy(target)))
}

/// An initContainer that copies what a container's image has at a path into a volume that stays, if it is empty.
pub(in crate::plan) fn once_from_image(whole: &Container, mount: &VolumeMount) -> Container {
    let path = &mount.mount_path;
    filling(whole, mount, &format!("if [ -d {} ] && {IS_EMPTY}; then {}; fi", quoted(path), copy(path)))
}

/// An initContainer that copies files of the project, which another volume has, into one that stays, if it is empty.
/// Whoever the program runs as may change them.
pub(in crate::plan) fn once_from_files(whole: &Container, mount: &VolumeMount, files: &str) -> Container {
    let each = each_file();
    let script = format!("if {IS_EMPTY}; then {each}; chmod -R a+rwX {KEPT} 2>/dev/null || true; fi");
    with_files(filling(whole, mount, &script), files)
}

/// An initContainer that copies files of another volume into one that is new with each pod, as the user that they are
/// for. Some of them nobody else may read.
pub(in crate::plan) fn for_user(
    whole: &Container,
    volume: &str,
    (files, user): (&str, i64),
    private: &BTreeMap<String, i32>,
) -> Container {
    let bits =
        private.iter().map(|(path, mode)| format!("chmod {mode:o} {}", quoted(&format!("{KEPT}/{path}"))));
    let script = format!("{} && {}", each_file(), bits.collect::<Vec<_>>().join(" && "));
    let mount = VolumeMount { name: volume.to_owned(), ..VolumeMount::default() };
    let mut container = with_files(filling(whole, &mount, &script), files);
    let context = container.security_context.get_or_insert_default();
    context.run_as_user = Some(user);
    container
}

/// Links of the kubelet, `..data`, stay where they are.
fn each_file() -> String {
    let copy = format!("if [ -e \"$file\" ]; then cp -RL \"$file\" {KEPT}/ || exit 1; fi");
    format!("for file in /files/* /files/.[!.]*; do {copy}; done")
}

/// The same with the files of a volume at hand.
fn with_files(mut container: Container, files: &str) -> Container {
    // The program's own image may have no shell.
    container.image = Some(catalog::HELPER_IMAGE.to_owned());
    container.image_pull_policy = None;
    container.volume_mounts.get_or_insert_default().push(VolumeMount {
        name: files.to_owned(),
        mount_path: "/files".to_owned(),
        ..VolumeMount::default()
    });
    container
}

fn copy(path: &str) -> String {
    format!("cp -a {} {KEPT}/", quoted(&format!("{path}/.")))
}

fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

fn filling(whole: &Container, mount: &VolumeMount, script: &str) -> Container {
    let volume = &mount.name;
    Container {
        name: volume.clone(),
        image: whole.image.clone(),
        image_pull_policy: whole.image_pull_policy.clone(),
        command: Some(vec!["sh".to_owned(), "-c".to_owned(), expansion::escape(script)]),
        resources: whole.resources.clone(),
        security_context: whole.security_context.clone(),
        volume_mounts: Some(vec![VolumeMount {
            name: volume.clone(),
            mount_path: KEPT.to_owned(),
            sub_path: mount.sub_path.clone(),
            ..VolumeMount::default()
        }]),
        ..Container::default()
    }
}
