//! What probes ask. When they ask is not compared.

use std::collections::BTreeMap;

use super::{Context, items, ports::Listed, string, text};
use crate::{
    drift::{
        fact::{Ask, Fact, Path, ProbeKind, Value},
        text::Text,
    },
    text::Spanned,
    yaml::Node,
};

/// The probes of a container.
pub(super) fn of(container: &Node, listed: &[Listed<'_>], context: &Context<'_>) -> BTreeMap<Path, Fact> {
    let mut probes = BTreeMap::new();
    for kind in ProbeKind::ALL {
        let Some(probe) = container.get(&format!("{}Probe", kind.word())).filter(|probe| !probe.is_null())
        else {
            continue;
        };
        if let Some((ask, place)) = ask(probe, listed, context) {
            probes.insert(Path::Probe(kind), Fact::new(Value::Probe(ask), place.span));
        }
    }
    probes
}

fn ask<'a>(probe: &'a Node, listed: &[Listed<'_>], context: &Context<'_>) -> Option<(Ask, &'a Node)> {
    let here = |node: &Node, text: Text| Spanned::new(text, node.span);
    let port = |action: &Node| {
        let port = action.get("port");
        let named = listed.iter().find(|listed| port.is_some_and(|port| port.as_str() == Some(listed.name)));
        let written = port.map(string).unwrap_or_default();
        let number = named.map_or(written, |listed| listed.number.to_string());
        here(port.unwrap_or(action), Text::plain(number))
    };
    if let Some(action) = probe.get("exec") {
        let words = items(action, "command").iter().map(|word| here(word, context.text(word))).collect();
        return Some((Ask { action: "exec", words }, action));
    }
    if let Some(action) = probe.get("httpGet") {
        let or = |key: &str, default: &str| match action.get(key).filter(|value| !value.is_null()) {
            Some(value) => here(value, context.text(value)),
            None => here(action, Text::plain(default)),
        };
        let mut words = vec![or("scheme", "HTTP"), port(action), or("path", "/")];
        words.extend((!text(action, "host").is_empty()).then(|| or("host", "")));
        return Some((Ask { action: "httpGet", words }, action));
    }
    if let Some(action) = probe.get("tcpSocket") {
        return Some((Ask { action: "tcpSocket", words: vec![port(action)] }, action));
    }
    let action = probe.get("grpc")?;
    let service = action.get("service").map(|service| here(service, context.text(service)));
    let words = std::iter::once(port(action)).chain(service).collect();
    Some((Ask { action: "grpc", words }, action))
}
