//! Where Compose has the data of claims, for who moves it.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::{
    catalog,
    compose::model::Service,
    plan::{
        facts::Context,
        model::{DataOrigin, Moved},
    },
};

/// Who mounts something, and where.
pub(super) struct At<'a> {
    pub(super) key: &'a str,
    pub(super) service: &'a Service,
    pub(super) target: &'a str,
}

/// The data of a named volume, or of an anonymous one that was given a name.
pub(super) fn of_volume(
    context: &Context<'_>,
    at: &At<'_>,
    source: &str,
    (claim, directory): (String, String),
) -> Moved {
    let project = context.project;
    let origin = match project.volumes.get(source).map(|declared| declared.value.as_deref()) {
        Some(declared) => {
            let name = declared.and_then(|volume| volume.name.as_ref());
            let usual = || format!("{}_{source}", project.name);
            DataOrigin::Volume(name.map_or_else(usual, |name| name.value.clone()))
        }
        None => in_container(at),
    };
    moved(at, (claim, directory), origin)
}

/// The data of a directory of the host. One outside of the project has another path on each machine.
pub(super) fn of_directory(
    context: &Context<'_>,
    at: &At<'_>,
    source: &str,
    (claim, directory): (String, String),
) -> Moved {
    let below = Utf8Path::new(source).strip_prefix(context.directory()).ok();
    let origin = below.map_or_else(|| in_container(at), |below| DataOrigin::Directory(below.to_string()));
    moved(at, (claim, directory), origin)
}

fn in_container(at: &At<'_>) -> DataOrigin {
    DataOrigin::Container { service: at.key.to_owned(), path: at.target.to_owned() }
}

fn moved(at: &At<'_>, (claim, directory): (String, String), origin: DataOrigin) -> Moved {
    let image = at.service.image.as_ref().map_or("", |image| image.value.as_str());
    let is_dumped =
        catalog::dumps::dump_of_image(image).is_some() && catalog::is_database_directory(at.target);
    Moved {
        claim,
        directory,
        origin,
        users: BTreeSet::from([at.key.to_owned()]),
        dumped_by: is_dumped.then(|| at.key.to_owned()),
    }
}
