//! Findings for the tests of the formats: several files, texts that have to be escaped, one without a place.

use camino::Utf8Path;
use std::sync::LazyLock;

use super::{Diagnostic, Finding, Run, codes};
use crate::{
    secret::Hidden,
    text::{Sources, Span},
};

/// `kustompose check`, in the folder `app` of a repository.
pub(super) static RUN: LazyLock<Run<'static>> = LazyLock::new(|| Run {
    command: "check",
    directory: Utf8Path::new("app"),
    anchor: Utf8Path::new("compose.yaml"),
});

/// A warning over two lines with a second place, an error with a fix, and a note without a place.
pub(super) fn findings() -> Vec<Finding> {
    let mut sources = Sources::default();
    let compose = sources.add("compose.yaml", "version: 3\né: x\n");
    let env = sources.add("a, b:c.env", "A=1\n");
    let value = Span::new(compose, 15, 16);
    let diagnostics = [
        Diagnostic::warning(codes::OBSOLETE, "@team: gone")
            .at(Span::new(compose, 0, 13), "here")
            .at(Span::new(env, 0, 1), "said here"),
        Diagnostic::error(codes::WRONG_TYPE, "`x` | 100% <b>")
            .at(value, "")
            .help("say `y`")
            .edit(value, "y", true),
        Diagnostic::info(codes::INCLUDE_CONFLICT, "no place"),
    ];
    super::findings(&diagnostics, &sources, &Hidden::default())
}
