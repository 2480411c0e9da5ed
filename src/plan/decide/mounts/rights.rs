//! Who may read the files of the project that are mounted. Programs refuse private keys and the like that others may
//! read, and scripts run only if they may be run.
//!
//! Every clone of a repository gets the same manifests. Of a mode git keeps only whether the file may be run, and it
//! keeps no owner. So the rest of what the disk says counts only for files that git ignores: no clone has them.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::{
    plan::facts::{Context, files},
    text::Rights,
};

/// Permission bits of scripts, which a ConfigMap does not keep.
const EXECUTABLE: i32 = 0o755;
/// Those of private keys.
const OWNERS: i32 = 0o400;

/// Names of files that their programs read only if nobody else may.
const PRIVATE: &[&str] = &[
    ".erlang.cookie",
    ".my.cnf",
    ".netrc",
    ".pgpass",
    "acme.json",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_rsa",
    "pgpass",
];

/// The permission bits of some files.
#[derive(Debug, Clone, Default)]
pub(in crate::plan) struct Modes {
    /// Of the files that only their owner may read, by their paths.
    pub(super) private: BTreeMap<String, i32>,
    /// Some file is to be run.
    executable: bool,
    /// Who owns the private files by this machine, if that is neither root nor who works on the project.
    pub(super) owner: Option<i64>,
    /// The files that nobody else may read here, and that a clone has for everybody.
    pub(super) lost: Vec<String>,
}

impl Modes {
    /// Those of files that lie at a place of the project, or are it.
    pub(super) fn of(
        context: &Context<'_>,
        (source, target): (&Utf8Path, &str),
        contents: &BTreeMap<String, Vec<u8>>,
        is_directory: bool,
    ) -> Self {
        let usual = usual(context);
        let mut modes = Self::default();
        for (path, content) in contents {
            let place = if is_directory { source.join(path) } else { source.to_owned() };
            let own = context.files.rights(&place).zip(usual);
            let alone = own.filter(|(own, usual)| own.are_of_owner_alone() && !usual.are_of_owner_alone());
            let named = if is_directory { path.as_str() } else { target };
            if let Some((own, usual)) = alone.filter(|_| files::is_left_out_of_git(context, &place)) {
                let bits = i32::try_from(own.mode & 0o700).unwrap_or_default();
                modes.private.insert(path.clone(), bits | OWNERS);
                let is_given = own.owner != 0 && own.owner != usual.owner;
                modes.owner = modes.owner.or(is_given.then(|| i64::from(own.owner)));
            } else if is_private(named, content, target) {
                modes.private.insert(path.clone(), OWNERS);
            } else if alone.is_some() {
                modes.lost.push(path.clone());
            }
            // Where everything may be run, as on disks of Windows, that tells nothing.
            let may_run = own.is_some_and(|(own, usual)| own.mode & 0o100 != 0 && usual.mode & 0o100 == 0);
            modes.executable |= may_run;
        }
        modes
    }

    /// The bits of all files that have none of their own: those of private files if there are no others.
    pub(super) fn of_all(&self, contents: &BTreeMap<String, Vec<u8>>) -> Option<i32> {
        let mut private = contents.keys().map(|path| self.private.get(path));
        let first = private.next().flatten();
        if first.is_some() && private.all(|other| other == first) {
            return first.copied();
        }
        let runs = self.executable || contents.values().any(|content| content.starts_with(b"#!"));
        runs.then_some(EXECUTABLE)
    }
}

/// What files of the project usually have on this machine: what its first Compose file has.
fn usual(context: &Context<'_>) -> Option<Rights> {
    context.project.inputs.iter().find_map(|input| context.files.rights(&input.path))
}

/// Whether a file is one that its program reads only if nobody else may: by its name or by what it holds.
fn is_private(name: &str, content: &[u8], target: &str) -> bool {
    let holds = |words: &str| content.windows(words.len()).any(|part| part == words.as_bytes());
    let name = name.rsplit('/').next().unwrap_or_default();
    PRIVATE.contains(&name)
        || holds("BEGIN OPENSSH PRIVATE KEY")
        || target.contains("/.ssh") && holds(" PRIVATE KEY-----")
        || is_key_file_of_mongo(name, content)
}

/// `mongo-keyfile`: base64 and nothing else.
fn is_key_file_of_mongo(name: &str, content: &[u8]) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_named = ["keyfile", "key-file", "key_file", "mongo.key", "mongodb.key"]
        .iter()
        .any(|part| lower.contains(part));
    let is_text = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte);
    is_named && content.len() >= 6 && content.len() <= 1100 && content.iter().all(is_text)
}
