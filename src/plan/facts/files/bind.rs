//! What a bind mount is, once it is judged.

use std::collections::BTreeMap;

use super::gathered::Contents;
use crate::plan::reasons::KnownReason;

/// What a bind mount is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) enum Bind {
    /// One small file.
    File(Vec<u8>),
    /// A few small files, without those that are for compose.
    Directory(Contents),
    /// What the service runs: part of its image if it is `built`, else only here.
    SourceCode {
        /// Whether an image is built from it.
        built: bool,
    },
    /// A directory to write to, or one too large to be configuration.
    Data(&'static str),
    /// A directory to write to, and the files that the project gives it at first.
    Begun(BTreeMap<String, Vec<u8>>),
    /// Something that a cluster does not have.
    Foreign(KnownReason),
    /// A file that does not fit in a ConfigMap.
    TooLarge,
}
