//! Whether a directory is source code, which an image should have, rather than configuration.

use std::collections::BTreeMap;

use camino::Utf8Path;

use crate::{
    compose::model::{Command, Service},
    plan::facts::{context::Context, volumes},
    text::{FileKind, Spanned},
};

/// Files at the top of a program's source code.
const MANIFESTS: &[&str] = &[
    "Cargo.toml",
    "Gemfile",
    "Makefile.PL",
    "Pipfile",
    "angular.json",
    "artisan",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "deno.json",
    "go.mod",
    "manage.py",
    "mix.exs",
    "package.json",
    "pom.xml",
    "pyproject.toml",
    "requirements.txt",
    "setup.py",
];

/// Endings of files of source code; scripts for a shell are as often configuration.
const SOURCES: &[&str] = &[
    "c", "cc", "cjs", "clj", "cpp", "cs", "ex", "exs", "go", "java", "js", "jsx", "kt", "mjs", "php", "pl",
    "py", "rb", "rs", "scala", "swift", "ts", "tsx", "vue",
];

/// A few sources are scripts that some program is configured by.
const FEW: usize = 10;

/// What a directory holds that is mounted.
pub(super) struct Held<'a> {
    pub(super) path: &'a Utf8Path,
    /// Its files, or the first of them if it is not small.
    pub(super) files: &'a BTreeMap<String, Vec<u8>>,
    /// Whether it fits in a ConfigMap.
    pub(super) is_small: bool,
}

/// Whether a directory that no image is built from is the code that the service runs. One too large for anything else is,
/// if it is the project itself or looks like code.
pub(super) fn is_source_code(
    context: &Context<'_>,
    service: &Service,
    held: &Held<'_>,
    target: &str,
) -> bool {
    let is_project = context.directory().starts_with(held.path);
    let manifest = |name: &&str| context.files.kind(&held.path.join(name)) == Some(FileKind::File);
    let has_manifest = MANIFESTS.iter().any(manifest);
    let sources = sources(held);
    let looks_so = is_project || has_manifest || sources > FEW;
    looks_so && (!held.is_small || is_project && has_manifest || runs_from(service, target))
}

/// Whether it holds any source code.
pub(super) fn has_sources(held: &Held<'_>) -> bool {
    sources(held) > 0
}

fn sources(held: &Held<'_>) -> usize {
    held.files.keys().filter(|name| is_source(name)).count()
}

/// Whether it is a file of source code, by its name.
pub(super) fn is_source(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| SOURCES.contains(&ending))
}

/// Whether the service works in the directory, runs a program of it, or keeps dependencies below it.
fn runs_from(service: &Service, target: &str) -> bool {
    let is_within = |path: &str| Utf8Path::new(path).starts_with(target);
    let works_in = service.working_dir.as_ref().is_some_and(|directory| is_within(&directory.value));
    let words = |command: &Spanned<Command>| -> Vec<String> {
        let words = command.value.iter().flat_map(|word| word.value.split_whitespace());
        words.map(str::to_owned).collect()
    };
    let command: Vec<String> = service.entrypoint.iter().chain(&service.command).flat_map(words).collect();
    let mut programs = command.iter().enumerate().filter(|(_, word)| is_within(word));
    let runs = programs.any(|(index, word)| is_source(word) || index == 0 && !word.ends_with(".sh"));
    let keeps = service.volumes.iter().flat_map(|field| &field.value).any(|mount| {
        let path = mount.target.as_ref().map_or("", |target| target.value.as_str());
        path != target && is_within(path) && volumes::is_of_dependencies(path)
    });
    works_in || runs || keeps
}

/// Whether a file serves only git or us, or tells compose its variables, and no container.
pub(super) fn is_of_the_project(context: &Context<'_>, directory: &Utf8Path, name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    let first = stem.and_then(|stem| stem.split('.').next());
    let path = directory.join(name);
    let is_at_the_top = || context.directory().starts_with(directory);
    name == ".git"
        || path == context.output
        || matches!(first, Some("kustompose" | "skaffold")) && is_at_the_top()
        || (name == ".env" || name.starts_with(".env.")) && is_at_the_top()
}
