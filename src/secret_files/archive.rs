//! The archive of an environment's secret files: a zip that any `unzip` puts in place from the project's
//! directory, and of which we take nothing but secret files.
//!
//! An archive comes from elsewhere. One with a single entry that has no business there is refused.

use std::io::{Cursor, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::{SECRETS, is_file_name};
use crate::k8s::name;

/// The largest file, in bytes: Kubernetes takes no Secret beyond it.
const MAX_FILE: u64 = 1024 * 1024;
/// The most that all files together may hold, in bytes.
const MAX_TOTAL: u64 = 16 * 1024 * 1024;
/// The most entries.
const MAX_ENTRIES: usize = 1000;

/// For whom files are readable.
const MODE: u32 = 0o600;
/// What of a Unix mode tells the kind of a file.
const KIND_OF_FILE: u32 = 0o170_000;
/// A regular file.
const REGULAR: u32 = 0o100_000;

/// A secret file in an archive.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// The environment that it belongs to.
    pub environment: String,
    /// Its name in the directory.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// An archive of files by path. The same files give the same bytes.
pub fn pack(files: &[(Utf8PathBuf, &[u8])]) -> Result<Vec<u8>, String> {
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    if total as u64 > MAX_TOTAL {
        return Err(format!("together, they are larger than {}", size(MAX_TOTAL)));
    }
    if let Some((path, _)) = files.iter().find(|(_, bytes)| bytes.len() as u64 > MAX_FILE) {
        return Err(format!("`{path}` is larger than {}", size(MAX_FILE)));
    }
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(MODE);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path.as_str(), options).map_err(|error| error.to_string())?;
        writer.write_all(bytes).map_err(|error| error.to_string())?;
    }
    Ok(writer.finish().map_err(|error| error.to_string())?.into_inner())
}

/// The secret files of an archive, if all its entries are files in
/// `<output>/overlays/<environment>/secrets/`. The output directory is relative to the project's. The
/// error says what is wrong.
pub fn unpack(archive: &[u8], output: &Utf8Path) -> Result<Vec<Entry>, String> {
    let unreadable =
        |error: zip::result::ZipError| format!("it cannot be read: {}", shown(&error.to_string()));
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if archive.len() > MAX_ENTRIES {
        return Err(format!("it has more than {MAX_ENTRIES} entries"));
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut total = 0;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(unreadable)?;
        let path = file.name().map_err(unreadable)?.into_owned();
        if file.is_dir() && is_on_the_way(&path, output) {
            continue;
        }
        let kind = file.unix_mode().unwrap_or_default() & KIND_OF_FILE;
        if file.is_symlink() || (kind != 0 && kind != REGULAR) {
            return Err(format!("`{}` is no regular file", shown(&path)));
        }
        let Some((environment, name)) = place(&path, output) else {
            return Err(format!("`{}` is no place for a secret file of this tree", shown(&path)));
        };
        if entries.iter().any(|entry| entry.environment == environment && entry.name == name) {
            return Err(format!("it has `{}` twice", shown(&path)));
        }
        // What the archive says of sizes is not to be trusted.
        let mut bytes = Vec::new();
        let read = file.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes);
        read.map_err(|error| format!("`{}` cannot be read: {error}", shown(&path)))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(format!("`{}` is larger than {}", shown(&path), size(MAX_FILE)));
        }
        total += bytes.len() as u64;
        if total > MAX_TOTAL {
            return Err(format!("its files are larger than {} together", size(MAX_TOTAL)));
        }
        entries.push(Entry { environment: environment.to_owned(), name: name.to_owned(), bytes });
    }
    if entries.is_empty() { Err("there is no file in it".to_owned()) } else { Ok(entries) }
}

/// The environment and the name of a file, if the path is that of a secret file.
fn place<'a>(path: &'a str, output: &Utf8Path) -> Option<(&'a str, &'a str)> {
    let rest = path.strip_prefix(output.join(super::OVERLAYS).as_str())?.strip_prefix('/')?;
    let (environment, rest) = rest.split_once('/')?;
    let name = rest.strip_prefix(SECRETS)?.strip_prefix('/')?;
    let is_plain = !name.chars().any(char::is_control) && is_file_name(name);
    (name::is_dns_label(environment) && is_plain).then_some((environment, name))
}

/// Whether this directory is one that secret files lie in, or one above it.
fn is_on_the_way(path: &str, output: &Utf8Path) -> bool {
    let below = output.join(super::OVERLAYS);
    let directory = path.trim_end_matches('/');
    below.ancestors().any(|folder| folder.as_str() == directory && !directory.is_empty())
        || place(&format!("{directory}/x"), output).is_some()
        || place(&format!("{directory}/{SECRETS}/x"), output).is_some()
}

/// A name out of an archive, fit for a terminal.
fn shown(text: &str) -> String {
    text.chars().take(100).flat_map(char::escape_debug).collect()
}

fn size(bytes: u64) -> String {
    format!("{} MiB", bytes / 1024 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "k8s/overlays/prod/secrets";

    fn refusal(archive: &[u8]) -> String {
        unpack(archive, "k8s".into()).err().unwrap_or_default()
    }

    /// An archive as no tool of ours would write it.
    fn hostile(build: impl Fn(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        build(&mut writer);
        writer.finish().unwrap().into_inner()
    }

    fn with_file(path: &str) -> Vec<u8> {
        hostile(|writer| {
            writer.start_file(format!("{PLACE}/good.env"), SimpleFileOptions::default()).unwrap();
            writer.start_file(path, SimpleFileOptions::default()).unwrap();
        })
    }

    #[test]
    fn what_is_packed_comes_back_and_always_in_the_same_bytes() {
        let files: Vec<(Utf8PathBuf, &[u8])> = vec![
            (format!("{PLACE}/a.env").into(), b"A=1\n"),
            (format!("{PLACE}/key").into(), &[0, 255, 10]),
            ("k8s/overlays/dev/secrets/a.env".into(), b""),
        ];
        let packed = pack(&files).unwrap();
        assert_eq!(packed, pack(&files).unwrap());
        let entries = unpack(&packed, "k8s".into()).ok().unwrap();
        let found: Vec<(Utf8PathBuf, &[u8])> = entries
            .iter()
            .map(|entry| {
                let folder = super::super::directory("k8s".into(), &entry.environment);
                (folder.join(&entry.name), entry.bytes.as_slice())
            })
            .collect();
        assert_eq!(found, files);
        let mut archive = ZipArchive::new(Cursor::new(packed)).unwrap();
        assert_eq!(archive.by_index(0).unwrap().unix_mode(), Some(0o100_600));
    }

    #[test]
    fn entries_in_other_places_are_refused_with_the_whole() {
        let paths = [
            "a.env",
            "/k8s/overlays/prod/secrets/a.env",
            "../k8s/overlays/prod/secrets/a.env",
            "./k8s/overlays/prod/secrets/a.env",
            "k8s/overlays/prod/secrets/../a.env",
            "k8s/overlays/prod/secrets/..",
            "k8s/overlays/prod/secrets/deep/a.env",
            "k8s/overlays/prod/secrets//a.env",
            "k8s/overlays/prod/secrets/..\\a.env",
            "k8s/overlays/prod/secrets/a\u{1b}[2J.env",
            "k8s/overlays/prod/secrets/a.env.example",
            "k8s/overlays/prod/a.env",
            "k8s/overlays/prod/secretsx/a.env",
            "k8s/overlays/../secrets/a.env",
            "k8s/overlays//secrets/a.env",
            "k8sx/overlays/prod/secrets/a.env",
            "K8S/overlays/prod/secrets/a.env",
            "C:\\k8s\\overlays\\prod\\secrets\\a.env",
        ];
        for path in paths {
            let why = refusal(&with_file(path));
            assert!(why.ends_with("is no place for a secret file of this tree"), "{path}: {why}");
            assert!(!why.contains('\u{1b}'), "{path}");
        }
        assert_eq!(refusal(&with_file("k8s/overlays/prod/secrets/b.env")), "");
    }

    #[test]
    fn links_and_directories_elsewhere_are_refused() {
        let link = hostile(|writer| {
            let options = SimpleFileOptions::default();
            writer.add_symlink(format!("{PLACE}/a.env"), "/etc/passwd", options).unwrap();
        });
        assert_eq!(refusal(&link), format!("`{PLACE}/a.env` is no regular file"));
        let directories = |paths: &'static [&'static str]| {
            hostile(move |writer| {
                for path in paths {
                    writer.add_directory(*path, SimpleFileOptions::default()).unwrap();
                }
                writer.start_file(format!("{PLACE}/a.env"), SimpleFileOptions::default()).unwrap();
            })
        };
        let fine = ["k8s", "k8s/overlays", "k8s/overlays/prod", "k8s/overlays/prod/secrets"];
        assert_eq!(refusal(&directories(Box::leak(Box::new(fine)))), "");
        for path in [&["src"], &["k8s/base"], &["k8s/overlays/prod/secrets/deep"], &["../x"]] {
            assert_ne!(refusal(&directories(path)), "", "{path:?}");
        }
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        let zeros = vec![0; 2 * 1024 * 1024];
        let bomb = hostile(|writer| {
            writer.start_file(format!("{PLACE}/a"), SimpleFileOptions::default()).unwrap();
            writer.write_all(&zeros).unwrap();
        });
        assert!(bomb.len() < 10_000);
        assert_eq!(refusal(&bomb), format!("`{PLACE}/a` is larger than 1 MiB"));
        let many_large = hostile(|writer| {
            for index in 0..17 {
                writer.start_file(format!("{PLACE}/{index}"), SimpleFileOptions::default()).unwrap();
                writer.write_all(&zeros[..1024 * 1024]).unwrap();
            }
        });
        assert_eq!(refusal(&many_large), "its files are larger than 16 MiB together");
        let many = hostile(|writer| {
            for index in 0..=MAX_ENTRIES {
                writer.start_file(format!("{PLACE}/{index}"), SimpleFileOptions::default()).unwrap();
            }
        });
        assert_eq!(refusal(&many), "it has more than 1000 entries");
        assert_eq!(refusal(&hostile(|_| {})), "there is no file in it");
        assert!(refusal(b"PK\x03\x04 rubbish").starts_with("it cannot be read: "));
        let good = with_file("k8s/overlays/prod/secrets/b.env");
        for length in 0..good.len() {
            assert_ne!(refusal(&good[..length]), "", "{length}");
        }
        assert!(pack(&[("a".into(), &zeros)]).is_err());
    }
}
