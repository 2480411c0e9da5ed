//! What the kubelet asks a container, as a value of its own: every decision about readiness reads this one.

use k8s_openapi::api::core::v1::{Container, Probe};

/// The probes of a container.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Probes {
    pub(super) startup: Option<Probe>,
    pub(super) readiness: Option<Probe>,
    pub(super) liveness: Option<Probe>,
}

impl Probes {
    /// Gives the container the probes.
    pub(super) fn give_to(self, container: &mut Container) {
        container.startup_probe = self.startup;
        container.readiness_probe = self.readiness;
        container.liveness_probe = self.liveness;
    }
}
