//! `kustompose.lock`: what the last run read and wrote.
//!
//! Holds no secret and no digest of one; it is committed with the tree.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Disk, path};
use crate::{
    diag::{Diagnostic, Report, codes},
    text::{Files, clean},
};

/// The lock's name in the output directory.
pub const FILE_NAME: &str = "kustompose.lock";

/// The version of the format that is written, and the newest one that is read.
const VERSION: u32 = 1;

/// What a run read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// By environment, the files it was read from, each with a digest of what it says, secrets left out.
    #[serde(rename = "inputs")]
    pub environments: BTreeMap<String, BTreeMap<String, String>>,
    /// Settings, Dockerfiles, scripts and mounted files that hold no secret, each with a digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, String>,
    /// By file that services take variables from, the names of these variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, BTreeSet<String>>,
}

/// What a run left behind for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of this format.
    pub version: u32,
    /// Version of the kustompose that wrote it.
    pub kustompose: String,
    /// What it read.
    #[serde(flatten)]
    pub inputs: Inputs,
    /// Every generated file, relative to the output directory, with the SHA-256 of its bytes in hex.
    pub files: BTreeMap<Utf8PathBuf, String>,
}

impl Lock {
    /// A lock of this version of kustompose.
    pub(super) fn new(inputs: Inputs, files: BTreeMap<Utf8PathBuf, String>) -> Self {
        Self { version: VERSION, kustompose: env!("CARGO_PKG_VERSION").to_owned(), inputs, files }
    }

    /// The lock as its file holds it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Strings and maps of strings: there is nothing that JSON could not say.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let nibbles = Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

impl Disk {
    /// The lock in an output directory, if there is one. One that cannot be read is reported.
    pub fn read_lock(&self, directory: &Utf8Path, report: &mut Report) -> Option<Lock> {
        let path = directory.join(FILE_NAME);
        self.kind(&path)?;
        let output = clean(&self.absolute(directory));
        let companion = path::companion_of(&output, &clean(&self.absolute(".".into())));
        let lock = self.read(&path).map_err(|error| error.to_string());
        let lock = lock.and_then(|bytes| parse(&bytes, companion.as_deref()));
        lock.map_err(|why| report.push(unreadable_lock(&path, &why))).ok()
    }
}

fn parse(bytes: &[u8], companion: Option<&Utf8Path>) -> Result<Lock, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version > u64::from(VERSION) => {
            return Err(format!("it is of version {version}, which a newer kustompose wrote"));
        }
        _ => {}
    }
    let lock: Lock = serde_json::from_value(value).map_err(|error| error.to_string())?;
    match lock.files.keys().find(|path| !path::may_be_generated(path, companion)) {
        Some(path) => Err(format!("it names `{path}`, which no run would write")),
        None => Ok(lock),
    }
}

pub(super) fn unreadable_lock(path: &Utf8Path, why: &str) -> Diagnostic {
    Diagnostic::error(codes::UNREADABLE_LOCK, format!("`{path}` cannot be read: {why}"))
        .help("restore it from version control; `--force` goes without it and overwrites generated files")
}
