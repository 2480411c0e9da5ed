//! KC007: variables in commands that Compose replaces before the container sees them.

use crate::{
    compose::{model::Command, template},
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    text::{Span, Spanned},
};

pub(super) static RULE: Rule = Rule {
    code: "KC007",
    name: "command-host-interpolation",
    severity: Severity::Error,
    category: Category::Correctness,
    fix: FixKind::Safe,
    summary: "Compose replaces a variable of the container in a command by a value of the host, often by nothing",
    explain: "\
Compose replaces `$NAME` in every value of the file, before anything runs. What the container's own
shell is to replace is written `$$NAME`.

The rule finds `$NAME` and `${NAME}` in `command`, `entrypoint` and `healthcheck.test`. It finds
variables that the environment of the service sets, and no env file of the project: Compose then
substitutes an empty string. Variables that the service takes from the host are not found. `HOME`,
`USER`, `PATH`, `PWD`, `HOSTNAME` and `SHELL` are always found: Compose uses the host's value.
References with a default are not found.",
    bad: &[(
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    environment:\n      DB_USER: app\n    command: sh -c \"pg_isready -U $DB_USER\"\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    environment:\n      DB_USER: app\n    command: sh -c \"pg_isready -U $$DB_USER\"\n",
    )],
    checks: &[Check::Service(check)],
};

/// What every process has, and Compose takes from the host.
const OF_EVERY_PROCESS: &[&str] = &["HOME", "USER", "PATH", "PWD", "HOSTNAME", "SHELL"];

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let model = service.model;
    let test = model.healthcheck.as_ref().and_then(|check| check.value.test.as_ref());
    let words = |command: &Option<Spanned<Command>>| command.as_ref().map(|command| command.value.0.clone());
    let entrypoint = words(&model.entrypoint).unwrap_or_default();
    let commands = [
        ("entrypoint", entrypoint.clone(), has_shell(&entrypoint)),
        ("command", words(&model.command).unwrap_or_default(), has_shell(&entrypoint)),
        ("healthcheck.test", test.map(|test| test.value.clone()).unwrap_or_default(), false),
    ];
    for (attribute, words, behind_shell) in commands {
        let in_shell = behind_shell || has_shell(&words);
        let mut seen: Vec<Span> = Vec::new();
        for word in &words {
            if !seen.contains(&word.span) {
                seen.push(word.span);
                references(service, attribute, word.span, in_shell, findings);
            }
        }
    }
}

/// Reports the references in one scalar.
fn references(
    service: &Service<'_>,
    attribute: &str,
    place: Span,
    in_shell: bool,
    findings: &mut Findings<'_>,
) {
    let written = service.written(place);
    for (start, end, name) in bare_references(written) {
        let is_of_host = OF_EVERY_PROCESS.contains(&name);
        if service.environment.is_set_by_file(name) || !is_of_host && !service.has_own_variable(name) {
            continue;
        }
        let at = place.start as usize;
        let span = Span::new(place.source, at + start, at + end);
        let what = if is_of_host { "the host's value" } else { "nothing" };
        let finding =
            findings.at(span, format!("Compose replaces `${name}` by {what}"), "replaced on the host");
        finding.subject(format!("services.{}.{attribute}", service.name));
        if in_shell {
            let dollar = Span::new(place.source, at + start, at + start + 1);
            finding.help(format!("write `$${name}`: the shell in the container replaces it")).fix(
                FixKind::Safe,
                format!("write `$${name}`"),
                dollar,
                "$$",
            );
        } else {
            finding.help("write the value out, or run the command in a shell and write `$$` there");
        }
    }
}

/// Whether a shell reads the words behind these.
fn has_shell(words: &[Spanned<String>]) -> bool {
    let Some(first) = words.first() else { return false };
    let name = first.value.rsplit('/').next().unwrap_or_default();
    first.value == "CMD-SHELL"
        || matches!(name, "sh" | "bash" | "ash" | "dash" | "busybox")
            && words.iter().any(|word| word.value.starts_with('-') && word.value.ends_with('c'))
        || name == "CMD" && has_shell(words.get(1..).unwrap_or_default())
}

/// `$NAME` and `${NAME}` with their places; `$$` and references with an operator are none.
fn bare_references(text: &str) -> Vec<(usize, usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|offset| at + offset) {
        let rest = &text[dollar + 1..];
        let (inner, braces) = match rest.strip_prefix('{') {
            Some(inner) => (inner, true),
            None => (rest, false),
        };
        let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = &inner[..length];
        let is_closed = !braces || inner[length..].starts_with('}');
        let end = dollar + 1 + length + if braces { 2 } else { 0 };
        if template::is_name(name) && is_closed {
            found.push((dollar, end, name));
            at = end;
        } else {
            at = dollar + 1 + usize::from(rest.starts_with('$'));
        }
    }
    found
}
