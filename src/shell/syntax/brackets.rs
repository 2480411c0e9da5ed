//! Arithmetic between brackets: where it ends, if it is arithmetic.

/// Bytes of the longest expression: each bracket looks so far ahead at most.
const LONGEST: usize = 400;

/// The bytes of `((…))`, with which a text begins; nothing if its two last parentheses stand apart.
pub(super) fn arithmetic_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if !bytes.starts_with(b"((") {
        return None;
    }
    let mut open = 2_usize;
    for (index, byte) in bytes.iter().enumerate().take(LONGEST).skip(2) {
        match byte {
            b'(' => open += 1,
            b')' if open == 2 => return (bytes.get(index + 1) == Some(&b')')).then_some(index + 2),
            b')' => open -= 1,
            _ => {}
        }
    }
    None
}

/// The bytes of `[…]`, with which a text begins, if it ends on the same line.
pub(super) fn brackets_length(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (index, byte) in text.bytes().enumerate().take(LONGEST) {
        match byte {
            b'[' => open += 1,
            b']' if open == 1 => return Some(index + 1),
            b']' => open -= 1,
            b'\n' => return None,
            _ => {}
        }
    }
    None
}
