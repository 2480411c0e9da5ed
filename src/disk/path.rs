//! Which paths a run may write to.

use camino::{Utf8Component, Utf8Path};

/// The one file that is written beside the output directory.
const COMPANION: &str = "skaffold.yaml";

/// Whether a lock may name this path.
pub(super) fn may_be_generated(path: &Utf8Path) -> bool {
    is_plain(path) || is_companion(path)
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
