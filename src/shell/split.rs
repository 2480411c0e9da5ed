//! Words as a shell makes them, where no shell is needed to know.

use super::word::{Name, Operation, Piece, pieces};

/// The words that the shell makes of a written one, if the text alone and the arguments decide it:
/// quotes removed, positional parameters in place, unquoted ones split at blanks. Nothing if it takes
/// a shell to know: variables, commands, patterns.
pub(super) fn split_word(word: &str, arguments: &[String]) -> Option<Vec<String>> {
    let mut split = Split { words: Vec::new(), current: None };
    for piece in pieces(word)? {
        split.piece(&piece, arguments, false)?;
    }
    split.end();
    Some(split.words)
}

/// The same of several written words.
pub(super) fn split_words(words: &[String], arguments: &[String]) -> Option<Vec<String>> {
    let words: Option<Vec<_>> = words.iter().map(|word| split_word(word, arguments)).collect();
    words.map(|words| words.concat())
}

/// Words in the making.
struct Split {
    words: Vec<String>,
    current: Option<String>,
}

impl Split {
    fn piece(&mut self, piece: &Piece, arguments: &[String], quoted: bool) -> Option<()> {
        match piece {
            Piece::Text(text) if quoted => self.add(text),
            Piece::Text(text) => {
                if has_pattern(text) || text.contains('{') {
                    return None;
                }
                self.add(text);
            }
            Piece::Quoted(text) => self.add(text),
            Piece::Escaped(text) if text == "\n" => {}
            Piece::Escaped(text) => self.add(text),
            Piece::Double(pieces) => {
                // `"$@"` is as many words as there are arguments; none make none.
                let all = pieces.contains(&Piece::Parameter(Name::All { joined: false }, Operation::Plain));
                if !all {
                    self.add("");
                }
                for piece in pieces {
                    self.piece(piece, arguments, true)?;
                }
            }
            Piece::Parameter(name, Operation::Plain) => self.parameter(name, arguments, quoted)?,
            _ => return None,
        }
        Some(())
    }

    fn parameter(&mut self, parameter: &Name, arguments: &[String], quoted: bool) -> Option<()> {
        match parameter {
            Name::Positional(number) => {
                let index = number.checked_sub(1)?;
                let text = arguments.get(index).map_or("", String::as_str);
                if quoted { self.add(text) } else { self.add_split(text)? }
            }
            Name::All { joined } => {
                if quoted && *joined {
                    self.add(&arguments.join(" "));
                    return Some(());
                }
                for (index, text) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.end();
                    }
                    if quoted { self.add(text) } else { self.add_split(text)? }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn add(&mut self, text: &str) {
        self.current.get_or_insert_default().push_str(text);
    }

    /// What an unquoted parameter says is split at blanks, and patterns in it are matched.
    fn add_split(&mut self, text: &str) -> Option<()> {
        if has_pattern(text) {
            return None;
        }
        if text.starts_with(char::is_whitespace) {
            self.end();
        }
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self.end();
            }
            self.add(word);
        }
        if text.ends_with(char::is_whitespace) {
            self.end();
        }
        Some(())
    }

    fn end(&mut self) {
        self.words.extend(self.current.take());
    }
}

fn has_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_the_shell_does() {
        let arguments = ["app:sync --limit 10".to_owned(), "*".to_owned()];
        let cases = [
            ("$1", Some(vec!["app:sync", "--limit", "10"])),
            ("\"$1\"", Some(vec!["app:sync --limit 10"])),
            ("x$1", Some(vec!["xapp:sync", "--limit", "10"])),
            ("$2", None),
            ("\"$2\"", Some(vec!["*"])),
            ("$3", Some(vec![])),
            ("\"$3\"", Some(vec![""])),
            ("\"$@\"", Some(vec!["app:sync --limit 10", "*"])),
            ("*.txt", None),
            ("$HOME", None),
            ("'$HOME'", Some(vec!["$HOME"])),
        ];
        for (word, expected) in cases {
            let expected = expected.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(split_word(word, &arguments), expected, "{word}");
        }
    }
}
