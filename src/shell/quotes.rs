//! Quotes of a shell: how they are taken away, and how they are put around words.

/// What stands within the quotes around a word; a word with more to it stays.
pub(super) fn bare(word: &str) -> &str {
    let quoted = ['"', '\''].into_iter().find_map(|quote| word.strip_prefix(quote)?.strip_suffix(quote));
    quoted.filter(|inner| !inner.contains(['"', '\'', '$', '\\'])).unwrap_or(word)
}

/// A word without the quotes and backslashes that the shell takes away. What it puts in the place of `$…` stays as it
/// is written.
pub(super) fn unquoted(word: &str) -> String {
    let mut text = String::with_capacity(word.len());
    let mut quote = None;
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\'' | '"', None) => quote = Some(character),
            (end, Some(open)) if end == open => quote = None,
            ('\\', None) => text.extend(characters.next()),
            ('\\', Some('"')) if matches!(characters.peek(), Some('"' | '\\' | '$' | '`')) => {
                text.extend(characters.next());
            }
            (other, _) => text.push(other),
        }
    }
    text
}

/// A word as one would type it: quoted if a shell would make something else of it.
pub fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => in_quotes(word),
    }
}

/// Words as a shell takes them for these very words: none is a keyword.
pub fn line(words: &[String]) -> String {
    words.iter().map(|word| in_quotes(word)).collect::<Vec<_>>().join(" ")
}

fn in_quotes(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_taken_away() {
        for (word, inner, text) in [
            ("a", "a", "a"),
            ("'a b'", "a b", "a b"),
            ("\"a b\"", "a b", "a b"),
            ("\"a $B\"", "\"a $B\"", "a $B"),
            ("a'b'\"c\"", "a'b'\"c\"", "abc"),
            ("\"a\\\"b\\n\"", "\"a\\\"b\\n\"", "a\"b\\n"),
            ("a\\ b", "a\\ b", "a b"),
            ("'a", "'a", "a"),
        ] {
            assert_eq!((bare(word), unquoted(word).as_str()), (inner, text), "{word}");
        }
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expected) in
            [("a/b-c=1", "a/b-c=1"), ("", "''"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("$A", "'$A'")]
        {
            assert_eq!(quoted(word), expected, "{word}");
            assert_eq!(unquoted(&quoted(word)), word, "{word}");
        }
        assert_eq!(line(&["if".to_owned(), "x".to_owned()]), "'if' 'x'");
    }
}
