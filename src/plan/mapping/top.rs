//! The rows of everything but services, by the alphabet.

use super::row::{Row, rows};
use crate::plan::fate::FateKind;

pub(super) static ROWS: &[Row] = rows! {
    "configs": mapped => "ConfigMaps, see below";
    "configs.*": mapped => "a file of a ConfigMap, in the directory of the app that mounts it; left out if no service uses it";
    "configs.*.external": mapped, approximated => "a ConfigMap with this name must exist in the namespace";
    "configs.*.labels": ignored => [OF_ENGINE];
    "configs.*.name": mapped, ignored => "objects get the name of their key, because a namespace separates projects; for an external config, the name of the object";
    "configs.*.template_driver": unsupported => [NO_FILLING_IN];
    "include": mapped => [INCLUDED];
    "models": unsupported => [NO_MODEL_RUNNER];
    "name": mapped => "the name of the project, which is a part of the namespaces";
    "networks": mapped, ignored => "NetworkPolicies, with `networkPolicies: true`; otherwise all pods of a namespace reach each other";
    "networks.*.attachable": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.driver": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.driver_opts": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.enable_ipv4": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.enable_ipv6": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.external": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.internal": mapped, unsupported => "pods can reach the internet: deny it with a NetworkPolicy for egress";
    "networks.*.ipam": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.labels": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.name": ignored => [NETWORK_OF_CLUSTER];
    "secrets": mapped => "Secrets, see below";
    "secrets.*": mapped => "a file of a Secret, whose value is in a file that git ignores; left out if no service uses it";
    "secrets.*.driver": unsupported => [SECRETS_OF_DRIVER];
    "secrets.*.driver_opts": unsupported => [SECRETS_OF_DRIVER];
    "secrets.*.external": mapped, approximated => "a Secret with this name must exist in the namespace";
    "secrets.*.labels": ignored => [OF_ENGINE];
    "secrets.*.name": mapped, ignored => "objects get the name of their key, because a namespace separates projects; for an external secret, the name of the object";
    "secrets.*.template_driver": unsupported => [NO_FILLING_IN];
    "services": mapped => "workloads, see below";
    "version": ignored => [OBSOLETE];
    "volumes": mapped, approximated => "claims, see below";
    "volumes.*": mapped, approximated, ignored => "a claim of 10Gi, with ReadWriteMany if several pods use it, which not every storage class offers; a StatefulSet has its own claims; left out if no service uses it";
    "volumes.*.driver": mapped, unsupported => "volumes of a cluster come from a StorageClass: name it in the claim";
    "volumes.*.driver_opts": mapped, unsupported => "NFS is mounted as it is, tmpfs is a directory in memory; for other drivers, set options in a StorageClass";
    "volumes.*.driver_opts.*": mapped, approximated, ignored, unsupported => "server and path of NFS, size of tmpfs; mount options belong to a PersistentVolume";
    "volumes.*.external": mapped, approximated => "the claim must exist in the namespace; `external.yaml` in your overlay defines it, and you may delete it";
    "volumes.*.labels": approximated, ignored => "annotations of the claim";
    "volumes.*.labels.*": mapped, approximated, ignored, unsupported => "an annotation of the claim; labels of kompose have their own effect";
    "volumes.*.name": mapped, ignored => "claims get the name of their key, because a namespace separates projects; for an external volume, the name of the claim";
    "x-*": ignored => [EXTENSION];
};
