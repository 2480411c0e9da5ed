//! Texts cut into words by their looks: scripts as a shell would, and files of any kind that may hold scripts.
//! Nothing is unescaped, so that each word keeps its place; what is no valid script is cut all the same.

use std::ops::Range;

use super::reference::closing;

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// For a shell. The end of a line ends a command.
    Script,
    /// YAML, or anything else: a command may be a list over several lines, and ends where a key begins.
    File,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, without the quotes around it.
    Word(Range<usize>),
    /// The end of a command.
    Break,
}

/// The words of a text, in order.
pub(super) fn tokens(text: &str, style: Style) -> Vec<Token> {
    #[cfg(test)]
    counted::add("cut", text);
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut begins_line = true;
    // Up to here, quotes were found to be none.
    let mut plain = 0;
    while let Some(c) = text[at..].chars().next() {
        let next = at + c.len_utf8();
        match c {
            '\n' => {
                if style == Style::Script && !text[..at].ends_with('\\') {
                    tokens.push(Token::Break);
                }
                begins_line = true;
                at = next;
            }
            c if c.is_whitespace() || c == '\\' => at = next,
            ';' | '|' => {
                tokens.push(Token::Break);
                at = next;
            }
            '&' if text[next..].starts_with(['&', ' ']) => {
                tokens.push(Token::Break);
                at = next + 1;
            }
            '&' | '(' | ')' | '`' | '!' => at = next,
            '[' | ']' | '{' | '}' | ',' if style == Style::File => at = next,
            ':' if style == Style::File && ends_item(&text[next..]) => at = next,
            '-' | '#' if begins_line && style == Style::File && text[next..].starts_with(' ') => at = next,
            _ => {
                let end = match word_end(text, at, style, at < plain) {
                    Ok(end) => end,
                    Err(read) => {
                        plain = read;
                        word_end(text, at, style, true).unwrap_or(text.len())
                    }
                };
                let word = unquoted(text, at..end);
                let is_key = style == Style::File && is_key(text, end, begins_line, &text[word.clone()]);
                begins_line = false;
                tokens.push(if is_key { Token::Break } else { Token::Word(word) });
                at = end;
            }
        }
    }
    tokens
}

/// What stands within the outermost `$(…)` of a word.
pub(super) fn substitutions(word: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = word[at..].find("$(").map(|before| at + before + 2) {
        let end = closing(&word[start - 1..], '(', ')').map_or(word.len(), |length| start + length - 2);
        found.push(start..end);
        at = end;
    }
    found
}

/// In a longer word something was opened that nothing closes.
const MAX_WORD: usize = 16 * 1024;

/// Where the word that begins at `start` ends: quotes and `$(…)` hold blanks together, unless it is plain. If
/// nothing closes what is opened, how far it was looked for.
fn word_end(text: &str, start: usize, style: Style, is_plain: bool) -> Result<usize, usize> {
    let mut open: Vec<char> = Vec::new();
    let mut chars = text[start..].char_indices();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        if !open.is_empty() && (at > MAX_WORD || c == '\n' && style == Style::File) {
            return Err(start + at);
        }
        match (open.last(), c) {
            (Some('\''), _) if c != '\'' => {}
            (_, '\\') => {
                chars.next();
            }
            (Some(quote), _) if c == *quote => {
                open.pop();
                let is_scalar = style == Style::File && text[start..].starts_with(c);
                if open.is_empty() && is_scalar && text[start + at + 1..].starts_with([',', ']', '}', ':']) {
                    return Ok(start + at + 1);
                }
            }
            (Some('"' | '\''), _) if c != '(' || before != '$' => {}
            (_, '(') if before == '$' && !is_plain => open.push(')'),
            (_, '{') if before == '$' && !is_plain => open.push('}'),
            (None | Some(')'), '"' | '\'') if !is_plain && is_quote(text, start + at, c, style) => {
                open.push(c)
            }
            (None, _) if c.is_whitespace() || matches!(c, ';' | '|' | ')' | '`') => {
                return Ok(start + at);
            }
            (None, '&') if text[start + at + 1..].starts_with(['&', ' ']) => return Ok(start + at),
            (None, ',' | ']' | '}') if style == Style::File && ends_item(&text[start + at + 1..]) => {
                return Ok(start + at);
            }
            _ => {}
        }
        before = c;
    }
    if open.is_empty() { Ok(text.len()) } else { Err(text.len()) }
}

/// An apostrophe in prose opens nothing.
fn is_quote(text: &str, at: usize, quote: char, style: Style) -> bool {
    let is_within = text[..at].ends_with(|before: char| before.is_alphanumeric());
    !(quote == '\'' && is_within && (style == Style::File || !text[at + 1..].contains('\'')))
}

fn ends_item(rest: &str) -> bool {
    rest.chars().next().is_none_or(|next| next.is_whitespace() || "\"',]}".contains(next))
}

/// Whether a mapping's key or a variable of an env file stands here.
fn is_key(text: &str, end: usize, begins_line: bool, word: &str) -> bool {
    let behind = text[end..].trim_start_matches(['"', '\'']);
    let is_end = |rest: &str| rest.chars().next().is_none_or(char::is_whitespace);
    let has_colon = word.strip_suffix(':').is_some_and(|key| !key.is_empty() && is_end(behind))
        || behind.strip_prefix(':').is_some_and(is_end);
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
    };
    let assigns = begins_line && word.split_once('=').is_some_and(|(name, _)| is_name(name));
    has_colon || assigns && !word.contains(char::is_whitespace)
}

/// The range without the quotes around it.
pub(super) fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let word = &text[range.clone()];
    let is_quoted =
        word.len() >= 2 && ['"', '\''].iter().any(|quote| word.starts_with(*quote) && word.ends_with(*quote));
    if is_quoted { range.start + 1..range.end - 1 } else { range }
}

/// How often something was done to texts, on this thread.
#[cfg(test)]
pub(crate) mod counted {
    use std::{cell::RefCell, collections::BTreeMap};

    thread_local! {
        static COUNTS: RefCell<BTreeMap<(&'static str, String), usize>> = RefCell::default();
    }

    pub(crate) fn add(what: &'static str, text: &str) {
        COUNTS.with_borrow_mut(|counts| *counts.entry((what, text.to_owned())).or_default() += 1);
    }

    /// How often it was done to each text, since this was last asked for.
    pub(crate) fn take() -> BTreeMap<(&'static str, String), usize> {
        COUNTS.take()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words, `;` for the end of a command.
    fn cut(text: &str, style: Style) -> Vec<&str> {
        tokens(text, style)
            .into_iter()
            .map(|token| match token {
                Token::Word(range) => &text[range],
                Token::Break => ";",
            })
            .collect()
    }

    #[test]
    fn scripts() {
        let cases: &[(&str, &[&str])] = &[
            ("a -b 'c d' \"e f\"", &["a", "-b", "c d", "e f"]),
            ("a && b; c | d", &["a", ";", "b", ";", "c", ";", "d"]),
            ("a \\\n b\nc", &["a", "b", ";", "c"]),
            ("x=$(a b) c", &["x=$(a b)", "c"]),
            ("x=\"a b\" c", &["x=\"a b\"", "c"]),
            ("echo don't", &["echo", "don't"]),
            ("echo \"a", &["echo", "\"a"]),
            ("curl http://x?a=1&b=2", &["curl", "http://x?a=1&b=2"]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, Style::Script), *expected, "{text}");
        }
    }

    #[test]
    fn files() {
        let cases: &[(&str, &[&str])] = &[
            ("command: [\"a\", \"-b\", 'c d']", &[";", "a", "-b", "c d"]),
            ("test: [CMD, curl, -u, a:b]", &[";", "CMD", "curl", "-u", "a:b"]),
            ("command:\n  - a\n  - --token\n  - x\nuser: y", &[";", "a", "--token", "x", ";", "y"]),
            ("A=1\nB=2 c", &[";", ";", "c"]),
            ("command: a --token x # b", &[";", "a", "--token", "x", "#", "b"]),
            ("{\"a\": \"b\", \"c\": [\"d\"]}", &[";", "b", ";", "d"]),
        ];
        for (text, expected) in cases {
            assert_eq!(cut(text, Style::File), *expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_in_order(text in "([a-zé ]|[\"'$(){}\\[\\],;&|\\\\\n`=:#-]){0,40}") {
            for style in [Style::Script, Style::File] {
                let mut end = 0;
                for token in tokens(&text, style) {
                    if let Token::Word(range) = token {
                        prop_assert!(range.start >= end && range.start <= range.end);
                        prop_assert!(text.get(range.clone()).is_some());
                        end = range.end;
                    }
                }
            }
        }
    }
}
