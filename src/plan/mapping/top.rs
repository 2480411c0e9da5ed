//! The rows of everything but services, by the alphabet.

use super::{Row, rows};
use crate::plan::fate::FateKind;

pub(super) static ROWS: &[Row] = rows! {
    "configs": mapped => "ConfigMaps, see below";
    "configs.*": mapped => "a file of a ConfigMap, which stands with the app that mounts it; without a user it is left out";
    "configs.*.external": mapped, approximated => "a ConfigMap of this name has to be in the namespace";
    "configs.*.labels": ignored => [OF_ENGINE];
    "configs.*.name": mapped, ignored => "objects are named by their key: a namespace keeps projects apart; of what is external it is the object's name";
    "configs.*.template_driver": unsupported => [NO_FILLING_IN];
    "include": mapped => [INCLUDED];
    "models": unsupported => [NO_MODEL_RUNNER];
    "name": mapped => "the project's name, part of the namespaces";
    "networks": mapped, ignored => "NetworkPolicies where `networkPolicies` asks for them; else the pods of a namespace reach each other";
    "networks.*.attachable": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.driver": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.driver_opts": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.enable_ipv4": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.enable_ipv6": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.external": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.internal": mapped, unsupported => "pods reach the outside: deny it with a NetworkPolicy for egress";
    "networks.*.ipam": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.labels": ignored => [NETWORK_OF_CLUSTER];
    "networks.*.name": ignored => [NETWORK_OF_CLUSTER];
    "secrets": mapped => "Secrets, see below";
    "secrets.*": mapped => "a file of a Secret, whose value stands in a file that git ignores; without a user it is left out";
    "secrets.*.driver": unsupported => [SECRETS_OF_DRIVER];
    "secrets.*.driver_opts": unsupported => [SECRETS_OF_DRIVER];
    "secrets.*.external": mapped, approximated => "a Secret of this name has to be in the namespace";
    "secrets.*.labels": ignored => [OF_ENGINE];
    "secrets.*.name": mapped, ignored => "objects are named by their key: a namespace keeps projects apart; of what is external it is the object's name";
    "secrets.*.template_driver": unsupported => [NO_FILLING_IN];
    "services": mapped => "workloads, see below";
    "version": ignored => [OBSOLETE];
    "volumes": mapped, approximated => "claims, see below";
    "volumes.*": mapped, approximated, ignored => "a claim of 10Gi; where several pods use it, ReadWriteMany, which not every class knows; a StatefulSet claims its own; without a user it is left out";
    "volumes.*.driver": mapped, unsupported => "volumes of a cluster come from a StorageClass: name it in the claim";
    "volumes.*.driver_opts": mapped, unsupported => "NFS is mounted as it is, tmpfs is a directory in memory; for others a StorageClass has options of its own";
    "volumes.*.driver_opts.*": mapped, approximated, ignored, unsupported => "server and path of NFS, size of tmpfs; mount options belong to a PersistentVolume";
    "volumes.*.external": mapped, approximated => "the claim has to be in the namespace; it stands in a file of yours, to keep or to delete";
    "volumes.*.labels": approximated, ignored => "annotations of the claim";
    "volumes.*.labels.*": mapped, approximated, ignored, unsupported => "an annotation of the claim; a label of kompose is what it asks for";
    "volumes.*.name": mapped, ignored => "claims are named by their key: a namespace keeps projects apart; of what is external it is the claim's name";
    "x-*": ignored => [EXTENSION];
};
