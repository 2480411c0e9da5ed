//! Where things stand in the tree.
//!
//! What every environment runs stands in `base/`, a directory for each app. What only some run is a
//! component, which those environments list.

use std::collections::{BTreeMap, BTreeSet};

use super::{apps::Apps, names::Names};
use crate::{compose::model::Project, k8s::name};

/// What is made of bind mounts of source code.
pub(in crate::plan) const CODE_MOUNTS: &str = "components/code-mounts/kustomization.yaml";

/// The file of an environment's NetworkPolicies, below the tree.
pub(in crate::plan) fn policies_file(environment: &str) -> String {
    format!("overlays/{environment}/generated/network-policies.yaml")
}

/// The directory of every app and of every service.
#[derive(Debug, Default)]
pub(in crate::plan) struct Layout {
    apps: BTreeMap<String, String>,
    services: BTreeMap<String, String>,
}

impl Layout {
    /// Decides by which environments run what.
    pub(in crate::plan) fn of(projects: &[&Project], names: &Names, apps: &Apps) -> Self {
        let running = |service: &str| -> BTreeSet<usize> {
            let all = projects.iter().enumerate();
            all.filter(|(_, project)| project.services.contains_key(service))
                .map(|(index, _)| index)
                .collect()
        };
        let mut layout = Self::default();
        let mut parts: BTreeSet<&String> = BTreeSet::new();
        for app in apps.names() {
            let members = apps.members(app);
            let environments: BTreeSet<usize> = members.iter().flat_map(|member| running(member)).collect();
            let everywhere = environments.len() == projects.len();
            let home = if everywhere { format!("base/{app}") } else { format!("components/{app}") };
            for member in members {
                if running(member) == environments {
                    layout.services.insert(member.clone(), home.clone());
                } else {
                    parts.insert(member);
                }
            }
            layout.apps.insert(app.to_owned(), home);
        }
        let mut taken: BTreeSet<String> = layout.apps.values().cloned().collect();
        for member in parts {
            let object = names.object(member);
            let is_free = |name: &str| !taken.contains(&format!("components/{name}"));
            let name = if is_free(object) { object.to_owned() } else { format!("{object}-service") };
            let home = format!("components/{}", name::free(&name, |name| !is_free(name)));
            taken.insert(home.clone());
            layout.services.insert((*member).clone(), home);
        }
        layout
    }

    /// The directory of an app.
    pub(in crate::plan) fn home(&self, app: &str) -> &str {
        self.apps.get(app).map_or("base", String::as_str)
    }

    /// A file that stands with an app.
    pub(in crate::plan) fn app_file(&self, app: &str, file: &str) -> String {
        format!("{}/{file}", self.home(app))
    }

    /// A file that stands with one service of an app.
    pub(in crate::plan) fn service_file(&self, service: &str, file: &str) -> String {
        self.services.get(service).map_or_else(|| format!("base/{file}"), |home| format!("{home}/{file}"))
    }
}
