//! `kustompose diff`: the facts on which Compose and the manifests differ, or two environments, as a table.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::Args;

use super::{Io, check, environments::Selection, project, say, show};
use crate::{
    diag::{Diagnostic, Report, codes},
    drift::diff,
    text::Sources,
};

/// The flags of `diff`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) project: project::Flags,
    /// Environment: what Compose says against its manifests; all unless named
    #[arg(value_name = "ENV")]
    left: Option<String>,
    /// Second environment: its manifests against those of the first one
    #[arg(value_name = "ENV")]
    right: Option<String>,
    /// Directory of the project
    #[arg(long, default_value = ".", value_name = "DIR")]
    directory: Utf8PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Directory of the manifests, relative to the project's; `k8s` unless set
    #[arg(long, value_name = "DIR")]
    tree: Option<Utf8PathBuf>,
    /// Program that renders what the built-in kustomize does not know
    #[arg(long, value_name = "PROGRAM")]
    kustomize: Option<String>,
}

/// Exit status 0 if there is a table, 2 if something could not be compared.
pub(super) fn run(arguments: &Arguments, flags: &project::Flags, io: &mut Io<'_>) -> u8 {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let tables = tables(arguments, flags, io, &mut sources, &mut report);
    show(&report, &sources, io);
    say(io.stdout, &tables);
    if report.has_errors() { 2 } else { 0 }
}

fn tables(
    arguments: &Arguments,
    flags: &project::Flags,
    io: &mut Io<'_>,
    sources: &mut Sources,
    report: &mut Report,
) -> String {
    let named: BTreeSet<String> = arguments.left.iter().chain(&arguments.right).cloned().collect();
    let asked = check::Asked {
        directory: &arguments.directory,
        selection: &arguments.selection,
        tree: arguments.tree.as_deref(),
        environments: &named.into_iter().collect::<Vec<_>>(),
        rendered: None,
        kustomize: arguments.kustomize.as_deref(),
        is_live: false,
        is_server: false,
        context: None,
    };
    let hidden_of = |report: &Report| report.hidden().clone();
    let found = check::states(&asked, flags, io, sources, report);
    let hidden = hidden_of(report);
    let find = |name: &Option<String>| {
        let name = name.as_ref()?;
        found.iter().find(|(own, _)| own == name)
    };
    if let (Some((left, one)), Some((right, other))) = (find(&arguments.left), find(&arguments.right)) {
        let rows = diff::diff(&one.cluster, &other.cluster, &hidden);
        return diff::table(&rows, left, right);
    }
    if arguments.left.is_some() && found.is_empty() && !report.has_errors() {
        report.push(Diagnostic::error(codes::NOT_COMPARED, "nothing was compared"));
    }
    let mut tables = String::new();
    for (name, states) in &found {
        let rows = diff::diff(&states.compose, &states.cluster, &hidden);
        if found.len() > 1 {
            tables.push_str(&format!("{name}:\n"));
        }
        tables.push_str(&diff::table(&rows, "compose", "manifests"));
        if found.len() > 1 {
            tables.push('\n');
        }
    }
    tables
}
