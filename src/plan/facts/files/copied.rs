//! Configuration of proxies that a Dockerfile copies into an image: it names hosts and ports as what is mounted does,
//! and cannot follow where a host gets another name.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::gathered::{CONFIG_FILES, CONFIG_LIMIT, Gathered, collect};
use crate::{
    compose::model::Service,
    plan::facts::context::Context,
    shell::dockerfile::Dockerfile,
    text::{FileKind, clean},
};

/// The longest file that is read for the hosts in it, in bytes.
const TEXT_LIMIT: usize = 256 * 1024;

/// A file of the project that a container has.
#[derive(Debug)]
pub(in crate::plan) struct Copied {
    /// Where it lies here.
    pub(in crate::plan) path: Utf8PathBuf,
    pub(in crate::plan) text: String,
}

/// Directories in which proxies look for their configuration.
const DIRECTORIES: &[&str] = &[
    "/bitnami/nginx/conf",
    "/etc/apache2",
    "/etc/caddy",
    "/etc/envoy",
    "/etc/frankenphp",
    "/etc/haproxy",
    "/etc/httpd",
    "/etc/nginx",
    "/etc/traefik",
    "/etc/varnish",
    "/opt/bitnami/apache",
    "/opt/bitnami/nginx/conf",
    "/usr/local/apache2/conf",
    "/usr/local/etc/haproxy",
    "/usr/local/nginx/conf",
    "/usr/local/openresty/nginx/conf",
];

/// Names of such files, wherever an image has them.
const NAMES: &[&str] = &[
    "Caddyfile",
    "default.vcl",
    "envoy.yaml",
    "envoy.yml",
    "haproxy.cfg",
    "nginx.conf",
    "traefik.toml",
    "traefik.yaml",
    "traefik.yml",
];

/// The configuration of proxies that the image of a service is built with.
pub(in crate::plan) fn configuration(
    context: &Context<'_>,
    service: &Service,
    image: Option<&Dockerfile>,
) -> Vec<Copied> {
    let directory = service.build.as_ref().and_then(|build| build.value.context.as_ref());
    let (Some(directory), Some(image)) = (directory, image) else { return Vec::new() };
    let directory = Utf8Path::new(&directory.value);
    let mut found: BTreeMap<Utf8PathBuf, Vec<u8>> = BTreeMap::new();
    for (sources, target) in &image.built().copies {
        for source in sources.iter().filter(|source| is_of_the_context(source)) {
            gather(context, &clean(&directory.join(source.trim_start_matches('/'))), target, &mut found);
        }
    }
    let texts = found.into_iter().filter_map(|(path, bytes)| {
        let text = text(&bytes)?.to_owned();
        Some(Copied { path, text })
    });
    texts.collect()
}

/// The text of a configuration file; none if it is something else, or much too long for one.
pub(in crate::plan) fn text(content: &[u8]) -> Option<&str> {
    std::str::from_utf8(content).ok().filter(|text| text.len() <= TEXT_LIMIT)
}

/// Neither fetched, nor named by an argument of the build, nor outside of what is built.
fn is_of_the_context(source: &str) -> bool {
    !source.contains("://") && !source.contains('$') && !source.split('/').any(|part| part == "..")
}

fn gather(
    context: &Context<'_>,
    source: &Utf8Path,
    target: &str,
    found: &mut BTreeMap<Utf8PathBuf, Vec<u8>>,
) {
    let name = source.file_name().unwrap_or_default();
    if let Some((beginning, ending)) = name.split_once('*') {
        let folder = source.parent().unwrap_or(source);
        let names = context.files.list(folder).unwrap_or_default();
        let names = names.iter().filter(|name| {
            name.len() >= beginning.len() + ending.len()
                && name.starts_with(beginning)
                && name.ends_with(ending)
        });
        for name in names.take(CONFIG_FILES) {
            take(context, &folder.join(name), target, found);
        }
        return;
    }
    match context.files.kind(source) {
        Some(FileKind::File) => take(context, source, target, found),
        Some(FileKind::Directory) if is_proxy_directory(target) => {
            let (gathered, contents) = collect(context, source);
            if gathered == Gathered::All {
                found.extend(contents.files.into_iter().map(|(path, bytes)| (source.join(path), bytes)));
            }
        }
        _ => {}
    }
}

/// Takes one file, if its name or its place in the image is one of a proxy's configuration.
fn take(context: &Context<'_>, path: &Utf8Path, target: &str, found: &mut BTreeMap<Utf8PathBuf, Vec<u8>>) {
    let own = path.file_name().unwrap_or_default();
    let given = target.rsplit('/').next().unwrap_or_default();
    let is_named = |name: &str| NAMES.contains(&name.strip_suffix(".template").unwrap_or(name));
    if found.len() < CONFIG_FILES && (is_named(own) || is_named(given) || is_proxy_directory(target)) {
        let bytes = context.files.read(path).ok().filter(|bytes| bytes.len() <= CONFIG_LIMIT);
        found.extend(bytes.map(|bytes| (path.to_owned(), bytes)));
    }
}

fn is_proxy_directory(target: &str) -> bool {
    DIRECTORIES.iter().any(|directory| Utf8Path::new(target).starts_with(directory))
}
