//! kustomize's env files: a key, `=`, and everything up to the end of the line as it is.
//!
//! There are no quotes, no escapes, no comments behind a value and no interpolation; quotes would become
//! part of the value. A line of 64 KiB or more would silently end the file.

use std::collections::BTreeMap;

use crate::{k8s::name::is_variable_name, secret};

/// What kustomize's reader takes in one line, less room for its line break.
pub(super) const LINE_LIMIT: usize = 60_000;

/// At the top of files of secret values, or above what is added to one that somebody else wrote.
pub const SECRET_HEADER: &str = "# Yours, and never in git. `kustompose convert` adds missing lines, and updates values that you did not change.\n";

/// What every header of such a file begins with.
pub const SECRET_HEADER_START: &str = "# Yours, and never in git.";

/// Can kustomize read the value from a line? Others need a file of their own.
pub fn fits(key: &str, value: &str) -> bool {
    let blank = |character: Option<char>| character.is_some_and(char::is_whitespace);
    key.len() + value.len() < LINE_LIMIT
        && !value.contains(['\n', '\r', '\0'])
        && !blank(value.chars().next())
        && !blank(value.chars().last())
}

/// The file for those variables that fit, and the others.
pub fn write<'a>(
    header: &str,
    variables: &'a BTreeMap<String, String>,
) -> (Option<String>, Vec<(&'a String, &'a String)>) {
    let (lines, others): (Vec<_>, Vec<_>) = variables.iter().partition(|(key, value)| fits(key, value));
    let file = lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect::<String>();
    ((!lines.is_empty()).then(|| format!("{header}{file}")), others)
}

/// A variable of a file as kustomize reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable<'a> {
    /// What is before the `=`.
    pub key: &'a str,
    /// What is behind it. A line without `=` takes its value from the process that runs kustomize.
    pub value: Option<&'a str>,
    /// Its line, counted from 1.
    pub line: usize,
    /// Whether the key may be told of a list of secrets. Where it is no name, the line may be a part of a value of
    /// several lines, or have its value behind a `:`.
    pub is_named: bool,
    /// Whether the line is surely no variable: it has no `=`, or ends such a value.
    pub is_part: bool,
}

/// The variables of a file.
pub fn variables(text: &str) -> Vec<Variable<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found: Vec<Variable<'_>> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').map_or((line, None), |(key, value)| (key, Some(value)));
        let is_behind_part = found.last().is_some_and(|before| !before.is_named);
        let is_part = value.is_none_or(|value| is_behind_part && is_end_of_value(key, value));
        found.push(Variable { key, value, line: at + 1, is_named: !is_part && is_name(key), is_part });
    }
    found
}

/// A name that nobody would take for a line of base64.
pub fn is_name(key: &str) -> bool {
    is_variable_name(key) && (key.contains(['_', '.', '-']) || !secret::may_be_value(key))
}

/// The last line of base64, which may be short: `aB3=`.
fn is_end_of_value(key: &str, value: &str) -> bool {
    value.bytes().all(|byte| byte == b'=')
        && !key.contains('_')
        && key.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Keys and values of a file; what is taken from the process counts as empty.
pub fn read(text: &str) -> Vec<(&str, &str)> {
    variables(text).into_iter().map(|variable| (variable.key, variable.value.unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_as_they_are() {
        let variables = [
            ("A", "x y"),
            ("B", "\"quoted\" # no comment"),
            ("C", ""),
            ("D", "two\nlines"),
            ("E", " blank"),
            ("F", "$HOME"),
            ("G", "carriage\r"),
        ];
        let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let (file, others) = write("# mine\n", &variables);
        assert_eq!(file.unwrap(), "# mine\nA=x y\nB=\"quoted\" # no comment\nC=\nF=$HOME\n");
        assert_eq!(others.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["D", "E", "G"]);
    }

    #[test]
    fn what_is_written_is_read() {
        let text = "\u{feff}# mine\nA=x y\n\n  B=\"quoted\" # no comment\nC=\nD=x=y\r\nE\n";
        let expected = [("A", "x y"), ("B", "\"quoted\" # no comment"), ("C", ""), ("D", "x=y"), ("E", "")];
        assert_eq!(read(text), expected);
    }
    #[test]
    fn lines_that_are_parts_of_values_have_no_name() {
        let text = "A=-----BEGIN KEY-----\nMIIEvQIBADANBgkq\naB3=\n-----END KEY-----\nB: x\nB x\nx\nc2VjcmV0LXBhc3N3b3Jk=\nC=\n\
                    DATABASE_URL_2_OF_THEM=x\nlog.level=x\n";
        let named = variables(text).into_iter().filter(|variable| variable.is_named);
        let named: Vec<(usize, &str)> = named.map(|variable| (variable.line, variable.key)).collect();
        assert_eq!(named, [(1, "A"), (9, "C"), (10, "DATABASE_URL_2_OF_THEM"), (11, "log.level")]);
    }
}
