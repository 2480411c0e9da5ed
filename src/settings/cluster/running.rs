//! How an environment runs: scaling, hosts, registry, and what compose does not say.

use indexmap::IndexMap;

use super::refuse;
use crate::{
    diag::Report,
    k8s::{name, quantity},
    settings::{each, keys, mapping, text, texts, wrong},
    text::Spanned,
    yaml::{Node, Value},
};

/// How what serves is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Autoscale {
    /// Use of processors that is aimed at, in percent of what is requested.
    pub cpu: i32,
    /// The most pods.
    pub max: Most,
}

/// The most pods of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Most {
    /// So many.
    Pods(i32),
    /// So many times the replicas that compose says.
    Times(i32),
}

/// A host by which a service is reached from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The compose service.
    pub service: Spanned<String>,
    /// The host.
    pub host: Spanned<String>,
}

/// A gateway of the Gateway API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its namespace, if it is another one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// What compose does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    /// What a container asks for, by resource.
    pub requests: IndexMap<String, Spanned<String>>,
    /// Sizes of claims, by volume.
    pub storage: IndexMap<String, Spanned<String>>,
}

impl Defaults {
    /// Takes over what is not said yet.
    pub fn fill(&mut self, others: &Defaults) {
        for (own, others) in [(&mut self.requests, &others.requests), (&mut self.storage, &others.storage)] {
            for (name, quantity) in others {
                own.entry(name.clone()).or_insert_with(|| quantity.clone());
            }
        }
    }
}

pub(super) fn autoscale(node: &Node, report: &mut Report) -> Option<Spanned<Autoscale>> {
    let (mut cpu, mut max, mut is_complete) = (None, None, true);
    each(node, keys::AUTOSCALE, report, |key, value, report| {
        if key == "cpu" {
            cpu = percent(value, report);
            is_complete &= cpu.is_some();
        } else {
            max = most(value, report);
            is_complete &= max.is_some();
        }
    });
    if let (Some(cpu), Some(max)) = (cpu, max) {
        return Some(Spanned::new(Autoscale { cpu, max }, node.span));
    }
    if is_complete {
        let help = "write `autoscale: {cpu: 70, max: 2x}`";
        refuse(node, "`autoscale` needs both `cpu` and `max`", help, report);
    }
    None
}

fn percent(node: &Node, report: &mut Report) -> Option<i32> {
    let number = match node.value {
        Value::Int(number) => i32::try_from(number).ok(),
        _ => None,
    };
    let number = number.filter(|number| (1..=1000).contains(number));
    if number.is_none() {
        refuse(node, "the CPU use is a number of percent", "write `cpu: 70`", report);
    }
    number
}

fn most(node: &Node, report: &mut Report) -> Option<Most> {
    let most = match &node.value {
        Value::Int(number) => i32::try_from(*number).ok().map(Most::Pods),
        Value::String(text) => match text.strip_suffix('x') {
            Some(times) => times.parse().ok().map(Most::Times),
            None => text.parse().ok().map(Most::Pods),
        },
        _ => None,
    };
    let most = most.filter(
        |most| matches!(most, Most::Pods(number) | Most::Times(number) if (1..10_000).contains(number)),
    );
    if most.is_none() {
        refuse(node, "the most pods are a number, or a multiple", "write `max: 6` or `max: 2x`", report);
    }
    most
}

pub(super) fn ingress(node: &Node, report: &mut Report) -> Vec<Host> {
    let mut hosts = Vec::new();
    for (service, value) in mapping(node, report).into_iter().flatten() {
        for host in texts(value, report) {
            if !name::is_dns_subdomain(host.value.strip_prefix("*.").unwrap_or(&host.value)) {
                let help = "write the name alone, without `https://` and without a path";
                refuse(value, &format!("`{}` is no name of a host", host.value), help, report);
                continue;
            }
            hosts.push(Host { service: Spanned::new(service.text.clone(), service.span), host });
        }
    }
    hosts
}

pub(super) fn gateway(node: &Node, report: &mut Report) -> Option<Spanned<Gateway>> {
    let text = text(node, report)?;
    let (namespace, own) = match text.value.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, text.value.as_str()),
    };
    if !namespace.is_none_or(name::is_dns_label) || !name::is_dns_subdomain(own) {
        let help = "write the name of a Gateway object, or `namespace/name`";
        refuse(node, &format!("`{}` cannot name a gateway", text.value), help, report);
        return None;
    }
    let gateway = Gateway { namespace: namespace.map(str::to_owned), name: own.to_owned() };
    Some(Spanned::new(gateway, node.span))
}

/// A registry with the path below it that images stand at.
pub(super) fn registry(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    let mut registry = None;
    each(node, keys::IMAGES, report, |_, value, report| {
        let Some(text) = text(value, report) else { return };
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:/".contains(&byte);
        if text.value.is_empty() || text.value.contains("//") || !text.value.bytes().all(plain) {
            let help = "write a host and a path, such as `europe-docker.pkg.dev/shop/images`";
            refuse(value, &format!("`{}` is no registry", text.value), help, report);
            return;
        }
        registry = Some(Spanned::new(text.value.trim_matches('/').to_owned(), text.span));
    });
    registry
}

pub(super) fn defaults(node: &Node, report: &mut Report) -> Defaults {
    let mut defaults = Defaults::default();
    each(node, keys::DEFAULTS, report, |key, value, report| {
        if key == "storage" {
            for (volume, size) in mapping(value, report).into_iter().flatten() {
                defaults.storage.extend(quantity(size, report).map(|size| (volume.text.clone(), size)));
            }
        } else {
            each(value, keys::REQUESTS, report, |resource, value, report| {
                defaults.requests.extend(quantity(value, report).map(|value| (resource.to_owned(), value)));
            });
        }
    });
    defaults
}

/// A quantity, in quotes or as a number.
fn quantity(node: &Node, report: &mut Report) -> Option<Spanned<String>> {
    let text = match &node.value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return wrong(node, "a quantity", report),
    };
    if quantity::amount(&text).is_some_and(|amount| amount > 0.0) {
        return Some(Spanned::new(text, node.span));
    }
    let help = "write CPUs like `500m` or `2`, memory and storage like `128Mi` or `10Gi`";
    refuse(node, &format!("`{text}` is no quantity"), help, report);
    None
}
