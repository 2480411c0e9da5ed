//! `kustompose secrets`: the secret files of a tree, packed for somebody else, unpacked, looked at, brought up to date
//! and cleaned.
//!
//! `pack`, `unpack` and `prune` work on the tree alone; compose files are asked for nothing but the project's name.

mod prune;
mod update;

use std::collections::BTreeMap;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use super::{Io, project, say, show};
use crate::{
    compose::{self, Options, Request, values::project_name},
    diag::{Diagnostic, Report, codes},
    disk::{
        Disk,
        place::{PlaceError, SecretFile as Placed},
    },
    kustomize::Owner,
    secret_files::{self, SecretFile, SecretFiles, State, archive, written},
    settings::{self, Settings},
    text::{Files, Sources, clean, shown::one_line},
};

/// The words behind `secrets`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the secret files of an environment to an archive
    Pack(Pack),
    /// Put the files of an archive in place
    Unpack(Unpack),
    /// Show which secrets are present, missing, empty or not those of Compose; never their values
    Status(Status),
    /// Take the values of Compose in place of those in the files, after asking
    Update(update::Update),
    /// Delete the values that nothing reads, after asking
    Prune(prune::Prune),
}

/// Where the tree is.
#[derive(Debug, Args)]
struct Place {
    /// Directory of the manifests; `k8s` unless set
    #[arg(short, long, value_name = "DIR")]
    output: Option<Utf8PathBuf>,
    /// Settings, in place of `kustompose.yaml`
    #[arg(long, value_name = "FILE")]
    config: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
struct Pack {
    #[command(flatten)]
    project: project::Flags,
    #[command(flatten)]
    place: Place,
    /// Environment; may be left out if there is only one
    #[arg(value_name = "ENV")]
    environment: Option<String>,
    /// Write over an archive that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct Unpack {
    #[command(flatten)]
    place: Place,
    /// The archive
    #[arg(value_name = "FILE")]
    file: Utf8PathBuf,
    /// Write over secret files with other values
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
struct Status {
    #[command(flatten)]
    place: Place,
    /// Environment; all unless set
    #[arg(value_name = "ENV")]
    environment: Option<String>,
}

/// What a run works on.
struct Scene {
    disk: Disk,
    settings: Settings,
    /// The tree, relative to the working directory.
    output: Utf8PathBuf,
    environments: Vec<String>,
}

/// Exit status 0 if it is done or nothing is missing, 1 if not.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let (place, environment) = match &arguments.command {
        Command::Pack(Pack { place, environment, .. })
        | Command::Status(Status { place, environment })
        | Command::Update(update::Update { place, environment, .. })
        | Command::Prune(prune::Prune { place, environment, .. }) => (place, environment.as_deref()),
        Command::Unpack(Unpack { place, .. }) => (place, None),
    };
    let scene = scene((place, flags), environment, io, &mut sources, &mut report);
    let done = scene.and_then(|scene| match &arguments.command {
        Command::Pack(arguments) => pack(arguments, &flags.and(&arguments.project), &scene, io, &mut report),
        Command::Unpack(arguments) => unpack(arguments, &scene, &mut report),
        Command::Status(_) => status(&scene, (place, flags), io, &mut report),
        Command::Update(arguments) => {
            let flags = flags.and(&arguments.project);
            update::update(arguments, &flags, &scene, io, (&mut sources, &mut report))
        }
        Command::Prune(arguments) => prune::prune(arguments, &scene, io, &mut report),
    });
    show(&report, &sources, io);
    match done {
        Some(told) => {
            say(io.stderr, &told);
            u8::from(report.has_errors())
        }
        None => 1,
    }
}

/// The tree with the environments that are meant: the one that is named, or all.
fn scene(
    (place, flags): (&Place, &project::Flags),
    environment: Option<&str>,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Scene> {
    let disk = flags.disk(&io.directory, io);
    place.config.iter().for_each(|path| disk.allow(path));
    let path = place.config.clone().unwrap_or_else(|| settings::FILE_NAME.into());
    let settings = settings::read(&path, &disk, sources, report).unwrap_or_default();
    if report.has_errors() {
        return None;
    }
    let output = place.output.clone().or_else(|| Some(settings.output.as_ref()?.value.clone().into()));
    let output = clean(&output.unwrap_or_else(|| "k8s".into()));
    project::allow_outside(&disk, &settings, &io.directory);
    if !project::allow_output(
        &disk,
        (&io.directory, &clean(&io.directory.join(&output))),
        place.output.is_some(),
        report,
    ) {
        return None;
    }
    let mut environments = secret_files::environments(&output, &disk);
    if environments.is_empty() {
        let message = format!("there is no tree with secrets in `{output}`");
        let help = "run `kustompose convert` first, or name the directory with `-o`";
        report.push(Diagnostic::error(codes::UNKNOWN_ENVIRONMENT, message).help(help));
        return None;
    }
    if let Some(name) = environment {
        let known = environments.join(", ");
        environments.retain(|environment| environment == name);
        if environments.is_empty() {
            let message = format!("`{output}` has no environment `{name}`");
            report
                .push(Diagnostic::error(codes::UNKNOWN_ENVIRONMENT, message).help(format!("it has {known}")));
            return None;
        }
    }
    Some(Scene { disk, settings, output, environments })
}

fn pack(
    arguments: &Pack,
    flags: &project::Flags,
    scene: &Scene,
    io: &Io<'_>,
    report: &mut Report,
) -> Option<String> {
    let [environment] = scene.environments.as_slice() else {
        let message = "several environments have secrets, and an archive is for one";
        let help = format!("name one of {}", scene.environments.join(", "));
        report.push(Diagnostic::error(codes::UNKNOWN_ENVIRONMENT, message).help(help));
        return None;
    };
    let found = secret_files::read(&scene.output, environment, &scene.disk, report);
    let folder = secret_files::directory(&scene.output, environment);
    if !is_within(&folder) {
        let message = format!("`{}` is not below this directory", scene.output);
        let help = "pack where the archive is to be unpacked: in the project's directory";
        report.push(Diagnostic::error(codes::NOT_PACKED, message).help(help));
    }
    if found.files.is_empty() {
        let message = format!("`{environment}` keeps no secrets in files");
        report.push(Diagnostic::error(codes::NOT_PACKED, message));
    }
    report_gaps(&found, &folder, report);
    if report.has_errors() {
        return None;
    }
    let contents = found.files.iter().filter_map(|file| {
        let bytes = file.content.as_deref()?;
        Some((folder.join(&file.name), bytes))
    });
    let record_path = written::path(&scene.output, environment);
    let record = scene.disk.read(&record_path).ok();
    let contents = contents.chain(record.as_deref().map(|bytes| (record_path.clone(), bytes)));
    let not_packed = |why: String| Diagnostic::error(codes::NOT_PACKED, format!("cannot be packed: {why}"));
    let bytes = archive::pack(&contents.collect::<Vec<_>>());
    let bytes = bytes.map_err(|why| report.push(not_packed(why))).ok()?;
    let project = project_name(flags, environment, scene, io);
    let name = Utf8PathBuf::from(format!("{project}-secrets-{environment}.zip"));
    let is_same = scene.disk.read(&name).is_ok_and(|before| before == bytes);
    let written = match () {
        () if is_same => Ok(()),
        () if arguments.force => scene.disk.write_over(&name, &bytes, Owner::Secret),
        () => scene.disk.write_new(&name, &bytes, Owner::Secret),
    };
    match written {
        Ok(()) => {
            let count = found.files.len();
            Some(format!("{name}: {count} files of {environment}; keep it out of git\n"))
        }
        Err(PlaceError::Exists) => {
            let message = format!("there is a `{name}` with other content already");
            let help = "move it away, or overwrite it with `--force`";
            report.push(Diagnostic::error(codes::NOT_PACKED, message).help(help));
            None
        }
        Err(PlaceError::Failed(why)) => {
            report.push(Diagnostic::error(codes::NOT_PACKED, format!("`{name}` cannot be written: {why}")));
            None
        }
    }
}

/// What is missing is an error; what is empty may be meant so.
fn report_gaps(found: &SecretFiles, folder: &Utf8Path, report: &mut Report) {
    let help = "fill it in as its `.example` says, or unpack an archive that has it";
    for file in &found.files {
        let path = folder.join(&file.name);
        let mut push = |diagnostic: Diagnostic| report.push(diagnostic.help(help));
        match file.state() {
            State::Missing => push(Diagnostic::error(codes::MISSING_SECRET, format!("there is no `{path}`"))),
            State::Empty => {
                push(Diagnostic::warning(codes::EMPTY_SECRET, format!("`{path}` holds nothing yet")));
            }
            State::There => {}
            State::Variables { missing, empty, .. } => {
                if !missing.is_empty() {
                    let message = format!("`{path}` has no {}", missing.join(", "));
                    push(Diagnostic::error(codes::MISSING_SECRET, message));
                }
                if !empty.is_empty() {
                    let message = format!("`{path}` has nothing for {}", empty.join(", "));
                    push(Diagnostic::warning(codes::EMPTY_SECRET, message));
                }
            }
        }
    }
}

/// The project's name as `convert` would know it; if it cannot be loaded here, the directory's.
fn project_name(flags: &project::Flags, environment: &str, scene: &Scene, io: &Io<'_>) -> String {
    let request = flags.request(Options::default(), Vec::new(), io);
    let set = scene.settings.project.as_ref().map(|project| project.value.clone());
    if let Some(name) = request.project_name.clone().or(set) {
        return project_name::normalise(&name);
    }
    let named = scene.settings.environments.iter().find(|named| named.name.value == environment);
    let request = Request {
        environment: BTreeMap::new(),
        files: named
            .filter(|_| request.files.is_empty())
            .map_or(request.files, |named| named.compose.clone()),
        env_files: named.map_or(request.env_files, |named| named.env_files.clone()),
        ..request
    };
    let (mut sources, mut own) = (Sources::default(), Report::default());
    let project = compose::load(&request, &scene.disk, &mut sources, &mut own);
    project.map_or_else(
        || project_name::normalise(io.directory.file_name().unwrap_or_default()),
        |project| project.name,
    )
}

fn unpack(arguments: &Unpack, scene: &Scene, report: &mut Report) -> Option<String> {
    let file = &arguments.file;
    let refused = |why: String| {
        Diagnostic::error(codes::REFUSED_ARCHIVE, format!("`{file}` is not unpacked: {why}"))
            .help("nothing was written; have it packed anew with `kustompose secrets pack`")
    };
    let bytes = scene.disk.read(file).map_err(|error| error.to_string());
    let entries = bytes.and_then(|bytes| archive::unpack(&bytes, &scene.output));
    let entries = entries.map_err(|why| report.push(refused(why))).ok()?;
    let mut wanted: BTreeMap<&str, SecretFiles> = BTreeMap::new();
    for entry in &entries {
        let environment = entry.environment.as_str();
        if !scene.environments.iter().any(|known| known == environment) {
            report.push(refused(format!("`{}` has no environment `{environment}`", scene.output)));
            return None;
        }
        let read = || secret_files::read(&scene.output, environment, &scene.disk, report);
        wanted.entry(environment).or_insert_with(read);
    }
    let (mut placed, mut records, mut unchanged) = (Vec::new(), Vec::new(), 0);
    for entry in &entries {
        let files = wanted.get(entry.environment.as_str()).map_or(&[][..], |found| &found.files);
        let path = secret_files::directory("".into(), &entry.environment).join(&entry.name);
        match files.iter().find(|file| file.name == entry.name) {
            None if entry.name == written::FILE_NAME => {
                let replaces = scene.disk.read(&scene.output.join(&path)).is_ok();
                records.push(Placed { path, bytes: entry.bytes.clone(), replaces });
            }
            None => {
                let message = format!("`{path}` is left out: the manifests do not use it");
                report.push(Diagnostic::warning(codes::UNKNOWN_SECRET_FILE, message));
            }
            Some(file) if file.content.as_ref() == Some(&entry.bytes) => unchanged += 1,
            Some(file) if arguments.force || file.is_unfilled() => {
                placed.push(Placed { path, bytes: entry.bytes.clone(), replaces: file.content.is_some() })
            }
            Some(_) => {
                let message = format!("`{}` has other values than the archive", scene.output.join(path));
                let help = "nothing was written; `--force` takes those of the archive";
                report.push(Diagnostic::error(codes::DIFFERENT_SECRET_FILE, message).help(help));
            }
        }
    }
    if report.has_errors() {
        return None;
    }
    let count = placed.len();
    placed.extend(records);
    if let Err(why) = scene.disk.write_secret_files(&scene.output, &placed) {
        report.push(Diagnostic::error(codes::NOT_UNPACKED, format!("`{file}` cannot be unpacked: {why}")));
        return None;
    }
    Some(format!("{}: {} secret files written, {unchanged} unchanged\n", scene.output, count))
}

fn status(
    scene: &Scene,
    (place, flags): (&Place, &project::Flags),
    io: &mut Io<'_>,
    report: &mut Report,
) -> Option<String> {
    let mut is_complete = true;
    // Where compose cannot be loaded, the files alone are told of.
    let mut aside = (Sources::default(), Report::default());
    let compared = update::compare(scene, (place, flags, &[]), io, (&mut aside.0, &mut aside.1));
    let differences = compared.map(|compared| compared.differences).unwrap_or_default();
    for environment in &scene.environments {
        let found = secret_files::read(&scene.output, environment, &scene.disk, report);
        is_complete &= found.is_complete();
        let headline = match (found.files.as_slice(), found.is_external) {
            ([], true) => "from a store",
            ([], false) => "no secrets",
            _ if found.is_complete() => "complete",
            _ => "incomplete",
        };
        say(io.stdout, &format!("{environment}: {headline}\n"));
        for file in &found.files {
            say(io.stdout, &format!("  {}\n", one_line(&line(file))));
            let path = secret_files::directory("".into(), environment).join(&file.name);
            for difference in differences.iter().filter(|difference| difference.path == path) {
                let told = update::told("not the value of Compose", &difference.keys);
                say(io.stdout, &format!("    {}\n", one_line(&told)));
            }
        }
        for name in &found.unread {
            say(io.stdout, &format!("  {}: not read by anything\n", one_line(name)));
        }
    }
    is_complete.then(String::new)
}

/// Whether to go on: the command line says so, or who sits at the terminal.
fn confirm(yes: bool, question: &str, io: &mut Io<'_>, report: &mut Report) -> bool {
    if yes {
        return true;
    }
    say(io.stdout, &format!("{question} [y/N] "));
    let Some(answer) = (io.answer)() else {
        say(io.stdout, "\n");
        let message = "nothing was changed: there is no terminal to confirm it at";
        let help = "read the list, and pass `--yes` to go on without being asked";
        report.push(Diagnostic::error(codes::UNCONFIRMED, message).help(help));
        return false;
    };
    let is_yes = ["y", "yes"].contains(&answer.trim().to_lowercase().as_str());
    if !is_yes {
        say(io.stderr, "nothing was changed\n");
    }
    is_yes
}

/// What is in a file, keys only.
fn line(file: &SecretFile) -> String {
    let told = match file.state() {
        State::Missing => "missing".to_owned(),
        State::Empty => "empty".to_owned(),
        State::There => "there".to_owned(),
        State::Variables { there, empty, missing, unasked } => {
            let parts =
                [("there", there), ("empty", empty), ("missing", missing), ("not asked for", unasked)];
            let parts = parts.into_iter().filter(|(_, keys)| !keys.is_empty());
            let parts: Vec<String> =
                parts.map(|(word, keys)| format!("{word} {}", keys.join(", "))).collect();
            if parts.is_empty() { "there".to_owned() } else { parts.join("; ") }
        }
    };
    format!("{}: {told}", file.name)
}

/// Whether a path is below the directory that it is relative to.
fn is_within(path: &Utf8Path) -> bool {
    path.components().all(|part| matches!(part, Utf8Component::Normal(_)))
}
