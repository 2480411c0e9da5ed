//! One fact: what the manifests say of one part of a service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::text::{Digest, Text};
use crate::text::{Span, Spanned};

/// What rendered objects say, by service.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The services by name. One that runs nothing is not in it.
    pub services: BTreeMap<String, ServiceFacts>,
    /// What decides where each Service leads: its selector, or the type of one that leads to another host.
    pub leading: BTreeMap<String, Span>,
}

/// What is said of one service.
#[derive(Debug, Clone, Default)]
pub struct ServiceFacts {
    /// Its workloads: its own, and those of its jobs.
    pub workloads: Vec<WorkloadFacts>,
    /// Variables that it may have more: they come from a file that is not here.
    pub more_variables: MoreVariables,
    /// The place in the Compose files that asks for it.
    pub asked: Option<Span>,
}

/// Variables of which it is not known whether they are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MoreVariables {
    /// There are none.
    #[default]
    None,
    /// Those of these names.
    Named(BTreeSet<String>),
    /// Nobody knows which.
    Any,
}

impl MoreVariables {
    /// Whether it may have this one.
    pub fn may_have(&self, name: &str) -> bool {
        match self {
            MoreVariables::None => false,
            MoreVariables::Named(names) => names.contains(name),
            MoreVariables::Any => true,
        }
    }
}

/// What is said of one workload.
#[derive(Debug, Clone)]
pub struct WorkloadFacts {
    /// The kind of object.
    pub kind: String,
    /// Its name, without what kustomizations add.
    pub name: String,
    /// Whether it is a job of a service whose own workload is another one.
    pub is_job: bool,
    /// Where it is from.
    pub span: Span,
    /// What is said of the workload as a whole.
    pub facts: BTreeMap<Path, Fact>,
    /// Its containers, without initContainers.
    pub containers: Vec<ContainerFacts>,
    /// The ConfigMaps and Secrets without which its pods do not start.
    pub references: BTreeMap<Reference, Referred>,
}

/// A ConfigMap or a Secret that a pod refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `ConfigMap` or `Secret`.
    pub kind: &'static str,
    /// Its name, without what kustomizations add.
    pub name: String,
}

/// Where a pod refers to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Referred {
    /// The name in the manifests.
    pub span: Span,
    /// What makes the object; none if it is not among the objects.
    pub made: Option<Span>,
}

/// What is said of one container.
#[derive(Debug, Clone)]
pub struct ContainerFacts {
    /// Its name.
    pub name: String,
    /// What is said of it.
    pub facts: BTreeMap<Path, Fact>,
    /// Whether it may have more variables that are secret: they come from a Secret that is not among the objects.
    pub has_more_secrets: bool,
    /// Where patches took facts away.
    pub removed: BTreeMap<Path, Span>,
}

/// The part of a service that a fact is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The kind of workload.
    Kind,
    /// When a CronJob runs.
    Schedule,
    /// The time zone of its schedule.
    TimeZone,
    /// What happens when a run begins before the last one has ended.
    ConcurrencyPolicy,
    /// Whether the CronJob is suspended.
    Suspend,
    /// The image.
    Image,
    /// The words of `command` and `args`.
    Argv,
    /// The working directory.
    WorkingDir,
    /// User and group.
    User,
    /// A variable.
    Env(String),
    /// A port of the container.
    Port(i64, String),
    /// A probe.
    Probe(ProbeKind),
    /// A path at which a file or a volume is mounted.
    Mount(String),
}

/// Which probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// `readinessProbe`.
    Readiness,
    /// `livenessProbe`.
    Liveness,
    /// `startupProbe`.
    Startup,
}

impl ProbeKind {
    /// All of them.
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Readiness, ProbeKind::Liveness, ProbeKind::Startup];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ProbeKind::Readiness => "readiness",
            ProbeKind::Liveness => "liveness",
            ProbeKind::Startup => "startup",
        }
    }
}

/// As reports name it.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "references.{}/{}", self.kind, self.name)
    }
}

/// As reports name it.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Kind => f.write_str("kind"),
            Path::Schedule => f.write_str("schedule"),
            Path::TimeZone => f.write_str("timeZone"),
            Path::ConcurrencyPolicy => f.write_str("concurrencyPolicy"),
            Path::Suspend => f.write_str("suspend"),
            Path::Image => f.write_str("image"),
            Path::Argv => f.write_str("argv"),
            Path::WorkingDir => f.write_str("workingDir"),
            Path::User => f.write_str("user"),
            Path::Env(name) => write!(f, "env.{name}"),
            Path::Port(number, protocol) => write!(f, "ports.{number}/{protocol}"),
            Path::Probe(kind) => write!(f, "probe.{}", kind.word()),
            Path::Mount(path) => write!(f, "mounts.{path}"),
        }
    }
}

/// What is said, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What.
    pub value: Value,
    /// The place in the manifests that gives the value.
    pub span: Span,
    /// The place in the Compose files that asks for it.
    pub asked: Option<Span>,
    /// The line of a file of variables that decides a value which Compose interpolates.
    pub decided: Option<Span>,
}

impl Fact {
    /// A fact of manifests.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span, asked: None, decided: None }
    }
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A secret: that it is there.
    Secret,
    /// The file that gives it is not here.
    Unknown,
    /// An image.
    Image(Image),
    /// The words of a container.
    Argv(Argv),
    /// A port.
    Port(Port),
    /// A probe.
    Probe(Ask),
    /// A volume.
    Volume(Volume),
    /// A file.
    File(Content, Span),
}

/// How a volume is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// What kind it is of: the key of its source.
    pub kind: String,
    /// The name of the claim without what kustomizations add, the path on the node, or the export; empty for others.
    pub name: String,
    /// The same as it is in the cluster.
    pub written: Spanned<String>,
    /// The directory of the volume that is mounted; empty for all of it.
    pub sub_path: Spanned<String>,
    /// Whether nothing can be written.
    pub is_read_only: Spanned<bool>,
}

/// An image in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// `docker.io` where none is named.
    pub registry: String,
    /// The name; without `library/`.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest.
    pub digest: Option<String>,
    /// As it is written.
    pub written: String,
}

/// The words that a container starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct Argv {
    /// Whether they begin with the program, and not with arguments for the image's entrypoint.
    pub has_program: bool,
    /// The words, with variables expanded.
    pub words: Vec<Spanned<Text>>,
}

/// A port of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Does the container list it? A Service can lead to one that is not listed.
    pub is_listed: bool,
    /// The Services that lead to it, by port and by name without what kustomizations add.
    pub services: BTreeMap<(String, i64), Route>,
    /// Whether the names of the Services are in use, so that they must be exactly these.
    pub is_named: bool,
}

/// How a Service leads to a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The name of the Service in the cluster.
    pub name: Spanned<String>,
    /// The place of its port.
    pub span: Span,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// `exec`, `httpGet`, `tcpSocket` or `grpc`.
    pub action: &'static str,
    /// The command; or scheme, port and path.
    pub words: Vec<Spanned<Text>>,
}

/// What is in a file that is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Of a ConfigMap.
    Known(Digest),
    /// Of a Secret.
    Secret,
    /// Of an object that is not among those that are rendered.
    Unknown,
}

impl Image {
    /// The parts of an image.
    pub fn parse(written: &str) -> Self {
        let (rest, digest) = match written.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (written, None),
        };
        let last = rest.rfind('/').map_or(0, |at| at + 1);
        let (rest, tag) = match rest[last..].split_once(':') {
            Some((name, tag)) => (&rest[..last + name.len()], Some(tag.to_owned())),
            None => (rest, None),
        };
        let (registry, repository) = match rest.split_once('/') {
            Some((host, name)) if host.contains(['.', ':']) || host == "localhost" => (host, name),
            _ => ("docker.io", rest),
        };
        let registry = if registry == "index.docker.io" { "docker.io" } else { registry };
        let repository = match repository.strip_prefix("library/") {
            Some(name) if registry == "docker.io" => name,
            _ => repository,
        };
        Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag,
            digest,
            written: written.to_owned(),
        }
    }

    /// This image with the tag and the digest of another one.
    #[must_use]
    pub fn with_version_of(&self, other: &Image) -> Self {
        let cut = |text: &str, version: Option<&String>, before: char| {
            let version = version.map(|version| format!("{before}{version}")).unwrap_or_default();
            text.strip_suffix(&version).unwrap_or(text).to_owned()
        };
        let name = cut(&cut(&self.written, self.digest.as_ref(), '@'), self.tag.as_ref(), ':');
        let Self { tag, digest, .. } = other;
        let versions =
            tag.iter().map(|tag| format!(":{tag}")).chain(digest.iter().map(|it| format!("@{it}")));
        let written = name + &versions.collect::<String>();
        Self { tag: tag.clone(), digest: digest.clone(), written, ..self.clone() }
    }
}

impl Volume {
    /// A volume of which only the kind counts.
    pub(super) fn of_kind(kind: &str, span: Span) -> Self {
        let none = || Spanned::new(String::new(), span);
        Self {
            kind: kind.to_owned(),
            name: String::new(),
            written: none(),
            sub_path: none(),
            is_read_only: Spanned::new(false, span),
        }
    }

    /// The place in this volume of the first thing that it has otherwise than another one.
    pub(super) fn first_difference(&self, other: &Volume) -> Option<Span> {
        let is_same_source = self.name == other.name || self.written.value == other.written.value;
        if self.kind != other.kind || !is_same_source {
            return Some(self.written.span);
        }
        if self.sub_path.value != other.sub_path.value {
            return Some(self.sub_path.span);
        }
        (self.is_read_only.value != other.is_read_only.value).then_some(self.is_read_only.span)
    }
}

impl Argv {
    /// The place of the first word that another list of words does not have there.
    pub fn first_difference(&self, other: &Argv) -> Option<Span> {
        let differs =
            |at: &usize| !other.words.get(*at).is_some_and(|word| word.value.agrees(&self.words[*at].value));
        (0..self.words.len()).find(differs).map(|at| self.words[at].span)
    }
}

impl Port {
    /// The first Service that leads to this port and not to another one.
    pub(super) fn lost(&self, other: &Port) -> Option<(&str, Span)> {
        let lost = self.services.iter().find(|(service, route)| {
            let there = other.services.get(*service);
            !there.is_some_and(|there| !self.is_named || there.name.value == route.name.value)
        });
        lost.map(|((name, _), route)| (name.as_str(), route.span))
    }

    /// The place of the Service that leads here by another port or name than it does there.
    pub(super) fn unlike(&self, other: &Port) -> Option<Span> {
        let (name, _) = other.lost(self)?;
        let (key, route) = self.services.iter().find(|((own, _), _)| own == name)?;
        Some(if other.services.contains_key(key) { route.name.span } else { route.span })
    }
}

/// Whether two lists of words agree, word by word.
pub(super) fn words_agree(one: &[Spanned<Text>], other: &[Spanned<Text>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.value.agrees(&other.value))
}

/// As reports show it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => text.fmt(f),
            Value::Secret | Value::File(Content::Secret, _) => f.write_str(super::text::SECRET),
            Value::Unknown | Value::File(Content::Unknown, _) => f.write_str("(unknown)"),
            Value::Image(image) => f.write_str(&image.written),
            Value::Argv(argv) => shown(&argv.words).fmt(f),
            Value::Port(port) => port.fmt(f),
            Value::Probe(ask) => write!(f, "{} {}", ask.action, shown(&ask.words)),
            Value::Volume(volume) => volume.fmt(f),
            Value::File(Content::Known(digest), _) => write!(f, "file {digest}"),
        }
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, written: _, sub_path, is_read_only } = self;
        f.write_str(kind)?;
        if !name.is_empty() {
            write!(f, " {name}")?;
        }
        if !sub_path.value.is_empty() {
            write!(f, ", subPath {}", sub_path.value)?;
        }
        f.write_str(if is_read_only.value { ", read-only" } else { "" })
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services: BTreeSet<String> =
            self.services.iter().map(|((_, port), route)| format!("{}:{port}", route.name.value)).collect();
        match services.len() {
            0 => f.write_str("no Service"),
            _ => f.write_str(&services.into_iter().collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Words as a list in JSON, with secrets in them left out.
fn shown(words: &[Spanned<Text>]) -> String {
    let texts: Vec<String> = words.iter().map(|word| word.value.to_string()).collect();
    serde_json::to_string(&crate::secret::redact_words(&texts)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_apart_by_their_parts() {
        for (written, parts) in [
            ("mysql:8.4", ("docker.io", "mysql", Some("8.4"), None)),
            ("docker.io/library/mysql", ("docker.io", "mysql", None, None)),
            ("acme/api@sha256:ab", ("docker.io", "acme/api", None, Some("sha256:ab"))),
            ("localhost:5000/a/b:1", ("localhost:5000", "a/b", Some("1"), None)),
            ("ghcr.io/library/x:v1@sha256:cd", ("ghcr.io", "library/x", Some("v1"), Some("sha256:cd"))),
        ] {
            let image = Image::parse(written);
            let found = (
                image.registry.as_str(),
                image.repository.as_str(),
                image.tag.as_deref(),
                image.digest.as_deref(),
            );
            assert_eq!(found, parts, "{written}");
        }
    }
}
