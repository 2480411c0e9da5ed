//! What `check` found, for people and for programs.
//!
//! Every form is made of the same [`Checked`]. Values come as a comparison gives them: without secrets.

mod diagnostics;
mod group;
mod json;
mod text;

use camino::Utf8PathBuf;

pub use self::{diagnostics::diagnostics, json::json, text::text};
use super::record::{Direction, Drift};
use crate::{
    diag::Report,
    settings::allow::{Allowed, Subject},
    text::Sources,
};

/// What became of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Why it was not compared; none if it was.
    pub not_compared: Option<String>,
    /// How many facts were compared.
    pub facts: usize,
    /// How many of them were taken from the manifests.
    pub from_tree: usize,
    /// Files of variables that are missing.
    pub missing_files: Vec<Utf8PathBuf>,
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Checked {
    /// The environments, in order.
    pub environments: Vec<Environment>,
    /// The differences.
    pub drifts: Vec<Drift>,
}

/// What is known of places, and of the run itself.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The texts that places are in.
    pub sources: &'a Sources,
    /// What there is to say of the run itself, and what no report may show.
    pub report: &'a Report,
}

/// How an environment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// No drift, and everything was compared.
    InSync,
    /// There is drift.
    Drift,
    /// No drift, but some values were taken from the manifests.
    Partial,
    /// Nothing was compared.
    NotCompared,
}

impl Status {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Status::InSync => "in-sync",
            Status::Drift => "drift",
            Status::Partial => "partial",
            Status::NotCompared => "not-compared",
        }
    }
}

impl Checked {
    /// How an environment stands.
    pub fn status(&self, environment: &Environment) -> Status {
        if environment.not_compared.is_some() {
            Status::NotCompared
        } else if self.of(environment).any(Drift::fails) {
            Status::Drift
        } else if environment.from_tree > 0 || !environment.missing_files.is_empty() {
            Status::Partial
        } else {
            Status::InSync
        }
    }

    /// Is there a drift that fails the run? Only these directions count.
    pub fn fails(&self, on: &[Direction]) -> bool {
        self.drifts.iter().any(|drift| drift.fails() && on.contains(&drift.direction))
    }

    /// Sets the waivers of drifts. What is no drift needs none.
    pub fn waive(&mut self, allowed: &mut Allowed<'_>) {
        for drift in self.drifts.iter_mut().filter(|drift| drift.is_drift) {
            let subject = Subject {
                code: drift.kind.code(),
                service: drift.service.as_deref(),
                environment: drift.environment.as_deref(),
                path: &drift.path,
            };
            drift.waiver = allowed.entry(&subject).map(Into::into);
        }
    }

    fn of<'a>(&'a self, environment: &'a Environment) -> impl Iterator<Item = &'a Drift> {
        self.drifts.iter().filter(|drift| drift.environment.as_ref() == Some(&environment.name))
    }
}

#[cfg(test)]
mod tests;
