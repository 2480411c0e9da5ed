//! What a service mounts, by what becomes of it in a cluster.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Environment, Service};
use crate::{
    compose::model,
    lint::load::HOME,
    plan::BindKind,
    text::{FileKind, Span, Spanned, clean},
};

/// One mount.
#[derive(Debug, Clone)]
pub struct Mount<'a> {
    /// As Compose loads it.
    pub model: &'a model::Mount,
    /// Where the whole entry is.
    pub span: Span,
    /// Where its source is; the whole entry in the short form.
    pub source: Span,
    /// What it is.
    pub kind: MountKind,
    /// Whether the container can write to it.
    pub is_writable: bool,
}

/// What a mount is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// A path by which the container reaches what is not its own: the path, and what it leads to.
    Escape(Utf8PathBuf, &'static str),
    /// A directory of source code: it is, contains or is within the build context.
    Code(Utf8PathBuf),
    /// Any other directory of the host.
    Directory(Utf8PathBuf),
    /// A file of the host, or a directory whose files are configuration.
    File,
    /// A volume without a name; says whether it is below another mount of a directory.
    Anonymous {
        /// It keeps a part of that directory out of sight.
        is_mask: bool,
    },
    /// A volume with a name that is bound to a directory of the host: where that is said.
    Bound(String, Span),
    /// A volume with a name.
    Named(String),
    /// Memory, images, clusters.
    Other,
}

impl Mount<'_> {
    /// Where it appears in the container.
    pub fn target(&self) -> &str {
        self.model.target.as_ref().map_or("", |target| target.value.as_str())
    }
}

impl<'a> Service<'a> {
    /// Its mounts.
    pub fn mounts(&self) -> Vec<Mount<'a>> {
        let entries = self.model.volumes.iter().flat_map(|volumes| &volumes.value);
        entries
            .map(|entry| {
                let model = &entry.value;
                Mount {
                    model,
                    span: entry.span,
                    source: model.source.as_ref().map_or(entry.span, |source| source.span),
                    kind: self.mount_kind(model),
                    is_writable: !model.read_only.as_ref().is_some_and(|read_only| read_only.value),
                }
            })
            .collect()
    }

    /// Where the directory is that its image is built from.
    pub fn build_context(&self) -> Option<Utf8PathBuf> {
        let context = self.model.build.as_ref()?.value.context.as_ref()?;
        context.value.starts_with('/').then(|| clean(Utf8Path::new(&context.value)))
    }

    fn mount_kind(&self, mount: &model::Mount) -> MountKind {
        let source =
            mount.source.as_ref().map(|source| source.value.as_str()).filter(|text| !text.is_empty());
        let kind = mount.r#type.as_ref().map(|kind| kind.value.as_str());
        match (kind, source) {
            (Some("bind"), Some(source)) => self.bind_kind(source, mount),
            // Compose refuses a mount without a type; that it is a path is plain to see.
            (None, Some(source)) if source.starts_with(['/', '.', '~']) => self.bind_kind(source, mount),
            (None | Some("volume"), Some(name)) => self.environment.volume_kind(name),
            (Some("volume"), None) => MountKind::Anonymous { is_mask: self.is_mask(mount) },
            _ => MountKind::Other,
        }
    }

    fn bind_kind(&self, source: &str, mount: &model::Mount) -> MountKind {
        let path = clean(Utf8Path::new(source));
        let is_read_only = mount.read_only.as_ref().is_some_and(|read_only| read_only.value);
        if let Some(what) = leads_to(&path, is_read_only) {
            return MountKind::Escape(path, what);
        }
        if !self.environment.is_directory(&path) {
            return MountKind::File;
        }
        let is_near = |context: Utf8PathBuf| path.starts_with(&context) || context.starts_with(&path);
        match self.bind(mount) {
            BindKind::Files => MountKind::File,
            BindKind::Code | BindKind::Unknown if self.build_context().is_some_and(is_near) => {
                MountKind::Code(path)
            }
            _ => MountKind::Directory(path),
        }
    }

    /// What `convert` takes a bind mount for.
    fn bind(&self, mount: &model::Mount) -> BindKind {
        let is_said = |field: &Option<Spanned<String>>, text: &str| {
            field.as_ref().is_some_and(|field| field.value == text)
        };
        let mut known = self.environment.read.binds.get(self.name).into_iter().flatten();
        let known = known
            .find(|(source, target, _)| is_said(&mount.source, source) && is_said(&mount.target, target));
        known.map_or(BindKind::Unknown, |(_, _, kind)| *kind)
    }

    /// Whether the target of a volume is within a directory that is mounted as well.
    fn is_mask(&self, mount: &model::Mount) -> bool {
        let target = |mount: &model::Mount| mount.target.as_ref().map(|target| target.value.clone());
        let Some(own) = target(mount) else { return false };
        let others = self.model.volumes.iter().flat_map(|volumes| &volumes.value);
        others
            .filter(|other| other.value.r#type.as_ref().is_some_and(|kind| kind.value == "bind"))
            .filter_map(|other| target(&other.value))
            .any(|other| own != other && Utf8Path::new(&own).starts_with(&other))
    }
}

impl Environment<'_> {
    /// Is it a directory? What is not on this machine is judged by its name.
    fn is_directory(&self, path: &Utf8Path) -> bool {
        let nearby = self.project.directory.parent().unwrap_or(&self.project.directory);
        let known = if path.starts_with(nearby) { self.kind(path) } else { None };
        match known {
            Some(kind) => kind == FileKind::Directory,
            None => path.extension().is_none(),
        }
    }

    fn volume_kind(&self, name: &str) -> MountKind {
        let volume = self.model.volumes.get(name).and_then(|volume| volume.value.as_ref());
        let Some(volume) = volume else { return MountKind::Named(name.to_owned()) };
        let is_local = volume.driver.as_ref().is_none_or(|driver| driver.value == "local");
        let options = volume.driver_opts.as_ref().map(|options| &options.value);
        let option = |key: &str| options.and_then(|options| options.get(key));
        let mounts_a_directory =
            option("o").filter(|o| o.value.split(',').any(|word| matches!(word.trim(), "bind" | "rbind")));
        match mounts_a_directory.filter(|_| is_local) {
            Some(bound) => match option("device").map(|device| clean(Utf8Path::new(&device.value))) {
                Some(path) if leads_to(&path, false).is_some() => {
                    MountKind::Escape(path.clone(), leads_to(&path, false).unwrap_or_default())
                }
                _ => MountKind::Bound(name.to_owned(), bound.span),
            },
            None => MountKind::Named(name.to_owned()),
        }
    }

    /// Whether it is a volume that several nodes can mount at once, by its driver.
    pub fn is_network_volume(&self, name: &str) -> bool {
        let volume = self.model.volumes.get(name).and_then(|volume| volume.value.as_ref());
        volume.is_some_and(|volume| {
            let kind = volume.driver_opts.as_ref().and_then(|options| options.value.get("type"));
            kind.is_some_and(|kind| kind.value.starts_with("nfs") || kind.value == "cifs")
                || volume.driver.as_ref().is_some_and(|driver| driver.value != "local")
        })
    }
}

/// Names of sockets by which a process governs all containers of a machine.
const SOCKETS: &[&str] =
    &["docker.sock", "podman.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "dockershim.sock"];

/// Paths that count alone.
const EXACT: &[(&str, &str)] = &[
    ("/", "every file of the host"),
    ("/var", "the data of the host"),
    ("/var/lib", "the data of the host"),
    ("/home", "the home directories of the host"),
    (HOME, "a home directory of the host"),
];

/// Paths that count with everything below them.
const BELOW: &[(&str, &str)] = &[
    ("/run", "the sockets of the host"),
    ("/var/run", "the sockets of the host"),
    ("/etc", "the configuration of the host"),
    ("/proc", "the processes of the host"),
    ("/sys", "the kernel of the host"),
    ("/boot", "the kernel of the host"),
    ("/lib/modules", "the kernel modules of the host"),
    ("/root", "the home directory of root"),
    ("/dev", "the devices of the host"),
    ("/var/lib/docker", "the containers of the host"),
    ("/var/lib/containerd", "the containers of the host"),
    ("/var/lib/kubelet", "the pods of the host"),
];

/// Directories of a home directory that hold credentials.
const CREDENTIALS: &[&str] = &[".ssh", ".aws", ".kube", ".docker", ".gnupg"];

/// Files that are the same everywhere, or say nothing.
const HARMLESS: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// What a path of the host leads to, if that is none of the container's business.
fn leads_to(path: &Utf8Path, is_read_only: bool) -> Option<&'static str> {
    if path.file_name().is_some_and(|name| SOCKETS.contains(&name)) {
        return Some("the container runtime of the host");
    }
    let is_clock = matches!(path.as_str(), "/etc/localtime" | "/etc/timezone");
    if HARMLESS.contains(&path.as_str()) || is_clock && is_read_only {
        return None;
    }
    if let Ok(rest) = path.strip_prefix(HOME) {
        let first = rest.components().next().map(|part| part.as_str());
        if first.is_some_and(|first| CREDENTIALS.contains(&first)) && path.file_name() != Some("known_hosts")
        {
            return Some("credentials of a user of the host");
        }
    }
    let exact = EXACT.iter().find(|(known, _)| path == *known);
    let below = BELOW.iter().find(|(known, _)| path.starts_with(known));
    exact.or(below).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_they_do_however_they_are_written() {
        let found = [
            "/var/run/docker.sock",
            "/opt/x/docker.sock",
            "/",
            "//",
            "/.",
            "/..",
            "/etc/..",
            "/etc/./cron.d",
            "/run/myapp",
            "/dev/shm/",
            "/var/lib",
            "/var/lib/docker/volumes",
            "/home",
            "/home/~",
            "/home/~/.aws/config",
            "/etc/localtime",
        ];
        for path in found {
            assert!(leads_to(&clean(path.into()), false).is_some(), "{path}");
        }
        let harmless = [
            "/var/log",
            "/data",
            "/home/~/data",
            "/home/~/someone/.ssh",
            "/etcetera",
            "/dev/null",
            "/var/lib/mysql",
        ];
        for path in harmless {
            assert_eq!(leads_to(&clean(path.into()), false), None, "{path}");
        }
        assert_eq!(leads_to("/etc/localtime".into(), true), None);
    }
}
