//! Command lines given as one string, cut into words: `command`, `entrypoint` and the hooks.
//!
//! This is no shell: docker compose knows quotes and backslashes, keeps substitutions as they stand,
//! and gives up at the first operator without a word about the rest.

use super::ValueError;

/// The words of a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The words, without their quotes.
    pub words: Vec<String>,
    /// Offset of the first character that docker compose drops, at or before an unquoted `;`, `&`,
    /// `|`, `<` or `>`.
    pub dropped: Option<usize>,
}

/// Cuts a command line into words.
///
/// # Errors
/// On quotes, backquotes or `$(` without an end, a backslash at the end, and other parentheses.
pub fn split(text: &str) -> Result<Words, ValueError> {
    let mut splitter = Splitter::default();
    for (offset, character) in text.char_indices() {
        match splitter.take(offset, character) {
            Step::Next => {}
            Step::Stop(dropped) => {
                splitter.end_word();
                return Ok(Words { words: splitter.words, dropped: Some(dropped) });
            }
            Step::Parenthesis => {
                let message = "a parenthesis must be quoted, unless it belongs to `$(…)`".to_owned();
                return Err(ValueError { message, offset, len: 1 });
            }
        }
    }
    splitter.end_word();
    let open = match splitter {
        Splitter { escaped: Some(offset), .. } => Some((offset, "nothing follows this backslash")),
        Splitter { single: Some(offset), .. } | Splitter { double: Some(offset), .. } => {
            Some((offset, "this quote has no end"))
        }
        Splitter { back: Some(offset), .. } => Some((offset, "this backquote has no end")),
        Splitter { dollar: Some(offset), .. } => Some((offset, "this parenthesis has no partner")),
        Splitter { .. } => None,
    };
    match open {
        Some((offset, message)) => Err(ValueError { message: message.to_owned(), offset, len: 1 }),
        None => Ok(Words { words: splitter.words, dropped: None }),
    }
}

/// What has been read, and where each thing that is still open was opened.
#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    word: String,
    /// Offset of the word that is being read; a word may be empty.
    word_start: Option<usize>,
    escaped: Option<usize>,
    single: Option<usize>,
    double: Option<usize>,
    back: Option<usize>,
    dollar: Option<usize>,
}

enum Step {
    Next,
    /// What stands from here on does not count.
    Stop(usize),
    Parenthesis,
}

impl Splitter {
    fn take(&mut self, offset: usize, character: char) -> Step {
        if self.escaped.take().is_some() {
            self.push(offset, character);
            return Step::Next;
        }
        let substitution = self.back.is_some() || self.dollar.is_some();
        let quoted = self.single.is_some() || self.double.is_some();
        match character {
            '\\' if self.single.is_none() => {
                self.escaped = Some(offset);
                return Step::Next;
            }
            ' ' | '\t' | '\r' | '\n' if !quoted && !substitution => {
                self.end_word();
                return Step::Next;
            }
            '`' if !quoted && self.dollar.is_none() => toggle(&mut self.back, offset),
            // An unmatched one opens what the next one closes.
            ')' if !quoted && self.back.is_none() => toggle(&mut self.dollar, offset),
            '(' if !quoted && self.back.is_none() => {
                if self.dollar.is_some() || !self.word.ends_with('$') {
                    return Step::Parenthesis;
                }
                self.dollar = Some(offset);
            }
            '"' if self.single.is_none() && self.dollar.is_none() => {
                self.word_start.get_or_insert(offset);
                toggle(&mut self.double, offset);
                return Step::Next;
            }
            '\'' if self.double.is_none() && self.dollar.is_none() => {
                self.word_start.get_or_insert(offset);
                toggle(&mut self.single, offset);
                return Step::Next;
            }
            ';' | '&' | '|' | '<' | '>' if !quoted && !substitution => {
                // `2>` takes its number with it, and any other word that begins with a digit.
                if character == '>' && self.word.starts_with(|first: char| first.is_ascii_digit()) {
                    return Step::Stop(self.word_start.take().unwrap_or(offset));
                }
                return Step::Stop(offset);
            }
            _ => {}
        }
        self.push(offset, character);
        Step::Next
    }

    fn push(&mut self, offset: usize, character: char) {
        self.word_start.get_or_insert(offset);
        self.word.push(character);
    }

    fn end_word(&mut self) {
        if self.word_start.take().is_some() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }
}

fn toggle(open: &mut Option<usize>, offset: usize) {
    *open = if open.is_some() { None } else { Some(offset) };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cuts_like_docker_compose() {
        let cases: [(&str, &[&str]); 41] = [
            ("", &[]),
            ("  a \tb\r\nc ", &["a", "b", "c"]),
            ("é ü\u{a0}\u{b}x", &["é", "ü\u{a0}\u{b}x"]),
            ("a 'b c' \"d e\"", &["a", "b c", "d e"]),
            ("a 'b\"c' \"b'c\"", &["a", "b\"c", "b'c"]),
            ("a b\\ c \\\\ \\;", &["a", "b c", "\\", ";"]),
            (r#""b\"c" "b\nc" a\nb"#, &["b\"c", "bnc", "anb"]),
            (r"'\n' a\", &[]),
            (r"'\n'", &["\\n"]),
            ("a\\\nb", &["a\nb"]),
            ("a \"\" '' \"\"\"\"", &["a", "", "", ""]),
            ("a\"\"b c'd'e \"x\"'y'z", &["ab", "cde", "xyz"]),
            ("a # c", &["a", "#", "c"]),
            ("a=b * ~ $A", &["a=b", "*", "~", "$A"]),
            ("[\"x\"]", &["[x]"]),
            // Substitutions are kept as they stand.
            ("`ls -l` b", &["`ls -l`", "b"]),
            ("$(ls -l) x$(b)c", &["$(ls -l)", "x$(b)c"]),
            ("`a;b` $(a;b) \"$(b c)\"", &["`a;b`", "$(a;b)", "$(b c)"]),
            ("$(b \"c d\") `b \"c d\"`", &["$(b \"c d\")", "`b c d`"]),
            ("\\$(b) $(`) `)` `(` `$(`", &["$(b)", "$(`)", "`)`", "`(`", "`$(`"]),
            ("\"`\" \"(\" ')' \"\\`\"", &["`", "(", ")", "`"]),
            ("bash -c \"x=`y z`\"", &["bash", "-c", "x=`y z`"]),
            ("a) b) c", &["a) b)", "c"]),
            // Quoted operators are ordinary.
            ("sh -c \"a && b\" 'c;d'", &["sh", "-c", "a && b", "c;d"]),
            // What cannot be cut.
            ("a 'b\\'c'", &[]),
            ("a \"unterminated", &[]),
            ("a 'unterminated", &[]),
            ("'`'`", &[]),
            ("(a b)", &[]),
            ("a (b)", &[]),
            ("a $ (b)", &[]),
            ("a )", &[]),
            ("$((1+2))", &[]),
            ("a $(b $(c))", &[]),
            ("a $(b 'c", &[]),
            ("a `b \"c`", &[]),
            ("a `b' c` 'd", &[]),
            ("\"a\\", &[]),
            ("a \"b `c d` e", &[]),
            ("a 'b;", &[]),
            ("`'`'", &[]),
        ];
        for (text, expected) in cases {
            match split(text) {
                Ok(words) => assert_eq!(
                    (words.words, words.dropped),
                    (expected.iter().map(|w| (*w).to_owned()).collect(), None),
                    "{text}"
                ),
                Err(error) => assert!(expected.is_empty(), "{text}: {error}"),
            }
        }
    }

    #[test]
    fn says_what_it_drops() {
        let cases: [(&str, &[&str], usize); 13] = [
            ("a && b", &["a"], 2),
            ("a|b", &["a"], 1),
            ("a; b '", &["a"], 1),
            ("a;\\", &["a"], 1),
            ("a > f", &["a"], 2),
            ("a \"\"< f", &["a", ""], 4),
            ("<a", &[], 0),
            ("a 2>&1", &["a"], 2),
            ("a b2>c", &["a", "b2"], 4),
            ("2x>c", &[], 0),
            ("a é22>c", &["a", "é22"], 6),
            ("a \"2\">c", &["a"], 2),
            ("12>", &[], 0),
        ];
        for (text, expected, dropped) in cases {
            let words = split(text).unwrap();
            assert_eq!(
                (words.words, words.dropped),
                (expected.iter().map(|w| (*w).to_owned()).collect(), Some(dropped)),
                "{text}"
            );
        }
    }

    #[test]
    fn says_what_is_open() {
        for (text, offset) in
            [("a 'b", 2), ("é \"b", 3), ("a\\", 1), ("`a", 0), ("$(a", 1), ("a )", 2), ("a (", 2)]
        {
            assert_eq!(split(text).unwrap_err().offset, offset, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r#"([ab2 '"`$();&|<>\\]|\PC){0,20}"#) {
            match split(&text) {
                Ok(words) => prop_assert!(words.dropped.is_none_or(|offset| text.is_char_boundary(offset))),
                Err(error) => prop_assert!(text.get(error.offset..error.offset + error.len).is_some()),
            }
        }

        #[test]
        fn quoted_words_come_back(words in proptest::collection::vec(r"[^']{0,6}", 0..5)) {
            let text: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
            prop_assert_eq!(split(&text.join(" ")), Ok(Words { words, dropped: None }));
        }
    }
}
