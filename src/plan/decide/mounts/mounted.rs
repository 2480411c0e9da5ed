//! What mounting adds to a workload: its volumes, where they are mounted, and what they are filled with.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{
    KeyToPath, PersistentVolumeClaim, ProjectedVolumeSource, SecretProjection, SecretVolumeSource, Volume,
    VolumeMount, VolumeProjection,
};

use super::volume::at;
use crate::{k8s::name, plan::decide::storage::Kept};

/// What mounting adds to a workload.
#[derive(Debug, Default)]
pub(in crate::plan) struct Mounted {
    pub(in crate::plan) claim_templates: Vec<PersistentVolumeClaim>,
    pub(super) volumes: Vec<Volume>,
    pub(super) mounts: Vec<VolumeMount>,
    pub(super) names: BTreeSet<String>,
    /// The files of volumes that hold files of the project, by the names of the volumes.
    pub(super) held: BTreeMap<String, Vec<KeyToPath>>,
    /// The volumes of this pod by the named volume that they are of.
    pub(super) named: BTreeMap<String, String>,
    /// Where volumes stand that are filled, and from what.
    pub(super) filled: Vec<(VolumeMount, Origin)>,
}

/// What a volume is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// With what the image has at its place, in each pod.
    ImageEachTime,
    /// With what the image has at its place, while there is nothing in it.
    Image,
    /// With the files of another volume, while there is nothing in it.
    Files(String),
    /// With the files of another volume, which are to be a user's, in each pod.
    Owned {
        files: String,
        user: i64,
        /// The permission bits of those that nobody else may read.
        private: BTreeMap<String, i32>,
    },
}

impl Mounted {
    /// A name for a volume that the pod does not have yet.
    pub(super) fn name(&mut self, wanted: &str) -> String {
        let label = name::dns_label(wanted);
        let label = if label.is_empty() { "volume".to_owned() } else { name::shortened(&label, 55) };
        let free = name::free(&label, |name| self.names.contains(name));
        self.names.insert(free.clone());
        free
    }

    /// The name of a named volume in this pod.
    pub(super) fn of_volume(&mut self, source: &str, kept: &Kept) -> String {
        if let Some(known) = self.named.get(source) {
            return known.clone();
        }
        let name = self.name(&kept.claim);
        self.named.insert(source.to_owned(), name.clone());
        name
    }

    /// The volume of a Secret; one that two paths need is there once.
    pub(super) fn secret(&mut self, wanted: &str, held: SecretVolumeSource) -> String {
        if let Some(known) = self.volumes.iter().find(|volume| volume.secret.as_ref() == Some(&held)) {
            return known.name.clone();
        }
        let name = self.name(wanted);
        self.volumes.push(Volume { name: name.clone(), secret: Some(held), ..Volume::default() });
        name
    }

    /// Adds files of a Secret that may not be there to a directory of such. At the path of a single file that is
    /// missing a container would find a directory. False if something else is mounted there.
    pub(super) fn join_directory(&mut self, directory: &str, source: SecretProjection) -> bool {
        let sources = VolumeProjection { secret: Some(source), ..VolumeProjection::default() };
        let known = self.mounts.iter().find(|mount| mount.mount_path == directory);
        if let Some(name) = known.map(|mount| mount.name.clone()) {
            let volume = self.volumes.iter_mut().find(|volume| volume.name == name);
            let projected = volume.and_then(|volume| volume.projected.as_mut());
            return projected.map(|it| it.sources.get_or_insert_default().push(sources)).is_some();
        }
        let name = self.name(directory);
        let projected = ProjectedVolumeSource { default_mode: None, sources: Some(vec![sources]) };
        let volume = Volume { name: name.clone(), projected: Some(projected), ..Volume::default() };
        self.add(volume, VolumeMount { read_only: Some(true), ..at(&name, directory) });
        true
    }

    /// What a volume of files is made of, for people.
    pub(super) fn kind(&self, volume: &str) -> &'static str {
        match self.volumes.iter().find(|known| known.name == volume) {
            Some(volume) if volume.secret.is_some() => "a Secret",
            Some(volume) if volume.projected.is_some() => "a ConfigMap and a Secret",
            _ => "a ConfigMap",
        }
    }

    pub(super) fn add(&mut self, volume: Volume, mount: VolumeMount) {
        self.volumes.push(volume);
        self.mount(mount);
    }

    /// One path has one mount: the first stays.
    pub(super) fn mount(&mut self, mount: VolumeMount) {
        if !self.mounts.iter().any(|known| known.mount_path == mount.mount_path) {
            self.mounts.push(mount);
        }
    }
}
