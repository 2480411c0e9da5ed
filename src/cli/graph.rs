//! `kustompose graph`: the services of a project, what they depend on, and their networks.

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::{
    Io,
    environments::{self, Scene, Selection},
    project, put, show,
};
use crate::{
    diag::Report,
    graph::Graph,
    text::{Remembered, Sources, shown},
};

/// The language of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Mermaid,
    Dot,
    Svg,
}

/// The flags of `graph`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kustompose graph > services.mmd
  kustompose graph -e production --format dot | dot -Tpng -o services.png")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Directory of the project
    #[arg(default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Environment to draw; all unless named
    #[arg(short, long = "env", value_name = "NAME")]
    environments: Vec<String>,
    /// Language of the graph
    #[arg(long, value_enum, default_value = "mermaid")]
    format: Format,
}

/// Exit status 0, or 2 if the project cannot be loaded or has no such environment.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let graph = graph(arguments, flags, io, &mut sources, &mut report);
    show(&report, &sources, io);
    let Some(graph) = graph.filter(|_| !report.has_errors()) else { return 2 };
    let text = match arguments.format {
        Format::Mermaid => graph.mermaid(),
        Format::Dot => graph.dot(),
        Format::Svg => graph.svg() + "\n",
    };
    put(io.stdout, &shown::lines(&report.hidden().redact(&text)));
    0
}

fn graph(
    arguments: &Arguments,
    flags: &project::Flags,
    io: &Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Graph> {
    let is_settled = arguments.selection.names_settings();
    let directory = flags.locate(&arguments.directory, is_settled, io, report)?;
    let disk = flags.disk(&directory, io);
    let files = Remembered::new(&disk);
    let scene = Scene {
        selection: &arguments.selection,
        output: None,
        single: flags.single(&arguments.environments),
        asked: None,
        of_missing: &|_, _| None,
        flags,
        io,
        disk: &disk,
        files: &files,
        directory: &directory,
    };
    let loaded = environments::load(&scene, sources, report)?;
    let chosen = loaded.named(&arguments.environments, report)?;
    let environments = loaded.environments.iter().filter(|it| chosen.contains(&it.name));
    Some(Graph::of(environments.map(|it| (it.name.as_str(), &it.project))))
}
