//! Each rule of `lint` has a folder in `testdata/lint/` and a page in `docs/rules/`, and nothing else has.
//!
//! So a new rule is its file, its line in the list, and its folder; `UPDATE=1` writes the page.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use kustompose::lint::{FixKind, RULES, Rule, pages};
use libtest_mimic::Failed;

/// Compares rules, folders and pages. `UPDATE=1` writes the pages.
pub(crate) fn check() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = folders(&root.join("testdata/lint"))?;
    wrong.extend(written(&root.join("docs/rules"))?);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// `flagged` shows what a rule finds, `fixed` the same project without it, `fix` what its fix writes.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let names: BTreeSet<String> = names(folder)?;
    let rules: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    let mut wrong: Vec<String> = names
        .symmetric_difference(&rules)
        .map(|name| format!("testdata/lint/{name} and a rule of that name belong together"))
        .collect();
    for rule in RULES.iter().filter(|rule| names.contains(rule.name)) {
        wrong.extend(cases(rule, &folder.join(rule.name)));
    }
    Ok(wrong)
}

fn cases(rule: &Rule, folder: &Path) -> Vec<String> {
    let says = |case: &str| fs::read_to_string(folder.join(case).join("out.txt")).unwrap_or_default();
    let exists = |case: &str| folder.join(case).join("in").is_dir();
    let mut wrong = Vec::new();
    if !exists("flagged") || !says("flagged").contains(rule.code) {
        wrong.push(format!("testdata/lint/{}/flagged has to show {}", rule.name, rule.code));
    }
    if !exists("fixed") || says("fixed").contains(rule.code) {
        wrong.push(format!("testdata/lint/{}/fixed has to be free of {}", rule.name, rule.code));
    }
    if rule.fix != FixKind::None && !exists("fix") {
        wrong.push(format!("testdata/lint/{}/fix has to show what the fix writes", rule.name));
    }
    wrong
}

/// The pages are those of the rules.
fn written(folder: &Path) -> io::Result<Vec<String>> {
    let mut pages: Vec<(PathBuf, String)> =
        RULES.iter().map(|rule| (folder.join(format!("{}.md", rule.code)), pages::page(rule))).collect();
    pages.push((folder.join("README.md"), pages::index()));
    if std::env::var_os("UPDATE").is_some_and(|value| value != "0") {
        fs::create_dir_all(folder)?;
        for (path, text) in &pages {
            fs::write(path, text)?;
        }
    }
    let mut wrong = Vec::new();
    for (path, text) in &pages {
        if fs::read_to_string(path).ok().as_ref() != Some(text) {
            wrong.push(format!("{} is not what the rules say: UPDATE=1 cargo test", path.display()));
        }
    }
    let known: BTreeSet<String> = pages
        .iter()
        .filter_map(|(path, _)| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    wrong.extend(
        names(folder)?.difference(&known).map(|name| format!("docs/rules/{name} is the page of no rule")),
    );
    Ok(wrong)
}

fn names(folder: &Path) -> io::Result<BTreeSet<String>> {
    let entries = fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}
