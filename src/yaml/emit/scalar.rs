//! Scalars that read back as what they are, in every reader.
//!
//! The readers differ: kubectl takes `on`, `y` and `1_000` for booleans and numbers, kustomize does
//! not; PyYAML fails at a plain `=`. So a string stands without quotes only if no reader can take
//! it for anything else, by a rule that is wider than all of theirs. Texts of several lines are
//! literal blocks where those are exact, and all else is in double quotes.

use std::{borrow::Cow, fmt::Write as _};

use crate::text::shown::steers;

/// A key longer than this, in bytes, is written in the explicit form (`? key`); readers look no
/// further than 1024 characters for its colon.
pub(super) const MAX_IMPLICIT_KEY: usize = 1000;

/// Words that some reader takes for a boolean, null or a number, in lower case, without sign and point.
const WORDS: &[&str] =
    &["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];

/// A string in one line, key or value, in block context.
pub(super) fn string(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// A string within a mapping in one line: without quotes only if nothing in it could end it there.
pub(super) fn in_flow(text: &str) -> Cow<'_, str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    if starts_well && text.bytes().all(is_name) { string(text) } else { Cow::Owned(quoted(text)) }
}

/// A string in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            _ => "",
        };
        // Writing to a string cannot fail.
        let _ = match u32::from(character) {
            _ if !escape.is_empty() => out.write_str(escape),
            _ if is_visible(character) => out.write_char(character),
            code @ ..=0xff => write!(out, "\\x{code:02x}"),
            code @ ..=0xffff => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    }
    out.push('"');
    out
}

/// The header of a literal block for a text, if a literal block can hold exactly this text: it has
/// several lines, the first says where they are indented to, and every character stands for itself.
pub(super) fn literal_header(text: &str) -> Option<&'static str> {
    let is_blank =
        |line: &str| !line.is_empty() && line.chars().all(|character| matches!(character, ' ' | '\t'));
    let is_exact = text.contains('\n')
        && !text.starts_with(['\n', ' ', '\t'])
        && text.chars().all(|character| matches!(character, '\n' | '\t') || is_printable(character))
        && !text.split('\n').any(is_blank)
        // Nothing in a log is a command, and nothing looks other than it is.
        && !text.contains(|character| character != '\n' && character != '\t' && steers(character))
        && !text.split('\n').any(|line| line.trim_start().starts_with("::"));
    if !is_exact {
        return None;
    }
    Some(match text.strip_suffix('\n') {
        None => "|-",
        Some(rest) if rest.ends_with('\n') => "|+",
        Some(_) => "|",
    })
}

/// A float that every reader takes for one: with a point, and a sign in the exponent.
pub(super) fn float(float: f64) -> String {
    if float.is_nan() {
        return ".nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-5..16).contains(&exponent) => {
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}{point}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{float:?}"),
    }
}

/// Whether YAML has this character, and it is neither a line break nor a byte order mark to anyone.
pub(super) fn is_printable(character: char) -> bool {
    match character {
        '\t' | ' '..='~' => true,
        '\0'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        _ => true,
    }
}

/// Does a person see this character for what it is? Blanks of other kinds, marks of direction and
/// the like are better escaped.
fn is_visible(character: char) -> bool {
    is_printable(character)
        && !matches!(character,
            '\t' | '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{1680}' | '\u{180e}' | '\u{2000}'..='\u{200f}'
            | '\u{202a}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        && u32::from(character) & 0xfffe != 0xfffe
}

/// Whether a string can do without quotes in block context.
fn is_plain(text: &str) -> bool {
    let starts_well = |first: char| {
        first.is_alphanumeric() || matches!(first, '_' | '/' | '.' | '-' | '+' | '$' | '(' | '^')
    };
    let is_word = |character: char| character.is_alphanumeric() || matches!(character, ' '..='~');
    text.starts_with(starts_well)
        && text.chars().all(is_word)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !["- ", "---", "..."].iter().any(|marker| text.starts_with(marker))
        && !is_ambiguous(text)
}

/// Whether some reader might take this for a number, a time, a boolean or null.
fn is_ambiguous(text: &str) -> bool {
    let bare = text.trim_start_matches(['+', '-', '.']);
    let is_word = WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word));
    let may_be_number = |byte: u8| byte.is_ascii_hexdigit() || b"xXoOtTzZ_.:,+- ".contains(&byte);
    let is_number = text
        .starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.'))
        && text.bytes().all(may_be_number);
    is_word || is_number
}
