//! What services share: networks, secrets, configs and models. Volumes are decided in `storage`.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::mounts;
use crate::{
    compose::model::{FileObject, Names, Network, Service},
    diag::{Diagnostic, Report, codes},
    plan::{
        facts::{Context, files, reader},
        fate::KeyPath,
        ledger::{Entries, Ledger},
        naming::layout::policies_file,
        reasons,
    },
    text::{FileError, Span, Spanned},
};

/// Enters what became of the elements that services share.
pub(super) fn record_top_level(context: &Context<'_>, ledger: &mut Ledger) {
    let (project, environment) = (context.project, context.environment);
    for (name, network) in &project.networks {
        let mut entries = Entries::new(ledger, KeyPath::new(["networks", name]), "");
        let is_used = |service: &Spanned<Box<Service>>| {
            service.networks.as_ref().is_some_and(|networks| networks.value.get(name).is_some())
        };
        if context.cluster.network_policies.is_none() {
            entries.ignored(&[], reasons::ALL_TOGETHER);
        } else if project.services.values().any(is_used) {
            entries.mapped_to(&[], policies_file(environment));
        } else {
            entries.ignored(&[], reasons::UNUSED_ELEMENT);
        }
        if let Some(network) = &network.value {
            settings(network, &mut entries);
        }
    }
    let secrets = format!("overlays/{environment}/secrets/kustomization.yaml");
    let uses_secret = |service: &Service, name: &str| {
        service
            .secrets
            .iter()
            .flat_map(|field| &field.value)
            .any(|reference| reference.value.source.as_ref().is_some_and(|source| source.value == name))
    };
    let uses_config = |service: &Service, name: &str| {
        service
            .configs
            .iter()
            .flat_map(|field| &field.value)
            .any(|reference| reference.value.source.as_ref().is_some_and(|source| source.value == name))
    };
    objects(context, "secrets", &project.secrets, &|_| secrets.clone(), &uses_secret, ledger);
    let config_file = |app: &str| context.layout.app_file(app, "kustomization.yaml");
    objects(context, "configs", &project.configs, &config_file, &uses_config, ledger);
    for name in project.models.keys() {
        Entries::new(ledger, KeyPath::new(["models", name]), "").as_ever(&[]);
    }
}

/// A secret or config whose file or variable is not there is empty in the tree.
pub(super) fn warn_of_missing(context: &Context<'_>, report: &mut Report) {
    let project = context.project;
    for (key, secret) in &project.secrets {
        if let Some(variable) =
            secret.environment.as_ref().filter(|_| !project.secret_values.contains_key(key))
        {
            let message =
                format!("the variable `{}`, of which the secret `{key}` is made, is not set", variable.value);
            let help =
                "set it in `.env`, by `--var`, or write the value into the secret's file below `overlays/`";
            report.push(
                Diagnostic::warning(codes::MISSING_CONTENT, message).at(variable.span, "not set").help(help),
            );
        }
    }
    for (kind, objects) in [("secret", &project.secrets), ("config", &project.configs)] {
        for (key, object) in objects {
            let Some(file) = &object.file else { continue };
            let path = Utf8Path::new(&file.value);
            let what = format!("the file `{}` of the {kind} `{key}`", context.shown(path));
            let diagnostic = match context.files.read(path) {
                Ok(bytes) if bytes.len() > files::CONTENT_LIMIT => {
                    let message = format!("{what} is larger than 1 MiB, the most that an object can hold");
                    Diagnostic::error(codes::UNREADABLE_CONTENT, message)
                        .at(file.span, "too large")
                        .help("put it into the image or a volume")
                }
                Ok(_) => continue,
                Err(error) => unread(&what, kind, &error, file.span),
            };
            report.push(diagnostic);
        }
    }
}

/// What there is to say of Dockerfiles: one that is here and cannot be read would say nothing of its image without a
/// word, and nothing builds an image whose Dockerfile is not here.
pub(super) fn judge_dockerfiles(context: &Context<'_>, report: &mut Report) {
    let mut missing: BTreeMap<String, Vec<(&str, Span)>> = BTreeMap::new();
    for (name, service) in context.services() {
        let Some(build) = service.value.build.as_ref() else { continue };
        if build.value.dockerfile_inline.is_some() {
            continue;
        }
        let Some(path) = reader::place_of_dockerfile(&build.value, context.files) else { continue };
        let shown = context.shown(&path);
        let place = build.value.dockerfile.as_ref().map_or(build.span, |dockerfile| dockerfile.span);
        match context.files.read(&path) {
            Err(error @ (FileError::IsDirectory | FileError::Other(_))) => {
                let message = format!("the Dockerfile `{shown}` of `{name}` cannot be read: {error}");
                report.push(
                    Diagnostic::error(codes::UNREADABLE_CONTENT, message)
                        .at(place, "named here")
                        .help("make it a readable file and run again"),
                );
            }
            // A path that is not absolute is the address of a repository.
            Err(FileError::NotFound) if report.takes_warnings() && path.is_absolute() => {
                let root = build.value.context.as_ref();
                let root = root.filter(|root| context.files.kind(root.value.as_str().into()).is_none());
                let (what, place) = match root {
                    Some(root) => (
                        format!("the build context `{}`", context.shown(root.value.as_str().into())),
                        root.span,
                    ),
                    None => (format!("the Dockerfile `{shown}`"), place),
                };
                missing.entry(what).or_default().push((name, place));
            }
            _ => {}
        }
    }
    for (what, builds) in missing {
        let names = builds.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = format!("{what} of {names} is not there");
        let help = "write it and run again: it says which user and which ports the image has. If the image comes from \
                    elsewhere, remove `build`";
        let diagnostic = Diagnostic::warning(codes::MISSING_DOCKERFILE, message).help(help);
        let places: BTreeSet<Span> = builds.iter().map(|(_, place)| *place).collect();
        let at = |diagnostic: Diagnostic, place| diagnostic.at(place, "nothing builds the image");
        report.push(places.into_iter().take(3).fold(diagnostic, at));
    }
}

/// Why the content of a secret or config is not there. What a secret lacks can be filled in later.
fn unread(what: &str, kind: &str, error: &FileError, span: Span) -> Diagnostic {
    let is_secret = kind == "secret";
    let fill_in = "write the value into the secret's file below `overlays/`";
    match error {
        FileError::NotFound => {
            let message = format!("{what} is not there: it is empty in the manifests");
            let help = if is_secret { fill_in } else { "make the file and run again" };
            Diagnostic::warning(codes::MISSING_CONTENT, message).at(span, "no such file").help(help)
        }
        FileError::Outside if is_secret => {
            let message = format!("{what} {error}: it is not read");
            let help = format!("{fill_in}, or list its directory in `allowOutside` of kustompose.yaml");
            Diagnostic::warning(codes::OUTSIDE_PROJECT, message).at(span, "outside").help(help)
        }
        _ => {
            let help = error.help().unwrap_or("make it a readable file and run again");
            let message = format!("{what} cannot be read: {error}");
            Diagnostic::error(codes::UNREADABLE_CONTENT, message).at(span, "named here").help(help)
        }
    }
}

fn settings(network: &Network, entries: &mut Entries<'_>) {
    let Network {
        name: _,
        driver,
        driver_opts,
        ipam,
        external,
        internal,
        attachable,
        labels,
        enable_ipv4,
        enable_ipv6,
        extensions: _,
    } = network;
    if internal.as_ref().is_some_and(|internal| internal.value) {
        entries.unsupported(&["internal"], reasons::OUTSIDE_IS_REACHED);
    }
    for (key, present) in [
        ("driver", driver.is_some()),
        ("driver_opts", driver_opts.is_some()),
        ("ipam", ipam.is_some()),
        ("external", external.is_some()),
        ("attachable", attachable.is_some()),
        ("labels", labels.is_some()),
        ("enable_ipv4", enable_ipv4.is_some()),
        ("enable_ipv6", enable_ipv6.is_some()),
    ] {
        if present {
            entries.as_ever(&[key]);
        }
    }
}

fn objects(
    context: &Context<'_>,
    element: &str,
    objects: &Names<FileObject>,
    file: &dyn Fn(&str) -> String,
    uses: &dyn Fn(&Service, &str) -> bool,
    ledger: &mut Ledger,
) {
    for (name, object) in objects {
        let user = context.services().find(|(_, service)| uses(service, name)).map(|(user, _)| user);
        let file = file(context.apps.of(user.unwrap_or_default()));
        let mut entries = Entries::new(ledger, KeyPath::new([element, name]), file);
        let FileObject {
            name: real_name,
            file: _,
            environment: _,
            content: _,
            external,
            labels,
            driver,
            driver_opts,
            template_driver,
            extensions: _,
        } = &object.value;
        if user.is_none() {
            entries.ignored(&[], reasons::UNUSED_ELEMENT);
            continue;
        }
        entries.mapped(&[]);
        let external = external.as_ref().is_some_and(|external| external.value);
        if external {
            let object = mounts::references::object_name(&object.value, name);
            entries.approximated(&["external"], reasons::object_has_to_be_there(object));
        }
        if real_name.is_some() && !external {
            entries.ignored(&["name"], reasons::NAMED_BY_KEY);
        }
        if labels.is_some() {
            entries.as_ever(&["labels"]);
        }
        for (key, present) in [
            ("driver", driver.is_some()),
            ("driver_opts", driver_opts.is_some()),
            ("template_driver", template_driver.is_some()),
        ] {
            if present {
                entries.as_ever(&[key]);
            }
        }
    }
}
