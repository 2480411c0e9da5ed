//! The rows of everything but services, by the alphabet.

use super::{Row, rows};

pub(super) static ROWS: &[Row] = rows! {
    "configs": mapped => "ConfigMaps, see below";
    "configs.*": mapped => "a file of a ConfigMap, which stands with the app that mounts it; without a user it is left out";
    "configs.*.external": mapped, approximated => "a ConfigMap of this name has to be in the namespace";
    "configs.*.labels": ignored => "labels of a secret or config are the engine's";
    "configs.*.name": mapped, ignored => "objects are named by their key: a namespace keeps projects apart; of what is external it is the object's name";
    "configs.*.template_driver": unsupported => "nothing fills the file in: `{{ … }}` stays as it stands, so write the values out, or have the container fill them in";
    "include": mapped => "resolved: what the files named here say is part of the project";
    "models": unsupported => "a cluster has no model runner: run the model as a service and name it in variables";
    "name": mapped => "the project's name, part of the namespaces";
    "networks": mapped, ignored => "NetworkPolicies where `networkPolicies` asks for them; else the pods of a namespace reach each other";
    "networks.*.attachable": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.driver": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.driver_opts": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.enable_ipv4": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.enable_ipv6": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.external": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.internal": mapped, unsupported => "pods reach the outside: deny it with a NetworkPolicy for egress";
    "networks.*.ipam": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.labels": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "networks.*.name": ignored => "the network of a cluster is its own: addresses and drivers are not the project's";
    "secrets": mapped => "Secrets, see below";
    "secrets.*": mapped => "a file of a Secret, whose value stands in a file that git ignores; without a user it is left out";
    "secrets.*.driver": unsupported => "a driver of the engine: see External Secrets for stores of secrets";
    "secrets.*.driver_opts": unsupported => "a driver of the engine: see External Secrets for stores of secrets";
    "secrets.*.external": mapped, approximated => "a Secret of this name has to be in the namespace";
    "secrets.*.labels": ignored => "labels of a secret or config are the engine's";
    "secrets.*.name": mapped, ignored => "objects are named by their key: a namespace keeps projects apart; of what is external it is the object's name";
    "secrets.*.template_driver": unsupported => "nothing fills the file in: `{{ … }}` stays as it stands, so write the values out, or have the container fill them in";
    "services": mapped => "workloads, see below";
    "version": ignored => "obsolete: compose takes no notice of it";
    "volumes": mapped, approximated => "claims, see below";
    "volumes.*": mapped, approximated, ignored => "a claim of 10Gi; where several pods use it, ReadWriteMany, which not every class knows; a StatefulSet claims its own; without a user it is left out";
    "volumes.*.driver": mapped, unsupported => "volumes of a cluster come from a StorageClass: name it in the claim";
    "volumes.*.driver_opts": mapped, unsupported => "NFS is mounted as it is, tmpfs is a directory in memory; for others a StorageClass has options of its own";
    "volumes.*.driver_opts.*": mapped, approximated, ignored, unsupported => "server and path of NFS, size of tmpfs; mount options belong to a PersistentVolume";
    "volumes.*.external": mapped, approximated => "the claim has to be in the namespace; it stands in a file of yours, to keep or to delete";
    "volumes.*.labels": approximated, ignored => "annotations of the claim";
    "volumes.*.labels.*": mapped, approximated, ignored, unsupported => "an annotation of the claim; a label of kompose is what it asks for";
    "volumes.*.name": mapped, ignored => "claims are named by their key: a namespace keeps projects apart; of what is external it is the claim's name";
    "x-*": ignored => "an extension: it means nothing to compose";
};
