//! The model: a project in its canonical long form, complete, one shape an attribute, every value
//! with its place.
//!
//! It is read once from the canonical tree (`mapping` step "typed decode"): strings become sizes,
//! durations and words here, list-or-mapping attributes become mappings. The records are declared by
//! `record!`, which derives reading and writing from one line an attribute, so that nothing can be
//! read and not written, or the reverse.
//!
//! Section names in the documentation are those of the
//! [Compose specification](https://github.com/compose-spec/compose-spec/blob/main/spec.md).

mod attribute;
mod build;
mod deploy;
mod project;
mod service;
#[cfg(test)]
mod tests;
mod top;

pub use attribute::{
    Attribute, Bytes, Command, Duration, Environment, Extensions, FileMode, Flags, Hosts, Labels, Mapping,
    Names, Options, Scalar, Strings,
};
pub use build::{Build, BuildSsh, Develop, Watch};
pub use deploy::{
    Deploy, DeployResources, DeviceRequest, DiscreteResource, GenericResource, Placement, Preference,
    ResourceLimits, ResourceReservations, RestartPolicy, UpdateConfig,
};
pub use project::{Document, InputFile, InputRole, Project, Role};
pub use service::{
    Blkio, BlkioRate, BlkioWeight, CredentialSpec, Dependency, Device, EnvFile, FileReference, Healthcheck,
    Hook, Logging, Mount, MountBind, MountImage, MountTmpfs, MountVolume, Port, PreStartHook, Provider,
    Service, ServiceModel, ServiceNetwork, Ulimit,
};
pub use top::{FileObject, Ipam, IpamPool, Model, Network, Volume};
