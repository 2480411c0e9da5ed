//! KE010: what only Compose reads in env files.

use std::ops::Range;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Edit, Findings, FixKind, Rule,
        views::{EnvFile, Place, Statement},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KE010",
    name: "env-file-syntax",
    severity: Severity::Error,
    category: Category::Migration,
    fix: FixKind::Safe,
    summary: "a line of an env file has another form than `NAME=value`, which kustomize reads differently from Compose",
    explain: "\
kustomize takes everything before the `=` for the name and everything behind it for the value.
Compose removes `export`, blanks around `=` and at the end, and comments after a value. It also
reads `NAME: value` and values of several lines, and takes a bare `NAME` from the shell.

It is an error in a file that a kustomization reads, one for each line; in any other file it is an
info, one for the file. In files that `convert` writes, and in files that containers mount, nothing
is found.

`--fix` writes `NAME=value` and puts comments on a line of their own. The ConfigMap then has this
name and this value, and nothing else changes.",
    bad: &[("app.env", "export NAME = value # note\n")],
    good: &[("app.env", "# note\nNAME=value\n")],
    checks: &[Check::EnvFile(check)],
};

fn check(file: &EnvFile<'_>, findings: &mut Findings<'_>) {
    let statements = file.statements();
    let places: Vec<Place> = statements
        .iter()
        .filter_map(|statement| {
            let (range, label) = problem(file.text(), statement)?;
            let edit = plain(file, statement);
            let value = file.text().get(statement.value.clone());
            let written = edit.as_ref().and_then(|_| file.written(statement, value?));
            Some(Place { range, label: label.to_owned(), edits: edit.into_iter().collect(), written })
        })
        .collect();
    file.report(
        places,
        "kustomize reads this line differently from Compose",
        "kustomize reads lines of another form than `NAME=value` differently from Compose",
        ("write `NAME=value`, without blanks and comments", "write `NAME=value`"),
        findings,
    );
}

/// What is not of the form, and what to say of it.
fn problem(text: &str, statement: &Statement) -> Option<(Range<usize>, &'static str)> {
    let name = &text[statement.name.clone()];
    let value = &text[statement.value.clone()];
    let rest = &text[statement.rest.clone()];
    let is_plain_name = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if let Some(export) = &statement.export {
        return Some((export.clone(), "Compose alone passes over `export`"));
    }
    match statement.separator {
        None if is_plain_name => return Some((statement.name.clone(), "no value")),
        None => return None,
        Some((':', at)) if is_plain_name => return Some((at..at + 1, "not `=`")),
        Some((':', _)) => return None,
        Some(_) => {}
    }
    if !statement.before.is_empty() {
        return Some((statement.before.clone(), "part of the name"));
    }
    if !statement.after.is_empty() {
        return Some((statement.after.clone(), "part of the value"));
    }
    if value.contains('\n') {
        return Some((statement.value.clone(), "several lines"));
    }
    if rest.trim_start().starts_with('#') {
        return Some((statement.rest.clone(), "part of the value"));
    }
    (!rest.is_empty() && rest.trim().is_empty()).then(|| (statement.rest.clone(), "part of the value"))
}

/// The statement as `NAME=value`, a comment on the line above.
fn plain(file: &EnvFile<'_>, statement: &Statement) -> Option<Edit> {
    let text = file.text();
    let value = text.get(statement.value.clone()).filter(|value| !value.contains('\n'))?;
    statement.separator?;
    let rest = text.get(statement.rest.clone())?.trim();
    let comment = match rest {
        "" => String::new(),
        rest if rest.starts_with('#') => format!("{rest}\n"),
        _ => return None,
    };
    let name = text.get(statement.name.clone())?;
    Some(Edit { span: file.span(statement.whole.clone()), text: format!("{comment}{name}={value}") })
}
