//! `kustompose check`: whether the manifests still say what Compose says.

mod absent;
mod early;
mod external;
mod live;
pub(super) mod output;
mod places;
mod server;
mod sides;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use self::{
    early::Rendering,
    live::Cluster,
    sides::{Asking, Comparing, States},
    written::Written,
};
use super::{
    Io,
    environments::{self, Loaded, Scene, Selection},
    page, project, today,
};
use crate::{
    diag::{Diagnostic, Report, Severity, codes},
    disk::Disk,
    drift::{
        Direction,
        report::{Checked, Environment},
    },
    page::Page,
    parallel,
    plan::Plan,
    settings::{allow::Allowed, check},
    text::{Files, Remembered, Sources},
};

/// The flags of `check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Directory of the manifests, relative to the project's; `k8s` unless set
    #[arg(long, value_name = "DIR")]
    tree: Option<Utf8PathBuf>,
    /// Environment to check; all unless named
    #[arg(short, long = "env", value_name = "NAME")]
    environments: Vec<String>,
    /// Format of the report: text, json, sarif, github, gitlab, junit or markdown; `FORMAT=FILE` writes it to a file
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Vec<output::Form>,
    /// File for the report as one page of HTML, beside the other reports
    #[arg(long, value_name = "FILE")]
    report: Option<Utf8PathBuf>,
    /// File for the report, in place of the standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// Fail also if a file of variables is missing, or a generated file was edited or removed
    #[arg(long)]
    strict: bool,
    /// Rendered manifests of one environment, in place of its overlay; `-` for standard input
    #[arg(long, value_name = "FILE")]
    rendered: Option<Utf8PathBuf>,
    /// Compare with what a cluster has, read with `kubectl get`, in place of the overlay alone
    #[arg(long, conflicts_with = "rendered")]
    live: bool,
    /// Ask the API server, too, whether it would take the manifests: `kubectl apply --dry-run=server`
    #[arg(long)]
    server: bool,
    /// Context of kubectl's configuration, for `--live` and `--server`
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,
    /// Directions that fail the run
    #[arg(long, value_enum, value_delimiter = ',', value_name = "DIRECTION")]
    fail_on: Vec<FailOn>,
    /// Program that renders what the built-in kustomize does not know
    #[arg(long, value_name = "PROGRAM")]
    kustomize: Option<String>,
    /// List also what your overlay sets
    #[arg(short, long)]
    verbose: bool,
    /// Print nothing but errors and drift
    #[arg(short, long)]
    quiet: bool,
}

/// A direction that can fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Behind,
    Diverged,
    Conflict,
    Unknown,
}

impl FailOn {
    fn direction(self) -> Direction {
        match self {
            FailOn::Behind => Direction::Behind,
            FailOn::Diverged => Direction::Diverged,
            FailOn::Conflict => Direction::Conflict,
            FailOn::Unknown => Direction::Unknown,
        }
    }
}

/// Exit status 0 if all is in sync, 1 if there is drift, 2 if something could not be compared.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let mut page = None;
    let checked = check(arguments, flags, io, (&mut sources, &mut page), &mut report).unwrap_or_default();
    let mut errors = report.diagnostics().iter().filter(|it| it.severity == Severity::Error);
    let is_compared = errors.all(|it| it.code == codes::SERVER_REFUSED) && !checked.environments.is_empty();
    if let Some(path) = &arguments.report {
        output::write_page(page, path, &checked, &sources, &mut report, io);
    }
    output::write(arguments, &checked, &sources, &report, io);
    status(arguments, &checked, is_compared).max(u8::from(report.has_errors()))
}

fn status(arguments: &Arguments, checked: &Checked, is_compared: bool) -> u8 {
    let all = &checked.environments;
    let is_partial = |environment: &Environment| {
        environment.not_compared.is_some() || arguments.strict && !environment.missing_files.is_empty()
    };
    if !is_compared || all.iter().any(is_partial) {
        return 2;
    }
    let directions: Vec<Direction> = match arguments.fail_on.as_slice() {
        [] => Direction::DRIFT.to_vec(),
        named => named.iter().map(|named| named.direction()).collect(),
    };
    let is_edited = checked.drifts.iter().any(|drift| written::is_note(drift) && drift.fails());
    u8::from(checked.fails(&directions) || is_edited)
}

/// What is to be looked at.
pub(super) struct Asked<'a> {
    pub(super) directory: &'a Utf8Path,
    pub(super) selection: &'a Selection,
    /// The directory of the manifests, if the command line names one.
    pub(super) tree: Option<&'a Utf8Path>,
    /// The environments; all if none is named.
    pub(super) environments: &'a [String],
    /// A file of rendered manifests.
    pub(super) rendered: Option<&'a Utf8Path>,
    /// A program that renders what the built-in kustomize does not know.
    pub(super) kustomize: Option<&'a str>,
    /// Whether the state of a cluster is compared.
    pub(super) is_live: bool,
    /// Whether the API server is asked.
    pub(super) is_server: bool,
    /// The context of the cluster.
    pub(super) context: Option<&'a str>,
}

impl Asked<'_> {
    /// What is for one environment only, if that is asked for.
    fn of_one(&self) -> Option<&'static str> {
        let flags =
            [(self.rendered.is_some(), "--rendered"), (self.is_live, "--live"), (self.is_server, "--server")];
        flags.into_iter().find(|(is_set, _)| *is_set).map(|(_, flag)| flag)
    }
}

/// The facts of the environments that are asked for, by name.
pub(super) fn states(
    asked: &Asked<'_>,
    flags: &project::Flags,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> Vec<(String, States)> {
    let read = |comparing: &mut Comparing<'_>, chosen: &BTreeSet<String>, report: &mut Report| {
        let found = comparing.facts(chosen, report).into_iter();
        found.filter_map(|(own, states)| Some((own.name.clone(), states.ok()?))).collect()
    };
    with(asked, flags, io, sources, report, read).unwrap_or_default()
}

fn check(
    arguments: &Arguments,
    flags: &project::Flags,
    io: &Io<'_>,
    (sources, page): (&mut Sources, &mut Option<Page>),
    report: &mut Report,
) -> Option<Checked> {
    let asked = Asked {
        directory: &arguments.directory,
        selection: &arguments.selection,
        tree: arguments.tree.as_deref(),
        environments: &arguments.environments,
        rendered: arguments.rendered.as_deref(),
        kustomize: arguments.kustomize.as_deref(),
        is_live: arguments.live,
        is_server: arguments.server,
        context: arguments.context.as_deref(),
    };
    with(&asked, flags, io, sources, report, |comparing, chosen, report| {
        let mut checked = comparing.run(chosen, report);
        let shown = &comparing.loaded.shown;
        *page = arguments
            .report
            .as_ref()
            .map(|_| page::of_project(comparing.loaded, comparing.plan, "check", comparing.sources, report));
        let mut notes = comparing.notes(&checked, shown);
        checked.drifts.append(&mut notes);
        if arguments.strict {
            checked.drifts.iter_mut().filter(|it| written::is_note(it)).for_each(|note| note.is_drift = true);
        }
        waive(&mut checked, comparing.loaded, chosen, io, report);
        let compared: usize = checked.environments.iter().map(|environment| environment.facts).sum();
        if compared == 0 && checked.environments.iter().all(|environment| environment.not_compared.is_none())
        {
            let message = "nothing was compared: no environment has a service";
            let help = "name the Compose files with `-f`";
            report.push(Diagnostic::error(codes::NOT_COMPARED, message).help(help));
        }
        checked
    })
}

/// Reads the project and its manifests, and does something with both. None if either cannot be read.
fn with<T>(
    asked: &Asked<'_>,
    flags: &project::Flags,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
    run: impl FnOnce(&mut Comparing<'_>, &BTreeSet<String>, &mut Report) -> T,
) -> Option<T> {
    let directory = flags.locate(asked.directory, asked.selection.names_settings(), io, report)?;
    let disk = flags.disk(&directory, io);
    let files = Remembered::new(&disk);
    let scene = Scene {
        selection: asked.selection,
        output: asked.tree,
        single: flags.single(asked.environments),
        asked: None,
        of_missing: &|_, _| None,
        flags,
        io,
        disk: &disk,
        files: &files,
        directory: &directory,
    };
    let mut found = Report::default();
    let loaded = environments::load(&scene, sources, &mut found);
    // What there is to say of a conversion is said by `convert`.
    let failed = found.has_errors();
    errors(found, report);
    let loaded = loaded.filter(|_| !failed)?;
    let chosen = chosen(&loaded, asked, report)?;
    let written = Written::read(&loaded.output, &disk, &files, report)?;
    let has_manifests = |own: &environments::LoadedEnvironment| {
        written.is_own || asked.rendered.is_some() || own.overlay.is_some() || !chosen.contains(&own.name)
    };
    if !loaded.environments.iter().all(has_manifests) {
        report.push(never_converted(&loaded.shown));
        return None;
    }
    refuse_lost_files(&loaded, &chosen, &directory, &disk, report)?;
    let rendered = rendered(asked, io, report)?;
    let rendering =
        rendered.is_none().then(|| Rendering::new(&loaded, &chosen, written.is_own, &directory, &disk));
    (io.progress)("planning");
    let (plan, early) = parallel::beside(rendering.map(|rendering| || rendering.run(sources)), || {
        plan(&loaded, &directory, &files, report)
    });
    let (plan, early) = (plan?, early.unwrap_or_default());
    (io.progress)("comparing");
    let mut comparing = Comparing {
        loaded: &loaded,
        plan: &plan,
        written: &written,
        directory: &directory,
        files: &files,
        disk: &disk,
        kustomize: asked.kustomize,
        path: io.environment.get("PATH").map(String::as_str),
        rendered,
        cluster: cluster(asked, io, &disk, report)?,
        sources,
        passed: BTreeMap::new(),
        stale: BTreeSet::new(),
        early: &early,
    };
    let found = run(&mut comparing, &chosen, report);
    // The process ends soon, and gives all of its memory back at once.
    std::mem::forget(comparing);
    std::mem::forget((loaded, plan, written, early, files));
    Some(found)
}

/// Takes in what stopped a stage, and what no report may show.
fn errors(found: Report, report: &mut Report) {
    report.hide(found.hidden().clone());
    let errors = found.diagnostics().iter().filter(|it| it.severity == Severity::Error);
    errors.for_each(|diagnostic| report.push(diagnostic.clone()));
}

fn plan(loaded: &Loaded, directory: &Utf8Path, files: &dyn Files, report: &mut Report) -> Option<Plan> {
    let mut found = Report::of_errors();
    let plan = loaded.plan(directory, files, &mut found);
    errors(found, report);
    plan
}

/// The names of the environments that are to be checked.
fn chosen(loaded: &Loaded, arguments: &Asked<'_>, report: &mut Report) -> Option<BTreeSet<String>> {
    let chosen = loaded.named(arguments.environments, report)?;
    if let Some(flag) = arguments.of_one().filter(|_| chosen.len() != 1) {
        let message = format!("`{flag}` is for one environment");
        report.push(Diagnostic::error(codes::INVALID_ENVIRONMENT, message).help("name it with `-e NAME`"));
        return None;
    }
    Some(chosen)
}

fn never_converted(shown: &Utf8Path) -> Diagnostic {
    let message = format!("`{shown}` has no kustompose.lock: the project was never converted");
    Diagnostic::error(codes::NOT_COMPARED, message)
        .help("run `kustompose convert`, or name an overlay: `environments: {NAME: {overlay: DIR}}` in kustompose.yaml")
}

/// A file that git tracks is no file of one machine: it is an error of the project if it is gone.
fn refuse_lost_files(
    loaded: &Loaded,
    chosen: &BTreeSet<String>,
    directory: &Utf8Path,
    disk: &Disk,
    report: &mut Report,
) -> Option<()> {
    let environments = loaded.environments.iter().filter(|it| chosen.contains(&it.name));
    let missing: BTreeSet<&Utf8PathBuf> = environments.flat_map(|it| &it.missing).collect();
    let lost = lost_files(missing.into_iter(), directory, disk);
    let is_whole = lost.is_empty();
    lost.into_iter().for_each(|diagnostic| report.push(diagnostic));
    is_whole.then_some(())
}

/// What there is to say of missing files that git tracks.
fn lost_files<'p>(
    missing: impl Iterator<Item = &'p Utf8PathBuf>,
    directory: &Utf8Path,
    disk: &Disk,
) -> Vec<Diagnostic> {
    let one = |path: &Utf8PathBuf| {
        let name = environments::from(directory, path);
        let message = format!("`{name}` is missing, and git tracks it");
        let help = format!("restore it: `git checkout -- {name}`");
        Diagnostic::error(codes::NOT_COMPARED, message).help(help)
    };
    disk.tracked_by_git(missing.map(|path| path.as_path())).iter().map(one).collect()
}

/// The manifests of `--rendered`, with the name that messages have for them.
fn rendered(
    arguments: &Asked<'_>,
    io: &Io<'_>,
    report: &mut Report,
) -> Option<Option<(Utf8PathBuf, Vec<u8>)>> {
    let Some(path) = arguments.rendered else { return Some(None) };
    let read = if path == "-" { (io.stdin)() } else { Disk::new(io.directory.clone()).read(path) };
    match read {
        Ok(bytes) => Some(Some((path.to_owned(), bytes))),
        Err(error) => {
            let message = format!("`{path}` cannot be read: {error}");
            report.push(Diagnostic::error(codes::NOT_COMPARED, message));
            None
        }
    }
}

/// The cluster that is to be asked, if any is.
fn cluster<'a>(
    asked: &Asked<'a>,
    io: &Io<'_>,
    disk: &'a Disk,
    report: &mut Report,
) -> Option<Option<Asking<'a>>> {
    let Asked { is_live, is_server, context, .. } = *asked;
    if !is_live && !is_server {
        return Some(None);
    }
    let path = io.environment.get("PATH").map(String::as_str);
    let Some(kubectl) = external::on_path("kubectl", path, disk) else {
        let message = "there is no `kubectl` on PATH, which asks the cluster";
        report.push(Diagnostic::error(codes::NOT_COMPARED, message).help("install `kubectl`"));
        return None;
    };
    Some(Some(Asking { cluster: Cluster { kubectl, context, disk }, is_live, is_server }))
}

/// Sets the waivers of drifts, and warns of waivers that have expired or are of no use.
fn waive(
    checked: &mut Checked,
    loaded: &Loaded,
    chosen: &BTreeSet<String>,
    io: &Io<'_>,
    report: &mut Report,
) {
    let mut allowed = Allowed::new(&loaded.settings.check.allow, today(io));
    checked.waive(&mut allowed);
    let is_compared = |name: &str| {
        let found = checked.environments.iter().find(|environment| environment.name == name);
        found.is_some_and(|environment| environment.not_compared.is_none())
    };
    let all = loaded.environments.iter().all(|it| chosen.contains(&it.name) && is_compared(&it.name));
    allowed.warn(
        check::WAIVERS,
        |entry| match entry.environments.as_slice() {
            [] => all,
            named => named.iter().all(|name| is_compared(name)),
        },
        report,
    );
}
