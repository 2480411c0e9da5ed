//! Loops in other languages than that of the shell: as far as a text says that it goes on for ever, and how long it waits
//! between its rounds. What a round does is not read: no part of such a program can run alone.

use std::sync::LazyLock;

use regex::Regex;

use super::{Fit, Kind, Loop, Script, arithmetic, schedule, split, syntax::Simple};
use crate::catalog::base_name;

/// A language: the programs that run it, and how it writes what matters.
struct Language {
    name: &'static str,
    interpreters: &'static [&'static str],
    /// What begins a loop without an end.
    endless: &'static str,
    /// What waits; its length is `length`.
    waits: &'static str,
    /// Lengths of it in a second.
    units: f64,
}

const BY_BRACES: &str = r"\bwhile\s*\(\s*(?:true|TRUE|1)\s*\)|\bfor\s*\(\s*;\s*;\s*\)";

static LANGUAGES: &[Language] = &[
    Language {
        name: "Python",
        interpreters: &["python", "python2", "python3", "uv", "pypy3"],
        endless: r"(?m)\bwhile\s*\(?\s*(?:True|1|not\s+[\w.]+(?:\(\))?)\s*\)?\s*:",
        waits: r"\bsleep\(\s*(?P<length>[^()\n]+(?:\([^()\n]*\))?)\s*\)",
        units: 1.0,
    },
    Language {
        name: "JavaScript",
        interpreters: &["node", "nodejs", "bun", "deno", "tsx", "ts-node"],
        endless: r"\bwhile\s*\(\s*(?:true|1)\s*\)|\bfor\s*\(\s*;\s*;\s*\)|\bsetInterval\s*\(",
        waits: r"(?s)(?:\bset(?:Timeout|Interval)\s*\(.*?,\s*|\b(?:sleep|delay|wait|setTimeout)\s*\(\s*)(?P<length>[\w.*_ ]+?)\s*\)",
        units: 1_000.0,
    },
    Language {
        name: "PHP",
        interpreters: &["php"],
        endless: BY_BRACES,
        waits: r"\bsleep\s*\(\s*(?P<length>[^()\n]+)\s*\)",
        units: 1.0,
    },
    Language {
        name: "Perl",
        interpreters: &["perl"],
        endless: BY_BRACES,
        waits: r"\bsleep[ (]\s*(?P<length>[\w$.*_ ]+)",
        units: 1.0,
    },
    Language {
        name: "Ruby",
        interpreters: &["ruby"],
        endless: r"\bloop\s*(?:do\b|\{)|\bwhile\s+true\b|\buntil\s+false\b",
        waits: r"\bsleep[ (]\s*(?P<length>[\w$.*_ ]+)",
        units: 1.0,
    },
];

/// Whether a program runs texts of another language.
pub(super) fn is_interpreter(name: &str) -> bool {
    language(name).is_some()
}

fn language(program: &str) -> Option<&'static Language> {
    let name = base_name(program);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    LANGUAGES.iter().find(|own| own.interpreters.iter().any(|one| *one == name || *one == plain))
}

/// A script whose first line names another language.
pub(super) fn of_script(script: &Script<'_>) -> Option<Loop> {
    let first = script.text.trim_start_matches('\u{feff}').lines().next()?.strip_prefix("#!")?;
    let language = first.split_whitespace().find_map(language)?;
    Some(read(language, script.text))
}

/// `python -c TEXT`.
pub(super) fn of_command(simple: &Simple, arguments: &[String]) -> Option<Loop> {
    let words = split::split_words(&simple.words, arguments)?;
    let (program, rest) = words.split_first()?;
    let language = language(program)?;
    let flag = rest.iter().position(|word| matches!(word.as_str(), "-c" | "-e" | "-r" | "--eval" | "-ne"))?;
    let text = rest.get(flag + 1).filter(|_| rest[..flag].iter().all(|word| word.starts_with('-')))?;
    Some(read(language, text))
}

fn read(language: &Language, text: &str) -> Loop {
    static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^\s*(?:#|//).*$").ok());
    let text = COMMENT.as_ref().map_or_else(|| text.into(), |comment| comment.replace_all(text, ""));
    let none = || Loop::other("has no loop without an end");
    let (Ok(endless), Ok(waits)) = (Regex::new(language.endless), Regex::new(language.waits)) else {
        return none();
    };
    let Some(head) = endless.find(&text) else { return none() };
    let body = text.get(head.start()..).unwrap_or_default();
    let body = body_of(body, language, text.get(..head.start()).unwrap_or_default());
    if ends(body) {
        return Loop { kind: Kind::WaitUntil, ..Loop::other("waits until something is there, then goes on") };
    }
    let Some(length) = waits.captures(body).and_then(|found| found.name("length")) else {
        return Loop {
            kind: Kind::Daemon,
            repeats: true,
            ..Loop::other("its loop does not wait between rounds")
        };
    };
    let seconds = number(length.as_str(), &text, 0).map(|length| length / language.units);
    let interval =
        seconds.filter(|seconds| (0.5..1e10).contains(seconds)).map(|seconds| seconds.round() as u64);
    let fit = interval.map_or(Fit::Variable, |interval| schedule::every(interval, None).fit);
    let name = language.name;
    Loop {
        kind: Kind::PeriodicLoop,
        interval,
        fit,
        repeats: true,
        ..Loop::other(format!(
            "its loop is in {name}: a CronJob can run a program that does one round and ends"
        ))
    }
}

/// What belongs to a loop, of the text that begins with it: in Python, the lines that are indented more.
fn body_of<'t>(text: &'t str, language: &Language, before: &str) -> &'t str {
    if language.name != "Python" {
        return text;
    }
    let indent = before.rsplit('\n').next().map_or(0, |line| line.len() - line.trim_start().len());
    let mut end = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let own = line.len() - line.trim_start().len();
        if index > 0 && !line.trim().is_empty() && own <= indent {
            break;
        }
        end += line.len();
    }
    text.get(..end).unwrap_or(text)
}

/// Whether a loop is left when something is there. An end by a signal is none.
fn ends(body: &str) -> bool {
    let mut interrupted = false;
    body.split(['\n', ';', '{']).any(|part| {
        let was_interrupted =
            std::mem::replace(&mut interrupted, part.contains("Interrupt") || part.contains("SIG"));
        let word = part.trim().trim_end_matches('}').trim();
        let leaves =
            word == "break" || word.ends_with(" break") || word == "last" || word.starts_with("break ");
        leaves && !was_interrupted
    })
}

/// A length: numbers that are multiplied, or the name of one.
fn number(text: &str, whole: &str, depth: usize) -> Option<f64> {
    let text = text.trim().trim_end_matches(';');
    let plain = text.replace('_', "");
    if let Ok(number) = plain.parse::<f64>() {
        return Some(number);
    }
    if let Ok(Some(number)) = arithmetic::evaluate(&plain, &mut |_| None) {
        return Some(number as f64);
    }
    let name = text.trim_start_matches('$');
    if depth > 2 || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return default_of(text);
    }
    let assigned =
        Regex::new(&format!(r"(?m)\b{name}\s*(?::\s*\w+\s*)?=\s*(?P<value>[^=\n][^\n;]*)")).ok()?;
    let value = assigned.captures(whole)?.name("value")?.as_str();
    number(value, whole, depth + 1)
}

/// `int(os.environ.get("EVERY", "300"))`, `process.env.EVERY || 300`: the number that it ends in.
fn default_of(text: &str) -> Option<f64> {
    static LAST: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:,|\|\||\?\?|\bor\b)\s*["']?(?P<number>\d+)["']?\s*\)*\s*$"#).ok());
    LAST.as_ref()?.captures(text)?.name("number")?.as_str().parse().ok()
}
