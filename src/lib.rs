//! kustompose reads docker-compose projects and writes Kubernetes configuration.
//!
//! It is built like a compiler, and the modules stand in the order of its stages. A module imports
//! only from those above it (a test says so):
//!
//! | module | knows | gives |
//! | --- | --- | --- |
//! | [`text`], [`secret`], [`diag`] | files, spans; what looks like a secret; diagnostics as data | [`diag::Report`] |
//! | [`yaml`] | YAML | [`yaml::Node`] |
//! | [`compose`] | compose, and nothing of Kubernetes | `compose::Project` |
//! | [`disk`] | the file system and the process: the only input and output | [`disk::tree::Outcome`] |

pub mod cli;
pub mod compose;
pub mod diag;
pub mod disk;
pub mod secret;
pub mod text;
pub mod yaml;
