//! Rules over compose files, env files, scripts and manifests: bad patterns, found where they are.
//!
//! One rule is one file in `rules/` and one line in [`RULES`]; nothing else changes when a rule is added. A
//! rule sees texts and places ([`views`]), never the disk: [`load`] has read everything before. [`engine`]
//! runs the rules, [`select`] says which, `suppress` takes away what comments allow.

mod allow;
pub mod engine;
pub mod findings;
pub mod fix;
pub mod load;
pub mod pages;
pub mod rule;
mod rules;
pub mod select;
mod suppress;
#[cfg(test)]
mod tests;
pub mod views;

pub use engine::{Options, Outcome, run};
pub use findings::{Edit, Finding, Findings, Fix, FixKind};
pub use rule::{Category, Check, Rule};
pub use rules::RULES;

/// The rule of a code or a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name || rule.code.eq_ignore_ascii_case(name))
}
