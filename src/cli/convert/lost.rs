//! Files of the project that are gone, though git tracks them: they are no files of one machine.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::environments::{self, Loaded},
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    text::Files,
};

/// Reports env files, files of configs and secrets, and what is mounted, where they are gone and git tracks them.
pub(super) fn refuse(
    loaded: &Loaded,
    directory: &Utf8Path,
    (disk, files): (&Disk, &dyn Files),
    report: &mut Report,
) {
    let named = loaded.environments.iter().flat_map(|environment| {
        environment.missing.iter().cloned().chain(environments::named_files(&environment.project))
    });
    let is_gone = |path: &Utf8PathBuf| path.starts_with(directory) && files.kind(path).is_none();
    let gone: BTreeSet<Utf8PathBuf> = named.filter(is_gone).collect();
    for path in disk.tracked_below(directory, &gone) {
        let name = environments::from(directory, &path);
        let message = format!("`{name}` is missing, and git tracks it");
        let help =
            format!("restore it: `git checkout -- {name}`; if it is not needed, `git rm --cached -r {name}`");
        report.push(Diagnostic::error(codes::LOST_FILE, message).help(help));
    }
}
