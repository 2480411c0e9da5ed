//! The built-in kustomize against the real one.
//!
//! Every folder of `testdata/kustomize` is a case: `tree/` has kustomizations, `rendered/` what `kubectl kustomize`
//! made of each of them. `UPDATE=1 cargo test --test kustomize` asks kubectl anew. Where kubectl is at hand, overlays of
//! the trees below `testdata/convert` are compared as well: some of them, and all with `OVERLAYS=all`.

#![expect(clippy::disallowed_methods, reason = "cases lie on the disk")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use camino::Utf8Path;
use kustompose::{diag::Report, disk::Disk, kustomize::build, text::Sources, yaml::parse};
use serde_json::Value;

/// One overlay of so many is compared, unless all are.
const SAMPLE: usize = 12;

#[test]
fn cases_render_as_kubectl_rendered_them() {
    let update = env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for case in folders(&testdata().join("kustomize")) {
        let tree = case.join("tree");
        for directory in kustomizations(&tree) {
            let below = directory.strip_prefix(&case).expect("it is below");
            let name = below.to_string_lossy().replace('/', "-");
            let path = case.join(format!("rendered/{name}.yaml"));
            if update {
                fs::create_dir_all(case.join("rendered")).expect("a folder can be made");
                fs::write(&path, kubectl(&directory).expect("kubectl renders the case"))
                    .expect("a file can be written");
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            wrong.extend(difference(&directory, &tree, &expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn overlays_render_as_kubectl_renders_them() {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        println!("not run: there is no kubectl");
        return;
    }
    let step = if env::var_os("OVERLAYS").is_some_and(|it| it == "all") { 1 } else { SAMPLE };
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in folders(&testdata().join("convert")) {
        let temporary = tempfile::tempdir().expect("a temporary folder");
        copy(&case.join("out"), temporary.path());
        let overlays = kustomizations(temporary.path()).into_iter().filter(|directory| is_overlay(directory));
        for directory in overlays {
            count += 1;
            if count % step != 0 {
                continue;
            }
            match kubectl(&directory) {
                Ok(expected) => wrong.extend(difference(&directory, temporary.path(), &expected)),
                Err(why) => wrong.push(format!("{}: {why}", directory.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 200, "only {count} overlays were found");
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(path)
        .into_iter()
        .flatten()
        .map(|entry| entry.expect("a folder that can be read").path())
        .collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// The directories that can be rendered: those with a kustomization that is no component.
fn kustomizations(path: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(path.join("kustomization.yaml"));
    let own = text.is_ok_and(|text| !text.contains("kind: Component"));
    let below = folders(path).into_iter().flat_map(|folder| kustomizations(&folder));
    own.then(|| path.to_owned()).into_iter().chain(below).collect()
}

/// An environment, or the generated part of one.
fn is_overlay(directory: &Path) -> bool {
    let names: Vec<&str> = directory.iter().rev().take(3).filter_map(|name| name.to_str()).collect();
    matches!(names.as_slice(), [_, "overlays", ..] | ["generated", _, "overlays"])
}

/// Copies a tree; files of secret values, which git ignores, are made of their examples.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry.expect("a folder that can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a folder can be made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
            let filled = target.with_extension("");
            if target.extension().is_some_and(|extension| extension == "example") && !filled.exists() {
                fs::copy(entry.path(), filled).expect("a file can be copied");
            }
        }
    }
}

fn kubectl(directory: &Path) -> Result<String, String> {
    let output =
        Command::new("kubectl").arg("kustomize").arg(directory).output().map_err(|it| it.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// How our objects differ from those of a text.
fn difference(directory: &Path, root: &Path, expected: &str) -> Option<String> {
    let utf8 = |path: &Path| Utf8Path::from_path(path).expect("a path in UTF-8").to_owned();
    let (directory, root) = (utf8(directory), utf8(root));
    let built = match build::build(&directory, &root, &Disk::new("/")) {
        Ok(built) => built,
        Err(refusal) => return Some(format!("{directory}: {refusal}")),
    };
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add("kubectl", expected);
    let expected = parse::documents(&sources, id, &mut report).unwrap_or_default();
    let expected: Vec<Value> = expected.iter().map(|document| document.to_json()).collect();
    let own: Vec<Value> = built.objects.iter().map(|object| object.node.to_json()).collect();
    let unequal = own.iter().zip(&expected).find(|(own, expected)| own != expected);
    match unequal {
        Some((own, expected)) => Some(format!("{directory}:\n{own:#}\nis not\n{expected:#}")),
        None if own.len() != expected.len() => {
            Some(format!("{directory}: {} objects, not {}", own.len(), expected.len()))
        }
        None => None,
    }
}
