//! Volumes of a pod as Kubernetes has them, and where a container has one.

use k8s_openapi::{
    api::core::v1::{EmptyDirVolumeSource, PersistentVolumeClaimVolumeSource, Volume, VolumeMount},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::k8s::quantity;

/// Where a container has a volume.
pub(super) fn at(volume: &str, path: &str) -> VolumeMount {
    VolumeMount { name: volume.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

/// A directory that begins empty with each pod.
pub(super) fn empty(name: &str) -> Volume {
    Volume { name: name.to_owned(), empty_dir: Some(EmptyDirVolumeSource::default()), ..Volume::default() }
}

/// A directory in memory, up to a size.
pub(super) fn memory(name: &str, size: Option<i64>) -> Volume {
    let size_limit: Option<Quantity> = size.filter(|size| *size > 0).map(quantity::memory);
    let source = EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit };
    Volume { name: name.to_owned(), empty_dir: Some(source), ..Volume::default() }
}

/// A volume that is a claim.
pub(super) fn claimed(volume: Volume, claim: &str) -> Volume {
    let source = PersistentVolumeClaimVolumeSource { claim_name: claim.to_owned(), read_only: None };
    Volume { persistent_volume_claim: Some(source), ..volume }
}
