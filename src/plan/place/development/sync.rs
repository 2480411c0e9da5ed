//! Which files are copied into running containers: those that compose watches, and those of source code
//! that compose mounts.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::model::{Service, Watch},
    plan::{
        facts::{
            Context, Facts,
            files::{Bind, JudgedMount},
        },
        model::Sync,
    },
    text::{FileKind, Files, clean},
};

/// The rules for a service that is built from a directory: those of `develop.watch`, and one for each bind
/// mount of source code that no watch says already.
pub(super) fn rules(facts: &Facts<'_>, (key, service): (&str, &Service), build: &Utf8Path) -> Vec<Sync> {
    let context = &facts.context;
    let mut rules: Vec<Sync> = Vec::new();
    let watches = service.develop.iter().flat_map(|develop| develop.value.watch.iter());
    for watch in watches.flat_map(|watches| &watches.value) {
        for rule in watched(context, &watch.value, build) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    let project = context.directory();
    for SourceMount { source, target, .. } in code(facts, key) {
        if project != source && project.starts_with(&source) && build.starts_with(project) {
            // What lies around the project is another matter on every machine.
            continue;
        }
        let rule = rule(&source, &target, build, "**/*", context.files);
        rules.extend(rule.filter(|rule| !rules.contains(rule)));
    }
    rules
}

/// A bind mount of source code.
pub(in crate::plan) struct SourceMount {
    /// The directory here.
    pub(in crate::plan) source: Utf8PathBuf,
    /// The one in the container.
    pub(in crate::plan) target: String,
    pub(in crate::plan) is_read_only: bool,
}

/// The bind mounts of source code.
pub(in crate::plan) fn code(facts: &Facts<'_>, key: &str) -> Vec<SourceMount> {
    let mounts = facts.services.mounts(key).iter();
    let of_code = mounts.filter(|mount| matches!(mount.bind, Bind::SourceCode { .. }));
    let mount = |mount: &JudgedMount| SourceMount {
        source: clean(Utf8Path::new(&mount.source)),
        target: mount.target.clone(),
        is_read_only: mount.is_read_only,
    };
    of_code.map(mount).collect()
}

fn watched(context: &Context<'_>, watch: &Watch, build: &Utf8Path) -> Vec<Sync> {
    let action = watch.action.as_ref().map_or("", |action| action.value.as_str());
    let (Some(path), Some(target)) = (&watch.path, &watch.target) else { return Vec::new() };
    if !action.starts_with("sync") {
        return Vec::new();
    }
    let path = clean(&context.directory().join(&path.value));
    let included: Vec<&str> =
        watch.include.iter().flat_map(|list| &list.value).map(|pattern| pattern.value.as_str()).collect();
    let patterns = if included.is_empty() { vec!["**/*"] } else { included };
    patterns.iter().filter_map(|pattern| rule(&path, &target.value, build, pattern, context.files)).collect()
}

/// The rule that copies what lies at a path here to one in the container; none if it is no part of the build.
fn rule(path: &Utf8Path, target: &str, build: &Utf8Path, pattern: &str, files: &dyn Files) -> Option<Sync> {
    if let Ok(outer) = build.strip_prefix(path)
        && !outer.as_str().is_empty()
    {
        // The build is a part of what is mounted.
        let target = Utf8Path::new(target).join(outer).into_string();
        return Some(Sync { source: pattern.to_owned(), target, strip: None });
    }
    let inner = path.strip_prefix(build).ok()?;
    if files.kind(path) == Some(FileKind::File) {
        let (folder, name) = (inner.parent()?, inner.file_name()?);
        let target = Utf8Path::new(target);
        let as_directory = target.as_str().ends_with('/');
        let into = if as_directory { Some(target) } else { target.parent() };
        // It cannot get another name on its way.
        let into = into.filter(|_| as_directory || target.file_name() == Some(name))?;
        return Some(Sync { source: inner.to_string(), target: into.to_string(), strip: below(folder) });
    }
    let source = inner.join(pattern).into_string();
    let target = if target.len() > 1 { target.trim_end_matches('/') } else { target };
    Some(Sync { source, target: target.to_owned(), strip: below(inner) })
}

fn below(folder: &Utf8Path) -> Option<String> {
    (!folder.as_str().is_empty()).then(|| format!("{folder}/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    #[test]
    fn paths_are_those_of_the_build() {
        let files = MemoryFiles::new([("/p/web/src/a.py", ""), ("/p/web/app.py", "")]);
        let of = |path: &str, target: &str| {
            let rule = rule(path.into(), target, "/p/web".into(), "**/*", &files)?;
            Some((rule.source, rule.target, rule.strip.unwrap_or_default()))
        };
        let some = |source: &str, target: &str, strip: &str| {
            Some((source.to_owned(), target.to_owned(), strip.to_owned()))
        };
        assert_eq!(of("/p/web", "/app"), some("**/*", "/app", ""));
        assert_eq!(of("/p/web/src", "/app/code/"), some("src/**/*", "/app/code", "src/"));
        assert_eq!(of("/p", "/srv"), some("**/*", "/srv/web", ""));
        assert_eq!(of("/p/web/src/a.py", "/app/a.py"), some("src/a.py", "/app", "src/"));
        assert_eq!(of("/p/web/app.py", "/app/"), some("app.py", "/app/", ""));
        assert_eq!(of("/p/web/app.py", "/app/main.py"), None);
        assert_eq!(of("/p/api", "/app"), None);
    }
}
