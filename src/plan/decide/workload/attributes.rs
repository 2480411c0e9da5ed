//! Every attribute of a service, by name: what becomes of it, or that it is decided elsewhere.

use crate::{
    compose::model::{Port, Service},
    k8s::name,
    plan::{decide::kompose, ledger::Entries, reasons},
    text::Spanned,
};

/// Decides what needs no look at the rest of the service. There is no `..`: an attribute that is added
/// to the model has to be decided here or be named as decided elsewhere.
#[expect(clippy::too_many_lines, reason = "one line an attribute")]
pub(super) fn record_attributes(service: &Service, entries: &mut Entries<'_>) {
    entries.mapped(&[]);
    let Service {
        annotations: _,
        attach,
        build,
        blkio_config,
        cap_add: _,
        cap_drop: _,
        cgroup,
        cgroup_parent,
        command: _,
        configs: _,
        container_name,
        cpu_count,
        cpu_percent,
        cpu_period: _,
        cpu_quota: _,
        cpu_rt_period,
        cpu_rt_runtime,
        cpu_shares: _,
        cpus: _,
        cpuset,
        credential_spec,
        depends_on: _,
        deploy: _,
        develop,
        device_cgroup_rules,
        devices,
        dns: _,
        dns_opt: _,
        dns_search: _,
        domainname,
        entrypoint: _,
        environment: _,
        env_file: _,
        expose,
        external_links,
        extra_hosts: _,
        gpus: _,
        group_add: _,
        healthcheck: _,
        hostname: _,
        image: _,
        init: _,
        ipc: _,
        isolation,
        labels: _,
        links,
        logging,
        mac_address,
        mem_limit: _,
        mem_reservation: _,
        mem_swappiness,
        memswap_limit,
        models,
        network_mode: _,
        networks: _,
        oom_kill_disable,
        oom_score_adj,
        pid: _,
        pids_limit,
        platform: _,
        ports,
        pre_start,
        post_start: _,
        pre_stop: _,
        privileged: _,
        profiles,
        provider,
        pull_policy: _,
        pull_refresh_after: _,
        read_only: _,
        restart: _,
        runtime: _,
        scale: _,
        security_opt: _,
        secrets: _,
        shm_size: _,
        stdin_open: _,
        stop_grace_period: _,
        stop_signal: _,
        storage_opt,
        sysctls: _,
        tmpfs: _,
        tty: _,
        ulimits,
        use_api_socket,
        user: _,
        userns_mode: _,
        uts,
        volumes: _,
        volumes_from: _,
        working_dir: _,
        extensions,
    } = service;
    let as_ever = [
        ("attach", attach.is_some()),
        ("container_name", container_name.is_some()),
        ("blkio_config", blkio_config.is_some()),
        ("cgroup", cgroup.is_some()),
        ("cgroup_parent", cgroup_parent.is_some()),
        ("cpu_count", cpu_count.is_some()),
        ("cpu_percent", cpu_percent.is_some()),
        ("cpu_rt_period", cpu_rt_period.is_some()),
        ("cpu_rt_runtime", cpu_rt_runtime.is_some()),
        ("cpuset", cpuset.is_some()),
        ("credential_spec", credential_spec.is_some()),
        ("device_cgroup_rules", device_cgroup_rules.is_some()),
        ("devices", devices.is_some()),
        ("domainname", domainname.is_some()),
        ("external_links", external_links.is_some()),
        ("isolation", isolation.is_some()),
        ("logging", logging.is_some()),
        ("mac_address", mac_address.is_some()),
        ("mem_swappiness", mem_swappiness.is_some()),
        ("memswap_limit", memswap_limit.is_some()),
        ("models", models.is_some()),
        ("oom_kill_disable", oom_kill_disable.is_some()),
        ("oom_score_adj", oom_score_adj.is_some()),
        ("pids_limit", pids_limit.is_some()),
        ("provider", provider.is_some()),
        ("storage_opt", storage_opt.is_some()),
        ("ulimits", ulimits.is_some()),
        ("use_api_socket", use_api_socket.is_some()),
        ("uts", uts.is_some()),
        ("pre_start", pre_start.is_some()),
    ];
    for (key, present) in as_ever {
        if present {
            entries.as_ever(&[key]);
        }
    }
    if develop.is_some() {
        // Where Skaffold copies files, it is said later what it does.
        let reason = if build.is_some() { reasons::BUILT_ANEW } else { reasons::NOTHING_TO_COPY_INTO };
        entries.ignored(&["develop"], reason);
    }
    if profiles.is_some() {
        entries.mapped(&["profiles"]);
    }
    for (key, present) in
        [("ports", ports.is_some()), ("expose", expose.is_some()), ("links", links.is_some())]
    {
        if present {
            let file = entries
                .file()
                .rsplit_once('/')
                .map_or(String::new(), |(folder, _)| format!("{folder}/service.yaml"));
            entries.mapped_to(&[key], file);
        }
    }
    if let Some(ports) = ports {
        port_names(ports, entries);
    }
    if let Some(ports) = ports.as_ref().filter(|_| !kompose::reach::is_published(service)) {
        published(ports, entries);
    }
    if let Some(links) = links.as_ref().filter(|links| !links.value.is_empty()) {
        let names: Vec<String> = links.value.iter().map(|link| format!("`{}`", link.value)).collect();
        entries.mapped_as(&["links"], reasons::have_services(names.join(", ")));
    }
    for (extension, _) in extensions.iter() {
        entries.as_ever(&[extension]);
    }
}

/// A name that Kubernetes does not take gives way to another one.
fn port_names(ports: &Spanned<Vec<Spanned<Port>>>, entries: &mut Entries<'_>) {
    for wanted in ports.value.iter().filter_map(|port| port.name.as_ref()) {
        if name::port_name(&wanted.value).as_deref() != Some(wanted.as_str()) {
            let reason = reasons::port_has_another_name(&wanted.value);
            entries.at(wanted.span).approximated(&["ports"], reason);
        }
    }
}

fn published(ports: &Spanned<Vec<Spanned<Port>>>, entries: &mut Entries<'_>) {
    for port in &ports.value {
        let host_ip = port.host_ip.as_ref().filter(|ip| !ip.value.is_empty());
        let number = port.target.as_ref().map_or_else(String::new, |target| target.value.to_string());
        let moved = port.published.as_ref().filter(|published| published.value != number);
        let host = port.mode.as_ref().is_some_and(|mode| mode.value == "host");
        let places = [moved.map(|it| it.span), host_ip.map(|it| it.span)];
        for place in places.into_iter().flatten().filter(|_| !host) {
            entries.at(place).approximated(&["ports"], reasons::PUBLISHED_BY_CLUSTER);
        }
        if let Some(host_ip) = host_ip.filter(|_| host) {
            entries.at(host_ip.span).approximated(&["ports"], reasons::PUBLISHED_EVERYWHERE);
        }
    }
}
