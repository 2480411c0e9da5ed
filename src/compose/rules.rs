//! Step 13: what the specification forbids beyond types, looked at in all services, active or not.

use std::net::IpAddr;

use super::key_path::{self, KeyPath, Pattern};
use crate::{
    diag::{Diagnostic, Report, codes},
    yaml::{Node, Value},
};

type Rule = fn(&Node, &KeyPath, &mut Report);

const RULES: &[(Pattern, Rule)] = &[
    (&["volumes", "*"], external_volume),
    (&["configs", "*"], config),
    (&["secrets", "*"], secret),
    (&["services", "*", "ports", "[]", "host_ip"], host_address),
    (&["services", "*", "develop", "watch", "[]", "path"], watched_path),
    (&["services", "*", "deploy", "resources", "reservations", "devices", "[]"], device_request),
    (&["services", "*", "gpus", "[]"], device_request),
    (&["services", "*", "volumes", "[]"], bind_source),
    (&["services", "*", "volumes", "[]", "tmpfs", "mode"], memory_mode),
    (&["services", "*", "pid"], process_namespace),
    (&["services", "*", "healthcheck", "retries"], natural),
    (&["services", "*", "deploy", "update_config", "parallelism"], natural),
    (&["services", "*", "deploy", "rollback_config", "parallelism"], natural),
    (&["services", "*", "deploy", "restart_policy", "max_attempts"], natural),
    (&["services", "*", "ports", "[]", "target"], natural),
];

/// Reports combinations and values that no service may have.
pub(super) fn check(root: &Node, report: &mut Report) {
    for (pattern, rule) in RULES {
        key_path::visit(root, pattern, &mut |place, node| rule(node, place, report));
    }
}

fn refuse(node: &Node, message: String, report: &mut Report) {
    report.push(Diagnostic::error(codes::INVALID_COMBINATION, message).at(node.span, "here"));
}

fn external_volume(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.get("external").map(|external| &external.value) != Some(&Value::Bool(true)) {
        return;
    }
    for (key, value) in node.as_map().into_iter().flatten() {
        if !matches!(key.text.as_str(), "name" | "external") && !key.text.starts_with("x-") {
            let message = format!("{place} is external and has a `{}` of its own", key.text);
            report.push(
                Diagnostic::error(codes::INVALID_COMBINATION, message)
                    .at(key.span.to(value.span), "set by whoever made the volume")
                    .help("remove one of the two"),
            );
        }
    }
}

fn config(node: &Node, place: &KeyPath, report: &mut Report) {
    one_source(node, place, &["file", "environment", "content"], report);
}

fn secret(node: &Node, place: &KeyPath, report: &mut Report) {
    one_source(node, place, &["file", "environment"], report);
}

fn one_source(node: &Node, place: &KeyPath, sources: &[&str], report: &mut Report) {
    let Some(map) = node.as_map() else { return };
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
    let given: Vec<&str> = sources.iter().copied().filter(|source| map.contains_key(*source)).collect();
    if given.len() > 1 {
        refuse(node, format!("{place} can have only one of {}", quoted(&given).join(" and ")), report);
    }
    if given.is_empty() && !map.contains_key("driver") && !map.contains_key("external") {
        refuse(node, format!("{place} must have one of {}", quoted(sources).join(", ")), report);
    }
}

fn host_address(node: &Node, place: &KeyPath, report: &mut Report) {
    let Some(text) = node.as_str() else { return };
    if text.parse::<IpAddr>().is_err() {
        refuse(node, format!("{place} must be an IP address, not `{text}`"), report);
    }
}

fn watched_path(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.as_str().is_some_and(str::is_empty) {
        refuse(node, format!("{place} must not be empty"), report);
    }
}

fn device_request(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.get("count").is_some() && node.get("device_ids").is_some() {
        refuse(node, format!("{place} can have only one of `count` and `device_ids`"), report);
    }
}

fn memory_mode(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.as_str().is_some() {
        refuse(node, format!("{place} must be a number, not a string"), report);
    }
}

fn natural(node: &Node, place: &KeyPath, report: &mut Report) {
    if matches!(node.value, Value::Int(number) if number < 0) {
        refuse(node, format!("{place} must not be negative"), report);
    }
}

/// The schema allows null, and docker compose crashes on it.
fn process_namespace(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.is_null() {
        refuse(node, format!("{place} must be a string, not null"), report);
    }
}

fn bind_source(node: &Node, place: &KeyPath, report: &mut Report) {
    if node.get("type").and_then(Node::as_str) == Some("bind") && node.get("source").is_none() {
        refuse(node, format!("{place} is a bind mount without `source`"), report);
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::loaded_text;

    #[test]
    fn forbidden_combinations_and_values() {
        let cases = [
            (
                "volumes: {v: {external: true, driver: d}}",
                "volumes.v is external and has a `driver` of its own",
            ),
            ("configs: {c: {file: a, content: b}}", "configs.c can have only one of `file` and `content`"),
            ("secrets: {s: {}}", "secrets.s must have one of `file`, `environment`"),
            (
                "services: {a: {ports: [{target: 1, host_ip: x}]}}",
                "services.a.ports[0].host_ip must be an IP address, not `x`",
            ),
            (
                "services: {a: {gpus: [{count: 1, device_ids: [x]}]}}",
                "services.a.gpus[0] can have only one of `count` and `device_ids`",
            ),
            (
                "services: {a: {volumes: [{type: bind, target: /x}]}}",
                "services.a.volumes[0] is a bind mount without `source`",
            ),
            ("services: {a: {pid: null}}", "services.a.pid must be a string, not null"),
            (
                "services: {a: {healthcheck: {retries: -1}}}",
                "services.a.healthcheck.retries must not be negative",
            ),
        ];
        for (text, message) in cases {
            let found = loaded_text(text);
            assert!(found.messages().contains(&message), "{text}: {:?}", found.messages());
        }
    }
}
