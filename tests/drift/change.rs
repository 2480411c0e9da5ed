//! A change, and what is to be found of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::project::{Edit, Said};

/// A change with its expectation.
#[derive(Debug)]
pub(crate) struct Change {
    /// What is done, for messages.
    pub(crate) name: String,
    pub(crate) edits: Vec<Edit>,
    /// What is to be found.
    pub(crate) expected: Vec<Finding>,
    /// Kinds that may be found beside: they come of the same cause.
    pub(crate) may_follow: Vec<&'static str>,
}

/// One entry of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) environment: String,
    pub(crate) service: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) direction: String,
}

impl Change {
    pub(crate) fn new(name: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { name: name.into(), edits, expected: Vec::new(), may_follow: Vec::new() }
    }

    /// Expects one finding in each of some environments.
    pub(crate) fn finds(
        mut self,
        environments: &[&str],
        service: &str,
        kind: &str,
        path: &str,
        direction: &str,
    ) -> Self {
        self.expected.extend(environments.iter().map(|environment| Finding {
            environment: (*environment).to_owned(),
            service: service.to_owned(),
            kind: kind.to_owned(),
            path: path.to_owned(),
            direction: direction.to_owned(),
        }));
        self
    }

    pub(crate) fn followed_by(mut self, kinds: &[&'static str]) -> Self {
        self.may_follow.extend(kinds);
        self
    }

    /// Whether a run found what is expected.
    pub(crate) fn judge(&self, said: &Said) -> Result<(), String> {
        let report: Value = serde_json::from_str(&said.stdout)
            .map_err(|error| format!("exit {}, no JSON: {error}\n{}", said.exit, said.stderr))?;
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let entries = report["drifts"].as_array().cloned().unwrap_or_default();
        let of_environments = entries.iter().filter(|entry| !entry["environment"].is_null());
        let found: BTreeSet<Finding> = of_environments
            .map(|entry| Finding {
                environment: text(entry, "environment"),
                service: text(entry, "service"),
                kind: text(entry, "kind"),
                path: text(entry, "path"),
                direction: text(entry, "direction"),
            })
            .collect();
        let expected: BTreeSet<Finding> = self.expected.iter().cloned().collect();
        let missed: Vec<&Finding> = expected.difference(&found).collect();
        let follows = |finding: &&Finding| {
            let is_led = expected.iter().any(|led| {
                led.service == finding.service
                    && led.environment == finding.environment
                    && led.direction == finding.direction
            });
            !(is_led && self.may_follow.contains(&finding.kind.as_str()))
        };
        let others: Vec<&Finding> = found.difference(&expected).filter(follows).collect();
        let is_drift = |finding: &Finding| !["override", "converged"].contains(&finding.direction.as_str());
        let exit = u8::from(expected.iter().any(is_drift));
        if missed.is_empty() && others.is_empty() && said.exit == exit {
            return Ok(());
        }
        Err(format!("missed {missed:?}, found too {others:?}, exit {} {}", said.exit, said.stderr))
    }
}
