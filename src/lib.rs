//! kustompose reads docker-compose projects and writes Kubernetes manifests: a kustomize base, overlays for
//! environments, and a report of what became of every key.
//!
//! # Converting a project
//!
//! Three functions do the work. They read files through a trait, so a project can be in memory:
//!
//! ```
//! use kustompose::{
//!     diag::Report,
//!     plan::{Input, Options},
//!     render::earlier::Earlier,
//!     text::{MemoryFiles, Sources},
//! };
//!
//! let compose = "services:\n  web:\n    image: nginx:1.27\n    ports: ['8080:80']\n";
//! let files = MemoryFiles::new([("/shop/compose.yaml", compose)]);
//! let (mut sources, mut report) = (Sources::default(), Report::default());
//!
//! let request = kustompose::Request { working_directory: "/shop".into(), ..Default::default() };
//! let project = kustompose::load(&request, &files, &mut sources, &mut report).expect("a valid project");
//! assert_eq!(project.name, "shop");
//!
//! let environments = [Input::new("local", &project)];
//! let options = Options { output: "/shop/k8s".into(), ..Default::default() };
//! let plan = kustompose::plan(&environments, None, &options, &files, &mut report);
//! let manifests = kustompose::render(&plan, &Earlier::default());
//!
//! let deployment = manifests.files.iter().find(|file| file.path == "base/web/deployment.yaml");
//! let text = String::from_utf8_lossy(&deployment.expect("a Deployment").bytes);
//! assert!(text.contains("kind: Deployment"));
//! assert_eq!(report.diagnostics(), []);
//! ```
//!
//! [`plan::keys`] gives the result of every key, [`diag`] writes the report for people and for programs, and
//! [`disk`] reads real files and writes the manifests: all of them, or none. With the cargo feature
//! `docker-compose-types`, a [`Project`] converts into that crate's `Compose`.
//!
//! # Stages
//!
//! The library is built like a compiler. Each stage is a function from its input and a [`diag::Report`] to
//! its output. It reports everything that it finds and goes on, so one run shows every problem.
//!
//! 1. [`load`] reads a project as docker compose does: YAML, variables, `include`, `extends`, several files
//!    merged into one. It knows nothing of Kubernetes. Every value of the [`Project`] keeps its place.
//! 2. [`fn@plan`] decides what the project becomes in all its environments: kinds, ports, configuration,
//!    secrets, storage, probes. The [`plan::Plan`] is complete.
//! 3. [`fn@render`] writes the plan down as files. It cannot fail, and decides nothing.
//!
//! The modules are in the order of the stages. A module imports only from those above it, and a test checks that:
//!
//! | module | knows | gives |
//! | --- | --- | --- |
//! | [`catalog`] | images and programs | rows |
//! | [`text`], [`secret`], [`diag`] | files, spans; what looks like a secret; diagnostics as data | [`diag::Report`] |
//! | [`yaml`] | YAML | [`yaml::Node`] |
//! | [`compose`] | compose, and nothing of Kubernetes | [`Project`] |
//! | [`shell`] | scripts and Dockerfiles | what they do |
//! | [`k8s`] | Kubernetes, and nothing of ours | names, quantities, fields |
//! | [`settings`] | `kustompose.yaml` | [`settings::Settings`] |
//! | [`mod@plan`] | decisions | [`plan::Plan`] |
//! | [`kustomize`] | kustomize's files | [`kustomize::TreeFile`] |
//! | [`skaffold`] | Skaffold's file | its text |
//! | [`mod@render`] | how a plan is written down | the files of the output directory |
//! | [`drift`] | what objects say, and who decides on it | differences |
//! | [`lint`] | bad patterns | [`lint::Finding`] |
//! | [`secret_files`] | the files that git must not have | [`secret_files::SecretFiles`], archives |
//! | [`disk`] | the file system and the process: the only input and output | [`disk::tree::Outcome`] |
//! | [`cli`] | flags, exit codes, the report | |
//!
//! # Stability
//!
//! The three functions and the types that they take and give follow semantic versioning. Modules that this
//! documentation does not list (`catalog`, `cli`, `secret`, `secret_files`, `shell`, `skaffold`, and parts of
//! `kustomize`) are public for the binary, the tests and the fuzz targets, and change at any time.

#[doc(hidden)]
pub mod catalog;
#[doc(hidden)]
pub mod cli;
pub mod compose;
pub mod diag;
pub mod disk;
pub mod drift;
#[doc(hidden)]
pub mod graph;
pub mod k8s;
pub mod kustomize;
pub mod lint;
#[doc(hidden)]
pub mod page;
mod parallel;
pub mod plan;
pub mod render;
#[doc(hidden)]
pub mod secret;
#[doc(hidden)]
pub mod secret_files;
pub mod settings;
#[doc(hidden)]
pub mod shell;
#[doc(hidden)]
pub mod skaffold;
pub mod text;
pub mod yaml;

#[doc(inline)]
pub use compose::{Project, Request, load};
#[doc(inline)]
pub use plan::plan;
#[doc(inline)]
pub use render::render;
