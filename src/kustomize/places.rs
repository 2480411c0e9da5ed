//! Whose a file of a tree is, by its path there.

use camino::Utf8Path;

/// The directories of the environments.
pub(crate) const OVERLAYS: &str = "overlays";
/// The directory of an environment's secret files.
pub(crate) const SECRETS: &str = "secrets";
/// The list of what a directory holds.
pub(crate) const KUSTOMIZATION: &str = "kustomization.yaml";
/// The objects that stand in the place of files where values come from a store.
pub const EXTERNAL_SECRETS: &str = "external-secrets.yaml";
/// Behind the name of a secret file, the name of what tells its keys.
pub const EXAMPLE: &str = ".example";
/// The end of the name of a patch.
pub const PATCH: &str = ".patch.yaml";

/// Whether a file of a tree, by its path there, holds secret values: it lies beside a kustomization of Secrets, and is
/// neither that nor an example.
pub fn is_secret_value(path: &Utf8Path) -> bool {
    match parts(path).as_slice() {
        [OVERLAYS, _, SECRETS, name] => {
            ![KUSTOMIZATION, EXTERNAL_SECRETS].contains(name) && !name.ends_with(EXAMPLE)
        }
        [OVERLAYS, _, SECRETS, _, ..] => true,
        _ => false,
    }
}

/// Whether it is written once, where nothing is yet, and then belongs to the user.
pub fn is_of_the_user(path: &Utf8Path) -> bool {
    let outermost =
        matches!(parts(path).as_slice(), [OVERLAYS, _, KUSTOMIZATION | "namespace.yaml" | "external.yaml"]);
    outermost || is_secret_value(path)
}

fn parts(path: &Utf8Path) -> Vec<&str> {
    path.components().map(|part| part.as_str()).collect()
}
