//! Generated files that git ignores: no clone of the repository would have them.
//!
//! Patterns are read as git reads them: those of a deeper directory go before those of the directories above, the last
//! one that matches decides, and nothing in a directory that is left out comes back.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use camino::{Utf8Path, Utf8PathBuf};
use ignore::{Match, gitignore::Gitignore};

use crate::{
    cli::environments,
    diag::{Diagnostic, Report, codes},
    disk::{Disk, tree::Tree},
    kustomize::{Owner, TreeFile},
    text::{FileKind, Files, clean, gitignore},
};

/// The name of a file of patterns.
const PATTERNS: &str = ".gitignore";

/// Where manifests are, and what git has of them.
pub(super) struct Place<'a> {
    /// The directory of the project.
    pub(super) directory: &'a Utf8Path,
    pub(super) output: &'a Utf8Path,
    pub(super) disk: &'a Disk,
    pub(super) files: &'a dyn Files,
}

/// A line of patterns that leaves something out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// The directory of its file.
    directory: Utf8PathBuf,
    pattern: String,
}

/// Reports the files of a tree that are for all clones of the repository, and that patterns above it leave out of git.
pub(super) fn warn(place: &Place<'_>, tree: &Tree, report: &mut Report) {
    let mut patterns = Patterns::new(place, tree);
    let mut swallowed: BTreeMap<Line, BTreeSet<Utf8PathBuf>> = BTreeMap::new();
    for file in tree.files.iter().filter(|file| is_for_clones(file)) {
        let path = clean(&place.output.join(&file.path));
        if let Some(line) = patterns.leave_out(&path) {
            swallowed.entry(line).or_default().insert(path);
        }
    }
    // What is in the index stays there.
    let found: BTreeSet<Utf8PathBuf> = swallowed.values().flatten().cloned().collect();
    let tracked = if found.is_empty() { found } else { place.disk.tracked_below(place.directory, &found) };
    let all = tree.files.iter().filter(|file| is_for_clones(file)).count();
    for (line, paths) in swallowed {
        let paths: Vec<&Utf8PathBuf> = paths.iter().filter(|path| !tracked.contains(*path)).collect();
        place.message(&line, &paths, all).into_iter().for_each(|told| report.push(told));
    }
}

/// Values of secrets and the like are not.
fn is_for_clones(file: &TreeFile) -> bool {
    matches!(file.owner, Owner::Generated | Owner::Yours)
}

impl Place<'_> {
    fn message(&self, line: &Line, paths: &[&Utf8PathBuf], all: usize) -> Option<Diagnostic> {
        let first = paths.first()?;
        let shown = |path: &Utf8Path| environments::from(self.directory, path);
        let (file, pattern) = (shown(&line.directory.join(PATTERNS)), &line.pattern);
        let below = environments::from(&line.directory, self.output);
        let others = match paths.len() {
            1 => String::new(),
            2 => " and another file".to_owned(),
            count => format!(" and {} other files", count - 1),
        };
        let is_whole = paths.len() == all;
        let message = if is_whole {
            format!("git ignores the manifests: `{file}` has `{pattern}`")
        } else {
            format!("git ignores `{}`{others}: `{file}` has `{pattern}`", shown(first))
        };
        let add = format!("add `!/{below}/` and `!/{below}/**` to the end of `{file}`");
        let diagnostic = if is_whole {
            Diagnostic::info(codes::SWALLOWED, message)
                .help(format!("if the manifests belong into the repository, {add}"))
        } else {
            Diagnostic::warning(codes::SWALLOWED, message).help(format!("{add}: clones need these files"))
        };
        Some(diagnostic)
    }
}

/// The patterns of the directories from the top of the repository on; without one, of the project and below it.
struct Patterns<'a> {
    place: &'a Place<'a>,
    /// What the run is going to write.
    own: BTreeMap<Utf8PathBuf, &'a [u8]>,
    top: Utf8PathBuf,
    /// Directories by their paths as texts, which are compared much faster than by their parts.
    known: BTreeMap<String, Rc<Directory>>,
}

/// What patterns say about a directory and what is in it.
struct Directory {
    /// The line that leaves it, or a directory that it is in, out of git.
    line: Option<Line>,
    /// The patterns that hold for what is in it, those of the deepest directory first.
    patterns: Vec<Rc<Gitignore>>,
}

impl Directory {
    /// The line that leaves a path in this directory out of git.
    fn leave_out(&self, path: &Utf8Path, is_directory: bool) -> Option<Line> {
        let alone = || {
            let matched = |patterns: &Rc<Gitignore>| match patterns.matched(path, is_directory) {
                Match::Ignore(glob) => Some(Some(glob.original().to_owned())),
                Match::Whitelist(_) => Some(None),
                Match::None => None,
            };
            let decide = |patterns| Some((patterns, matched(patterns)?));
            let (patterns, pattern) = self.patterns.iter().find_map(decide)?;
            let directory = Utf8Path::from_path(patterns.path())?.to_owned();
            Some(Line { directory, pattern: pattern? })
        };
        self.line.clone().or_else(alone)
    }
}

impl<'a> Patterns<'a> {
    fn new(place: &'a Place<'a>, tree: &'a Tree) -> Self {
        let is_root = |directory: &&Utf8Path| place.files.kind(&directory.join(".git")).is_some();
        let root = place.output.ancestors().find(is_root);
        let own = tree.files.iter().filter(|file| file.path.file_name() == Some(PATTERNS));
        let own = own.map(|file| (clean(&place.output.join(&file.path)), file.bytes.as_slice()));
        let top = root.unwrap_or(place.directory).to_owned();
        Self { place, own: own.collect(), top, known: BTreeMap::new() }
    }

    /// The line that leaves a file, or a directory that it is in, out of git.
    fn leave_out(&mut self, path: &Utf8Path) -> Option<Line> {
        let directory = path.parent()?;
        directory.starts_with(&self.top).then(|| self.directory(directory).leave_out(path, false))?
    }

    /// A directory that is the top or below it.
    fn directory(&mut self, path: &Utf8Path) -> Rc<Directory> {
        if let Some(known) = self.known.get(path.as_str()) {
            return Rc::clone(known);
        }
        let above = path.parent().filter(|_| path != self.top).map(|above| self.directory(above));
        let line = above.as_ref().and_then(|above| above.leave_out(path, true));
        let own = self.patterns(path).map(Rc::new);
        let above = above.iter().flat_map(|above| above.patterns.iter().cloned());
        let directory = Rc::new(Directory { line, patterns: own.into_iter().chain(above).collect() });
        self.known.insert(path.as_str().to_owned(), Rc::clone(&directory));
        directory
    }

    /// The patterns that a directory has itself.
    fn patterns(&self, directory: &Utf8Path) -> Option<Gitignore> {
        let (own, files) = (&self.own, self.place.files);
        let path = directory.join(PATTERNS);
        let bytes = match own.get(&path) {
            Some(bytes) => bytes.to_vec(),
            None => files.read(&path).ok().filter(|_| files.kind(&path) == Some(FileKind::File))?,
        };
        Some(gitignore(directory, &String::from_utf8_lossy(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    #[test]
    fn lines_above_leave_files_out() {
        for (patterns, path, expected) in [
            ("", "base/web/config.env", None),
            ("*.env", "base/web/config.env", Some("*.env")),
            ("*.env", "overlays/prod/secrets/web.env.example", None),
            ("*.env*", "overlays/prod/secrets/web.env.example", None),
            ("secrets/", "overlays/prod/secrets/web.env.example", Some("secrets/")),
            ("secrets", "overlays/prod/kustomization.yaml", None),
            ("k8s/", "README.md", Some("k8s/")),
            ("/k8s", "base/kustomization.yaml", Some("/k8s")),
            ("k8s/\n!/k8s/\n!/k8s/**", "README.md", None),
            ("*.env\n!/k8s/\n!/k8s/**", "base/web/config.env", None),
            ("secrets/\n!/k8s/\n!/k8s/**", "overlays/prod/secrets/web.env.example", None),
            ("base", "base/web/config.env", Some("base")),
            ("k8s/*\n!k8s/base", "base/web/config.env", None),
            ("k8s/*\n!k8s/base", "overlays/prod/kustomization.yaml", Some("k8s/*")),
        ] {
            let found = line("/r/app/.gitignore", patterns, path);
            assert_eq!(found.as_deref(), expected, "{patterns:?} {path}");
        }
        let above = "*.env\n!/k8s/**";
        assert_eq!(line("/r/.gitignore", above, "base/web/config.env").as_deref(), Some("*.env"));
        assert_eq!(
            line("/r/.gitignore", "/k8s", "base/web/config.env"),
            None,
            "it is no directory of the root"
        );
    }

    /// The line of a file of patterns that leaves a path of the manifests out.
    fn line(file: &str, patterns: &str, path: &str) -> Option<String> {
        let own = "overlays/*/secrets/*\n!overlays/*/secrets/*.example\n";
        let files = MemoryFiles::new([
            (file, patterns.as_bytes().to_vec()),
            ("/r/.git/HEAD", Vec::new()),
            ("/r/app/k8s/.gitignore", own.as_bytes().to_vec()),
        ]);
        let (directory, output) = (Utf8Path::new("/r/app"), Utf8Path::new("/r/app/k8s"));
        let place = Place { directory, output, disk: &Disk::new(directory), files: &files };
        let found = Patterns::new(&place, &Tree::default()).leave_out(&output.join(path));
        found.map(|line| line.pattern)
    }
}
