//! Services and what lies within them.

use docker_compose_types as types;
use indexmap::IndexMap;

use super::{deploy, extensions, flag, labels, optional_texts, optional_values, printed, texts, value};
use crate::{
    compose::model::{
        Build, Command, Dependency, Device, EnvFile, Environment, FileReference, Healthcheck, Hosts, Logging,
        Mount, MountBind, MountTmpfs, MountVolume, Names, Port, Service, ServiceNetwork, Strings, Ulimit,
    },
    text::Spanned,
};

#[expect(clippy::too_many_lines, reason = "a table of the attributes")]
pub(super) fn service(service: &Spanned<Box<Service>>) -> types::Service {
    let Service {
        annotations: _,
        attach: _,
        build: own_build,
        blkio_config: _,
        cap_add,
        cap_drop,
        cgroup: _,
        cgroup_parent,
        command,
        configs: _,
        container_name,
        cpu_count: _,
        cpu_percent: _,
        cpu_period: _,
        cpu_quota: _,
        cpu_rt_period: _,
        cpu_rt_runtime: _,
        cpu_shares: _,
        cpus: _,
        cpuset: _,
        credential_spec: _,
        depends_on: dependencies,
        deploy: own_deploy,
        develop: _,
        device_cgroup_rules: _,
        devices,
        dns,
        dns_opt,
        dns_search: _,
        domainname,
        entrypoint,
        environment: variables,
        env_file: files,
        expose,
        external_links: _,
        extra_hosts: hosts,
        gpus: _,
        group_add,
        healthcheck: check,
        hostname,
        image,
        init,
        ipc,
        isolation: _,
        labels: own_labels,
        links,
        logging: log,
        mac_address: _,
        mem_limit,
        mem_reservation,
        mem_swappiness,
        memswap_limit: _,
        models: _,
        network_mode,
        networks: own_networks,
        oom_kill_disable: _,
        oom_score_adj: _,
        pid,
        pids_limit: _,
        platform: _,
        ports: own_ports,
        pre_start: _,
        post_start: _,
        pre_stop: _,
        privileged,
        profiles,
        provider: _,
        pull_policy: pulls,
        pull_refresh_after: _,
        read_only,
        restart,
        runtime,
        scale,
        security_opt,
        secrets: own_secrets,
        shm_size,
        stdin_open,
        stop_grace_period,
        stop_signal,
        storage_opt: _,
        sysctls,
        tmpfs,
        tty,
        ulimits: limits,
        use_api_socket: _,
        user,
        userns_mode,
        uts: _,
        volumes,
        volumes_from,
        working_dir,
        extensions: own_extensions,
    } = &*service.value;
    let mut converted = types::Service {
        hostname: value(hostname),
        domainname: value(domainname),
        privileged: flag(privileged),
        read_only: flag(read_only),
        healthcheck: check.as_ref().map(healthcheck),
        deploy: own_deploy.as_ref().map(deploy::deploy),
        image: value(image),
        container_name: value(container_name),
        build_: own_build.as_ref().map(build),
        pid: value(pid),
        ports: ports(own_ports),
        environment: environment(variables),
        network_mode: value(network_mode),
        devices: devices.iter().flat_map(|devices| devices.value.iter().map(device)).collect(),
        restart: value(restart),
        labels: labels(own_labels),
        tmpfs: optional_texts(tmpfs).map(types::Tmpfs::List),
        ulimits: ulimits(limits),
        volumes: volumes.iter().flat_map(|volumes| volumes.value.iter().map(mount)).collect(),
        networks: networks(own_networks),
        cap_add: texts(cap_add),
        cap_drop: texts(cap_drop),
        depends_on: depends_on(dependencies),
        command: words(command).map(types::Command::Args),
        entrypoint: words(entrypoint).map(types::Entrypoint::List),
        env_file: files.as_ref().map(env_files),
        stop_grace_period: printed(stop_grace_period),
        profiles: texts(profiles),
        links: texts(links),
        dns: texts(dns),
        dns_opt: texts(dns_opt),
        ipc: value(ipc),
        net: None,
        stop_signal: value(stop_signal),
        user: value(user),
        userns_mode: value(userns_mode),
        working_dir: value(working_dir),
        expose: texts(expose),
        volumes_from: texts(volumes_from),
        extends: IndexMap::new(),
        logging: log.as_ref().map(logging),
        scale: value(scale).unwrap_or_default(),
        init: flag(init),
        stdin_open: flag(stdin_open),
        shm_size: printed(shm_size),
        extensions: IndexMap::new(),
        extra_hosts: extra_hosts(hosts),
        group_add: groups(group_add),
        tty: flag(tty),
        sysctls: types::SysCtls::Map(optional_values(sysctls)),
        security_opt: texts(security_opt),
        secrets: secrets(own_secrets),
        pull_policy: pulls.as_ref().and_then(pull_policy),
        cgroup_parent: value(cgroup_parent),
        mem_limit: printed(mem_limit),
        mem_reservation: printed(mem_reservation),
        mem_swappiness: value(mem_swappiness).and_then(|share| u16::try_from(share.0).ok()),
        runtime: value(runtime),
    };
    extensions(own_extensions, &mut converted.extensions);
    converted
}

fn words(command: &Option<Spanned<Command>>) -> Option<Vec<String>> {
    command.as_ref().map(|command| command.value.iter().map(|word| word.value.clone()).collect())
}

fn environment(variables: &Option<Spanned<Environment>>) -> types::Environment {
    types::Environment::KvPair(optional_values(variables))
}

fn env_files(files: &Spanned<Vec<Spanned<EnvFile>>>) -> types::StringOrList {
    types::StringOrList::List(files.value.iter().filter_map(|file| value(&file.value.path)).collect())
}

fn extra_hosts(hosts: &Option<Spanned<Hosts>>) -> Vec<String> {
    let hosts = hosts.iter().flat_map(|hosts| hosts.value.iter());
    hosts
        .flat_map(|(name, addresses)| addresses.value.iter().map(move |address| format!("{name}={address}")))
        .collect()
}

fn groups(groups: &Option<Spanned<Strings>>) -> Vec<types::Group> {
    let group = |text: String| text.parse().map(types::Group::Gid).unwrap_or(types::Group::Named(text));
    texts(groups).into_iter().map(group).collect()
}

fn pull_policy(policy: &Spanned<String>) -> Option<types::PullPolicy> {
    match policy.value.as_str() {
        "always" => Some(types::PullPolicy::Always),
        "never" => Some(types::PullPolicy::Never),
        "missing" | "if_not_present" => Some(types::PullPolicy::Missing),
        "build" => Some(types::PullPolicy::Build),
        _ => None,
    }
}

fn healthcheck(check: &Spanned<Box<Healthcheck>>) -> types::Healthcheck {
    let Healthcheck {
        test,
        timeout,
        interval,
        retries,
        start_period,
        start_interval,
        disable,
        extensions: _,
    } = &*check.value;
    types::Healthcheck {
        test: optional_texts(test).map(types::HealthcheckTest::Multiple),
        interval: printed(interval),
        timeout: printed(timeout),
        retries: value(retries).unwrap_or_default(),
        start_period: printed(start_period),
        start_interval: printed(start_interval),
        disable: flag(disable),
    }
}

fn build(build: &Spanned<Box<Build>>) -> types::BuildStep {
    let Build {
        context,
        dockerfile,
        dockerfile_inline,
        entitlements: _,
        args,
        provenance: _,
        sbom: _,
        ssh: _,
        labels: own_labels,
        cache_from,
        cache_to: _,
        no_cache: _,
        no_cache_filter: _,
        additional_contexts: _,
        pull: _,
        extra_hosts: _,
        isolation: _,
        network,
        target,
        secrets: _,
        shm_size,
        tags: _,
        ulimits: _,
        platforms: _,
        privileged: _,
        extensions: _,
    } = &*build.value;
    types::BuildStep::Advanced(types::AdvancedBuildStep {
        context: value(context).unwrap_or_default(),
        dockerfile: value(dockerfile),
        dockerfile_inline: value(dockerfile_inline),
        args: args.as_ref().map(arguments),
        shm_size: value(shm_size).and_then(|size| u64::try_from(size.0).ok()),
        target: value(target),
        network: value(network),
        cache_from: texts(cache_from),
        labels: labels(own_labels),
    })
}

/// A mapping, or a list if there are arguments without a value: only that can hold them.
fn arguments(arguments: &Spanned<Environment>) -> types::BuildArgs {
    let pairs = || arguments.value.iter().map(|(name, value)| (name.clone(), value.value.clone()));
    let complete = pairs().map(|(name, value)| value.map(|value| (name, value))).collect();
    match complete {
        Some(pairs) => types::BuildArgs::KvPair(pairs),
        None => {
            let item = |(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name,
            };
            types::BuildArgs::List(pairs().map(item).collect())
        }
    }
}

fn ports(ports: &Option<Spanned<Vec<Spanned<Port>>>>) -> types::Ports {
    types::Ports::Long(ports.iter().flat_map(|ports| ports.value.iter().filter_map(port)).collect())
}

fn port(port: &Spanned<Port>) -> Option<types::Port> {
    let Port { name: _, mode, host_ip, target, published: outside, protocol, app_protocol: _, extensions: _ } =
        &port.value;
    Some(types::Port {
        target: u16::try_from(value(target)?).ok()?,
        host_ip: value(host_ip),
        published: outside.as_ref().map(published),
        protocol: value(protocol),
        mode: value(mode),
    })
}

fn published(published: &Spanned<String>) -> types::PublishedPort {
    match published.value.parse() {
        Ok(number) => types::PublishedPort::Single(number),
        Err(_) => types::PublishedPort::Range(published.value.clone()),
    }
}

/// `path:path in the container:permissions`; what is left out at the end stays out.
fn device(device: &Spanned<Device>) -> String {
    let Device { source, target, permissions, extensions: _ } = &device.value;
    let source = value(source).unwrap_or_default();
    match (value(target), value(permissions)) {
        (Some(target), Some(permissions)) => format!("{source}:{target}:{permissions}"),
        (Some(target), None) => format!("{source}:{target}"),
        (None, Some(permissions)) => format!("{source}:{source}:{permissions}"),
        (None, None) => source,
    }
}

fn mount(mount: &Spanned<Mount>) -> types::Volumes {
    let Mount {
        r#type,
        source,
        target,
        read_only,
        consistency: _,
        bind: own_bind,
        volume: own_volume,
        tmpfs: memory,
        image: _,
        extensions: _,
    } = &mount.value;
    types::Volumes::Advanced(types::AdvancedVolumes {
        source: value(source),
        target: value(target).unwrap_or_default(),
        _type: value(r#type).unwrap_or_default(),
        read_only: flag(read_only),
        bind: own_bind.as_ref().map(bind),
        volume: own_volume.as_ref().map(volume),
        tmpfs: memory.as_ref().and_then(tmpfs),
    })
}

fn bind(bind: &Spanned<MountBind>) -> types::Bind {
    let MountBind { selinux, propagation, create_host_path, recursive: _, extensions: _ } = &bind.value;
    types::Bind {
        propagation: value(propagation),
        create_host_path: value(create_host_path),
        selinux: value(selinux),
    }
}

fn volume(volume: &Spanned<MountVolume>) -> types::Volume {
    let MountVolume { labels: _, nocopy, subpath, extensions: _ } = &volume.value;
    types::Volume { nocopy: value(nocopy), subpath: value(subpath) }
}

/// The size is all there is to it.
fn tmpfs(tmpfs: &Spanned<MountTmpfs>) -> Option<types::TmpfsSettings> {
    let MountTmpfs { size, mode: _, extensions: _ } = &tmpfs.value;
    Some(types::TmpfsSettings { size: u64::try_from(value(size)?.0).ok()? })
}

fn networks(networks: &Option<Spanned<Names<Option<Box<ServiceNetwork>>>>>) -> types::Networks {
    let names = networks.as_ref().map(|networks| super::settings(&networks.value, network));
    types::Networks::Advanced(types::AdvancedNetworks(names.unwrap_or_default()))
}

fn network(network: &ServiceNetwork) -> types::AdvancedNetworkSettings {
    let ServiceNetwork {
        aliases,
        driver_opts: _,
        gw_priority: _,
        interface_name: _,
        ipv4_address,
        ipv6_address,
        link_local_ips: _,
        mac_address: _,
        priority: _,
        extensions: _,
    } = network;
    types::AdvancedNetworkSettings {
        ipv4_address: value(ipv4_address),
        ipv6_address: value(ipv6_address),
        aliases: texts(aliases),
    }
}

fn depends_on(dependencies: &Option<Spanned<Names<Dependency>>>) -> types::DependsOnOptions {
    let entry = |(name, dependency): (&String, &Spanned<Dependency>)| {
        let Dependency { condition, restart, required, extensions: _ } = &dependency.value;
        let condition = types::DependsCondition {
            condition: value(condition).unwrap_or_default(),
            restart: value(restart),
            required: value(required),
        };
        (name.clone(), condition)
    };
    let all = dependencies.iter().flat_map(|dependencies| &dependencies.value);
    types::DependsOnOptions::Conditional(all.map(entry).collect())
}

fn ulimits(limits: &Option<Spanned<Names<Ulimit>>>) -> types::Ulimits {
    let number = types::StringOrUnsigned::Unsigned;
    let entry = |(name, limit): (&String, &Spanned<Ulimit>)| {
        let limit = match limit.value {
            Ulimit::Single(limit) => types::Ulimit::Single(number(limit)),
            Ulimit::Range { soft, hard } => {
                types::Ulimit::SoftHard { soft: number(soft), hard: number(hard) }
            }
        };
        (name.clone(), limit)
    };
    types::Ulimits(limits.iter().flat_map(|limits| &limits.value).map(entry).collect())
}

fn logging(logging: &Spanned<Box<Logging>>) -> types::LoggingParameters {
    let Logging { driver, options, extensions: _ } = &*logging.value;
    let option = |(name, value): (&String, &Spanned<String>)| {
        (name.clone(), types::SingleValue::String(value.value.clone()))
    };
    types::LoggingParameters {
        driver: value(driver),
        options: options.as_ref().map(|options| options.value.iter().map(option).collect()),
    }
}

fn secrets(secrets: &Option<Spanned<Vec<Spanned<FileReference>>>>) -> Option<types::Secrets> {
    let secret = |reference: &Spanned<FileReference>| {
        let FileReference { source, target, uid, gid, mode, extensions: _ } = &reference.value;
        types::AdvancedSecrets {
            source: value(source).unwrap_or_default(),
            target: value(target),
            uid: value(uid),
            gid: value(gid),
            mode: printed(mode),
        }
    };
    secrets.as_ref().map(|secrets| types::Secrets::Advanced(secrets.value.iter().map(secret).collect()))
}
