//! What a cluster serves, by its version: API versions of kinds, and fields that came later than others.
//!
//! See the [deprecation guide](https://kubernetes.io/docs/reference/using-api/deprecation-guide/) and the
//! [feature gates](https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/): a field
//! counts from the version in which it is on by default.

use std::fmt;

use serde_json::Value;

/// A version of Kubernetes, 1.20 to 1.37.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    minor: u8,
}

impl Version {
    /// The oldest one that is known.
    pub const OLDEST: Version = Version { minor: 20 };
    /// The newest one that is known.
    pub const NEWEST: Version = Version { minor: 37 };

    /// `1.32`; nothing if it is no version that is known.
    pub fn parse(text: &str) -> Option<Self> {
        let minor = text.strip_prefix("1.").filter(|digits| !digits.starts_with(['+', '0']))?;
        let version = Self { minor: minor.parse().ok()? };
        (Self::OLDEST..=Self::NEWEST).contains(&version).then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

/// A version of an API that serves a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Api {
    kind: &'static str,
    version: &'static str,
    since: Version,
    /// The first version of Kubernetes without it.
    gone: Option<Version>,
}

const fn api(kind: &'static str, version: &'static str, since: u8, gone: Option<u8>) -> Api {
    let gone = match gone {
        Some(minor) => Some(Version { minor }),
        None => None,
    };
    Api { kind, version, since: Version { minor: since }, gone }
}

/// Kinds whose API changed between the versions that are known, the better version first.
const APIS: &[Api] = &[
    api("CronJob", "batch/v1", 21, None),
    api("CronJob", "batch/v1beta1", 8, Some(25)),
    api("PodDisruptionBudget", "policy/v1", 21, None),
    api("PodDisruptionBudget", "policy/v1beta1", 5, Some(25)),
    api("HorizontalPodAutoscaler", "autoscaling/v2", 23, None),
    api("HorizontalPodAutoscaler", "autoscaling/v2beta2", 12, Some(26)),
];

/// The API version by which a cluster serves a kind; nothing if all clusters serve it by the same one.
pub fn api_version(kind: &str, cluster: Version) -> Option<&'static str> {
    served(kind, cluster).map(|api| api.version)
}

/// An API version that a cluster serves, and later ones do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passing {
    /// The API version.
    pub version: &'static str,
    /// The first version of Kubernetes without it.
    pub gone: Version,
    /// The first version of Kubernetes that serves its successor.
    pub successor_since: Version,
}

/// What a kind is served by on a cluster, if that will not last.
pub fn passing(kind: &str, cluster: Version) -> Option<Passing> {
    let used = served(kind, cluster)?;
    let successor = APIS.iter().find(|api| api.kind == kind)?;
    used.gone.map(|gone| Passing { version: used.version, gone, successor_since: successor.since })
}

fn served(kind: &str, cluster: Version) -> Option<&'static Api> {
    let since = |api: &&Api| api.since <= cluster && api.gone.is_none_or(|gone| cluster < gone);
    APIS.iter().filter(|api| api.kind == kind).find(since)
}

/// How long clusters serve an API version of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// The first version that serves it.
    pub since: Version,
    /// The first version without it.
    pub gone: Option<Version>,
    /// The API version to write in its place, and the first version that serves that.
    pub successor: Option<(&'static str, Version)>,
    /// Whether objects of both have the same fields.
    pub is_same: bool,
}

/// API versions that clusters began or ceased to serve: the kinds, the API version, from which and to which minor
/// version, the successor and since when it is served, and whether its objects have the same fields.
type Row = (&'static str, &'static str, u8, Option<u8>, Option<(&'static str, u8)>, bool);

/// See the [deprecation guide](https://kubernetes.io/docs/reference/using-api/deprecation-guide/).
const LIFETIMES: &[Row] = &[
    ("Deployment DaemonSet ReplicaSet", "extensions/v1beta1", 1, Some(16), Some(("apps/v1", 9)), false),
    ("NetworkPolicy", "extensions/v1beta1", 3, Some(16), Some(("networking.k8s.io/v1", 7)), true),
    ("PodSecurityPolicy", "extensions/v1beta1", 3, Some(16), None, false),
    ("Ingress", "extensions/v1beta1", 1, Some(22), Some(("networking.k8s.io/v1", 19)), false),
    ("Ingress", "networking.k8s.io/v1beta1", 14, Some(22), Some(("networking.k8s.io/v1", 19)), false),
    ("Ingress IngressClass", "networking.k8s.io/v1", 19, None, None, true),
    ("IngressClass", "networking.k8s.io/v1beta1", 18, Some(22), Some(("networking.k8s.io/v1", 19)), true),
    ("Deployment StatefulSet", "apps/v1beta1", 5, Some(16), Some(("apps/v1", 9)), false),
    ("Deployment StatefulSet DaemonSet ReplicaSet", "apps/v1beta2", 8, Some(16), Some(("apps/v1", 9)), true),
    ("CronJob", "batch/v2alpha1", 5, Some(21), Some(("batch/v1", 21)), true),
    ("CronJob", "batch/v1beta1", 8, Some(25), Some(("batch/v1", 21)), true),
    ("CronJob", "batch/v1", 21, None, None, true),
    ("PodDisruptionBudget", "policy/v1beta1", 5, Some(25), Some(("policy/v1", 21)), true),
    ("PodDisruptionBudget", "policy/v1", 21, None, None, true),
    ("PodSecurityPolicy", "policy/v1beta1", 10, Some(25), None, false),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta1", 8, Some(25), Some(("autoscaling/v2", 23)), false),
    ("HorizontalPodAutoscaler", "autoscaling/v2beta2", 12, Some(26), Some(("autoscaling/v2", 23)), true),
    ("HorizontalPodAutoscaler", "autoscaling/v2", 23, None, None, true),
    ("EndpointSlice", "discovery.k8s.io/v1beta1", 17, Some(25), Some(("discovery.k8s.io/v1", 21)), false),
    ("Event", "events.k8s.io/v1beta1", 8, Some(25), Some(("events.k8s.io/v1", 19)), false),
    ("RuntimeClass", "node.k8s.io/v1beta1", 14, Some(25), Some(("node.k8s.io/v1", 20)), true),
    (
        "ClusterRole ClusterRoleBinding Role RoleBinding",
        "rbac.authorization.k8s.io/v1beta1",
        6,
        Some(22),
        Some(("rbac.authorization.k8s.io/v1", 8)),
        true,
    ),
    (
        "ClusterRole ClusterRoleBinding Role RoleBinding",
        "rbac.authorization.k8s.io/v1alpha1",
        5,
        Some(22),
        Some(("rbac.authorization.k8s.io/v1", 8)),
        true,
    ),
    (
        "CustomResourceDefinition",
        "apiextensions.k8s.io/v1beta1",
        7,
        Some(22),
        Some(("apiextensions.k8s.io/v1", 16)),
        false,
    ),
    (
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1",
        9,
        Some(22),
        Some(("admissionregistration.k8s.io/v1", 16)),
        false,
    ),
    (
        "APIService",
        "apiregistration.k8s.io/v1beta1",
        7,
        Some(22),
        Some(("apiregistration.k8s.io/v1", 10)),
        true,
    ),
    (
        "CertificateSigningRequest",
        "certificates.k8s.io/v1beta1",
        4,
        Some(22),
        Some(("certificates.k8s.io/v1", 19)),
        false,
    ),
    ("Lease", "coordination.k8s.io/v1beta1", 12, Some(22), Some(("coordination.k8s.io/v1", 14)), true),
    ("PriorityClass", "scheduling.k8s.io/v1beta1", 11, Some(22), Some(("scheduling.k8s.io/v1", 14)), true),
    (
        "StorageClass CSIDriver CSINode VolumeAttachment",
        "storage.k8s.io/v1beta1",
        4,
        Some(22),
        Some(("storage.k8s.io/v1", 18)),
        true,
    ),
    ("CSIStorageCapacity", "storage.k8s.io/v1beta1", 21, Some(27), Some(("storage.k8s.io/v1", 24)), true),
];

/// How long clusters serve an API version of a kind; nothing if all of them do, or if it is not known.
pub fn lifetime(kind: &str, version: &str) -> Option<Lifetime> {
    let is_meant = |row: &&Row| row.1 == version && row.0.split(' ').any(|own| own == kind);
    let (_, _, since, gone, successor, is_same) = LIFETIMES.iter().find(is_meant)?;
    Some(Lifetime {
        since: Version { minor: *since },
        gone: gone.map(|minor| Version { minor }),
        successor: successor.map(|(version, minor)| (version, Version { minor })),
        is_same: *is_same,
    })
}

/// Something that not every cluster takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Schedules like `@every 90m`, which older controllers time wrongly.
    EverySchedule,
    /// `timeZone` of CronJobs.
    TimeZone,
    /// Variables of containers with any printable name.
    AnyVariableName,
    /// `lifecycle.preStop.sleep`, which needs no program in the image.
    SleepAction,
    /// Objects of the Gateway API.
    GatewayApi,
}

impl Feature {
    /// The first version that has it.
    pub fn since(self) -> Version {
        let minor = match self {
            Feature::EverySchedule => 25,
            Feature::TimeZone => 27,
            Feature::AnyVariableName => 32,
            Feature::SleepAction => 30,
            Feature::GatewayApi => 24,
        };
        Version { minor }
    }

    /// Does a cluster have it? Of a cluster of which nothing is said, what all that are supported have is
    /// taken for granted, which is what three years old ones have.
    pub fn is_on(self, cluster: Option<Version>) -> bool {
        match cluster {
            Some(cluster) => self.since() <= cluster,
            None => !matches!(self, Feature::SleepAction),
        }
    }
}

/// Kernel parameters that nodes let every pod set, and the minor version from which on they do.
///
/// See the [list](https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls).
const SAFE_SYSCTLS: &[(&str, u8)] = &[
    ("kernel.shm_rmid_forced", 4),
    ("net.ipv4.ip_local_port_range", 4),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.ip_unprivileged_port_start", 22),
    ("net.ipv4.ping_group_range", 18),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_syncookies", 4),
    ("net.ipv4.tcp_wmem", 32),
];

/// The version from which on nodes let every pod set a kernel parameter; nothing if their kubelets have to be told.
pub fn safe_sysctl(name: &str) -> Option<Version> {
    SAFE_SYSCTLS.iter().find(|(known, _)| *known == name).map(|(_, minor)| Version { minor: *minor })
}

/// Fields below a pod's `spec` by their path, where `*` is any item of a list, and the minor version that has
/// them first. An older API server refuses them, or drops them without a word.
const POD_FIELDS: &[(&str, u8)] = &[
    ("containers/*/lifecycle/preStop/sleep", 30),
    ("containers/*/lifecycle/postStart/sleep", 30),
    ("containers/*/livenessProbe/grpc", 24),
    ("containers/*/readinessProbe/grpc", 24),
    ("containers/*/startupProbe/grpc", 24),
    ("containers/*/securityContext/appArmorProfile", 30),
    ("containers/*/securityContext/procMount", 33),
    ("containers/*/volumeMounts/*/recursiveReadOnly", 31),
    ("hostUsers", 33),
    ("initContainers/*/restartPolicy", 29),
    ("securityContext/appArmorProfile", 30),
    ("securityContext/supplementalGroupsPolicy", 33),
    ("topologySpreadConstraints/*/matchLabelKeys", 27),
    ("topologySpreadConstraints/*/minDomains", 27),
    ("volumes/*/ephemeral", 21),
    ("volumes/*/image", 35),
];

/// Whether a field below a pod's `spec`, by its path in the table, comes later than a version.
pub fn is_later_pod_field(path: &str, cluster: Version) -> bool {
    POD_FIELDS.iter().any(|(field, minor)| *field == path && *minor > cluster.minor)
}

/// Takes the fields out of a pod's `spec` that a cluster does not take. Gives their paths, with the versions
/// that do.
pub fn take_out_of_pod(spec: &mut Value, cluster: Version) -> Vec<(&'static str, Version)> {
    let mut taken = Vec::new();
    for (path, minor) in POD_FIELDS {
        let since = Version { minor: *minor };
        let segments: Vec<&str> = path.split('/').collect();
        if since > cluster && take_out(spec, &segments) {
            taken.push((*path, since));
        }
    }
    taken
}

fn take_out(value: &mut Value, path: &[&str]) -> bool {
    match (path, value) {
        ([last], Value::Object(fields)) => fields.shift_remove(*last).is_some(),
        (["*", rest @ ..], Value::Array(items)) => {
            items.iter_mut().map(|item| take_out(item, rest)).filter(|found| *found).count() > 0
        }
        ([first, rest @ ..], Value::Object(fields)) => {
            fields.get_mut(*first).is_some_and(|field| take_out(field, rest))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn versions_are_those_that_are_known() {
        for text in ["1.20", "1.32", "1.37"] {
            assert_eq!(version(text).to_string(), text);
        }
        for text in ["1.19", "1.38", "1.2", "1.020", "1.+25", "1.x", "v1.30", "2.0", "1.30.1", "1.300", ""] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert!(version("1.20") < version("1.21"));
    }

    #[test]
    fn kinds_are_served_by_what_the_cluster_has() {
        for (kind, cluster, expected) in [
            ("CronJob", "1.20", Some("batch/v1beta1")),
            ("CronJob", "1.21", Some("batch/v1")),
            ("CronJob", "1.37", Some("batch/v1")),
            ("PodDisruptionBudget", "1.20", Some("policy/v1beta1")),
            ("HorizontalPodAutoscaler", "1.22", Some("autoscaling/v2beta2")),
            ("HorizontalPodAutoscaler", "1.23", Some("autoscaling/v2")),
            ("Deployment", "1.20", None),
        ] {
            assert_eq!(api_version(kind, version(cluster)), expected, "{kind} on {cluster}");
        }
    }

    #[test]
    fn what_will_not_last_is_known() {
        let expected =
            Passing { version: "batch/v1beta1", gone: version("1.25"), successor_since: version("1.21") };
        assert_eq!(passing("CronJob", version("1.20")), Some(expected));
        assert_eq!(passing("CronJob", version("1.21")), None);
        assert_eq!(passing("Deployment", version("1.20")), None);
    }

    #[test]
    fn fields_are_taken_out_where_they_came_later() {
        let pod = json!({
            "hostUsers": false,
            "containers": [{"name": "a", "lifecycle": {"preStop": {"sleep": {"seconds": 5}}}}, {"name": "b"}],
            "volumes": [{"name": "x", "image": {}}, {"name": "y", "emptyDir": {}}],
        });
        let mut new = pod.clone();
        assert!(take_out_of_pod(&mut new, Version::NEWEST).is_empty());
        assert_eq!(new, pod);
        let mut old = pod;
        let taken: Vec<&str> =
            take_out_of_pod(&mut old, version("1.29")).into_iter().map(|(path, _)| path).collect();
        assert_eq!(taken, ["containers/*/lifecycle/preStop/sleep", "hostUsers", "volumes/*/image"]);
        assert_eq!(old["volumes"][0], json!({"name": "x"}));
        assert_eq!(old["containers"][0]["lifecycle"], json!({"preStop": {}}));
    }
}
