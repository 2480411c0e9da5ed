//! InitContainers that copy something of an image into an empty directory, as docker does for new volumes.

use k8s_openapi::api::core::v1::{Container, VolumeMount};

use crate::k8s::expansion;

/// An initContainer that copies what a container's image has at a path into a volume.
pub(in crate::plan) fn from_image(whole: &Container, volume: &str, target: &str) -> Container {
    let path = target.replace('\'', r"'\''");
    let script = format!("if [ -d '{path}' ]; then cp -a '{path}/.' /kept/; fi");
    Container {
        name: volume.to_owned(),
        image: whole.image.clone(),
        image_pull_policy: whole.image_pull_policy.clone(),
        command: Some(vec!["sh".to_owned(), "-c".to_owned(), expansion::escape(&script)]),
        resources: whole.resources.clone(),
        security_context: whole.security_context.clone(),
        volume_mounts: Some(vec![VolumeMount {
            name: volume.to_owned(),
            mount_path: "/kept".to_owned(),
            ..VolumeMount::default()
        }]),
        ..Container::default()
    }
}
