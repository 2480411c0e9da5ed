//! Step 19: what must hold between the parts of a project, looked at in active services only.

use std::collections::BTreeMap;

use super::model::{Build, Deploy, Project, Service};
use crate::{
    diag::{Code, Diagnostic, Report, codes},
    text::{Span, Spanned, nearest},
};

mod cycle;
mod defined;
mod limits;

/// One active service and the project around it.
struct Subject<'a> {
    project: &'a Project,
    name: &'a str,
    service: &'a Service,
    /// Where the service stands.
    span: Span,
}

type Check = fn(&Subject<'_>, &mut Report);

/// What is checked of each service, in this order.
const CHECKS: &[Check] = &[
    image,
    build,
    build_references,
    network_mode,
    networks,
    healthcheck,
    dependencies,
    namespaces,
    resources,
    limits::scale,
    limits::twins,
    watch,
    mounts,
];

/// Those of them that look for names alone.
const REFERENCES: &[Check] = &[build_references, networks, dependencies, namespaces, resources];

/// Reports what does not fit together, then writes `scale` out where `deploy` has it too.
pub(super) fn check(project: &mut Project, has_own_container_names: bool, report: &mut Report) {
    for (name, service) in &project.services {
        let subject = Subject { project, name, service: &service.value, span: service.span };
        for check in CHECKS {
            check(&subject, report);
        }
    }
    if has_own_container_names {
        container_names(project, report);
    }
    cycle::check(project, report);
    limits::warn_of_ports(project, report);
    for service in project.services.values_mut() {
        if let (Some(scale), Some(deploy)) = (service.value.scale.clone(), &mut service.value.deploy) {
            deploy.value.replicas = Some(scale);
        }
    }
}

/// Reports references to what no file defines, in a project of which other parts were refused.
pub(super) fn check_references(project: &Project, report: &mut Report) {
    let Some(known) = defined::with_all_that_is_written(project) else { return };
    let mut found = Report::default();
    for (name, service) in &project.services {
        let subject = Subject { project: &known, name, service: &service.value, span: service.span };
        for check in REFERENCES {
            check(&subject, &mut found);
        }
    }
    for diagnostic in found.diagnostics() {
        if !defined::is_refused(diagnostic, report) {
            report.push(diagnostic.clone());
        }
    }
}

impl Subject<'_> {
    fn refuse(&self, code: Code, span: Span, message: String, label: &str, report: &mut Report) {
        report.push(Diagnostic::error(code, message).at(span, label));
    }

    /// Reports a name that nothing in the project has.
    fn undefined<'a>(
        &self,
        what: &str,
        name: &str,
        span: Span,
        known: impl Iterator<Item = &'a String>,
        report: &mut Report,
    ) {
        let message = format!("service `{}` refers to {what} `{name}`, which is not defined", self.name);
        let diagnostic = Diagnostic::error(codes::UNDEFINED_REFERENCE, message).at(span, "not defined");
        report.push(match nearest(name, known.map(String::as_str)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!(
                "define it below the top-level `{}s`",
                what.split(' ').next_back().unwrap_or(what)
            )),
        });
    }
}

fn text(field: &Option<Spanned<String>>) -> &str {
    field.as_ref().map_or("", |field| field.value.as_str())
}

/// What a field holds, nothing for a field that is not there.
fn items<T>(field: &Option<Spanned<Vec<T>>>) -> &[T] {
    field.as_ref().map_or(&[], |field| field.value.as_slice())
}

fn image(subject: &Subject<'_>, report: &mut Report) {
    let service = subject.service;
    if service.build.is_none() && text(&service.image).is_empty() && service.provider.is_none() {
        let message = format!("service `{}` has neither `image` nor `build`", subject.name);
        report.push(
            Diagnostic::error(codes::NO_IMAGE, message)
                .at(subject.span, "this service")
                .help("name its image, or say with `build` where its image is made"),
        );
    }
}

fn build(subject: &Subject<'_>, report: &mut Report) {
    let Some(build) = subject.service.build.as_ref().map(|build| &build.value) else { return };
    if let (Some(file), Some(inline)) = (&build.dockerfile, &build.dockerfile_inline)
        && !file.value.is_empty()
        && !inline.value.is_empty()
    {
        let message = format!("service `{}` has both `dockerfile` and `dockerfile_inline`", subject.name);
        subject.refuse(codes::CONFLICT, inline.span, message, "one of the two", report);
    }
    for context in build.additional_contexts.iter().flat_map(|contexts| contexts.value.values()) {
        let Some(name) = context.value.strip_prefix("service:") else { continue };
        let target = subject.project.services.get(name);
        if target.is_some_and(|target| target.value.build.is_none()) {
            let message = format!("service `{name}` is built from another's image but has no `build`");
            subject.refuse(codes::UNDEFINED_REFERENCE, context.span, message, "used as a context", report);
        }
    }
    built_for(subject.name, build, text(&subject.service.platform), report);
}

/// Reports a service that is not built for the platform that it runs on.
pub(super) fn built_for(name: &str, build: &Build, platform: &str, report: &mut Report) {
    let Some(platforms) = build.platforms.as_ref().filter(|platforms| !platforms.value.is_empty()) else {
        return;
    };
    if !platform.is_empty() && !platforms.value.iter().any(|candidate| candidate.value == platform) {
        let message = format!("service `{name}` runs on `{platform}` but is not built for it");
        report.push(Diagnostic::error(codes::CONFLICT, message).at(platforms.span, "built for these"));
    }
}

fn build_references(subject: &Subject<'_>, report: &mut Report) {
    let Some(build) = subject.service.build.as_ref().map(|build| &build.value) else { return };
    let services = &subject.project.services;
    for context in build.additional_contexts.iter().flat_map(|contexts| contexts.value.values()) {
        if let Some(target) = context.value.strip_prefix("service:")
            && !services.contains_key(target)
        {
            subject.undefined("service", target, context.span, services.keys(), report);
        }
    }
    for secret in items(&build.secrets) {
        let source = text(&secret.value.source);
        if !subject.project.secrets.contains_key(source) {
            subject.undefined("build secret", source, secret.span, subject.project.secrets.keys(), report);
        }
    }
}

fn network_mode(subject: &Subject<'_>, report: &mut Report) {
    let Some(networks) = &subject.service.networks else { return };
    if let Some(mode) = &subject.service.network_mode
        && !mode.value.is_empty()
        && !networks.value.is_empty()
    {
        let message = format!("service `{}` has both `network_mode` and `networks`", subject.name);
        subject.refuse(codes::CONFLICT, mode.span, message, "excludes `networks`", report);
    }
}

fn networks(subject: &Subject<'_>, report: &mut Report) {
    let Some(networks) = &subject.service.networks else { return };
    for (name, network) in &networks.value {
        if !subject.project.networks.contains_key(name) {
            subject.undefined("network", name, network.span, subject.project.networks.keys(), report);
        }
    }
}

fn healthcheck(subject: &Subject<'_>, report: &mut Report) {
    let Some(test) = subject.service.healthcheck.as_ref().and_then(|check| check.value.test.as_ref()) else {
        return;
    };
    if let Some(first) = test.value.first()
        && !matches!(first.value.as_str(), "CMD" | "CMD-SHELL" | "NONE")
    {
        let message =
            format!("the health check of service `{}` must begin with CMD, CMD-SHELL or NONE", subject.name);
        subject.refuse(codes::CONFLICT, first.span, message, "none of them", report);
    }
}

fn dependencies(subject: &Subject<'_>, report: &mut Report) {
    let project = subject.project;
    for (name, dependency) in subject.service.depends_on.iter().flat_map(|dependencies| &dependencies.value) {
        let required = dependency.value.required.as_ref().is_none_or(|required| required.value);
        let inactive = project.disabled_services.contains_key(name);
        if project.services.contains_key(name) || (inactive && !required) {
            continue;
        }
        if inactive {
            let message =
                format!("service `{}` depends on `{name}`, whose profile is not active", subject.name);
            report.push(
                Diagnostic::error(codes::UNDEFINED_REFERENCE, message)
                    .at(dependency.span, "not active")
                    .help("activate its profile, or write `required: false`"),
            );
        } else {
            subject.undefined("service", name, dependency.span, project.services.keys(), report);
        }
    }
}

fn namespaces(subject: &Subject<'_>, report: &mut Report) {
    if let Some(mode) = &subject.service.network_mode
        && let Some(name) = mode.value.strip_prefix("service:")
        && !subject.project.services.contains_key(name)
    {
        subject.undefined("service", name, mode.span, subject.project.services.keys(), report);
    }
}

fn resources(subject: &Subject<'_>, report: &mut Report) {
    let (service, project) = (subject.service, subject.project);
    for mount in items(&service.volumes) {
        let source = text(&mount.value.source);
        if text(&mount.value.r#type) == "volume"
            && !source.is_empty()
            && !project.volumes.contains_key(source)
        {
            let span = mount.value.source.as_ref().map_or(mount.span, |source| source.span);
            subject.undefined("volume", source, span, project.volumes.keys(), report);
        }
    }
    for config in items(&service.configs) {
        let source = text(&config.value.source);
        if !project.configs.contains_key(source) {
            let span = config.value.source.as_ref().map_or(config.span, |source| source.span);
            subject.undefined("config", source, span, project.configs.keys(), report);
        }
    }
    for secret in items(&service.secrets) {
        let source = text(&secret.value.source);
        if !project.secrets.contains_key(source) {
            let span = secret.value.source.as_ref().map_or(secret.span, |source| source.span);
            subject.undefined("secret", source, span, project.secrets.keys(), report);
        }
    }
    for (name, model) in service.models.iter().flat_map(|models| &models.value) {
        if !project.models.contains_key(name) {
            subject.undefined("model", name, model.span, project.models.keys(), report);
        }
    }
}

fn watch(subject: &Subject<'_>, report: &mut Report) {
    let Some(develop) = &subject.service.develop else { return };
    for watch in items(&develop.value.watch) {
        if text(&watch.value.target).is_empty() && !matches!(text(&watch.value.action), "rebuild" | "restart")
        {
            let message = format!("a watch of service `{}` has no `target`", subject.name);
            subject.refuse(codes::CONFLICT, watch.span, message, "only `rebuild` goes without", report);
        }
    }
}

/// No two mounts at one path.
fn mounts(subject: &Subject<'_>, report: &mut Report) {
    let service = subject.service;
    let memory = items(&service.tmpfs).iter().map(|tmpfs| {
        (tmpfs.value.split_once(':').map_or(tmpfs.value.as_str(), |(path, _)| path), tmpfs.span)
    });
    let volumes = items(&service.volumes).iter().map(|mount| (text(&mount.value.target), mount.span));
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for (target, span) in memory.chain(volumes) {
        if let Some(earlier) = known.insert(target, span) {
            let message = format!("service `{}` has two mounts at `{target}`", subject.name);
            report.push(
                Diagnostic::error(codes::CONFLICT, message).at(span, "again here").at(earlier, "first here"),
            );
        }
    }
}

fn container_names(project: &Project, report: &mut Report) {
    let mut known: BTreeMap<&str, Span> = BTreeMap::new();
    for service in project.services.values() {
        let Some(name) = service.value.container_name.as_ref().filter(|name| !name.value.is_empty()) else {
            continue;
        };
        if let Some(earlier) = known.insert(&name.value, name.span) {
            let message = format!("two services have the container name `{}`", name.value);
            report.push(
                Diagnostic::error(codes::CONFLICT, message)
                    .at(name.span, "again here")
                    .at(earlier, "first here"),
            );
        }
    }
}

/// The `deploy` section of a service.
fn deploy(service: &Service) -> Option<&Deploy> {
    service.deploy.as_ref().map(|deploy| &*deploy.value)
}

#[cfg(test)]
mod tests {
    use crate::compose::testing::loaded_text;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table, a row a check")]
    fn what_does_not_fit_together_is_refused() {
        let cases = [
            ("a: {}", "service `a` has neither `image` nor `build`"),
            (
                "a: {build: {dockerfile: x, dockerfile_inline: y}}",
                "service `a` has both `dockerfile` and `dockerfile_inline`",
            ),
            (
                "a: {build: ., platform: l/a, image: x}, b: {build: {platforms: [l/b]}, platform: l/a}",
                "service `b` runs on `l/a` but is not built for it",
            ),
            (
                "a: {image: x, network_mode: host, networks: [default]}",
                "service `a` has both `network_mode` and `networks`",
            ),
            ("a: {image: x, networks: [n]}", "service `a` refers to network `n`, which is not defined"),
            (
                "a: {image: x, volumes: ['vol:/v']}",
                "service `a` refers to volume `vol`, which is not defined",
            ),
            ("a: {image: x, secrets: [s]}", "service `a` refers to secret `s`, which is not defined"),
            ("a: {image: x, configs: [c]}", "service `a` refers to config `c`, which is not defined"),
            ("a: {image: x, depends_on: [b]}", "service `a` refers to service `b`, which is not defined"),
            (
                "a: {image: x, depends_on: [b]}, b: {image: x, profiles: [p]}",
                "service `a` depends on `b`, whose profile is not active",
            ),
            (
                "a: {image: x, depends_on: [b]}, b: {image: x, links: [a]}",
                "services depend on each other in a circle: a → b → a",
            ),
            (
                "a: {image: x, healthcheck: {test: [curl]}}",
                "the health check of service `a` must begin with CMD, CMD-SHELL or NONE",
            ),
            (
                "a: {image: x, scale: 2, deploy: {replicas: 3}}",
                "service `a` sets `scale` and `deploy.replicas` to different values",
            ),
            (
                "a: {image: x, mem_limit: 1m, deploy: {resources: {limits: {cpus: 1}}}}",
                "service `a` sets `mem_limit` and `deploy.resources.limits.memory` to different values",
            ),
            (
                "a: {image: x, scale: 2, container_name: web}",
                "service `a` runs 2 times and has a `container_name`",
            ),
            (
                "a: {image: x, container_name: web}, b: {image: x, container_name: web}",
                "two services have the container name `web`",
            ),
            ("a: {image: x, tmpfs: /t, volumes: [/t]}", "service `a` has two mounts at `/t`"),
            (
                "a: {image: x, develop: {watch: [{path: ., action: sync}]}}",
                "a watch of service `a` has no `target`",
            ),
        ];
        for (services, message) in cases {
            let found = loaded_text(&format!("services: {{{services}}}"));
            assert_eq!(found.messages().first(), Some(&message), "{services}");
            assert!(found.places()[0].starts_with("compose.yaml:1:"));
        }
    }

    #[test]
    fn references_are_looked_at_beside_what_is_refused() {
        let undefined = "service `a` refers to volume `data`, which is not defined";
        let cases: [(&str, &[&str]); 8] = [
            ("services: {a: {image: x, imag: y, volumes: ['data:/w']}}", &[undefined]),
            ("services: {a: {image: x, imag: y, depends_on: [b]}, b: []}", &[]),
            (
                "services: {a: {image: x, imag: y, volumes: ['v:/v', 'data:/w']}}\nvolumes: {v: 3}",
                &[undefined],
            ),
            ("services: {a: {image: x, volumes: ['data:/w']}}\nvolumes: [data]", &[]),
            ("services: {a: {image: x, volumes: ['data:/w']}}\nvolume: {data: }", &[]),
            ("services: {a: {image: x, volumes: ['${W:?}:/w']}}", &[]),
            ("services: {a: {image: x, imag: y, volumes: ['data:/w']}}\ninclude: [none.yaml]", &[]),
            ("services: {a: {extends: {file: none.yaml, service: a}, volumes: ['data:/w']}}", &[undefined]),
        ];
        for (text, expected) in cases {
            let found = loaded_text(text);
            let messages = found.messages();
            let references: Vec<&str> =
                messages.iter().copied().filter(|message| message.contains("refers to")).collect();
            assert_eq!(references, expected, "{text}: {messages:?}");
            assert!(messages.len() > references.len(), "{text}");
        }
    }

    #[test]
    fn a_missing_env_file_hides_nothing_else() {
        let found = loaded_text("services: {a: {env_file: none.env, scale: 2, deploy: {replicas: 3}}}");
        let fragments = ["none.env", "neither `image` nor `build`", "different values"];
        for (message, fragment) in found.messages().iter().zip(fragments) {
            assert!(message.contains(fragment), "{message}");
        }
        assert_eq!(found.messages().len(), fragments.len());
    }

    #[test]
    fn an_optional_dependency_may_be_inactive() {
        let found = loaded_text(
            "services: {a: {image: x, depends_on: {b: {condition: service_started, required: false}}}, b: {image: x, profiles: [p]}}",
        );
        assert!(found.diagnostics.is_empty());
    }
}
