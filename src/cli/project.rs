//! The flags that say which project: compose's own, before and after the command.

use camino::Utf8PathBuf;
use clap::Args;

use super::Io;
use crate::compose::{Options, Request};

/// Compose's own flags.
#[derive(Debug, Args)]
pub(super) struct Flags {
    /// Compose file; several are merged in order
    #[arg(short, long = "file", global = true, value_name = "FILE")]
    files: Vec<Utf8PathBuf>,
    /// Name of the project
    #[arg(short, long, global = true, value_name = "NAME")]
    project_name: Option<String>,
    /// Profile to activate; `*` is all
    #[arg(long = "profile", global = true, value_name = "PROFILE")]
    profiles: Vec<String>,
    /// File of variables, in place of `.env`
    #[arg(long = "env-file", global = true, value_name = "FILE")]
    env_files: Vec<Utf8PathBuf>,
    /// Directory that relative paths are relative to
    #[arg(long, global = true, value_name = "DIRECTORY")]
    project_directory: Option<Utf8PathBuf>,
    /// Keep networks, volumes, secrets and configs that no service uses
    #[arg(long, global = true)]
    all_resources: bool,
}

impl Flags {
    /// What to load, seen from this process.
    pub(super) fn request(&self, options: Options, services: Vec<String>, io: &Io<'_>) -> Request {
        Request {
            files: self.files.clone(),
            project_directory: self.project_directory.clone(),
            project_name: self.project_name.clone(),
            profiles: self.profiles.clone(),
            env_files: self.env_files.clone(),
            environment: io.environment.clone(),
            working_directory: io.directory.clone(),
            services,
            options: Options { all_resources: self.all_resources, ..options },
        }
    }
}
