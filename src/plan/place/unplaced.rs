//! The variables of a service on their way to their places.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::name,
    plan::model::{Intent, Known, Unit, Value, Variable},
    text::{Part, Span},
};

/// What is decided of variables: by service, and by the name of the variable.
pub(super) type ByVariable<'a, T> = BTreeMap<&'a str, BTreeMap<&'a str, T>>;

/// The variables of one service that still need a place, and those that refer to others.
pub(super) struct Unplaced<'a> {
    pub(super) service: &'a str,
    pub(super) unit: &'a Unit,
    pub(super) variables: BTreeMap<&'a str, &'a Variable>,
    /// Variables that are nothing but a secret that several apps share, or a variable that environments set.
    pub(super) referred: BTreeMap<&'a str, EnvVar>,
    /// Variables that are composed of others.
    pub(super) composed: BTreeMap<&'a str, EnvVar>,
}

/// What sets a variable of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin<'a> {
    /// A variable of the files with its value, and nothing else: `${DB_PASSWORD}`.
    Variable { name: &'a str, value: &'a str },
    /// A place of the files that several services read: an env file, an anchor.
    Place(Span),
}

impl<'a> Origin<'a> {
    /// Without the value that a variable has in one environment.
    pub(super) fn without_value(self) -> Self {
        match self {
            Origin::Variable { name, .. } => Origin::Variable { name, value: "" },
            Origin::Place(_) => self,
        }
    }

    /// The name of the variable of the files.
    pub(super) fn name(self) -> Option<&'a str> {
        match self {
            Origin::Variable { name, .. } => Some(name),
            Origin::Place(_) => None,
        }
    }
}

impl<'a> Unplaced<'a> {
    /// The variables of all services of one environment that a container can have.
    pub(super) fn of(intent: &'a Intent, report: &mut Report) -> Vec<Self> {
        let units = intent.units.iter();
        units
            .map(|(service, unit)| Self {
                service,
                unit,
                variables: legal(unit, report),
                referred: BTreeMap::new(),
                composed: BTreeMap::new(),
            })
            .collect()
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.variables.get(key).map(|variable| &variable.value)
    }

    /// What sets a variable of the service.
    pub(super) fn origin(&self, key: &str) -> Option<Origin<'a>> {
        let variable = self.variables.get(key)?;
        match self.variable_of_files(key) {
            Some((name, value)) => Some(Origin::Variable { name, value }),
            None => Some(variable.span).filter(|span| *span != Span::NOWHERE).map(Origin::Place),
        }
    }

    /// The variable of the files, with its value, that a variable of the service is and nothing else.
    pub(super) fn variable_of_files(&self, key: &str) -> Option<(&'a str, &'a str)> {
        match self.variables.get(key)?.template.as_deref()?.parts.as_slice() {
            [Part::Variable { reference, value, .. }] => Some((&reference.name, value)),
            _ => None,
        }
    }
}

/// A value as the tree has it: of one that is not known, a number that nobody sets stands in its place.
pub(super) fn written(value: &Value) -> &str {
    value.known().unwrap_or(Known::UNKNOWN)
}

fn legal<'a>(unit: &'a Unit, report: &mut Report) -> BTreeMap<&'a str, &'a Variable> {
    let mut legal = BTreeMap::new();
    for (key, variable) in &unit.variables {
        let (is_usual, is_legal) = (name::is_variable_name(key), name::is_relaxed_variable_name(key));
        if is_legal {
            legal.insert(key.as_str(), variable);
        }
        if !is_usual {
            report.push(illegal_name(key, variable, is_legal));
        }
    }
    legal
}

fn illegal_name(key: &str, variable: &Variable, is_kept: bool) -> Diagnostic {
    let (message, label) = if is_kept {
        (format!("clusters before Kubernetes 1.32 refuse a variable named `{key}`"), "it is kept")
    } else {
        (format!("a container in Kubernetes cannot have a variable named `{key}`"), "it is left out")
    };
    Diagnostic::warning(codes::ILLEGAL_VARIABLE, message)
        .at(variable.span, label)
        .help("names of variables begin with a letter, `_`, `-` or `.`, and digits may follow")
}
