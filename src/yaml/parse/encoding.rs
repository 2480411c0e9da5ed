//! From bytes to text. YAML says by a byte order mark which Unicode encoding it is in.

use std::fmt;

/// Bytes that are no text in the encoding they claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotText {
    /// The encoding.
    pub encoding: &'static str,
    /// Offset of the first byte that does not belong.
    pub offset: usize,
    /// The line it stands in, from 1.
    pub line: usize,
}

impl fmt::Display for NotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not {} (byte offset {})", self.line, self.encoding, self.offset)
    }
}

/// The text of a YAML file: UTF-8, or UTF-16 if it begins with that byte order mark. A mark in
/// UTF-8 stays, so that offsets are those of the file.
pub fn decode(bytes: Vec<u8>) -> Result<String, NotText> {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16LE"),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16BE"),
        _ => String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            let line = 1 + error.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
            NotText { encoding: "UTF-8", offset, line }
        }),
    }
}

/// `bytes` is what follows the byte order mark.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, encoding: &'static str) -> Result<String, NotText> {
    let (pairs, rest) = bytes.as_chunks();
    let mut text = String::with_capacity(bytes.len());
    let refuse = |text: &str, offset| {
        let line = 1 + text.matches('\n').count();
        Err(NotText { encoding, offset, line })
    };
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return refuse(&text, 2 + 2 * text.encode_utf16().count()),
        }
    }
    if rest.is_empty() { Ok(text) } else { refuse(&text, 2 + 2 * pairs.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_marks_choose_the_encoding() {
        let cases: &[(&[u8], Result<&str, &str>)] = &[
            (b"", Ok("")),
            ("a: é".as_bytes(), Ok("a: é")),
            (b"\xef\xbb\xbfa", Ok("\u{feff}a")),
            (b"\xff\xfea\0\x3d\xd8\x80\xde", Ok("a\u{1f680}")),
            (b"\xfe\xff\0a\0\n", Ok("a\n")),
            (b"a\nb\xff", Err("line 2 is not UTF-8 (byte offset 3)")),
            (b"\xff\xfea\0\n\0\x3d\xd8a\0", Err("line 2 is not UTF-16LE (byte offset 6)")),
            (b"\xfe\xff\0a\0", Err("line 1 is not UTF-16BE (byte offset 4)")),
        ];
        for (bytes, expected) in cases {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(decode(bytes.to_vec()).map_err(|error| error.to_string()), expected, "{bytes:?}");
        }
    }
}
