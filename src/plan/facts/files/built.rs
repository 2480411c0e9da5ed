//! Whether the image of a service has what is mounted into it. The Dockerfile says what is copied where.

use camino::{Utf8Path, Utf8PathBuf};

use super::{code, ignored};
use crate::{
    compose::model::{Build, Service},
    plan::facts::{context::Context, dockerfiles, reader::place_of_dockerfile, volumes},
    shell::dockerfile::{Dockerfile, matches},
    text::{FileKind, clean},
};

/// What an image has of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Has {
    /// The directory, at the place where it is mounted.
    There,
    /// The directory, or parts of it, somewhere; or that may be.
    Elsewhere,
    /// Parts of the directory, and nothing of what is built where it is mounted.
    Apart,
    Nothing,
    /// The Dockerfile is not here, or does not say so plainly.
    Unknown,
}

/// The build that a directory is a part of, or that is a part of it.
pub(super) fn near<'a>(context: &Context<'a>, service: &'a Service, path: &Utf8Path) -> Option<&'a Build> {
    let build = &dockerfiles::build_of(context, service)?.value;
    let directory = directory(build)?;
    (path.starts_with(&directory) || directory.starts_with(path)).then_some(build)
}

/// Whether a directory is what is built, or one around it.
pub(super) fn is_around(build: &Build, path: &Utf8Path) -> bool {
    directory(build).is_some_and(|directory| directory.starts_with(path))
}

/// Whether it is a directory that the build fills, whatever lies here.
pub(super) fn fills(context: &Context<'_>, service: &Service, path: &Utf8Path, target: &str) -> bool {
    volumes::is_of_dependencies(target) && near(context, service, path).is_some()
}

/// What the image of a build has of a directory that is mounted at a place.
pub(super) fn has(context: &Context<'_>, build: &Build, path: &Utf8Path, target: &str) -> Has {
    let (Some(directory), Some(dockerfile)) = (directory(build), context.reader.dockerfile(build)) else {
        return Has::Unknown;
    };
    if dockerfile.is_vague() {
        return Has::Unknown;
    }
    if volumes::is_of_dependencies(target) {
        return Has::There;
    }
    let inner = path.strip_prefix(&directory).unwrap_or(Utf8Path::new(""));
    // Images of one's own, which others are built on, may have anything.
    let otherwise = if dockerfile.built().base.contains('/') { Has::Elsewhere } else { Has::Nothing };
    if !inner.as_str().is_empty() && is_left_out(context, build, inner) {
        otherwise
    } else if dockerfile.origins(target).iter().any(|origin| origin == inner) {
        Has::There
    } else if has_parts(context, &dockerfile, &directory, inner) {
        if dockerfile.reaches(target) { Has::Elsewhere } else { Has::Apart }
    } else {
        otherwise
    }
}

/// Whether the Dockerfile of a build puts something at a place that is more than a file, in an image that has a shell.
pub(super) fn puts_something(context: &Context<'_>, build: &Build, target: &str) -> bool {
    /// Parts of the names of images without a shell.
    const WITHOUT_SHELL: &[&str] = &["scratch", "distroless", "chainguard", "cgr.dev"];
    let (Some(directory), Some(dockerfile)) = (directory(build), context.reader.dockerfile(build)) else {
        return false;
    };
    let base = &dockerfile.built().base;
    if WITHOUT_SHELL.iter().any(|name| base.contains(name)) {
        return false;
    }
    dockerfile.origins(target).iter().any(|origin| {
        let inner = Utf8Path::new(origin);
        let lies_here = context.files.kind(&directory.join(inner)) == Some(FileKind::Directory);
        lies_here && (origin.is_empty() || !is_left_out(context, build, inner))
    })
}

fn directory(build: &Build) -> Option<Utf8PathBuf> {
    Some(clean(Utf8Path::new(&build.context.as_ref()?.value)))
}

/// Whether it is kept from the builder.
fn is_left_out(context: &Context<'_>, build: &Build, inner: &Utf8Path) -> bool {
    let own = place_of_dockerfile(build, context.files)
        .map(|place| Utf8PathBuf::from(format!("{place}.dockerignore")));
    let usual = directory(build).map(|directory| directory.join(".dockerignore"));
    let read = |path: Utf8PathBuf| context.reader.text(&path);
    let patterns = own.and_then(read).or_else(|| usual.and_then(read));
    patterns.is_some_and(|patterns| ignored::by_docker(&patterns, inner))
}

/// Whether the image has the directory at another place, or more of it than the files that only name its dependencies.
fn has_parts(context: &Context<'_>, dockerfile: &Dockerfile, directory: &Utf8Path, inner: &Utf8Path) -> bool {
    dockerfile.sources().into_iter().any(|source| {
        let is_pattern = source.contains(['*', '?', '[']);
        let is_above = if is_pattern { matches(source, inner.as_str()) } else { inner.starts_with(source) };
        let is_much = || {
            let is_directory = context.files.kind(&directory.join(source)) == Some(FileKind::Directory);
            is_directory || code::is_source(source) || source.ends_with("/*") || source == "*"
        };
        source.is_empty() || is_above || Utf8Path::new(source).starts_with(inner) && is_much()
    })
}
