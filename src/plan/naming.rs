//! What things are called in all environments alike: objects, apps and their directories, images.

pub(in crate::plan) mod apps;
pub(in crate::plan) mod images;
pub(in crate::plan) mod layout;
pub(in crate::plan) mod names;

use self::{apps::Apps, images::Images, layout::Layout, names::Names};
use crate::{compose::model::Project, diag::Report, plan::input::Earlier};

/// What is decided for all environments at once.
pub(in crate::plan) struct Naming {
    pub(in crate::plan) names: Names,
    pub(in crate::plan) apps: Apps,
    pub(in crate::plan) images: Images,
    pub(in crate::plan) layout: Layout,
}

impl Naming {
    /// Chooses the names of everything that the projects, one for each environment, become.
    pub(in crate::plan) fn choose(projects: &[&Project], earlier: &Earlier, report: &mut Report) -> Self {
        let names = names::choose(projects, report);
        let apps = apps::group(projects, &names, &earlier.apps);
        let layout = Layout::of(projects, &names, &apps);
        let images = images::find(projects, &apps);
        Self { names, apps, images, layout }
    }
}
