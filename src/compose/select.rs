//! Step 21: the services that were asked for with all they depend on, and only the networks, volumes,
//! secrets, configs and models that a service uses.

use std::collections::BTreeSet;

use super::model::{Project, Service};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Spanned, nearest},
};

/// Keeps the named services and their dependencies; all if none is named.
pub(super) fn services(project: &mut Project, named: &[String], report: &mut Report) {
    if named.is_empty() {
        return;
    }
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    for name in named {
        if project.services.contains_key(name) {
            open.push(name.clone());
            continue;
        }
        report.push(unknown(project, name));
    }
    while let Some(name) = open.pop() {
        if wanted.insert(name.clone()) {
            let service = project.services.get(&name).map(|service| &*service.value);
            open.extend(service.into_iter().flat_map(dependencies).cloned());
        }
    }
    let (kept, rest) = std::mem::take(&mut project.services)
        .into_iter()
        .partition::<Vec<_>, _>(|(name, _)| wanted.contains(name));
    project.services = kept.into_iter().collect();
    project.disabled_services.extend(rest);
}

/// A name that no active service has.
pub(super) fn unknown(project: &Project, name: &str) -> Diagnostic {
    let refused = |message| Diagnostic::error(codes::UNKNOWN_SERVICE, message);
    if let Some(service) = project.disabled_services.get(name) {
        let profile = service.value.profiles.iter().find_map(|profiles| profiles.value.first());
        let profile = profile.map_or("*", |profile| &profile.value);
        return refused(format!("the service `{name}` is not active"))
            .help(format!("activate it with `--profile '{profile}'`"));
    }
    let diagnostic = refused(format!("there is no service `{name}`"));
    match nearest(name, project.services.keys().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

fn dependencies(service: &Service) -> impl Iterator<Item = &String> {
    service.depends_on.iter().flat_map(|dependencies| dependencies.value.keys())
}

/// Drops what no active service uses.
pub(super) fn used_resources(project: &mut Project) {
    let mut used = Used::default();
    for service in project.services.values() {
        used.add(&service.value);
    }
    project.networks.retain(|name, _| used.networks.contains(name));
    project.volumes.retain(|name, _| used.volumes.contains(name));
    project.secrets.retain(|name, _| used.secrets.contains(name));
    project.configs.retain(|name, _| used.configs.contains(name));
    project.models.retain(|name, _| used.models.contains(name));
}

#[derive(Default)]
struct Used {
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
    secrets: BTreeSet<String>,
    configs: BTreeSet<String>,
    models: BTreeSet<String>,
}

impl Used {
    fn add(&mut self, service: &Service) {
        let text = |field: &Option<Spanned<String>>| field.as_ref().map(|field| field.value.clone());
        self.networks.extend(service.networks.iter().flat_map(|networks| networks.value.keys().cloned()));
        self.models.extend(service.models.iter().flat_map(|models| models.value.keys().cloned()));
        for mount in service.volumes.iter().flat_map(|volumes| &volumes.value) {
            if text(&mount.value.r#type).as_deref() == Some("volume") {
                self.volumes.extend(text(&mount.value.source));
            }
        }
        let built = service.build.iter().filter_map(|build| build.value.secrets.as_ref());
        for secret in service.secrets.iter().chain(built).flat_map(|secrets| &secrets.value) {
            self.secrets.extend(text(&secret.value.source));
        }
        for config in service.configs.iter().flat_map(|configs| &configs.value) {
            self.configs.extend(text(&config.value.source));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::compose::{
        Options, Request,
        testing::{loaded, request},
    };

    const TEXT: &str = "\
services:
  a: {image: x, depends_on: [b], networks: [n]}
  b: {image: x, volumes: ['vol:/v']}
  c: {image: x, profiles: [p], secrets: [s]}
networks: {n: , unused: }
volumes: {vol: }
secrets: {s: {file: ./s}}
";

    #[test]
    fn named_services_come_with_what_they_need_and_nothing_else() {
        let cases: [(&[&str], &str, &str); 3] = [
            (&[], r#"["a","b"]"#, r#"["name","services","networks","volumes"]"#),
            (&["b"], r#"["b"]"#, r#"["name","services","networks","volumes"]"#),
            (&["c"], r#"["c"]"#, r#"["name","services","networks","secrets"]"#),
        ];
        let keys = |value: Option<&serde_json::Value>| {
            let map = value.and_then(serde_json::Value::as_object);
            serde_json::to_string(&map.map(|map| map.keys().collect::<Vec<_>>())).unwrap()
        };
        for (named, services, sections) in cases {
            let services_named = named.iter().map(|name| (*name).to_owned()).collect();
            let found = loaded(&[("compose.yaml", TEXT)], &Request { services: services_named, ..request() });
            assert_eq!(keys(found.at("/services")), services);
            assert_eq!(keys(found.at("")), sections);
        }
    }

    #[test]
    fn unknown_services_are_refused_and_unused_resources_kept_on_demand() {
        let found =
            loaded(&[("compose.yaml", TEXT)], &Request { services: vec!["x".to_owned()], ..request() });
        assert_eq!(found.messages(), ["there is no service `x`"]);
        let options = Options { all_resources: true, ..Options::default() };
        let found = loaded(&[("compose.yaml", TEXT)], &Request { options, ..request() });
        assert_eq!(found.text("/networks/unused"), r#"{"name":"demo_unused"}"#);
    }
}
