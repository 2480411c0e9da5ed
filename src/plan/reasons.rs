//! The reasons for what becomes of keys: the one list of their ids and texts.
//!
//! Programs read ids, people read texts: a text may change, an id stays. Several texts share an id where programs
//! need not tell them apart. `docs/report.md` has the list.

use std::fmt::{self, Display};

/// A reason as the list has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownReason {
    /// What programs know it by.
    pub id: &'static str,
    /// What it says, with the names of its parameters in braces.
    pub text: &'static str,
    /// Whether a container runs the same without what is unsupported: nothing stops for what is open that Compose
    /// closes, and logs go elsewhere. People are told of it, and not warned.
    pub is_harmless: bool,
}

/// Why a key has the result that it has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// What of the key it is about: the target of a mount, the name of a variable. Empty for the key as a whole.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// What programs know it by: the id of a [`KnownReason`].
    pub id: &'static str,
    /// Whether a container runs the same without what is unsupported.
    pub is_harmless: bool,
}

impl Reason {
    fn new(id: &'static str, text: String) -> Self {
        Self { id, subject: String::new(), text, is_harmless: false }
    }

    /// The same reason, about one part of the key.
    #[must_use]
    pub fn about(self, part: impl Display) -> Self {
        self.of(&format!("`{part}`"))
    }

    /// The same reason, about what is called so in words.
    #[must_use]
    pub(in crate::plan) fn of(self, what: &str) -> Self {
        let separator = if self.subject.is_empty() { "" } else { ": " };
        Self { subject: format!("{what}{separator}{}", self.subject), ..self }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = if self.subject.is_empty() { "" } else { ": " };
        write!(f, "{}{separator}{}", self.subject, self.text)
    }
}

impl From<KnownReason> for Reason {
    fn from(KnownReason { id, text, is_harmless }: KnownReason) -> Self {
        Self { is_harmless, ..Self::new(id, text.to_owned()) }
    }
}

impl KnownReason {
    /// The reason, about one part of the key.
    pub(in crate::plan) fn about(self, part: impl Display) -> Reason {
        Reason::from(self).about(part)
    }
}

/// Every reason that there is.
pub fn all() -> impl Iterator<Item = &'static KnownReason> {
    FIXED.iter().chain(FILLED)
}

/// Reasons without parameters: a constant each.
macro_rules! fixed {
    ($($name:ident $id:literal $text:literal $($harmless:ident)?;)*) => {
        $(pub(in crate::plan) const $name: KnownReason =
            KnownReason { id: $id, text: $text, is_harmless: fixed!(@$($harmless)?) };)*
        static FIXED: &[KnownReason] = &[$($name),*];
    };
    (@) => { false };
    (@harmless) => { true };
}

/// Reasons with parameters: a function each.
macro_rules! filled {
    ($($name:ident($($parameter:ident),+) $id:literal $text:literal;)*) => {
        $(pub(in crate::plan) fn $name($($parameter: impl Display),+) -> Reason {
            Reason::new($id, format!($text))
        })*
        static FILLED: &[KnownReason] = &[$(KnownReason { id: $id, text: $text, is_harmless: false }),*];
    };
}

fixed! {
    // Of files and keys as such.
    SUPERSEDED "superseded" "a later file overrides it";
    REMOVED "removed" "a later file removes it from the project";
    EMPTY_LIST "empty" "the list is empty";
    EMPTY_VALUE "empty" "the value is empty";
    EXTENSION "extension" "an extension field: Compose ignores it";
    OBSOLETE "obsolete" "obsolete: Compose ignores it";
    READ_TO_EXTEND "read-to-extend" "read for the services that extend it";
    INACTIVE "inactive-profile" "none of its profiles is active here";
    UNUSED "unused" "nothing in the project uses it";
    UNUSED_ELEMENT "unused" "no active service uses it";
    UNUSED_VOLUME "unused" "no active service mounts it";
    INCLUDED "resolved" "resolved: the files named here are part of the project";
    EXTENDED "resolved" "resolved: the service has what it extends";
    VARIABLES_READ "resolved" "resolved: its variables are merged with those of `environment`";
    LABELS_READ "resolved" "resolved: its labels are merged with those of `labels`";
    NAMED_BY_KEY "named-by-key" "objects are named by their key: the namespace separates projects";
    CLAIMS_NAMED_BY_KEY "named-by-key" "claims are named by their key: the namespace separates projects";
    NOT_FOLLOWED_BY_COMPOSE "of-compose" "Compose itself does not use it";
    OF_UP "of-compose" "it only changes what `docker compose up` prints";
    OF_ENGINE "of-engine" "labels of a secret or config belong to the container engine";
    OF_PROVIDER "provider" "a program outside the cluster provides this service, so it has no workload: set the variables that Compose gives to its dependents; their names begin with its name";
    NO_MODEL_RUNNER "no-model-runner" "a cluster has no model runner: run the model as a service and name it in variables";

    // Of images, commands and lives.
    HAS_TO_BE_BUILT "not-built" "Kubernetes does not build images: build this image and push it to a registry that the cluster can pull from";
    NOT_BUILT "not-built" "Kubernetes does not build images: this image must exist";
    PULLED_ALWAYS_OR_ONCE "pull-policy" "Kubernetes pulls always or once, not after a period of time";
    NO_VARIANT "architecture-variant" "nodes have no label for the variant of an architecture";
    RUNTIME_CLASS "runtime-class" "the cluster needs a RuntimeClass of this name";
    KEPT_ENTRYPOINT "kept-entrypoint" "the entrypoint of the image cannot be emptied: set a command";
    KEPT_ARGUMENTS "kept-arguments" "the arguments of the image cannot be emptied: set an entrypoint";
    NOBODY_REAPS "init" "the program is process 1, so that it gets the stop signal; no process reaps zombies";
    NODE_REAPS "init" "the pod is among the processes of its node, whose first process reaps zombies";
    PAUSE_REAPS "init" "the pod's pause process reaps zombies; the containers of the pod share their processes";
    STOPPED_BY_KILL "stop-signal" "TERM is sent, and KILL one second later";
    STOPPED_BY_HOOK "stop-signal" "a preStop hook sends it, which needs a shell in the image; TERM follows at the end of the grace period";
    STOP_HOOK_TAKEN "stop-hook-taken" "`pre_stop` is set already: send the signal in it";
    UNKNOWN_SIGNAL "unknown-signal" "there is no signal with this name";
    NO_TIME_TO_STOP "no-time-to-stop" "its stop signal gives it no time to stop";
    HOOK_AS_CONTAINER "hook-as-container" "a hook runs with the user, the directory and the variables of its container";
    NO_HOOK_BEFORE_START "pre-start" "add an initContainer in your overlay";
    NAMED_FOR_APP "named-for-app" "the container is named after its app; a Service has this name for others";
    SERVES_AGAIN "always-restarted" "a service that serves is always restarted";
    ENDS_AGAIN "ends-again" "its command ends by itself: the kubelet starts it again after 10 seconds at first, and after up to 5 minutes later";
    SERVES_AGAIN_WITHOUT_END "always-restarted" "a service that serves is restarted without limit";
    JOB_ENDS "job-ends" "a Job does not restart after success";
    CRON_JOB_ENDS "cron-job-ends" "a CronJob runs again at its next time, whether a run succeeded or failed";
    RESTART_DELAY "restart-delay" "the kubelet waits longer after each failure, from 10 seconds to 5 minutes";
    UNKNOWN_CONDITION "unknown-condition" "the container engine knows `any`, `none` and `on-failure`";
    DEVELOPED "skaffold" "Skaffold copies changed files; it does other actions of a watch in its own way";
    BUILT_ANEW "skaffold" "no file is copied: Skaffold rebuilds the image after a change";
    NOTHING_TO_COPY_INTO "skaffold" "its image is not built here, so no file can be copied into it";
    OF_WINDOWS "windows" "a setting of Windows containers";
    OF_WINDOWS_CPUS "windows" "a setting of Windows containers: see `cpus`";
    OF_WINDOWS_NODES "windows" "on Windows nodes: securityContext.windowsOptions.gmsaCredentialSpec";

    // Of health checks and who waits for whom.
    PROBE_OF_DOCKERFILE "probe-of-dockerfile" "the `HEALTHCHECK` of the Dockerfile becomes the probe";
    PROBE_OF_ANOTHER_COMMAND "probe-of-another-command" "the `HEALTHCHECK` of the Dockerfile is not used, because the service runs another command: add a `healthcheck`";
    UNKNOWN_CHECK "unknown-check" "the image's own health check is not known: set `healthcheck.test`";
    JOB_IS_NOT_PROBED "job-is-not-probed" "a Job runs to completion: its exit status is the check";
    OVERRULED_BY_LABELS "overruled-by-labels" "labels of kompose override it";
    NOT_REQUIRED "not-required" "it is not required, and this environment does not run it";
    APPLIED_FIRST "applied-first" "it is a Job: apply it first and wait for it, as `k8s/README.md` shows";
    TRIED_UNTIL_DONE "clients-try-again" "it is a Job that waits for others: both start together, and this service must retry until the Job is done";
    TRIED_UNTIL_ANSWERED "clients-try-again" "Kubernetes starts all pods at once: this service must retry until the other one answers";
    WAITED_FOR "waits-for-stores" "pods wait for databases in an initContainer, and Jobs wait for every dependency; other clients must retry until the target is ready";
    WAITED_FOR_WITHOUT_CHECK "waits-for-stores" "pods wait for databases in an initContainer, and Jobs wait for every dependency; without a `healthcheck` the readiness of other targets is unknown, so clients must retry";
    NO_COMMON_RESTART "no-common-restart" "pods do not restart with others: clients must reconnect";

    // Of replicas and updates.
    JOB_RUNS_ONCE "job-runs-once" "a Job runs once, not once on every node";
    ONE_ON_EVERY_NODE "one-on-every-node" "it runs once on every node";
    ONE_EACH_TIME "one-each-time" "its schedule starts one pod each time";
    AUTOSCALED "autoscaled" "the HorizontalPodAutoscaler sets the number of pods";
    UPDATED_BY_NODE "update-of-its-kind" "pods of a DaemonSet are replaced one node after the other";
    UPDATED_IN_ORDER "update-of-its-kind" "pods of a StatefulSet are replaced one after the other";
    ONE_NODE_MOUNTS "update-of-its-kind" "only one node can mount its volume: the old pod stops before the new one starts";
    NOT_UPDATED "update-of-its-kind" "a Job or CronJob is not updated: its next run uses the new version";
    ROLLED_BACK_AS_UPDATED "update-stops" "a rollback is an update to an older revision: it uses the settings of updates";
    UPDATE_STOPS "update-stops" "a failed update stops: `kubectl rollout undo` returns to the revision before";
    UPDATE_TIME "update-time" "the time in which an update must make progress";
    UNKNOWN_ENDPOINT_MODE "unknown-mode" "the mode must be `vip` or `dnsrr`";
    ONE_OR_EVENLY "spread" "pods are limited to one on a node, or spread evenly";

    // Of resources, rights and namespaces.
    WITHIN_THE_LIMIT "within-the-limit" "a request cannot exceed the limit: the limit is used";
    RESERVED_IN_FULL "reserved-in-full" "without `reservations`, the limit is also the request";
    NO_QUOTA "no-quota" "without `cpu_quota` it limits nothing";
    SHARES_REQUESTED "shares" "a relative weight becomes a request: 1024 is one CPU";
    NO_REAL_TIME "of-nodes" "pods have no real-time scheduling: it is a setting of nodes";
    NO_CPU_SET "of-nodes" "pods cannot choose CPUs: see the static CPU manager policy of the kubelet";
    NO_BLOCK_LIMITS "of-nodes" "pods have no limits of block devices: see the node's I/O configuration";
    NO_CONTROL_GROUP "of-nodes" "the container runtime sets control groups";
    NO_PARENT_GROUP "of-nodes" "the kubelet sets control groups: see its --cgroup-root";
    NO_PROCESS_LIMIT "of-nodes" "pods have no limit of processes: set the kubelet's podPidsLimit";
    NO_ULIMITS "of-nodes" "the container runtime sets ulimits: set them on nodes or in the entrypoint";
    NO_SWAP "of-nodes" "swap is a setting of nodes";
    NO_KILL_ORDER "of-nodes" "the kernel kills by quality of service: set requests equal to limits";
    LOGS_OF_NODES "of-nodes" "nodes collect the logs of containers: configure logging in the cluster" harmless;
    NO_STORAGE_OPTIONS "of-engine" "options of the engine's storage driver; for its size set an ephemeral-storage limit";
    ENGINE_SOCKET "engine-socket" "the socket of the container engine: give the workload a ServiceAccount with the rights that it needs";
    OTHER_RESOURCES "devices" "extended resources have other names in a cluster: request the one that its nodes offer";
    DEVICE_PLUGINS "devices" "devices come from device plugins: request their resource instead";
    NO_DEVICE_PLUGIN "devices" "a device plugin must offer it; then request it by its resource name";
    OPTIONS_OF_PLUGIN "device-options" "the device plugin sets the options of a device";
    NUMBER_OF_USER "names-to-numbers" "Kubernetes accepts numbers only: look up the name in the image's /etc/passwd, or set USER in the Dockerfile";
    NUMBERS_OF_GROUPS "names-to-numbers" "Kubernetes accepts numbers only: look up the names in the image's /etc/group";
    ESCALATION_NOT_BANNED "escalation" "the API does not accept `allowPrivilegeEscalation: false` for a container that is privileged or has SYS_ADMIN";
    ESCALATION_TRUE_OR_FALSE "illegal-value" "`no-new-privileges` must be `true` or `false`";
    LABELS_AS_ASKED "as-it-is" "`label:disable`: SELinux labels are only set on request";
    NOTHING_HIDDEN "as-it-is" "`/proc` is not masked in a privileged container";
    PROC_MOUNT "proc-mount" "API servers accept `procMount: Unmasked` only in pods with their own user namespace: from Kubernetes 1.33 on, patch it together with `hostUsers: false`, or set `privileged: true`";
    SYSCTL_OF_NODE "sysctl-of-node" "the pod has no namespace of its own for it: set it on the node";
    UNSAFE_SYSCTL "unsafe-sysctl" "nodes refuse pods with it unless the kubelet lists it in --allowed-unsafe-sysctls: set it in the pod's securityContext then, or in a privileged initContainer";
    LOCALHOST_OF_NODE "host-network" "pods on the network of their node reach each other at `localhost` only on the same node: use the names of the services";
    OWN_NETWORK "as-it-is" "every pod has its own network namespace";
    OWN_NAMESPACE "as-it-is" "every pod has its own";
    CONTROLLER_NAMES_PODS "own-host-name" "a StatefulSet names its pods; if a value uses this name, a Service has it";
    SEARCHES_OF_CLUSTER "own-domains" "names of Services need the search domains of the cluster";
    NO_CONTAINER "provider" "Compose runs no container for a service with a provider";
    PROVIDED "provider" "a program outside the cluster provides it: no pod waits for it";
    FILLED_ONCE "placed-otherwise" "an initContainer copies the image's files into the claim while it is empty, as Docker does";
    CLAIM_LIKE_THE_IMAGE "placed-otherwise" "becomes a claim that starts with the image's files; files of this machine are not copied";
    CLAIM_LIKE_THE_PROJECT "placed-otherwise" "becomes a claim that starts with the project's files";
    START_IS_NOT_LIMITED "start-period" "a readiness probe may fail without limit: only `liveness: true` limits the time of a start";
    OWN_HOST_NAME "own-host-name" "a pod has its own host name";
    USERS_OF_NODE "as-it-is" "pods use the node's user namespace unless `hostUsers: false`";
    HOST_USERS "user-namespace" "pods only know `hostUsers: false`";
    COMMON_NETWORK "common-pod" "services that share a network namespace must be containers of one pod: join them by hand";
    COMMON_NAMESPACE "common-pod" "services that share a namespace must be containers of one pod: join them by hand";

    // Of networks and ports.
    NETWORK_DENIED_BY_POLICY "network-policies" "a pod always has a network: `networkPolicies: true` in kustompose.yaml denies all traffic" harmless;
    ALL_TOGETHER "network-policies" "all pods of a namespace can reach each other: `networkPolicies: true` in kustompose.yaml separates networks" harmless;
    OUTSIDE_IS_REACHED "network-policies" "pods can reach the internet: deny it with a NetworkPolicy for egress" harmless;
    NETWORK_OF_CLUSTER "of-cluster-network" "the cluster has its own network: addresses and drivers of the project are not used";
    ONE_NETWORK_CARD "of-cluster-network" "the cluster gives each pod one network interface";
    ADDRESS_OF_CLUSTER "of-cluster-network" "pods get their addresses from the cluster";
    NAMES_FOR_ADDRESSES "of-cluster-network" "pods get their addresses from the cluster: refer to services by name";
    DOMAIN_OF_CLUSTER "of-cluster-network" "a pod's domain is the cluster's: refer to services by name";
    ALIASES_IN_NAMESPACE "aliases" "each name that is in use gets a Service, which the whole namespace can reach";
    OTHER_PROJECTS "other-projects" "containers of other projects: create a Service of type ExternalName for each";
    NO_GATEWAY "no-gateway" "pods do not know their node's gateway; on minikube it is host.minikube.internal";
    SERVER_OF_ENGINE "own-resolver" "the container engine's own resolver: pods ask the one of the cluster";
    SERVER_WITHOUT_ADDRESS "no-address" "not an IP address, which nameservers of pods require";
    NO_SEARCH_DOMAIN "no-search-domain" "Kubernetes refuses this search domain: use letters, digits, `-` and dots";
    WITHOUT_FILES_OF_TOOLS "placed-otherwise" "`.env` and the files of kustompose and Skaffold are left out";
    THREE_RESOLVERS "three-resolvers" "a pod has at most three resolvers, and the first one is the cluster's";
    PUBLISHED_BY_CLUSTER "published" "the Service has the container's port; to publish it, use an Ingress, a Service of type LoadBalancer, or `kubectl port-forward`";
    PUBLISHED_HOST "published" "to publish it, use an Ingress, a Service of type LoadBalancer, or `kubectl port-forward`";
    PUBLISHED_EVERYWHERE "published" "the port is open on every address of the node";

    // Of mounts. What a container has at the place by other means is `image-has-it` or `placed-otherwise`.
    NOTHING_HIDES_THE_IMAGE "image-has-it" "the image's own files stay visible";
    IN_THE_IMAGE "image-has-it" "the image contains it, and no mount hides it";
    CODE_IN_THE_IMAGE "image-has-it" "the code is in the image that is built from this directory";
    NOT_COPIED "placed-otherwise" "no file is copied from the image";
    NOT_COPIED_INTO_CLAIM "placed-otherwise" "the image's files at this path are not copied into the claim";
    FILLED_FROM_IMAGE "placed-otherwise" "an empty directory that is filled from the image";
    FILLED_AT_START "placed-otherwise" "an empty directory that is filled from the image when a pod starts";
    EMPTY_DIRECTORY "placed-otherwise" "an anonymous volume becomes an empty directory with the lifetime of its pod; it hides the image's files";
    DATA_ENDS_WITH_POD "data-ends-with-pod" "no volume is mounted there: its data ends with its pod; declare a volume to keep it";
    LIVES_AS_ITS_POD "placed-otherwise" "a directory with the lifetime of its pod";
    OF_WHATEVER_NODE "placed-otherwise" "a directory of the node that the pod runs on";
    EACH_POD_CLAIMS "placed-otherwise" "each pod of its StatefulSet claims its own volume";
    VOLUMES_OF_ROOT "owner-unknown" "claims belong to root: if the image runs as another user, set `user:` to its number";
    SEVERAL_PODS_MOUNT "storage-class" "several pods mount it: name a class with ReadWriteMany (EFS, Filestore, Azure Files, NFS); the default ones of EKS, GKE, AKS, k3d and minikube have none";
    NO_LIMIT_IN_MEMORY "placed-otherwise" "no limit: Kubernetes does not accept a percentage of the memory as a size";
    ONLY_THE_SIZE "placed-otherwise" "only the size of a directory in memory is kept";
    NO_MODE_IN_MEMORY "placed-otherwise" "the mode of a directory in memory is not kept";
    OF_DOCKER_DESKTOP "mount-settings" "consistency is a setting of Docker Desktop";
    OF_THE_NODE "mount-settings" "SELinux labels, recursion and propagation of a bind mount are settings of the node";
    NO_LABELS_OF_MOUNT "mount-settings" "labels of a volume made for a mount are not kept";
    NOTHING_OF_THE_HOST "mount-settings" "no directory of the host is mounted, so none is created";
    CODE_WITHOUT_STAGE "code-without-image" "no image contains this source code: copy it in the stage of the Dockerfile that is built";
    CODE_WITHOUT_BUILD "code-without-image" "no image contains this source code: give the service a `build` whose image contains it";
    TOO_LARGE "too-large" "a ConfigMap holds at most 1 MiB: put the file into the image or a volume";
    SOCKET_OF_ENGINE "engine-socket" "the container engine's socket: give the workload a ServiceAccount with the rights that it needs";
    OF_A_HOME "of-a-home" "a cluster has no home directories of users: put the files into the project or into a secret";
    TIME_ZONE_OF_MACHINE "of-a-machine" "the time zone of the machine: set the variable TZ instead";
    WHOLE_MACHINE "of-a-machine" "the whole machine: a cluster has no equivalent; see DaemonSets with hostPath";
    OPERATING_SYSTEM "of-a-machine" "a directory of the operating system: nodes have their own; see hostPath volumes";
    OF_A_MACHINE "of-a-machine" "it is outside the project, and other machines have other files there: put it into the project or into a secret";
    OF_GIT_OR_MANIFESTS "of-a-machine" "it belongs to git or to the generated manifests: mount only the files that the container needs";
    MISSING_FILE "missing" "the file does not exist here: write it, and run `kustompose convert` again";
    MISSING "missing" "it is outside the project and does not exist here: put it into the project";
    RESERVED_NAMES "reserved-names" "volumes of files keep names that begin with `..` for themselves: put the files into the image";
    UNREADABLE "unreadable" "the file cannot be read here";
    SPECIAL "of-a-machine" "sockets and devices of this machine do not exist in a cluster";
    OTHER_CONTAINERS "other-projects" "a cluster does not know containers outside the project";
    FILES_OF_ROOT "files-of-root" "files of Secrets and ConfigMaps belong to root and to the pod's fsGroup";
    NO_FILLING_IN "no-filling-in" "Kubernetes does not expand `{{ … }}` in the file: write the values, or expand them in the container";
    SECRETS_OF_DRIVER "secret-driver" "a driver of the container engine: use External Secrets for a secret store";

    // Of volumes and variables.
    OF_STORAGE_CLASS "storage-class" "a StorageClass creates the volumes of a cluster: name one in the claim";
    OPTIONS_OF_STORAGE_CLASS "storage-class" "options of a volume driver: a StorageClass has other ones";
    WRITABLE "as-it-is" "`rw` is the default";
    MEMORY_HAS_NO_DEVICE "no-device" "memory has no device";
    CLAIM_HAS_TO_BE_THERE "has-to-be-there" "the claim must exist in the namespace; it is defined in one of your files, which you can keep or delete";
    ANNOTATIONS_OF_CLAIM "annotations" "annotations of the claim";
    SECRET_OF_CLAIM "secret-annotation" "its value is a secret, and claims have no secrets: it is left out";
    NO_CLAIM_TO_LABEL "no-claim" "no claim in the manifests can have them";
    NO_ANNOTATION_KEY "illegal-key" "no key of an annotation: letters, digits, `-`, `_`, `.` and one `/`";
    VARIABLE_WITHOUT_VALUE "no-value" "it has no value: Compose does not pass it to the container";
    NO_VARIABLE_NAME "illegal-variable" "Kubernetes does not allow a variable with this name";

    // Of labels of kompose, Katenary and schedulers.
    IS_A_POLICY "illegal-value" "its value is Always, IfNotPresent or Never";
    IS_A_GROUP "illegal-value" "its value is the number of a group";
    IS_AN_OBJECT "illegal-value" "its value is the name of an object of the cluster";
    IS_A_QUANTITY "illegal-value" "its value is a quantity, like 500Mi";
    IS_A_STORAGE_CLASS "illegal-value" "its value is the name of a StorageClass";
    IS_A_LABEL_VALUE "illegal-value" "its value is the value of a label";
    IS_A_PATH_IN_VOLUME "illegal-value" "its value is a path within the volume";
    IS_A_VOLUME_TYPE "illegal-value" "its value is configMap, persistentVolumeClaim, emptyDir or hostPath";
    IS_TRUE_OR_FALSE "illegal-value" "its value is true or false";
    IS_A_LIST "illegal-value" "its value is a list of JSON, or words as in a shell";
    IS_A_DNS_LABEL "illegal-value" "a container's name is a DNS label";
    IS_A_NEW_DNS_LABEL "illegal-value" "its value is a DNS label that no other object uses";
    IS_A_SCHEDULE "illegal-value" "its value is a schedule of five fields, like `*/5 * * * *`";
    IS_AN_OVERLAP "illegal-value" "its value is Allow, Forbid or Replace";
    IS_A_NUMBER "illegal-value" "its value is a number";
    IS_A_POSITIVE_NUMBER "illegal-value" "its value is a number above zero";
    IS_A_CONTROLLER "illegal-value" "its value is deployment, daemonset or statefulset";
    IS_A_DURATION "illegal-value" "its value is a duration, like 10s";
    IS_A_PORT "illegal-value" "its value is the number of a port";
    IS_A_NODE_PORT "illegal-value" "its value is a port of nodes: 30000 to 32767";
    IS_A_SERVICE_TYPE "illegal-value" "its value is nodeport, clusterip, loadbalancer or headless";
    IS_A_TRAFFIC_POLICY "illegal-value" "its value is cluster or local";
    IS_A_HOST "illegal-value" "its value is true, or HOST, or HOST/PATH, several with commas";
    IS_A_SECRET "illegal-value" "its value is the name of a Secret";
    IS_AN_INGRESS_CLASS "illegal-value" "its value is the name of an IngressClass";
    IS_A_GOAL "illegal-value" "its value is a share, like 50%, or a quantity";
    REQUEST_ABOVE_LIMIT "illegal-value" "a request is not more than the limit";
    NO_VOLUMES "nothing-to-apply-to" "the service has no volumes";
    NO_PORTS "nothing-to-apply-to" "no port of the service is known: name it under `ports`";
    NO_INIT_CONTAINER "nothing-to-apply-to" "without `kompose.init.containers.image` there is no initContainer";
    NO_CRON_JOB "nothing-to-apply-to" "without a legal `kompose.cronjob.schedule` there is no CronJob";
    NO_SCHEDULE_NO_CRON_JOB "nothing-to-apply-to" "without its schedule there is no CronJob";
    NO_INGRESS "nothing-to-apply-to" "without a legal `kompose.service.expose` there is no Ingress";
    NO_READINESS "nothing-to-apply-to" "there is no readiness probe: give `kompose.service.healthcheck.readiness.test`";
    NOT_SCALED "nothing-to-apply-to" "only Deployments and StatefulSets are scaled";
    NOT_REACHED "nothing-to-apply-to" "a Job has no Service";
    PATH_AND_PORT "nothing-to-apply-to" "a page has a path and a port: http_get_path and http_get_port";
    NEEDS_NODE_PORT "nothing-to-apply-to" "it needs `kompose.service.type: nodeport`";
    NEEDS_OUTER_TYPE "nothing-to-apply-to" "it needs `kompose.service.type: loadbalancer` or `nodeport`";
    TCP_ALONE "nothing-to-apply-to" "an Ingress leads to ports of TCP alone";
    SEVERAL_PORTS "several-ports" "the service has more than one port";
    NODE_PORT_TAKEN "node-port-taken" "another service has this port of the nodes";
    CRON_JOB_BY_SCHEDULE "cron-job-by-schedule" "`kompose.cronjob.schedule` makes it a CronJob";
    FEWER_AT_MOST "fewer-at-most" "`kompose.hpa.replicas.max` is lower: it is used";
    FURTHER_SERVICE "aliases" "it gets one more Service: the workload keeps the name that others use";
    HOST_PATHS "host-paths" "bind mounts only: directories of a node, which not every cluster allows, and which differ from node to node";
    LABEL_SPELLED_OTHERWISE "unknown-label" "kompose calls it `kompose.controller.port.expose`";
    LABEL_WITHOUT_EFFECT "unknown-label" "kompose ignores it: write `kompose.service.expose: HOST/PATH`";
    LABEL_OF_VOLUME "unknown-label" "it is a label of a volume at the top, not of a service";
    UNKNOWN_LABEL "unknown-label" "kompose has no such label";
    SHARED_POD "common-pod" "services that share a pod must be joined by hand";
    ANNOTATION_OF_KATENARY "annotations" "an annotation that only Katenary reads";
    INSTEAD_FILES "said-otherwise" "files that `volumes` or `configs` mount are ConfigMaps";
    INSTEAD_CHARTS "said-otherwise" "charts are not part of the manifests: apply them separately";
    INSTEAD_VARIABLES "said-otherwise" "name the variables under `environment`, or an `env_file` that several services have";
    INSTEAD_VOLUMES "said-otherwise" "give both services a named volume";
    INSTEAD_CHECK "said-otherwise" "add a `healthcheck`";
    INSTEAD_PROFILES "said-otherwise" "an environment leaves out the services whose `profiles` it does not activate";
    INSTEAD_INGRESS "said-otherwise" "name hosts under `ingress` in kustompose.yaml";
    INSTEAD_PORTS "said-otherwise" "name them under `expose`";
    INSTEAD_SECRETS "said-otherwise" "name the variables under `secrets.also` in kustompose.yaml";
    USER_BY_NUMBER "names-to-numbers" "it runs as the container's user: set a number to change that";
    NOT_OF_A_CRON_JOB "not-of-a-cron-job" "a CronJob has no equivalent";
    IDLE_SCHEDULER "now-a-cron-job" "no pod of it runs: its jobs are CronJobs";
    OF_THE_SCHEDULER "not-of-a-cron-job" "a setting of the scheduler that CronJobs do not need";
}

filled! {
    has_another_name(name) "renamed" "named `{name}` in the cluster: values, commands and configuration files use that name";
    workload_has_another_name(name) "renamed" "its workload is named `{name}`, because names of pods are longer";
    hosts_have_other_names(names) "renamed-hosts" "in the cluster {names}: change programs that parse the name";
    hosts_of_files_follow(files) "renamed-hosts" "{files}: host names are changed to those of the cluster";
    host_name_is_a_label(label) "renamed" "`{label}`: a pod's host name is one DNS label";
    port_has_another_name(name) "renamed" "`{name}`: a port name has at most 15 lowercase letters, digits and `-`, and at least one letter";
    illegal_image(image, fault) "illegal-image" "`{image}` is no image that a registry can have: {fault}";
    built_alike(others, last) "built-alike" "one image for {others} and `{last}`, which are built alike";
    tries_some_times(attempts) "job-tries" "a Job retries {attempts} times; Compose retries without limit";
    user_is_number(name, number) "named-user" "`{name}` is user {number} in its Dockerfile or in a well-known image";
    volumes_of_unknown_user(name) "owner-unknown" "the image runs as `{name}`, whose number is unknown: set `user:` to a number, or its claims belong to root";
    is_a_schedule(comments) "now-a-cron-job" "now a CronJob: {comments}";
    stays_a_loop(why) "no-schedule" "a loop, kept as it is: {why}";
    stays_a_daemon(why) "no-schedule" "runs a cron daemon, kept as it is: {why}";
    runs_crontabs(tables) "now-a-cron-job" "runs {tables}";
    is_no_job(why) "no-schedule" "{why}";
    follows_schedule_and_command(others) "not-of-a-cron-job" "{others}: only the schedule and the command are followed";
    init_container_waits(targets) "waits-for-stores" "an initContainer waits for {targets} instead of the script";
    waits_itself(targets) "waits-itself" "it waits for {targets} by itself, as in Compose: only databases get an initContainer";
    checked_next_time(period) "start-period" "rounded up to the next check: one runs every {period} s";
    whole_seconds(seconds) "whole-seconds" "{seconds} s: probes only know whole seconds";
    kubelet_asks(command) "kubelet-asks" "the kubelet sends the request instead of `{command}`";
    is_no_mode(mode) "unknown-mode" "`{mode}` is not a known mode";
    needs_node_label(label) "node-label" "nodes of the cluster need the label `{label}`";
    is_no_property_of_nodes(constraint) "no-node-property" "`{constraint}`: nodes have no such property; label them";
    number_of_devices(number) "number-of-devices" "{number} of them: a pod requests a number of devices, not all and not certain ones";
    is_so_anyway(option) "as-it-is" "`{option}` is the default of every container";
    profile_of_nodes(kind) "of-nodes" "`{kind}` profiles are files of nodes: install the profile there and name it in the securityContext";
    sysctl_since(since, version) "unsafe-sysctl" "nodes let pods set it from {since} on, and the cluster runs {version}";
    is_no_address(address) "no-address" "`{address}` is not an IP address, which `hostAliases` requires";
    have_services(names) "aliases" "{names}: each name has a Service";
    is_no_load_balancer(host) "host-not-load-balancer" "`{host}` is a host: a load balancer is `kompose.service.type: loadbalancer`";
    nearest_label(label) "unknown-label" "kompose has no such label: did you mean `{label}`?";
    no_such_mounts(kind) "no-such-mounts" "`{kind}` mounts: Kubernetes has no equivalent";
    becomes_a_claim(why) "placed-otherwise" "a claim that starts empty takes its place: {why}";
    anonymous_claim(claim) "placed-otherwise" "an anonymous volume becomes the claim `{claim}`, which outlives its pod";
    links_are_left_out(links) "placed-otherwise" "links that lead nowhere here are left out: {links}";
    is_read_only(kind) "placed-otherwise" "read-only in a cluster, where it is {kind}";
    copied_for_user(user) "placed-otherwise" "an initContainer copies it for user {user}, because nobody else may read it";
    mode_of_this_machine(files) "placed-otherwise" "everybody may read `{files}`, because git does not keep the mode of this machine; if its program refuses that, declare it in `secrets` and mount it with `mode: 0400`";
    each_by_itself(others) "placed-otherwise" "each file is mounted separately, so that the image's other files stay, for {others} in it";
    options_of_volume(options) "volume-options" "`{options}`: mount options belong to a PersistentVolume";
    secret_has_to_be_there(name, key) "has-to-be-there" "the Secret `{name}` with the key `{key}` must exist in the namespace";
    config_map_has_to_be_there(name, key) "has-to-be-there" "the ConfigMap `{name}` with the key `{key}` must exist in the namespace";
    object_has_to_be_there(name) "has-to-be-there" "the object `{name}` must exist in the namespace";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::{fate::FateKind, mapping};

    #[test]
    fn ids_are_in_kebab_case_and_texts_are_there_once() {
        let mut texts = BTreeSet::new();
        for KnownReason { id, text, .. } in all() {
            let parts = id.split('-').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            });
            assert!(parts, "{id}");
            assert!(texts.insert(text), "`{text}` is there twice");
        }
    }

    #[test]
    fn rows_with_one_result_have_a_reason() {
        // Of these, what decides about them says more.
        let decided = ["services.*.build", "services.*.volumes[].image"];
        for row in mapping::all().filter(|row| !matches!(row.kinds, [FateKind::Mapped] | [_, _, ..])) {
            assert!(row.reason.is_some() || decided.contains(&row.path), "{}", row.path);
        }
    }

    #[test]
    fn parts_stand_before_the_text() {
        let reason = TOO_LARGE.about("/data").of("`a`, `b`");
        assert_eq!(reason.to_string(), format!("`a`, `b`: `/data`: {}", TOO_LARGE.text));
        assert_eq!(Reason::from(TOO_LARGE).to_string(), TOO_LARGE.text);
    }
}
