//! Does a file hold a secret that somebody wrote down? Files are judged by the forms in which programs are
//! configured: variables, YAML, JSON, INI, properties, XML, SQL, scripts, the source text of programs.
//!
//! Nobody looks at what is found here, so that a name has to say *the* secret: `password_hash_algorithm`,
//! `tokenizer` and `passwordPolicy` only speak about one.

use std::ops::Range;

use super::{
    is_secret_key, is_written_secret,
    lazy_regex::{Captures, LazyRegex},
    literal::{Dollar, looks_random, may_be_secret},
    names, parameter,
    pattern::{self, Pattern},
    split::Style,
    text, words,
};
use crate::catalog::base_name;

/// Nothing longer is one line of a configuration, in bytes; of what is, only tokens tell.
const MAX_LINE: usize = 16 * 1024;

/// How a file is written, as far as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `KEY=value`, for containers: judged as the variables of containers are.
    Variables,
    /// Names and values of any kind.
    Configuration,
    /// A program's source text, in which only what is in quotes is a value.
    Code,
    /// Read by people.
    Prose,
}

const VARIABLES: &[&str] = &["env"];
const CODE: &[&str] = &[
    "c", "cc", "clj", "cpp", "cs", "erl", "ex", "exs", "go", "groovy", "java", "js", "jsx", "kt", "kts",
    "lua", "mjs", "cjs", "php", "pl", "pm", "py", "rb", "rs", "scala", "swift", "ts", "tsx", "vue",
];
const PROSE: &[&str] = &[
    "css", "csv", "htm", "html", "less", "md", "mo", "po", "pot", "rst", "sass", "scss", "svg", "tsv", "txt",
    "xlf",
];
/// Lists of packages, of which some are called `csrf-token`.
const PACKAGES: &[&str] =
    &["package.json", "package-lock.json", "composer.json", "composer.lock", "yarn.lock"];
/// Directories whose files have texts for people under names like `password`.
const TRANSLATIONS: &[&str] =
    &["i18n", "lang", "langs", "language", "languages", "locale", "locales", "translations"];

/// What may follow on the word for a secret in the name of one.
const FOLLOWING: &[&str] =
    &["BASE", "DEV", "HEX", "ID", "KEY", "LOCAL", "PLAIN", "PROD", "PRODUCTION", "STRING", "TEST", "VALUE"];
/// And in the name of what is made of a secret and tells it to whoever tries.
const DIGESTS: &[&str] = &["BCRYPT", "HASH", "HASHED", "MD5", "SHA1", "SHA2", "SHA256", "SHA512"];

/// Words in the place of a secret that say its type, or how it is made or sent.
const NO_SECRET: &[&str] = &[
    "argon2",
    "argon2id",
    "basic",
    "bcrypt",
    "bearer",
    "bytes",
    "compat",
    "files",
    "hashed",
    "include",
    "integer",
    "jwt",
    "md5",
    "number",
    "object",
    "omit",
    "plain",
    "same-origin",
    "scram-sha-256",
    "sha256",
    "str",
    "string",
    "text",
    "varchar",
];

/// Parts of names that say a secret.
const PARTS: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASSCODE",
    "TOKEN",
    "SECRET",
    "CREDENTIAL",
    "ERLANGCOOKIE",
    "APIKEY",
    "PRIVATEKEY",
    "ACCESSKEY",
    "ENCRYPTIONKEY",
    "SIGNINGKEY",
    "UNSEALKEY",
];

/// For patterns without words, and for those to which case means nothing: their words cannot be looked for as they are.
const EVERY_LINE: &[&str] = &[""];

/// `key: value` and `key = value`, a whole line.
static SETTING: [Pattern; 1] = [Pattern::new(
    &[":", "="],
    r#"^(?:-\s+)?(?:export\s+|set\s+)?["']?(?P<key>[A-Za-z_][\w.\[\]/-]*)["']?\s*(?::\s|:=|=>?)\s*(?P<value>.+)$"#,
)];

/// `key value`, a whole line.
static DIRECTIVE: [Pattern; 2] = [
    Pattern::new(EVERY_LINE, r#"^(?P<key>[A-Za-z_][\w.-]*)\s+"?(?P<value>[^\s"=:;{][^\s";]*)"?$"#),
    // nginx.
    Pattern::new(
        &["set $"],
        r#"(?:^|[\s;{])set\s+\$(?P<key>[A-Za-z_]\w*)\s+["']?(?P<value>[^\s"';]+)["']?\s*;"#,
    ),
];

/// What has a name, and a value within quotes or tags: in files of all forms.
static QUOTED: [Pattern; 8] = [
    Pattern::new(
        &["\""],
        r#"(?P<key>[A-Za-z_][\w.-]*)\\?["']?\]?\s*(?::|:=|=>?)\s*\\?"(?P<value>(?:[^"\\]|\\[^"])*)\\?""#,
    ),
    Pattern::new(&["'"], r#"(?P<key>[A-Za-z_][\w.-]*)["']?\]?\s*(?::|:=|=>?)\s*'(?P<value>[^']*)'"#),
    // With a name as the first argument, and maybe a value that stands in for one.
    Pattern::new(
        &["("],
        r#"\b(?:define|env|get|getenv|ini_set|put|putenv|set|setProperty)\(\s*["'](?P<key>[A-Za-z_][\w.-]*)["']\s*,\s*["'](?P<value>[^"']*)["']"#,
    ),
    Pattern::new(&["<<"], r#"\{(?P<key>[a-z_]+),\s*<<"(?P<value>[^"]*)">>"#),
    Pattern::new(&["</"], r"<(?P<key>[A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>(?P<value>[^<>]+)</"),
    Pattern::new(
        &["value"],
        r#"\b(?:name|key)\s*=\s*"(?P<key>[^"]+)"[^<>]*\bvalue\s*=\s*"(?P<value>[^"]*)""#,
    ),
    Pattern::new(&["name", "key"], r#"\b(?:name|key)\s*=\s*"(?P<key>[^"]+)"[^<>]*>(?P<value>[^<>]+)<"#),
    // A connection string, what stands behind the `?` of a URL.
    Pattern::new(
        &["="],
        r#"[;?&](?P<key>[A-Za-z][\w.-]*(?: [A-Za-z]+)?)=(?P<value>(?:\$\{[^}]*\}|\$\([^)]*\)|[^;&,\s"'<>)}\]])+)"#,
    ),
];

/// The same without quotes, within a line: not in a program's source text, where this is a name.
static UNQUOTED: [Pattern; 2] = [
    Pattern::new(&["{", ","], r#"[{,]\s*["']?(?P<key>[A-Za-z_][\w.-]*)["']?:\s+(?P<value>[^\s,{}\[\]"']+)"#),
    Pattern::new(
        &["="],
        r#"(?:^|[\s;,"'])(?P<key>[A-Za-z_][\w.-]*)=(?P<value>(?:\$\{[^}]*\}|\$\([^)]*\)|[^;&,\s"'<>)}\]])+)"#,
    ),
];

/// A name and its value as two elements of their own, mostly in several lines: properties of Hadoop, and credentials by
/// their types, as Keycloak exports them.
static ELEMENTS: [Pattern; 2] = [
    Pattern::new(
        &["<name>"],
        r"<name>\s*(?P<key>[^<>\s]+)\s*</name>\s*(?:<(?:final|description)>[^<>]*</\w+>\s*)*<value>\s*(?P<value>[^<>]*?)\s*</value>",
    ),
    Pattern::new(
        &["\"type\""],
        r#""type"\s*:\s*"(?P<key>password|secret|token)"\s*,(?:\s*"\w+"\s*:\s*[\w."-]+\s*,)*\s*"value"\s*:\s*"(?P<value>[^"]*)""#,
    ),
];

/// A row that a statement of SQL puts into a table.
static ROWS: [Pattern; 1] = [Pattern::new(
    EVERY_LINE,
    r"(?i)\binsert\s+into\s+\S+?\s*\((?P<key>[^()]*)\)\s*values\s*\((?P<value>(?:'(?:[^']|'')*'|[^()'])*)\)",
)];

/// A list within a line, `key: [a, b]`.
static LISTED: [Pattern; 1] =
    [Pattern::new(&["["], r#"(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*\[(?P<value>[^\]]+)"#)];

/// A name whose value is in the lines below.
static BEGUN: [Pattern; 1] =
    [Pattern::new(&[":", "="], r#"(?P<key>[A-Za-z_][\w.-]*)["']?\s*[:=]\s*(?P<value>\[?)\s*(?:#.*)?$"#)];

/// Lines of files that programs keep secrets in, by patterns of their names. `value` is the secret.
static NAMED: [(LazyRegex, LazyRegex); 12] = [
    named(
        r"^\.?(?:npmrc|yarnrc|yarnrc\.yml)$",
        r#"\b_?(?:_authToken|npmAuthToken|_password|_auth|npmAuthIdent)["']?\s*[=:]\s*["']?(?P<value>[^\s"']+)"#,
    ),
    named(r"^sasl_passwd|^relay_passwd|^smtp_auth", r"^\S+\s+\S*?:(?P<value>\S+)$"),
    named(
        r"(?:^|\.)secrets$",
        r#":\s*(?:PSK|XAUTH|EAP|NTLM|PIN|PKCS\S*)\s+(?:\S+\s+)??"?(?P<value>[^"\s]+)"#,
    ),
    named(r"^(?:chap|pap)-secrets$", r#"^\S+\s+\S+\s+"?(?P<value>[^"\s]+)"#),
    named(r"^userlist\.txt$", r#"^"[^"]*"\s+"(?P<value>[^"]+)""#),
    named(r"psk(?:\.txt|\.conf)?$", r"^(?:[^#\s]+[:\s]\s*)?(?P<value>[^\s:]+)$"),
    named(
        r"(?:passwd|htpasswd|pwfile|password_file|passwordfile|passwords)(?:\.txt|\.conf)?$",
        r"^[^:\s#]+:(?P<value>[^:\s]+)$",
    ),
    // ZooKeeper and Kafka: a user for each name.
    named(r"jaas", r#"\buser_[\w-]+\s*=\s*"(?P<value>[^"]+)""#),
    // OpenVPN: a name in the first line.
    named(r"^(?:auth[._-]?)?user[._-]?pass(?:\.txt|\.conf)?$|^openvpn[._-]auth", r"^(?P<value>\S{6,})$"),
    named(r"^g?shadow-?$", r"^[^:\s#]+:(?P<value>\$[^:]+):"),
    named(
        r"^(?:\.dockercfg|\.dockerconfigjson|config\.json|auth\.json)$",
        r#""(?:auth|identitytoken|registrytoken)"\s*:\s*"(?P<value>[^"]+)""#,
    ),
    named(
        r"(?:^|[._-])(?:cookie|token|secret|password|passphrase|keyfile|vault[._-]pass|vault_password)$|\.(?:key|pass)$",
        r"^(?P<value>[^\s:<>{}=]{4,})$",
    ),
];

const fn named(name: &'static str, line: &'static str) -> (LazyRegex, LazyRegex) {
    (LazyRegex::new(name), LazyRegex::new(line))
}

/// Statements of configuration with a secret at their end, whatever file they are in.
static STATEMENTS: [Pattern; 7] = [
    // haproxy, redis.
    Pattern::new(&["user"], r"^user\s+\S+\s+(?:insecure-)?password\s+(?P<value>\S+)"),
    Pattern::new(&["user"], r"^(?:acl\s+setuser|user)\s+\S+\s+(?:\S+\s+)*?[>#](?P<value>\S+)"),
    Pattern::new(&["stats"], r"^stats\s+auth\s+[^:\s]+:(?P<value>\S+)$"),
    // coturn.
    Pattern::new(&["user="], r"^user=[\w.@-]+:(?P<value>[^:\s]+)$"),
    // Dovecot, and whatever else says how a password is written: `bob:{PLAIN}…`.
    Pattern::new(&["{"], r"^\S+[:|]\{[A-Z][A-Z0-9.-]*\}(?:\$\w+\$)?(?P<value>[^:\s]+)"),
    // snmpd.
    Pattern::new(
        EVERY_LINE,
        r#"^(?i:createuser)\s+(?:-e\s+\S+\s+)?\S+\s+(?:MD5|SHA(?:-\d+)?)\s+"?(?P<value>[^"\s]+)"#,
    ),
    // BIND, dhcpd, ppp.
    Pattern::new(&["secret", "password"], r#"(?:^|[\s;{])(?:secret|password)\s+"(?P<value>[^"]+)"\s*;"#),
];

/// Calls with a user and a password, as those of MongoDB's shell.
static CALLS: [Pattern; 1] =
    [Pattern::new(&["auth("], r#"\.auth\(\s*["'][^"']*["']\s*,\s*["'](?P<value>[^"']*)["']"#)];

/// Headers that a proxy sets.
static HEADERS: [Pattern; 1] = [Pattern::new(
    EVERY_LINE,
    r#"(?i)\b(?:[a-z_]*set[_-]header|add_header|requestheader\s+set|header_up|fastcgi_param)\s+"?(?P<key>[a-z][\w-]*)"?\s+["']?(?:(?P<scheme>basic|bearer|token|apikey)\s+)?(?P<value>[^\s"';]+)"#,
)];

/// Whether a file of this path holds a secret, whatever its text is encoded in.
pub fn is_secret_content(path: &str, content: &[u8]) -> bool {
    let units = |big: bool| -> String {
        let pairs = content[2..].chunks_exact(2);
        let unit = |pair: &[u8]| match (pair, big) {
            (&[high, low], true) | (&[low, high], false) => u16::from_be_bytes([high, low]),
            _ => 0,
        };
        char::decode_utf16(pairs.map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    let text = match content {
        [0xff, 0xfe, ..] => units(false),
        [0xfe, 0xff, ..] => units(true),
        _ => String::from_utf8_lossy(content).into_owned(),
    };
    is_secret_file(path, text.trim_start_matches('\u{feff}'))
}

/// Whether a file of this path holds a secret. References, places for a value, and comments are none.
pub fn is_secret_file(path: &str, content: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    let said = || content.lines().filter(|line| !is_comment(line.trim()));
    if said().any(|line| tells(line, text::tokens(line, Dollar::Shell)))
        || is_key_store(&name, content)
        || is_variables_of_project(&name, content)
        || is_value_file(&name, content)
        || is_list_of_secrets(&name, content)
        || is_named_so(&name, content)
        || has_secret_elements(content)
    {
        return true;
    }
    let form = form(path, &name);
    if form == Form::Configuration && has_list_of_secrets(content) {
        return true;
    }
    let lines = content.lines().map(str::trim).filter(|line| !is_comment(line) && line.len() <= MAX_LINE);
    let is_quiet = |line: &&str| !line.is_empty() && form != Form::Prose;
    lines.filter(is_quiet).any(|line| is_telling_line(form, line))
}

fn form(path: &str, name: &str) -> Form {
    let folders = path.to_ascii_lowercase();
    let is_translation = folders.rsplit('/').skip(1).any(|folder| TRANSLATIONS.contains(&folder));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_any = |endings: &[&str]| endings.contains(&ending);
    if is_translation || is_any(PROSE) || PACKAGES.contains(&name) {
        Form::Prose
    } else if is_any(VARIABLES) || name == "env" || name.starts_with(".env") {
        Form::Variables
    } else if is_any(CODE) {
        Form::Code
    } else {
        Form::Configuration
    }
}

fn is_key_store(name: &str, content: &str) -> bool {
    !content.trim().is_empty() && names::is_for_secrets(name)
}

/// Whether a file is there to keep secrets, by its path: nothing of it is shown.
pub(super) fn keeps_secrets(path: &str) -> bool {
    let name = base_name(path).to_ascii_lowercase();
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let is_value = path.contains("/secrets/") && !name.ends_with(".yaml") && !name.ends_with(".example");
    let is_text = [".yaml", ".yml", ".json", ".sh"].iter().any(|ending| name.ends_with(ending));
    names::is_for_secrets(&name)
        || is_value
        || !is_text && (is_secret_key(stem) || NAMED.iter().any(|(names, _)| names.is_match(&name)))
}

/// Whether it is one of the files in which projects keep variables on one machine.
fn is_variables_of_project(name: &str, content: &str) -> bool {
    let is_one = name == ".env" || name.starts_with(".env.") || name.starts_with(".envrc");
    is_one && content.lines().map(str::trim).any(|line| !line.is_empty() && !is_comment(line))
}

/// Whether the file is one by whose name its lines are known, and one of them has a secret.
fn is_named_so(name: &str, content: &str) -> bool {
    let mut rows = NAMED.iter().filter(|(names, _)| names.is_match(name));
    rows.any(|(_, line)| {
        let lines = content.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
        let values = lines.filter_map(|text| Some(line.captures_iter(text).next()?.name("value")?.as_str()));
        let mut values = values.filter(|value| !value.starts_with("-----"));
        values.any(|value| may_be_secret(value, Dollar::Shell))
    })
}

/// Whether one of the elements that say a name and its value apart, or a row of a table, has a secret.
fn has_secret_elements(content: &str) -> bool {
    let is_secret = |(key, value): (&str, &str)| is_pair(Form::Configuration, key, value);
    pairs(&ELEMENTS, content).any(is_secret)
        || pairs(&ROWS, content).any(|(columns, values)| {
            let columns = columns.split(',').map(|column| column.trim().trim_matches(['"', '`', '\'']));
            let quoted = |value: &str| value.trim().strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned);
            let mut is_quoted = false;
            let values = values.split(|c: char| {
                is_quoted ^= c == '\'';
                c == ',' && !is_quoted
            });
            let mut cells = columns.zip(values.map(quoted));
            cells.any(|(column, value)| value.is_some_and(|value| is_secret((column, &value))))
        })
}

/// Whether a line of configuration states a secret, or has a proxy send one.
fn states(line: &str) -> bool {
    any_value(&STATEMENTS, line)
        || pattern::found(&HEADERS, line).any(|found| {
            let key = found.name("key").map_or("", |key| key.as_str());
            let is_scheme =
                found.name("scheme").is_some() && key.to_ascii_lowercase().ends_with("authorization");
            let tells = is_scheme || parameter::is_secret_name(key);
            tells && has_value(&found)
        })
}

/// Whether one of these patterns finds a value that may be a secret.
fn any_value(patterns: &[Pattern], line: &str) -> bool {
    pattern::found(patterns, line).any(|found| has_value(&found))
}

fn has_value(found: &Captures<'_>) -> bool {
    found.name("value").is_some_and(|value| may_be_secret(value.as_str(), Dollar::Shell))
}

/// Whether the file is nothing but a secret, `db_password.txt` say.
fn is_value_file(name: &str, content: &str) -> bool {
    let stem =
        [".txt", ".secret", ".key"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let value = content.trim();
    let is_one = !value.contains(char::is_whitespace) && (!stem.contains('.') || stem.starts_with('.'));
    let is_key_file = stem.ends_with("keyfile") && looks_random(value);
    is_one && (is_key_file || is_the_secret(stem, value) && is_value(value, stem))
}

/// Whether the file is a list of secrets by its name, `secrets.txt` say, and has a line that is no comment.
fn is_list_of_secrets(name: &str, content: &str) -> bool {
    let stem = [".txt", ".list", ".lst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let is_line = |line: &str| !line.is_empty() && !is_comment(line) && may_be_secret(line, Dollar::Shell);
    LISTS.contains(&stem.trim_start_matches('.')) && content.lines().any(|line| is_line(line.trim()))
}

/// Whether a list under the name of a secret has one, in YAML, JSON or TOML: `tokens: [4f…]`, `passwords:` and lines below.
fn has_list_of_secrets(content: &str) -> bool {
    let lines = content.lines().filter(|line| line.len() <= MAX_LINE && !is_comment(line.trim()));
    // How far the name is indented.
    let mut below: Option<usize> = None;
    let mut keys: Option<usize> = None;
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (text, indent) = (line.trim(), line.len() - line.trim_start().len());
        let item = text.strip_prefix("- ");
        below = below.filter(|own| indent > *own || indent == *own && item.is_some());
        let is_listed = below.is_some() && is_item(item.unwrap_or(text));
        // `keys:`, and below them each one behind its name, as those of LiveKit.
        let is_key = keys.is_some_and(|own| indent > own)
            && text
                .split_once(": ")
                .is_some_and(|(_, value)| is_bare_key("key", value.trim_matches(['"', '\''])));
        let mut within = pairs(&LISTED, text).filter(|(key, _)| is_name_of_secrets(key));
        if is_listed || is_key || within.any(|(_, values)| values.split([',', '[']).any(is_item)) {
            return true;
        }
        if pairs(&BEGUN, text).any(|(key, _)| is_name_of_secrets(key)) {
            below = Some(indent);
        }
        keys = if text == "keys:" { Some(indent) } else { keys.filter(|own| indent > *own) };
    }
    false
}

/// Whether an item of a list of secrets is one: names in such a list have no digit.
fn is_item(item: &str) -> bool {
    let item = item.split(" #").next().unwrap_or(item).trim_matches(['"', '\'', ' ', ',']);
    let is_told = item.len() >= 6 && item.bytes().any(|byte| byte.is_ascii_digit());
    is_told && !item.contains(':') && is_value(item, "password")
}

/// Whether a name says secrets, one or several: `tokens`, `admin_key`.
fn is_name_of_secrets(name: &str) -> bool {
    is_the_secret(name, "") || name.strip_suffix('s').is_some_and(|one| is_the_secret(one, ""))
}

/// Names of files that list secrets, in whatever form.
const LISTS: &[&str] = &["credentials", "creds", "passwords", "secret", "secrets", "tokens"];

/// A line that says nothing to a program.
fn is_comment(line: &str) -> bool {
    ["#", "//", ";", "--", "/*", "* ", "<!--", "%%", "!"].iter().any(|start| line.starts_with(start))
        && !line.starts_with("-----BEGIN")
}

fn is_telling_line(form: Form, line: &str) -> bool {
    let is_secret = |(key, value): (&str, &str)| is_pair(form, key, value);
    let settings = || pairs(&SETTING, line).map(|(key, value)| (key, plain(form, value)));
    if tells(line, text::nameless(line, Dollar::Shell)) {
        return true;
    }
    match form {
        Form::Variables => settings().any(is_secret),
        Form::Code => any_value(&CALLS, line) || pairs(&QUOTED, line).any(is_secret),
        Form::Prose => false,
        Form::Configuration => {
            states(line)
                || any_value(&CALLS, line)
                || pairs(&QUOTED, line).any(is_secret)
                || pairs(&UNQUOTED, line).any(is_secret)
                || settings().any(is_secret)
                || pairs(&DIRECTIVE, line).any(is_secret)
                || !words::of_script(line, Style::Script, Dollar::Shell).is_empty()
        }
    }
}

/// Whether a secret is found at one of these places. `Bearer` is a word of prose, too.
fn tells(line: &str, places: Vec<Range<usize>>) -> bool {
    let is_scheme = |before: &str| {
        let before = before.trim_end().to_ascii_lowercase();
        before.ends_with("bearer") && !before.contains("authorization:")
    };
    places.into_iter().any(|place| !is_scheme(&line[..place.start]) || looks_random(&line[place]))
}

fn pairs<'a>(patterns: &'a [Pattern], line: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    pattern::found(patterns, line)
        .filter_map(|found| Some((found.name("key")?.as_str(), found.name("value")?.as_str())))
}

/// The value at the end of a line, without quotes, what separates it from the next, and a comment.
fn plain(form: Form, value: &str) -> &str {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.split(quote).next().unwrap_or(inner);
        }
    }
    let end = [" #", " //", " ;"].iter().filter_map(|comment| value.find(comment)).min();
    let value = value[..end.unwrap_or(value.len())].trim_end();
    if form == Form::Variables { value } else { value.trim_end_matches([',', ';']) }
}

fn is_pair(form: Form, key: &str, value: &str) -> bool {
    if form == Form::Variables {
        let is_named = is_written_secret(key, value) && may_be_secret(value, Dollar::Compose);
        return is_named || !text::ranges(value, Dollar::Compose).is_empty();
    }
    let is_label = value != key && value.eq_ignore_ascii_case(key);
    let is_rule = form == Form::Code && value.contains('|');
    // What a key is for may be its whole name.
    let key = if is_bare_key(key, value) { "secret_key" } else { key };
    !is_label && !is_rule && is_the_secret(key, value) && is_value(value, key)
}

/// Whether the name says a secret, and not something about one.
fn is_the_secret(key: &str, value: &str) -> bool {
    // Connection strings are known by what they say.
    let words = names::words(key);
    if !parameter::is_secret_name(key) && !key.eq_ignore_ascii_case("auth")
        || words.ends_with(&["DSN".to_owned()])
    {
        return false;
    }
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_known = |list: &[&str], word: &String| list.contains(&word.as_str()) || is_number(word);
    let mut rest = words.as_slice();
    while let Some((last, before)) = rest.split_last() {
        let name = rest.concat();
        if PARTS.iter().chain(&["CREDENTIALS"]).any(|part| name.ends_with(part)) {
            return true;
        }
        let is_digest = is_known(DIGESTS, last) && looks_random(value);
        if !is_digest && !is_known(FOLLOWING, last) {
            break;
        }
        rest = before;
    }
    // Of the names that say a secret otherwise, all say it at their end.
    let name = words.concat();
    !PARTS.iter().any(|part| name.contains(part))
}

/// Whether it is called a key and nothing more, as those of users in the lists of gateways are, or for what it is there, as
/// that of Consul, and is as random as one.
fn is_bare_key(key: &str, value: &str) -> bool {
    let is_random = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    ["encrypt", "key"].iter().any(|bare| key.eq_ignore_ascii_case(bare))
        && value.len() >= 20
        && looks_random(value)
        && value.chars().all(is_random)
}

/// Whether the text may be a secret: one word, and no expression.
fn is_value(value: &str, key: &str) -> bool {
    let is_expression = value.contains('(') && value.contains(')') || value.starts_with("$__");
    let is_place = value.len() > 4 && value.starts_with("__") && value.ends_with("__")
        || value.starts_with(['!', '|', '>', '&', '*', '^'])
        || value.to_ascii_lowercase().starts_with("vault:");
    !value.contains(char::is_whitespace)
        && !is_expression
        && !is_place
        && !NO_SECRET.iter().any(|word| value.eq_ignore_ascii_case(word))
        && (may_be_secret(value, Dollar::Shell) && parameter::is_secret(key, value, Dollar::Shell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_valid() {
        let named = NAMED.iter().flat_map(|(name, line)| [name, line]);
        assert!(named.into_iter().all(LazyRegex::is_valid));
        let lines =
            SETTING.iter().chain(&DIRECTIVE).chain(&QUOTED).chain(&UNQUOTED).chain(&LISTED).chain(&BEGUN);
        let lines = lines.chain(&ELEMENTS).chain(&ROWS).chain(&CALLS);
        assert!(lines.chain(&STATEMENTS).chain(&HEADERS).all(Pattern::is_valid));
    }

    #[test]
    fn files_with_secrets() {
        for (path, content) in [
            (".env", "A=1\nDB_PASSWORD=hunter2\n"),
            ("app.conf", "sesión_token = Zx81kQpW7vLm2"),
            ("proxy.conf", "ReQuEsThEaDeR set X-Api-Key Zx81kQpW7vLm2"),
            ("a.env", "export API_TOKEN='hun ter' # x"),
            (".env.local", "DATABASE_URL=postgres://app:pw@db/app"),
            ("env", "AWS_ACCESS_KEY_ID=abc"),
            ("app.json", "{\"user\": \"x\",\n \"password\": \"x\",\n}"),
            ("app.json", "{\"db\":{\"password\":\"x\\\"y\"}}"),
            ("app.yaml", "db:\n  password: hunter2 # note\n"),
            ("app.yaml", "users:\n- {name: a, password: b}\n"),
            ("app.yml", "password: password"),
            ("app.yml", "command: mysqladmin ping -phunter2"),
            ("app.ini", "[db]\npassword = hunter2"),
            ("app.properties", "spring.datasource.password=hunter2"),
            ("app.toml", "secret_key = \"hunter2\""),
            ("app.conf", "requirepass hunter2"),
            ("keepalived.conf", "auth_pass 1111"),
            ("config.php", "<?php\nreturn ['db' => ['password' => 'hunter2']];"),
            ("config.php", "define( 'DB_PASSWORD', 'hunter2' );"),
            ("config.php", "$db_password = \"hunter2\";"),
            ("config.php", "$cfg['Servers'][1]['password'] = 'hunter2';"),
            ("database.php", "'password' => env('DB_PASSWORD', 'hunter2'),"),
            ("settings.py", "SECRET_KEY = 'django-insecure-abc'"),
            ("secrets.yml", "secret_key_base: abc"),
            ("config.js", "module.exports = {password: 'hunter2'}"),
            ("users.xml", "<password>hunter2</password>"),
            ("users.xml", "<password_sha256_hex>65e84be33532fb784c48129675f9eff3</password_sha256_hex>"),
            ("app.xml", "<property name=\"connection.password\">x</property>"),
            ("web.config", "<add key=\"ApiKey\" value=\"x\"/>"),
            ("web.config", "connectionString=\"Server=db;User Password=x;\""),
            ("init.sql", "CREATE USER a IDENTIFIED BY 'hunter2';"),
            ("init.sh", "#!/bin/sh\nmysql -uroot -phunter2"),
            ("jaas.conf", "username=\"a\" password=\"b\";"),
            ("rabbitmq.conf", "default_pass = guest"),
            ("advanced.config", "[{rabbit, [{default_pass, <<\"guest\">>}]}]."),
            ("x.key", "-----BEGIN PRIVATE KEY-----\nMII\n"),
            ("db_password.txt", "hunter2\n"),
            ("mysql-root-password", "hunter2"),
            ("mongo-keyfile", "c29tZSByYW5kb20gYnl0ZXM5"),
            ("conf/secrets.txt", "# for the importer\nhunter2\n"),
            ("passwords.lst", "alice hunter2\n"),
            ("a/.pgpass", "db:5432:app:app:hunter2"),
            ("config.json", "\"auths\": {\"x\": {\"auth\": \"YTpodW50ZXIyMzQ1Njc4\"}}"),
            ("x.md", "see https://a:hunter2@example.com"),
            ("app.yaml", "admin_key:\n  - name: admin\n    key: edd1c9f034335f136f87ad84b625c8f1\n"),
            ("app.yaml", "admin_key: [{name: admin, key: edd1c9f034335f136f87ad84b625c8f1}]"),
            ("app.yaml", "admin:\n  key: edd1c9f034335f136f87ad84b625c8f1\n"),
            ("app.yaml", "passwords: [hunter2xx]"),
            ("app.yaml", "tokens:\n- edd1c9f034335f136f87ad84b625c8f1\n"),
            ("app.yaml", "a:\n  api_keys:\n    - 4f1cb7aa\n"),
            ("app.json", "{\n  \"tokens\": [\n    \"edd1c9f034335f13\"\n  ]\n}"),
            ("app.json", "{\"a\": 1, \"tokens\": [\"edd1c9f034335f13\"]}"),
            ("app.yaml", "auth: {name: a, tokens: [kind, hunter2xx]}"),
            ("app.yaml", "tokens: # of users\n  - hunter2xx # of one\n"),
            ("app.toml", "[auth]\ntokens = [\"hunter2xx\"]\n"),
            ("app.toml", "tokens = [\n  \"hunter2xx\",\n]\n"),
        ] {
            assert!(is_secret_file(path, content), "{path}: {content}");
        }
    }

    #[test]
    fn files_of_single_programs_with_secrets() {
        for (path, content) in [
            ("turnserver.conf", "realm=x\nuser=self:hunter2xx\n"),
            ("users", "bob@x.org:{PLAIN}hunter2xx:1000\n"),
            ("postfix-accounts.cf", "bob@x.org|{SHA512-CRYPT}$6$hunter2xx\n"),
            ("consul.json", "{\"encrypt\": \"pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=\"}"),
            ("nomad.hcl", "server { encrypt = \"pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=\" }"),
            ("haproxy.cfg", "listen stats\n  stats auth admin:hunter2xx\n"),
            ("app.conf", "set $api_token \"Zx81kQpW7vLm2\";"),
            (
                "core-site.xml",
                "<property>\n<name>fs.s3a.secret.key</name>\n<value>hunter2xx</value>\n</property>",
            ),
            ("zk_jaas.conf", "DigestLoginModule required\n  user_admin=\"hunter2xx\";"),
            ("init.js", "db.auth(\"admin\", \"hunter2xx\")"),
            ("init.sql", "INSERT INTO users (name, password)\nVALUES ('admin', 'hunter2xx');"),
            ("init.sql", "insert into users (name, password) values ('a, (b)', 'hunter2xx'), ('c', '')"),
            ("livekit.yaml", "port: 7880\nkeys:\n  APIabc: 4f1cb7aaedd1c9f034335f13\n"),
            (
                "realm.json",
                "\"credentials\": [{\n \"type\": \"password\",\n \"value\": \"hunter2xx\",\n \"temporary\": false}]",
            ),
            ("realm.json", "[{\"type\": \"password\", \"temporary\": false, \"value\": \"hunter2xx\"}]"),
            ("app.properties", "stripe.api.key=hunter2xx"),
            ("init.sh", "#!/bin/sh\ncurl -H \"Authorization: Bearer hunter2xx\" http://x/"),
            ("userpass.txt", "alice\nhunter2xx\n"),
        ] {
            assert!(is_secret_file(path, content), "{path}: {content}");
        }
    }

    /// The files in which a secret was found, with the line that told it.
    fn telling(files: &[(&str, &str)]) -> Vec<String> {
        let telling = files.iter().filter(|(path, content)| is_secret_file(path, content));
        let line = |path: &str, content: &str| {
            let line = content.lines().find(|line| is_secret_file(path, line));
            format!("{path}: {}", line.unwrap_or(content))
        };
        telling.map(|(path, content)| line(path, content)).collect()
    }

    #[test]
    fn configuration_without_secrets() {
        let files = [
            ("app.env", "A=1\n#DB_PASSWORD=hunter2\nDB_PASSWORD=\nAPI_TOKEN=${API_TOKEN}\nX_TOKEN=<token>\n"),
            ("app.env", "DB_PASSWORD=%env(X)%\nDB_PASSWORD_FILE=/run/secrets/db\nTOKEN_TTL=300"),
            ("app.yaml", "password_hash_algorithm: bcrypt\nauth_pass_header: X-Auth\npasswd: files"),
            (
                "app.yaml",
                "password: <password>\ntoken: ${DB_PASSWORD}\nsecret: '%env(SECRET)%'\npassword: ''\n",
            ),
            ("app.yaml", "password:\n  min: 8\npasswordPolicy: strong\nsecretName: tls\nsecret: !secret x"),
            ("app.yaml", "token: {{ .Values.token }}\npassword: !env DB_PASSWORD\npassword: *default\n"),
            ("app.yaml", "secrets:\n- db_password\ntokens:\n  kind: jwt1234\n  names: [standard1]\n"),
            ("app.yaml", "secrets: [db_password, ${TOKEN_1}]\nkey: main-cache-of-2-pages\n"),
            ("app.yaml", "password_file: x\nbasic_auth:\n  password: $__file{/run/x}\n"),
            ("app.yaml", "description: enter your password: now\nlabel: Password"),
            ("elastic.json", "{\"tokenizer\": \"standard\", \"token_chars\": [\"letter\"]}"),
            (
                "realm.json",
                "\"accessTokenLifespan\": 300,\n\"passwordPolicy\": \"length(8)\",\n\"type\": \"password\"",
            ),
            ("realm.json", "\"secret\": \"**********\", \"resetPasswordAllowed\": true"),
            ("package.json", "{\"name\": \"password-reset\", \"dependencies\": {\"csrf-token\": \"^1.0\"}}"),
            ("de.json", "{\"password\": \"Password\"}"),
            ("locales/de.json", "{\"password\": \"Passwort\"}"),
            (
                "nginx.conf",
                "proxy_set_header X-Token $http_x_token;\nauth_basic_user_file /etc/nginx/.htpasswd;",
            ),
            ("nginx.conf", "server_tokens off;\nfastcgi_pass php:9000;\nproxy_pass ${PROXY_PASS};"),
            ("kratos.yml", "dsn: memory\nurl: mysql://${USER}:${PASSWORD}@db/x"),
            ("README.md", "Bearer authentication is used"),
            ("dashboard.json", "\"key\": \"Q-f807f3aa-fde3-4f3d-96e1-ebff01a76cb9-0\""),
            ("dovecot.conf", "auth_verbose_passwords = sha1:6"),
            ("nginx.conf", "proxy_pass http://api:8080;\nif ($arg_token = '') { return 403; }"),
            ("pg_hba.conf", "host all all 0.0.0.0/0 scram-sha-256"),
            ("postgresql.conf", "password_encryption = scram-sha-256\n#password = x"),
            ("nsswitch.conf", "passwd: files\nshadow: files"),
            ("php.ini", "; session.token = x\nmysqli.default_pw =\n"),
            ("cassandra.yaml", "authenticator: PasswordAuthenticator"),
            (
                "app.xml",
                "<name>dfs.secret.provider</name><value>x</value><name>a.token.ttl</name><value>300</value>",
            ),
            ("nginx.conf", "set $token $http_x_token;\nset $upstream http://api;"),
            ("init.sql", "INSERT INTO settings (name, password_policy) VALUES ('a', 'strict1');"),
            ("app.conf", "user=www-data\nencrypt = true\n"),
            ("check.sh", "user=\"${POSTGRES_USER:-postgres}\"\n"),
            ("app.yaml", "keys:\n  enter: submit\n  path: /etc/keys\nother: 1\n"),
        ];
        assert_eq!(telling(&files), [""; 0]);
    }

    #[test]
    fn programs_and_prose_without_secrets() {
        let files = [
            ("config.php", "'password' => getenv('DB_PASSWORD'),\n'password' => env('DB_PASSWORD', ''),"),
            (
                "model.php",
                "protected $hidden = ['password', 'remember_token'];\n'password' => 'required|min:8',",
            ),
            ("app.py", "def login(user, password=None):\n    connect(password=password, token=self.token)"),
            ("app.js", "const token = req.headers.token;\n<input type=\"password\" name=\"password\">"),
            ("app.js", "password: process.env.DB_PASSWORD,"),
            ("start.sh", "mysql -p\"$DB_PASSWORD\" --token \"$TOKEN\"\nPASSWORD=$(cat /run/secrets/db)"),
            (
                "init.sql",
                "CREATE TABLE users (password VARCHAR(255), token text);\nCREATE USER a PASSWORD '$PW';",
            ),
            ("index.html", "<input name=password value=x>"),
            ("README.md", "password = hunter2"),
            ("apt.key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\nabc"),
            ("tls.crt", "-----BEGIN CERTIFICATE-----\nMII"),
            ("password.txt", "\n"),
        ];
        assert_eq!(telling(&files), [""; 0]);
    }
}
