//! Items of `KEY=value` lists: how one is read, and how an entry of a mapping is written as one.

use std::sync::Arc;

use crate::{
    text::{Span, Template},
    yaml::{Key, Node, scalar},
};

/// The key of an item with its value; no value without `=`. Nothing if the item is not a scalar.
pub(super) fn read(item: &Node) -> Option<(Key, Option<Node>)> {
    let text = scalar::go_string(&item.value)?;
    let Some((name, value)) = text.split_once('=') else { return Some((Key::new(text, item.span), None)) };
    let behind_name = text.len() - value.len()..text.len();
    let template = item.template.as_ref().map(|template| Arc::new(template.cut(behind_name)));
    Some((Key::new(name, item.span), Some(Node::string(value, item.span).with_template(template))))
}

/// What is before the first `=`.
pub(super) fn name(text: &str) -> &str {
    text.split_once('=').map_or(text, |(name, _)| name)
}

/// An item that gives a key a value.
pub(super) fn item(key: &str, value: &Node, span: Span) -> Node {
    let prefix = format!("{key}=");
    let template = value.template.as_ref().map(|template| Arc::new(template.behind(&prefix)));
    let text = scalar::go_string(&value.value).unwrap_or_default();
    Node::string(prefix + &text, span).with_template(template)
}

/// An item whose value comes from the variable that it names.
pub(super) fn of_variable(name: &str, value: &str) -> (String, Arc<Template>) {
    let prefix = format!("{name}=");
    let template = Template::of_variable(name, value).behind(&prefix);
    (prefix + value, Arc::new(template))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_keeps_the_template_of_its_value() {
        let template = Template::of_variable("HOST", "db");
        let value = Node::string("db", Span::NOWHERE).with_template(Some(Arc::new(template.clone())));
        let item = item("URL", &value, Span::NOWHERE);
        assert_eq!(item.as_str(), Some("URL=db"));
        let (key, value) = read(&item).unwrap();
        assert_eq!((key.text.as_str(), value.as_ref().and_then(Node::as_str)), ("URL", Some("db")));
        let cut = value.and_then(|value| value.template).unwrap();
        assert_eq!(cut.references().collect::<Vec<_>>(), template.references().collect::<Vec<_>>());
        assert_eq!(cut.parts.len(), 1);
    }
}
