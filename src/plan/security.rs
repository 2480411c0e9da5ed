//! Users, rights and isolation.
//!
//! Safe defaults that no image needs to be changed for: no privilege escalation, the runtime's seccomp
//! profile, no token of the cluster's API. Stricter ones (no root, no capabilities, no writing) break
//! images that start as root, so they are set only where compose says so.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, Container, PodSecurityContext, PodSpec, SELinuxOptions, SeccompProfile,
    SecurityContext, Sysctl,
};

use super::ledger::Entries;
use crate::{compose::model::Service, text::Spanned};

/// Kernel parameters that every node lets pods set.
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];

/// Gives pod and container their security contexts.
pub(super) fn plan(
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let seccomp = SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None };
    let mut whole = PodSecurityContext { seccomp_profile: Some(seccomp), ..PodSecurityContext::default() };
    let mut own = SecurityContext { allow_privilege_escalation: Some(false), ..SecurityContext::default() };
    user(service, &mut whole, &mut own, entries);
    rights(service, &mut own, entries);
    for option in service.security_opt.iter().flat_map(|field| &field.value) {
        security_option(option, &mut own, entries);
    }
    sysctls(service, &mut whole, entries);
    pod.security_context = Some(whole);
    container.security_context = Some(own);
    pod.automount_service_account_token = Some(false);
}

/// A user other than root can write to volumes only if they belong to a group of it. Docker hands down who owns
/// the directory in the image; a claim belongs to root.
pub(super) fn own_volumes(container: &Container, pod: &mut PodSpec) {
    let own = container.security_context.as_ref();
    let user = own.and_then(|own| own.run_as_user).filter(|user| *user != 0);
    let group = own.and_then(|own| own.run_as_group).filter(|group| *group != 0).or(user);
    let mounts = container.volume_mounts.as_ref().is_some_and(|mounts| !mounts.is_empty());
    if let Some(whole) = pod.security_context.as_mut().filter(|_| mounts && user.is_some()) {
        whole.fs_group = whole.fs_group.or(group);
    }
}

fn user(
    service: &Service,
    pod: &mut PodSecurityContext,
    own: &mut SecurityContext,
    entries: &mut Entries<'_>,
) {
    if let Some(user) = &service.user {
        let (name, group) =
            user.value.split_once(':').map_or((user.value.as_str(), None), |(u, g)| (u, Some(g)));
        own.run_as_user = name.parse().ok();
        own.run_as_group = group.and_then(|group| group.parse().ok());
        let named = own.run_as_user.is_none() || (group.is_some() && own.run_as_group.is_none());
        if named {
            let reason = "Kubernetes takes numbers only: look the name up in the image's /etc/passwd, or set USER there";
            entries.unsupported(&["user"], reason);
        } else {
            entries.mapped(&["user"]);
        }
    }
    if let Some(groups) = &service.group_add {
        let numbers: Vec<i64> = groups.value.iter().filter_map(|group| group.value.parse().ok()).collect();
        if numbers.len() == groups.value.len() {
            entries.mapped(&["group_add"]);
        } else {
            entries.unsupported(
                &["group_add"],
                "Kubernetes takes numbers only: look the names up in the image's /etc/group",
            );
        }
        pod.supplemental_groups = (!numbers.is_empty()).then_some(numbers);
    }
}

fn rights(service: &Service, own: &mut SecurityContext, entries: &mut Entries<'_>) {
    if let Some(privileged) = &service.privileged {
        if privileged.value {
            own.privileged = Some(true);
            own.allow_privilege_escalation = None;
        }
        entries.mapped(&["privileged"]);
    }
    let capabilities = |field: &Option<Spanned<Vec<Spanned<String>>>>| {
        let list: Vec<String> =
            field.iter().flat_map(|field| &field.value).map(|name| capability(name)).collect();
        (!list.is_empty()).then_some(list)
    };
    let (add, drop) = (capabilities(&service.cap_add), capabilities(&service.cap_drop));
    if add.is_some() || drop.is_some() {
        // The API refuses CAP_SYS_ADMIN together with a ban on escalation.
        if add.iter().flatten().any(|name| name == "SYS_ADMIN" || name == "ALL") {
            own.allow_privilege_escalation = None;
        }
        own.capabilities = Some(Capabilities { add, drop });
    }
    if service.cap_add.is_some() {
        entries.mapped(&["cap_add"]);
    }
    if service.cap_drop.is_some() {
        entries.mapped(&["cap_drop"]);
    }
    if let Some(read_only) = &service.read_only {
        own.read_only_root_filesystem = read_only.value.then_some(true);
        entries.mapped(&["read_only"]);
    }
}

/// Kubernetes names capabilities without their prefix.
fn capability(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

fn security_option(option: &Spanned<String>, own: &mut SecurityContext, entries: &mut Entries<'_>) {
    let (name, value) = option.value.split_once([':', '=']).unwrap_or((option.value.as_str(), ""));
    match (name, value) {
        ("no-new-privileges", "" | "true") => {
            own.allow_privilege_escalation = Some(false);
            entries.mapped_as(&["security_opt"], format!("`{}` is so for every container", option.value));
        }
        ("no-new-privileges", _) => own.allow_privilege_escalation = None,
        ("seccomp", "unconfined") => {
            own.seccomp_profile =
                Some(SeccompProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
        }
        ("apparmor", "unconfined") => {
            own.app_armor_profile =
                Some(AppArmorProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
        }
        ("label", "disable") => {
            entries.mapped_as(&["security_opt"], "`label:disable`: labels are set only where asked for");
        }
        ("label", label) => selinux(label, own),
        ("systempaths", "unconfined") => own.proc_mount = Some("Unmasked".to_owned()),
        _ => {
            let reason = format!(
                "`{name}` profiles live on nodes: install it there and name it in the securityContext"
            );
            entries.unsupported(&["security_opt"], reason);
            return;
        }
    }
    entries.mapped(&["security_opt"]);
}

fn selinux(label: &str, own: &mut SecurityContext) {
    let (part, value) = label.split_once(':').unwrap_or((label, ""));
    let options = own.se_linux_options.get_or_insert_with(SELinuxOptions::default);
    match part {
        "user" => options.user = Some(value.to_owned()),
        "role" => options.role = Some(value.to_owned()),
        "type" => options.type_ = Some(value.to_owned()),
        _ => options.level = Some(value.to_owned()),
    }
}

fn sysctls(service: &Service, pod: &mut PodSecurityContext, entries: &mut Entries<'_>) {
    let Some(sysctls) = &service.sysctls else { return };
    let set =
        sysctls.value.iter().map(|(name, value)| Sysctl { name: name.clone(), value: value.value.clone() });
    pod.sysctls = Some(set.collect());
    for name in sysctls.value.keys() {
        if SAFE_SYSCTLS.contains(&name.as_str()) {
            entries.mapped(&["sysctls", name]);
        } else {
            let reason =
                "for the whole pod, and only on nodes whose kubelet has it under --allowed-unsafe-sysctls";
            entries.approximated(&["sysctls", name], reason);
        }
    }
}
