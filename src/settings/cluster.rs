//! What `kustompose.yaml` says of an environment's cluster, and of how things run on it.

mod running;

pub use self::running::{Autoscale, Defaults, Gateway, Host, Most};
use super::{each, keys, text};
use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::versions::Version,
    text::{Span, Spanned},
    yaml::{Node, Value},
};

/// The cluster of an environment, and how things run on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cluster {
    /// Its version.
    pub kubernetes: Option<Spanned<Version>>,
    /// The context of `kubectl` that reaches it.
    pub context: Option<Spanned<String>>,
    /// It runs on a developer's machine.
    pub local: Option<Spanned<Local>>,
    /// It is one of GKE Autopilot, which refuses much: where that is said.
    pub autopilot: Option<Span>,
    /// Updates and drained nodes interrupt nothing: where that is said.
    pub zero_downtime: Option<Span>,
    /// Health checks also start containers anew: where that is said.
    pub liveness: Option<Span>,
    /// Only pods that share a network reach one another: where that is said.
    pub network_policies: Option<Span>,
    /// How what serves is scaled.
    pub autoscale: Option<Spanned<Autoscale>>,
    /// Hosts by which services are reached from outside.
    pub ingress: Vec<Host>,
    /// The gateway that they are reached through, in place of an Ingress.
    pub gateway: Option<Spanned<Gateway>>,
    /// Where the project's own images are pulled from.
    pub registry: Option<Spanned<String>>,
    /// What compose does not say.
    pub defaults: Defaults,
}

/// A cluster on a developer's machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Local {
    /// What runs it, one of [`keys::LOCAL_CLUSTERS`].
    pub cluster: Option<Spanned<String>>,
    /// How source code comes into containers, one of [`keys::CODE`].
    pub code: Option<Spanned<String>>,
}

impl Cluster {
    /// The version of the cluster, if it is known.
    pub fn version(&self) -> Option<Version> {
        self.kubernetes.as_ref().map(|version| version.value)
    }

    /// The context that is named, else the one that a local cluster makes for itself.
    pub fn context(&self) -> Option<String> {
        let named = self.context.as_ref().map(|context| context.value.clone());
        named.or_else(|| match self.local_cluster()? {
            "minikube" => Some("minikube".to_owned()),
            "k3d" => Some("k3d-k3s-default".to_owned()),
            "kind" => Some("kind-kind".to_owned()),
            _ => None,
        })
    }

    /// What runs the cluster on a developer's machine.
    pub fn local_cluster(&self) -> Option<&str> {
        self.local.as_ref()?.value.cluster.as_ref().map(|cluster| cluster.value.as_str())
    }

    /// Whether source code is mounted into containers.
    pub fn mounts_code(&self) -> bool {
        self.code() == Some("mount")
    }

    /// Whether source code is copied into containers when it changes.
    pub fn syncs_code(&self) -> bool {
        self.code() == Some("sync")
    }

    fn code(&self) -> Option<&str> {
        self.local.as_ref()?.value.code.as_ref().map(|code| code.value.as_str())
    }
}

/// Reads one setting of an environment.
pub(super) fn read(key: &str, value: &Node, cluster: &mut Cluster, report: &mut Report) {
    match key {
        "kubernetes" => cluster.kubernetes = version(value, report),
        "context" => cluster.context = context(value, report),
        "autopilot" => cluster.autopilot = switch(value, report),
        "zeroDowntime" => cluster.zero_downtime = switch(value, report),
        "liveness" => cluster.liveness = switch(value, report),
        "networkPolicies" => cluster.network_policies = switch(value, report),
        "autoscale" => cluster.autoscale = running::autoscale(value, report),
        "ingress" => cluster.ingress = running::ingress(value, report),
        "gateway" => cluster.gateway = running::gateway(value, report),
        "images" => cluster.registry = running::registry(value, report),
        "defaults" => cluster.defaults = defaults(value, report),
        _ => cluster.local = Some(Spanned::new(local(value, report), value.span)),
    }
}

/// What compose does not say: requests, sizes of claims.
pub(super) fn defaults(value: &Node, report: &mut Report) -> Defaults {
    running::defaults(value, report)
}

/// The place of what is switched on.
fn switch(node: &Node, report: &mut Report) -> Option<Span> {
    super::boolean(node, report).filter(|is_on| *is_on).map(|_| node.span)
}

/// The name of a context of kubectl, which reaches a shell.
fn context(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    let text = text(node, report)?;
    let plain = |character: char| character.is_alphanumeric() || "._-@:/+=,".contains(character);
    if text.value.is_empty() || text.value.starts_with('-') || !text.value.chars().all(plain) {
        let help =
            "use letters, digits and `._-@:/+=,`: `kubectl config rename-context` gives it another name";
        refuse(node, &format!("`{}` cannot name a context", text.value), help, report);
        return None;
    }
    Some(text)
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

fn local(node: &Node, report: &mut Report) -> Local {
    let mut local = Local::default();
    each(node, keys::LOCAL, report, |key, value, report| match key {
        "cluster" => local.cluster = word(value, keys::LOCAL_CLUSTERS, report),
        _ => local.code = word(value, keys::CODE, report),
    });
    local
}

/// One of some words.
fn word(node: &Node, known: &[&str], report: &mut Report) -> Option<Spanned<String>> {
    let text = text(node, report)?;
    if known.contains(&text.value.as_str()) {
        return Some(text);
    }
    refuse(
        node,
        &format!("`{}` means nothing here", text.value),
        &format!("known are {}", known.join(", ")),
        report,
    );
    None
}

/// An error at a setting.
fn refuse(node: &Node, message: &str, help: &str, report: &mut Report) {
    report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(node.span, "here").help(help));
}
