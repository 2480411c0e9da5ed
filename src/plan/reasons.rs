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
}

impl Reason {
    fn new(id: &'static str, text: String) -> Self {
        Self { id, subject: String::new(), text }
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
    fn from(KnownReason { id, text }: KnownReason) -> Self {
        Self::new(id, text.to_owned())
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
    ($($name:ident $id:literal $text:literal;)*) => {
        $(pub(in crate::plan) const $name: KnownReason = KnownReason { id: $id, text: $text };)*
        static FIXED: &[KnownReason] = &[$($name),*];
    };
}

/// Reasons with parameters: a function each.
macro_rules! filled {
    ($($name:ident($($parameter:ident),+) $id:literal $text:literal;)*) => {
        $(pub(in crate::plan) fn $name($($parameter: impl Display),+) -> Reason {
            Reason::new($id, format!($text))
        })*
        static FILLED: &[KnownReason] = &[$(KnownReason { id: $id, text: $text }),*];
    };
}

fixed! {
    // Of files and keys as such.
    SUPERSEDED "superseded" "a later file says otherwise";
    REMOVED "removed" "a later file takes it out of the project";
    EMPTY_LIST "empty" "an empty list says nothing";
    EMPTY_VALUE "empty" "it says nothing";
    EXTENSION "extension" "an extension: it means nothing to compose";
    OBSOLETE "obsolete" "obsolete: compose takes no notice of it";
    READ_TO_EXTEND "read-to-extend" "read for the services that extend it";
    INACTIVE "inactive-profile" "none of its profiles is active here";
    UNUSED "unused" "nothing in the project makes use of it";
    UNUSED_ELEMENT "unused" "no active service makes use of it";
    UNUSED_VOLUME "unused" "no active service mounts it";
    INCLUDED "resolved" "resolved: what the files named here say is part of the project";
    EXTENDED "resolved" "resolved: the service has what it extends";
    VARIABLES_READ "resolved" "resolved: its variables stand with those of `environment`";
    LABELS_READ "resolved" "resolved: its labels stand with those of `labels`";
    NAMED_BY_KEY "named-by-key" "objects are named by their key: a namespace keeps projects apart";
    CLAIMS_NAMED_BY_KEY "named-by-key" "claims are named by their key: a namespace keeps projects apart";
    NOT_FOLLOWED_BY_COMPOSE "of-compose" "compose itself makes no use of it";
    OF_UP "of-compose" "it only decides what `docker compose up` prints";
    OF_ENGINE "of-engine" "labels of a secret or config are the engine's";
    OF_PROVIDER "provider" "a program outside of the cluster makes this service, so that it has no workload: set the variables that compose gives those that depend on it, which begin with its name";
    NO_MODEL_RUNNER "no-model-runner" "a cluster has no model runner: run the model as a service and name it in variables";

    // Of images, commands and lives.
    HAS_TO_BE_BUILT "not-built" "a cluster does not build: build this image and push it where the cluster can pull it";
    NOT_BUILT "not-built" "a cluster does not build: the image has to be there";
    PULLED_ALWAYS_OR_ONCE "pull-policy" "a cluster pulls always or once, not after a time";
    NO_VARIANT "architecture-variant" "nodes have no label for the variant of an architecture";
    RUNTIME_CLASS "runtime-class" "the cluster needs a RuntimeClass of this name";
    KEPT_ENTRYPOINT "kept-entrypoint" "the image's entrypoint cannot be emptied: name a command";
    KEPT_ARGUMENTS "kept-arguments" "the image's arguments cannot be emptied: name an entrypoint";
    NOBODY_REAPS "init" "the program is the first process, so that its stop signal reaches it: nobody reaps for it";
    PAUSE_REAPS "init" "the pod's pause process reaps, and all containers of the pod see each other's processes";
    STOPPED_BY_KILL "stop-signal" "TERM, and a second later KILL";
    STOPPED_BY_HOOK "stop-signal" "sent by a preStop hook, which needs a shell in the image; TERM follows only when the grace period is over";
    STOP_HOOK_TAKEN "stop-hook-taken" "there is a `pre_stop` already: send the signal from it";
    UNKNOWN_SIGNAL "unknown-signal" "no signal of this name is known";
    NO_TIME_TO_STOP "no-time-to-stop" "its stop signal leaves it no time";
    HOOK_AS_CONTAINER "hook-as-container" "a hook runs as its container does: same user, directory and variables";
    NO_HOOK_BEFORE_START "pre-start" "make it an initContainer of your own";
    NAMED_FOR_APP "named-for-app" "the container is named for its app; others that use this name find a Service by it";
    SERVES_AGAIN "always-restarted" "a service that serves is always started again";
    SERVES_AGAIN_WITHOUT_END "always-restarted" "a service that serves is started again without end";
    JOB_ENDS "job-ends" "a Job does not start again once it has ended well";
    CRON_JOB_ENDS "cron-job-ends" "a CronJob runs again at its next time, whatever became of a run";
    RESTART_DELAY "restart-delay" "the kubelet waits longer after each failure, from 10 seconds to 5 minutes";
    UNKNOWN_CONDITION "unknown-condition" "the engine knows `any`, `none` and `on-failure`";
    DEVELOPED "skaffold" "Skaffold copies changed files; what else a watch does, it does by itself";
    BUILT_ANEW "skaffold" "nothing of it is copied: Skaffold builds anew what changes";
    NOTHING_TO_COPY_INTO "skaffold" "no image of it is built here, so there is nothing to copy into";
    OF_WINDOWS "windows" "a setting of Windows containers";
    OF_WINDOWS_CPUS "windows" "a setting of Windows containers: see `cpus`";
    OF_WINDOWS_NODES "windows" "on Windows nodes: securityContext.windowsOptions.gmsaCredentialSpec";

    // Of health checks and who waits for whom.
    PROBE_OF_DOCKERFILE "probe-of-dockerfile" "the `HEALTHCHECK` of its Dockerfile becomes its probe";
    PROBE_OF_ANOTHER_COMMAND "probe-of-another-command" "the `HEALTHCHECK` of its Dockerfile is no probe, for it runs another command: give it a `healthcheck` if it has one";
    UNKNOWN_CHECK "unknown-check" "the image's own health check is not known here: give `healthcheck.test`";
    JOB_IS_NOT_PROBED "job-is-not-probed" "a job runs to its end: whether it ended well is all there is to ask";
    OVERRULED_BY_LABELS "overruled-by-labels" "labels of kompose overrule it";
    NOT_REQUIRED "not-required" "it is not required, and this environment does not run it";
    APPLIED_FIRST "applied-first" "it is a Job: apply it first and wait for it, see the tree's README";
    TRIED_UNTIL_DONE "clients-try-again" "it is a Job that waits for others itself: both start together, and this tries again until it is done";
    TRIED_UNTIL_ANSWERED "clients-try-again" "everything starts at once: clients try again until it answers";
    WAITED_FOR "waits-for-stores" "an initContainer waits for a store, and in a Job for anything; any other service is reached once its readiness probe succeeds, and clients try again until then";
    WAITED_FOR_WITHOUT_CHECK "waits-for-stores" "an initContainer waits for a store, and in a Job for anything; when any other service is ready nobody knows without a `healthcheck`, and clients try again until it answers";
    NO_COMMON_RESTART "no-common-restart" "pods do not restart with others: clients have to connect again";

    // Of replicas and updates.
    JOB_RUNS_ONCE "job-runs-once" "a Job runs once, not once on every node";
    ONE_ON_EVERY_NODE "one-on-every-node" "it runs once on every node";
    ONE_EACH_TIME "one-each-time" "its schedule starts it, one pod each time";
    AUTOSCALED "autoscaled" "the HorizontalPodAutoscaler decides how many there are";
    UPDATED_BY_NODE "update-of-its-kind" "pods of a DaemonSet are replaced one node after the other";
    UPDATED_IN_ORDER "update-of-its-kind" "pods of a StatefulSet are replaced one after the other";
    ONE_NODE_MOUNTS "update-of-its-kind" "one node alone can mount its volume: the old pod stops before the new one starts";
    NOT_UPDATED "update-of-its-kind" "a task is not updated: its next run is the new one";
    ROLLED_BACK_AS_UPDATED "update-stops" "a roll-back is an update to an older revision: it proceeds as updates do";
    UPDATE_STOPS "update-stops" "an update that fails stops where it is: `kubectl rollout undo` takes it back";
    UPDATE_TIME "update-time" "the time in which an update has to proceed";
    UNKNOWN_ENDPOINT_MODE "unknown-mode" "no mode of this name is known: vip or dnsrr";
    ONE_OR_EVENLY "spread" "pods are kept to one on a node, or spread evenly";

    // Of resources, rights and namespaces.
    WITHIN_THE_LIMIT "within-the-limit" "a request is not more than the limit: as much as that";
    RESERVED_IN_FULL "reserved-in-full" "nodes keep so much free for each pod, where no `reservations` say less";
    NO_QUOTA "no-quota" "without `cpu_quota` it limits nothing";
    SHARES_REQUESTED "shares" "a weight among neighbours becomes a request: 1024 is one processor";
    NO_REAL_TIME "of-nodes" "pods have no real-time scheduling: it is a setting of nodes";
    NO_CPU_SET "of-nodes" "pods do not choose processors: see the kubelet's static CPU manager policy";
    NO_BLOCK_LIMITS "of-nodes" "pods have no limits of block devices: see the node's I/O configuration";
    NO_CONTROL_GROUP "of-nodes" "control groups are the container runtime's business";
    NO_PARENT_GROUP "of-nodes" "control groups are the kubelet's business: see its --cgroup-root";
    NO_PROCESS_LIMIT "of-nodes" "pods have no limit of processes: set the kubelet's podPidsLimit";
    NO_ULIMITS "of-nodes" "limits of processes are the container runtime's: set them on nodes or in the entrypoint";
    NO_SWAP "of-nodes" "swap is a setting of nodes";
    NO_KILL_ORDER "of-nodes" "the kernel kills by quality of service: set requests equal to limits";
    LOGS_OF_NODES "of-nodes" "a cluster's nodes collect what containers print: configure it there";
    NO_STORAGE_OPTIONS "of-engine" "options of the engine's storage driver; for its size set an ephemeral-storage limit";
    ENGINE_SOCKET "engine-socket" "the engine's socket: give the workload a ServiceAccount with the rights it needs";
    OTHER_RESOURCES "devices" "a cluster has extended resources by other names: request the one that its nodes offer";
    DEVICE_PLUGINS "devices" "devices come from device plugins: request their resource instead";
    NO_DEVICE_PLUGIN "devices" "a device plugin has to offer it; then request it by its resource name";
    OPTIONS_OF_PLUGIN "device-options" "options of a device are its plugin's business";
    NUMBER_OF_USER "names-to-numbers" "Kubernetes takes numbers only: look the name up in the image's /etc/passwd, or set USER there";
    NUMBERS_OF_GROUPS "names-to-numbers" "Kubernetes takes numbers only: look the names up in the image's /etc/group";
    ESCALATION_NOT_BANNED "escalation" "the API takes no ban on escalation where a container is privileged or has SYS_ADMIN";
    ESCALATION_TRUE_OR_FALSE "illegal-value" "docker takes `true` and `false` for `no-new-privileges`";
    LABELS_AS_ASKED "as-it-is" "`label:disable`: labels are set only where asked for";
    NOTHING_HIDDEN "as-it-is" "nothing of `/proc` is hidden from a privileged container";
    PROC_MOUNT "proc-mount" "API servers refuse `procMount: Unmasked` but in pods with users of their own: patch it in your layer, from 1.33 on, together with `hostUsers: false`, or say `privileged: true`";
    SYSCTL_OF_NODE "sysctl-of-node" "the pod has no namespace of its own for it: set it on the node";
    UNSAFE_SYSCTL "unsafe-sysctl" "nodes refuse pods with it unless their kubelet has it under --allowed-unsafe-sysctls: set it in the pod's securityContext then, else in a privileged initContainer";
    OWN_NETWORK "as-it-is" "every pod has a network of its own";
    OWN_NAMESPACE "as-it-is" "every pod has one of its own";
    CONTROLLER_NAMES_PODS "own-host-name" "the controller of a StatefulSet names its pods; where somebody uses the name, a Service has it";
    SEARCHES_OF_CLUSTER "own-domains" "names of Services need the domains that the cluster searches";
    NO_CONTAINER "provider" "compose runs no container for what has a provider";
    PROVIDED "provider" "what a program outside of the cluster provides is there or not: nothing waits for it";
    FILLED_ONCE "placed-otherwise" "an initContainer fills the claim with what the image has there, while it is empty, as docker does";
    CLAIM_LIKE_THE_IMAGE "placed-otherwise" "becomes a claim, which begins with what the image has there: what this machine has of it stays here";
    CLAIM_LIKE_THE_PROJECT "placed-otherwise" "becomes a claim, which begins with the files that the project has there";
    START_IS_NOT_LIMITED "start-period" "a readiness probe may fail as long as it likes: only with `liveness: true` there is a limit for starts";
    OWN_HOST_NAME "own-host-name" "a pod has a host name of its own";
    USERS_OF_NODE "as-it-is" "pods use the node's user namespace unless `hostUsers: false`";
    HOST_USERS "user-namespace" "pods know `hostUsers: false` only";
    COMMON_NETWORK "common-pod" "services that share a network namespace have to be containers of one pod: join them by hand";
    COMMON_NAMESPACE "common-pod" "services that share a namespace have to be containers of one pod: join them by hand";

    // Of networks and ports.
    NETWORK_DENIED_BY_POLICY "network-policies" "a pod always has a network: `networkPolicies: true` in kustompose.yaml denies it";
    ALL_TOGETHER "network-policies" "the pods of a namespace reach each other: `networkPolicies: true` keeps them apart";
    OUTSIDE_IS_REACHED "network-policies" "pods reach the outside: deny it with a NetworkPolicy for egress";
    NETWORK_OF_CLUSTER "of-cluster-network" "the network of a cluster is its own: addresses and drivers are not the project's";
    ONE_NETWORK_CARD "of-cluster-network" "a pod has one network card, given by the cluster";
    ADDRESS_OF_CLUSTER "of-cluster-network" "pods get their addresses from the cluster";
    NAMES_FOR_ADDRESSES "of-cluster-network" "pods get their addresses from the cluster: refer to services by name";
    DOMAIN_OF_CLUSTER "of-cluster-network" "a pod's domain is the cluster's: refer to services by name";
    ALIASES_IN_NAMESPACE "aliases" "a further Service for each name that is in use, known in the whole namespace";
    OTHER_PROJECTS "other-projects" "containers of other projects: give them a Service of type ExternalName";
    NO_GATEWAY "no-gateway" "pods cannot name their node's gateway; on minikube it is host.minikube.internal";
    THREE_RESOLVERS "three-resolvers" "a pod has three resolvers at most, and the cluster's is the first";
    PUBLISHED_BY_CLUSTER "published" "the Service has the container's own port; what is published on the host is a matter of Ingress, LoadBalancer or `kubectl port-forward`";
    PUBLISHED_HOST "published" "what is published on the host is a matter of Ingress, LoadBalancer or `kubectl port-forward`";
    PUBLISHED_EVERYWHERE "published" "the port is open on every address of the node";

    // Of mounts. What a container has at the place by other means is `image-has-it` or `placed-otherwise`.
    NOTHING_HIDES_THE_IMAGE "image-has-it" "nothing hides what the image has there";
    IN_THE_IMAGE "image-has-it" "the image has it, and nothing hides that";
    CODE_IN_THE_IMAGE "image-has-it" "the code is in the image that is built from this directory";
    NOT_COPIED "placed-otherwise" "nothing is copied from the image";
    NOT_COPIED_INTO_CLAIM "placed-otherwise" "what the image has there is not copied into the claim";
    FILLED_FROM_IMAGE "placed-otherwise" "an empty directory that is filled from the image";
    FILLED_AT_START "placed-otherwise" "an empty directory that is filled from the image when a pod starts";
    EMPTY_DIRECTORY "placed-otherwise" "an anonymous volume becomes an empty directory that lives as long as its pod; what the image has there is hidden";
    DATA_ENDS_WITH_POD "data-ends-with-pod" "no volume is mounted there: its data ends with its pod; declare a volume to keep it";
    LIVES_AS_ITS_POD "placed-otherwise" "a directory that lives as long as its pod";
    OF_WHATEVER_NODE "placed-otherwise" "a directory of whatever node the pod is on";
    EACH_POD_CLAIMS "placed-otherwise" "each pod of its StatefulSet claims a volume of its own";
    SEVERAL_PODS_MOUNT "placed-otherwise" "several pods mount it: its class has to know ReadWriteMany, which those of k3d and minikube do not";
    NO_LIMIT_IN_MEMORY "placed-otherwise" "no limit: a share of the memory is no size in a pod";
    ONLY_THE_SIZE "placed-otherwise" "of the options of a directory in memory only the size is kept";
    NO_MODE_IN_MEMORY "placed-otherwise" "the mode of a directory in memory is not kept";
    OF_DOCKER_DESKTOP "mount-settings" "consistency is a setting of Docker Desktop";
    OF_THE_NODE "mount-settings" "SELinux, recursion and propagation of a bind mount are the node's business";
    NO_LABELS_OF_MOUNT "mount-settings" "labels of a volume made for a mount are not kept";
    NOTHING_OF_THE_HOST "mount-settings" "nothing of the host is mounted, so nothing is made there";
    CODE_WITHOUT_STAGE "code-without-image" "source code that no image has: let the stage of the Dockerfile that is built copy it";
    CODE_WITHOUT_BUILD "code-without-image" "source code that no image has: give the service a `build` whose image has it";
    TOO_LARGE "too-large" "a ConfigMap holds 1 MiB at most; put the file into the image or a volume";
    SOCKET_OF_ENGINE "engine-socket" "the socket of the container engine: give the workload a ServiceAccount with the rights it needs";
    OF_A_HOME "of-a-home" "no cluster has the home of a user: put what is needed into the project or into a secret";
    TIME_ZONE_OF_MACHINE "of-a-machine" "the time zone of the machine: set the variable TZ instead";
    WHOLE_MACHINE "of-a-machine" "the whole machine: a cluster has no such thing, see DaemonSets with hostPath";
    OPERATING_SYSTEM "of-a-machine" "a directory of the operating system: nodes of a cluster have another, see hostPath volumes";
    OF_A_MACHINE "of-a-machine" "it lies outside of the project, and other machines have another file there, or none: put it into the project or into a secret";
    OF_GIT_OR_MANIFESTS "of-a-machine" "it belongs to git or to the generated manifests, and no container needs it: mount what is needed alone";
    MISSING "missing" "it lies outside of the project and is not here: put it into the project";
    RESERVED_NAMES "reserved-names" "volumes of files keep names that begin with `..` for themselves: put the files into the image";
    UNREADABLE "unreadable" "the file cannot be read here";
    SPECIAL "of-a-machine" "sockets and devices of a machine do not exist in a cluster";
    OTHER_CONTAINERS "other-projects" "containers outside of the project are not known in a cluster";
    FILES_OF_ROOT "files-of-root" "files of Secrets and ConfigMaps belong to root and to the pod's fsGroup";
    NO_FILLING_IN "no-filling-in" "nothing fills the file in: `{{ … }}` stays as it stands, so write the values out, or have the container fill them in";
    SECRETS_OF_DRIVER "secret-driver" "a driver of the engine: see External Secrets for stores of secrets";

    // Of volumes and variables.
    OF_STORAGE_CLASS "storage-class" "volumes of a cluster come from a StorageClass: name it in the claim";
    OPTIONS_OF_STORAGE_CLASS "storage-class" "options of a volume driver: a StorageClass has its own";
    WRITABLE "as-it-is" "`rw` is so unless `ro` is said";
    MEMORY_HAS_NO_DEVICE "no-device" "memory has no device";
    CLAIM_HAS_TO_BE_THERE "has-to-be-there" "the claim has to be in the namespace; it stands in a file of yours, to keep or to delete";
    ANNOTATIONS_OF_CLAIM "annotations" "annotations of the claim";
    NO_CLAIM_TO_LABEL "no-claim" "there is no claim in the tree that could carry them";
    NO_ANNOTATION_KEY "illegal-key" "no key of an annotation: letters, digits, `-`, `_`, `.` and one `/`";
    VARIABLE_WITHOUT_VALUE "no-value" "no value is set for it: compose does not give it to the container either";
    NO_VARIABLE_NAME "illegal-variable" "no container in Kubernetes can have a variable of this name";

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
    IS_A_NEW_DNS_LABEL "illegal-value" "its value is a DNS label that nothing else is called";
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
    NOT_REACHED "nothing-to-apply-to" "nothing reaches a job that comes and goes";
    PATH_AND_PORT "nothing-to-apply-to" "a page has a path and a port: http_get_path and http_get_port";
    NEEDS_NODE_PORT "nothing-to-apply-to" "it needs `kompose.service.type: nodeport`";
    NEEDS_OUTER_TYPE "nothing-to-apply-to" "it needs `kompose.service.type: loadbalancer` or `nodeport`";
    TCP_ALONE "nothing-to-apply-to" "an Ingress leads to ports of TCP alone";
    SEVERAL_PORTS "several-ports" "the service has more than one port";
    NODE_PORT_TAKEN "node-port-taken" "another service has this port of the nodes";
    CRON_JOB_BY_SCHEDULE "cron-job-by-schedule" "`kompose.cronjob.schedule` makes it a CronJob";
    FEWER_AT_MOST "fewer-at-most" "`kompose.hpa.replicas.max` is less: that many";
    FURTHER_SERVICE "aliases" "a further Service: the workload keeps the name that others know it by";
    HOST_PATHS "host-paths" "bind mounts only: directories of a node, which not every cluster allows, and which differ from node to node";
    LABEL_SPELLED_OTHERWISE "unknown-label" "kompose calls it `kompose.controller.port.expose`";
    LABEL_WITHOUT_EFFECT "unknown-label" "kompose takes no notice of it: write `kompose.service.expose: HOST/PATH`";
    LABEL_OF_VOLUME "unknown-label" "it is a label of a volume at the top, not of a service";
    UNKNOWN_LABEL "unknown-label" "kompose has no such label";
    SHARED_POD "common-pod" "services that share a pod have to be joined by hand";
    ANNOTATION_OF_KATENARY "annotations" "an annotation, as it stands: only Katenary reads it";
    INSTEAD_FILES "said-otherwise" "files that `volumes` or `configs` mount are ConfigMaps";
    INSTEAD_CHARTS "said-otherwise" "a chart is no part of a tree: apply it beside it";
    INSTEAD_VARIABLES "said-otherwise" "name the variables under `environment`, or an `env_file` that several services have";
    INSTEAD_VOLUMES "said-otherwise" "give both services a named volume";
    INSTEAD_CHECK "said-otherwise" "give a `healthcheck`";
    INSTEAD_PROFILES "said-otherwise" "a service whose `profiles` an environment does not have is left out of it";
    INSTEAD_INGRESS "said-otherwise" "name hosts under `ingress` in kustompose.yaml";
    INSTEAD_PORTS "said-otherwise" "name them under `expose`";
    INSTEAD_SECRETS "said-otherwise" "name the variables under `secrets.also` in kustompose.yaml";
    USER_BY_NUMBER "names-to-numbers" "it runs as the container's user: give a number to change that";
    NOT_OF_A_CRON_JOB "not-of-a-cron-job" "nothing of a CronJob says it";
    OF_THE_SCHEDULER "not-of-a-cron-job" "a setting of the scheduler, which CronJobs do without";
}

filled! {
    has_another_name(name) "renamed" "called `{name}` in the cluster: values, commands and configuration files follow";
    workload_has_another_name(name) "renamed" "its workload is called `{name}`: names of pods are longer by some letters";
    hosts_have_other_names(names) "renamed-hosts" "in the cluster {names}: a program that reads something out of the name has to be told";
    hosts_of_files_follow(files) "renamed-hosts" "{files}: hosts have the names that they have in a cluster";
    host_name_is_a_label(label) "renamed" "`{label}`: a pod's host name is one DNS label";
    port_has_another_name(name) "renamed" "`{name}`: the name of a port is 15 small letters, digits and `-` at most, one a letter";
    built_alike(others, last) "built-alike" "one image for {others} and `{last}`, which are built alike";
    tries_some_times(attempts) "job-tries" "a Job tries again {attempts} times, where compose does so without end";
    user_is_number(name, number) "named-user" "`{name}` is user {number} by its Dockerfile or by what is known of the image";
    volumes_of_unknown_user(name) "owner-unknown" "the image runs as `{name}`, whose number is not told: write `user:` with numbers, else its claims belong to root";
    is_a_schedule(comments) "now-a-cron-job" "now a CronJob: {comments}";
    stays_a_loop(why) "no-schedule" "a loop, kept as it is: {why}";
    stays_a_daemon(why) "no-schedule" "runs a cron daemon, kept as it is: {why}";
    runs_crontabs(tables) "now-a-cron-job" "runs {tables}";
    is_no_job(why) "no-schedule" "{why}";
    follows_schedule_and_command(others) "not-of-a-cron-job" "{others}: only the schedule and the command are followed";
    init_container_waits(targets) "waits-for-stores" "an initContainer waits for {targets} in the place of the script";
    waits_itself(targets) "waits-itself" "it waits for {targets} by itself, as in compose: only stores bring an initContainer";
    checked_next_time(period) "start-period" "up to the next check: one comes every {period} s";
    whole_seconds(seconds) "whole-seconds" "{seconds} s: probes know whole seconds only";
    kubelet_asks(command) "kubelet-asks" "the kubelet asks in place of `{command}`";
    is_no_mode(mode) "unknown-mode" "`{mode}` is no mode that is known";
    needs_node_label(label) "node-label" "nodes of the cluster need the label `{label}`";
    is_no_property_of_nodes(constraint) "no-node-property" "`{constraint}`: nodes of a cluster have no such property; label them";
    number_of_devices(number) "number-of-devices" "{number} of them: a pod asks for a number, neither for all nor for certain ones";
    is_so_anyway(option) "as-it-is" "`{option}` is so for every container";
    profile_of_nodes(kind) "of-nodes" "`{kind}` profiles live on nodes: install it there and name it in the securityContext";
    sysctl_since(since, version) "unsafe-sysctl" "nodes let pods set it from {since} on, and the cluster runs {version}";
    is_no_address(address) "no-address" "`{address}` is no IP address, which the cluster's table of hosts asks for";
    have_services(names) "aliases" "{names}: each has a Service by its name";
    is_no_load_balancer(host) "host-not-load-balancer" "`{host}` is a host: a load balancer is `kompose.service.type: loadbalancer`";
    nearest_label(label) "unknown-label" "kompose has no such label: did you mean `{label}`?";
    no_such_mounts(kind) "no-such-mounts" "`{kind}` mounts: a pod has nothing of the kind";
    becomes_a_claim(target, why) "placed-otherwise" "`{target}` becomes a claim that starts empty: {why}";
    anonymous_claim(target, claim) "placed-otherwise" "`{target}`: an anonymous volume becomes the claim `{claim}`, which outlives its pod";
    is_read_only(target, kind) "placed-otherwise" "`{target}` is for reading only in a cluster: it is {kind}";
    is_without_compose_files(target) "placed-otherwise" "`{target}` is without what is for compose: its files, and `.env`";
    each_by_itself(others) "placed-otherwise" "each file is mounted by itself, beside what the image has there, for {others} within it";
    options_of_volume(options) "volume-options" "`{options}`: mount options belong to a PersistentVolume";
    secret_has_to_be_there(name, key) "has-to-be-there" "the Secret `{name}` with a key `{key}` has to be in the namespace";
    config_map_has_to_be_there(name, key) "has-to-be-there" "the ConfigMap `{name}` with a key `{key}` has to be in the namespace";
    object_has_to_be_there(name) "has-to-be-there" "an object `{name}` has to be in the namespace";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::plan::{fate::FateKind, mapping};

    #[test]
    fn ids_are_in_kebab_case_and_texts_are_there_once() {
        let mut texts = BTreeSet::new();
        for KnownReason { id, text } in all() {
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
