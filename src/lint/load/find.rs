//! Which files of a directory are looked at: by their names, and by a glance at YAML files of other names.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::Loader;
use crate::{
    diag::codes,
    lint::findings::Finding,
    settings,
    text::{FileKind, STANDARD_INPUT},
};

/// Directories within one another; deeper ones hold no configuration of this project.
const MAX_DEPTH: usize = 12;

/// Directories of what others wrote.
const SKIPPED: &[&str] = &["node_modules", "vendor", "target", "__pycache__", "venv", "site-packages"];

/// What there is to look at.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Directories with compose files.
    pub(super) projects: BTreeSet<Utf8PathBuf>,
    /// Compose files that were named one by one.
    pub(super) compose_files: Vec<Utf8PathBuf>,
    pub(super) env_files: BTreeSet<Utf8PathBuf>,
    /// Kustomizations, and files that may hold Kubernetes objects.
    pub(super) manifests: BTreeSet<Utf8PathBuf>,
}

impl Loader<'_> {
    /// Looks through everything that was asked for.
    pub(super) fn find(&mut self) -> Found {
        let mut found = Found::default();
        let mut seen = BTreeSet::new();
        for path in &self.request.paths {
            match self.files.kind(path) {
                _ if path == STANDARD_INPUT => found.compose_files.push(path.clone()),
                Some(FileKind::Directory) => self.directory(path, 0, &mut seen, &mut found),
                Some(_) => self.named_file(path, &mut found),
                None => {
                    let message = format!("`{}` is not there", self.shown(path));
                    let problem = Finding::of_run(codes::UNREADABLE_INPUT, message);
                    self.inputs.problems.push(problem);
                }
            }
        }
        found
    }

    fn directory(
        &mut self,
        directory: &Utf8Path,
        depth: usize,
        seen: &mut BTreeSet<Utf8PathBuf>,
        found: &mut Found,
    ) {
        let real = self.files.resolve_links(directory).unwrap_or_else(|| directory.to_owned());
        if depth > MAX_DEPTH || !seen.insert(real) {
            return;
        }
        for name in self.files.list(directory).unwrap_or_default() {
            let path = directory.join(&name);
            match self.files.kind(&path) {
                Some(FileKind::Directory) if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) => {
                    self.directory(&path, depth + 1, seen, found);
                }
                Some(FileKind::File) => match kind_of(&name) {
                    Some(Kind::Compose) => {
                        found.projects.insert(directory.to_owned());
                    }
                    Some(Kind::Env) => {
                        found.env_files.insert(path);
                    }
                    Some(Kind::Kustomization) => {
                        found.manifests.insert(path);
                    }
                    _ if name == settings::FILE_NAME => {
                        found.projects.insert(directory.to_owned());
                    }
                    Some(Kind::Yaml) if self.may_hold_objects(&path) => {
                        found.manifests.insert(path);
                    }
                    Some(Kind::Yaml) | None => {}
                },
                _ => {}
            }
        }
    }

    /// A file that was named is looked at, whatever its name.
    fn named_file(&mut self, path: &Utf8Path, found: &mut Found) {
        match kind_of(path.file_name().unwrap_or_default()) {
            Some(Kind::Env) => {
                found.env_files.insert(path.to_owned());
            }
            Some(Kind::Kustomization) => {
                found.manifests.insert(path.to_owned());
            }
            Some(Kind::Yaml) if self.may_hold_objects(path) => {
                found.manifests.insert(path.to_owned());
            }
            Some(_) => found.compose_files.push(path.to_owned()),
            None => {
                let message = format!("`{}` is neither YAML nor an env file", self.shown(path));
                self.inputs.problems.push(Finding::of_run(codes::UNREADABLE_INPUT, message));
            }
        }
    }

    /// Whether the text has the two keys of every Kubernetes object.
    fn may_hold_objects(&self, path: &Utf8Path) -> bool {
        let has = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|part| part == word);
        self.files.read(path).is_ok_and(|text| has(&text, b"apiVersion") && has(&text, b"kind"))
    }
}

/// What a file is by its name.
enum Kind {
    Compose,
    Env,
    Kustomization,
    /// YAML of some other kind.
    Yaml,
}

fn kind_of(name: &str) -> Option<Kind> {
    if matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
        return Some(Kind::Kustomization);
    }
    if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") {
        return Some(Kind::Env);
    }
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))?;
    let rest = stem.strip_prefix("docker-").unwrap_or(stem).strip_prefix("compose");
    Some(if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-'])) {
        Kind::Compose
    } else {
        Kind::Yaml
    })
}
