//! The kinds of workload that a service can become.

/// A kind, before its details are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Deployment,
    StatefulSet,
    DaemonSet,
    Job,
    CronJob,
}
