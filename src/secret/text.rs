//! Where secrets stand in a text, whatever it is: assignments and connection strings, fields of JSON, headers,
//! what stands behind the `?` of a URL, webhooks, statements of SQL.

use std::ops::Range;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};

use super::{
    lazy_regex::{Captures, Match},
    literal::{Dollar, has_literal, looks_random, may_be_secret},
    parameter,
    pattern::{Pattern, Telling, found, telling},
    reference::outside,
};

/// `key=`; where the value ends is decided by [`assigned`].
static ASSIGNMENT: [Pattern; 1] =
    [Pattern::new(&["="], r"(?P<key>[A-Za-z_][A-Za-z0-9_.\[\]-]*(?: [A-Za-z]+)?)=")];

/// What has a name and a value with an end of its own.
static FIELDS: [Pattern; 6] = [
    Pattern::new(
        &["\""],
        r#""(?P<key>[A-Za-z_][A-Za-z0-9_. -]*)"\s*:\s*"(?P<value>[^"\\]*(?:\\.[^"\\]*)*)""#,
    ),
    Pattern::new(&["\\\""], r#"\\"(?P<key>[A-Za-z_][A-Za-z0-9_. -]*)\\"\s*:\s*\\"(?P<value>[^"\\]*)\\""#),
    Pattern::new(&["'"], r"'(?P<key>[A-Za-z_][A-Za-z0-9_. -]*)'\s*:\s*'(?P<value>[^']*)'"),
    // Without quotes around the key: JavaScript, or YAML in one line.
    Pattern::new(&["'"], r"(?:^|[{,\s])(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s*:\s*'(?P<value>[^']*)'"),
    Pattern::new(&["\""], r#"(?:^|[{,\s])(?P<key>[A-Za-z_][A-Za-z0-9_]*)\s*:\s*"(?P<value>[^"\\]*)""#),
    Pattern::new(&["-"], r#"(?i)(?P<key>\b[a-z][a-z0-9]*(?:-[a-z0-9]+)+):[ \t]*(?P<value>[^\s,;"']+)"#),
];

/// Lines of a configuration in YAML or of properties. A text of one line would be prose.
static LINES: [Pattern; 1] = [Pattern::new(
    &[":", "="],
    r#"(?m)^[ \t]*(?:-[ \t]+)?(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)(?::[ \t]+|[ \t]*=[ \t]*)["']?(?P<value>[^\s"'][^\r\n"']*)"#,
)];

/// In bytes. Nothing longer is looked at as a whole, so that the time for a text is in proportion to its length.
const MAX_VALUE: usize = 4096;

/// The ranges of a text that hold secrets; they may overlap.
pub(super) fn ranges(text: &str, dollar: Dollar) -> Vec<Range<usize>> {
    let mut ranges = line_ranges(text, dollar);
    if text.trim_end().contains('\n') {
        ranges.extend(fields(&LINES, text, dollar));
    }
    ranges
}

/// The same for a line of a file, in which `key: value` may be a key of the file.
pub(super) fn line_ranges(text: &str, dollar: Dollar) -> Vec<Range<usize>> {
    let mut ranges = nameless(text, dollar);
    ranges.extend(assignments(text, dollar));
    if text.contains(':') {
        ranges.extend(fields(&FIELDS, text, dollar));
    }
    ranges
}

/// What tells by itself, with no name that would have to say it.
pub(super) fn nameless(text: &str, dollar: Dollar) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = passwords(text, dollar).chain(webhooks(text)).collect();
    ranges.extend(telling(text).filter_map(|(kind, found)| told(kind, &found, dollar)));
    ranges
}

/// What a pattern found, if it is a secret.
fn told(kind: Telling, found: &Captures<'_>, dollar: Dollar) -> Option<Range<usize>> {
    let value = found.name("value");
    let may_be_secret = |value: &Match<'_>| may_be_secret(value.as_str(), dollar);
    let secret = match kind {
        Telling::Shape => found.name("secret").or(found.whole()),
        Telling::Authorization => value.filter(|value| {
            (found.name("scheme").is_some() || looks_random(value.as_str())) && may_be_secret(value)
        }),
        Telling::Basic => value.filter(|value| is_basic(value.as_str())),
        Telling::Statement => found.name("single").or_else(|| found.name("double")).filter(may_be_secret),
        Telling::GoAddress => value.filter(may_be_secret),
    };
    secret.map(|secret| secret.range())
}

/// `user:password` in base64.
fn is_basic(value: &str) -> bool {
    let decoded = BASE64_STANDARD_NO_PAD.decode(value.trim_end_matches('='));
    decoded.is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(':')))
}

/// What has a shape that only secrets have, and passwords in URLs.
pub(super) fn tokens(text: &str, dollar: Dollar) -> Vec<Range<usize>> {
    shapes(text).chain(passwords(text, dollar)).collect()
}

/// Passwords in URLs that are no mere references.
fn passwords(text: &str, dollar: Dollar) -> impl Iterator<Item = Range<usize>> + '_ {
    url_passwords(text).filter(move |range| has_literal(&text[range.clone()], dollar))
}

/// What has a shape that only secrets have: the group `secret` of one, or all of it.
pub(super) fn shapes(text: &str) -> impl Iterator<Item = Range<usize>> {
    let shapes = telling(text).filter(|(kind, _)| *kind == Telling::Shape);
    shapes.filter_map(|(_, found)| found.name("secret").or(found.whole()).map(|secret| secret.range()))
}

fn assignments(text: &str, dollar: Dollar) -> impl Iterator<Item = Range<usize>> + '_ {
    found(&ASSIGNMENT, text).filter_map(move |found| {
        let (whole, key) = (found.whole()?, found.name("key")?);
        if !parameter::may_tell(key.as_str().rsplit(' ').next().unwrap_or_default())
            && !parameter::may_tell(key.as_str())
        {
            return None;
        }
        let before = text[..key.range().start].chars().next_back();
        // `--key=value` is an option, `x.key=value` something else.
        if before.is_some_and(|c| c.is_alphanumeric() || "_-.$/".contains(c)) {
            return None;
        }
        let mut range = assigned(text, whole.range().end, before == Some(';'));
        if matches!(before, Some('?' | '&')) {
            let length = text[range.clone()].find('#').unwrap_or(range.len());
            range.end = range.start + length;
        }
        if is_argument(key.as_str(), &text[range.start..]) {
            return None;
        }
        let name = key.as_str().rsplit_once(' ').map_or(key.as_str(), |(first, last)| {
            // `User Password=` is a field of two words; of `export KEY=` only the second is a name.
            if before == Some(';') {
                key.as_str()
            } else if first.is_empty() {
                first
            } else {
                last
            }
        });
        parameter::is_secret(name, &text[range.clone()], dollar).then_some(range)
    })
}

/// The offset, or that of the character around it; the end of the text if there is no such offset.
fn boundary(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// The value that begins at `start`: up to its quote, or to what ends an unquoted one. In a connection string
/// only a semicolon does.
fn assigned(text: &str, start: usize, in_fields: bool) -> Range<usize> {
    let end = boundary(text, start + MAX_VALUE);
    let value = &text[start..end];
    for quote in ["\"", "'", "\\\"", "\\'"] {
        if let Some(inner) = value.strip_prefix(quote) {
            let length = inner.find(quote).unwrap_or(inner.len());
            return start + quote.len()..start + quote.len() + length;
        }
    }
    let length = outside(value, "{(", "})").find(|(at, c)| match c {
        ';' | '"' | '\'' | '`' | '\n' | '\r' => true,
        ',' => value[*at..].starts_with(", ") || has_key(&value[at + 1..]),
        '&' | '<' | '>' | '|' | ')' | '}' | ']' => !in_fields,
        c => c.is_whitespace() && !in_fields,
    });
    start..length.map_or(end, |(at, _)| start + at)
}

/// `f(password=password, …)`: a program's text, which names a variable.
fn is_argument(key: &str, value: &str) -> bool {
    value.strip_prefix(key).is_some_and(|rest| rest.starts_with([',', ')']))
}

/// Whether the text begins with `key=`.
fn has_key(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_. -".contains(c));
    rest.len() < text.len() && rest.starts_with('=')
}

fn fields<'a>(
    patterns: &'a [Pattern],
    text: &'a str,
    dollar: Dollar,
) -> impl Iterator<Item = Range<usize>> + 'a {
    found(patterns, text).filter_map(move |found| {
        let (key, value) = (found.name("key")?, found.name("value")?);
        if is_argument(key.as_str(), value.as_str()) {
            return None;
        }
        let is_scheme = key.as_str().to_ascii_lowercase().ends_with("authorization");
        let tells = !is_scheme && parameter::is_secret(key.as_str(), value.as_str(), dollar);
        tells.then(|| value.range())
    })
}

/// The part of a webhook's address that lets whoever knows it write.
fn webhooks(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut read = 0;
    text.match_indices("://").filter_map(move |(at, separator)| {
        let start = at + separator.len();
        if start < read {
            return None;
        }
        let ends = |c: char| c.is_whitespace() || "\"'`<>\\,;?#".contains(c);
        let limit = boundary(text, start + MAX_VALUE);
        let end = text[start..limit].find(ends).map_or(limit, |length| start + length);
        let address = &text[start..end];
        read = end;
        let host = address.split('/').next().unwrap_or_default();
        let mut behind = host.len() + 1;
        let mut is_hook = host.starts_with("hooks.");
        for segment in address.get(behind..)?.split('/') {
            let is_random = segment.len() >= 20 && looks_random(segment);
            if is_hook && is_random || host.starts_with("hooks.") && is_short_token(segment) {
                return Some(start + behind..end);
            }
            if !is_hook {
                behind += segment.len() + 1;
            }
            let lower = segment.to_ascii_lowercase();
            is_hook |= matches!(
                lower.as_str(),
                "hook" | "hooks" | "webhook" | "webhooks" | "webhookb2" | "incomingwebhook"
            );
        }
        None
    })
}

fn is_short_token(segment: &str) -> bool {
    segment.len() >= 6 && segment.bytes().any(|byte| byte.is_ascii_digit())
}

/// The passwords in the URLs of a text.
pub(super) fn url_passwords(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    text.match_indices("://").filter_map(|(at, separator)| {
        let start = at + separator.len();
        let authority = authority_length(&text[start..]);
        let userinfo = text[start..start + authority].rfind('@')?;
        match top_level_colon(&text[start..start + userinfo]) {
            Some(colon) => Some(start + colon + 1..start + userinfo),
            None => is_token(&text[..at], &text[start..start + authority], userinfo)
                .then_some(start..start + userinfo),
        }
    })
}

/// Hosts at which what is before the `@` of an address is a token.
const TOKEN_HOSTS: &[&str] = &["github", "gitlab", "bitbucket", "gitea", "codeberg", "azure", "visualstudio"];
/// Schemes of addresses of which all of what is before the `@` is a token.
const TOKEN_SCHEMES: &[&str] = &["discord", "ifttt", "pover", "pushover", "slack", "telegram"];
/// Names of users that stand there without a password.
const USERS: &[&str] = &[
    "admin",
    "anonymous",
    "deploy",
    "developer",
    "git",
    "guest",
    "jenkins",
    "mirror",
    "oauth2",
    "postgres",
    "readonly",
    "root",
    "service",
    "token",
    "ubuntu",
    "user",
    "username",
    "xaccesstoken",
    "xtokenauth",
];

/// Whether `token@host` of an address has a token, and not the name of a user.
fn is_token(before: &str, authority: &str, userinfo: usize) -> bool {
    let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let (user, host) = (&authority[..userinfo], &authority[userinfo + 1..]);
    let lower: String =
        user.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is_word = |word: &str| word.eq_ignore_ascii_case(scheme);
    if TOKEN_SCHEMES.iter().copied().any(is_word) {
        return true;
    }
    let is_web = ["http", "https"].into_iter().any(is_word);
    let is_known = TOKEN_HOSTS.iter().any(|known| host.to_ascii_lowercase().contains(known));
    is_web && !USERS.contains(&lower.as_str()) && (is_known || user.len() >= 8)
}

/// Length of the authority of a URL, `${…}` and `$(…)` taken as single parts of it.
fn authority_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || "/?#\"'<>`".contains(c);
    outside(text, "{(", "})").find(|(_, c)| ends(*c)).map_or(text.len(), |(at, _)| at)
}

/// The first colon outside of `${…}`.
fn top_level_colon(text: &str) -> Option<usize> {
    outside(text, "{(", "})").find(|(_, c)| *c == ':').map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secrets of a text, from left to right, without those within others.
    fn secrets(text: &str, dollar: Dollar) -> Vec<&str> {
        let mut ranges = ranges(text, dollar);
        ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut end = 0;
        ranges.retain(|range| {
            let keeps = range.end > end;
            end = end.max(range.end);
            keeps
        });
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn every_pattern_is_valid() {
        assert!([&ASSIGNMENT[..], &FIELDS, &LINES].into_iter().flatten().all(Pattern::is_valid));
    }

    #[test]
    fn texts_with_secrets() {
        let cases: &[(&str, &[&str])] = &[
            ("Driver=ODBC;Server=db;Uid=sa;Pwd=hunter2;", &["hunter2"]),
            ("Server=db;User Id=sa;Password=a b,c;Encrypt=no", &["a b,c"]),
            ("host=pg user=app password=hunter2 dbname=x", &["hunter2"]),
            ("host=pg password='hun ter'", &["hun ter"]),
            ("redis:6379,password=hunter2,ssl=False", &["hunter2"]),
            ("AccountName=x;AccountKey=abc==;Suffix=y", &["abc=="]),
            ("jdbc:mysql://db/app?user=app&password=hunter2&ssl=1", &["hunter2"]),
            ("https://api.example.com/v1?api_key=hunter2#x", &["hunter2"]),
            ("https://x.example.com/?sig=3f2a9c1b7d4e8f60&se=1", &["3f2a9c1b7d4e8f60"]),
            ("https://x.example.com/?key=name", &[]),
            ("postgres://app:hunter2@db/app", &["hunter2"]),
            ("{\"user\": \"a\", \"password\": \"hun\\\"ter2\"}", &["hun\\\"ter2"]),
            ("{\\\"password\\\":\\\"hunter2\\\"}", &["hunter2"]),
            ("{'password': 'hunter2'}", &["hunter2"]),
            ("a: 1\npassword: hunter2\n", &["hunter2"]),
            ("createUser({user: 'x', pwd: 'hunter2', roles: []})", &["hunter2"]),
            ("app:hunter2@tcp(db:3306)/x", &["hunter2"]),
            ("ldap://x?bindpw=hunter2", &["hunter2"]),
            ("gotify://host/AbCdEf.123", &["AbCdEf.123"]),
            ("password: hunter2", &[]),
            ("X-Api-Key: hunter2", &["hunter2"]),
            ("Authorization: Basic YWRtaW46eA==", &["YWRtaW46eA=="]),
            ("Authorization: Token abc", &["abc"]),
            ("Authorization: Basic $AUTH", &["$AUTH"]),
            ("authorization: enabled", &[]),
            ("Basic YWRtaW46aHVudGVyMg==", &["YWRtaW46aHVudGVyMg=="]),
            ("basic authentication", &[]),
            ("https://discord.com/api/webhooks/123/abcDEF0123456789abcd", &["123/abcDEF0123456789abcd"]),
            ("https://x.webhook.office.com/webhookb2/0a1b2c3d-0a1b2c3d4e5f/y", &["0a1b2c3d-0a1b2c3d4e5f/y"]),
            ("https://chat.example.com/hooks/abcdefgh1234567890xyz", &["abcdefgh1234567890xyz"]),
            ("https://hooks.zapier.com/hooks/catch/123456/abcd12/", &["hooks/catch/123456/abcd12/"]),
            ("https://example.com/webhooks/github", &[]),
            ("ALTER USER app PASSWORD 'hunter2'", &["hunter2"]),
            ("CREATE USER a IDENTIFIED WITH mysql_native_password BY 'hunter2'", &["hunter2"]),
            ("admin:$apr1$abc$def,b:$2y$10$abcdefghijkl", &["$apr1$abc$def", "$2y$10$abcdefghijkl"]),
            ("PGPASSWORD=hunter2 psql -h db", &["hunter2"]),
            ("export API_TOKEN=\"hun ter\"; run", &["hun ter"]),
            ("password=%s", &[]),
            ("f(user=user, password=password)\ng(\n  password=password,\n)", &[]),
            ("password=password", &["password"]),
            ("password=/run/secrets/db", &[]),
            ("password=os.environ['X']", &[]),
            ("token_ttl=300&password_file=x", &[]),
            ("grant_type=password&scope=token", &[]),
            ("rewrite ^/(.*)$ /$1$is_args$args", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(secrets(text, Dollar::Sign), *expected, "{text}");
        }
    }

    #[test]
    fn references_are_no_secrets() {
        for text in [
            "Server=db;Password=${PW}",
            "jdbc:mysql://db/app?password=$PW",
            "{\"password\": \"${PW}\"}",
            "Authorization: Basic ${AUTH}",
            "PGPASSWORD=$(PW) psql",
            "ALTER USER app PASSWORD '$PW'",
        ] {
            assert!(secrets(text, Dollar::Shell).is_empty(), "{text}");
            assert!(text.contains("$(") || secrets(text, Dollar::Compose).is_empty(), "{text}");
        }
        assert!(secrets("PGPASSWORD=$$PW psql", Dollar::Shell).is_empty());
        assert_eq!(secrets("Server=db;Pwd=$ecret", Dollar::Sign), ["$ecret"]);
    }
}
