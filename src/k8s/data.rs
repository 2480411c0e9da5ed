//! What ConfigMaps can carry on their way through kustomize.

/// Can kustomize write the text into a ConfigMap as it is? Its YAML writer turns U+0085 into a blank and
/// stops at control characters; in a Secret, which is written in base64, all of them are safe.
pub fn is_plain_text(text: &str) -> bool {
    !text.chars().any(|character| match character {
        '\t' | '\n' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    })
}
