//! Why a directory cannot be rendered.

use std::fmt;

use camino::Utf8PathBuf;

use crate::text::Location;

/// Why a directory cannot be rendered, and where that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of reason.
    pub kind: RefusalKind,
    /// The reason, as a fact without a final dot.
    pub message: String,
    /// The file and line at which it shows.
    pub place: Option<Location>,
}

/// The kinds of reasons for which a directory cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalKind {
    /// This renderer does not know the field; a kustomize program may.
    Unknown {
        /// The field, as a path from the top of its file: `replacements`, `patches.options`.
        field: String,
    },
    /// kustomize itself stops here.
    Wrong,
    /// A file that is named is not there.
    Missing {
        /// The file.
        path: Utf8PathBuf,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Refusal {}
