//! Volumes: size, class, selector, path within the volume, and what kind of volume a service wants at all.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, VolumeResourceRequirements},
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::LabelSelector},
};

use super::labels::{PREFIX, label, unknown};
use crate::{
    compose::model::{Labels, Service, Volume},
    k8s::{name, quantity},
    plan::{
        ledger::Entries,
        reasons::{self, Reason},
    },
};

const SIZE: &str = "kompose.volume.size";
const CLASS: &str = "kompose.volume.storage-class-name";
const SELECTOR: &str = "kompose.volume.selector";
/// The label that kompose selects volumes by.
const SELECTED_BY: &str = "io.kompose.service";

/// What a service makes of all its volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Wanted {
    ConfigMap,
    Claim,
    EmptyDir,
    HostPath,
}

/// What `kompose.volume.type` asks for.
pub(in crate::plan) fn wanted(service: &Service) -> Option<Wanted> {
    let value = label(service, "kompose.volume.type")?.value.to_ascii_lowercase();
    match value.as_str() {
        "configmap" => Some(Wanted::ConfigMap),
        "persistentvolumeclaim" => Some(Wanted::Claim),
        "emptydir" => Some(Wanted::EmptyDir),
        "hostpath" => Some(Wanted::HostPath),
        _ => None,
    }
}

/// The path within each volume of the service.
pub(in crate::plan) fn sub_path(service: &Service) -> Option<String> {
    let path = label(service, "kompose.volume.subpath")?.value.trim_matches('/');
    (!path.is_empty() && !path.split('/').any(|part| part == "..")).then(|| path.to_owned())
}

/// Gives a claim what labels of its volume say, else what those of its first user do.
pub(in crate::plan) fn settle(
    claim: &mut PersistentVolumeClaim,
    volume: Option<&Volume>,
    user: Option<&Service>,
) {
    let of_volume = |key: &str| {
        let labels: Option<&Labels> =
            volume.and_then(|volume| volume.labels.as_ref()).map(|labels| &labels.value);
        labels.and_then(|labels| labels.get(key)).map(|value| value.value.trim().to_owned())
    };
    let of_user = |key: &str| user.and_then(|user| label(user, key)).map(|label| label.value.to_owned());
    let Some(spec) = claim.spec.as_mut() else { return };
    let size = of_volume(SIZE).or_else(|| of_user(SIZE)).filter(|size| quantity::amount(size).is_some());
    if let Some(size) = size {
        let requests = BTreeMap::from([("storage".to_owned(), Quantity(size))]);
        spec.resources = Some(VolumeResourceRequirements {
            requests: Some(requests),
            ..VolumeResourceRequirements::default()
        });
    }
    let class = of_volume(CLASS).or_else(|| of_user(CLASS)).filter(|class| name::is_dns_subdomain(class));
    spec.storage_class_name = class.or_else(|| spec.storage_class_name.take());
    if let Some(value) = of_volume(SELECTOR).filter(|value| name::is_label_value(value)) {
        let labels = BTreeMap::from([(SELECTED_BY.to_owned(), value)]);
        spec.selector = Some(LabelSelector { match_labels: Some(labels), ..LabelSelector::default() });
    }
}

/// Records what became of the labels of a service.
pub(in crate::plan) fn record_labels(service: &Service, entries: &mut Entries<'_>) {
    let has_volumes = service.volumes.is_some();
    for (key, legal, wrong) in [
        (SIZE, (|text| quantity::amount(text).is_some()) as fn(&str) -> bool, reasons::IS_A_QUANTITY),
        (CLASS, name::is_dns_subdomain, reasons::IS_A_STORAGE_CLASS),
    ] {
        let Some(label) = label(service, key) else { continue };
        if !has_volumes {
            label.refused(reasons::NO_VOLUMES, entries);
        } else {
            label.record(if legal(label.value) { Ok(()) } else { Err(wrong) }, entries);
        }
    }
    if let Some(label) = label(service, "kompose.volume.subpath") {
        let legal = sub_path(service).is_some();
        label.record(if legal { Ok(()) } else { Err(reasons::IS_A_PATH_IN_VOLUME) }, entries);
    }
    if let Some(label) = label(service, "kompose.volume.type") {
        match wanted(service) {
            Some(Wanted::HostPath) => label.approximated(reasons::HOST_PATHS, entries),
            Some(_) => label.mapped(entries),
            None => label.refused(reasons::IS_A_VOLUME_TYPE, entries),
        }
    }
}

/// Records what became of the labels of a volume at the top.
pub(in crate::plan) fn record_of_volume(volume: &Volume, entries: &mut Entries<'_>) {
    let labels = volume.labels.iter().flat_map(|labels| labels.value.iter());
    for (key, value) in labels.filter(|(key, _)| key.starts_with(PREFIX)) {
        let value = value.value.trim();
        let came = match key.as_str() {
            SIZE if quantity::amount(value).is_none() => Err(Reason::from(reasons::IS_A_QUANTITY)),
            CLASS if !name::is_dns_subdomain(value) => Err(reasons::IS_A_STORAGE_CLASS.into()),
            SELECTOR if !name::is_label_value(value) => Err(reasons::IS_A_LABEL_VALUE.into()),
            SIZE | CLASS | SELECTOR => Ok(()),
            _ => Err(unknown(key)),
        };
        match came {
            Ok(()) => entries.mapped(&["labels", key]),
            Err(reason) => entries.unsupported(&["labels", key], reason),
        }
    }
}
