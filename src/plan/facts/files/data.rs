//! Whether a directory is something that the service writes, whatever this machine has of it by now.
//!
//! Few and small files are taken for configuration. What a store or a log has left behind in its directory is not:
//! whoever works on a fresh copy of the project does not have it.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{code, ignored};
use crate::{
    catalog,
    compose::model::Service,
    plan::facts::{context::Context, dockerfiles},
};

/// Why it is a claim.
pub(super) const WRITTEN: &str = "the service writes there; what this machine has of it stays here";

/// Endings of files that programs keep their data in.
const ENDINGS: &[&str] = &[
    "aof", "db", "db-shm", "db-wal", "db3", "ibd", "ldb", "log", "mdb", "pid", "rdb", "sqlite", "sqlite3",
    "wt",
];

/// Last parts of targets at which programs leave what they make.
const WRITTEN_TO: &[&str] = &[
    "backup", "backups", "cache", "dumps", "log", "logs", "session", "sessions", "temp", "tmp", "upload",
    "uploads",
];

/// Directories of a system that hold nothing but what programs write.
const OF_THE_SYSTEM: &[&str] = &["/var/backups", "/var/cache", "/var/log"];

/// Parts of the names of directories that hold what users and programs bring, rather than what a project is made of.
const NAMES: &[&str] = &[
    "attachments",
    "backup",
    "backups",
    "cache",
    "data",
    "downloads",
    "log",
    "logs",
    "media",
    "pgdata",
    "sessions",
    "temp",
    "tmp",
    "upload",
    "uploads",
];

/// Whether it is written to, by its place, by the files in it, or by the image.
pub(super) fn is_written(service: &Service, target: &str, files: &BTreeMap<String, Vec<u8>>) -> bool {
    let path = Utf8Path::new(target);
    let last = path.file_name().unwrap_or_default().to_ascii_lowercase();
    WRITTEN_TO.contains(&last.as_str())
        || OF_THE_SYSTEM.iter().any(|directory| path.starts_with(directory))
        || is_of_a_program(path)
        || !path.starts_with("/etc") && files.keys().any(|file| is_data(file))
        || is_of_a_store(service, path)
}

/// Whether the files of a directory are what the project gives it at first: nothing that programs or users have left
/// there, and nothing that git leaves out.
pub(super) fn begins(
    context: &Context<'_>,
    service: &Service,
    (source, target): (&Utf8Path, &str),
    files: &BTreeMap<String, Vec<u8>>,
) -> bool {
    let path = Utf8Path::new(target);
    let is_written_to = |path: &Utf8Path| {
        let last = path.file_name().unwrap_or_default().to_ascii_lowercase();
        WRITTEN_TO.contains(&last.as_str())
    };
    let is_of_programs = is_written_to(path)
        || is_written_to(source)
        || OF_THE_SYSTEM.iter().any(|directory| path.starts_with(directory))
        || is_of_a_program(path)
        || is_of_a_store(service, path);
    !is_of_programs && !is_left_out(context, source) && !files.keys().any(|file| is_data(file))
}

/// Whether its names say so, and no source code in it says otherwise. Names alone do for services that are built, whose images
/// can have everything else, and for what git leaves out.
pub(super) fn is_named_so(
    context: &Context<'_>,
    service: &Service,
    (source, target): (&Utf8Path, &str),
    files: &BTreeMap<String, Vec<u8>>,
) -> bool {
    let names = [source.file_name(), Utf8Path::new(target).file_name()];
    names.into_iter().flatten().any(is_name)
        && !files.keys().any(|file| code::is_source(file))
        && (dockerfiles::build_of(context, service).is_some() || is_left_out(context, source))
}

fn is_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| NAMES.contains(&part))
}

/// Whether git leaves it out.
fn is_left_out(context: &Context<'_>, path: &Utf8Path) -> bool {
    some_patterns(context, path, ignored::by_git)
}

/// Whether git leaves out a file.
pub(super) fn is_file_left_out(context: &Context<'_>, path: &Utf8Path) -> bool {
    some_patterns(context, path, ignored::file_by_git)
}

/// Whether some `.gitignore` of the repository around a path, or of the project, says so of it.
fn some_patterns(context: &Context<'_>, path: &Utf8Path, says: fn(&str, &Utf8Path) -> bool) -> bool {
    let is_top = |directory: &Utf8Path| {
        directory == context.directory() || context.files.kind(&directory.join(".git")).is_some()
    };
    let around: Vec<&Utf8Path> = path.ancestors().skip(1).collect();
    let tops = around.iter().position(|directory| is_top(directory)).map_or(0, |top| top + 1);
    around.into_iter().take(tops).any(|directory| {
        let patterns = context.files.read(&directory.join(".gitignore")).ok();
        let patterns = patterns.and_then(|patterns| String::from_utf8(patterns).ok());
        let inner = path.strip_prefix(directory).unwrap_or(path);
        patterns.is_some_and(|patterns| says(&patterns, inner))
    })
}

/// The data directory of a store.
fn is_of_a_store(service: &Service, target: &Utf8Path) -> bool {
    let is_its_data = catalog::is_database_directory(target.as_str())
        || target.file_name() == Some("data")
        || target.starts_with("/bitnami");
    is_its_data && service.image.as_ref().is_some_and(|image| catalog::is_backing_service(&image.value))
}

/// `/var/lib/program`, where it keeps its state; what lies further below may as well be given to it.
fn is_of_a_program(target: &Utf8Path) -> bool {
    let below = target.strip_prefix("/var/lib").map(|below| below.components().count());
    below == Ok(1) || target.starts_with("/var/lib") && target.file_name() == Some("data")
}

fn is_data(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_known_by_place_and_files() {
        for (target, file, written) in [
            ("/app/uploads", "a.png", true),
            ("/var/log/nginx", "access.txt", true),
            ("/var/lib/grafana", "a.json", true),
            ("/var/lib/grafana/dashboards", "a.json", false),
            ("/var/lib/mysql/data", "ibdata1", true),
            ("/var/spool/cron/crontabs", "root", false),
            ("/config", "app.sqlite3", true),
            ("/app/state", "deep/app.db", true),
            ("/etc/bind/zones", "example.db", false),
            ("/app/data", "seed.json", false),
            ("/app/logic", "a.json", false),
        ] {
            let files = BTreeMap::from([(file.to_owned(), Vec::new())]);
            assert_eq!(is_written(&Service::default(), target, &files), written, "{target}: {file}");
        }
    }

    #[test]
    fn names_of_data() {
        for (name, expected) in [
            ("data", true),
            ("pg-data", true),
            ("Uploads", true),
            ("database", false),
            ("src", false),
            ("datasource", false),
        ] {
            assert_eq!(is_name(name), expected, "{name}");
        }
    }
}
