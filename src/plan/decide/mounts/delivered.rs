//! Files of the project as ConfigMaps and Secrets: the same files stand in one object.

use std::collections::{BTreeMap, BTreeSet};

use crate::{k8s::name, plan::model::FileBundle};

/// The files of the project that ConfigMaps and Secrets bring into containers.
#[derive(Debug, Default)]
pub(in crate::plan) struct Delivered {
    names: BTreeSet<String>,
    by_app: BTreeMap<String, Vec<FileBundle>>,
    secrets: Vec<FileBundle>,
}

impl Delivered {
    /// The ConfigMaps that stand with an app.
    pub(in crate::plan) fn of_app(&self, app: &str) -> Vec<FileBundle> {
        self.by_app.get(app).cloned().unwrap_or_default()
    }

    /// A name that no object of files has, and none of variables can have.
    fn name(&mut self, wanted: &str) -> String {
        let reserved = wanted.ends_with("-config") || wanted.ends_with("-secrets");
        let wanted = if reserved { format!("{wanted}-files") } else { wanted.to_owned() };
        let free = name::free(&wanted, |name| self.names.contains(name));
        self.names.insert(free.clone());
        free
    }

    /// The ConfigMap of an app that holds just these files.
    pub(in crate::plan) fn config_map(
        &mut self,
        app: &str,
        wanted: &str,
        files: BTreeMap<String, Vec<u8>>,
    ) -> String {
        let known = self.by_app.get(app).into_iter().flatten().find(|bundle| bundle.files == files);
        if let Some(known) = known {
            return known.name.clone();
        }
        let name = self.name(wanted);
        self.by_app.entry(app.to_owned()).or_default().push(FileBundle { name: name.clone(), files });
        name
    }

    /// The Secret that holds just these files, and whether it is new.
    pub(in crate::plan) fn secret(
        &mut self,
        wanted: &str,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> (String, bool) {
        if let Some(known) = self.secrets.iter().find(|bundle| bundle.files == *files) {
            return (known.name.clone(), false);
        }
        let name = self.name(wanted);
        self.secrets.push(FileBundle { name: name.clone(), files: files.clone() });
        (name, true)
    }
}
