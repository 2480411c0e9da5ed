//! Mounted files that are not on this machine because git ignores them: what the manifests have of them stays.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::environments::{self, Loaded},
    diag::{Diagnostic, Report, codes},
    disk::{Disk, Lock},
    render::Rendered,
    secret_files,
    text::{Files, Remembered, clean, digest},
};

/// What is missing, and what the last run left.
#[derive(Default)]
pub(super) struct Absent {
    /// Sources of mounts, of configs and of secrets.
    sources: BTreeSet<Utf8PathBuf>,
    /// The same, as messages name them.
    names: Vec<String>,
    lock: Lock,
}

/// Finds what is missing. Where the manifests have the content of such a file as it was, the run reads that in its
/// place.
pub(super) fn find(
    loaded: &Loaded,
    directory: &Utf8Path,
    (disk, files): (&Disk, &Remembered<'_>),
    report: &mut Report,
) -> Absent {
    let all = loaded.environments.iter().flat_map(|own| environments::named_files(&own.project));
    // A pattern that ends with a slash is for directories, of which there must be something.
    let is_ignored =
        |path: &Utf8Path| disk.is_ignored_by_git(path) || disk.is_ignored_by_git(&path.join("content"));
    // What is not absolute is the name of a volume.
    let is_absent = |path: &Utf8PathBuf| path.is_absolute() && files.kind(path).is_none() && is_ignored(path);
    let sources: BTreeSet<Utf8PathBuf> = all.collect::<BTreeSet<_>>().into_iter().filter(is_absent).collect();
    if sources.is_empty() {
        return Absent::default();
    }
    let lock = disk.read_or_merge_lock(&loaded.output, &mut Report::default()).unwrap_or_default();
    let mut kept = Vec::new();
    for (name, recorded) in &loaded.recorded.others {
        let path = clean(&directory.join(name));
        if files.kind(&path).is_some() || !sources.iter().any(|source| path.starts_with(source)) {
            continue;
        }
        if let Some(bytes) = delivered(&lock, recorded, &loaded.output, files) {
            files.add(&path, bytes);
            kept.push(format!("`{name}`"));
        }
    }
    if !kept.is_empty() {
        let (verb, its) = if kept.len() == 1 { ("is", "its") } else { ("are", "their") };
        let message = format!("{} {verb} not here: the manifests keep {its} content", kept.join(", "));
        let help =
            "git ignores what is missing; run `kustompose convert` where it is, to bring it up to date";
        report.push(Diagnostic::info(codes::KEPT_ENVIRONMENT, message).help(help));
    }
    let names = sources.iter().map(|path| format!("`{}`", environments::from(directory, path)));
    Absent { names: names.collect(), sources, lock }
}

impl Absent {
    /// Refuses to take out of the manifests what nobody took out of the Compose files.
    pub(super) fn refuse_loss(&self, loaded: &Loaded, rendered: &Rendered, report: &mut Report) {
        if self.sources.is_empty() {
            return;
        }
        let written: BTreeSet<&Utf8Path> = rendered.files.iter().map(|file| file.path.as_path()).collect();
        let is_lost = |path: &&Utf8PathBuf| {
            is_of_a_mount(path)
                && !written.contains(path.as_path())
                && !rendered.untouched.iter().any(|folder| path.starts_with(folder))
        };
        let Some(lost) = self.lock.files.keys().find(is_lost) else { return };
        let verb = if self.names.len() == 1 { "is" } else { "are" };
        let path = loaded.shown.join(lost);
        let message = format!("`{path}` would be removed: {} {verb} not here", self.names.join(", "));
        let help = "git ignores what is missing: copy it here, or run `kustompose convert` where it is; if it is gone \
                    for good, take it out of the Compose files";
        report.push(Diagnostic::error(codes::UNKEEPABLE_ENVIRONMENT, message).help(help));
    }
}

/// Whether a file of the manifests is what a mounted file delivers, or the example of one.
fn is_of_a_mount(path: &Utf8Path) -> bool {
    let value = path.as_str().strip_suffix(secret_files::EXAMPLE);
    let is_example =
        value.is_some_and(|value| !value.ends_with(".env") && !value.ends_with(secret_files::PATCH));
    // An app may be called `files` itself.
    is_example || path.components().skip(2).any(|part| part.as_str() == "files")
}

/// The content that the manifests have of a file with this digest.
fn delivered(lock: &Lock, recorded: &str, output: &Utf8Path, files: &dyn Files) -> Option<Vec<u8>> {
    let mut alike = lock.files.iter().filter(|(_, digest)| *digest == recorded);
    alike.find_map(|(path, _)| files.read(&output.join(path)).ok().filter(|bytes| digest(bytes) == recorded))
}
