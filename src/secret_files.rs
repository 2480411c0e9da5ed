//! The secret files of a tree: which of them an environment needs, and what they hold.
//!
//! They lie in `overlays/<environment>/secrets/`, out of git's sight. Each is known by the `.example`
//! beside it or by the kustomization there. Knows nothing of compose, and of plans only their trees.

pub mod archive;
pub mod written;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

pub use crate::kustomize::places::{EXAMPLE, EXTERNAL_SECRETS, PATCH, is_secret_value as is_value};
use crate::{
    diag::{Diagnostic, Report, codes},
    kustomize::{
        env_file::{self, Variable},
        places::{KUSTOMIZATION, OVERLAYS, SECRETS},
    },
    text::{FileError, FileKind, Files, Sources},
    yaml::{Node, parse},
};

/// The secret files of an environment.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretFiles {
    /// The environment's name.
    pub environment: String,
    /// Its files, by name.
    pub files: Vec<SecretFile>,
    /// Whether it takes values from a store.
    pub is_external: bool,
    /// Files beside them that nothing takes values from, by name.
    pub unread: Vec<String>,
}

/// A file that an environment needs. Cannot be printed: it holds secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// Its name in the directory.
    pub name: String,
    /// What it holds, if it is there.
    pub content: Option<Vec<u8>>,
    /// What the example beside it holds, if there is one.
    pub example: Option<Vec<u8>>,
}

/// What is in a file, by key and never with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There is no such file.
    Missing,
    /// It holds no more than its example.
    Empty,
    /// It is there, and it is no list of variables.
    There,
    /// A list of variables.
    Variables {
        /// Keys that have a value.
        there: Vec<String>,
        /// Keys without one.
        empty: Vec<String>,
        /// Keys of the example that are not in the file.
        missing: Vec<String>,
        /// Keys that the example does not have: who takes the file gets them all the same. Lines that are no
        /// variable by their number.
        unasked: Vec<String>,
    },
}

impl SecretFile {
    /// What is in the file.
    pub fn state(&self) -> State {
        let Some(content) = &self.content else { return State::Missing };
        let has_example = self.example.is_some();
        let example = self.example.as_deref().unwrap_or_default();
        // A file that is mounted may be called like a list; the example of a list names its keys.
        if !is_list(self.name.as_str().into()) || has_example && example.is_empty() {
            return if content.as_slice() == example { State::Empty } else { State::There };
        }
        let (content, example) = (String::from_utf8_lossy(content), String::from_utf8_lossy(example));
        let variables = env_file::variables(&content);
        let wanted = env_file::read(&example);
        let is_asked = |variable: &Variable<'_>| match has_example {
            true => wanted.iter().any(|(known, _)| *known == variable.key),
            false => variable.is_named,
        };
        let (asked, unasked): (Vec<_>, Vec<_>) = variables.iter().copied().partition(is_asked);
        let (empty, there): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|variable| variable.value.is_none_or(str::is_empty));
        let told = |variable: &Variable<'_>| match variable.is_named {
            true => variable.key.to_owned(),
            false => format!("line {}", variable.line),
        };
        let keys = |variables: &[Variable<'_>]| variables.iter().map(told).collect();
        let is_known = |key: &str| variables.iter().any(|known| known.key == key);
        let missing = wanted.iter().map(|(key, _)| *key).filter(|key| !is_known(key));
        State::Variables {
            there: keys(&there),
            empty: keys(&empty),
            missing: missing.map(str::to_owned).collect(),
            unasked: keys(&unasked),
        }
    }

    /// Whether nothing in it would be missed.
    pub fn is_unfilled(&self) -> bool {
        let (Some(content), Some(example)) = (&self.content, &self.example) else {
            return self.content.is_none();
        };
        let (content, example) = (String::from_utf8_lossy(content), String::from_utf8_lossy(example));
        let is_list = is_list(self.name.as_str().into()) && !example.is_empty();
        content == example || is_list && env_file::read(&content) == env_file::read(&example)
    }
}

impl SecretFiles {
    /// Whether all files are there, with all keys.
    pub fn is_complete(&self) -> bool {
        self.files.iter().all(|file| match file.state() {
            State::Missing => false,
            State::Variables { missing, .. } => missing.is_empty(),
            State::Empty | State::There => true,
        })
    }
}

/// The directory of an environment's secret files in a tree.
pub fn directory(output: &Utf8Path, environment: &str) -> Utf8PathBuf {
    output.join(OVERLAYS).join(environment).join(SECRETS)
}

/// The environments of a tree that have a directory for secrets, by name.
pub fn environments(output: &Utf8Path, files: &dyn Files) -> Vec<String> {
    let mut names = files.list(&output.join(OVERLAYS)).unwrap_or_default();
    names.retain(|name| files.kind(&directory(output, name)) == Some(FileKind::Directory));
    names
}

/// The secret files of an environment. Those that cannot be read are reported.
pub fn read(output: &Utf8Path, environment: &str, files: &dyn Files, report: &mut Report) -> SecretFiles {
    let folder = directory(output, environment);
    let names = files.list(&folder).unwrap_or_default();
    let examples = names.iter().filter_map(|name| name.strip_suffix(EXAMPLE));
    let mut wanted: BTreeSet<String> = examples.map(str::to_owned).collect();
    wanted.extend(listed(&folder, files, report));
    wanted.retain(|name| is_file_name(name) && name != KUSTOMIZATION && name != EXTERNAL_SECRETS);
    let true_folder = files.resolve_links(&folder).unwrap_or_else(|| folder.clone());
    let is_link = |name: &str| {
        files.resolve_links(&folder.join(name)).is_some_and(|path| path != true_folder.join(name))
    };
    let mut content = |name: &str| match files.read(&folder.join(name)) {
        // It would be packed with what lies elsewhere.
        Ok(_) if is_link(name) => {
            let message = format!("`{name}` of {environment} is a symbolic link");
            report.push(
                Diagnostic::error(codes::UNREADABLE_SECRET_FILE, message)
                    .help("put the file itself in its place"),
            );
            None
        }
        Ok(bytes) => Some(bytes),
        Err(FileError::NotFound) => None,
        Err(error) => {
            let message = format!("`{name}` of {environment} cannot be read: {error}");
            report.push(Diagnostic::error(codes::UNREADABLE_SECRET_FILE, message));
            None
        }
    };
    let file = |name: String| SecretFile {
        content: content(&name),
        example: content(&format!("{name}{EXAMPLE}")),
        name,
    };
    SecretFiles {
        environment: environment.to_owned(),
        unread: unread(output, environment, &|name| wanted.contains(name), files),
        files: wanted.into_iter().map(file).collect(),
        is_external: names.iter().any(|name| name == EXTERNAL_SECRETS),
    }
}

/// Files beside the secret ones that neither they are, by `is_wanted`, nor the outermost layer names.
pub fn unread(
    output: &Utf8Path,
    environment: &str,
    is_wanted: &dyn Fn(&str) -> bool,
    files: &dyn Files,
) -> Vec<String> {
    let folder = directory(output, environment);
    let outermost = files.read(&output.join(OVERLAYS).join(environment).join(KUSTOMIZATION));
    let outermost = String::from_utf8(outermost.unwrap_or_default()).unwrap_or_default();
    let is_ours = |name: &str| is_wanted(name) || name == KUSTOMIZATION || name == EXTERNAL_SECRETS;
    let mut names = files.list(&folder).unwrap_or_default();
    names.retain(|name| {
        is_file_name(name)
            && !name.starts_with('.')
            && !is_ours(name)
            && !outermost.contains(&format!("{SECRETS}/{name}"))
            && files.kind(&folder.join(name)) == Some(FileKind::File)
    });
    names
}

/// The files that the kustomization takes Secrets and patches from.
fn listed(folder: &Utf8Path, files: &dyn Files, report: &mut Report) -> Vec<String> {
    let Ok(bytes) = files.read(&folder.join(KUSTOMIZATION)) else { return Vec::new() };
    let mut sources = Sources::default();
    // What is wrong with it, kustomize will tell; spans would point into sources that go away here.
    let mut own = Report::default();
    let tree = parse::decode(bytes).ok().and_then(|text| {
        let id = sources.add(KUSTOMIZATION, text);
        parse::documents(&sources, id, &mut own)?.into_iter().next()
    });
    let Some(tree) = tree else {
        report.push(Diagnostic::error(
            codes::UNREADABLE_SECRET_FILE,
            format!("`{KUSTOMIZATION}` in `{folder}` is no YAML"),
        ));
        return Vec::new();
    };
    let list = |node: &Node, key: &str| node.get(key).and_then(Node::as_seq).unwrap_or_default().to_vec();
    let mut names = Vec::new();
    for generator in list(&tree, "secretGenerator") {
        let envs = list(&generator, "envs");
        names.extend(envs.iter().filter_map(Node::as_str).map(str::to_owned));
        let files = list(&generator, "files");
        let paths = files.iter().filter_map(Node::as_str);
        names.extend(paths.map(|path| path.split_once('=').map_or(path, |(_, path)| path).to_owned()));
    }
    let patches = list(&tree, "patches");
    names.extend(patches.iter().filter_map(|patch| Some(patch.get("path")?.as_str()?.to_owned())));
    names
}

/// A name and nothing but: no other directory, no example.
fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0']) && !name.ends_with(EXAMPLE)
}

/// Whether a secret file is a list of variables.
pub fn is_list(path: &Utf8Path) -> bool {
    path.extension() == Some("env")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    fn tree() -> MemoryFiles {
        MemoryFiles::new([
            (
                "/p/k8s/overlays/prod/secrets/kustomization.yaml",
                "secretGenerator:\n- name: a\n  envs: [a.env]\n  files: [KEY=key.pem, ../out, \"x\\\\y\"]\npatches:\n- path: web.patch.yaml\n",
            ),
            ("/p/k8s/overlays/prod/secrets/a.env.example", "A=\nB=\nC=\n"),
            ("/p/k8s/overlays/prod/secrets/a.env", "# mine\nA=1\nB=\nD=x=y\n"),
            ("/p/k8s/overlays/prod/secrets/token.example", ""),
            ("/p/k8s/overlays/prod/secrets/token", ""),
            ("/p/k8s/overlays/prod/secrets/web.patch.yaml", "p: 1"),
            ("/p/k8s/overlays/prod/secrets/notes.txt", "not asked for"),
            ("/p/k8s/overlays/store/secrets/external-secrets.yaml", ""),
            ("/p/k8s/overlays/none/kustomization.yaml", ""),
        ])
    }

    #[test]
    fn what_is_asked_for_is_known_with_its_state() {
        let (files, mut report) = (tree(), Report::default());
        let output = Utf8Path::new("/p/k8s");
        assert_eq!(environments(output, &files), ["prod", "store"]);
        let found = read(output, "prod", &files, &mut report);
        assert_eq!(report.diagnostics(), []);
        let states: Vec<(&str, State)> =
            found.files.iter().map(|file| (file.name.as_str(), file.state())).collect();
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        let variables = State::Variables {
            there: keys(&["A"]),
            empty: keys(&["B"]),
            missing: keys(&["C"]),
            unasked: keys(&["D"]),
        };
        let expected = [
            ("a.env", variables),
            ("key.pem", State::Missing),
            ("token", State::Empty),
            ("web.patch.yaml", State::There),
        ];
        assert_eq!(states, expected);
        assert_eq!(found.unread, ["notes.txt"]);
        assert!(!found.is_complete() && !found.is_external);
        assert!(read(output, "store", &files, &mut report).is_external);
    }
}
