//! What looks like a secret, by its name and by its value, and texts with their secrets starred out.
//!
//! Knows nothing of YAML trees or compose: names, values and source lines are plain text here, so
//! that every printer can use it. What a variable's name says is decided here; `text` and `words` find
//! secrets within values and commands, `mask` stars them out. What is hidden in the tree and what is hidden
//! in a report are found by the same functions.

mod content;
mod finder;
mod lazy_regex;
mod literal;
mod mask;
mod memo;
mod names;
mod parameter;
mod pattern;
mod pipes;
mod programs;
mod reference;
mod searched;
pub(crate) mod split;
mod text;
mod words;

use std::{borrow::Cow, ops::Range};

pub use content::{is_secret_content, is_secret_file};
pub use finder::Finder;
use literal::{Dollar, may_be_secret};
pub use mask::{Hidden, Lines, occurrences, redact, redact_values, redact_words};
use memo::{Memo, remembered};
use names::Says;
pub use searched::Searched;
use split::Style;

/// What a name says when its value is a duration, a size or a count, and not the secret itself.
const QUANTITY: &[&str] = &[
    "TTL",
    "TIMEOUT",
    "EXPIR",
    "VALIDITY",
    "LIFETIME",
    "ROTATION",
    "INTERVAL",
    "RETENTION",
    "_SECONDS",
    "_MINUTES",
    "_HOURS",
    "_DAYS",
    "MINLENGTH",
    "MINCHAR",
    "REQUIREMENTS",
    "BONUS",
    "POLICY",
    "TOKENS",
    "_LIMIT",
    "_SIZE",
    "_PORT",
];

/// Values that say nothing but yes or no.
const SWITCHES: &[&str] = &["true", "false", "yes", "no", "on", "off", "0", "1", "null", "~"];

/// Whether a word by itself may be a value that nobody thought of, as one in base64 is.
pub fn may_be_value(word: &str) -> bool {
    is_random(word)
}

/// Whether a variable of this name is meant to hold a secret. Its value may still be none: see [`is_secret`].
///
/// Case does not count, and `-` and `.` count as `_`.
pub fn is_secret_key(name: &str) -> bool {
    names::says(name) == Says::Secret
}

/// Whether the value looks like a secret whatever its name: a URL or a connection string with a password in it,
/// private key material, a token of a well-known shape, options that say a password. The value is one that no
/// reference is left in: a `$` in it is a dollar.
pub fn is_secret_value(value: &str) -> bool {
    thread_local!(static KNOWN: Memo<bool> = Memo::default());
    remembered(&KNOWN, value, |value| is_bearer(value) || !in_value(value).is_empty())
}

/// Whether the value, under this name, is a secret to hide. Switches, empty values and absolute paths are
/// none, nor is a bare quantity under a name that asks for one. The value is one that no reference is
/// left in.
pub fn is_secret(name: &str, value: &str) -> bool {
    is_secret_value(value) || is_secret_by_name(name, &as_written(value))
}

/// [`is_secret`] for a value as a file writes it, before interpolation: `${DB_PASSWORD}` is none,
/// `${DB_PASSWORD:-hunter2}` is one.
pub fn is_written_secret(name: &str, written: &str) -> bool {
    is_bearer(written) || !ranges(written, Dollar::Compose).is_empty() || is_secret_by_name(name, written)
}

/// Whether the hash of a password is in the text, with its dollars as they are, `$apr1$…`. Compose takes the parts of
/// it for variables.
pub fn holds_hash(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| !text[..at].ends_with('$') && reference::begins_hash(&text[at..]))
}

/// Where secrets stand in a value that no reference is left in. The ranges may overlap.
pub fn in_value(value: &str) -> Vec<Range<usize>> {
    ranges(value, Dollar::Sign)
}

/// Where secrets stand in each of the words that a container of this image runs, or its health check: behind
/// options and in what [`in_value`] knows, but none in what a shell or the kubelet puts in place of `$NAME` and
/// `$(NAME)`. The ranges may overlap.
pub fn in_words(words: &[&str], image: &str) -> Vec<Vec<Range<usize>>> {
    words::of_command(words, image, Dollar::Shell)
}

/// Where secrets stand in the value of a label or an annotation, of which only the last part of the name tells.
/// The ranges may overlap.
pub fn in_label(name: &str, value: &str) -> Vec<Range<usize>> {
    let lists_users = ends_with_words(name, &["BASICAUTH_USERS", "DIGESTAUTH_USERS"]);
    if lists_users && is_literal(&as_written(value)) || parameter::is_secret(name, value, Dollar::Sign) {
        return std::iter::once(0..value.len()).collect();
    }
    in_value(value)
}

fn ranges(value: &str, dollar: Dollar) -> Vec<Range<usize>> {
    let mut ranges = text::ranges(value, dollar);
    ranges.extend(words::of_script(value, Style::Script, dollar));
    ranges
}

fn is_bearer(value: &str) -> bool {
    let header = value.trim_start();
    let bearer = header.get(..7).filter(|start| start.eq_ignore_ascii_case("bearer "));
    bearer.is_some_and(|_| header[7..].starts_with(|first: char| !first.is_whitespace() && first != '$'))
}

/// How a file would write this value.
fn as_written(value: &str) -> Cow<'_, str> {
    if value.contains('$') { Cow::Owned(value.replace('$', "$$")) } else { Cow::Borrowed(value) }
}

/// [`is_written_secret`], but for values that only their name gives away.
fn is_secret_by_name(name: &str, value: &str) -> bool {
    let tells = match names::says(name) {
        Says::Secret => true,
        Says::Key => may_be_secret(value, Dollar::Compose),
        Says::Perhaps => is_random(value) || is_pair(value) && is_for_user(name),
        Says::Nothing => {
            is_pair(value) && ends_with_words(name, &["LOGIN"]) || is_user_list(value) && lists_users(name)
        }
    };
    tells
        && !is_directory_of_shell(name, value)
        && is_literal(value)
        && !(is_quantity(value) && asks_for_quantity(name))
        && !literal::is_said_to_be_none(value)
        && !(value.contains("://")
            && name.to_uppercase().ends_with("DSN")
            && !value.contains(['@', '?', '$']))
}

/// Whether it is where a shell is or was: compose files have `${PWD}/…` in the sources of mounts, and directories of
/// build machines have random names.
fn is_directory_of_shell(name: &str, value: &str) -> bool {
    matches!(name, "PWD" | "OLDPWD") && value.starts_with('/')
}

/// Whether the name is one of a list of users, in which their passwords may be.
fn lists_users(name: &str) -> bool {
    ends_with_words(name, &["USERS"])
}

/// `user:password`, `user|password|…`, several of them.
fn is_user_list(value: &str) -> bool {
    value.split([',', ' ', ';']).any(|entry| {
        let mut parts = entry.split([':', '|']);
        let (Some(user), Some(password)) = (parts.next(), parts.next()) else { return false };
        !user.is_empty()
            && password.len() >= 4
            && !password.starts_with('/')
            && !password.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether it is the name of how somebody proves who one is, in which a user and a password may stand together.
fn is_for_user(name: &str) -> bool {
    ends_with_words(name, &["AUTH", "BASICAUTH", "CRED", "CREDS", "USERPASS"])
}

/// `user:password`, and no `host:port`.
fn is_pair(value: &str) -> bool {
    value.trim().split_once([':', '/']).is_some_and(|(user, password)| {
        !user.is_empty()
            && !password.is_empty()
            && !user.contains(|c: char| c.is_whitespace() || "/$".contains(c))
            && !password.starts_with('/')
            && !password.contains(char::is_whitespace)
            && !password.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether the value looks as if nobody had thought of it: long, of letters and digits, without words.
fn is_random(value: &str) -> bool {
    let value = value.trim();
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let upper = value.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = value.bytes().any(|byte| byte.is_ascii_lowercase());
    value.len() >= 16
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte))
        && (upper || lower)
        && (digits >= 4 || digits >= 1 && upper && lower)
}

/// Whether the value itself says something that is not known from elsewhere.
fn is_literal(value: &str) -> bool {
    let text = value.trim();
    !text.is_empty()
        && !SWITCHES.iter().any(|switch| text.eq_ignore_ascii_case(switch))
        && !is_absolute_path(text)
        && reference::has_literal(value)
}

fn normal_name(name: &str) -> String {
    let mut normal = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    for letter in name.trim().chars() {
        // `accountKey` is two words.
        if letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            normal.push('_');
        }
        match letter {
            '-' | '.' => normal.push('_'),
            letter if letter.is_ascii() => normal.push(letter.to_ascii_uppercase()),
            letter => normal.extend(letter.to_uppercase()),
        }
        before = letter;
    }
    normal
}

fn ends_with_words(name: &str, endings: &[&str]) -> bool {
    let name = normal_name(name);
    let mut before = endings.iter().filter_map(|ending| name.strip_suffix(ending));
    before.any(|before| before.is_empty() || before.ends_with('_'))
}

fn asks_for_quantity(name: &str) -> bool {
    let name = normal_name(name);
    let asks = |name: &str| QUANTITY.iter().any(|word| name.contains(word));
    asks(&name) || asks(&name.replace('_', ""))
}

/// A number, perhaps with a short unit. Long mixtures of digits and letters are no quantity.
fn is_quantity(value: &str) -> bool {
    let value = value.trim();
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    unit.len() < value.len()
        && (unit.is_empty() || value.len() < 8)
        && unit.len() <= 3
        && unit.chars().all(|c| c.is_ascii_alphabetic() || c == '%')
}

/// A path as people name files, which base64 with a leading slash is not.
fn is_absolute_path(value: &str) -> bool {
    let file_name = |part: &str| {
        part.chars().all(|c| c.is_ascii_alphanumeric() || "._-@ ".contains(c))
            && !(part.len() >= 16
                && part.chars().any(|c| c.is_ascii_digit())
                && part.chars().any(|c| c.is_ascii_lowercase())
                && part.chars().any(|c| c.is_ascii_uppercase()))
    };
    value.strip_prefix('/').is_some_and(|rest| rest.split('/').all(file_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in "POSTGRES_PASSWORD db_password DB_PASS PASS MYSQL_PWD JWT_PASSPHRASE api-key apiKey \
            STRIPE_APIKEY spring.datasource.password AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY \
            GOOGLE_CREDENTIALS SENTRY_DSN PASSWORD_SALT APP_KEY FCM_SERVER_KEY OCI_CLI_KEY_CONTENT \
            GITHUB_TOKEN"
            .split(' ')
        {
            assert!(is_secret_key(name), "{name}");
        }
        for name in "AUTHOR KEYCLOAK_USER KEYBOARD COMPASS BYPASS FOO_URL POSTGRES_PASSWORD_FILE \
            MYSQL_ALLOW_EMPTY_PASSWORD MYSQL_RANDOM_ROOT_PASSWORD SECRET_NAME MONKEY PARTITION_KEY \
            BACK_PROXY_PASS SALTED"
            .split(' ')
        {
            assert!(!is_secret_key(name), "{name}");
        }
    }

    #[test]
    fn the_directory_of_a_shell_is_no_password() {
        for (name, value, expected) in [
            ("PWD", "/builds/aB3dE5fG7hJ9kL1mN3pQ/shop", false),
            ("OLDPWD", "/builds/aB3dE5fG7hJ9kL1mN3pQ", false),
            ("PWD", "svbUNsnaoN", true),
            ("ADMIN_PWD", "/builds/aB3dE5fG7hJ9kL1mN3pQ/shop", true),
        ] {
            assert_eq!(is_secret(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn values() {
        for value in [
            "postgres://app:pw@db/app",
            "amqp://:pw@mq",
            "redis://:${PW:-default}@redis",
            "mysql://u:x${PW}@db",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "-----BEGIN PRIVATE KEY-----",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_0123456789abcdefghijABCDEFGHIJ456789",
            "Bearer abc",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "eyJhbGciOiJIUzI1NiJ9.eyAgCiAgICAicm9sZSI6.c2ln",
        ] {
            assert!(is_written_secret("", value), "{value}");
        }
        for value in [
            "",
            "JWT",
            "http://api:8080/path",
            "http://api:8080/a@b",
            "postgres://app@db/app",
            "postgres://app:${PW}@db",
            "postgres://app:${PW:?unset}@db",
            "mysql://$(USER):$(PASSWORD)@db",
            "bearer ",
            "-----BEGIN CERTIFICATE-----",
            "ü",
        ] {
            assert!(!is_written_secret("", value), "{value}");
        }
    }

    #[test]
    fn names_with_values() {
        let cases = [
            ("DB_PASSWORD", "hunter2", true),
            ("DB_PASSWORD", "${DB_PASSWORD:-hunter2}", true),
            ("DB_PASSWORD", "/9j4AAQSkZJRgABAQ1", true),
            ("DB_PASSWORD", "12345678", true),
            ("TOKEN_TTL", "3600", false),
            ("TOKEN_TTL", "15m", false),
            ("TOKEN_LIFETIME", "1209600a", false),
            ("MAX_TOKENS", "4096", false),
            ("PASSWORDMINCHAR", "30", false),
            ("DB_PASSWORD", "", false),
            ("DB_PASSWORD", "${DB_PASSWORD}", false),
            ("DB_PASSWORD", "$DB_PASSWORD", false),
            ("DB_PASSWORD", "/run/secrets/db", false),
            ("USE_TOKEN", "yes", false),
            ("TOKEN_URL", "https://login.example.com/token", false),
            ("CH_DSN", "tcp://clickhouse:9000", false),
            ("SENTRY_DSN", "https://abc@sentry.example.com/1", true),
            ("FLOWER_BASIC_AUTH", "admin:pw", true),
            ("FLOWER_BASIC_AUTH", "${FLOWER_USER}:${FLOWER_PASSWORD}", false),
            ("ELASTICSEARCH_AUTH", "elastic:hunter2", true),
            ("SMTP_AUTH", "plain", false),
            ("PROXY_AUTH", "auth:9000", false),
            ("RABBITMQ_ERLANG_COOKIE", "hunter2", true),
            ("VAULT_UNSEAL_KEY", "hunter2", true),
            ("CERT_PEM_PASSCODE", "hunter2", true),
            ("LicenseKey", "Zx81kQ0pLm22vB7c", true),
            ("PARTITION_KEY", "tenant/region", false),
            ("VAPID_PUBLIC_KEY", "BNQ9kQ0pLm22vB7cZx81", false),
            ("AzureStorageAccountKey", "abc", true),
            ("SORT_KEY", "created-at-2024", false),
            ("TOKEN_URL", "https://u:p@login.example.com/token", true),
            ("FOO_URL", "https://example.com", false),
            ("AUTHOR", "hunter2", false),
        ];
        for (name, value, expected) in cases {
            assert_eq!(is_written_secret(name, value), expected, "{name}={value}");
        }
    }

    #[test]
    fn dollars_of_interpolated_values_are_no_references() {
        assert!(is_secret("DB_PASSWORD", "$ecret") && is_secret("DB_PASSWORD", "${x}"));
        assert!(is_secret_value("redis://:$ecret@redis"));
        assert!(!is_secret("DB_PASSWORD", "") && !is_secret("PRICE", "$5"));
    }
}
