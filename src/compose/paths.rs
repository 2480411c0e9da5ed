//! Step 14: relative paths against the project's directory, and the lexical arithmetic of paths.
//!
//! Paths are those of Unix, whatever system this runs on: they are text in a compose file. Knows
//! which attributes hold paths of the machine that compose runs on; `dockerfile`, files of seccomp
//! profiles and `credential_spec.file` are not among them.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::key_path::{self, Pattern};
use crate::{
    text::{Files, Template},
    yaml::{Node, Value},
};

/// How the text at a place becomes a path that does not depend on a directory.
type Rule = fn(&Base<'_>, &mut Node);

const RULES: &[(Pattern, Rule)] = &[
    (&["services", "*", "build", "context"], context),
    (&["services", "*", "build", "additional_contexts", "*"], context),
    (&["services", "*", "build", "ssh", "*"], agent),
    (&["services", "*", "env_file", "[]", "path"], path),
    (&["services", "*", "label_file", "[]"], path),
    (&["services", "*", "extends", "file"], compose_file),
    (&["services", "*", "develop", "watch", "[]", "path"], watched),
    (&["services", "*", "volumes", "[]"], mount),
    (&["configs", "*", "file"], host_path),
    (&["secrets", "*", "file"], host_path),
    (&["volumes", "*"], bound_volume),
];

/// How places that are not on this machine begin.
const REMOTE: &[&str] = &["https://", "http://", "git://", "ssh://", "github.com/", "git@", "oci://"];

/// What paths are relative to.
pub(super) struct Base<'a> {
    /// May itself be relative, to the directory of a project that takes over the tree.
    pub(super) directory: &'a Utf8Path,
    /// What `~` stands for.
    pub(super) home: Option<&'a str>,
    pub(super) files: &'a dyn Files,
}

/// Joins every relative path of a canonical tree onto the base.
pub(super) fn resolve(root: &mut Node, base: &Base<'_>) {
    for (pattern, rule) in RULES {
        key_path::visit_mut(root, pattern, &mut |_, node| rule(base, node));
    }
}

/// Whether a text names something that has to be fetched.
pub(super) fn is_remote(text: &str) -> bool {
    REMOTE.iter().any(|prefix| text.starts_with(prefix))
}

/// The shortest path of the same meaning; `..` takes back what stands before it.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A path below a directory unless it is absolute, cleaned.
pub(crate) fn join(directory: &Utf8Path, path: &str) -> Utf8PathBuf {
    if path.starts_with('/') {
        return Utf8PathBuf::from(clean(path));
    }
    Utf8PathBuf::from(clean(&format!("{directory}/{path}")))
}

/// The directory that a path lies in.
pub(crate) fn parent(path: &Utf8Path) -> Utf8PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_str().is_empty() => parent.to_owned(),
        _ => Utf8PathBuf::from(if path.is_absolute() { "/" } else { "." }),
    }
}

/// How to get from one absolute directory to another path.
pub(crate) fn relative(from: &Utf8Path, to: &Utf8Path) -> Utf8PathBuf {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    let down = to.iter().skip(common).map(|part| part.as_str());
    let parts: Vec<&str> = up.chain(down).collect();
    Utf8PathBuf::from(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// A path as people know it: relative to the working directory if it lies below it.
pub(super) fn shown(path: &Utf8Path, directory: &Utf8Path) -> Utf8PathBuf {
    path.strip_prefix(directory).map_or_else(|_| path.to_owned(), Utf8Path::to_owned)
}

impl Base<'_> {
    fn absolute(&self, text: &str) -> String {
        if let Some(rest) = text.strip_prefix('~')
            && let Some(home) = self.home
        {
            return clean(&format!("{home}/{rest}"));
        }
        if text.starts_with('/') || text.is_empty() {
            return text.to_owned();
        }
        join(self.directory, text).into_string()
    }
}

/// Replaces a text; what the file says stays known by the template.
fn change(node: &mut Node, f: impl FnOnce(&str) -> String) {
    let Value::String(text) = &mut node.value else { return };
    let changed = f(text);
    if changed != *text {
        node.template.get_or_insert_with(|| Arc::new(Template::of_text(text)));
        *text = changed;
    }
}

fn path(base: &Base<'_>, node: &mut Node) {
    change(node, |text| base.absolute(text));
}

/// A path of the host, which may be one of Windows.
fn host_path(base: &Base<'_>, node: &mut Node) {
    change(node, |text| if is_windows_absolute(text) { text.to_owned() } else { base.absolute(text) });
}

/// The socket of an SSH agent, or a key. Nothing is the directory itself.
fn agent(base: &Base<'_>, node: &mut Node) {
    if node.as_str() == Some("") {
        return change(node, |_| base.absolute("."));
    }
    host_path(base, node);
}

fn context(base: &Base<'_>, node: &mut Node) {
    change(node, |text| {
        let is_path = !text.contains("://") && !text.starts_with("service:") && !is_remote(text);
        if is_path { base.absolute(text) } else { text.to_owned() }
    });
}

fn compose_file(base: &Base<'_>, node: &mut Node) {
    change(node, |text| if is_remote(text) { text.to_owned() } else { base.absolute(text) });
}

fn watched(base: &Base<'_>, node: &mut Node) {
    change(node, |text| {
        let path = base.absolute(text);
        base.files.resolve_links(Utf8Path::new(&path)).map_or(path, Utf8PathBuf::into_string)
    });
}

fn mount(base: &Base<'_>, node: &mut Node) {
    if node.get("type").and_then(Node::as_str) == Some("bind")
        && let Some(source) = node.get_mut("source")
    {
        host_path(base, source);
    }
}

/// A volume of the local driver that is a directory of the host in truth.
fn bound_volume(base: &Base<'_>, node: &mut Node) {
    if node.get("driver").and_then(Node::as_str) != Some("local") {
        return;
    }
    let Some(options) = node.get_mut("driver_opts") else { return };
    if options.get("o").and_then(Node::as_str) == Some("bind")
        && let Some(device) = options.get_mut("device")
    {
        host_path(base, device);
    }
}

/// `C:\dir`, `C:/dir` or `\\host\share`.
fn is_windows_absolute(text: &str) -> bool {
    match text.as_bytes() {
        [letter, b':', b'\\' | b'/', ..] => letter.is_ascii_alphabetic(),
        [b'\\', b'\\', ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_and_joined_by_their_text() {
        for (path, expected) in [
            ("a/./b/../c/", "a/c"),
            ("/..//a", "/a"),
            ("", "."),
            ("../a/..", ".."),
            ("a/..", "."),
            ("/", "/"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(join(Utf8Path::new("/p"), "../q"), "/q");
        assert_eq!(join(Utf8Path::new("/p"), "/q/"), "/q");
        assert_eq!(relative(Utf8Path::new("/a/b"), Utf8Path::new("/a/c/d")), "../c/d");
        assert_eq!(relative(Utf8Path::new("/a"), Utf8Path::new("/a")), ".");
    }
}
