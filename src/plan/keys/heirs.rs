//! Services that have what a service of another file says, by `extends`.

use crate::{
    compose::model::{Project, Role},
    text::Span,
    yaml::{Node, Value},
};

/// Where the values of each service stand, if some are of other services.
#[derive(Debug, Default)]
pub(super) struct Heirs {
    places: Vec<(String, Vec<Span>)>,
}

impl Heirs {
    pub(super) fn of(project: &Project) -> Self {
        if project.documents.iter().all(|document| document.role != Role::Extends) {
            return Self::default();
        }
        let written = project.write();
        let services = written.get("services").and_then(Node::as_map).into_iter().flatten();
        let places = services.map(|(name, service)| {
            let mut found = Vec::new();
            collect(service, &mut found);
            (name.text.clone(), found)
        });
        Self { places: places.collect() }
    }

    /// The services of the project that have something which stands in a definition.
    pub(super) fn of_definition(&self, definition: &Node) -> Vec<&str> {
        let holds = |spans: &[Span]| spans.iter().any(|span| definition.span.contains(*span));
        let heirs = self.places.iter().filter(|(_, spans)| holds(spans));
        heirs.map(|(name, _)| name.as_str()).collect()
    }
}

fn collect(node: &Node, found: &mut Vec<Span>) {
    match &node.value {
        Value::Map(map) => map.values().for_each(|value| collect(value, found)),
        Value::Seq(items) => items.iter().for_each(|item| collect(item, found)),
        _ => found.push(node.span),
    }
}
