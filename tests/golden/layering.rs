//! A module imports only from the rows above its own.

use std::{fs, path::Path};

use libtest_mimic::Failed;
use regex::Regex;

/// Each module with what it may import from us, in the order of the stages.
const ROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("secret", &[]),
    ("diag", &["text", "secret"]),
    ("yaml", &["text", "secret", "diag"]),
    ("compose", &["text", "secret", "diag", "yaml"]),
    ("shell", &["text", "secret", "diag", "yaml", "compose"]),
    ("k8s", &[]),
    ("settings", &["text", "secret", "diag", "yaml", "k8s"]),
    ("plan", &["text", "secret", "diag", "yaml", "compose", "shell", "k8s", "settings"]),
    ("kustomize", &["text", "secret", "diag", "yaml", "k8s", "plan"]),
    ("skaffold", &["text", "secret", "diag", "yaml", "k8s", "plan", "kustomize"]),
    ("render", &["text", "secret", "diag", "yaml", "k8s", "plan", "kustomize", "skaffold"]),
    ("lint", &["text", "secret", "diag", "yaml", "compose", "shell", "k8s", "plan", "kustomize", "skaffold"]),
    ("drift", &["text", "secret", "diag", "yaml", "k8s", "plan", "kustomize", "skaffold", "render"]),
    ("secret_files", &["text", "secret", "diag", "yaml", "k8s", "kustomize"]),
    ("disk", &["text", "secret", "diag", "kustomize"]),
    (
        "cli",
        &[
            "text",
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

/// Looks through every source file of the library for imports that the table does not allow.
pub(crate) fn check() -> Result<(), Failed> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = table_errors();
    for path in rust_files(&source)? {
        let name = path.strip_prefix(&source)?.with_extension("").to_string_lossy().replace('\\', "/");
        let module = name.split('/').next().unwrap_or_default();
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = ROWS.iter().find(|(row, _)| *row == module) else {
            wrong.push(format!("`{module}` has no row in the table"));
            continue;
        };
        for import in imports(&fs::read_to_string(&path)?)? {
            if import != module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("src/{name}.rs: `{module}` must not import `{import}`"));
            }
        }
    }
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

/// The top-level modules that a file names, `use crate::{a::b, c}` as well as `crate::a::b`.
fn imports(text: &str) -> Result<Vec<String>, regex::Error> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut modules = Vec::new();
    for found in Regex::new(r"\bcrate::(?:(?P<group>\{)|(?P<name>\w+))")?.captures_iter(&code) {
        if let Some(name) = found.name("name") {
            modules.push(name.as_str().to_owned());
        } else if let Some(group) = found.name("group") {
            modules.extend(group_heads(&code[group.end()..]));
        }
    }
    // Items at the root, such as macros, are not modules.
    modules.retain(|name| name.starts_with(|first: char| first.is_ascii_lowercase()));
    Ok(modules)
}

/// The first name of each item in a group of imports, whose opening brace is left out.
fn group_heads(text: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 1;
    let mut expects_head = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if expects_head && c.is_alphabetic() {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            heads.push(rest[..length].to_owned());
            expects_head = false;
            rest = &rest[length..];
            continue;
        }
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => expects_head = true,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        rest = &rest[c.len_utf8()..];
    }
    heads
}
