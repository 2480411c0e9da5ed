//! What `convert` last wrote into the secret files of an environment: a digest of each value, so that a later run can
//! tell its own values from those of a person. It lies beside the files, where git ignores it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::directory;
use crate::text::{Files, digest, json};

/// The name of the record in the directory of the secret files.
pub const FILE_NAME: &str = ".written.json";

/// The key of a file that is a value as a whole.
const WHOLE: &str = "";

/// Digests of the values that were written last, by file and key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written(BTreeMap<String, BTreeMap<String, String>>);

impl Written {
    /// The record of an environment. One that cannot be read records nothing: the values are then the person's.
    pub fn read(output: &Utf8Path, environment: &str, files: &dyn Files) -> Self {
        let bytes = files.read(&path(output, environment)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// The record as its file holds it; none if it records nothing.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        // A line for each file.
        (!self.0.is_empty()).then(|| json::lines(self, 1))
    }

    /// Whether this value of a list was written last; without a key, this file.
    pub fn has(&self, file: &str, key: Option<&str>, value: &[u8]) -> bool {
        let digests = self.0.get(file);
        digests.and_then(|keys| keys.get(key.unwrap_or(WHOLE))).is_some_and(|known| *known == digest(value))
    }

    /// Records a value.
    pub fn add(&mut self, file: &str, key: Option<&str>, value: &[u8]) {
        let keys = self.0.entry(file.to_owned()).or_default();
        keys.insert(key.unwrap_or(WHOLE).to_owned(), digest(value));
    }
}

/// The place of the record of an environment.
pub fn path(output: &Utf8Path, environment: &str) -> Utf8PathBuf {
    directory(output, environment).join(FILE_NAME)
}
