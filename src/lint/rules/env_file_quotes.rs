//! KE008: quotes in env files.

use crate::{
    compose::dotenv,
    diag::Severity,
    lint::{
        Category, Check, Edit, Findings, FixKind, Rule,
        views::{EnvFile, Place, Statement},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KE008",
    name: "env-file-quotes",
    severity: Severity::Error,
    category: Category::Migration,
    fix: FixKind::Safe,
    summary: "a value in an env file is quoted: Compose takes the quotes away, kustomize keeps them",
    explain: "\
The same file gives two values. Compose reads `DB_NAME=\"app\"` as `app`; a ConfigMap that kustomize
generates from the file holds `\"app\"`, quotes included.

The rule finds values that begin with a quote. It is an error in a file that a kustomization reads,
one for each line; in any other file it is an info, one for the file. In files that `convert`
writes, and in files that containers mount, nothing is found.

`--fix` removes the quotes where Compose reads the same without them. The ConfigMap then has the
value without quotes, and nothing else changes.",
    bad: &[("app.env", "DB_NAME=\"app\"\n")],
    good: &[("app.env", "DB_NAME=app\n")],
    checks: &[Check::EnvFile(check)],
};

fn check(file: &EnvFile<'_>, findings: &mut Findings<'_>) {
    let statements = file.statements();
    let quoted = statements.iter().filter(|statement| statement.quote.is_some());
    let places: Vec<Place> = quoted
        .map(|statement| {
            let edit = unquoted(file, statement);
            Place {
                range: statement.value.clone(),
                label: "quoted".to_owned(),
                written: edit.as_ref().and_then(|edit| file.written(statement, &edit.text)),
                edits: edit.into_iter().collect(),
            }
        })
        .collect();
    file.report(
        places,
        "kustomize keeps the quotes of this value",
        "kustomize keeps quotes of values, and Compose does not",
        ("remove the quotes", "remove the quotes"),
        findings,
    );
}

/// The value without quotes, if Compose reads the same in it.
fn unquoted(file: &EnvFile<'_>, statement: &Statement) -> Option<Edit> {
    let text = file.text();
    let quoted = text.get(statement.value.clone())?;
    let inner = quoted.get(1..quoted.len().checked_sub(1)?).filter(|inner| !inner.contains('\n'))?;
    let value = |text: &str| {
        let parsed = dotenv::parse(&format!("NAME={text}\n"), &|_| None).ok()?;
        parsed.variables.first().and_then(|variable| variable.value.clone())
    };
    let is_same = value(quoted) == value(inner) && value(inner).as_deref() == Some(inner);
    let is_alone = text.get(statement.rest.clone())?.trim().is_empty();
    (is_same && is_alone && !inner.contains('$'))
        .then(|| Edit { span: file.span(statement.value.clone()), text: inner.to_owned() })
}
