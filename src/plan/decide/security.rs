//! Users, rights and isolation.
//!
//! Safe defaults that no image needs to be changed for: no privilege escalation, the runtime's seccomp
//! profile, no token of the cluster's API. Stricter ones (no root, no capabilities, no writing) break
//! images that start as root, so they are set only where compose says so.

use k8s_openapi::api::core::v1::{
    AppArmorProfile, Capabilities, Container, PodSecurityContext, PodSpec, SELinuxOptions, SeccompProfile,
    SecurityContext, Sysctl,
};

use crate::{
    compose::model::Service,
    k8s::versions::{self, Version},
    plan::{
        facts::Facts,
        ledger::Entries,
        reasons::{self, Reason},
    },
    text::Spanned,
};

/// Gives pod and container their security contexts.
pub(super) fn apply_security(
    (facts, key): (&Facts<'_>, &str),
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let seccomp = SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None };
    let mut whole = PodSecurityContext { seccomp_profile: Some(seccomp), ..PodSecurityContext::default() };
    let mut own = SecurityContext { allow_privilege_escalation: Some(false), ..SecurityContext::default() };
    let number_of = |name: &str| number(name).or_else(|| facts.number_of_user(key, name));
    user(service, &number_of, &mut whole, &mut own, entries);
    rights(service, &mut own, entries);
    for option in service.security_opt.iter().flat_map(|field| &field.value) {
        security_option(option, &mut own, entries);
    }
    sysctls(service, facts.context.kubernetes, &mut whole, entries);
    pod.security_context = Some(whole);
    container.security_context = Some(own);
    pod.automount_service_account_token = Some(false);
}

/// A user other than root can write to volumes only if they belong to a group of it. Docker hands down who owns
/// the directory in the image; a claim belongs to root. `group` is that of the image's own user, if it is known and
/// there is a claim.
pub(super) fn own_volumes(container: &Container, pod: &mut PodSpec, group: Option<i64>) {
    let own = container.security_context.as_ref();
    let user = own.and_then(|own| own.run_as_user);
    let named = user.filter(|user| *user != 0);
    let named = named.map(|user| own.and_then(|own| own.run_as_group).filter(|it| *it != 0).unwrap_or(user));
    // Of a user whose number is not known, the group may be: it is root's for images that may run as anybody.
    let group = group.or_else(|| own.and_then(|own| own.run_as_group));
    let mounts = container.volume_mounts.as_ref().is_some_and(|mounts| !mounts.is_empty());
    let group = named.or(group.filter(|_| user.is_none()));
    if let Some(whole) = pod.security_context.as_mut().filter(|_| mounts && group.is_some()) {
        whole.fs_group = whole.fs_group.or(group);
    }
}

/// Lets a program that is not root's listen at ports below 1024, as Docker does.
pub(super) fn open_low_ports(
    (facts, key): (&Facts<'_>, &str),
    service: &Service,
    container: &Container,
    pod: &mut PodSpec,
) {
    /// The kernel's parameter that says from which port on everybody may listen.
    const FIRST: &str = "net.ipv4.ip_unprivileged_port_start";
    let own = container.security_context.as_ref().and_then(|own| own.run_as_user);
    let is_other = match service.own_user() {
        Some(_) => own.is_some_and(|user| user != 0),
        None => facts.image_user(key).is_some(),
    };
    let is_low = container.ports.iter().flatten().any(|port| port.container_port < 1024);
    let is_nodes = pod.host_network == Some(true);
    if !is_other || !is_low || refusal(FIRST, is_nodes, facts.context.kubernetes).is_some() {
        return;
    }
    let sysctls = pod.security_context.get_or_insert_default().sysctls.get_or_insert_default();
    if !sysctls.iter().any(|sysctl| sysctl.name == FIRST) {
        sysctls.push(Sysctl { name: FIRST.to_owned(), value: "0".to_owned() });
    }
}

fn user(
    service: &Service,
    number_of: &dyn Fn(&str) -> Option<i64>,
    pod: &mut PodSecurityContext,
    own: &mut SecurityContext,
    entries: &mut Entries<'_>,
) {
    if let Some(user) = &service.user {
        let (name, group) = user.value.split_once(':').unwrap_or((&user.value, ""));
        own.run_as_user = number_of(name);
        // A group of a number's own has usually the name of its user.
        own.run_as_group = number_of(group);
        let is_named = |text: &str| !text.is_empty() && number_of(text).is_none();
        if is_named(name) || is_named(group) {
            entries.unsupported(&["user"], reasons::NUMBER_OF_USER);
        } else if let Some(user) = own.run_as_user.filter(|_| number(name).is_none()) {
            entries.approximated(&["user"], reasons::user_is_number(name, user));
        } else {
            entries.mapped(&["user"]);
        }
    }
    groups(service, pod, entries);
}

fn groups(service: &Service, pod: &mut PodSecurityContext, entries: &mut Entries<'_>) {
    if let Some(groups) = &service.group_add {
        let numbers: Vec<i64> = groups.value.iter().filter_map(|group| number(&group.value)).collect();
        if numbers.len() == groups.value.len() {
            entries.mapped(&["group_add"]);
        } else {
            entries.unsupported(&["group_add"], reasons::NUMBERS_OF_GROUPS);
        }
        pod.supplemental_groups = (!numbers.is_empty()).then_some(numbers);
    }
}

/// The number of a user or group, if it can be told without the image: root is 0 in every one.
fn number(name: &str) -> Option<i64> {
    match name {
        "root" => Some(0),
        digits => digits.parse::<i32>().ok().filter(|number| *number >= 0).map(i64::from),
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
        // A program that is not root's gets an added capability by its file, which a ban on escalation forbids.
        if add.is_some() {
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
        ("no-new-privileges", "" | "true") if has_all(own) => {
            entries.approximated(&["security_opt"], reasons::ESCALATION_NOT_BANNED);
            return;
        }
        ("no-new-privileges", "" | "true") => {
            own.allow_privilege_escalation = Some(false);
            entries.mapped_as(&["security_opt"], reasons::is_so_anyway(&option.value));
        }
        ("no-new-privileges", "false") => own.allow_privilege_escalation = None,
        ("no-new-privileges", _) => {
            entries.unsupported(&["security_opt"], reasons::ESCALATION_TRUE_OR_FALSE);
            return;
        }
        ("seccomp", "unconfined") => {
            own.seccomp_profile =
                Some(SeccompProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
        }
        ("apparmor", "unconfined") => {
            own.app_armor_profile =
                Some(AppArmorProfile { type_: "Unconfined".to_owned(), localhost_profile: None });
        }
        ("label", "disable") => {
            entries.mapped_as(&["security_opt"], reasons::LABELS_AS_ASKED);
        }
        ("label", label) => selinux(label, own),
        ("systempaths", "unconfined") if own.privileged == Some(true) => {
            entries.mapped_as(&["security_opt"], reasons::NOTHING_HIDDEN.about(&option.value));
        }
        ("systempaths", "unconfined") => {
            entries.unsupported(&["security_opt"], reasons::PROC_MOUNT);
            return;
        }
        _ => {
            entries.unsupported(&["security_opt"], reasons::profile_of_nodes(name));
            return;
        }
    }
    entries.mapped(&["security_opt"]);
}

/// Whether a container has every right already, so that the API refuses to forbid it more of them.
fn has_all(own: &SecurityContext) -> bool {
    let added = own.capabilities.iter().filter_map(|capabilities| capabilities.add.as_ref()).flatten();
    own.privileged == Some(true) || added.into_iter().any(|name| name == "SYS_ADMIN" || name == "ALL")
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

/// Gives the pod those kernel parameters that a node lets it set. A node refuses the pod for any other one, and
/// whatever replaces the pod, too.
fn sysctls(
    service: &Service,
    kubernetes: Option<Version>,
    pod: &mut PodSecurityContext,
    entries: &mut Entries<'_>,
) {
    let is_host = |mode: &Option<Spanned<String>>| mode.as_ref().is_some_and(|mode| mode.value == "host");
    let (network, ipc) = (is_host(&service.network_mode), is_host(&service.ipc));
    let mut set = Vec::new();
    for (name, value) in service.sysctls.iter().flat_map(|field| field.value.iter()) {
        let is_nodes = (network && name.starts_with("net.")) || (ipc && name.starts_with("kernel."));
        match refusal(name, is_nodes, kubernetes) {
            Some(reason) => entries.unsupported(&["sysctls", name], reason),
            None => {
                set.push(Sysctl { name: name.clone(), value: value.value.clone() });
                entries.mapped(&["sysctls", name]);
            }
        }
    }
    pod.sysctls = (!set.is_empty()).then_some(set);
}

/// Why a node refuses a pod that sets a kernel parameter, the node's own if the pod has no namespace for it.
fn refusal(name: &str, is_nodes: bool, kubernetes: Option<Version>) -> Option<Reason> {
    if is_nodes {
        return Some(reasons::SYSCTL_OF_NODE.into());
    }
    let Some(since) = versions::safe_sysctl(name) else {
        return Some(reasons::UNSAFE_SYSCTL.into());
    };
    let older = kubernetes.filter(|version| *version < since)?;
    Some(reasons::sysctl_since(since, older))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_numbers_and_root() {
        for (name, expected) in [
            ("0", Some(0)),
            ("1000", Some(1000)),
            ("root", Some(0)),
            ("postgres", None),
            ("-1", None),
            ("4294967296", None),
            ("", None),
        ] {
            assert_eq!(number(name), expected, "{name}");
        }
    }

    #[test]
    fn sysctls_are_refused_by_what_nodes_allow() {
        for (name, version, refused) in [
            ("net.ipv4.tcp_syncookies", Some("1.20"), false),
            ("net.ipv4.tcp_keepalive_time", Some("1.28"), true),
            ("net.ipv4.tcp_keepalive_time", Some("1.29"), false),
            ("net.ipv4.tcp_rmem", None, false),
            ("net.core.somaxconn", None, true),
            ("kernel.msgmax", Some("1.37"), true),
        ] {
            let version = version.and_then(Version::parse);
            assert_eq!(refusal(name, false, version).is_some(), refused, "{name} on {version:?}");
        }
        assert!(refusal("net.ipv4.tcp_syncookies", true, None).is_some());
    }
}
