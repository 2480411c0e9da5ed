//! Names of projects: compose specification, "Version and name top-level elements".

/// Makes a name from `name:` or of a directory fit: lower case, nothing but `a`–`z`, `0`–`9`, `_` and
/// `-`, and no `_` or `-` in front. The result may be empty, and then no name.
pub fn normalise(text: &str) -> String {
    let lower = text.to_lowercase();
    let kept: String = lower.chars().filter(|character| is_allowed(*character)).collect();
    kept.trim_start_matches(['_', '-']).to_owned()
}

/// Can the name stand as it is? One given on the command line or in `COMPOSE_PROJECT_NAME` must.
pub fn is_clean(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['_', '-']) && text.chars().all(is_allowed)
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || matches!(character, '_' | '-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn normalises_like_docker_compose() {
        let cases = [
            ("foo", "foo"),
            ("Foo", "foo"),
            ("foo.bar", "foobar"),
            ("_-My App_1-", "myapp_1-"),
            ("éa", "a"),
            (".-_", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(normalise(text), expected, "{text}");
            assert_eq!(is_clean(text), text == expected && !text.is_empty(), "{text}");
        }
        assert!(!is_clean(""));
    }

    proptest! {
        #[test]
        fn what_is_normal_is_clean_or_empty(text: String) {
            let name = normalise(&text);
            prop_assert!(name.is_empty() || is_clean(&name));
            prop_assert_eq!(normalise(&name), name);
        }
    }
}
