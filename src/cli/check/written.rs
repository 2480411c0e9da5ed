//! What the last run wrote, and what became of it.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    diag::{Diagnostic, Report, codes},
    disk::{Disk, Inputs, Lock},
    drift::{Direction, Drift, Kind, Layer, Side},
    kustomize::TreeFile,
    secret_files,
    text::{self, Files, Sources, Span},
};

/// What the lock says, held against the disk.
pub(super) struct Written {
    /// Whether a run of kustompose wrote the manifests.
    pub(super) is_own: bool,
    /// Generated files that were edited.
    edited: BTreeSet<Utf8PathBuf>,
    /// Generated files that were removed.
    removed: BTreeSet<Utf8PathBuf>,
    /// All generated files.
    generated: BTreeSet<Utf8PathBuf>,
    /// The version of kustompose that wrote them, if it is another one.
    pub(super) other_version: Option<String>,
    /// What was read.
    pub(super) inputs: Inputs,
}

impl Written {
    /// Reads the lock of a tree. None if it cannot be read, or if a newer kustompose wrote it.
    pub(super) fn read(
        output: &Utf8Path,
        disk: &Disk,
        files: &dyn Files,
        report: &mut Report,
    ) -> Option<Self> {
        let lock = disk.read_lock(output, report);
        if report.has_errors() {
            return None;
        }
        let own = env!("CARGO_PKG_VERSION");
        let newer = |lock: &&Lock| is_newer(&lock.kustompose, own);
        if let Some(lock) = lock.as_ref().filter(newer) {
            let message = format!("kustompose {} wrote the manifests, and this is {own}", lock.kustompose);
            report.push(
                Diagnostic::error(codes::NOT_COMPARED, message)
                    .help("use the version that wrote them, or a later one"),
            );
            return None;
        }
        let is_own = lock.is_some();
        let Lock { kustompose, inputs, files: locked, .. } = lock.unwrap_or_default();
        let (mut edited, mut removed, mut generated) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (path, digest) in locked {
            match files.read(&output.join(&path)) {
                Ok(bytes) if text::digest(&bytes) == digest => {}
                Ok(_) => drop(edited.insert(path.clone())),
                Err(_) => drop(removed.insert(path.clone())),
            }
            generated.insert(path);
        }
        let other_version = Some(kustompose).filter(|version| is_own && version != own);
        Some(Self { is_own, edited, removed, generated, other_version, inputs })
    }

    /// Whose a file of the tree is. What no run has written yet is generated once it is.
    pub(super) fn layer(&self, path: &Utf8Path) -> Layer {
        let parts: Vec<&str> = path.components().map(|part| part.as_str()).collect();
        if self.edited.contains(path) || self.removed.contains(path) {
            Layer::Edited
        } else if self.generated.contains(path) {
            Layer::Generated
        } else {
            match parts.as_slice() {
                ["base" | "components", ..] | ["overlays", _, "generated", ..] => Layer::Generated,
                ["overlays", _, "secrets", ..] if !secret_files::is_value(path) => Layer::Generated,
                _ => Layer::Yours,
            }
        }
    }

    /// Whether nobody edited or removed a generated file.
    pub(super) fn is_untouched(&self) -> bool {
        self.edited.is_empty() && self.removed.is_empty()
    }

    /// Makes notes of differences that another version of kustompose is the cause of: one for each file.
    pub(super) fn forgive(&self, drifts: &mut Vec<Drift>) {
        let Some(other) = &self.other_version else { return };
        let mut files = BTreeSet::new();
        drifts.retain(|drift| {
            let is_behind = drift.direction == Direction::Behind;
            if is_behind {
                files.insert(drift.expected_in.clone().unwrap_or_default());
            }
            !is_behind
        });
        let own = env!("CARGO_PKG_VERSION");
        let message =
            |path: &Utf8Path| format!("`{path}`: kustompose {own} writes it differently than {other} did");
        let help = "run `kustompose convert`";
        let notes = files
            .iter()
            .map(|path| Drift { direction: Direction::Unknown, ..note(path, message(path), help) });
        drifts.extend(notes);
    }

    /// Generated files that are not among these.
    pub(super) fn stale(&self, fresh: &[TreeFile]) -> BTreeSet<Utf8PathBuf> {
        let fresh: BTreeSet<&Utf8Path> = fresh.iter().map(|file| file.path.as_path()).collect();
        let stale = self.generated.iter().filter(|path| !fresh.contains(path.as_path()));
        stale.filter(|path| !self.removed.contains(*path)).cloned().collect()
    }

    /// A note for each generated file that was edited or removed, or that a run would not write any more, and in
    /// which no fact differs.
    pub(super) fn notes(
        &self,
        drifts: &[Drift],
        stale: &BTreeSet<Utf8PathBuf>,
        shown: &Utf8Path,
        sources: &Sources,
    ) -> Vec<Drift> {
        let file = |span: &Span| sources.get(span.source).path().to_owned();
        let told: BTreeSet<Utf8PathBuf> = drifts
            .iter()
            .filter(|drift| drift.direction == Direction::Diverged)
            .flat_map(|drift| {
                drift.kubernetes.span.as_ref().map(file).into_iter().chain(drift.expected_in.clone())
            })
            .collect();
        let edited = self.edited.iter().map(|path| {
            (
                path,
                "was edited; no fact differs",
                "take the edit back, or move it to your overlay; `kustompose convert --force` overwrites it",
            )
        });
        let removed = self.removed.iter().map(|path| (path, "was removed", "run `kustompose convert`"));
        // What is behind has its directory with it.
        let behind: BTreeSet<Utf8PathBuf> = drifts
            .iter()
            .filter(|drift| drift.direction == Direction::Behind)
            .filter_map(|drift| Some(drift.kubernetes.span.as_ref().map(file)?.parent()?.to_owned()))
            .collect();
        let is_alone =
            |path: &&Utf8PathBuf| !shown.join(path).ancestors().any(|directory| behind.contains(directory));
        let stale = stale.iter().filter(is_alone);
        let stale =
            stale.map(|path| (path, "is stale: a run would not write it", "run `kustompose convert`"));
        let by_hand = edited.chain(removed).map(|it| (it, Direction::Diverged));
        let all = by_hand.chain(stale.map(|it| (it, Direction::Behind)));
        let all = all.map(|((path, what, help), direction)| (shown.join(path), what, help, direction));
        let untold = all.filter(|(path, ..)| !told.contains(path));
        let note = |(path, what, help, direction): (Utf8PathBuf, _, _, _)| Drift {
            direction,
            ..note(&path, format!("`{path}` {what}"), help)
        };
        untold.map(note).collect()
    }
}

/// Whether a difference is a note about a generated file.
pub(super) fn is_note(drift: &Drift) -> bool {
    drift.kind == Kind::TreeFile
}

fn note(path: &Utf8Path, message: String, help: &str) -> Drift {
    Drift {
        kind: Kind::TreeFile,
        direction: Direction::Diverged,
        is_drift: false,
        environment: None,
        service: None,
        workload: None,
        container: None,
        path: path.to_string(),
        compose: Side::default(),
        kubernetes: Side::default(),
        expected_in: Some(path.to_owned()),
        message,
        help: help.to_owned(),
        waiver: None,
    }
}

/// Whether a version is later than another one.
fn is_newer(version: &str, than: &str) -> bool {
    let numbers = |version: &str| -> Vec<u64> {
        let release = version.split(['-', '+']).next().unwrap_or_default();
        release.split('.').map(|part| part.parse().unwrap_or_default()).collect()
    };
    numbers(version) > numbers(than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        for (version, than, is_later) in
            [("0.10.0", "0.9.9", true), ("0.1.0", "0.1.0", false), ("1.0.0-rc.1", "1.0.1", false)]
        {
            assert_eq!(is_newer(version, than), is_later, "{version} {than}");
        }
    }
}
