//! Step 15: names of variables become their values: bare names in an `environment` list, and configs
//! that are made from a variable.

use std::sync::Arc;

use super::{entry, key_path, variables::Variables};
use crate::{
    text::Template,
    yaml::{Key, Node, Value},
};

/// Looks up what the tree leaves to the environment. The value of a secret is not looked up: it is
/// no part of the model.
pub(super) fn resolve(root: &mut Node, variables: &Variables) {
    key_path::visit_mut(root, &["services", "*", "environment", "[]"], &mut |_, item| {
        let Some(name) = item.as_str() else { return };
        if let Some(variable) = variables.get(name) {
            let (text, template) = entry::of_variable(name, &variable.value);
            item.value = Value::String(text);
            item.template = Some(template);
        }
    });
    key_path::visit_mut(root, &["configs", "*"], &mut |_, config| {
        let Some(source) = config.get("environment") else { return };
        let Some(name) = source.as_str() else { return };
        let Some(variable) = variables.get(name) else { return };
        let span = variable.span.unwrap_or(source.span);
        let template = Arc::new(Template::of_variable(name, &variable.value));
        let content = Node::string(variable.value.clone(), span).with_template(Some(template));
        if let Some(map) = config.as_map_mut() {
            map.insert(Key::new("content", span), content);
        }
    });
}
