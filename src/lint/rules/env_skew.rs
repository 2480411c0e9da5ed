//! KE002: variables that one environment lacks.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{EnvFile, EnvFiles},
    },
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KE002",
    name: "env-skew",
    severity: Severity::Warning,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "an env file of one environment lacks a variable that the files of the others have",
    explain: "\
A variable that was added for one environment and forgotten for another is found when the other one
breaks.

Compared are the files `.env.<name>` of one directory, templates such as `.env.example` included.
Files that one environment reads count as one. The rule finds each file that lacks a variable which
all others but one have. A file that has less than half of the variables of the others is no such
file, and is left out.

If it is right that a file lacks a variable, say so in the file: `# kustompose: absent NAME why`.",
    bad: &[
        (".env.dev", "DB_HOST=db\nFEATURE_X=1\n"),
        (".env.staging", "DB_HOST=stg\nFEATURE_X=1\n"),
        (".env.prod", "DB_HOST=prd\n"),
    ],
    good: &[
        (".env.dev", "DB_HOST=db\nFEATURE_X=1\n"),
        (".env.staging", "DB_HOST=stg\nFEATURE_X=1\n"),
        (".env.prod", "# kustompose: absent FEATURE_X not released yet\nDB_HOST=prd\n"),
    ],
    checks: &[Check::EnvFiles(check)],
};

/// What a file of a machine says over the others.
const PERSONAL: &[&str] = &[".local", ".override"];

fn check(files: &EnvFiles<'_>, findings: &mut Findings<'_>) {
    let mut families: BTreeMap<&Utf8Path, Vec<&EnvFile<'_>>> = BTreeMap::new();
    for file in &files.all {
        let name = file.path.file_name().unwrap_or_default();
        let is_member = name.starts_with(".env.") && !PERSONAL.iter().any(|end| name.ends_with(end));
        if let Some(directory) = file.path.parent().filter(|_| is_member) {
            families.entry(directory).or_default().push(file);
        }
    }
    for family in families.into_values() {
        let members: Vec<Member<'_, '_>> = members(family, &files.by_environment).collect();
        let all: BTreeSet<&String> = members.iter().flat_map(|(_, names)| names.keys()).collect();
        let alike: Vec<_> = members.iter().filter(|(_, names)| names.len() * 2 >= all.len()).collect();
        for member in &alike {
            lacking(member, &alike, &all, findings);
        }
    }
}

/// The files of one environment, the last one overrules, and the names that they set.
type Member<'m, 'a> = (Vec<&'m EnvFile<'a>>, BTreeMap<String, Span>);

/// The files by the environments that read them; each of the others is an environment of its own.
fn members<'m, 'a>(
    family: Vec<&'m EnvFile<'a>>,
    by_environment: &[Vec<&Utf8Path>],
) -> impl Iterator<Item = Member<'m, 'a>> {
    let file = |path: &&Utf8Path| family.iter().copied().find(|file| file.path == *path);
    let mut layers: Vec<Vec<&EnvFile<'_>>> = Vec::new();
    for files in by_environment.iter().map(|paths| paths.iter().filter_map(file).collect::<Vec<_>>()) {
        let is_same =
            |known: &Vec<&EnvFile<'_>>| known.iter().map(|it| it.path).eq(files.iter().map(|it| it.path));
        if !files.is_empty() && !layers.iter().any(is_same) {
            layers.push(files);
        }
    }
    let is_read = |file: &&EnvFile<'_>| layers.iter().flatten().any(|read| read.path == file.path);
    let others: Vec<&EnvFile<'_>> = family.iter().copied().filter(|file| !is_read(file)).collect();
    layers.extend(others.into_iter().map(|file| vec![file]));
    layers.into_iter().map(|files| {
        let names = files.iter().flat_map(|file| names(file)).collect();
        (files, names)
    })
}

/// Reports what one file lacks.
fn lacking(
    member: &Member<'_, '_>,
    family: &[&Member<'_, '_>],
    all: &BTreeSet<&String>,
    findings: &mut Findings<'_>,
) {
    let (files, names) = member;
    let Some(file) = files.last() else { return };
    let allowed: BTreeSet<&str> = files.iter().flat_map(|file| absent(file.text())).collect();
    let is_missing = |name: &&&String| {
        let without = family.iter().filter(|(_, names)| !names.contains_key(**name)).count();
        !names.contains_key(**name)
            && !allowed.contains(name.as_str())
            && (without == 1 || without == 2 && family.len() > 4)
    };
    let missing: Vec<&&String> = all.iter().filter(is_missing).collect();
    let [_, ..] = missing.as_slice() else { return };
    let list: Vec<&str> = missing.iter().map(|name| name.as_str()).collect();
    let message = format!("{} not in this file, and in those of the other environments", are(&list));
    let finding = findings.at(file.span(0..0), message, "missing here");
    finding.subject(list.join(",")).help(format!(
        "add it, or write `# kustompose: absent {} why` here",
        list.first().unwrap_or(&"NAME")
    ));
    for name in missing {
        if let Some(span) = family.iter().find_map(|(_, names)| names.get(*name)) {
            finding.also(*span, "set here");
        }
    }
}

fn are(names: &[&str]) -> String {
    match names {
        [name] => format!("`{name}` is"),
        names => {
            format!("{} are", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

fn names(file: &EnvFile<'_>) -> BTreeMap<String, Span> {
    let text = file.text();
    let statements = file.statements().into_iter().filter(|statement| statement.separator.is_some());
    statements.map(|it| (text[it.name.clone()].to_owned(), file.span(it.name))).collect()
}

/// The names that comments of the file say are absent on purpose.
fn absent(text: &str) -> BTreeSet<&str> {
    let said = text.lines().filter_map(|line| line.trim_start().strip_prefix('#'));
    said.filter_map(|comment| comment.trim_start().strip_prefix("kustompose: absent "))
        .filter_map(|rest| rest.split_whitespace().next())
        .collect()
}
