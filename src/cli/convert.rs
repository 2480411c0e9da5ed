//! `kustompose convert`: the tree for a project, and what became of every key.

mod absent;
mod accept;
mod characters;
mod difference;
mod gone;
mod kept;
mod key_report;
mod lost;
mod outermost;
mod rendered;
mod report;
mod summary;
mod swallowed;
pub(super) mod values;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use self::{absent::Absent, key_report::KeyReport};
use super::{
    Io,
    environments::{self, Loaded, LoadedEnvironment, Scene, Selection},
    page, project, put_json,
    recorded::Recording,
    show,
};
use crate::{
    diag::{Report, Severity, codes},
    disk::{
        Disk,
        tree::{Action, Outcome, Tree},
    },
    page::Page,
    parallel,
    plan::{self, Intent, Known, Plan},
    render::{self, earlier::Earlier},
    settings::allow::Entry,
    text::{Files, Remembered, Sources},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

/// The flags of `convert`.
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
    #[arg(short, long, value_name = "DIR")]
    output: Option<Utf8PathBuf>,
    /// Name of the environment that the compose files of the command line describe; `local` unless set
    #[arg(short, long, value_name = "NAME")]
    env: Option<String>,
    /// Format of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// File for the report as one page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<Utf8PathBuf>,
    /// Overwrite generated files even if they were edited
    #[arg(long)]
    force: bool,
    /// Exit with 1 if there are any
    #[arg(long, value_enum)]
    deny: Option<Deny>,
    /// Print the result of every key, not only of those that need attention
    #[arg(short, long)]
    verbose: bool,
    /// Print only errors and warnings
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    dry: Dry,
}

/// What a difference is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Difference {
    /// The files of the manifests.
    Files,
    /// The objects that they render to.
    Rendered,
}

/// Ways to see what would be written without writing it.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Dry {
    /// Write nothing, print what would be written
    #[arg(long)]
    dry_run: bool,
    /// Write nothing, print what would be written as a unified diff; `--diff=rendered`: what would change in the
    /// objects of each environment
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "files",
        hide_possible_values = true
    )]
    diff: Option<Difference>,
    /// Write nothing, exit with 1 if anything would change
    #[arg(long)]
    check: bool,
}

/// In bytes. What was read of fewer has its digests sooner than a thread starts.
const LARGE: usize = 64 * 1024;

/// A run that came to a tree.
struct Conversion {
    environments: Vec<String>,
    output: Utf8PathBuf,
    keys: Vec<KeyReport>,
    /// What each environment that is known whole asks of its cluster, a line each.
    totals: Vec<String>,
    outcome: Outcome,
    /// The page of the report, if it is asked for.
    page: Option<Page>,
    /// How many findings the settings accept.
    accepted: usize,
    /// What would change in the objects of environments, if that is asked for.
    rendered: Option<String>,
}

impl Conversion {
    /// A run that leaves the tree as it is.
    fn unwritten(environments: Vec<String>, shown: &Utf8Path, outcome: Outcome) -> Self {
        Self {
            environments,
            output: shown.to_owned(),
            keys: Vec::new(),
            totals: Vec::new(),
            outcome,
            page: None,
            accepted: 0,
            rendered: None,
        }
    }
}

/// Exit status 0 if the tree is written, 1 if something speaks against it, 2 if there is none.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let mut conversion = convert(arguments, flags, io, &mut sources, &mut report);
    if let Some(path) = &arguments.report {
        report::write_page(conversion.as_mut(), path, &sources, &mut report, io);
    }
    let mut shown = report.clone();
    shown.retain(|diagnostic| {
        let is_quiet = arguments.quiet && diagnostic.severity == Severity::Info;
        diagnostic.allowed.is_none() && !is_quiet
    });
    show(&shown, &sources, io);
    if arguments.format == Format::Json {
        let report = report::in_json(conversion.as_ref(), &sources, &report);
        put_json(io.stdout, &report);
    }
    let Some(conversion) = conversion else { return 2 };
    let none = report.has_errors() && conversion.outcome.changes.is_empty();
    if arguments.format == Format::Text && !none {
        report::tell(arguments, &conversion, (&sources, &report), io);
    }
    status(arguments, &conversion, &shown)
}

fn status(arguments: &Arguments, conversion: &Conversion, report: &Report) -> u8 {
    let refused = conversion.outcome.changes.iter().any(|change| change.action == Action::Refused);
    let denied = arguments.deny == Some(Deny::Warnings) && report.count(Severity::Warning) > 0;
    let stale = arguments.dry.check && conversion.outcome.has_changes();
    let mut told = report.diagnostics().iter();
    let skipped = arguments.dry.check && told.any(|told| told.code == codes::SKIPPED_ENVIRONMENT);
    if !refused && report.has_errors() {
        return 2;
    }
    u8::from(refused || denied || stale || skipped)
}

fn convert(
    arguments: &Arguments,
    flags: &project::Flags,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Conversion> {
    let is_settled = arguments.selection.names_settings();
    let directory = flags.locate(&arguments.directory, is_settled, io, report)?;
    let disk = flags.disk(&directory, io);
    let files = Remembered::new(&disk);
    let of_missing = |name: &str, missing: &_| Some(kept::warning(name, missing, &directory));
    let scene = Scene {
        selection: &arguments.selection,
        output: arguments.output.as_deref(),
        single: arguments.env.as_deref().unwrap_or(environments::USUAL),
        asked: arguments.env.as_deref(),
        of_missing: &of_missing,
        flags,
        io,
        disk: &disk,
        files: &files,
        directory: &directory,
    };
    let loaded = environments::load(&scene, sources, report)?;
    let output = &loaded.output;
    let accepted = accept::read(&loaded, report);
    lost::refuse(&loaded, &directory, (&disk, &files), report);
    if report.has_errors() {
        return None;
    }
    let work = Work { arguments, directory: &directory, disk: &disk, files: &files, loaded: &loaded };
    if work.none_is_known() && (!arguments.dry.check || work.is_all_as_recorded(sources, report)) {
        kept::tell_that_none_is_known(report);
        return Some(work.unwritten(report));
    }
    let absent = absent::find(&loaded, &directory, (&disk, &files), report);
    (io.progress)("planning");
    // The digests need nothing of the plan.
    let digests = sources.size() > LARGE;
    let digests = digests.then_some(|| loaded.take_digests(&directory, sources));
    let (plan, _) = parallel::beside(digests, || loaded.plan(&directory, &files, report));
    let mut plan = plan?;
    if arguments.report.is_none() {
        // Only pages show what Compose asks for, and it is a fifth of all memory.
        plan.environments.iter_mut().for_each(|environment| environment.intent = Intent::default());
    }
    (io.progress)("rendering");
    let earlier = render::earlier::read(&loaded.kept(), output, &files);
    outermost::warn_of_differences(&plan, &earlier, report);
    let tree = match work.tree((&plan, &earlier), &absent, sources, report) {
        Ok(tree) => tree,
        Err(unwritten) => return unwritten.map(|conversion| *conversion),
    };
    outermost::warn_of_what_is_gone(&plan, &earlier, &tree, output, &disk, report);
    swallowed::warn(
        &swallowed::Place { directory: &directory, output, disk: &disk, files: &files },
        &tree,
        report,
    );
    let is_rendered = arguments.dry.diff == Some(Difference::Rendered);
    let rendered = is_rendered.then(|| rendered::difference(output, &tree, &files, report));
    (io.progress)("writing");
    let outcome = replace(arguments, (&disk, &files), output, (&plan, &tree), report);
    let finished = finished(arguments, (&loaded, &plan), (&accepted, outcome), (sources, io), report);
    Some(Conversion { rendered, ..finished })
}

/// What a run works on once the environments are loaded.
struct Work<'a> {
    arguments: &'a Arguments,
    directory: &'a Utf8Path,
    disk: &'a Disk,
    files: &'a Remembered<'a>,
    loaded: &'a Loaded,
}

impl Work<'_> {
    /// Whether every environment lacks files on this machine.
    fn none_is_known(&self) -> bool {
        self.loaded.environments.iter().all(|environment| environment.known != Known::All)
    }

    /// Whether all files that are here are as the last run read them.
    fn is_all_as_recorded(&self, sources: &Sources, report: &Report) -> bool {
        let Loaded { environments, recorded, .. } = self.loaded;
        let hidden = report.hidden().clone();
        let recording = Recording { directory: self.directory, sources, hidden: &hidden, before: recorded };
        recording.is_same(environments) && recording.is_same_beside(self.files)
    }

    /// A run that leaves the manifests as they are. One that checks them looks at them all the same.
    fn unwritten(&self, report: &mut Report) -> Conversion {
        let Loaded { environments, output, shown, .. } = self.loaded;
        let kept = match self.arguments.dry.check {
            true => self.disk.check_kept_tree(output, report),
            false => self.disk.keep_tree(output),
        };
        let names = environments.iter().map(|environment| environment.name.clone()).collect();
        Conversion::unwritten(names, shown, kept)
    }

    /// The manifests that are to be there, or what becomes of a run without any.
    fn tree(
        &self,
        (plan, earlier): (&Plan, &Earlier),
        absent: &Absent,
        sources: &Sources,
        report: &mut Report,
    ) -> Result<Tree, Option<Box<Conversion>>> {
        let Loaded { environments, output, recorded, .. } = self.loaded;
        let rendered = render::render(plan, earlier);
        characters::refuse_lost(&rendered.files, sources, report);
        absent.refuse_loss(self.loaded, &rendered, report);
        if report.has_errors() {
            return Err(None);
        }
        if self.none_is_known() && self.is_all_as_recorded(sources, report) {
            kept::tell_that_none_is_known(report);
            return Err(Some(Box::new(self.unwritten(report))));
        }
        let hidden = report.hidden().clone();
        let recording = Recording { directory: self.directory, sources, hidden: &hidden, before: recorded };
        let misfits = kept::misfits(&rendered);
        if let Some(misfit) = misfits.first().filter(|_| recording.is_same(environments)) {
            kept::tell_that_nothing_is_new(misfit, report);
            return Err(Some(Box::new(self.unwritten(report))));
        }
        if !misfits.is_empty() {
            misfits.into_iter().for_each(|misfit| report.push(misfit));
            return Err(None);
        }
        let mut tree = Tree {
            inputs: recording.of(self.loaded, self.files, &rendered.files),
            files: rendered.files,
            untouched: rendered.untouched,
            ..Tree::default()
        };
        let known = environments.iter().filter(|it| it.known == Known::All).map(|it| it.name.as_str());
        values::complete(&mut tree, known, output, self.files, report);
        Ok(tree)
    }
}

/// Writes the manifests, and says what clusters keep of those that were there.
fn replace(
    arguments: &Arguments,
    (disk, files): (&Disk, &dyn Files),
    output: &Utf8Path,
    (plan, tree): (&Plan, &Tree),
    report: &mut Report,
) -> Outcome {
    let before = gone::read(&disk.generated(output), output, files);
    let outcome = write(arguments, disk, output, tree, report);
    if outcome.changes.iter().all(|change| change.action != Action::Refused) {
        before.left_in_clusters(plan, tree, output).into_iter().for_each(|told| report.push(told));
    }
    outcome
}

/// What there is to tell of a run.
fn finished(
    arguments: &Arguments,
    (loaded, plan): (&Loaded, &Plan),
    (accepted, outcome): (&[Entry], Outcome),
    (sources, io): (&Sources, &Io<'_>),
    report: &mut Report,
) -> Conversion {
    let (mut keys, totals) = (told(arguments, &loaded.environments, plan), totals(plan));
    let accepted = accept::apply(accepted, loaded, &mut keys, (sources, io), report);
    let page = arguments.report.as_ref().map(|_| page::of_project(loaded, plan, "convert", sources, report));
    let environments = loaded.environments.iter().map(|environment| environment.name.clone()).collect();
    Conversion {
        environments,
        output: loaded.shown.clone(),
        keys,
        totals,
        outcome,
        page,
        accepted,
        rendered: None,
    }
}

/// What the environments that are known whole ask of their clusters, and which kinds of workloads they have.
fn totals(plan: &Plan) -> Vec<String> {
    let known = plan.environments.iter().filter(|environment| environment.known == Known::All);
    known.clone().map(summary::totals).chain(summary::kinds(known)).collect()
}

/// What became of every key of the environments that are known whole.
fn told(arguments: &Arguments, environments: &[LoadedEnvironment], plan: &Plan) -> Vec<KeyReport> {
    let ledgers = environments.iter().zip(&plan.environments).filter(|(it, _)| it.known == Known::All);
    // Only programs are told what keys say.
    let keys = if arguments.format == Format::Json { plan::keys } else { plan::keys_without_values };
    key_report::of_keys(
        ledgers.map(|(environment, planned)| {
            (planned.name.as_str(), keys(&environment.project, &planned.ledger))
        }),
    )
}

fn write(arguments: &Arguments, disk: &Disk, output: &Utf8Path, tree: &Tree, report: &mut Report) -> Outcome {
    if arguments.dry.dry_run || arguments.dry.diff.is_some() || arguments.dry.check {
        disk.plan_tree(output, tree, arguments.force, report)
    } else {
        disk.write_tree(output, tree, arguments.force, report)
    }
}
