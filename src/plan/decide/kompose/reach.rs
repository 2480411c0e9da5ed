//! How a service is reached from outside: the type of its Service, an Ingress.

use k8s_openapi::{
    api::{
        core::v1::ServicePort,
        networking::v1::{
            HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
            IngressServiceBackend, IngressSpec, IngressTLS, ServiceBackendPort,
        },
    },
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use crate::{
    compose::model::{Port, Service},
    k8s::{fields, name},
    plan::{
        facts::Facts,
        facts::kompose::{Label, label},
        ledger::Entries,
        model::{ClusterService, Further},
        reasons::{self, KnownReason},
    },
};

const TYPE: &str = "kompose.service.type";
const NAME: &str = "kompose.service.name_override";
const EXPOSE: &str = "kompose.service.expose";
/// The ports that clusters have for Services on their nodes, unless they are told otherwise.
const NODE_PORTS: std::ops::RangeInclusive<u16> = 30_000..=32_767;

/// Whether a label asks for what `ports` publishes to be reached from outside.
pub(in crate::plan) fn is_published(service: &Service) -> bool {
    label(service, TYPE).is_some_and(|label| label.value.eq_ignore_ascii_case("loadbalancer"))
}

/// Whether a label asks for a Service without an address of its own, which needs no ports.
pub(in crate::plan) fn is_headless(service: &Service) -> bool {
    label(service, TYPE).is_some_and(|label| label.value.eq_ignore_ascii_case("headless"))
}

/// Gives the Services of a service the type that labels ask for; the first one is its own.
pub(in crate::plan) fn services(
    facts: &Facts<'_>,
    key: &str,
    service: &Service,
    services: &mut Vec<ClusterService>,
    entries: &mut Entries<'_>,
) {
    let of = |key: &str| label(service, &format!("kompose.service.{key}"));
    let (wanted, node_port, policy) = (of("type"), of("nodeport.port"), of("external-traffic-policy"));
    further_name(facts, key, services, entries);
    let mut kind = "";
    if let Some(wanted) = wanted {
        kind = match wanted.value.to_ascii_lowercase().as_str() {
            "clusterip" => "ClusterIP",
            "headless" => "headless",
            "nodeport" => "NodePort",
            "loadbalancer" => "LoadBalancer",
            _ => "",
        };
        let none = services.first().is_none_or(|own| own.ports.is_empty());
        match kind {
            "" => wanted.refused(reasons::IS_A_SERVICE_TYPE, entries),
            "headless" if services.is_empty() => wanted.refused(reasons::NOT_REACHED, entries),
            "NodePort" | "LoadBalancer" | "ClusterIP" if none => wanted.refused(reasons::NO_PORTS, entries),
            _ => wanted.mapped(entries),
        }
    }
    let Some(own) = services.first_mut() else {
        for label in [node_port, policy].iter().flatten() {
            label.refused(reasons::NO_PORTS, entries);
        }
        return;
    };
    let is_outer = matches!(kind, "NodePort" | "LoadBalancer") && !own.ports.is_empty();
    if kind == "headless" || kind == "ClusterIP" {
        // Without ports, there is nothing for an address to lead to.
        own.headless = kind == "headless" || own.ports.is_empty();
    }
    if let Some(label) = node_port {
        let came = open_node_port(facts, key, &label, (kind, own));
        label.record(came, entries);
    }
    let outer_policy = policy.and_then(|label| {
        let policy = ["Cluster", "Local"].into_iter().find(|policy| policy.eq_ignore_ascii_case(label.value));
        let came = match policy {
            None => Err(reasons::IS_A_TRAFFIC_POLICY),
            Some(_) if !is_outer => Err(reasons::NEEDS_OUTER_TYPE),
            Some(_) => Ok(()),
        };
        label.record(came, entries);
        policy
    });
    if is_outer {
        open(service, kind, outer_policy, services);
    }
}

/// Gives the one port of a Service the port of the nodes that a label says.
fn open_node_port(
    facts: &Facts<'_>,
    key: &str,
    label: &Label<'_>,
    (kind, own): (&str, &mut ClusterService),
) -> Result<(), KnownReason> {
    let number = label.value.parse::<u16>().ok().filter(|number| NODE_PORTS.contains(number));
    match (number, own.ports.as_mut_slice()) {
        _ if kind != "NodePort" => Err(reasons::NEEDS_NODE_PORT),
        (None, _) => Err(reasons::IS_A_NODE_PORT),
        (Some(_), [_]) if is_taken(facts, key, label) => Err(reasons::NODE_PORT_TAKEN),
        (Some(number), [port]) => {
            port.node_port = Some(i32::from(number));
            Ok(())
        }
        (Some(_), _) => Err(reasons::SEVERAL_PORTS),
    }
}

/// Opens the service's own Service, or, where `ports` publishes other numbers than the container's, one beside it
/// that has these.
fn open(service: &Service, kind: &str, policy: Option<&str>, services: &mut Vec<ClusterService>) {
    let Some(own) = services.first_mut() else { return };
    let published = published(service, own);
    let same = published.iter().zip(&own.ports).all(|(outer, inner)| outer.port == inner.port);
    // What leads to pods that are not ready is not for those outside.
    if (kind == "NodePort" || same) && !own.publish_not_ready {
        own.type_ = Some(kind.to_owned());
        own.external_traffic_policy = policy.map(str::to_owned);
        return;
    }
    let outer = ClusterService {
        name: name::shortened(&format!("{}-published", own.name), name::LABEL_LENGTH),
        comment: Some(format!("{} as `ports` publishes it", own.name)),
        ports: published,
        headless: false,
        type_: Some(kind.to_owned()),
        external_traffic_policy: policy.map(str::to_owned),
        publish_not_ready: false,
    };
    services.push(outer);
}

/// The ports of a Service by the numbers that `ports` publishes.
fn published(service: &Service, own: &ClusterService) -> Vec<ServicePort> {
    let declared: Vec<&Port> =
        service.ports.iter().flat_map(|ports| &ports.value).map(|port| &port.value).collect();
    let mut ports = own.ports.clone();
    for port in &mut ports {
        let target = port.port;
        let outer = declared.iter().find_map(|declared| {
            let same =
                declared.target.as_ref().and_then(|target| i32::try_from(target.value).ok()) == Some(target);
            declared.published.as_ref().filter(|_| same)?.value.parse::<u16>().ok()
        });
        port.target_port = port.target_port.clone().or(Some(IntOrString::Int(target)));
        port.port = outer.map_or(target, i32::from);
    }
    ports
}

/// Another name for the Service. The workload keeps its own, since others know the service by that.
fn further_name(facts: &Facts<'_>, key: &str, services: &mut Vec<ClusterService>, entries: &mut Entries<'_>) {
    let service = facts.context.project.services.get(key);
    let Some(label) = service.and_then(|service| label(&service.value, NAME)) else { return };
    let Some(own) = services.first() else { return label.refused(reasons::NO_PORTS, entries) };
    if label.value == own.name {
        return label.mapped(entries);
    }
    let is_alias = |name: &str| facts.hosts.aliases_of(name).any(|alias| alias == label.value);
    let is_known = facts.context.names.has(label.value)
        || facts.context.services().any(|(name, _)| is_alias(name))
        || is_taken(facts, key, &label);
    if !name::is_dns_label(label.value) || is_known {
        return label.refused(reasons::IS_A_NEW_DNS_LABEL, entries);
    }
    let further = ClusterService {
        name: label.value.to_owned(),
        comment: Some(format!("{} by the name that a label gives it", own.name)),
        ..own.clone()
    };
    services.push(further);
    label.approximated(reasons::FURTHER_SERVICE, entries);
}

/// Whether a service before this one has the same label, of which there cannot be two.
fn is_taken(facts: &Facts<'_>, key: &str, own: &Label<'_>) -> bool {
    let before = facts.context.services().take_while(|(name, _)| *name != key);
    let is_on_nodes = |other: &Service| {
        label(other, TYPE).is_some_and(|label| label.value.eq_ignore_ascii_case("nodeport"))
    };
    before
        .filter(|(_, other)| own.key == NAME || is_on_nodes(other))
        .filter_map(|(_, other)| label(other, own.key))
        .any(|other| other.value == own.value)
}

/// The Ingress that labels ask for.
pub(in crate::plan) fn ingress(
    service: &Service,
    app: &str,
    services: &[ClusterService],
    entries: &mut Entries<'_>,
) -> Option<Further> {
    let of = |key: &str| label(service, &format!("{EXPOSE}.{key}"));
    let (tls, class) = (of("tls-secret"), of("ingress-class-name"));
    let expose = label(service, EXPOSE).filter(|label| !label.value.eq_ignore_ascii_case("false"));
    let own = services.first().filter(|own| own.ports.iter().any(is_tcp));
    let rules = expose.and_then(|expose| rules(expose.value, own?));
    let Some((expose, own, rules)) = expose.zip(own).zip(rules).map(|((a, b), c)| (a, b, c)) else {
        if let Some(expose) = label(service, EXPOSE) {
            expose.record(why_not_exposed(&expose, own, services), entries);
        }
        for label in [tls, class].iter().flatten() {
            label.refused(reasons::NO_INGRESS, entries);
        }
        return None;
    };
    enter_hosts(&expose, &rules, entries);
    let mut legal = |label: &Label<'_>, wrong| {
        let is_legal = name::is_dns_subdomain(label.value);
        label.record(if is_legal { Ok(()) } else { Err(wrong) }, entries);
        is_legal
    };
    let secret = tls.filter(|tls| legal(tls, reasons::IS_A_SECRET));
    let class = class.filter(|class| legal(class, reasons::IS_AN_INGRESS_CLASS));
    let hosts: Vec<String> = rules.iter().filter_map(|rule| rule.host.clone()).collect();
    let tls = secret.map(|secret| IngressTLS {
        hosts: (!hosts.is_empty()).then_some(hosts),
        // As kompose has it: the controller's own certificate.
        secret_name: (secret.value != "true").then(|| secret.value.to_owned()),
    });
    let ingress = Ingress {
        metadata: ObjectMeta {
            name: Some(own.name.clone()),
            labels: Some([("app.kubernetes.io/name".to_owned(), app.to_owned())].into()),
            ..ObjectMeta::default()
        },
        spec: Some(IngressSpec {
            ingress_class_name: class.map(|class| class.value.to_owned()),
            tls: tls.map(|tls| vec![tls]),
            rules: Some(rules),
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    };
    Some(Further { file: "ingress.yaml".to_owned(), object: fields::ordered(&ingress) })
}

/// What is wrong with a label that makes no Ingress: nothing, if it asks for none.
fn why_not_exposed(
    expose: &Label<'_>,
    own: Option<&ClusterService>,
    services: &[ClusterService],
) -> Result<(), KnownReason> {
    match own {
        _ if expose.value.eq_ignore_ascii_case("false") => Ok(()),
        None if services.first().is_some_and(|own| !own.ports.is_empty()) => Err(reasons::TCP_ALONE),
        None => Err(reasons::NO_PORTS),
        _ => Err(reasons::IS_A_HOST),
    }
}

/// Who writes `lb` wants a load balancer, but kompose has it that this is a host.
fn enter_hosts(expose: &Label<'_>, rules: &[IngressRule], entries: &mut Entries<'_>) {
    match rules.iter().filter_map(|rule| rule.host.as_ref()).find(|host| !host.contains('.')) {
        Some(host) => {
            expose.approximated(reasons::is_no_load_balancer(host), entries);
        }
        None => expose.mapped(entries),
    }
}

fn is_tcp(port: &ServicePort) -> bool {
    port.protocol.as_deref().is_none_or(|protocol| protocol == "TCP")
}

/// `true`, or hosts with paths, each a rule; nothing if one of them is no host.
fn rules(text: &str, own: &ClusterService) -> Option<Vec<IngressRule>> {
    let mut ports = own.ports.iter().filter(|port| is_tcp(port));
    let port = ports.clone().find(|port| port.name.as_deref() == Some("http")).or(ports.next())?;
    let rule = |host: Option<&str>, path: &str| IngressRule {
        host: host.map(str::to_owned),
        http: Some(HTTPIngressRuleValue {
            paths: vec![HTTPIngressPath {
                path: Some(format!("/{path}")),
                path_type: "Prefix".to_owned(),
                backend: IngressBackend {
                    service: Some(IngressServiceBackend {
                        name: own.name.clone(),
                        port: Some(ServiceBackendPort { name: port.name.clone(), number: None }),
                    }),
                    resource: None,
                },
            }],
        }),
    };
    if text.eq_ignore_ascii_case("true") {
        return Some(vec![rule(None, "")]);
    }
    let rules = text.split(',').map(|item| {
        let (host, path) = item.trim().split_once('/').unwrap_or((item.trim(), ""));
        // As kompose has it; for names, capitals are no others.
        let host = host.to_ascii_lowercase();
        name::is_dns_subdomain(host.strip_prefix("*.").unwrap_or(&host)).then(|| rule(Some(&host), path))
    });
    rules.collect()
}
