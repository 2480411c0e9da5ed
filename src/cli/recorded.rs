//! What the lock records of the files that a run read.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::environments::{self, Loaded, LoadedEnvironment};
use crate::{
    compose::{dotenv, model::InputRole},
    disk::Inputs,
    kustomize::TreeFile,
    plan::Known,
    secret::{self, Hidden},
    secret_files, settings,
    text::{Files, Remembered, Sources, clean, digest},
};

/// What is to be recorded, and what it is compared with.
pub(super) struct Recording<'a> {
    /// Where paths begin.
    pub(super) directory: &'a Utf8Path,
    pub(super) sources: &'a Sources,
    pub(super) hidden: &'a Hidden,
    /// What the last run recorded.
    pub(super) before: &'a Inputs,
}

impl Recording<'_> {
    /// All that was read for the environments of a project. What is not on this machine stays as it was recorded.
    pub(super) fn of(&self, loaded: &Loaded, files: &Remembered<'_>, tree: &[TreeFile]) -> Inputs {
        Inputs {
            environments: loaded
                .environments
                .iter()
                .map(|own| (own.name.clone(), self.inputs(own)))
                .collect(),
            others: self.others(loaded, files, tree),
            variables: self.variables(loaded),
        }
    }

    /// The files of one environment.
    fn inputs(&self, environment: &LoadedEnvironment) -> BTreeMap<String, String> {
        let before = self.before.environments.get(&environment.name);
        let is_kept = environment.known != Known::All;
        let now = || environment.digests(self.directory, self.sources);
        before.filter(|_| is_kept).unwrap_or_else(now).clone()
    }

    /// Whether everything that is here is as it was recorded.
    pub(super) fn is_same(&self, environments: &[LoadedEnvironment]) -> bool {
        environments.iter().all(|environment| {
            let now = environment.digests(self.directory, self.sources);
            let before = self.before.environments.get(&environment.name);
            // What is missing is taken for empty.
            let is_here = |digest: &String| environment.known == Known::All || *digest != self::digest(b"");
            let same = |(file, digest)| before.and_then(|before| before.get(file)) == Some(digest);
            let as_many = before.is_some_and(|before| before.len() == now.len());
            now.iter().filter(|(_, digest)| is_here(digest)).all(same) && as_many
        })
    }

    /// Whether every other file that is here is as it was recorded.
    pub(super) fn is_same_beside(&self, files: &dyn Files) -> bool {
        self.before.others.iter().all(|(path, digest)| {
            let read = files.read(&clean(&self.directory.join(path)));
            read.is_err() || read.is_ok_and(|bytes| self.digest(path, &bytes).as_ref() == Some(digest))
        })
    }

    /// Settings, Dockerfiles, scripts and mounted files: what manifests come from. Code is not among them, and what has
    /// a secret is left out.
    fn others(&self, loaded: &Loaded, files: &Remembered<'_>, tree: &[TreeFile]) -> BTreeMap<String, String> {
        let secrets: BTreeSet<&[u8]> = tree
            .iter()
            .filter(|file| secret_files::is_value(&file.path))
            .map(|file| file.bytes.as_slice())
            .collect();
        let delivered: BTreeSet<&str> = tree.iter().filter_map(|file| file.path.file_name()).collect();
        let inputs = loaded.environments.iter().flat_map(|own| &own.project.inputs);
        let inputs: BTreeSet<&Utf8Path> = inputs.map(|input| input.path.as_path()).collect();
        let mut others = BTreeMap::new();
        for (path, bytes) in files.contents() {
            let is_other = path.starts_with(self.directory)
                && !path.starts_with(&loaded.output)
                && !inputs.contains(path.as_path())
                && !secrets.contains(&*bytes)
                && (is_telling(&path, &bytes)
                    || path.file_name().is_some_and(|name| delivered.contains(name)));
            let name = environments::from(self.directory, &path);
            let digest = Some(&bytes).filter(|_| is_other).and_then(|bytes| self.digest(&name, bytes));
            others.extend(digest.map(|digest| (name, digest)));
        }
        if loaded.environments.iter().any(|own| own.known != Known::All) {
            let is_gone = |name: &str| files.kind(&clean(&self.directory.join(name))).is_none();
            let gone = self.before.others.iter().filter(|(name, _)| is_gone(name));
            others.extend(gone.map(|(name, digest)| (name.clone(), digest.clone())));
        }
        others
    }

    /// The digest of a text; none if it holds a secret, or is no text.
    fn digest(&self, name: &str, bytes: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(bytes).ok()?;
        let is_secret = secret::is_secret_file(name, text) || self.hidden.redact(text) != text;
        (!is_secret).then(|| digest(secret::redact(text).as_bytes()))
    }

    /// By file of variables that a service names: which it sets.
    fn variables(&self, loaded: &Loaded) -> BTreeMap<String, BTreeSet<String>> {
        let mut variables = BTreeMap::new();
        for own in &loaded.environments {
            for input in own.project.inputs.iter().filter(|it| it.role == InputRole::ServiceEnvFile) {
                let name = environments::from(self.directory, &input.path);
                let before = self.before.variables.get(&name).filter(|_| own.missing.contains(&input.path));
                let names = || names(self.sources.get(input.source).text());
                variables.insert(name, before.cloned().unwrap_or_else(names));
            }
        }
        variables
    }
}

/// Settings, a Dockerfile, or a script for a shell or for cron.
fn is_telling(path: &Utf8Path, bytes: &[u8]) -> bool {
    let name = path.file_name().unwrap_or_default().to_lowercase();
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_script = first.starts_with(b"#!") && first.ends_with(b"sh");
    name == settings::FILE_NAME
        || name.contains("dockerfile")
        || name.contains("cron")
        || name.ends_with(".sh")
        || is_script
}

/// The names of variables in a text.
fn names(text: &str) -> BTreeSet<String> {
    let parsed = dotenv::parse(text, &|_| None).or_else(|_| dotenv::parse_raw(text, &|_| None));
    let variables = parsed.map(|parsed| parsed.variables).unwrap_or_default();
    variables.into_iter().map(|variable| variable.name).collect()
}
