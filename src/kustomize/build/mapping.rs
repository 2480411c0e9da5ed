//! A mapping of which every field must be taken: what is left in the end is not known.

use super::refusal::RefusalKind;
use crate::{
    text::{Span, Spanned},
    yaml::{Key, Node, Value},
};

type Text = Spanned<String>;

/// What is wrong with a field.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    pub(super) kind: RefusalKind,
    pub(super) message: String,
    pub(super) span: Span,
}

/// The fields of a mapping, from which those that are known are taken one by one.
pub(super) struct Fields<'n> {
    left: Vec<(&'n Key, &'n Node)>,
    /// The path to this mapping, with a final dot.
    path: String,
    pub(super) span: Span,
    problem: Option<Problem>,
}

impl<'n> Fields<'n> {
    pub(super) fn of(node: &'n Node, path: String) -> Result<Self, Problem> {
        let Some(map) = node.as_map() else {
            let message = if path.is_empty() {
                "a kustomization must be a mapping".to_owned()
            } else {
                format!("`{}` must be a mapping", path.trim_end_matches('.'))
            };
            return Err(Problem { kind: RefusalKind::Wrong, message, span: node.span });
        };
        Ok(Self { left: map.iter().collect(), path, span: node.span, problem: None })
    }

    /// The first problem, if a field is left that is not known or any was wrong.
    pub(super) fn finish(mut self) -> Option<Problem> {
        if let Some((key, _)) = self.left.first().copied() {
            self.unknown(&key.text.clone(), key.span);
        }
        self.problem
    }

    pub(super) fn unknown(&mut self, key: &str, span: Span) {
        let field = format!("{}{key}", self.path);
        let message = format!("the built-in kustomize does not know `{field}`");
        self.note(RefusalKind::Unknown { field }, &message, span);
    }

    pub(super) fn wrong(&mut self, message: &str, span: Span) {
        self.note(RefusalKind::Wrong, message, span);
    }

    fn note(&mut self, kind: RefusalKind, message: &str, span: Span) {
        if self.problem.is_none() {
            self.problem = Some(Problem { kind, message: message.to_owned(), span });
        }
    }

    pub(super) fn skip(&mut self, key: &str) {
        self.left.retain(|(own, _)| own.text != key);
    }

    /// The value of a field, unless it is null.
    fn take(&mut self, key: &str) -> Option<&'n Node> {
        let at = self.left.iter().position(|(own, _)| own.text == key)?;
        let (_, node) = self.left.remove(at);
        (!node.is_null()).then_some(node)
    }

    pub(super) fn text(&mut self, key: &str) -> Option<Text> {
        let node = self.take(key)?;
        self.as_text(key, node)
    }

    /// A text that is not empty.
    pub(super) fn filled(&mut self, key: &str) -> Option<Text> {
        self.text(key).filter(|text| !text.value.is_empty())
    }

    pub(super) fn required(&mut self, key: &str) -> Option<Text> {
        let text = self.filled(key);
        if text.is_none() {
            self.wrong(&format!("`{}{key}` is missing", self.path), self.span);
        }
        text
    }

    fn as_text(&mut self, key: &str, node: &Node) -> Option<Text> {
        let text = node.as_str().map(|text| Spanned::new(text.to_owned(), node.span));
        if text.is_none() {
            self.wrong(&format!("`{}{key}` must be text, not a {}", self.path, node.kind()), node.span);
        }
        text
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        match self.take(key).map(|node| (&node.value, node.span)) {
            Some((Value::Bool(flag), _)) => *flag,
            Some((_, span)) => {
                self.wrong(&format!("`{}{key}` must be `true` or `false`", self.path), span);
                false
            }
            None => false,
        }
    }

    pub(super) fn number(&mut self, key: &str) -> Option<Spanned<i64>> {
        let node = self.take(key)?;
        let Value::Int(number) = &node.value else {
            self.wrong(&format!("`{}{key}` must be a whole number", self.path), node.span);
            return None;
        };
        i64::try_from(*number).ok().map(|number| Spanned::new(number, node.span))
    }

    fn items(&mut self, key: &str) -> &'n [Node] {
        let Some(node) = self.take(key) else { return &[] };
        node.as_seq().unwrap_or_else(|| {
            self.wrong(&format!("`{}{key}` must be a list", self.path), node.span);
            &[]
        })
    }

    pub(super) fn texts(&mut self, key: &str) -> Vec<Text> {
        self.items(key).iter().filter_map(|item| self.as_text(key, item)).collect()
    }

    pub(super) fn pairs(&mut self, key: &str) -> Vec<(String, Text)> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let Some(map) = node.as_map() else {
            self.wrong(&format!("`{}{key}` must be a mapping", self.path), node.span);
            return Vec::new();
        };
        let pair = |(own, value): (&Key, &Node)| Some((own.text.clone(), self.as_text(&own.text, value)?));
        map.iter().filter_map(pair).collect()
    }

    pub(super) fn one<T>(&mut self, key: &str, read: impl FnOnce(&mut Fields<'n>) -> Option<T>) -> Option<T> {
        let node = self.take(key)?;
        self.nested(key, node, read)
    }

    pub(super) fn each<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Fields<'n>) -> Option<T>,
    ) -> Vec<T> {
        self.items(key).iter().filter_map(|item| self.nested(key, item, &mut read)).collect()
    }

    fn nested<T>(
        &mut self,
        key: &str,
        node: &'n Node,
        read: impl FnOnce(&mut Fields<'n>) -> Option<T>,
    ) -> Option<T> {
        match Fields::of(node, format!("{}{key}.", self.path)) {
            Ok(mut fields) => {
                let value = read(&mut fields);
                self.problem = self.problem.take().or(fields.finish());
                value
            }
            Err(problem) => {
                self.problem = self.problem.take().or(Some(problem));
                None
            }
        }
    }
}
