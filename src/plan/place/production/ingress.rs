//! Hosts by which services are reached from outside.

use k8s_openapi::api::core::v1::ServicePort;

use super::needs;
use crate::{
    diag::{Diagnostic, Report, codes},
    k8s::versions::Feature,
    plan::{
        input::Input,
        model::{ClusterService, Environment, Route},
    },
    settings::cluster::Host,
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

/// The port that speaks HTTP by its name, else the first one of TCP.
fn web_port(service: &ClusterService) -> Option<&ServicePort> {
    let mut tcp = service.ports.iter().filter(|port| port.protocol.as_ref().is_none_or(|name| name == "TCP"));
    let first = tcp.clone().next();
    tcp.find(|port| port.name.as_deref() == Some("http")).or(first)
}
