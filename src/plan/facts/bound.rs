//! What the bind mounts of a project are, for those who look at it and decide nothing.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{
    context::Context,
    dockerfiles,
    files::{self, Bind, JudgedMount},
    starts,
};
use crate::{
    compose::model::{Project, Service},
    text::{Files, clean},
};

/// What a bind mount is, as far as files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindKind {
    /// Files that a ConfigMap or a Secret can hold.
    Files,
    /// What the service runs.
    Code,
    /// A directory to write to.
    Data,
    /// It is none of the project's files, or they are not here.
    Unknown,
}

/// The bind mounts of the services of a project: what is mounted, where, and what it is.
pub fn bind_kinds(project: &Project, files: &dyn Files) -> BTreeMap<String, Vec<(String, String, BindKind)>> {
    let mut mounts = project.services.values().filter_map(|service| service.volumes.as_ref());
    if !mounts.any(|mounts| mounts.value.iter().any(|mount| files::is_bind(mount))) {
        return BTreeMap::new();
    }
    starts::with_context(project, files, |context| {
        let binds = files::Binds::of(context);
        let kinds = context.services().map(|(name, service)| {
            let judged = binds.judged(context, service).into_iter();
            let kinds = judged.map(|mount| {
                let kind = kind(context, service, &mount);
                (mount.source, mount.target, kind)
            });
            (name.to_owned(), kinds.collect())
        });
        kinds.collect()
    })
}

fn kind(context: &Context<'_>, service: &Service, mount: &JudgedMount) -> BindKind {
    match &mount.bind {
        Bind::File(_) | Bind::Directory(_) => BindKind::Files,
        Bind::SourceCode { .. } => BindKind::Code,
        Bind::Data(_) | Bind::Begun(_) if is_known(context, service, &mount.source) => BindKind::Data,
        Bind::Data(_) | Bind::Begun(_) | Bind::Foreign(_) | Bind::TooLarge => BindKind::Unknown,
    }
}

/// Whether the directory is here, or what the service is built from tells that it need not be.
fn is_known(context: &Context<'_>, service: &Service, source: &str) -> bool {
    let dockerfile = || {
        let build = dockerfiles::build_of(context, service);
        build.is_none_or(|build| context.reader.dockerfile(&build.value).is_some())
    };
    context.files.kind(&clean(Utf8Path::new(source))).is_some() || dockerfile()
}
