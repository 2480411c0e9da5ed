//! The flags that say which project: compose's own. They may stand before and after the command, and
//! add up.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::Io;
use crate::{
    compose::{Options, Request, discover},
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    settings,
    text::{FileKind, Files, STANDARD_INPUT, clean},
};

/// Compose's own flags.
#[derive(Debug, Clone, Args)]
pub(super) struct Flags {
    /// Compose file, `-` for standard input; several are merged in order
    #[arg(short, long = "file", value_name = "FILE")]
    pub(super) files: Vec<Utf8PathBuf>,
    /// Name of the project
    #[arg(short, long, value_name = "NAME")]
    project_name: Option<String>,
    /// Profile to activate; `*` is all
    #[arg(long = "profile", value_name = "PROFILE")]
    profiles: Vec<String>,
    /// File of variables, in place of `.env`
    #[arg(long = "env-file", value_name = "FILE")]
    env_files: Vec<Utf8PathBuf>,
    /// Directory that relative paths are relative to
    #[arg(long, value_name = "DIRECTORY")]
    project_directory: Option<Utf8PathBuf>,
    /// Keep networks, volumes, secrets and configs that no service uses
    #[arg(long, hide = true)]
    all_resources: bool,
}

impl Flags {
    /// These flags, from before the command, and those from behind it.
    pub(super) fn and(&self, behind: &Flags) -> Flags {
        let Flags { files, project_name, profiles, env_files, project_directory, all_resources } = behind;
        let mut all = self.clone();
        all.files.extend(files.iter().cloned());
        all.profiles.extend(profiles.iter().cloned());
        all.env_files.extend(env_files.iter().cloned());
        all.project_name = project_name.clone().or(all.project_name);
        all.project_directory = project_directory.clone().or(all.project_directory);
        all.all_resources |= all_resources;
        all
    }

    /// Whether they name the project, rather than leave it to what is found.
    pub(super) fn describe_a_project(&self) -> bool {
        !self.files.is_empty()
            || !self.profiles.is_empty()
            || !self.env_files.is_empty()
            || self.project_directory.is_some()
    }

    /// The name of the environment that they describe; of the one that is found, if they describe none.
    pub(super) fn single<'a>(&self, names: &'a [String]) -> &'a str {
        names.first().filter(|_| self.describe_a_project()).map_or("local", String::as_str)
    }

    /// The directory of the project: the one that is named, or the nearest one around it that has settings or a compose
    /// file, if no flag says where these are. `is_settled` says that the settings are named.
    pub(super) fn locate(
        &self,
        named: &Utf8Path,
        is_settled: bool,
        io: &Io<'_>,
        report: &mut Report,
    ) -> Option<Utf8PathBuf> {
        let directory = clean(&io.directory.join(named));
        let disk = Disk::new(directory.clone());
        let is_file = |path: &Utf8Path| disk.kind(path) == Some(FileKind::File);
        let wrong = match disk.kind(&directory) {
            Some(FileKind::Directory) => None,
            Some(_) => Some((
                format!("`{named}` is a file, not the directory of a project"),
                format!("name a compose file with `-f {named}`"),
            )),
            None => Some((
                format!("there is no directory `{named}`"),
                "name the directory of the project, or none for the current one".to_owned(),
            )),
        };
        if let Some((message, help)) = wrong {
            report.push(Diagnostic::error(codes::NO_DIRECTORY, message).help(help));
            return None;
        }
        if is_settled || self.describe_a_project() || io.environment.contains_key("COMPOSE_FILE") {
            return Some(directory);
        }
        let around = discover::nearest_project(&directory, &disk);
        let mut settled = None;
        for folder in directory.ancestors() {
            if is_file(&folder.join(settings::FILE_NAME)) {
                settled = Some(folder);
                break;
            }
            // Settings beyond are those of another repository.
            if disk.kind(&folder.join(".git")).is_some() {
                break;
            }
        }
        let nearest = around.into_iter().chain(settled).max_by_key(|folder| folder.as_str().len());
        Some(nearest.unwrap_or(&directory).to_owned())
    }

    /// Whether one of the compose files comes from standard input.
    pub(super) fn name_standard_input(&self) -> bool {
        self.files.iter().any(|file| file == "-")
    }

    /// The files seen from a directory, with the standard input among them if it is one of the compose files. Of what is
    /// outside of the project, only what these flags and the process name is read.
    pub(super) fn disk(&self, directory: &Utf8Path, io: &Io<'_>) -> Disk {
        let disk = Disk::new(directory.to_owned());
        let of_process = |name: &str| io.environment.get(name).map_or("", String::as_str).split([':', ',']);
        let of_process = ["COMPOSE_FILE", "COMPOSE_ENV_FILES"].into_iter().flat_map(of_process);
        let of_process: Vec<Utf8PathBuf> =
            of_process.filter(|path| !path.is_empty()).map(Utf8PathBuf::from).collect();
        let files = self.files.iter().filter(|file| *file != "-");
        let first = files.clone().chain(&of_process).next();
        let project = match (&self.project_directory, first.and_then(|file| file.parent())) {
            (Some(project), _) => directory.join(project),
            (None, Some(parent)) => directory.join(parent),
            (None, None) => discover::nearest_project(directory, &disk).unwrap_or(directory).to_owned(),
        };
        let named: Vec<Utf8PathBuf> = files.chain(&self.env_files).chain(&of_process).cloned().collect();
        let disk = disk.within(&clean(&project), directory, &named);
        if self.name_standard_input() { disk.with_standard_input((io.stdin)()) } else { disk }
    }

    /// What to load, seen from this process.
    pub(super) fn request(&self, options: Options, services: Vec<String>, io: &Io<'_>) -> Request {
        Request {
            files: self.files.iter().map(|file| Utf8PathBuf::from(input_or(file.as_str()))).collect(),
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

/// Lets a disk read what settings allow outside of the project; `directory` is the one that they are in.
pub(super) fn allow_outside(disk: &Disk, settings: &settings::Settings, directory: &Utf8Path) {
    let paths = settings.allow_outside.iter().map(|path| directory.join(&path.value));
    paths.for_each(|path| disk.allow(&clean(&path)));
}

/// Whether the directory of the manifests may be this one: only the command line leads it out of the project, and that
/// not by a link. What is told so may be read, too.
pub(super) fn allow_output(
    disk: &Disk,
    (directory, output): (&Utf8Path, &Utf8Path),
    is_named: bool,
    report: &mut Report,
) -> bool {
    if disk.is_within(output) {
        return true;
    }
    if is_named && !output.starts_with(directory) {
        disk.allow(output);
        return true;
    }
    let shown = relative(output, directory);
    let message = format!("the output directory `{shown}` is outside of the project");
    let help = "name the directory itself, without links, with `-o` if it is meant";
    report.push(Diagnostic::error(codes::PATH_OUTSIDE, message).help(help));
    false
}

/// A path as people name it; outside of the project, its last part.
pub(super) fn relative(path: &Utf8Path, directory: &Utf8Path) -> String {
    let outside = |_| path.file_name().map_or_else(Utf8PathBuf::new, Utf8PathBuf::from);
    path.strip_prefix(directory).map_or_else(outside, Utf8Path::to_owned).into_string()
}

/// `-` as the path by which standard input is read. A file of this name is `./-`.
fn input_or(file: &str) -> &str {
    if file == "-" { STANDARD_INPUT } else { file }
}
