//! Which paths a run may write to.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::kustomize::places::is_of_the_user;

/// The one file that is written beside the output directory.
const COMPANION: &str = "skaffold.yaml";

/// Whether a lock may name this path: nothing in the places of the user, and of files beside the output directory
/// only the one that a run for this directory writes.
pub(super) fn may_be_generated(path: &Utf8Path, companion: Option<&Utf8Path>) -> bool {
    is_plain(path) && !is_of_the_user(path) || companion == Some(path)
}

/// The file beside an output directory: in the project's directory if that holds the output directory, else in the one
/// around it.
pub(super) fn companion_of(output: &Utf8Path, project: &Utf8Path) -> Option<Utf8PathBuf> {
    let depth = match output.strip_prefix(project) {
        Ok(below) => below.components().count(),
        Err(_) => 1,
    };
    (depth > 0).then(|| std::iter::repeat_n("..", depth).chain([COMPANION]).collect())
}

/// Nothing but names: relative, and never upwards.
pub(super) fn is_plain(path: &Utf8Path) -> bool {
    !path.as_str().is_empty() && path.components().all(|part| matches!(part, Utf8Component::Normal(_)))
}

/// Whether it is the one file beside the output directory.
pub(super) fn is_companion(path: &Utf8Path) -> bool {
    let above = path.parent().is_some_and(|folder| {
        folder.components().all(|part| part == Utf8Component::ParentDir) && !folder.as_str().is_empty()
    });
    above && path.file_name() == Some(COMPANION)
}
