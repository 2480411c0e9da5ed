//! Where secrets stand in the words of a command: behind options, in `user:password`, in scripts that are
//! one word of it.

use std::ops::Range;

use super::{
    literal::{Dollar, may_be_secret},
    parameter, pipes,
    programs::{self, Meaning},
    split::{self, Style, Token, unquoted},
    text,
};
use crate::catalog::{self, Image, Options, base_name, reference::Reference};

/// How deep scripts within scripts are read.
const MAX_NESTING: usize = 4;

/// The ranges of each word of a command that hold secrets. `image` runs the words that name no program.
pub(super) fn of_command(words: &[&str], image: &str, dollar: Dollar) -> Vec<Vec<Range<usize>>> {
    let mut reader = Reader::new(Manner { dollar, masks_too_much: false, nesting: 0 });
    let image = Reference::parse(image);
    reader.program = image_program(&image, words);
    if catalog::begins_task(image.last_parts(1)) {
        image.last_parts(1).clone_into(&mut reader.spoken);
    }
    let ranges = words.iter().map(|word| {
        let mut ranges = text::ranges(word, dollar);
        ranges.extend(reader.read(word));
        ranges
    });
    ranges.collect()
}

/// The ranges of a text that hold secrets, if the text is a script, or options: what [`text`] does not see.
pub(super) fn of_script(script: &str, style: Style, dollar: Dollar) -> Vec<Range<usize>> {
    // A file says the image, and so the program, elsewhere.
    script_ranges(script, style, Manner { dollar, masks_too_much: style == Style::File, nesting: 0 })
}

/// How words are read.
#[derive(Debug, Clone, Copy)]
struct Manner {
    dollar: Dollar,
    /// `user:password` is hidden behind the `-u` of a program that nobody knows.
    masks_too_much: bool,
    /// In how many scripts this one stands.
    nesting: usize,
}

fn script_ranges(script: &str, style: Style, manner: Manner) -> Vec<Range<usize>> {
    let mut reader = Reader::new(manner);
    let tokens = split::tokens(script, style);
    let mut ranges = pipes::ranges(script, &tokens, manner.dollar);
    for token in tokens {
        match token {
            Token::Break => reader = Reader::new(manner),
            Token::Word(range) => {
                let found = reader.read(&script[range.clone()]);
                ranges.extend(
                    found.into_iter().map(|found| range.start + found.start..range.start + found.end),
                );
            }
        }
    }
    ranges
}

/// The options of an image's own program: of one whose name says which, or that is called with options alone.
fn image_program(image: &Reference, words: &[&str]) -> Option<&'static Options> {
    let has_options = words.first().is_some_and(|word| word.starts_with('-'));
    let named = has_options.then(|| catalog::options(image.last_parts(1))).flatten();
    // `sftp` with `user:password` is the image of one maker, not the client.
    let own = || Image::of(image).filter(|image| image.name.contains('/')).and_then(|image| image.program);
    named.or_else(|| catalog::options(own()?))
}

/// What the next word is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Expected {
    Anything,
    /// The value of an option of this name.
    Value(String),
    Secret,
    Pair,
    /// Maybe the value of an option, and no program.
    Unknown,
}

/// Reads word after word.
struct Reader {
    manner: Manner,
    program: Option<&'static Options>,
    /// The program's name with those of its first words that are part of one.
    spoken: String,
    /// Words behind the program that are no options.
    position: usize,
    expected: Expected,
}

impl Reader {
    fn new(manner: Manner) -> Self {
        Self { manner, program: None, spoken: String::new(), position: 0, expected: Expected::Anything }
    }

    fn read(&mut self, word: &str) -> Vec<Range<usize>> {
        let mut ranges = self.read_as_script(word);
        let expected = std::mem::replace(&mut self.expected, Expected::Anything);
        let is_option = word.len() > 1
            && word.starts_with('-')
            && (word[1..].starts_with(|c: char| c == '-' || c.is_ascii_alphabetic())
                || self.program.is_some()
                    && word.len() == 2
                    && word[1..].starts_with(|c: char| c.is_ascii_digit()));
        let whole = Some(0..word.len());
        let own = if is_option {
            self.option(word)
        } else {
            match expected {
                Expected::Value(name) => {
                    whole.filter(|_| parameter::is_secret(&name, word, self.manner.dollar))
                }
                Expected::Secret => whole.filter(|_| self.may_be_secret(word)),
                Expected::Pair => self.pair(word, 0),
                Expected::Anything | Expected::Unknown => self.plain(word, expected == Expected::Unknown),
            }
        };
        ranges.extend(own);
        ranges
    }

    /// Words of words: `sh -c '…'`, `$(…)`.
    fn read_as_script(&self, word: &str) -> Vec<Range<usize>> {
        if self.manner.nesting >= MAX_NESTING {
            return Vec::new();
        }
        let manner = Manner { nesting: self.manner.nesting + 1, ..self.manner };
        let within = |part: Range<usize>| {
            let ranges = script_ranges(&word[part.clone()], Style::Script, manner);
            ranges.into_iter().map(move |range| part.start + range.start..part.start + range.end)
        };
        let mut ranges: Vec<Range<usize>> = split::substitutions(word).into_iter().flat_map(within).collect();
        if word.contains(char::is_whitespace) {
            ranges.extend(within(0..word.len()));
        }
        ranges
    }

    fn option(&mut self, word: &str) -> Option<Range<usize>> {
        let (name, value) = match word.find('=') {
            Some(at) => (&word[..at], Some(at + 1)),
            None => (word, None),
        };
        let meaning = programs::meaning(self.program, name);
        let lacks_first = self.program.is_some_and(|program| {
            !program.without_first.is_empty()
                && !name.starts_with("--")
                && name.contains(program.without_first)
        });
        self.position += usize::from(lacks_first);
        let plain = name.trim_start_matches('-');
        // `-Dname=value` of java.
        let plain = plain.strip_prefix('D').filter(|_| value.is_some()).unwrap_or(plain);
        if let Some(start) = value {
            let value = unquoted(word, start..word.len());
            let text = &word[value.clone()];
            return match meaning {
                Some(Meaning::Pair) => self.pair(word, value.start),
                Some(Meaning::Secret) => self.may_be_secret(text).then_some(value),
                _ => parameter::is_secret(plain, text, self.manner.dollar).then_some(value),
            };
        }
        if let Some(start) = self.glued(word, plain) {
            return self.may_be_secret(&word[start..]).then(|| unquoted(word, start..word.len()));
        }
        self.expected = match meaning {
            Some(Meaning::Secret) => Expected::Secret,
            Some(Meaning::Pair) => Expected::Pair,
            Some(Meaning::Switch) => Expected::Anything,
            None if parameter::may_tell(plain) && plain.len() > 1 => Expected::Value(plain.to_owned()),
            None => return self.clustered(word),
        };
        None
    }

    /// Where the value begins in `-psecret`.
    fn glued(&self, word: &str, plain: &str) -> Option<usize> {
        let glued = self.program?.glued.iter().find(|option| word.starts_with(**option))?;
        let is_name = ["pass", "passphrase", "password", "passwd"].contains(&plain);
        (word.len() > glued.len() && !is_name).then_some(glued.len())
    }

    /// `-fsSu admin:secret` and `-uadmin:secret`, of programs that know `-u`.
    fn clustered(&mut self, word: &str) -> Option<Range<usize>> {
        if word.starts_with("--") {
            self.expected = Expected::Unknown;
            return None;
        }
        let unknown = if self.manner.masks_too_much { &["-u"][..] } else { &[] };
        let pairs = self.program.map_or(unknown, |program| program.pairs);
        let short = pairs.iter().filter(|option| option.len() == 2);
        for option in short {
            if word.starts_with(option) && word.len() > 2 {
                return self.pair(word, 2);
            }
            let is_cluster = word[1..].chars().all(|c| c.is_ascii_alphabetic());
            if is_cluster && word.ends_with(&option[1..]) {
                self.expected = Expected::Pair;
            }
        }
        None
    }

    /// A word that is neither an option nor the value of one that says a secret.
    fn plain(&mut self, word: &str, maybe_value: bool) -> Option<Range<usize>> {
        if programs::is_directive(word) {
            self.expected = Expected::Secret;
            return None;
        }
        if self.program.is_some_and(|program| program.named) && programs::is_named_value(word) {
            self.expected = Expected::Value(word.to_owned());
            self.position += 1;
            return None;
        }
        if !maybe_value && self.names(word) {
            return None;
        }
        let position = self.position;
        self.position += 1;
        let program = self.program?;
        if let Some(at) = word.find('=').filter(|_| program.assigned) {
            let value = unquoted(word, at + 1..word.len());
            return self.may_be_secret(&word[value.clone()]).then_some(value);
        }
        if program.positions.contains(&position) {
            return self.may_be_secret(word).then_some(0..word.len());
        }
        if program.pair_positions.contains(&position) { self.pair(word, 0) } else { None }
    }

    /// Whether the word is a program, or a part of the name of one.
    fn names(&mut self, word: &str) -> bool {
        let name = base_name(word);
        for spoken in [format!("{} {word}", self.spoken), name.to_owned()] {
            let program = catalog::options(&spoken);
            if program.is_some() || catalog::begins_task(&spoken) {
                self.program = program.or(self.program.filter(|_| spoken.contains(' ')));
                self.position = 0;
                self.spoken = spoken;
                return true;
            }
        }
        false
    }

    /// The password of `user:password` from `start` on: none in `1000:1000`, `host:80`, addresses.
    fn pair(&self, word: &str, start: usize) -> Option<Range<usize>> {
        let whole = unquoted(word, start..word.len());
        let text = &word[whole.clone()];
        let at = pair_separator(text)?;
        let (user, password) = (&text[..at], &text[at + 1..]);
        let end = if text[at..].starts_with(';') { password.find(';') } else { None };
        let password = &password[..end.unwrap_or(password.len())];
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_none = user.is_empty()
            || user.contains('/')
            || password.starts_with("//")
            || is_number(user) && is_number(password);
        let start = whole.start + at + 1;
        (!is_none && self.may_be_secret(password)).then(|| start..start + password.len())
    }

    fn may_be_secret(&self, value: &str) -> bool {
        let is_ports = value.contains(':') && value.bytes().all(|byte| b"0123456789.:".contains(&byte));
        !is_ports && may_be_secret(value, self.manner.dollar)
    }
}

/// The first separator outside of `${…}`.
fn pair_separator(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let found = text.char_indices().find(|(_, c)| {
        match c {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, ':' | ';' | '%' | ',')
    });
    found.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secrets of a command, of which `|` divides the words.
    fn secrets(image: &str, command: &str) -> Vec<String> {
        let words: Vec<&str> = command.split('|').collect();
        let all = of_command(&words, image, Dollar::Shell);
        let mut found = Vec::new();
        for (word, ranges) in words.iter().zip(all) {
            for range in ranges {
                let text = word[range].to_owned();
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        }
        found
    }

    #[test]
    fn words_with_secrets() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("", "run|--token|abc", &["abc"]),
            ("", "run|--token=abc", &["abc"]),
            ("", "run|-token|abc", &["abc"]),
            ("", "redis-server|--requirepass|hunter2|--port|6379", &["hunter2"]),
            ("", "sh|-c|redis-cli -a hunter2 ping", &["hunter2"]),
            ("", "sh|-c|exec redis-server --requirepass \"hunter2\"", &["hunter2"]),
            ("", "sh|-c|echo requirepass hunter2 > /x", &["hunter2"]),
            ("", "redis-cli|-h|redis|-p|6379|-a|hunter2|ping", &["hunter2"]),
            ("", "redis-cli|auth|hunter2", &["hunter2"]),
            ("", "mysql|-uroot|-phunter2|-P3306|app", &["hunter2"]),
            ("", "mysqladmin|ping|-h|mysql|-uroot|-phunter2", &["hunter2"]),
            ("", "mysqladmin|ping|--password=hunter2", &["hunter2"]),
            ("", "CMD-SHELL|mysqladmin -uroot -p'hunter2' ping || exit 1", &["hunter2"]),
            ("", "curl|-u|admin:hunter2|http://x", &["hunter2"]),
            ("", "curl|-fsSu|admin:hunter2", &["hunter2"]),
            ("", "curl|-uadmin:hunter2", &["hunter2"]),
            ("", "curl|--user=admin:hunter2", &["hunter2"]),
            ("", "/usr/bin/curl|--user|$USER:hunter2", &["hunter2"]),
            ("curlimages/curl:8", "-u|admin:hunter2", &["hunter2"]),
            ("", "curl|-H|Authorization: Basic YWRtaW46eA==", &["YWRtaW46eA=="]),
            ("", "curl|-H|X-Api-Key: abc", &["abc"]),
            ("", "sh|-c|PGPASSWORD=hunter2 psql -U app", &["hunter2"]),
            ("", "sh|-c|x=$(curl -u admin:hunter2 http://x); run", &["hunter2"]),
            ("", "sh|-c|until curl -s -u a:hunter2 http://x; do sleep 1; done", &["hunter2"]),
            ("", "mc|alias|set|local|http://minio:9000|minio|hunter2", &["hunter2"]),
            ("", "sh|-c|mc config host add m http://minio:9000 minio hunter2;", &["hunter2"]),
            ("minio/mc", "alias|set|local|http://minio:9000|minio|hunter2", &["hunter2"]),
            ("", "sshpass|-p|hunter2|ssh|-p|22|x", &["hunter2"]),
            ("", "sshpass|-phunter2|ssh|x", &["hunter2"]),
            ("", "x|--web.basic-auth|admin:hunter2", &["hunter2"]),
            ("", "java|-Dspring.datasource.password=hunter2|-jar|x.jar", &["hunter2"]),
            ("", "mongosh|-u|root|-p|hunter2", &["hunter2"]),
            ("", "mongodump|--password|hunter2", &["hunter2"]),
            ("", "rabbitmqctl|-n|x|add_user|app|hunter2", &["hunter2"]),
            ("", "docker|login|-u|x|-p|hunter2", &["hunter2"]),
            ("", "x|--from-literal=password=hunter2", &["hunter2"]),
            ("", "x|-e|DB_PASSWORD=hunter2", &["hunter2"]),
            ("atmoz/sftp", "foo:hunter2:1001", &["hunter2:1001"]),
            ("dperson/samba", "-u|alice;hunter2", &["hunter2"]),
            ("", "vault|server|-dev-root-token-id=root", &["root"]),
            ("", "x|--token=${TOKEN:-abc}", &["${TOKEN:-abc}"]),
            ("", "wget|--http-password|hunter2|--header|X-Auth-Token: abc", &["hunter2", "abc"]),
        ];
        for (image, command, expected) in cases {
            assert_eq!(secrets(image, command), *expected, "{image} {command}");
        }
    }

    #[test]
    fn words_without_secrets() {
        for (image, command) in [
            ("", "run|--token-ttl|300|--tokens|4"),
            ("", "docker|run|-p|8080:80|--secret|id=x"),
            ("", "psql|-p|5432|-U|app|--password"),
            ("", "nc|-z|mysql|-p|3306"),
            ("", "redis-cli|-p|6379"),
            ("", "run|-u|1000:1000"),
            ("", "chown|-R|root:root"),
            ("", "su-exec|--user|1000:1000|x"),
            ("", "curl|-u|1000:1000"),
            ("", "curl|--user|$USER:$PASSWORD"),
            ("", "tar|-a|-p|x"),
            ("", "run|--password-file|/run/x|--token|/run/secrets/x"),
            ("", "run|--password|$DB_PASSWORD|--token=${TOKEN}"),
            ("", "sh|-c|mysqladmin ping -p$MYSQL_ROOT_PASSWORD"),
            ("", "sh|-c|mysqladmin ping -p$$MYSQL_ROOT_PASSWORD"),
            ("", "sh|-c|mysqladmin ping -p\"$${MYSQL_ROOT_PASSWORD}\""),
            ("", "sh|-c|mysqladmin ping --password=$$(cat /run/secrets/x)"),
            ("", "sh|-c|redis-cli -a \"$(REDIS_PASSWORD)\" ping"),
            ("", "run|--no-password|db|--password-stdin|x"),
            ("", "run|--token|--verbose"),
            ("", "run|--key|server.key|--private-key|certs/x.pem"),
            ("", "run|--name|mongo|-p|27017:27017"),
            ("", "postgres|-c|max_connections=10"),
            ("my/curl", "sleep|-u|a:b"),
            ("mysql:8", "--default-authentication-plugin=mysql_native_password"),
            ("", "traefik|--providers.docker=true|--api.insecure=true"),
        ] {
            assert_eq!(secrets(image, command), [""; 0], "{image} {command}");
        }
    }
}
