//! The patterns of git: which files a `.gitignore` leaves out.

use camino::Utf8Path;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The patterns in the lines of the `.gitignore` of a directory. Lines that are no patterns match nothing.
pub(crate) fn gitignore(directory: &Utf8Path, lines: &str) -> Gitignore {
    let mut builder = GitignoreBuilder::new(directory);
    for line in lines.lines() {
        drop(builder.add_line(None, line));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
