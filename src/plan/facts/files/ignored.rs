//! The patterns of `.dockerignore` and `.gitignore`, as far as directories need them: ranges of characters match nothing.

use camino::Utf8Path;

use crate::shell::dockerfile::matches;

/// Whether a directory, or what would lie in it, is left out of a build.
pub(super) fn by_docker(patterns: &str, path: &Utf8Path) -> bool {
    is_ignored(patterns, path, |pattern| pattern.to_owned())
}

/// Whether a directory, or what would lie in it, is left out of a repository.
pub(super) fn by_git(patterns: &str, path: &Utf8Path) -> bool {
    is_ignored(patterns, path, |pattern| {
        // A pattern of one part holds at any depth.
        if pattern.trim_end_matches('/').contains('/') { pattern.to_owned() } else { format!("**/{pattern}") }
    })
}

/// What nobody calls a file.
const ANYTHING: &str = "\u{1}";

fn is_ignored(patterns: &str, path: &Utf8Path, whole: impl Fn(&str) -> String) -> bool {
    let within = path.join(ANYTHING);
    let mut ignored = false;
    for line in patterns.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (pattern, is_ignoring) = line.strip_prefix('!').map_or((line, true), |pattern| (pattern, false));
        if matches(&whole(pattern), within.as_str()) {
            ignored = is_ignoring;
        }
    }
    ignored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (patterns, path, docker, git) in [
            ("data", "data", true, true),
            ("data", "web/data", false, true),
            ("/data/", "data", true, true),
            ("data/*\n!data/.gitkeep", "data", true, true),
            ("**/data/", "a/b/data/c", true, true),
            ("*\n!src", "src", false, false),
            ("*\n!src", "data", true, true),
            ("# data\n\n*.log", "data", false, false),
            ("d?ta", "data", true, true),
            ("web/*/cache", "web/x/cache", true, true),
            ("web/*/cache", "web/x/y/cache", false, false),
            ("data/*.db", "data", false, false),
        ] {
            assert_eq!(by_docker(patterns, path.into()), docker, "{patterns:?} {path}");
            assert_eq!(by_git(patterns, path.into()), git, "{patterns:?} {path} in git");
        }
    }
}
