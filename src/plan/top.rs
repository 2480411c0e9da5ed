//! What services share: networks, secrets, configs and models. Volumes are decided in `storage`.

use super::{
    Context,
    ledger::{Entries, KeyPath, Ledger},
    mounts,
};
use crate::compose::model::{FileObject, Names, Network, Service};

/// Enters what became of the elements that services share.
pub(super) fn enter(context: &Context<'_>, environment: &str, ledger: &mut Ledger) {
    let project = context.project;
    for (name, network) in &project.networks {
        let mut entries = Entries::new(ledger, KeyPath::new(["networks", name]), "");
        entries.ignored(&[], "the pods of a namespace reach each other: separate them by a NetworkPolicy");
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
    let config_file = |app: &str| super::app_file(app, "kustomization.yaml");
    objects(context, "configs", &project.configs, &config_file, &uses_config, ledger);
    for name in project.models.keys() {
        let reason = "a cluster has no model runner: run the model as a service and name it in variables";
        Entries::new(ledger, KeyPath::new(["models", name]), "").unsupported(&[], reason);
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
        let reason = "pods reach the outside: deny it with a NetworkPolicy for egress";
        entries.unsupported(&["internal"], reason);
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
            entries.ignored(
                &[key],
                "the network of a cluster is its own: addresses and drivers are not the project's",
            );
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
            entries.ignored(&[], "no active service makes use of it");
            continue;
        }
        entries.mapped(&[]);
        let external = external.as_ref().is_some_and(|external| external.value);
        if external {
            let object = mounts::object_name(&object.value, name);
            entries.approximated(&["external"], format!("an object `{object}` has to be in the namespace"));
        }
        if real_name.is_some() && !external {
            entries.ignored(&["name"], "objects are named by their key: a namespace keeps projects apart");
        }
        if labels.is_some() {
            entries.ignored(&["labels"], "labels of a secret or config are the engine's");
        }
        for (key, present) in [
            ("driver", driver.is_some()),
            ("driver_opts", driver_opts.is_some()),
            ("template_driver", template_driver.is_some()),
        ] {
            if present {
                entries.unsupported(
                    &[key],
                    "a driver of the engine: see External Secrets for stores of secrets",
                );
            }
        }
    }
}
