//! Objects that only an overlay has: what scales workloads, keeps them there, leads to them
//! from outside and keeps others away.

use k8s_openapi::{
    api::{
        autoscaling::v2::{
            CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
            MetricTarget, ResourceMetricSource,
        },
        networking::v1::{
            HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressRule,
            IngressServiceBackend, IngressSpec, ServiceBackendPort,
        },
        policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec},
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, ObjectMeta},
        util::intstr::IntOrString,
    },
};
use serde_json::{Value, json};

use super::{objects, policies};
use crate::{
    k8s::{fields, name},
    plan::{App, Autoscaler, Budget, Environment, Route, Routes, SERVICE_LABEL},
};

/// Files with their objects, for the generated part of an overlay.
pub(super) fn files(project: &str, environment: &Environment) -> Vec<(&'static str, Vec<Value>)> {
    let scalers = environment.autoscalers.iter();
    let budgets = environment.budgets.iter();
    let mut availability: Vec<Value> = scalers
        .map(|scaler| objects::named_for(autoscaler(scaler), app_of(environment, &scaler.workload)))
        .chain(budgets.map(|it| objects::named_for(budget(it), app_of(environment, &it.workload))))
        .collect();
    for object in &mut availability {
        objects::serve(object, environment.kubernetes);
    }
    let of_project = |object: Value| objects::named_for(object, project);
    let routes = routes(project, &environment.routes).into_iter().map(of_project).collect();
    let policies = environment.policies.iter().map(policies::object).map(of_project).collect();
    let files =
        [("availability.yaml", availability), ("ingress.yaml", routes), ("network-policies.yaml", policies)];
    files.into_iter().filter(|(_, objects)| !objects.is_empty()).collect()
}

/// The app of a workload.
fn app_of<'a>(environment: &'a Environment, workload: &'a str) -> &'a str {
    let has = |app: &&App| app.workloads.iter().any(|own| own.name == workload);
    environment.apps.iter().find(has).map_or(workload, |app| &app.name)
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

fn autoscaler(scaler: &Autoscaler) -> Value {
    let Autoscaler { workload, min, max, cpu } = scaler;
    let target = MetricTarget {
        type_: "Utilization".to_owned(),
        average_utilization: Some(*cpu),
        ..MetricTarget::default()
    };
    let metric = MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource { name: "cpu".to_owned(), target }),
        ..MetricSpec::default()
    };
    fields::ordered(&HorizontalPodAutoscaler {
        metadata: named(workload),
        spec: Some(HorizontalPodAutoscalerSpec {
            scale_target_ref: CrossVersionObjectReference {
                api_version: Some("apps/v1".to_owned()),
                kind: "Deployment".to_owned(),
                name: workload.clone(),
            },
            min_replicas: Some(*min),
            max_replicas: *max,
            metrics: Some(vec![metric]),
            ..HorizontalPodAutoscalerSpec::default()
        }),
        ..HorizontalPodAutoscaler::default()
    })
}

fn budget(budget: &Budget) -> Value {
    let labels = [(SERVICE_LABEL.to_owned(), budget.service.clone())];
    fields::ordered(&PodDisruptionBudget {
        metadata: named(&budget.workload),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            selector: Some(LabelSelector {
                match_labels: Some(labels.into_iter().collect()),
                ..LabelSelector::default()
            }),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    })
}

fn routes(project: &str, routes: &Routes) -> Vec<Value> {
    if routes.hosts.is_empty() {
        return Vec::new();
    }
    let Some(gateway) = &routes.gateway else { return vec![ingress(project, &routes.hosts)] };
    let mut parent = json!({"name": gateway.name});
    if let Some(namespace) = &gateway.namespace {
        parent["namespace"] = json!(namespace);
    }
    let mut services: Vec<&Route> = Vec::new();
    for route in &routes.hosts {
        if !services.iter().any(|known| known.service == route.service) {
            services.push(route);
        }
    }
    let object = |first: &&Route| {
        let own = routes.hosts.iter().filter(|route| route.service == first.service);
        let hosts: Vec<&String> = own.map(|route| &route.host).collect();
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": first.service},
            "spec": {
                "parentRefs": [parent],
                "hostnames": hosts,
                "rules": [{"backendRefs": [{"name": first.service, "port": first.number}]}],
            },
        })
    };
    services.iter().map(object).collect()
}

fn ingress(project: &str, hosts: &[Route]) -> Value {
    let rule = |route: &Route| {
        let port = ServiceBackendPort { name: Some(route.port.clone()), number: None };
        let service = IngressServiceBackend { name: route.service.clone(), port: Some(port) };
        let path = HTTPIngressPath {
            path: Some("/".to_owned()),
            path_type: "Prefix".to_owned(),
            backend: IngressBackend { service: Some(service), resource: None },
        };
        IngressRule { host: Some(route.host.clone()), http: Some(HTTPIngressRuleValue { paths: vec![path] }) }
    };
    fields::ordered(&Ingress {
        metadata: named(&name::dns_label(project)),
        spec: Some(IngressSpec { rules: Some(hosts.iter().map(rule).collect()), ..IngressSpec::default() }),
        ..Ingress::default()
    })
}
