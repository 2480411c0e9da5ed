//! Environments that cannot be read whole on this machine: what earlier runs wrote for them is kept.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::project,
    diag::{Diagnostic, Report, codes},
    kustomize::TreeFile,
    plan::Known,
    render::Rendered,
};

/// Warns of an environment that stays as it is: these files are missing.
pub(super) fn warning(
    environment: &str,
    missing: &BTreeSet<Utf8PathBuf>,
    directory: &Utf8Path,
) -> Diagnostic {
    let names = missing.iter().map(|path| format!("`{}`", project::relative(path, directory)));
    let names: Vec<String> = names.collect::<BTreeSet<_>>().into_iter().collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!("`{environment}` is kept as it is: {} {verb} not here", names.join(", "));
    Diagnostic::warning(codes::KEPT_ENVIRONMENT, message).help(
        "run `kustompose convert` where the file is, to bring this environment up to date; if it is gone for \
         good, take its line out of kustompose.lock",
    )
}

/// Where no environment can be read whole, there is nothing to bring a tree up to date with.
pub(super) fn tell_that_none_is_known(report: &mut Report) {
    let message = "nothing is written: no environment can be read whole on this machine";
    let help = "the manifests stay exactly as they are";
    report.push(Diagnostic::info(codes::NOTHING_TO_GO_BY, message).help(help));
}

/// What was written with the missing files is better than what could be written without them, if there is
/// nothing new.
pub(super) fn tell_that_nothing_is_new(misfit: &Diagnostic, report: &mut Report) {
    let message =
        "nothing is written: the compose and env files that are here have not changed since the last run";
    let help = format!(
        "what changed in `kustompose.yaml` or in mounted files is converted where all env files are: here, {}",
        misfit.message
    );
    report.push(Diagnostic::warning(codes::NOTHING_TO_GO_BY, message).help(help));
}

/// Why environments could not be kept, if anything were written.
pub(super) fn misfits(rendered: &Rendered) -> Vec<Diagnostic> {
    let mut misfits = Vec::new();
    for (environment, why) in &rendered.misfits {
        let message = format!("`{environment}` cannot be kept as it is: {why}");
        let help = "run `kustompose convert` where all files of this environment are";
        misfits.push(Diagnostic::error(codes::UNKEEPABLE_ENVIRONMENT, message).help(help));
    }
    if rendered.untouched.is_empty() {
        return misfits;
    }
    let is_written =
        |file: &&TreeFile| !rendered.untouched.iter().any(|folder| file.path.starts_with(folder));
    let holds = |file: &&TreeFile| String::from_utf8_lossy(&file.bytes).contains(Known::UNKNOWN);
    if let Some(file) = rendered.files.iter().filter(is_written).find(holds) {
        let message = format!("`{}` would hold what is not known here", file.path);
        let help = "run `kustompose convert` where all files of all environments are";
        misfits.push(Diagnostic::error(codes::UNKEEPABLE_ENVIRONMENT, message).help(help));
    }
    misfits
}
