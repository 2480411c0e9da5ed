//! References to variables within values: `${NAME}`, `${NAME:-default}`, `$NAME`, `$(NAME)`.
//!
//! They say where a secret comes from, not what it is: masking leaves them readable.

/// How deep `${A:-${B:-…}}` is followed; below, everything is masked.
const MAX_NESTING: usize = 16;

/// Whether there is anything but references without a default.
pub(super) fn has_literal(text: &str) -> bool {
    mask(text) != text
}

/// The text with `*` for every character that is no reference. `$$` is a literal dollar.
pub(super) fn mask(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    mask_into(text, 0, &mut result);
    result
}

/// [`has_literal`] for what a shell or the kubelet reads, where a doubled dollar is one that compose leaves: none
/// in `$1`, `$(cat file)`, `` `cat file` ``, `$$NAME`.
pub(super) fn has_shell_literal(text: &str) -> bool {
    has_shell_literal_within(text, 0)
}

fn has_shell_literal_within(text: &str, nesting: usize) -> bool {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '`' => rest[1..].find('`').map(|end| end + 2),
            '$' => {
                let dollars = rest.len() - rest.trim_start_matches('$').len();
                match shell_reference(&rest[dollars..]) {
                    Some((length, fallback))
                        if fallback.is_empty()
                            || nesting < MAX_NESTING && !has_shell_literal_within(fallback, nesting + 1) =>
                    {
                        Some(dollars + length)
                    }
                    _ => None,
                }
            }
            '"' | '\'' | '\\' => Some(1),
            _ => None,
        };
        let Some(length) = length else { return true };
        rest = &rest[length..];
    }
    false
}

/// Length of the letters, digits and `_` that a text begins with.
fn name_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Length of the reference behind its dollar, and what it falls back to.
fn shell_reference(text: &str) -> Option<(usize, &str)> {
    match text.chars().next()? {
        '(' => Some((closing(text, '(', ')')?, "")),
        '{' => {
            let length = closing(text, '{', '}')?;
            let inner = &text[1..length - 1];
            let operator = &inner[name_length(inner)..];
            let operator = operator.strip_prefix(':').unwrap_or(operator);
            Some((length, operator.strip_prefix(['-', '+', '=']).unwrap_or_default()))
        }
        first if first.is_ascii_digit() || "@*#?!".contains(first) => Some((1, "")),
        first if first.is_ascii_alphabetic() || first == '_' => Some((name_length(text), "")),
        _ => None,
    }
}

/// The characters outside of references, which `$` and one of `opening` begins and one of `closing` ends.
pub(super) fn outside<'a>(
    text: &'a str,
    opening: &'a str,
    closing: &'a str,
) -> impl Iterator<Item = (usize, char)> + 'a {
    let mut depth = 0_usize;
    text.char_indices().filter(move |(at, c)| {
        if opening.contains(*c) && text[..*at].ends_with('$') {
            depth += 1;
        } else if depth > 0 && closing.contains(*c) {
            depth -= 1;
            return false;
        }
        depth == 0
    })
}

/// Offset behind what closes the first character.
pub(super) fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

fn mask_into(text: &str, nesting: usize, result: &mut String) {
    let stars = |text: &str| "*".repeat(text.chars().count());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&stars(&rest[..at]));
        rest = &rest[at..];
        if begins_hash(rest) {
            break;
        }
        let length = if rest.starts_with("${") {
            // Without an end there is no reference from here on.
            let Some(length) = closing_brace(rest).filter(|_| nesting < MAX_NESTING) else { break };
            mask_braces(&rest[..length], nesting, result);
            length
        } else {
            let dollars = if rest.starts_with("$$") { 2 } else { 1 };
            let length = simple_reference(rest);
            result.push_str(length.map_or(&"**"[..dollars], |length| &rest[..length]));
            length.unwrap_or(dollars)
        };
        rest = &rest[length..];
    }
    result.push_str(&stars(rest));
}

/// Whether the hash of a password begins here, `$apr1$…`, as `htpasswd` and `crypt` write them.
pub(super) fn begins_hash(text: &str) -> bool {
    const METHODS: [&str; 8] = ["1", "2a", "2b", "2x", "2y", "5", "6", "apr1"];
    let Some((method, rest)) = text.strip_prefix('$').and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    let is_long = |hash: &str| {
        let letters = hash.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"./".contains(byte));
        letters.count() >= 8
    };
    method.starts_with("argon2")
        || METHODS.contains(&method) && rest.split_once('$').is_some_and(|(_, hash)| is_long(hash))
}

/// `${NAME}` stays, `${NAME:-default}` and `${NAME:+value}` keep all but what they fall back to.
fn mask_braces(reference: &str, nesting: usize, result: &mut String) {
    let inner = &reference[2..reference.len() - 1];
    let name = name_length(inner);
    let operator = match &inner[name..] {
        rest if rest.starts_with(":-") || rest.starts_with(":+") => 2,
        rest if rest.starts_with(['-', '+']) => 1,
        rest if rest.is_empty() || rest.starts_with('?') || rest.starts_with(":?") => {
            result.push_str(reference);
            return;
        }
        _ => {
            result.push_str(&"*".repeat(reference.chars().count()));
            return;
        }
    };
    let (kept, fallback) = inner.split_at(name + operator);
    result.push_str("${");
    result.push_str(kept);
    mask_into(fallback, nesting + 1, result);
    result.push('}');
}

/// Length of `$NAME` or `$(NAME)`.
fn simple_reference(text: &str) -> Option<usize> {
    let name = |text: &str| {
        let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts.then(|| name_length(text))
    };
    match text.strip_prefix("$(") {
        Some(inner) => {
            name(inner).filter(|length| inner[*length..].starts_with(')')).map(|length| length + 3)
        }
        None => name(&text[1..]).map(|length| length + 1),
    }
}

/// Offset behind the brace that ends the `${` at the start of the text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' if text[..at].ends_with('$') => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        let cases = [
            ("${A}", false),
            ("$A-$B", true),
            ("$A$(B)${C:?unset}${D?}", false),
            ("${A:-}", false),
            ("${A:-${B}}", false),
            ("${A:-${B:-x}}", true),
            ("${A:+x}", true),
            ("${A", true),
            ("$$", true),
            ("$", true),
            ("$1", true),
            ("${a b}", true),
            ("", false),
        ];
        for (text, expected) in cases {
            assert_eq!(has_literal(text), expected, "{text}");
        }
    }

    #[test]
    fn literals_for_a_shell() {
        let cases = [
            ("$A", false),
            ("$$A", false),
            ("$${A}", false),
            ("$(A)", false),
            ("$(cat /run/secrets/a)", false),
            ("$$(A)", false),
            ("`cat a`", false),
            ("\"$1\"", false),
            ("\\\"$A\\\"", false),
            ("${A:?unset}", false),
            ("${A:-$B}", false),
            ("${A:-x}", true),
            ("pa$$word", true),
            ("$", true),
            ("${A", true),
            ("x", true),
        ];
        for (text, expected) in cases {
            assert_eq!(has_shell_literal(text), expected, "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_masked_as_a_whole() {
        let text = "${A:-".repeat(10_000) + &"}".repeat(10_000);
        assert!(has_shell_literal(&text));
        assert_eq!(mask(&text).chars().count(), text.chars().count());
    }
}
