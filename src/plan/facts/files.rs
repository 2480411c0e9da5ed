//! What is mounted into a service, judged: a configuration file, data, source code, or something that
//! only this machine has.

mod bind;
mod built;
mod code;
pub(in crate::plan) mod copied;
mod data;
mod gathered;
mod ignored;
mod outside;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

pub(in crate::plan) use self::{bind::Bind, gathered::Contents};
use self::{
    built::Has,
    code::Held,
    copied::{Copied, text},
    gathered::{CONFIG_LIMIT, Gathered, collect},
};
use super::{
    context::Context,
    dockerfiles,
    kompose::claims::{self, Wanted},
    volumes,
};
use crate::{
    compose::model::{FileObject, Mount, Service},
    plan::reasons,
    text::{FileError, FileKind, Span, Spanned, clean},
};

/// The most that one object holds, in bytes.
pub(in crate::plan) const CONTENT_LIMIT: usize = 1024 * 1024;
/// As many may be in a directory that is mounted for writing.
const FEW_FILES: usize = 20;

const EMPTY: &str = "the directory is empty here";
const UNREAD: &str = "a part of the directory cannot be read here, or is no regular file";
/// Words in the target of a mount by which its files are configuration, though it may be written to.
const CONFIG_TARGETS: &[&str] =
    &["/etc/", "conf", "initdb", "/init", "provisioning", "template", "cert", "/html", "rules"];

/// Whether patterns of `.gitignore` leave a file out of the repository.
pub(in crate::plan) fn is_left_out_of_git(context: &Context<'_>, path: &Utf8Path) -> bool {
    data::is_file_left_out(context, &clean(path))
}

/// The mounts of an environment, by what they mount: what is known of one hangs on who else mounts the same.
pub(super) struct Binds<'a> {
    /// Bind mounts with the services that say them.
    said: BTreeMap<Utf8PathBuf, Vec<(&'a Service, &'a Mount)>>,
    /// Services that have a bind mount, if only by another service, by its source.
    users: BTreeMap<String, BTreeSet<&'a str>>,
}

/// A bind mount of a service, judged.
#[derive(Debug)]
pub(in crate::plan) struct JudgedMount {
    pub(in crate::plan) source: String,
    pub(in crate::plan) target: String,
    pub(in crate::plan) is_read_only: bool,
    /// The service says it itself: it is not one of a service whose volumes it takes over.
    is_own: bool,
    /// No other service mounts the source.
    is_alone: bool,
    pub(in crate::plan) bind: Bind,
}

impl<'a> Binds<'a> {
    pub(super) fn of(context: &'a Context<'a>) -> Self {
        let mut binds = Self { said: BTreeMap::new(), users: BTreeMap::new() };
        for (name, service) in context.services() {
            for mount in service.volumes.iter().flat_map(|field| &field.value).filter(|mount| is_bind(mount))
            {
                if let Some(source) = &mount.source {
                    let path = clean(Utf8Path::new(&source.value));
                    binds.said.entry(path).or_default().push((&service.value, &mount.value));
                }
            }
            for mount in volumes::effective(context, service).into_iter().filter(|mount| is_bind(mount)) {
                if let Some(source) = mount.value.source {
                    binds.users.entry(source.value).or_default().insert(name);
                }
            }
        }
        binds
    }

    /// The bind mounts of a service with those that it takes over.
    pub(super) fn judged(&self, context: &Context<'_>, service: &Service) -> Vec<JudgedMount> {
        let own: Vec<&Mount> =
            service.volumes.iter().flat_map(|field| &field.value).map(|mount| &mount.value).collect();
        let mounts = volumes::effective(context, service).into_iter().filter(|mount| is_bind(mount));
        let judged = mounts.filter_map(|mount| {
            let is_own = own.contains(&&mount.value);
            let is_read_only = volumes::is_read_only(&mount);
            let nowhere = || Spanned::new(String::new(), Span::NOWHERE);
            let (source, target) = (mount.value.source.unwrap_or_else(nowhere), mount.value.target?.value);
            Some(JudgedMount {
                bind: judge(context, self, service, (&source, &target, is_read_only)),
                is_alone: self.users.get(&source.value).is_none_or(|users| users.len() == 1),
                source: source.value,
                target,
                is_read_only,
                is_own,
            })
        });
        judged.collect()
    }
}

pub(super) fn is_bind(mount: &Mount) -> bool {
    mount.r#type.as_ref().is_some_and(|kind| kind.value == "bind")
}

/// What the mount of a source at a target is.
pub(in crate::plan) fn bind<'m>(mounts: &'m [JudgedMount], source: &str, target: &str) -> Option<&'m Bind> {
    let found = mounts.iter().find(|mount| mount.source == source && mount.target == target);
    found.map(|mount| &mount.bind)
}

/// Directories of the host that hold data which this service alone mounts, for writing.
pub(in crate::plan) fn own_directories(service: &Service, mounts: &[JudgedMount]) -> Vec<String> {
    let is_data = |mount: &JudgedMount| match claims::wanted(service) {
        Some(Wanted::Claim) => true,
        Some(_) => false,
        None => matches!(mount.bind, Bind::Data(_) | Bind::Begun(_)),
    };
    let own = mounts.iter().filter(|mount| mount.is_alone && !mount.is_read_only && is_data(mount));
    own.map(|mount| mount.source.clone()).collect()
}

/// The files that a service is given as its configuration: those of bind mounts and of compose configs.
pub(super) fn configuration(context: &Context<'_>, service: &Service, mounts: &[JudgedMount]) -> Vec<Copied> {
    let mut found = Vec::new();
    let mut add = |path: Utf8PathBuf, content: &[u8]| {
        found.extend(text(content).map(|text| Copied { path, text: text.to_owned() }));
    };
    let claimed = claims::wanted(service) == Some(Wanted::Claim);
    for mount in mounts.iter().filter(|mount| mount.is_own && !claimed) {
        let source = Utf8Path::new(&mount.source);
        match &mount.bind {
            Bind::File(content) => add(source.to_owned(), content),
            Bind::Directory(contents) => {
                contents.files.iter().for_each(|(path, content)| add(source.join(path), content))
            }
            _ => {}
        }
    }
    for reference in service.configs.iter().flat_map(|field| &field.value) {
        let Some(source) = reference.source.as_ref() else { continue };
        let config = context.project.configs.get(&source.value);
        if let Some(content) = config.and_then(|config| content_of(context, config)) {
            let file = config.and_then(|config| config.file.as_ref());
            let path = file.map_or_else(|| format!("configs.{}", source.value), |file| file.value.clone());
            add(path.into(), &content);
        }
    }
    found
}

/// What a compose secret or config holds: its text, or its file.
pub(in crate::plan) fn content_of(context: &Context<'_>, object: &FileObject) -> Option<Vec<u8>> {
    if let Some(content) = &object.content {
        return Some(content.value.clone().into_bytes());
    }
    let file = object.file.as_ref()?;
    context.files.read(Utf8Path::new(&file.value)).ok()
}

/// Whether it is the directory of the project, or one around it.
pub(in crate::plan) fn holds_project(context: &Context<'_>, source: &str) -> bool {
    context.directory().starts_with(clean(Utf8Path::new(source)))
}

/// Judges a bind mount of a service.
fn judge(
    context: &Context<'_>,
    binds: &Binds<'_>,
    service: &Service,
    (source, target, read_only): (&Spanned<String>, &str, bool),
) -> Bind {
    let path = clean(Utf8Path::new(&source.value));
    // Whether it is there yet or not.
    if path.starts_with(context.output) || path.components().any(|part| part.as_str() == ".git") {
        return outside::refused(&FileError::Withheld, target);
    }
    if let Some(decided) = outside::judge(context, source, &path, target) {
        return decided;
    }
    match context.files.kind(&path) {
        Some(FileKind::File) => match context.files.read(&path) {
            Ok(bytes) if bytes.len() <= CONFIG_LIMIT => Bind::File(bytes),
            Ok(_) => Bind::TooLarge,
            Err(error @ (FileError::Outside | FileError::Withheld)) => outside::refused(&error, target),
            Err(_) => Bind::Foreign(reasons::UNREADABLE),
        },
        Some(FileKind::Directory) => match context.files.list(&path) {
            Err(error @ (FileError::Outside | FileError::Withheld)) => outside::refused(&error, target),
            _ => judge_directory(context, binds, service, (&path, target, read_only)),
        },
        Some(FileKind::Special) => Bind::Foreign(reasons::SPECIAL),
        None if built::fills(context, service, &path, target) => Bind::SourceCode { built: true },
        // A claim would be a directory where the program expects a file.
        None if outside::names_a_file(&source.value) && outside::names_a_file(target) => {
            Bind::Foreign(reasons::MISSING_FILE)
        }
        None => Bind::Data("the source does not exist here; compose would make an empty directory"),
    }
}

fn judge_directory(
    context: &Context<'_>,
    binds: &Binds<'_>,
    service: &Service,
    (path, target, read_only): (&Utf8Path, &str, bool),
) -> Bind {
    let lower = target.to_ascii_lowercase();
    let is_for_configuration = CONFIG_TARGETS.iter().any(|word| lower.contains(word));
    let (gathered, contents) = collect(context, path);
    let found = &contents.files;
    let is_small = gathered == Gathered::All;
    if is_written(context, binds, path, found) {
        if is_small && is_empty(found) {
            return Bind::Data(EMPTY);
        }
        let begins =
            is_small && found.len() <= FEW_FILES && data::begins(context, service, (path, target), found);
        return if begins { Bind::Begun(contents.files) } else { Bind::Data(data::WRITTEN) };
    }
    let held = Held { path, files: found, is_small };
    let is_empty = is_small && is_empty(found);
    let fits = is_small && !is_empty;
    if let Some(build) = built::near(context, service, path) {
        let is_around = built::is_around(build, path);
        if is_empty && !is_around {
            return Bind::Data(EMPTY);
        }
        let has = built::has(context, build, path, target);
        if has == Has::Apart && fits && (read_only || is_for_configuration) {
            return directory(contents);
        }
        let is_copied = is_around || matches!(has, Has::There | Has::Unknown);
        // What is mounted for reading only is as often configuration.
        let is_given = read_only && fits && (!is_around || is_for_configuration);
        if !is_given && (is_copied || code::has_sources(&held)) {
            return Bind::SourceCode { built: !matches!(has, Has::Nothing | Has::Apart) };
        }
    } else if code::is_source_code(context, service, &held, target) {
        return Bind::SourceCode { built: false };
    }
    if fits && (read_only || is_for_configuration || found.len() <= FEW_FILES) {
        directory(contents)
    } else {
        Bind::Data(match gathered {
            _ if is_empty => EMPTY,
            Gathered::Unread => UNREAD,
            Gathered::All | Gathered::TooMuch => "the directory is too large for a ConfigMap",
        })
    }
}

/// A directory whose files are configuration.
fn directory(mut contents: Contents) -> Bind {
    contents.files.retain(|name, _| !keeps_a_place(name));
    Bind::Directory(contents)
}

/// Whether the image that a service is built as has something at a place, by its Dockerfile, and a shell to copy it.
pub(in crate::plan) fn image_fills(context: &Context<'_>, service: &Service, target: &str) -> bool {
    let build = dockerfiles::build_of(context, service);
    build.is_some_and(|build| built::puts_something(context, &build.value, target))
}

fn is_empty(files: &BTreeMap<String, Vec<u8>>) -> bool {
    files.keys().all(|name| keeps_a_place(name))
}

/// Whether the file is there only so that git keeps its directory.
fn keeps_a_place(file: &str) -> bool {
    [".gitkeep", ".gitignore", ".keep", ".DS_Store"].contains(&file.rsplit('/').next().unwrap_or_default())
}

/// Whether some service writes to a directory that is neither the project nor one of which its image is built. What an
/// image has of it is as old as the image.
fn is_written(
    context: &Context<'_>,
    binds: &Binds<'_>,
    path: &Utf8Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> bool {
    let mut mounts = binds.said.get(path).into_iter().flatten();
    !context.directory().starts_with(path)
        && mounts.any(|(service, mount)| {
            let builds =
                || built::near(context, service, path).is_some_and(|build| built::is_around(build, path));
            let is_written = |target: &str| {
                data::is_written(service, target, files)
                    || data::is_named_so(context, service, (path, target), files)
            };
            !volumes::is_read_only(mount)
                && mount.target.as_ref().is_some_and(|target| is_written(&target.value))
                && !builds()
        })
}
