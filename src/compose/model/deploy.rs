//! How many, where and with which means: the `deploy` section.

use super::{Bytes, Duration, Labels, Scalar, Strings, attribute::record};
use crate::text::Spanned;

record! {
    /// [`deploy`](https://github.com/compose-spec/compose-spec/blob/main/deploy.md).
    Deploy {
        /// `replicated`, `global`, `replicated-job` or `global-job`; compose checks none of it.
        "mode" => mode: String;
        /// How many containers.
        "replicas" => replicas: i64, keep;
        /// Labels of the service, not of its containers.
        "labels" => labels: Labels;
        /// How an update proceeds.
        "update_config" => update_config: UpdateConfig, keep;
        /// How a roll-back proceeds.
        "rollback_config" => rollback_config: UpdateConfig, keep;
        /// Limits and reservations.
        "resources" => resources: DeployResources;
        /// When containers are started again.
        "restart_policy" => restart_policy: RestartPolicy, keep;
        /// Which nodes.
        "placement" => placement: Placement;
        /// `vip` or `dnsrr`.
        "endpoint_mode" => endpoint_mode: String;
    }
}

record! {
    /// `deploy.update_config` and `deploy.rollback_config`.
    UpdateConfig {
        /// How many containers at once; 0 is all.
        "parallelism" => parallelism: i64, keep;
        /// Pause between groups.
        "delay" => delay: Duration;
        /// What happens when an update fails.
        "failure_action" => failure_action: String;
        /// How long a task is watched for failure.
        "monitor" => monitor: Duration;
        /// Share of failures that is borne.
        "max_failure_ratio" => max_failure_ratio: f64;
        /// `stop-first` or `start-first`.
        "order" => order: String;
    }
}

record! {
    /// `deploy.resources`.
    DeployResources {
        /// What a container may use at most.
        "limits" => limits: ResourceLimits, keep;
        /// What a container is promised.
        "reservations" => reservations: ResourceReservations, keep;
    }
}

record! {
    /// `deploy.resources.limits`.
    ResourceLimits {
        /// Number of processors.
        "cpus" => cpus: f64;
        /// Memory.
        "memory" => memory: Bytes;
        /// Number of processes.
        "pids" => pids: i64;
    }
}

record! {
    /// `deploy.resources.reservations`.
    ResourceReservations {
        /// Number of processors.
        "cpus" => cpus: f64;
        /// Memory.
        "memory" => memory: Bytes;
        /// Devices, usually graphics cards.
        "devices" => devices: Vec<Spanned<DeviceRequest>>;
        /// Other things to count.
        "generic_resources" => generic_resources: Vec<Spanned<GenericResource>>;
    }
}

record! {
    /// One device of `deploy.resources.reservations.devices` or `gpus`.
    DeviceRequest {
        /// What the device must be able to do.
        "capabilities" => capabilities: Strings;
        /// Who provides it.
        "driver" => driver: String;
        /// How many; -1 is all.
        "count" => count: i64;
        /// Which ones.
        "device_ids" => device_ids: Strings;
        /// Options of the driver.
        "options" => options: Labels;
    }
}

record! {
    /// One entry of `deploy.resources.reservations.generic_resources`.
    GenericResource {
        /// A thing that is counted.
        "discrete_resource_spec" => discrete_resource_spec: DiscreteResource, keep;
    }
}

record! {
    /// `generic_resources[].discrete_resource_spec`.
    DiscreteResource {
        /// The name of the thing.
        "kind" => kind: String;
        /// How many.
        "value" => value: i64, keep;
    }
}

record! {
    /// `deploy.restart_policy`.
    RestartPolicy {
        /// `none`, `on-failure` or `any`.
        "condition" => condition: String;
        /// Pause before a restart.
        "delay" => delay: Duration, keep;
        /// How often at most.
        "max_attempts" => max_attempts: i64, keep;
        /// How long until a start counts as good.
        "window" => window: Duration, keep;
    }
}

record! {
    /// `deploy.placement`.
    Placement {
        /// Conditions on nodes, `key==value` or `key!=value`.
        "constraints" => constraints: Strings;
        /// How to spread.
        "preferences" => preferences: Vec<Spanned<Preference>>;
        /// How many on one node.
        "max_replicas_per_node" => max_replicas_per_node: i64;
    }
}

record! {
    /// One entry of `deploy.placement.preferences`.
    Preference {
        /// The node label over whose values containers are spread.
        "spread" => spread: Scalar;
    }
}
