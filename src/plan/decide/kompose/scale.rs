//! A HorizontalPodAutoscaler by label.

use k8s_openapi::{
    api::autoscaling::v2::{
        CrossVersionObjectReference, HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec, MetricSpec,
        MetricTarget, ResourceMetricSource,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use crate::{
    compose::model::Service,
    k8s::{fields, quantity},
    plan::{
        facts::kompose::{Label, label},
        ledger::Entries,
        model::{Further, Kind},
        reasons,
    },
};

/// kompose's bounds, and its goal for processors, in percent of what is requested.
const LEAST: i32 = 1;
const MOST: i32 = 3;
const CPU: &str = "50";

/// How many pods an autoscaler that labels ask for may make.
pub(in crate::plan) fn most(service: &Service) -> Option<i32> {
    let of = |key: &str| label(service, &format!("kompose.hpa.{key}"));
    let most = of("replicas.max").map(|label| positive(&label).unwrap_or(MOST));
    most.or_else(|| ["replicas.min", "cpu", "memory"].into_iter().find_map(of).map(|_| MOST))
}

/// The autoscaler that labels ask for. What it scales has no number of replicas of its own any more.
pub(in crate::plan) fn autoscaler(
    service: &Service,
    (app, name): (&str, &str),
    kind: &mut Kind,
    entries: &mut Entries<'_>,
) -> Option<Further> {
    let of = |key: &str| label(service, &format!("kompose.hpa.{key}"));
    let labels = [of("replicas.min"), of("replicas.max"), of("cpu"), of("memory")];
    let [least, most, cpu, memory] = labels;
    if labels.iter().all(Option::is_none) {
        return None;
    }
    let target = match kind {
        Kind::Deployment { replicas, .. } => {
            *replicas = None;
            "Deployment"
        }
        Kind::StatefulSet { replicas } => {
            *replicas = None;
            "StatefulSet"
        }
        _ => {
            for label in labels.iter().flatten() {
                label.refused(reasons::NOT_SCALED, entries);
            }
            return None;
        }
    };
    let most = most.map_or(MOST, |label| number(&label, MOST, entries));
    let wanted = least.map_or(LEAST, |label| number(&label, LEAST, entries));
    if let Some(label) = least.filter(|_| wanted > most) {
        label.approximated(reasons::FEWER_AT_MOST, entries);
    }
    let least = wanted.min(most);
    let metrics = metrics([("cpu", cpu), ("memory", memory)], entries);
    overrule_replicas(service, entries);
    let spec = HorizontalPodAutoscalerSpec {
        scale_target_ref: CrossVersionObjectReference {
            api_version: Some("apps/v1".to_owned()),
            kind: target.to_owned(),
            name: name.to_owned(),
        },
        min_replicas: Some(least),
        max_replicas: most,
        metrics: Some(metrics),
        ..HorizontalPodAutoscalerSpec::default()
    };
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        labels: Some([("app.kubernetes.io/name".to_owned(), app.to_owned())].into()),
        ..ObjectMeta::default()
    };
    let scaler = HorizontalPodAutoscaler { metadata, spec: Some(spec), ..HorizontalPodAutoscaler::default() };
    Some(Further { file: format!("{name}.hpa.yaml"), object: fields::ordered(&scaler) })
}

/// What the labels measure; else kompose's goal.
fn metrics(labels: [(&str, Option<Label<'_>>); 2], entries: &mut Entries<'_>) -> Vec<MetricSpec> {
    let mut metrics: Vec<MetricSpec> = Vec::new();
    for (resource, label) in labels {
        let Some(label) = label else { continue };
        let metric = metric(resource, label.value);
        let came = metric.as_ref().map(|_| ()).ok_or(reasons::IS_A_GOAL);
        label.record(came, entries);
        metrics.extend(metric);
    }
    if metrics.is_empty() {
        metrics.extend(metric("cpu", CPU));
    }
    metrics
}

fn overrule_replicas(service: &Service, entries: &mut Entries<'_>) {
    for path in [&["deploy", "replicas"][..], &["scale"]] {
        let said = if path.len() == 1 {
            service.scale.is_some()
        } else {
            service.deploy.as_ref().is_some_and(|deploy| deploy.value.replicas.is_some())
        };
        if said {
            entries.ignored(path, reasons::AUTOSCALED);
        }
    }
}

fn number(label: &Label<'_>, otherwise: i32, entries: &mut Entries<'_>) -> i32 {
    let number = positive(label);
    label.record(number.map(|_| ()).ok_or(reasons::IS_A_POSITIVE_NUMBER), entries);
    number.unwrap_or(otherwise)
}

fn positive(label: &Label<'_>) -> Option<i32> {
    label.value.parse::<i32>().ok().filter(|number| *number > 0)
}

/// `50` and `50%` are shares of what is requested, anything else is a quantity.
fn metric(resource: &str, value: &str) -> Option<MetricSpec> {
    let share = value.strip_suffix('%').unwrap_or(value).trim().parse::<i32>().ok();
    let target = match share {
        Some(share) if share > 0 => MetricTarget {
            type_: "Utilization".to_owned(),
            average_utilization: Some(share),
            ..MetricTarget::default()
        },
        None if quantity::amount(value).is_some() => MetricTarget {
            type_: "AverageValue".to_owned(),
            average_value: Some(Quantity(value.to_owned())),
            ..MetricTarget::default()
        },
        _ => return None,
    };
    Some(MetricSpec {
        type_: "Resource".to_owned(),
        resource: Some(ResourceMetricSource { name: resource.to_owned(), target }),
        ..MetricSpec::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_shares_or_quantities() {
        for (value, kind) in [
            ("50", "Utilization"),
            ("50%", "Utilization"),
            ("200Mi", "AverageValue"),
            ("much", ""),
            ("0", ""),
        ] {
            let found = metric("memory", value).and_then(|metric| metric.resource).map(|it| it.target.type_);
            assert_eq!(found.unwrap_or_default(), kind, "{value}");
        }
    }
}
