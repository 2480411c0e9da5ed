//! Which lists of which objects are merged by key, as Kubernetes' own schemas say: all others are replaced as a whole.

/// What a strategic merge has to know of a value.
#[derive(Debug)]
pub(in crate::kustomize) enum Shape {
    /// Mappings are merged, lists are replaced.
    Plain,
    /// A mapping with fields of which more is known.
    Fields(&'static [(&'static str, Shape)]),
    /// A list of mappings, merged where these entries agree.
    Keyed(&'static [&'static str], &'static Shape),
    /// A list of texts, each of which it has once.
    Set,
    /// As another one.
    Same(&'static Shape),
}

use Shape::{Fields, Keyed, Plain, Same, Set};

impl Shape {
    /// The shape of a field.
    pub(in crate::kustomize) fn field(&self, name: &str) -> &'static Shape {
        match self {
            Same(other) => other.field(name),
            Fields(fields) => {
                let found = fields.iter().find(|(own, _)| *own == name);
                found.map_or(&Plain, |(_, shape)| shape.settled())
            }
            _ => &Plain,
        }
    }

    fn settled(&'static self) -> &'static Shape {
        if let Same(other) = self { other.settled() } else { self }
    }
}

/// The shape of an object. Kinds that Kubernetes does not have itself are plain.
pub(in crate::kustomize) fn of(api_version: &str, kind: &str) -> &'static Shape {
    match (api_version, kind) {
        ("v1", "Pod") => &POD,
        ("v1", "Service") => &SERVICE,
        ("v1", "ServiceAccount") => &SERVICE_ACCOUNT,
        ("v1", "ReplicationController") => &WORKLOAD,
        ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => &WORKLOAD,
        ("batch/v1", "Job") => &WORKLOAD,
        ("batch/v1" | "batch/v1beta1", "CronJob") => &CRON_JOB,
        _ if KINDS.contains(&(api_version, kind)) => &OBJECT,
        _ => &Plain,
    }
}

/// Further objects whose schema kustomize has.
const KINDS: &[(&str, &str)] = &[
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Namespace"),
    ("v1", "PersistentVolume"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "LimitRange"),
    ("v1", "ResourceQuota"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
    ("networking.k8s.io/v1", "Ingress"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("networking.k8s.io/v1beta1", "Ingress"),
    ("policy/v1", "PodDisruptionBudget"),
    ("policy/v1beta1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1", "StorageClass"),
];

static METADATA: Shape = Fields(&[("finalizers", Set), ("ownerReferences", Keyed(&["uid"], &Plain))]);

static OBJECT: Shape = Fields(&[("metadata", Same(&METADATA))]);

static CONTAINER: Shape = Fields(&[
    ("env", Keyed(&["name"], &Plain)),
    ("ports", Keyed(&["containerPort", "protocol"], &Plain)),
    ("volumeDevices", Keyed(&["devicePath"], &Plain)),
    ("volumeMounts", Keyed(&["mountPath"], &Plain)),
]);

static EPHEMERAL_CONTAINER: Shape = Fields(&[
    ("env", Keyed(&["name"], &Plain)),
    ("volumeDevices", Keyed(&["devicePath"], &Plain)),
    ("volumeMounts", Keyed(&["mountPath"], &Plain)),
]);

static VOLUME: Shape = Fields(&[("ephemeral", Fields(&[("volumeClaimTemplate", Same(&OBJECT))]))]);

static POD_SPEC: Shape = Fields(&[
    ("containers", Keyed(&["name"], &CONTAINER)),
    ("ephemeralContainers", Keyed(&["name"], &EPHEMERAL_CONTAINER)),
    ("hostAliases", Keyed(&["ip"], &Plain)),
    ("imagePullSecrets", Keyed(&["name"], &Plain)),
    ("initContainers", Keyed(&["name"], &CONTAINER)),
    ("topologySpreadConstraints", Keyed(&["topologyKey", "whenUnsatisfiable"], &Plain)),
    ("volumes", Keyed(&["name"], &VOLUME)),
]);

static POD: Shape = Fields(&[("metadata", Same(&METADATA)), ("spec", Same(&POD_SPEC))]);

static WORKLOAD: Shape =
    Fields(&[("metadata", Same(&METADATA)), ("spec", Fields(&[("template", Same(&POD))]))]);

static CRON_JOB: Shape =
    Fields(&[("metadata", Same(&METADATA)), ("spec", Fields(&[("jobTemplate", Same(&WORKLOAD))]))]);

static SERVICE: Shape = Fields(&[
    ("metadata", Same(&METADATA)),
    ("spec", Fields(&[("ports", Keyed(&["port", "protocol"], &Plain))])),
]);

static SERVICE_ACCOUNT: Shape =
    Fields(&[("metadata", Same(&METADATA)), ("secrets", Keyed(&["name"], &Plain))]);
