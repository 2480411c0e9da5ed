//! Single files beside a tree or in what of it is the user's: written where nothing is yet, as a whole
//! or not at all, and never through a link.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::{
    Disk, path, reason,
    swap::{self, Workplace},
};
use crate::kustomize::Owner;

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceError {
    /// Something stands there already, be it a link to nothing.
    Exists,
    /// The system's words, or ours.
    Failed(String),
}

/// A secret file to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// Relative to the output directory, nothing but names.
    pub path: Utf8PathBuf,
    /// What it is to hold.
    pub bytes: Vec<u8>,
    /// Whether it may replace another file.
    pub replaces: bool,
}

impl Disk {
    /// Writes a report that the command line asks for, in place of what is there.
    pub fn write_report(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), String> {
        fs::write(self.absolute(path), bytes).map_err(|error| error.to_string())
    }

    /// Writes a file where nothing stands yet. Its directory must be there.
    pub fn write_new(&self, path: &Utf8Path, bytes: &[u8], owner: Owner) -> Result<(), PlaceError> {
        let path = self.absolute(path);
        let staged = Staged::new(&path, bytes, owner).map_err(PlaceError::Failed)?;
        match staged.file.persist_noclobber(&path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(PlaceError::Exists),
            Err(error) => Err(PlaceError::Failed(reason(&error.error))),
        }
    }

    /// Writes a file in the place of another one, if there is one; a link is replaced, not followed.
    pub fn write_over(&self, path: &Utf8Path, bytes: &[u8], owner: Owner) -> Result<(), PlaceError> {
        let path = self.absolute(path);
        let failed = |error: &io::Error| PlaceError::Failed(reason(error));
        let staged = Staged::new(&path, bytes, owner).map_err(PlaceError::Failed)?;
        staged.file.persist(&path).map(|_| ()).map_err(|error| failed(&error.error))
    }

    /// Gives a file of the user another text, as a whole or not at all. Its permissions stay; a link is refused.
    pub fn replace_text(&self, path: &Utf8Path, text: &str) -> Result<(), String> {
        let path = self.absolute(path);
        let known = fs::symlink_metadata(&path).map_err(|error| reason(&error))?;
        if !known.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        let staged = Staged::new(&path, text.as_bytes(), Owner::Yours)?;
        staged.file.as_file().set_permissions(known.permissions()).map_err(|error| reason(&error))?;
        staged.file.persist(&path).map(|_| ()).map_err(|error| reason(&error.error))
    }

    /// Writes secret files below an output directory, which must be there. All is looked at before
    /// anything is written: nothing is, if a link stands in the way of one of them, or a file that it may
    /// not replace.
    pub fn write_secret_files(&self, directory: &Utf8Path, files: &[SecretFile]) -> Result<(), String> {
        let root = self.absolute(directory);
        let root = root.canonicalize_utf8().map_err(|error| format!("`{directory}` {}", reason(&error)))?;
        let parent = root.parent().ok_or_else(|| format!("`{directory}` has no parent directory"))?;
        let _guard = swap::Guard::take(parent)?;
        for file in files {
            may_be_placed(&root, file).map_err(|why| format!("`{}` {why}", file.path))?;
        }
        let failure = |file: &SecretFile, error: &io::Error| format!("`{}`: {}", file.path, reason(error));
        swap::recover(&root)?;
        let workplace = Workplace::beside(&root)?;
        let mut staged = Vec::new();
        for file in files {
            let path = root.join(&file.path);
            let folder = path.parent().unwrap_or(&root);
            fs::create_dir_all(folder).map_err(|error| failure(file, &error))?;
            let staging =
                stage(&workplace, &file.bytes, Owner::Secret).map_err(|error| failure(file, &error))?;
            staged.push((file, path, staging));
        }
        for (file, path, staging) in staged {
            let placed =
                if file.replaces { staging.persist(&path) } else { staging.persist_noclobber(&path) };
            placed.map_err(|error| failure(file, &error.error))?;
        }
        Ok(())
    }

    /// Deletes secret files below an output directory. All are looked at before any is deleted: none is behind a link.
    pub fn remove_secret_files(&self, directory: &Utf8Path, paths: &[Utf8PathBuf]) -> Result<(), String> {
        let root = self.absolute(directory);
        let root = root.canonicalize_utf8().map_err(|error| format!("`{directory}` {}", reason(&error)))?;
        let parent = root.parent().ok_or_else(|| format!("`{directory}` has no parent directory"))?;
        let _guard = swap::Guard::take(parent)?;
        for path in paths {
            let file = SecretFile { path: path.clone(), bytes: Vec::new(), replaces: true };
            may_be_placed(&root, &file).map_err(|why| format!("`{path}` {why}"))?;
        }
        for path in paths {
            fs::remove_file(root.join(path)).map_err(|error| format!("`{path}`: {}", reason(&error)))?;
        }
        Ok(())
    }
}

/// A file that is ready in a directory beside its place; gone if it is dropped.
struct Staged {
    file: NamedTempFile,
    _workplace: Workplace,
}

impl Staged {
    fn new(path: &Utf8Path, bytes: &[u8], owner: Owner) -> Result<Self, String> {
        swap::recover(path)?;
        let workplace = Workplace::beside(path)?;
        let file = stage(&workplace, bytes, owner).map_err(|error| reason(&error))?;
        Ok(Self { file, _workplace: workplace })
    }
}

fn stage(workplace: &Workplace, bytes: &[u8], owner: Owner) -> io::Result<NamedTempFile> {
    let mode = if owner == Owner::Secret { 0o600 } else { 0o644 };
    let mut builder = tempfile::Builder::new();
    builder.permissions(Permissions::from_mode(mode));
    let mut file = builder.tempfile_in(workplace.path())?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Checks that every directory on the way is a real one, and that the place is free or may be replaced.
fn may_be_placed(root: &Utf8Path, file: &SecretFile) -> Result<(), &'static str> {
    if !path::is_plain(&file.path) {
        return Err("is no path within the output directory");
    }
    for folder in file.path.ancestors().skip(1).filter(|folder| path::is_plain(folder)) {
        match fs::symlink_metadata(root.join(folder)) {
            Ok(found) if found.is_symlink() => return Err("lies behind a symbolic link"),
            Ok(found) if !found.is_dir() => return Err("lies below what is no directory"),
            _ => {}
        }
    }
    match fs::symlink_metadata(root.join(&file.path)) {
        Ok(found) if found.is_symlink() => Err("is a symbolic link"),
        Ok(found) if !found.is_file() => Err("is not a regular file"),
        Ok(_) if !file.replaces => Err("is there already"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf, Disk) {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        let disk = Disk::new(path.clone());
        (directory, path, disk)
    }

    fn names(folder: &Utf8Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_there_stays_and_links_are_not_followed() {
        let (_directory, root, disk) = scratch();
        symlink("elsewhere", root.join("link")).unwrap();
        assert_eq!(disk.write_new("a".into(), b"1", Owner::Secret), Ok(()));
        assert_eq!(disk.write_new("a".into(), b"2", Owner::Secret), Err(PlaceError::Exists));
        assert_eq!(disk.write_new("link".into(), b"2", Owner::Yours), Err(PlaceError::Exists));
        let missing = disk.write_new("no/a".into(), b"2", Owner::Yours);
        assert!(matches!(missing, Err(PlaceError::Failed(_))), "{missing:?}");
        assert_eq!(fs::read(root.join("a")).unwrap(), b"1");
        assert_eq!(fs::metadata(root.join("a")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&root), ["a", "link"]);
        assert_eq!(disk.write_over("link".into(), b"3", Owner::Secret), Ok(()));
        assert_eq!(fs::read(root.join("link")).unwrap(), b"3");
        assert_eq!(names(&root), ["a", "link"]);
    }

    #[test]
    fn secret_files_are_written_all_or_none() {
        let (_directory, root, disk) = scratch();
        fs::create_dir_all(root.join("k8s/real")).unwrap();
        symlink("real", root.join("k8s/link")).unwrap();
        fs::write(root.join("k8s/real/old"), "old").unwrap();
        fs::write(root.join("k8s/file"), "").unwrap();
        let file = |path: &str, replaces| SecretFile { path: path.into(), bytes: b"new".to_vec(), replaces };
        let refused = [
            ("link/a", false, "`link/a` lies behind a symbolic link"),
            ("link", true, "`link` is a symbolic link"),
            ("file/a", false, "`file/a` lies below what is no directory"),
            ("real", true, "`real` is not a regular file"),
            ("real/old", false, "`real/old` is there already"),
            ("../a", true, "`../a` is no path within the output directory"),
            ("/tmp/a", true, "`/tmp/a` is no path within the output directory"),
        ];
        for (path, replaces, why) in refused {
            let files = [file("real/first", false), file(path, replaces)];
            assert_eq!(disk.write_secret_files("k8s".into(), &files), Err(why.to_owned()));
            assert_eq!(names(&root.join("k8s/real")), ["old"], "{path}");
        }
        let files = [file("real/deep/new", false), file("real/old", true)];
        assert_eq!(disk.write_secret_files("k8s".into(), &files), Ok(()));
        assert_eq!(fs::read(root.join("k8s/real/old")).unwrap(), b"new");
        assert_eq!(names(&root.join("k8s/real/deep")), ["new"]);
        let mode = fs::metadata(root.join("k8s/real/deep/new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
