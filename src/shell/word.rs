//! A word taken apart: literal text, quotes, and what the shell puts in the place of `$…`.

use super::syntax;

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text outside of single quotes: between double ones, or between none.
    Text(String),
    /// What stands between single quotes.
    Quoted(String),
    /// `$'…'`, with its escapes as they are written.
    Ansi(String),
    /// The character behind a backslash.
    Escaped(String),
    /// What stands between double quotes.
    Double(Vec<Piece>),
    /// `$NAME`, `${NAME:-word}`
    Parameter(Name, Operation),
    /// `$(…)` or the same between backquotes.
    Command(String),
    /// `$((…))`
    Arithmetic(String),
    /// `~` at the beginning.
    Home,
}

/// A parameter of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Variable(String),
    /// `$1` and on.
    Positional(usize),
    /// `$#`
    Count,
    /// `$@`, or `$*` that makes one word of them within quotes.
    All {
        joined: bool,
    },
    /// What only a run can tell, such as `$?`.
    Other,
}

/// What is done to a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operation {
    /// Nothing but to look at it, perhaps to insist on it.
    Plain,
    /// `:-word`
    Default(String),
    /// `:=word`
    Assign(String),
    /// `%word`
    WithoutSuffix(String),
    /// Anything else.
    Other,
}

/// Bytes of the longest word that is taken apart.
const LONGEST: usize = 1_000;

/// The pieces of a word, unless it is too long to be a value that matters.
pub(super) fn pieces(word: &str) -> Option<Vec<Piece>> {
    (word.len() <= LONGEST).then(|| read(word, false)).flatten()
}

/// Nothing if something in it has no end.
fn read(text: &str, quoted: bool) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let second = rest.get(first.len_utf8()..).and_then(|rest| rest.chars().next());
        let (piece, length) = match (first, second) {
            ('\'', _) if !quoted => {
                let inner = rest.get(1..)?.split_once('\'')?.0;
                (Piece::Quoted(inner.to_owned()), inner.len() + 2)
            }
            ('"', _) if !quoted => {
                let length = syntax::piece_length(rest, quoted)?;
                (Piece::Double(read(rest.get(1..length - 1)?, true)?), length)
            }
            ('\\', Some(second)) if !quoted || matches!(second, '$' | '`' | '"' | '\\') => {
                (Piece::Escaped(second.to_string()), 1 + second.len_utf8())
            }
            ('`', _) => {
                let length = syntax::piece_length(rest, quoted)?;
                (Piece::Command(rest.get(1..length - 1)?.to_owned()), length)
            }
            ('~', _) if !quoted && pieces.is_empty() && rest.len() == text.len() => {
                (Piece::Home, rest.find('/').unwrap_or(rest.len()))
            }
            ('$', Some('\'')) if !quoted => {
                let length = syntax::piece_length(rest, quoted)?;
                (Piece::Ansi(rest.get(2..length - 1)?.to_owned()), length)
            }
            // A text to be translated.
            ('$', Some('"')) if !quoted => {
                rest = rest.get(1..)?;
                continue;
            }
            ('$', _) => dollar(rest, quoted)?,
            (other, _) => (Piece::Text(other.to_string()), other.len_utf8()),
        };
        match (pieces.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(&text),
            (_, piece) => pieces.push(piece),
        }
        rest = rest.get(length..)?;
    }
    Some(pieces)
}

/// What begins with a dollar sign, and its bytes.
fn dollar(text: &str, quoted: bool) -> Option<(Piece, usize)> {
    let behind = text.get(1..)?;
    let name = name_length(behind);
    if name > 0 {
        return Some((parameter(behind.get(..name)?, Operation::Plain), 1 + name));
    }
    let length = syntax::piece_length(text, quoted)?;
    let inner = |opening: usize, closing: usize| text.get(opening..length.checked_sub(closing)?);
    let piece = match behind.chars().next() {
        Some('(') => match inner(3, 2).filter(|_| syntax::is_arithmetic(behind)) {
            Some(expression) => Piece::Arithmetic(expression.to_owned()),
            None => Piece::Command(inner(2, 1)?.to_owned()),
        },
        Some('[') if length > 1 => Piece::Arithmetic(inner(2, 1)?.to_owned()),
        Some('{') => braces(inner(2, 1)?),
        _ => Piece::Text("$".to_owned()),
    };
    Some((piece, length))
}

/// The bytes of a parameter's name that needs no braces.
fn name_length(text: &str) -> usize {
    match text.chars().next() {
        Some(first) if first.is_ascii_alphabetic() || first == '_' => variable_length(text),
        Some('0'..='9' | '#' | '@' | '*' | '?' | '$' | '!' | '-') => 1,
        _ => 0,
    }
}

fn variable_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn parameter(name: &str, operation: Operation) -> Piece {
    let name = match name {
        "#" => Name::Count,
        "@" | "*" => Name::All { joined: name == "*" },
        "0" => Name::Other,
        _ => match name.parse() {
            Ok(number) => Name::Positional(number),
            Err(_) if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                Name::Variable(name.to_owned())
            }
            Err(_) => Name::Other,
        },
    };
    Piece::Parameter(name, operation)
}

/// What stands between `${` and `}`.
fn braces(text: &str) -> Piece {
    let length = match text.chars().next() {
        Some(first) if first.is_ascii_digit() => {
            text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
        }
        // `${#NAME}` counts, `${!NAME}` looks up what it names.
        Some('#' | '!') if text.len() > 1 => return parameter("", Operation::Other),
        _ => name_length(text),
    };
    let (name, rest) = text.split_at_checked(length).unwrap_or(("", text));
    let behind = |signs: [&str; 2]| signs.into_iter().find_map(|sign| rest.strip_prefix(sign));
    let operation = if rest.is_empty() || behind([":?", "?"]).is_some() {
        Operation::Plain
    } else if let Some(word) = behind([":-", "-"]) {
        Operation::Default(word.to_owned())
    } else if let Some(word) = behind([":=", "="]) {
        Operation::Assign(word.to_owned())
    } else if let Some(word) = behind(["%%", "%"]) {
        Operation::WithoutSuffix(word.to_owned())
    } else {
        Operation::Other
    };
    parameter(name, operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let variable = |name: &str, operation| Piece::Parameter(Name::Variable(name.to_owned()), operation);
        let cases = [
            (
                "a'b c'\\ d",
                vec![text("a"), Piece::Quoted("b c".to_owned()), Piece::Escaped(" ".to_owned()), text("d")],
            ),
            (
                "\"a $B\\\"\"",
                vec![Piece::Double(vec![
                    text("a "),
                    variable("B", Operation::Plain),
                    Piece::Escaped("\"".to_owned()),
                ])],
            ),
            ("${A:-${B}}s", vec![variable("A", Operation::Default("${B}".to_owned())), text("s")]),
            ("${A%%m}", vec![variable("A", Operation::WithoutSuffix("m".to_owned()))]),
            (
                "$(a b)$((1 + 2))",
                vec![Piece::Command("a b".to_owned()), Piece::Arithmetic("1 + 2".to_owned())],
            ),
            ("$12", vec![Piece::Parameter(Name::Positional(1), Operation::Plain), text("2")]),
            ("${12}", vec![Piece::Parameter(Name::Positional(12), Operation::Plain)]),
            ("${#A}", vec![Piece::Parameter(Name::Other, Operation::Other)]),
            (
                "$#$@",
                vec![
                    Piece::Parameter(Name::Count, Operation::Plain),
                    Piece::Parameter(Name::All { joined: false }, Operation::Plain),
                ],
            ),
            ("~/x$", vec![Piece::Home, text("/x$")]),
            ("$[1]`a`", vec![Piece::Arithmetic("1".to_owned()), Piece::Command("a".to_owned())]),
        ];
        for (word, expected) in cases {
            assert_eq!(pieces(word), Some(expected), "{word}");
        }
        for wrong in ["'a", "\"a", "$(a", "${a"] {
            assert_eq!(pieces(wrong), None, "{wrong}");
        }
    }
}
