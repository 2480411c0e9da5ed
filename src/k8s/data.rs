//! What ConfigMaps can carry on their way through kustomize.

/// Can kustomize write the text into a ConfigMap so that every reader gets it back? Its YAML writer turns
/// U+0085 into a blank, stops at control characters, and leaves hexadecimal numbers of more than 64 bits
/// bare, which YAML 1.1 readers take for numbers. In a Secret, which is written in base64, all are safe.
pub fn is_plain_text(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']).strip_prefix("0x").unwrap_or_default();
    let number = digits.len() > 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    !number
        && !text.chars().any(|character| match character {
            '\t' | '\n' => false,
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
            _ => false,
        })
}
