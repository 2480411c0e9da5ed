//! A module imports only from the rows above its own, and modules beside one another not in a circle.
//!
//! What a module passes on counts as imported from where it is defined: `super::Thing` may come from a module
//! beside the own one, or from anywhere else.

mod imports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use libtest_mimic::Failed;

use self::imports::{Import, Library};

/// Each module with what it may import from us, in the order of the stages.
const ROWS: &[(&str, &[&str])] = &[
    ("parallel", &[]),
    ("text", &[]),
    ("catalog", &[]),
    ("secret", &["catalog"]),
    ("diag", &["text", "catalog", "secret"]),
    ("yaml", &["text", "catalog", "secret", "diag"]),
    ("compose", &["parallel", "text", "catalog", "secret", "diag", "yaml"]),
    ("shell", &["text", "catalog", "secret", "diag", "yaml", "compose"]),
    ("k8s", &[]),
    ("settings", &["text", "catalog", "secret", "diag", "yaml", "k8s"]),
    (
        "plan",
        &["parallel", "text", "catalog", "secret", "diag", "yaml", "compose", "shell", "k8s", "settings"],
    ),
    ("kustomize", &["text", "catalog", "secret", "diag", "yaml", "k8s", "plan"]),
    ("skaffold", &["text", "catalog", "secret", "diag", "yaml", "k8s", "plan", "kustomize"]),
    (
        "render",
        &["parallel", "text", "catalog", "secret", "diag", "yaml", "k8s", "plan", "kustomize", "skaffold"],
    ),
    (
        "lint",
        &[
            "text",
            "catalog",
            "secret",
            "diag",
            "yaml",
            "compose",
            "shell",
            "k8s",
            "settings",
            "plan",
            "kustomize",
            "skaffold",
        ],
    ),
    (
        "drift",
        &[
            "text",
            "catalog",
            "secret",
            "diag",
            "yaml",
            "k8s",
            "settings",
            "plan",
            "kustomize",
            "skaffold",
            "render",
        ],
    ),
    ("graph", &["text", "catalog", "secret", "diag", "yaml", "compose"]),
    ("page", &["text", "catalog", "secret", "diag", "yaml", "compose", "graph"]),
    ("secret_files", &["text", "catalog", "secret", "diag", "yaml", "k8s", "kustomize"]),
    ("disk", &["text", "catalog", "secret", "diag", "kustomize"]),
    (
        "cli",
        &[
            "parallel",
            "text",
            "catalog",
            "secret",
            "diag",
            "yaml",
            "compose",
            "shell",
            "k8s",
            "settings",
            "plan",
            "kustomize",
            "skaffold",
            "render",
            "lint",
            "drift",
            "graph",
            "page",
            "secret_files",
            "disk",
        ],
    ),
];

/// The root of the library, and the modules of the binary.
const OUTSIDE: &[&str] = &["lib", "main", "progress"];

/// Modules that need each other: what a compose file extends or includes is loaded as it is.
const TOGETHER: &[&str] = &["compose::extends", "compose::include", "compose::layers"];

/// Modules in which nothing imports what a module around it defines.
const DOWNWARD: &[&str] = &["plan"];

/// Looks through every source file of the library for imports that the table does not allow, and for circles.
pub(crate) fn check() -> Result<(), Failed> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    for path in rust_files(&source)? {
        let name =
            path.strip_prefix(&source)?.with_extension("").to_string_lossy().replace(['/', '\\'], "::");
        let is_test = ["tests", "testing"].iter().any(|end| name.ends_with(&format!("::{end}")));
        if !OUTSIDE.contains(&name.as_str()) && !is_test {
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    let library = Library::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let imports = library.imports();
    let mut wrong = table_errors();
    for (name, _) in &files {
        if allowed(name).is_none() {
            wrong.push(format!("`{}` has no row in the table", top(name)));
        }
    }
    wrong.extend(imports.iter().filter_map(against_the_table));
    wrong.extend(circles(&library, &imports));
    wrong.extend(upward(&imports));
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// The table itself must not point downwards.
fn table_errors() -> Vec<String> {
    let downward = ROWS.iter().enumerate().flat_map(|(row, (module, allowed))| {
        let above = &ROWS[..row];
        let below = allowed.iter().filter(|name| !above.iter().any(|(other, _)| other == *name));
        below.map(move |name| format!("the row of `{module}` names `{name}`, which is not above it"))
    });
    downward.collect()
}

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

fn allowed(module: &str) -> Option<&'static [&'static str]> {
    ROWS.iter().find(|(row, _)| *row == top(module)).map(|(_, allowed)| *allowed)
}

/// An import that the table does not allow, of what is written or of what is meant.
fn against_the_table(import: &Import) -> Option<String> {
    let allowed = allowed(&import.from)?;
    let targets = [top(&import.written), top(&import.defined_in)];
    let target = targets.iter().find(|target| **target != top(&import.from) && !allowed.contains(target))?;
    let Import { from, item, .. } = import;
    Some(format!("`{from}`: `{}` must not import `{target}` (`{item}`)", top(from)))
}

/// Modules beside one another must not import in a circle: each can then be read before those that use it.
fn circles(library: &Library, imports: &BTreeSet<Import>) -> Vec<String> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for import in imports {
        if let Some((from, to)) = beside(&import.from, &import.defined_in)
            && library.has(&to)
            && !TOGETHER.contains(&to.as_str())
        {
            arrows.entry(from).or_default().insert(to);
        }
    }
    let within: Vec<(&String, BTreeSet<&String>)> = arrows
        .keys()
        .map(|module| (module, reached(module, &arrows)))
        .filter(|(module, reached)| reached.contains(module))
        .collect();
    let circle = |(module, reached): &(&String, BTreeSet<&String>)| {
        let with = within
            .iter()
            .filter(|(other, back)| other != module && reached.contains(other) && back.contains(module));
        let with: Vec<String> = with.map(|(other, _)| format!("`{other}`")).collect();
        format!("`{module}` is in a circle of imports with {}", with.join(", "))
    };
    within.iter().map(circle).collect()
}

/// The two modules of one folder that an import goes between.
fn beside(from: &str, to: &str) -> Option<(String, String)> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.split("::").collect(), to.split("::").collect());
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    Some((from.get(..=shared)?.join("::"), to.get(..=shared)?.join("::")))
}

fn reached<'a>(start: &String, arrows: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut pending: Vec<&String> = arrows.get(start).into_iter().flatten().collect();
    while let Some(next) = pending.pop() {
        if reached.insert(next) {
            pending.extend(arrows.get(next).into_iter().flatten());
        }
    }
    reached
}

/// Imports from a module around the own one, of what that module defines itself.
fn upward(imports: &BTreeSet<Import>) -> Vec<String> {
    let is_upward = |import: &&Import| {
        DOWNWARD.contains(&top(&import.from)) && import.from.starts_with(&format!("{}::", import.defined_in))
    };
    let wrong = |Import { from, defined_in, .. }: &Import| {
        format!("`{from}` imports what `{defined_in}` defines around it")
    };
    let found: BTreeSet<String> = imports.iter().filter(is_upward).map(wrong).collect();
    found.into_iter().collect()
}

fn rust_files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A library in which `context` and `hosts` need each other, and the module around them hides it.
const HIDDEN: &[(&str, &str)] = &[
    (
        "plan",
        "mod context;\nmod hosts;\nmod names;\n\npub(crate) use self::{context::Context as Scene, hosts::*};\n\npub struct Drafted;\n",
    ),
    ("plan::context", "use super::Hosts;\n\npub(crate) struct Context {\n    hosts: Hosts,\n}\n"),
    (
        "plan::hosts",
        "use super::{\n    Scene,\n    names,\n};\n\npub(crate) struct Hosts;\n\nfn find(scene: &Scene) -> Hosts {\n    names::of(scene)\n}\n",
    ),
    (
        "plan::names",
        "pub(in crate::plan) fn of(drafted: &super::Drafted) {}\n\n#[cfg(test)]\nmod tests {\n    use super::super::hosts;\n}\n",
    ),
    ("render", "pub use crate::plan::Scene;\n"),
    ("text", "use crate::render::Scene; // passed on by render\n"),
];

/// The checker sees through re-exports, renamed ones and all of a module at once.
pub(crate) fn check_of_hidden_imports() -> Result<(), Failed> {
    let library = Library::new(HIDDEN.iter().copied());
    let imports = library.imports();
    let found = [
        circles(&library, &imports),
        upward(&imports),
        imports.iter().filter_map(against_the_table).collect(),
    ]
    .concat();
    let expected = [
        "`plan::context` is in a circle of imports with `plan::hosts`",
        "`plan::hosts` is in a circle of imports with `plan::context`",
        "`plan::names` imports what `plan` defines around it",
        "`text`: `text` must not import `render` (`Scene`)",
    ];
    if found == expected { Ok(()) } else { Err(format!("{found:#?}").into()) }
}
