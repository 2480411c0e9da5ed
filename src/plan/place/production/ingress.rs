//! Hosts by which services are reached from outside.

use k8s_openapi::api::core::v1::ServicePort;

use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::versions::{Feature, Version},
    plan::{
        input::Input,
        model::{ClusterService, Environment, Route},
    },
    settings::cluster::Host,
    text::Span,
};

/// Finds a Service behind every host.
pub(super) fn add_routes(environment: &mut Environment, input: &Input<'_>, report: &mut Report) {
    let cluster = &input.cluster;
    if let Some(gateway) = &cluster.gateway {
        if cluster.ingress.is_empty() {
            let help = "name hosts under `ingress`: `ingress: {web: www.example.com}`";
            report.push(
                Diagnostic::error(codes::IMPOSSIBLE_SETTING, "a gateway without a host leads nowhere")
                    .at(gateway.span, "here")
                    .help(help),
            );
        }
        if !needs(Feature::GatewayApi, "Gateway API", cluster.version(), gateway.span, report) {
            return;
        }
        environment.routes.gateway = Some(gateway.value.clone());
    }
    for host in &cluster.ingress {
        let route = route(environment, host);
        if let Some(route) = &route {
            warn_of_others(environment, input, (host, route), report);
        }
        if route.is_none() {
            let service = &host.service;
            let exists = input.project.services.contains_key(&service.value);
            let (message, help) = if exists {
                (format!("no port of `{}` is known", service.value), "name its port under `expose`")
            } else {
                (
                    format!("`{}` has no service `{}`", environment.name, service.value),
                    "name a service of its compose files",
                )
            };
            report.push(Diagnostic::error(codes::NO_BACKEND, message).at(service.span, "here").help(help));
        }
        environment.routes.hosts.extend(route);
    }
}

/// Whether a feature is there. If not, the setting that needs it is an error.
fn needs(
    feature: Feature,
    what: &str,
    kubernetes: Option<Version>,
    place: Span,
    report: &mut Report,
) -> bool {
    let Some(version) = kubernetes.filter(|_| !feature.is_on(kubernetes)) else { return true };
    let message = format!("a cluster of version {version} has no {what}");
    let help =
        format!("it takes {} or newer: leave the setting out, or change `kubernetes`", feature.since());
    report.push(Diagnostic::error(codes::IMPOSSIBLE_SETTING, message).at(place, "here").help(help));
    false
}

fn route(environment: &Environment, host: &Host) -> Option<Route> {
    let mut workloads = environment.apps.iter().flat_map(|app| &app.workloads);
    let services = &workloads.find(|workload| workload.key == host.service.value)?.services;
    // Requests go to pods that are ready.
    let own = services.iter().find(|service| !service.publish_not_ready).or(services.first())?;
    let port = web_port(own)?;
    Some(Route {
        host: host.host.value.clone(),
        service: own.name.clone(),
        port: port.name.clone().unwrap_or_default(),
        number: port.port,
    })
}

/// Where browsers go of themselves: what is published there is what users mean.
const PORT_OF_BROWSERS: i32 = 80;

/// Warns of further ports that compose publishes for browsers: users may mean one of them.
fn warn_of_others(
    environment: &Environment,
    input: &Input<'_>,
    (host, route): (&Host, &Route),
    report: &mut Report,
) {
    let key = &host.service.value;
    let mut workloads = environment.apps.iter().flat_map(|app| &app.workloads);
    let services = workloads.find(|workload| workload.key == *key).map(|workload| &workload.services);
    let own = services.into_iter().flatten().find(|service| service.name == route.service);
    let ports = input.project.services.get(key).and_then(|service| service.ports.as_ref());
    let targets: Vec<i32> = ports
        .iter()
        .flat_map(|ports| &ports.value)
        .filter_map(|port| i32::try_from(port.value.target.as_ref()?.value).ok())
        .collect();
    let is_web = |port: &&ServicePort| port.name.as_deref().is_some_and(|name| name.starts_with("http-"));
    let is_other = |port: &&ServicePort| port.port != route.number && targets.contains(&port.port);
    let others = own.into_iter().flat_map(|service| &service.ports).filter(is_web).filter(is_other);
    let others: Vec<String> = others.map(|port| port.port.to_string()).collect();
    if others.is_empty() || !targets.contains(&route.number) || route.number == PORT_OF_BROWSERS {
        return;
    }
    let message = format!(
        "`{}` leads to port {} of `{key}`, which publishes {} too",
        route.host,
        route.number,
        others.join(" and ")
    );
    report.push(
        Diagnostic::warning(codes::SEVERAL_BACKENDS, message)
            .at(host.service.span, "here")
            .help("put the port that this host is for first under `ports`"),
    );
}

/// The port that speaks HTTP by its name, else the first one of TCP.
fn web_port(service: &ClusterService) -> Option<&ServicePort> {
    let mut tcp = service.ports.iter().filter(|port| port.protocol.as_ref().is_none_or(|name| name == "TCP"));
    let first = tcp.clone().next();
    tcp.find(|port| port.name.as_deref() == Some("http")).or(first)
}
