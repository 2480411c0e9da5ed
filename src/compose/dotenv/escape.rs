//! The escapes of environment files in values with double quotes, undone without losing track of where
//! things stood. Knows nothing of quotes and references.

/// A value without its escapes, and where its parts stood.
pub(super) struct Unescaped {
    /// The text, in which references are still to be replaced.
    pub(super) text: String,
    /// From the first offset on, the text stood in the file from the second one on.
    origins: Vec<(usize, usize)>,
}

impl Unescaped {
    /// A value without escapes, which stood at `start`.
    pub(super) fn plain(value: &str, start: usize) -> Self {
        Self { text: value.to_owned(), origins: vec![(0, start)] }
    }

    /// The place in the file of a place in the text.
    pub(super) fn origin(&self, offset: usize) -> usize {
        let behind = self.origins.partition_point(|(text, _)| *text <= offset);
        let (text, file) = self.origins[..behind].last().copied().unwrap_or_default();
        file + (offset - text)
    }
}

/// Undoes the escapes of a value in double quotes that stood at `start`. `\$` becomes `$$`, which the
/// expansion will turn into the dollar; what is no escape stays, its backslash included.
pub(super) fn undo(inner: &str, start: usize) -> Unescaped {
    let mut text = String::with_capacity(inner.len());
    let mut origins = vec![(0, start)];
    let mut rest = inner;
    while let Some(before) = rest.find('\\') {
        text.push_str(&rest[..before]);
        let escape = &rest[before..];
        let (replacement, len) = escape_sequence(escape);
        text.push_str(&replacement);
        rest = &escape[len..];
        origins.push((text.len(), start + inner.len() - rest.len()));
    }
    text.push_str(rest);
    Unescaped { text, origins }
}

/// What the escape at the start of the text means, and its length.
fn escape_sequence(text: &str) -> (String, usize) {
    let Some(second) = text[1..].chars().next() else { return ("\\".to_owned(), 1) };
    let meaning = match second {
        'a' => "\u{7}",
        'b' => "\u{8}",
        'f' => "\u{c}",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\u{b}",
        '$' => "$$",
        '"' => "\"",
        '\\' => "\\",
        '0' => {
            let digits = &text[2..2 + text[2..].bytes().take(3).take_while(u8::is_ascii_digit).count()];
            let octal = u8::from_str_radix(digits, 8).ok().filter(|_| digits.len() == 3);
            let meaning = octal.map_or_else(|| format!("\\{digits}"), |code| char::from(code).to_string());
            return (meaning, 2 + digits.len());
        }
        _ => return (text[..1 + second.len_utf8()].to_owned(), 1 + second.len_utf8()),
    };
    (meaning.to_owned(), 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn remembers_where_things_stood() {
        let value = undo(r"a\nb\0101\$c", 10);
        assert_eq!(value.text, "a\nbA$$c");
        let origins = [(0, 10), (2, 13), (3, 14), (4, 19), (6, 21), (7, 22)];
        for (offset, origin) in origins {
            assert_eq!(value.origin(offset), origin, "{offset}");
        }
    }

    proptest! {
        #[test]
        fn text_without_a_backslash_stays(text in r"[^\\]*", start in 0usize..100) {
            let value = undo(&text, start);
            prop_assert_eq!(value.origin(text.len()), start + text.len());
            prop_assert_eq!(value.text, text);
        }
    }
}
