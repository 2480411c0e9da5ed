//! What the names of parameters say: of options, of fields in JSON and connection strings, of headers, of
//! what stands behind the `?` of a URL, of labels. They are freer than the names of variables, and more of
//! them only speak *about* a secret.

use std::borrow::Cow;

use super::{
    asks_for_quantity, is_quantity,
    literal::{Dollar, looks_random, may_be_secret},
    names::{self, Says},
};

/// Whether the value of a parameter of this name is a secret that somebody wrote down.
pub(super) fn is_secret(name: &str, value: &str, dollar: Dollar) -> bool {
    let name = &*own_name(name);
    let tells = match names::says(name) {
        Says::Secret => true,
        Says::Key | Says::Perhaps => looks_random(value.trim()),
        Says::Nothing => false,
    };
    tells && may_be_secret(value, dollar) && !(asks_for_quantity(name) && begins_as_quantity(value))
}

/// Whether a parameter of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    names::says(&own_name(name)) == Says::Secret
}

/// Whether the value of such a parameter may be one.
pub(super) fn may_tell(name: &str) -> bool {
    names::says(&own_name(name)) != Says::Nothing
}

/// The last part of `spring.datasource.password` and of `example.com/password`, and the last two of `stripe.api.key`: a key
/// alone may be any.
fn own_name(name: &str) -> Cow<'_, str> {
    let name = name.trim_end_matches("[]");
    let mut parts = name.rsplit(['.', '/', ':']);
    let last = parts.next().unwrap_or(name);
    match parts.next() {
        Some(before) if last.eq_ignore_ascii_case("key") && !before.is_empty() => {
            format!("{before}_{last}").into()
        }
        _ => last.into(),
    }
}

fn begins_as_quantity(value: &str) -> bool {
    is_quantity(value) || value.len() < 8 && value.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let cases = [
            ("token", "x", true),
            ("requirepass", "x", true),
            ("store-pass", "x", true),
            ("keyStorePassword", "x", true),
            ("NotebookApp.token", "x", true),
            ("dev-root-token-id", "root", true),
            ("AccountKey", "x==", true),
            ("Pwd", "x", true),
            ("X-Api-Key", "x", true),
            ("sig", "3f2a9c1b7d4e8f60", true),
            ("key", "3f2a9c1b7d4e8f60", true),
            ("key", "name", false),
            ("token-ttl", "300", false),
            ("token-ttl", "1h30m", false),
            ("password-file", "x", false),
            ("password-command", "x", false),
            ("tokenUrl", "x", false),
            ("no-password", "x", false),
            ("token-service.rule", "x", false),
            ("bypass", "x", false),
            ("compass", "x", false),
            ("token", "", false),
            ("token", "false", false),
            ("user", "x", false),
        ];
        for (name, value, expected) in cases {
            assert_eq!(is_secret(name, value, Dollar::Sign), expected, "{name} {value}");
        }
    }
}
