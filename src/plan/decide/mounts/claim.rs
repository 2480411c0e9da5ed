//! What claims of StatefulSets are called, and where in a claim the data is.

use super::mounting::Mounting;
use crate::plan::facts::kompose::claims;

/// The directory of a claim in which a database has its data.
pub(super) const DATA: &str = "data";

/// The claim that a StatefulSet makes for its first pod.
pub(super) fn template_claim(mounting: &Mounting<'_, '_, '_>, template: &str) -> String {
    format!("{template}-{}-0", mounting.context.names.workload(mounting.key))
}

/// The directory of a claim that holds what Compose has in the whole volume or directory.
pub(super) fn data_directory(mounting: &Mounting<'_, '_, '_>, source: &str) -> String {
    let usual = || claims::sub_path(mounting.service).unwrap_or_else(|| ".".to_owned());
    if mounting.storage.is_of_database(source) { DATA.to_owned() } else { usual() }
}

/// A new volume has a `lost+found`, which databases refuse beside their data.
pub(super) fn below_data(path: Option<&str>) -> String {
    path.map_or_else(|| DATA.to_owned(), |path| format!("{DATA}/{path}"))
}
