//! One drift, as every report has it.

use std::fmt;

use camino::Utf8PathBuf;
use sha2::{Digest as _, Sha256};

use super::Kind;
use crate::{
    diag::Code,
    settings::{allow::Entry, date::Date},
    text::Span,
};

/// Which side has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Both sides have changed, to different things.
    Conflict,
    /// Compose is ahead: the manifests were not written anew.
    Behind,
    /// The manifests were changed where Compose decides.
    Diverged,
    /// The manifests were not written by kustompose: nobody knows which side has moved.
    Unknown,
    /// Your overlay sets what Kubernetes decides.
    Override,
    /// Your overlay has already what Compose asks for now.
    Converged,
}

impl Direction {
    /// The word of the contract.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Conflict => "conflict",
            Direction::Behind => "behind",
            Direction::Diverged => "diverged",
            Direction::Unknown => "unknown",
            Direction::Override => "override",
            Direction::Converged => "converged",
        }
    }

    /// Those that count as drift.
    pub const DRIFT: [Direction; 4] =
        [Direction::Conflict, Direction::Behind, Direction::Diverged, Direction::Unknown];

    /// Whether it counts as drift.
    pub fn is_drift(self) -> bool {
        Self::DRIFT.contains(&self)
    }

    /// In a few words.
    pub fn summary(self) -> &'static str {
        match self {
            Direction::Conflict => "both sides changed",
            Direction::Behind => "compose is ahead",
            Direction::Diverged => "the manifests were changed",
            Direction::Unknown => "the sides differ",
            Direction::Override => "your overlay decides",
            Direction::Converged => "your overlay is ahead, and compose followed",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What one side has, and where. A secret has no value here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// The value, as it may be shown.
    pub value: Option<String>,
    /// Where it is set.
    pub span: Option<Span>,
}

/// Why a drift does not fail the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Why it is allowed.
    pub reason: String,
    /// Until when.
    pub until: Option<Date>,
    /// The entry in the settings.
    pub span: Span,
}

impl From<&Entry> for Waiver {
    fn from(entry: &Entry) -> Self {
        let until = entry.until.as_ref().map(|until| until.value);
        Self { reason: entry.reason.value.clone(), until, span: entry.span }
    }
}

/// A difference between the Compose files and the manifests of one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// In which way they differ.
    pub kind: Kind,
    /// Which side has moved.
    pub direction: Direction,
    /// Whether it counts as drift.
    pub is_drift: bool,
    /// The environment; none for files of all environments.
    pub environment: Option<String>,
    /// The service of Compose.
    pub service: Option<String>,
    /// The workload, where the service has several.
    pub workload: Option<String>,
    /// The container.
    pub container: Option<String>,
    /// The part of the service, or the file.
    pub path: String,
    /// What Compose asks for.
    pub compose: Side,
    /// What the manifests have.
    pub kubernetes: Side,
    /// The generated file that `convert` would write it into.
    pub expected_in: Option<Utf8PathBuf>,
    /// The fact.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Why it is allowed, if it is.
    pub waiver: Option<Waiver>,
}

impl Drift {
    /// The code.
    pub fn code(&self) -> Code {
        self.kind.code()
    }

    /// Whether it fails a run.
    pub fn fails(&self) -> bool {
        self.is_drift && self.waiver.is_none()
    }

    /// 16 hex digits that name the drift across runs: it stays when lines or values change.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let parts = [&self.environment, &self.service, &self.workload, &self.container];
        let parts = parts.into_iter().map(|part| part.as_deref().unwrap_or_default());
        for part in std::iter::once(self.code().id).chain(parts).chain([self.path.as_str()]) {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}
