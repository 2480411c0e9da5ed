//! Numbers, by the grammar of Go's `strconv` as go-yaml v3 uses it.

use super::Value;

/// The number that a text beginning with a digit or a sign says. Underscores anywhere behind the
/// first character are dropped first.
pub(super) fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    integer(&plain).map(Value::Int).or_else(|| decimal(&plain).map(Value::Float))
}

/// The number that a text beginning with a point says. Underscores may stand between digits only.
pub(super) fn after_point(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let well_placed = (0..bytes.len())
        .filter(|index| bytes.get(*index) == Some(&b'_'))
        .all(|index| index > 0 && is_digit(index - 1) && is_digit(index + 1));
    if well_placed { decimal(&text.replace('_', "")) } else { None }
}

/// An integer of 64 bits: signed, or unsigned if it has no sign. A leading zero means octal.
fn integer(text: &str) -> Option<i128> {
    let (signed, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if text.starts_with('-') { -magnitude } else { magnitude };
    (!signed || i64::try_from(value).is_ok()).then_some(value)
}

/// `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`, unless it is too large to be finite.
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let has_digit = !whole.is_empty() || !fraction.is_empty();
    if !has_digit || exponent.is_empty() || ![whole, fraction, exponent].into_iter().all(digits) {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite())
}
