//! KE016: variables of `.env` that no compose file uses.

use std::collections::BTreeSet;

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Project},
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KE016",
    name: "unwired-dotenv-key",
    severity: Severity::Info,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "`.env` sets a variable that no compose file uses: it has no effect",
    explain: "\
Compose reads `.env` to replace `${NAME}` in compose files. Containers do not see the file, unless
a service names it in `env_file`.

The rule finds names of the project's `.env` that occur nowhere in its compose files, one finding
for the file. It is a warning if a variable with the same first word is used: then this one was
forgotten. `COMPOSE_…` and `DOCKER_…` are Compose's own. Nothing is found if a compose file names a
`.env`, or if a service mounts it or is built from the directory that holds it: then programs may
read it.",
    bad: &[
        (".env", "TAG=1.2\nADMIN_EMAIL=admin@example.com\n"),
        ("compose.yaml", "services:\n  web:\n    image: web:${TAG}\n"),
    ],
    good: &[(".env", "TAG=1.2\n"), ("compose.yaml", "services:\n  web:\n    image: web:${TAG}\n")],
    checks: &[Check::Project(check)],
};

/// What is meant for Compose, Docker and BuildKit themselves.
const OWN: &[&str] = &["COMPOSE_", "DOCKER_", "BUILDKIT_", "BUILDX_"];

fn check(project: &Project<'_>, findings: &mut Findings<'_>) {
    let Some(dotenv) = project.dotenv() else { return };
    if project.environments.iter().any(|environment| environment.is_seen_by_programs(&dotenv.path)) {
        return;
    }
    let texts: Vec<&str> = project.compose_texts();
    if texts.iter().any(|text| names_dotenv(text)) {
        return;
    }
    let is_used = |name: &str| texts.iter().any(|text| has_word(text, name));
    let (used, unused): (Vec<_>, Vec<_>) = dotenv
        .names
        .iter()
        .filter(|(name, _)| !OWN.iter().any(|own| name.starts_with(own)))
        .partition(|(name, _)| is_used(name));
    let first_words: BTreeSet<&str> = used.iter().filter_map(|(name, _)| first_word(name)).collect();
    let is_sibling = |name: &str| first_word(name).is_some_and(|word| first_words.contains(word));
    let [(_, first), rest @ ..] = unused.as_slice() else { return };
    let names: Vec<String> = unused.iter().map(|(name, _)| format!("`{name}`")).collect();
    let message = match names.as_slice() {
        [name] => format!("no compose file uses {name}: it has no effect"),
        names => format!("no compose file uses {}: they have no effect", names.join(", ")),
    };
    let severity =
        if unused.iter().any(|(name, _)| is_sibling(name)) { Severity::Warning } else { Severity::Info };
    let finding = findings.at(*first, message, "not used");
    finding
        .subject(".env")
        .severity(severity)
        .help("use it in a compose file as `${NAME}`, name the file in `env_file`, or remove the line");
    rest.iter().for_each(|(_, span): &&(String, Span)| {
        finding.also(*span, "not used");
    });
}

/// Does a line that is no comment name a file `.env`? It may be this one, whatever variables stand before it.
fn names_dotenv(text: &str) -> bool {
    let lines = text.lines().map(str::trim_start).filter(|line| !line.starts_with('#'));
    let is_part =
        |next: Option<char>| next.is_some_and(|next| next.is_alphanumeric() || "._-".contains(next));
    lines.flat_map(|line| line.match_indices(".env").map(move |(at, _)| (line, at))).any(|(line, at)| {
        let before = line[..at].chars().next_back();
        !is_part(line[at + 4..].chars().next()) && !is_part(before)
    })
}

/// `DB` of `DB_HOST`.
fn first_word(name: &str) -> Option<&str> {
    name.split_once('_').map(|(first, _)| first).filter(|first| !first.is_empty())
}

/// Whether the word stands in the text, and no longer one.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.match_indices(word).any(|(at, _)| {
        let bytes = text.as_bytes();
        !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !is_part(bytes.get(at + word.len()))
    })
}
