//! What `kustompose.yaml` says of an environment's cluster, and of how things run on it.

use super::{INVALID_SETTING, text};
use crate::{
    diag::{Diagnostic, Report},
    k8s::versions::Version,
    text::Spanned,
    yaml::{Node, Value},
};

/// The cluster of an environment, and how things run on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// Its version.
    pub kubernetes: Option<Spanned<Version>>,
}

impl Cluster {
    /// The version of the cluster, if it is known.
    pub fn version(&self) -> Option<Version> {
        self.kubernetes.map(|version| version.value)
    }
}

/// Reads one setting of an environment.
pub(super) fn read(_key: &str, value: &Node, cluster: &mut Cluster, report: &mut Report) {
    cluster.kubernetes = version(value, report);
}

/// A version in quotes: without them, 1.20 is the number 1.2.
fn version(node: &Node, report: &mut Report) -> Option<Spanned<Version>> {
    if matches!(node.value, Value::Int(_) | Value::Float(_)) {
        let help = "write it in quotes, `kubernetes: \"1.32\"`: without them 1.20 is the number 1.2";
        refuse(node, "the version of a cluster is a string", help, report);
        return None;
    }
    let text = text(node, report)?;
    let version = Version::parse(&text.value);
    if version.is_none() {
        let message = format!("`{}` is no version of Kubernetes that is known", text.value);
        let help = format!("known are \"{}\" to \"{}\"", Version::OLDEST, Version::NEWEST);
        refuse(node, &message, &help, report);
    }
    version.map(|version| Spanned::new(version, node.span))
}

/// An error at a setting.
fn refuse(node: &Node, message: &str, help: &str, report: &mut Report) {
    report.push(Diagnostic::error(INVALID_SETTING, message).at(node.span, "here").help(help));
}
