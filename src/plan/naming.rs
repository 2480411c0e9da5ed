//! What things are called in all environments alike: objects, apps and their directories, images.

pub(in crate::plan) mod apps;
pub(in crate::plan) mod images;
pub(in crate::plan) mod layout;
pub(in crate::plan) mod names;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use self::{apps::Apps, images::Images, layout::Layout, names::Names};
use crate::{compose::model::Project, diag::Report};

/// What is decided for all environments at once.
pub(in crate::plan) struct Naming {
    pub(in crate::plan) names: Names,
    pub(in crate::plan) apps: Apps,
    pub(in crate::plan) images: Images,
    pub(in crate::plan) layout: Layout,
    /// The files that every environment was read from.
    pub(in crate::plan) shared_files: BTreeSet<Utf8PathBuf>,
}

impl Naming {
    /// Chooses the names of everything that the projects, one for each environment, become.
    pub(in crate::plan) fn choose(projects: &[&Project], report: &mut Report) -> Self {
        let names = names::choose(projects, report);
        let apps = apps::group(projects, &names);
        let layout = Layout::of(projects, &names, &apps);
        let images = images::find(projects, &apps);
        Self { shared_files: shared_files(projects), names, apps, images, layout }
    }
}

/// The paths of the files that every one of several projects was read from; nothing is shared by one alone.
fn shared_files(projects: &[&Project]) -> BTreeSet<Utf8PathBuf> {
    let paths = |project: &Project| -> BTreeSet<Utf8PathBuf> {
        project.inputs.iter().map(|input| input.path.clone()).collect()
    };
    let Some((first, rest)) = projects.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return BTreeSet::new();
    };
    rest.iter().fold(paths(first), |shared, project| shared.intersection(&paths(project)).cloned().collect())
}
