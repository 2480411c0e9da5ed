use docker_compose_types::Compose;
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::{
    compose::{
        Project,
        key_path::{self, Pattern},
        load,
        testing::{self, canonical},
    },
    diag::Report,
    text::{MemoryFiles, Sources},
    yaml::{Key, Node, Value, scalar},
};

/// What the crate has no place for.
const LOST: &[(Pattern, &[&str])] = &[
    (&[], &["configs", "models"]),
    (
        &["services", "*"],
        &[
            "annotations",
            "attach",
            "blkio_config",
            "cgroup",
            "configs",
            "cpu_count",
            "cpu_percent",
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpu_shares",
            "cpus",
            "cpuset",
            "credential_spec",
            "develop",
            "device_cgroup_rules",
            "dns_search",
            "external_links",
            "gpus",
            "isolation",
            "mac_address",
            "memswap_limit",
            "models",
            "oom_kill_disable",
            "oom_score_adj",
            "pids_limit",
            "platform",
            "post_start",
            "pre_start",
            "pre_stop",
            "provider",
            "pull_refresh_after",
            "storage_opt",
            "use_api_socket",
            "uts",
        ],
    ),
    (
        &["services", "*", "build"],
        &[
            "additional_contexts",
            "cache_to",
            "entitlements",
            "extra_hosts",
            "isolation",
            "no_cache",
            "no_cache_filter",
            "platforms",
            "privileged",
            "provenance",
            "pull",
            "sbom",
            "secrets",
            "ssh",
            "tags",
            "ulimits",
            "x-own",
        ],
    ),
    (&["services", "*", "depends_on", "*"], &["x-own"]),
    (&["services", "*", "deploy"], &["endpoint_mode", "rollback_config", "x-own"]),
    (&["services", "*", "deploy", "placement"], &["max_replicas_per_node", "x-own"]),
    (&["services", "*", "deploy", "placement", "preferences", "[]"], &["x-own"]),
    (&["services", "*", "deploy", "resources"], &["x-own"]),
    (&["services", "*", "deploy", "resources", "limits"], &["pids", "x-own"]),
    (&["services", "*", "deploy", "resources", "reservations"], &["generic_resources", "x-own"]),
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]"], &["x-own"]),
    (&["services", "*", "deploy", "restart_policy"], &["x-own"]),
    (&["services", "*", "deploy", "update_config"], &["order", "x-own"]),
    (&["services", "*", "devices", "[]"], &["x-own"]),
    (&["services", "*", "healthcheck"], &["x-own"]),
    (&["services", "*", "logging"], &["x-own"]),
    (
        &["services", "*", "networks", "*"],
        &[
            "driver_opts",
            "gw_priority",
            "interface_name",
            "link_local_ips",
            "mac_address",
            "priority",
            "x-own",
        ],
    ),
    (&["services", "*", "ports", "[]"], &["app_protocol", "name", "x-own"]),
    (&["services", "*", "secrets", "[]"], &["x-own"]),
    (&["services", "*", "volumes", "[]"], &["consistency", "image", "x-own"]),
    (&["services", "*", "volumes", "[]", "bind"], &["recursive", "x-own"]),
    (&["services", "*", "volumes", "[]", "tmpfs"], &["mode", "x-own"]),
    (&["services", "*", "volumes", "[]", "volume"], &["labels", "x-own"]),
    (&["networks", "*"], &["enable_ipv4", "x-own"]),
    (&["networks", "*", "ipam"], &["options", "x-own"]),
    (&["networks", "*", "ipam", "config", "[]"], &["aux_addresses", "ip_range", "x-own"]),
    (&["volumes", "*"], &["x-own"]),
];

type Reshape = fn(&mut Node);

/// What it says in another form.
const RESHAPED: &[(Pattern, Reshape)] = &[
    (&["services", "*"], |service| {
        if service.get("pull_policy").and_then(Node::as_str) == Some("daily") {
            remove(service, &["pull_policy"]);
        }
    }),
    (&["services", "*", "build", "shm_size"], number),
    (&["services", "*", "deploy", "labels"], |labels| {
        let entries = labels.as_map().into_iter().flatten();
        let item = |(key, value): (&Key, &Node)| {
            Node::string(format!("{}={}", key.text, value.as_str().unwrap_or_default()), value.span)
        };
        labels.value = Value::Seq(entries.map(item).collect());
    }),
    (&["services", "*", "deploy", "resources", "*", "cpus"], |cpus| {
        cpus.value = Value::String(scalar::go_string(&cpus.value).unwrap_or_default());
    }),
    (&["services", "*", "devices", "[]"], |device| {
        let part = |key| device.get(key).and_then(Node::as_str).map(str::to_owned);
        let source = part("source").unwrap_or_default();
        device.value = Value::String(match (part("target"), part("permissions")) {
            (target, Some(permissions)) => {
                format!("{source}:{}:{permissions}", target.as_ref().unwrap_or(&source))
            }
            (Some(target), None) => format!("{source}:{target}"),
            (None, None) => source,
        });
    }),
    (&["services", "*", "group_add", "[]"], number),
    (&["services", "*", "mem_swappiness"], |share| {
        number(share);
        if !matches!(share.value, Value::Int(0..=65535)) {
            share.value = Value::Null;
        }
    }),
    (&["services", "*", "ports", "[]", "published"], number),
    (&["services", "*", "volumes", "[]", "tmpfs", "size"], number),
    (&["secrets", "*"], |secret| {
        let span = secret.span;
        let source =
            ["external", "file", "environment"].into_iter().find(|source| secret.get(source).is_some());
        match (source, secret.as_map_mut()) {
            (Some("external"), Some(map)) => {
                map.retain(|key, _| matches!(key.text.as_str(), "external" | "name"));
                map.entry(Key::new("name", span)).or_insert_with(|| Node::string("", span));
            }
            (Some(source), Some(map)) => map.retain(|key, _| key.text == source),
            _ => secret.value = Value::Null,
        }
    }),
];

/// Items that are nothing to the crate without one of their parts.
const INCOMPLETE: &[(Pattern, &str)] = &[
    (&["services", "*", "deploy", "placement", "preferences"], "spread"),
    (&["services", "*", "ports"], "target"),
    (&["networks", "*", "ipam", "config"], "subnet"),
];

/// Attributes that the crate cannot leave out.
const REQUIRED: &[(Pattern, &str)] = &[
    (&["services", "*", "build"], "context"),
    (&["services", "*", "secrets", "[]"], "source"),
    (&["services", "*", "volumes", "[]"], "target"),
];

fn remove(node: &mut Node, keys: &[&str]) {
    let map = node.as_map_mut();
    map.into_iter().for_each(|map| map.retain(|key, _| !keys.contains(&key.text.as_str())));
}

/// Digits as a number.
fn number(node: &mut Node) {
    if let Some(number) = node.as_str().and_then(|text| text.parse().ok()) {
        node.value = Value::Int(number);
    }
}

/// What `config` prints of a project, cut to what the crate holds.
fn cut(project: &Project) -> Json {
    let mut tree = project.write();
    for (pattern, keys) in LOST {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| remove(node, keys));
    }
    for (pattern, key) in INCOMPLETE {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            let items = node.as_seq_mut();
            items.into_iter().for_each(|items| items.retain(|item| item.get(key).is_some()));
        });
    }
    for (pattern, key) in REQUIRED {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| {
            let span = node.span;
            let map = node.as_map_mut();
            map.into_iter().for_each(|map| {
                map.entry(Key::new(*key, span)).or_insert_with(|| Node::string("", span));
            });
        });
    }
    for (pattern, reshape) in RESHAPED {
        key_path::visit_mut(&mut tree, pattern, &mut |_, node| reshape(node));
    }
    tree.to_json()
}

/// Null, and what has nothing in it, says nothing.
fn said(value: &Json) -> Json {
    let is_said = |value: &Json| match value {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => true,
    };
    match value {
        Json::Array(items) => items.iter().map(said).collect(),
        Json::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), said(value)))
            .filter(|(_, value)| is_said(value))
            .collect(),
        // Whole numbers are numbers, with a fraction or without.
        Json::Number(number) => number.as_f64().into(),
        other => other.clone(),
    }
}

/// What another program reads of the conversion.
fn converted(project: &Project) -> Json {
    let compose = Compose::from(project);
    let text = serde_yaml::to_string(&compose).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn loaded(text: &str) -> Project {
    let files = MemoryFiles::new([("/demo/compose.yaml", text)]);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let project = load(&testing::request(), &files, &mut sources, &mut report);
    project.unwrap_or_else(|| panic!("{report:#?}"))
}

#[test]
fn projects_keep_what_the_crate_holds() {
    let cases = [
        "services: {a: {image: nginx}}",
        "services: {a: {build: {context: ., args: {A: 1, B: }}, ports: ['80:80', '90-91:90-91/udp', '127.0.0.1::1']}}",
        "services: {a: {image: x, environment: {A: '$$1', B: }, command: a 'b c', entrypoint: [], tty: true, user: '0'}}",
        "services: {a: {image: x, volumes: ['v:/v:ro', './a:/a', {type: tmpfs, target: /t, tmpfs: {size: 5m}}], shm_size: 1g}}\nvolumes: {v: {driver: local, driver_opts: {o: 1}}}",
        "services: {a: {image: x, networks: {n: {aliases: [b], ipv4_address: 10.0.0.2}, default: }}}\nnetworks: {n: {external: true, name: m}}",
        "services: {a: {image: x, secrets: [s, {source: t, mode: 0440}]}}\nsecrets: {s: {file: ./s}, t: {external: true}}",
        "services: {a: {image: x, depends_on: {b: {condition: service_healthy, restart: true}}}, b: {image: y, healthcheck: {test: ls, interval: 90s, retries: 3}}}",
        "services: {a: {image: x, deploy: {replicas: 0, labels: {a: b}, resources: {limits: {cpus: '0.50', memory: 50M}, reservations: {devices: [{capabilities: [gpu], count: 1}]}}, placement: {constraints: [a==b]}}}}",
        "services: {a: {image: x, ulimits: {nproc: 1, nofile: {soft: 1, hard: 2}}, sysctls: [a=1], extra_hosts: ['a:1.1.1.1'], group_add: [1, b], logging: {driver: json-file, options: {max-size: 1m, max-file: 3}}, x-a: {b: [1, null, 1.5]}}}\nx-c: d",
    ];
    for text in cases {
        let project = loaded(text);
        let expected = said(&cut(&project));
        assert_eq!(said(&converted(&project)), expected, "{text}");
    }
}

#[test]
fn what_the_crate_cannot_hold_is_left_out() {
    let cases = [
        ("ports: [{target: 70000}]", "ports"),
        ("pull_policy: daily", "pull_policy"),
        ("scale: 0", "scale"),
        ("init: false", "init"),
        ("platform: linux/amd64", "platform"),
    ];
    for (attribute, lost) in cases {
        let project = loaded(&format!("services: {{a: {{image: x, {attribute}}}}}"));
        assert_eq!(converted(&project)["services"]["a"].get(lost), None, "{attribute}");
    }
}

proptest! {
    #[test]
    fn nothing_else_is_lost(project in canonical::projects()) {
        let mut report = Report::default();
        let project = Project::read(&testing::tree(&project.to_string()), &mut report);
        let (mut found, mut expected) = (said(&converted(&project)), said(&cut(&project)));
        found.sort_all_objects();
        expected.sort_all_objects();
        prop_assert_eq!(format!("{found:#}"), format!("{expected:#}"));
    }
}
