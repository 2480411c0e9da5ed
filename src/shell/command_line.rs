//! What the words of a container's command run: a text, a script, or a program.

use crate::catalog::{self, Property, base_name};

/// A command as it is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// `sh -c TEXT NAME ARGUMENTS…`
    Inline {
        /// The shell with its flags, `-c` among them.
        shell: Vec<String>,
        /// The script.
        text: String,
        /// `$0`.
        name: Option<String>,
        /// `$1` and on.
        arguments: Vec<String>,
    },
    /// A file, run by its own name or by a shell; whether it is a script shows in the file.
    File {
        /// The shell that it was handed to, with `-c` in place of the file; empty if its first line says.
        shell: Vec<String>,
        /// The file in the container.
        path: String,
        /// `$1` and on.
        arguments: Vec<String>,
    },
}

/// Reads the words of a command. Nothing if there are none.
pub fn read(words: &[String]) -> Option<Invocation> {
    let words = without_init(words);
    let (program, rest) = words.split_first()?;
    let name = base_name(program);
    if name == "busybox" && rest.first().is_some_and(|applet| catalog::is(applet, Property::Shell)) {
        return read(rest);
    }
    if !catalog::is(name, Property::Shell) {
        return Some(Invocation::File { shell: Vec::new(), path: program.clone(), arguments: rest.to_vec() });
    }
    let mut flags = Vec::new();
    let mut rest = rest;
    let mut is_inline = false;
    while let [flag, after @ ..] = rest {
        if !flag.starts_with('-') {
            break;
        }
        rest = after;
        if flag == "--" {
            break;
        }
        flags.push(flag.clone());
        if flag == "-o"
            && let [option, after @ ..] = rest
        {
            flags.push(option.clone());
            rest = after;
        }
        is_inline |= is_command_flag(flag);
    }
    if is_inline {
        let (text, rest) = rest.split_first()?;
        let shell = std::iter::once(program.clone()).chain(flags).collect();
        return Some(Invocation::Inline {
            shell,
            text: text.clone(),
            name: rest.first().cloned(),
            arguments: rest.get(1..).unwrap_or_default().to_vec(),
        });
    }
    let (path, arguments) = rest.split_first()?;
    flags.push("-c".to_owned());
    let shell = std::iter::once(program.clone()).chain(flags).collect();
    Some(Invocation::File { shell, path: path.clone(), arguments: arguments.to_vec() })
}

/// Whether it is the name of a shell.
pub(super) fn is_shell(word: &str) -> bool {
    catalog::is(base_name(word), Property::Shell)
}

/// Whether the words start an init process first, such as `tini`.
pub fn has_init(words: &[String]) -> bool {
    without_init(words).len() < words.len()
}

/// Whether the first line of a text names a shell.
pub fn is_shell_script(text: &str) -> bool {
    let first = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    first.strip_prefix("#!").is_some_and(|line| line.split_whitespace().any(is_shell))
}

/// `-c`, `-ec`, `-lc`.
fn is_command_flag(flag: &str) -> bool {
    !flag.starts_with("--") && flag.ends_with('c')
}

fn without_init(words: &[String]) -> &[String] {
    let Some((first, mut rest)) = words.split_first() else { return words };
    if !catalog::is(base_name(first), Property::Init) || rest.is_empty() {
        return words;
    }
    while let [flag, after @ ..] = rest {
        match flag.as_str() {
            "--" => return without_init(after),
            flag if flag.starts_with('-') => rest = after,
            _ => break,
        }
    }
    if rest.is_empty() { words } else { without_init(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split('|').map(str::to_owned).collect()
    }

    #[test]
    fn commands_are_texts_or_files() {
        let inline = |shell: &str, text: &str, name: Option<&str>, arguments: &[&str]| Invocation::Inline {
            shell: words(shell),
            text: text.to_owned(),
            name: name.map(str::to_owned),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let file = |shell: Option<&str>, path: &str, arguments: &[&str]| Invocation::File {
            shell: shell.map(words).unwrap_or_default(),
            path: path.to_owned(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
        };
        let cases = [
            ("sh|-c|a; b", inline("sh|-c", "a; b", None, &[])),
            ("/bin/bash|-lc|a|x|1|2", inline("/bin/bash|-lc", "a", Some("x"), &["1", "2"])),
            ("bash|-o|pipefail|-ec|a", inline("bash|-o|pipefail|-ec", "a", None, &[])),
            ("sh|-c|--|a|x", inline("sh|-c", "a", Some("x"), &[])),
            ("sh|-c|-e|a", inline("sh|-c|-e", "a", None, &[])),
            ("tini|--|sh|-c|a", inline("sh|-c", "a", None, &[])),
            ("dumb-init|/run.sh|5", file(None, "/run.sh", &["5"])),
            ("sh|-e|/run.sh|5", file(Some("sh|-e|-c"), "/run.sh", &["5"])),
            ("/run.sh|a|b", file(None, "/run.sh", &["a", "b"])),
        ];
        for (line, expected) in cases {
            assert_eq!(read(&words(line)), Some(expected), "{line}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&words("sh")), None);
        assert_eq!(read(&words("sh|-c")), None);
    }
}
