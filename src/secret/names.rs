//! What a name says of its value: that of a variable, an option, a field, a header, a label.
//!
//! A name is read word by word. It tells a secret if it has a word or a compound for one, and does not end with a word
//! by which it only speaks *about* a secret: `DB_PASSWORD_RO` tells, `DB_PASSWORD_POLICY` does not. The lists are data;
//! there is no other place that knows such words.

use super::memo::{Memo, remembered};

/// What a name says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// It is a secret.
    Secret,
    /// It is a key of some kind, which most are secret of.
    Key,
    /// It may be a secret, if it looks like one.
    Perhaps,
    /// It is none.
    Nothing,
}

/// Words that tell a secret wherever they are in a name.
const WORDS: &[&str] = &[
    "APIKEY",
    "APIKEYS",
    "APITOKEN",
    "AUTHKEY",
    "AUTHPASS",
    "AUTHTOK",
    "AUTHTOKEN",
    "BINDPASS",
    "BINDPW",
    "CREDENTIAL",
    "CREDENTIALS",
    "DBPASS",
    "ERLANGCOOKIE",
    "FTPPASS",
    "KEYPASS",
    "LDAPPASS",
    "MAILPASS",
    "MNEMONIC",
    "PASSCODE",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PASSWORDS",
    "PGPASS",
    "PSK",
    "PWD",
    "REQUIREPASS",
    "ROOTPASS",
    "ROOTPW",
    "SECRET",
    "SECRETS",
    "SMTPPASS",
    "SSHPASS",
    "STOREPASS",
    "TOKEN",
    "TOKENS",
    "USERPASS",
];

/// Ends of words that tell it too: `DBPASSWORD`, `CLIENTSECRET`.
const ENDS: &[&str] = &[
    "ACCESSKEY",
    "APIKEY",
    "AUTHKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "ENCRYPTIONKEY",
    "MASTERKEY",
    "PASSCODE",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PRESHAREDKEY",
    "PRIVATEKEY",
    "PWD",
    "SECRET",
    "SECRETKEY",
    "SIGNINGKEY",
    "TOKEN",
    "UNSEALKEY",
];

/// What may follow on such a word without a separator.
const GLUED: &[&str] = &["BASE", "DB", "HASH", "HEX", "ID", "KEY", "S", "STRING", "VALUE"];

/// Words that tell it where they end a name.
const LAST: &[&str] = &["DSN", "PASS", "PAT", "PEPPER", "PW", "SALT"];

/// Ends of names, without what separates their words.
const COMPOUNDS: &[&str] = &[
    "APIHASH",
    "AUTHBASICUSERS",
    "AUTHORIZATION",
    "BACKUPCODES",
    "BASICAUTHUSERS",
    "CLIENTKEYDATA",
    "DIGESTAUTHUSERS",
    "ERLANGCOOKIE",
    "MASTERAUTH",
    "OCICLIKEYCONTENT",
    "OTPSEED",
    "PRIMARYAUTH",
    "RECOVERYCODE",
    "RECOVERYCODES",
    "RECOVERYPHRASE",
    "REDISAUTH",
    "REDISCLIAUTH",
    "RELEASECOOKIE",
    "SEEDPHRASE",
    "SHAREDACCESSSIGNATURE",
    "WALLETSEED",
];

/// Words before `PASS` by which it is something else.
const NO_PASS: &[&str] = &[
    "BOARDING",
    "FASTCGI",
    "FIRST",
    "GRPC",
    "MEMCACHED",
    "MULTI",
    "PROXY",
    "SCGI",
    "SEASON",
    "SECOND",
    "SINGLE",
    "TEST",
    "TWO",
    "UWSGI",
];

/// Words behind `PASS` by which it is something else.
const NO_PASS_BEHIND: &[&str] = &["BACK", "BY", "IF", "ON", "RATE", "RATIO", "SCORE", "THROUGH", "THRESHOLD"];

/// Words before `PIN` by which it is a number that somebody knows.
const PINS: &[&str] = &[
    "ACCESS", "ADMIN", "ALARM", "CARD", "DOOR", "HSM", "LOCK", "PAIRING", "SECURITY", "SETUP", "SIM", "SO",
    "TOKEN", "UNLOCK", "USER",
];

/// Words before `KEY` by which it is a secret wherever this is in the name.
const SECRET_KEYS: &[&str] = &[
    "ACCESS",
    "ACCOUNT",
    "ADMIN",
    "AES",
    "ANON",
    "API",
    "APP",
    "APPLICATION",
    "AUTH",
    "CIPHER",
    "CLIENT",
    "CREDS",
    "CRYPTO",
    "DECRYPTION",
    "ENC",
    "ENCRYPT",
    "ENCRYPTION",
    "FERNET",
    "HMAC",
    "JWT",
    "LICENSE",
    "MASTER",
    "PRESHARED",
    "PRIV",
    "PRIVATE",
    "ROLE",
    "ROOT",
    "SALT",
    "SEAL",
    "SERVER",
    "SERVICE",
    "SESSION",
    "SHARED",
    "SIGNING",
    "STORAGE",
    "UNSEAL",
    "WRAPPING",
];

/// Words before `KEY` by which it is none.
const NO_SECRET_KEYS: &[&str] = &[
    "ANNOTATION",
    "ARROW",
    "ATTRIBUTE",
    "BINDING",
    "BUCKET",
    "CACHE",
    "CHORD",
    "CLUSTERING",
    "COLUMN",
    "COMPONENT",
    "COMPOSITE",
    "CONFIG",
    "CONTEXT",
    "CORRELATION",
    "DEDUP",
    "DEDUPLICATION",
    "DISTRIBUTION",
    "ENTITY",
    "ESCAPE",
    "EVENT",
    "FEATURE",
    "FIELD",
    "FILE",
    "FLAG",
    "FOREIGN",
    "GROUP",
    "GROUPING",
    "HASH",
    "HEADER",
    "HOT",
    "I18N",
    "IDEMPOTENCY",
    "INDEX",
    "ISSUE",
    "JOIN",
    "JSON",
    "LABEL",
    "LANG",
    "LOCALE",
    "LOCK",
    "LOOKUP",
    "MAP",
    "MESSAGE",
    "META",
    "METADATA",
    "METRIC",
    "MODIFIER",
    "MULTI",
    "NATURAL",
    "OBJECT",
    "ORDER",
    "PARTITION",
    "PREFIX",
    "PRIMARY",
    "PROJECT",
    "PROPERTY",
    "PUB",
    "PUBLIC",
    "PUBLISHABLE",
    "QUEUE",
    "RANGE",
    "RATE",
    "RECORD",
    "REGISTRY",
    "ROUTE",
    "ROUTING",
    "ROW",
    "S3",
    "SEARCH",
    "SETTING",
    "SHARD",
    "SHORTCUT",
    "SITE",
    "SORT",
    "SORTING",
    "SPACE",
    "STATE",
    "STREAM",
    "SURROGATE",
    "TAG",
    "TOPIC",
    "TRACE",
    "TRANSLATION",
    "UNIQUE",
];

/// Words behind a secret that leave it one, though they end the name: which of several it is, or how it is written.
const WHICH: &[&str] = &[
    "BASE",
    "BASE64",
    "B64",
    "CURRENT",
    "DEV",
    "HEX",
    "LIVE",
    "LOCAL",
    "NEW",
    "NEXT",
    "OLD",
    "PLAIN",
    "PREVIOUS",
    "PRIMARY",
    "PROD",
    "PRODUCTION",
    "SECONDARY",
    "STAGING",
    "STRING",
    "TEST",
    "VALUE",
];

/// Words behind which the last word of a name stands: `TOKEN_EXPIRES_IN`.
const PREPOSITIONS: &[&str] = &["AT", "BY", "FOR", "FROM", "IN", "MS", "OF", "SEC", "TO"];

/// Words at the start of a name that make a switch of it.
const SWITCHING: &[&str] = &[
    "ALLOW", "ASK", "CHECK", "DISABLE", "ENABLE", "GENERATE", "HAS", "HIDE", "IS", "NO", "PROMPT", "REQUIRE",
    "SHOW", "SKIP", "USE", "VALIDATE", "WITH", "WITHOUT",
];

/// Words at the end of a name that make it speak about a secret. In the singular; the plural counts as well.
const ABOUT: &[&str] = &[
    "ACTION",
    "ADAPTER",
    "ADDRESS",
    "AGE",
    "ALG",
    "ALGO",
    "ALGORITHM",
    "ALPHABET",
    "ARN",
    "ATTEMPT",
    "AUDIENCE",
    "AUTHENTICATION",
    "BACKEND",
    "BITS",
    "BODY",
    "BUCKET",
    "BUDGET",
    "BYTE",
    "CACHE",
    "CASE",
    "CHAR",
    "CHARACTER",
    "CHARSET",
    "CHECKER",
    "CLAIM",
    "CLASS",
    "CMD",
    "COLUMN",
    "COMMAND",
    "COMPLEXITY",
    "CONTROLLER",
    "COOKIE",
    "COST",
    "COUNT",
    "DATE",
    "DAY",
    "DECIMAL",
    "DELIMITER",
    "DESCRIPTION",
    "DETECTION",
    "DIGIT",
    "DIR",
    "DIRECTORY",
    "DISABLED",
    "DOMAIN",
    "DRIVER",
    "DURATION",
    "EMAIL",
    "ENABLED",
    "ENCODER",
    "ENCODING",
    "ENCRYPTION",
    "ENDPOINT",
    "ENGINE",
    "ENTROPY",
    "ENV",
    "ENVIRONMENT",
    "ERROR",
    "EXCHANGE",
    "EXP",
    "EXPIRATION",
    "EXPIRE",
    "EXPIRES",
    "EXPIRY",
    "EXTRACTOR",
    "FIELD",
    "FILE",
    "FILENAME",
    "FILTER",
    "FLOW",
    "FORM",
    "FORMAT",
    "GENERATOR",
    "GRACE",
    "GRANT",
    "GROUP",
    "HANDLER",
    "HASHER",
    "HASHING",
    "HEADER",
    "HELP",
    "HELPER",
    "HINT",
    "HISTORY",
    "HOST",
    "HOUR",
    "ICON",
    "INDEX",
    "INPUT",
    "INTERVAL",
    "INTROSPECTION",
    "ISSUER",
    "ITERATION",
    "KIND",
    "LABEL",
    "LANGUAGE",
    "LEEWAY",
    "LENGTH",
    "LEN",
    "LIFESPAN",
    "LIFETIME",
    "LIMIT",
    "LINK",
    "LOCATION",
    "LOCKOUT",
    "LOGIN",
    "LOGO",
    "LOOKUP",
    "MANAGER",
    "MASK",
    "MASKING",
    "MAX",
    "MESSAGE",
    "METHOD",
    "MIN",
    "MINIMUM",
    "MAXIMUM",
    "MINUTE",
    "MODE",
    "MODEL",
    "MODULE",
    "MOUNT",
    "MOUNTPATH",
    "NAME",
    "NAMESPACE",
    "NETWORK",
    "ONLY",
    "OPERATOR",
    "OPTION",
    "OPTIONAL",
    "OWNER",
    "PAGE",
    "PARAM",
    "PARAMETER",
    "PATH",
    "PATTERN",
    "PERIOD",
    "PLACEHOLDER",
    "PLUGIN",
    "POLICY",
    "PORT",
    "POSITION",
    "PREFIX",
    "PRICE",
    "PROMPT",
    "PROPERTY",
    "PROTECTION",
    "PROVIDER",
    "QUERY",
    "RATE",
    "REALM",
    "RECOVERY",
    "REF",
    "REFERENCE",
    "REGEX",
    "REGEXP",
    "REGION",
    "REQUIRED",
    "REQUIREMENT",
    "RESET",
    "RETENTION",
    "RETRY",
    "REVOCATION",
    "ROTATION",
    "ROUND",
    "ROUTE",
    "RULE",
    "SCANNER",
    "SCANNING",
    "SCHEMA",
    "SCHEME",
    "SCOPE",
    "SCORE",
    "SECOND",
    "SEPARATOR",
    "SIZE",
    "SOURCE",
    "STATUS",
    "STDIN",
    "STORAGE",
    "STORE",
    "STRATEGY",
    "STRENGTH",
    "SUFFIX",
    "SUPPLY",
    "SYMBOL",
    "SYNC",
    "TABLE",
    "TEMPLATE",
    "TEXT",
    "THRESHOLD",
    "TIMEOUT",
    "TITLE",
    "TTL",
    "TYPE",
    "UPDATER",
    "URI",
    "URL",
    "USERNAME",
    "VALIDATION",
    "VALIDATOR",
    "VALIDITY",
    "VAR",
    "VARIABLE",
    "VERIFIER",
    "VERSION",
    "VIEW",
    "WINDOW",
];

/// Endings of files that hold keys, whatever they look like.
const KEY_STORES: &[&str] =
    &[".p12", ".pfx", ".jks", ".jceks", ".keystore", ".kdbx", ".ppk", ".pgpass", ".netrc", ".htpasswd"];

/// Whether a file of this name holds nothing but secrets and whose they are.
pub(super) fn is_for_secrets(name: &str) -> bool {
    KEY_STORES.iter().any(|ending| name.ends_with(ending) || ending.strip_prefix('.') == Some(name))
}

/// What a name says of its value.
pub(super) fn says(name: &str) -> Says {
    thread_local!(static KNOWN: Memo<Says> = Memo::default());
    remembered(&KNOWN, name, read)
}

fn read(name: &str) -> Says {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let is_switch = words.first().is_some_and(|first| SWITCHING.contains(first));
    let is_made = words.contains(&"RANDOM") || words.windows(2).any(|pair| pair == ["ALLOW", "EMPTY"]);
    if is_switch && words.len() > 1 || is_made {
        return Says::Nothing;
    }
    if let Some(end) = (1..=words.len()).rev().find(|end| tells(&words, *end)) {
        return if speaks_about(&words[..end], &words[end..]) { Says::Nothing } else { Says::Secret };
    }
    key(&words)
}

/// Whether the words up to `end` end with what tells a secret.
fn tells(words: &[&str], end: usize) -> bool {
    let Some((last, before)) = words[..end].split_last() else { return false };
    let behind = &words[end..];
    let is_last = behind.iter().all(|word| WHICH.contains(word) || is_number(word));
    let word = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let previous = before.last().copied().unwrap_or_default();
    match word {
        "PASS" | "PW" if NO_PASS.contains(&previous) => return false,
        // In the midst of a name, of somebody or something: `DB_PASS_RO`.
        "PASS" | "PW" if !before.is_empty() && !is_last => {
            return !behind.iter().any(|word| NO_PASS_BEHIND.contains(word));
        }
        "PIN" => return is_last && PINS.contains(&previous),
        "KEY" | "KEYS" => return SECRET_KEYS.contains(&previous),
        _ => {}
    }
    WORDS.contains(&word)
        || is_last && LAST.contains(&word)
        || ENDS.iter().any(|end| word.ends_with(end))
        || WORDS.iter().any(|start| word.strip_prefix(start).is_some_and(|rest| GLUED.contains(&rest)))
        || is_last && COMPOUNDS.iter().any(|compound| ends_with(&words[..end], compound))
}

/// Whether the words, put together, end with a compound.
fn ends_with(words: &[&str], compound: &str) -> bool {
    let mut rest = compound;
    for word in words.iter().rev() {
        match rest.strip_suffix(word) {
            Some("") => return true,
            Some(before) => rest = before,
            None => return word.ends_with(rest),
        }
    }
    false
}

/// Whether what follows on a secret makes the name speak about it.
fn speaks_about(secret: &[&str], behind: &[&str]) -> bool {
    let is_passed = |word: &&&str| !PREPOSITIONS.contains(*word) && !is_number(word);
    let Some(last) = behind.iter().rev().find(is_passed) else { return false };
    let singular = last.strip_suffix("IES").map(|stem| format!("{stem}Y"));
    let singular = singular.unwrap_or_else(|| last.strip_suffix('S').unwrap_or(last).to_owned());
    if *last == "ID" && behind.len() == 1 {
        // Vault's `secret_id` and its first token, AWS's half of a pair.
        return !(secret.ends_with(&["SECRET"])
            || secret.ends_with(&["ACCESS", "KEY"])
            || secret.ends_with(&["ROOT", "TOKEN"]));
    }
    ABOUT.contains(last) || ABOUT.contains(&singular.as_str()) || *last == "ID"
}

/// What a name says that tells no secret by itself.
fn key(words: &[&str]) -> Says {
    let at = words.iter().rposition(|word| !WHICH.contains(word) && !is_number(word));
    let Some(at) = at else { return Says::Nothing };
    match words[at].trim_end_matches(|c: char| c.is_ascii_digit()) {
        "KEY" if at == 0 => Says::Perhaps,
        "KEY" if words[..at].iter().any(|word| ["PUB", "PUBLIC", "PUBLISHABLE"].contains(word)) => {
            Says::Nothing
        }
        "KEY" if NO_SECRET_KEYS.contains(&words[at - 1]) => Says::Nothing,
        "KEY" => Says::Key,
        "AUTH" | "CRED" | "CREDS" | "JWT" | "SAS" | "SIG" | "SIGN" | "SIGNATURE" | "CODE" | "COOKIE"
        | "COOKIES" => Says::Perhaps,
        _ => Says::Nothing,
    }
}

/// `2`, `V2`, `64`.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('V').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `keyStorePassword` and `key-store-password` have three words.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = '_';
    for c in name.chars() {
        let is_new = !before.is_alphanumeric()
            || c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit());
        if c.is_alphanumeric() {
            if is_new {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in "DB_PASS1 DB_PASS_RO ADMIN_PWD2 PGPASSWORD dbPassword spring.datasource.password \
            OAUTH2_CLIENTSECRET TOKEN_1 API_KEY_V2 WEBHOOK_SECRET_CURRENT SERVICE_PASSWORD_64_DB SECRET_KEY_BASE \
            secret_key_base AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY SECRET_ID dev-root-token-id WPA_PSK \
            RABBITMQ_ERLANG_COOKIE GITHUB_PAT SEED_PHRASE UNLOCK_PIN TS_AUTHKEY STORAGE_ACCOUNT_KEY JWT_SECRET2 \
            keyStorePassword requirepass APIKEY apiKey X-Api-Key PASSWORD_HASH SENTRY_DSN client-key-data \
            ENCRYPTION_KEY_OLD PASSWORD_RESET_SECRET SECRET_STORE_TOKEN NEXT_PUBLIC_API_KEY AccountKey \
            LICENSE_KEY REFRESH_TOKEN TOKEN_SECRET POSTGRES_PASSWORD_APP REDIS_AUTH tokens VERIFY_TOKEN"
            .split_whitespace()
        {
            assert_eq!(says(name), Says::Secret, "{name}");
        }
        for name in "STRIPE_KEY MAPBOX_KEY GOOGLE_MAPS_KEY_PROD ssh_key".split(' ') {
            assert_eq!(says(name), Says::Key, "{name}");
        }
    }

    #[test]
    fn names_about_secrets() {
        for name in "PASSWORD_MAX_AGE PASSWORD_HASHER PASSWORD_HASH_ALGORITHM PASSWORD_POLICY PASSWORD_REGEX \
            PASSWORD_PLACEHOLDER PASSWORD_PROMPT PASSWORD_CHARSET PASSWORD_STRENGTH PASSWORD_ENCODING \
            PASSWORDLESS_LOGIN SECRET_BACKEND SECRET_PROVIDER SECRET_STORE SECRET_KEY_REF SECRET_KEY_LENGTH \
            SECRETS_MANAGER_REGION SECRETARY SECRETARY_EMAIL TOKENIZER TOKENIZERS_PARALLELISM TOKEN_TYPE \
            TOKEN_HEADER TOKEN_ISSUER TOKEN_AUDIENCE TOKEN_SCHEME TOKEN_SYMBOL TOKEN_CONTRACT_ADDRESS \
            API_KEY_HEADER API_KEY_LOCATION JWT_SECRET_ALGORITHM CREDENTIALS_MODE CREDENTIAL_HELPER \
            ACCESS_TOKEN_LIFETIME DB_SECRET_ARN DB_PASSWORD_ENV DB_SECRET_ROTATION ENCRYPTION_KEY_ID \
            PASSWORD_POLICIES TOKEN_EXPIRES_IN TOKENS_PER_MINUTE POSTGRES_PASSWORD_FILE MYSQL_ALLOW_EMPTY_PASSWORD \
            MYSQL_RANDOM_ROOT_PASSWORD BACK_PROXY_PASS PASS_THROUGH TEST_PASS_RATE BYPASS COMPASS AUTHOR \
            KEYBOARD MONKEY PARTITION_KEY STRIPE_PUBLISHABLE_KEY NEXT_PUBLIC_STRIPE_KEY SALT_ROUNDS GPIO_PIN \
            use-token no-password tokenUrl passwordMinLength SIGNING_KEY_ID credentialsId DISPATCH PATTERN"
            .split_whitespace()
        {
            assert_eq!(says(name), Says::Nothing, "{name}");
        }
    }
}
