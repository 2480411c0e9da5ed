//! A module imports only from the rows above its own, and modules beside one another not in a circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::LazyLock,
};

use libtest_mimic::Failed;
use regex::Regex;

/// Each module with what it may import from us, in the order of the stages.
const ROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("catalog", &[]),
    ("secret", &["catalog"]),
    ("diag", &["text", "catalog", "secret"]),
    ("yaml", &["text", "catalog", "secret", "diag"]),
    ("compose", &["text", "catalog", "secret", "diag", "yaml"]),
    ("shell", &["text", "catalog", "secret", "diag", "yaml", "compose"]),
    ("k8s", &[]),
    ("settings", &["text", "catalog", "secret", "diag", "yaml", "k8s"]),
    ("plan", &["text", "catalog", "secret", "diag", "yaml", "compose", "shell", "k8s", "settings"]),
    ("kustomize", &["text", "catalog", "secret", "diag", "yaml", "k8s", "plan"]),
    ("skaffold", &["text", "catalog", "secret", "diag", "yaml", "k8s", "plan", "kustomize"]),
    ("render", &["text", "catalog", "secret", "diag", "yaml", "k8s", "plan", "kustomize", "skaffold"]),
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
    ("secret_files", &["text", "catalog", "secret", "diag", "yaml", "k8s", "kustomize"]),
    ("disk", &["text", "catalog", "secret", "diag", "kustomize"]),
    (
        "cli",
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
            "render",
            "lint",
            "drift",
            "secret_files",
            "disk",
        ],
    ),
];

/// Looks through every source file of the library for imports that the table does not allow, and for circles.
pub(crate) fn check() -> Result<(), Failed> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = table_errors();
    let mut files = Vec::new();
    for path in rust_files(&source)? {
        let name =
            path.strip_prefix(&source)?.with_extension("").to_string_lossy().replace(['/', '\\'], "::");
        if !matches!(name.as_str(), "lib" | "main") && !name.ends_with("::tests") {
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    for (name, text) in &files {
        let module = name.split("::").next().unwrap_or_default();
        let Some((_, allowed)) = ROWS.iter().find(|(row, _)| *row == module) else {
            wrong.push(format!("`{module}` has no row in the table"));
            continue;
        };
        for path in paths(name, text) {
            let import = path.first().map_or("", String::as_str);
            // Items at the root, such as macros, are not modules.
            let is_module = import.starts_with(|first: char| first.is_ascii_lowercase());
            if is_module && import != module && !allowed.contains(&import) {
                wrong.push(format!("`{name}`: `{module}` must not import `{import}`"));
            }
        }
    }
    wrong.extend(circles(&files));
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

/// The beginning of a path into the library.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:crate|super)::[\w:]*\{?").expect("a valid pattern"));

/// Modules that need each other: what a compose file extends or includes is loaded as it is.
const TOGETHER: &[&str] = &["compose::extends", "compose::include", "compose::layers"];

/// Modules beside one another must not import in a circle: each can then be read before those that use it.
fn circles(files: &[(String, String)]) -> Vec<String> {
    let modules: BTreeSet<&str> = files.iter().map(|(module, _)| module.as_str()).collect();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, text) in files {
        for path in paths(module, text) {
            let own: Vec<&str> = module.split("::").collect();
            let shared = own.iter().zip(&path).take_while(|(own, other)| own == other).count();
            if let (Some(_), Some(_)) = (own.get(shared), path.get(shared)) {
                let beside = path[..=shared].join("::");
                if modules.contains(beside.as_str()) && !TOGETHER.contains(&beside.as_str()) {
                    arrows.entry(own[..=shared].join("::")).or_default().insert(beside);
                }
            }
        }
    }
    let leads_back = |start: &String| {
        let mut seen = BTreeSet::new();
        let mut pending: Vec<&String> = arrows.get(start).into_iter().flatten().collect();
        while let Some(next) = pending.pop() {
            if next == start {
                return true;
            }
            if seen.insert(next) {
                pending.extend(arrows.get(next).into_iter().flatten());
            }
        }
        false
    };
    let within = arrows.keys().filter(|module| leads_back(module));
    within.map(|module| format!("`{module}` is in a circle of imports")).collect()
}

/// What a file of a module names, from the root of the library on: `crate::a::b`, `super::c`, in imports or not.
fn paths(module: &str, text: &str) -> Vec<Vec<String>> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut written = Vec::new();
    for found in PATH.find_iter(&code) {
        let rest = &code[found.start()..];
        branches("", &rest[..group_length(rest, found.len())], &mut written);
    }
    written.iter().map(|path| absolute(module, path)).collect()
}

/// Length of a path that may end in a group, whose beginning is this long.
fn group_length(text: &str, beginning: usize) -> usize {
    if !text[..beginning].ends_with('{') {
        return beginning;
    }
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        *c == '}' && depth == 0
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// The paths of a tree of imports, `a::{b, c::d}`.
fn branches(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        paths.push(format!("{before}{tree}"));
        return;
    };
    let (mut depth, mut start) = (0_usize, 0);
    let group = group.strip_suffix('}').unwrap_or(group);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = &group[start..at];
                if !item.trim().is_empty() {
                    branches(&format!("{before}{head}"), item, paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The segments of a path from the root of the library on.
fn absolute(module: &str, path: &str) -> Vec<String> {
    let mut at: Vec<String> = module.split("::").map(str::to_owned).collect();
    for segment in path.split("::").map(str::trim) {
        match segment {
            "crate" => at.clear(),
            "super" => drop(at.pop()),
            "" | "self" => {}
            name => at.push(name.split_whitespace().next().unwrap_or_default().to_owned()),
        }
    }
    at
}
