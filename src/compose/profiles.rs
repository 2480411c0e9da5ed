//! Step 18: which services are part of the project (specification, "profiles").

use crate::yaml::{Map, Node};

/// The profiles that count: those asked for, and those of services that are named but would not be
/// active otherwise.
pub(super) fn with_named(services: &Map, profiles: &[String], named: &[String]) -> Vec<String> {
    let mut all = profiles.to_vec();
    for name in named {
        if let Some(service) = services.get(name.as_str())
            && !is_active(service, profiles)
        {
            all.extend(own(service).map(str::to_owned));
        }
    }
    all
}

/// A service without profiles is always active; `*` activates every one.
pub(super) fn is_active(service: &Node, profiles: &[String]) -> bool {
    let mut own = own(service).peekable();
    own.peek().is_none() || own.any(|own| profiles.iter().any(|profile| profile == own || profile == "*"))
}

fn own(service: &Node) -> impl Iterator<Item = &str> {
    service.get("profiles").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Node::as_str)
}
