//! kustompose reads docker-compose projects and writes Kubernetes configuration.
//!
//! It is built like a compiler, and the modules stand in the order of its stages. A module imports
//! only from those above it (a test says so):
//!
//! | module | knows | gives |
//! | --- | --- | --- |
//! | [`catalog`] | images and programs | rows |
//! | [`text`], [`secret`], [`diag`] | files, spans; what looks like a secret; diagnostics as data | [`diag::Report`] |
//! | [`yaml`] | YAML | [`yaml::Node`] |
//! | [`compose`] | compose, and nothing of Kubernetes | `compose::Project` |
//! | [`k8s`] | Kubernetes, and nothing of ours | names, quantities, fields |
//! | [`settings`] | `kustompose.yaml` | [`settings::Settings`] |
//! | [`plan`] | decisions | [`plan::Plan`] |
//! | [`kustomize`] | kustomize's files | [`kustomize::TreeFile`] |
//! | [`skaffold`] | Skaffold's file | its text |
//! | [`render`] | how a plan is written down | the files of a tree |
//! | [`drift`] | what objects say, and who decides on it | differences |
//! | [`lint`] | bad patterns | [`lint::Finding`] |
//! | [`secret_files`] | the files of a tree that git must not see | [`secret_files::SecretFiles`], archives |
//! | [`disk`] | the file system and the process: the only input and output | [`disk::tree::Outcome`] |

pub mod catalog;
pub mod cli;
pub mod compose;
pub mod diag;
pub mod disk;
pub mod drift;
pub mod k8s;
pub mod kustomize;
pub mod lint;
pub mod plan;
pub mod render;
pub mod secret;
pub mod secret_files;
pub mod settings;
pub mod shell;
pub mod skaffold;
pub mod text;
pub mod yaml;
