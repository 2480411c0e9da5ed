//! Networks, volumes and secrets.

use docker_compose_types as types;

use super::{flag, labels, optional_values, value};
use crate::{
    compose::model::{FileObject, Ipam, IpamPool, Names, Network, Volume},
    text::Spanned,
};

pub(super) fn network(network: &Network) -> types::NetworkSettings {
    let Network {
        name,
        driver,
        driver_opts,
        ipam: addresses,
        external,
        internal,
        attachable,
        labels: own_labels,
        enable_ipv4: _,
        enable_ipv6,
        extensions: _,
    } = network;
    types::NetworkSettings {
        attachable: flag(attachable),
        driver: value(driver),
        driver_opts: optional_values(driver_opts),
        enable_ipv6: flag(enable_ipv6),
        internal: flag(internal),
        external: value(external).map(types::ComposeNetwork::Bool),
        ipam: addresses.as_ref().map(ipam),
        labels: labels(own_labels),
        name: value(name),
    }
}

fn ipam(ipam: &Spanned<Ipam>) -> types::Ipam {
    let Ipam { driver, config, options: _, extensions: _ } = &ipam.value;
    let pools = config.iter().flat_map(|config| &config.value);
    types::Ipam { driver: value(driver), config: pools.filter_map(pool).collect() }
}

/// A pool must have its subnet.
fn pool(pool: &Spanned<IpamPool>) -> Option<types::IpamConfig> {
    let IpamPool { subnet, gateway, ip_range: _, aux_addresses: _, extensions: _ } = &pool.value;
    Some(types::IpamConfig { subnet: value(subnet)?, gateway: value(gateway) })
}

pub(super) fn volume(volume: &Volume) -> types::ComposeVolume {
    let Volume { name, driver, driver_opts, external, labels: own_labels, extensions: _ } = volume;
    types::ComposeVolume {
        driver: value(driver),
        driver_opts: optional_values(driver_opts),
        external: value(external).map(types::ExternalVolume::Bool),
        labels: labels(own_labels),
        name: value(name),
    }
}

pub(super) fn secrets(secrets: &Names<FileObject>) -> Option<types::ComposeSecrets> {
    let entry = |(name, object): (&String, &Spanned<FileObject>)| (name.clone(), secret(&object.value));
    (!secrets.is_empty()).then(|| types::ComposeSecrets(secrets.iter().map(entry).collect()))
}

/// One source, and nothing beside it.
fn secret(object: &FileObject) -> Option<types::ComposeSecret> {
    let FileObject {
        name,
        file,
        environment,
        content: _,
        external,
        labels: _,
        driver: _,
        driver_opts: _,
        template_driver: _,
        extensions: _,
    } = object;
    if flag(external) {
        let name = value(name).unwrap_or_default();
        return Some(types::ComposeSecret::External { external: true, name });
    }
    let file = value(file).map(types::ComposeSecret::File);
    file.or_else(|| value(environment).map(types::ComposeSecret::Environment))
}
