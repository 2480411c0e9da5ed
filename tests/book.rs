//! The book: `README.md` and `docs/`. What it shows is run, what it links to exists, and what it says can be read.
//!
//! `UPDATE=1 cargo test --test book` writes anew what the program prints: the output of commands, the pages that are
//! made from `--help` and from the schema of `kustompose.yaml`, and the lists of pages in `docs/SUMMARY.md`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the book lies on the disk, and its commands are run there; a test may panic"
)]

#[path = "book/commands.rs"]
mod commands;
#[path = "book/generated.rs"]
mod generated;
#[path = "book/links.rs"]
mod links;
#[path = "book/program.rs"]
mod program;
#[path = "book/words.rs"]
mod words;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Folders of pages that are made from the source, one a code, and single pages that are.
const MADE: [&str; 6] = [
    "docs/rules/",
    "docs/diagnostics",
    "docs/mapping.md",
    "docs/cli.md",
    "docs/settings.md",
    "docs/SUMMARY.md",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every page: `README.md`, `CONTRIBUTING.md` and all of `docs/`, by their paths from the root.
fn all_pages() -> impl Iterator<Item = String> {
    let mut pages = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages.into_iter()
}

/// The pages that people wrote.
fn written() -> impl Iterator<Item = String> {
    all_pages().filter(|page| !MADE.iter().any(|made| page.starts_with(made)))
}

/// The lines of a page outside of blocks of code.
fn prose_lines(page: &str) -> Vec<String> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Compares a page with what it should be, or writes it.
fn hold(path: &str, wanted: &str) {
    let file = root().join(path);
    if env::var_os("UPDATE").is_some_and(|value| value != "0") {
        fs::write(&file, wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    if found != wanted {
        let at = found.lines().zip(wanted.lines()).take_while(|(one, other)| one == other).count();
        let line = |text: &str| text.lines().nth(at).unwrap_or("nothing").to_owned();
        panic!(
            "{path}:{}: has `{}`, and it should be `{}`. If that is meant: UPDATE=1 cargo test --test book",
            at + 1,
            line(&found),
            line(wanted)
        );
    }
}

/// Copies a directory of the repository, without what somebody who tried the example has written there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_name() == "k8s" || entry.file_name() == "skaffold.yaml" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
