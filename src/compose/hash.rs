//! The hash of a service, as `docker compose config --hash` prints it: SHA-256 of the JSON that Go writes of the
//! service.
//!
//! The tables have the fields of the structs of compose-go in their order, which is not the order of the YAML. Build,
//! dependencies and whatever else `docker compose` leaves out of the hash is not in them, and no `x-*` attribute is.

use super::{
    consistency,
    model::{Attribute, Project, Service},
    print, select,
};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Span, digest},
    yaml::{Node, Value},
};

/// The variable with the platform of services that are built and name none.
const DEFAULT_PLATFORM: &str = "DOCKER_DEFAULT_PLATFORM";

/// One field of a struct.
#[derive(Debug, Clone, Copy)]
struct Field {
    /// The attribute in the model.
    key: &'static str,
    /// Its name in the JSON.
    name: &'static str,
    form: Form,
    unset: Unset,
}

/// How Go writes a field.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// As the model has it, mappings sorted by their keys.
    Plain,
    /// A number of which 0 counts as not set.
    Number,
    /// A number that Go holds in 32 bits; 0 counts as not set.
    Float,
    /// A struct.
    Struct(&'static [Field]),
    /// A list of structs.
    List(&'static [Field]),
    /// Names to structs, or to what stands for one.
    Names(&'static [Field]),
    /// The list of env files: those that must exist are their paths alone.
    EnvFiles,
}

/// What Go writes of a field that is not set.
#[derive(Debug, Clone, Copy)]
enum Unset {
    /// Nothing, for `omitempty`.
    Nothing,
    /// Go's zero value, for a field without `omitempty`.
    Zero(&'static str),
    /// The struct without any field set: `omitempty` never leaves out a struct that is held by value.
    Struct,
}

const fn field(key: &'static str, form: Form) -> Field {
    Field { key, name: key, form, unset: Unset::Nothing }
}

const fn plain(key: &'static str) -> Field {
    field(key, Form::Plain)
}

/// A field without `omitempty`.
const fn kept(key: &'static str, zero: &'static str) -> Field {
    Field { unset: Unset::Zero(zero), ..plain(key) }
}

/// A struct that is held by value.
const fn by_value(key: &'static str, fields: &'static [Field]) -> Field {
    Field { unset: Unset::Struct, ..field(key, Form::Struct(fields)) }
}

/// A field whose struct gives it no name for JSON, so that it has its Go name.
const fn untagged(key: &'static str, name: &'static str, zero: &'static str) -> Field {
    Field { name, ..kept(key, zero) }
}

const SERVICE: &[Field] = &[
    plain("annotations"),
    plain("attach"),
    field("develop", Form::Struct(&[field("watch", Form::List(WATCH))])),
    field("blkio_config", Form::Struct(BLKIO)),
    plain("cap_add"),
    plain("cap_drop"),
    plain("cgroup_parent"),
    plain("cgroup"),
    plain("cpu_count"),
    field("cpu_percent", Form::Float),
    plain("cpu_period"),
    plain("cpu_quota"),
    plain("cpu_rt_period"),
    plain("cpu_rt_runtime"),
    field("cpus", Form::Float),
    plain("cpuset"),
    plain("cpu_shares"),
    kept("command", "null"),
    field("configs", Form::List(FILE_REFERENCE)),
    plain("container_name"),
    field("credential_spec", Form::Struct(&[plain("config"), plain("file"), plain("registry")])),
    field("deploy", Form::Struct(DEPLOY)),
    plain("device_cgroup_rules"),
    field("devices", Form::List(&[plain("source"), plain("target"), plain("permissions")])),
    plain("dns"),
    plain("dns_opt"),
    plain("dns_search"),
    plain("domainname"),
    kept("entrypoint", "null"),
    field("provider", Form::Struct(&[plain("type"), plain("options")])),
    plain("environment"),
    field("env_file", Form::EnvFiles),
    plain("expose"),
    plain("external_links"),
    plain("extra_hosts"),
    plain("group_add"),
    field("gpus", Form::List(DEVICE_REQUEST)),
    plain("hostname"),
    field("healthcheck", Form::Struct(HEALTHCHECK)),
    plain("image"),
    plain("init"),
    plain("ipc"),
    plain("isolation"),
    plain("labels"),
    plain("links"),
    field("logging", Form::Struct(&[plain("driver"), plain("options")])),
    plain("mem_limit"),
    plain("mem_reservation"),
    plain("memswap_limit"),
    plain("mem_swappiness"),
    plain("mac_address"),
    field("models", Form::Names(&[plain("endpoint_var"), plain("model_var")])),
    plain("network_mode"),
    field("networks", Form::Names(NETWORK)),
    plain("oom_kill_disable"),
    plain("oom_score_adj"),
    plain("pid"),
    plain("pids_limit"),
    plain("platform"),
    field("ports", Form::List(PORT)),
    plain("privileged"),
    plain("read_only"),
    plain("restart"),
    plain("runtime"),
    field("secrets", Form::List(FILE_REFERENCE)),
    plain("security_opt"),
    plain("shm_size"),
    plain("stdin_open"),
    plain("stop_grace_period"),
    plain("stop_signal"),
    plain("storage_opt"),
    plain("sysctls"),
    plain("tmpfs"),
    plain("tty"),
    // A single limit is a number, not a struct.
    field("ulimits", Form::Names(&[field("soft", Form::Number), field("hard", Form::Number)])),
    plain("use_api_socket"),
    plain("user"),
    plain("userns_mode"),
    plain("uts"),
    field("volumes", Form::List(MOUNT)),
    plain("volumes_from"),
    plain("working_dir"),
    field("post_start", Form::List(HOOK)),
    field("pre_stop", Form::List(HOOK)),
];

const BLKIO: &[Field] = &[
    plain("weight"),
    field(
        "weight_device",
        Form::List(&[untagged("path", "Path", "\"\""), untagged("weight", "Weight", "0")]),
    ),
    field("device_read_bps", Form::List(RATE)),
    field("device_read_iops", Form::List(RATE)),
    field("device_write_bps", Form::List(RATE)),
    field("device_write_iops", Form::List(RATE)),
];

const RATE: &[Field] = &[untagged("path", "Path", "\"\""), untagged("rate", "Rate", "\"0\"")];

const DEPLOY: &[Field] = &[
    plain("mode"),
    plain("labels"),
    field("update_config", Form::Struct(UPDATE_CONFIG)),
    field("rollback_config", Form::Struct(UPDATE_CONFIG)),
    by_value(
        "resources",
        &[field("limits", Form::Struct(RESOURCE)), field("reservations", Form::Struct(RESOURCE))],
    ),
    field("restart_policy", Form::Struct(RESTART_POLICY)),
    by_value("placement", PLACEMENT),
    plain("endpoint_mode"),
];

const DEVICE_REQUEST: &[Field] =
    &[plain("capabilities"), plain("driver"), plain("count"), plain("device_ids"), plain("options")];

const ENV_FILE: &[Field] = &[plain("path"), kept("required", "false"), plain("format")];

const FILE_REFERENCE: &[Field] =
    &[plain("source"), plain("target"), plain("uid"), plain("gid"), plain("mode")];

const GENERIC_RESOURCE: &[Field] =
    &[field("discrete_resource_spec", Form::Struct(&[kept("kind", "\"\""), kept("value", "0")]))];

const HEALTHCHECK: &[Field] = &[
    plain("test"),
    plain("timeout"),
    plain("interval"),
    plain("retries"),
    plain("start_period"),
    plain("start_interval"),
    plain("disable"),
];

const HOOK: &[Field] = &[
    kept("command", "null"),
    plain("user"),
    plain("privileged"),
    plain("working_dir"),
    plain("environment"),
];

const MOUNT: &[Field] = &[
    plain("type"),
    plain("source"),
    plain("target"),
    plain("read_only"),
    plain("consistency"),
    field(
        "bind",
        Form::Struct(&[
            plain("selinux"),
            plain("propagation"),
            plain("create_host_path"),
            plain("recursive"),
        ]),
    ),
    field("volume", Form::Struct(&[plain("labels"), plain("nocopy"), plain("subpath")])),
    field("tmpfs", Form::Struct(&[plain("size"), plain("mode")])),
    field("image", Form::Struct(&[plain("subpath")])),
];

const NETWORK: &[Field] = &[
    plain("aliases"),
    plain("driver_opts"),
    plain("gw_priority"),
    plain("interface_name"),
    plain("ipv4_address"),
    plain("ipv6_address"),
    plain("link_local_ips"),
    plain("mac_address"),
    plain("priority"),
];

const PLACEMENT: &[Field] = &[
    plain("constraints"),
    field("preferences", Form::List(&[plain("spread")])),
    plain("max_replicas_per_node"),
];

const PORT: &[Field] = &[
    plain("name"),
    plain("mode"),
    plain("host_ip"),
    plain("target"),
    plain("published"),
    plain("protocol"),
    plain("app_protocol"),
];

const RESOURCE: &[Field] = &[
    field("cpus", Form::Float),
    plain("memory"),
    plain("pids"),
    field("devices", Form::List(DEVICE_REQUEST)),
    field("generic_resources", Form::List(GENERIC_RESOURCE)),
];

const RESTART_POLICY: &[Field] =
    &[plain("condition"), plain("delay"), plain("max_attempts"), plain("window")];

const UPDATE_CONFIG: &[Field] = &[
    plain("parallelism"),
    plain("delay"),
    plain("failure_action"),
    plain("monitor"),
    field("max_failure_ratio", Form::Float),
    plain("order"),
];

const WATCH: &[Field] = &[
    kept("path", "\"\""),
    kept("action", "\"\""),
    plain("target"),
    by_value("exec", HOOK),
    plain("include"),
    plain("ignore"),
    plain("initial_sync"),
];

/// A number that JSON cannot hold, by the attribute that has it.
#[derive(Debug, PartialEq, Eq)]
struct NotFinite(&'static str);

/// `NAME HASH`, a line for each of the services that `wanted` names with commas between them, sorted; `*` is all that
/// are active.
///
/// A name that no active service has is reported. As in docker compose, the lines end before the first such name.
pub fn lines(project: &Project, wanted: &str, report: &mut Report) -> String {
    let platform = project.variables.get(DEFAULT_PLATFORM).map_or("", String::as_str);
    let services: Vec<(&str, Service)> = project
        .services
        .iter()
        .map(|(name, service)| (name.as_str(), on(&service.value, platform)))
        .collect();
    for (name, service) in &services {
        if let (Some(build), Some(platform)) = (&service.build, &service.platform) {
            consistency::built_for(name, &build.value, &platform.value, report);
        }
    }
    if report.has_errors() {
        return String::new();
    }
    let mut names: Vec<&str> = match wanted {
        "*" => services.iter().map(|(name, _)| *name).collect(),
        names => names.split(',').collect(),
    };
    names.sort_unstable();
    let mut lines = String::new();
    for name in names {
        let Some((_, service)) = services.iter().find(|(known, _)| *known == name) else {
            report.push(select::unknown(project, name));
            continue;
        };
        match json(service) {
            Ok(_) if report.has_errors() => {}
            Ok(json) => lines += &format!("{name} {}\n", digest(json.as_bytes())),
            Err(NotFinite(key)) => {
                let message = format!("service `{name}` has no hash: `{key}` is infinite, or not a number");
                let span = project.services.get(name).map_or(Span::NOWHERE, |service| service.span);
                report.push(Diagnostic::error(codes::INVALID_VALUE, message).at(span, "this service"));
            }
        }
    }
    lines
}

/// A service with the platform that the environment gives it.
fn on(service: &Service, platform: &str) -> Service {
    let mut service = service.clone();
    let names_none = service.platform.as_ref().is_none_or(|platform| platform.value.is_empty());
    if let Some(build) = service.build.as_ref().filter(|_| names_none && !platform.is_empty()) {
        service.platform = Some(Node::new(Value::Null, build.span).spanned(platform.to_owned()));
    }
    service
}

/// What is hashed.
fn json(service: &Service) -> Result<String, NotFinite> {
    object(Some(&Node::new(service.write(), Span::NOWHERE)), SERVICE)
}

/// A struct; what is no mapping stands for one and is written as it is.
fn object(node: Option<&Node>, fields: &[Field]) -> Result<String, NotFinite> {
    if let Some(node) = node.filter(|node| node.as_map().is_none()) {
        return Ok(value(node));
    }
    let mut members = Vec::new();
    for field in fields {
        let set = node.and_then(|node| node.get(field.key));
        let set = set.map(|set| formed(set, field)).transpose()?.flatten();
        let written = match (set, field.unset, field.form) {
            (Some(set), _, _) => set,
            (None, Unset::Zero(zero), _) => zero.to_owned(),
            (None, Unset::Struct, Form::Struct(fields)) => object(None, fields)?,
            (None, _, _) => continue,
        };
        members.push(format!("\"{}\":{written}", field.name));
    }
    Ok(format!("{{{}}}", members.join(",")))
}

/// A field that is set; nothing if its value counts as not set.
fn formed(node: &Node, field: &Field) -> Result<Option<String>, NotFinite> {
    let items = || node.as_seq().unwrap_or_default().iter();
    Ok(Some(match field.form {
        Form::Plain => value(node),
        Form::Number => return Ok(Some(value(node)).filter(|_| node.value != Value::Int(0))),
        Form::Float => match node.value {
            Value::Float(float) => return number(float as f32, field.key),
            _ => value(node),
        },
        Form::Struct(fields) => object(Some(node), fields)?,
        Form::List(fields) => list(items().map(|item| object(Some(item), fields)))?,
        Form::EnvFiles => list(items().map(|item| match (item.get("required"), item.get("path")) {
            (Some(Node { value: Value::Bool(true), .. }), path) => Ok(path.map_or_else(|| quoted(""), value)),
            _ => object(Some(item), ENV_FILE),
        }))?,
        Form::Names(fields) => {
            let mut entries: Vec<_> = node.as_map().into_iter().flatten().collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.text.cmp(&other.text));
            let entries = entries.into_iter().map(|(key, item)| {
                object(Some(item), fields).map(|item| format!("{}:{item}", quoted(&key.text)))
            });
            format!("{{{}}}", entries.collect::<Result<Vec<_>, _>>()?.join(","))
        }
    }))
}

fn list(items: impl Iterator<Item = Result<String, NotFinite>>) -> Result<String, NotFinite> {
    Ok(format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(",")))
}

/// Scalars, lists and mappings as they are, mappings sorted by their keys.
fn value(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Timestamp(text) | Value::String(text) => quoted(text),
        Value::Seq(items) => format!("[{}]", items.iter().map(value).collect::<Vec<_>>().join(",")),
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.text.cmp(&other.text));
            let entry =
                |(key, item): (&crate::yaml::Key, &Node)| format!("{}:{}", quoted(&key.text), value(item));
            format!("{{{}}}", entries.into_iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

fn quoted(text: &str) -> String {
    print::escaped_as_in_go(serde_json::Value::from(text).to_string())
}

/// The shortest digits that read back the same, with an exponent if the number is very large or very small. Zero counts
/// as not set.
fn number(float: f32, key: &'static str) -> Result<Option<String>, NotFinite> {
    if !float.is_finite() {
        return Err(NotFinite(key));
    }
    if float == 0.0 || (1e-6..1e21).contains(&float.abs()) {
        return Ok(Some(float.to_string()).filter(|_| float != 0.0));
    }
    let scientific = format!("{float:e}");
    Ok(Some(if scientific.contains("e-") { scientific } else { scientific.replace('e', "e+") }))
}

#[cfg(test)]
mod tests;
