//! Whether a word of a text is meant as a host, and at which port. Values, commands and configuration files are read
//! by their looks: what stands before and behind the word decides.
//!
//! Knows nothing of services: it is given the name to look for.

use std::ops::Range;

use crate::catalog::{self, Property, ports::Transport};

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Standing<'a> {
    /// The value of the variable of this name.
    Variable(&'a str),
    /// A word of a command, or a text that a shell reads, between these words.
    Word {
        /// The word before.
        previous: &'a str,
        /// The word behind.
        next: &'a str,
        /// The last option before it.
        option: &'a str,
    },
    /// A configuration file.
    File,
}

/// A name that stands in a text as a word of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where, in bytes.
    pub(super) range: Range<usize>,
    /// Whether it is plainly meant as a host.
    pub(super) is_address: bool,
    /// The port that stands with it.
    pub(super) port: Option<u16>,
    /// A second one behind it, `host:2888:3888`.
    pub(super) second: Option<u16>,
    /// The port that its URL means if it has none.
    pub(super) usual: Option<u16>,
    /// Whether it is asked for web pages.
    pub(super) web: bool,
    /// Whether it is a URL of a protocol that clients speak: nobody listens there by it.
    pub(super) is_called: bool,
    /// What is spoken there, as far as somebody says so.
    pub(super) transport: Option<Transport>,
}

impl Found {
    /// A host at a port, whatever else is known.
    pub(super) fn at_port(range: Range<usize>, port: Option<u16>) -> Self {
        Found { is_address: true, port, ..Self::nothing(range) }
    }

    /// A word that names something else than a host.
    fn nothing(range: Range<usize>) -> Self {
        Found {
            range,
            is_address: false,
            port: None,
            second: None,
            usual: None,
            web: false,
            is_called: false,
            transport: None,
        }
    }
}

/// The ports that URLs mean without saying so.
const SCHEMES: &[(&str, u16)] = &[
    ("amqp", 5672),
    ("amqps", 5671),
    ("beanstalkd", 11300),
    ("bolt", 7687),
    ("http", 80),
    ("https", 443),
    ("ldap", 389),
    ("ldaps", 636),
    ("mariadb", 3306),
    ("memcached", 11211),
    ("mongodb", 27017),
    ("mqtt", 1883),
    ("mqtts", 8883),
    ("mssql", 1433),
    ("mysql", 3306),
    ("mysql2", 3306),
    ("nats", 4222),
    ("neo4j", 7687),
    ("pgsql", 5432),
    ("postgres", 5432),
    ("postgresql", 5432),
    ("redis", 6379),
    ("rediss", 6379),
    ("sftp", 22),
    ("smtp", 25),
    ("smtps", 465),
    ("sqlserver", 1433),
    ("ssh", 22),
    ("valkey", 6379),
    ("ws", 80),
    ("wss", 443),
];

/// Parts of schemes that say what is spoken; any other is a stream.
const SPOKEN: &[(&str, Transport)] = &[
    ("coap", Transport::Udp),
    ("dns", Transport::Both),
    ("gelf", Transport::Udp),
    ("ntp", Transport::Udp),
    ("rtp", Transport::Udp),
    ("sip", Transport::Both),
    ("snmp", Transport::Udp),
    ("statsd", Transport::Udp),
    ("stun", Transport::Both),
    ("syslog", Transport::Both),
    ("tcp", Transport::Tcp),
    ("turn", Transport::Both),
    ("udp", Transport::Udp),
];

/// Parts of the names of variables and options that say what is spoken.
const DATAGRAMS: &[(&str, Transport)] = &[
    ("collectd", Transport::Udp),
    ("gelf", Transport::Udp),
    ("jaeger_agent", Transport::Udp),
    ("netflow", Transport::Udp),
    ("snmp", Transport::Udp),
    ("statsd", Transport::Udp),
    ("syslog", Transport::Both),
    ("udp", Transport::Udp),
];

/// Parts of the names of variables and options that list the members of a cluster.
const MEMBERS: &[&str] = &[
    "cluster",
    "discover",
    "gossip",
    "initial",
    "join",
    "member",
    "peer",
    "quorum",
    "route",
    "seed",
    "voters",
    "zoo_servers",
];

/// Endings of names whose value is a host, or a list of hosts.
const HOST_NAMES: &[&str] = &[
    "ADDR",
    "ADDRESS",
    "ADDRESSES",
    "BACKEND",
    "BROKER",
    "BROKERS",
    "ENDPOINT",
    "ENDPOINTS",
    "HOST",
    "HOSTADDR",
    "HOSTNAME",
    "HOSTS",
    "MEMBERS",
    "NODES",
    "PEERS",
    "SEEDS",
    "SERVER",
    "SERVERS",
    "TARGET",
    "TARGETS",
    "UPSTREAM",
    "URI",
    "URL",
];

/// Endings of names whose value is the name of something else, even if a service is called so.
const OTHER_NAMES: &[&str] = &[
    "APP",
    "BUCKET",
    "CONTAINER",
    "DATABASE",
    "DB",
    "DBNAME",
    "DRIVER",
    "ENGINE",
    "ENV",
    "ENVIRONMENT",
    "GROUP",
    "IMAGE",
    "INDEX",
    "KEY",
    "LOGIN",
    "MODE",
    "MODULE",
    "NAME",
    "PASS",
    "PASSWORD",
    "PLATFORM",
    "PREFIX",
    "PROFILE",
    "PROFILES",
    "PROJECT",
    "QUEUE",
    "QUEUES",
    "REALM",
    "ROLE",
    "SCHEMA",
    "SECRET",
    "SERVICE",
    "SERVICES",
    "STAGE",
    "TAG",
    "TOKEN",
    "TOPIC",
    "TYPE",
    "USER",
    "USERNAME",
    "VERSION",
    "VHOST",
];

/// No port: a number as small stands behind a name as its version, `mysql:8`.
const SMALLEST_PORT: u16 = 20;

/// How far back what says that a word is a host is looked for, in bytes.
const LABEL_LENGTH: usize = 80;

/// How much of what stands behind a word is looked at, in bytes.
const BEHIND_LENGTH: usize = 4096;

/// The words of a text that could be names, in their order: what stands between other characters than letters, digits,
/// `_`, `-` and `.`. `db.example.com` and `web.py` are one name each; the dot of `db.` ends a sentence.
pub(super) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text.get(at..)?.find(is_of_name)?;
        let rest = &text[start..];
        at = start + rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        Some(start..start + text[start..at].trim_end_matches('.').len())
    })
    .filter(|range| !range.is_empty())
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Whether the whole value is a name, under a key that does not speak of other names. Perhaps a host, perhaps not.
pub(super) fn is_perhaps(text: &str, host: &str, standing: Standing<'_>) -> bool {
    let Standing::Variable(key) = standing else { return false };
    text.trim() == host && !OTHER_NAMES.iter().any(|ending| ends_with_word(key, ending))
}

/// Whether a word of a command, behind an option, is this name: `-ip=web`, `--node-name web`.
pub(super) fn is_option_value(text: &str, range: &Range<usize>, standing: Standing<'_>) -> bool {
    let Standing::Word { previous, .. } = standing else { return false };
    let option = match range.start {
        0 => previous,
        _ => text[..range.start].strip_suffix('=').unwrap_or_default(),
    };
    // Of one letter, only those that usually take addresses.
    let name = option.trim_start_matches('-');
    let may_be = name.len() > 1 || "abhHil".contains(name) && !name.is_empty();
    range.end == text.len() && option.starts_with('-') && may_be && !name.contains('=')
}

/// Whether a variable of this name says where its program listens.
pub(super) fn says_listening(key: &str) -> bool {
    let upper = key.to_ascii_uppercase();
    ["LISTEN", "BIND", "ZOO_SERVERS"].iter().any(|part| upper.contains(part)) && !says_advertised(key)
}

/// Whether a variable of this name says where others reach its program, wherever that listens.
pub(super) fn says_advertised(key: &str) -> bool {
    key.to_ascii_uppercase().contains("ADVERTIS")
}

/// The name of the variable that has the port, beside the one that has the host: `DB_PORT` beside `DB_HOST`.
pub(super) fn port_keys(key: &str) -> Vec<String> {
    let spellings = |word: &str, port: &str| {
        [
            (word.to_owned(), port.to_owned()),
            (word.to_ascii_lowercase(), port.to_ascii_lowercase()),
            (capitalized(word), capitalized(port)),
        ]
    };
    let mut keys = Vec::new();
    for word in ["HOST", "HOSTNAME", "HOSTADDR", "SERVER", "ADDR", "ADDRESS", "ENDPOINT"] {
        for (word, port) in spellings(word, "PORT") {
            if let Some(before) = key.strip_suffix(&word) {
                keys.push(format!("{before}{port}"));
                keys.push(format!("{key}_{port}"));
            }
        }
    }
    keys
}

/// Whether a variable has a further port of the host that another one names: `MQ_PORT_MANAGEMENT` beside `MQ_HOST`.
pub(super) fn is_further_port(key: &str, of_host: &str) -> bool {
    let words = ["HOST", "HOSTNAME", "SERVER", "ADDRESS"];
    let mut prefixes = words.iter().filter_map(|word| of_host.strip_suffix(word));
    prefixes.any(|before| {
        let further = key.strip_prefix(before).and_then(|rest| rest.strip_prefix("PORT_"));
        further.is_some_and(|use_| !["EXTERNAL", "HOST", "LOCAL", "PUBLIC", "PUBLISHED"].contains(&use_))
    })
}

fn capitalized(word: &str) -> String {
    word.chars().take(1).chain(word.chars().skip(1).map(|letter| letter.to_ascii_lowercase())).collect()
}

/// What is meant by a word: a host after `//` or `@`, before a port, behind a label that says so, in a list
/// of such, or as the whole value of a key that says so.
pub(super) fn judge(text: &str, range: Range<usize>, standing: Standing<'_>) -> Found {
    let (before, after) = (&text[..range.start], &text[range.end..]);
    let before = match standing {
        Standing::Word { previous, .. } => format!("{previous} {before}"),
        Standing::Variable(_) | Standing::File => tail(before).to_owned(),
    };
    let after = match standing {
        Standing::Word { next, .. } => format!("{after} {next}"),
        Standing::Variable(_) | Standing::File => after
            .char_indices()
            .take_while(|(at, c)| at + c.len_utf8() <= BEHIND_LENGTH)
            .map(|(_, c)| c)
            .collect(),
    };
    let word = &text[range.clone()];
    if is_user(&after) {
        return Found::nothing(range);
    }
    let scheme = scheme(&before);
    let labelled = is_labelled(&before, standing);
    let port = port_behind(&after, labelled).filter(|_| !is_image(&before, standing));
    let knocked = knocked_port(&before, &after, standing);
    let is_address = scheme.is_some()
        || port.is_some() && !before.ends_with('/')
        || before.trim_end_matches(' ').ends_with("//")
        || is_mailed(&before, &after)
        || labelled
        || knocked.is_some()
        || is_listed(text, word, standing);
    let usual = scheme.as_deref().and_then(|scheme| {
        let plain = scheme.split('+').next()?;
        let (_, port) = SCHEMES.iter().find(|(known, _)| *known == plain)?;
        Some(*port)
    });
    let is_called = usual.is_some();
    let transport = transport(scheme.as_deref(), &before, standing);
    let port = port.or(knocked).or_else(|| labelled.then(|| port_parameter(&after)).flatten());
    let web = matches!(scheme.as_deref(), Some("http"));
    let second = port.and_then(|port| after.strip_prefix(&format!(":{port}:"))).and_then(leading_port);
    Found {
        range,
        is_address,
        port,
        second,
        usual: usual.filter(|_| port.is_none()),
        web,
        is_called,
        transport,
    }
}

/// Whether what stands behind a word makes it the user of an address: `user@`, `user:password@`.
fn is_user(after: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || "/?#,;()<>\"'`".contains(c);
    let authority = &after[..after.find(ends).unwrap_or(after.len())];
    authority.starts_with([':', '@']) && authority.contains('@')
}

/// What is spoken at an address: its scheme says it, else the name of the variable or the option before it.
fn transport(scheme: Option<&str>, before: &str, standing: Standing<'_>) -> Option<Transport> {
    // What they say is HTTP, whatever the port is called.
    if scheme.is_some_and(|scheme| ["https", "ws", "wss"].contains(&scheme)) {
        return None;
    }
    if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty()) {
        let mut parts = scheme.split('+').rev();
        let said = parts.find_map(|part| SPOKEN.iter().find(|(known, _)| *known == part));
        return Some(said.map_or(Transport::Tcp, |(_, transport)| *transport));
    }
    let label = label(before, standing).to_ascii_lowercase();
    DATAGRAMS.iter().find(|(part, _)| label.contains(part)).map(|(_, transport)| *transport)
}

/// The variable, the option or the line that a word stands behind.
fn label<'a>(before: &'a str, standing: Standing<'a>) -> &'a str {
    match standing {
        Standing::Variable(key) => key,
        Standing::Word { .. } => before.trim_end().rsplit(' ').next().unwrap_or_default(),
        Standing::File => before.rsplit('\n').next().unwrap_or_default(),
    }
}

/// Whether a text lists the members of a cluster, by the name of its variable or option.
pub(super) fn says_joining(text: &str, at: usize, standing: Standing<'_>) -> bool {
    let before = match standing {
        Standing::Word { previous, .. } => format!("{previous} {}", &text[..at]),
        Standing::Variable(_) | Standing::File => tail(&text[..at]).to_owned(),
    };
    let label = label(&before, standing).to_ascii_lowercase();
    // `redis-cli --cluster create one:6379 two:6379`
    let option = match standing {
        Standing::Word { option, .. } => {
            let own = text[..at].split_whitespace().rfind(|word| word.starts_with('-'));
            own.unwrap_or(option).to_ascii_lowercase()
        }
        Standing::Variable(_) | Standing::File => String::new(),
    };
    MEMBERS.iter().any(|part| label.contains(part) || option.contains(part))
}

/// Names that a text gives by a range, `minio{1...4}`, each with the place of its end in the text.
pub(super) fn ranges(text: &str) -> impl Iterator<Item = (String, usize)> + use<'_> {
    text.match_indices('{').flat_map(move |(at, _)| {
        let before = &text[..at];
        let start = before.rfind(|c| !is_of_name(c)).map_or(0, |last| last + 1);
        range_behind(&text[at + 1..]).into_iter().flat_map(move |(numbers, length)| {
            let end = at + 1 + length;
            let behind = &text[end..];
            let rest = &behind[..behind.find(|c| !is_of_name(c)).unwrap_or(behind.len())];
            let whole = end + rest.len();
            numbers.map(move |number| (format!("{}{number}{rest}", &before[start..]), whole))
        })
    })
}

/// The numbers of `1...4}` or `1..4}`, and the length of that.
fn range_behind(text: &str) -> Option<(std::ops::RangeInclusive<u32>, usize)> {
    /// No cluster has more members that are written down.
    const MOST: u32 = 64;
    let (inner, _) = text.split_once('}')?;
    let (first, last) = inner.split_once("...").or_else(|| inner.split_once(".."))?;
    let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
    (last.saturating_sub(first) < MOST).then_some((first..=last, inner.len() + 1))
}

/// The port right behind a place in a text.
pub(super) fn port_at(text: &str, end: usize) -> Option<u16> {
    port_behind(&text[end..], false)
}

/// The end of what stands before: labels are short, files are not.
fn tail(before: &str) -> &str {
    let mut start = before.len().saturating_sub(LABEL_LENGTH);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    &before[start..]
}

/// The scheme of the URL whose host the next word is, in small letters: `postgresql+asyncpg`. An empty one if it
/// cannot be read.
fn scheme(before: &str) -> Option<String> {
    let at = before.rfind("://")?;
    let authority = &before[at + 3..];
    // A list of hosts, `mongodb://a,b/db`, and `user:password@`.
    let beginning = authority.is_empty() || authority.ends_with('@') || authority.ends_with(',');
    if !beginning || authority.contains(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c)) {
        return None;
    }
    let scheme = before[..at].rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '+')).next();
    Some(scheme.unwrap_or_default().to_ascii_lowercase())
}

/// `name@host` at the end, or before a port or a path, also without a scheme.
fn is_mailed(before: &str, after: &str) -> bool {
    before.ends_with('@')
        && (before.contains("://") || after.trim_end().is_empty() || after.starts_with(['/', ':']))
}

/// The number behind a colon; behind a comma too where SQL Server's connection strings have it.
fn port_behind(after: &str, labelled: bool) -> Option<u16> {
    let digits = after.strip_prefix(':').or_else(|| after.strip_prefix(',').filter(|_| labelled));
    // `one[7800],two[7800]`
    let in_brackets =
        || after.strip_prefix('[').filter(|rest| rest.trim_start_matches(is_digit).starts_with(']'));
    leading_port(digits.or_else(in_brackets)?)
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

fn leading_port(digits: &str) -> Option<u16> {
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    let rest = &digits[end..];
    // `redis:7.2-alpine` has a version there.
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '-';
    let goes_on = rest.starts_with(word) || rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(word));
    digits[..end].parse().ok().filter(|port| *port >= SMALLEST_PORT && !goes_on)
}

/// Whether a number behind the word tells the version of an image.
fn is_image(before: &str, standing: Standing<'_>) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().to_ascii_lowercase();
    match standing {
        Standing::Variable(key) => ends_with_word(key, "IMAGE"),
        Standing::Word { .. } | Standing::File => line.contains("image"),
    }
}

/// Whether what stands just before says that a host follows: `host=`, `"server": `, `--db-host `, `-h `.
fn is_labelled(before: &str, standing: Standing<'_>) -> bool {
    let before = before.strip_suffix("tcp:").unwrap_or(before);
    let quotes = |c: char| matches!(c, ' ' | '\t' | '"' | '\'' | '[');
    let unquoted = before.trim_end_matches(quotes);
    // `<host>db</host>`, as XML has it.
    if let Some(element) = unquoted.strip_suffix('>').filter(|element| !element.ends_with('=')) {
        return says_host(last_name(element)) && element.ends_with(&format!("<{}", last_name(element)));
    }
    let assigned = unquoted.strip_suffix("=>").or_else(|| unquoted.strip_suffix(['=', ':']));
    if let Some(label) = assigned {
        let label = label.trim_end_matches(quotes);
        return says_host(last_name(label)) || label.to_ascii_lowercase().ends_with("data source");
    }
    if unquoted.len() == before.len() {
        return false;
    }
    let label = last_name(unquoted);
    let option = label.starts_with('-');
    match standing {
        // `-h` of programs that ask a store; elsewhere it asks for help.
        Standing::Word { .. } => option && (label == "-h" || label.starts_with("--") && says_host(label)),
        // What nginx and others write: `server app;`.
        Standing::File => label == "server",
        Standing::Variable(_) => option && label.starts_with("--") && says_host(label),
    }
}

/// The last run of characters that names and options consist of.
fn last_name(text: &str) -> &str {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.rsplit(|c| !part(c)).next().unwrap_or_default()
}

fn says_host(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    HOST_NAMES.iter().any(|ending| upper.ends_with(ending))
}

/// `port=3307`, as connection strings have it beside the host.
fn port_parameter(after: &str) -> Option<u16> {
    let element = after.split_once("<port>").filter(|(between, _)| between.len() < LABEL_LENGTH);
    if let Some((_, digits)) = element.filter(|_| after.starts_with("</")) {
        return leading_port(digits.trim_start());
    }
    let line = after.lines().next().unwrap_or_default();
    let lower = line.to_ascii_lowercase();
    let at = lower.find("port=")?;
    let alone = at > 0 && lower[..at].ends_with([';', ' ', '&', ',']);
    leading_port(line.get(at + "port=".len()..)?.trim_start()).filter(|_| alone)
}

/// The port of `nc -z host 5672` and of `wait-for host 5672`.
fn knocked_port(before: &str, after: &str, standing: Standing<'_>) -> Option<u16> {
    if !matches!(standing, Standing::Word { .. }) || !after.starts_with(' ') {
        return None;
    }
    let command = before.rsplit([';', '&', '|', '\n']).next().unwrap_or_default();
    let mut names = command.split(|c: char| !c.is_ascii_alphanumeric());
    // `wait` is the first part of `wait-for`.
    names
        .any(|name| name == "wait" || catalog::is(name, Property::Knocks))
        .then(|| leading_port(after.trim_start()))
        .flatten()
}

/// An item of a list of hosts, of a variable that is called so.
fn is_listed(text: &str, word: &str, standing: Standing<'_>) -> bool {
    let Standing::Variable(key) = standing else { return false };
    says_host(key) && text.split(',').any(|item| item.trim() == word)
}

/// Whether the name ends with the word, in whatever spelling: `DB_NAME`, `db.name`, `dbName`, `dbname`.
fn ends_with_word(name: &str, word: &str) -> bool {
    name.to_ascii_uppercase().ends_with(word)
}

#[cfg(test)]
mod tests;
