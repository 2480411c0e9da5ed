//! Processors, memory, devices.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Container, ResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};

use crate::{
    compose::model::{DeployResources, DeviceRequest, ResourceLimits, ResourceReservations, Service},
    k8s::quantity,
    plan::{facts::Context, ledger::Entries, reasons},
    text::Spanned,
};

/// What a container asks for when compose says nothing: little, but not nothing, so that the scheduler
/// can count.
const REQUESTS: &[(&str, &str)] = &[("cpu", "50m"), ("memory", "128Mi")];

/// Gives the container its requests and limits. `deploy.resources` and the older attributes say the
/// same, where both stand: loading has made sure.
pub(super) fn apply_resources(
    context: &Context<'_>,
    service: &Service,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let (mut requests, mut limits) = (BTreeMap::new(), BTreeMap::new());
    older(service, &mut requests, &mut limits, entries);
    if let Some(resources) = service.deploy.as_ref().and_then(|deploy| deploy.value.resources.as_ref()) {
        deployed(&resources.value, &mut requests, &mut limits, entries);
    }
    devices(service.gpus.as_ref(), &["gpus"], &mut limits, entries);
    keep_within(service, &limits, &mut requests, entries);
    for (name, keys) in LIMITS {
        if limits.contains_key(*name) && !requests.contains_key(*name) {
            reserved_in_full(service, keys, entries);
        }
    }
    for (name, least) in REQUESTS {
        // A limit without a request is a request of the same size: Kubernetes fills it in.
        if !limits.contains_key(*name) {
            let said = context.cluster.defaults.requests.get(*name);
            let least = said.map_or(*least, |quantity| quantity.value.as_str());
            requests.entry((*name).to_owned()).or_insert_with(|| Quantity(least.to_owned()));
        }
    }
    container.resources = Some(ResourceRequirements {
        requests: (!requests.is_empty()).then_some(requests),
        limits: (!limits.is_empty()).then_some(limits),
        ..ResourceRequirements::default()
    });
}

type Quantities = BTreeMap<String, Quantity>;

/// Sets a quantity. Zero and less are none: compose then limits nothing, where Kubernetes would allow nothing.
fn set<T: PartialOrd + Default>(quantities: &mut Quantities, name: &str, value: T, of: fn(T) -> Quantity) {
    if value > T::default() {
        quantities.insert(name.to_owned(), of(value));
    }
}

/// Requests that are more than the limit, which Kubernetes refuses, are as much as that.
fn keep_within(service: &Service, limits: &Quantities, requests: &mut Quantities, entries: &mut Entries<'_>) {
    let number = |quantity: &Quantity| quantity::amount(&quantity.0);
    for (name, limit) in limits {
        if requests.get(name).is_none_or(|request| number(request) <= number(limit)) {
            continue;
        }
        // Without a request Kubernetes takes the limit for it.
        requests.remove(name);
        for path in said_by(service, name) {
            entries.approximated(path, reasons::WITHIN_THE_LIMIT);
        }
    }
}

/// Compose reserves nothing where only a limit is said.
fn reserved_in_full(service: &Service, keys: Keys, entries: &mut Entries<'_>) {
    if let Some((path, _)) = keys.iter().find(|(_, says)| says(service)) {
        entries.approximated(path, reasons::RESERVED_IN_FULL);
    }
}

/// Whether a service has a key.
type Says = fn(&Service) -> bool;

/// Keys that say the same, each with whether a service has it.
type Keys = &'static [(&'static [&'static str], Says)];

/// The keys that limit something, the one that counts first.
const LIMITS: &[(&str, Keys)] = &[
    (
        "cpu",
        &[
            (&["deploy", "resources", "limits", "cpus"], |service| {
                deployed_limits(service).is_some_and(|limits| limits.cpus.is_some())
            }),
            (&["cpus"], |service| service.cpus.is_some()),
            (&["cpu_quota"], |service| service.cpu_quota.is_some()),
        ],
    ),
    (
        "memory",
        &[
            (&["deploy", "resources", "limits", "memory"], |service| {
                deployed_limits(service).is_some_and(|limits| limits.memory.is_some())
            }),
            (&["mem_limit"], |service| service.mem_limit.is_some()),
        ],
    ),
];

fn deployed_limits(service: &Service) -> Option<&ResourceLimits> {
    let resources = service.deploy.as_ref()?.value.resources.as_ref()?;
    resources.value.limits.as_ref().map(|limits| &limits.value)
}

/// The keys that ask for it.
fn said_by(service: &Service, name: &str) -> Vec<&'static [&'static str]> {
    const CPUS: &[&str] = &["deploy", "resources", "reservations", "cpus"];
    const MEMORY: &[&str] = &["deploy", "resources", "reservations", "memory"];
    let resources = service.deploy.as_ref().and_then(|deploy| deploy.value.resources.as_ref());
    let reservations = resources.and_then(|resources| resources.value.reservations.as_ref());
    let reservations = reservations.map(|reservations| &reservations.value);
    let said: [(bool, &'static [&'static str]); 2] = match name {
        "cpu" => [
            (reservations.is_some_and(|it| it.cpus.is_some()), CPUS),
            (service.cpu_shares.is_some(), &["cpu_shares"]),
        ],
        _ => [
            (reservations.is_some_and(|it| it.memory.is_some()), MEMORY),
            (service.mem_reservation.is_some(), &["mem_reservation"]),
        ],
    };
    said.into_iter().filter(|(is_said, _)| *is_said).map(|(_, path)| path).collect()
}

/// Microseconds of which `cpu_quota` is a part; 0 is the kernel's own.
fn period_of(service: &Service) -> i64 {
    let period = service.cpu_period.as_ref().map_or(0, |period| period.value);
    if period > 0 { period } else { 100_000 }
}

fn older(service: &Service, requests: &mut Quantities, limits: &mut Quantities, entries: &mut Entries<'_>) {
    if let Some(cpus) = &service.cpus {
        set(limits, "cpu", cpus.value, quantity::cpu);
        entries.mapped(&["cpus"]);
    }
    if let Some(quota) = &service.cpu_quota {
        let period = period_of(service);
        if !limits.contains_key("cpu") {
            set(limits, "cpu", quota.value as f64 / period as f64, quantity::cpu);
        }
        entries.mapped(&["cpu_quota"]);
    }
    if service.cpu_period.is_some() {
        match service.cpu_quota {
            Some(_) => entries.mapped(&["cpu_period"]),
            None => entries.ignored(&["cpu_period"], reasons::NO_QUOTA),
        }
    }
    if let Some(shares) = &service.cpu_shares {
        set(requests, "cpu", shares.value as f64 / 1024.0, quantity::cpu);
        entries.as_ever(&["cpu_shares"]);
    }
    if let Some(limit) = &service.mem_limit {
        set(limits, "memory", limit.value.0, quantity::memory);
        entries.mapped(&["mem_limit"]);
    }
    if let Some(reservation) = &service.mem_reservation {
        set(requests, "memory", reservation.value.0, quantity::memory);
        entries.mapped(&["mem_reservation"]);
    }
}

fn deployed(
    resources: &DeployResources,
    requests: &mut Quantities,
    limits: &mut Quantities,
    entries: &mut Entries<'_>,
) {
    const LIMITS: &[&str] = &["deploy", "resources", "limits"];
    const RESERVATIONS: &[&str] = &["deploy", "resources", "reservations"];
    let DeployResources { limits: most, reservations, extensions: _ } = resources;
    if let Some(most) = most {
        let ResourceLimits { cpus, memory, pids, extensions: _ } = &most.value;
        if let Some(cpus) = cpus {
            set(limits, "cpu", cpus.value, quantity::cpu);
        }
        if let Some(memory) = memory {
            set(limits, "memory", memory.value.0, quantity::memory);
        }
        entries.mapped(LIMITS);
        if pids.is_some() {
            entries.as_ever(&[LIMITS, &["pids"]].concat());
        }
    }
    if let Some(reservations) = reservations {
        let ResourceReservations { cpus, memory, devices: wanted, generic_resources, extensions: _ } =
            &reservations.value;
        if let Some(cpus) = cpus {
            set(requests, "cpu", cpus.value, quantity::cpu);
        }
        if let Some(memory) = memory {
            set(requests, "memory", memory.value.0, quantity::memory);
        }
        entries.mapped(RESERVATIONS);
        devices(wanted.as_ref(), &[RESERVATIONS, &["devices"]].concat(), limits, entries);
        if generic_resources.is_some() {
            entries.as_ever(&[RESERVATIONS, &["generic_resources"]].concat());
        }
    }
}

/// Graphics cards become an extended resource of their maker; other devices are not known to a cluster.
fn devices(
    wanted: Option<&Spanned<Vec<Spanned<DeviceRequest>>>>,
    path: &[&str],
    limits: &mut Quantities,
    entries: &mut Entries<'_>,
) {
    for device in wanted.iter().flat_map(|wanted| &wanted.value) {
        let DeviceRequest { capabilities, driver, count, device_ids, options, extensions: _ } = &device.value;
        let driver = driver.as_ref().map_or("nvidia", |driver| driver.value.as_str());
        let able =
            |name: &str| capabilities.iter().flat_map(|list| &list.value).any(|able| able.value == name);
        if capabilities.is_some() && !able("gpu") && !able("nvidia") && !able("compute") {
            entries.at(device.span).unsupported(path, reasons::NO_DEVICE_PLUGIN);
            continue;
        }
        let count = count.as_ref().map_or(-1, |count| count.value);
        let ids = device_ids.as_ref().map_or(0, |ids| ids.value.len());
        let number = if count > 0 { count } else { i64::try_from(ids).unwrap_or(1).max(1) };
        limits.insert(format!("{driver}.com/gpu"), Quantity(number.to_string()));
        entries.mapped(path);
        if count < 0 || ids > 0 {
            let reason = reasons::number_of_devices(number);
            entries.at(device_ids.as_ref().map_or(device.span, |ids| ids.span)).approximated(path, reason);
        }
        for (_, value) in options.iter().flat_map(|options| options.value.iter()) {
            entries.at(value.span).approximated(path, reasons::OPTIONS_OF_PLUGIN);
        }
    }
}
