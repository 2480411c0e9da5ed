//! What is said of one key.

use crate::{
    plan::{
        fate::{Fate, KeyPath},
        reasons::Reason,
    },
    text::Span,
};

/// A key of the input, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFate {
    /// Its path in its file.
    pub path: KeyPath,
    /// Where it is written.
    pub span: Span,
    /// What becomes of it.
    pub fate: Fate,
    /// Why something of this very key is unsupported; empty for what shares the result of a key above it.
    pub refusals: Vec<Refusal>,
    /// What differs in the manifests of a key of which something else is unsupported.
    pub differences: Vec<Reason>,
    /// What it says, secrets starred out, unless the tree says just that: a scalar, or those of a list.
    pub values: Vec<String>,
    /// The variables that a scalar, or one of a list, has a part of its text from.
    pub drawn: Vec<Drawn>,
}

/// A variable that a part of a scalar comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Its name.
    pub variable: String,
    /// The scalar.
    pub span: Span,
}

/// Something of a key that Kubernetes has nothing for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, and the way out.
    pub reason: Reason,
    /// The item of a list that it is about; none for the key as a whole.
    pub place: Option<Span>,
}
