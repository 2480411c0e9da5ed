//! What is mounted from outside of the project. Other machines have other things there, so that the tree must
//! not depend on it: only what lies in the same repository is everywhere.

use camino::Utf8Path;

use super::bind::Bind;
use crate::{
    plan::{
        facts::{context::Context, volumes},
        reasons::{self, KnownReason},
    },
    text::{FileError, FileKind, Spanned},
};

/// Sources that only a machine with a container engine has.
const ENGINE: &[&str] = &["docker.sock", "podman.sock", "containerd.sock", "crio.sock"];
/// Directories of the operating system. What lies below them is the machine's, not the project's.
const SYSTEM: &[&str] = &[
    "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/lib",
    "/var/log", "/var/run",
];
/// Where programs of the machine itself keep what is theirs, below `/var/lib`. Anything else there is a program's that
/// compose runs, under the path that it has in its container.
const OF_SYSTEM: &[&str] = &[
    "apt",
    "cni",
    "containerd",
    "containers",
    "cri-o",
    "docker",
    "dpkg",
    "k0s",
    "kubelet",
    "libvirt",
    "lxc",
    "lxd",
    "NetworkManager",
    "nfs",
    "rancher",
    "rpm",
    "snapd",
    "systemd",
];
/// Parts of paths below a home that hold what only its user may have.
const CREDENTIALS: &[&str] = &[
    ".aws",
    ".azure",
    ".docker",
    ".git-credentials",
    ".gitconfig",
    ".gnupg",
    ".kube",
    ".netrc",
    ".npmrc",
    ".password-store",
    ".pgpass",
    ".pypirc",
    ".ssh",
    "gcloud",
    "gh",
    "rclone",
];
/// Directories that hold the homes of users.
const HOMES: &[&str] = &["/home", "/root", "/Users"];

/// Endings of what is a file, here or not.
const FILES: &[&str] = &[
    "cer",
    "cfg",
    "cnf",
    "conf",
    "crt",
    "env",
    "ini",
    "json",
    "key",
    "pem",
    "properties",
    "sh",
    "sock",
    "sql",
    "toml",
    "txt",
    "xml",
    "yaml",
    "yml",
];

const DATA: &str = "a directory of this machine, outside of the project";

/// A source and what is around it.
#[derive(Debug)]
struct Source<'a> {
    /// As the file has it.
    written: &'a str,
    path: &'a Utf8Path,
    kind: Option<FileKind>,
    project: &'a Utf8Path,
    /// The directory of the repository that the project lies in.
    repository: Option<&'a Utf8Path>,
}

/// Decides about what is, wherever the project lies, no part of it; none if it is to be judged by what it is.
pub(super) fn judge(
    context: &Context<'_>,
    source: &Spanned<String>,
    path: &Utf8Path,
    target: &str,
) -> Option<Bind> {
    let written = source.template.as_ref().map_or(source.value.as_str(), |template| &template.written);
    let mut ancestors = context.directory().ancestors();
    let repository = ancestors.find(|directory| context.files.kind(&directory.join(".git")).is_some());
    decide(
        &Source { written, path, kind: context.files.kind(path), project: context.directory(), repository },
        target,
    )
}

/// Whether the ending of a path is one that only files have.
pub(super) fn names_a_file(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| FILES.contains(&ending))
}

/// What is not read, because links lead out of the project with it, or because git or the manifests hold it.
pub(super) fn refused(error: &FileError, target: &str) -> Bind {
    match error {
        FileError::Withheld => Bind::Foreign(reasons::OF_GIT_OR_MANIFESTS),
        _ if volumes::holds_data(target) => Bind::Data(DATA),
        _ => Bind::Foreign(reasons::OF_A_MACHINE),
    }
}

fn decide(source: &Source<'_>, target: &str) -> Option<Bind> {
    let Source { written, path, kind, project, repository } = *source;
    let last = path.file_name().unwrap_or_default();
    if ENGINE.contains(&last) {
        return Some(Bind::Foreign(reasons::SOCKET_OF_ENGINE));
    }
    if is_said_home(written, path) {
        return Some(of_a_home(source, target));
    }
    if path.starts_with(project) {
        return None;
    }
    if is_of_a_program(path, target) {
        return Some(Bind::Data(DATA));
    }
    if let Some(reason) = of_the_machine(path) {
        return Some(Bind::Foreign(reason));
    }
    if is_home(path) {
        return Some(Bind::Foreign(reasons::OF_A_HOME));
    }
    let is_relative = written.starts_with('.') || written.starts_with('$') && written.contains(":-.");
    // Who writes a path from here has what it leads to beside the project.
    let is_near = repository.map_or(is_relative, |repository| path.starts_with(repository));
    if is_relative && project.starts_with(path) || is_near && kind.is_some() {
        return None;
    }
    if is_relative {
        let reason = if is_near { reasons::MISSING } else { reasons::OF_A_MACHINE };
        return Some(if volumes::holds_data(target) { Bind::Data(DATA) } else { Bind::Foreign(reason) });
    }
    if is_below_home(path) {
        return Some(of_a_home(source, target));
    }
    let is_file = kind == Some(FileKind::File) || names_a_file(last);
    Some(match kind {
        _ if is_file || has_hidden_part(path) => Bind::Foreign(reasons::OF_A_MACHINE),
        Some(FileKind::Special) => Bind::Foreign(reasons::SPECIAL),
        _ => Bind::Data(DATA),
    })
}

/// Whether a directory below `/var/lib` is that of a program in a container, which has its data there.
fn is_of_a_program(path: &Utf8Path, target: &str) -> bool {
    let below = path.strip_prefix("/var/lib").ok().and_then(|below| below.components().next());
    below.is_some_and(|first| !OF_SYSTEM.contains(&first.as_str())) && volumes::holds_data(target)
}

/// What lies below a home: data that a program keeps there, or what only its user may have.
fn of_a_home(source: &Source<'_>, target: &str) -> Bind {
    let path = source.path;
    let last = path.file_name().unwrap_or_default();
    let is_file = source.kind == Some(FileKind::File) || names_a_file(last);
    let is_secret = path.components().any(|part| CREDENTIALS.contains(&part.as_str()));
    let keeps = volumes::holds_data(target) || target.to_ascii_lowercase().contains("config");
    let is_whole = is_home(path) || ["~", "~/", "$HOME", "${HOME}"].contains(&source.written);
    match keeps && !is_file && !is_secret && !is_whole {
        true => Bind::Data(DATA),
        false => Bind::Foreign(reasons::OF_A_HOME),
    }
}

fn of_the_machine(path: &Utf8Path) -> Option<KnownReason> {
    match path.as_str() {
        "/etc/localtime" | "/etc/timezone" => Some(reasons::TIME_ZONE_OF_MACHINE),
        "/" => Some(reasons::WHOLE_MACHINE),
        _ if SYSTEM.iter().any(|system| path.starts_with(system)) => Some(reasons::OPERATING_SYSTEM),
        _ => None,
    }
}

/// Whether a home is meant. Whoever converts may have none, so that a `~` stays where it is.
fn is_said_home(written: &str, path: &Utf8Path) -> bool {
    ["~", "$HOME", "${HOME"].iter().any(|home| written.starts_with(home))
        || path.components().any(|part| part.as_str() == "~")
}

fn is_below_home(path: &Utf8Path) -> bool {
    HOMES.iter().any(|homes| path.starts_with(homes))
}

/// Whether it is a home as a whole, or all of them.
fn is_home(path: &Utf8Path) -> bool {
    is_below_home(path)
        && (path.parent().is_none_or(|parent| HOMES.contains(&parent.as_str()))
            || HOMES.contains(&path.as_str()))
        && !path.as_str().starts_with("/root/")
}

fn has_hidden_part(path: &Utf8Path) -> bool {
    path.components().any(|part| part.as_str().starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a source of the project `/home/me/shop/deploy`.
    fn fate(
        written: &str,
        path: &str,
        repository: Option<&str>,
        kind: Option<FileKind>,
        target: &str,
    ) -> &'static str {
        let source = Source {
            written,
            path: path.into(),
            kind,
            project: "/home/me/shop/deploy".into(),
            repository: repository.map(Utf8Path::new),
        };
        match decide(&source, target) {
            None => "judged",
            Some(Bind::Data(_)) => "data",
            Some(Bind::Foreign(reasons::OF_A_HOME)) => "home",
            Some(Bind::Foreign(reasons::MISSING)) => "missing",
            Some(Bind::Foreign(reasons::OF_A_MACHINE)) => "machine",
            Some(Bind::Foreign(_)) => "system",
            Some(_) => "",
        }
    }

    #[test]
    fn what_lies_beside_the_project() {
        let (file, directory) = (Some(FileKind::File), Some(FileKind::Directory));
        let shop = Some("/home/me/shop");
        for (written, path, repository, kind, target, expected) in [
            ("./a.conf", "/home/me/shop/deploy/a.conf", shop, None, "/etc/a", "judged"),
            ("../a.conf", "/home/me/shop/a.conf", shop, file, "/etc/a", "judged"),
            ("../a.conf", "/home/me/shop/a.conf", None, file, "/etc/a", "judged"),
            ("../a.conf", "/home/me/shop/a.conf", shop, None, "/etc/a", "missing"),
            ("../db", "/home/me/shop/db", shop, None, "/var/lib/db", "data"),
            ("${CONF:-../a.conf}", "/home/me/shop/a.conf", shop, file, "/etc/a", "judged"),
            ("..", "/home/me/shop", shop, directory, "/app", "judged"),
            ("../..", "/home/me", shop, directory, "/app", "home"),
            ("../../b", "/home/me/b", shop, directory, "/app", "machine"),
            ("../../b", "/home/me/b", None, directory, "/app", "judged"),
            ("../../b", "/home/me/b", shop, None, "/data", "data"),
        ] {
            assert_eq!(fate(written, path, repository, kind, target), expected, "{written} {repository:?}");
        }
    }

    #[test]
    fn what_a_machine_has() {
        let (file, directory) = (Some(FileKind::File), Some(FileKind::Directory));
        for (written, path, kind, expected) in [
            ("~/.ssh", "/home/me/.ssh", directory, "home"),
            ("~/x", "/home/me/shop/deploy/~/x", None, "home"),
            ("$HOME/x", "/x", None, "home"),
            ("${HOME}/x", "/x", None, "home"),
            ("/home/me/x", "/home/me/x", directory, "home"),
            ("/root/x", "/root/x", None, "home"),
            ("/home", "/home", directory, "home"),
            ("/srv/data", "/srv/data", directory, "data"),
            ("/mnt/media", "/mnt/media", None, "data"),
            ("/tmp/tmp.backup", "/tmp/tmp.backup", None, "data"),
            ("/opt/x/a.yaml", "/opt/x/a.yaml", None, "machine"),
            ("/opt/x/a", "/opt/x/a", file, "machine"),
            ("/opt/.x/a", "/opt/.x/a", directory, "machine"),
            ("", "/opt/x/a", None, "data"),
            ("/", "/", directory, "system"),
            ("/dev", "/dev", directory, "system"),
            ("/etc/localtime", "/etc/localtime", file, "system"),
            ("/x/docker.sock", "/x/docker.sock", None, "system"),
        ] {
            assert_eq!(fate(written, path, Some("/home/me/shop"), kind, "/x"), expected, "{written}");
        }
    }

    #[test]
    fn data_of_programs_lies_below_homes_and_below_var_lib() {
        for (written, path, target, expected) in [
            ("~/.config/app", "/home/me/shop/deploy/~/.config/app", "/config", "data"),
            ("${HOME}/media", "/home/you/media", "/data/media", "data"),
            ("/home/you/library", "/home/you/library", "/data", "data"),
            ("~/.config/gcloud", "/home/me/shop/deploy/~/.config/gcloud", "/root/.config/gcloud", "home"),
            ("~/.ssh", "/home/me/shop/deploy/~/.ssh", "/root/.ssh", "home"),
            ("~/app.env", "/home/me/shop/deploy/~/app.env", "/config/app.env", "home"),
            ("~", "/home/you", "/data", "home"),
            ("/var/lib/postgresql/data", "/var/lib/postgresql/data", "/var/lib/postgresql/data", "data"),
            ("/var/lib/docker", "/var/lib/docker", "/var/lib/docker", "system"),
            ("/var/lib", "/var/lib", "/data", "system"),
            ("/var/log", "/var/log", "/logs", "system"),
        ] {
            assert_eq!(fate(written, path, Some("/home/me/shop"), None, target), expected, "{written}");
        }
    }
}
