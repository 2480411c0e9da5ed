//! Texts of manifests in which parts are secret or not known.
//!
//! A secret has no content here: what is not held cannot be shown.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::plan::CONCEALED;

/// What stands in output in the place of a secret.
pub const SECRET: &str = "(secret)";

/// What stands in output in the place of what is not known.
const UNKNOWN: &str = "(unknown)";

/// A text as it is in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Content);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// What is known of it, in order.
    Pieces(Vec<Piece>),
    /// It stands in a file of secret values: only whether it equals another one can be told.
    Concealed(Digest),
    /// The word that takes the place of one in a file of secret values.
    Placeholder,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Characters.
    Plain(String),
    /// The secret value of a variable, by the variable's name.
    Secret(String),
    /// What is not known.
    Unknown,
}

/// What tells one content from another, and tells nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(String);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text {
    /// A text that is known as a whole.
    pub fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.strip_prefix('/').unwrap_or(&text) == CONCEALED {
            return Self(Content::Placeholder);
        }
        Self::of(vec![Piece::Plain(text)])
    }

    /// A text from a file of secret values.
    pub fn concealed(text: &str) -> Self {
        match Self::plain(text) {
            Self(Content::Placeholder) => Self(Content::Placeholder),
            _ => Self(Content::Concealed(Digest::of(text.as_bytes()))),
        }
    }

    /// A text of several parts.
    pub fn of(pieces: Vec<Piece>) -> Self {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (joined.last_mut(), piece) {
                (Some(Piece::Plain(before)), Piece::Plain(text)) => before.push_str(&text),
                (Some(Piece::Unknown), Piece::Unknown) => {}
                (_, Piece::Plain(text)) if text.is_empty() => {}
                (_, piece) => joined.push(piece),
            }
        }
        Self(Content::Pieces(joined))
    }

    /// The text, if nothing of it is secret or unknown.
    pub fn as_plain(&self) -> Option<&str> {
        match &self.0 {
            Content::Pieces(pieces) => match &pieces[..] {
                [] => Some(""),
                [Piece::Plain(text)] => Some(text),
                _ => None,
            },
            Content::Concealed(_) | Content::Placeholder => None,
        }
    }

    /// Whether a part of it is secret.
    pub fn has_secret(&self) -> bool {
        match &self.0 {
            Content::Pieces(pieces) => pieces.iter().any(|piece| matches!(piece, Piece::Secret(_))),
            Content::Concealed(_) | Content::Placeholder => true,
        }
    }

    /// May both be the same text? What is not known may be anything. Texts from files of secret values always agree:
    /// their values are the person's. One of them agrees with a text in clear only if it is that text.
    pub fn agrees(&self, other: &Text) -> bool {
        match (&self.0, &other.0) {
            (Content::Placeholder, _) | (_, Content::Placeholder) => true,
            (Content::Concealed(_), Content::Concealed(_)) => true,
            (Content::Concealed(digest), _) => other.is_of(digest),
            (_, Content::Concealed(digest)) => self.is_of(digest),
            (Content::Pieces(one), Content::Pieces(other)) => agree(one, other),
        }
    }

    /// Whether it could be this text with its secrets in clear.
    pub fn is_in_clear_as(&self, clear: &str) -> bool {
        let Content::Pieces(pieces) = &self.0 else { return false };
        let anything = |piece: &Piece| match piece {
            Piece::Secret(_) => Piece::Unknown,
            other => other.clone(),
        };
        let Content::Pieces(pieces) = Self::of(pieces.iter().map(anything).collect()).0 else { return false };
        self.has_secret() && agree(&pieces, &[Piece::Plain(clear.to_owned())])
    }

    fn is_of(&self, digest: &Digest) -> bool {
        self.as_plain().is_none_or(|text| Digest::of(text.as_bytes()) == *digest)
    }

    /// The parts, if it can be told what they are.
    pub(super) fn pieces(&self) -> Option<&[Piece]> {
        if let Content::Pieces(pieces) = &self.0 { Some(pieces) } else { None }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Content::Pieces(pieces) = &self.0 else { return f.write_str(SECRET) };
        pieces.iter().try_for_each(|piece| match piece {
            Piece::Plain(text) => f.write_str(text),
            Piece::Secret(_) => f.write_str(SECRET),
            Piece::Unknown => f.write_str(UNKNOWN),
        })
    }
}

/// What a text is compared by: a secret is one character that no text has, and the name of its variable.
fn compared(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Plain(text) => text.clone(),
        Piece::Secret(name) => format!("\0{name}\0"),
        Piece::Unknown => String::new(),
    };
    pieces.iter().map(one).collect()
}

fn agree(one: &[Piece], other: &[Piece]) -> bool {
    let is_open = |pieces: &[Piece]| pieces.contains(&Piece::Unknown);
    match (is_open(one), is_open(other)) {
        (false, false) => one == other,
        (true, true) => true,
        (true, false) => fits(one, &compared(other)),
        (false, true) => fits(other, &compared(one)),
    }
}

/// Whether a text has the known parts of a pattern, in order, from its first to its last character.
fn fits(pattern: &[Piece], text: &str) -> bool {
    let parts: Vec<String> = pattern.split(|piece| *piece == Piece::Unknown).map(compared).collect();
    let [first, middle @ .., last] = &parts[..] else { return true };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[&str]) -> Text {
        let piece = |part: &&str| match part.strip_prefix('$') {
            Some(name) => Piece::Secret(name.to_owned()),
            None if *part == "?" => Piece::Unknown,
            None => Piece::Plain((*part).to_owned()),
        };
        Text::of(parts.iter().map(piece).collect())
    }

    #[test]
    fn secrets_are_the_same_if_their_variables_are() {
        for (one, other, expected) in [
            (text(&["a"]), text(&["a"]), true),
            (text(&["a", "b"]), text(&["ab"]), true),
            (text(&["a"]), text(&["b"]), false),
            (text(&["u:", "$PW", "@h"]), text(&["u:", "$PW", "@h"]), true),
            (text(&["u:", "$PW", "@h"]), text(&["u:", "$OTHER", "@h"]), false),
            (text(&["u:", "$PW", "@h"]), text(&["u:pw@h"]), false),
            (text(&["x", "?", "z"]), text(&["xyz"]), true),
            (text(&["x", "?", "z"]), text(&["x"]), false),
            (text(&["?"]), text(&["$PW"]), true),
            (text(&["?", "a", "?"]), text(&["bab"]), true),
            (text(&["?", "a", "?"]), text(&["bbb"]), false),
            (text(&["x", "?", "z"]), text(&["x", "?"]), true),
            (Text::plain(CONCEALED), text(&["anything"]), true),
            (Text::plain(CONCEALED), Text::concealed("pw"), true),
            (Text::concealed("pw"), Text::plain("pw"), true),
            (Text::concealed("pw"), Text::plain("other"), false),
            (Text::concealed("pw"), Text::concealed("other"), true),
        ] {
            assert_eq!(one.agrees(&other), expected, "{one} {other}");
            assert_eq!(other.agrees(&one), expected, "{other} {one}");
        }
    }

    #[test]
    fn a_secret_in_clear_has_the_rest_of_the_text_around_it() {
        assert!(text(&["u:", "$PW", "@h"]).is_in_clear_as("u:pw@h"));
        assert!(!text(&["u:", "$PW", "@h"]).is_in_clear_as("sqlite://"));
        assert!(!text(&["u:pw@h"]).is_in_clear_as("u:pw@h"));
    }

    #[test]
    fn no_secret_is_shown_or_held() {
        let texts = [Text::concealed("hunter2"), text(&["u:", "$PW", "@h"]), text(&["?"])];
        assert_eq!(texts.map(|it| it.to_string()), ["(secret)", "u:(secret)@h", "(unknown)"]);
        assert!(!format!("{:?}", Text::concealed("hunter2")).contains("hunter2"));
    }
}
