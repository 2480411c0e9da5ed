//! What options mean: those of programs, some of which have options of their own for secrets, and those that mean the
//! same for any program.

use super::names::{self, Says};
use crate::catalog::Options;

/// Directives of configuration that stand before a secret, as options do.
const DIRECTIVES: &[&str] = &["requirepass", "masterauth", "primaryauth"];

/// Options of any program with `user:password`, without their dashes.
const PAIRS: &[&str] =
    &["auth", "basic-auth", "basic_auth", "basicauth", "http-auth", "userpass", "user-pass"];

/// What an option says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is a secret.
    Secret,
    /// It is `user:password`.
    Pair,
    /// The option has none in the next word.
    Switch,
}

/// What an option, with its dashes, means for a program.
pub(super) fn meaning(program: Option<&Options>, option: &str) -> Option<Meaning> {
    let own = program.and_then(|program| {
        let lists = [
            (program.secrets, Meaning::Secret),
            (program.pairs, Meaning::Pair),
            (program.switches, Meaning::Switch),
        ];
        lists.into_iter().find(|(options, _)| options.contains(&option)).map(|(_, meaning)| meaning)
    });
    let name = option.trim_start_matches('-');
    let name = name.rsplit('.').next().unwrap_or(name);
    own.or_else(|| (option.len() > 2 && PAIRS.contains(&name)).then_some(Meaning::Pair))
}

/// Whether the value of a secret of this name follows: `secret_access_key`.
pub(super) fn is_named_value(word: &str) -> bool {
    names::says(word) == Says::Secret
}

/// Whether a secret follows on this word, though it is no option.
pub(super) fn is_directive(word: &str) -> bool {
    DIRECTIVES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn meanings() {
        let cases = [
            ("mysql", "-p", None),
            ("mysql", "--password", Some(Meaning::Switch)),
            ("redis-cli", "-a", Some(Meaning::Secret)),
            ("redis-cli", "-p", None),
            ("curl", "-u", Some(Meaning::Pair)),
            ("nobody", "-u", None),
            ("nobody", "--web.basic-auth", Some(Meaning::Pair)),
        ];
        for (name, option, expected) in cases {
            assert_eq!(meaning(catalog::options(name), option), expected, "{name} {option}");
        }
    }
}
