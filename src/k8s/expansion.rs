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

/// A part of a text that the kubelet expands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// What stays as it is; escapes are undone.
    Text(&'a str),
    /// A reference to the variable of this name. Without such a variable, the reference stays.
    Variable(&'a str),
}

/// The parts of a text, as the kubelet reads it.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(dollar) = text[at..].find('$').map(|found| at + found) {
        let behind = &text[dollar + 1..];
        if behind.starts_with('$') {
            parts.push(Part::Text(&text[start..=dollar]));
            (start, at) = (dollar + 2, dollar + 2);
        } else if let Some((name, _)) = behind.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            parts.push(Part::Text(&text[start..dollar]));
            parts.push(Part::Variable(name));
            (start, at) = (dollar + name.len() + 3, dollar + name.len() + 3);
        } else {
            at = dollar + 1;
        }
    }
    parts.push(Part::Text(&text[start..]));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn expand(text: &str, variables: &BTreeMap<&str, &str>) -> String {
        let expanded = parts(text).into_iter().map(|part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Variable(name) => {
                variables.get(name).map_or_else(|| reference(name), |value| (*value).to_owned())
            }
        });
        expanded.collect()
    }

    #[test]
    fn references_are_expanded_as_the_kubelet_does() {
        let variables = BTreeMap::from([("A", "one"), ("B", "$(A)")]);
        for (text, expanded) in [
            ("x-$(A)-$(B)", "x-one-$(A)"),
            ("$$(A)", "$(A)"),
            ("$$$(A)", "$one"),
            ("$(NONE) $", "$(NONE) $"),
            ("$(A", "$(A"),
            ("$A $é", "$A $é"),
            ("$()", "$()"),
            ("", ""),
        ] {
            assert_eq!(expand(text, &variables), expanded, "{text}");
        }
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
