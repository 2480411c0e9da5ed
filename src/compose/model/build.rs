//! How an image is built and how it is developed: the `build` and `develop` sections.

use super::{
    Attribute, Bytes, Environment, FileReference, Hook, Hosts, Labels, Mapping, Names, Scalar, Strings,
    Ulimit, attribute::record,
};
use crate::{
    diag::Report,
    text::Spanned,
    yaml::{Node, Value},
};

/// `build.ssh`: agent sockets and keys by name, `default` among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BuildSsh(pub Mapping<Option<String>>);

impl Attribute for BuildSsh {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        Mapping::read(node, report).map(Self)
    }

    /// A list in which each item looks like an entry of a mapping: compose's own oddity.
    fn write(&self) -> Value {
        let item = |(name, path): (&String, &Spanned<Option<String>>)| match &path.value {
            Some(path_text) => Node::string(format!("{name}: {path_text}"), path.span),
            None => Node::string(name.clone(), path.span),
        };
        Value::Seq(self.0.iter().map(item).collect())
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

record! {
    /// [`build`](https://github.com/compose-spec/compose-spec/blob/main/build.md).
    Build {
        /// Directory or URL of what is sent to the builder.
        "context" => context: String;
        /// Path of the Dockerfile, relative to the context.
        "dockerfile" => dockerfile: String;
        /// The Dockerfile itself, in place of a path.
        "dockerfile_inline" => dockerfile_inline: String;
        /// Extra privileges of the build.
        "entitlements" => entitlements: Strings;
        /// Build arguments.
        "args" => args: Environment;
        /// Provenance attestation.
        "provenance" => provenance: Scalar;
        /// Bill of materials attestation.
        "sbom" => sbom: Scalar;
        /// SSH authentications.
        "ssh" => ssh: BuildSsh;
        /// Labels of the image.
        "labels" => labels: Labels;
        /// Where cached layers come from.
        "cache_from" => cache_from: Strings;
        /// Where cached layers go.
        "cache_to" => cache_to: Strings;
        /// Build without the cache.
        "no_cache" => no_cache: bool;
        /// Stages that are built without the cache.
        "no_cache_filter" => no_cache_filter: Strings;
        /// Further named contexts.
        "additional_contexts" => additional_contexts: Labels;
        /// Pull the base images again.
        "pull" => pull: bool;
        /// Further lines of `/etc/hosts` while building.
        "extra_hosts" => extra_hosts: Hosts;
        /// Isolation technology, on Windows.
        "isolation" => isolation: String;
        /// Network of `RUN` steps.
        "network" => network: String;
        /// Stage to build.
        "target" => target: String;
        /// Secrets of the build.
        "secrets" => secrets: Vec<Spanned<FileReference>>;
        /// Size of `/dev/shm` while building.
        "shm_size" => shm_size: Bytes;
        /// Further names of the image.
        "tags" => tags: Strings;
        /// Limits of build containers.
        "ulimits" => ulimits: Names<Ulimit>;
        /// Platforms to build for.
        "platforms" => platforms: Strings;
        /// Build with elevated privileges.
        "privileged" => privileged: bool;
    }
}

record! {
    /// [`develop`](https://github.com/compose-spec/compose-spec/blob/main/develop.md).
    Develop {
        /// What `docker compose watch` does on changes.
        "watch" => watch: Vec<Spanned<Watch>>, keep;
    }
}

record! {
    /// One entry of `develop.watch`.
    Watch {
        /// The file or directory watched.
        "path" => path: String;
        /// `rebuild`, `sync`, `restart`, `sync+restart` or `sync+exec`.
        "action" => action: String;
        /// Where files go in the container.
        "target" => target: String;
        /// What runs after `sync+exec`.
        "exec" => exec: Hook;
        /// Patterns of files that count.
        "include" => include: Strings;
        /// Patterns of files that do not count.
        "ignore" => ignore: Strings;
        /// Copy everything once at the start.
        "initial_sync" => initial_sync: bool;
    }
}
