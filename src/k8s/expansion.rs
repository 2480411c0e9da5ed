//! `$(NAME)` in `command`, `args` and `env[].value`: what the kubelet expands, and how to keep it from
//! doing so. Nothing is expanded in ConfigMaps, Secrets, probes and lifecycle commands.
//!
//! See [dependent variables](https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/).

/// The text that the kubelet expands to `text`.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        escaped.push(character);
        if character == '$' && matches!(characters.peek(), Some('$' | '(')) {
            escaped.push('$');
        }
    }
    escaped
}

/// The text by which a container refers to one of its variables.
pub fn reference(variable: &str) -> String {
    format!("$({variable})")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// The kubelet's expansion, to hold the escape against.
    fn expand(text: &str, variables: &BTreeMap<&str, &str>) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            expanded.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if let Some(tail) = after.strip_prefix('$') {
                expanded.push('$');
                rest = tail;
            } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')'))
            {
                match variables.get(name) {
                    Some(value) => expanded.push_str(value),
                    None => expanded.push_str(&format!("$({name})")),
                }
                rest = tail;
            } else {
                expanded.push('$');
                rest = after;
            }
        }
        expanded + rest
    }

    #[test]
    fn only_what_would_expand_is_doubled() {
        for (text, escaped) in [
            ("echo $HOME", "echo $HOME"),
            ("echo $(date)", "echo $$(date)"),
            ("kill $$", "kill $$$"),
            ("$$(x)", "$$$$(x)"),
            ("cost: 5$", "cost: 5$"),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    proptest! {
        #[test]
        fn expanding_undoes_the_escape(text in r"[$()A-B a]{0,24}") {
            let variables = BTreeMap::from([("A", "one"), ("B", "two")]);
            prop_assert_eq!(expand(&escape(&text), &variables), text);
        }
    }
}
