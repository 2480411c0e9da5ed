//! One environment as it was read: what facts are found in.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::reader::Reader;
use crate::{
    compose::model::{Build, Project, Service},
    k8s::versions::Version,
    plan::{
        input::{Earlier, Input, Options},
        model::Known,
        naming::{Naming, apps::Apps, images::Images, layout::Layout, names::Names},
    },
    settings::cluster::Cluster,
    text::{Files, Spanned, clean},
};

/// One environment with the files around it, and what is decided for all environments at once.
pub(in crate::plan) struct Context<'a> {
    pub(in crate::plan) project: &'a Project,
    pub(in crate::plan) files: &'a dyn Files,
    pub(in crate::plan) reader: &'a Reader<'a>,
    pub(in crate::plan) output: &'a Utf8Path,
    pub(in crate::plan) environment: &'a str,
    pub(in crate::plan) cluster: &'a Cluster,
    pub(in crate::plan) kubernetes: Option<Version>,
    /// Whether workloads run the source code of this machine.
    pub(in crate::plan) mounts_code: bool,
    pub(in crate::plan) layout: &'a Layout,
    pub(in crate::plan) names: &'a Names,
    pub(in crate::plan) apps: &'a Apps,
    pub(in crate::plan) images: &'a Images,
    /// What images are built from, by the names that services give them.
    pub(in crate::plan) builds: BTreeMap<&'a str, &'a Spanned<Box<Build>>>,
    /// How much of the project could be read.
    pub(in crate::plan) known: Known,
    /// Whether CronJobs start at minutes that their names choose.
    pub(in crate::plan) stagger: bool,
    /// What things are called in the manifests that are there.
    pub(in crate::plan) earlier: &'a Earlier,
}

impl<'a> Context<'a> {
    pub(in crate::plan) fn of(
        input: &'a Input<'_>,
        naming: &'a Naming,
        options: &'a Options,
        reader: &'a Reader<'a>,
    ) -> Self {
        Context {
            project: input.project,
            files: reader.files,
            reader,
            output: &options.output,
            environment: &input.name,
            cluster: &input.cluster,
            kubernetes: input.cluster.version(),
            mounts_code: input.cluster.mounts_code(),
            layout: &naming.layout,
            names: &naming.names,
            apps: &naming.apps,
            images: &naming.images,
            builds: builds(input.project),
            known: input.known,
            stagger: options.stagger,
            earlier: &options.earlier,
        }
    }

    /// The services that are containers.
    pub(in crate::plan) fn services(&self) -> impl Iterator<Item = (&str, &Spanned<Box<Service>>)> {
        let services = self.project.services.iter().filter(|(_, service)| service.is_container());
        services.map(|(name, service)| (name.as_str(), service))
    }

    pub(in crate::plan) fn directory(&self) -> &Utf8Path {
        &self.project.directory
    }

    /// A path as messages name it: from the project, if it is within.
    pub(in crate::plan) fn shown(&self, path: &Utf8Path) -> Utf8PathBuf {
        clean(path.strip_prefix(self.directory()).unwrap_or(path))
    }
}

/// What images are built from, by the names that services give them.
fn builds(project: &Project) -> BTreeMap<&str, &Spanned<Box<Build>>> {
    let mut builds = BTreeMap::new();
    for service in project.services.values() {
        if let (Some(image), Some(build)) = (&service.image, &service.value.build) {
            builds.entry(image.value.as_str()).or_insert(build);
        }
    }
    builds
}
