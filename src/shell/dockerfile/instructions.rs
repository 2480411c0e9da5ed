//! The instructions of a Dockerfile, and how the words behind them are read. Knows nothing of stages.

use std::{collections::BTreeMap, iter::Peekable, str::Chars};

use super::Health;
use crate::shell::quotes::unquoted;

/// One instruction with its lines joined.
pub(super) struct Instruction {
    /// In capitals.
    pub(super) name: String,
    /// What stands behind the name.
    pub(super) rest: String,
}

/// The instructions of a text.
pub(super) fn read(text: &str) -> Vec<Instruction> {
    let mut all: Vec<Instruction> = Vec::new();
    let mut open: Option<Instruction> = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.starts_with('#') || open.is_none() && trimmed.is_empty() {
            continue;
        }
        let (content, continues) = match trimmed.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (trimmed, false),
        };
        let mut instruction = match open.take() {
            Some(mut instruction) => {
                instruction.rest.push('\n');
                instruction.rest.push_str(content);
                instruction
            }
            None => {
                let (name, rest) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
                Instruction { name: name.to_ascii_uppercase(), rest: rest.trim_start().to_owned() }
            }
        };
        if continues {
            open = Some(instruction);
            continue;
        }
        for end in here_documents(&instruction) {
            for line in lines.by_ref().take_while(|line| line.trim_start_matches('\t') != end) {
                // Of a file, the text does not matter.
                if instruction.name == "RUN" {
                    instruction.rest.push('\n');
                    instruction.rest.push_str(line);
                }
            }
        }
        all.push(instruction);
    }
    all.extend(open);
    all
}

/// The words that end the texts which follow an instruction.
fn here_documents(instruction: &Instruction) -> Vec<String> {
    if !["RUN", "COPY", "ADD"].contains(&instruction.name.as_str()) {
        return Vec::new();
    }
    let starts = instruction.rest.split_whitespace().filter_map(|word| word.strip_prefix("<<"));
    let ends = starts.map(|word| unquoted(word.trim_start_matches('-')));
    let is_word = |end: &String| !end.is_empty() && end.chars().all(|c| c.is_alphanumeric() || c == '_');
    ends.filter(is_word).collect()
}

/// The paths of an instruction that takes a list of JSON or words.
pub(super) fn paths(rest: &str) -> Vec<String> {
    serde_json::from_str::<Vec<String>>(rest.trim())
        .unwrap_or_else(|_| rest.split_whitespace().map(str::to_owned).collect())
}

/// The flags before what an instruction is about, without their dashes, and what stands behind them.
pub(super) fn flags(rest: &str) -> (Vec<&str>, &str) {
    let mut flags = Vec::new();
    let mut rest = rest.trim();
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, behind) = flag.split_once(char::is_whitespace).unwrap_or((flag, ""));
        flags.push(flag);
        rest = behind.trim_start();
    }
    (flags, rest)
}

/// A list in JSON, or a text for a shell.
pub(super) fn command(rest: &str) -> Vec<String> {
    serde_json::from_str::<Vec<String>>(rest.trim())
        .unwrap_or_else(|_| vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.to_owned()])
}

/// `NONE`, or options and `CMD` with a list in JSON or a text for a shell.
pub(super) fn health(rest: &str) -> Option<Health> {
    let mut health = Health::default();
    let (flags, rest) = flags(rest);
    for flag in flags {
        let (name, value) = flag.split_once('=')?;
        health.options.insert(name.to_owned(), value.to_owned());
    }
    let (form, test) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    health.test = if form.eq_ignore_ascii_case("NONE") {
        vec!["NONE".to_owned()]
    } else if form.eq_ignore_ascii_case("CMD") && !test.trim().is_empty() {
        match serde_json::from_str::<Vec<String>>(test.trim()) {
            Ok(words) => std::iter::once("CMD".to_owned()).chain(words).collect(),
            Err(_) => vec!["CMD-SHELL".to_owned(), test.trim().to_owned()],
        }
    } else {
        return None;
    };
    Some(health)
}

/// What of the build context a `RUN` is shown: `--mount=type=bind` without a stage that it comes from.
pub(super) fn bound(rest: &str) -> Vec<String> {
    let (flags, _) = flags(rest);
    let mounts = flags.into_iter().filter_map(|flag| flag.strip_prefix("mount="));
    mounts
        .filter_map(|mount| {
            let fields: BTreeMap<&str, &str> =
                mount.split(',').map(|field| field.split_once('=').unwrap_or((field, ""))).collect();
            let is_of_context =
                fields.get("type").is_none_or(|kind| *kind == "bind") && !fields.contains_key("from");
            let source = fields.get("source").or(fields.get("src")).copied().unwrap_or(".");
            is_of_context.then(|| source.to_owned())
        })
        .collect()
}

/// `A=1 B="two words"`, or the old `A the rest`.
pub(super) fn pairs(rest: &str) -> Vec<(String, String)> {
    let first = rest.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return vec![(name.to_owned(), value.trim().to_owned())];
    }
    let mut pairs = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => pairs.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    pairs.push(word);
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Bytes of the longest text that values are put into: a value made of two others is twice as long.
const LONGEST: usize = 1 << 16;

/// A text with its variables replaced: `$A`, `${A}`, `${A:-default}`. Those that are not known stay as they are, and so
/// does all of a text that would grow beyond any that a person writes.
pub(super) fn expanded(text: &str, known: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.peek() == Some(&'$') => {
                out.extend([Some(c), characters.next()].into_iter().flatten())
            }
            '$' => out.push_str(&variable(&mut characters, known)),
            _ => out.push(c),
        }
        if out.len() > LONGEST {
            return text.to_owned();
        }
    }
    out
}

fn variable(characters: &mut Peekable<Chars<'_>>, known: &dyn Fn(&str) -> Option<String>) -> String {
    let braced = characters.next_if_eq(&'{').is_some();
    let mut name = String::new();
    while let Some(c) = characters.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
        name.push(c);
    }
    if !braced {
        return known(&name).unwrap_or_else(|| format!("${name}"));
    }
    let rest: String = characters.by_ref().take_while(|c| *c != '}').collect();
    let value = known(&name);
    match rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-')) {
        Some(default) => value.filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned()),
        None if rest.is_empty() => value.unwrap_or_else(|| format!("${{{name}}}")),
        None => format!("${{{name}{rest}}}"),
    }
}
