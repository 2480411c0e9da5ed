//! What services share: networks, volumes, secrets, configs and models.

use super::{Labels, Options, Strings, attribute::record};
use crate::text::Spanned;

record! {
    /// [`networks`](https://github.com/compose-spec/compose-spec/blob/main/06-networks.md) entry.
    Network {
        /// The network's own name, `<project>_<key>` unless set.
        "name" => name: String;
        /// Who provides it.
        "driver" => driver: String;
        /// Options of the driver.
        "driver_opts" => driver_opts: Options;
        /// Address management.
        "ipam" => ipam: Ipam, keep;
        /// Made by somebody else.
        "external" => external: bool;
        /// Without a way out.
        "internal" => internal: bool;
        /// Others may join.
        "attachable" => attachable: bool;
        /// Labels.
        "labels" => labels: Labels;
        /// With IPv4.
        "enable_ipv4" => enable_ipv4: bool, keep;
        /// With IPv6.
        "enable_ipv6" => enable_ipv6: bool, keep;
    }
}

record! {
    /// `networks.*.ipam`.
    Ipam {
        /// Who manages addresses.
        "driver" => driver: String;
        /// The pools.
        "config" => config: Vec<Spanned<IpamPool>>;
        /// Options of the driver.
        "options" => options: Options;
    }
}

record! {
    /// One entry of `networks.*.ipam.config`.
    IpamPool {
        /// The pool, in CIDR notation.
        "subnet" => subnet: String;
        /// The way out.
        "gateway" => gateway: String;
        /// The part that containers get addresses from.
        "ip_range" => ip_range: String;
        /// Addresses by host name.
        "aux_addresses" => aux_addresses: Labels;
    }
}

record! {
    /// [`volumes`](https://github.com/compose-spec/compose-spec/blob/main/07-volumes.md) entry.
    Volume {
        /// The volume's own name, `<project>_<key>` unless set.
        "name" => name: String;
        /// Who provides it.
        "driver" => driver: String;
        /// Options of the driver.
        "driver_opts" => driver_opts: Options;
        /// Made by somebody else.
        "external" => external: bool;
        /// Labels.
        "labels" => labels: Labels;
    }
}

record! {
    /// [`secrets`](https://github.com/compose-spec/compose-spec/blob/main/09-secrets.md) and
    /// [`configs`](https://github.com/compose-spec/compose-spec/blob/main/08-configs.md) entry.
    FileObject {
        /// The object's own name, `<project>_<key>` unless set.
        "name" => name: String;
        /// The file that holds the value.
        "file" => file: String;
        /// The variable that holds the value.
        "environment" => environment: String;
        /// The value; configs only. For `environment`, loading leaves the value out of the model.
        "content" => content: String;
        /// Made by somebody else.
        "external" => external: bool;
        /// Labels.
        "labels" => labels: Labels;
        /// Who keeps it.
        "driver" => driver: String;
        /// Options of the driver.
        "driver_opts" => driver_opts: Options;
        /// What expands templates in the value.
        "template_driver" => template_driver: String;
    }
}

record! {
    /// [`models`](https://github.com/compose-spec/compose-spec/blob/main/spec.md#models-top-level-element) entry.
    Model {
        /// The model's own name.
        "name" => name: String;
        /// Reference of the model artifact.
        "model" => model: String;
        /// Number of tokens.
        "context_size" => context_size: i64;
        /// Flags of the engine.
        "runtime_flags" => runtime_flags: Strings;
    }
}
