//! One service: everything below `services.*`.

use super::{
    Build, Bytes, Command, Deploy, Develop, DeviceRequest, Duration, Environment, FileMode, Flags, Hosts,
    Labels, Names, Options, Strings,
    attribute::{self, Attribute, record},
};
use crate::{
    diag::Report,
    text::{Span, Spanned},
    yaml::{Key, Map, Node, Value},
};

record! {
    /// [`services`](https://github.com/compose-spec/compose-spec/blob/main/05-services.md) entry. The
    /// documentation of the fields is the section of the specification with the attribute's name.
    Service {
        /// Annotations of the container.
        "annotations" => annotations: Labels;
        /// Show its output in `docker compose up`.
        "attach" => attach: bool, keep;
        /// How its image is built.
        "build" => build: Box<Build>, keep;
        /// Block device limits.
        "blkio_config" => blkio_config: Box<Blkio>, keep;
        /// Kernel capabilities it gets.
        "cap_add" => cap_add: Strings;
        /// Kernel capabilities it loses.
        "cap_drop" => cap_drop: Strings;
        /// Whose control group namespace: `host` or `private`.
        "cgroup" => cgroup: String;
        /// Control group above it.
        "cgroup_parent" => cgroup_parent: String;
        /// Arguments in place of the image's.
        "command" => command: Command, keep;
        /// Configuration files.
        "configs" => configs: Vec<Spanned<FileReference>>;
        /// Name of its container.
        "container_name" => container_name: String;
        /// Number of processors, on Windows.
        "cpu_count" => cpu_count: i64;
        /// Share of all processors, on Windows.
        "cpu_percent" => cpu_percent: f64;
        /// Length of a scheduler period, in microseconds.
        "cpu_period" => cpu_period: i64;
        /// Time within a period, in microseconds.
        "cpu_quota" => cpu_quota: i64;
        /// The same, for real-time tasks.
        "cpu_rt_period" => cpu_rt_period: i64;
        /// The same, for real-time tasks.
        "cpu_rt_runtime" => cpu_rt_runtime: i64;
        /// Weight among others; 1024 is usual.
        "cpu_shares" => cpu_shares: i64;
        /// Number of processors.
        "cpus" => cpus: f64;
        /// Which processors.
        "cpuset" => cpuset: String;
        /// Credentials of a managed service account, on Windows.
        "credential_spec" => credential_spec: Box<CredentialSpec>, keep;
        /// What must be there before it starts.
        "depends_on" => depends_on: Names<Dependency>;
        /// How many, where and with which means.
        "deploy" => deploy: Box<Deploy>, keep;
        /// What happens while it is developed.
        "develop" => develop: Box<Develop>, keep;
        /// Rules for devices made later.
        "device_cgroup_rules" => device_cgroup_rules: Strings;
        /// Devices of the host.
        "devices" => devices: Vec<Spanned<Device>>;
        /// Name servers.
        "dns" => dns: Strings;
        /// Options of the resolver.
        "dns_opt" => dns_opt: Strings;
        /// Search domains.
        "dns_search" => dns_search: Strings;
        /// Domain part of its host name.
        "domainname" => domainname: String;
        /// Command in place of the image's.
        "entrypoint" => entrypoint: Command, keep;
        /// Its variables: those of its `env_file`s, overlaid by `environment`.
        "environment" => environment: Environment;
        /// Files of variables; loading reads them into `environment`, unless it is told not to.
        "env_file" => env_file: Vec<Spanned<EnvFile>>;
        /// Ports for other services.
        "expose" => expose: Strings;
        /// Containers of other projects.
        "external_links" => external_links: Strings;
        /// Further lines of `/etc/hosts`.
        "extra_hosts" => extra_hosts: Hosts;
        /// Graphics cards.
        "gpus" => gpus: Vec<Spanned<DeviceRequest>>;
        /// Further groups of its user.
        "group_add" => group_add: Strings;
        /// How to know that it is well.
        "healthcheck" => healthcheck: Box<Healthcheck>, keep;
        /// Its host name.
        "hostname" => hostname: String;
        /// Its image.
        "image" => image: String;
        /// Run an init process as PID 1.
        "init" => init: bool, keep;
        /// Whose inter-process communication namespace.
        "ipc" => ipc: String;
        /// Isolation technology, on Windows.
        "isolation" => isolation: String;
        /// Labels of the container: `label_file`s overlaid by `labels`.
        "labels" => labels: Labels;
        /// Other services by further names.
        "links" => links: Strings;
        /// Where its output goes.
        "logging" => logging: Box<Logging>, keep;
        /// Address of its network card.
        "mac_address" => mac_address: String;
        /// Memory it may use.
        "mem_limit" => mem_limit: Bytes;
        /// Memory it is promised.
        "mem_reservation" => mem_reservation: Bytes;
        /// Readiness to swap, 0 to 100.
        "mem_swappiness" => mem_swappiness: Bytes;
        /// Memory and swap together; -1 is no limit.
        "memswap_limit" => memswap_limit: Bytes;
        /// Models it uses.
        "models" => models: Names<Option<Box<ServiceModel>>>;
        /// Whose network: `bridge`, `host`, `none`, `service:X`, `container:X`.
        "network_mode" => network_mode: String;
        /// Networks it is in.
        "networks" => networks: Names<Option<Box<ServiceNetwork>>>;
        /// Never killed for lack of memory.
        "oom_kill_disable" => oom_kill_disable: bool;
        /// Likelihood to be killed for lack of memory.
        "oom_score_adj" => oom_score_adj: i64;
        /// Whose process namespace.
        "pid" => pid: String;
        /// How many processes.
        "pids_limit" => pids_limit: i64;
        /// Operating system and architecture.
        "platform" => platform: String;
        /// Ports for the outside.
        "ports" => ports: Vec<Spanned<Port>>;
        /// Runs before the container starts.
        "pre_start" => pre_start: Vec<Spanned<PreStartHook>>;
        /// Runs after the container started.
        "post_start" => post_start: Vec<Spanned<Hook>>;
        /// Runs before the container stops.
        "pre_stop" => pre_stop: Vec<Spanned<Hook>>;
        /// All rights of the host.
        "privileged" => privileged: bool;
        /// When it is part of the project at all.
        "profiles" => profiles: Strings;
        /// What makes it, in place of a container.
        "provider" => provider: Box<Provider>, keep;
        /// When its image is pulled.
        "pull_policy" => pull_policy: String;
        /// Age at which an image is pulled again.
        "pull_refresh_after" => pull_refresh_after: String;
        /// No writing to its file system.
        "read_only" => read_only: bool;
        /// When it is started again.
        "restart" => restart: String;
        /// Which container runtime.
        "runtime" => runtime: String;
        /// How many.
        "scale" => scale: i64, keep;
        /// Options of security modules.
        "security_opt" => security_opt: Strings;
        /// Secret files.
        "secrets" => secrets: Vec<Spanned<FileReference>>;
        /// Size of `/dev/shm`.
        "shm_size" => shm_size: Bytes;
        /// Keep its standard input open.
        "stdin_open" => stdin_open: bool;
        /// Time between the stop signal and the kill.
        "stop_grace_period" => stop_grace_period: Duration, keep;
        /// Signal that asks it to stop.
        "stop_signal" => stop_signal: String;
        /// Options of the storage driver.
        "storage_opt" => storage_opt: Options;
        /// Kernel parameters.
        "sysctls" => sysctls: Labels;
        /// File systems in memory.
        "tmpfs" => tmpfs: Strings;
        /// Give it a terminal.
        "tty" => tty: bool;
        /// Limits of its processes.
        "ulimits" => ulimits: Names<Ulimit>;
        /// Give it the engine's socket.
        "use_api_socket" => use_api_socket: bool;
        /// User and group, by name or number.
        "user" => user: String;
        /// Whose user namespace.
        "userns_mode" => userns_mode: String;
        /// Whose host name namespace.
        "uts" => uts: String;
        /// What is mounted into it.
        "volumes" => volumes: Vec<Spanned<Mount>>;
        /// Services whose mounts it shares.
        "volumes_from" => volumes_from: Strings;
        /// Directory it starts in.
        "working_dir" => working_dir: String;
    }
}

record! {
    /// One entry of `env_file`.
    EnvFile {
        /// The file.
        "path" => path: String;
        /// Whether it must exist.
        "required" => required: bool, keep;
        /// `raw`, or nothing.
        "format" => format: String;
    }
}

record! {
    /// One entry of `depends_on`.
    Dependency {
        /// `service_started`, `service_healthy` or `service_completed_successfully`.
        "condition" => condition: String;
        /// Restart with the dependency.
        "restart" => restart: bool;
        /// Must be part of the project.
        "required" => required: bool, keep;
    }
}

record! {
    /// [`healthcheck`](https://github.com/compose-spec/compose-spec/blob/main/05-services.md#healthcheck).
    Healthcheck {
        /// `[CMD, …]`, `[CMD-SHELL, …]` or `[NONE]`.
        "test" => test: Strings;
        /// How long a check may take.
        "timeout" => timeout: Duration, keep;
        /// Pause between checks.
        "interval" => interval: Duration, keep;
        /// How many failures make it unhealthy.
        "retries" => retries: i64, keep;
        /// Time in which failures do not count.
        "start_period" => start_period: Duration, keep;
        /// Pause between checks in that time.
        "start_interval" => start_interval: Duration, keep;
        /// No check, not even the image's.
        "disable" => disable: bool;
    }
}

record! {
    /// One entry of `ports`.
    Port {
        /// A name for people.
        "name" => name: String;
        /// `ingress` or `host`.
        "mode" => mode: String;
        /// Address of the host it is bound to.
        "host_ip" => host_ip: String;
        /// Port of the container.
        "target" => target: i64;
        /// Port, or range of ports, of the host.
        "published" => published: String;
        /// `tcp` or `udp`.
        "protocol" => protocol: String;
        /// What is spoken on it.
        "app_protocol" => app_protocol: String;
    }
}

record! {
    /// One entry of `volumes`.
    Mount {
        /// `bind`, `volume`, `tmpfs`, `cluster`, `npipe` or `image`.
        "type" => r#type: String;
        /// Path of the host, name of a volume, image.
        "source" => source: String;
        /// Path in the container.
        "target" => target: String;
        /// No writing to it.
        "read_only" => read_only: bool;
        /// How it is kept consistent.
        "consistency" => consistency: String;
        /// Settings of a bind mount.
        "bind" => bind: MountBind, keep;
        /// Settings of a volume.
        "volume" => volume: MountVolume, keep;
        /// Settings of a file system in memory.
        "tmpfs" => tmpfs: MountTmpfs, keep;
        /// Settings of an image mount.
        "image" => image: MountImage, keep;
    }
}

record! {
    /// `volumes[].bind`.
    MountBind {
        /// `z` shared, `Z` private.
        "selinux" => selinux: String;
        /// How mounts below spread.
        "propagation" => propagation: String;
        /// Make the source if it is missing.
        "create_host_path" => create_host_path: bool;
        /// What becomes of mounts below.
        "recursive" => recursive: String;
    }
}

record! {
    /// `volumes[].volume`.
    MountVolume {
        /// Labels of a volume made for this mount.
        "labels" => labels: Labels;
        /// Do not fill it from the image.
        "nocopy" => nocopy: bool;
        /// Path within the volume.
        "subpath" => subpath: String;
    }
}

record! {
    /// `volumes[].tmpfs`.
    MountTmpfs {
        /// Its size.
        "size" => size: Bytes;
        /// Its permission bits, as a plain number.
        "mode" => mode: i64;
    }
}

record! {
    /// `volumes[].image`.
    MountImage {
        /// Path within the image.
        "subpath" => subpath: String;
    }
}

record! {
    /// One entry of `configs` or `secrets` of a service or a build.
    FileReference {
        /// Key of the top-level element.
        "source" => source: String;
        /// Path in the container.
        "target" => target: String;
        /// Owner of the file.
        "uid" => uid: String;
        /// Group of the file.
        "gid" => gid: String;
        /// Permission bits of the file.
        "mode" => mode: FileMode, keep;
    }
}

record! {
    /// One entry of `networks` of a service.
    ServiceNetwork {
        /// Further names of the service in this network.
        "aliases" => aliases: Strings;
        /// Options of the driver.
        "driver_opts" => driver_opts: Options;
        /// Which network's gateway is the default.
        "gw_priority" => gw_priority: i64;
        /// Name of the network card.
        "interface_name" => interface_name: String;
        /// Its address.
        "ipv4_address" => ipv4_address: String;
        /// Its address.
        "ipv6_address" => ipv6_address: String;
        /// Its link-local addresses.
        "link_local_ips" => link_local_ips: Strings;
        /// Address of the network card.
        "mac_address" => mac_address: String;
        /// In which order networks are joined.
        "priority" => priority: i64;
    }
}

record! {
    /// One entry of `models` of a service.
    ServiceModel {
        /// Variable that gets the address of the model.
        "endpoint_var" => endpoint_var: String;
        /// Variable that gets the name of the model.
        "model_var" => model_var: String;
    }
}

record! {
    /// `post_start` and `pre_stop` entries.
    Hook {
        /// What runs.
        "command" => command: Command, keep;
        /// Who runs it.
        "user" => user: String;
        /// With all rights of the host.
        "privileged" => privileged: bool;
        /// Directory it starts in.
        "working_dir" => working_dir: String;
        /// Its variables.
        "environment" => environment: Environment;
    }
}

record! {
    /// `pre_start` entries.
    PreStartHook {
        /// What runs.
        "command" => command: Command, keep;
        /// In which image; the service's unless set.
        "image" => image: String;
        /// Who runs it.
        "user" => user: String;
        /// With all rights of the host.
        "privileged" => privileged: bool;
        /// Directory it starts in.
        "working_dir" => working_dir: String;
        /// Its variables.
        "environment" => environment: Environment;
        /// Once for each container, or once for all.
        "per_replica" => per_replica: bool, keep;
    }
}

record! {
    /// `logging`.
    Logging {
        /// Where output goes.
        "driver" => driver: String;
        /// Options of the driver.
        "options" => options: Options;
    }
}

record! {
    /// `credential_spec`.
    CredentialSpec {
        /// Key of a config.
        "config" => config: String;
        /// A file.
        "file" => file: String;
        /// A key of the host's registry.
        "registry" => registry: String;
    }
}

record! {
    /// `provider`.
    Provider {
        /// The program that makes the service.
        "type" => r#type: String;
        /// Its options.
        "options" => options: Flags;
    }
}

record! {
    /// One entry of `devices`.
    Device {
        /// Path of the host.
        "source" => source: String;
        /// Path in the container.
        "target" => target: String;
        /// `r`, `w` and `m`.
        "permissions" => permissions: String;
    }
}

record! {
    /// `blkio_config`.
    Blkio {
        /// Weight of the service, 10 to 1000.
        "weight" => weight: i64;
        /// Weight by device.
        "weight_device" => weight_device: Vec<Spanned<BlkioWeight>>;
        /// Bytes read in a second, by device.
        "device_read_bps" => device_read_bps: Vec<Spanned<BlkioRate>>;
        /// Reads in a second, by device.
        "device_read_iops" => device_read_iops: Vec<Spanned<BlkioRate>>;
        /// Bytes written in a second, by device.
        "device_write_bps" => device_write_bps: Vec<Spanned<BlkioRate>>;
        /// Writes in a second, by device.
        "device_write_iops" => device_write_iops: Vec<Spanned<BlkioRate>>;
    }
}

record! {
    /// One entry of `blkio_config.weight_device`.
    BlkioWeight {
        /// The device.
        "path" => path: String;
        /// Its weight.
        "weight" => weight: i64;
    }
}

record! {
    /// One entry of `blkio_config.device_*`.
    BlkioRate {
        /// The device.
        "path" => path: String;
        /// Bytes or operations in a second.
        "rate" => rate: Bytes;
    }
}

/// One entry of `ulimits`: one limit for both, or a soft and a hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ulimit {
    /// Soft and hard are the same.
    Single(i64),
    /// Soft, which a process may raise to the hard one.
    Range {
        /// What holds at first.
        soft: i64,
        /// What holds at most.
        hard: i64,
    },
}

impl Attribute for Ulimit {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        // Interpolation makes integers of strings, but not within `build`.
        let mut limit = |node: &Node| match node.value {
            Value::Int(_) => i64::read(node, report),
            _ => attribute::mistyped(node, "an integer", report),
        };
        if node.as_map().is_some() {
            let (soft, hard) = (node.get("soft").map(&mut limit), node.get("hard").map(&mut limit));
            return Some(Ulimit::Range { soft: soft.unwrap_or(Some(0))?, hard: hard.unwrap_or(Some(0))? });
        }
        limit(node).map(|limit| match limit {
            // Docker compose knows a limit of 0 only as a pair.
            0 => Ulimit::Range { soft: 0, hard: 0 },
            limit => Ulimit::Single(limit),
        })
    }

    fn write(&self) -> Value {
        match self {
            Ulimit::Single(limit) => limit.write(),
            Ulimit::Range { soft, hard } => {
                let entry = |(name, limit): (&str, &i64)| {
                    (Key::new(name, Span::NOWHERE), attribute::printed(limit.write(), Span::NOWHERE))
                };
                Value::Map([("soft", soft), ("hard", hard)].into_iter().map(entry).collect::<Map>())
            }
        }
    }

    fn is_zero(&self) -> bool {
        false
    }
}

impl Hosts {
    fn add(&mut self, name: &str, addresses: Vec<&str>, node: &Node, report: &mut Report) -> Option<()> {
        if name.is_empty() || name.contains([':', '=']) {
            let problem = format!("`{name}` is no host name: expected `name=address`");
            return attribute::ungrammatical(node, problem, report);
        }
        let host = self.0.entry(name.to_owned()).or_insert_with(|| node.spanned(Vec::new()));
        host.value.extend(addresses.into_iter().map(unbracketed));
        Some(())
    }
}

impl Attribute for Hosts {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let mut hosts = Hosts::default();
        match &node.value {
            Value::Map(map) => {
                for (key, value) in map {
                    let addresses = Vec::<String>::read(value, report)?;
                    hosts.add(&key.text, addresses.iter().map(String::as_str).collect(), value, report)?;
                }
            }
            Value::Seq(items) => {
                for item in items {
                    let text = String::read(item, report)?;
                    let Some((name, addresses)) = text.split_once('=').or_else(|| text.split_once(':'))
                    else {
                        let problem = format!("`{text}` has no address: expected `name=address`");
                        return attribute::ungrammatical(item, problem, report);
                    };
                    hosts.add(name, addresses.split(',').collect(), item, report)?;
                }
            }
            _ => return attribute::mistyped(node, "a list or a mapping", report),
        }
        Some(hosts)
    }

    fn write(&self) -> Value {
        let mut lines: Vec<(String, Span)> = self
            .iter()
            .flat_map(|(name, addresses)| {
                addresses.value.iter().map(move |ip| (format!("{name}={ip}"), addresses.span))
            })
            .collect();
        lines.sort();
        Value::Seq(lines.into_iter().map(|(line, span)| Node::string(line, span)).collect())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

/// IPv6 addresses may be written in brackets.
fn unbracketed(address: &str) -> String {
    let inner = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(address).to_owned()
}

impl Service {
    /// Whether it names a port that it listens on: an empty list, which drops the ports of an anchor, names none.
    pub fn names_ports(&self) -> bool {
        self.ports.as_ref().is_some_and(|ports| !ports.value.is_empty())
            || self.expose.as_ref().is_some_and(|expose| !expose.value.is_empty())
    }

    /// The image by which the service runs: as named, or as compose names what it builds.
    pub fn image_or_built(&self, project: &str, name: &str) -> String {
        match &self.image {
            Some(image) if !image.value.is_empty() => image.value.clone(),
            _ => format!("{project}-{name}"),
        }
    }

    /// Whether compose runs a container for it; it leaves what has a `provider` to another program.
    pub fn is_container(&self) -> bool {
        self.provider.is_none()
    }

    /// How many containers it runs: `deploy.replicas`, else `scale`.
    pub fn replicas(&self) -> Option<i64> {
        let deployed = self.deploy.as_ref().and_then(|deploy| deploy.value.replicas.as_ref());
        deployed.or(self.scale.as_ref()).map(|replicas| replicas.value)
    }

    /// The user that it says; an empty name, of a variable that is not set say, is none.
    pub fn own_user(&self) -> Option<&Spanned<String>> {
        self.user.as_ref().filter(|user| !matches!(user.value.as_str(), "" | ":"))
    }

    /// Whether it is left alone once it has ended well.
    pub fn runs_to_its_end(&self) -> bool {
        let restart = self.restart_condition().unwrap_or_default();
        matches!(restart, "no" | "none" | "on-failure") || restart.starts_with("on-failure:")
    }

    /// When it is started again.
    pub fn restart_condition(&self) -> Option<&str> {
        self.written_restart().map(|condition| condition.value.as_str())
    }

    /// What says when it is started again: `deploy.restart_policy.condition`, which overrules `restart`.
    pub fn written_restart(&self) -> Option<&Spanned<String>> {
        self.condition_of_policy().or(self.restart.as_ref())
    }

    /// `deploy.restart_policy.condition`.
    pub fn condition_of_policy(&self) -> Option<&Spanned<String>> {
        self.deploy.as_ref()?.value.restart_policy.as_ref()?.value.condition.as_ref()
    }
}
