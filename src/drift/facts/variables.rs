//! The variables of a container, as the kubelet makes them.
//!
//! `envFrom` in order, a later source goes before an earlier one; then `env` in order, which goes before `envFrom`.
//! `$(NAME)` in a value is expanded by what is there already.

use std::collections::BTreeMap;

use super::{
    Context, items, string,
    supply::{Entry, Kind, Supply},
    text,
};
use crate::{
    drift::{
        fact::{Fact, Value},
        text::{Piece, Text},
    },
    k8s::{expansion, name},
    yaml::Node,
};

/// Variables by name.
#[derive(Debug, Default)]
pub(super) struct Environment(pub(super) BTreeMap<String, Fact>);

/// The variables of a container, and whether it may have more that are secret: those of a Secret that is not among
/// the objects.
pub(super) fn of(container: &Node, context: &Context<'_>) -> (Environment, bool) {
    let mut environment = Environment::default();
    let mut is_open = false;
    for source in items(container, "envFrom") {
        for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
            let Some(reference) = source.get(field) else { continue };
            match context.supplies.get(kind, text(reference, "name"), context.object) {
                Some(supply) => {
                    is_open |= supply.is_open;
                    environment.take_all(supply, text(source, "prefix"));
                }
                None => is_open |= kind == Kind::Secret,
            }
        }
    }
    for variable in items(container, "env") {
        if let Some(fact) = environment.variable(variable, context) {
            environment.0.insert(text(variable, "name").to_owned(), fact);
        }
    }
    (environment, is_open)
}

impl Environment {
    fn take_all(&mut self, supply: &Supply<'_>, prefix: &str) {
        for (key, entry) in &supply.entries {
            let variable = format!("{prefix}{key}");
            if name::is_variable_name(&variable) {
                self.0.extend(fact(entry).map(|fact| (variable, fact)));
            }
        }
    }

    /// What one entry of `env` gives; nothing if what it refers to is not there.
    fn variable(&self, variable: &Node, context: &Context<'_>) -> Option<Fact> {
        let Some(from) = variable.get("valueFrom").filter(|from| !from.is_null()) else {
            let value = variable.get("value");
            let place = value.unwrap_or(variable).span;
            let value = value.map(string).unwrap_or_default();
            let secret = (context.is_secret)(place);
            return Some(Fact::new(
                if secret { Value::Secret } else { Value::Text(self.expand(&value)) },
                place,
            ));
        };
        for (field, kind) in [("configMapKeyRef", Kind::ConfigMap), ("secretKeyRef", Kind::Secret)] {
            let Some(reference) = from.get(field) else { continue };
            let place = reference.get("key").unwrap_or(reference).span;
            return match context.supplies.get(kind, text(reference, "name"), context.object) {
                Some(supply) => match supply.entries.get(text(reference, "key")) {
                    Some(entry) => fact(entry),
                    None if supply.is_open => Some(Fact::new(Value::Secret, place)),
                    None => None,
                },
                // A Secret can be made elsewhere; what refers to it says that it is there.
                None => (kind == Kind::Secret).then(|| Fact::new(Value::Secret, place)),
            };
        }
        let mut from_pod = from.to_json();
        // What the API server fills in.
        if let Some(field) = from_pod["fieldRef"].as_object_mut() {
            field.remove("apiVersion");
        }
        Some(Fact::new(Value::Text(Text::plain(from_pod.to_string())), from.span))
    }

    /// The text with every `$(NAME)` of a known variable expanded.
    pub(super) fn expand(&self, value: &str) -> Text {
        let mut pieces = Vec::new();
        for part in expansion::parts(value) {
            match part {
                expansion::Part::Text(text) => pieces.push(Piece::Plain(text.to_owned())),
                expansion::Part::Variable(name) => match self.0.get(name).map(|fact| &fact.value) {
                    Some(Value::Text(text)) => match text.pieces() {
                        Some(known) => pieces.extend(known.iter().cloned()),
                        None => pieces.push(Piece::Secret(name.to_owned())),
                    },
                    Some(Value::Secret) => pieces.push(Piece::Secret(name.to_owned())),
                    Some(_) => pieces.push(Piece::Unknown),
                    None => pieces.push(Piece::Plain(expansion::reference(name))),
                },
            }
        }
        match &pieces[..] {
            [] => Text::plain(""),
            [Piece::Plain(text)] => Text::plain(text.as_str()),
            _ => Text::of(pieces),
        }
    }
}

fn fact(entry: &Entry) -> Option<Fact> {
    let value = match (&entry.text, &entry.content) {
        (Some(text), _) => Value::Text(text.clone()),
        (None, crate::drift::fact::Content::Secret) => Value::Secret,
        // Bytes that are no text become no variable.
        (None, _) => return None,
    };
    Some(Fact::new(value, entry.span))
}
