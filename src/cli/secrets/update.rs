//! `kustompose secrets update` and what `status` tells beside the tree: the values of compose, compared with those in
//! the files by key.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::Args;

use super::{Place, Scene, confirm};
use crate::{
    cli::{
        Io,
        convert::values::{self, Difference},
        environments::{self, Selection},
        project, say,
    },
    diag::{Diagnostic, Report, Severity, codes},
    disk::{place::SecretFile as Placed, tree::Tree},
    kustomize::{Owner, TreeFile},
    plan::Known,
    render, secret_files,
    text::{Files, Remembered, Sources, shown::one_line},
};

#[derive(Debug, Args)]
pub(super) struct Update {
    #[command(flatten)]
    pub(super) project: project::Flags,
    #[command(flatten)]
    pub(super) place: Place,
    /// Environment; all unless set
    #[arg(value_name = "ENV")]
    pub(super) environment: Option<String>,
    /// Variable that the Compose files may read; shell variables are not read
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

/// The secret files as they would be with the values of compose, and where that differs from what is there.
pub(super) struct Compared {
    files: Vec<TreeFile>,
    pub(super) differences: Vec<Difference>,
}

/// Compares the files of the environments of a tree with compose; none if the project cannot be loaded.
pub(super) fn compare(
    scene: &Scene,
    (place, flags, variables): (&Place, &project::Flags, &[String]),
    io: &Io<'_>,
    (sources, report): (&mut Sources, &mut Report),
) -> Option<Compared> {
    let files = Remembered::new(&scene.disk);
    let selection = Selection::of(place.config.clone(), variables.to_vec());
    let loaded = environments::load(
        &environments::Scene {
            selection: &selection,
            output: place.output.as_deref(),
            single: environments::USUAL,
            asked: None,
            of_missing: &|_, _| None,
            flags,
            io,
            disk: &scene.disk,
            files: &files,
            directory: &io.directory,
        },
        sources,
        report,
    )?;
    let plan = loaded.plan(&io.directory, &files, report)?;
    let earlier = render::earlier::read(&loaded.kept(), &loaded.output, &files);
    let mut tree = Tree { files: render::render(&plan, &earlier).files, ..Tree::default() };
    let known = loaded.environments.iter().filter(|own| own.known == Known::All);
    let known =
        known.map(|own| own.name.as_str()).filter(|name| scene.environments.iter().any(|it| it == name));
    let differences = values::of_compose(&mut tree, known, &loaded.output, &files);
    let folders: BTreeSet<Utf8PathBuf> =
        scene.environments.iter().map(|name| secret_files::directory("".into(), name)).collect();
    tree.files.retain(|file| {
        let is_ours = file.owner == Owner::Secret || file.owner == Owner::Record;
        is_ours && file.path.parent().is_some_and(|folder| folders.contains(folder))
    });
    Some(Compared { files: tree.files, differences })
}

/// Takes the values of compose, once that is confirmed.
pub(super) fn update(
    arguments: &Update,
    flags: &project::Flags,
    scene: &Scene,
    io: &mut Io<'_>,
    (sources, report): (&mut Sources, &mut Report),
) -> Option<String> {
    let mut own = Report::default();
    let what = (&arguments.place, flags, arguments.variables.as_slice());
    let compared = compare(scene, what, io, (sources, &mut own));
    own.retain(|diagnostic| diagnostic.severity == Severity::Error);
    report.append(own);
    let compared = compared?;
    if compared.differences.is_empty() {
        return Some("nothing to update: the files have the values of Compose\n".to_owned());
    }
    say(io.stdout, "These values change to those of Compose:\n");
    for Difference { path, keys } in &compared.differences {
        say(io.stdout, &format!("  {}\n", one_line(&told(path.as_str(), keys))));
    }
    if !confirm(arguments.yes, "Take the values of Compose?", io, report) {
        return None;
    }
    let is_different = |file: &&TreeFile| {
        file.owner == Owner::Record || compared.differences.iter().any(|it| it.path == file.path)
    };
    let placed: Vec<Placed> = compared
        .files
        .iter()
        .filter(is_different)
        .map(|file| Placed {
            path: file.path.clone(),
            bytes: file.bytes.clone(),
            replaces: scene.disk.read(&scene.output.join(&file.path)).is_ok(),
        })
        .collect();
    if let Err(why) = scene.disk.write_secret_files(&scene.output, &placed) {
        let message = format!("the values cannot be written: {why}");
        report.push(Diagnostic::error(codes::NOT_UNPACKED, message));
        return None;
    }
    Some(format!("{}: {} secret files updated\n", scene.output, compared.differences.len()))
}

/// A file with the keys that differ.
pub(super) fn told(file: &str, keys: &[Option<String>]) -> String {
    let keys: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
    if keys.is_empty() { file.to_owned() } else { format!("{file}: {}", keys.join(", ")) }
}
