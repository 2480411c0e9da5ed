//! The parts of a short form, each with what makes it of the template of the whole.

use std::sync::Arc;

use crate::{
    text::Template,
    yaml::{Node, Value},
};

/// Takes parts out of a text, which are asked for in the order in which they are in it.
pub(super) struct Pieces<'a> {
    whole: &'a Node,
    text: &'a str,
    /// Where the part before ends.
    at: usize,
}

impl<'a> Pieces<'a> {
    /// The parts of a node that has this text.
    pub(super) fn of(whole: &'a Node, text: &'a str) -> Self {
        Self { whole, text, at: 0 }
    }

    /// The next part, which is a string.
    pub(super) fn string(&mut self, text: String) -> Node {
        let template = self.template(&text);
        Node::new(Value::String(text), self.whole.span).with_template(template)
    }

    /// The next part, which is a number.
    pub(super) fn integer(&mut self, number: i128) -> Node {
        let template = self.template(&number.to_string());
        Node::new(Value::Int(number), self.whole.span).with_template(template)
    }

    /// What is implied.
    pub(super) fn implied(&self, value: Value) -> Node {
        Node::new(value, self.whole.span)
    }

    /// What is not in the text as it is, because it has another form there, may come from anywhere in it.
    fn template(&mut self, piece: &str) -> Option<Arc<Template>> {
        let template = self.whole.template.as_ref()?;
        let Some(before) = self.text.get(self.at..)?.find(piece) else { return Some(Arc::clone(template)) };
        let start = self.at + before;
        self.at = start + piece.len();
        Some(Arc::new(template.cut(start..self.at)))
    }
}
