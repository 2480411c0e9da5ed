//! Patterns of what most texts do not hold, each with words without one of which it finds nothing.
//!
//! A pattern is compiled when one of its words is first met in a text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::lazy_regex::{Captures, LazyRegex};

/// A pattern with its words.
pub(super) struct Pattern {
    words: &'static [&'static str],
    regex: LazyRegex,
}

impl Pattern {
    pub(super) const fn new(words: &'static [&'static str], text: &'static str) -> Self {
        Self { words, regex: LazyRegex::new(text) }
    }

    /// All that it finds.
    pub(super) fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Captures<'a>> {
        self.regex.captures_iter(text)
    }

    #[cfg(test)]
    pub(super) fn is_valid(&self) -> bool {
        self.regex.is_valid()
    }
}

/// All that some patterns find in a text, which has their words as they are.
pub(super) fn found<'a>(patterns: &'a [Pattern], text: &'a str) -> impl Iterator<Item = Captures<'a>> {
    let may_match = |pattern: &&Pattern| pattern.words.iter().any(|word| text.contains(word));
    patterns.iter().filter(may_match).flat_map(|pattern| pattern.find(text))
}

/// What a pattern is for that tells a secret whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// A shape that only secrets have: the group `secret`, or all of it.
    Shape,
    /// `Authorization: Basic …`, with or without the scheme.
    Authorization,
    /// `Basic …`, of which only the decoded value tells.
    Basic,
    /// `PASSWORD '…'`, `IDENTIFIED BY '…'`.
    Statement,
    /// `user:password@tcp(host:port)/name`, as drivers in Go have it, and `user/password@host:port/name`.
    GoAddress,
}

/// At most as many as a [`WordsFound`] has bits.
static TELLING: [(Telling, Pattern); 31] = [
    shape(
        &["-----BEGIN"],
        r"(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?P<secret>.*?)(?:-----END|$)",
    ),
    shape(&["AKIA", "ASIA"], r"\bA[KS]IA[0-9A-Z]{16}\b"),
    shape(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[0-9A-Za-z]{36,}"),
    shape(&["github_pat_"], r"\bgithub_pat_[0-9A-Za-z_]{22,}"),
    shape(&["glpat-"], r"\bglpat-[0-9A-Za-z_-]{20,}"),
    shape(&["xox"], r"\bxox[abeoprs]-[0-9A-Za-z-]{8,}"),
    shape(&["hooks.slack.com"], r"\bhooks\.slack\.com/services/(?P<secret>[0-9A-Za-z/]{8,})"),
    shape(&["/api/webhooks/"], r"\bdiscord(?:app)?\.com/api/webhooks/(?P<secret>[0-9A-Za-z/_-]{8,})"),
    shape(&["-----BEGIN OpenVPN"], r"(?s)-----BEGIN OpenVPN Static key V1-----(?P<secret>.*?)(?:-----END|$)"),
    shape(&["AIza"], r"\bAIza[0-9A-Za-z_-]{30,}"),
    shape(&["eyJ"], r"\beyJ[0-9A-Za-z_-]{6,}\.ey[0-9A-Za-z_-]{6,}(?:\.[0-9A-Za-z_-]*)?"),
    shape(&["k_live_"], r"\b[rs]k_live_[0-9A-Za-z]{16,}"),
    shape(&["sk-"], r"\bsk-(?:proj-|ant-[a-z0-9]+-)?[0-9A-Za-z_]{20,}[0-9A-Za-z_-]*"),
    shape(&["npm_"], r"\bnpm_[0-9A-Za-z]{36}\b"),
    shape(&["SG."], r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
    shape(&["dop_v1_"], r"\bdop_v1_[0-9a-f]{64}\b"),
    shape(&["$apr1$"], r"\$\$?apr1\$\$?[./0-9A-Za-z]+\$\$?[./0-9A-Za-z]+"),
    shape(&["$2"], r"\$\$?2[abxy]\$\$?[0-9]{2}\$\$?[./0-9A-Za-z]{8,}"),
    shape(
        &["$1$", "$5$", "$6$"],
        r"\$\$?[156]\$\$?(?:rounds=[0-9]+\$\$?)?[./0-9A-Za-z]{1,16}\$\$?[./0-9A-Za-z]{22,}",
    ),
    shape(&["$argon2"], r"\$\$?argon2(?:id|i|d)\$\$?v=[0-9]+\$\$?[./0-9A-Za-z$=,+]+"),
    shape(&["SHA}"], r"\{S?SHA\}[0-9A-Za-z+/]{20,}=*"),
    shape(&["bot"], r"\bbot(?P<secret>[0-9]{6,}:[0-9A-Za-z_-]{30,})"),
    shape(
        &["discord://", "ifttt://", "telegram://"],
        r"\b(?:discord|ifttt|telegram)://(?P<secret>[^\s@/:$]+)@",
    ),
    shape(&["gotify://"], r"\bgotify://[^\s/]+/(?P<secret>[0-9A-Za-z._-]{8,})"),
    shape(&["bearer"], r"(?i)\bbearer[ \t]+(?P<secret>[0-9a-z._~+/-]{8,}=*)"),
    (
        Telling::Authorization,
        Pattern::new(
            &["authorization"],
            r#"(?i)\bauthorization\\?["']?[ \t]*[:=][ \t]*\\?["']?(?P<scheme>[a-z]+[ \t]+)?(?P<value>[^\s"',;\\]+)"#,
        ),
    ),
    (Telling::Basic, Pattern::new(&["basic"], r"(?i)\bbasic[ \t]+(?P<value>[0-9a-z+/]{6,}=*)")),
    (
        Telling::Statement,
        Pattern::new(
            &["password", "identified"],
            r#"(?i)\b(?:password(?:\s*[(=]\s*n?|\s+)|identified(?:\s+with\s+\S+)?\s+by(?:\s+password)?\s+)\\?(?:'(?P<single>[^']+)'|"(?P<double>[^"]+)")"#,
        ),
    ),
    // Oracle's programs.
    (
        Telling::GoAddress,
        Pattern::new(
            &["@"],
            r#"(?:^|[\s"'=])[A-Za-z][\w$#]*/(?P<value>[^\s/@"']+)@(?://)?[A-Za-z][\w.-]*(?::[0-9]+|/[A-Za-z])"#,
        ),
    ),
    (
        Telling::GoAddress,
        Pattern::new(
            &["sqlplus", "sqlldr", "impdp", "expdp"],
            r#"\b(?:sqlplus|sqlldr|impdp|expdp)\s+(?:-\S+\s+)*["']?[A-Za-z][\w$#]*/(?P<value>[^\s/@"']+)"#,
        ),
    ),
    (
        Telling::GoAddress,
        Pattern::new(
            &["@tcp", "@udp", "@unix"],
            r"[A-Za-z0-9_.})-]:(?P<value>[^\s:@/]+)@(?:tcp|tcp4|tcp6|udp|unix)\(",
        ),
    ),
];

const fn shape(words: &'static [&'static str], text: &'static str) -> (Telling, Pattern) {
    (Telling::Shape, Pattern::new(words, text))
}

/// The patterns of [`TELLING`] of which a text has a word, a bit for each.
type WordsFound = u32;

/// Finds the words of all patterns that tell, without regard to case.
struct Words {
    finder: Option<AhoCorasick>,
    /// The pattern of each word.
    patterns: Vec<usize>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let rows = TELLING.iter().enumerate();
    let words = rows.flat_map(|(index, (_, pattern))| pattern.words.iter().map(move |word| (index, *word)));
    let (patterns, words): (Vec<usize>, Vec<&str>) = words.unzip();
    let mut builder = AhoCorasick::builder();
    let finder = builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(words);
    Words { finder: finder.ok(), patterns }
});

impl Words {
    fn find(&self, text: &str) -> WordsFound {
        let words = self.finder.iter().flat_map(|finder| finder.find_overlapping_iter(text));
        let patterns = words.filter_map(|word| self.patterns.get(word.pattern().as_usize()));
        patterns.fold(0, |found, pattern| found | 1 << pattern)
    }
}

/// All that tells a secret in a text whatever its name is.
pub(super) fn telling(text: &str) -> impl Iterator<Item = (Telling, Captures<'_>)> {
    let words = WORDS.find(text);
    let rows = TELLING.iter().enumerate().filter(move |(index, _)| words & (1 << index) != 0);
    rows.flat_map(|(_, (kind, pattern))| pattern.find(text).map(|found| (*kind, found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_valid_and_every_word_is_found() {
        assert!(TELLING.iter().all(|(_, pattern)| pattern.is_valid()));
        for (index, (_, pattern)) in TELLING.iter().enumerate() {
            for word in pattern.words {
                let text = format!("a {} b", word.to_uppercase());
                assert_ne!(WORDS.find(&text) & (1 << index), 0, "{word}");
            }
        }
        assert_eq!(WORDS.find("nothing to tell: 5432"), 0);
    }
}
