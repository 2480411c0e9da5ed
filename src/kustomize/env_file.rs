//! kustomize's env files: a key, `=`, and everything up to the end of the line as it is.
//!
//! There are no quotes, no escapes, no comments behind a value and no interpolation; quotes would become
//! part of the value. A line of 64 KiB or more would silently end the file.

use std::collections::BTreeMap;

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

/// The variables of a file as kustomize reads it: a line without `=` would take its value from the
/// process, and counts as empty here.
pub fn read(text: &str) -> Vec<(&str, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim_start);
    let variables = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    variables.map(|line| line.split_once('=').unwrap_or((line, ""))).collect()
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
}
