//! Other programs: git, and kustomize where the built-in one does not do.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use camino::{Utf8Path, Utf8PathBuf};

use super::Disk;
use crate::text::{FileKind, Files};

/// Files that a copy of manifests may have.
const COPY_LIMIT: usize = 100_000;

impl Disk {
    /// Which of these files git tracks; none where there is no repository, or no git.
    pub fn tracked_by_git<'p>(&self, paths: impl Iterator<Item = &'p Utf8Path>) -> BTreeSet<Utf8PathBuf> {
        let is_tracked = |path: &&Utf8Path| self.git(&["ls-files", "--error-unmatch"], path);
        paths.filter(is_tracked).map(Utf8Path::to_owned).collect()
    }

    /// Which of some paths below a directory git tracks, or has files in; none where there is no repository, or no git.
    pub fn tracked_below(
        &self,
        directory: &Utf8Path,
        paths: &BTreeSet<Utf8PathBuf>,
    ) -> BTreeSet<Utf8PathBuf> {
        const AT_ONCE: usize = 500;
        let below = paths.iter().filter_map(|path| path.strip_prefix(directory).ok());
        let below: Vec<&Utf8Path> = below.filter(|path| !path.as_str().is_empty()).collect();
        let mut tracked = BTreeSet::new();
        for some in below.chunks(AT_ONCE) {
            let mut git = Command::new("git");
            git.args(["--literal-pathspecs", "ls-files", "-z", "--"]).args(some);
            git.current_dir(self.absolute(directory)).stdin(Stdio::null()).stderr(Stdio::null());
            let Ok(output) = git.output() else { break };
            let names = String::from_utf8_lossy(&output.stdout);
            let names: Vec<&Utf8Path> =
                names.split('\0').filter(|name| !name.is_empty()).map(Utf8Path::new).collect();
            let has = |path: &&&Utf8Path| names.iter().any(|name| name.starts_with(path));
            tracked.extend(some.iter().filter(has).map(|path| directory.join(path)));
        }
        tracked
    }

    /// Whether git ignores a file that is not there.
    pub fn is_ignored_by_git(&self, path: &Utf8Path) -> bool {
        self.git(&["check-ignore", "--quiet"], path)
    }

    /// Whether git says yes of a path, asked in the nearest directory that is there.
    fn git(&self, arguments: &[&str], path: &Utf8Path) -> bool {
        let (Some(mut directory), Some(name)) = (path.parent(), path.file_name()) else { return false };
        while self.kind(directory).is_none() {
            let Some(above) = directory.parent() else { break };
            directory = above;
        }
        let below = path.strip_prefix(directory).map_or(name, Utf8Path::as_str);
        let mut git = Command::new("git");
        git.args(arguments).args(["--", below]).current_dir(self.absolute(directory));
        git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        git.status().is_ok_and(|status| status.success())
    }

    /// Whether a file can be run.
    pub fn is_program(&self, path: &Utf8Path) -> bool {
        let found = fs::metadata(self.absolute(path));
        found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    }

    /// What a program prints that is given some input, or what it says if it fails.
    pub fn run_program(&self, program: &str, arguments: &[&str], input: &[u8]) -> Result<String, String> {
        let failed = |error: std::io::Error| format!("`{program}` cannot be run: {error}");
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        // It may answer before it has read everything.
        let output = std::thread::scope(|scope| {
            scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        });
        let output = output.map_err(failed)?;
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|_| "it printed no text in UTF-8".to_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    /// What a program prints that is given a directory of a tree, in a copy of the tree as `files` has it. The copy is
    /// readable for its owner only, and goes away.
    pub fn run_in_copy(
        &self,
        (program, arguments): (&str, &[&str]),
        tree: &Utf8Path,
        directory: &Utf8Path,
        files: &dyn Files,
    ) -> Result<String, String> {
        let text = |error: std::io::Error| error.to_string();
        let copy = tempfile::tempdir().map_err(text)?;
        let target =
            Utf8Path::from_path(copy.path()).ok_or("the temporary directory has no name in UTF-8")?;
        let below = directory.strip_prefix(tree);
        let (from, below) = below.map_or((directory, Utf8Path::new("")), |below| (tree, below));
        let mut left = COPY_LIMIT;
        copy_all(from, target, files, &mut left).map_err(text)?;
        let output = Command::new(program)
            .args(arguments)
            .arg(target.join(below))
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("`{program}` cannot be run: {error}"))?;
        if output.status.success() {
            return String::from_utf8(output.stdout).map_err(|_| "it printed no text in UTF-8".to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(said.replace(&format!("{target}/"), "").trim().to_owned())
    }
}

/// Copies a directory. Files that the directory does not list, but that have an example, are copied from it.
fn copy_all(from: &Utf8Path, to: &Utf8Path, files: &dyn Files, left: &mut usize) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    let names = files.list(from).unwrap_or_default();
    let without_example = names.iter().filter_map(|name| name.strip_suffix(".example"));
    let all: BTreeSet<&str> = names.iter().map(String::as_str).chain(without_example).collect();
    for name in all {
        let path = from.join(name);
        match files.kind(&path) {
            Some(FileKind::Directory) => copy_all(&path, &to.join(name), files, left)?,
            Some(FileKind::File) if *left > 0 => {
                *left -= 1;
                let bytes = files.read(&path).map_err(|error| std::io::Error::other(error.to_string()))?;
                fs::File::create(to.join(name))?.write_all(&bytes)?;
            }
            _ => {}
        }
    }
    Ok(())
}
