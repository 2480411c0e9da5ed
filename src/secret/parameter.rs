//! What the names of parameters say: of options, of fields in JSON and connection strings, of headers, of
//! what stands behind the `?` of a URL, of labels. They are freer than the names of variables, and more of
//! them only speak *about* a secret.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    asks_for_quantity, is_any, is_quantity, is_secret_key,
    literal::{Dollar, looks_random, may_be_secret},
    patterns,
};

/// Names that are secret, without what separates their words, beside those that variables have too.
static NAMES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    patterns(&[
        "^(?:ACCOUNTKEY|AUTHKEY|AUTHORIZATION|KEYPASS|MASTERAUTH|PRIMARYAUTH|PROXYAUTHORIZATION)$",
        "^(?:SHAREDACCESSSIGNATURE|STOREPASS|USERPASS)$",
    ])
});

/// Names that are secret if the value looks like it.
const VAGUE: &[&str] = &["AUTH", "CODE", "KEY", "SAS", "SIG", "SIGN", "SIGNATURE"];

/// Words at the start of a name that make a switch of it.
const SWITCHING: &[&str] = &[
    "ALLOW", "ASK", "CHECK", "DISABLE", "ENABLE", "GENERATE", "HAS", "HIDE", "IS", "NO", "PROMPT", "REQUIRE",
    "SHOW", "SKIP", "USE", "VALIDATE", "VERIFY", "WITH", "WITHOUT",
];

/// Words at the end of a name that make it speak about a secret.
static ABOUT: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    patterns(&[r"(?x)^(?:
        ALG|ALGORITHM|AUDIENCE|BACKEND|CLASS|CMD|COMMAND|DIR|ENABLED|ENCRYPTION|ENDPOINT|ENGINE|ENV|FIELD|FILE
        |FORMAT|HEADERS?|HISTORY|HOST|ISSUER|LENGTH|LOOKUP|MANAGER|METHOD|MODE|NAME|ONLY|PATH|PLUGIN|PREFIX|PROMPT
        |PROVIDER|REF|REGEX|REQUIRED|SCOPES?|SERVICE|STDIN|STORAGE|STORE|STRENGTH|SUFFIX|TEMPLATE|TYPE|URI|URL
        |VALIDATION|VAR)$"])
});

/// Whether the value of a parameter of this name is a secret that somebody wrote down.
pub(super) fn is_secret(name: &str, value: &str, dollar: Dollar) -> bool {
    let name = own_name(name);
    let tells = is_secret_name(name);
    (tells || is_vague(name) && looks_random(value.trim()))
        && may_be_secret(value, dollar)
        && !(asks_for_quantity(name) && begins_as_quantity(value))
}

/// Whether a parameter of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let words = words(own_name(name));
    let speaks_about = words.first().is_some_and(|first| SWITCHING.contains(&first.as_str()))
        || words.last().is_some_and(|last| is_any(&ABOUT, last));
    let is_pass = words.last().is_some_and(|last| last == "PASS");
    !speaks_about && (is_pass || is_any(&NAMES, &words.concat()) || is_secret_key(&words.join("_")))
}

/// Whether the value of such a parameter may be one.
pub(super) fn may_tell(name: &str) -> bool {
    is_secret_name(name) || is_vague(own_name(name))
}

fn is_vague(name: &str) -> bool {
    VAGUE.contains(&words(name).concat().as_str())
}

/// The last part of `spring.datasource.password` and of `example.com/password`.
fn own_name(name: &str) -> &str {
    let name = name.trim_end_matches("[]");
    name.rsplit(['.', '/', ':']).next().unwrap_or(name)
}

/// `keyStorePassword` and `key-store-password` have three words.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for c in name.chars() {
        let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
        if c.is_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_uppercase());
            }
        }
        before = c;
    }
    words
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
