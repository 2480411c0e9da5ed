//! Values of secrets: files of the user, in which a run must not write what is new.

use camino::Utf8Path;

use crate::{
    diag::{Code, Diagnostic, Report},
    disk::tree::Tree,
    kustomize::{Owner, env_file},
    text::Files,
};

/// A file of secret values that does not have all that is asked of it.
const UNFILLED_SECRET: Code = Code { id: "KP029", name: "unfilled-secret" };

/// Warns of keys that files of values do not have, though they are there.
pub(super) fn warn_of_missing(tree: &Tree, output: &Utf8Path, files: &dyn Files, report: &mut Report) {
    let is_list = |path: &Utf8Path| path.extension() == Some("env");
    for file in tree.files.iter().filter(|file| file.owner == Owner::Secret && is_list(&file.path)) {
        let Ok(there) = files.read(&output.join(&file.path)) else { continue };
        let (there, wanted) = (String::from_utf8_lossy(&there), String::from_utf8_lossy(&file.bytes));
        let there = env_file::read(&there);
        let wanted = env_file::read(&wanted).into_iter().map(|(key, _)| key);
        let missing: Vec<String> = wanted
            .filter(|key| !there.iter().any(|(known, _)| known == key))
            .map(|key| format!("`{key}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` has no {}", file.path, missing.join(", "));
            let help =
                "the file is yours: add the line, or delete the file and convert again where the values are";
            report.push(Diagnostic::warning(UNFILLED_SECRET, message).help(help));
        }
    }
}
