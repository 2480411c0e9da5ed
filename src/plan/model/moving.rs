//! Data that Compose keeps and that the cluster begins without: where it is, and which claim takes it.

use std::collections::BTreeSet;

/// The data of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The claim as the cluster knows it.
    pub claim: String,
    /// The directory of the claim that holds the data; `.` is the claim itself.
    pub directory: String,
    /// Where Compose has it.
    pub origin: DataOrigin,
    /// The services that mount it.
    pub users: BTreeSet<String>,
    /// The service whose database writes it out and reads it again, if there is one.
    pub dumped_by: Option<String>,
}

/// Where Compose has the data of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataOrigin {
    /// In the volume of this name.
    Volume(String),
    /// In a directory, by its path below the project's.
    Directory(String),
    /// At a path in the containers of a service: an anonymous volume, or a directory outside of the project.
    Container {
        /// The service.
        service: String,
        /// The path.
        path: String,
    },
}
