//! What the patterns of `.dockerignore` and `.gitignore` leave out, asked of directories.
//!
//! The two files look alike and differ: Docker takes a pattern from the root of the build context, and the
//! last pattern that matches a path or something above it has the last word. git takes a pattern without a
//! slash at any depth, and nothing in a directory that it leaves out comes back.

use camino::Utf8Path;

use crate::text::gitignore;

/// A name that no pattern for certain files matches: what would be in a directory.
const ANYTHING: &str = "\u{1}\u{1}\u{1}";

/// Whether a directory, or what would be in it, is left out of a build.
pub(super) fn by_docker(patterns: &str, path: &Utf8Path) -> bool {
    let within = path.join(ANYTHING);
    let mut is_left_out = false;
    for line in patterns.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let (pattern, leaves_out) = line.strip_prefix('!').map_or((line, true), |rest| (rest.trim(), false));
        let pattern = pattern.trim_matches('/').trim_start_matches("./");
        // Anchored as git says it, a pattern means what it means to Docker.
        if !pattern.is_empty()
            && gitignore("".into(), &format!("/{pattern}"))
                .matched_path_or_any_parents(&within, false)
                .is_ignore()
        {
            is_left_out = leaves_out;
        }
    }
    is_left_out
}

/// Whether a directory, or what would be in it, is left out of a repository.
pub(super) fn by_git(patterns: &str, path: &Utf8Path) -> bool {
    let matcher = gitignore("".into(), patterns);
    let within = path.join(ANYTHING);
    let parts = within.ancestors().filter(|part| !part.as_str().is_empty());
    let mut parts = parts.map(|part| matcher.matched(part, part != within));
    parts.any(|matched| matched.is_ignore())
}

/// Whether a file is left out of a repository.
pub(super) fn file_by_git(patterns: &str, path: &Utf8Path) -> bool {
    let matcher = gitignore("".into(), patterns);
    let parts = path.ancestors().filter(|part| !part.as_str().is_empty());
    let mut parts = parts.map(|part| matcher.matched(part, part != path));
    parts.any(|matched| matched.is_ignore())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_for_files() {
        for (patterns, path, expected) in [
            ("*.key", "certs/server.key", true),
            ("certs/", "certs/server.key", true),
            ("*\n!server.key", "server.key", false),
            ("certs/*\n!certs/server.key", "certs/server.key", false),
            ("certs\n!certs/server.key", "certs/server.key", true),
            ("server.key/", "server.key", false),
            ("*.pem", "server.key", false),
        ] {
            assert_eq!(file_by_git(patterns, path.into()), expected, "{patterns:?} {path}");
        }
    }

    #[test]
    fn patterns() {
        for (patterns, path, docker, git) in [
            ("data", "data", true, true),
            ("data", "web/data", false, true),
            ("/data/", "data", true, true),
            ("./data", "data", true, false),
            ("web/data", "web/data", true, true),
            ("data/*\n!data/.gitkeep", "data", true, true),
            ("**/data/", "a/b/data/c", true, true),
            ("data/**", "data/a/b", true, true),
            // To git, `*` matches what is in `src` too.
            ("*\n!src", "src", false, true),
            ("/*\n!/src", "src", false, false),
            ("*\n!src", "data", true, true),
            // Only Docker takes back what is in a directory that is left out.
            ("data\n!data/keep", "data/keep", false, true),
            ("src/a\n!src", "src/a", false, true),
            ("!data\ndata", "data", true, true),
            ("# data\n\n*.log", "data", false, false),
            ("  data  ", "data", true, false),
            ("d?ta", "data", true, true),
            ("d[a-c]ta", "data", true, true),
            ("d[^a]ta", "data", false, false),
            ("d[", "data", false, false),
            ("data/?", "data", false, false),
            ("web/*/cache", "web/x/cache", true, true),
            ("web/*/cache", "web/x/y/cache", false, false),
            ("data/*.db", "data", false, false),
        ] {
            assert_eq!(by_docker(patterns, path.into()), docker, "{patterns:?} {path}");
            assert_eq!(by_git(patterns, path.into()), git, "{patterns:?} {path} in git");
        }
    }
}
