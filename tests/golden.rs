//! The one integration test: every folder with `in/` below `testdata/` is a case.
//!
//! ```text
//! testdata/<command>/<case>/in/      a whole project
//!                          /args     optional: further arguments, on one line
//!                          /env      optional: the variables of the process, KEY=VALUE
//!                          /stdin    optional: the standard input
//!                          /edits    optional: `convert` runs first, then these files are edited
//!                          /out/     the files that the run writes or changes, from the project's root
//!                          /out.txt  all it says, in a plain terminal of 80 columns, and its exit code
//! ```
//!
//! Without `out/` it writes nothing, without `out.txt` it says nothing and exits with 0.
//! The leaves of the same projects are tried as well, see `leaves`; `rules` ties the rules of `lint` to their
//! folders and pages.
//!
//! `UPDATE=1 cargo test` makes the expectations what the runs do: read the difference before you
//! commit it. In `out/`, `.gitignore` is called `gitignore`, lest it hide parts of the expectation.

#![expect(clippy::disallowed_methods, reason = "cases lie on the disk")]

#[path = "golden/fixes.rs"]
mod fixes;
#[path = "golden/layering.rs"]
mod layering;
#[path = "golden/leaves.rs"]
mod leaves;
#[path = "golden/rules.rs"]
mod rules;
#[path = "golden/run.rs"]
mod run;

use std::{
    collections::BTreeMap,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use libtest_mimic::{Arguments, Failed, Trial};
use similar::TextDiff;

use run::{Files, read_files};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut trials = vec![
        Trial::test("layering", layering::check),
        Trial::test("layering of hidden imports", layering::check_of_hidden_imports),
        Trial::test("rules", rules::check),
    ];
    let cases = cases(&root);
    trials.extend(leaves::trials(&cases));
    trials.extend(fixes::trials(&cases));
    for folder in cases {
        let name = folder.strip_prefix(&root).unwrap_or(&folder).to_string_lossy().replace('\\', "/");
        trials.push(Trial::test(name.clone(), move || check(&name, &folder)));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let Some(share) = leaves::share() {
        let _ = writeln!(std::io::stdout(), "{share}");
    }
    conclusion.exit();
}

/// The folders that hold a case, in order.
fn cases(folder: &Path) -> Vec<PathBuf> {
    if folder.join("in").is_dir() {
        return vec![folder.to_owned()];
    }
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().flat_map(|folder| cases(folder)).collect()
}

/// Runs a case and compares what it does with what is expected of it.
fn check(name: &str, folder: &Path) -> Result<(), Failed> {
    let actual = run::case(name, folder)?;
    if env::var_os("UPDATE").is_some_and(|value| value != "0") {
        return Ok(update(folder, &actual)?);
    }
    let differences = compare(&expected(folder)?, &actual);
    if differences.is_empty() {
        return Ok(());
    }
    let how = format!("If this is meant: UPDATE=1 cargo test --test golden -- --exact {name}");
    Err(format!("{}\n{how}", differences.join("\n")).into())
}

/// `out.txt` and `out/…` of a case, by their paths in its folder.
fn expected(folder: &Path) -> Result<Files, Failed> {
    let mut files = Files::new();
    for (path, bytes) in read_files(&folder.join("out"))? {
        files.insert(format!("out/{path}"), bytes);
    }
    if folder.join("out.txt").exists() {
        files.insert("out.txt".to_owned(), fs::read(folder.join("out.txt"))?);
    }
    Ok(files)
}

fn update(folder: &Path, actual: &Files) -> std::io::Result<()> {
    if folder.join("out").exists() {
        fs::remove_dir_all(folder.join("out"))?;
    }
    if folder.join("out.txt").exists() {
        fs::remove_file(folder.join("out.txt"))?;
    }
    for (path, bytes) in actual {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

/// A unified diff for each file that is not as expected.
fn compare(expected: &Files, actual: &Files) -> Vec<String> {
    let paths: BTreeMap<&String, ()> = expected.keys().chain(actual.keys()).map(|path| (path, ())).collect();
    let differing = paths.keys().filter(|path| expected.get(**path) != actual.get(**path));
    let text = |files: &Files, path: &str| {
        files.get(path).map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let diff = |path: &&&String| {
        let headers = (format!("{path} (expected)"), format!("{path} (actual)"));
        TextDiff::from_lines(text(expected, path), text(actual, path))
            .unified_diff()
            .header(&headers.0, &headers.1)
            .to_string()
    };
    differing.map(|path| diff(&path)).collect()
}
