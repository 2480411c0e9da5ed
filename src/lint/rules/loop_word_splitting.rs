//! KS005: arguments without quotes in loops.

use crate::{
    diag::Severity,
    lint::{Category, Check, Findings, FixKind, Rule, views::Service},
    shell::habits::Class,
};

pub(super) static RULE: Rule = Rule {
    code: "KS005",
    name: "loop-word-splitting",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "an argument of a script is split at blanks where the script uses it",
    explain: "\
Compose gives the script one argument, and the shell makes several words of it, because it is used
without quotes. A CronJob that runs the command itself needs the words, not the argument.

The rule finds `$1`, `$@` and the like without quotes in the endless loop of a script that the
service calls with arguments.",
    bad: &[
        (
            "compose.yaml",
            "services:\n  sync:\n    image: app:1.2\n    entrypoint: [/loop.sh, 'app:sync --all']\n    volumes: ['./loop.sh:/loop.sh:ro']\n",
        ),
        ("loop.sh", "#!/bin/sh\nwhile :; do\n  bin/console $1\n  sleep 300\ndone\n"),
    ],
    good: &[
        (
            "compose.yaml",
            "services:\n  sync:\n    image: app:1.2\n    entrypoint: [/loop.sh, app:sync, --all]\n    volumes: ['./loop.sh:/loop.sh:ro']\n",
        ),
        ("loop.sh", "#!/bin/sh\nwhile :; do\n  bin/console \"$@\"\n  sleep 300\ndone\n"),
    ],
    checks: &[Check::Service(check)],
};

fn check(service: &Service<'_>, findings: &mut Findings<'_>) {
    let Some(start) = service.start().filter(|start| !start.arguments().is_empty()) else { return };
    let classes = [Class::Periodic, Class::Restart];
    let Some(endless) = classes.into_iter().find_map(|class| start.endless(class)) else { return };
    let [(first, name), rest @ ..] = &endless.split[..] else { return };
    let message = format!("the shell splits `{name}` at blanks");
    let finding = findings.at(start.part(first), message, "without quotes");
    finding.subject(format!("services.{}.{}", service.name, start.attribute()));
    finding.help(help(name, start.arguments()));
    for (range, _) in rest {
        if let Some(span) = start.within(range) {
            finding.also(span, "this one too");
        }
    }
}

/// What to write, and into how many words today's value falls.
fn help(name: &str, arguments: &[String]) -> String {
    let position = name.trim_start_matches('$').parse::<usize>().ok();
    let value = position.and_then(|position| arguments.get(position.checked_sub(1)?));
    let words = value.map_or(0, |value| value.split_whitespace().count());
    match words {
        0 | 1 => format!("write `\"{name}\"`"),
        _ => format!("its value is {words} words: give them to the script one by one, and write `\"$@\"`"),
    }
}
