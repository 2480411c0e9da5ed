//! Step 15: names of variables become their values: bare names in an `environment` list, and configs
//! that are made from a variable.

use super::{key_path, variables::Variables};
use crate::yaml::{Key, Node, Value};

/// Looks up what the tree leaves to the environment. The value of a secret is not looked up: it is
/// no part of the model.
pub(super) fn resolve(root: &mut Node, variables: &Variables) {
    key_path::visit_mut(root, &["services", "*", "environment", "[]"], &mut |_, item| {
        let Some(name) = item.as_str() else { return };
        if let Some(variable) = variables.get(name) {
            item.value = Value::String(format!("{name}={}", variable.value));
        }
    });
    key_path::visit_mut(root, &["configs", "*"], &mut |_, config| {
        let Some(source) = config.get("environment") else { return };
        let Some(variable) = source.as_str().and_then(|name| variables.get(name)) else { return };
        let span = variable.span.unwrap_or(source.span);
        if let Some(map) = config.as_map_mut() {
            map.insert(Key::new("content", span), Node::string(variable.value.clone(), span));
        }
    });
}
