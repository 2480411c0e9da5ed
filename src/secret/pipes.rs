//! Secrets that a script prints for another command, or into a file of secrets:
//! `echo hunter2 | docker login --password-stdin`, `echo bob:hunter2 > /etc/users.htpasswd`.

use std::ops::Range;

use super::{
    is_secret_key,
    literal::{Dollar, may_be_secret},
    names,
    split::Token,
};
use crate::catalog::base_name;

/// Commands that read `user:password`.
const TAKE_PAIRS: &[&str] = &["chpasswd", "newusers"];
/// Commands that read a password.
const TAKE_PASSWORDS: &[&str] = &["cryptsetup", "kinit", "smbpasswd"];
/// Options by which a command reads one.
const BY_OPTION: &[&str] =
    &["--passphrase-fd", "--pass-stdin", "--passwd-stdin", "--password-stdin", "--stdin", "--with-token"];
/// Commands that read one by a short option.
const BY_SHORT_OPTION: &[(&str, &str)] = &[("htpasswd", "-i"), ("sudo", "-S"), ("vault", "-")];

/// What is taken of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Password,
    Pair,
}

/// The ranges of a script, cut into tokens, that hold such secrets.
pub(super) fn ranges(script: &str, tokens: &[Token], dollar: Dollar) -> Vec<Range<usize>> {
    let commands: Vec<Vec<Range<usize>>> = tokens.split(|token| *token == Token::Break).map(words).collect();
    let commands: Vec<&[Range<usize>]> =
        commands.iter().map(Vec::as_slice).filter(|it| !it.is_empty()).collect();
    let mut found = Vec::new();
    for (index, command) in commands.iter().enumerate() {
        let printed = printed(script, command);
        if printed.is_empty() {
            continue;
        }
        let next = commands.get(index + 1).filter(|next| is_piped(script, command, next));
        let taken = next.and_then(|next| taken(script, next)).or_else(|| redirected(script, command));
        let Some(taken) = taken else { continue };
        for word in printed {
            found.extend(
                secret_of(script, word, taken).filter(|range| may_be_secret(&script[range.clone()], dollar)),
            );
        }
    }
    found
}

fn words(tokens: &[Token]) -> Vec<Range<usize>> {
    let words = tokens.iter().filter_map(|token| match token {
        Token::Word(range) => Some(range.clone()),
        Token::Break => None,
    });
    words.collect()
}

/// What `echo` or `printf` print, if the command is one of them.
fn printed(script: &str, command: &[Range<usize>]) -> Vec<Range<usize>> {
    let text = |range: &Range<usize>| &script[range.clone()];
    let at = command.iter().position(|word| matches!(base_name(text(word)), "echo" | "printf"));
    let Some(at) = at else { return Vec::new() };
    let is_format = text(&command[at]).ends_with("printf");
    let words = command[at + 1..].iter().take_while(|word| !text(word).starts_with(['>', '<']));
    let words: Vec<Range<usize>> = words.filter(|word| !text(word).starts_with('-')).cloned().collect();
    let skipped = usize::from(is_format && words.len() > 1);
    words.into_iter().skip(skipped).collect()
}

fn is_piped(script: &str, command: &[Range<usize>], next: &[Range<usize>]) -> bool {
    let (Some(last), Some(first)) = (command.last(), next.first()) else { return false };
    let between = script.get(last.end..first.start).unwrap_or_default();
    between.contains('|') && !between.contains("||")
}

fn taken(script: &str, command: &[Range<usize>]) -> Option<Taken> {
    let words: Vec<&str> = command.iter().map(|word| &script[word.clone()]).collect();
    let named = |names: &[&str]| words.iter().any(|word| names.contains(&base_name(word)));
    if named(TAKE_PAIRS) {
        return Some(Taken::Pair);
    }
    let by_short = BY_SHORT_OPTION.iter().any(|(name, option)| named(&[name]) && words.contains(option));
    let by_option = words.iter().any(|word| BY_OPTION.contains(&word.split('=').next().unwrap_or_default()));
    (named(TAKE_PASSWORDS) || by_short || by_option).then_some(Taken::Password)
}

/// What is printed into a file that tells secrets by its name.
fn redirected(script: &str, command: &[Range<usize>]) -> Option<Taken> {
    let texts: Vec<&str> = command.iter().map(|word| &script[word.clone()]).collect();
    let at = texts.iter().position(|word| word.starts_with('>'))?;
    let glued = texts[at].trim_start_matches('>');
    let path = if glued.is_empty() { texts.get(at + 1)? } else { glued };
    let name = base_name(path);
    let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
    let tells = names::is_for_secrets(name) || is_secret_key(stem) || path.contains("/run/secrets/");
    tells.then_some(if names::is_for_secrets(name) { Taken::Pair } else { Taken::Password })
}

/// The password of `user:password`, or the whole; of a pair, what is behind the last of its separators.
fn secret_of(script: &str, word: Range<usize>, taken: Taken) -> Option<Range<usize>> {
    let start = match taken {
        Taken::Password => word.start,
        Taken::Pair => word.start + script[word.clone()].rfind(':')? + 1,
    };
    Some(start..word.end)
}
