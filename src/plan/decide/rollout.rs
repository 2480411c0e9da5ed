//! How a service is updated and started again: everything of `deploy` but resources and placement.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::PodSpec;

use super::{kind::WorkloadKind, storage::Storage};
use crate::{
    catalog,
    compose::model::{Deploy, Duration, RestartPolicy, Service, UpdateConfig},
    plan::{
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::{Intent, Kind, Update, Workload},
        reasons,
    },
    text::Spanned,
};

/// Everything of `deploy` but resources and placement.
pub(super) fn decide_update(service: &Service, decided: WorkloadKind, entries: &mut Entries<'_>) -> Update {
    let Some(deploy) = &service.deploy else { return Update::default() };
    let Deploy {
        mode,
        replicas,
        labels: _,
        update_config,
        rollback_config,
        resources: _,
        restart_policy,
        placement: _,
        endpoint_mode,
        extensions: _,
    } = &*deploy.value;
    entries.mapped(&["deploy"]);
    if let Some(mode) = mode {
        match mode.value.as_str() {
            "" | "replicated" | "global" | "replicated-job" => entries.mapped(&["deploy", "mode"]),
            "global-job" => entries.approximated(&["deploy", "mode"], reasons::JOB_RUNS_ONCE),
            other => entries.unsupported(&["deploy", "mode"], reasons::is_no_mode(other)),
        }
    }
    if replicas.is_some() && decided == WorkloadKind::DaemonSet {
        entries.ignored(&["deploy", "replicas"], reasons::ONE_ON_EVERY_NODE);
    }
    if replicas.is_some() && decided == WorkloadKind::CronJob {
        entries.ignored(&["deploy", "replicas"], reasons::ONE_EACH_TIME);
    }
    if rollback_config.is_some() {
        entries.as_ever(&["deploy", "rollback_config"]);
    }
    if let Some(policy) = restart_policy {
        restarting(&policy.value, decided, entries);
    }
    if endpoint_mode.as_ref().is_some_and(|mode| !["", "vip", "dnsrr"].contains(&mode.as_str())) {
        entries.unsupported(&["deploy", "endpoint_mode"], reasons::UNKNOWN_ENDPOINT_MODE);
    } else if endpoint_mode.is_some() {
        entries.mapped_to(&["deploy", "endpoint_mode"], entries.file().replace("deployment", "service"));
    }
    let Some(update) = update_config else { return Update::default() };
    let reason = match decided {
        WorkloadKind::Deployment => return updating(&update.value, entries),
        WorkloadKind::DaemonSet => reasons::UPDATED_BY_NODE,
        WorkloadKind::StatefulSet => reasons::UPDATED_IN_ORDER,
        WorkloadKind::Job | WorkloadKind::CronJob => reasons::NOT_UPDATED,
    };
    updating(&update.value, entries);
    entries.approximated(&["deploy", "update_config"], reason);
    Update::default()
}

/// Pods take turns where one node alone can mount a claim: another node could not start the new pod before the old one
/// has gone. They do so as well where a database has its data: two at once would destroy it, however it is mounted.
pub(super) fn take_turns(intent: &mut Intent, storage: &Storage, ledger: &mut Ledger) {
    for (key, unit) in &mut intent.units {
        let workloads = unit.runs.iter_mut();
        for workload in workloads.map(|run| &mut run.workload) {
            let Workload { kind: Kind::Deployment { replicas: _, update }, pod, file, .. } = workload else {
                continue;
            };
            let volumes = pod.volumes.iter().flatten();
            let mut claims = volumes.filter_map(|volume| volume.persistent_volume_claim.as_ref());
            let all_nodes_mount = claims.all(|claim| storage.is_shared_claim(&claim.claim_name));
            if update.recreate || all_nodes_mount && !writes_to_a_database(pod) {
                continue;
            }
            if update.max_surge.is_some_and(|surge| surge > 0) {
                let mut entries =
                    Entries::new(ledger, KeyPath::new(["services", key.as_str()]), file.clone());
                entries.approximated(&["deploy", "update_config", "order"], reasons::ONE_NODE_MOUNTS);
            }
            *update = Update { recreate: true, max_surge: None, max_unavailable: None, ..update.clone() };
        }
    }
}

/// Whether a container writes to the data of a database in a claim, also to one of another service.
fn writes_to_a_database(pod: &PodSpec) -> bool {
    let claims: BTreeSet<&str> = pod
        .volumes
        .iter()
        .flatten()
        .filter(|volume| volume.persistent_volume_claim.is_some())
        .map(|volume| volume.name.as_str())
        .collect();
    let mut mounts = pod.containers.iter().flat_map(|container| container.volume_mounts.iter().flatten());
    mounts.any(|mount| {
        claims.contains(mount.name.as_str())
            && mount.read_only != Some(true)
            && catalog::is_database_directory(&mount.mount_path)
    })
}

fn restarting(policy: &RestartPolicy, decided: WorkloadKind, entries: &mut Entries<'_>) {
    let condition = policy.condition.as_ref().map_or("", |text| text.value.as_str());
    if !["", "any", "none", "on-failure"].contains(&condition) {
        entries.unsupported(&["deploy", "restart_policy", "condition"], reasons::UNKNOWN_CONDITION);
    }
    let again =
        matches!(decided, WorkloadKind::Job | WorkloadKind::CronJob) || matches!(condition, "" | "any");
    if !again {
        entries.approximated(&["deploy", "restart_policy", "condition"], reasons::SERVES_AGAIN);
    }
    for (key, present) in [("delay", policy.delay.is_some()), ("window", policy.window.is_some())] {
        if present {
            entries.as_ever(&["deploy", "restart_policy", key]);
        }
    }
    if policy.max_attempts.is_some() && decided != WorkloadKind::Job {
        let reason = reasons::SERVES_AGAIN_WITHOUT_END;
        entries.unsupported(&["deploy", "restart_policy", "max_attempts"], reason);
    }
}

fn updating(update: &UpdateConfig, entries: &mut Entries<'_>) -> Update {
    let UpdateConfig { parallelism, delay, failure_action, monitor, max_failure_ratio, order, extensions: _ } =
        update;
    let at_once = parallelism.as_ref().map_or(1, |parallelism| parallelism.value);
    let number = i32::try_from(at_once).unwrap_or(1);
    let start_first = order.as_ref().is_some_and(|order| order.value == "start-first");
    let keys = [
        ("failure_action", failure_action.is_some()),
        ("max_failure_ratio", max_failure_ratio.is_some()),
        ("monitor", monitor.is_some()),
    ];
    for (key, present) in keys {
        if present {
            entries.as_ever(&["deploy", "update_config", key]);
        }
    }
    let seconds = |field: &Option<Spanned<Duration>>| {
        field
            .as_ref()
            .and_then(|time| i32::try_from(time.value.seconds()).ok())
            .filter(|seconds| *seconds > 0)
    };
    Update {
        recreate: at_once == 0,
        max_surge: Some(if start_first { number } else { 0 }),
        max_unavailable: Some(if start_first { 0 } else { number }),
        min_ready_seconds: seconds(delay),
        progress_deadline_seconds: seconds(monitor)
            .map(|monitor| monitor.saturating_add(seconds(delay).unwrap_or(0)).saturating_add(600)),
    }
}
