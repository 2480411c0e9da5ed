//! Projects made from the tables of `schema`: any attributes, each with values in the form in which
//! the model prints them.

use proptest::prelude::*;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::compose::{
    key_path::{KeyPath, Pattern},
    schema::{self, Mapping, Schema},
};

/// What loading resolves before there is a model.
pub(crate) const RESOLVED: &[Pattern] = &[
    &["version"],
    &["include"],
    &["services", "*", "extends"],
    &["services", "*", "env_file"],
    &["services", "*", "label_file"],
];

type Make = fn(&mut Choices<'_>) -> Json;

/// Values whose printed form is narrower than their schema.
const PRINTED: &[(Pattern, Make)] = &[
    (&["services", "*", "build", "extra_hosts"], hosts),
    (&["services", "*", "build", "provenance"], text),
    (&["services", "*", "build", "sbom"], text),
    (&["services", "*", "build", "secrets", "[]", "mode"], mode),
    (&["services", "*", "build", "shm_size"], bytes),
    (&["services", "*", "build", "ssh"], |_| json!(["default", "other: /socket"])),
    (&["services", "*", "blkio_config", "*", "[]", "rate"], bytes),
    (&["services", "*", "configs", "[]", "mode"], mode),
    (&["services", "*", "cpu_count"], number),
    (&["services", "*", "cpu_percent"], number),
    (&["services", "*", "deploy", "resources", "*", "memory"], bytes),
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]", "count"], number),
    (&["services", "*", "deploy", "restart_policy", "delay"], duration),
    (&["services", "*", "deploy", "restart_policy", "window"], duration),
    (&["services", "*", "deploy", "rollback_config", "delay"], duration),
    (&["services", "*", "deploy", "rollback_config", "monitor"], duration),
    (&["services", "*", "deploy", "update_config", "delay"], duration),
    (&["services", "*", "deploy", "update_config", "monitor"], duration),
    (&["services", "*", "extra_hosts"], hosts),
    (&["services", "*", "gpus", "[]", "count"], number),
    (&["services", "*", "healthcheck", "interval"], duration),
    (&["services", "*", "healthcheck", "start_interval"], duration),
    (&["services", "*", "healthcheck", "start_period"], duration),
    (&["services", "*", "healthcheck", "timeout"], duration),
    (&["services", "*", "mem_limit"], bytes),
    (&["services", "*", "mem_reservation"], bytes),
    (&["services", "*", "mem_swappiness"], bytes),
    (&["services", "*", "memswap_limit"], bytes),
    (&["services", "*", "oom_score_adj"], number),
    (&["services", "*", "ports", "[]", "host_ip"], |_| json!("127.0.0.1")),
    (&["services", "*", "ports", "[]", "published"], |choices| json!(choices.of(&["80", "80-81"]))),
    (&["services", "*", "pull_policy"], |choices| json!(choices.of(&["always", "missing", "daily"]))),
    (&["services", "*", "container_name"], |_| json!("name")),
    (&["services", "*", "secrets", "[]", "mode"], mode),
    (&["services", "*", "shm_size"], bytes),
    (&["services", "*", "stop_grace_period"], duration),
    (&["services", "*", "storage_opt"], |_| json!({"size": "120G"})),
    (&["services", "*", "volumes", "[]", "tmpfs", "size"], bytes),
    (&["configs", "*", "external"], |_| json!(true)),
    (&["networks", "*", "external"], |_| json!(true)),
    (&["secrets", "*", "external"], |_| json!(true)),
    (&["volumes", "*", "external"], |_| json!(true)),
];

/// Where choices come from: a number below the given one.
struct Choices<'a>(&'a mut dyn FnMut(usize) -> usize);

impl Choices<'_> {
    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[(self.0)(values.len())]
    }

    fn yes(&mut self) -> bool {
        (self.0)(2) == 1
    }
}

/// The project that says everything that can be said.
pub(crate) fn everything() -> Json {
    project(&mut Choices(&mut |count| count - 1))
}

/// Projects with some attributes.
pub(crate) fn projects() -> impl Strategy<Value = Json> {
    prop::collection::vec(any::<u8>(), 0..400).prop_map(|bytes| {
        let mut bytes = bytes.into_iter();
        project(&mut Choices(&mut |count| bytes.next().map_or(0, |byte| usize::from(byte) % count)))
    })
}

fn project(choices: &mut Choices<'_>) -> Json {
    let mut project = mapping(&schema::PROJECT, &KeyPath::root(), choices);
    project["name"] = json!("demo");
    if project.get("services").is_none() {
        project["services"] = json!({});
    }
    project
}

fn value(schema: &Schema, place: &KeyPath, choices: &mut Choices<'_>) -> Json {
    if let Some((_, printed)) = PRINTED.iter().find(|(pattern, _)| place.matches(pattern)) {
        return printed(choices);
    }
    match schema {
        Schema::Null => Json::Null,
        Schema::Bool => json!(true),
        Schema::Integer(_) | Schema::Number => number(choices),
        Schema::Text | Schema::Checked(_) => text(choices),
        Schema::Word(words) => json!(choices.of(words)),
        Schema::List(item) | Schema::Set(item) => list(item, place, choices),
        Schema::Map(map) => mapping(map, place, choices),
        Schema::OneOf(forms) => {
            let long = forms.iter().find(|form| matches!(form, Schema::Map(_)));
            let list = forms.iter().find(|form| matches!(form, Schema::List(_) | Schema::Set(_)));
            long.or(list).or(forms.first()).map_or(Json::Null, |form| value(form, place, choices))
        }
    }
}

/// One or two items that differ.
fn list(item: &Schema, place: &KeyPath, choices: &mut Choices<'_>) -> Json {
    let mut items = vec![value(item, &place.index(0), choices)];
    if choices.yes() {
        let second = value(item, &place.index(1), choices);
        if second != items[0] {
            items.push(second);
        }
    }
    Json::Array(items)
}

fn mapping(mapping: &Mapping, place: &KeyPath, choices: &mut Choices<'_>) -> Json {
    let mut map = JsonMap::new();
    for (name, schema) in mapping.attributes {
        let place = place.key(name);
        let resolved = RESOLVED.iter().any(|pattern| place.matches(pattern));
        if !resolved && (mapping.required.contains(name) || choices.yes()) {
            map.insert((*name).to_owned(), value(schema, &place, choices));
        }
    }
    if let Some((_, schema)) = &mapping.entries {
        for name in ["one", "two"] {
            if map.is_empty() || choices.yes() {
                map.insert(name.to_owned(), value(schema, &place.key(name), choices));
            }
        }
    }
    if mapping.extensions && !is_ulimit(place) && choices.yes() {
        map.insert("x-own".to_owned(), json!({"deep": [1, null, "text"]}));
    }
    Json::Object(map)
}

fn text(choices: &mut Choices<'_>) -> Json {
    json!(choices.of(&["a", "b", "some text", "0", "true"]))
}

fn number(choices: &mut Choices<'_>) -> Json {
    json!(choices.of(&[100, 7, 1]))
}

fn bytes(choices: &mut Choices<'_>) -> Json {
    json!(choices.of(&["1", "1048576"]))
}

fn duration(choices: &mut Choices<'_>) -> Json {
    json!(choices.of(&["10s", "1m30s", "2h0m0.5s"]))
}

fn mode(choices: &mut Choices<'_>) -> Json {
    json!(choices.of(&["0440", "0644"]))
}

fn hosts(choices: &mut Choices<'_>) -> Json {
    if choices.yes() { json!(["a=1.1.1.1", "a=::1", "b=host-gateway"]) } else { json!(["a=1.1.1.1"]) }
}

/// Compose drops what a limit says besides `soft` and `hard`.
fn is_ulimit(place: &KeyPath) -> bool {
    place.matches(&["services", "*", "ulimits", "*"])
        || place.matches(&["services", "*", "build", "ulimits", "*"])
}
