//! KE007: variables that nobody sets.

use std::collections::BTreeMap;

use crate::{
    compose::template::is_name,
    diag::{Severity, codes},
    lint::{Category, Check, Findings, FixKind, Rule, load, views::Environment},
    text::{Sources, Span},
};

pub(super) static RULE: Rule = Rule {
    code: "KE007",
    name: "unset-interpolation",
    severity: Severity::Warning,
    category: Category::Correctness,
    fix: FixKind::None,
    summary: "a compose file uses a variable that no env file sets and that has no default",
    explain: "\
Compose substitutes an empty string and only warns. A shell variable of one developer does not exist
on other machines and in CI.

The rule finds `$NAME` and `${NAME}`, with one finding for each variable. A variable is not found if
`.env`, an env file of the environment or a template such as `.env.example` has its name. Neither is
a variable that `fromShell` in `kustompose.yaml` lists. What KC007 finds is not found again.",
    bad: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      API_URL: ${API_URL}\n",
    )],
    good: &[(
        "compose.yaml",
        "services:\n  api:\n    image: api:1.2\n    environment:\n      API_URL: ${API_URL:?the address of the API}\n",
    )],
    checks: &[Check::Environment(check)],
};

fn check(environment: &Environment<'_>, findings: &mut Findings<'_>) {
    let mut unset: BTreeMap<String, Vec<Span>> = BTreeMap::new();
    for (name, span) in unset_in(environment.read, environment.sources) {
        let is_yaml = matches!(environment.sources.get(span.source).path().extension(), Some("yaml" | "yml"));
        if is_yaml && !environment.project.is_in_template(name) && !is_of_container(environment, span, name) {
            unset.entry(name.to_owned()).or_default().push(span);
        }
    }
    for (name, mut places) in unset {
        places.sort();
        let [first, rest @ ..] = places.as_slice() else { continue };
        let message =
            format!("no env file{} sets `{name}`, and it has no default", of_which(environment, &name));
        let finding = findings.at(*first, message, "not set");
        finding.subject(format!("variables.{name}")).help(format!(
            "set it in `.env`, or write `${{{name}:?}}` to require it or `${{{name}:-default}}` for a default"
        ));
        for span in rest {
            finding.also(*span, "and here");
        }
    }
}

/// The variables that are not set in an environment, and where it uses them.
fn unset_in<'a>(read: &'a load::Environment, sources: &'a Sources) -> impl Iterator<Item = (&'a str, Span)> {
    let found = read.report.diagnostics().iter().filter(|found| found.code == codes::UNSET_VARIABLE);
    let named = found.filter_map(|found| found.span()).map(|span| {
        let name = sources.slice(span).trim_start_matches(['$', '{']).trim_end_matches('}');
        (name, span)
    });
    named.filter(|(name, _)| is_name(name))
}

/// ` of dev and prod` if another environment has the variable.
fn of_which(environment: &Environment<'_>, name: &str) -> String {
    let lacks =
        |read: &load::Environment| unset_in(read, environment.sources).any(|(unset, _)| unset == name);
    let all = &environment.project.environments;
    if !all.iter().any(|read| read.set_by_files.contains(name)) {
        return String::new();
    }
    let names: Vec<String> =
        all.iter().filter(|read| lacks(read)).map(|read| format!("`{}`", read.name)).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!(" of {} and {last}", first.join(", ")),
        names => format!(" of {}", names.join(", ")),
    }
}

/// Is it in a command, and a variable of that container? KC007 tells that.
fn is_of_container(environment: &Environment<'_>, span: Span, name: &str) -> bool {
    environment.services().any(|service| service.has_own_variable(name) && service.is_in_command(span))
}
