//! The `deploy` section.

use docker_compose_types as types;

use super::{optional_texts, pairs, printed, texts, value};
use crate::{
    compose::model::{
        Deploy, DeployResources, DeviceRequest, Labels, Placement, Preference, ResourceLimits,
        ResourceReservations, RestartPolicy, UpdateConfig,
    },
    text::Spanned,
    yaml::scalar,
};

pub(super) fn deploy(deploy: &Spanned<Box<Deploy>>) -> types::Deploy {
    let Deploy {
        mode,
        replicas,
        labels,
        update_config: update,
        rollback_config: _,
        resources: means,
        restart_policy: restarts,
        placement: place,
        endpoint_mode: _,
        extensions: _,
    } = &*deploy.value;
    types::Deploy {
        mode: value(mode),
        replicas: value(replicas),
        labels: label_list(labels),
        update_config: update.as_ref().map(update_config),
        resources: means.as_ref().map(resources),
        restart_policy: restarts.as_ref().map(restart_policy),
        placement: place.as_ref().map(placement),
    }
}

fn label_list(labels: &Option<Spanned<Labels>>) -> Vec<String> {
    pairs(labels).into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect()
}

fn update_config(config: &Spanned<UpdateConfig>) -> types::UpdateConfig {
    let UpdateConfig {
        parallelism,
        delay,
        failure_action,
        monitor,
        max_failure_ratio,
        order: _,
        extensions: _,
    } = &config.value;
    types::UpdateConfig {
        parallelism: value(parallelism),
        delay: printed(delay),
        failure_action: value(failure_action),
        monitor: printed(monitor),
        max_failure_ratio: value(max_failure_ratio),
    }
}

fn resources(resources: &Spanned<DeployResources>) -> types::Resources {
    let DeployResources { limits: most, reservations: least, extensions: _ } = &resources.value;
    types::Resources { limits: most.as_ref().map(limits), reservations: least.as_ref().map(reservations) }
}

fn limits(limits: &Spanned<ResourceLimits>) -> types::Limits {
    let ResourceLimits { cpus, memory, pids: _, extensions: _ } = &limits.value;
    types::Limits { cpus: processors(cpus), memory: printed(memory), devices: None }
}

fn reservations(reservations: &Spanned<ResourceReservations>) -> types::Limits {
    let ResourceReservations { cpus, memory, devices, generic_resources: _, extensions: _ } =
        &reservations.value;
    let devices = devices.as_ref().map(|devices| devices.value.iter().map(device).collect());
    types::Limits { cpus: processors(cpus), memory: printed(memory), devices }
}

fn processors(cpus: &Option<Spanned<f64>>) -> Option<String> {
    value(cpus).map(scalar::float_string)
}

fn device(device: &Spanned<DeviceRequest>) -> types::Device {
    let DeviceRequest { capabilities, driver, count, device_ids, options, extensions: _ } = &device.value;
    let options = pairs(options);
    types::Device {
        driver: value(driver),
        count: value(count)
            .map(|count| u64::try_from(count).map_or(types::DeviceCount::All, types::DeviceCount::Count)),
        device_ids: optional_texts(device_ids),
        capabilities: optional_texts(capabilities),
        options: options.map(|pairs| pairs.into_iter().map(|(name, value)| (name, value.into())).collect()),
    }
}

fn restart_policy(policy: &Spanned<RestartPolicy>) -> types::RestartPolicy {
    let RestartPolicy { condition, delay, max_attempts, window, extensions: _ } = &policy.value;
    types::RestartPolicy {
        condition: value(condition),
        delay: printed(delay),
        max_attempts: value(max_attempts),
        window: printed(window),
    }
}

fn placement(placement: &Spanned<Placement>) -> types::Placement {
    let Placement { constraints, preferences, max_replicas_per_node: _, extensions: _ } = &placement.value;
    let preferences = preferences.iter().flat_map(|preferences| &preferences.value);
    types::Placement {
        constraints: texts(constraints),
        preferences: preferences.filter_map(preference).collect(),
    }
}

fn preference(preference: &Spanned<Preference>) -> Option<types::Preferences> {
    let Preference { spread, extensions: _ } = &preference.value;
    spread.as_ref().map(|spread| types::Preferences { spread: spread.value.0.clone() })
}
