//! KE001: the same variables in several services.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{Project, Variable},
    },
    text::Span,
};

pub(super) static RULE: Rule = Rule {
    code: "KE001",
    name: "duplicated-env",
    severity: Severity::Warning,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "several services set the same variables to the same values, each for itself",
    explain: "\
A new value must be written in several places, and one of them will be forgotten. In Kubernetes
such variables are one ConfigMap that all of them read.

The rule finds three or more variables that two or more services set to equal values, or one that
four or more do. Variables that usually are alike (`TZ`, `NODE_ENV`, `LOG_LEVEL`, `PORT` and so on),
values made of `${…}`, and what services share through an anchor, `extends` or an `env_file` do not
count.",
    bad: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      DB_HOST: db\n      DB_NAME: app\n      QUEUE_HOST: queue\n  worker:\n    image: worker:1.2\n    environment:\n      DB_HOST: db\n      DB_NAME: app\n      QUEUE_HOST: queue\n",
    )],
    good: &[
        (
            "compose.yaml",
            "services:\n  api:\n    image: api:1.2\n    env_file: [common.env]\n  worker:\n    image: worker:1.2\n    env_file: [common.env]\n",
        ),
        ("common.env", "DB_HOST=db\nDB_NAME=app\nQUEUE_HOST=queue\n"),
    ],
    checks: &[Check::Project(check)],
};

/// Names that many programs have, with equal values by chance.
const AMBIENT: &[&str] = &[
    "TZ",
    "LANG",
    "LC_ALL",
    "PATH",
    "HOME",
    "USER",
    "NODE_ENV",
    "APP_ENV",
    "RAILS_ENV",
    "ENVIRONMENT",
    "DEBUG",
    "LOG_LEVEL",
    "PORT",
    "PUID",
    "PGID",
    "UMASK",
];

/// So many variables in two services, or one in so many services.
const VARIABLES: usize = 3;
const SERVICES: usize = 4;

/// Who sets a variable to a value, and where.
type Setters = BTreeMap<String, Span>;

fn check(project: &Project<'_>, findings: &mut Findings<'_>) {
    let mut setters: BTreeMap<(String, String), Setters> = BTreeMap::new();
    for variable in project.documents().flat_map(|document| document.variables()) {
        if let Some(value) = literal(&variable) {
            let known = setters.entry((variable.name, value)).or_default();
            // One place that several services take over counts once.
            if !known.values().any(|span| *span == variable.span) {
                known.entry(variable.owner).or_insert(variable.span);
            }
        }
    }
    setters.retain(|_, setters| setters.len() > 1);
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    let mut groups: Vec<BTreeSet<&String>> =
        setters.values().map(|setters| setters.keys().collect()).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups.dedup();
    for group in &groups {
        let has_all = |setters: &Setters| group.iter().all(|service| setters.contains_key(*service));
        let shared: Vec<_> =
            setters.iter().filter(|(key, setters)| !told.contains(*key) && has_all(setters)).collect();
        if shared.len() >= VARIABLES || !shared.is_empty() && group.len() >= SERVICES {
            report(group, &shared, findings);
            told.extend(shared.into_iter().map(|(key, _)| key.clone()));
        }
    }
}

/// The value, if it is one of its own.
fn literal(variable: &Variable<'_>) -> Option<String> {
    let is_plain = variable.attribute == "environment" && !AMBIENT.contains(&variable.name.as_str());
    variable.value.clone().filter(|value| is_plain && !value.is_empty() && !value.contains('$'))
}

fn report(group: &BTreeSet<&String>, shared: &[(&(String, String), &Setters)], findings: &mut Findings<'_>) {
    let service = |path: &str| format!("`{}`", path.trim_start_matches("services."));
    let services: Vec<String> = group.iter().map(|path| service(path)).collect();
    let names: BTreeSet<&str> = shared.iter().map(|((name, _), _)| name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut places: Vec<(Span, String)> = shared
        .iter()
        .flat_map(|((name, _), setters)| {
            group
                .iter()
                .filter_map(move |path| Some((*setters.get(*path)?, format!("{name} of {}", service(path)))))
        })
        .collect();
    places.sort();
    let [(first, label), rest @ ..] = places.as_slice() else { return };
    let message = format!("{} set the same values of {}", services.join(", "), names.join(", "));
    let finding = findings.at(*first, message, label);
    finding
        .subject(format!("environment.{}", names.join(",")))
        .help("put them into one file, such as `common.env`, and name it in `env_file` of each service");
    for (span, label) in rest {
        finding.also(*span, label);
    }
}
