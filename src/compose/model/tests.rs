//! Guards: the model holds what the tables of attributes know, and gives it back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;
use crate::{
    compose::{
        Options, Request,
        key_path::{self, KeyPath, Pattern},
        schema::{self, Mapping as MappingSchema, Schema},
        testing::{self, canonical},
        validate,
    },
    diag::Report,
};

/// Every mapping with attributes of its own, and the record that holds it.
const RECORDS: &[(Pattern, &[&str])] = &[
    (&[], &["name", "services", "networks", "volumes", "secrets", "configs", "models"]),
    (&["services", "*"], Service::ATTRIBUTES),
    (&["services", "*", "blkio_config"], Blkio::ATTRIBUTES),
    (&["services", "*", "blkio_config", "device_read_bps", "[]"], BlkioRate::ATTRIBUTES),
    (&["services", "*", "blkio_config", "device_read_iops", "[]"], BlkioRate::ATTRIBUTES),
    (&["services", "*", "blkio_config", "device_write_bps", "[]"], BlkioRate::ATTRIBUTES),
    (&["services", "*", "blkio_config", "device_write_iops", "[]"], BlkioRate::ATTRIBUTES),
    (&["services", "*", "blkio_config", "weight_device", "[]"], BlkioWeight::ATTRIBUTES),
    (&["services", "*", "build"], Build::ATTRIBUTES),
    (&["services", "*", "build", "secrets", "[]"], FileReference::ATTRIBUTES),
    (&["services", "*", "build", "ulimits", "*"], ULIMIT),
    (&["services", "*", "configs", "[]"], FileReference::ATTRIBUTES),
    (&["services", "*", "credential_spec"], CredentialSpec::ATTRIBUTES),
    (&["services", "*", "depends_on", "*"], Dependency::ATTRIBUTES),
    (&["services", "*", "deploy"], Deploy::ATTRIBUTES),
    (&["services", "*", "deploy", "placement"], Placement::ATTRIBUTES),
    (&["services", "*", "deploy", "placement", "preferences", "[]"], Preference::ATTRIBUTES),
    (&["services", "*", "deploy", "resources"], DeployResources::ATTRIBUTES),
    (&["services", "*", "deploy", "resources", "limits"], ResourceLimits::ATTRIBUTES),
    (&["services", "*", "deploy", "resources", "reservations"], ResourceReservations::ATTRIBUTES),
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]"], DeviceRequest::ATTRIBUTES),
    (
        &["services", "*", "deploy", "resources", "reservations", "generic_resources", "[]"],
        GenericResource::ATTRIBUTES,
    ),
    (
        &[
            "services",
            "*",
            "deploy",
            "resources",
            "reservations",
            "generic_resources",
            "[]",
            "discrete_resource_spec",
        ],
        DiscreteResource::ATTRIBUTES,
    ),
    (&["services", "*", "deploy", "restart_policy"], RestartPolicy::ATTRIBUTES),
    (&["services", "*", "deploy", "rollback_config"], UpdateConfig::ATTRIBUTES),
    (&["services", "*", "deploy", "update_config"], UpdateConfig::ATTRIBUTES),
    (&["services", "*", "develop"], Develop::ATTRIBUTES),
    (&["services", "*", "develop", "watch", "[]"], Watch::ATTRIBUTES),
    (&["services", "*", "develop", "watch", "[]", "exec"], Hook::ATTRIBUTES),
    (&["services", "*", "devices", "[]"], Device::ATTRIBUTES),
    (&["services", "*", "gpus", "[]"], DeviceRequest::ATTRIBUTES),
    (&["services", "*", "healthcheck"], Healthcheck::ATTRIBUTES),
    (&["services", "*", "logging"], Logging::ATTRIBUTES),
    (&["services", "*", "models", "*"], ServiceModel::ATTRIBUTES),
    (&["services", "*", "networks", "*"], ServiceNetwork::ATTRIBUTES),
    (&["services", "*", "ports", "[]"], Port::ATTRIBUTES),
    (&["services", "*", "post_start", "[]"], Hook::ATTRIBUTES),
    (&["services", "*", "pre_start", "[]"], PreStartHook::ATTRIBUTES),
    (&["services", "*", "pre_stop", "[]"], Hook::ATTRIBUTES),
    (&["services", "*", "provider"], Provider::ATTRIBUTES),
    (&["services", "*", "secrets", "[]"], FileReference::ATTRIBUTES),
    (&["services", "*", "ulimits", "*"], ULIMIT),
    (&["services", "*", "volumes", "[]"], Mount::ATTRIBUTES),
    (&["services", "*", "volumes", "[]", "bind"], MountBind::ATTRIBUTES),
    (&["services", "*", "volumes", "[]", "image"], MountImage::ATTRIBUTES),
    (&["services", "*", "volumes", "[]", "tmpfs"], MountTmpfs::ATTRIBUTES),
    (&["services", "*", "volumes", "[]", "volume"], MountVolume::ATTRIBUTES),
    (&["configs", "*"], FileObject::ATTRIBUTES),
    (&["models", "*"], Model::ATTRIBUTES),
    (&["networks", "*"], Network::ATTRIBUTES),
    (&["networks", "*", "ipam"], Ipam::ATTRIBUTES),
    (&["networks", "*", "ipam", "config", "[]"], IpamPool::ATTRIBUTES),
    (&["secrets", "*"], FileObject::ATTRIBUTES),
    (&["volumes", "*"], Volume::ATTRIBUTES),
];

const ULIMIT: &[&str] = &["soft", "hard"];

/// Configs and secrets share a record: these configs have no use for.
const SHARED: &[Pattern] =
    &[&["configs", "*", "driver"], &["configs", "*", "driver_opts"], &["secrets", "*", "content"]];

/// Short forms that are mappings too, and attributes that loading resolves.
const RESOLVED: &[Pattern] = &[
    &["configs", "*", "external"],
    &["networks", "*", "external"],
    &["secrets", "*", "external"],
    &["volumes", "*", "external"],
];

fn is_in(list: &[Pattern], place: &KeyPath) -> bool {
    list.iter().any(|pattern| place.matches(pattern))
}

/// The names of the attributes of every mapping below a schema.
fn collect(
    schema: &Schema,
    place: &KeyPath,
    found: &mut BTreeMap<String, (KeyPath, BTreeSet<&'static str>)>,
) {
    match schema {
        Schema::List(item) | Schema::Set(item) => collect(item, &place.index(0), found),
        Schema::OneOf(forms) => forms.iter().for_each(|form| collect(form, place, found)),
        Schema::Map(mapping) => collect_mapping(mapping, place, found),
        _ => {}
    }
}

fn collect_mapping(
    mapping: &MappingSchema,
    place: &KeyPath,
    found: &mut BTreeMap<String, (KeyPath, BTreeSet<&'static str>)>,
) {
    if is_in(RESOLVED, place) {
        return;
    }
    if !mapping.attributes.is_empty() {
        let (_, names) = found.entry(place.to_string()).or_insert((place.clone(), BTreeSet::new()));
        names.extend(mapping.attributes.iter().map(|(name, _)| *name));
    }
    for (name, schema) in mapping.attributes {
        let place = place.key(name);
        if !is_in(canonical::RESOLVED, &place) {
            collect(schema, &place, found);
        }
    }
    if let Some((_, schema)) = &mapping.entries {
        collect(schema, &place.key("name"), found);
    }
}

#[test]
fn every_attribute_is_in_the_model_or_resolved_by_loading() {
    let mut found = BTreeMap::new();
    collect_mapping(&schema::PROJECT, &KeyPath::root(), &mut found);
    for (place, names) in found.values() {
        let record = RECORDS.iter().find(|(pattern, _)| place.matches(pattern));
        let (_, record) = record.unwrap_or_else(|| panic!("no record holds {place}"));
        let record: BTreeSet<&str> = record.iter().copied().collect();
        for lost in names.difference(&record) {
            assert!(is_in(canonical::RESOLVED, &place.key(lost)), "{place} loses `{lost}`");
        }
        for made_up in record.difference(names) {
            assert!(is_in(SHARED, &place.key(made_up)), "{place} has no `{made_up}`");
        }
    }
    for (pattern, _) in RECORDS {
        assert!(found.values().any(|(place, _)| place.matches(pattern)), "{pattern:?} is in no table");
    }
}

/// What comes back of a project that the model has read; it must be valid.
fn through_the_model(project: &Json) -> Json {
    let tree = testing::tree(&project.to_string());
    let mut report = Report::default();
    validate::validate(&tree, &mut report);
    let read = Project::read(&tree, &mut report);
    assert!(report.diagnostics().is_empty(), "{:#?}", report.diagnostics());
    read.write().to_json()
}

/// What comes back of a project that was loaded with the stages that only read.
fn through_loading(project: &Json) -> Json {
    let options = Options {
        interpolate: true,
        normalise: false,
        resolve_paths: false,
        check_consistency: false,
        check_container_names: false,
        resolve_environment: true,
        all_resources: true,
        unset: crate::compose::Unset::AsInCompose,
    };
    let request = Request { profiles: vec!["*".to_owned()], options, ..testing::request() };
    let loaded = testing::loaded(&[("compose.yaml", &project.to_string())], &request);
    loaded.model.unwrap_or_else(|| panic!("{:#?}", loaded.diagnostics))
}

/// What a value says, with the keys in order, to be compared by eye. Mappings without entries say
/// nothing, and may go away.
fn said(value: &Json) -> String {
    let mut value = without_empty(value);
    value.sort_all_objects();
    format!("{value:#}")
}

fn without_empty(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(without_empty).collect(),
        Json::Object(map) => {
            let entries = map.iter().map(|(name, value)| (name.clone(), without_empty(value)));
            entries.filter(|(_, value)| value.as_object().is_none_or(|map| !map.is_empty())).collect()
        }
        other => other.clone(),
    }
}

/// Attributes that exclude others, and those that compose never prints, or not as it reads them.
const LEFT_OUT: &[(Pattern, &[&str])] = &[
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]"], &["device_ids"]),
    (&["services", "*", "gpus", "[]"], &["device_ids"]),
    (&["configs", "*"], &["external", "environment", "content"]),
    (&["secrets", "*"], &["external", "environment"]),
    (&["volumes", "*"], &["external"]),
    (&["services", "*"], &["pull_refresh_after"]),
    (&["services", "*", "build"], &["ssh"]),
    (&["networks", "*", "ipam"], &["options"]),
];

fn consistent(project: &Json) -> Json {
    let mut tree = testing::tree(&project.to_string());
    for (pattern, excluded) in LEFT_OUT {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            let map = node.as_map_mut();
            map.into_iter().for_each(|map| map.retain(|key, _| !excluded.contains(&key.text.as_str())));
        });
    }
    tree.to_json()
}

#[test]
fn everything_that_can_be_said_comes_back() {
    let project = canonical::everything();
    assert_eq!(said(&through_the_model(&project)), said(&project));
    let project = consistent(&project);
    assert_eq!(said(&through_loading(&project)), said(&project));
}

proptest! {
    #[test]
    fn nothing_is_lost_between_tree_and_model(project in canonical::projects()) {
        prop_assert_eq!(said(&through_the_model(&project)), said(&project));
    }
}
