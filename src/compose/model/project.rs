//! The whole project.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::{Attribute, Extensions, FileObject, Model, Names, Network, Service, Volume, attribute};
use crate::{
    diag::Report,
    text::{SourceId, Span, Spanned},
    yaml::{Key, Map, Node, Value},
};

/// A project as `docker compose` sees it with one set of files, variables and profiles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// `name`, or what compose makes of the directory.
    pub name: String,
    /// The directory that relative paths are relative to.
    pub directory: Utf8PathBuf,
    /// Active services. One has many attributes: to move it would cost as much as to read it.
    pub services: Names<Box<Service>>,
    /// Services whose profiles are not active.
    pub disabled_services: Names<Box<Service>>,
    /// Networks.
    pub networks: Names<Option<Box<Network>>>,
    /// Volumes.
    pub volumes: Names<Option<Box<Volume>>>,
    /// Secrets.
    pub secrets: Names<FileObject>,
    /// Configs.
    pub configs: Names<FileObject>,
    /// Models.
    pub models: Names<Model>,
    /// Values of secrets that are made from a variable, by the secret. They are no part of the model: nothing
    /// prints them.
    pub secret_values: BTreeMap<String, String>,
    /// The variables that the files could read. Never printed: they hold secrets.
    pub variables: BTreeMap<String, String>,
    /// The places of those that a file sets.
    pub variable_places: BTreeMap<String, Span>,
    /// `x-*` elements as written.
    pub extensions: Extensions,
    /// Every YAML document that was read, as written: what the user must be told about.
    pub documents: Vec<Document>,
    /// Every file that was read, in the order of first use.
    pub inputs: Vec<InputFile>,
}

/// A file that the project was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its path, absolute.
    pub path: Utf8PathBuf,
    /// Its text.
    pub source: SourceId,
    /// What it was read for.
    pub role: InputRole,
}

/// Why a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputRole {
    /// For its YAML documents.
    Compose(Role),
    /// As the `.env` of a project directory: for variables.
    Dotenv,
    /// Named by `--env-file`, `COMPOSE_ENV_FILES` or an `include`: for variables.
    EnvironmentFile,
    /// Named by `env_file` of a service: for its environment.
    ServiceEnvFile,
    /// Named by `label_file` of a service: for its labels.
    LabelFile,
}

/// A YAML document that took part in loading, before anything was done to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it was read for.
    pub role: Role,
    /// Its tree: anchors and merge keys resolved, variables not.
    pub tree: Node,
}

/// Why a document was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A file of the project.
    Project,
    /// Named by `include`.
    Include,
    /// Named by `extends`.
    Extends,
}

impl Project {
    /// Brings everything that has a name into the order of these names, so that nothing that is made of the project
    /// depends on which service a file has first.
    pub(crate) fn sort(&mut self) {
        let Self { services, disabled_services, networks, volumes, secrets, configs, models, .. } = self;
        services.sort_unstable_keys();
        disabled_services.sort_unstable_keys();
        networks.sort_unstable_keys();
        volumes.sort_unstable_keys();
        secrets.sort_unstable_keys();
        configs.sort_unstable_keys();
        models.sort_unstable_keys();
    }

    /// Reads the canonical tree of a project; `name`, `directory` and `documents` are the loader's.
    pub fn read(tree: &Node, report: &mut Report) -> Project {
        let mut project = Project::default();
        for (key, value) in tree.as_map().into_iter().flatten() {
            match key.text.as_str() {
                "name" => project.name = String::read(value, report).unwrap_or_default(),
                "services" => project.services = Names::read(value, report).unwrap_or_default(),
                "networks" => project.networks = Names::read(value, report).unwrap_or_default(),
                "volumes" => project.volumes = Names::read(value, report).unwrap_or_default(),
                "secrets" => project.secrets = Names::read(value, report).unwrap_or_default(),
                "configs" => project.configs = Names::read(value, report).unwrap_or_default(),
                "models" => project.models = Names::read(value, report).unwrap_or_default(),
                name if name.starts_with("x-") => {
                    project.extensions.insert(name.to_owned(), value.clone());
                }
                _ => attribute::unknown(key, report),
            }
        }
        project
    }

    /// Where the name of a service stands first.
    pub fn place_of_service(&self, name: &str) -> Span {
        let documents = self.documents.iter().filter(|document| document.role != Role::Extends);
        let mut services = documents.filter_map(|document| document.tree.get("services")?.as_map());
        let key = services.find_map(|services| services.get_key_value(name));
        key.map_or(Span::NOWHERE, |(key, _)| key.span)
    }

    /// The project as `docker compose config` prints it: active services, their resources.
    pub fn write(&self) -> Node {
        let mut map = self.write_name();
        put(&mut map, "services", &self.services, true);
        map.extend(self.write_resources());
        Node::new(Value::Map(map), Span::NOWHERE)
    }

    /// Its name alone, as it stands at the top of what is printed.
    pub(in crate::compose) fn write_name(&self) -> Map {
        let name = (Key::new("name", Span::NOWHERE), Node::string(self.name.clone(), Span::NOWHERE));
        std::iter::once(name).collect()
    }

    /// One active service alone, as it stands below `services`.
    pub(in crate::compose) fn write_service(name: &str, service: &Spanned<Box<Service>>) -> Map {
        let own = (Key::new(name, service.span), Node::new(service.value.write(), service.span));
        let services = Value::Map(std::iter::once(own).collect());
        std::iter::once((Key::new("services", Span::NOWHERE), Node::new(services, Span::NOWHERE))).collect()
    }

    /// What stands behind the services.
    pub(in crate::compose) fn write_resources(&self) -> Map {
        let mut map = Map::default();
        put(&mut map, "networks", &self.networks, false);
        put(&mut map, "volumes", &self.volumes, false);
        put(&mut map, "secrets", &self.secrets, false);
        put(&mut map, "configs", &self.configs, false);
        put(&mut map, "models", &self.models, false);
        for (name, value) in self.extensions.iter() {
            map.insert(Key::new(name.clone(), value.span), value.clone());
        }
        map
    }
}

fn put<T: Attribute>(map: &mut Map, key: &str, names: &Names<T>, keep: bool) {
    if keep || !names.is_zero() {
        map.insert(Key::new(key, Span::NOWHERE), Node::new(names.write(), Span::NOWHERE));
    }
}
