//! Health checks that plainly ask one page of the container itself: the kubelet can ask for it, and
//! neither a shell nor curl need be in the image.
//!
//! Plainly: one `curl` that fails on errors of the server, or one `wget`, of one URL, with options that
//! change nothing but what is printed. Everything else stays a command.

use crate::compose::values::words;

/// The page that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// By HTTPS.
    pub(super) secure: bool,
    /// The port that is asked.
    pub(super) port: u16,
    /// Path and query.
    pub(super) path: String,
    /// The host as the URL has it: servers that check the name know this one, not a pod's address.
    pub(super) host: String,
    /// Seconds after which the program gives up.
    pub(super) patience: Option<i64>,
}

/// Options of a program: those that stand alone, and those that take a value.
struct Options {
    alone: &'static [&'static str],
    valued: &'static [&'static str],
    patience: &'static [&'static str],
}

const CURL: Options = Options {
    alone: &[
        "-f",
        "--fail",
        "--fail-with-body",
        "-s",
        "--silent",
        "-S",
        "--show-error",
        "-L",
        "--location",
        "-k",
        "--insecure",
        "-I",
        "--head",
        "-i",
        "--include",
        "-v",
        "--verbose",
        "-g",
        "--globoff",
        "-N",
        "--no-buffer",
        "--no-progress-meter",
        "-4",
        "--ipv4",
    ],
    valued: &["-o", "--output", "--connect-timeout"],
    patience: &["-m", "--max-time"],
};

const WGET: Options = Options {
    alone: &[
        "-q",
        "--quiet",
        "-nv",
        "--no-verbose",
        "-v",
        "--verbose",
        "--spider",
        "-S",
        "--server-response",
        "--no-check-certificate",
    ],
    valued: &["-O", "--output-document", "-o", "--output-file", "-t", "--tries"],
    patience: &["-T", "--timeout"],
};

/// The request that a test makes, if that is plainly all it does. Names of the container itself are those
/// that `is_itself` knows, beside `localhost`.
pub(super) fn request(test: &[&str], is_itself: &dyn Fn(&str) -> bool) -> Option<Request> {
    let (form, rest) = test.split_first()?;
    let words: Vec<String> = match *form {
        "CMD" => rest.iter().map(|word| (*word).to_owned()).collect(),
        "CMD-SHELL" => shell_words(&rest.join(" "))?,
        _ => return None,
    };
    let (program, arguments) = words.split_first()?;
    let options = match program.rsplit('/').next()? {
        "curl" => CURL,
        "wget" => WGET,
        _ => return None,
    };
    let fails = program.ends_with("wget") || arguments.iter().any(|word| is_fail(word));
    let (addresses, patience) = arguments_of(arguments, &options)?;
    match addresses.as_slice() {
        [address] if fails => request_of(address, patience, is_itself),
        _ => None,
    }
}

/// Without one of these, curl is content with any answer.
fn is_fail(word: &str) -> bool {
    word == "--fail"
        || word == "--fail-with-body"
        || (word.starts_with('-') && !word.starts_with("--") && word.contains('f'))
}

/// The words of a line that a shell would run as one command, whose failure is that of the check.
fn shell_words(line: &str) -> Option<Vec<String>> {
    if line.contains(['$', '`', '\\', '*', '~', '#', '\n']) {
        return None;
    }
    let words = words::split(line).ok()?;
    let rest = words.dropped.map_or("", |at| line.get(at..).unwrap_or(";"));
    let failing = rest.trim().strip_prefix("||").map(str::trim);
    matches!((rest.trim(), failing), ("", _) | (_, Some("exit 1" | "false"))).then_some(words.words)
}

/// The arguments that are no options, and the time limit; nothing if an option is not known.
fn arguments_of<'a>(arguments: &'a [String], options: &Options) -> Option<(Vec<&'a str>, Option<i64>)> {
    let (mut addresses, mut patience) = (Vec::new(), None);
    let mut words = arguments.iter().map(String::as_str);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            addresses.push(word);
            continue;
        }
        let Some((option, value)) = valued(word, options)? else { continue };
        let value = value.or_else(|| words.next())?;
        if options.patience.contains(&option.as_str()) {
            patience = Some(value.parse().ok().filter(|seconds| *seconds > 0)?);
        }
    }
    Some((addresses, patience))
}

/// The option of a word that takes a value, with the value if the same word has it: `--tries=1`, `-O-`,
/// also behind letters that stand alone, `-qO-`. `Some(None)` if all of the word stands alone, nothing if
/// something of it is not known.
fn valued<'a>(word: &'a str, options: &Options) -> Option<Option<(String, Option<&'a str>)>> {
    let takes = |option: &str| options.valued.contains(&option) || options.patience.contains(&option);
    if options.alone.contains(&word) {
        return Some(None);
    }
    if word.starts_with("--") {
        let (option, value) =
            word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        return takes(option).then(|| Some((option.to_owned(), value)));
    }
    for (at, letter) in word.char_indices().skip(1) {
        let option = format!("-{letter}");
        if takes(&option) {
            let value = word.get(at + letter.len_utf8()..).filter(|value| !value.is_empty());
            return Some(Some((option, value)));
        }
        if !options.alone.contains(&option.as_str()) {
            return None;
        }
    }
    Some(None)
}

fn request_of(address: &str, patience: Option<i64>, is_itself: &dyn Fn(&str) -> bool) -> Option<Request> {
    let (secure, rest) = match address.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
        Some(_) => return None,
        None => (false, address),
    };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(at);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)?),
        None => (authority, if secure { 443 } else { 80 }),
    };
    let plain = path.chars().all(|character| character.is_ascii_graphic() && !"$#[]{}".contains(character));
    if !(["localhost", "127.0.0.1", "0.0.0.0"].contains(&host) || is_itself(host)) || !plain {
        return None;
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let host =
        if host == "0.0.0.0" { authority.replacen("0.0.0.0", "localhost", 1) } else { authority.to_owned() };
    Some(Request { secure, port, path, host, patience })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str) -> Option<Request> {
        request(&["CMD-SHELL", line], &|host| host == "web")
    }

    #[test]
    fn plain_requests() {
        for (line, port, path, host) in [
            ("curl -f http://localhost:8000/health", 8000, "/health", "localhost:8000"),
            ("curl -fsS http://localhost || exit 1", 80, "/", "localhost"),
            (
                "curl --fail --silent -o /dev/null 127.0.0.1:3000/ping?deep=1||exit 1",
                3000,
                "/ping?deep=1",
                "127.0.0.1:3000",
            ),
            ("/usr/bin/wget -qO- http://0.0.0.0:9200/ || false", 9200, "/", "localhost:9200"),
            (
                "wget --no-verbose --tries=1 --spider http://localhost:8080/ready",
                8080,
                "/ready",
                "localhost:8080",
            ),
            ("wget -q -O /dev/null 'http://localhost:1/a'", 1, "/a", "localhost:1"),
            ("curl -fk https://localhost/", 443, "/", "localhost"),
            ("curl -f http://web:8000/health", 8000, "/health", "web:8000"),
        ] {
            let found = shell(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((found.port, &found.path[..], &found.host[..]), (port, path, host), "{line}");
            assert_eq!(found.secure, line.contains("https"), "{line}");
        }
        assert_eq!(shell("curl -f -m 5 http://localhost").and_then(|found| found.patience), Some(5));
        assert!(request(&["CMD", "curl", "-f", "http://localhost:5000/"], &|_| false).is_some());
    }

    #[test]
    fn everything_else_stays_a_command() {
        for line in [
            "curl http://localhost",
            "curl -f http://localhost:$PORT/",
            "curl -f http://api:8000/",
            "curl -f http://localhost.example.com/",
            "curl -f http://user:word@localhost/",
            "curl -f -H 'X-Key: 1' http://localhost/",
            "curl -f -X POST http://localhost/",
            "curl -f http://localhost/ | grep ok",
            "curl -f http://localhost/a && curl -f http://localhost/b",
            "curl -f http://localhost/a http://localhost/b",
            "curl -f http://localhost/ || exit 0",
            "curl -f ftp://localhost/",
            "curl -f http://localhost:port/",
            "test -f /ready",
            "curl -f",
            "",
        ] {
            assert_eq!(shell(line), None, "{line}");
        }
        assert_eq!(request(&[], &|_| true), None);
        assert_eq!(request(&["NONE"], &|_| true), None);
    }
}
