//! Text of files as it may be shown: it steers no terminal, looks as it is, and gives no commands to a CI system that
//! reads the log.

use std::borrow::Cow;

/// What stands in the place of a character that steers.
const REPLACEMENT: char = '\u{fffd}';

/// What begins a command within a line of a log, in GitHub's old form, in Azure Pipelines and in TeamCity.
const COMMANDS: &[&str] = &["##[", "##vso[", "##teamcity["];

/// Whether a character could steer the terminal, or make a line look other than it is.
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The text with what steers replaced, but for these characters. The number of characters stays.
pub fn without_control(text: &str, kept: &[char]) -> String {
    let shown = |c: char| if steers(c) && !kept.contains(&c) { REPLACEMENT } else { c };
    text.chars().map(shown).collect()
}

/// The text as a part of one line: line breaks are written as `\n`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(without_control(&text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"), &[]))
}

/// Lines as a log may have them. A line that a CI system would take for a command gets a backslash before it.
pub fn lines(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let mut shown = without_control(line, &['\n', '\t']);
    let start = shown.len() - shown.trim_start().len();
    if shown[start..].starts_with("::") {
        shown.insert(start, '\\');
    }
    for command in COMMANDS {
        if shown.contains(command) {
            shown = shown.replace(command, &format!("#\\{}", &command[1..]));
        }
    }
    shown
}

/// JSON with what steers written as escapes: outside of strings it has none.
pub fn json(value: &serde_json::Value) -> String {
    let text = format!("{value:#}\n");
    if !text.contains(|c| steers(c) && c != '\n') {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && c != '\n' {
            shown.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_replaced() {
        assert_eq!(
            one_line("a\r\n::error::b\u{1b}[31m\u{202e}\t"),
            "a\\r\\n::error::b\u{fffd}[31m\u{fffd}\\t"
        );
        assert_eq!(without_control("a\u{1b}\n\u{7f}", &['\n']), "a\u{fffd}\n\u{fffd}");
    }

    #[test]
    fn lines_are_no_commands() {
        assert_eq!(lines("a\n  ::error::b\n::c\n+::d\n a::b\n"), "a\n  \\::error::b\n\\::c\n+::d\n a::b\n");
        assert_eq!(lines("x ##[error]y ##vso[z]\n"), "x #\\#[error]y #\\#vso[z]\n");
    }

    #[test]
    fn json_has_escapes() {
        let value = serde_json::json!({"a\u{202e}": "b\u{1b}\u{85}\n"});
        let text = json(&value);
        assert!(text.contains(r#""a\u202e": "b\u001b\u0085\n""#), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
